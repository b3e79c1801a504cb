/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Schedules, held against times worked out by hand: summer time both ways, zones that skip
 * a night hour, half an hour or a whole day, sleep, clocks that jump, quiet hours.
 * Every moment is written as the local clock shows it.
 */
#include "common/error.h"
#include "common/schedule.h"
#include "common/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { HOUR_S = 3600, DAY_S = 86400 };

static int
local_minutes(void *context, int64_t t_s)
{
    struct tm local = {0};
    time_t t = (time_t)t_s;
    (void)context;
    return localtime_r(&t, &local) == NULL ? 0 : (int)(local.tm_gmtoff / 60);
}

static const struct schedule_zone zone = {local_minutes, NULL};

static void
travel(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
    tzset();
}

static int64_t
moment(const char *text)
{
    int64_t t_s = 0;
    if (when_parse_rfc3339(span_text(text), &t_s) != 0) {
        fail_msg("not a time: %s", text);
    }
    return t_s;
}

static int64_t
day_number(const char *text)
{
    int64_t day = 0;
    assert_int_equal(when_parse_day(span_text(text), &day), 0);
    return day;
}

static struct schedule_rule
rhythm(const char *every, int hour, int minute, const char *begins)
{
    struct schedule_rule rule = {
        .begins_day = day_number(begins),
        .minute = hour * 60 + minute,
        .done_day = SCHEDULE_NO_DAY,
        .useful_s = 3 * HOUR_S,
    };
    if (recur_parse(span_text(every), rule.begins_day, &rule.recur) != 0) {
        fail_msg("not a rhythm: %s", every);
    }
    return rule;
}

static void
expect(const char *what, int64_t got_s, const char *expected)
{
    int64_t expected_s = strcmp(expected, "-") == 0 ? 0 : moment(expected);
    if (got_s != expected_s) {
        struct buf text = {0};
        when_rfc3339(&text, got_s);
        fail_msg("%s: %s, not %s", what, got_s == 0 ? "-" : buf_text(&text), expected);
    }
}

/* ---- the next time ---- */

