/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the policy could fall over: midnights and mornings in days of 23 and 25 hours, more
 * notices than fit, keys and times nobody agreed on.
 */
#include "clients/notify/policy.h"
#include "tests/unit/notify_list.h"

#include <time.h>

/* -- days and clocks -- */

static int64_t
instant(int year, int month, int day, int hour, int minute)
{
    struct tm tm = {.tm_year = year - 1900,
                    .tm_mon = month - 1,
                    .tm_mday = day,
                    .tm_hour = hour,
                    .tm_min = minute,
                    .tm_isdst = -1};
    return (int64_t)mktime(&tm);
}

static int64_t
next_on_full_day(int64_t now_s)
{
    struct list list = {0};
    struct policy got;
    list_add(&list, 'a', "new", "thanks");
    struct policy_input input = {.now_s = now_s,
                                 .exists = true,
                                 .notices = list.pointers,
                                 .count = 1,
                                 .budget = 6,
                                 .told_today = 6};
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_KEEP);
    return got.next_s;
}

/* The morning is a clock, not so many hours: also where an hour is missing or doubled. */
static void
mornings(void **state)
{
    static const struct {
        const char *zone;
        int month, day, hour, minute, next_month, next_day;
    } rows[] = {
        {BERLIN, 5, 4, 21, 4, 5, 5},
        {BERLIN, 5, 4, 23, 59, 5, 5},    /* a minute to midnight */
        {BERLIN, 5, 5, 0, 0, 5, 6},      /* and midnight */
        {BERLIN, 3, 27, 22, 0, 3, 28},   /* the night that lacks an hour */
        {BERLIN, 3, 28, 1, 59, 3, 29},   /* in it */
        {BERLIN, 10, 30, 22, 0, 10, 31}, /* the night with one twice */
        {BERLIN, 10, 31, 2, 30, 11, 1},
        {BERLIN, 12, 31, 12, 0, 13, 1},
        {"EST5EDT,M3.2.0,M11.1.0", 3, 13, 23, 0, 3, 14},
        {"EST5EDT,M3.2.0,M11.1.0", 11, 6, 23, 0, 11, 7},
        {"<+0545>-5:45", 5, 4, 21, 4, 5, 5},
        {"UTC0", 5, 4, 21, 4, 5, 5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        setenv("TZ", rows[i].zone, 1);
        tzset();
        int64_t now_s =
            instant(2027, rows[i].month, rows[i].day, rows[i].hour, rows[i].minute);
        int64_t want_s = instant(2027, rows[i].next_month, rows[i].next_day, 8, 0);
        assert_int_equal(next_on_full_day(now_s), want_s);
    }
    setenv("TZ", BERLIN, 1);
    tzset();
}

/* A day later attuned counts anew, and what was held is told. */
static void
next_day_it_is_told(void **state)
{
    struct list list = {0};
    struct policy got;
    (void)state;
    list_add(&list, 'a', "new", "thanks");
    struct policy_input input = {.now_s = instant(2027, 3, 27, 22, 0),
                                 .exists = true,
                                 .notices = list.pointers,
                                 .count = 1,
                                 .budget = 1,
                                 .told_today = 1};
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_KEEP);
    input.now_s = got.next_s;
    input.told_today = 0;
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_SHOW);
    assert_int_equal(got.next_s, 0);
}

/* -- sizes nobody agreed on -- */

/* The screen has what was decided, and attuned knows. */
static void
as_decided(struct policy_input *input, struct list *list, const struct policy *got)
{
    input->shown = (struct policy_shown){.on = true, .count = got->count};
    for (size_t i = 0; i < got->count; i++) {
        memcpy(input->shown.keys[i], list->keys[got->items[i]], ID_BYTES);
        list->notices[got->items[i]].told = NOW_S;
    }
}

static bool
has_item(const struct policy *got, size_t index)
{
    for (size_t i = 0; i < got->count; i++) {
        if (got->items[i] == index) {
            return true;
        }
    }
    return false;
}

