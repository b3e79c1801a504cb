/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/store/schema.h"

#include "common/error.h"
#include "daemon/store/vfs.h"

#include <assert.h>

/* State numbers are in the rows, and two of them in statements.def. */
static_assert(S_HELD == 6 && S_DRAFT == 7 && S_OPEN == 1,
              "a new state goes to the end, or comes with a migration");

/* "attn": what `file` and a person with a hex editor may know. */
#define APPLICATION_ID 0x6174746e

static const char tables[] =
    "CREATE TABLE value(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE log(no INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, class INT,"
    " state INT, theirs INT, pairing INT, device BLOB, incarnation BLOB, seq INT,"
    " hash BLOB, lamport INT, bind_seq INT, bind_lamport INT, bytes INT,"
    " previous_log BLOB, previous_seq INT);"
    /* pos = log << 40 | seq, so that a log grows at the end of a b-tree. */
    "CREATE TABLE op(pos INTEGER PRIMARY KEY, entry INT, flags INT NOT NULL,"
    " hash BLOB NOT NULL, header BLOB, payload BLOB, tag BLOB);"
    "CREATE INDEX op_entry ON op(entry) WHERE flags&8;"
    /* key: the first 31 bits of the id; half the size of an index of whole ids. */
    "CREATE TABLE entry(no INTEGER PRIMARY KEY, key INT NOT NULL, flags INT NOT NULL,"
    " state INT NOT NULL, time INT NOT NULL, due INT NOT NULL, held INT NOT NULL,"
    " lamport INT NOT NULL, text INT NOT NULL, first INT NOT NULL, parent_key INT,"
    " id BLOB NOT NULL, kind TEXT NOT NULL, parent BLOB);"
    "CREATE INDEX entry_key ON entry(key);"
    "CREATE INDEX entry_time ON entry(time);"
    "CREATE INDEX entry_fresh ON entry(time) WHERE flags&16;"
    "CREATE INDEX entry_live ON entry(time) WHERE flags&256;"
    "CREATE INDEX entry_local ON entry(time) WHERE state IN(6,7);"
    "CREATE INDEX entry_held ON entry(held) WHERE held>0;"
    "CREATE INDEX entry_due ON entry(due) WHERE due<>0;"
    "CREATE INDEX entry_parent ON entry(parent_key) WHERE parent_key IS NOT NULL;"
    "CREATE TABLE mark(no INTEGER PRIMARY KEY, value INT NOT NULL);"
    "CREATE TABLE stale(no INTEGER PRIMARY KEY);"
    "CREATE VIRTUAL TABLE words USING"
    " fts5(text, content='', columnsize=0, tokenize='attune');"
    /* A leaf of FTS5's usual 4,050 bytes would overflow: the seal has 40 of each page. */
    "INSERT INTO words(words,rank) VALUES('pgsz',4000);"
    /* Half the merging of the usual 4, for a few more segments to look into. */
    "INSERT INTO words(words,rank) VALUES('automerge',8);";

static const struct {
    int id;
    int value;
} limits[] = {
    {SQLITE_LIMIT_LENGTH, 4 * 1024 * 1024}, /* an op has PAYLOAD_BYTES_MAX and a header */
    {SQLITE_LIMIT_SQL_LENGTH, 16 * 1024},
    {SQLITE_LIMIT_COLUMN, 32},
    {SQLITE_LIMIT_EXPR_DEPTH, 32},
    {SQLITE_LIMIT_COMPOUND_SELECT, 4},
    {SQLITE_LIMIT_VDBE_OP, 100000},
    {SQLITE_LIMIT_FUNCTION_ARG, 8},
    {SQLITE_LIMIT_ATTACHED, 0},
    {SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 64},
    {SQLITE_LIMIT_VARIABLE_NUMBER, 32},
    {SQLITE_LIMIT_TRIGGER_DEPTH, 1},
    {SQLITE_LIMIT_WORKER_THREADS, 0},
};

