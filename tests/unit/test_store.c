/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store, call by call: each test runs in memory and on a file. */
#include "tests/lib/store_home.h"

/* Closes and opens again where there is a file. */
static void
reopen(struct store_home *home)
{
    if (home->on_file) {
        store_close(home->store);
        store_home_open(home);
    }
}

struct names {
    char text[256];
    size_t count;
    int answer;
};

static int
note_name(void *context, const char *name, struct span value)
{
    struct names *names = context;
    size_t used = strlen(names->text);
    (void)snprintf(names->text + used, sizeof names->text - used, "%s=%.*s;", name,
                   (int)value.size, (const char *)value.data);
    names->count++;
    return names->answer;
}

static void
test_values(void **state)
{
    struct store_home *home = *state;
    struct buf out = {0};
    assert_int_equal(store_value_get(home->store, "a", &out), E_NO_ENTRY);
    must(store_begin(home->store));
    must(store_value_set(home->store, "peer.a", span_text("one")));
    must(store_value_set(home->store, "peer.b", span_text("two")));
    must(store_value_set(home->store, "peer.b", span_text("three")));
    must(store_value_set(home->store, "peers", span_text("no")));
    must(store_value_set(home->store, "gone", span_text("x")));
    must(store_value_set(home->store, "gone", SPAN_EMPTY));
    must(store_value_set(home->store, "never", SPAN_EMPTY));
    must(store_commit(home->store));
    reopen(home);
    must(store_value_get(home->store, "peer.b", &out));
    assert_true(span_equal(buf_span(&out), span_text("three")));
    assert_int_equal(store_value_get(home->store, "gone", &out), E_NO_ENTRY);
    assert_true(span_equal(buf_span(&out), span_text("three")));
    buf_free(&out);
    struct names names = {0};
    must(store_value_each(home->store, "peer.", note_name, &names));
    assert_string_equal(names.text, "peer.a=one;peer.b=three;");
    struct names first = {.answer = 5};
    assert_int_equal(store_value_each(home->store, "", note_name, &first), 5);
    assert_int_equal(first.count, 1);
}

static void
test_rollback(void **state)
{
    struct store_home *home = *state;
    struct buf out = {0};
    store_rollback(home->store); /* fine without a transaction */
    must(store_begin(home->store));
    assert_int_equal(store_begin(home->store), E_INTERNAL);
    must(store_value_set(home->store, "a", span_text("x")));
    int64_t no = store_home_add(home, 1, 100, "gone");
    store_rollback(home->store);
    struct entry_row entry;
    assert_int_equal(store_value_get(home->store, "a", &out), E_NO_ENTRY);
    assert_int_equal(store_entry_get(home->store, no, &entry), E_NO_ENTRY);
    home->seq = 0;
    /* The number is given again: what was remembered of it is forgotten. */
    must(store_begin(home->store));
    struct entry_row again = store_home_entry(2, 100);
    must(store_entry_put(home->store, &again));
    must(store_commit(home->store));
    assert_int_equal(again.no, no);
}

static int
note_log(void *context, const struct log_row *log)
{
    struct log_row *rows = context;
    assert_in_range(log->no, 1, 2);
    rows[log->no - 1] = *log;
    return 0;
}

static int
stop_log(void *context, const struct log_row *log)
{
    (void)log;
    ++*(int *)context;
    return 9;
}

