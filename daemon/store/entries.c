/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries: what the ops fold to, one row each, and the ways to list them.
 *
 * Model. Rows are numbered in order of arrival. Ids are found by their first 31 bits
 * (`key`) and then compared whole. Lists run along an index in the order they are asked
 * for, so the newest twenty cost the same in every journal.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

#include <stddef.h>
#include <string.h>

enum { COLUMN_NO, COLUMN_ID, COLUMN_FLAGS, COLUMN_STATE, COLUMN_KIND, COLUMN_TIME,
       COLUMN_DUE, COLUMN_HELD, COLUMN_LAMPORT, COLUMN_TEXT, COLUMN_PARENT };

static const struct {
    int flag;
    size_t offset; /* of a bool in struct entry_row */
} flag_rows[] = {
    {ENTRY_THEIRS, offsetof(struct entry_row, theirs)},
    {ENTRY_MINE, offsetof(struct entry_row, mine)},
    {ENTRY_GONE, offsetof(struct entry_row, gone)},
    {ENTRY_UNKNOWN, offsetof(struct entry_row, unknown)},
    {ENTRY_FRESH, offsetof(struct entry_row, fresh)},
    {ENTRY_HAS_PARENT, offsetof(struct entry_row, has_parent)},
    {ENTRY_PARENT_THEIRS, offsetof(struct entry_row, parent_theirs)},
    {ENTRY_CLOSED, offsetof(struct entry_row, closed)},
    {ENTRY_LIVE, offsetof(struct entry_row, live)},
    {ENTRY_FADED, offsetof(struct entry_row, faded)},
};

static int64_t
key_of(const uint8_t id[static ID_BYTES])
{
    uint32_t high = (uint32_t)id[0] << 24 | (uint32_t)id[1] << 16 |
                    (uint32_t)id[2] << 8 | (uint32_t)id[3];
    return high >> 1; /* 31 bits fit SQLite's four-byte integers */
}

static int
flags_of(const struct entry_row *entry)
{
    int flags = 0;
    for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++) {
        bool set = false;
        memcpy(&set, (const uint8_t *)entry + flag_rows[i].offset, sizeof set);
        flags |= set ? flag_rows[i].flag : 0;
    }
    return flags;
}

static void
row_read(sqlite3_stmt *statement, struct entry_row *out)
{
    int flags = sqlite3_column_int(statement, COLUMN_FLAGS);
    int64_t text = sqlite3_column_int64(statement, COLUMN_TEXT);
    *out = (struct entry_row){
        .no = sqlite3_column_int64(statement, COLUMN_NO),
        .state = (enum state)sqlite3_column_int(statement, COLUMN_STATE),
        .time = sqlite3_column_int64(statement, COLUMN_TIME),
        .due = sqlite3_column_int64(statement, COLUMN_DUE),
        .wake = sqlite3_column_int64(statement, COLUMN_HELD),
        .lamport = (uint64_t)sqlite3_column_int64(statement, COLUMN_LAMPORT),
        .text_log = text >> 40,
        .text_seq = (uint64_t)text & OPS_SEQ_MAX,
    };
    for (size_t i = 0; i < sizeof flag_rows / sizeof flag_rows[0]; i++) {
        bool set = (flags & flag_rows[i].flag) != 0;
        memcpy((uint8_t *)out + flag_rows[i].offset, &set, sizeof set);
    }
    sql_copy(statement, COLUMN_ID, out->id, ID_BYTES);
    sql_copy(statement, COLUMN_PARENT, out->parent, ID_BYTES);
    const char *kind = (const char *)sqlite3_column_text(statement, COLUMN_KIND);
    int size = sqlite3_column_bytes(statement, COLUMN_KIND);
    if (kind != NULL && size <= (int)KIND_NAME_BYTES_MAX) {
        memcpy(out->kind, kind, (size_t)size);
    }
}

