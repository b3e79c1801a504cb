/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the desktop may tell of, as the core lists it: what came, what is due, nudges; what
 * was told, put off and done; silence; and that the one timer is armed for it all.
 */
#include "tests/lib/notice_world.h"

/* ---- what came ---- */

static void
what_came_waits_until_it_is_shown(void **state)
{
    (void)state;
    expect(BEN, "");
    write_words(ANA, 1, "thanks", "for the soup");
    expect(BEN, "new thanks");
    expect(ANA, ""); /* nobody is told of their own */
    tell(BEN, "shown");
    expect(BEN, "new thanks told");
    restart(BEN);
    expect(BEN, "new thanks told");
    show(BEN, ANA, 1);
    expect(BEN, "");
}

static void
news_is_told_anew(void **state)
{
    (void)state;
    write_words(ANA, 1, "repair", "can we start over?");
    tell(BEN, "shown");
    act_on(ANA, ANA, 1, "talked"); /* before he looked: it was told of already */
    expect(BEN, "new repair told");
    show(BEN, ANA, 1);
    act_on(ANA, ANA, 1, "repaired");
    expect(BEN, "news repair");
}

static void
what_is_done_with_a_notice_stays(void **state)
{
    (void)state;
    write_words(ANA, 1, "hi", "is something up?");
    const Attune__Local__Reply *reply = notices(BEN);
    assert_int_equal(reply->told_today, 0);
    assert_int_equal(reply->notices[0]->n_acts, 3);
    assert_true(reply->notices[0]->partner);
    assert_int_equal(reply->notices[0]->id.len, ID_BYTES);
    tell(BEN, "shown");
    assert_int_equal(notices(BEN)->told_today, 1);
    tell(BEN, "later");
    expect(BEN, "new hi later"); /* to be told anew, then */
    assert_true(notices(BEN)->notices[0]->later == NOW_S + HOUR_S);
    assert_true(wakes(BEN) == NOW_S + HOUR_S);
    world.sides[BEN].noticed = false;
    world.later_s = HOUR_S - 1;
    tick(BEN);
    assert_false(world.sides[BEN].noticed);
    world.later_s = HOUR_S;
    tick(BEN);
    assert_true(world.sides[BEN].noticed);
    expect(BEN, "new hi");
    tell(BEN, "tomorrow");
    assert_true(notices(BEN)->notices[0]->later == NOW_S + clock_s(1, 8, 0));
    tell(BEN, "done");
    expect(BEN, "new hi later done");
    at(1, 9, 0);
    assert_int_equal(notices(BEN)->told_today, 0); /* another day */
    act_on(BEN, ANA, 1, "with-you");
    show(BEN, ANA, 1);
    expect(BEN, "");
}

/* "tomorrow" at two in the night is this morning. */
static void
tomorrow_in_the_night(void **state)
{
    (void)state;
    write_words(ANA, 1, "thanks", "x");
    at(1, 2, 0);
    tell(BEN, "tomorrow");
    assert_true(notices(BEN)->notices[0]->later == NOW_S + clock_s(1, 8, 0));
}

static void
nonsense_changes_nothing(void **state)
{
    (void)state;
    uint8_t bytes[ID_BYTES] = {1};
    ProtobufCBinaryData short_key = {3, bytes}, key = {ID_BYTES, bytes};
    ProtobufCBinaryData many[33];
    for (size_t i = 0; i < 33; i++) {
        many[i] = key;
    }
    assert_string_equal(try_tell(BEN, &short_key, 1, "shown"), "E_USAGE");
    assert_string_equal(try_tell(BEN, &key, 0, "shown"), "E_USAGE");
    assert_string_equal(try_tell(BEN, &key, 1, "read"), "E_USAGE");
    assert_string_equal(try_tell(BEN, many, 33, "shown"), "E_USAGE");
    assert_int_equal(notices(BEN)->told_today, 0);
    assert_string_equal(try_tell(BEN, many, 32, "shown"), "");
    assert_int_equal(notices(BEN)->told_today, 1); /* one notice, whatever was in it */
    for (size_t i = 0; i < 400; i++) { /* marks are bounded */
        bytes[0] = (uint8_t)i;
        bytes[1] = (uint8_t)(i >> 8);
        assert_string_equal(try_tell(BEN, &key, 1, "done"), "");
    }
    write_words(ANA, 1, "thanks", "x");
    expect(BEN, "new thanks");
}

/* ---- what is due ---- */

