/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The eleven habits, one line each of what it is, and the verbs that are its tools: the
 * kinds know their habit, the few verbs that are no kind stand here.
 *
 * To add a verb that is no kind: its habit's row. A kind comes by itself.
 */
#include "clients/cli/help.h"
#include "clients/cli/layout.h"

#include <string.h>

#define HABIT_COLUMNS 76u

static const struct {
    const char *says;
    const char *verbs; /* space-separated, beside the kinds */
} habits[] = {
    [HABIT_TALK] = {"Talk often. A few lines a day keep you in each other's life.",
                    "skip"},
    [HABIT_SAFETY] =
        {"Keep it safe to be honest. You decide what is seen, what is kept, "
         "and what isn't asked.",
         "limits allow undo retract"},
    [HABIT_LISTEN] = {"Listen. Say back what you heard, before you answer.", ""},
    [HABIT_VULNERABLE] = {"Risk a little. Tell what matters, one small step at a time.",
                          "share"},
    [HABIT_REPAIR] = {"Mend soon. A break when it is too much, then a step toward each "
                      "other.",
                      "back talked repaired"},
    [HABIT_TIME] = {"Make time. Something that is only yours, again and again.", ""},
    [HABIT_NOTICE] = {"Notice. A small hello; a word on how you are.", ""},
    [HABIT_INDEPENDENCE] = {"Leave room. What is yours alone stays with you.",
                            "visible log lock quiet"},
    [HABIT_APPRECIATION] =
        {"Say thanks. For small things, and for what they showed you.", "draw"},
    [HABIT_STRESS] =
        {"Carry stress together. Say what would help, and be there for it.",
         "with-you"},
    [HABIT_TRUST] = {"Keep your word. Promise little, and say early when it changes.",
                     "done change accept decline release"},
};

enum { HABITS = sizeof habits / sizeof habits[0] };

static void
put_verb(struct buf *line, const char *verb, size_t size)
{
    buf_put_text(line, line->size > 0 ? ", " : "");
    buf_put(line, verb, size);
}

static void
put_habit(struct buf *out, size_t columns, enum habit habit)
{
    struct buf line;
    buf_init(&line, 0);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        if (kind->habit == habit && !kind->hidden) {
            put_verb(&line, kind->name, strlen(kind->name));
        }
    }
    for (const char *at = habits[habit].verbs; *at != '\0';) {
        size_t size = strcspn(at, " ");
        put_verb(&line, at, size);
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    layout_text(out, columns, 0, habits[habit].says);
    layout_text(out, columns, 4, buf_text(&line));
    buf_free(&line);
}

void
help_habits(struct buf *out, size_t columns)
{
    columns = columns > HABIT_COLUMNS ? HABIT_COLUMNS : columns;
    layout_text(out, columns, 0,
                "Eleven habits of couples who stay close. Each has a few small verbs; "
                "none takes more than two minutes, and none is owed.");
    buf_put_u8(out, '\n');
    for (unsigned habit = 0; habit < HABITS; habit++) {
        put_habit(out, columns, (enum habit)habit);
    }
    buf_put_u8(out, '\n');
    layout_text(out, columns, 0, "attune help VERB shows examples.");
}
