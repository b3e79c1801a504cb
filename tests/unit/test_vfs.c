/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sealing VFS at work: what it serves, what it refuses, what a crash leaves. */
#include "tests/lib/vfs_home.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

static const char schema[] = "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT);";
static const char marker[] = "zwetschgenknoedel";

static bool
image_has(const struct image *image, const char *word)
{
    return image->data != NULL &&
           memmem(image->data, image->size, word, strlen(word)) != NULL;
}

static void
test_rows_and_search(void **state)
{
    struct home home;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    assert_int_equal(db_run(db, "CREATE VIRTUAL TABLE words USING fts5(text);"),
                     SQLITE_OK);
    for (int i = 0; i < 50; i++) {
        db_add(db, i, i * 200);
    }
    char sql[200];
    (void)snprintf(
        sql, sizeof sql,
        "INSERT INTO note VALUES(100, '%s'); INSERT INTO words VALUES('ein %s');",
        marker, marker);
    assert_int_equal(db_run(db, sql), SQLITE_OK);
    int64_t digest = db_digest(db);
    struct image main_file = image_load(home.db);
    struct image wal_file = image_load(home.wal);
    assert_true(wal_file.size > 0);
    assert_false(image_has(&main_file, marker) || image_has(&wal_file, marker));
    assert_false(image_has(&main_file, "SQLite format") ||
                 image_has(&main_file, "CREATE"));
    assert_false(image_has(&wal_file, "SQLite format") ||
                 image_has(&wal_file, "CREATE"));
    assert_int_equal(home_check(&home).bad_cells, 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    image_free(&main_file);
    image_free(&wal_file);

    main_file = image_load(home.db);
    assert_false(image_has(&main_file, marker) || image_has(&main_file, "note"));
    assert_int_equal(main_file.size % VFS_PAGE_BYTES, 0);
    assert_int_equal(access(home.wal, F_OK), -1);
    assert_int_equal(home_check(&home).cells, 0);
    image_free(&main_file);

    db = home_open(&home, false);
    assert_int_equal(db_digest(db), digest);
    assert_int_equal(db_number(db, "SELECT count(*) FROM words('zwetschgenknoedel')"),
                     1);
    assert_int_equal(db_number(db, "SELECT count(*) FROM pragma_integrity_check "
                                   "WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(db_number(db, "PRAGMA page_size"), 4096);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(vfs_error(home.vfs), 0);
    home_end(&home);
}

/* Spilled pages, headers rewritten in place, savepoints, rollback, vacuum, cuts. */
static void
test_hard_transactions(void **state)
{
    struct home home;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    assert_int_equal(db_run(db, "PRAGMA cache_size=10; PRAGMA cache_spill=1;"),
                     SQLITE_OK);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(db_run(db, "BEGIN"), SQLITE_OK);
        for (int i = 0; i < 200; i++) {
            db_add(db, round * 1000 + i, 1500);
        }
        int64_t before = db_digest(db);
        assert_int_equal(
            db_run(db,
                   "SAVEPOINT s; UPDATE note SET text = text || 'y';"
                   "DELETE FROM note WHERE id % 3 = 0;"
                   "INSERT INTO note SELECT id + 500, text FROM note WHERE id % 7 = 0;"
                   "ROLLBACK TO s; RELEASE s;"),
            SQLITE_OK);
        assert_int_equal(db_digest(db), before);
        assert_int_equal(db_run(db, "UPDATE note SET text = 'z' || text; COMMIT"),
                         SQLITE_OK);
        before = db_digest(db);
        assert_int_equal(db_run(db, "BEGIN; UPDATE note SET text = text || text;"
                                    "DELETE FROM note WHERE id % 2 = 0; ROLLBACK;"),
                         SQLITE_OK);
        assert_int_equal(db_digest(db), before);
        assert_int_equal(home_check(&home).bad_cells, 0);
    }
    assert_int_equal(db_run(db, "DELETE FROM note WHERE id > 500; VACUUM;"), SQLITE_OK);
    assert_int_equal(db_run(db, "PRAGMA wal_checkpoint(TRUNCATE);"), SQLITE_OK);
    int64_t digest = db_digest(db);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    db = home_open(&home, false);
    assert_int_equal(db_digest(db), digest);
    assert_int_equal(db_number(db, "SELECT count(*) FROM pragma_integrity_check "
                                   "WHERE integrity_check = 'ok'"),
                     1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    home_end(&home);
}

static void
test_refuses_other_files(void **state)
{
    struct home home;
    sqlite3 *db = NULL;
    int forty = VFS_RESERVE_BYTES;
    (void)state;
    home_begin(&home);
    assert_int_equal(home_open_any(&home, false, &db), SQLITE_CANTOPEN); /* not there */
    vfs_error_clear(home.vfs);

    /* A rollback journal is refused, so the default journal mode can't write. */
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    assert_int_equal(sqlite3_open_v2(home.db, &db, flags, vfs_name(home.vfs)),
                     SQLITE_OK);
    assert_int_equal(
        sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &forty),
        SQLITE_OK);
    assert_int_equal(db_run(db, schema), SQLITE_CANTOPEN);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);

    /* Without the reserve, page 1 is refused before a byte of it is on disk. */
    assert_int_equal(sqlite3_open_v2(home.db, &db, flags, vfs_name(home.vfs)),
                     SQLITE_OK);
    assert_int_equal(db_run(db, "PRAGMA journal_mode=OFF;"), SQLITE_OK);
    assert_int_equal(db_run(db, schema), SQLITE_IOERR);
    assert_int_equal(vfs_error(home.vfs), E_INTERNAL);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    vfs_error_clear(home.vfs);
    assert_int_equal(unlink(home.db), 0);

    db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    assert_int_equal(db_run(db,
                            "PRAGMA temp_store=FILE; CREATE TEMP TABLE t(x);"
                            "PRAGMA temp.cache_size=1; PRAGMA temp.cache_spill=1;"
                            "INSERT INTO t WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL "
                            "SELECT n + 1 FROM c WHERE n < 3000) SELECT "
                            "printf('%.*c', 900, 'x') FROM c;"),
                     SQLITE_CANTOPEN);
    assert_int_equal(db_run(db, "ATTACH 'other' AS other"), SQLITE_CANTOPEN);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    home_end(&home);
}

static void
test_one_process_only(void **state)
{
    struct home home;
    struct vfs *second = NULL;
    sqlite3 *db2 = NULL;
    static sqlite3 *db; /* stays reachable for a leak check of the child */
    (void)state;
    home_begin(&home);
    db = home_open(&home, true);
    assert_int_equal(vfs_new(&home.keys, &second), 0);
    assert_string_not_equal(vfs_name(second), vfs_name(home.vfs));
    assert_int_equal(
        sqlite3_open_v2(home.db, &db2, SQLITE_OPEN_READWRITE, vfs_name(second)),
        SQLITE_BUSY);
    assert_int_equal(sqlite3_close(db2), SQLITE_OK);
    assert_int_equal(vfs_error(second), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int rc =
            sqlite3_open_v2(home.db, &db2, SQLITE_OPEN_READWRITE, vfs_name(second));
        _exit(rc == SQLITE_BUSY ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    assert_int_equal(
        sqlite3_open_v2(home.db, &db2, SQLITE_OPEN_READWRITE, vfs_name(second)),
        SQLITE_OK);
    assert_int_equal(sqlite3_close(db2), SQLITE_OK);
    vfs_free(second);
    home_end(&home);
}

/* Says on `fd` which row is durable, for ever. */
static void
kill_child(struct home *home, int fd, int first)
{
    sqlite3 *db = NULL;
    if (home_open_any(home, false, &db) != SQLITE_OK) {
        _exit(1);
    }
    for (int id = first;; id++) {
        char sql[160];
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO note VALUES(%d, printf('%%.*c', %d, 'k'))", id,
                       id % 9 * 20000);
        if (db_run(db, sql) != SQLITE_OK || write(fd, &id, sizeof id) != sizeof id) {
            _exit(1);
        }
    }
}

static void
test_killed_while_writing(void **state)
{
    struct home home;
    int durable = 0;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    for (int round = 0; round < 12; round++) {
        int ends[2];
        int id = 0;
        int status = 0;
        assert_int_equal(pipe(ends), 0);
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            (void)close(ends[0]);
            kill_child(&home, ends[1], durable + 1);
        }
        (void)close(ends[1]);
        for (int i = 0; i < 5 + round * 3; i++) {
            assert_int_equal(read(ends[0], &id, sizeof id), sizeof id);
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        while (read(ends[0], &id, sizeof id) == sizeof id) {
        }
        (void)close(ends[0]);
        /* A write cut by the kill is past the last commit: dropping it is safe. */
        struct vfs_wal_report report = home_check(&home);
        assert_int_equal(vfs_wal_drop(home.wal, &report), 0);
        assert_int_equal(home_check(&home).bad_cells, 0);
        db = home_open(&home, false);
        durable = (int)db_number(db, "SELECT max(id) FROM note");
        assert_true(durable >= id);
        assert_int_equal(db_number(db, "SELECT count(*) FROM note"), durable);
        assert_int_equal(db_number(db, "SELECT count(*) FROM pragma_integrity_check "
                                       "WHERE integrity_check = 'ok'"),
                         1);
        assert_int_equal(sqlite3_close(db), SQLITE_OK);
    }
    home_end(&home);
}

/* Rows 0.. one commit each with checkpoints between; how many were committed. */
static int
write_until_error(sqlite3 *db)
{
    char sql[160];
    for (int id = 0; id < 12; id++) {
        (void)snprintf(sql, sizeof sql,
                       "INSERT INTO note VALUES(%d, printf('%%.*c%d', %d, 'w'))", id,
                       id, id * 2500);
        if (db_run(db, sql) != SQLITE_OK) {
            return id;
        }
        if (id % 4 == 3 && db_run(db, "PRAGMA wal_checkpoint(RESTART)") != SQLITE_OK) {
            return id + 1;
        }
    }
    return 12;
}

/* One fault; the connection goes on if it may, then a crash at that point is opened. */
static bool
fault_at(struct home *home, const struct image *base, int after, int number, int error)
{
    struct image none = {NULL, 0};
    image_save(home->db, base, base->size);
    image_save(home->wal, &none, 0);
    sqlite3 *db = home_open(home, false);
    vfs_fault_set(home->vfs, after, number);
    int committed = write_until_error(db);
    int seen = vfs_error(home->vfs);
    vfs_fault_set(home->vfs, 0, 0);
    struct image main_file = image_load(home->db);
    struct image wal_file = image_load(home->wal);
    assert_int_equal(seen, seen == 0 ? 0 : error);
    vfs_error_clear(home->vfs);
    int64_t count = db_number(db, "SELECT count(*) FROM note");
    assert_true(count < 0 || count == committed);
    /* There is room again: it goes on, unless it was a sync that failed. */
    bool more = db_run(db, "INSERT INTO note VALUES(900, 'more')") == SQLITE_OK;
    assert_true(more || vfs_error(home->vfs) == E_IO);
    assert_true(more || seen != 0);
    (void)sqlite3_close(db);
    vfs_error_clear(home->vfs);
    db = home_open(home, false);
    count = db_number(db, "SELECT count(*) FROM note WHERE id < 900");
    /* After a failed sync the last one may be there or not: it was never promised. */
    assert_true(count == committed || (!more && count == committed + 1));
    assert_int_equal(db_number(db, "SELECT count(*) FROM note WHERE id = 900"), more);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);

    image_save(home->db, &main_file, main_file.size);
    image_save(home->wal, &wal_file, wal_file.size);
    struct vfs_wal_report report = home_check(home);
    assert_int_equal(vfs_wal_drop(home->wal, &report), 0);
    db = home_open(home, false);
    count = db_number(db, "SELECT count(*) FROM note");
    assert_true(count == committed || count == committed + 1);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    image_free(&main_file);
    image_free(&wal_file);
    return seen != 0;
}

static void
test_fault_at_each_write(void **state)
{
    static const struct {
        int number;
        int error;
    } faults[] = {{ENOSPC, E_DISK_FULL}, {EIO, E_IO}, {EROFS, E_READ_ONLY}};
    struct home home;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    struct image base = image_load(home.db);
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        int after = 0;
        while (fault_at(&home, &base, after, faults[i].number, faults[i].error)) {
            after++;
        }
        assert_true(after > 30);
    }
    image_free(&base);
    home_end(&home);
}

