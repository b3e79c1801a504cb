/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The notifier, as far as it matters what is on the screen: a display that is slow to get
 * there, a daemon that goes, a screen that locks.
 */
#include "tests/unit/notifier_world.h"

/* -- told is what was seen -- */

/* A thing that waits, given to a display that has no server yet. */
static void
meet_slowly(struct world *world, struct truth *truth)
{
    world_begin(world, NULL);
    world->recorder.slow = true;
    memset(truth, 0, sizeof *truth);
    list_add(&truth->list, 'a', "new", "thanks");
    world_meet(world, truth);
    world_take_watch(world, 0);
    assert_int_equal(world->recorder.shows, 1);
}

static void
told_once_it_is_seen(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    meet_slowly(&world, &truth);
    world_look_again(&world, &truth);
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 1); /* nor given twice */
    world_arrives(&world);
    assert_told(&world, "shown", "a", true);
    truth.list.notices[0].told = NOW_S;
    world_look_again(&world, &truth); /* nothing was told in between */
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);
}

/* What joins it on the way, what is gone on the way: told is what is seen. */
static void
told_is_what_is_seen(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    meet_slowly(&world, &truth);
    list_add(&truth.list, 'b', "due", "promise")->time = 1;
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 2);
    assert_true(world.recorder.alert);
    truth.list.notices[0].done = true;
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 3);
    assert_true(world.recorder.alert);
    world_arrives(&world);
    assert_told(&world, "shown", "b", false);
    world_end(&world);
}

static void
taken_back_before_it_is_seen(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    meet_slowly(&world, &truth);
    truth.silent_s = AT(60);
    world_change(&world, "notices");
    world_answer_look(&world, &truth);
    world_take_watch(&world, AT(60));
    assert_false(world.recorder.on);
    truth.silent_s = 0;
    world_arrives(&world); /* a server comes, and finds nothing */
    world_look_again(&world, &truth);
    assert_told(&world, "shown", "a", true);
    assert_int_equal(world.recorder.shows, 2);
    assert_true(world.recorder.alert);
    world_end(&world);
}

/* A look that was asked for before it was seen doesn't know; its answer counts for nothing. */
static void
seen_while_looking(void **state)
{
    struct world world;
    struct truth truth;
    Attune__Local__Reply reply;
    (void)state;
    meet_slowly(&world, &truth);
    world_change(&world, "entries");
    uint32_t status = world_take(&world, "status")->number;
    uint32_t notices = world_take(&world, "notices")->number;
    world_arrives(&world);
    assert_told(&world, "shown", "a", true);
    Attune__Local__Status open;
    attune__local__reply__init(&reply);
    attune__local__status__init(&open);
    open.exists = true;
    reply.number = status;
    reply.status = &open;
    world_send(&world, &reply);
    Attune__Local__Notice *list[] = {&truth.list.notices[0]};
    attune__local__reply__init(&reply);
    reply.number = notices;
    reply.notices = list;
    reply.n_notices = 1;
    reply.now = NOW_S;
    world_send(&world, &reply); /* untold, says it */
    truth.list.notices[0].told = NOW_S;
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);
}

/* Seen while attuned is away: it hears of it when it is back, and nobody else does. */
static void
seen_while_attuned_is_away(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    meet_slowly(&world, &truth);
    world_hang_up(&world);
    world_turn(&world);
    world_arrives(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_told(&world, "shown", "a", true);
    assert_false(world.recorder.alert);
    world_end(&world);
}

static void
locked_once_it_is_seen(void **state)
{
    struct world world;
    struct truth truth = {.locked = true};
    (void)state;
    world_begin(&world, NULL);
    world.recorder.slow = true;
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 1);
    world_arrives(&world);
    world_look_again(&world, &truth);
    world_ends(&world, DISPLAY_DISMISSED);
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 1);
    world_end(&world);
}

/* -- what may stand there -- */

static void
wait_shows(struct world *world, unsigned shows)
{
    int64_t end_ms = world_ms() + DEADLINE_MS;
    while (world->recorder.shows < shows) {
        assert_true(world_ms() < end_ms);
        world_turn(world);
    }
    assert_int_equal(world->recorder.shows, shows);
}

/* Without attuned nobody tells that the screen locks: what stands there says less at once. */
static void
words_go_with_the_daemon(void **state)
{
    static const struct {
        const char *why, *kind, *body, *lower;
        bool budget;
    } rows[] = {
        {"new", "need", "There is something you could be there for.",
         "There is something kind for you.", true},
        {"due", "pause", "A pause to come back from.",
         "There is something for you today.", false},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct world world;
        struct truth truth = {0};
        world_begin(&world, "notice.content = kind\n");
        list_add(&truth.list, 'a', rows[i].why, rows[i].kind);
        world_meet(&world, &truth);
        world_take_watch(&world, 0);
        assert_told(&world, "shown", "a", rows[i].budget);
        truth.list.notices[0].told = NOW_S;
        assert_string_equal(world.recorder.body, rows[i].body);
        assert_false(world.recorder.plain);
        world_hang_up(&world);
        wait_shows(&world, 2);
        assert_string_equal(world.recorder.title, "attune");
        assert_string_equal(world.recorder.body, rows[i].lower);
        assert_string_equal(world.recorder.actions, "open later tomorrow");
        assert_true(world.recorder.plain && world.recorder.fixed);
        assert_false(world.recorder.alert);
        world_meet(&world, &truth); /* known, and it may stay as it is */
        world_take_watch(&world, 0);
        world_press(&world, "later"); /* it is still of the same */
        assert_told(&world, "later", "a", false);
        assert_int_equal(world.recorder.shows, 2);
        world_end(&world);
    }
}

/* What nobody has seen is still to be heard then; what says nothing stays as it is. */
static void
words_go_on_the_way(void **state)
{
    struct world world;
    struct truth truth = {0};
    (void)state;
    world_begin(&world, "notice.content = kind\n");
    world.recorder.slow = true;
    list_add(&truth.list, 'a', "new", "need");
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_hang_up(&world);
    wait_shows(&world, 2);
    assert_true(world.recorder.plain && world.recorder.alert);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    world_arrives(&world);
    assert_told(&world, "shown", "a", true);
    truth.list.notices[0].told = NOW_S;
    world_hang_up(&world);
    world_meet(&world, &truth);
    world_take_watch(&world, 0);
    assert_int_equal(world.recorder.shows, 2);
    world_end(&world);
}

static void
buttons_go_with_a_locked_screen(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    truth.screen_locked = true;
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 2);
    assert_string_equal(world.recorder.actions, "");
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 2);
    truth.screen_locked = false;
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 3);
    assert_string_equal(world.recorder.actions, "open later tomorrow");
    assert_false(world.recorder.alert);
    world_look_again(&world, &truth);
    assert_int_equal(world.recorder.shows, 3);
    world_end(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(told_once_it_is_seen),
        cmocka_unit_test(told_is_what_is_seen),
        cmocka_unit_test(taken_back_before_it_is_seen),
        cmocka_unit_test(seen_while_looking),
        cmocka_unit_test(seen_while_attuned_is_away),
        cmocka_unit_test(locked_once_it_is_seen),
        cmocka_unit_test(words_go_with_the_daemon),
        cmocka_unit_test(words_go_on_the_way),
        cmocka_unit_test(buttons_go_with_a_locked_screen),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
