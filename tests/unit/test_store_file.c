/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The store on a disk that fails, is cut off, is copied, and must forget. */
#include "tests/lib/store_home.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* Nothing else in a journal begins like this, so the index stores all but its start. */
static const char marker[] = "zqxjkvmarkerword";
static const char marker_end[] = "xjkvmarkerword";

static int
finish(void **state)
{
    struct store_home *home = *state;
    store_home_end(home);
    free(home);
    return 0;
}

static void
in_folder(const struct store_home *home, const char *name, char path[static 96])
{
    (void)snprintf(path, 96, "%s/%s", home->folder, name);
}

/* A missing file is copied as none. */
static void
copy_file(const char *from, const char *to)
{
    char block[8192];
    FILE *in = fopen(from, "re");
    (void)unlink(to);
    if (in == NULL) {
        return;
    }
    FILE *out = fopen(to, "we");
    assert_non_null(out);
    size_t size;
    while ((size = fread(block, 1, sizeof block, in)) > 0) {
        assert_int_equal(fwrite(block, 1, size, out), size);
    }
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

/* What a crash now would leave, under the name "copy". */
static void
crash(const struct store_home *home, struct store_home *left)
{
    *left = *home;
    left->store = NULL;
    in_folder(home, "copy", left->path);
    copy_file(home->path, left->path);
    in_folder(home, "copy-wal", left->wal);
    copy_file(home->wal, left->wal);
}

static void
flip(const char *path, long from_end)
{
    FILE *file = fopen(path, "r+e");
    assert_non_null(file);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    int byte = fgetc(file);
    assert_true(byte != EOF);
    assert_int_equal(fseek(file, -from_end, SEEK_END), 0);
    assert_int_equal(fputc(byte ^ 1, file), byte ^ 1);
    assert_int_equal(fclose(file), 0);
}

static int
try_open(struct store_home *home, bool accept_tail)
{
    struct store_config config = store_home_config(home);
    struct store *store = NULL;
    config.accept_tail = accept_tail;
    int rc = store_open(&config, &store);
    if (rc == 0) {
        home->store = store;
    } else {
        assert_null(store);
    }
    return rc;
}

static bool
has_entry(struct store_home *home, int64_t no)
{
    struct entry_row entry;
    int rc = store_entry_get(home->store, no, &entry);
    assert_true(rc == 0 || rc == E_NO_ENTRY);
    return rc == 0;
}

static void
test_crash(void **state)
{
    struct store_home *home = *state;
    struct store_home left;
    for (uint64_t i = 1; i <= 5; i++) {
        (void)store_home_say(home, i, (int64_t)i, "kept");
    }
    must(store_begin(home->store));
    (void)store_home_add(home, 6, 6, "never committed");
    crash(home, &left);
    store_rollback(home->store);
    home->seq = 5;
    left.seq = 5;
    store_home_open(&left);
    assert_true(has_entry(&left, 5));
    assert_false(has_entry(&left, 6));
    assert_int_equal(store_home_find(&left, "kept", 10).count, 5);
    assert_int_equal(store_home_check(&left), 0);
    store_close(left.store);
}

static void
test_tail(void **state)
{
    struct store_home *home = *state;
    struct store_home left;
    (void)store_home_say(home, 1, 1, "kept");
    (void)store_home_say(home, 2, 2, "lost");
    crash(home, &left);
    flip(left.wal, 100); /* in the last commit */
    assert_int_equal(try_open(&left, false), E_TAIL);
    assert_int_equal(try_open(&left, false), E_TAIL); /* looking changed nothing */
    must(try_open(&left, true));
    assert_true(has_entry(&left, 1));
    assert_false(has_entry(&left, 2));
    store_close(left.store);
    must(try_open(&left, false));
    store_close(left.store);
}

static void
test_damage_and_keys(void **state)
{
    struct store_home *home = *state;
    struct store_home left;
    struct store_config config = store_home_config(home);
    struct store *store = NULL;
    (void)store_home_say(home, 1, 1, "text");
    config.create = true;
    assert_int_equal(store_open(&config, &store), E_EXISTS);
    crash(home, &left);
    left.keys.page[0] ^= 1;
    left.keys.wal[0] ^= 1;
    assert_int_equal(try_open(&left, true),
                     E_JOURNAL_KEY); /* its WAL is no damaged tail */
    must(unlink(left.wal));
    assert_int_equal(try_open(&left, true), E_JOURNAL_KEY);
    left.keys = home->keys;
    struct stat status;
    must(stat(left.path, &status));
    flip(left.path, (long)status.st_size - 200); /* the first page */
    assert_int_equal(try_open(&left, true), E_JOURNAL);
    must(unlink(left.path));
    assert_int_equal(try_open(&left, true), E_NO_HOME);
}

static void
test_version(void **state)
{
    struct store_home *home = *state;
    must(sql_exec(home->store, "PRAGMA user_version=3"));
    store_close(home->store);
    home->store = NULL;
    assert_int_equal(STORE_SCHEMA, 2);
    assert_int_equal(try_open(home, false), E_VERSION_NEW);
}

static void
test_application(void **state)
{
    struct store_home *home = *state;
    must(sql_exec(home->store, "PRAGMA application_id=7"));
    store_close(home->store);
    home->store = NULL;
    assert_int_equal(try_open(home, false), E_JOURNAL);
}

/* As a restart does; a write cut in half may have left half a cell behind. */
static void
restart(struct store_home *home)
{
    store_close(home->store);
    home->store = NULL;
    int rc = try_open(home, false);
    must(rc == E_TAIL ? try_open(home, true) : rc);
}

/* Whether the entry is there; after a failed sync only a restart can tell. */
static bool
has_number(struct store_home *home, uint64_t number)
{
    struct entry_row entry = store_home_entry(number, 1);
    int rc = store_entry_find(home->store, entry.id, false, &entry);
    if (rc == E_IO) {
        assert_int_equal(store_error(home->store), E_IO);
        restart(home);
        rc = store_entry_find(home->store, entry.id, false, &entry);
    }
    assert_true(rc == 0 || rc == E_NO_ENTRY);
    return rc == 0;
}

/* Every write and sync in turn finds the disk full: the commits before stand, that one is
 * there whole or not at all, and the next one works. */
static void
test_disk_full(void **state)
{
    struct store_home *home = *state;
    size_t failed = 0;
    size_t gone = 0;
    for (int after = 0; after < 12; after++) {
        uint64_t number = (uint64_t)after + 1;
        must(store_begin(home->store));
        for (uint64_t i = 0; i < 40; i++) {
            (void)store_home_add(home, 1000 * number + i, 1, i == 0 ? "text" : "more");
        }
        vfs_fault_set(home->store->vfs, after, ENOSPC);
        int rc = store_commit(home->store);
        vfs_fault_set(home->store->vfs, 0, 0);
        assert_true(rc == 0 || rc == E_DISK_FULL || rc == E_IO);
        failed += rc != 0;
        bool there = has_number(home, 1000 * number);
        assert_true(there || rc != 0);
        assert_int_equal(has_number(home, 1000 * number + 39), there);
        if (!there) {
            gone++;
            home->seq -= 40;
        }
    }
    assert_in_range(failed, 2, 11);
    assert_in_range(gone, 1, failed);
    restart(home);
    assert_int_equal(store_home_find(home, "text", 64).count, 12 - gone);
    store_home_idle(home);
    assert_int_equal(store_home_find(home, "text", 64).count, 12 - gone);
    assert_int_equal(store_home_check(home), 0);
}

/* Idle work that finds the disk full loses nothing and is done later. */
static void
test_disk_full_when_idle(void **state)
{
    struct store_home *home = *state;
    size_t failed = 0;
    for (uint64_t i = 1; i <= 10; i++) {
        (void)store_home_say(home, i, 1, "text");
    }
    must(store_begin(home->store));
    must(store_op_purge(home->store, 1, 3, true));
    must(store_commit(home->store));
    int rc = E_DISK_FULL;
    for (int after = 0; after < 60 && rc != 0; after++) {
        bool more = true;
        vfs_fault_set(home->store->vfs, after, ENOSPC);
        for (rc = 0; rc == 0 && more;) {
            rc = store_idle(home->store, &more);
        }
        vfs_fault_set(home->store->vfs, 0, 0);
        failed += rc != 0;
        assert_true(rc == 0 || rc == E_DISK_FULL || rc == E_IO);
        struct found found = {0};
        int again =
            store_find(home->store, span_text("text"), 64, store_home_found, &found);
        assert_true(again == 0 || store_error(home->store) == E_IO);
        if (store_error(home->store) != 0) {
            restart(home); /* a sync failed: nothing is believed before */
        }
        assert_int_equal(store_home_find(home, "text", 64).count, 9);
    }
    must(rc);
    assert_in_range(failed, 2, 59);
    assert_int_equal(store_home_check(home), 0);
}

/* After an error of the disk nothing is written or believed until a new start. */
static void
test_disk_error(void **state)
{
    struct store_home *home = *state;
    bool more = false;
    (void)store_home_say(home, 1, 1, "kept");
    must(store_begin(home->store));
    (void)store_home_add(home, 2, 2, "lost");
    vfs_fault_set(home->store->vfs, 1, EIO);
    assert_int_equal(store_commit(home->store), E_IO);
    vfs_fault_set(home->store->vfs, 0, 0);
    assert_int_equal(store_error(home->store), E_IO);
    assert_int_equal(store_begin(home->store), E_IO);
    assert_int_equal(store_idle(home->store, &more), E_IO);
    restart(home);
    assert_true(has_entry(home, 1));
    /* All of it was written, and perhaps it was even kept. */
    home->seq = has_entry(home, 2) ? 2 : 1;
    assert_int_equal(store_home_check(home), 0);
}

static void
test_clone(void **state)
{
    struct store_home home;
    struct store_home clone;
    (void)state;
    store_home_begin(&home, false);
    (void)store_home_say(&home, 1, 1, "alpha");
    store_home_idle(&home);
    (void)store_home_say(&home, 2, 2, "beta");
    clone = home;
    must(store_clone(home.store, &clone.store));
    (void)store_home_say(&clone, 3, 3, "gamma");
    assert_int_equal(store_home_find(&clone, "alpha", 5).count, 1);
    assert_int_equal(store_home_find(&clone, "beta", 5).count, 1);
    assert_int_equal(store_home_find(&home, "gamma", 5).count, 0);
    assert_false(has_entry(&home, 3));
    store_home_idle(&clone);
    assert_int_equal(store_home_check(&clone), 0);
    assert_int_equal(store_home_check(&home), 0);
    store_home_end(&clone);
    store_home_end(&home);
}

/* ---- what is left in a file ---- */

/* Pages of a closed journal, opened as SQLite would see them, that hold `word`. */
static size_t
pages_with(const struct store_home *home, const char *word)
{
    struct vfs *vfs = NULL;
    uint8_t page[VFS_PAGE_BYTES];
    sqlite3_int64 size = 0;
    size_t count = 0;
    must(vfs_new(&home->keys, &vfs));
    sqlite3_vfs *base = sqlite3_vfs_find(vfs_name(vfs));
    assert_non_null(base);
    sqlite3_file *file = calloc(1, (size_t)base->szOsFile);
    assert_non_null(file);
    int flags = SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE;
    must(base->xOpen(base, home->path, file, flags, &flags));
    must(file->pMethods->xFileSize(file, &size));
    assert_true(size >= VFS_PAGE_BYTES);
    for (sqlite3_int64 at = 0; at < size; at += VFS_PAGE_BYTES) {
        must(file->pMethods->xRead(file, page, VFS_PAGE_BYTES, at));
        count += memmem(page, sizeof page, word, strlen(word)) != NULL;
    }
    must(file->pMethods->xClose(file));
    free(file);
    vfs_free(vfs);
    return count;
}

/* Opens and closes what a crash left, so that its WAL is in its pages. */
static size_t
left_with(struct store_home *left, const char *word, bool finish_first)
{
    store_home_open(left);
    if (finish_first) {
        store_home_idle(left);
        assert_int_equal(store_home_check(left), 0);
    }
    store_close(left->store);
    left->store = NULL;
    return pages_with(left, word);
}

static void
fill(struct store_home *home)
{
    char text[200];
    for (uint64_t i = 1; i <= 60; i++) {
        (void)snprintf(text, sizeof text, "some words of %d and %s %d", (int)i,
                       i == 7 || i == 31 || i == 60 ? marker : "nothing", (int)(i * i));
        (void)store_home_say(home, i, (int64_t)i, text);
        if (i % 5 == 0 && i < 60) {
            store_home_idle(home); /* a segment of the index each */
        }
    }
}

static void
purge(struct store_home *home)
{
    must(store_begin(home->store));
    must(store_op_purge(home->store, 1, 7, true));
    must(store_op_purge(home->store, 1, 31, false));
    must(store_op_purge(home->store, 1, 60, true)); /* not in the index yet */
    must(store_commit(home->store));
}

static void
test_purge_scrubs(void **state)
{
    struct store_home *home = *state;
    struct store_home left;
    fill(home);
    assert_int_equal(store_home_find(home, marker, 10).count, 3);
    crash(home, &left);
    /* The test can see what it looks for: in payloads, and in the index by its end. */
    assert_true(left_with(&left, marker, false) >= 1);
    assert_true(pages_with(&left, marker_end) > pages_with(&left, marker) ||
                pages_with(&left, marker_end) >= 2);
    purge(home);
    assert_int_equal(store_home_find(home, marker, 10).count, 0);
    store_home_idle(home);
    struct stat status;
    int there = stat(home->wal, &status);
    if (there == 0) {
        assert_true(status.st_size <=
                    3 * 4200); /* the mark's own commit, nothing older */
    }
    assert_int_equal(store_home_find(home, "words", 64).count, 57);
    crash(home, &left);
    assert_int_equal(left_with(&left, marker_end, false), 0);
    assert_int_equal(store_home_check(home), 0);
    store_close(home->store);
    assert_int_equal(pages_with(home, marker_end), 0);
    store_home_open(home);
}

/* A crash after any step of the scrubbing: the next start finds the purge and ends it. */
static void
test_purge_after_crash(void **state)
{
    struct store_home *home = *state;
    struct store_home left;
    bool more = true;
    size_t steps = 0;
    fill(home);
    purge(home);
    while (true) {
        crash(home, &left);
        assert_int_equal(left_with(&left, marker_end, true), 0);
        if (!more) {
            break;
        }
        must(store_idle(home->store, &more));
        steps++;
    }
    assert_true(steps >= 2);
}

static void
test_copy(void **state)
{
    struct store_home *home = *state;
    struct store_home copy;
    struct vfs_keys keys;
    memset(&keys, 99, sizeof keys);
    fill(home);
    purge(home);
    store_home_idle(home);
    (void)store_home_say(home, 61, 61, "after the purge");
    crash(home, &copy); /* only for its paths */
    (void)unlink(copy.path);
    (void)unlink(copy.wal);
    must(store_begin(home->store));
    assert_int_equal(store_copy_to(home->store, copy.path, &keys), E_INTERNAL);
    store_rollback(home->store);
    must(store_copy_to(home->store, copy.path, &keys));
    assert_int_equal(store_copy_to(home->store, copy.path, &keys), E_EXISTS);
    assert_int_equal(try_open(&copy, false), E_JOURNAL_KEY);
    copy.keys = keys;
    assert_int_equal(left_with(&copy, marker_end, false), 0);
    must(try_open(&copy, false));
    assert_int_equal(store_home_find(&copy, "words", 64).count, 57);
    assert_int_equal(store_home_find(&copy, "after", 64).count, 1);
    copy.seq = home->seq;
    (void)store_home_say(&copy, 62, 62, "written to the copy");
    store_home_idle(&copy);
    assert_int_equal(store_home_check(&copy), 0);
    store_close(copy.store);
    must(try_open(&copy, false)); /* it is a journal like any other */
    assert_int_equal(store_home_find(&copy, "written", 64).count, 1);
    store_close(copy.store);
    assert_false(has_entry(home, 62));
    assert_int_equal(store_home_check(home), 0);
}

/* What a crash left under the name of a new file is in nobody's way. */
static void
test_half_made(void **state)
{
    struct store_home *home = *state;
    char path[96];
    store_close(home->store);
    home->store = NULL;
    must(unlink(home->path));
    in_folder(home, "journal.new", path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fputs("half a journal", file) >= 0, 1);
    must(fclose(file));
    struct store_config config = store_home_config(home);
    assert_int_equal(store_open(&config, &home->store), E_NO_HOME);
    config.create = true;
    must(store_open(&config, &home->store));
    assert_int_equal(access(path, F_OK), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_crash, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_tail, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_damage_and_keys, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_version, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_application, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_disk_full, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_disk_full_when_idle, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_disk_error, store_home_on_file, finish),
        cmocka_unit_test(test_clone),
        cmocka_unit_test_setup_teardown(test_purge_scrubs, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_purge_after_crash, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_copy, store_home_on_file, finish),
        cmocka_unit_test_setup_teardown(test_half_made, store_home_on_file, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
