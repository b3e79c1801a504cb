/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Days and times in several zones, on both sides of summer time. */
#include "common/error.h"
#include "common/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
zone(const char *name)
{
    assert_int_equal(setenv("TZ", name, 1), 0);
}

static int64_t
at(const char *rfc3339)
{
    int64_t t_s = 0;
    assert_int_equal(when_parse_rfc3339(span_text(rfc3339), &t_s), 0);
    return t_s;
}

static void
expect_parse(const char *text, const char *now, const char *expected, bool clock)
{
    struct buf out = {0};
    int64_t t_s = 0;
    bool has_clock = !clock;
    if (when_parse(text, at(now), &t_s, &has_clock) != 0) {
        fail_msg("not understood: %s", text);
    }
    when_rfc3339(&out, t_s);
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(has_clock, clock);
    buf_free(&out);
}

/* A Tuesday evening in Berlin. */
#define NOW "2027-04-27T21:04:00+02:00"

static void
parses_days(void **state)
{
    (void)state;
    zone("Europe/Berlin");
    static const char *const rows[][2] = {
        {"today", "2027-04-27"},      {"Tonight", "2027-04-27"},
        {"tomorrow", "2027-04-28"},   {"yesterday", "2027-04-26"},
        {"fri", "2027-04-30"},        {"Friday", "2027-04-30"},
        {"on friday", "2027-04-30"},  {"tue", "2027-05-04"},
        {"wednesday", "2027-04-28"},  {"monday", "2027-05-03"},
        {"3d", "2027-04-30"},         {"in 3 days", "2027-04-30"},
        {"2 weeks", "2027-05-11"},    {"2w", "2027-05-11"},
        {"next week", "2027-05-04"},  {"2027-05-01", "2027-05-01"},
        {"1 may", "2027-05-01"},      {"may 1", "2027-05-01"},
        {"1 May 2029", "2029-05-01"}, {"27 april", "2027-04-27"},
        {"26 apr", "2028-04-26"},     {"29 feb", "2028-02-29"},
        {"3rd march", "2028-03-03"},  {"by sat", "2027-05-01"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf expected = {0};
        bool summer =
            strstr(rows[i][1], "-02-") == NULL && strstr(rows[i][1], "-03-03") == NULL;
        buf_printf(&expected, "%sT23:59:00+0%d:00", rows[i][1], summer ? 2 : 1);
        expect_parse(rows[i][0], NOW, buf_text(&expected), false);
        buf_free(&expected);
    }
}

static void
parses_clocks(void **state)
{
    (void)state;
    zone("Europe/Berlin");
    expect_parse("18:30", NOW, "2027-04-28T18:30:00+02:00", true);
    expect_parse("22:05", NOW, "2027-04-27T22:05:00+02:00", true);
    expect_parse("21:04", NOW, "2027-04-28T21:04:00+02:00", true);
    expect_parse("friday 18:30", NOW, "2027-04-30T18:30:00+02:00", true);
    expect_parse("18:30 on friday", NOW, "2027-04-30T18:30:00+02:00", true);
    expect_parse("tomorrow at 6pm", NOW, "2027-04-28T18:00:00+02:00", true);
    expect_parse("6:30 pm tomorrow", NOW, "2027-04-28T18:30:00+02:00", true);
    expect_parse("12am sat", NOW, "2027-05-01T00:00:00+02:00", true);
    expect_parse("noon", NOW, "2027-04-28T12:00:00+02:00", true);
    expect_parse("today 08:00", NOW, "2027-04-27T08:00:00+02:00", true);
    expect_parse("2027-05-01 18:30", NOW, "2027-05-01T18:30:00+02:00", true);
    expect_parse("1 may 18:30", NOW, "2027-05-01T18:30:00+02:00", true);
    expect_parse("20m", NOW, "2027-04-27T21:24:00+02:00", true);
    expect_parse("in 2 hours", NOW, "2027-04-27T23:04:00+02:00", true);
    expect_parse("1h30m", NOW, "2027-04-27T22:34:00+02:00", true);
    expect_parse("now", NOW, NOW, true);
    expect_parse("2027-05-01T18:30:00Z", NOW, "2027-05-01T20:30:00+02:00", true);
}

static void
refuses_what_it_does_not_know(void **state)
{
    (void)state;
    zone("Europe/Berlin");
    static const char *const bad[] = {
        "",
        " ",
        "in",
        "may",
        "soon",
        "friday friday",
        "18:30 19:30",
        "25:00",
        "12:60",
        "2027-02-29",
        "2027-13-01",
        "32 may",
        "31 june",
        "0 may",
        "13pm",
        "0am",
        "7",
        "next friday",
        "20m friday",
        "20m 18:30",
        "99999999999d",
        "-3d",
        "2027-5-1",
        "a b c d e f g h i j k",
        "morgen um acht uhr abends oder so",
        "fr",
        "30 feb",
        "\xff",
        "1h1h",
        "20m 2h",
        "9999999h",
        "2027-05-01T25:00:00Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t_s = 7;
        bool has_clock = true;
        if (when_parse(bad[i], at(NOW), &t_s, &has_clock) != E_TIME) {
            fail_msg("understood: %s", bad[i]);
        }
        assert_int_equal(t_s, 7);
        assert_true(has_clock);
    }
}

static void
summer_time_moves_no_day(void **state)
{
    (void)state;
    zone(
        "Europe/Berlin"); /* forward on 2027-03-28 at 02:00, back on 2027-10-31 at 03:00 */
    expect_parse("tomorrow", "2027-03-27T23:30:00+01:00", "2027-03-28T23:59:00+02:00",
                 false);
    expect_parse("tomorrow 02:30", "2027-03-27T12:00:00+01:00",
                 "2027-03-28T03:30:00+02:00", true);
    expect_parse("tomorrow 02:30", "2027-10-30T12:00:00+02:00",
                 "2027-10-31T02:30:00+02:00", true);
    expect_parse("1d", "2027-10-30T23:30:00+02:00", "2027-10-31T23:59:00+01:00", false);
    zone("America/New_York"); /* forward on 2027-03-14 */
    expect_parse("2027-03-14 02:15", "2027-03-01T12:00:00-05:00",
                 "2027-03-14T03:15:00-04:00", true);
    zone("America/Sao_Paulo"); /* 2018-11-04 began at 01:00: no midnight */
    int64_t day = 0;
    assert_int_equal(when_parse_day(span_text("2018-11-04"), &day), 0);
    assert_int_equal(when_local_day(when_day_start(day)), day);
    assert_int_equal(when_local_day(when_day_start(day) - 1), day - 1);
    zone("Pacific/Apia"); /* 2011-12-30 did not happen */
    expect_parse("tomorrow 12:00", "2011-12-31T12:00:00+14:00",
                 "2012-01-01T12:00:00+14:00", true);
    zone("Asia/Kathmandu");
    expect_parse("18:30", "2027-04-27T12:00:00+05:45", "2027-04-27T18:30:00+05:45",
                 true);
    zone("Australia/Lord_Howe"); /* half an hour of summer time */
    expect_parse("2027-10-03 02:10", "2027-10-01T12:00:00+10:30",
                 "2027-10-03T02:40:00+11:00", true);
}

static void
local_days_begin_at_midnight(void **state)
{
    (void)state;
    static const char *const zones[] = {"UTC",
                                        "Europe/Berlin",
                                        "America/Sao_Paulo",
                                        "Pacific/Kiritimati",
                                        "Pacific/Pago_Pago",
                                        "Africa/Casablanca"};
    for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
        zone(zones[i]);
        for (int64_t day = 17500; day < 18300; day++) {
            int64_t start_s = when_day_start(day);
            assert_int_equal(when_local_day(start_s), day);
            assert_int_equal(when_local_day(start_s - 1), day - 1);
        }
    }
}