static void
bind_row(sqlite3_stmt *statement, const struct entry_row *entry, int64_t text)
{
    (void)sqlite3_bind_int(statement, 2, flags_of(entry));
    (void)sqlite3_bind_int(statement, 3, (int)entry->state);
    (void)sqlite3_bind_text(statement, 4, entry->kind, -1, SQLITE_STATIC);
    (void)sqlite3_bind_int64(statement, 6, entry->due);
    (void)sqlite3_bind_int64(statement, 7, entry->wake);
    (void)sqlite3_bind_int64(statement, 8, (int64_t)entry->lamport);
    (void)sqlite3_bind_int64(statement, 9, text);
    if (entry->has_parent) {
        sql_bind_span(statement, 10, span_of(entry->parent, ID_BYTES));
        (void)sqlite3_bind_int64(statement, 12, key_of(entry->parent));
    }
    if (entry->no != 0) {
        (void)sqlite3_bind_int64(statement, 14, entry->no);
    }
}

/* `entry->no` 0 takes the next number. `first` is what ops_put needn't index. */
static int
insert(struct store *store, struct entry_row *entry, int64_t text)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_INSERT, &statement);
    if (rc != 0) {
        return rc;
    }
    /* A row put under its old number is a refold's: all its ops are listed already. */
    int64_t first = entry->no == 0 ? text : 0;
    bind_row(statement, entry, text);
    sql_bind_span(statement, 1, span_of(entry->id, ID_BYTES));
    (void)sqlite3_bind_int64(statement, 5, entry->time);
    (void)sqlite3_bind_int64(statement, 11, key_of(entry->id));
    (void)sqlite3_bind_int64(statement, 13, first);
    rc = sql_finish(store, SQL_ENTRY_INSERT, statement);
    if (rc == 0) {
        entry->no = entry->no != 0 ? entry->no : sqlite3_last_insert_rowid(store->db);
        store->entry_last = entry->no;
        store->entry_first = first;
    }
    return rc;
}

static int
update(struct store *store, const struct entry_row *entry, int64_t text,
       const struct entry_marks *was)
{
    int rc = was->text == text ? 0 : index_drop(store, entry->no, was->text, true);
    /* The time has an index; leaving it alone saves a page in most commits. */
    if (rc == 0 && was->time != entry->time) {
        rc = sql_run(store, SQL_ENTRY_TIME, entry->no, entry->time);
    }
    sqlite3_stmt *statement = NULL;
    rc = rc != 0 ? rc : sql_take(store, SQL_ENTRY_UPDATE, &statement);
    if (rc != 0) {
        return rc;
    }
    bind_row(statement, entry, text);
    return sql_finish(store, SQL_ENTRY_UPDATE, statement);
}

int
store_entry_put(struct store *store, struct entry_row *entry)
{
    struct entry_marks was;
    int64_t text = ops_pos(entry->text_log, entry->text_seq);
    int rc = sql_writable(store);
    if (rc != 0) {
        return rc;
    }
    if (entry->no == 0) {
        return insert(store, entry, text);
    }
    rc = entries_marks(store, entry->no, &was);
    if (rc == E_NO_ENTRY) {
        return insert(store, entry, text);
    }
    return rc != 0 ? rc : update(store, entry, text, &was);
}

int
entries_marks(struct store *store, int64_t no, struct entry_marks *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_MARKS, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, no);
    rc = sql_step(store, statement);
    if (rc == 1) {
        out->text = sqlite3_column_int64(statement, 0);
        out->time = sqlite3_column_int64(statement, 1);
        out->first = sqlite3_column_int64(statement, 2);
        rc = 0;
    } else if (rc == 0) {
        rc = E_NO_ENTRY;
    }
    sql_give(store, SQL_ENTRY_MARKS, statement);
    return rc;
}

