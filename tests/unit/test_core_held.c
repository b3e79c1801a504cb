/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What waits for a moment, and what the other never gets: held and given entries, threads
 * that fade, leaving, undo, answers and their seals. Two real cores live through each; that
 * no step of theirs fails, so that nothing gets stuck, is checked with every step.
 */
#include "tests/lib/couple_world.h"

/* It did not leave: mine, with its words, and nothing waits to happen to it. */
static void
assert_stayed_mine(uint8_t mark, const char *text)
{
    struct entry_row row = row_of(ANA, ANA, mark);
    assert_true(row.mine);
    assert_false(row.gone);
    assert_false(row.faded);
    assert_int_equal(row.state, S_OPEN);
    assert_int_equal(row.wake, 0);
    assert_int_equal(row.lamport, 0);
    assert_true(span_equal(text_of(ANA, &row), span_text(text)));
    assert_false(has_row(BEN, ANA, mark));
}

/* ---- threads that have faded ---- */

static void
nothing_is_added_to_what_has_faded(void **state)
{
    (void)state;
    const char *words = "thank you for that talk";
    struct how how = {.parent = 0xa1};
    mend();
    pass_days(31);
    assert_true(row_of(ANA, ANA, 0xa1).faded);
    assert_true(row_of(BEN, ANA, 0xa1).faded);
    assert_string_equal(try_write(ANA, 0xa2, "reply", words, how), "E_STATE");
    how.hold_s = 10;
    assert_string_equal(try_write(ANA, 0xa2, "reply", words, how), "E_STATE");
    assert_string_equal(try_write(ANA, 0xa2, "thanks", words, how), "E_STATE");
    assert_string_equal(try_write(BEN, 0xb2, "reply", words, how), "E_STATE");
    assert_false(has_row(ANA, ANA, 0xa2));
    restart(ANA);
    pass_days(300);
}

static void
a_reply_held_while_it_fades_stays_mine(void **state)
{
    (void)state;
    mend();
    world.later_s += FADE_S - 4;
    write_how(ANA, 0xa2, "reply", "a last word",
              (struct how){.parent = 0xa1, .hold_s = 10});
    world.later_s += 5;
    tick(ANA);
    assert_true(row_of(ANA, ANA, 0xa1).faded);
    assert_int_equal(row_of(ANA, ANA, 0xa2).state, S_HELD); /* not yet its time */
    world.later_s += 10;
    settle_both();
    assert_stayed_mine(0xa2, "a last word");
}

static void
a_gift_for_after_the_fade_stays_mine(void **state)
{
    (void)state;
    mend();
    write_how(ANA, 0xa2, "thanks", "for mending it",
              (struct how){.parent = 0xa1, .give = NOW_S + 100 * DAY_S});
    pass_days(31);
    assert_int_equal(row_of(ANA, ANA, 0xa2).state, S_HELD);
    assert_false(row_of(ANA, ANA, 0xa2).gone);
    pass_days(70);
    settle_both();
    assert_stayed_mine(0xa2, "for mending it");
    restart(ANA);
}

static void
private_words_outlive_the_thread_and_stay_private(void **state)
{
    (void)state;
    write_words(ANA, 0xa1, "repair", "can we start over?");
    write_how(ANA, 0xa2, "reply", "what i did not dare",
              (struct how){.parent = 0xa1, .mine = true});
    act_on(ANA, ANA, 0xa1, "repaired");
    act_on(BEN, ANA, 0xa1, "repaired");
    pass_days(31);
    Attune__Local__Act share = ATTUNE__LOCAL__ACT__INIT;
    assert_string_equal(try_act_with(ANA, ANA, 0xa2, "share", share), "E_STATE");
    share.hold_s = 10;
    assert_string_equal(try_act_with(ANA, ANA, 0xa2, "share", share), "E_STATE");
    world.later_s += 20;
    settle_both();
    restart(ANA);
    assert_stayed_mine(0xa2, "what i did not dare");
}

