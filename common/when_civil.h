/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Calendar arithmetic shared by when.c and when_parse.c; of the rest only when_instant is
 * of use to others, who want a clock of a day.
 * Months and days count from 1, weekdays from Sunday 0, day numbers from 1970-01-01.
 */
#ifndef ATTUNE_COMMON_WHEN_CIVIL_H
#define ATTUNE_COMMON_WHEN_CIVIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_YEAR_MIN 1970
#define WHEN_YEAR_MAX 9999

struct when_date {
    int64_t year;
    unsigned month;
    unsigned day;
};

int64_t when_day_of(int64_t year, unsigned month, unsigned day);
struct when_date when_date_of(int64_t day);
unsigned when_weekday_of(int64_t day);
bool when_date_valid(int64_t year, unsigned month, unsigned day);

/* The instant of a clock (seconds since local midnight as the clock shows, < 86,400)
 * on a day; see when.h for summer time. Days outside the years we take are clamped. */
int64_t when_instant(int64_t day, unsigned second);

const char *when_weekday_name(unsigned weekday); /* "Friday" */
const char *when_month_name(unsigned month);     /* "May" */

char when_lowered(char c); /* ASCII */

/* Readers: each moves *text past what it took. Up to `digits_max` digits, how many
 * there were; one sign; a valid "2027-05-01". */
size_t when_read_number(const char **text, size_t digits_max, int64_t *out);
bool when_read_sign(const char **text, char sign);
bool when_read_date(const char **text, int64_t *day);
/* A whole lower-case text as "20 minutes" or "1h30m"; *smallest_s: the finest unit
 * named. */
bool when_read_duration(const char *text, int64_t *out_s, int64_t *smallest_s);

#endif
