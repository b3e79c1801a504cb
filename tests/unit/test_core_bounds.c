/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bounds of memory and time: much, or something very large, from a partner who only fills.
 * A step may use STEP_ARENA_BYTES; what ben sent is more than that in each of these, and
 * no step of ana's may fail for it, now or at the next start.
 */
#include "tests/lib/couple_world.h"

/* ---- half a MiB each ---- */

enum {
    LONG_FIELDS = 8,
    LONG_BYTES = 65400,
    LONG_COUNT = 196, /* more than the memory of a step: checked where it is used */
};

enum { LONG_EACH = 100 }; /* said to one entry: as much as its fold takes */

static struct buf
long_payload(void)
{
    static uint8_t text[LONG_BYTES];
    const uint8_t salt[SALT_BYTES] = {1};
    char names[LONG_FIELDS][2] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    Attune__Local__Field field[LONG_FIELDS];
    const Attune__Local__Field *fields[LONG_FIELDS];
    struct buf payload = {0};
    memset(text, 'x', sizeof text);
    for (int i = 0; i < LONG_FIELDS; i++) {
        attune__local__field__init(&field[i]);
        field[i].name = names[i];
        field[i].text = pb_span(span_of(text, sizeof text));
        fields[i] = &field[i];
    }
    assert_int_equal(payload_encode(fields, LONG_FIELDS, salt, &payload), 0);
    assert_true(payload.size <= PAYLOAD_BYTES_MAX);
    return payload;
}

/* Batches are few enough at a time for the queue of the world. */
static void
send_all(void)
{
    for (int i = 0; i < 3; i++) {
        world.mono_ms += 70000;
        tick(BEN);
        world_deliver(&world);
    }
}

/* Ben's entry 0xb1, `number`. */
static struct op
entry_of(const char *kind, size_t number)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    memcpy(op.kind, kind, strlen(kind) + 1);
    entry_id(0xb1, number, op.entry);
    return op;
}

static void
assert_has_all(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(row_numbered(ANA, BEN, 0xb1, i).state, S_OPEN);
    }
}

static void
a_thread_of_long_replies_fades(void **state)
{
    (void)state;
    struct buf payload = long_payload();
    mend();
    for (size_t i = 0; i < LONG_COUNT; i++) {
        struct op op = entry_of("reply", i);
        op.has_parent = op.parent_theirs = true;
        entry_id(0xa1, 0, op.parent);
        lie(&op, buf_span(&payload));
        send_all();
    }
    assert_has_all(LONG_COUNT);
    world.later_s += 31 * DAY_S;
    tick(ANA);
    for (size_t i = 0; i < LONG_COUNT; i++) {
        assert_true(row_numbered(ANA, BEN, 0xb1, i).gone);
    }
    restart(ANA);
    buf_free(&payload);
}

/* Seals that nothing opens, with long words said to: her own must still be let go. */
static void
long_openings_that_open_nothing_stop_no_story(void **state)
{
    (void)state;
    struct buf payload = long_payload();
    for (size_t i = 0; i < LONG_COUNT; i++) {
        struct op op = entry_of("answer", i);
        op.has_parent = op.has_seal = true;
        op.seal[0] = 5;
        entry_id(0x55, 0, op.parent);
        struct op opening = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                             .has_entry = true,
                             .act = REVEAL_ACT,
                             .has_accepts = true,
                             .accepts = {7}};
        memcpy(opening.entry, op.entry, ID_BYTES);
        slip(&op, SPAN_EMPTY);
        lie(&opening, buf_span(&payload));
        send_all();
    }
    assert_has_all(LONG_COUNT);
    restart(ANA);
    write_words(ANA, 0xa1, "story", "how it was for me");
    assert_true(has_row(BEN, ANA, 0xa1));
    buf_free(&payload);
}

/* Ben owes an opening; meanwhile he fills two other rounds of hers with reveals that open
 * nothing. When her answers to these leave, no step may fail of what he sent, nor the next
 * start. */
