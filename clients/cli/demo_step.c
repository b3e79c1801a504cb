/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row of the story; see demo_step.h. */
#include "clients/cli/demo_step.h"

#include "clients/cli/demo_burst.h"
#include "clients/cli/demo_entry.h"
#include "clients/cli/demo_process.h"
#include "clients/lib/attune.h"
#include "common/error.h"

#include <stdio.h>
#include <string.h>

#define TOLD_BYTES 200u

/* -- what both have then -- */

static int
check_absent(struct demo *demo, const struct demo_entry *entry)
{
    int rc = demo_entry_settle(demo);
    return rc == 0 ? demo_entry_absent(demo, demo_other(entry->author), entry) : rc;
}

static int
check_seen(struct demo *demo, const struct demo_entry *entry,
           const struct demo_step *step)
{
    int rc = entry->seen == NULL ? check_absent(demo, entry)
                                 : demo_entry_wait(demo, entry, step);
    struct demo_entry *opened = demo_entry_find(demo, step->opens);
    if (rc == 0 && opened != NULL) {
        opened->seen = entry->seen;
        rc = demo_entry_wait(demo, opened, step);
    }
    return rc;
}

/* A moment later: what was held has left. */
static int
pass_hold(struct demo *demo, uint32_t hold_s)
{
    return hold_s == 0 ? 0 : demo_story_move(demo, demo_story_now(demo) + hold_s + 1);
}

/* -- the question of the day -- */

/* Asks both attuneds, which have not exchanged it: it has to be the same. *out is valid
 * until the next reply of `who`. */
static int
ask_question(struct demo *demo, enum demo_who who, const Attune__Local__Question **out)
{
    const Attune__Local__Question *questions[DEMO_PEOPLE] = {NULL};
    for (enum demo_who one = ANA; one < DEMO_PEOPLE; one++) {
        const Attune__Local__Reply *reply = NULL;
        Attune__Local__Request request;
        demo_at(demo, one, "%s: the question of the day", demo_names[one]);
        attune_request(&request, "questions");
        int rc = demo_home_call(&demo->homes[one], &request, &reply);
        if (rc != 0 || reply->n_questions == 0) {
            return rc != 0 ? rc : E_INTERNAL;
        }
        questions[one] = reply->questions[0];
    }
    const Attune__Local__Question *a = questions[ANA], *b = questions[BEN];
    if (a->text.len == 0 || !span_equal(attune_span(a->text), attune_span(b->text)) ||
        !span_equal(attune_span(a->round), attune_span(b->round)) ||
        strcmp(a->day, b->day) != 0) {
        return E_INTERNAL;
    }
    *out = questions[who];
    return 0;
}

/* -- writing and acting -- */

static int
step_write(struct demo *demo, const struct demo_step *step)
{
    const Attune__Local__Question *question = NULL;
    const struct kind *kind = kind_find(step->verb);
    struct demo_entry *entry = NULL;
    bool topic = step->sees != NULL && strcmp(step->sees, state_name(S_TOPIC)) == 0;
    uint32_t hold_s = kind->mine || topic ? 0 : kind->hold_s;
    int rc = kind->round_asked && step->under == NULL
                 ? ask_question(demo, step->who, &question)
                 : 0;
    if (rc != 0) {
        return rc;
    }
    demo_at(demo, step->who, "%s: %s", demo_names[step->who], step->verb);
    rc = demo_entry_add(demo, step, step->verb, &entry);
    rc = rc == 0 ? demo_entry_send(demo, entry, question, hold_s) : rc;
    rc = rc == 0 ? demo_entry_written(demo, entry) : rc;
    rc = rc == 0 && !step->held ? pass_hold(demo, hold_s) : rc;
    return rc == 0 ? check_seen(demo, entry, step) : rc;
}

static int
step_act(struct demo *demo, const struct demo_step *step)
{
    const Attune__Local__Reply *reply = NULL;
    struct demo_entry *entry = demo_entry_find(demo, step->label);
    struct demo_fields fields;
    Attune__Local__Request request;
    Attune__Local__Act act;
    if (entry == NULL) {
        return E_NO_ENTRY;
    }
    demo_at(demo, step->who, "%s: %s", demo_names[step->who], step->verb);
    int rc = demo_entry_fields(entry->kind, step, &fields);
    if (rc != 0) {
        return rc;
    }
    uint32_t hold_s = act_is_common(step->verb) ? entry->kind->hold_s : 0;
    attune__local__act__init(&act);
    act.id = attune_bytes(span_of(entry->id, ID_BYTES));
    act.partner = entry->author != step->who;
    act.act = attune_text(step->verb);
    act.hold_s = hold_s;
    act.n_fields = fields.count;
    act.fields = fields.pointers;
    attune_request(&request, "act");
    attune_with_act(&request, &act);
    rc = demo_home_call(&demo->homes[step->who], &request, &reply);
    rc = rc == 0 ? pass_hold(demo, hold_s) : rc;
    entry->seen = step->sees;
    return rc == 0 ? check_seen(demo, entry, step) : rc;
}

