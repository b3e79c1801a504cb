/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * How deep questions may go: deal_ceiling, from the levels both have chosen, held
 * against wishes drawn at random: hundreds of lives of two people, day after day.
 */
#include "common/deck.h"
#include "daemon/core/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { MONDAY = 20458 /* 2026-01-05 */, LIFE_DAYS = 400, WISHES_MAX = 24 };

static uint64_t
next(uint64_t *dice)
{
    uint64_t z = (*dice += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

struct life {
    uint8_t secret[KEY_BYTES];
    struct level levels[WISHES_MAX];
    size_t count;
};

/* Wishes on rising days, at most one a day and person. */
static struct life
life_of(uint64_t seed)
{
    struct life life = {.count = 1 + next(&seed) % WISHES_MAX};
    int64_t day = MONDAY;
    for (size_t i = 0; i < KEY_BYTES; i++) {
        life.secret[i] = (uint8_t)next(&seed);
    }
    for (size_t i = 0; i < life.count; i++) {
        day += 1 + (int64_t)(next(&seed) % 40);
        life.levels[i] = (struct level){.theirs = next(&seed) % 2 == 1,
                                        .day = day,
                                        .level = 1 + (unsigned)(next(&seed) % DECK_DEPTH_MAX)};
    }
    return life;
}

static unsigned
ceiling_of(const struct life *life, int64_t day)
{
    return deal_ceiling(life->secret, life->levels, life->count, day);
}

/* The lower of both wishes as they stand on a day, that day's not counted. */
static unsigned
wished(const struct life *life, int64_t day)
{
    unsigned wish[2] = {DEPTH_FIRST, DEPTH_FIRST};
    for (size_t i = 0; i < life->count; i++) {
        if (life->levels[i].day < day) {
            wish[life->levels[i].theirs] = life->levels[i].level;
        }
    }
    return wish[0] < wish[1] ? wish[0] : wish[1];
}

static void
nobody_wished_is_the_default(void **state)
{
    (void)state;
    const uint8_t secret[KEY_BYTES] = {1};
    for (int64_t day = MONDAY; day < MONDAY + 60; day++) {
        assert_int_equal(deal_ceiling(secret, NULL, 0, day), DEPTH_FIRST);
    }
}

static void
never_above_either_wish(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct life life = life_of(seed);
        for (int64_t day = MONDAY; day < MONDAY + LIFE_DAYS; day++) {
            unsigned ceiling = ceiling_of(&life, day);
            assert_in_range(ceiling, 1, DECK_DEPTH_MAX);
            assert_true(ceiling <= wished(&life, day));
        }
    }
}

/* It falls the day after; and what both have always been content with comes back at once. */
static void
falls_the_day_after(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct life life = life_of(seed);
        for (int64_t day = MONDAY; day < MONDAY + LIFE_DAYS; day++) {
            unsigned low = wished(&life, day);
            if (low <= DEPTH_FIRST) {
                assert_int_equal(ceiling_of(&life, day), low);
            }
        }
    }
}

/* Above the default a rise is on a Monday, four weeks after the wish at the latest. */
static void
rises_on_a_monday_of_the_next_four(void **state)
{
    (void)state;
    size_t rises = 0;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct life life = life_of(seed);
        unsigned before = DEPTH_FIRST;
        for (int64_t day = MONDAY; day < MONDAY + LIFE_DAYS; day++) {
            unsigned now = ceiling_of(&life, day);
            if (now > before && now > DEPTH_FIRST) {
                assert_int_equal((day + 3) % 7, 0);
                assert_true(wished(&life, day) >= now); /* wished in a week before */
                rises++;
            }
            /* What both wished for four weeks and a few days has come. */
            bool long_enough = true;
            for (int64_t back = 0; back <= 28 && long_enough; back++) {
                long_enough = wished(&life, day - back) >= now + 1;
            }
            assert_false(long_enough && now < DECK_DEPTH_MAX);
            before = now;
        }
    }
    assert_true(rises > 100);
}

