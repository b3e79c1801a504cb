/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Examples of PROTOCOL.md that go with the days: the deck, consents, the question of a day,
 * two answers to it, and how the ring turns after a deck, a question and three wishes.
 *
 * The model: each function is a test of test_protocol.c, which owns `page`, `world` and
 * `arena`; they are run in order, on one life of Ana and Ben.
 */
#ifndef ATTUNE_TESTS_PROTOCOL_DAYS_H
#define ATTUNE_TESTS_PROTOCOL_DAYS_H

#include "tests/lib/protocol_page.h"
#include "tests/lib/protocol_world.h"

#include "common/deck.h"
#include "common/when.h"
#include "daemon/core/deal.h"

#include <sodium.h>

/* ---- what examples are made with ---- */

static struct page page;
static struct world world;
static struct arena *arena;

static inline struct span
fixed(const void *data, size_t size)
{
    return span_of(data, size);
}

#define VALUE(body, name, array) page_put_value(body, name, array, sizeof(array))

static inline void
put_text(struct buf *body, const char *name, struct span text)
{
    buf_printf(body, "%s: %.*s\n", name, (int)text.size, (const char *)text.data);
}

static inline void
put_number(struct buf *body, const char *name, uint64_t value)
{
    buf_printf(body, "%s: %llu\n", name, (unsigned long long)value);
}

static inline Attune__Local__Request
request_of(char *name, uint32_t number)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    request.format = 1;
    request.number = number;
    request.name = name;
    return request;
}

/* ---- the question of a day, and two answers to it ---- */

static inline void
deck_is_shown(void **state)
{
    (void)state;
    crypto_generichash_state hash;
    uint8_t out[HASH_BYTES];
    struct span rest = span_text(deck_text);
    struct deck_line line;
    struct buf body = {0}, row = {0};
    size_t count = 0;
    (void)crypto_generichash_init(&hash, NULL, 0, sizeof out);
    for (; deck_next(&rest, &line); count++) {
        buf_clear(&row);
        buf_printf(&row, "%u ", line.depth);
        buf_put_span(&row, line.tags);
        buf_put_text(&row, " ");
        buf_put_span(&row, line.text);
        buf_put_text(&row, "\n");
        (void)crypto_generichash_update(&hash, row.data, row.size);
    }
    (void)crypto_generichash_final(&hash, out, sizeof out);
    put_number(&body, "questions", count);
    VALUE(&body, "digest", out);
    page_expect_fence(&page, "values", "deck", &body);
    buf_free(&row);
}

static inline void
allow(int who, char *what, char *value)
{
    char name[] = "allow";
    Attune__Local__Request request = request_of(name, 11);
    Attune__Local__Option option;
    attune__local__option__init(&option);
    option.name = what;
    option.value = (ProtobufCBinaryData){strlen(value), (uint8_t *)value};
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_OPTION;
    request.option = &option;
    world_ask(&world, who, &request);
    (void)world_reply_text(&world, who, arena);
    world_deliver(&world);
}

static inline void
consents_are_shown(void **state)
{
    (void)state;
    const uint8_t *couple = world.sides[ANA].core->pairing.couple;
    struct buf body = {0};
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        uint8_t hash[HASH_BYTES];
        struct span spans[] = {fixed(couple, ID_BYTES), span_text(kind->name)};
        hash_spans(hash, "attune.consent", spans, 2);
        if (kind->consent != CONSENT_NONE) {
            page_put_value(&body, kind->name, hash, ID_BYTES);
        }
    }
    /* And that is where the code looks for them. */
    char what[] = "answered", yes[] = "yes";
    struct entry_row row;
    uint8_t id[HASH_BYTES];
    struct span spans[] = {fixed(couple, ID_BYTES), span_text(what)};
    allow(ANA, what, yes);
    hash_spans(id, "attune.consent", spans, 2);
    assert_int_equal(store_entry_find(world.sides[BEN].store, id, true, &row), 0);
    assert_int_equal(row.state, S_DONE);
    page_expect_fence(&page, "values", "consents", &body);
}

/* From which day on a level is allowed that both have wished for since a day. */
static inline int64_t
rises(const uint8_t *secret, unsigned level, int64_t since)
{
    const struct level levels[] = {{.theirs = false, .day = since, .level = level},
                                   {.theirs = true, .day = since, .level = level}};
    int64_t day = since;
    while (deal_ceiling(secret, levels, 2, day) < level) {
        assert_true(++day < since + 30);
    }
    return day;
}

