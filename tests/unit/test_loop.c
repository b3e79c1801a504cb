/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The loop and its clock: descriptors, both kinds of timers, and callbacks that meddle. */
#include "common/error.h"
#include "common/when.h"
#include "daemon/clock.h"
#include "daemon/loop.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sys/epoll.h>
#include <unistd.h>

enum { TURNS_MAX = 2000, WAIT_MS = 10 };

struct world {
    struct clock clock;
    struct loop *loop;
    int calls;
    int signal;
    struct loop_watch *pair[2]; /* whichever comes first takes both out */
    struct loop_timer *again;
    int sets; /* of the clock */
};

static void
world_init(struct world *world)
{
    *world = (struct world){0};
    clock_init(&world->clock);
    assert_int_equal(loop_new(&world->clock, &world->loop), 0);
}

static void
turns_until(struct world *world, const int *value, int wanted)
{
    for (int i = 0; *value < wanted && i < TURNS_MAX; i++) {
        assert_int_equal(loop_turn(world->loop, WAIT_MS), 0);
    }
    assert_int_equal(*value, wanted);
}

static void
count_watch(void *context, uint32_t events)
{
    struct world *world = context;
    (void)events;
    world->calls++;
    for (int i = 0; i < 2; i++) {
        if (world->pair[i] != NULL) {
            loop_unwatch(world->loop, world->pair[i]);
        }
    }
}

static void
count_timer(void *context)
{
    struct world *world = context;
    world->calls++;
    if (world->again != NULL) {
        loop_set(world->loop, world->again, 1, 0); /* due already */
    }
}

static void
test_watch(void **state)
{
    struct world world;
    int ends[2];
    (void)state;
    world_init(&world);
    assert_int_equal(pipe(ends), 0);
    struct loop_watch watch = {.fd = ends[0], .fn = count_watch, .context = &world};
    assert_int_equal(loop_watch(world.loop, &watch, EPOLLIN), 0);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.calls, 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_int_equal(loop_turn(world.loop, WAIT_MS), 0);
    assert_int_equal(world.calls, 1);
    loop_unwatch(world.loop, &watch);
    loop_unwatch(world.loop, &watch); /* twice is fine */
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.calls, 1);
    assert_int_equal(loop_watch(world.loop, &watch, EPOLLIN), 0);
    assert_int_equal(loop_turn(world.loop, WAIT_MS), 0);
    assert_int_equal(world.calls, 2);
    close(ends[0]);
    close(ends[1]);
    loop_free(world.loop);
}

/* Whichever of two ready ones comes first takes both out; the other stays silent. */
static void
test_unwatch_of_another(void **state)
{
    struct world world;
    int ends[2];
    (void)state;
    world_init(&world);
    assert_int_equal(pipe(ends), 0);
    int copy = dup(ends[0]);
    struct loop_watch one = {.fd = ends[0], .fn = count_watch, .context = &world};
    struct loop_watch two = {.fd = copy, .fn = count_watch, .context = &world};
    assert_int_equal(loop_watch(world.loop, &one, EPOLLIN), 0);
    assert_int_equal(loop_watch(world.loop, &two, EPOLLIN), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    world.pair[0] = &one; /* its own too */
    world.pair[1] = &two;
    assert_int_equal(loop_turn(world.loop, WAIT_MS), 0);
    assert_int_equal(world.calls, 1);
    assert_false(one.added);
    assert_false(two.added);
    close(ends[0]);
    close(ends[1]);
    close(copy);
    loop_free(world.loop);
}

static void
test_timers(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    struct loop_timer mono = {.fn = count_timer, .context = &world};
    struct loop_timer wall = {.fn = count_timer, .context = &world};
    uint64_t began_ms = clock_mono_ms(&world.clock);
    loop_set(world.loop, &mono, began_ms + 30, 0);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.calls, 0);
    turns_until(&world, &world.calls, 1);
    assert_true(clock_mono_ms(&world.clock) >= began_ms + 30);
    assert_int_equal(mono.mono_ms, 0); /* off by itself */

    loop_set(world.loop, &wall, 0, clock_wall_ms(&world.clock) / 1000 + 1);
    turns_until(&world, &world.calls, 2);
    assert_int_equal(wall.wall_s, 0);

    loop_set(world.loop, &mono, began_ms, 0);
    loop_drop(world.loop, &mono);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.calls, 2);
    loop_free(world.loop);
}