static const struct next {
    const char *zone, *every;
    int hour, minute;
    const char *begins, *now, *next;
} nexts[] = {
    /* a weekly evening stays where it is across summer time, both ways */
    {"Europe/Berlin", "sun", 20, 0, "2026-03-01", "2026-03-22T21:00:00+01:00", "2026-03-29T20:00:00+02:00"},
    {"Europe/Berlin", "sun", 20, 0, "2026-03-01", "2026-03-29T00:30:00+01:00", "2026-03-29T20:00:00+02:00"},
    {"Europe/Berlin", "sun", 20, 0, "2026-03-01", "2026-10-18T20:00:00+02:00", "2026-10-25T20:00:00+01:00"},
    {"Europe/Berlin", "sun", 20, 0, "2026-03-01", "2026-10-25T19:59:59+01:00", "2026-10-25T20:00:00+01:00"},
    {"America/New_York", "sun", 20, 0, "2026-01-04", "2026-03-07T12:00:00-05:00", "2026-03-08T20:00:00-04:00"},
    {"America/New_York", "sun", 20, 0, "2026-01-04", "2026-10-31T12:00:00-04:00", "2026-11-01T20:00:00-05:00"},
    {"Australia/Sydney", "fri", 7, 30, "2026-01-02", "2026-04-03T08:00:00+11:00", "2026-04-10T07:30:00+10:00"},
    {"Australia/Sydney", "fri", 7, 30, "2026-01-02", "2026-10-02T07:30:00+10:00", "2026-10-09T07:30:00+11:00"},
    /* an hour that isn't there is as much later; one that is there twice is the first */
    {"Europe/Berlin", "daily", 2, 30, "2026-01-01", "2026-03-28T12:00:00+01:00", "2026-03-29T03:30:00+02:00"},
    {"Europe/Berlin", "daily", 2, 30, "2026-01-01", "2026-03-29T03:30:00+02:00", "2026-03-30T02:30:00+02:00"},
    {"Europe/Berlin", "daily", 2, 30, "2026-01-01", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"},
    {"Europe/Berlin", "daily", 2, 30, "2026-01-01", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
    {"Europe/Berlin", "daily", 2, 0, "2026-01-01", "2026-03-29T01:59:00+01:00", "2026-03-29T03:00:00+02:00"},
    {"America/New_York", "daily", 1, 30, "2026-01-01", "2026-10-31T20:00:00-04:00", "2026-11-01T01:30:00-04:00"},
    {"America/New_York", "daily", 2, 15, "2026-01-01", "2026-03-08T01:00:00-05:00", "2026-03-08T03:15:00-04:00"},
    /* midnight itself is skipped in some places */
    {"America/Santiago", "daily", 0, 0, "2026-01-01", "2026-09-05T12:00:00-04:00", "2026-09-06T01:00:00-03:00"},
    {"Asia/Beirut", "daily", 0, 15, "2026-01-01", "2026-03-28T12:00:00+02:00", "2026-03-29T01:15:00+03:00"},
    {"America/Santiago", "daily", 23, 30, "2026-01-01", "2026-04-04T12:00:00-03:00", "2026-04-04T23:30:00-03:00"},
    /* half an hour of summer time, and odd offsets */
    {"Australia/Lord_Howe", "sun", 9, 0, "2026-01-04", "2026-04-04T12:00:00+11:00", "2026-04-05T09:00:00+10:30"},
    {"Australia/Lord_Howe", "daily", 2, 15, "2026-01-04", "2026-10-03T12:00:00+10:30", "2026-10-04T02:45:00+11:00"},
    {"Asia/Kathmandu", "daily", 6, 45, "2026-01-01", "2026-05-05T06:45:00+05:45", "2026-05-06T06:45:00+05:45"},
    {"America/St_Johns", "weekdays", 8, 0, "2026-01-01", "2026-03-06T08:00:00-03:30", "2026-03-09T08:00:00-02:30"},
    {"Pacific/Chatham", "sat", 10, 0, "2026-01-03", "2026-04-04T10:00:00+13:45", "2026-04-11T10:00:00+12:45"},
    /* where winter is the odd one: Morocco in Ramadan */
    {"Africa/Casablanca", "daily", 21, 0, "2026-01-01", "2026-02-14T21:00:00+01:00", "2026-02-15T21:00:00+00:00"},
    /* a day that was left out of the calendar */
    {"Pacific/Apia", "daily", 20, 0, "2011-12-01", "2011-12-29T20:00:00-10:00", "2011-12-31T20:00:00+14:00"},
    /* rhythms */
    {"UTC", "monthly 31", 9, 0, "2026-01-31", "2026-01-31T09:00:00Z", "2026-02-28T09:00:00Z"},
    {"UTC", "monthly 31", 9, 0, "2026-01-31", "2028-02-01T00:00:00Z", "2028-02-29T09:00:00Z"},
    {"UTC", "2w sun", 16, 0, "2026-11-22", "2026-11-22T16:00:00Z", "2026-12-06T16:00:00Z"},
    {"UTC", "weeks 2 sun", 16, 0, "2026-11-22", "2026-11-29T10:00:00Z", "2026-12-06T16:00:00Z"},
    {"UTC", "mon,thu", 19, 0, "2026-11-01", "2026-11-23T19:00:00Z", "2026-11-26T19:00:00Z"},
    {"UTC", "mon,thu", 19, 0, "2026-11-01", "2026-11-26T19:00:00Z", "2026-11-30T19:00:00Z"},
    {"UTC", "weekdays", 8, 0, "2026-11-01", "2026-11-27T08:00:00Z", "2026-11-30T08:00:00Z"},
    {"UTC", "daily", 0, 0, "2026-11-01", "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"},
    {"UTC", "daily", 23, 59, "2026-11-01", "2026-12-31T23:59:00Z", "2027-01-01T23:59:00Z"},
};

static void
the_next_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof nexts / sizeof nexts[0]; i++) {
        const struct next *row = &nexts[i];
        char what[128];
        travel(row->zone);
        struct schedule_rule rule =
            rhythm(row->every, row->hour, row->minute, row->begins);
        struct schedule_time time = schedule_next(&zone, &rule, moment(row->now));
        (void)snprintf(what, sizeof what, "%s, %s at %02d:%02d after %s", row->zone,
                       row->every, row->hour, row->minute, row->now);
        expect(what, time.at_s, row->next);
    }
}

/* ---- what is due ---- */

