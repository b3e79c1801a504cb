/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often: read, written, said, and compared with a walk over every single day. */
#include "common/error.h"
#include "common/recur.h"
#include "common/when.h"

#include <assert.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Day numbers that the tests lean on. */
#define DAY_2027_04_27 INT64_C(20935) /* a Tuesday */
#define ERA_DAYS INT64_C(146097)      /* 400 years, a whole number of weeks */

static struct recur
parsed_on(const char *text, int64_t begins_day)
{
    struct recur recur = {0};
    if (recur_parse(span_text(text), begins_day, &recur) != 0) {
        fail_msg("not understood: %s", text);
    }
    return recur;
}

static struct recur
parsed(const char *text)
{
    return parsed_on(text, DAY_2027_04_27);
}

static void
expect_equal(const struct recur *a, const struct recur *b)
{
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->days, b->days);
    assert_int_equal(a->weeks, b->weeks);
    assert_int_equal(a->month_day, b->month_day);
}

static void
expect_put(const struct recur *recur, const char *canonical)
{
    struct buf out = {0};
    recur_put(&out, recur);
    assert_string_equal(buf_text(&out), canonical);
    buf_free(&out);
}

static int64_t
day_of(const char *text)
{
    int64_t day = 0;
    assert_int_equal(when_parse_day(span_text(text), &day), 0);
    return day;
}

static void
parses_what_people_type(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"daily", "daily"},
        {"Daily", "daily"},
        {"every day", "daily"},
        {"day", "daily"},
        {" each  DAY ", "daily"},
        {"mon tue wed thu fri sat sun", "daily"},
        {"weekdays", "weekdays"},
        {"on weekdays", "weekdays"},
        {"every weekday", "weekdays"},
        {"fri,thu,wed,tue,mon", "weekdays"},
        {"sun", "weekly sun"},
        {"Sun", "weekly sun"},
        {"SUNDAY", "weekly sun"},
        {"sundays", "weekly sun"},
        {"on on on on on on on on on on on on on on on on on on on on on on on sun",
         "weekly sun"},
        {"every sunday", "weekly sun"},
        {"on Sundays", "weekly sun"},
        {"weekly sun", "weekly sun"},
        {"weekly on sunday", "weekly sun"},
        {"1 week sun", "weekly sun"},
        {"1w sun", "weekly sun"},
        {"weeks 1 sun", "weekly sun"},
        {"tues", "weekly tue"},
        {"wednes", "weekly wed"},
        {"wednesdays", "weekly wed"},
        {"thurs", "weekly thu"},
        {"mon thu", "weekly mon,thu"},
        {"mon,thu", "weekly mon,thu"},
        {"thu, mon", "weekly mon,thu"},
        {"thu,,mon,", "weekly mon,thu"},
        {"Monday and Thursday", "weekly mon,thu"},
        {"Mondays and Thursdays", "weekly mon,thu"},
        {"monday\tthursday\n", "weekly mon,thu"},
        {"sat sun", "weekly sat,sun"},
        {"Mondays, Wednesdays and Fridays", "weekly mon,wed,fri"},
        {"weekly", "weekly tue"},
        {"week", "weekly tue"},
        {"every week", "weekly tue"},
        {"1w", "weekly tue"},
        {"monthly", "monthly 27"},
        {"every month", "monthly 27"},
        {"monthly 15", "monthly 15"},
        {"Monthly 15th", "monthly 15"},
        {"monthly on the 15th", "monthly 15"},
        {"monthly 07", "monthly 7"},
        {"the 15th", "monthly 15"},
        {"15th", "monthly 15"},
        {"on the 1st", "monthly 1"},
        {"the 2ND", "monthly 2"},
        {"the 3rd", "monthly 3"},
        {"the 31st", "monthly 31"},
        {"on the 22nd of each month", "monthly 22"},
        {"22nd monthly", "monthly 22"},
        {"2w", "weeks 2 tue"},
        {"2W", "weeks 2 tue"},
        {"2 w", "weeks 2 tue"},
        {"2weeks", "weeks 2 tue"},
        {"2 weeks", "weeks 2 tue"},
        {"every 2 weeks", "weeks 2 tue"},
        {"weeks 2", "weeks 2 tue"},
        {"2 weeks sun", "weeks 2 sun"},
        {"2w sunday", "weeks 2 sun"},
        {"weeks 2 sun", "weeks 2 sun"},
        {"every 2 weeks on Sunday", "weeks 2 sun"},
        {"2 weeks mon thu", "weeks 2 mon,thu"},
        {"weeks 2 mon,thu", "weeks 2 mon,thu"},
        {"52w", "weeks 52 tue"},
        {"every 52 weeks on Friday", "weeks 52 fri"},
        {"03 weeks sat", "weeks 3 sat"},
        {"every 2 weeks on monday and tuesday and wednesday and thursday and friday "
         "and "
         "saturday and sunday",
         "weeks 2 mon,tue,wed,thu,fri,sat,sun"},
    };
    static_assert(sizeof rows / sizeof *rows >= 60, "many ways to say it");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recur recur = parsed(rows[i][0]);
        expect_put(&recur, rows[i][1]);
        struct recur back = parsed_on(rows[i][1], 0);
        expect_equal(&recur, &back);
    }
}