static void
a_promise_reminds_who_made_it(void **state)
{
    (void)state;
    struct how friday = {.field = "due", .value = MIDNIGHT_S + 4 * DAY_S + 23 * HOUR_S + 59 * 60};
    struct how clock = {.field = "due", .value = NOW_S + clock_s(1, 18, 30)};
    write_how(ANA, 1, "promise", "book the table", friday);
    write_how(ANA, 2, "promise", "call your mother", clock);
    show(BEN, ANA, 1);
    show(BEN, ANA, 2);
    expect(ANA, "");
    assert_true(wakes(ANA) == NOW_S + clock_s(1, 17, 30)); /* an hour before */
    world.sides[ANA].noticed = false;
    at(1, 17, 30);
    assert_true(world.sides[ANA].noticed);
    expect(ANA, "due promise");
    expect(BEN, ""); /* nothing reminds him of hers */
    assert_true(wakes(ANA) == NOW_S + clock_s(4, 9, 0)); /* that morning */
    tell(ANA, "shown");
    expect(ANA, "due promise told");
    act_on(ANA, ANA, 2, "done");
    expect(ANA, "");
    at(4, 8, 59);
    expect(ANA, "");
    at(4, 9, 0);
    expect(ANA, "due promise");
    at(8, 8, 59);
    expect(ANA, "due promise"); /* asleep for days: still once */
    show(BEN, ANA, 2);
    at(8, 9, 0);
    expect(ANA, ""); /* of no more use */
    expect(BEN, "");
}

static void
a_pause_reminds_both(void **state)
{
    (void)state;
    struct how lasts = {.field = "lasts", .value = 40 * 60};
    write_how(ANA, 1, "pause", NULL, lasts);
    show(BEN, ANA, 1);
    world.later_s = 39 * 60;
    tick(BEN);
    expect(BEN, "");
    assert_true(wakes(BEN) == NOW_S + 40 * 60 - NOW_S % 60);
    world.later_s = 40 * 60;
    tick(BEN);
    expect(BEN, "due pause");
    expect(ANA, "due pause");
    bool back = false;
    const Attune__Local__Notice *notice = notices(BEN)->notices[0];
    for (size_t i = 0; i < notice->n_acts; i++) {
        back = back || strcmp(notice->acts[i], "back") == 0;
    }
    assert_true(back);
    act_on(ANA, ANA, 1, "back"); /* dealt with elsewhere */
    show(BEN, ANA, 1);
    expect(BEN, "");
}

static void
begin_ritual(void)
{
    struct how walk = {.every = "daily", .field = "at", .value = 20 * 60};
    write_how(ANA, 1, "ritual", "walk", walk);
    show(BEN, ANA, 1);
    act_on(BEN, ANA, 1, "accept");
    show(ANA, ANA, 1);
}

static void
a_ritual_comes_at_its_hour(void **state)
{
    (void)state;
    begin_ritual();
    expect(ANA, "");
    assert_true(wakes(ANA) == NOW_S + clock_s(0, 20, 0));
    at(0, 20, 0);
    expect(ANA, "due ritual");
    expect(BEN, "due ritual");
    tell(ANA, "shown");
    at(0, 22, 59);
    expect(ANA, "due ritual told");
    at(0, 23, 0);
    expect(ANA, ""); /* of no use any more */
    at(1, 20, 1);
    expect(ANA, "due ritual"); /* another day */
    act_on(BEN, ANA, 1, "done");
    settle_both();
    show(ANA, ANA, 1);
    expect(ANA, ""); /* somebody said that it was done */
    at(3, 21, 0);
    expect(ANA, "due ritual"); /* two days asleep: once, today's */
}

/* Hours forward, then back: told once, and nothing lost. */
static void
a_clock_that_jumps(void **state)
{
    (void)state;
    struct how clock = {.field = "due", .value = NOW_S + clock_s(0, 18, 0)};
    begin_ritual();
    write_how(ANA, 2, "promise", "call", clock); /* reminds at 17:00 */
    at(0, 16, 0);
    expect(ANA, "");
    at(0, 20, 30); /* wrong, by hours */
    expect(ANA, "due promise, due ritual");
    tell(ANA, "shown"); /* the promise alone */
    world.sides[ANA].noticed = false;
    at(0, 16, 5); /* right again: what was told is on the screen, and stays */
    assert_true(world.sides[ANA].noticed);
    expect(ANA, "due promise told");
    assert_true(wakes(ANA) == NOW_S + clock_s(0, 17, 0));
    at(0, 17, 0);
    expect(ANA, "due promise told"); /* not twice */
    at(0, 20, 0);
    expect(ANA, "due promise told, due ritual"); /* not lost */
    at(900, 20, 0); /* far away, and back */
    const Attune__Local__Reply *reply = notices(ANA);
    assert_int_equal(reply->n_notices, 1);
    tell(ANA, "shown");
    at(1, 20, 0);
    reply = notices(ANA);
    for (size_t i = 0; i < reply->n_notices; i++) {
        bool ritual = strcmp(reply->notices[i]->kind, "ritual") == 0;
        assert_true(!ritual || reply->notices[i]->told == 0);
    }
}