static void
expect_format(void (*format)(struct buf *, int64_t, int64_t), const char *t,
              const char *now, const char *expected)
{
    struct buf out = {0};
    format(&out, at(t), at(now));
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
formats_for_people(void **state)
{
    (void)state;
    zone("Europe/Berlin");
    expect_format(when_format, "2027-04-27T08:10:00+02:00", NOW, "today 08:10");
    expect_format(when_format, "2027-04-26T23:59:59+02:00", NOW, "yesterday 23:59");
    expect_format(when_format, "2027-04-28T00:00:00+02:00", NOW, "tomorrow 00:00");
    expect_format(when_format, "2027-04-21T09:00:00+02:00", NOW, "Wed 09:00");
    expect_format(when_format, "2027-05-03T09:00:00+02:00", NOW, "Mon 09:00");
    expect_format(when_format, "2027-04-20T09:00:00+02:00", NOW, "20 Apr");
    expect_format(when_format, "2025-05-03T09:00:00+02:00", NOW, "3 May 2025");
    expect_format(when_format_day, "2027-04-27T08:10:00+02:00", NOW, "today");
    expect_format(when_format_day, "2027-04-28T08:10:00+02:00", NOW, "tomorrow");
    expect_format(when_format_day, "2027-04-30T08:10:00+02:00", NOW, "Friday");
    expect_format(when_format_day, "2027-06-12T08:10:00+02:00", NOW, "12 June");
    expect_format(when_format_day, "2028-09-12T08:10:00+02:00", NOW,
                  "12 September 2028");
    struct buf out = {0};
    when_format(&out, INT64_MAX, at(NOW)); /* a partner may claim any time */
    when_rfc3339(&out, INT64_MIN);
    when_format_day(&out, INT64_MIN, INT64_MAX);
    assert_int_equal(buf_done(&out), 0);
    buf_clear(&out);
    when_day_text(&out, when_local_day(at(NOW)));
    assert_string_equal(buf_text(&out), "2027-04-27");
    buf_clear(&out);
    when_day_text(&out, INT64_MAX);
    when_day_text(&out, INT64_MIN);
    assert_int_equal(out.size, 20);
    buf_free(&out);
}

static void
rfc3339_is_exact(void **state)
{
    (void)state;
    assert_int_equal(at("1970-01-01T00:00:00Z"), 0);
    assert_int_equal(at("2027-04-27T21:04:00.123456+02:00"),
                     at("2027-04-27T19:04:00z"));
    assert_int_equal(at("2000-02-29 12:00:00-00:30"), 951827400);
    static const char *const bad[] = {
        "",
        "2027-04-27",
        "2027-04-27T21:04Z",
        "2027-04-27T21:04:00",
        "2027-04-27T21:04:00.Z",
        "2027-04-31T21:04:00Z",
        "2027-04-27T24:00:00Z",
        "2027-04-27T21:04:00+2:00",
        "2027-04-27T21:04:00Zx",
        "1969-12-31T23:59:59Z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t t_s;
        assert_int_equal(when_parse_rfc3339(span_text(bad[i]), &t_s), E_TIME);
    }
    int64_t t_s;
    assert_int_equal(when_parse_rfc3339(span_of("2027-04-27T21:04:00Z\0", 21), &t_s),
                     E_TIME);
}

static void
durations_both_ways(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t duration_s;
        const char *shown;
    } rows[] = {
        {"0", 0, "0"},
        {"10s", 10, "10s"},
        {"20m", 1200, "20m"},
        {"90m", 5400, "1h30m"},
        {"1h30m", 5400, "1h30m"},
        {"3d", 259200, "3d"},
        {"2 weeks", 1209600, "14d"},
        {"40 Minutes", 2400, "40m"},
        {"1d 2h", 93600, "1d2h"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        int64_t duration_s = -1;
        assert_int_equal(when_duration(rows[i].text, &duration_s), 0);
        assert_int_equal(duration_s, rows[i].duration_s);
        when_format_duration(&out, duration_s);
        assert_string_equal(buf_text(&out), rows[i].shown);
        assert_int_equal(when_duration(buf_text(&out), &duration_s), 0);
        assert_int_equal(duration_s, rows[i].duration_s);
        buf_free(&out);
    }
    static const char *const bad[] = {"",         "m",         "20",       "-1m",
                                      "1.5h",     "1m1m",      "1m2h",     "20 x",
                                      "9999999w", "99999999s", "20m later"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t duration_s = 7;
        assert_int_equal(when_duration(bad[i], &duration_s), E_TIME);
        assert_int_equal(duration_s, 7);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_days),
        cmocka_unit_test(parses_clocks),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(summer_time_moves_no_day),
        cmocka_unit_test(local_days_begin_at_midnight),
        cmocka_unit_test(formats_for_people),
        cmocka_unit_test(rfc3339_is_exact),
        cmocka_unit_test(durations_both_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
