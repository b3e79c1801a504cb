/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the files of the store share; nobody outside this folder (and its tests) reads it.
 *
 * Model. sql.c hands out prepared statements and turns SQLite's results into errors;
 * schema.c makes and opens the file; logs.c, ops.c, entries.c and find.c answer the calls
 * of store.h; index.c keeps the text index; idle.c does the work that may wait.
 * Invariants. A statement taken is given back by the function that took it, on every
 * path. An entry with no <= words_mark and not in `stale` is in the text index with
 * exactly the text its op has now; every other entry is not in it at all.
 * An op with an entry is either LISTED (in the index op_entry) or that entry's `first`.
 */
#ifndef ATTUNE_STORE_INSIDE_H
#define ATTUNE_STORE_INSIDE_H

#include "daemon/store/store.h"
#include "daemon/store/tokens.h"

#include <sqlite3.h>

struct vfs;

enum sql {
#define SQL(name, text) SQL_##name,
#include "daemon/store/statements.def"
#undef SQL
    SQL_COUNT
};

/* op.flags */
enum {
    OP_CREATES = 1,
    OP_GONE = 2,
    OP_PURGED = 4,
    OP_LISTED = 8, /* in the SQL too: the partial index op_entry */
};

/* entry.flags; 1, 16, 64 and 256 are in the SQL too */
enum {
    ENTRY_THEIRS = 1,
    ENTRY_MINE = 2,
    ENTRY_GONE = 4,
    ENTRY_UNKNOWN = 8,
    ENTRY_FRESH = 16,
    ENTRY_HAS_PARENT = 32,
    ENTRY_PARENT_THEIRS = 64,
    ENTRY_CLOSED = 128,
    ENTRY_LIVE = 256,
    ENTRY_FADED = 512,
};

/* Rows of `mark`. */
enum mark {
    MARK_WORDS = 1, /* entries up to this number went through the text index */
    MARK_SCRUB = 2, /* a purge waits for its merges and its checkpoint */
};

struct store {
    sqlite3 *db;
    struct vfs *vfs; /* NULL: in memory */
    sqlite3_stmt *statements[SQL_COUNT];
    bool taken[SQL_COUNT];
    int error;          /* sticky */
    bool transaction;   /* between store_begin and its end */
    int lost;           /* why SQLite rolled the transaction back by itself; 0: it didn't */
    bool marks_known;   /* the three below are as in the file */
    bool scrub;
    bool stale;         /* there may be rows in `stale` */
    int64_t words_mark;
    int64_t entry_last; /* the entry put last, and its `first`; 0: none */
    int64_t entry_first;
    int wal_frames;
    struct token_list tokens; /* scratch of the text functions */
    struct buf text;
};

/* ---- sql.c ---- */

/* What an SQLite result means; remembers errors after which nothing may be written. */
int sql_error(struct store *store, int result);
/* A statement, reset; a second taking of one in use gets its own. */
int sql_take(struct store *store, enum sql id, sqlite3_stmt **out)
    __attribute__((warn_unused_result));
void sql_give(struct store *store, enum sql id, sqlite3_stmt *statement);
/* 1 with a row, 0 at the end, or an error. */
int sql_step(struct store *store, sqlite3_stmt *statement)
    __attribute__((warn_unused_result));
/* Steps a statement without rows to its end and gives it back. */
int sql_finish(struct store *store, enum sql id, sqlite3_stmt *statement)
    __attribute__((warn_unused_result));
/* The same for a statement with up to two whole numbers as parameters. */
int sql_run(struct store *store, enum sql id, int64_t first, int64_t second)
    __attribute__((warn_unused_result));
/* The first column of its only row for one number: 0, E_NO_ENTRY or an error. */
int sql_number(struct store *store, enum sql id, int64_t parameter, int64_t *out)
    __attribute__((warn_unused_result));
/* Runs text of our own (schema, pragmas). */
int sql_exec(struct store *store, const char *text) __attribute__((warn_unused_result));

void sql_bind_span(sqlite3_stmt *statement, int parameter, struct span span);
struct span sql_span(sqlite3_stmt *statement, int column);
/* Copies a column of exactly `size` bytes; zeros when it has another length. */
void sql_copy(sqlite3_stmt *statement, int column, void *out, size_t size);

/* Asserts that a transaction was begun; E_* when it is lost or nothing may be written. */
int sql_writable(const struct store *store) __attribute__((warn_unused_result));

/* ---- ops.c, entries.c ---- */

int64_t ops_pos(int64_t log, uint64_t seq); /* 0 for log 0 */
/* The highest sequence number and log number a position can hold. */
#define OPS_SEQ_MAX ((UINT64_C(1) << 40) - 1)
#define OPS_LOG_MAX ((INT64_C(1) << 22) - 1)
/* `first` of an entry, from memory if it is the one put last. 0, E_NO_ENTRY, an error. */
int entries_first(struct store *store, int64_t no, int64_t *out)
    __attribute__((warn_unused_result));
/* text, time and `first` of an entry. 0, E_NO_ENTRY or an error. */
struct entry_marks {
    int64_t text;
    int64_t time;
    int64_t first;
};
int entries_marks(struct store *store, int64_t no, struct entry_marks *out)
    __attribute__((warn_unused_result));

/* ---- index.c ---- */

int index_marks(struct store *store) __attribute__((warn_unused_result)); /* loads them */
int index_mark_set(struct store *store, enum mark mark, int64_t value)
    __attribute__((warn_unused_result));
/* Every text of a payload (bounded scan, bad bytes end it), separated by newlines. */
void index_payload_text(struct buf *out, struct span payload);
/* Before an indexed entry's text changes: takes it out of the index; `again`: to be indexed
 * with its next text. Nothing to do for an entry that is not indexed. */
int index_drop(struct store *store, int64_t entry, int64_t text, bool again)
    __attribute__((warn_unused_result));
/* Notes that an entry's op got its text only now. */
int index_again(struct store *store, int64_t entry) __attribute__((warn_unused_result));
/* Indexes one bounded piece of what is missing, in a transaction of its own. */
int index_some(struct store *store, bool *more) __attribute__((warn_unused_result));
int index_clear(struct store *store) __attribute__((warn_unused_result));

#endif
