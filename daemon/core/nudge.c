/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Nudges: reminders of what nobody asked for one by one, at an hour of the person's options:
 * the question of a day, the week's talk.
 *
 * Model. Of each is kept what became of the last time: told, used (opened from its notice,
 * or done by itself). A time that was told and not used was left alone; three of these in a
 * row turn it off, which `today` says once. Setting its option turns it on again.
 * Invariants. What was never seen wasn't left alone. There is none with nothing to nudge to.
 * To add a nudge: a row in `rows`, its wish in struct core_wishes, its option.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <string.h>

enum { LEFT_ALONE_MAX = 3, VALUE_VERSION = 1, DAY_MIN = 24 * 60, USEFUL_S = 86400 };

struct past {     /* what became of the last time */
    int32_t wish; /* the option it went by */
    int64_t day;
    bool told, used, off, said;
    uint32_t left_alone; /* in a row */
};

static int
question_waits(struct core *core, bool *out)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    int rc = question_request(core, &reply);
    *out = rc == 0 && reply.n_questions > 0 && !reply.questions[0]->answered &&
           !reply.questions[0]->skipped;
    return rc;
}

static int
talk_waits(struct core *core, bool *out)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    int rc = query_agenda(core, &reply);
    *out = rc == 0 && reply.n_entries > 0;
    return rc;
}

static const struct row {
    const char *name; /* of its option, after "notice."; NULL: the kind that asks */
    int (*waits)(struct core *core, bool *out); /* whether there is something to nudge to */
    bool weekly;
} rows[NUDGES] = {
    [NUDGE_QUESTION] = {NULL, question_waits, false},
    [NUDGE_TALK] = {"talk", talk_waits, true},
};

const char *
nudge_name(enum nudge nudge)
{
    return rows[nudge].name != NULL ? rows[nudge].name : kind_that_asks()->name;
}

static int32_t
wish_of(const struct core *core, enum nudge nudge)
{
    return rows[nudge].weekly ? core->wishes.talk_min : core->wishes.question_min;
}

static struct schedule_rule
rule_of(const struct core *core, enum nudge nudge)
{
    int32_t wish = wish_of(core, nudge);
    struct schedule_rule rule = {.useful_s = USEFUL_S, .done_day = SCHEDULE_NO_DAY};
    if (wish >= 0 && core->pairing.active) {
        unsigned days = rows[nudge].weekly ? 1u << wish / DAY_MIN % 7 : 0x7f;
        rule.recur =
            (struct recur){.type = RECUR_WEEKLY, .days = (uint8_t)days, .weeks = 1};
        rule.minute = wish % DAY_MIN;
    }
    return rule;
}

/* ---- value "nudges" ---- */