/* Her part is gone at once; his must not stay for ever because of it. */
static void
a_thread_whose_root_was_retracted_fades_too(void **state)
{
    (void)state;
    write_words(ANA, 0xa1, "repair", "can we start over?");
    write_how(BEN, 0xb1, "reply", "you always shout", (struct how){.parent = 0xa1});
    act_on(ANA, ANA, 0xa1, "repaired");
    act_on(BEN, ANA, 0xa1, "repaired");
    act_on(ANA, ANA, 0xa1, "retract");
    assert_false(row_of(ANA, BEN, 0xb1).gone);
    pass_days(31);
    for (int who = 0; who < SIDES; who++) {
        assert_true(row_of(who, BEN, 0xb1).gone);
        assert_true(row_of(who, BEN, 0xb1).faded);
    }
}

/* ---- what can't leave ---- */

/* Held by a version with other limits: nobody can be asked any more. */
static void
what_no_longer_fits_stays_mine(void **state)
{
    (void)state;
    struct side *ana = &world.sides[ANA];
    struct buf payload = {0};
    const uint8_t salt[SALT_BYTES] = {1};
    char text[3001], name[] = "text";
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    Attune__Local__Field field = ATTUNE__LOCAL__FIELD__INIT;
    const Attune__Local__Field *fields[] = {&field};
    field.name = name;
    field.text = pb_span(span_text(text));
    assert_int_equal(payload_encode(fields, 1, salt, &payload), 0);
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY,
                    .has_entry = true,
                    .kind = "thanks",
                    .until_s = NOW_S + 100};
    entry_id(0xa1, 0, op.entry);
    assert_int_equal(store_begin(ana->store), 0);
    assert_int_equal(
        journal_append(ana->core, ana->core->mine_no, &op, buf_span(&payload)), 0);
    assert_int_equal(store_commit(ana->store), 0);
    buf_free(&payload);
    /* What leaves with it leaves. */
    write_how(ANA, 0xa2, "thanks", "for the soup", (struct how){.hold_s = 100});
    world.later_s += 200;
    settle_both();
    assert_stayed_mine(0xa1, text);
    assert_true(has_row(BEN, ANA, 0xa2));
    restart(ANA);
}

/* ---- leaving ---- */

/* Ana leaves ben, and pairs with somebody else: carl, on ben's side of the world. */
static void
leave_and_meet_carl(void)
{
    assert_string_equal(ask_plain(ANA, "leave")->error, "");
    world_path_down(&world);
    struct world next = {.sides = {[ANA] = world.sides[ANA]},
                         .later_s = world.later_s,
                         .mono_ms = world.mono_ms + 100000};
    world.sides[ANA] = (struct side){.name = 0}; /* transferred */
    world_end(&world);
    world = next;
    world_birth(&world, BEN, "Carl", "tcp://carl.example:7400");
    world_pair(&world, arena);
}

static void
a_gift_is_for_the_one_it_was_meant_for(void **state)
{
    (void)state;
    write_how(ANA, 0xa1, "thanks", "for this year, Ben",
              (struct how){.give = NOW_S + 50 * DAY_S});
    leave_and_meet_carl();
    pass_days(51);
    settle_both();
    assert_stayed_mine(0xa1, "for this year, Ben");
}

struct search {
    const char *text;
    bool found;
};

static int
look_for(void *context, const struct op_row *row)
{
    struct search *search = context;
    size_t size = strlen(search->text);
    for (size_t i = 0; i + size <= row->payload.size && !search->found; i++) {
        search->found = memcmp(row->payload.data + i, search->text, size) == 0;
    }
    return 0;
}

static bool
journal_has(int who, const char *text)
{
    struct search search = {.text = text};
    const struct side *side = &world.sides[who];
    for (size_t i = 0; i < side->core->logs_count; i++) {
        assert_int_equal(
            store_op_each(side->store, side->core->logs[i].no, 1, look_for, &search),
            0);
    }
    return search.found;
}