/* A timer that is always due leaves the others their turn, and the loop its end. */
static void
test_timer_again(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    struct loop_timer timer = {.fn = count_timer, .context = &world};
    world.again = &timer;
    loop_set(world.loop, &timer, 1, 0);
    for (int i = 1; i <= 3; i++) {
        assert_int_equal(loop_turn(world.loop, 0), 0);
        assert_int_equal(world.calls, i);
    }
    loop_free(world.loop);
}

static void
on_signal(void *context, int number)
{
    struct world *world = context;
    world->signal = number;
    loop_stop(world->loop);
}

static void
test_signals(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    assert_int_equal(loop_signals(world.loop, on_signal, &world), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(loop_run(world.loop), 0);
    assert_int_equal(world.signal, SIGTERM);
    loop_free(world.loop);
}

/* A pause of an hour: every timeout passes at once, and wall time never lies between. */
static void
test_clock_lines(void **state)
{
    struct world world;
    struct clock_time before;
    struct clock_time after;
    int ends[2];
    bool moved = false;
    (void)state;
    world_init(&world);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(clock_open(&world.clock, ends[0]), 0);
    const char first[] = "2027-01-01T00:00:00Z\n2027-01-01T";
    assert_int_equal(write(ends[1], first, sizeof first - 1), sizeof first - 1);
    assert_int_equal(clock_feed(&world.clock, &moved), 0);
    assert_true(moved);
    clock_now(&world.clock, &before);
    assert_in_range(before.wall_s, 1798761600, 1798761605);

    struct loop_timer hour = {.fn = count_timer, .context = &world};
    struct loop_timer day = {.fn = count_timer, .context = &world};
    loop_set(world.loop, &hour, before.mono_ms + 3500 * 1000, 0);
    loop_set(world.loop, &day, 0, before.wall_s + 24 * 3600);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.calls, 0);
    assert_int_equal(write(ends[1], "01:00:00Z\n", 10), 10);
    assert_int_equal(clock_feed(&world.clock, &moved), 0);
    assert_true(moved);
    clock_now(&world.clock, &after);
    assert_in_range(after.wall_s, 1798765200, 1798765205);
    assert_true(after.mono_ms >= before.mono_ms + 3500 * 1000);
    turns_until(&world, &world.calls, 1);
    assert_true(day.wall_s != 0);

    /* Back: the wall clock follows, timeouts never run backwards. */
    assert_int_equal(write(ends[1], "2026-01-01T00:00:00Z\n", 21), 21);
    assert_int_equal(clock_feed(&world.clock, &moved), 0);
    assert_true(clock_mono_ms(&world.clock) >= after.mono_ms);
    assert_int_equal(write(ends[1], "soon\n", 5), 5);
    assert_int_equal(clock_feed(&world.clock, &moved), E_CLOCK);
    close(ends[1]);
    clock_done(&world.clock);
    loop_free(world.loop);
}

static void
count_set(void *context)
{
    struct world *world = context;
    world->sets++;
}

/*
 * A set of the clock is told though no timer is due, once, whether it went on or back. The
 * machine's own clock is no test's to set; ours takes the same way out of the loop.
 */