/* Each of the four weeks is drawn; secret, level and day all matter. */
static void
all_four_weeks_are_drawn(void **state)
{
    (void)state;
    size_t weeks[5] = {0};
    for (uint64_t seed = 1; seed <= 400; seed++) {
        struct life life = {.count = 2};
        uint64_t dice = seed;
        for (size_t i = 0; i < KEY_BYTES; i++) {
            life.secret[i] = (uint8_t)next(&dice);
        }
        life.levels[0] = (struct level){.theirs = false, .day = MONDAY + 1, .level = 5};
        life.levels[1] = (struct level){.theirs = true, .day = MONDAY + 3, .level = 3};
        int64_t day = MONDAY + 4;
        while (ceiling_of(&life, day) < 3) {
            assert_true(++day <= MONDAY + 28);
        }
        assert_int_equal((day - MONDAY) % 7, 0);
        weeks[(day - MONDAY) / 7]++;
        assert_int_equal(ceiling_of(&life, day + 400), 3); /* the lower wish bounds it */
    }
    assert_int_equal(weeks[0], 0);
    for (size_t i = 1; i <= 4; i++) {
        assert_in_range(weeks[i], 60, 140);
    }
}

/* Whoever steps down and up again waits anew. */
static void
a_break_begins_the_wait_anew(void **state)
{
    (void)state;
    struct life life = {.secret = {7}, .count = 4};
    life.levels[0] = (struct level){.theirs = false, .day = MONDAY, .level = 3};
    life.levels[1] = (struct level){.theirs = true, .day = MONDAY, .level = 3};
    life.levels[2] = (struct level){.theirs = true, .day = MONDAY + 60, .level = 2};
    life.levels[3] = (struct level){.theirs = true, .day = MONDAY + 62, .level = 3};
    assert_int_equal(ceiling_of(&life, MONDAY + 60), 3);
    assert_int_equal(ceiling_of(&life, MONDAY + 61), 2);
    for (int64_t day = MONDAY + 61; day < MONDAY + 63 + 1; day++) {
        assert_int_equal(ceiling_of(&life, day), 2);
    }
    assert_int_equal(ceiling_of(&life, MONDAY + 62 + 28 + 1), 3);
}

static void
both_sides_reckon_alike(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        struct life ours = life_of(seed), theirs = {.count = 0};
        memcpy(theirs.secret, ours.secret, sizeof theirs.secret);
        for (int who = 0; who <= 1; who++) { /* each lists their own wishes first */
            for (size_t i = 0; i < ours.count; i++) {
                if (ours.levels[i].theirs == (who == 0)) {
                    struct level *out = &theirs.levels[theirs.count++];
                    *out = ours.levels[i];
                    out->theirs = !out->theirs;
                }
            }
        }
        for (int64_t day = MONDAY; day < MONDAY + LIFE_DAYS; day++) {
            assert_int_equal(ceiling_of(&ours, day), ceiling_of(&theirs, day));
        }
    }
}

/* A wish of tomorrow, or of a clock that is wrong, changes nothing today. */
static void
what_comes_later_does_not_count(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 100; seed++) {
        struct life whole = life_of(seed);
        for (int64_t day = MONDAY; day < MONDAY + LIFE_DAYS; day += 7) {
            struct life until = whole;
            until.count = 0;
            for (size_t i = 0; i < whole.count && whole.levels[i].day < day; i++) {
                until.count++;
            }
            assert_int_equal(ceiling_of(&whole, day), ceiling_of(&until, day));
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_wished_is_the_default),
        cmocka_unit_test(never_above_either_wish),
        cmocka_unit_test(falls_the_day_after),
        cmocka_unit_test(rises_on_a_monday_of_the_next_four),
        cmocka_unit_test(all_four_weeks_are_drawn),
        cmocka_unit_test(a_break_begins_the_wait_anew),
        cmocka_unit_test(both_sides_reckon_alike),
        cmocka_unit_test(what_comes_later_does_not_count),
    };
    return cmocka_run_group_tests_name("core_question", tests, NULL, NULL);
}
