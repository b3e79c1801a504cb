/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store: logs, ops, entries, small values and the text index, in one SQLite file
 * behind the sealing VFS, or in memory for the simulator. The only SQL of the daemon.
 *
 * Model. Ops are the truth; entries are what they fold to, kept so that a question need
 * not fold. The core writes both inside one transaction; store_begin and store_commit are
 * called by run.c alone (THE RULE), every other call happens between them or reads.
 * Invariants. A row in `op` never changes but for its payload's removal. Positions of a
 * log are dense from 1. The text index may lag behind (a watermark); a search covers the
 * tail itself. Rows handed to a callback are borrowed until it returns; a callback may
 * read the store, but not write: collect first.
 * Errors are E_DISK_FULL, E_READ_ONLY, E_IO, E_MEMORY, E_JOURNAL, E_TAIL, E_VERSION_NEW,
 * E_VERSION_OLD, or what is said at a function; E_NO_ENTRY means no such row.
 * To add a table or column: schema.c, a migration row, store_check.
 */
#ifndef ATTUNE_STORE_STORE_H
#define ATTUNE_STORE_STORE_H

#include "common/arena.h"
#include "common/bytes.h"
#include "common/kind.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_SCHEMA 2

struct store;
struct vfs_keys;

/*
 * store_open: opens or creates the journal at `path` (NULL: in memory, keys ignored).
 *   create   make a new one; E_EXISTS if the file is there. Otherwise it must exist.
 * Damaged pages and WAL cells are told apart: E_JOURNAL, E_TAIL (then only with
 * `accept_tail` it opens, without the damaged frames). Foreign keys: E_JOURNAL_KEY.
 */
struct store_config {
    const char *path;
    const struct vfs_keys *keys;
    bool create;
    bool accept_tail;
};
int store_open(const struct store_config *config, struct store **out)
    __attribute__((warn_unused_result));
void store_close(struct store *store); /* truncating checkpoint when it can; NULL is fine */

int store_begin(struct store *store) __attribute__((warn_unused_result));
int store_commit(struct store *store) __attribute__((warn_unused_result));
void store_rollback(struct store *store); /* fine without a transaction */

/* A copy of a store in memory (`from` in memory too), for backups in the simulator. */
int store_clone(struct store *from, struct store **out) __attribute__((warn_unused_result));
/* Writes a copy under other keys to a new file at `path`, synced; for rekey and backups. */
int store_copy_to(struct store *store, const char *path, const struct vfs_keys *keys)
    __attribute__((warn_unused_result));

/* ---- small values: settings, secrets of the device, what is known of the partner ---- */

/* E_NO_ENTRY when there is none. The caller frees `out` (it wipes). */
int store_value_get(struct store *store, const char *name, struct buf *out)
    __attribute__((warn_unused_result));
/* An empty span deletes. */
int store_value_set(struct store *store, const char *name, struct span value)
    __attribute__((warn_unused_result));
/* Calls back for each name that starts with `prefix`; non-zero from it stops and is returned. */
int store_value_each(struct store *store, const char *prefix,
                     int (*each)(void *context, const char *name, struct span value),
                     void *context) __attribute__((warn_unused_result));

/* ---- logs ---- */

enum log_class {
    LOG_OURS = 1, /* the class byte of log ids (crypto/keys.h): keep the numbers */
    LOG_MINE = 2,
    LOG_KEYS = 3,
};

enum log_state {
    LOG_LIVE = 0,
    LOG_CLOSED = 1,  /* its device appends no more; proved late ops are taken */
    LOG_FROZEN = 2,  /* nothing more is believed */
    LOG_PENDING = 3, /* opened behind what we hold: waits for verify --accept */
};

struct log_row {
    int64_t no; /* 0 in store_log_put: a new row; set on return */
    uint8_t id[ID_BYTES];
    enum log_class class;
    enum log_state state;
    bool theirs;
    int64_t pairing; /* number of the pairing an `ours` log belongs to; 0 otherwise */
    uint8_t device[KEY_BYTES];
    uint8_t incarnation[ID_BYTES];
    uint64_t seq; /* of the newest op held; 0: none */
    uint8_t hash[HASH_BYTES];
    uint64_t lamport;      /* of the newest op held */
    uint64_t bind_seq;     /* ops after this one ... */
    uint64_t bind_lamport; /* ... must exceed this (heads bind) */
    uint64_t bytes;        /* header and payload bytes held, for quotas */
    uint8_t previous_log[ID_BYTES]; /* zeros: none */
    uint64_t previous_seq;
};

