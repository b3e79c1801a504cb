/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Opening, closing, transactions and whole copies.
 *
 * Model. A new file is made whole under another name (PATH.new) and renamed, so PATH is
 * always a journal or nothing. An existing one has its WAL verified before SQLite, which
 * would take a damaged WAL for a short one, sees it.
 * Owner: the store owns its connection, its statements and its vfs.
 */
#include "daemon/store/inside.h"

#include "common/error.h"
#include "daemon/store/heap.h"
#include "daemon/store/schema.h"
#include "daemon/store/vfs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A commit rarely pays for a checkpoint; idle work takes it much sooner. */
enum { WAL_FRAMES_MAX = 4000 };
enum { WAL_FRAME_BYTES = VFS_PAGE_BYTES + 24 };

static int
wal_hook(void *context, sqlite3 *db, const char *name, int frames)
{
    struct store *store = context;
    store->wal_frames = frames;
    if (frames >= WAL_FRAMES_MAX) {
        int log = -1;
        int done = -1;
        int result =
            sqlite3_wal_checkpoint_v2(db, name, SQLITE_CHECKPOINT_PASSIVE, &log, &done);
        if (result == SQLITE_OK && log == done) {
            store->wal_frames = 0; /* the next commit starts the file over */
        }
    }
    return SQLITE_OK; /* the commit stands, whatever became of the checkpoint */
}

/* A store with an open connection and nothing read yet. path NULL: in memory. */
static int
open_plain(const char *path, const struct vfs_keys *keys, int flags, struct store **out)
{
    struct store *store = calloc(1, sizeof *store);
    int rc = store == NULL ? E_MEMORY : 0;
    if (rc == 0 && path != NULL) {
        rc = vfs_new(keys, &store->vfs);
    }
    if (rc == 0) {
        int result = sqlite3_open_v2(path != NULL ? path : ":memory:", &store->db,
                                     flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                                     path != NULL ? vfs_name(store->vfs) : NULL);
        rc = result == SQLITE_OK ? schema_connect(store) : sql_error(store, result);
    }
    if (rc != 0) {
        store_close(store);
        return rc;
    }
    (void)sqlite3_wal_hook(store->db, wal_hook, store);
    *out = store;
    return 0;
}

static int
sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? error_from_errno(errno) : 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return rc;
}