/* A failed sync is never retried and believed. */
static void
test_shut_after_sync(void **state)
{
    struct home home;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    db_add(db, 1, 100);
    vfs_fault_set(home.vfs, 1, EIO); /* one write for the commit, then its sync */
    assert_int_not_equal(db_run(db, "INSERT INTO note VALUES(2, 'lost')"), SQLITE_OK);
    assert_int_equal(vfs_error(home.vfs), E_IO);
    vfs_fault_set(home.vfs, 0, 0);
    vfs_error_clear(home.vfs);
    for (int i = 0; i < 3; i++) {
        assert_int_not_equal(db_run(db, "INSERT INTO note VALUES(3, 'no')"), SQLITE_OK);
        assert_int_equal(vfs_error(home.vfs), E_IO);
    }
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    vfs_error_clear(home.vfs);
    db = home_open(&home, false);
    assert_int_equal(db_number(db, "SELECT count(*) FROM note WHERE id = 1"), 1);
    assert_int_equal(db_number(db, "SELECT count(*) FROM note WHERE id = 3"), 0);
    db_add(db, 4, 100);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    home_end(&home);
}

static void
count_bad(void *context, uint64_t page_no)
{
    (void)page_no;
    ++*(uint64_t *)context;
}

/* A page written past the end leaves sealed pages between, not a hole. */
static void
test_no_holes(void **state)
{
    static const uint8_t zeros[VFS_PAGE_BYTES];
    struct home home;
    sqlite3_file *file = NULL;
    uint8_t page[VFS_PAGE_BYTES] = {7};
    uint64_t bad_count = 0;
    uint64_t pages = 0;
    (void)state;
    home_begin(&home);
    sqlite3 *db = home_open(&home, true);
    assert_int_equal(sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file),
                     SQLITE_OK);
    const sqlite3_io_methods *io = file->pMethods;
    assert_int_equal(io->xWrite(file, page, sizeof page, 50 * sizeof page), SQLITE_OK);
    assert_int_equal(io->xTruncate(file, 60 * sizeof page), SQLITE_OK);
    assert_int_equal(io->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(vfs_scrub(home.db, &home.keys, count_bad, &bad_count, &pages), 0);
    assert_int_equal(bad_count, 0);
    assert_int_equal(pages, 60);
    assert_int_equal(io->xRead(file, page, sizeof page, 20 * sizeof page), SQLITE_OK);
    assert_memory_equal(page, zeros, sizeof page);
    assert_int_equal(io->xRead(file, page, sizeof page, 50 * sizeof page), SQLITE_OK);
    assert_int_equal(page[0], 7);
    page[VFS_PAGE_BYTES - 1] = 1; /* reserved bytes carry nothing */
    assert_int_equal(io->xWrite(file, page, sizeof page, 50 * sizeof page),
                     SQLITE_IOERR_WRITE);
    assert_int_equal(vfs_error(home.vfs), E_INTERNAL);
    /* Pages that wait in the run are cut with the rest. */
    vfs_error_clear(home.vfs);
    page[VFS_PAGE_BYTES - 1] = 0;
    assert_int_equal(io->xWrite(file, page, sizeof page, 60 * sizeof page), SQLITE_OK);
    assert_int_equal(io->xTruncate(file, 3 * sizeof page), SQLITE_OK);
    assert_int_equal(io->xSync(file, SQLITE_SYNC_NORMAL), SQLITE_OK);
    assert_int_equal(vfs_scrub(home.db, &home.keys, count_bad, &bad_count, &pages), 0);
    assert_int_equal(pages, 3);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    home_end(&home);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_and_search),
        cmocka_unit_test(test_hard_transactions),
        cmocka_unit_test(test_refuses_other_files),
        cmocka_unit_test(test_one_process_only),
        cmocka_unit_test(test_killed_while_writing),
        cmocka_unit_test(test_fault_at_each_write),
        cmocka_unit_test(test_shut_after_sync),
        cmocka_unit_test(test_no_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
