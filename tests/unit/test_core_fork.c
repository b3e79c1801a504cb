/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Forks: a home goes on from an older state of its disk and nobody noticed, so that the
 * partner holds one history of its log and it writes another. However long each of the two
 * is, both are told in the end, and nothing of either is lost.
 */
#include "tests/lib/couple_world.h"

static struct store *backup;

static int
end(void **state)
{
    store_close(backup);
    backup = NULL;
    return couple_end(state);
}

static void
keep(int who)
{
    assert_int_equal(store_clone(world.sides[who].store, &backup), 0);
}

/* Its disk is what it was at keep(), and its next start knows nothing of that. */
static void
go_back(int who)
{
    struct side *side = &world.sides[who];
    world_path_down(&world);
    core_free(side->core);
    side->core = NULL;
    store_close(side->store);
    side->store = backup;
    backup = NULL;
    const struct core_config core = {
        .store = side->store, .random = world_random, .random_context = side};
    assert_int_equal(core_new(&core, &side->core), 0);
    world_step(&world, who, (struct event){.type = CORE_START});
}

/* They find each other; a log that seems to have forgotten waits for a person's yes. */
static void
meet(void)
{
    char name[] = "verify";
    Attune__Local__Request request;
    Attune__Local__Pair pair;
    attune__local__request__init(&request);
    attune__local__pair__init(&pair);
    pair.accept = true;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    request.pair = &pair;
    world_path_up(&world);
    settle_both();
    for (int who = ANA; who <= BEN; who++) {
        if (sync_behind(world.sides[who].core)) {
            assert_string_equal(ask(who, &request)->error, "");
            settle_both();
        }
    }
}

static void
write_many(int who, uint8_t mark, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        write_how(who, mark, "thanks", "for the soup", (struct how){.number = i});
    }
}

static void
assert_both_have(int author, uint8_t mark, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(row_numbered(ANA, author, mark, i).state, S_OPEN);
        assert_int_equal(row_numbered(BEN, author, mark, i).state, S_OPEN);
    }
}

static void
assert_alike(void)
{
    const Attune__Local__Reply *ana = ask_plain(ANA, "digest");
    const Attune__Local__Reply *ben = ask_plain(BEN, "digest");
    assert_true(ana->text.len > 0);
    assert_true(span_equal(span_of(ana->text.data, ana->text.len),
                           span_of(ben->text.data, ben->text.len)));
}

/* Ana holds `held` of what ben lost; he writes `anew` before she hears of it. */
static void
fork_of_ben(size_t held, size_t anew)
{
    write_words(BEN, 0xb1, "thanks", "before");
    keep(BEN);
    write_many(BEN, 0xb2, held);
    go_back(BEN);
    write_many(BEN, 0xb3, anew);
}

static void
assert_told(size_t held, size_t anew)
{
    assert_both_have(BEN, 0xb1, 1);
    assert_both_have(BEN, 0xb2, held);
    assert_both_have(BEN, 0xb3, anew);
    assert_alike();
    write_words(BEN, 0xb4, "thanks", "after");
    write_words(ANA, 0xa4, "thanks", "after");
    assert_both_have(BEN, 0xb4, 1);
    assert_both_have(ANA, 0xa4, 1);
    assert_alike();
}

static void
a_history_shorter_than_what_they_hold_is_told(void **state)
{
    (void)state;
    fork_of_ben(3, 1);
    meet();
    assert_told(3, 1);
}

static void
a_history_as_long_as_what_they_hold_is_told(void **state)
{
    (void)state;
    fork_of_ben(2, 2);
    meet();
    assert_told(2, 2);
}

static void
a_history_longer_than_what_they_hold_is_told(void **state)
{
    (void)state;
    fork_of_ben(1, 3);
    meet();
    assert_told(1, 3);
}

/* What a side sent of a fork is lost with the path, once. */
static void
lose_evidence_of(int who)
{
    bool lost = false;
    for (int i = 0; i < SIDES && !lost; i++) {
        world_step(&world, i, (struct event){.type = CORE_PATH_UP, .path = 1});
    }
    for (int n = 0; n < 100 && world.queue_count > 0 && !lost; n++) {
        struct queued first = world.queue[0];
        memmove(world.queue, world.queue + 1, --world.queue_count * sizeof first);
        world_step(&world, first.to,
                   (struct event){
                       .type = CORE_FRAME, .path = 1, .frame = buf_span(&first.frame)});
        buf_free(&first.frame);
        for (size_t i = 0; i < SESSIONS_MAX; i++) {
            lost = lost || world.sides[who].core->sessions[i].evidence_sent;
        }
    }
    assert_true(lost);
    world_path_down(&world);
}

static void
what_is_lost_of_the_longer_history_is_told_again(void **state)
{
    (void)state;
    fork_of_ben(1, 3);
    lose_evidence_of(BEN);
    meet();
    assert_told(1, 3);
}

static void
what_is_lost_of_the_history_they_hold_is_told_again(void **state)
{
    (void)state;
    fork_of_ben(2, 2);
    lose_evidence_of(ANA);
    meet();
    assert_told(2, 2);
}

/* Ben's home seems to have forgotten, and ana says only later that this is right. */
static void
what_is_written_before_the_yes_is_told(void **state)
{
    (void)state;
    fork_of_ben(2, 0);
    world_path_up(&world);
    settle_both();
    assert_true(sync_behind(world.sides[ANA].core));
    write_many(BEN, 0xb3, 3);
    meet();
    assert_told(2, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
#define FORKED(test) cmocka_unit_test_setup_teardown(test, couple_begin, end)
        FORKED(a_history_shorter_than_what_they_hold_is_told),
        FORKED(a_history_as_long_as_what_they_hold_is_told),
        FORKED(a_history_longer_than_what_they_hold_is_told),
        FORKED(what_is_lost_of_the_longer_history_is_told_again),
        FORKED(what_is_lost_of_the_history_they_hold_is_told_again),
        FORKED(what_is_written_before_the_yes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