static void
assert_by_time(const struct policy *got, const struct list *list)
{
    for (size_t i = 1; i < got->count; i++) {
        assert_true(list->notices[got->items[i - 1]].time <=
                    list->notices[got->items[i]].time);
    }
}

/* A list of `count` new things, the last one the earliest; nothing is told yet. */
static struct policy_input
crowd(struct list *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        list_add(list, (char)('0' + i), "new", "thanks")->time = AT(-(int64_t)i);
    }
    return (struct policy_input){.now_s = NOW_S,
                                 .exists = true,
                                 .budget = 6,
                                 .notices = list->pointers,
                                 .count = list->count};
}

static void
more_than_fit(void **state)
{
    enum { COUNT = POLICY_ITEMS_MAX + 8 };
    struct list list = {0};
    struct policy got;
    (void)state;
    struct policy_input input = crowd(&list, COUNT);
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_SHOW);
    assert_int_equal(got.count, POLICY_ITEMS_MAX);
    assert_int_equal(got.items[0], COUNT - 1); /* the earliest */
    assert_by_time(&got, &list);
    /* What found no room is told next, and then there is rest. */
    as_decided(&input, &list, &got);
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_SHOW);
    assert_true(got.alert && got.budget);
    assert_int_equal(got.count, POLICY_ITEMS_MAX);
    for (size_t i = 0; i < COUNT - POLICY_ITEMS_MAX; i++) {
        assert_true(has_item(&got, i));
    }
    assert_by_time(&got, &list);
    as_decided(&input, &list, &got);
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_KEEP);
}

/* However full the screen is, what is new to the person finds room on it. */
static void
a_full_screen_holds_nothing_back(void **state)
{
    static const struct {
        const char *why, *kind;
        uint32_t told_today;
        int64_t time_s;
        bool budget;
    } rows[] = {
        {"due", "promise", 6, AT(0), false}, {"due", "promise", 6, AT(-500), false},
        {"new", "thanks", 0, AT(0), true},   {"new", "thanks", 0, AT(-500), true},
        {"question", "", 6, AT(0), false},
    };
    (void)state;
    for (size_t count = POLICY_ITEMS_MAX - 1; count <= POLICY_ITEMS_MAX; count++) {
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct list list = {0};
            struct policy got;
            struct policy_input input = crowd(&list, count);
            policy_decide(&input, &got);
            as_decided(&input, &list, &got);
            Attune__Local__Notice *late =
                list_add(&list, 'z', rows[i].why, rows[i].kind);
            late->time = rows[i].time_s;
            input.count = list.count;
            input.told_today = rows[i].told_today;
            policy_decide(&input, &got);
            assert_int_equal(got.what, POLICY_SHOW);
            assert_true(got.alert);
            assert_int_equal(got.budget, rows[i].budget);
            assert_int_equal(got.count, POLICY_ITEMS_MAX);
            assert_true(has_item(&got, list.count - 1));
            assert_by_time(&got, &list);
        }
    }
}

/* Where even what is to be told is too much, what the person set is told first. */
static void
reminders_come_first(void **state)
{
    struct list list = {0};
    struct policy got;
    (void)state;
    struct policy_input input = crowd(&list, POLICY_ITEMS_MAX + 4);
    list_add(&list, 'z', "due", "promise")->time = NOW_S;
    input.count = list.count;
    policy_decide(&input, &got);
    assert_int_equal(got.count, POLICY_ITEMS_MAX);
    assert_int_equal(got.items[POLICY_ITEMS_MAX - 1], list.count - 1); /* by its time */
    /* A screen full of reminders keeps nothing new away. */
    for (size_t i = 0; i < list.count; i++) {
        list.notices[i].why = (char *)(uintptr_t)(i == 3 ? "new" : "due");
        list.notices[i].told = i == 3 ? 0 : NOW_S;
    }
    input.shown = (struct policy_shown){.on = true};
    for (size_t i = 4; input.shown.count < POLICY_ITEMS_MAX; i++) {
        memcpy(input.shown.keys[input.shown.count++], list.keys[i], ID_BYTES);
    }
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_SHOW);
    assert_true(got.alert && has_item(&got, 3));
}

