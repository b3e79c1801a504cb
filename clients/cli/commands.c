/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The three tables of verbs seen as one. Groups of kinds follow from what a kind says about
 * itself (reply, mine, longer, habit), so that a new kind finds its place without a list.
 */
#include "clients/cli/commands.h"

#include "clients/cli/runs.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

#define DISTANCE_MAX 9
#define WORD_CHARS_MAX 24 /* longer words are near nothing */

static const char *const titles[GROUPS_COUNT] = {
#define X(name, title) title,
    GROUPS(X)
#undef X
};

static const struct flag_row flag_rows[FLAGS_COUNT] = {
#define FLAG(bit, name, letter, value, offers, help)                                   \
    {name, letter, value, offers, help},
#include "clients/cli/flags.def"
#undef FLAG
};

#define BIT(flag) FLAG_BIT(flag)
#define OFFLINE COMMAND_OFFLINE
static const struct command rows[] = {
#define COMMAND(name, group, form, takes, options, help, examples, run)                \
    {#name,    GROUP_##group, form, takes, options, help,                              \
     examples, run,           NULL, false, false},
#include "clients/cli/commands.def"
#undef COMMAND
};
#undef BIT
#undef OFFLINE

static const size_t rows_count = sizeof rows / sizeof rows[0];

static_assert(FLAGS_COUNT <= 31, "flags are bits of a uint32_t beside COMMAND_OFFLINE");

/* Where the verbs of a habit stand on the help page, unless a policy says more. */
static const enum group habit_groups[] = {
    [HABIT_TALK] = GROUP_TALK,
    [HABIT_SAFETY] = GROUP_TALK,
    [HABIT_LISTEN] = GROUP_TALK,
    [HABIT_VULNERABLE] = GROUP_TALK,
    [HABIT_REPAIR] = GROUP_HARD,
    [HABIT_TIME] = GROUP_OURS,
    [HABIT_NOTICE] = GROUP_EVERY_DAY,
    [HABIT_INDEPENDENCE] = GROUP_MINE,
    [HABIT_APPRECIATION] = GROUP_EVERY_DAY,
    [HABIT_STRESS] = GROUP_EVERY_DAY,
    [HABIT_TRUST] = GROUP_OURS,
};

const char *
commands_group_title(enum group group)
{
    return titles[group];
}

const struct flag_row *
commands_flag(enum flag flag)
{
    return &flag_rows[flag];
}

/* What the acts of all kinds take beside --yes and --json. */
static const struct {
    const char *act;
    uint32_t flags;
} common_flags[] = {
    {"share", FLAG_BIT(FLAG_TOPIC) | FLAG_BIT(FLAG_HOLD)},
};

bool
commands_flag_attached(const struct flag_row *flag)
{
    return flag->value != NULL && flag->value[0] == '[';
}

size_t
commands_rest(const struct kind *kind)
{
    if (kind->fields[0].type != FIELD_CHOICE) {
        return 0;
    }
    size_t rest = 1;
    while (rest < FIELDS_MAX && kind->fields[rest].type != FIELD_NONE &&
           !kind_field_is_text(&kind->fields[rest])) {
        rest++;
    }
    return rest < FIELDS_MAX && kind->fields[rest].type != FIELD_NONE ? rest : 0;
}

static enum group
kind_group(const struct kind *kind)
{
    if (kind->mine && kind->longer) {
        return GROUP_MINE;
    }
    if (kind->mends) {
        return GROUP_HARD;
    }
    if (kind->mood != NULL || kind->asks || kind->round_asked) {
        return GROUP_EVERY_DAY;
    }
    return habit_groups[kind->habit];
}

/* Whether a text can be announced by its topic: one long text, and nothing beside it. */
static bool
has_topic(const struct kind *kind)
{
    return kind->longer && kind->shareable && !kind->mine && !kind->deals &&
           kind->sealed == SEALED_NOT && kind_field_is_text(&kind->fields[0]) &&
           kind_fields_count(kind) == 1;
}

static uint32_t
kind_flags(const struct kind *kind)
{
    uint32_t flags = FLAG_BIT(FLAG_YES) | FLAG_BIT(FLAG_JSON);
    if (kind_field_is_text(&kind->fields[0])) {
        flags |= FLAG_BIT(FLAG_EDITOR);
    }
    if (kind->shareable) {
        flags |= FLAG_BIT(FLAG_OURS) | FLAG_BIT(FLAG_HOLD);
        flags |= kind->for_two ? 0 : FLAG_BIT(FLAG_MINE);
        flags |= kind->reply || kind->round_asked ? 0 : FLAG_BIT(FLAG_FOR);
        flags |=
            kind->hold_s > 0 && kind->sealed == SEALED_NOT ? FLAG_BIT(FLAG_GIVE) : 0;
        flags |= has_topic(kind) ? FLAG_BIT(FLAG_TOPIC) : 0;
    }
    if (kind->asks) {
        flags |= FLAG_BIT(FLAG_NEW) | FLAG_BIT(FLAG_GUESS) | FLAG_BIT(FLAG_DEEPER) |
                 FLAG_BIT(FLAG_LIGHTER);
    }
    return flags | (kind->rounds > 0 ? FLAG_BIT(FLAG_AS) : 0);
}

