/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notice outlives who showed it: what an attune-notify leaves on the screen when it ends or
 * is killed, and what the next one makes of it.
 */
#include "tests/unit/notifier_world.h"

#include <signal.h>
#include <sys/signalfd.h>

static off_t
trace_bytes(const struct world *world)
{
    struct stat file;
    assert_int_equal(fstat(world->lock, &file), 0);
    return file.st_size;
}

/* It is gone, without a word to anybody, and the next one finds a server that serves. */
static void
replace(struct world *world)
{
    world_turn(world);
    world_hang_up(world);
    notifier_free(world->notifier);
    int left; /* of one that didn't live to say anything */
    while ((left = accept(world->listener, NULL, NULL)) >= 0) {
        close(left);
    }
    world_begin_notifier(world);
    world->recorder.display.calls.ready(world->recorder.display.calls.context);
}

static void
another_takes_over(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    world_turn(&world);
    assert_true(trace_bytes(&world) > 0);
    replace(&world);
    assert_true(notifier_before(world.notifier) == NULL); /* it was found */
    replace(&world);                                      /* before attuned was asked */
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 2);
    assert_false(world.recorder.alert);
    world_press(&world, "later");
    assert_told(&world, "later", "a", false);
    world_turn(&world);
    assert_int_equal(trace_bytes(&world), 0);
    world_end(&world);
}

static void
what_waits_no_longer_is_closed(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    replace(&world);
    truth.list.count = 0; /* read meanwhile */
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_turn(&world);
    assert_false(world.recorder.on);
    assert_int_equal(world.recorder.closes, 1);
    assert_int_equal(trace_bytes(&world), 0);
    world_end(&world);
}

static void
the_lock_is_taken_over(void **state)
{
    struct world world;
    struct truth truth = {.locked = true};
    (void)state;
    world_begin(&world, NULL);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    replace(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 2);
    assert_false(world.recorder.alert);
    assert_string_equal(world.recorder.actions, "unlock");
    truth.locked = false;
    world_change(&world, "vault");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_false(world.recorder.on);
    world_end(&world);
}

/* Without attuned nobody tells of a screen that locks: words wait for it. */
static void
words_wait_for_attuned(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, "notice.content = kind\n");
    list_add(&truth.list, 'a', "new", "need");
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    truth.list.notices[0].told = NOW_S;
    replace(&world);
    assert_false(world.recorder.on);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_true(world.recorder.on);
    assert_false(world.recorder.alert);
    world_end(&world);
}

/* Another server, or a record that is none: nothing is known, and told is told. */
static void
what_is_not_there_is_forgotten(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        struct world world;
        struct truth truth;
        world_meet_with_one(&world, &truth, NULL);
        world_turn(&world);
        if (i == 0) {
            world.recorder.id = 8;
        } else if (i == 1) {
            assert_int_equal(ftruncate(world.lock, trace_bytes(&world) - 1), 0);
        } else {
            assert_int_equal(pwrite(world.lock, "\xff", 1, 0), 1);
        }
        world_hang_up(&world);
        notifier_free(world.notifier);
        world_begin_notifier(&world);
        assert_int_equal(notifier_before(world.notifier) != NULL, i == 0);
        world.recorder.display.calls.ready(world.recorder.display.calls.context);
        world_meet(&world, &truth);
        world_take_watch(&world, 0);
        assert_int_equal(world.recorder.shows, 1);
        world_end(&world);
    }
}

static void
no_word_of_it(void **state)
{
    struct world world;
    struct truth truth = {0};
    uint8_t data[1024];
    (void)state;
    world_begin(&world, "notice.content = kind\n");
    list_add(&truth.list, 'a', "new", "need");
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    world_turn(&world);
    ssize_t got = pread(world.lock, data, sizeof data, 0);
    /* Of its own: a version, two flags, a number; a size and "recorder"; a count, a key. */
    assert_int_equal(got, 3 + 4 + 2 + strlen("recorder") + 1 + ID_BYTES);
    world_end(&world);
}

/* Nobody takes the words away when the screen locks after us; so they go with us. */
static void
words_go_with_us(void **state)
{
    sigset_t set, before;
    (void)state;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
    for (unsigned slow = 0; slow < 2; slow++) {
        struct world world;
        struct truth truth = {0};
        world_begin(&world, "notice.content = kind\n");
        notifier_free(world.notifier);
        world.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        world_begin_notifier(&world);
        list_add(&truth.list, 'a', "new", "need");
        world_meet(&world, &truth);
        world_take_watch(&world, 0);
        assert_told(&world, "shown", "a", true);
        assert_false(world.recorder.plain);
        world.recorder.slow = slow;
        int64_t began_ms = world_ms();
        assert_int_equal(raise(SIGTERM), 0);
        assert_int_equal(notifier_turn(world.notifier, TURN_MS), E_STOPPED);
        assert_true(world_ms() - began_ms < 2000);
        assert_int_equal(world.recorder.fresh, slow);
        assert_int_equal(world.recorder.shows, 2);
        assert_true(world.recorder.plain);
        assert_string_equal(world.recorder.body, "There is something kind for you.");
        assert_true(trace_bytes(&world) > 0); /* it is still there, for the next */
        close(world.signals);
        world_end(&world);
    }
    assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_takes_over),
        cmocka_unit_test(what_waits_no_longer_is_closed),
        cmocka_unit_test(the_lock_is_taken_over),
        cmocka_unit_test(words_wait_for_attuned),
        cmocka_unit_test(what_is_not_there_is_forgotten),
        cmocka_unit_test(no_word_of_it),
        cmocka_unit_test(words_go_with_us),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