static void
reveals_that_open_nothing_stop_no_step(void **state)
{
    (void)state;
    struct buf payload = long_payload();
    world.sides[BEN].core->copy_alert = true; /* his own rounds need not open */
    for (size_t i = 0; i < 3; i++) {
        write_how(BEN, 0x55, "question", "Where?", (struct how){.number = i});
        struct op op = entry_of("answer", i);
        op.has_parent = op.has_seal = true;
        op.seal[0] = 5;
        entry_id(0x55, i, op.parent);
        lie(&op, SPAN_EMPTY);
    }
    write_how(ANA, 0xa1, "answer", "by the sea", (struct how){.parent = 0x55, .of = BEN});
    settle_both(); /* opened for the first: he owes */
    for (size_t i = 0; i < 2 * LONG_EACH; i++) {
        struct op opening = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                             .has_entry = true,
                             .act = REVEAL_ACT,
                             .has_accepts = true,
                             .accepts = {7}};
        struct op op = entry_of("answer", 1 + i % 2);
        memcpy(opening.entry, op.entry, ID_BYTES);
        lie(&opening, buf_span(&payload));
        send_all();
    }
    for (size_t i = 1; i < 3; i++) {
        struct how how = {.parent = 0x55, .of = BEN, .number = i, .hold_s = 10};
        how.parent_number = i;
        assert_string_equal(try_write(ANA, 0xa1, "answer", "at home", how), "");
    }
    world.later_s += 11;
    tick(ANA); /* fails the test when the step fails */
    restart(ANA);
    assert_true(row_numbered(ANA, ANA, 0xa1, 2).lamport != 0);
    buf_free(&payload);
}

/* A ritual of ana's that ben accepts. */
static void
agree_on(uint8_t mark)
{
    write_how(ANA, mark, "ritual", "walk", (struct how){.every = "daily"});
    act_on(BEN, ANA, mark, "accept");
}

/* Two rituals with more said about them than fits into memory at once. */
static void
long_rests_stop_no_step(void **state)
{
    (void)state;
    struct buf payload = long_payload();
    agree_on(0xa1);
    agree_on(0xa2);
    for (size_t i = 0; i < 2 * LONG_EACH; i++) {
        struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                        .has_entry = true,
                        .theirs = true,
                        .act = "change"};
        entry_id(i % 2 == 0 ? 0xa1 : 0xa2, 0, op.entry);
        lie(&op, buf_span(&payload));
        send_all();
    }
    world.sides[ANA].core->due_changed = true;
    tick(ANA);
    assert_string_equal(ask_plain(ANA, "notices")->error, "");
    assert_string_equal(ask_plain(ANA, "today")->error, "");
    act_on(ANA, ANA, 0xa1, "done");
    buf_free(&payload);
}

static void
today_tells_of_long_letters(void **state)
{
    (void)state;
    struct buf payload = long_payload();
    for (size_t i = 0; i < LONG_COUNT; i++) {
        struct op op = entry_of("tell", i);
        lie(&op, buf_span(&payload));
        send_all();
    }
    assert_has_all(LONG_COUNT);
    Attune__Local__Reply *reply = ask_plain(ANA, "today");
    assert_string_equal(reply->error, "");
    assert_true(reply->n_entries > 0);
    buf_free(&payload);
}

/* ---- very many ---- */


/* Stored as if it had been told, without working out what it makes of its entry: that takes
 * longer with every one, and these are thousands. */
static void
store_told(int who, struct log_row *log, const struct op *op)
{
    const struct side *side = &world.sides[who];
    uint8_t tag[SELF_TAG_BYTES];
    struct buf header = {0};
    struct op_row row = {.log = log->no, .seq = log->seq + 1};
    struct entry_row entry;
    assert_int_equal(op_encode(op, &header), 0);
    bool theirs = log->theirs != op->theirs;
    assert_int_equal(store_entry_find(side->store, op->entry, theirs, &entry), 0);
    keys_op_hash(log->id, row.seq, log->hash, buf_span(&header), row.hash);
    keys_self_tag(world.sides[BEN].core->identity.k_self, row.hash, tag);
    row.header = buf_span(&header);
    row.self_tag = span_of(tag, sizeof tag);
    row.entry = entry.no;
    assert_int_equal(store_op_put(side->store, &row), 0);
    log->seq++;
    log->lamport = op->lamport;
    log->bytes += header.size;
    memcpy(log->hash, row.hash, HASH_BYTES);
    assert_int_equal(store_log_put(side->store, log), 0);
    buf_free(&header);
}

/* Ben says so often that it was done. */
static void
done_often(uint8_t mark, size_t times)
{
    struct log_row *bens =
        journal_log(world.sides[BEN].core, world.sides[BEN].core->ours_no);
    struct log_row *logs[SIDES] = {journal_log_find(world.sides[ANA].core, bens->id),
                                   bens};
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                    .has_entry = true,
                    .theirs = true,
                    .act = "done",
                    .time = NOW_S / 60};
    entry_id(mark, 0, op.entry);
    settle_both();
    uint64_t lamport = 1000;
    for (int who = 0; who < SIDES; who++) {
        assert_true(logs[who]->lamport < lamport);
        assert_int_equal(store_begin(world.sides[who].store), 0);
        for (size_t i = 0; i < times; i++) {
            op.lamport = lamport + i;
            store_told(who, logs[who], &op);
        }
        assert_int_equal(store_commit(world.sides[who].store), 0);
    }
    restart(ANA);
    restart(BEN);
    settle_both();
}