static void
the_words_of_a_topic_are_for_the_one_left(void **state)
{
    (void)state;
    char name[] = "topic";
    Attune__Local__Act share = ATTUNE__LOCAL__ACT__INIT,
                       hold = ATTUNE__LOCAL__ACT__INIT;
    Attune__Local__Field field = ATTUNE__LOCAL__FIELD__INIT, *fields[] = {&field};
    field.name = name;
    field.text = pb_span(span_text("us"));
    share.topic = true;
    share.n_fields = 1;
    share.fields = fields;
    hold.hold_s = 3600;
    write_how(ANA, 0xa1, "tell", "ben never listens", (struct how){.mine = true});
    assert_string_equal(try_act_with(ANA, ANA, 0xa1, "share", share), "");
    assert_string_equal(try_act_with(ANA, ANA, 0xa1, "share", hold), "");
    world_deliver(&world);
    assert_true(has_row(BEN, ANA, 0xa1)); /* the topic */
    leave_and_meet_carl();
    world.later_s += 4000;
    settle_both();
    assert_true(journal_has(ANA, "ben never listens"));
    assert_false(journal_has(BEN, "ben never listens"));
    assert_int_equal(row_of(ANA, ANA, 0xa1).wake, 0);
}

static void
a_rainy_day_draws_nothing_of_the_one_left(void **state)
{
    (void)state;
    write_words(BEN, 0xb1, "thanks", "for the soup, love, Ben");
    assert_string_equal(ask_plain(ANA, "draw")->error, "");
    leave_and_meet_carl();
    Attune__Local__Reply *reply = ask_plain(ANA, "draw");
    assert_string_equal(reply->error, "E_NO_ENTRY");
    assert_int_equal(reply->n_entries, 0);
}

/* ---- undo without an id ---- */

static void
a_bare_undo_leaves_a_gift_alone(void **state)
{
    (void)state;
    write_how(ANA, 0xa1, "thanks", "for this year",
              (struct how){.give = NOW_S + 300 * DAY_S});
    pass_days(40);
    write_how(ANA, 0xa2, "write", "a private line", (struct how){.mine = true});
    assert_string_equal(try_act(ANA, ANA, 0, "undo"), "");
    assert_int_equal(row_of(ANA, ANA, 0xa2).state, S_DRAFT);
    assert_int_equal(row_of(ANA, ANA, 0xa1).state, S_HELD);
}

/* What attune noted by itself is no step of hers. */
static void
a_bare_undo_means_what_she_did(void **state)
{
    (void)state;
    write_words(BEN, 0xb1, "thanks", "for the soup");
    write_how(ANA, 0xa2, "write", "a private line", (struct how){.mine = true});
    assert_string_equal(ask_plain(ANA, "draw")->error, "");
    assert_string_equal(try_act(ANA, ANA, 0, "undo"), "");
    assert_int_equal(row_of(ANA, ANA, 0xa2).state, S_DRAFT);
}

/* ---- answers ---- */

static struct op
commit_of(uint8_t mark, size_t number, uint8_t question, uint8_t seal)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY,
                    .has_entry = true,
                    .kind = "answer",
                    .has_parent = true,
                    .parent_theirs = true,
                    .has_seal = true,
                    .seal = {seal}};
    entry_id(mark, number, op.entry);
    entry_id(question, 0, op.parent);
    return op;
}

static void
assert_round_opens(uint8_t question, uint8_t anas, uint8_t bens)
{
    ask_and_answer(question, anas, bens);
    settle_both();
    assert_int_equal(row_of(ANA, BEN, bens).state, S_OPEN);
    assert_false(row_of(ANA, BEN, bens).closed);
    assert_false(row_of(BEN, ANA, anas).closed);
}

/* What is left of ben's after a recovery by words: a seal, and nothing that opens it. */
static void
words_lost_with_a_disk_stop_no_later_round(void **state)
{
    (void)state;
    struct op lost = commit_of(0xb2, 0, 0x71, 5);
    write_words(ANA, 0x71, "question", "Where in May?");
    lie(&lost, SPAN_EMPTY);
    write_how(ANA, 0xa2, "answer", "at the sea", (struct how){.parent = 0x71});
    settle_both();
    assert_int_equal(row_of(BEN, BEN, 0xb2).state, S_RETRACTED);
    assert_round_opens(0x72, 0xa3, 0xb3);
    assert_round_opens(0x73, 0xa4, 0xb4);
}