static command_run_fn *
kind_run(const struct kind *kind)
{
    if (kind->asks) {
        return daily_question;
    }
    if (kind->round_asked) {
        return daily_answer;
    }
    return kind->rounds > 0 ? hear_run : write_run;
}

static struct command
kind_command(const struct kind *kind)
{
    return (struct command){
        .name = kind->name,
        .group = kind_group(kind),
        .takes = kind->reply || kind->round_asked ? TAKES_ID_LINE : TAKES_LINE,
        .flags = kind_flags(kind),
        .help = kind->help,
        .run = kind_run(kind),
        .kind = kind,
    };
}

/* What an act's verb is like follows from every kind that has it. */
static struct command
act_command(const char *name)
{
    bool mends = true;
    bool inner = true;
    bool takes_text = false;
    bool found = false;
    uint32_t flags = FLAG_BIT(FLAG_YES) | FLAG_BIT(FLAG_JSON);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        const struct kind_act *act = kind_act(kind, name);
        if (act != NULL && !act->by_itself) {
            found = true;
            mends = mends && kind->mends;
            inner = inner && act->inner;
            takes_text = takes_text || (act->asks != NULL &&
                                        kind_field_is_text(kind_field(kind, act->asks)));
        }
    }
    for (size_t i = 0; i < sizeof common_flags / sizeof common_flags[0]; i++) {
        flags |= strcmp(common_flags[i].act, name) == 0 ? common_flags[i].flags : 0;
    }
    flags |= takes_text ? FLAG_BIT(FLAG_HOLD) : 0; /* words wait before they leave */
    return (struct command){
        .name = name,
        .group = found && mends ? GROUP_HARD : GROUP_ACTS,
        .takes = takes_text ? TAKES_ID_LINE : TAKES_ID,
        .flags = flags,
        .help = act_help(name),
        .run = acts_run,
        .act = true,
        .inner = found && inner,
    };
}

/* The index-th kind that is a verb, or NULL; then *left is what lies beyond them. */
static const struct kind *
verb_kind(size_t *left)
{
    for (size_t i = 0; i < kind_count(); i++) {
        if (!kind_at(i)->hidden && (*left)-- == 0) {
            return kind_at(i);
        }
    }
    return NULL;
}

size_t
commands_count(void)
{
    size_t left = SIZE_MAX;
    (void)verb_kind(&left);
    return SIZE_MAX - left + act_names_count() + rows_count;
}

struct command
commands_at(size_t index)
{
    size_t left = index;
    const struct kind *kind = verb_kind(&left);
    if (kind != NULL) {
        return kind_command(kind);
    }
    const char *act = act_name_at(left);
    if (act != NULL) {
        return act_command(act);
    }
    left -= act_names_count();
    assert(left < rows_count);
    return rows[left];
}

bool
commands_find(const char *name, struct command *out)
{
    const struct kind *kind = kind_find(name);
    if (kind != NULL && !kind->hidden) {
        *out = kind_command(kind);
        return true;
    }
    for (size_t i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *out = rows[i];
            return true;
        }
    }
    if (!act_exists(name)) {
        return false;
    }
    *out = act_command(name);
    return true;
}

/* The index-th different field that acts of this name ask for, over all kinds. */
static const struct kind_field *
act_field(const char *name, size_t index)
{
    for (size_t k = 0; k < kind_count(); k++) {
        const struct kind_act *act = kind_act(kind_at(k), name);
        if (act == NULL || act->asks == NULL) {
            continue;
        }
        bool seen = false;
        for (size_t before = 0; before < k && !seen; before++) {
            const struct kind_act *other = kind_act(kind_at(before), name);
            seen = other != NULL && other->asks != NULL &&
                   strcmp(other->asks, act->asks) == 0;
        }
        if (!seen && index-- == 0) {
            return kind_field(kind_at(k), act->asks);
        }
    }
    return NULL;
}

/* The line is no option, unless it is one of several that may all be left out; nor is what
 * attune fills in by itself. */