static int
past_read(struct core *core, struct past out[static NUDGES])
{
    struct buf value = {0};
    memset(out, 0, NUDGES * sizeof *out);
    int rc = store_value_get(core->store, "nudges", &value);
    if (rc == 0) {
        struct reader reader = reader_of(buf_span(&value));
        bool known = reader_u8(&reader) == VALUE_VERSION;
        for (size_t i = 0; i < NUDGES; i++) {
            out[i].wish = (int32_t)reader_u32(&reader);
            out[i].day = (int64_t)reader_u64(&reader);
            unsigned flags = reader_u8(&reader);
            out[i].told = (flags & 1) != 0;
            out[i].used = (flags & 2) != 0;
            out[i].off = (flags & 4) != 0;
            out[i].said = (flags & 8) != 0;
            out[i].left_alone = reader_u8(&reader);
        }
        if (!known || !reader_done(&reader)) { /* a convenience: what can't be read is none */
            memset(out, 0, NUDGES * sizeof *out);
        }
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

static int
past_write(struct core *core, const struct past all[static NUDGES])
{
    struct buf value = {0};
    buf_put_u8(&value, VALUE_VERSION);
    for (size_t i = 0; i < NUDGES; i++) {
        const struct past *past = &all[i];
        buf_put_u32(&value, (uint32_t)past->wish);
        buf_put_u64(&value, (uint64_t)past->day);
        buf_put_u8(&value, (uint8_t)(past->told | past->used << 1 | past->off << 2 |
                                     past->said << 3));
        buf_put_u8(&value, (uint8_t)past->left_alone);
    }
    int rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "nudges", buf_span(&value));
    buf_free(&value);
    return rc;
}

/* Another hour of it came: was the last one left alone? */
static void
move_on(struct past *past, int32_t wish, int64_t day)
{
    if (past->wish != wish) {
        *past = (struct past){.wish = wish};
    }
    if (past->off || past->day == day) {
        return;
    }
    if (past->told) {
        past->left_alone = past->used ? 0 : past->left_alone + 1;
    }
    past->day = day;
    past->told = past->used = false;
    past->off = past->left_alone >= LEFT_ALONE_MAX;
}

/* ---- when ---- */

struct schedule_time
nudge_time(const struct core *core, enum nudge nudge)
{
    const struct schedule_rule rule = rule_of(core, nudge);
    struct schedule_time time = schedule_due(&core->zone, &rule, core->now_s);
    bool today = time.name == core_local_day(core, core->now_s); /* else of no use */
    return time.at_s != 0 && today ? time : (struct schedule_time){0, 0};
}

int
nudge_due(struct core *core, enum nudge nudge, struct schedule_time *out)
{
    struct past all[NUDGES];
    bool waits = false;
    struct schedule_time time = nudge_time(core, nudge);
    int rc = time.at_s == 0 ? 0 : rows[nudge].waits(core, &waits);
    *out = (struct schedule_time){0, 0};
    if (rc != 0 || !waits) {
        return rc;
    }
    rc = past_read(core, all);
    const struct past before = all[nudge];
    if (rc == 0) {
        move_on(&all[nudge], wish_of(core, nudge), time.name);
    }
    if (rc == 0 && (before.wish != all[nudge].wish || before.day != all[nudge].day)) {
        rc = past_write(core, all);
    }
    if (rc == 0 && !all[nudge].off) {
        *out = time;
    }
    return rc;
}

int
nudge_next(struct core *core, int64_t *out)
{
    struct past all[NUDGES];
    int64_t next_s = 0;
    int rc = past_read(core, all);
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        if (nudge_time(core, (enum nudge)i).at_s != 0) { /* over when its day is */
            int64_t today = core_local_day(core, core->now_s);
            next_s = schedule_instant(&core->zone, today + 1, 0);
        }
    }
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        const struct schedule_rule rule = rule_of(core, (enum nudge)i);
        int64_t at_s = schedule_next(&core->zone, &rule, core->now_s).at_s;
        bool off = all[i].off && all[i].wish == wish_of(core, (enum nudge)i);
        if (at_s != 0 && !off && (next_s == 0 || at_s < next_s)) {
            next_s = at_s;
        }
    }
    if (rc == 0) {
        *out = next_s;
    }
    return rc;
}

/* ---- what became of it ---- */

int
nudge_told(struct core *core, enum nudge nudge)
{
    struct past all[NUDGES];
    int rc = past_read(core, all);
    if (rc != 0 || all[nudge].told) {
        return rc;
    }
    all[nudge].told = true;
    return past_write(core, all);
}

int
nudge_used(struct core *core, enum nudge nudge)
{
    struct past all[NUDGES];
    int rc = past_read(core, all);
    if (rc != 0 || all[nudge].used || all[nudge].day == 0) {
        return rc;
    }
    all[nudge].used = true;
    return past_write(core, all);
}

int
nudge_wished(struct core *core, const char *option)
{
    static const char prefix[] = "notice.";
    struct past all[NUDGES];
    int rc = past_read(core, all);
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        if (all[i].off && strncmp(option, prefix, sizeof prefix - 1) == 0 &&
            strcmp(option + sizeof prefix - 1, nudge_name((enum nudge)i)) == 0) {
            all[i] = (struct past){.wish = all[i].wish, .day = all[i].day};
            return past_write(core, all);
        }
    }
    return rc;
}

int
nudge_off(struct core *core, const char **out)
{
    struct past all[NUDGES];
    int rc = past_read(core, all);
    *out = NULL;
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        if (all[i].off && !all[i].said && all[i].wish == wish_of(core, (enum nudge)i)) {
            *out = nudge_name((enum nudge)i);
            all[i].said = true;
            return past_write(core, all);
        }
    }
    return rc;
}