/* Ben's attune would withdraw what nothing opens; one that takes itself for a copy doesn't. */
static void
lie_and_owe(struct op *op)
{
    slip(op, SPAN_EMPTY);
    world.sides[BEN].core->copy_alert = true;
    settle_both();
}

static bool
harvested(uint8_t question, uint8_t anas, uint8_t bens)
{
    struct op garbage = commit_of(bens, 0, question, bens);
    world.later_s += 600;
    write_words(ANA, question, "question", "Where?");
    write_how(ANA, anas, "answer", "a secret", (struct how){.parent = question});
    lie_and_owe(&garbage);
    return row_of(ANA, ANA, anas).state == S_OPEN;
}

/* Who does not open what he sealed gets one answer for it, and no more. */
static void
garbage_gets_one_answer_however_much_there_is(void **state)
{
    (void)state;
    assert_true(harvested(0x71, 0xa1, 0xb1));
    assert_false(harvested(0x72, 0xa2, 0xb2));
    for (size_t i = 0; i < 300; i++) { /* more seals than anybody would look through */
        struct op junk = commit_of(0x99, i, 0x98, 6);
        slip(&junk, SPAN_EMPTY);
    }
    settle_both();
    assert_false(harvested(0x73, 0xa3, 0xb3));
}

static void
an_opened_round_takes_no_second_answer(void **state)
{
    (void)state;
    ask_and_answer(0x71, 0xa2, 0xb2);
    settle_both();
    act_on(ANA, ANA, 0xa2, "retract");
    struct how how = {.parent = 0x71};
    assert_string_equal(try_write(ANA, 0xa3, "answer", "no, the hills", how),
                        "E_ALREADY");
    assert_false(has_row(ANA, ANA, 0xa3));
    assert_round_opens(0x72, 0xa4, 0xb4);
}

static void
a_second_answer_is_not_shared_into_a_round(void **state)
{
    (void)state;
    struct how how = {.parent = 0x71, .mine = true};
    write_words(ANA, 0x71, "question", "Where in May?");
    assert_string_equal(try_write(ANA, 0xa3, "answer", "mine", how), "E_REFUSED");
    how = (struct how){.parent = 0x71, .draft = true};
    write_how(ANA, 0xa3, "answer", "mine first", how);
    write_how(ANA, 0xa2, "answer", "at the sea", (struct how){.parent = 0x71});
    assert_string_equal(try_act(ANA, ANA, 0xa3, "share"), "E_ALREADY");
    write_how(BEN, 0xb2, "answer", "at home", (struct how){.parent = 0x71});
    settle_both();
    assert_int_equal(row_of(ANA, ANA, 0xa2).state, S_OPEN);
    assert_false(row_of(BEN, ANA, 0xa2).closed);
    assert_false(row_of(ANA, BEN, 0xb2).closed);
    assert_false(has_row(BEN, ANA, 0xa3));
}

static void
no_finding(void *context, int error, const char *detail)
{
    (void)context;
    fail_msg("%s: %s", error_name(error), detail);
}

static void
assert_bens_answer_is_read(uint8_t mark)
{
    struct entry_row row = row_of(ANA, BEN, mark);
    assert_int_equal(core_check(world.sides[ANA].core, no_finding, NULL), 0);
    assert_int_equal(store_begin(world.sides[ANA].store), 0);
    assert_int_equal(fold_refresh(world.sides[ANA].core, &row), 0);
    assert_int_equal(store_commit(world.sides[ANA].store), 0);
    assert_false(row.closed);
    assert_true(span_equal(text_of(ANA, &row), span_text("at home")));
}

/* Ben's seal names him, whoever ana is paired with by now. */
static void
what_was_opened_stays_open_after_leaving(void **state)
{
    (void)state;
    ask_and_answer(0x71, 0xa2, 0xb2);
    settle_both();
    assert_bens_answer_is_read(0xb2);
    assert_string_equal(ask_plain(ANA, "leave")->error, "");
    assert_bens_answer_is_read(0xb2);
}