static void
takes_what_was_left_out_from_the_beginning(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t begins_day;
        const char *canonical;
    } rows[] = {
        {"weekly", 0, "weekly thu"},
        {"weekly", -1, "weekly wed"},
        {"weekly", -3, "weekly mon"},
        {"weekly", -4, "weekly sun"},
        {"monthly", 0, "monthly 1"},
        {"monthly", -1, "monthly 31"},
        {"2w", RECUR_DAY_MAX, "weeks 2 fri"},
        {"monthly", RECUR_DAY_MAX, "monthly 31"},
        {"monthly", RECUR_DAY_MIN, "monthly 3"},
        {"2w", RECUR_DAY_MIN, "weeks 2 wed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct recur recur = parsed_on(rows[i].text, rows[i].begins_day);
        expect_put(&recur, rows[i].canonical);
    }
    /* What was said is not asked for. */
    struct recur a = parsed_on("weeks 2 sun", 0);
    struct recur b = parsed_on("weeks 2 sun", 12345);
    expect_equal(&a, &b);
}

static void
expect_refused(struct span text, int64_t begins_day)
{
    const struct recur untouched = {RECUR_MONTHLY, .month_day = 9};
    struct recur recur = untouched;
    if (recur_parse(text, begins_day, &recur) != E_TIME) {
        fail_msg("understood: %.*s", (int)text.size, (const char *)text.data);
    }
    expect_equal(&recur, &untouched);
}

static void
refuses_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "", " ", ",", "every", "on the", "weekly on", "mon and", "su", "s", "sunx",
        "sundayx", "sunss", "suns", "sunday sunday", "mon,mon", "daily daily",
        "daily sun", "weekdays sun", "sun daily", "sun weekly", "weekly daily", "weekly 15",
        "monthly sun", "monthly 0", "monthly 32", "monthly 155", "monthly -1",
        "monthly 15 15", "monthly 1st 2nd", "monthly 15x", "15", "0th", "32nd", "15thx",
        "the 15th sun", "0w", "0 weeks", "53w", "53 weeks", "-2w", "2", "2 sun",
        "2 weeks 2", "2 2 weeks", "2w 2w", "weeks", "weeks sun", "weeks 0",
        "weeks 53 sun", "weeks 2w", "weeks 2 weeks", "100w", "99999999999999999999w",
        "2 months", "2 days", "2 weeks, sunday, at noon", "sonntags", "sun;mon",
        "sun\xff", "\xc3\xa9", "wednesdaywednesday",
        "a b c d e f g h i j k l m n o p q r s t u v w x y",
        /* One word too many; and as many as fit, with something left to look for. */
        "on on on on on on on on on on on on on on on on on on on on on on on on sun",
        "on on on on on on on on on on on on on on on on on on on on on on on 2",
        "on on on on on on on on on on on on on on on on on on on on on on on weeks",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_refused(span_text(bad[i]), DAY_2027_04_27);
    }
    expect_refused(SPAN_EMPTY, 0);
    expect_refused(span_of("sun\0", 4), 0);
    expect_refused(span_of("sun\0mon", 7), 0);
    char wide[400];
    memset(wide, ' ', sizeof wide);
    memcpy(wide, "sun", 3);
    expect_refused(span_of(wide, sizeof wide), 0);
    static const int64_t far[] = {RECUR_DAY_MAX + 1, RECUR_DAY_MIN - 1, INT64_MAX,
                                  INT64_MIN};
    for (size_t i = 0; i < sizeof far / sizeof *far; i++) {
        expect_refused(span_text("sun"), far[i]);
        expect_refused(span_text("monthly"), far[i]);
    }
}

