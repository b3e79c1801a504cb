/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ana and Ben at their keyboards, for the tests of the core (test_core_*.c): what the two
 * ask, write and do to entries, and what a Ben puts into his journal who does not keep to
 * the rules.
 *
 * The model: one couple a test, in `world`; requests go the way a client's do, and a step
 * of either core that fails, fails the test. An id is its mark sixteen times.
 */
#ifndef ATTUNE_TESTS_COUPLE_WORLD_H
#define ATTUNE_TESTS_COUPLE_WORLD_H

#include "tests/lib/protocol_world.h"

#include "common/pb.h"
#include "daemon/core/policy.h"

#include <sodium.h>

enum { TODAY = NOW_S / 86400, DAY_S = 86400 };

static struct world world;
static struct arena *arena;

/* ---- asking ---- */

static inline Attune__Local__Reply *
ask(int who, Attune__Local__Request *request)
{
    request->format = 1;
    request->number = 1;
    world_ask(&world, who, request);
    const struct buf *reply = &world.sides[who].reply;
    Attune__Local__Reply *out =
        attune__local__reply__unpack(arena_allocator(arena), reply->size, reply->data);
    assert_non_null(out);
    return out;
}

/* A request without a body. */
static inline Attune__Local__Reply *
ask_plain(int who, const char *what)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    request.name = arena_text(arena, span_text(what));
    return ask(who, &request);
}

static inline void
allow(int who, const char *what, const char *value)
{
    char name[] = "allow";
    Attune__Local__Request request;
    Attune__Local__Option option;
    attune__local__request__init(&request);
    attune__local__option__init(&option);
    option.name = arena_text(arena, span_text(what));
    option.value = pb_span(span_text(value));
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_OPTION;
    request.option = &option;
    assert_string_equal(ask(who, &request)->error, "");
    world_deliver(&world);
}

/* ---- what passes between the two ---- */

static inline void
tick(int who)
{
    world_step(&world, who, (struct event){.type = CORE_TICK});
}

/* Everything is told and acknowledged, and what follows from it too. */
static inline void
settle_both(void)
{
    for (int i = 0; i < 4; i++) {
        world.mono_ms += 70000; /* past every resend */
        tick(ANA);
        tick(BEN);
        world_deliver(&world);
    }
}

static inline void
pass_days(int days)
{
    world.later_s += (int64_t)days * DAY_S;
    tick(ANA);
    tick(BEN);
    world_deliver(&world);
}

/* Its daemon is stopped and starts again, and the two find each other. */
static inline void
restart(int who)
{
    struct side *side = &world.sides[who];
    const struct core_config core = {
        .store = side->store, .random = world_random, .random_context = side};
    core_free(side->core);
    side->core = NULL;
    assert_int_equal(core_new(&core, &side->core), 0);
    world_step(&world, who, (struct event){.type = CORE_START});
    world_path_down(&world);
    world_path_up(&world);
}

/* ---- entries ---- */

/* `number` tells many of one mark apart. */
static inline void
entry_id(uint8_t mark, size_t number, uint8_t out[static ID_BYTES])
{
    memset(out, mark, ID_BYTES);
    out[0] ^= (uint8_t)number;
    out[1] ^= (uint8_t)(number >> 8);
}

/* What else can be said of an entry. */
struct how {
    uint8_t parent; /* 0: none */
    size_t parent_number;
    int of;         /* the parent's author, ANA unless said */
    size_t number;
    uint32_t hold_s;
    int64_t give;
    const char *every; /* of what recurs; at the last minute of the day */
    const char *field; /* a number it has besides: "due", "lasts", "at" */
    int64_t value;
    bool mine;
    bool draft;
};

/* Writes what may be refused: the error's name, "" if not. Not delivered yet. */
static inline const char *
try_write(int who, uint8_t mark, const char *kind, const char *words, struct how how)
{
    char name[] = "create", text[] = "text", every[] = "every", at[] = "at";
    uint8_t id[ID_BYTES], parent[ID_BYTES];
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    Attune__Local__Field field[3], *fields[] = {&field[0], &field[1], &field[2]};
    bool wordless = words == NULL; /* a kind that has no text */
    attune__local__request__init(&request);
    attune__local__entry__init(&entry);
    for (size_t i = 0; i < 3; i++) {
        attune__local__field__init(&field[i]);
    }
    entry_id(mark, how.number, id);
    entry_id(how.parent, how.parent_number, parent);
    field[0].name = text;
    field[0].text = pb_span(span_text(wordless ? "" : words));
    field[1].name = every;
    field[1].text = pb_span(span_text(how.every == NULL ? "" : how.every));
    field[2].name = at;
    field[2].number = 24 * 60 - 1;
    if (how.every != NULL && how.field != NULL) { /* another minute */
        field[2].number = how.value;
    } else if (how.field != NULL) {
        field[1].name = arena_text(arena, span_text(how.field));
        field[1].number = how.value;
    }
    entry.id = pb_span(span_of(id, sizeof id));
    entry.kind = arena_text(arena, span_text(kind));
    entry.n_fields = how.every != NULL ? 3 : how.field != NULL ? 2 : 1;
    entry.n_fields -= wordless;
    entry.fields = fields + wordless;
    entry.hold_s = how.hold_s;
    entry.give = how.give;
    entry.mine = how.mine;
    entry.draft = how.draft;
    if (how.parent != 0) {
        entry.parent = pb_span(span_of(parent, sizeof parent));
        entry.parent_partner = how.of != who;
    }
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    return ask(who, &request)->error;
}

