/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Upkeep: what may wait until nobody does.
 *
 * Model. store_idle does one bounded piece: first the text index, then what a purge left
 * (merge all segments of the index into one, which drops the words for good; truncate the
 * WAL; only then forget that there was a purge), then a checkpoint. Nothing is remembered
 * between calls but the marks in the file, so a crash anywhere only repeats work.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

/* Pages of index one call merges, and a WAL worth emptying. */
enum { MERGE_PAGES = 64, WAL_FRAMES_IDLE = 64 };

/* A negative number of pages merges all segments, however few (FTS5, "merge" command);
 * asked again it goes on where it was, and changes nothing when there is one segment. */
static int
merge_some(struct store *store, bool *more)
{
    int rc = store_begin(store);
    if (rc != 0) {
        return rc;
    }
    int64_t before = sqlite3_total_changes64(store->db);
    rc = sql_run(store, SQL_WORDS_MERGE, -MERGE_PAGES, 0);
    /* The command itself counts as one change. */
    *more = rc == 0 && sqlite3_total_changes64(store->db) - before >= 2;
    if (rc != 0) {
        store_rollback(store);
        return rc;
    }
    return store_commit(store);
}

static int
checkpoint(struct store *store, int mode)
{
    int log = -1;
    int done = -1;
    int result = sqlite3_wal_checkpoint_v2(store->db, "main", mode, &log, &done);
    if (result != SQLITE_OK) {
        return sql_error(store, result);
    }
    if (log == done || mode == SQLITE_CHECKPOINT_TRUNCATE) {
        store->wal_frames = 0;
    }
    return 0;
}

static int
forget_scrub(struct store *store)
{
    int rc = store_begin(store);
    if (rc != 0) {
        return rc;
    }
    rc = index_mark_set(store, MARK_SCRUB, 0);
    if (rc != 0) {
        store_rollback(store);
        return rc;
    }
    return store_commit(store);
}

static int
scrub_some(struct store *store, bool *more)
{
    int rc = merge_some(store, more);
    if (rc != 0 || *more) {
        return rc;
    }
    rc = store->vfs == NULL ? 0 : checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
    return rc != 0 ? rc : forget_scrub(store);
}

int
store_idle(struct store *store, bool *more)
{
    bool again = false;
    if (store->error != 0) {
        return store->error;
    }
    if (store->transaction) {
        return E_INTERNAL;
    }
    int rc = index_some(store, &again);
    if (rc == 0 && !again && store->scrub) {
        rc = scrub_some(store, &again);
    }
    if (rc == 0 && !again && store->wal_frames >= WAL_FRAMES_IDLE) {
        rc = checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
    }
    if (rc == 0) {
        *more = again;
    }
    return rc;
}
