/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The three tables of verbs seen as one. Groups of kinds follow from what a kind says about
 * itself (reply, mine, longer, habit), so that a new kind finds its place without a list.
 */
#include "clients/cli/commands.h"

#include "clients/cli/runs.h"

#include <assert.h>
#include <string.h>

#define DISTANCE_MAX 9
#define WORD_CHARS_MAX 24 /* longer words are near nothing */

static const char *const titles[GROUPS_COUNT] = {
#define X(name, title) title,
    GROUPS(X)
#undef X
};

static const struct flag_row flags[FLAGS_COUNT] = {
#define FLAG(bit, name, letter, value, offers, help)                                   \
    {name, letter, value, offers, help},
#include "clients/cli/flags.def"
#undef FLAG
};

#define BIT(flag) FLAG_BIT(flag)
#define OFFLINE COMMAND_OFFLINE
static const struct command rows[] = {
#define COMMAND(name, group, form, takes, options, help, examples, run)                \
    {#name, GROUP_##group, form, takes, options, help, examples, run, NULL, false},
#include "clients/cli/commands.def"
#undef COMMAND
};
#undef BIT
#undef OFFLINE

static const size_t rows_count = sizeof rows / sizeof rows[0];

static_assert(FLAGS_COUNT <= 31, "flags are bits of a uint32_t beside COMMAND_OFFLINE");

/* Where the verbs of a habit stand on the help page. */
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
    [HABIT_STRESS] = GROUP_HARD,
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
    return &flags[flag];
}

static enum group
kind_group(const struct kind *kind)
{
    if (kind->reply) {
        return GROUP_ACTS;
    }
    if (kind->mine && kind->longer) {
        return GROUP_MINE;
    }
    return habit_groups[kind->habit];
}

static struct command
kind_command(const struct kind *kind)
{
    uint32_t options = FLAG_BIT(FLAG_YES) | FLAG_BIT(FLAG_EDITOR) | FLAG_BIT(FLAG_JSON);
    if (kind->shareable) {
        options |= FLAG_BIT(FLAG_MINE) | FLAG_BIT(FLAG_OURS) | FLAG_BIT(FLAG_HOLD);
    }
    return (struct command){
        .name = kind->name,
        .group = kind_group(kind),
        .takes = kind->reply ? TAKES_ID_LINE : TAKES_LINE,
        .flags = options,
        .help = kind->help,
        .run = write_run,
        .kind = kind,
    };
}

static struct command
act_command(const char *name)
{
    return (struct command){
        .name = name,
        .group = GROUP_ACTS,
        .takes = TAKES_ID,
        .flags = FLAG_BIT(FLAG_YES) | FLAG_BIT(FLAG_JSON),
        .help = act_help(name),
        .run = acts_run,
        .act = true,
    };
}

size_t
commands_count(void)
{
    return kind_count() + act_names_count() + rows_count;
}

struct command
commands_at(size_t index)
{
    if (index < kind_count()) {
        return kind_command(kind_at(index));
    }
    index -= kind_count();
    if (index < act_names_count()) {
        return act_command(act_name_at(index));
    }
    index -= act_names_count();
    assert(index < rows_count);
    return rows[index];
}

bool
commands_find(const char *name, struct command *out)
{
    const struct kind *kind = kind_find(name);
    if (kind != NULL) {
        *out = kind_command(kind);
        return true;
    }
    for (size_t i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            *out = rows[i];
            return true;
        }
    }
    size_t acts = act_names_count();
    for (size_t i = 0; i < acts; i++) {
        if (strcmp(act_name_at(i), name) == 0) {
            *out = act_command(act_name_at(i));
            return true;
        }
    }
    return false;
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

const struct kind_field *
commands_field(const struct command *command, size_t index)
{
    if (command->kind != NULL) {
        /* The first field is the line itself. */
        return index + 1 < kind_fields_count(command->kind)
                   ? &command->kind->fields[index + 1]
                   : NULL;
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
    buf_put_text(out, line ? "[line]" : "");
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        if (command->kind != NULL && !field->required) {
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
