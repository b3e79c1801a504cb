/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies against a partner who does not keep to them: two real cores, and ben's journal
 * gets ops no attune would write. Ana must be asked, shown and told what she chose.
 */
#include "tests/lib/couple_world.h"

#include <stdio.h>

static const uint8_t *
secret_of(const struct core *core)
{
    static uint8_t secret[KEY_BYTES];
    deal_secret(core, secret);
    return secret;
}

static void
consent_id(const char *kind, uint8_t out[static ID_BYTES])
{
    uint8_t hash[HASH_BYTES];
    struct span spans[] = {span_of(world.sides[ANA].core->pairing.couple, ID_BYTES),
                           span_text(kind)};
    hash_spans(hash, "attune.consent", spans, 2);
    memcpy(out, hash, ID_BYTES);
}

static struct op
level_act(const char *level, bool theirs)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true,
                    .theirs = theirs};
    consent_id("depth", op.entry);
    memcpy(op.act, level, strlen(level) + 1);
    return op;
}

static unsigned
ceiling_at(int who, int64_t day)
{
    struct core *core = world.sides[who].core;
    struct level levels[LEVELS_MAX];
    size_t count = 0;
    assert_int_equal(consent_levels(core, levels, &count), 0);
    arena_reset(core->scratch);
    return deal_ceiling(secret_of(core), levels, count, day);
}

/* ---- how deep ---- */

static void
nobody_rises_for_the_other(void **state)
{
    (void)state;
    allow(ANA, "depth", "lighter");
    allow(BEN, "depth", "deeper");
    assert_int_equal(ceiling_at(ANA, TODAY + 400), 1);
    struct op op = level_act("level-five", true); /* about ana's own entry */
    lie(&op, SPAN_EMPTY);
    assert_int_equal(ceiling_at(ANA, TODAY + 400), 1);
}

static void
many_levels_of_one_leave_the_other_alone(void **state)
{
    (void)state;
    allow(ANA, "depth", "lighter");
    allow(BEN, "depth", "deeper");
    for (int i = 0; i < LEVELS_MAX; i++) {
        struct op op = level_act(i % 2 == 0 ? "level-four" : "level-five", false);
        lie(&op, SPAN_EMPTY);
    }
    assert_int_equal(ceiling_at(ANA, TODAY + 400), 1);
    assert_int_equal(ceiling_at(BEN, TODAY + 400), 1);
}

/* ---- the question of a day ---- */

/* The text is what a question is known by, whoever brings it and however often. */
static void
what_is_in_two_decks_is_one_question(void **state)
{
    (void)state;
    enum { DAYS = 100 }; /* there are more questions than that */
    char text[512] = "2 us ";
    struct span texts[DAYS];
    struct question question;
    struct core *core = world.sides[ANA].core;
    assert_int_equal(question_of_day(core, TODAY, &question), 0);
    assert_true(question.text.size < 200);
    size_t size = 5 + question.text.size;
    memcpy(text + 5, question.text.data, question.text.size);
    (void)snprintf(text + size, sizeof text - size, "\nWhere in May?\n1 us Where in May?\n");
    write_words(BEN, 0x61, "deck", text);
    for (size_t i = 0; i < DAYS; i++) {
        assert_int_equal(question_of_day(core, TODAY + (int64_t)i, &question), 0);
        texts[i] = question.text;
        for (size_t j = 0; j < i; j++) {
            if (span_equal(texts[i], texts[j])) {
                fail_msg("\"%.*s\" is asked again after %zu days", (int)texts[i].size,
                         (const char *)texts[i].data, i - j);
            }
        }
    }
    arena_reset(core->arena);
}

/* ---- seals ---- */

static void
tell_story(int who, uint8_t mark, const char *text)
{
    write_words(who, mark, "story", text);
}

/* Ana's is the root, ben's joins it. */
static void
both_tell_their_story(void)
{
    tell_story(ANA, 0xa1, "ana waited");
    tell_story(BEN, 0xb1, "ben was late");
}

static size_t
ops_of(int who)
{
    const struct core *core = world.sides[who].core;
    return (size_t)journal_log(world.sides[who].core, core->ours_no)->seq;
}

static void
an_opened_story_is_not_opened_again(void **state)
{
    (void)state;
    both_tell_their_story();
    struct entry_row row = row_of(ANA, BEN, 0xb1);
    assert_int_equal(row.state, S_OPEN);
    assert_false(row.closed);
    size_t before[] = {ops_of(ANA), ops_of(BEN)};
    for (int i = 0; i < 3; i++) { /* whatever goes on about it */
        if (i == 0) {
            act_on(ANA, ANA, 0xa1, "repaired");
            before[ANA]++;
        } else if (i == 1) {
            act_on(BEN, BEN, 0xb1, "retract");
            before[BEN]++;
        }
        tick(ANA);
        tick(BEN);
        world_deliver(&world);
    }
    assert_int_equal(ops_of(ANA), before[ANA]);
    assert_int_equal(ops_of(BEN), before[BEN]);
}

