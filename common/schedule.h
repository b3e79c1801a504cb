/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Schedule: when something falls due by the local clock. Pure: the zone is a function.
 *
 * The model: a rule is either one instant or a rhythm (recur.h) at a minute of the local
 * day. It falls due at times; the time that counts now is the newest one that has come and
 * is still of use. A time of a rhythm is named by its local day, so that it stays the same
 * time when the zone changes; one instant is named by itself.
 * Summer time: a clock that doesn't exist on a day is as much later, one that exists twice
 * is the first. Days and instants may come from a partner: all are clamped to the days of
 * recur.h.
 */
#ifndef ATTUNE_COMMON_SCHEDULE_H
#define ATTUNE_COMMON_SCHEDULE_H

#include "common/options.h"
#include "common/recur.h"

#include <stdbool.h>
#include <stdint.h>

struct schedule_zone {
    int (*minutes)(void *context, int64_t t_s); /* east of UTC at that instant */
    void *context;
};

struct schedule_rule {
    int64_t at_s;       /* one instant; 0: a rhythm */
    struct recur recur; /* type 0: never */
    int64_t begins_day; /* recur_next_day */
    int32_t minute;     /* of the local day */
    int64_t from_s;     /* no time of it comes before */
    int64_t done_day;   /* nor on this local day; SCHEDULE_NO_DAY: none */
    int64_t useful_s;   /* so long after it is still of use */
};

#define SCHEDULE_NO_DAY INT64_MIN

struct schedule_time {
    int64_t at_s; /* 0: none */
    int64_t name; /* which time it is: the local day of a rhythm, else at_s */
};

/* The local day of an instant, and its minute. */
int64_t schedule_day(const struct schedule_zone *zone, int64_t t_s);
int32_t schedule_minute(const struct schedule_zone *zone, int64_t t_s);
/* When the local clock shows this minute on this day. */
int64_t schedule_instant(const struct schedule_zone *zone, int64_t day, int32_t minute);

/* The time that is due: the newest at or before now, and still of use. */
struct schedule_time schedule_due(const struct schedule_zone *zone,
                                  const struct schedule_rule *rule, int64_t now_s);
/* The first time after now. */
struct schedule_time schedule_next(const struct schedule_zone *zone,
                                   const struct schedule_rule *rule, int64_t now_s);

/* Every day the same hours: when those that are now end; 0: it is none of them. */
int64_t schedule_hours_end(const struct schedule_zone *zone,
                           const struct option_hours *hours, int64_t now_s);
/* When they begin next, after now; 0: never. */
int64_t schedule_hours_begin(const struct schedule_zone *zone,
                             const struct option_hours *hours, int64_t now_s);

#endif