int
entries_first(struct store *store, int64_t no, int64_t *out)
{
    struct entry_marks marks;
    if (no == store->entry_last) {
        *out = store->entry_first;
        return 0;
    }
    int rc = entries_marks(store, no, &marks);
    if (rc == 0) {
        *out = marks.first;
    }
    return rc;
}

/* The only row of a statement whose parameters are bound. */
static int
one_row(struct store *store, enum sql id, sqlite3_stmt *statement, struct entry_row *out)
{
    int rc = sql_step(store, statement);
    if (rc == 1) {
        row_read(statement, out);
        rc = 0;
    } else if (rc == 0) {
        rc = E_NO_ENTRY;
    }
    sql_give(store, id, statement);
    return rc;
}

int
store_entry_get(struct store *store, int64_t no, struct entry_row *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_GET, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, no);
    return one_row(store, SQL_ENTRY_GET, statement, out);
}

int
store_entry_find(struct store *store, const uint8_t id[static ID_BYTES], bool theirs,
                 struct entry_row *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_FIND, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, key_of(id));
    sql_bind_span(statement, 2, span_of(id, ID_BYTES));
    (void)sqlite3_bind_int(statement, 3, theirs ? ENTRY_THEIRS : 0);
    return one_row(store, SQL_ENTRY_FIND, statement, out);
}

static int
each_row(struct store *store, enum sql id, sqlite3_stmt *statement,
         int (*each)(void *context, const struct entry_row *entry), void *context)
{
    int rc = sql_step(store, statement);
    while (rc == 1) {
        struct entry_row row;
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
store_entry_range(struct store *store, const uint8_t low[static ID_BYTES],
                  const uint8_t high[static ID_BYTES],
                  int (*each)(void *context, const struct entry_row *entry),
                  void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_RANGE, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, key_of(low));
    (void)sqlite3_bind_int64(statement, 2, key_of(high));
    sql_bind_span(statement, 3, span_of(low, ID_BYTES));
    sql_bind_span(statement, 4, span_of(high, ID_BYTES));
    return each_row(store, SQL_ENTRY_RANGE, statement, each, context);
}

/* Letters of five bits two ids have in common at the start. */
static uint32_t
common_letters(const uint8_t *a, const uint8_t *b)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < ID_BYTES; i++) {
        uint8_t differ = a[i] ^ b[i];
        if (differ != 0) {
            while ((differ & 0x80) == 0) {
                differ = (uint8_t)(differ << 1);
                bits++;
            }
            break;
        }
        bits += 8;
    }
    return bits / 5;
}

/* The nearest other id on one side: letters it has in common, 0 without one. */
static int
neighbour(struct store *store, enum sql side, const uint8_t id[static ID_BYTES],
          uint32_t *letters)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, side, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, key_of(id));
    *letters = 0;
    while ((rc = sql_step(store, statement)) == 1) {
        uint8_t other[ID_BYTES];
        sql_copy(statement, 0, other, ID_BYTES);
        int order = memcmp(other, id, ID_BYTES);
        if (side == SQL_ENTRY_BELOW ? order < 0 : order > 0) {
            *letters = common_letters(other, id);
            rc = 0;
            break;
        }
    }
    sql_give(store, side, statement);
    return rc;
}

int
store_entry_unique(struct store *store, const uint8_t id[static ID_BYTES],
                   uint32_t *characters)
{
    uint32_t below = 0;
    uint32_t above = 0;
    int rc = neighbour(store, SQL_ENTRY_BELOW, id, &below);
    rc = rc != 0 ? rc : neighbour(store, SQL_ENTRY_ABOVE, id, &above);
    if (rc == 0) {
        uint32_t most = (below > above ? below : above) + 1;
        *characters = most < 3 ? 3 : most;
    }
    return rc;
}

