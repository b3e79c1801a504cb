/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/schedule.h"

#include <stddef.h>

enum {
    DAY_S = 86400,
    MINUTE_S = 60,
    ZONE_MIN_MAX = 26 * 60, /* no zone is further from UTC; a wrong one harms nobody */
    TRIES_MAX = 3,          /* days looked back: today's, yesterday's, the one before */
};

static int64_t
clamp_s(int64_t t_s)
{
    const int64_t max_s = RECUR_DAY_MAX * DAY_S;
    return t_s > max_s ? max_s : t_s < -max_s ? -max_s : t_s;
}

static int64_t
clamp_day(int64_t day)
{
    return day > RECUR_DAY_MAX   ? RECUR_DAY_MAX
           : day < RECUR_DAY_MIN ? RECUR_DAY_MIN
                                 : day;
}

static int64_t
offset_s(const struct schedule_zone *zone, int64_t t_s)
{
    int minutes = zone->minutes(zone->context, t_s);
    minutes = minutes > ZONE_MIN_MAX ? ZONE_MIN_MAX : minutes;
    return (int64_t)(minutes < -ZONE_MIN_MAX ? -ZONE_MIN_MAX : minutes) * MINUTE_S;
}

static int64_t
day_of(int64_t local_s)
{
    return local_s >= 0 ? local_s / DAY_S : (local_s - (DAY_S - 1)) / DAY_S;
}

int64_t
schedule_day(const struct schedule_zone *zone, int64_t t_s)
{
    t_s = clamp_s(t_s);
    return day_of(t_s + offset_s(zone, t_s));
}

int32_t
schedule_minute(const struct schedule_zone *zone, int64_t t_s)
{
    t_s = clamp_s(t_s);
    int64_t local_s = t_s + offset_s(zone, t_s);
    return (int32_t)((local_s - day_of(local_s) * DAY_S) / MINUTE_S);
}

/* Of the offsets before and after a change near that time, the one under which the clock
 * shows it; under both (it exists twice) the earlier instant, under none (it doesn't
 * exist) the offset from before the change, which makes it as much later. */
int64_t
schedule_instant(const struct schedule_zone *zone, int64_t day, int32_t minute)
{
    int64_t local_s = clamp_day(day) * DAY_S + (int64_t)minute * MINUTE_S;
    int64_t before_s = offset_s(zone, local_s - DAY_S);
    int64_t after_s = offset_s(zone, local_s + DAY_S);
    int64_t first_s = local_s - before_s;
    int64_t second_s = local_s - after_s;
    bool first = offset_s(zone, first_s) == before_s;
    bool second = offset_s(zone, second_s) == after_s;
    if (first && second) {
        return first_s < second_s ? first_s : second_s;
    }
    return second ? second_s : first_s;
}

/* Whether the rhythm has this day at all, whatever was done. */
static bool
has_day(const struct schedule_rule *rule, int64_t day)
{
    return rule->recur.type != 0 && recur_next_day(&rule->recur, rule->begins_day, day) == day;
}

static struct schedule_time
time_of(const struct schedule_zone *zone, const struct schedule_rule *rule, int64_t day)
{
    return (struct schedule_time){schedule_instant(zone, day, rule->minute), day};
}

struct schedule_time
schedule_due(const struct schedule_zone *zone, const struct schedule_rule *rule,
             int64_t now_s)
{
    const struct schedule_time none = {0, 0};
    now_s = clamp_s(now_s);
    if (rule->at_s != 0) {
        int64_t at_s = clamp_s(rule->at_s);
        bool due = at_s <= now_s && now_s - at_s < rule->useful_s && at_s >= rule->from_s;
        return due ? (struct schedule_time){at_s, rule->at_s} : none;
    }
    int64_t today = schedule_day(zone, now_s);
    for (int64_t day = today; day > today - TRIES_MAX; day--) {
        if (!has_day(rule, day)) {
            continue;
        }
        struct schedule_time time = time_of(zone, rule, day);
        if (time.at_s > now_s) {
            continue; /* later today: the one before may still be of use */
        }
        /* An older one is not of use because the newest was done or rests. */
        bool due = day != rule->done_day && time.at_s >= rule->from_s &&
                   now_s - time.at_s < rule->useful_s;
        return due ? time : none;
    }
    return none;
}

struct schedule_time
schedule_next(const struct schedule_zone *zone, const struct schedule_rule *rule,
              int64_t now_s)
{
    const struct schedule_time none = {0, 0};
    now_s = clamp_s(now_s);
    if (rule->at_s != 0) {
        int64_t at_s = clamp_s(rule->at_s);
        return at_s > now_s && at_s >= rule->from_s
                   ? (struct schedule_time){at_s, rule->at_s}
                   : none;
    }
    if (rule->recur.type == 0) {
        return none;
    }
    int64_t from_s = rule->from_s > now_s ? clamp_s(rule->from_s) : now_s;
    int64_t day = schedule_day(zone, from_s);
    for (int tries = 0; tries < TRIES_MAX; tries++) {
        day = recur_next_day(&rule->recur, rule->begins_day, day);
        if (day == RECUR_NEVER) {
            return none;
        }
        struct schedule_time time = time_of(zone, rule, day);
        if (day != rule->done_day && time.at_s > now_s && time.at_s >= rule->from_s) {
            return time;
        }
        day++; /* today's has passed, or was done */
    }
    return none;
}

/* The hours that begin on a local day. */
static void
hours_of(const struct schedule_zone *zone, const struct option_hours *hours, int64_t day,
         int64_t *begin_s, int64_t *end_s)
{
    bool past_midnight = hours->until_min < hours->from_min;
    *begin_s = schedule_instant(zone, day, hours->from_min);
    *end_s = schedule_instant(zone, day + past_midnight, hours->until_min);
}

int64_t
schedule_hours_end(const struct schedule_zone *zone, const struct option_hours *hours,
                   int64_t now_s)
{
    if (hours->from_min == hours->until_min) {
        return 0;
    }
    int64_t today = schedule_day(zone, now_s);
    for (int64_t day = today - 1; day <= today; day++) {
        int64_t begin_s, end_s;
        hours_of(zone, hours, day, &begin_s, &end_s);
        if (begin_s <= now_s && now_s < end_s) {
            return end_s;
        }
    }
    return 0;
}

int64_t
schedule_hours_begin(const struct schedule_zone *zone, const struct option_hours *hours,
                     int64_t now_s)
{
    if (hours->from_min == hours->until_min) {
        return 0;
    }
    int64_t today = schedule_day(zone, now_s);
    for (int64_t day = today; day <= today + 1; day++) {
        int64_t begin_s, end_s;
        hours_of(zone, hours, day, &begin_s, &end_s);
        if (begin_s > now_s) {
            return begin_s;
        }
    }
    return 0;
}