/* -- verbs of our own -- */

/* Both are reminded of it: `attune` alone would say so. */
static int
step_due(struct demo *demo, const struct demo_step *step)
{
    const struct demo_entry *entry = demo_entry_find(demo, step->label);
    int rc = entry != NULL ? 0 : E_NO_ENTRY;
    for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
        const Attune__Local__Reply *reply = NULL;
        Attune__Local__Request request;
        bool due = false;
        demo_at(demo, who, "%s: today, with %s", demo_names[who], entry->kind->name);
        attune_request(&request, "today");
        rc = demo_home_call(&demo->homes[who], &request, &reply);
        for (size_t i = 0; rc == 0 && i < reply->n_entries; i++) {
            const Attune__Local__Entry *row = reply->entries[i];
            due = due ||
                  (span_equal(attune_span(row->id), span_of(entry->id, ID_BYTES)) &&
                   strcmp(row->why, "due") == 0);
        }
        rc = rc == 0 && !due ? E_INTERNAL : rc;
    }
    return rc;
}

static int
step_draw(struct demo *demo, const struct demo_step *step)
{
    const struct demo_entry *entry = demo_entry_find(demo, step->label);
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Request request;
    demo_at(demo, step->who, "%s: %s", demo_names[step->who], step->verb);
    attune_request(&request, step->verb);
    int rc = demo_home_call(&demo->homes[step->who], &request, &reply);
    bool drawn =
        rc == 0 && entry != NULL && reply->n_entries == 1 &&
        span_equal(attune_span(reply->entries[0]->id), span_of(entry->id, ID_BYTES)) &&
        reply->entries[0]->n_fields > 0;
    return rc != 0 ? rc : drawn ? 0 : E_INTERNAL;
}

/* Of the mended thread one dated line is left on both sides, and of all else everything. */
static int
step_faded(struct demo *demo, const struct demo_step *step)
{
    struct demo_entry *root = demo_entry_find(demo, step->label);
    if (root == NULL) {
        return E_NO_ENTRY;
    }
    root->faded = true;
    int rc = demo_entry_wait(demo, root, step);
    for (size_t i = 0; rc == 0 && i < demo->entries_count; i++) {
        struct demo_entry *entry = &demo->entries[i];
        entry->gone = entry->kind->fades && entry != root;
        for (enum demo_who who = ANA; rc == 0 && who < DEMO_PEOPLE; who++) {
            rc = entry->gone ? demo_entry_absent(demo, who, entry) : 0;
        }
    }
    return rc == 0 ? demo_entry_wait_all(demo) : rc;
}

typedef int
step_fn(struct demo *demo, const struct demo_step *step);

static const struct {
    const char *verb;
    step_fn *play;
} verbs[] = {
    {"due", step_due},
    {"draw", step_draw},
    {"killed", demo_burst_play},
    {"faded", step_faded},
};

/* -- the row -- */

static int
tell(struct demo *demo, const struct demo_step *step)
{
    char words[TOLD_BYTES];
    const char *told = step->told;
    if (told == NULL) {
        (void)snprintf(words, sizeof words, "\"%s\"", step->fields[0].text);
        told = words;
    }
    return told[0] == '\0'
               ? 0
               : demo_told(demo, step->both ? "both" : demo_names[step->who],
                           step->verb, told);
}

int
demo_step_play(struct demo *demo, const struct demo_step *step)
{
    if (step->verb == NULL) {
        return demo_tell(demo, "%s", step->told);
    }
    step_fn *play = kind_find(step->verb) != NULL ? step_write : step_act;
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        play = strcmp(verbs[i].verb, step->verb) == 0 ? verbs[i].play : play;
    }
    int rc = demo_story_move(demo, DEMO_STORY_S + step->at_s);
    rc = rc == 0 ? play(demo, step) : rc;
    return rc == 0 ? tell(demo, step) : rc;
}