static const struct kind_field *
kind_option(const struct kind *kind, size_t index)
{
    size_t rest = commands_rest(kind);
    size_t count = kind_fields_count(kind);
    bool one_of_several = count > 1 && !kind->fields[0].required;
    rest = one_of_several ? count : rest;
    for (size_t i = one_of_several ? 0 : 1; i < count; i++) {
        if (i != rest && kind->fields[i].type != FIELD_INNER && index-- == 0) {
            return &kind->fields[i];
        }
    }
    const struct kind_field *field;
    for (size_t i = 0; kind->shareable && (field = kind_common_field(i)) != NULL; i++) {
        if (field->type != FIELD_INNER && index-- == 0) {
            return field;
        }
    }
    return NULL;
}

const struct kind_field *
commands_field(const struct command *command, size_t index)
{
    if (command->kind != NULL) {
        return kind_option(command->kind, index);
    }
    return command->act ? act_field(command->name, index) : NULL;
}

const struct kind_field *
commands_field_find(const struct command *command, const char *name)
{
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        if (strcmp(field->name, name) == 0) {
            return field;
        }
    }
    return NULL;
}

void
commands_field_value(const struct kind_field *field, struct buf *out)
{
    switch (field->type) {
    case FIELD_NONE:
    case FIELD_INNER:
        return;
    case FIELD_LINE:
    case FIELD_TEXT:
        buf_put_text(out, "TEXT");
        return;
    case FIELD_NUMBER:
        buf_printf(out, "%lld-%lld", (long long)field->min, (long long)field->max);
        return;
    case FIELD_TIME:
        buf_put_text(out, "DATE");
        return;
    case FIELD_DURATION:
        buf_put_text(out, "TIME");
        return;
    case FIELD_CLOCK:
        buf_put_text(out, "CLOCK");
        return;
    case FIELD_EVERY:
        buf_put_text(out, "DAYS");
        return;
    case FIELD_CHOICE:
        for (const char *at = field->choices; *at != '\0'; at++) {
            buf_put_u8(out, *at == ' ' ? '|' : (uint8_t)*at);
        }
        return;
    }
}

void
commands_form(const struct command *command, struct buf *out)
{
    if (command->form != NULL) {
        buf_put_text(out, command->form);
        return;
    }
    bool id = command->takes == TAKES_ID || command->takes == TAKES_ID_LINE;
    bool line = command->takes == TAKES_LINE || command->takes == TAKES_ID_LINE;
    buf_put_text(out, id ? "[ID]" : "");
    buf_put_text(out, id && line ? " " : "");
    if (command->kind != NULL && !kind_field_is_text(&command->kind->fields[0])) {
        /* `need WHAT [line]`, `pause [TIME]` */
        const struct kind_field *first = &command->kind->fields[0];
        buf_put_text(out, first->fallback != 0 ? "[" : "");
        if (first->type == FIELD_CHOICE) {
            for (const char *at = first->name; *at != '\0'; at++) {
                buf_put_u8(out, (uint8_t)toupper((unsigned char)*at));
            }
        } else {
            commands_field_value(first, out);
        }
        buf_put_text(out, first->fallback != 0 ? "]" : "");
        line = commands_rest(command->kind) != 0;
        buf_put_text(out, line ? " " : "");
    }
    buf_put_text(out, line ? "[line]" : "");
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        bool is_line = command->act && line && kind_field_is_text(field);
        if (is_line || (command->kind != NULL && !field->required)) {
            continue;
        }
        buf_printf(out, " --%s ", field->name);
        commands_field_value(field, out);
    }
}

size_t
commands_distance(const char *a, const char *b)
{
    size_t m = strlen(a);
    size_t n = strlen(b);
    if (m > WORD_CHARS_MAX || n > WORD_CHARS_MAX) {
        return DISTANCE_MAX;
    }
    size_t cost[WORD_CHARS_MAX + 1][WORD_CHARS_MAX + 1];
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            size_t best = cost[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            best = cost[i - 1][j] + 1 < best ? cost[i - 1][j] + 1 : best;
            best = cost[i][j - 1] + 1 < best ? cost[i][j - 1] + 1 : best;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                cost[i - 2][j - 2] + 1 < best) {
                best = cost[i - 2][j - 2] + 1;
            }
            cost[i][j] = best;
        }
    }
    return cost[m][n] < DISTANCE_MAX ? cost[m][n] : DISTANCE_MAX;
}

const char *
commands_nearest(const char *word)
{
    const char *nearest = NULL;
    size_t best = strlen(word) > 3 ? 3 : 2; /* less than this is near */
    size_t count = commands_count();
    for (size_t i = 0; i < count; i++) {
        const char *name = commands_at(i).name;
        size_t distance = commands_distance(word, name);
        if (distance < best) {
            best = distance;
            nearest = name;
        } else if (nearest == NULL && strlen(word) > 1 &&
                   strncmp(name, word, strlen(word)) == 0) {
            nearest = name; /* a beginning: `prom` */
        }
    }
    return nearest;
}
