/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Exact times and durations: RFC 3339, days, "1h30m"; see when.h. The small readers
 * each move *text on past what they took.
 */
#include "common/error.h"
#include "common/when.h"
#include "common/when_civil.h"

#include <string.h>

#define WORD_BYTES_MAX 12 /* with NUL */

char
when_lowered(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

size_t
when_read_number(const char **text, size_t digits_max, int64_t *out)
{
    int64_t value = 0;
    size_t digits = 0;
    while (digits < digits_max && (*text)[digits] >= '0' && (*text)[digits] <= '9') {
        value = value * 10 + ((*text)[digits] - '0');
        digits++;
    }
    *text += digits;
    *out = value;
    return digits;
}

bool
when_read_sign(const char **text, char sign)
{
    if (**text != sign) {
        return false;
    }
    (*text)++;
    return true;
}

bool
when_read_date(const char **text, int64_t *day)
{
    int64_t y;
    int64_t m;
    int64_t d;
    if (when_read_number(text, 4, &y) != 4 || !when_read_sign(text, '-') ||
        when_read_number(text, 2, &m) != 2 || !when_read_sign(text, '-') ||
        when_read_number(text, 2, &d) != 2 ||
        !when_date_valid(y, (unsigned)m, (unsigned)d)) {
        return false;
    }
    *day = when_day_of(y, (unsigned)m, (unsigned)d);
    return true;
}

int
when_parse_day(struct span text, int64_t *out_day)
{
    char copy[WORD_BYTES_MAX] = "";
    int64_t day;
    if (text.size != 10) {
        return E_TIME;
    }
    memcpy(copy, text.data, text.size);
    const char *at = copy;
    if (!when_read_date(&at, &day) || *at != '\0') {
        return E_TIME;
    }
    *out_day = day;
    return 0;
}

int
when_parse_rfc3339(struct span text, int64_t *out_s)
{
    char copy[48] = "";
    int64_t day;
    int64_t hour;
    int64_t minute;
    int64_t second;
    int64_t zone_s = 0;
    if (text.size == 0 || text.size >= sizeof copy) {
        return E_TIME;
    }
    memcpy(copy, text.data, text.size);
    const char *at = copy;
    if (!when_read_date(&at, &day) ||
        !(when_read_sign(&at, 'T') || when_read_sign(&at, 't') ||
          when_read_sign(&at, ' ')) ||
        when_read_number(&at, 2, &hour) != 2 || !when_read_sign(&at, ':') ||
        when_read_number(&at, 2, &minute) != 2 || !when_read_sign(&at, ':') ||
        when_read_number(&at, 2, &second) != 2 || hour > 23 || minute > 59 ||
        second > 60) {
        return E_TIME;
    }
    int64_t fraction;
    if (when_read_sign(&at, '.') && when_read_number(&at, 18, &fraction) == 0) {
        return E_TIME;
    }
    if (!when_read_sign(&at, 'Z') && !when_read_sign(&at, 'z')) {
        int64_t zone_h;
        int64_t zone_m;
        bool west = *at == '-';
        if (!(when_read_sign(&at, '+') || when_read_sign(&at, '-')) ||
            when_read_number(&at, 2, &zone_h) != 2 || !when_read_sign(&at, ':') ||
            when_read_number(&at, 2, &zone_m) != 2 || zone_h > 23 || zone_m > 59) {
            return E_TIME;
        }
        zone_s = zone_h * WHEN_HOUR_S + zone_m * WHEN_MINUTE_S;
        zone_s = west ? -zone_s : zone_s;
    }
    if ((size_t)(at - copy) != text.size) {
        return E_TIME;
    }
    *out_s = day * WHEN_DAY_S + hour * WHEN_HOUR_S + minute * WHEN_MINUTE_S + second -
             zone_s;
    return 0;
}

/* Seconds of a unit, 0 when it is none. */
static int64_t
unit_s(const char *name, size_t size)
{
    static const struct {
        const char *names; /* each between spaces */
        int64_t unit_s;
    } units[] = {
        {" s sec secs second seconds ", 1},
        {" m min mins minute minutes ", WHEN_MINUTE_S},
        {" h hr hrs hour hours ", WHEN_HOUR_S},
        {" d day days ", WHEN_DAY_S},
        {" w week weeks ", (int64_t)7 * WHEN_DAY_S},
    };
    char framed[WORD_BYTES_MAX + 2] = " ";
    if (size == 0 || size > WORD_BYTES_MAX - 1) {
        return 0;
    }
    memcpy(framed + 1, name, size);
    framed[size + 1] = ' ';
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (strstr(units[i].names, framed) != NULL) {
            return units[i].unit_s;
        }
    }
    return 0;
}

bool
when_read_duration(const char *text, int64_t *out_s, int64_t *smallest_s)
{
    int64_t sum_s = 0;
    int64_t last_s = WHEN_DURATION_S_MAX; /* units must become finer: no "1m1m" */
    text += strspn(text, " ");
    if (*text == '\0') {
        return false;
    }
    while (*text != '\0') {
        int64_t number;
        if (when_read_number(&text, 7, &number) == 0) {
            return false;
        }
        text += strspn(text, " ");
        size_t letters = strspn(text, "abcdefghijklmnopqrstuvwxyz");
        int64_t unit = unit_s(text, letters);
        if (unit == 0 || unit >= last_s) {
            return false;
        }
        text += letters;
        text += strspn(text, " ");
        sum_s += number * unit;
        last_s = unit;
    }
    if (sum_s > WHEN_DURATION_S_MAX) {
        return false;
    }
    *out_s = sum_s;
    *smallest_s = last_s;
    return true;
}

int
when_duration(const char *text, int64_t *out_s)
{
    char copy[48];
    size_t size = strlen(text);
    int64_t smallest_s;
    int64_t value_s;
    if (size >= sizeof copy) {
        return E_TIME;
    }
    for (size_t i = 0; i <= size; i++) {
        copy[i] = when_lowered(text[i]);
    }
    if (strcmp(copy, "0") == 0) {
        *out_s = 0;
        return 0;
    }
    if (!when_read_duration(copy, &value_s, &smallest_s)) {
        return E_TIME;
    }
    *out_s = value_s;
    return 0;
}
