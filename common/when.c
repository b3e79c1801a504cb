/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * When: see when.h. This file computes and prints; when_parse.c reads.
 *
 * The model: calendar arithmetic is done on day numbers (proleptic Gregorian, by
 * Hinnant's days_from_civil), never by adding 86,400 to an instant, so summer time
 * can't move a day. Only when_local and when_instant ask the C library for the zone.
 */
#include "common/when.h"

#include "common/error.h"
#include "common/when_civil.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

/* Two days inside the years 1970 and 9999, so that no zone leaves them. */
#define INSTANT_S_MIN ((int64_t)2 * WHEN_DAY_S)
#define INSTANT_S_MAX ((int64_t)253402300799 - 2 * WHEN_DAY_S)
#define DAYS_NEAR 6

static const char *const weekdays[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

const char *
when_weekday_name(unsigned weekday)
{
    return weekdays[weekday % 7];
}

const char *
when_month_name(unsigned month)
{
    return months[(month + 11) % 12];
}

int64_t
when_day_of(int64_t year, unsigned month, unsigned day)
{
    year -= month <= 2 ? 1 : 0;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t of_era = year - era * 400;
    int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct when_date
when_date_of(int64_t day)
{
    day += 719468;
    int64_t era = (day >= 0 ? day : day - 146096) / 146097;
    int64_t of_era = day - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int64_t shifted = (5 * of_year + 2) / 153;
    unsigned month = (unsigned)(shifted < 10 ? shifted + 3 : shifted - 9);
    return (struct when_date){
        .year = year + era * 400 + (month <= 2 ? 1 : 0),
        .month = month,
        .day = (unsigned)(of_year - (153 * shifted + 2) / 5 + 1),
    };
}

unsigned
when_weekday_of(int64_t day)
{
    return (unsigned)(((day + 4) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

bool
when_date_valid(int64_t year, unsigned month, unsigned day)
{
    if (year < WHEN_YEAR_MIN || year > WHEN_YEAR_MAX || month < 1 || month > 12 ||
        day < 1 || day > 31) {
        return false;
    }
    struct when_date back = when_date_of(when_day_of(year, month, day));
    return back.month == month && back.day == day;
}

static int64_t
clamped(int64_t t_s)
{
    if (t_s < INSTANT_S_MIN) {
        return INSTANT_S_MIN;
    }
    return t_s > INSTANT_S_MAX ? INSTANT_S_MAX : t_s;
}

static struct tm
when_local(int64_t t_s)
{
    time_t instant = (time_t)clamped(t_s);
    struct tm local = {.tm_mday = 1};
    tzset(); /* localtime_r alone reads TZ and /etc/localtime once and never again */
    localtime_r(&instant, &local);
    return local;
}

int64_t
when_instant(int64_t day, unsigned second)
{
    int64_t day_max = INSTANT_S_MAX / WHEN_DAY_S;
    day = day < 2 ? 2 : (day > day_max ? day_max : day);
    struct when_date date = when_date_of(day);
    int64_t best = 0;
    bool found = false;
    /* Asking as summer and as winter time makes the choice ours, not the library's. */
    for (int summer = 1; summer >= -1; summer--) {
        struct tm local = {.tm_year = (int)(date.year - 1900),
                           .tm_mon = (int)date.month - 1,
                           .tm_mday = (int)date.day,
                           .tm_hour = (int)(second / WHEN_HOUR_S),
                           .tm_min = (int)(second / WHEN_MINUTE_S % 60),
                           .tm_sec = (int)(second % 60),
                           .tm_isdst = summer};
        struct tm asked = local;
        int64_t instant = (int64_t)mktime(&local);
        bool same = local.tm_mday == asked.tm_mday && local.tm_hour == asked.tm_hour &&
                    local.tm_min == asked.tm_min;
        if (same && (!found || instant < best)) {
            best = instant;
            found = true;
        }
    }
    if (found) {
        return best;
    }
    /* A gap: the clock just before it, carried over, lies after it. */
    return second < WHEN_HOUR_S
               ? when_instant(day - 1, second + 23 * WHEN_HOUR_S) + WHEN_HOUR_S
               : when_instant(day, second - WHEN_HOUR_S) + WHEN_HOUR_S;
}

int
when_zone_min(int64_t t_s)
{
    return (int)(when_local(t_s).tm_gmtoff / WHEN_MINUTE_S);
}

int64_t
when_local_day(int64_t t_s)
{
    struct tm local = when_local(t_s);
    return when_day_of(local.tm_year + INT64_C(1900), (unsigned)local.tm_mon + 1,
                       (unsigned)local.tm_mday);
}

int64_t
when_day_start(int64_t day)
{
    return when_instant(day, 0);
}

void
when_day_text(struct buf *out, int64_t day)
{
    int64_t day_max = INSTANT_S_MAX / WHEN_DAY_S;
    day = day < 0 ? 0 : (day > day_max ? day_max : day);
    struct when_date date = when_date_of(day);
    buf_printf(out, "%04" PRId64 "-%02u-%02u", date.year, date.month, date.day);
}

void
when_format_clock(struct buf *out, int64_t t_s)
{
    struct tm local = when_local(t_s);
    buf_printf(out, "%02d:%02d", local.tm_hour, local.tm_min);
}

static const char *
near_name(int64_t distance_days)
{
    static const char *const names[] = {"yesterday", "today", "tomorrow"};
    return distance_days < -1 || distance_days > 1 ? NULL : names[distance_days + 1];
}

static void
put_date(struct buf *out, int64_t day, int64_t today, int letters_max)
{
    struct when_date date = when_date_of(day);
    buf_printf(out, "%u %.*s", date.day, letters_max, when_month_name(date.month));
    if (date.year != when_date_of(today).year) {
        buf_printf(out, " %" PRId64, date.year);
    }
}

void
when_format(struct buf *out, int64_t t_s, int64_t now_s)
{
    int64_t day = when_local_day(t_s);
    int64_t today = when_local_day(now_s);
    const char *name = near_name(day - today);
    if (name != NULL) {
        buf_printf(out, "%s ", name);
    } else if (llabs(day - today) <= DAYS_NEAR) {
        buf_printf(out, "%.3s ", when_weekday_name(when_weekday_of(day)));
    } else {
        put_date(out, day, today, 3);
        return;
    }
    when_format_clock(out, t_s);
}

void
when_format_day(struct buf *out, int64_t t_s, int64_t now_s)
{
    int64_t day = when_local_day(t_s);
    int64_t today = when_local_day(now_s);
    const char *name = near_name(day - today);
    if (name != NULL) {
        buf_put_text(out, name);
    } else if (llabs(day - today) <= DAYS_NEAR) {
        buf_put_text(out, when_weekday_name(when_weekday_of(day)));
    } else {
        put_date(out, day, today, 9);
    }
}

void
when_format_duration(struct buf *out, int64_t duration_s)
{
    static const struct {
        int64_t unit_s;
        char letter;
    } units[] = {{WHEN_DAY_S, 'd'}, {WHEN_HOUR_S, 'h'}, {WHEN_MINUTE_S, 'm'}, {1, 's'}};
    if (duration_s <= 0) {
        buf_put_u8(out, '0');
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (duration_s >= units[i].unit_s) {
            buf_printf(out, "%" PRId64 "%c", duration_s / units[i].unit_s,
                       units[i].letter);
            duration_s %= units[i].unit_s;
        }
    }
}

void
when_rfc3339(struct buf *out, int64_t t_s)
{
    struct tm local = when_local(t_s);
    long offset_m = local.tm_gmtoff / WHEN_MINUTE_S;
    buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d%c%02ld:%02ld", local.tm_year + 1900,
               local.tm_mon + 1, local.tm_mday, local.tm_hour, local.tm_min,
               local.tm_sec, offset_m < 0 ? '-' : '+', labs(offset_m) / 60,
               labs(offset_m) % 60);
}