static const struct due {
    const char *why, *zone, *every;
    int hour;
    const char *now, *due;
} dues[] = {
    {"a minute before", "Europe/Berlin", "daily", 20, "2026-11-26T19:59:59+01:00", "-"},
    {"the minute itself", "Europe/Berlin", "daily", 20, "2026-11-26T20:00:00+01:00", "2026-11-26T20:00:00+01:00"},
    {"woken an hour later", "Europe/Berlin", "daily", 20, "2026-11-26T21:00:00+01:00", "2026-11-26T20:00:00+01:00"},
    {"woken too late", "Europe/Berlin", "daily", 20, "2026-11-26T23:00:00+01:00", "-"},
    {"a week asleep: one, not seven", "Europe/Berlin", "daily", 20, "2026-12-03T20:30:00+01:00", "2026-12-03T20:00:00+01:00"},
    {"a week asleep, in the morning: none", "Europe/Berlin", "daily", 20, "2026-12-03T08:00:00+01:00", "-"},
    {"past midnight it is yesterday's", "Europe/Berlin", "daily", 23, "2026-11-27T00:30:00+01:00", "2026-11-26T23:00:00+01:00"},
    {"not on another day", "Europe/Berlin", "sun", 20, "2026-11-26T20:00:00+01:00", "-"},
    {"asleep over the change to summer time", "Europe/Berlin", "sun", 1, "2026-03-29T03:30:00+02:00", "2026-03-29T01:00:00+01:00"},
    {"three hours of the clock are two then", "Europe/Berlin", "sun", 1, "2026-03-29T04:59:00+02:00", "2026-03-29T01:00:00+01:00"},
    {"asleep over the change back", "Europe/Berlin", "sun", 1, "2026-10-25T02:30:00+01:00", "2026-10-25T01:00:00+02:00"},
    {"the second two o'clock is the same day's", "Europe/Berlin", "sun", 2, "2026-10-25T02:10:00+01:00", "2026-10-25T02:00:00+02:00"},
    {"flown west: it is not yet eight there", "America/New_York", "daily", 20, "2026-11-26T14:30:00-05:00", "-"},
    {"flown east: it is past eight there", "Asia/Tokyo", "daily", 20, "2026-11-26T21:00:00+09:00", "2026-11-26T20:00:00+09:00"},
};

static void
what_is_due(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof dues / sizeof dues[0]; i++) {
        const struct due *row = &dues[i];
        travel(row->zone);
        struct schedule_rule rule = rhythm(row->every, row->hour, 0, "2026-01-01");
        expect(row->why, schedule_due(&zone, &rule, moment(row->now)).at_s, row->due);
    }
}

/* The name of a time stays when the zone changes, so that it isn't told twice. */
static void
a_time_keeps_its_name(void **state)
{
    (void)state;
    travel("Europe/Berlin");
    struct schedule_rule rule = rhythm("daily", 20, 0, "2026-01-01");
    struct schedule_time here =
        schedule_due(&zone, &rule, moment("2026-11-26T20:10:00+01:00"));
    travel("America/New_York");
    struct schedule_time there =
        schedule_due(&zone, &rule, moment("2026-11-26T20:10:00-05:00"));
    assert_true(here.at_s != there.at_s);
    assert_int_equal(here.name, there.name);
}

static void
what_was_done_or_rests(void **state)
{
    (void)state;
    travel("Europe/Berlin");
    struct schedule_rule rule = rhythm("daily", 20, 0, "2026-01-01");
    int64_t now_s = moment("2026-11-26T20:30:00+01:00");
    rule.done_day = day_number("2026-11-26");
    expect("done today", schedule_due(&zone, &rule, now_s).at_s, "-");
    expect("done before its hour", schedule_next(&zone, &rule, now_s - HOUR_S).at_s,
           "2026-11-27T20:00:00+01:00");
    rule.done_day = day_number("2026-11-25");
    expect("done yesterday", schedule_due(&zone, &rule, now_s).at_s,
           "2026-11-26T20:00:00+01:00");
    rule.from_s = moment("2026-12-10T20:15:00+01:00");
    expect("it rests", schedule_due(&zone, &rule, now_s).at_s, "-");
    expect("until after that day's hour", schedule_next(&zone, &rule, now_s).at_s,
           "2026-12-11T20:00:00+01:00");
    struct schedule_rule never = {.done_day = SCHEDULE_NO_DAY, .useful_s = DAY_S};
    expect("no rhythm", schedule_due(&zone, &never, now_s).at_s, "-");
    expect("no rhythm", schedule_next(&zone, &never, now_s).at_s, "-");
}