static inline void
question_is_shown(void **state)
{
    (void)state;
    struct core *core = world.sides[ANA].core;
    const int64_t day = NOW_S / 86400;
    struct question question, other;
    struct buf body = {0};
    uint8_t secret[KEY_BYTES], order[HASH_BYTES];
    struct hash hash;
    struct span psk = span_of(core->pairing.psk, KEY_BYTES);
    assert_int_equal(question_of_day(core, day, &question), 0);
    assert_int_equal(question_of_day(world.sides[BEN].core, day, &other), 0);
    assert_memory_equal(question.round, other.round, ID_BYTES);
    hash_spans(secret, "attune.questions", &psk, 1);
    hash_keyed_init(&hash, "attune.deal", secret);
    hash_put(&hash, question.text);
    hash_final(&hash, order);
    VALUE(&body, "secret", secret);
    put_number(&body, "day", (uint64_t)day);
    buf_put_text(&body, "date: ");
    when_day_text(&body, day);
    buf_put_text(&body, "\n");
    put_text(&body, "text", question.text);
    put_number(&body, "order", bytes_get_u64(order));
    VALUE(&body, "round", question.round);
    put_number(&body, "rises", (uint64_t)rises(secret, 3, day));
    page_expect_fence(&page, "values", "question", &body);
}

/* Written at once; an id is its mark sixteen times. */
static inline void
write_entry(int who, uint8_t mark, char *kind, const uint8_t *parent, char *text)
{
    char name[] = "create", field_name[] = "text";
    uint8_t id[ID_BYTES], parent_id[ID_BYTES];
    Attune__Local__Request request = request_of(name, 12);
    Attune__Local__Entry entry;
    Attune__Local__Field field, *fields[] = {&field};
    attune__local__entry__init(&entry);
    attune__local__field__init(&field);
    memset(id, mark, sizeof id);
    field.name = field_name;
    field.text = (ProtobufCBinaryData){strlen(text), (uint8_t *)text};
    entry.id = (ProtobufCBinaryData){sizeof id, id};
    if (parent != NULL) {
        memcpy(parent_id, parent, ID_BYTES);
        entry.parent = (ProtobufCBinaryData){ID_BYTES, parent_id};
    }
    entry.kind = kind;
    entry.n_fields = 1;
    entry.fields = fields;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    world_ask(&world, who, &request);
    (void)world_reply_text(&world, who, arena);
}

static inline void
answer(int who, uint8_t mark, char *text)
{
    char kind[] = "answer";
    struct question question;
    assert_int_equal(question_of_day(world.sides[who].core, NOW_S / 86400, &question), 0);
    write_entry(who, mark, kind, question.round, text);
}

/* The commit and the reveal of who wrote it, as the other one holds them. */
static inline void
expect_answer(int who, uint8_t mark, const char *fence)
{
    struct core *core = world.sides[1 - who].core;
    struct entry_row row;
    struct folded folded;
    struct op_row commit, act;
    struct buf body = {0};
    uint8_t id[ID_BYTES];
    memset(id, mark, sizeof id);
    assert_int_equal(store_entry_find(core->store, id, true, &row), 0);
    assert_int_equal(row.state, S_OPEN);
    assert_false(row.closed || row.gone);
    assert_int_equal(fold_entry(core, &row, arena, &folded), 0);
    assert_non_null(folded.reveal);
    assert_int_equal(store_op_get(core->store, folded.entry->log, folded.entry->seq, arena,
                                  &commit),
                     0);
    assert_int_equal(store_op_get(core->store, folded.reveal->log, folded.reveal->seq,
                                  arena, &act),
                     0);
    page_put_value(&body, "person", core->pairing.person, KEY_BYTES);
    page_put_value(&body, "log", journal_log(core, commit.log)->id, ID_BYTES);
    page_put_value(&body, "header", commit.header.data, commit.header.size);
    page_put_value(&body, "reveal", act.header.data, act.header.size);
    page_put_value(&body, "payload", act.payload.data, act.payload.size);
    page_expect_fence(&page, "values", fence, &body);
}

static inline void
answers_open_together(void **state)
{
    (void)state;
    char bens[] = "The garden.", anas[] = "Floor wax and oranges.";
    struct entry_row row;
    uint8_t id[ID_BYTES];
    answer(BEN, 0xb0, bens);
    world_deliver(&world);
    memset(id, 0xb0, sizeof id);
    assert_int_equal(store_entry_find(world.sides[ANA].store, id, true, &row), 0);
    assert_int_equal(row.state, S_SEALED);
    assert_true(row.closed);
    answer(ANA, 0xaa, anas);
    world_deliver(&world);
    expect_answer(ANA, 0xaa, "ana-answer");
    expect_answer(BEN, 0xb0, "ben-answer");
}