static void
test_logs(void **state)
{
    struct store_home *home = *state;
    struct log_row log = {.class = LOG_KEYS, .state = LOG_PENDING, .pairing = 3, .seq = 4,
                          .lamport = 5, .bind_seq = 6, .bind_lamport = 7, .bytes = 8,
                          .previous_seq = 9};
    memset(log.id, 1, sizeof log.id);
    must(store_begin(home->store));
    assert_int_equal(store_log_put(home->store, &log), E_EXISTS); /* that id is taken */
    memset(log.id, 2, sizeof log.id);
    memset(log.device, 3, sizeof log.device);
    memset(log.incarnation, 4, sizeof log.incarnation);
    memset(log.hash, 5, sizeof log.hash);
    memset(log.previous_log, 6, sizeof log.previous_log);
    must(store_log_put(home->store, &log));
    assert_int_equal(log.no, 2);
    log.state = LOG_FROZEN;
    log.theirs = true;
    log.seq = UINT64_C(1) << 39;
    must(store_log_put(home->store, &log));
    struct log_row nobody = store_home_log(9);
    nobody.no = 44;
    assert_int_equal(store_log_put(home->store, &nobody), E_NO_ENTRY);
    must(store_commit(home->store));
    reopen(home);
    struct log_row rows[2];
    memset(rows, 0, sizeof rows);
    must(store_log_each(home->store, note_log, rows));
    assert_int_equal(rows[1].class, LOG_KEYS);
    assert_int_equal(rows[1].state, LOG_FROZEN);
    assert_true(rows[1].theirs);
    assert_int_equal(rows[1].pairing, 3);
    assert_int_equal(rows[1].seq, UINT64_C(1) << 39);
    assert_int_equal(rows[1].lamport, 5);
    assert_int_equal(rows[1].bind_seq, 6);
    assert_int_equal(rows[1].bind_lamport, 7);
    assert_int_equal(rows[1].bytes, 8);
    assert_int_equal(rows[1].previous_seq, 9);
    assert_memory_equal(rows[1].id, log.id, ID_BYTES);
    assert_memory_equal(rows[1].device, log.device, KEY_BYTES);
    assert_memory_equal(rows[1].incarnation, log.incarnation, ID_BYTES);
    assert_memory_equal(rows[1].hash, log.hash, HASH_BYTES);
    assert_memory_equal(rows[1].previous_log, log.previous_log, ID_BYTES);
    int calls = 0;
    assert_int_equal(store_log_each(home->store, stop_log, &calls), 9);
    assert_int_equal(calls, 1);
}

struct ops {
    uint64_t seqs[32];
    int64_t logs[32];
    size_t count;
    size_t stop_after;
};

static int
note_op(void *context, const struct op_row *op)
{
    struct ops *ops = context;
    assert_true(ops->count < 32);
    ops->logs[ops->count] = op->log;
    ops->seqs[ops->count++] = op->seq;
    return ops->stop_after != 0 && ops->count >= ops->stop_after ? 42 : 0;
}

static void
test_ops(void **state)
{
    struct store_home *home = *state;
    must(store_begin(home->store));
    struct log_row second = store_home_log(2);
    must(store_log_put(home->store, &second));
    for (int i = 0; i < 5; i++) {
        store_home_op(home, 0, false, i == 3 ? NULL : "text");
    }
    struct op_row other = {.log = second.no, .seq = 1, .header = span_text("h")};
    must(store_op_put(home->store, &other));
    assert_int_equal(store_op_put(home->store, &other), E_EXISTS);
    other.seq = 0;
    assert_int_equal(store_op_put(home->store, &other), E_LIMIT);
    other.seq = UINT64_MAX;
    assert_int_equal(store_op_put(home->store, &other), E_LIMIT);
    must(store_commit(home->store));
    reopen(home);

    struct arena *arena = arena_new(4096);
    struct op_row op;
    must(store_op_get(home->store, 1, 2, arena, &op));
    assert_true(span_equal(op.header, span_text("header")));
    assert_true(span_equal(op.self_tag, span_text("0123456789abcdef")));
    assert_int_equal(op.payload.size, 18 + 3 + 9 + 4);
    assert_int_equal(op.log, 1);
    assert_int_equal(op.seq, 2);
    must(store_op_get(home->store, 1, 4, arena, &op));
    assert_int_equal(op.payload.size, 0);
    assert_false(op.payload_gone);
    assert_int_equal(store_op_get(home->store, 1, 6, arena, &op), E_NO_ENTRY);
    assert_int_equal(store_op_get(home->store, 3, 1, arena, &op), E_NO_ENTRY);
    assert_int_equal(store_op_get(home->store, -1, 1, arena, &op), E_NO_ENTRY);
    struct arena *tiny = arena_new(16);
    assert_int_equal(store_op_get(home->store, 1, 2, tiny, &op), E_MEMORY);
    arena_free(tiny);
    arena_free(arena);
    uint8_t hash[HASH_BYTES];
    uint8_t want[HASH_BYTES];
    memset(want, 3, sizeof want);
    must(store_op_hash(home->store, 1, 3, hash));
    assert_memory_equal(hash, want, HASH_BYTES);
    assert_int_equal(store_op_hash(home->store, 1, 99, hash), E_NO_ENTRY);

    struct ops ops = {0};
    must(store_op_each(home->store, 1, 3, note_op, &ops));
    assert_int_equal(ops.count, 3);
    assert_int_equal(ops.seqs[0], 3);
    assert_int_equal(ops.seqs[2], 5);
    ops = (struct ops){.stop_after = 2};
    assert_int_equal(store_op_each(home->store, 1, 0, note_op, &ops), 42);
    assert_int_equal(ops.seqs[1], 2);
}

