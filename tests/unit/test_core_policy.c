/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies against a partner who does not keep to them: two real cores, and ben's journal
 * gets ops no attune would write. Ana must be asked, shown and told what she chose.
 */
#include "tests/lib/protocol_world.h"

#include "daemon/core/policy.h"

#include <sodium.h>
#include <stdio.h>

static const uint8_t *
secret_of(const struct core *core)
{
    static uint8_t secret[KEY_BYTES];
    deal_secret(core, secret);
    return secret;
}

static struct world world;
static struct arena *arena;

enum { TODAY = NOW_S / 86400 };

/* ---- what the two do ---- */

static Attune__Local__Reply *
ask(int who, Attune__Local__Request *request)
{
    request->format = 1;
    request->number = 1;
    world_ask(&world, who, request);
    const struct buf *reply = &world.sides[who].reply;
    Attune__Local__Reply *out = attune__local__reply__unpack(arena_allocator(arena),
                                                             reply->size, reply->data);
    assert_non_null(out);
    return out;
}

static Attune__Local__Reply *
allow(int who, char *what, char *value)
{
    char name[] = "allow";
    Attune__Local__Request request;
    Attune__Local__Option option;
    attune__local__request__init(&request);
    attune__local__option__init(&option);
    option.name = what;
    option.value = (ProtobufCBinaryData){strlen(value), (uint8_t *)value};
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_OPTION;
    request.option = &option;
    Attune__Local__Reply *reply = ask(who, &request);
    assert_string_equal(reply->error, "");
    world_deliver(&world);
    return reply;
}

/* Written and on its way, not delivered; an id is its mark sixteen times. `parent` is an
 * entry of ana's, 0: none. */
static void
write_to(int who, uint8_t mark, uint8_t parent, char *kind, char *text)
{
    char name[] = "create", field_name[] = "text";
    uint8_t id[ID_BYTES], parent_id[ID_BYTES];
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    Attune__Local__Field field, *fields[] = {&field};
    attune__local__request__init(&request);
    attune__local__entry__init(&entry);
    attune__local__field__init(&field);
    memset(id, mark, sizeof id);
    field.name = field_name;
    field.text = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    entry.id = (ProtobufCBinaryData){sizeof id, id};
    entry.kind = kind;
    entry.n_fields = 1;
    entry.fields = fields;
    memset(parent_id, parent, sizeof parent_id);
    if (parent != 0) {
        entry.parent = (ProtobufCBinaryData){sizeof parent_id, parent_id};
        entry.parent_partner = who == BEN;
    }
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    assert_string_equal(ask(who, &request)->error, "");
}

static void
write_entry(int who, uint8_t mark, char *kind, char *text)
{
    write_to(who, mark, 0, kind, text);
}

static void
act_on(int who, uint8_t mark, bool partner, char *act)
{
    char name[] = "act";
    uint8_t id[ID_BYTES], number[REQUEST_BYTES] = {mark, (uint8_t)who, (uint8_t)partner};
    Attune__Local__Request request;
    Attune__Local__Act body;
    attune__local__request__init(&request);
    attune__local__act__init(&body);
    memset(id, mark, sizeof id);
    body.id = (ProtobufCBinaryData){sizeof id, id};
    body.partner = partner;
    body.act = act;
    body.request = (ProtobufCBinaryData){sizeof number, number};
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_ACT;
    request.act = &body;
    assert_string_equal(ask(who, &request)->error, "");
}