static void
one_instant(void **state)
{
    (void)state;
    travel("Europe/Berlin");
    struct schedule_rule rule = {.at_s = moment("2026-11-26T21:05:00+01:00"),
                                 .done_day = SCHEDULE_NO_DAY,
                                 .useful_s = DAY_S};
    expect("before", schedule_due(&zone, &rule, rule.at_s - 1).at_s, "-");
    expect("before", schedule_next(&zone, &rule, rule.at_s - 1).at_s,
           "2026-11-26T21:05:00+01:00");
    expect("then", schedule_due(&zone, &rule, rule.at_s).at_s,
           "2026-11-26T21:05:00+01:00");
    expect("then", schedule_next(&zone, &rule, rule.at_s).at_s, "-");
    expect("switched off for a night", schedule_due(&zone, &rule, rule.at_s + DAY_S - 1).at_s,
           "2026-11-26T21:05:00+01:00");
    expect("and a day", schedule_due(&zone, &rule, rule.at_s + DAY_S).at_s, "-");
    for (int i = 0; i < 2; i++) { /* what a partner could write */
        rule.at_s = i == 0 ? INT64_MAX : INT64_MIN;
        (void)schedule_due(&zone, &rule, INT64_MIN);
        (void)schedule_next(&zone, &rule, INT64_MAX);
    }
}

/* A clock that jumps hours either way, asked every ten minutes: each day's time once. */
static void
a_clock_that_jumps(void **state)
{
    (void)state;
    static const int64_t jumps_s[] = {0, 5 * HOUR_S, -5 * HOUR_S, 11 * HOUR_S, -9 * HOUR_S};
    travel("Europe/Berlin");
    struct schedule_rule rule = rhythm("daily", 20, 0, "2026-01-01");
    int64_t told[64];
    size_t count = 0;
    int64_t now_s = moment("2026-10-20T12:00:00+02:00");
    for (size_t step = 0; step < 10 * 144; step++) {
        now_s += 600;
        if (step % 200 == 100) {
            now_s += jumps_s[step / 200 % 5];
        }
        struct schedule_time time = schedule_due(&zone, &rule, now_s);
        bool again = time.at_s == 0;
        for (size_t i = 0; i < count; i++) {
            again = again || told[i] == time.name;
        }
        if (!again) {
            told[count++] = time.name;
        }
    }
    int64_t first = day_number("2026-10-20");
    int64_t days = schedule_day(&zone, now_s) - first;
    assert_true((int64_t)count == days || (int64_t)count == days + 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(told[i], first + (int64_t)i);
    }
}

/* ---- quiet hours ---- */

static void
quiet_hours(void **state)
{
    (void)state;
    static const struct {
        struct option_hours hours;
        const char *now, *end, *begin;
    } rows[] = {
        {{22 * 60, 8 * 60}, "2026-11-26T21:59:59+01:00", "-", "2026-11-26T22:00:00+01:00"},
        {{22 * 60, 8 * 60}, "2026-11-26T22:00:00+01:00", "2026-11-27T08:00:00+01:00", "2026-11-27T22:00:00+01:00"},
        {{22 * 60, 8 * 60}, "2026-11-27T07:59:59+01:00", "2026-11-27T08:00:00+01:00", "2026-11-27T22:00:00+01:00"},
        {{22 * 60, 8 * 60}, "2026-11-27T08:00:00+01:00", "-", "2026-11-27T22:00:00+01:00"},
        {{22 * 60, 8 * 60}, "2026-10-24T23:00:00+02:00", "2026-10-25T08:00:00+01:00", "2026-10-25T22:00:00+01:00"},
        {{22 * 60, 8 * 60}, "2026-03-28T23:00:00+01:00", "2026-03-29T08:00:00+02:00", "2026-03-29T22:00:00+02:00"},
        {{12 * 60, 14 * 60}, "2026-11-26T13:00:00+01:00", "2026-11-26T14:00:00+01:00", "2026-11-27T12:00:00+01:00"},
        {{12 * 60, 14 * 60}, "2026-11-26T11:00:00+01:00", "-", "2026-11-26T12:00:00+01:00"},
        {{0, 6 * 60}, "2026-11-26T00:00:00+01:00", "2026-11-26T06:00:00+01:00", "2026-11-27T00:00:00+01:00"},
        {{0, 0}, "2026-11-26T00:00:00+01:00", "-", "-"},
    };
    travel("Europe/Berlin");
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t now_s = moment(rows[i].now);
        expect(rows[i].now, schedule_hours_end(&zone, &rows[i].hours, now_s),
               rows[i].end);
        expect(rows[i].now, schedule_hours_begin(&zone, &rows[i].hours, now_s),
               rows[i].begin);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_time),
        cmocka_unit_test(what_is_due),
        cmocka_unit_test(a_time_keeps_its_name),
        cmocka_unit_test(what_was_done_or_rests),
        cmocka_unit_test(one_instant),
        cmocka_unit_test(a_clock_that_jumps),
        cmocka_unit_test(quiet_hours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
