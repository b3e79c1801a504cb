/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a partner sends without end, and what a disk may hold: notices stay few, one's own
 * come first, and nothing of it makes a step fail.
 */
#include "tests/lib/notice_world.h"

static struct buf
numbered(const char *name, int64_t value)
{
    const uint8_t salt[SALT_BYTES] = {1};
    struct buf payload = {0};
    Attune__Local__Field field;
    const Attune__Local__Field *fields[] = {&field};
    attune__local__field__init(&field);
    field.name = arena_text(arena, span_text(name));
    field.number = value;
    assert_int_equal(payload_encode(fields, 1, salt, &payload), 0);
    return payload;
}

/* Entries of ben's that no client of his would write so fast. */
static void
flood(const char *kind, size_t first, size_t count, struct span payload)
{
    for (size_t i = first; i < first + count; i++) {
        struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
        memcpy(op.kind, kind, strlen(kind) + 1);
        entry_id(0xb1, i, op.entry);
        slip(&op, payload);
        if (i % 100 == 99 || i + 1 == first + count) {
            world.mono_ms += 70000;
            tick(BEN);
            world_deliver(&world);
        }
    }
}

static void
ones_own_is_never_crowded_out(void **state)
{
    (void)state;
    struct how clock = {.field = "due", .value = NOW_S + 5 * HOUR_S};
    struct buf pauses = numbered("lasts", 20 * 60);
    write_how(ANA, 1, "promise", "call", clock);
    flood("pause", 0, 700, buf_span(&pauses));
    flood("thanks", 700, 100, SPAN_EMPTY);
    world.later_s = 4 * HOUR_S + 60;
    tick(ANA);
    const Attune__Local__Reply *reply = notices(ANA);
    assert_int_equal(reply->n_notices, NOTICES_LISTED_MAX);
    assert_string_equal(reply->notices[0]->kind, "promise");
    tell(ANA, "shown");
    tell(ANA, "done");
    for (int i = 0; i < 20; i++) { /* whatever is told of theirs */
        ProtobufCBinaryData keys[NOTICES_LISTED_MAX];
        size_t count = 0;
        reply = notices(ANA);
        for (size_t j = 1; j < reply->n_notices; j++) {
            keys[count++] = reply->notices[j]->key;
        }
        assert_string_equal(try_tell(ANA, keys, count, i % 2 == 0 ? "shown" : "done"), "");
        flood("thanks", 1000 + (size_t)i * 20, 20, SPAN_EMPTY);
    }
    assert_true(notices(ANA)->notices[0]->done);
    /* A day later, with another five hundred of them about, a new one still wakes her. */
    world.later_s += DAY_S;
    flood("pause", 5000, 600, buf_span(&pauses));
    struct how later = {.field = "due", .value = NOW_S + world.later_s + 5 * HOUR_S};
    write_how(ANA, 2, "promise", "call", later);
    assert_true(world.sides[ANA].core->due_wake_s != 0);
    world.later_s += 4 * HOUR_S + 60;
    world.sides[ANA].noticed = false;
    tick(ANA);
    assert_true(world.sides[ANA].noticed);
    buf_free(&pauses);
}

/* One notice for all that came; reading some of it tells of nothing anew. */
static void
one_notice_stands_for_all_that_came(void **state)
{
    (void)state;
    flood("thanks", 0, 60, SPAN_EMPTY);
    char name[] = "told", what[] = "shown";
    Attune__Local__Request request;
    Attune__Local__Told told;
    const Attune__Local__Reply *reply = notices(ANA);
    attune__local__request__init(&request);
    attune__local__told__init(&told);
    told.keys = &reply->notices[0]->key;
    told.n_keys = 1;
    told.what = what;
    told.upto = reply->upto;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_TOLD;
    request.told = &told;
    flood("hi", 100, 1, SPAN_EMPTY); /* came after it was asked */
    assert_string_equal(ask(ANA, &request)->error, "");
    for (int round = 0; round < 2; round++) {
        size_t untold = 0;
        reply = notices(ANA);
        for (size_t i = 0; i < reply->n_notices; i++) {
            untold += reply->notices[i]->told == 0;
        }
        assert_int_equal(untold, 1);
        for (size_t i = 30; round == 0 && i < 60; i++) {
            struct entry_row row = row_numbered(ANA, BEN, 0xb1, i);
            char show_name[] = "show";
            Attune__Local__Query query;
            attune__local__query__init(&query);
            query.id = pb_span(span_of(row.id, ID_BYTES));
            query.partner = true;
            attune__local__request__init(&request);
            request.name = show_name;
            request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
            request.query = &query;
            assert_string_equal(ask(ANA, &request)->error, "");
        }
    }
}

static void
marks_that_make_no_sense_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {"told", "nudges", "quiet"};
    const uint8_t newer[] = {2, 1, 1};
    write_words(BEN, 1, "thanks", "x");
    for (size_t i = 0; i < 3; i++) {
        struct side *side = &world.sides[ANA];
        assert_int_equal(store_begin(side->store), 0);
        assert_int_equal(store_value_set(side->store, names[i], span_of(newer, 3)), 0);
        assert_int_equal(store_commit(side->store), 0);
    }
    restart(ANA);
    expect(ANA, "new thanks");
    tell(ANA, "shown");
    expect(ANA, "new thanks told");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIVED(ones_own_is_never_crowded_out),
        LIVED(one_notice_stands_for_all_that_came),
        LIVED(marks_that_make_no_sense_are_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