/* An op ben's attune would not write, in his journal all the same; and ana gets it. */
static void
lie(struct op *op, struct span payload)
{
    struct side *ben = &world.sides[BEN];
    assert_int_equal(store_begin(ben->store), 0);
    assert_int_equal(journal_append(ben->core, ben->core->ours_no, op, payload), 0);
    assert_int_equal(store_commit(ben->store), 0);
    world_step(&world, BEN, (struct event){.type = CORE_TICK});
    world_deliver(&world);
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

static void
find(int who, uint8_t mark, bool theirs, struct entry_row *out)
{
    uint8_t id[ID_BYTES];
    memset(id, mark, sizeof id);
    assert_int_equal(store_entry_find(world.sides[who].store, id, theirs, out), 0);
}

/* What a person is shown as the first field of an entry. */
static struct span
text_of(int who, const struct entry_row *row)
{
    struct op_row op;
    Attune__Journal__Payload *payload;
    assert_true(row->text_log != 0);
    assert_int_equal(store_op_get(world.sides[who].store, row->text_log, row->text_seq,
                                  arena, &op),
                     0);
    assert_int_equal(payload_decode(op.payload, arena, &payload), 0);
    assert_true(payload->n_fields > 0);
    return span_of(payload->fields[0]->text.data, payload->fields[0]->text.len);
}

/* ---- how deep ---- */

static void
nobody_rises_for_the_other(void **state)
{
    (void)state;
    char depth[] = "depth", deeper[] = "deeper", lighter[] = "lighter";
    (void)allow(ANA, depth, lighter);
    (void)allow(BEN, depth, deeper);
    assert_int_equal(ceiling_at(ANA, TODAY + 400), 1);
    struct op op = level_act("level-five", true); /* about ana's own entry */
    lie(&op, SPAN_EMPTY);
    assert_int_equal(ceiling_at(ANA, TODAY + 400), 1);
}

static void
many_levels_of_one_leave_the_other_alone(void **state)
{
    (void)state;
    char depth[] = "depth", deeper[] = "deeper", lighter[] = "lighter";
    (void)allow(ANA, depth, lighter);
    (void)allow(BEN, depth, deeper);
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
    char deck[] = "deck", text[512] = "2 us ";
    struct span texts[DAYS];
    struct question question;
    struct core *core = world.sides[ANA].core;
    assert_int_equal(question_of_day(core, TODAY, &question), 0);
    assert_true(question.text.size < 200);
    size_t size = 5 + question.text.size;
    memcpy(text + 5, question.text.data, question.text.size);
    (void)snprintf(text + size, sizeof text - size, "\nWhere in May?\n1 us Where in May?\n");
    write_entry(BEN, 0x61, deck, text);
    world_deliver(&world);
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

/* Ana's is the root, ben's joins it. */
static void
both_tell_their_story(void)
{
    char story[] = "story", anas[] = "ana waited", bens[] = "ben was late";
    write_entry(ANA, 0xa1, story, anas);
    world_deliver(&world);
    write_entry(BEN, 0xb1, story, bens);
    world_deliver(&world);
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
    struct entry_row row;
    both_tell_their_story();
    find(ANA, 0xb1, true, &row);
    assert_int_equal(row.state, S_OPEN);
    assert_false(row.closed);
    size_t before[] = {ops_of(ANA), ops_of(BEN)};
    for (int i = 0; i < 3; i++) { /* whatever goes on about it */
        char repaired[] = "repaired", retract[] = "retract";
        if (i == 0) {
            act_on(ANA, 0xa1, false, repaired);
            before[ANA]++;
        } else if (i == 1) {
            act_on(BEN, 0xb1, false, retract);
            before[BEN]++;
        }
        world_deliver(&world);
        world_step(&world, ANA, (struct event){.type = CORE_TICK});
        world_step(&world, BEN, (struct event){.type = CORE_TICK});
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
    char story[] = "story", anas[] = "ana waited";
    char name[] = "text", words[] = "ana was wrong";
    struct entry_row row;
    struct buf payload = {0};
    const uint8_t salt[SALT_BYTES] = {1};
    Attune__Local__Field field;
    const Attune__Local__Field *fields[] = {&field};
    attune__local__field__init(&field);
    field.name = name;
    field.text = (ProtobufCBinaryData){strlen(words), (uint8_t *)words};
    write_entry(ANA, 0xa1, story, anas);
    world_deliver(&world);
    assert_int_equal(payload_encode(fields, 1, salt, &payload), 0);
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true, .theirs = true,
                    .act = "repaired", .has_accepts = true, .accepts = {9}};
    memset(op.entry, 0xa1, ID_BYTES);
    lie(&op, buf_span(&payload));
    find(ANA, 0xa1, false, &row);
    assert_true(span_equal(text_of(ANA, &row), span_text(anas)));
    buf_free(&payload);
}

/* Ben says it is mended before his story can open; ana, who has not heard, tells hers and
 * says so too. His opening comes after both; she must not wait for it for ever. */
static void
mended_before_it_opens_is_not_owed_for_ever(void **state)
{
    (void)state;
    char story[] = "story", anas[] = "ana waited", bens[] = "ben was late";
    char repaired[] = "repaired", question[] = "question", asks[] = "Where in May?";
    char answer[] = "answer";
    struct entry_row row;
    write_entry(BEN, 0xb1, story, bens);
    world_deliver(&world);
    world_path_down(&world);
    act_on(BEN, 0xb1, false, repaired);
    write_entry(ANA, 0xa1, story, anas); /* joins ben's thread, and reveals */
    act_on(ANA, 0xb1, true, repaired);
    world_path_down(&world);
    world_path_up(&world);
    /* The next round opens as any other. */
    write_entry(ANA, 0x71, question, asks);
    world_deliver(&world);
    write_to(ANA, 0xa2, 0x71, answer, anas);
    write_to(BEN, 0xb2, 0x71, answer, bens);
    world_deliver(&world);
    find(ANA, 0xb2, true, &row);
    assert_false(row.closed);
    /* And what he told is told. */
    find(ANA, 0xb1, true, &row);
    assert_false(row.closed);
}

static int
begin(void **state)
{
    (void)state;
    arena = arena_new(16u << 20);
    if (sodium_init() < 0 || arena == NULL) {
        return -1;
    }
    world_birth(&world, ANA, "Ana", "tcp://ana.example:7400");
    world_birth(&world, BEN, "Ben", "tcp://ben.example:7400");
    world_pair(&world, arena);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    world_end(&world);
    arena_free(arena);
    return 0;
}

#define LIVED(test) cmocka_unit_test_setup_teardown(test, begin, end)

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
    };
    return cmocka_run_group_tests_name("core_policy", tests, NULL, NULL);
}
