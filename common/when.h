/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When: days and times as people write and read them.
 *
 * The model: an instant is int64_t seconds since 1970 UTC; `now` is always a
 * parameter; the local zone is the C library's (TZ, read at each call). A day number
 * counts local days since 1970-01-01. Instants may come from a partner, so any int64_t
 * is taken: those outside years 1970 to 9999 are clamped. Summer time: a clock that
 * doesn't exist that day moves forward, one that exists twice is the first.
 */
#ifndef ATTUNE_COMMON_WHEN_H
#define ATTUNE_COMMON_WHEN_H

#include "common/bytes.h"

#define WHEN_MINUTE_S 60
#define WHEN_HOUR_S 3600
#define WHEN_DAY_S 86400
#define WHEN_DURATION_S_MAX ((int64_t)3660 * WHEN_DAY_S)

/*
 * when_parse: a day, a clock, or both in either order, any case, with or without the
 * small words in, on, at, by:
 *   today tonight tomorrow yesterday · fri friday (the next one, never today) · 3d
 *   "in 3 days" "2 weeks" "next week" · 2027-05-01 · "1 may" "may 1" (the next one,
 *   today counts) "1 may 2027" · 18:30 6pm 6:30pm noon (alone: the next one) · 20m 2h
 *   1h30m "in 20 minutes" now (from now) · RFC 3339
 * A day without a clock means its end, 23:59:00 local, and *has_clock is false.
 * 0 or E_TIME; on failure the outputs are untouched.
 */
int when_parse(const char *text, int64_t now_s, int64_t *out_s, bool *has_clock)
    __attribute__((warn_unused_result));

/* "0", "10s", "20m", "2h", "3d", "2w", "1h30m", "40 minutes": 0 or E_TIME; never
 * negative, at most WHEN_DURATION_S_MAX. A number without a unit is refused, except
 * 0. */
int when_duration(const char *text, int64_t *out_s) __attribute__((warn_unused_result));

/* Appends the shortest exact form when_duration reads back: "0", "15m", "1h30m". */
void when_format_duration(struct buf *out, int64_t duration_s);

/* Appends "today 21:04", "yesterday 08:10", "tomorrow 18:30", "Tue 21:04" (within six
 * days either way), "3 May", "3 May 2025". */
void when_format(struct buf *out, int64_t t_s, int64_t now_s);

/* Appends "today", "tomorrow", "yesterday", "Friday" (within six days), "12 June",
 * "12 June 2028". */
void when_format_day(struct buf *out, int64_t t_s, int64_t now_s);

/* Appends "21:04", local. */
void when_format_clock(struct buf *out, int64_t t_s);

/* Appends "2027-05-01T18:30:00+02:00": local time with its offset (RFC 3339). */
void when_rfc3339(struct buf *out, int64_t t_s);

/* RFC 3339 date-time; a fraction of a second is cut. 0 or E_TIME. */
int when_parse_rfc3339(struct span text, int64_t *out_s)
    __attribute__((warn_unused_result));

/* Minutes east of UTC at an instant by the local zone's rules: summer time counts, and so
 * does a zone that was changed since. */
int when_zone_min(int64_t t_s);

/* The local day of an instant; its first second; its text, "2027-05-01". */
int64_t when_local_day(int64_t t_s);
int64_t when_day_start(int64_t day);
void when_day_text(struct buf *out, int64_t day);
/* "2027-05-01" to a day number. 0 or E_TIME. */
int when_parse_day(struct span text, int64_t *out_day)
    __attribute__((warn_unused_result));

#endif