/* ---- silence ---- */

static void
quiet_and_quiet_hours(void **state)
{
    (void)state;
    struct core_wishes wishes = no_wishes;
    wishes.quiet = (struct option_hours){22 * 60, 8 * 60};
    wish(BEN, wishes, NULL);
    write_words(ANA, 1, "thanks", "x");
    assert_true(notices(BEN)->silent_until == 0);
    assert_true(wakes(BEN) == NOW_S + clock_s(0, 22, 0));
    quiet(BEN, 2 * HOUR_S);
    assert_true(notices(BEN)->silent_until == NOW_S + 2 * HOUR_S);
    assert_true(wakes(BEN) == NOW_S + 2 * HOUR_S);
    restart(BEN);
    wish(BEN, wishes, NULL);
    assert_true(notices(BEN)->silent_until == NOW_S + 2 * HOUR_S);
    quiet(BEN, 0);
    assert_true(notices(BEN)->silent_until == 0);
    at(0, 21, 30);
    quiet(BEN, HOUR_S); /* into the quiet hours: one silence */
    assert_true(notices(BEN)->silent_until == NOW_S + clock_s(1, 8, 0));
    world.sides[BEN].noticed = false;
    at(0, 23, 0);
    assert_true(notices(BEN)->silent_until == NOW_S + clock_s(1, 8, 0));
    at(1, 8, 0);
    assert_true(world.sides[BEN].noticed);
    assert_true(notices(BEN)->silent_until == 0);
    expect(BEN, "new thanks");
}

/* ---- nudges ---- */

static void
a_nudge_left_alone_turns_itself_off(void **state)
{
    (void)state;
    struct core_wishes wishes = {.question_min = 19 * 60, .talk_min = -1};
    wish(BEN, wishes, NULL);
    expect(BEN, "");
    for (int day = 0; day < 3; day++) {
        at(day, 18, 59);
        expect(BEN, "");
        assert_true(wakes(BEN) == NOW_S + clock_s(day, 19, 0));
        at(day, 19, 0);
        expect(BEN, "question");
        tell(BEN, "shown");
        expect(BEN, "question told");
        assert_string_equal(ask_plain(BEN, "today")->nudge, "");
    }
    at(3, 19, 0);
    expect(BEN, "");
    assert_string_equal(ask_plain(BEN, "today")->nudge, "question");
    assert_string_equal(ask_plain(BEN, "today")->nudge, ""); /* once */
    at(4, 19, 0);
    expect(BEN, "");
    wish(BEN, wishes, NULL); /* a restart doesn't turn it on */
    at(5, 19, 0);
    expect(BEN, "");
    wish(BEN, wishes, "notice.question"); /* its person does */
    at(6, 19, 0);
    expect(BEN, "question");
}

static void
a_nudge_that_was_of_use_stays(void **state)
{
    (void)state;
    struct core_wishes wishes = {.question_min = 19 * 60, .talk_min = -1};
    wish(BEN, wishes, NULL);
    for (int day = 0; day < 8; day++) {
        at(day, 19, 0);
        expect(BEN, "question");
        tell(BEN, "shown");
        if (day == 1) {
            assert_string_equal(ask_plain(BEN, "skip")->error, "");
            expect(BEN, "");
        } else if (day == 4) {
            tell(BEN, "done"); /* opened */
        } else if (day == 6) {
            assert_string_equal(ask_plain(BEN, "questions")->error, "");
        }
    }
    at(9, 19, 0);
    expect(BEN, "question"); /* a day without the laptop was not left alone */
}

static void
the_talk_has_something_to_talk_of(void **state)
{
    (void)state;
    /* NOW_S is a Monday; Sunday at six. */
    struct core_wishes wishes = {.question_min = -1, .talk_min = (6 * 24 + 18) * 60};
    wish(ANA, wishes, NULL);
    assert_true(wakes(ANA) == NOW_S + clock_s(6, 18, 0));
    at(6, 18, 0);
    expect(ANA, "");
    write_words(ANA, 1, "repair", "can we start over?");
    expect(ANA, "talk");
    at(7, 0, 0);
    expect(ANA, ""); /* Sunday is over */
    at(13, 18, 0);
    expect(ANA, "talk");
    tell(ANA, "shown");
    assert_string_equal(ask_plain(ANA, "agenda")->error, "");
}

/* ---- a clock that was wrong ---- */

