/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ops: rows by position (log << 40 | seq); the truth everything else folds from.
 *
 * Model. An op belongs to at most one entry. The op that made the entry is found through
 * the entry row (`first`), every other one through the partial index of LISTED ops: in a
 * first sync nearly all ops make an entry, and need no place in an index.
 * Invariant: only `payload` and the flags beside it ever change.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMN_POS, COLUMN_ENTRY, COLUMN_FLAGS, COLUMN_HASH, COLUMN_HEADER,
       COLUMN_PAYLOAD, COLUMN_TAG };

struct store_cursor {
    struct store *store;
    sqlite3_stmt *statement;
};

int64_t
ops_pos(int64_t log, uint64_t seq)
{
    if (log < 1 || log > OPS_LOG_MAX || seq < 1 || seq > OPS_SEQ_MAX) {
        return 0;
    }
    return log << 40 | (int64_t)seq;
}

static void
row_read(sqlite3_stmt *statement, struct op_row *out)
{
    int64_t pos = sqlite3_column_int64(statement, COLUMN_POS);
    int64_t flags = sqlite3_column_int64(statement, COLUMN_FLAGS);
    *out = (struct op_row){
        .log = pos >> 40,
        .seq = (uint64_t)pos & OPS_SEQ_MAX,
        .entry = sqlite3_column_int64(statement, COLUMN_ENTRY),
        .creates = (flags & OP_CREATES) != 0,
        .header = sql_span(statement, COLUMN_HEADER),
        .payload = sql_span(statement, COLUMN_PAYLOAD),
        .self_tag = sql_span(statement, COLUMN_TAG),
        .payload_gone = (flags & OP_GONE) != 0,
        .purged = (flags & OP_PURGED) != 0,
    };
    sql_copy(statement, COLUMN_HASH, out->hash, HASH_BYTES);
}

/* Whether an op has to be in op_entry. */
static int
is_listed(struct store *store, const struct op_row *op, int64_t pos, bool *out)
{
    int64_t first = 0;
    if (op->entry != 0 && op->creates) {
        int rc = entries_first(store, op->entry, &first);
        if (rc != 0 && rc != E_NO_ENTRY) {
            return rc;
        }
    }
    *out = op->entry != 0 && first != pos;
    return 0;
}

int
store_op_put(struct store *store, const struct op_row *op)
{
    sqlite3_stmt *statement = NULL;
    bool listed = false;
    int64_t pos = ops_pos(op->log, op->seq);
    int rc = sql_writable(store);
    if (rc == 0 && pos == 0) {
        rc = E_LIMIT;
    }
    rc = rc != 0 ? rc : is_listed(store, op, pos, &listed);
    rc = rc != 0 ? rc : sql_take(store, SQL_OP_INSERT, &statement);
    if (rc != 0) {
        return rc;
    }
    int flags = (op->creates ? OP_CREATES : 0) | (op->payload_gone ? OP_GONE : 0) |
                (op->purged ? OP_PURGED : 0) | (listed ? OP_LISTED : 0);
    (void)sqlite3_bind_int64(statement, 1, pos);
    if (op->entry != 0) {
        (void)sqlite3_bind_int64(statement, 2, op->entry);
    }
    (void)sqlite3_bind_int(statement, 3, flags);
    sql_bind_span(statement, 4, span_of(op->hash, HASH_BYTES));
    sql_bind_span(statement, 5, op->header);
    sql_bind_span(statement, 6, op->payload);
    sql_bind_span(statement, 7, op->self_tag);
    return sql_finish(store, SQL_OP_INSERT, statement);
}

static int
take_op(struct store *store, enum sql id, int64_t log, uint64_t seq,
        sqlite3_stmt **out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, ops_pos(log, seq));
    rc = sql_step(store, statement);
    if (rc == 1) {
        *out = statement;
        return 0;
    }
    sql_give(store, id, statement);
    return rc == 0 ? E_NO_ENTRY : rc;
}

int
store_op_get(struct store *store, int64_t log, uint64_t seq, struct arena *arena,
             struct op_row *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = take_op(store, SQL_OP_GET, log, seq, &statement);
    if (rc != 0) {
        return rc;
    }
    struct op_row row;
    row_read(statement, &row);
    struct span *spans[] = {&row.header, &row.payload, &row.self_tag};
    for (size_t i = 0; i < 3; i++) {
        size_t size = spans[i]->size;
        *spans[i] = size == 0 ? SPAN_EMPTY : arena_copy(arena, *spans[i]);
        if (spans[i]->size != size) {
            rc = E_MEMORY;
        }
    }
    sql_give(store, SQL_OP_GET, statement);
    if (rc == 0) {
        *out = row;
    }
    return rc;
}

int
store_op_hash(struct store *store, int64_t log, uint64_t seq,
              uint8_t hash[static HASH_BYTES])
{
    sqlite3_stmt *statement = NULL;
    int rc = take_op(store, SQL_OP_HASH, log, seq, &statement);
    if (rc == 0) {
        sql_copy(statement, 0, hash, HASH_BYTES);
        sql_give(store, SQL_OP_HASH, statement);
    }
    return rc;
}

/* A statement over the ops of a log from `seq` on. */
static int
take_from(struct store *store, int64_t log, uint64_t seq, sqlite3_stmt **out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_OP_EACH, &statement);
    if (rc != 0) {
        return rc;
    }
    /* A log or seq out of range has no ops: between 1 and 0. */
    int64_t low = ops_pos(log, seq == 0 ? 1 : seq);
    (void)sqlite3_bind_int64(statement, 1, low == 0 ? 1 : low);
    (void)sqlite3_bind_int64(statement, 2, low == 0 ? 0 : ops_pos(log, OPS_SEQ_MAX));
    *out = statement;
    return 0;
}

