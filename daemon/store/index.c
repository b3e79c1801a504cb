/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text index: which entries are in it, and how they get in and out.
 *
 * Model. An FTS5 table without contents; its row numbers are the entries'. It is filled
 * in idle time up to a mark (words_mark). To take an entry out, FTS5 must be told the very
 * text it was given, so a text leaves the index before it leaves its op; an entry taken
 * out that will have text again is noted in `stale`, which is indexed first.
 * Invariant: inside.h. Every step here is part of the caller's transaction, except
 * index_some, which makes its own.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

/* One piece of idle work: as long as half a batch takes to be received. Each piece is a
 * segment of the index, so smaller ones are merged, and written, over and over. */
enum { PIECE_ENTRIES_MAX = 512, PIECE_BYTES_MAX = 192 * 1024 };

/* Field numbers of journal.proto. */
enum { PAYLOAD_FIELDS = 2, FIELD_TEXT_NUMBER = 2 };

/* A number of protobuf's; false at the end or on more than ten bytes. */
static bool
take_varint(struct span *rest, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && rest->size > 0; shift += 7) {
        uint8_t byte = rest->data[0];
        *rest = span_slice(*rest, 1, rest->size);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *out = value;
            return true;
        }
    }
    return false;
}

/* One field of a message; `bytes` is empty unless its type is bytes. */
static bool
take_field(struct span *rest, uint64_t *number, struct span *bytes)
{
    uint64_t tag;
    uint64_t value;
    *bytes = SPAN_EMPTY;
    if (!take_varint(rest, &tag)) {
        return false;
    }
    *number = tag >> 3;
    switch (tag & 7) {
    case 0:
        return take_varint(rest, &value);
    case 1:
        value = 8;
        break;
    case 2:
        if (!take_varint(rest, &value)) {
            return false;
        }
        break;
    case 5:
        value = 4;
        break;
    default:
        return false;
    }
    if (value > rest->size) {
        return false;
    }
    if ((tag & 7) == 2) {
        *bytes = span_slice(*rest, 0, (size_t)value);
    }
    *rest = span_slice(*rest, (size_t)value, rest->size);
    return true;
}

void
index_payload_text(struct buf *out, struct span payload)
{
    uint64_t number;
    struct span field;
    size_t begin = out->size;
    while (take_field(&payload, &number, &field)) {
        if (number != PAYLOAD_FIELDS) {
            continue;
        }
        struct span part;
        while (take_field(&field, &number, &part)) {
            if (number == FIELD_TEXT_NUMBER && part.size > 0) {
                buf_put(out, "\n", out->size > begin ? 1 : 0);
                buf_put_span(out, part);
            }
        }
    }
}

int
index_marks(struct store *store)
{
    static const int64_t from = 0;
    if (store->marks_known) {
        return 0;
    }
    int64_t words = 0;
    int64_t scrub = 0;
    int64_t stale = 0;
    sqlite3_stmt *statement = NULL;
    int rc = sql_number(store, SQL_MARK_GET, MARK_WORDS, &words);
    rc = rc == E_NO_ENTRY ? 0 : rc;
    if (rc == 0) {
        rc = sql_number(store, SQL_MARK_GET, MARK_SCRUB, &scrub);
        rc = rc == E_NO_ENTRY ? 0 : rc;
    }
    rc = rc != 0 ? rc : sql_take(store, SQL_STALE_EACH, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, from);
    rc = sql_step(store, statement);
    stale = rc;
    sql_give(store, SQL_STALE_EACH, statement);
    if (rc < 0) {
        return rc;
    }
    store->words_mark = words;
    store->scrub = scrub != 0;
    store->stale = stale != 0;
    store->marks_known = true;
    return 0;
}

int
index_mark_set(struct store *store, enum mark mark, int64_t value)
{
    int rc = index_marks(store);
    if (rc != 0 || (mark == MARK_SCRUB && store->scrub == (value != 0))) {
        return rc;
    }
    rc = sql_run(store, SQL_MARK_SET, (int64_t)mark, value);
    if (rc == 0 && mark == MARK_WORDS) {
        store->words_mark = value;
    } else if (rc == 0) {
        store->scrub = value != 0;
    }
    return rc;
}

/* Puts an entry's text in, or takes it out: `id` says which. */
static int
words_run(struct store *store, enum sql id, int64_t entry, struct span payload)
{
    sqlite3_stmt *statement = NULL;
    buf_clear(&store->text);
    index_payload_text(&store->text, payload);
    int rc = buf_done(&store->text);
    if (rc != 0 || store->text.size == 0) {
        return rc;
    }
    rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, entry);
    (void)sqlite3_bind_text64(statement, 2, (const char *)store->text.data,
                              store->text.size, SQLITE_STATIC, SQLITE_UTF8);
    return sql_finish(store, id, statement);
}