static void
what_was_opened_stays_open_for_somebody_else(void **state)
{
    (void)state;
    ask_and_answer(0x71, 0xa2, 0xb2);
    settle_both();
    leave_and_meet_carl();
    assert_bens_answer_is_read(0xb2);
    assert_round_opens(0x72, 0xa3, 0xb3);
    assert_bens_answer_is_read(0xb2);
}

/* An op in a log that ben's home had left, as if it came before all he wrote since. */
static void
slip_into_old_log(int64_t log_no, struct op *op)
{
    struct side *ben = &world.sides[BEN];
    struct core *core = ben->core;
    uint64_t lamports[8];
    assert_true(core->logs_count <= 8);
    for (size_t i = 0; i < core->logs_count; i++) {
        lamports[i] = core->logs[i].lamport;
        core->logs[i].lamport = core->logs[i].no == log_no ? lamports[i] : 0;
    }
    enum log_state state = journal_log(core, log_no)->state;
    journal_log(core, log_no)->state = LOG_LIVE;
    assert_int_equal(store_begin(ben->store), 0);
    assert_int_equal(journal_append(core, log_no, op, SPAN_EMPTY), 0);
    for (size_t i = 0; i < core->logs_count; i++) {
        bool old = core->logs[i].no == log_no;
        core->logs[i].lamport = old ? core->logs[i].lamport : lamports[i];
    }
    journal_log(core, log_no)->state = state;
    assert_int_equal(store_commit(ben->store), 0);
}

/* Two copies of ben's home let the same answer go; the seal that is first by order comes
 * last. Ana accepted the other. */
static void
the_accepted_seal_stays_the_one_that_counts(void **state)
{
    (void)state;
    struct side *ben = &world.sides[BEN];
    struct actions none;
    struct op op = commit_of(0xb2, 0, 0x71, 5);
    int64_t old_no = ben->core->ours_no;
    actions_init(&none);
    assert_int_equal(store_begin(ben->store), 0);
    ben->core->actions = &none;
    assert_int_equal(journal_incarnate(ben->core), 0);
    ben->core->actions = NULL;
    assert_int_equal(store_commit(ben->store), 0);
    actions_clear(&none);
    world_path_down(&world);
    world_path_up(&world);
    settle_both();
    assert_round_opens(0x71, 0xa2, 0xb2);
    slip_into_old_log(old_no, &op);
    world_path_down(&world);
    world_path_up(&world);
    settle_both();
    const struct log_row *old = journal_log(ben->core, old_no);
    assert_int_equal(journal_log_find(world.sides[ANA].core, old->id)->seq, old->seq);
    assert_int_equal(row_of(ANA, BEN, 0xb2).state, S_OPEN);
    assert_false(row_of(ANA, BEN, 0xb2).closed);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIVED(nothing_is_added_to_what_has_faded),
        LIVED(a_reply_held_while_it_fades_stays_mine),
        LIVED(a_gift_for_after_the_fade_stays_mine),
        LIVED(private_words_outlive_the_thread_and_stay_private),
        LIVED(a_thread_whose_root_was_retracted_fades_too),
        LIVED(what_no_longer_fits_stays_mine),
        LIVED(a_gift_is_for_the_one_it_was_meant_for),
        LIVED(the_words_of_a_topic_are_for_the_one_left),
        LIVED(a_rainy_day_draws_nothing_of_the_one_left),
        LIVED(a_bare_undo_leaves_a_gift_alone),
        LIVED(a_bare_undo_means_what_she_did),
        LIVED(words_lost_with_a_disk_stop_no_later_round),
        LIVED(garbage_gets_one_answer_however_much_there_is),
        LIVED(an_opened_round_takes_no_second_answer),
        LIVED(a_second_answer_is_not_shared_into_a_round),
        LIVED(what_was_opened_stays_open_after_leaving),
        LIVED(what_was_opened_stays_open_for_somebody_else),
        LIVED(the_accepted_seal_stays_the_one_that_counts),
    };
    return cmocka_run_group_tests_name("core_held", tests, NULL, NULL);
}