static int
each_row(struct store *store, enum sql id, sqlite3_stmt *statement,
         int (*each)(void *context, const struct op_row *op), void *context)
{
    int rc = sql_step(store, statement);
    while (rc == 1) {
        struct op_row row;
        row_read(statement, &row);
        rc = each(context, &row);
        if (rc != 0) {
            break;
        }
        rc = sql_step(store, statement);
    }
    sql_give(store, id, statement);
    return rc;
}

int
store_op_each(struct store *store, int64_t log, uint64_t seq,
              int (*each)(void *context, const struct op_row *op), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = take_from(store, log, seq, &statement);
    return rc != 0 ? rc : each_row(store, SQL_OP_EACH, statement, each, context);
}

int
store_cursor_open(struct store *store, int64_t log, uint64_t seq,
                  struct store_cursor **out)
{
    struct store_cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL) {
        return E_MEMORY;
    }
    cursor->store = store;
    int rc = take_from(store, log, seq, &cursor->statement);
    if (rc != 0) {
        free(cursor);
        return rc;
    }
    *out = cursor;
    return 0;
}

int
store_cursor_next(struct store_cursor *cursor, struct op_row *out)
{
    if (cursor->statement == NULL) {
        return E_NO_ENTRY;
    }
    int rc = sql_step(cursor->store, cursor->statement);
    if (rc == 1) {
        row_read(cursor->statement, out);
        return 0;
    }
    /* A statement stepped past its end would start again. */
    sql_give(cursor->store, SQL_OP_EACH, cursor->statement);
    cursor->statement = NULL;
    return rc == 0 ? E_NO_ENTRY : rc;
}

void
store_cursor_close(struct store_cursor *cursor)
{
    if (cursor != NULL) {
        sql_give(cursor->store, SQL_OP_EACH, cursor->statement);
        free(cursor);
    }
}

int
store_entry_ops(struct store *store, int64_t entry,
                int (*each)(void *context, const struct op_row *op), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_OP_ENTRY, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, entry);
    return each_row(store, SQL_OP_ENTRY, statement, each, context);
}

/* Flags, entry and whether there is a payload. */
struct op_marks {
    int64_t pos;
    int64_t flags;
    int64_t entry;
    bool has_payload;
};

static int
read_marks(struct store *store, int64_t log, uint64_t seq, struct op_marks *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = take_op(store, SQL_OP_GET, log, seq, &statement);
    if (rc == 0) {
        out->pos = ops_pos(log, seq);
        out->flags = sqlite3_column_int64(statement, COLUMN_FLAGS);
        out->entry = sqlite3_column_int64(statement, COLUMN_ENTRY);
        out->has_payload = sqlite3_column_bytes(statement, COLUMN_PAYLOAD) > 0;
        sql_give(store, SQL_OP_GET, statement);
    }
    return rc;
}

static int
set_payload(struct store *store, int64_t pos, int64_t flags, struct span payload)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_OP_SET, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, pos);
    (void)sqlite3_bind_int64(statement, 2, flags);
    sql_bind_span(statement, 3, payload);
    return sql_finish(store, SQL_OP_SET, statement);
}

/* Whether the op's payload is the text its entry shows. */
static int
is_text(struct store *store, const struct op_marks *op, bool *out)
{
    struct entry_marks entry = {0};
    int rc = op->entry == 0 ? E_NO_ENTRY : entries_marks(store, op->entry, &entry);
    *out = rc == 0 && entry.text == op->pos;
    return rc == E_NO_ENTRY ? 0 : rc;
}

int
store_op_purge(struct store *store, int64_t log, uint64_t seq, bool purged)
{
    struct op_marks op;
    bool text = false;
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : read_marks(store, log, seq, &op);
    if (rc != 0) {
        return rc;
    }
    if (op.has_payload) {
        rc = is_text(store, &op, &text);
        if (rc == 0 && text) {
            rc = index_drop(store, op.entry, op.pos, false);
        }
        rc = rc != 0 ? rc : index_mark_set(store, MARK_SCRUB, 1);
    }
    int64_t flags = op.flags | OP_GONE | (purged ? OP_PURGED : 0);
    return rc != 0 ? rc : set_payload(store, op.pos, flags, SPAN_EMPTY);
}

int
store_op_fill(struct store *store, int64_t log, uint64_t seq, struct span payload)
{
    struct op_marks op;
    bool text = false;
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : read_marks(store, log, seq, &op);
    if (rc != 0) {
        return rc;
    }
    if ((op.flags & OP_PURGED) != 0 || op.has_payload) {
        return E_STATE;
    }
    rc = is_text(store, &op, &text);
    if (rc == 0 && text) {
        rc = index_again(store, op.entry);
    }
    return rc != 0 ? rc : set_payload(store, op.pos, op.flags & ~OP_GONE, payload);
}

int
store_log_truncate(struct store *store, int64_t log, uint64_t seq,
                   int (*each)(void *context, int64_t entry), void *context)
{
    int rc = sql_writable(store);
    while (rc == 0) {
        struct op_marks op;
        bool text = false;
        rc = read_marks(store, log, ++seq, &op);
        if (rc != 0) {
            break;
        }
        if (op.has_payload) {
            rc = is_text(store, &op, &text);
            if (rc == 0 && text) {
                rc = index_drop(store, op.entry, op.pos, true);
            }
        }
        rc = rc != 0 ? rc : sql_run(store, SQL_OP_DELETE, op.pos, 0);
        rc = rc != 0 || op.entry == 0 ? rc : each(context, op.entry);
    }
    return rc == E_NO_ENTRY ? 0 : rc;
}