static void
odd_keys(void **state)
{
    static uint8_t longer[ID_BYTES * 2] = {'a'};
    struct list list = {0};
    struct policy got;
    (void)state;
    list_add(&list, 'a', "new", "thanks")->key.len = 0;
    list_add(&list, 'b', "new", "thanks")->key = (ProtobufCBinaryData){0, NULL};
    list_add(&list, 'a', "new", "thanks")->key =
        (ProtobufCBinaryData){sizeof longer, longer};
    list_add(&list, 'c', "new", "thanks")->key.len = ID_BYTES - 1;
    list.notices[3].later = AT(5);
    struct policy_input input = {.now_s = NOW_S,
                                 .exists = true,
                                 .budget = 6,
                                 .notices = list.pointers,
                                 .count = list.count};
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_KEEP);
    assert_int_equal(got.count, 0);
    assert_int_equal(got.next_s, 0);
    /* A screen that claims more than there is room for. */
    fill_screen(&input.shown, "abc");
    input.shown.count = SIZE_MAX;
    list_add(&list, 'a', "new", "thanks")->told = NOW_S;
    input.count = list.count;
    policy_decide(&input, &got);
    assert_int_equal(got.count, 1);
    /* An id of another length is no entry; a level nobody knows is the highest there is. */
    input.shown = (struct policy_shown){0};
    list.notices[4].told = 0;
    list.notices[4].id.len = 3;
    input.content = (enum option_notice)77;
    policy_decide(&input, &got);
    assert_int_equal(got.what, POLICY_SHOW);
    assert_int_equal(got.level, NOTICE_KIND);
}

static void
far_times(void **state)
{
    static const int64_t times[] = {INT64_MIN, -1, 0, 1, NOW_S, INT64_MAX};
    enum { COUNT = sizeof times / sizeof times[0] };
    (void)state;
    for (size_t i = 0; i < COUNT * COUNT * COUNT; i++) {
        struct list list = {0};
        struct policy got;
        Attune__Local__Notice *notice = list_add(&list, 'a', "new", "good");
        notice->time = times[i % COUNT];
        notice->told = times[i / COUNT % COUNT];
        notice->later = times[i / COUNT / COUNT];
        struct policy_input input = {.now_s = times[(i * 7) % COUNT],
                                     .exists = true,
                                     .budget = (uint32_t)(i % 2),
                                     .told_today = 1,
                                     .silent_until = times[(i * 5) % COUNT],
                                     .notices = list.pointers,
                                     .count = 1};
        policy_decide(&input, &got);
        assert_true(got.next_s == 0 || got.next_s > input.now_s ||
                    input.now_s == INT64_MAX);
    }
}

static void
whys(void **state)
{
    static const struct {
        const char *text;
        enum policy_why why;
    } rows[] = {{"new", WHY_NEW},           {"news", WHY_NEWS}, {"due", WHY_DUE},
                {"question", WHY_QUESTION}, {"talk", WHY_TALK}, {"", WHY_OTHER},
                {"turn", WHY_OTHER},        {"NEW", WHY_OTHER}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct list list = {0};
        assert_int_equal(policy_why(list_add(&list, 'a', rows[i].text, "")),
                         rows[i].why);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mornings),
        cmocka_unit_test(next_day_it_is_told),
        cmocka_unit_test(more_than_fit),
        cmocka_unit_test(a_full_screen_holds_nothing_back),
        cmocka_unit_test(reminders_come_first),
        cmocka_unit_test(odd_keys),
        cmocka_unit_test(far_times),
        cmocka_unit_test(whys),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