static int
is_indexed(struct store *store, int64_t entry, bool *out)
{
    int64_t one = 0;
    int rc = index_marks(store);
    if (rc != 0) {
        return rc;
    }
    *out = false;
    if (entry > store->words_mark) {
        return 0;
    }
    if (store->stale) {
        rc = sql_number(store, SQL_STALE_HAS, entry, &one);
        if (rc != E_NO_ENTRY) {
            return rc;
        }
    }
    *out = true;
    return 0;
}

static int
add_stale(struct store *store, int64_t entry)
{
    store->stale = true;
    return sql_run(store, SQL_STALE_ADD, entry, 0);
}

int
index_drop(struct store *store, int64_t entry, int64_t text, bool again)
{
    bool indexed = false;
    sqlite3_stmt *statement = NULL;
    int rc = is_indexed(store, entry, &indexed);
    if (rc != 0 || !indexed) {
        return rc;
    }
    rc = sql_take(store, SQL_OP_GET, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, text);
    rc = sql_step(store, statement);
    if (rc == 1) {
        rc = words_run(store, SQL_WORDS_DELETE, entry, sql_span(statement, 5));
    }
    sql_give(store, SQL_OP_GET, statement);
    return rc == 0 && again ? add_stale(store, entry) : rc;
}

int
index_again(struct store *store, int64_t entry)
{
    bool indexed = false;
    int rc = is_indexed(store, entry, &indexed);
    return rc == 0 && indexed ? add_stale(store, entry) : rc;
}

int
index_clear(struct store *store)
{
    int rc = sql_run(store, SQL_WORDS_CLEAR, 0, 0);
    rc = rc != 0 ? rc : sql_run(store, SQL_STALE_CLEAR, 0, 0);
    return rc != 0 ? rc : index_mark_set(store, MARK_WORDS, 0);
}

struct piece {
    size_t entries;
    size_t bytes;
    int64_t last;
    bool full; /* there may be more */
};

/* Indexes the rows of a statement (number, payload) until the piece is full. */
static int
index_rows(struct store *store, enum sql id, int64_t after, struct piece *piece)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, after);
    piece->last = after;
    while ((rc = sql_step(store, statement)) == 1) {
        if (piece->entries >= PIECE_ENTRIES_MAX || piece->bytes >= PIECE_BYTES_MAX) {
            piece->full = true;
            rc = 0;
            break;
        }
        struct span payload = sql_span(statement, 1);
        piece->last = sqlite3_column_int64(statement, 0);
        piece->entries++;
        piece->bytes += payload.size;
        rc = words_run(store, SQL_WORDS_INSERT, piece->last, payload);
        if (rc == 0 && id == SQL_STALE_EACH) {
            rc = sql_run(store, SQL_STALE_DELETE, piece->last, 0);
        }
        if (rc != 0) {
            break;
        }
    }
    sql_give(store, id, statement);
    return rc;
}

static int
has_rows(struct store *store, bool *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = index_marks(store);
    *out = rc == 0 && store->stale;
    if (rc != 0 || store->stale) {
        return rc;
    }
    rc = sql_take(store, SQL_TAIL_EACH, &statement);
    if (rc == 0) {
        (void)sqlite3_bind_int64(statement, 1, store->words_mark);
        rc = sql_step(store, statement);
        sql_give(store, SQL_TAIL_EACH, statement);
    }
    *out = rc == 1;
    return rc < 0 ? rc : 0;
}

int
index_some(struct store *store, bool *more)
{
    struct piece piece = {0};
    bool any = false;
    int rc = has_rows(store, &any);
    if (rc != 0 || !any) {
        *more = false;
        return rc;
    }
    rc = store_begin(store);
    if (rc != 0) {
        return rc;
    }
    if (store->stale) {
        rc = index_rows(store, SQL_STALE_EACH, 0, &piece);
        store->stale = rc != 0 || piece.full;
    }
    if (rc == 0 && !piece.full) {
        rc = index_rows(store, SQL_TAIL_EACH, store->words_mark, &piece);
        rc = rc != 0 ? rc : index_mark_set(store, MARK_WORDS, piece.last);
    }
    if (rc == 0) {
        rc = store_commit(store);
    } else {
        store_rollback(store);
    }
    *more = rc == 0 && piece.full;
    return rc;
}