/* Gives a finished, closed file its name: durably, and never over another file. */
static int
settle(const char *from, const char *path)
{
    struct buf folder = {0};
    const char *slash = strrchr(path, '/');
    buf_put_text(&folder, slash == NULL ? "." : "");
    buf_put(&folder, path, slash == NULL ? 0 : (size_t)(slash - path) + 1);
    const char *name = buf_text(&folder);
    int rc = buf_done(&folder);
    rc = rc != 0 ? rc : sync_path(from, 0);
    if (rc == 0 && renameat2(AT_FDCWD, from, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
        rc = errno == EEXIST ? E_EXISTS : error_from_errno(errno);
    }
    rc = rc != 0 ? rc : sync_path(name, O_DIRECTORY);
    buf_free(&folder);
    return rc;
}

/* PATH.new, with what a crash left there removed. */
static int
beside(const char *path, struct buf *out)
{
    buf_put_text(out, path);
    buf_put_text(out, ".new");
    const char *name = buf_text(out);
    int rc = buf_done(out);
    if (rc == 0 && access(path, F_OK) == 0) {
        rc = E_EXISTS;
    }
    if (rc == 0 && unlink(name) != 0 && errno != ENOENT) {
        rc = error_from_errno(errno);
    }
    return rc;
}

static int
make_file(const struct store_config *config)
{
    struct buf name = {0};
    struct store *store = NULL;
    int rc = beside(config->path, &name);
    rc = rc != 0 ? rc
                 : open_plain(buf_text(&name), config->keys, SQLITE_OPEN_CREATE, &store);
    rc = rc != 0 ? rc : schema_alone(store);
    rc = rc != 0 ? rc : schema_make(store);
    rc = rc != 0 ? rc : schema_pragmas(store);
    store_close(store);
    rc = rc != 0 ? rc : settle(buf_text(&name), config->path);
    buf_free(&name);
    return rc;
}

static void
count_bad(void *context, uint64_t page_no)
{
    (void)page_no;
    ++*(uint64_t *)context;
}

/* Tells a damaged journal from one that other keys sealed: there, no page opens. */
static int
blame_keys(const struct store_config *config, int error)
{
    uint64_t bad = 0;
    uint64_t pages = 0;
    int rc = vfs_scrub(config->path, config->keys, count_bad, &bad, &pages);
    return rc == 0 && pages > 0 && bad >= pages ? E_JOURNAL_KEY : error;
}

static int
check_wal(const struct store_config *config)
{
    struct buf name = {0};
    struct vfs_wal_report report = {0};
    buf_put_text(&name, config->path);
    buf_put_text(&name, "-wal");
    const char *path = buf_text(&name);
    int rc = buf_done(&name);
    rc = rc != 0 ? rc : vfs_wal_check(path, config->keys, &report);
    if (rc == 0 && report.bad_cells > 0) {
        rc = blame_keys(config, E_TAIL);
        if (rc == E_TAIL && config->accept_tail) {
            rc = vfs_wal_drop(path, &report);
        }
    }
    buf_free(&name);
    return rc;
}

static int
open_file(const struct store_config *config, struct store **out)
{
    struct store *store = NULL;
    if (access(config->path, F_OK) != 0) {
        return errno == ENOENT ? E_NO_HOME : error_from_errno(errno);
    }
    int rc = check_wal(config);
    rc = rc != 0 ? rc : open_plain(config->path, config->keys, 0, &store);
    rc = rc != 0 ? rc : schema_pragmas(store);
    rc = rc != 0 ? rc : schema_accept(store);
    if (rc != 0) {
        store_close(store);
        return rc == E_JOURNAL ? blame_keys(config, rc) : rc;
    }
    *out = store;
    return 0;
}

int
store_open(const struct store_config *config, struct store **out)
{
    /* Counting every allocation costs a lock each. Both are refused once SQLite runs, and
     * then stand already. */
    heap_use();
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    if (config->path != NULL) {
        int rc = config->create ? make_file(config) : 0;
        return rc != 0 ? rc : open_file(config, out);
    }
    struct store *store = NULL;
    int rc = open_plain(NULL, NULL, SQLITE_OPEN_CREATE, &store);
    rc = rc != 0 ? rc : schema_make(store);
    if (rc != 0) {
        store_close(store);
        return rc;
    }
    *out = store;
    return 0;
}

void
store_close(struct store *store)
{
    if (store == NULL) {
        return;
    }
    for (size_t i = 0; i < SQL_COUNT; i++) {
        (void)sqlite3_finalize(store->statements[i]);
    }
    if (store->db != NULL && store->error != 0) {
        /* What the disk holds now is for the next opening to judge. */
        (void)sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    }
    (void)sqlite3_close_v2(store->db);
    vfs_free(store->vfs);
    tokens_free(&store->tokens);
    buf_free(&store->text);
    free(store);
}

/* What is remembered of rows is true again only after reading them. */
static void
forget(struct store *store)
{
    store->transaction = false;
    store->lost = 0;
    store->marks_known = false;
    store->entry_last = 0;
}

int
store_begin(struct store *store)
{
    if (store->error != 0) {
        return store->error;
    }
    if (store->transaction) {
        return E_INTERNAL;
    }
    int rc = sql_run(store, SQL_BEGIN, 0, 0);
    store->transaction = rc == 0;
    return rc;
}

int
store_commit(struct store *store)
{
    int rc = sql_writable(store);
    rc = rc != 0 ? rc : sql_run(store, SQL_COMMIT, 0, 0);
    if (rc != 0) {
        store_rollback(store);
        return rc;
    }
    store->transaction = false;
    return 0;
}

void
store_rollback(struct store *store)
{
    if (!sqlite3_get_autocommit(store->db)) {
        /* Fails only where SQLite has rolled back already. */
        (void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
    }
    forget(store);
}

static int
copy_pages(struct store *from, struct store *to)
{
    sqlite3_backup *backup = sqlite3_backup_init(to->db, "main", from->db, "main");
    if (backup == NULL) {
        return sql_error(to, sqlite3_errcode(to->db));
    }
    int result = sqlite3_backup_step(backup, -1);
    (void)sqlite3_backup_finish(backup);
    return result == SQLITE_DONE ? 0 : sql_error(to, result);
}

int
store_clone(struct store *from, struct store **out)
{
    struct store *store = NULL;
    int rc = open_plain(NULL, NULL, SQLITE_OPEN_CREATE, &store);
    if (rc != 0) {
        return rc;
    }
    rc = copy_pages(from, store);
    rc = rc != 0 ? rc : schema_accept(store);
    if (rc != 0) {
        store_close(store);
        return rc;
    }
    *out = store;
    return 0;
}

int
store_copy_to(struct store *store, const char *path, const struct vfs_keys *keys)
{
    struct buf name = {0};
    struct store *copy = NULL;
    int rc = store->transaction ? E_INTERNAL : beside(path, &name);
    rc = rc != 0 ? rc : open_plain(buf_text(&name), keys, SQLITE_OPEN_CREATE, &copy);
    /* Page by page: VACUUM INTO would want a journal file beside the copy, which the VFS
     * refuses. What was deleted isn't copied either: secure_delete left zeros there. */
    rc = rc != 0 ? rc : schema_alone(copy);
    rc = rc != 0 ? rc : copy_pages(store, copy);
    rc = rc != 0 ? rc : schema_pragmas(copy);
    store_close(copy);
    rc = rc != 0 ? rc : settle(buf_text(&name), path);
    if (rc != 0 && rc != E_EXISTS && name.size > 0) {
        (void)unlink(buf_text(&name));
    }
    buf_free(&name);
    return rc;
}

int
store_error(const struct store *store)
{
    return store->error;
}

uint64_t
store_wal_bytes(const struct store *store)
{
    return (uint64_t)store->wal_frames * WAL_FRAME_BYTES;
}