static void
expect_round_trip(const struct recur *recur)
{
    struct buf out = {0};
    struct recur back = {0};
    recur_put(&out, recur);
    assert_int_equal(recur_parse(buf_span(&out), 7, &back), 0);
    expect_equal(&back, recur);
    buf_clear(&out);
    recur_say(&out, recur);
    assert_int_equal(recur_parse(buf_span(&out), 8, &back), 0);
    expect_equal(&back, recur);
    buf_free(&out);
}

static void
reads_back_all_it_writes(void **state)
{
    (void)state;
    for (unsigned days = 1; days < 128; days++) {
        for (unsigned weeks = 1; weeks <= RECUR_WEEKS_MAX; weeks++) {
            expect_round_trip(&(struct recur){RECUR_WEEKLY, .days = (uint8_t)days,
                                              .weeks = (uint8_t)weeks});
        }
    }
    for (unsigned day = 1; day <= 31; day++) {
        expect_round_trip(&(struct recur){RECUR_MONTHLY, .month_day = (uint8_t)day});
    }
}

static void
says_it_for_people(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"daily", "every day"},
        {"weekdays", "on weekdays"},
        {"sun", "every Sunday"},
        {"mon thu", "Mondays and Thursdays"},
        {"sun wed mon", "Mondays, Wednesdays and Sundays"},
        {"monthly 1", "on the 1st of each month"},
        {"monthly 2", "on the 2nd of each month"},
        {"monthly 3", "on the 3rd of each month"},
        {"monthly 4", "on the 4th of each month"},
        {"monthly 10", "on the 10th of each month"},
        {"monthly 11", "on the 11th of each month"},
        {"monthly 12", "on the 12th of each month"},
        {"monthly 13", "on the 13th of each month"},
        {"monthly 15", "on the 15th of each month"},
        {"monthly 20", "on the 20th of each month"},
        {"monthly 21", "on the 21st of each month"},
        {"monthly 22", "on the 22nd of each month"},
        {"monthly 23", "on the 23rd of each month"},
        {"monthly 30", "on the 30th of each month"},
        {"monthly 31", "on the 31st of each month"},
        {"2w sun", "every 2 weeks on Sunday"},
        {"3w mon thu", "every 3 weeks on Monday and Thursday"},
        {"2w mon tue wed thu fri",
         "every 2 weeks on Monday, Tuesday, Wednesday, Thursday and Friday"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        struct recur recur = parsed(rows[i][0]);
        recur_say(&out, &recur);
        assert_string_equal(buf_text(&out), rows[i][1]);
        buf_free(&out);
    }
}

