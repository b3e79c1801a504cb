/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Logs and small values: the two tables that stay small and are read whole. */
#include "daemon/store/inside.h"

#include "common/error.h"

#include <string.h>

enum { COLUMN_ID, COLUMN_CLASS, COLUMN_STATE, COLUMN_THEIRS, COLUMN_PAIRING,
       COLUMN_DEVICE, COLUMN_INCARNATION, COLUMN_SEQ, COLUMN_HASH, COLUMN_LAMPORT,
       COLUMN_BIND_SEQ, COLUMN_BIND_LAMPORT, COLUMN_BYTES, COLUMN_PREVIOUS_LOG,
       COLUMN_PREVIOUS_SEQ, COLUMN_NO };

int
store_value_get(struct store *store, const char *name, struct buf *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_VALUE_GET, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    rc = sql_step(store, statement);
    if (rc == 1) {
        struct buf value = {0};
        buf_put_span(&value, sql_span(statement, 0));
        rc = buf_done(&value);
        if (rc == 0) {
            buf_free(out);
            *out = value;
            value = (struct buf){0}; /* transferred */
        }
        buf_free(&value);
    } else if (rc == 0) {
        rc = E_NO_ENTRY;
    }
    sql_give(store, SQL_VALUE_GET, statement);
    return rc;
}

int
store_value_set(struct store *store, const char *name, struct span value)
{
    sqlite3_stmt *statement = NULL;
    enum sql id = value.size == 0 ? SQL_VALUE_DELETE : SQL_VALUE_SET;
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
    if (value.size != 0) {
        sql_bind_span(statement, 2, value);
    }
    return sql_finish(store, id, statement);
}

int
store_value_each(struct store *store, const char *prefix,
                 int (*each)(void *context, const char *name, struct span value),
                 void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_VALUE_EACH, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_text(statement, 1, prefix, -1, SQLITE_STATIC);
    while ((rc = sql_step(store, statement)) == 1) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        if (name == NULL) {
            rc = E_MEMORY;
            break;
        }
        if (strncmp(name, prefix, strlen(prefix)) != 0) {
            rc = 0;
            break;
        }
        rc = each(context, name, sql_span(statement, 1));
        if (rc != 0) {
            break;
        }
    }
    sql_give(store, SQL_VALUE_EACH, statement);
    return rc;
}

int
store_log_put(struct store *store, struct log_row *log)
{
    sqlite3_stmt *statement = NULL;
    enum sql id = log->no == 0 ? SQL_LOG_INSERT : SQL_LOG_UPDATE;
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    const struct {
        int column;
        int64_t value;
    } numbers[] = {
        {COLUMN_CLASS, (int64_t)log->class},
        {COLUMN_STATE, (int64_t)log->state},
        {COLUMN_THEIRS, log->theirs},
        {COLUMN_PAIRING, log->pairing},
        {COLUMN_SEQ, (int64_t)log->seq},
        {COLUMN_LAMPORT, (int64_t)log->lamport},
        {COLUMN_BIND_SEQ, (int64_t)log->bind_seq},
        {COLUMN_BIND_LAMPORT, (int64_t)log->bind_lamport},
        {COLUMN_BYTES, (int64_t)log->bytes},
        {COLUMN_PREVIOUS_SEQ, (int64_t)log->previous_seq},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        (void)sqlite3_bind_int64(statement, numbers[i].column + 1, numbers[i].value);
    }
    sql_bind_span(statement, COLUMN_ID + 1, span_of(log->id, ID_BYTES));
    sql_bind_span(statement, COLUMN_DEVICE + 1, span_of(log->device, KEY_BYTES));
    sql_bind_span(statement, COLUMN_INCARNATION + 1, span_of(log->incarnation, ID_BYTES));
    sql_bind_span(statement, COLUMN_HASH + 1, span_of(log->hash, HASH_BYTES));
    sql_bind_span(statement, COLUMN_PREVIOUS_LOG + 1, span_of(log->previous_log, ID_BYTES));
    if (log->no != 0) {
        (void)sqlite3_bind_int64(statement, COLUMN_NO + 1, log->no);
    }
    rc = sql_finish(store, id, statement);
    if (rc == 0 && log->no == 0) {
        log->no = sqlite3_last_insert_rowid(store->db);
    } else if (rc == 0 && sqlite3_changes(store->db) == 0) {
        rc = E_NO_ENTRY;
    }
    return rc;
}

static void
row_read(sqlite3_stmt *statement, struct log_row *out)
{
    *out = (struct log_row){
        .no = sqlite3_column_int64(statement, COLUMN_NO),
        .class = (enum log_class)sqlite3_column_int(statement, COLUMN_CLASS),
        .state = (enum log_state)sqlite3_column_int(statement, COLUMN_STATE),
        .theirs = sqlite3_column_int(statement, COLUMN_THEIRS) != 0,
        .pairing = sqlite3_column_int64(statement, COLUMN_PAIRING),
        .seq = (uint64_t)sqlite3_column_int64(statement, COLUMN_SEQ),
        .lamport = (uint64_t)sqlite3_column_int64(statement, COLUMN_LAMPORT),
        .bind_seq = (uint64_t)sqlite3_column_int64(statement, COLUMN_BIND_SEQ),
        .bind_lamport = (uint64_t)sqlite3_column_int64(statement, COLUMN_BIND_LAMPORT),
        .bytes = (uint64_t)sqlite3_column_int64(statement, COLUMN_BYTES),
        .previous_seq = (uint64_t)sqlite3_column_int64(statement, COLUMN_PREVIOUS_SEQ),
    };
    sql_copy(statement, COLUMN_ID, out->id, ID_BYTES);
    sql_copy(statement, COLUMN_DEVICE, out->device, KEY_BYTES);
    sql_copy(statement, COLUMN_INCARNATION, out->incarnation, ID_BYTES);
    sql_copy(statement, COLUMN_HASH, out->hash, HASH_BYTES);
    sql_copy(statement, COLUMN_PREVIOUS_LOG, out->previous_log, ID_BYTES);
}

int
store_log_each(struct store *store,
               int (*each)(void *context, const struct log_row *log), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_LOG_EACH, &statement);
    if (rc != 0) {
        return rc;
    }
    while ((rc = sql_step(store, statement)) == 1) {
        struct log_row row;
        row_read(statement, &row);
        rc = each(context, &row);
        if (rc != 0) {
            break;
        }
    }
    sql_give(store, SQL_LOG_EACH, statement);
    return rc;
}
