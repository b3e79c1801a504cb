/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What becomes of a click that attuned can't take at once: it is locked, busy, or refuses.
 */
#include "tests/unit/notifier_world.h"

/* A need on the screen, with its button. */
static void
meet_with_need(struct world *world, struct truth *truth)
{
    static char *acts[] = {(char *)(uintptr_t) "with-you"};
    world_begin(world, "notice.content = kind\n");
    memset(truth, 0, sizeof *truth);
    Attune__Local__Notice *notice = list_add(&truth->list, 'a', "new", "need");
    notice->partner = true;
    notice->acts = acts;
    notice->n_acts = 1;
    world_meet(world, truth);
    world_take_watch(world, 0);
    assert_told(world, "shown", "a", true);
    notice->told = NOW_S;
    world_answer(world, "");
}

static void
take_act(struct world *world, uint8_t request[static REQUEST_BYTES])
{
    const Attune__Local__Act *act = world_take(world, "act")->act;
    assert_string_equal(act->act, "with-you");
    assert_int_equal(act->request.len, REQUEST_BYTES);
    memcpy(request, act->request.data, REQUEST_BYTES);
}

static void
assert_silence(struct world *world)
{
    for (unsigned i = 0; i < 3; i++) {
        world_turn(world);
    }
    assert_false(world_has_request(world));
}

/* It was pressed while attuned was starting anew, which is locked then. */
static void
an_act_waits_for_the_passphrase(void **state)
{
    struct world world;
    struct truth truth;
    uint8_t first[REQUEST_BYTES], again[REQUEST_BYTES];
    (void)state;
    meet_with_need(&world, &truth);
    world_press(&world, "with-you");
    take_act(&world, first);
    world_hang_up(&world);
    world_accept(&world);
    take_act(&world, again);
    world_answer(&world, "E_LOCKED");
    world_take_watch(&world, 0);
    truth.locked = true;
    world_change(&world, "vault"); /* of now; nothing else is known yet */
    take_act(&world, again);
    world_answer(&world, "E_LOCKED");
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    assert_silence(&world);
    world_change(&world, "entries"); /* not what it waits for */
    world_answer_look(&world, &truth);
    world_take_watch(&world, 0);
    truth.locked = false;
    world_change(&world, "vault");
    take_act(&world, again);
    assert_memory_equal(first, again, sizeof first);
    world_answer(&world, "");
    world_answer_look(&world, &truth);
    world_end(&world);
}

static void
done_follows_the_act(void **state)
{
    struct world world;
    struct truth truth;
    uint8_t request[REQUEST_BYTES];
    (void)state;
    meet_with_need(&world, &truth);
    world_press(&world, "with-you");
    take_act(&world, request);
    assert_silence(&world);
    world_answer(&world, "");
    assert_told(&world, "done", "a", false);
    world_answer(&world, "E_LOCKED"); /* between the two */
    assert_silence(&world);
    world_change(&world, "vault");
    assert_told(&world, "done", "a", false);
    world_answer(&world, "");
    truth.list.notices[0].done = true;
    world_answer_look(&world, &truth);
    world_end(&world);
}

static void
later_waits_too(void **state)
{
    static const char *const keys[] = {"later", "tomorrow"};
    (void)state;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        struct world world;
        struct truth truth;
        world_meet_with_one(&world, &truth, NULL);
        world_press(&world, keys[i]);
        assert_told(&world, keys[i], "a", false);
        world_answer(&world, "E_LOCKED");
        assert_silence(&world);
        world_change(&world, "vault");
        assert_told(&world, keys[i], "a", false);
        world_end(&world);
    }
}

static void
busy_is_asked_again(void **state)
{
    struct world world;
    struct truth truth;
    (void)state;
    world_meet_with_one(&world, &truth, NULL);
    world_press(&world, "later");
    assert_told(&world, "later", "a", false);
    world_answer(&world, "E_BUSY");
    int64_t began_ms = world_ms();
    assert_told(&world, "later", "a", false); /* though nothing happened */
    assert_true(world_ms() - began_ms > 1000);
    world_end(&world);
}

/* It came to nothing: the notice is there again, and nobody is told that it is done. */
static void
refused_comes_back(void **state)
{
    struct world world;
    struct truth truth;
    uint8_t request[REQUEST_BYTES];
    (void)state;
    meet_with_need(&world, &truth);
    world_press(&world, "with-you");
    take_act(&world, request);
    world_turn(&world);
    assert_false(world.recorder.on);
    world_answer(&world, "E_DISK_FULL");
    world_answer_look(&world, &truth);
    world_turn(&world);
    assert_true(world.recorder.on);
    assert_false(world.recorder.alert);
    assert_string_equal(world.recorder.actions, "open with-you later tomorrow");
    assert_silence(&world);
    world_press(&world, "with-you"); /* and can be tried again */
    take_act(&world, request);
    world_end(&world);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_act_waits_for_the_passphrase),
        cmocka_unit_test(done_follows_the_act),
        cmocka_unit_test(later_waits_too),
        cmocka_unit_test(busy_is_asked_again),
        cmocka_unit_test(refused_comes_back),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