static inline void
write_how(int who, uint8_t mark, const char *kind, const char *words, struct how how)
{
    assert_string_equal(try_write(who, mark, kind, words, how), "");
    world_deliver(&world);
}

static inline void
write_words(int who, uint8_t mark, const char *kind, const char *words)
{
    write_how(who, mark, kind, words, (struct how){.parent = 0});
}

/* An act on an entry of `author`; what `body` says of how is kept. */
static inline const char *
try_act_with(int who, int author, uint8_t mark, const char *act,
             Attune__Local__Act body)
{
    static uint8_t acts_count;
    char name[] = "act";
    uint8_t id[ID_BYTES], number[REQUEST_BYTES] = {++acts_count, 1};
    Attune__Local__Request request;
    attune__local__request__init(&request);
    entry_id(mark, 0, id);
    body.id = mark == 0 ? pb_span(SPAN_EMPTY) : pb_span(span_of(id, sizeof id));
    body.partner = author != who;
    body.act = arena_text(arena, span_text(act));
    body.request = pb_span(span_of(number, sizeof number));
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_ACT;
    request.act = &body;
    return ask(who, &request)->error;
}

static inline const char *
try_act(int who, int author, uint8_t mark, const char *act)
{
    return try_act_with(who, author, mark, act,
                        (Attune__Local__Act)ATTUNE__LOCAL__ACT__INIT);
}

static inline void
act_on(int who, int author, uint8_t mark, const char *act)
{
    assert_string_equal(try_act(who, author, mark, act), "");
    world_deliver(&world);
}

/* Ana asks to start over (0xa1), and both say that it is mended. */
static inline void
mend(void)
{
    write_words(ANA, 0xa1, "repair", "can we start over?");
    act_on(ANA, ANA, 0xa1, "repaired");
    act_on(BEN, ANA, 0xa1, "repaired");
}

/* A question of ana's; she answers it, then ben. */
static inline void
ask_and_answer(uint8_t question, uint8_t anas, uint8_t bens)
{
    write_words(ANA, question, "question", "Where in May?");
    write_how(ANA, anas, "answer", "at the sea", (struct how){.parent = question});
    write_how(BEN, bens, "answer", "at home", (struct how){.parent = question});
}

/* ---- what is in a journal ---- */

static inline bool
has_row(int who, int author, uint8_t mark)
{
    uint8_t id[ID_BYTES];
    struct entry_row row;
    entry_id(mark, 0, id);
    int rc = store_entry_find(world.sides[who].store, id, author != who, &row);
    assert_true(rc == 0 || rc == E_NO_ENTRY);
    return rc == 0;
}

static inline struct entry_row
row_numbered(int who, int author, uint8_t mark, size_t number)
{
    uint8_t id[ID_BYTES];
    struct entry_row row;
    entry_id(mark, number, id);
    assert_int_equal(store_entry_find(world.sides[who].store, id, author != who, &row),
                     0);
    return row;
}

static inline struct entry_row
row_of(int who, int author, uint8_t mark)
{
    return row_numbered(who, author, mark, 0);
}

/* What a person is shown as the first field of an entry. */
static inline struct span
text_of(int who, const struct entry_row *row)
{
    struct op_row op;
    Attune__Journal__Payload *payload;
    assert_true(row->text_log != 0);
    assert_int_equal(
        store_op_get(world.sides[who].store, row->text_log, row->text_seq, arena, &op),
        0);
    assert_int_equal(payload_decode(op.payload, arena, &payload), 0);
    assert_true(payload->n_fields > 0);
    return span_of(payload->fields[0]->text.data, payload->fields[0]->text.len);
}

/* ---- what no attune would write ---- */

/* An op in ben's journal; `lie` tells ana of it too. */
static inline void
slip(struct op *op, struct span payload)
{
    struct side *ben = &world.sides[BEN];
    assert_int_equal(store_begin(ben->store), 0);
    assert_int_equal(journal_append(ben->core, ben->core->ours_no, op, payload), 0);
    assert_int_equal(store_commit(ben->store), 0);
}

static inline void
lie(struct op *op, struct span payload)
{
    slip(op, payload);
    tick(BEN);
    world_deliver(&world);
}

/* ---- a life ---- */

static inline int
couple_begin(void **state)
{
    (void)state;
    arena = arena_new(64u << 20);
    if (sodium_init() < 0 || arena == NULL) {
        return -1;
    }
    world_birth(&world, ANA, "Ana", "tcp://ana.example:7400");
    world_birth(&world, BEN, "Ben", "tcp://ben.example:7400");
    world_pair(&world, arena);
    return 0;
}

static inline int
couple_end(void **state)
{
    (void)state;
    world_end(&world);
    arena_free(arena);
    return 0;
}

#define LIVED(test) cmocka_unit_test_setup_teardown(test, couple_begin, couple_end)

#endif