static void
finds_the_next_day(void **state)
{
    (void)state;
    static const struct {
        const char *every, *begins, *from, *next;
    } rows[] = {
        {"daily", "2027-04-27", "2027-05-01", "2027-05-01"},
        {"weekdays", "2027-04-27", "2027-04-30", "2027-04-30"},
        {"weekdays", "2027-04-27", "2027-05-01", "2027-05-03"},
        {"sun", "2027-04-27", "2027-04-27", "2027-05-02"},
        {"tue", "2027-04-27", "2027-04-27", "2027-04-27"},
        {"mon thu", "2027-04-27", "2027-04-27", "2027-04-29"},
        {"mon thu", "2027-04-27", "2027-04-30", "2027-05-03"},
        /* Short months, and February in years of 4, 100 and 400. */
        {"monthly 31", "2027-01-31", "2027-02-01", "2027-02-28"},
        {"monthly 31", "2027-01-31", "2027-03-01", "2027-03-31"},
        {"monthly 31", "2027-01-31", "2027-04-30", "2027-04-30"},
        {"monthly 30", "2027-01-31", "2028-02-01", "2028-02-29"},
        {"monthly 29", "2027-01-31", "2027-02-28", "2027-02-28"},
        {"monthly 29", "2027-01-31", "2028-02-28", "2028-02-29"},
        {"monthly 29", "2027-01-31", "2028-03-01", "2028-03-29"},
        {"monthly 31", "2027-01-31", "2100-02-28", "2100-02-28"},
        {"monthly 31", "2027-01-31", "2000-02-28", "2000-02-29"},
        {"monthly 15", "2027-04-27", "2027-04-16", "2027-05-15"},
        {"monthly 15", "2027-04-27", "2027-12-16", "2028-01-15"},
        {"monthly 1", "2027-04-27", "2027-12-31", "2028-01-01"},
        /* Every other week across the ends of years with 53 weeks and with 52; begun on
         * a Sunday, the last day of its week. */
        {"2w sun", "2026-12-20", "2026-12-21", "2027-01-03"},
        {"2w sun", "2026-12-20", "2027-01-04", "2027-01-17"},
        {"2w sun", "2027-12-19", "2027-12-20", "2028-01-02"},
        {"2w mon", "2026-12-20", "2026-12-20", "2026-12-28"},
        {"2w mon", "2026-12-20", "2026-12-29", "2027-01-11"},
        {"2w mon thu", "2026-12-28", "2026-12-29", "2026-12-31"},
        {"2w mon thu", "2026-12-28", "2027-01-01", "2027-01-11"},
        {"3w fri", "2024-12-27", "2024-12-28", "2025-01-17"},
        {"52w fri", "2027-01-01", "2027-01-02", "2027-12-31"},
        /* Begun on a Tuesday, the Monday of that week has passed. */
        {"2w mon", "2027-04-27", "2027-04-27", "2027-05-10"},
        /* Before it began, the same weeks. */
        {"2w sun", "2027-04-27", "2027-04-12", "2027-04-18"},
        {"2w sun", "2027-04-27", "2027-04-19", "2027-05-02"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        struct recur recur = parsed(rows[i].every);
        when_day_text(
            &out, recur_next_day(&recur, day_of(rows[i].begins), day_of(rows[i].from)));
        if (strcmp(buf_text(&out), rows[i].next) != 0) {
            fail_msg("%s from %s: %s, not %s", rows[i].every, rows[i].from,
                     buf_text(&out), rows[i].next);
        }
        buf_free(&out);
    }
}

/* The other calendar: one day after the other, with no arithmetic but adding one. */
#define WALK_DAYS 60000 /* from 1900 to 2064 */
#define WALK_FIRST INT64_C(-25567)
struct walked {
    uint8_t month_day;
    uint8_t weekday; /* Monday is 0 */
    bool month_ends;
    uint16_t week; /* counted from the first Monday on */
};
static struct walked walk[WALK_DAYS];

static void
make_walk(void)
{
    static const uint8_t lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    unsigned year = 1900;
    unsigned month = 0;
    uint8_t day = 1;
    uint8_t weekday = 0; /* 1900 began on a Monday */
    uint16_t week = 0;
    for (size_t i = 0; i < WALK_DAYS; i++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        unsigned length = lengths[month] + (month == 1 && leap ? 1u : 0u);
        walk[i] = (struct walked){day, weekday, day == length, week};
        week = (uint16_t)(week + (weekday == 6 ? 1 : 0));
        weekday = weekday == 6 ? 0 : (uint8_t)(weekday + 1);
        day = day == length ? 1 : (uint8_t)(day + 1);
        month = day == 1 ? month + 1 : month;
        year = month == 12 ? year + 1 : year;
        month = month == 12 ? 0 : month;
    }
}

static bool
happens(const struct recur *recur, size_t begins, size_t at)
{
    const struct walked *day = &walk[at];
    if (recur->type == RECUR_MONTHLY) {
        return day->month_day == recur->month_day ||
               (day->month_ends && day->month_day < recur->month_day);
    }
    int weeks_apart = abs(day->week - walk[begins].week);
    return (recur->days & 1 << day->weekday) != 0 && weeks_apart % recur->weeks == 0;
}

static uint32_t
draw(uint64_t *seed, uint32_t bound)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33) % bound;
}