int store_log_put(struct store *store, struct log_row *log)
    __attribute__((warn_unused_result));
int store_log_each(struct store *store,
                   int (*each)(void *context, const struct log_row *log), void *context)
    __attribute__((warn_unused_result));

/* ---- ops ---- */

struct op_row {
    int64_t log; /* log_row.no */
    uint64_t seq;
    int64_t entry; /* entry_row.no, 0: none */
    bool creates;  /* the ENTRY op of that entry (others are found by store_entry_ops) */
    uint8_t hash[HASH_BYTES];
    struct span header;
    struct span payload;  /* empty: none or gone */
    struct span self_tag; /* SELF_TAG_BYTES or empty */
    bool payload_gone;    /* purged or withheld */
    bool purged;          /* named by a purge: never accepted again */
};

/* E_EXISTS when that position is taken. Cheapest right after the store_entry_put of its
 * entry, with text_log and text_seq naming this op. */
int store_op_put(struct store *store, const struct op_row *op)
    __attribute__((warn_unused_result));
/* Row with its bytes copied into `arena`. E_NO_ENTRY. */
int store_op_get(struct store *store, int64_t log, uint64_t seq, struct arena *arena,
                 struct op_row *out) __attribute__((warn_unused_result));
/* The hash alone. E_NO_ENTRY. */
int store_op_hash(struct store *store, int64_t log, uint64_t seq,
                  uint8_t hash[static HASH_BYTES]) __attribute__((warn_unused_result));
/* Ops of a log from `seq` on, ascending; non-zero from `each` stops and is returned. */
int store_op_each(struct store *store, int64_t log, uint64_t seq,
                  int (*each)(void *context, const struct op_row *op), void *context)
    __attribute__((warn_unused_result));
/* A cursor over one log, for merging several in total order. Close before the next commit. */
struct store_cursor;
int store_cursor_open(struct store *store, int64_t log, uint64_t seq,
                      struct store_cursor **out) __attribute__((warn_unused_result));
/* 0 with the next row (borrowed until the next call), or E_NO_ENTRY at the end. */
int store_cursor_next(struct store_cursor *cursor, struct op_row *out)
    __attribute__((warn_unused_result));
void store_cursor_close(struct store_cursor *cursor);
/* Every op of an entry, its ENTRY ops included, in (log, seq) order; the core sorts. */
int store_entry_ops(struct store *store, int64_t entry,
                    int (*each)(void *context, const struct op_row *op), void *context)
    __attribute__((warn_unused_result));
/*
 * Removes a payload for good, its words in the text index with it, and notes in the same
 * transaction that store_idle has to scrub. `purged`: never accept it again.
 */
int store_op_purge(struct store *store, int64_t log, uint64_t seq, bool purged)
    __attribute__((warn_unused_result));
/* Fills a payload that was withheld before. E_STATE if it is purged. */
int store_op_fill(struct store *store, int64_t log, uint64_t seq, struct span payload)
    __attribute__((warn_unused_result));

/*
 * Removes the ops of a log after `seq` and calls back with each entry they were about
 * (0 is left out; may repeat). Only for the tail of our own log whose fork is proved and
 * which goes on in a new incarnation. The log's row is the caller's to update.
 */
int store_log_truncate(struct store *store, int64_t log, uint64_t seq,
                       int (*each)(void *context, int64_t entry), void *context)
    __attribute__((warn_unused_result));

/* ---- entries ---- */

struct entry_row {
    int64_t no; /* 0 in store_entry_put: a new row; set on return */
    uint8_t id[ID_BYTES];
    bool theirs;
    char kind[KIND_NAME_BYTES_MAX + 1];
    enum state state;
    bool mine;     /* reach */
    bool gone;     /* its text is purged or withheld */
    bool unknown;  /* a kind or an act this version doesn't know */
    bool fresh;    /* something of the partner's in it was not shown to me yet (local) */
    bool closed;   /* the partner's sealed text, not ours to read (local) */
    bool live;     /* somebody can still move it to another state */
    bool faded;    /* its text went with a thread that is mended (local) */
    int64_t time;  /* seconds since 1970, for display and listing */
    int64_t due;   /* effective; 0: none */
    int64_t wake; /* when the core acts on it: a held one leaves, a thread fades; 0: never */
    uint64_t lamport;   /* of its ENTRY op in `ours`; 0: none */
    int64_t text_log;   /* op whose payload is its text; 0: none */
    uint64_t text_seq;
    bool has_parent;
    uint8_t parent[ID_BYTES];
    bool parent_theirs;
};

