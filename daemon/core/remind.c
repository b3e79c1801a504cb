/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remind: what this person is reminded of, and when.
 *
 * Model. The kind's `due` says of what and whom. What has a day alone is reminded of that
 * morning, what its author promised by an hour an hour before, what both wait for at its
 * moment, what recurs at its hour. A reminder that fell into a night, a suspend or a
 * journey is given once, while it is of use, and then no more.
 * Invariant. Nobody is reminded of what the partner should do: REMIND_AUTHOR is the author.
 * To add a way to be due: a rule in rule_of.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

enum {
    MORNING_MIN = 9 * 60,
    DAY_END_MIN = 23 * 60 + 59, /* what when_parse gives a day without a clock */
    BEFORE_S = 3600,
    USEFUL_BOTH_S = 86400,
    USEFUL_AUTHOR_S = 4 * 86400, /* from that morning: it is said for three days more */
    DUE_BACK_S = 5 * 86400,      /* no due time further back can still be of use */
    LOOK_MAX = 1024,
};

bool
remind_wants(const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return kind != NULL && (kind->due.states & STATE_BIT(row->state)) != 0 &&
           (kind->due.remind == REMIND_BOTH ||
            (kind->due.remind == REMIND_AUTHOR && !row->theirs));
}

static struct schedule_rule
rule_of(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    struct schedule_rule rule = {
        .at_s = row->due, .useful_s = USEFUL_BOTH_S, .done_day = SCHEDULE_NO_DAY};
    if (kind->due.remind == REMIND_AUTHOR) {
        const struct schedule_zone *zone = &core->zone;
        bool day_alone = schedule_minute(zone, row->due) == DAY_END_MIN;
        int64_t early_s =
            day_alone ? schedule_instant(zone, schedule_day(zone, row->due), MORNING_MIN)
                      : row->due - BEFORE_S;
        rule.at_s = early_s > row->time ? early_s : row->due; /* not as soon as written */
        rule.useful_s = USEFUL_AUTHOR_S;
    }
    return rule;
}

/* ---- walking what may be due ---- */

struct walk {
    struct core *core;
    bool recurring;
    struct entry_row rows[LOOK_MAX];
    size_t count;
};

static int
pick(void *context, const struct entry_row *row)
{
    struct walk *walk = context;
    const struct kind *kind = kind_find(row->kind);
    if (remind_wants(row) && kind->recurring == walk->recurring &&
        !journal_past(walk->core, row) && !query_hides(walk->core, row)) {
        walk->rows[walk->count++] = *row;
    }
    return walk->count == LOOK_MAX;
}

typedef int walk_fn(void *context, const struct entry_row *row,
                    const struct schedule_rule *rule);

/* Each entry that could remind this person, with its rule; what is due long ago left out. */
static int
each_rule(struct core *core, walk_fn *each, void *context)
{
    struct walk *walk = arena_alloc(core->arena, sizeof *walk);
    const struct entry_filter live = {.live_only = true};
    if (walk == NULL) {
        return E_MEMORY;
    }
    for (int recurring = 0; recurring <= 1; recurring++) {
        *walk = (struct walk){.core = core, .recurring = recurring != 0};
        int rc = recurring ? store_entry_list(core->store, &live, pick, walk)
                           : store_entry_due(core->store, core->now_s - DUE_BACK_S,
                                             INT64_MAX, pick, walk);
        for (size_t i = 0; rc >= 0 && i < walk->count; i++) {
            struct schedule_rule rule = {.at_s = 0};
            struct folded folded;
            int got = !recurring ? 0
                                 : fold_entry(core, &walk->rows[i], core->arena, &folded);
            if (got == 0 && !recurring) {
                rule = rule_of(core, &walk->rows[i]);
            } else if (got == 0 && !recurring_rule(core, &folded, &rule)) {
                continue;
            }
            rc = got != 0 ? got : each(context, &walk->rows[i], &rule);
            if (rc > 0) {
                return rc;
            }
        }
        if (rc < 0) {
            return rc;
        }
    }
    return 0;
}

struct due {
    struct core *core;
    struct reminder *out;
    size_t max, count;
};

static int
take_due(void *context, const struct entry_row *row, const struct schedule_rule *rule)
{
    struct due *due = context;
    struct schedule_time time = schedule_due(&due->core->zone, rule, due->core->now_s);
    if (time.at_s == 0) {
        return 0;
    }
    if (due->count == due->max) {
        return 1;
    }
    due->out[due->count++] = (struct reminder){*row, time};
    return 0;
}

int
remind_due(struct core *core, struct reminder *out, size_t max, size_t *count)
{
    struct due due = {core, out, max, 0};
    int rc = each_rule(core, take_due, &due);
    *count = due.count;
    return rc;
}

struct next {
    struct core *core;
    int64_t at_s;
};

static int
take_next(void *context, const struct entry_row *row, const struct schedule_rule *rule)
{
    struct next *next = context;
    struct schedule_time time = schedule_next(&next->core->zone, rule, next->core->now_s);
    (void)row;
    if (time.at_s != 0 && (next->at_s == 0 || time.at_s < next->at_s)) {
        next->at_s = time.at_s;
    }
    return 0;
}

int
remind_next(struct core *core, int64_t *out)
{
    struct next next = {core, 0};
    int rc = each_rule(core, take_next, &next);
    *out = next.at_s;
    return rc;
}