static const struct {
    int id;
    int value;
} switches[] = {
    {SQLITE_DBCONFIG_DEFENSIVE, 1},
    {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
    {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
    {SQLITE_DBCONFIG_ENABLE_TRIGGER, 0},
    {SQLITE_DBCONFIG_ENABLE_VIEW, 0},
    {SQLITE_DBCONFIG_DQS_DML, 0},
    {SQLITE_DBCONFIG_DQS_DDL, 0},
};

/* From version (index + 1) to the next; the newest needs none. */
static const char *const migrations[] = {
    /* 1: the only kind that had acts was promise, while open or changed. */
    "CREATE INDEX entry_live ON entry(time) WHERE flags&256;"
    "UPDATE entry SET flags=flags|256 WHERE kind='promise' AND state IN(1,2);",
    NULL,
};
static_assert(sizeof migrations / sizeof migrations[0] == STORE_SCHEMA,
              "a row for each version");

int
schema_connect(struct store *store)
{
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        (void)sqlite3_limit(store->db, limits[i].id, limits[i].value);
    }
    for (size_t i = 0; i < sizeof switches / sizeof switches[0]; i++) {
        int result = sqlite3_db_config(store->db, switches[i].id, switches[i].value, NULL);
        if (result != SQLITE_OK) {
            return sql_error(store, result);
        }
    }
    int result = tokens_register(store->db);
    if (result != SQLITE_OK) {
        return sql_error(store, result);
    }
    /* Exclusive first: some of the others read, and WAL would want a -shm otherwise. */
    return sql_exec(store, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA temp_store=MEMORY;"
                           "PRAGMA mmap_size=0; PRAGMA secure_delete=ON;"
                           "PRAGMA cell_size_check=ON; PRAGMA cache_size=-1536;");
}

int
schema_make(struct store *store)
{
    int reserve = VFS_RESERVE_BYTES;
    int rc = sql_exec(store, "PRAGMA page_size=4096;");
    if (rc != 0) {
        return rc;
    }
    /* A store in memory has the reserve too, so that either can be copied to a file. */
    int result =
        sqlite3_file_control(store->db, "main", SQLITE_FCNTL_RESERVE_BYTES, &reserve);
    if (result != SQLITE_OK) {
        return sql_error(store, result);
    }
    char version[96];
    (void)sqlite3_snprintf((int)sizeof version, version,
                           "PRAGMA application_id=%d; PRAGMA user_version=%d;",
                           APPLICATION_ID, STORE_SCHEMA);
    rc = sql_exec(store, "BEGIN");
    rc = rc != 0 ? rc : sql_exec(store, tables);
    rc = rc != 0 ? rc : sql_exec(store, version);
    return rc != 0 ? rc : sql_exec(store, "COMMIT");
}

int
schema_alone(struct store *store)
{
    return sql_exec(store, "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=FULL;");
}

int
schema_pragmas(struct store *store)
{
    return sql_exec(store, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;");
}

static int
pragma_number(struct store *store, const char *text, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(store->db, text, -1, &statement, NULL);
    if (result != SQLITE_OK) {
        return sql_error(store, result);
    }
    int rc = sql_step(store, statement);
    if (rc == 1) {
        *out = sqlite3_column_int64(statement, 0);
        rc = 0;
    } else if (rc == 0) {
        rc = E_JOURNAL;
    }
    (void)sqlite3_finalize(statement);
    return rc;
}

int
schema_accept(struct store *store)
{
    int64_t application = 0;
    int64_t version = 0;
    int rc = pragma_number(store, "PRAGMA application_id", &application);
    rc = rc != 0 ? rc : pragma_number(store, "PRAGMA user_version", &version);
    if (rc != 0) {
        return rc;
    }
    if (application != APPLICATION_ID || version < 1) {
        return E_JOURNAL;
    }
    if (version > STORE_SCHEMA) {
        return E_VERSION_NEW;
    }
    for (int64_t from = version; from < STORE_SCHEMA; from++) {
        const char *text = migrations[from - 1];
        if (text == NULL) {
            return E_VERSION_OLD;
        }
        char done[64];
        (void)sqlite3_snprintf((int)sizeof done, done, "PRAGMA user_version=%d;",
                               (int)(from + 1));
        rc = sql_exec(store, "BEGIN IMMEDIATE");
        rc = rc != 0 ? rc : sql_exec(store, text);
        rc = rc != 0 ? rc : sql_exec(store, done);
        rc = rc != 0 ? rc : sql_exec(store, "COMMIT");
        if (rc != 0) {
            return rc; /* the connection is closed, which rolls back */
        }
    }
    return 0;
}