static void
releases_after_years(int who)
{
    agree_on(0xa1);
    done_often(0xa1, 2 * ACTS_OF_ENTRY_MAX + 100);
    world.later_s += DAY_S; /* nobody has said yet that it was done today */
    assert_string_equal(try_act(who, ANA, 0xa1, "done"), "E_LIMIT");
    act_on(who, ANA, 0xa1, "release");
    settle_both();
    assert_int_equal(row_of(ANA, ANA, 0xa1).state, S_RELEASED);
    assert_int_equal(row_of(BEN, ANA, 0xa1).state, S_RELEASED);
}

static void
a_ritual_of_years_is_released_by_its_author(void **state)
{
    (void)state;
    releases_after_years(ANA);
}

static void
a_ritual_of_years_is_released_by_the_partner(void **state)
{
    (void)state;
    releases_after_years(BEN);
}

static bool
is_due(int who, const char *kind)
{
    bool found = false;
    Attune__Local__Reply *reply = ask_plain(who, "today");
    assert_string_equal(reply->error, "");
    for (size_t i = 0; i < reply->n_entries; i++) {
        found = found || (strcmp(reply->entries[i]->kind, kind) == 0 &&
                          strcmp(reply->entries[i]->why, "due") == 0);
    }
    return found;
}

/* What is gathered for a day is what may be in it, not the newest of everything. */
static void
unanswered_hellos_hide_no_ritual(void **state)
{
    (void)state;
    agree_on(0xa1);
    for (size_t i = 0; i < 300; i++) {
        world.later_s += DAY_S;
        write_how(ANA, 0x22, "hi", "hey", (struct how){.number = i});
    }
    settle_both();
    assert_true(is_due(ANA, "ritual"));
    assert_true(is_due(BEN, "ritual"));
}

/* More than anybody is shown of a thread at once: it goes all the same. */
static void
every_text_of_a_long_thread_fades(void **state)
{
    (void)state;
    enum { REPLIES = THREAD_SHOWN + 30 };
    mend();
    for (size_t i = 0; i < REPLIES; i++) {
        write_how(ANA, 0xa2, "reply", "and", (struct how){.parent = 0xa1, .number = i});
    }
    pass_days(31);
    for (size_t i = 0; i < REPLIES; i++) {
        assert_true(row_numbered(ANA, ANA, 0xa2, i).gone);
        assert_true(row_numbered(BEN, ANA, 0xa2, i).gone);
    }
}

/* ---- very long ---- */

static void
a_rest_beyond_all_time_is_none(void **state)
{
    (void)state;
    char name[] = "rest";
    const uint8_t salt[SALT_BYTES] = {1};
    struct buf payload = {0};
    Attune__Local__Field field = ATTUNE__LOCAL__FIELD__INIT;
    const Attune__Local__Field *fields[] = {&field};
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT,
                    .has_entry = true,
                    .theirs = true,
                    .act = "change"};
    agree_on(0xa1);
    field.name = name;
    for (int i = 0; i < 2; i++) {
        field.number = i == 0 ? INT64_MAX : INT64_MIN;
        assert_int_equal(payload_encode(fields, 1, salt, &payload), 0);
        entry_id(0xa1, 0, op.entry);
        lie(&op, buf_span(&payload));
        buf_free(&payload);
        assert_true(is_due(ANA, "ritual"));
    }
}

/* ---- many threads at once ---- */

/* As after a long journey, or when what was allowed to stay longer is allowed no more. */
static void
a_hundred_mended_threads_fade_in_one_step(void **state)
{
    (void)state;
    for (uint8_t mark = 1; mark <= 100; mark++) {
        write_words(ANA, mark, "repair", "can we start over?");
        act_on(ANA, ANA, mark, "repaired");
        act_on(BEN, ANA, mark, "repaired");
    }
    pass_days(31);
    for (uint8_t mark = 1; mark <= 100; mark++) {
        assert_true(row_of(ANA, ANA, mark).faded);
        assert_true(row_of(BEN, ANA, mark).faded);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LIVED(a_thread_of_long_replies_fades),
        LIVED(long_openings_that_open_nothing_stop_no_story),
        LIVED(reveals_that_open_nothing_stop_no_step),
        LIVED(long_rests_stop_no_step),
        LIVED(today_tells_of_long_letters),
        LIVED(a_ritual_of_years_is_released_by_its_author),
        LIVED(a_ritual_of_years_is_released_by_the_partner),
        LIVED(unanswered_hellos_hide_no_ritual),
        LIVED(every_text_of_a_long_thread_fades),
        LIVED(a_rest_beyond_all_time_is_none),
        LIVED(a_hundred_mended_threads_fade_in_one_step),
    };
    return cmocka_run_group_tests_name("core_bounds", tests, NULL, NULL);
}
