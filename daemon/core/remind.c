/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Remind: what this person is reminded of, and when.
 *
 * Model. The kind's `due` says of what and whom. What has a day alone is reminded of that
 * morning, what its author promised by an hour an hour before, what both wait for at its
 * moment, what recurs at its hour. A reminder that fell into a night, a suspend or a
 * journey is given once, while it is of use, and then no more.
 * Invariants. Nobody is reminded of what the partner should do: REMIND_AUTHOR is the author.
 * One's own entries are looked at apart from the partner's, so that however many the partner
 * sends, one's own are there. An entry too large to fold reminds of nothing.
 * To add a way to be due: a rule in rule_once.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

enum {
    MORNING_MIN = 9 * 60,
    DAY_END_MIN = 23 * 60 + 59, /* what when_parse gives a day without a clock */
    BEFORE_S = 3600,
    USEFUL_BOTH_S = 86400,
    USEFUL_AUTHOR_S = 4 * 86400, /* from that morning: it is said for three days more */
    DUE_BACK_S = 5 * 86400,      /* no due time further back can still be of use ... */
    DUE_BACK_THEIRS_S = USEFUL_BOTH_S, /* ... and of theirs only what both wait for is */
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
rule_once(const struct core *core, const struct entry_row *row, const struct kind *kind)
{
    struct schedule_rule rule = {
        .at_s = row->due, .useful_s = USEFUL_BOTH_S, .done_day = SCHEDULE_NO_DAY};
    if (kind->due.remind == REMIND_AUTHOR && row->due != 0) {
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

bool
remind_rule(struct core *core, const struct entry_row *row, struct arena *arena,
            struct schedule_rule *out)
{
    const struct kind *kind = kind_find(row->kind);
    struct folded folded;
    if (!remind_wants(row) || journal_past(core, row) || query_hides(core, row)) {
        return false;
    }
    if (kind->recurring) {
        return fold_headers(core, row, arena, &folded) == 0 &&
               recurring_rule(core, &folded, arena, out);
    }
    *out = rule_once(core, row, kind);
    return out->at_s != 0;
}

/* A reminder is of one moment by what was agreed, wherever one is when it comes. */
static struct schedule_time
named(const struct entry_row *row, const struct schedule_rule *rule,
      struct schedule_time time)
{
    time.name = rule->at_s != 0 ? row->due : time.name;
    return time;
}

struct schedule_time
remind_again(struct core *core, const struct entry_row *row,
             const struct schedule_rule *rule, int64_t name)
{
    struct schedule_time none = {0, 0};
    if (rule->at_s != 0) {
        return name == row->due ? (struct schedule_time){rule->at_s, name} : none;
    }
    return name == rule->done_day
               ? none
               : (struct schedule_time){
                     schedule_instant(&core->zone, name, rule->minute), name};
}

/* ---- walking what may be due ---- */

struct walk {
    struct core *core;
    bool theirs, recurring;
    size_t seen;
    struct entry_row rows[REMINDERS_MAX];
    size_t count;
};

static int
pick(void *context, const struct entry_row *row)
{
    struct walk *walk = context;
    const struct kind *kind = kind_find(row->kind);
    if (row->theirs == walk->theirs && remind_wants(row) &&
        kind->recurring == walk->recurring) {
        walk->rows[walk->count++] = *row;
    }
    walk->seen += row->theirs;
    return walk->count == REMINDERS_MAX ||
           (walk->theirs && walk->seen == REMINDERS_SEEN_MAX);
}

static int
gather(struct walk *walk)
{
    struct core *core = walk->core;
    const struct entry_filter live = {
        .live_only = true, .author = walk->theirs ? AUTHOR_PARTNER : AUTHOR_ME};
    int64_t from_s = core->now_s - (walk->theirs ? DUE_BACK_THEIRS_S : DUE_BACK_S);
    int rc = walk->recurring
                 ? store_entry_list(core->store, &live, pick, walk)
                 : store_entry_due(core->store, from_s, INT64_MAX, pick, walk);
    return rc > 0 ? 0 : rc;
}

typedef int each_fn(void *context, const struct entry_row *row,
                    const struct schedule_rule *rule);

/* Each entry of this author that could remind this person, with its rule. */
static int
each_rule(struct core *core, bool theirs, each_fn *each, void *context)
{
    struct walk *walk = arena_alloc(core->arena, sizeof *walk);
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = walk == NULL || arena == NULL ? E_MEMORY : 0;
    for (int recurring = 0; rc == 0 && recurring <= 1; recurring++) {
        *walk = (struct walk){.core = core, .theirs = theirs, .recurring = recurring != 0};
        rc = gather(walk);
        for (size_t i = 0; rc == 0 && i < walk->count; i++) {
            struct schedule_rule rule;
            if (remind_rule(core, &walk->rows[i], arena, &rule)) {
                rc = each(context, &walk->rows[i], &rule);
            }
            arena_reset(arena);
        }
    }
    arena_free(arena);
    return rc;
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
    if (time.at_s != 0 && due->count < due->max) {
        due->out[due->count++] = (struct reminder){*row, named(row, rule, time)};
    }
    return 0;
}

int
remind_due(struct core *core, bool theirs, struct reminder *out, size_t max, size_t *count)
{
    struct due due = {core, out, max, 0};
    int rc = each_rule(core, theirs, take_due, &due);
    if (rc == 0) {
        *count = due.count;
    }
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
    const struct schedule_zone *zone = &next->core->zone;
    int64_t now_s = next->core->now_s;
    struct schedule_time due = schedule_due(zone, rule, now_s);
    int64_t moments_s[] = {
        schedule_next(zone, rule, now_s).at_s,
        due.at_s == 0 ? 0 : due.at_s + rule->useful_s, /* then it is due no more */
    };
    (void)row;
    for (size_t i = 0; i < sizeof moments_s / sizeof moments_s[0]; i++) {
        if (moments_s[i] > now_s && (next->at_s == 0 || moments_s[i] < next->at_s)) {
            next->at_s = moments_s[i];
        }
    }
    return 0;
}

int
remind_next(struct core *core, int64_t *out)
{
    struct next next = {core, 0};
    int rc = each_rule(core, false, take_next, &next);
    rc = rc != 0 ? rc : each_rule(core, true, take_next, &next);
    if (rc == 0) {
        *out = next.at_s;
    }
    return rc;
}