static struct recur
drawn(uint64_t *seed)
{
    if (draw(seed, 3) == 0) {
        return (struct recur){RECUR_MONTHLY,
                              .month_day = (uint8_t)(1 + draw(seed, 31))};
    }
    uint32_t weeks = draw(seed, 2) == 0 ? 1 : 1 + draw(seed, RECUR_WEEKS_MAX);
    uint32_t days = draw(seed, 2) == 0 ? 1u << draw(seed, 7) : 1 + draw(seed, 127);
    return (struct recur){RECUR_WEEKLY, .days = (uint8_t)days, .weeks = (uint8_t)weeks};
}

static void
agrees_with_a_walk(void **state)
{
    (void)state;
    uint64_t seed = 1;
    make_walk();
    for (int i = 0; i < 6000; i++) {
        struct recur recur = drawn(&seed);
        size_t begins = draw(&seed, WALK_DAYS);
        size_t from = draw(&seed, WALK_DAYS - 400);
        int64_t begins_day = WALK_FIRST + (int64_t)begins;
        int64_t from_day = WALK_FIRST + (int64_t)from;
        size_t next = from;
        while (!happens(&recur, begins, next)) {
            next++;
        }
        int64_t next_day = WALK_FIRST + (int64_t)next;
        assert_int_equal(recur_next_day(&recur, begins_day, from_day), next_day);
        assert_int_equal(recur_next_day(&recur, begins_day, next_day), next_day);
        /* The calendar repeats: the same, thousands of years away on either side. */
        for (int64_t eras = -19; eras <= 19; eras += 38) {
            int64_t shift = eras * ERA_DAYS;
            assert_int_equal(
                recur_next_day(&recur, begins_day + shift, from_day + shift),
                next_day + shift);
        }
    }
}

/* Every day of every month end for five years, each day of the month. */
static void
agrees_with_a_walk_at_every_month_end(void **state)
{
    (void)state;
    make_walk();
    size_t first = 36159; /* 1999-01-01, and so over February 2000 */
    for (uint8_t day = 1; day <= 31; day++) {
        struct recur recur = {RECUR_MONTHLY, .month_day = day};
        size_t next = first + 5 * 365;
        while (!happens(&recur, 0, next)) {
            next++;
        }
        for (size_t from = next; from > first; from--) {
            next = happens(&recur, 0, from) ? from : next;
            assert_int_equal(recur_next_day(&recur, 0, WALK_FIRST + (int64_t)from),
                             WALK_FIRST + (int64_t)next);
        }
    }
}

static void
takes_any_day_and_never_goes_back(void **state)
{
    (void)state;
    static const int64_t days[] = {
        INT64_MIN,
        INT64_MIN + 1,
        INT64_C(-4000000000),
        RECUR_DAY_MIN - 1,
        RECUR_DAY_MIN,
        RECUR_DAY_MIN + 1,
        -719529,
        -1,
        0,
        1,
        RECUR_DAY_MAX - 400,
        RECUR_DAY_MAX - 1,
        RECUR_DAY_MAX,
        RECUR_DAY_MAX + 1,
        INT64_C(4000000000),
        INT64_MAX - 1,
        INT64_MAX,
    };
    enum { COUNT = sizeof days / sizeof *days };
    uint64_t seed = 2;
    for (int i = 0; i < 200; i++) {
        struct recur recur = drawn(&seed);
        for (size_t begins = 0; begins < COUNT; begins++) {
            for (size_t from = 0; from < COUNT; from++) {
                int64_t next = recur_next_day(&recur, days[begins], days[from]);
                assert_true(next >= days[from]);
                assert_true(next >= RECUR_DAY_MIN);
                assert_true(next <= RECUR_DAY_MAX || next == RECUR_NEVER);
                assert_true(days[from] > RECUR_DAY_MAX - 400 || next != RECUR_NEVER);
            }
        }
    }
    struct recur daily = parsed("daily");
    struct recur sundays = parsed("sun");
    struct recur monthly = parsed("monthly 31");
    /* 9999 ends on a Friday. */
    assert_int_equal(recur_next_day(&daily, 0, RECUR_DAY_MAX), RECUR_DAY_MAX);
    assert_int_equal(recur_next_day(&monthly, 0, RECUR_DAY_MAX), RECUR_DAY_MAX);
    assert_int_equal(recur_next_day(&sundays, 0, RECUR_DAY_MAX), RECUR_NEVER);
    assert_int_equal(recur_next_day(&daily, 0, RECUR_DAY_MAX + 1), RECUR_NEVER);
    assert_int_equal(recur_next_day(&daily, 0, INT64_MIN), RECUR_DAY_MIN);
}