static void
test_cursors(void **state)
{
    struct store_home *home = *state;
    struct store_cursor *left;
    struct store_cursor *right;
    struct op_row a;
    struct op_row b;
    must(store_begin(home->store));
    for (int i = 0; i < 4; i++) {
        store_home_op(home, 0, false, "text");
    }
    must(store_commit(home->store));
    must(store_cursor_open(home->store, 1, 1, &left));
    must(store_cursor_open(home->store, 1, 3, &right));
    must(store_cursor_next(left, &a));
    must(store_cursor_next(right, &b));
    assert_int_equal(a.seq, 1);
    assert_int_equal(b.seq, 3);
    must(store_cursor_next(right, &b));
    assert_int_equal(store_cursor_next(right, &b), E_NO_ENTRY);
    assert_int_equal(store_cursor_next(right, &b), E_NO_ENTRY);
    assert_int_equal(a.header.size, 6); /* the other's end disturbs nothing */
    must(store_cursor_next(left, &a));
    assert_int_equal(a.seq, 2);
    store_cursor_close(left);
    store_cursor_close(right);
    store_cursor_close(NULL);
    must(store_cursor_open(home->store, 7, 1, &left));
    assert_int_equal(store_cursor_next(left, &a), E_NO_ENTRY);
    store_cursor_close(left);
}

static void
test_entry_ops(void **state)
{
    struct store_home *home = *state;
    must(store_begin(home->store));
    int64_t no = store_home_add(home, 1, 100, "first"); /* 1 */
    int64_t other = store_home_add(home, 2, 100, "other"); /* 2 */
    store_home_op(home, no, false, NULL);                  /* 3: an act */
    store_home_op(home, no, true, "shared");               /* 4: its second ENTRY op */
    must(store_commit(home->store));
    must(store_begin(home->store));
    struct entry_row late = store_home_entry(3, 100); /* known before its op */
    must(store_entry_put(home->store, &late));
    store_home_op(home, late.no, true, "late"); /* 5 */
    store_home_op(home, late.no, false, NULL);  /* 6 */
    must(store_commit(home->store));
    struct ops ops = {0};
    must(store_entry_ops(home->store, no, note_op, &ops));
    assert_int_equal(ops.count, 3);
    assert_int_equal(ops.seqs[0], 1);
    assert_int_equal(ops.seqs[1], 3);
    assert_int_equal(ops.seqs[2], 4);
    ops = (struct ops){0};
    must(store_entry_ops(home->store, other, note_op, &ops));
    assert_int_equal(ops.count, 1);
    ops = (struct ops){0};
    must(store_entry_ops(home->store, late.no, note_op, &ops));
    assert_int_equal(ops.count, 2);
    ops = (struct ops){.stop_after = 1};
    assert_int_equal(store_entry_ops(home->store, no, note_op, &ops), 42);

    /* A refold finds every op again, whatever text the entry has now. */
    must(store_begin(home->store));
    must(store_entry_clear(home->store));
    struct entry_row back = store_home_entry(1, 100);
    back.no = no;
    back.text_log = 1;
    back.text_seq = 4;
    must(store_entry_put(home->store, &back));
    assert_int_equal(back.no, no);
    must(store_commit(home->store));
    ops = (struct ops){0};
    must(store_entry_ops(home->store, no, note_op, &ops));
    assert_int_equal(ops.count, 3);
}

static void
test_purge_and_fill(void **state)
{
    struct store_home *home = *state;
    struct arena *arena = arena_new(4096);
    struct op_row op;
    (void)store_home_say(home, 1, 100, "text");
    must(store_begin(home->store));
    must(store_op_purge(home->store, 1, 1, false));
    assert_int_equal(store_op_purge(home->store, 1, 9, false), E_NO_ENTRY);
    must(store_commit(home->store));
    must(store_op_get(home->store, 1, 1, arena, &op));
    assert_true(op.payload_gone && !op.purged && op.creates);
    assert_int_equal(op.payload.size, 0);
    must(store_begin(home->store));
    must(store_op_fill(home->store, 1, 1, span_text("back")));
    assert_int_equal(store_op_fill(home->store, 1, 1, span_text("back")), E_STATE);
    must(store_op_get(home->store, 1, 1, arena, &op));
    assert_true(span_equal(op.payload, span_text("back")) && !op.payload_gone);
    must(store_op_purge(home->store, 1, 1, true));
    must(store_op_purge(home->store, 1, 1, false)); /* once purged, always purged */
    assert_int_equal(store_op_fill(home->store, 1, 1, span_text("back")), E_STATE);
    must(store_commit(home->store));
    must(store_op_get(home->store, 1, 1, arena, &op));
    assert_true(op.payload_gone && op.purged);
    arena_free(arena);
    store_home_idle(home);
    assert_int_equal(store_home_check(home), 0);
}

