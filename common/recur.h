/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recur: how often a ritual happens, and on which days.
 *
 * The model: all that is kept is a canonical short text; `struct recur` is what it means.
 * There are two shapes. Weekly: some days of every Nth week ("daily" is all seven of every
 * week, "weekdays" the first five). Monthly: one day of each month; a month too short has
 * it on its last day. Days are local day numbers (see when.h); no clock and no zone is
 * ever asked.
 *
 * Invariants: what recur_parse gave is valid, and only such a recur may be handed to the
 * others. One rhythm has one canonical text; recur_parse reads back, to the same recur,
 * what recur_put and recur_say wrote.
 *
 * Canonical: "daily", "weekdays", "weekly sun", "weekly mon,thu", "monthly 15",
 * "weeks 2 sun", "weeks 2 mon,thu".
 */
#ifndef ATTUNE_COMMON_RECUR_H
#define ATTUNE_COMMON_RECUR_H

#include "common/bytes.h"

#define RECUR_WEEKS_MAX 52 /* about a year; what is rarer is a date, not a ritual */

/* The days we count with: 9999-12-31, and as far before 1970. */
#define RECUR_DAY_MAX INT64_C(2932896)
#define RECUR_DAY_MIN (-RECUR_DAY_MAX)
#define RECUR_NEVER INT64_MAX

enum recur_type {
    RECUR_WEEKLY = 1, /* a recur of zeros is none */
    RECUR_MONTHLY,
};

struct recur {
    enum recur_type type;
    uint8_t days;      /* weekly: bit 0 is Monday, at least one is set; else 0 */
    uint8_t weeks;     /* weekly: every so many, 1..RECUR_WEEKS_MAX; else 0 */
    uint8_t month_day; /* monthly: 1..31; else 0 */
};

/*
 * recur_parse: reads what a person types, or the canonical text. Any case, words apart by
 * blanks or commas, with or without the small words every, each, on, and, the, of:
 *   daily day · weekdays weekday · sun sunday sundays "mon thu" mon,thu · weekly week
 *   "weekly sun" · monthly month "monthly 15" "the 15th" "15th of each month" · 2w
 *   "2 weeks" "2 weeks sun" "weeks 2 sun"
 * A weekday or day of the month left out is that of `begins_day`.
 * 0 or E_TIME, also for a begins_day outside RECUR_DAY_MIN..RECUR_DAY_MAX; on failure `out`
 * is untouched.
 */
int recur_parse(struct span text, int64_t begins_day, struct recur *out)
    __attribute__((warn_unused_result));

/* Appends the canonical text. */
void recur_put(struct buf *out, const struct recur *recur);

/* Appends it for people: "every day", "on weekdays", "every Sunday", "Mondays and
 * Thursdays", "on the 15th of each month", "every 2 weeks on Sunday". */
void recur_say(struct buf *out, const struct recur *recur);

/*
 * recur_next_day: the first local day on or after `from_day` on which it happens.
 *   begins_day  its ISO week (from Monday) is the one "every N weeks" counts from. Nothing
 *               else begins with it: weeks before it count too, so whoever wants nothing
 *               earlier passes the later of both days as from_day
 * Days may come from a partner, so any int64_t is taken, and what lies outside
 * RECUR_DAY_MIN..RECUR_DAY_MAX is clamped. RECUR_NEVER when the day would be after
 * RECUR_DAY_MAX; never less than from_day.
 */
int64_t recur_next_day(const struct recur *recur, int64_t begins_day, int64_t from_day);

/*
 * recur_clock_parse: a time of day in minutes since midnight, 0..1439: "20:00" "8:30"
 * "20.00" 8pm "8:30 pm" 8.30pm noon midnight (0, with which its day begins); any case.
 * 0 or E_TIME; on failure `minute_of_day` is untouched.
 */
int recur_clock_parse(struct span text, uint32_t *minute_of_day)
    __attribute__((warn_unused_result));

#endif