static void
test_clock_set(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    world.clock.wall_offset_ms = 3 * 3600 * 1000; /* nobody listens */
    assert_int_equal(loop_turn(world.loop, 0), 0);
    loop_clock_set(world.loop, count_set, &world);
    assert_int_equal(loop_turn(world.loop, 0), 0);
    assert_int_equal(world.sets, 0);
    struct loop_timer timer = {.fn = count_timer, .context = &world};
    loop_set(world.loop, &timer, 0, clock_wall_ms(&world.clock) / 1000 + 3600);
    for (int i = 1; i <= 4; i++) {
        world.clock.wall_offset_ms += i % 2 == 0 ? -7200000 : 1800000;
        assert_int_equal(loop_turn(world.loop, -1), 0); /* comes back, though nothing is due */
        assert_int_equal(world.sets, i);
        assert_int_equal(loop_turn(world.loop, 0), 0);
        assert_int_equal(world.sets, i);
    }
    assert_int_equal(world.calls, 0);
    world.clock.wall_offset_ms += 4 * 3600 * 1000; /* a timer it makes due comes after it */
    assert_int_equal(loop_turn(world.loop, -1), 0);
    assert_int_equal(world.sets, 5);
    assert_int_equal(world.calls, 1);
    loop_free(world.loop);
}

static int
feed(struct clock *clock, int end, const char *line, bool *moved)
{
    size_t size = strlen(line);
    assert_int_equal(write(end, line, size), size);
    return clock_feed(clock, moved);
}

/* The zone by its rules, at any instant, and moved by a line. */
static void
test_zone_lines(void **state)
{
    static const char *const refused[] = {
        "zone \n", "zone Europe/Ber lin\n", "zone ../../etc/passwd\n", "zone :UTC\n",
        "zone /etc/localtime\n", "zone UTC\r\n", "zone\n", "Zone UTC\n",
        "zone 1234567890123456789012345678901234567890123456789\n", /* 49 bytes */
    };
    const int64_t winter_s = 1800000000; /* 2027-01-15T08:00:00Z */
    const int64_t spring_s = 1805590800; /* 2027-03-21T01:00:00Z, a week before ours */
    struct clock clock;
    struct clock_time now;
    bool moved = false;
    int ends[2];
    (void)state;
    clock_init(&clock);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(clock_open(&clock, ends[0]), 0);
    assert_int_equal(setenv("TZ", "UTC", 1), 0);
    assert_int_equal(when_zone_min(winter_s), 0);
    assert_int_equal(feed(&clock, ends[1], "zone America/New_York\n", &moved), 0);
    assert_true(moved);
    assert_string_equal(getenv("TZ"), "America/New_York");
    if (when_zone_min(winter_s) != 0) { /* this machine has the zone database */
        assert_int_equal(when_zone_min(winter_s), -300);
        assert_int_equal(when_zone_min(spring_s), -240);
        assert_int_equal(feed(&clock, ends[1], "zone Europe/Berlin\n", &moved), 0);
        assert_int_equal(when_zone_min(spring_s), 60);
        assert_int_equal(when_zone_min(spring_s + 7 * 86400 - 1), 60);
        assert_int_equal(when_zone_min(spring_s + 7 * 86400), 120);
    }
    /* By a rule of its own it needs no database. */
    assert_int_equal(feed(&clock, ends[1], "zone EST5\n2027-01-15T08:00:00Z\n", &moved), 0);
    clock_now(&clock, &now);
    assert_int_equal(now.zone_min, -300);
    assert_in_range(now.wall_s, winter_s, winter_s + 5);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        assert_int_equal(feed(&clock, ends[1], refused[i], &moved), E_CLOCK);
        assert_string_equal(getenv("TZ"), "EST5");
    }
    assert_int_equal(
        feed(&clock, ends[1], "zone 123456789012345678901234567890123456789012345678\n",
             &moved), 0); /* 48; unknown ones are UTC, as libc has it */
    assert_int_equal(when_zone_min(winter_s), 0);
    assert_int_equal(unsetenv("TZ"), 0);
    close(ends[1]);
    clock_done(&clock);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_unwatch_of_another),
        cmocka_unit_test(test_timers),
        cmocka_unit_test(test_timer_again),
        cmocka_unit_test(test_signals),
        cmocka_unit_test(test_clock_lines),
        cmocka_unit_test(test_clock_set),
        cmocka_unit_test(test_zone_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