/* An act of theirs that says it accepts something is no reveal of ours. */
static void
their_act_does_not_change_my_words(void **state)
{
    (void)state;
    char name[] = "text", words[] = "ana was wrong";
    struct buf payload = {0};
    const uint8_t salt[SALT_BYTES] = {1};
    Attune__Local__Field field;
    const Attune__Local__Field *fields[] = {&field};
    attune__local__field__init(&field);
    field.name = name;
    field.text = (ProtobufCBinaryData){strlen(words), (uint8_t *)words};
    tell_story(ANA, 0xa1, "ana waited");
    assert_int_equal(payload_encode(fields, 1, salt, &payload), 0);
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true, .theirs = true,
                    .act = "repaired", .has_accepts = true, .accepts = {9}};
    memset(op.entry, 0xa1, ID_BYTES);
    lie(&op, buf_span(&payload));
    struct entry_row row = row_of(ANA, ANA, 0xa1);
    assert_true(span_equal(text_of(ANA, &row), span_text("ana waited")));
    buf_free(&payload);
}

/* Ben says it is mended before his story can open; ana, who has not heard, tells hers and
 * says so too. His opening comes after both; she must not wait for it for ever. */
static void
mended_before_it_opens_is_not_owed_for_ever(void **state)
{
    (void)state;
    const struct how how = {.parent = 0}; /* it joins ben's thread by itself */
    tell_story(BEN, 0xb1, "ben was late");
    world_path_down(&world);
    assert_string_equal(try_act(BEN, BEN, 0xb1, "repaired"), "");
    assert_string_equal(try_write(ANA, 0xa1, "story", "ana waited", how), "");
    assert_string_equal(try_act(ANA, BEN, 0xb1, "repaired"), "");
    world_path_down(&world);
    world_path_up(&world);
    /* The next round opens as any other. */
    ask_and_answer(0x71, 0xa2, 0xb2);
    assert_false(row_of(ANA, BEN, 0xb2).closed);
    /* And what he told is told. */
    assert_false(row_of(ANA, BEN, 0xb1).closed);
}

/* Each opens another round first, unheard by the other: neither waits for ever. */
static void
two_rounds_that_cross_both_open(void **state)
{
    (void)state;
    tell_story(BEN, 0xb1, "ben was late");
    write_words(ANA, 0x71, "question", "Where in May?");
    write_how(ANA, 0xa2, "answer", "at the sea", (struct how){.parent = 0x71});
    world_path_down(&world);
    assert_string_equal(try_write(BEN, 0xb2, "answer", "at home",
                                  (struct how){.parent = 0x71, .of = ANA}),
                        "");
    assert_string_equal(try_write(ANA, 0xa1, "story", "ana waited", (struct how){.parent = 0}),
                        "");
    world_path_down(&world);
    world_path_up(&world);
    settle_both();
    assert_false(row_of(ANA, BEN, 0xb1).closed);
    assert_false(row_of(ANA, BEN, 0xb2).closed);
    assert_false(row_of(BEN, ANA, 0xa1).closed);
    assert_false(row_of(BEN, ANA, 0xa2).closed);
}

/* Both allowed a year; that they are no longer paired doesn't make it thirty days. */
static void
a_longer_wait_outlives_leaving(void **state)
{
    (void)state;
    allow(ANA, "longer", "yes");
    allow(BEN, "longer", "yes");
    mend();
    settle_both();
    struct entry_row row = row_of(ANA, ANA, 0xa1);
    int64_t wake = row.wake;
    assert_true(wake > NOW_S + 300 * DAY_S);
    assert_string_equal(ask_plain(ANA, "leave")->error, "");
    struct side *ana = &world.sides[ANA];
    assert_int_equal(store_begin(ana->store), 0);
    assert_int_equal(fold_refresh(ana->core, &row), 0);
    assert_int_equal(store_commit(ana->store), 0);
    assert_true(row_of(ANA, ANA, 0xa1).wake == wake);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIVED(nobody_rises_for_the_other),
        LIVED(many_levels_of_one_leave_the_other_alone),
        LIVED(what_is_in_two_decks_is_one_question),
        LIVED(an_opened_story_is_not_opened_again),
        LIVED(their_act_does_not_change_my_words),
        LIVED(mended_before_it_opens_is_not_owed_for_ever),
        LIVED(two_rounds_that_cross_both_open),
        LIVED(a_longer_wait_outlives_leaving),
    };
    return cmocka_run_group_tests_name("core_policy", tests, NULL, NULL);
}