static void
parses_clocks(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint32_t minute;
    } rows[] = {
        {"20:00", 1200},   {"8:30", 510},      {"08:30", 510},    {"0:00", 0},
        {"00:00", 0},      {"23:59", 1439},    {"8pm", 1200},     {"8PM", 1200},
        {"8 pm", 1200},    {"8am", 480},       {"8.30pm", 1230},  {"8:30pm", 1230},
        {"8:30 pm", 1230}, {"8.30 Am", 510},   {"20.00", 1200},   {"12am", 0},
        {"12pm", 720},     {"12:30am", 30},    {"12.30pm", 750},  {"noon", 720},
        {"Noon", 720},     {"midnight", 0},    {" MIDNIGHT ", 0}, {"1am", 60},
        {"11:59pm", 1439}, {" \t8:30\n", 510}, {"01pm", 780},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t minute = 7777;
        if (recur_clock_parse(span_text(rows[i].text), &minute) != 0) {
            fail_msg("not understood: %s", rows[i].text);
        }
        assert_int_equal(minute, rows[i].minute);
    }
    for (uint32_t minute = 0; minute < 1440; minute++) {
        struct buf out = {0};
        uint32_t back = 7777;
        buf_printf(&out, "%02u:%02u", minute / 60, minute % 60);
        assert_int_equal(recur_clock_parse(buf_span(&out), &back), 0);
        assert_int_equal(back, minute);
        buf_free(&out);
    }
    static const char *const bad[] = {
        "", " ", "8", "20", "24:00", "23:60", "25:00", "8:5", "8:", ":30", "8:300",
        "100:00", "0am", "13pm", "20:00pm", "8p", "8p m", "8 30", "8 30 pm", "pm",
        "pm 8", "8:30 x", "8:30pm x", "8pm pm", "8:30:00", "8,30", "-8:30", "+8:30",
        "noon pm", "12 noon", "midnight midnight", "nooon", "8\xc3\xa9", "8h", "8..30",
        "8:30 :30", "at", "now", "20m", "sun 20:00",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        uint32_t minute = 7777;
        if (recur_clock_parse(span_text(bad[i]), &minute) != E_TIME) {
            fail_msg("understood: %s", bad[i]);
        }
        assert_int_equal(minute, 7777);
    }
    uint32_t minute = 7777;
    assert_int_equal(recur_clock_parse(SPAN_EMPTY, &minute), E_TIME);
    assert_int_equal(recur_clock_parse(span_of("8pm\0", 4), &minute), E_TIME);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_what_people_type),
        cmocka_unit_test(takes_what_was_left_out_from_the_beginning),
        cmocka_unit_test(refuses_what_it_does_not_know),
        cmocka_unit_test(reads_back_all_it_writes),
        cmocka_unit_test(says_it_for_people),
        cmocka_unit_test(finds_the_next_day),
        cmocka_unit_test(agrees_with_a_walk),
        cmocka_unit_test(agrees_with_a_walk_at_every_month_end),
        cmocka_unit_test(takes_any_day_and_never_goes_back),
        cmocka_unit_test(parses_clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