int store_entry_put(struct store *store, struct entry_row *entry)
    __attribute__((warn_unused_result));
int store_entry_get(struct store *store, int64_t no, struct entry_row *out)
    __attribute__((warn_unused_result));
/* E_NO_ENTRY. */
int store_entry_find(struct store *store, const uint8_t id[static ID_BYTES], bool theirs,
                     struct entry_row *out) __attribute__((warn_unused_result));
/* Entries with low <= id <= high, by id; for unique prefixes. */
int store_entry_range(struct store *store, const uint8_t low[static ID_BYTES],
                      const uint8_t high[static ID_BYTES],
                      int (*each)(void *context, const struct entry_row *entry),
                      void *context) __attribute__((warn_unused_result));
/* Characters (5 bits each) of the shortest prefix of `id` no other id shares; at least 3. */
int store_entry_unique(struct store *store, const uint8_t id[static ID_BYTES],
                       uint32_t *characters) __attribute__((warn_unused_result));

enum filter_author { AUTHOR_ANY, AUTHOR_ME, AUTHOR_PARTNER };
enum filter_reach { REACH_ANY, REACH_MINE, REACH_OURS };

struct entry_filter {
    const char *kind; /* NULL: any */
    enum filter_author author;
    enum filter_reach reach;
    uint32_t states;  /* STATE_BIT mask; 0: any but S_DRAFT */
    int64_t before;   /* time below this; 0: any */
    bool fresh_only;
    bool live_only;
};

/* Newest first by (time, no); `each` returns non-zero to stop (which is returned; positive
 * values too). */
int store_entry_list(struct store *store, const struct entry_filter *filter,
                     int (*each)(void *context, const struct entry_row *entry),
                     void *context) __attribute__((warn_unused_result));
/* Every entry in (theirs, id) order, for the digest and the check. */
int store_entry_each(struct store *store,
                     int (*each)(void *context, const struct entry_row *entry),
                     void *context) __attribute__((warn_unused_result));
/* Entries whose parent this is, oldest first. */
int store_entry_children(struct store *store, const uint8_t id[static ID_BYTES],
                         bool theirs,
                         int (*each)(void *context, const struct entry_row *entry),
                         void *context) __attribute__((warn_unused_result));
/* The number of the newest row, 0: there is none. */
int store_entry_last(struct store *store, int64_t *out)
    __attribute__((warn_unused_result));
/* The earliest wake above 0, or 0 when there is none. */
int store_entry_next_wake(struct store *store, int64_t *out)
    __attribute__((warn_unused_result));
/* Entries with 0 < wake <= now, the earliest first. */
int store_entry_waking(struct store *store, int64_t now,
                       int (*each)(void *context, const struct entry_row *entry),
                       void *context) __attribute__((warn_unused_result));
/* Entries with from <= due < until (effective, not 0), soonest first. */
int store_entry_due(struct store *store, int64_t from, int64_t until,
                    int (*each)(void *context, const struct entry_row *entry),
                    void *context) __attribute__((warn_unused_result));
/*
 * Empties the entry table (and the text index with it) before a refold. Ops keep the
 * numbers of their entries: put each entry back with no = op_row.entry (a number that is
 * not there is inserted under that number).
 */
int store_entry_clear(struct store *store) __attribute__((warn_unused_result));

/* ---- text ---- */

/*
 * store_find: entries in which every word of `query` occurs, newest first. Words are
 * folded (case, width, accents kept); scripts without spaces match inside a run. The
 * callback gets the entry and its text with each match between U+0002 and U+0003.
 */
int store_find(struct store *store, struct span query, uint32_t limit,
               int (*each)(void *context, const struct entry_row *entry,
                           struct span snippet),
               void *context) __attribute__((warn_unused_result));

/* ---- upkeep ---- */

/*
 * One bounded piece of idle work (a few ms): indexes the tail, merges after a purge,
 * checkpoints (truncating after a purge). Outside any transaction. *more: call again.
 */
int store_idle(struct store *store, bool *more) __attribute__((warn_unused_result));
/* PRAGMA-level and cross-table consistency, each finding one code and a detail without content. */
int store_check(struct store *store,
                void (*finding)(void *context, int error, const char *detail),
                void *context) __attribute__((warn_unused_result));
/* 0, or the sticky error of the file underneath: then nothing may be written any more. */
int store_error(const struct store *store);
/* Whether writes are going on so heavily that idle work should wait. */
uint64_t store_wal_bytes(const struct store *store);

#endif