static void
nothing_asked_of_a_wrong_clock_lasts(void **state)
{
    (void)state;
    world.later_s = INT64_C(3) * 365 * DAY_S;
    write_words(BEN, 1, "thanks", "x");
    quiet(ANA, 2 * HOUR_S);
    tell(ANA, "later");
    world.later_s = 0;
    tick(ANA);
    assert_true(notices(ANA)->silent_until == 0);
    expect(ANA, "new thanks");
    quiet(ANA, 7 * DAY_S); /* as long as can be asked for */
    world.later_s = -DAY_S;
    tick(ANA);
    assert_true(notices(ANA)->silent_until == 0);
}

static void
put_off_is_there_in_the_morning(void **state)
{
    (void)state;
    begin_ritual();
    at(0, 20, 0);
    tell(ANA, "shown");
    tell(ANA, "tomorrow");
    expect(ANA, "due ritual later");
    at(1, 7, 59);
    expect(ANA, "due ritual later");
    at(1, 8, 0);
    expect(ANA, "due ritual");
    tell(ANA, "shown");
    expect(ANA, ""); /* told once more, and of no use any more */
}

/* ---- the zone ---- */

static int zone_now_min;

/* Central Europe in 2026: summer time ends on 25 October at 1:00 UTC. */
static int
europe(void *context, int64_t t_s)
{
    (void)context;
    return zone_now_min != 0 ? zone_now_min : t_s < 1792890000 ? 120 : 60;
}

static void
eight_in_the_evening_stays(void **state)
{
    (void)state;
    struct core *core = world.sides[ANA].core;
    zone_now_min = 0;
    core->zone_at = europe;
    struct how walk = {.every = "weekly sun", .field = "at", .value = 20 * 60};
    write_how(ANA, 1, "ritual", "walk", walk);
    act_on(BEN, ANA, 1, "accept");
    show(ANA, ANA, 1);
    /* 18 October, in summer time; 25 October, after it. */
    world.later_s = 1792281600 - NOW_S;
    tick(ANA);
    assert_true(wakes(ANA) == 1792281600 + 18 * HOUR_S);
    world.later_s = 1792281600 + 18 * HOUR_S - NOW_S;
    tick(ANA);
    expect(ANA, "due ritual");
    tell(ANA, "shown");
    assert_true(wakes(ANA) == 1792281600 + 21 * HOUR_S); /* it is of no use any more */
    world.later_s += 3 * HOUR_S;
    tick(ANA);
    expect(ANA, "");
    assert_true(wakes(ANA) == 1792281600 + 7 * DAY_S + 19 * HOUR_S);
    world.later_s -= 3 * HOUR_S;
    tick(ANA);
    /* Westward on that Sunday: eight there is the same Sunday's, and it was told. */
    zone_now_min = -240;
    world.later_s += 6 * HOUR_S;
    world_step(&world, ANA, (struct event){.type = CORE_TICK, .zone_min = -240});
    expect(ANA, "due ritual told");
    assert_true(world.sides[ANA].noticed);
}

/* "by Friday" told in Berlin on Friday morning isn't told again in New York. */
static void
a_day_stays_one_reminder(void **state)
{
    (void)state;
    struct core *core = world.sides[ANA].core;
    const int64_t day_s = MIDNIGHT_S + 3 * DAY_S - 2 * HOUR_S; /* begins there, +2 h */
    struct how friday = {.field = "due", .value = day_s + DAY_S - 60};
    zone_now_min = 0;
    core->zone_at = europe;
    write_how(ANA, 1, "promise", "book", friday);
    world.later_s = day_s + 9 * HOUR_S - NOW_S;
    tick(ANA);
    expect(ANA, "due promise");
    tell(ANA, "shown");
    zone_now_min = -240;
    world.later_s += 10 * HOUR_S;
    tick(ANA);
    expect(ANA, "due promise told");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIVED(what_came_waits_until_it_is_shown),
        LIVED(news_is_told_anew),
        LIVED(what_is_done_with_a_notice_stays),
        LIVED(tomorrow_in_the_night),
        LIVED(nonsense_changes_nothing),
        LIVED(a_promise_reminds_who_made_it),
        LIVED(a_pause_reminds_both),
        LIVED(a_ritual_comes_at_its_hour),
        LIVED(a_clock_that_jumps),
        LIVED(quiet_and_quiet_hours),
        LIVED(a_nudge_left_alone_turns_itself_off),
        LIVED(a_nudge_that_was_of_use_stays),
        LIVED(the_talk_has_something_to_talk_of),
        LIVED(nothing_asked_of_a_wrong_clock_lasts),
        LIVED(put_off_is_there_in_the_morning),
        LIVED(a_day_stays_one_reminder),
        LIVED(eight_in_the_evening_stays),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