/* ---- the days after: a deck, a question, deeper and lighter ---- */

enum { DEALT_DAYS = 1500, FIRST_DAY = 20454, LIGHTER_AFTER = 399 };

/* The ops about an entry: each header, and the payload if there is one. */
static inline void
put_ops(struct buf *body, const char *name, const uint8_t id[static ID_BYTES], bool theirs)
{
    struct core *core = world.sides[ANA].core;
    struct entry_row row;
    struct folded folded;
    char key[40];
    assert_int_equal(store_entry_find(core->store, id, theirs, &row), 0);
    assert_int_equal(fold_entry(core, &row, arena, &folded), 0);
    for (size_t i = 0; i < folded.count; i++) {
        const struct folded_op *item = &folded.ops[i];
        struct op_row op;
        if (!item->ours_log) {
            continue;
        }
        assert_int_equal(store_op_get(core->store, item->log, item->seq, arena, &op), 0);
        (void)snprintf(key, sizeof key, "%s_%zu", name, i);
        page_put_value(body, key, op.header.data, op.header.size);
        if (op.payload.size > 0) {
            (void)snprintf(key, sizeof key, "%s_%zu_payload", name, i);
            page_put_value(body, key, op.payload.data, op.payload.size);
        }
    }
}

/* Every day's question of a home, each followed by a newline. */
static inline void
deal_all(int who, struct buf *out)
{
    struct core *core = world.sides[who].core;
    struct dealt *dealt;
    assert_int_equal(deal_begin(core, &dealt), 0);
    for (int64_t day = FIRST_DAY; day < FIRST_DAY + DEALT_DAYS; day++) {
        const struct card *card = deal_to(dealt, day);
        assert_non_null(card);
        buf_put_span(out, card->line.text);
        buf_put_text(out, "\n");
    }
    assert_int_equal(buf_done(out), 0);
    arena_reset(core->arena);
    arena_reset(core->scratch);
}

static inline void
put_day(struct buf *body, int64_t day)
{
    struct core *core = world.sides[ANA].core;
    struct question question;
    char key[40];
    assert_int_equal(question_of_day(core, day, &question), 0);
    (void)snprintf(key, sizeof key, "day_%lld", (long long)day);
    put_text(body, key, question.text);
    arena_reset(core->arena);
    arena_reset(core->scratch);
}

static inline void
days_are_dealt(void **state)
{
    (void)state;
    char deck_kind[] = "deck", question_kind[] = "question", asks[] = "Where in May?";
    char deck[] = "# Ours.\n"
                  "2 us,play What would we name a boat?\n"
                  "  What do we never sell?  \n"
                  "3 dreams Which year would you live twice?\n"
                  "5 fears What do you not ask me?\n"
                  "3 silly Invent a job that would pay you for something you do anyway.";
    char depth[] = "depth", deeper[] = "deeper", lighter[] = "lighter";
    uint8_t id[HASH_BYTES], digest[HASH_BYTES];
    const struct span spans[] = {fixed(world.sides[ANA].core->pairing.couple, ID_BYTES),
                                 span_text(depth)};
    struct buf body = {0}, anas = {0}, bens = {0};
    write_entry(BEN, 0xb1, deck_kind, NULL, deck);
    write_entry(ANA, 0xa1, question_kind, NULL, asks);
    world_deliver(&world);
    allow(ANA, depth, deeper);
    allow(BEN, depth, deeper);
    world_path_down(&world);
    world.later_s = LIGHTER_AFTER * 86400;
    world_path_up(&world);
    allow(ANA, depth, lighter);
    deal_all(ANA, &anas);
    deal_all(BEN, &bens);
    assert_true(span_equal(buf_span(&anas), buf_span(&bens)));
    memset(id, 0xb1, ID_BYTES);
    put_ops(&body, "deck", id, true);
    memset(id, 0xa1, ID_BYTES);
    put_ops(&body, "question", id, false);
    hash_spans(id, "attune.consent", spans, 2);
    put_ops(&body, "ana_depth", id, false);
    put_ops(&body, "ben_depth", id, true);
    put_number(&body, "days", DEALT_DAYS);
    (void)crypto_generichash(digest, sizeof digest, anas.data, anas.size, NULL, 0);
    VALUE(&body, "digest", digest);
    for (int64_t day = NOW_S / 86400 + 1; day <= NOW_S / 86400 + 5; day++) {
        put_day(&body, day);
    }
    page_expect_fence(&page, "values", "days", &body);
    buf_free(&anas);
    buf_free(&bens);
}

#endif