static void
test_entry_row(void **state)
{
    struct store_home *home = *state;
    struct entry_row entry = store_home_entry(5, -77);
    struct entry_row got;
    entry.theirs = entry.unknown = entry.has_parent = true;
    memset(entry.parent, 8, ID_BYTES);
    entry.due = 1000;
    entry.lamport = 12;
    entry.text_log = 1;
    entry.text_seq = 70000;
    must(store_begin(home->store));
    must(store_entry_put(home->store, &entry));
    must(store_commit(home->store));
    reopen(home);
    must(store_entry_get(home->store, entry.no, &got));
    assert_memory_equal(got.id, entry.id, ID_BYTES);
    assert_memory_equal(got.parent, entry.parent, ID_BYTES);
    assert_string_equal(got.kind, "thanks");
    assert_true(got.theirs && got.unknown && got.has_parent);
    assert_false(got.mine || got.gone || got.fresh || got.parent_theirs);
    assert_false(got.closed || got.live || got.faded);
    assert_int_equal(got.time, -77);
    assert_int_equal(got.due, 1000);
    assert_int_equal(got.lamport, 12);
    assert_int_equal(got.text_log, 1);
    assert_int_equal(got.text_seq, 70000);
    got.mine = got.gone = got.fresh = got.parent_theirs = true;
    got.closed = got.live = got.faded = true;
    got.state = S_DRAFT;
    got.time = 9;
    got.due = 0;
    got.wake = 4;
    (void)snprintf(got.kind, sizeof got.kind, "a-kind-of-24-letters-xyz");
    must(store_begin(home->store));
    must(store_entry_put(home->store, &got));
    must(store_commit(home->store));
    must(store_entry_find(home->store, entry.id, true, &entry));
    assert_string_equal(entry.kind, "a-kind-of-24-letters-xyz");
    assert_true(entry.mine && entry.gone && entry.fresh && entry.parent_theirs);
    assert_true(entry.closed && entry.live && entry.faded);
    assert_int_equal(entry.state, S_DRAFT);
    assert_int_equal(entry.time, 9);
    assert_int_equal(entry.due, 0);
    assert_int_equal(entry.wake, 4);
    assert_int_equal(store_entry_find(home->store, entry.id, false, &entry), E_NO_ENTRY);
    assert_int_equal(store_entry_get(home->store, 999, &entry), E_NO_ENTRY);
}

struct entries {
    int64_t nos[64];
    size_t count;
    size_t stop_after;
};

static int
note_entry(void *context, const struct entry_row *entry)
{
    struct entries *entries = context;
    assert_true(entries->count < 64);
    entries->nos[entries->count++] = entry->no;
    return entries->stop_after != 0 && entries->count >= entries->stop_after ? 3 : 0;
}

static void
assert_nos(const struct entries *entries, const char *want)
{
    char text[512] = "";
    for (size_t i = 0; i < entries->count; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "%s%d", i == 0 ? "" : " ",
                       (int)entries->nos[i]);
    }
    assert_string_equal(text, want);
}

static void
assert_list(struct store_home *home, struct entry_filter filter, const char *want)
{
    struct entries entries = {0};
    must(store_entry_list(home->store, &filter, note_entry, &entries));
    assert_nos(&entries, want);
}