/* The narrowest index that holds all a filter can match. */
static enum sql
list_by(const struct entry_filter *filter)
{
    const uint32_t local = STATE_BIT(S_HELD) | STATE_BIT(S_DRAFT);
    if (filter->fresh_only) {
        return SQL_ENTRY_FRESH;
    }
    if (filter->live_only) {
        return SQL_ENTRY_LIVE;
    }
    return filter->states != 0 && (filter->states & ~local) == 0 ? SQL_ENTRY_LOCAL
                                                                : SQL_ENTRY_LIST;
}

int
store_entry_list(struct store *store, const struct entry_filter *filter,
                 int (*each)(void *context, const struct entry_row *entry), void *context)
{
    sqlite3_stmt *statement = NULL;
    enum sql id = list_by(filter);
    int rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    int mask = (filter->author != AUTHOR_ANY ? ENTRY_THEIRS : 0) |
               (filter->reach != REACH_ANY ? ENTRY_MINE : 0);
    int want = (filter->author == AUTHOR_PARTNER ? ENTRY_THEIRS : 0) |
               (filter->reach == REACH_MINE ? ENTRY_MINE : 0);
    uint32_t states = filter->states != 0 ? filter->states : ~STATE_BIT(S_DRAFT);
    (void)sqlite3_bind_int64(statement, 1,
                             filter->before != 0 ? filter->before - 1 : INT64_MAX);
    if (filter->kind != NULL) {
        (void)sqlite3_bind_text(statement, 2, filter->kind, -1, SQLITE_STATIC);
    }
    (void)sqlite3_bind_int(statement, 3, mask);
    (void)sqlite3_bind_int(statement, 4, want);
    (void)sqlite3_bind_int64(statement, 5, states);
    return each_row(store, id, statement, each, context);
}

int
store_entry_each(struct store *store,
                 int (*each)(void *context, const struct entry_row *entry), void *context)
{
    int rc = 0;
    for (int theirs = 0; theirs <= 1 && rc == 0; theirs++) {
        sqlite3_stmt *statement = NULL;
        rc = sql_take(store, SQL_ENTRY_EACH, &statement);
        if (rc == 0) {
            (void)sqlite3_bind_int(statement, 1, theirs);
            rc = each_row(store, SQL_ENTRY_EACH, statement, each, context);
        }
    }
    return rc;
}

int
store_entry_children(struct store *store, const uint8_t id[static ID_BYTES], bool theirs,
                     int (*each)(void *context, const struct entry_row *entry),
                     void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_CHILDREN, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, key_of(id));
    sql_bind_span(statement, 2, span_of(id, ID_BYTES));
    (void)sqlite3_bind_int(statement, 3, theirs ? ENTRY_PARENT_THEIRS : 0);
    return each_row(store, SQL_ENTRY_CHILDREN, statement, each, context);
}

int
store_entry_next_wake(struct store *store, int64_t *out)
{
    return sql_number(store, SQL_ENTRY_NEXT_WAKE, 0, out); /* NULL, for none, reads as 0 */
}

int
store_entry_last(struct store *store, int64_t *out)
{
    return sql_number(store, SQL_ENTRY_LAST, 0, out); /* NULL, for none, reads as 0 */
}

int
store_entry_waking(struct store *store, int64_t now,
                   int (*each)(void *context, const struct entry_row *entry), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_WAKING, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, now);
    return each_row(store, SQL_ENTRY_WAKING, statement, each, context);
}

int
store_entry_due(struct store *store, int64_t from, int64_t until,
                int (*each)(void *context, const struct entry_row *entry), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_ENTRY_DUE, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, from);
    (void)sqlite3_bind_int64(statement, 2, until);
    return each_row(store, SQL_ENTRY_DUE, statement, each, context);
}

int
store_entry_clear(struct store *store)
{
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : index_clear(store);
    rc = rc != 0 ? rc : sql_run(store, SQL_ENTRY_CLEAR, 0, 0);
    rc = rc != 0 ? rc : sql_run(store, SQL_OP_LIST_ALL, 0, 0);
    store->entry_last = 0;
    return rc;
}
