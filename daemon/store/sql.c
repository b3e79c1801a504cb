/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/store/inside.h"

#include "common/error.h"
#include "daemon/store/vfs.h"

#include <assert.h>
#include <string.h>

static const char *const texts[SQL_COUNT] = {
#define SQL(name, text) [SQL_##name] = text,
#include "daemon/store/statements.def"
#undef SQL
};

static int
plain_error(int result)
{
    switch (result & 0xff) {
    case SQLITE_FULL:
        return E_DISK_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_AUTH:
        return E_READ_ONLY;
    case SQLITE_NOMEM:
        return E_MEMORY;
    case SQLITE_IOERR:
        return result == SQLITE_IOERR_NOMEM ? E_MEMORY : E_IO;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_FORMAT:
        return E_JOURNAL;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return E_BUSY;
    case SQLITE_TOOBIG:
        return E_LIMIT;
    case SQLITE_CONSTRAINT:
        return E_EXISTS;
    default:
        return E_INTERNAL;
    }
}

int
sql_error(struct store *store, int result)
{
    int rc = plain_error(result);
    int below = store->vfs != NULL ? vfs_error(store->vfs) : 0;
    if (below != 0) {
        rc = below;
        /* A full disk is over once there is room; the other errors are for good. */
        if (below == E_DISK_FULL || below == E_MEMORY) {
            vfs_error_clear(store->vfs);
        }
    }
    if (store->transaction && sqlite3_get_autocommit(store->db) && store->lost == 0) {
        store->lost = rc;
    }
    if (store->error == 0 && (rc == E_IO || rc == E_JOURNAL || rc == E_TAIL)) {
        store->error = rc;
    }
    return rc;
}

int
sql_take(struct store *store, enum sql id, sqlite3_stmt **out)
{
    sqlite3_stmt *statement = store->taken[id] ? NULL : store->statements[id];
    if (statement == NULL) {
        unsigned flags = store->taken[id] ? 0 : SQLITE_PREPARE_PERSISTENT;
        int result = sqlite3_prepare_v3(store->db, texts[id], -1, flags, &statement, NULL);
        if (result != SQLITE_OK) {
            return sql_error(store, result);
        }
        if (!store->taken[id]) {
            store->statements[id] = statement;
        }
    }
    if (statement == store->statements[id]) {
        store->taken[id] = true;
    }
    *out = statement;
    return 0;
}

void
sql_give(struct store *store, enum sql id, sqlite3_stmt *statement)
{
    if (statement == NULL) {
        return;
    }
    if (statement != store->statements[id]) {
        (void)sqlite3_finalize(statement);
        return;
    }
    (void)sqlite3_reset(statement);
    (void)sqlite3_clear_bindings(statement);
    store->taken[id] = false;
}

int
sql_step(struct store *store, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result == SQLITE_ROW) {
        return 1;
    }
    return result == SQLITE_DONE ? 0 : sql_error(store, result);
}

int
sql_finish(struct store *store, enum sql id, sqlite3_stmt *statement)
{
    int rc = sql_step(store, statement);
    while (rc == 1) {
        rc = sql_step(store, statement);
    }
    sql_give(store, id, statement);
    return rc;
}

int
sql_run(struct store *store, enum sql id, int64_t first, int64_t second)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    int count = sqlite3_bind_parameter_count(statement);
    if (count >= 1) {
        (void)sqlite3_bind_int64(statement, 1, first);
    }
    if (count >= 2) {
        (void)sqlite3_bind_int64(statement, 2, second);
    }
    return sql_finish(store, id, statement);
}

int
sql_number(struct store *store, enum sql id, int64_t parameter, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    if (sqlite3_bind_parameter_count(statement) >= 1) {
        (void)sqlite3_bind_int64(statement, 1, parameter);
    }
    rc = sql_step(store, statement);
    if (rc == 1) {
        *out = sqlite3_column_int64(statement, 0);
        rc = 0;
    } else if (rc == 0) {
        rc = E_NO_ENTRY;
    }
    sql_give(store, id, statement);
    return rc;
}

int
sql_exec(struct store *store, const char *text)
{
    int result = sqlite3_exec(store->db, text, NULL, NULL, NULL);
    return result == SQLITE_OK ? 0 : sql_error(store, result);
}

void
sql_bind_span(sqlite3_stmt *statement, int parameter, struct span span)
{
    /* Too large for a bound is too large for a row: the step reports SQLITE_TOOBIG. */
    (void)sqlite3_bind_blob64(statement, parameter, span.size == 0 ? NULL : span.data,
                              span.size, SQLITE_STATIC);
}

struct span
sql_span(sqlite3_stmt *statement, int column)
{
    const void *data = sqlite3_column_blob(statement, column);
    int size = sqlite3_column_bytes(statement, column);
    return data == NULL ? SPAN_EMPTY : span_of(data, (size_t)size);
}

void
sql_copy(sqlite3_stmt *statement, int column, void *out, size_t size)
{
    struct span span = sql_span(statement, column);
    memset(out, 0, size);
    if (span.size == size) {
        memcpy(out, span.data, size);
    }
}

int
sql_writable(const struct store *store)
{
    assert(store->transaction);
    return store->error != 0 ? store->error : store->lost;
}