static void
test_lists(void **state)
{
    struct store_home *home = *state;
    struct entry_row row;
    must(store_begin(home->store));
    /*             no      1    2    3    4    5    6 */
    int64_t times[] = {100, 300, 200, 200, 400, 500};
    for (size_t i = 0; i < 6; i++) {
        row = store_home_entry(i + 1, times[i]);
        row.theirs = row.fresh = i == 1 || i == 3;
        row.mine = i == 0 || i >= 4;
        row.state = i == 4 ? S_DRAFT : i == 5 ? S_HELD : S_OPEN;
        row.wake = i == 5 ? 550 : i == 2 ? 540 : 0;
        row.live = i == 1 || i == 2 || i == 5;
        row.due = i < 3 ? 1000 - (int64_t)i : 0;
        (void)snprintf(row.kind, sizeof row.kind, "%s", i % 2 == 0 ? "thanks" : "feel");
        must(store_entry_put(home->store, &row));
    }
    must(store_commit(home->store));
    assert_list(home, (struct entry_filter){0}, "6 2 4 3 1");
    assert_list(home, (struct entry_filter){.kind = "thanks"}, "3 1");
    assert_list(home, (struct entry_filter){.kind = "none"}, "");
    assert_list(home, (struct entry_filter){.author = AUTHOR_PARTNER}, "2 4");
    assert_list(home, (struct entry_filter){.author = AUTHOR_ME}, "6 3 1");
    assert_list(home, (struct entry_filter){.reach = REACH_MINE}, "6 1");
    assert_list(home, (struct entry_filter){.reach = REACH_OURS}, "2 4 3");
    assert_list(home, (struct entry_filter){.states = STATE_BIT(S_DRAFT)}, "5");
    assert_list(home, (struct entry_filter){.states = STATE_BIT(S_OPEN)}, "2 4 3 1");
    assert_list(home,
                (struct entry_filter){.states = STATE_BIT(S_HELD) | STATE_BIT(S_DRAFT)},
                "6 5");
    assert_list(home, (struct entry_filter){.before = 300}, "4 3 1");
    assert_list(home, (struct entry_filter){.fresh_only = true}, "2 4");
    assert_list(home, (struct entry_filter){.fresh_only = true, .kind = "thanks"}, "");
    assert_list(home, (struct entry_filter){.live_only = true}, "6 2 3");
    assert_list(home, (struct entry_filter){.live_only = true, .kind = "feel"}, "6 2");
    assert_list(home, (struct entry_filter){.live_only = true, .reach = REACH_OURS}, "2 3");
    assert_list(home, (struct entry_filter){.live_only = true, .before = 300}, "3");
    struct entries some = {.stop_after = 2};
    struct entry_filter all = {0};
    assert_int_equal(store_entry_list(home->store, &all, note_entry, &some), 3);
    assert_nos(&some, "6 2");

    int64_t hold = 0;
    must(store_entry_next_wake(home->store, &hold));
    assert_int_equal(hold, 540);
    struct entries held = {0};
    must(store_entry_waking(home->store, 549, note_entry, &held));
    assert_nos(&held, "3");
    held = (struct entries){0};
    must(store_entry_waking(home->store, 550, note_entry, &held));
    assert_nos(&held, "3 6");
    struct entries due = {0};
    must(store_entry_due(home->store, 999, 1001, note_entry, &due));
    assert_nos(&due, "2 1");

    must(store_begin(home->store));
    must(store_entry_get(home->store, 2, &row));
    row.fresh = false;
    row.live = false;
    row.time = 50; /* moves to the end */
    must(store_entry_put(home->store, &row));
    must(store_entry_get(home->store, 6, &row));
    row.wake = 0;
    row.state = S_OPEN;
    must(store_entry_put(home->store, &row));
    must(store_entry_get(home->store, 3, &row));
    row.wake = 0;
    must(store_entry_put(home->store, &row));
    must(store_commit(home->store));
    assert_list(home, (struct entry_filter){0}, "6 4 3 1 2");
    assert_list(home, (struct entry_filter){.fresh_only = true}, "4");
    assert_list(home, (struct entry_filter){.live_only = true}, "6 3");
    must(store_entry_next_wake(home->store, &hold));
    assert_int_equal(hold, 0);
}

static void
test_children(void **state)
{
    struct store_home *home = *state;
    struct entry_row parent = store_home_entry(1, 100);
    must(store_begin(home->store));
    must(store_entry_put(home->store, &parent));
    for (int i = 0; i < 4; i++) {
        struct entry_row child = store_home_entry((uint64_t)i + 2, 200 - i);
        child.has_parent = true;
        child.parent_theirs = i == 3;
        memcpy(child.parent, parent.id, ID_BYTES);
        child.parent[15] ^= i == 2; /* another with the same beginning */
        must(store_entry_put(home->store, &child));
    }
    must(store_commit(home->store));
    struct entries entries = {0};
    must(store_entry_children(home->store, parent.id, false, note_entry, &entries));
    assert_nos(&entries, "3 2");
    entries = (struct entries){0};
    must(store_entry_children(home->store, parent.id, true, note_entry, &entries));
    assert_nos(&entries, "5");
}

static void
put_id(struct store_home *home, const uint8_t id[static ID_BYTES], bool theirs)
{
    struct entry_row entry = {.state = S_OPEN, .theirs = theirs, .kind = "feel"};
    memcpy(entry.id, id, ID_BYTES);
    must(store_entry_put(home->store, &entry));
}

static void
test_prefixes(void **state)
{
    struct store_home *home = *state;
    /* 5-bit letters:        10000 10... | differs in bit 14 | in bit 39 | in the last bit */
    const uint8_t ids[][ID_BYTES] = {
        {0x84, 0x00},
        {0x84, 0x02},
        {0x84, 0x02, 0x00, 0x00, 0x01},
        {0x84, 0x02, 0x00, 0x00, 0x01, [15] = 1},
        {0xff},
    };
    uint32_t letters = 0;
    must(store_entry_unique(home->store, ids[0], &letters));
    assert_int_equal(letters, 3);
    must(store_begin(home->store));
    for (size_t i = 0; i < 5; i++) {
        put_id(home, ids[i], i == 2);
    }
    put_id(home, ids[4], true); /* the same id by both is one prefix all the same */
    must(store_commit(home->store));
    const uint32_t want[] = {3, 8, 26, 26, 3};
    for (size_t i = 0; i < 5; i++) {
        must(store_entry_unique(home->store, ids[i], &letters));
        assert_int_equal(letters, want[i]);
    }
    struct entries entries = {0};
    must(store_entry_range(home->store, ids[1], ids[3], note_entry, &entries));
    assert_nos(&entries, "2 3 4");
    entries = (struct entries){0};
    must(store_entry_range(home->store, ids[2], ids[2], note_entry, &entries));
    assert_nos(&entries, "3");
    entries = (struct entries){0};
    must(store_entry_each(home->store, note_entry, &entries));
    assert_nos(&entries, "1 2 4 5 3 6"); /* mine by id, then theirs */
}

static int
look_deeper(void *context, const struct entry_row *entry)
{
    struct store_home *home = context;
    struct entry_row got;
    struct entries inner = {0};
    struct entry_filter all = {0};
    must(store_entry_get(home->store, entry->no, &got));
    must(store_entry_list(home->store, &all, note_entry, &inner));
    assert_int_equal(inner.count, 3);
    return 0;
}

static void
test_nested_reading(void **state)
{
    struct store_home *home = *state;
    struct entry_filter all = {0};
    for (int i = 1; i <= 3; i++) {
        (void)store_home_say(home, (uint64_t)i, i, "text");
    }
    must(store_entry_list(home->store, &all, look_deeper, home));
    must(store_entry_list(home->store, &all, look_deeper, home));
}

static void
bad_finding(void *context, int error, const char *detail)
{
    int *errors = context;
    assert_non_null(detail);
    errors[error == E_CHAIN ? 0 : error == E_CHECK_FOLD ? 1 : 2]++;
}

static void
test_check(void **state)
{
    struct store_home *home = *state;
    int errors[3] = {0};
    for (int i = 1; i <= 3; i++) {
        (void)store_home_say(home, (uint64_t)i, i, "text");
    }
    assert_int_equal(store_home_check(home), 0);
    store_home_idle(home);
    assert_int_equal(store_home_check(home), 0);
    must(store_begin(home->store));
    struct log_row log = store_home_log(1);
    log.no = 1;
    log.seq = 4;
    must(store_log_put(home->store, &log));
    struct entry_row entry = store_home_entry(9, 9);
    entry.text_log = 1;
    entry.text_seq = 2; /* another entry's */
    must(store_entry_put(home->store, &entry));
    must(store_commit(home->store));
    must(store_check(home->store, bad_finding, errors));
    assert_int_equal(errors[0], 1);
    assert_int_equal(errors[1], 1);
    assert_int_equal(errors[2], 0);
}

#define BOTH(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, store_home_in_memory, store_home_teardown),    \
        cmocka_unit_test_setup_teardown(test, store_home_on_file, store_home_teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(test_values),         BOTH(test_rollback), BOTH(test_logs),
        BOTH(test_ops),            BOTH(test_cursors),  BOTH(test_entry_ops),
        BOTH(test_purge_and_fill), BOTH(test_entry_row), BOTH(test_lists),
        BOTH(test_children),       BOTH(test_prefixes), BOTH(test_nested_reading),
        BOTH(test_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
