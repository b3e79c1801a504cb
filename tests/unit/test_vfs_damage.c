/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Damage to the sealed files. The one rule: a journal that opens without any report
 * shows the rows that were committed. The one exception, a WAL cut at a cell boundary,
 * is shown as such: the anchor finds it.
 */
#include "tests/lib/vfs_home.h"

static const char schema[] = "CREATE TABLE note(id INTEGER PRIMARY KEY, text TEXT);";

/* Main file and WAL as a crash leaves them, and the rows they stand for. */
struct crash {
    struct home home;
    struct image db;
    struct image wal;
    int64_t digest;
};

/*
 * `main_rows` rows in the main file, `wal_rows` in the newest generation of the WAL,
 * which overwrites a longer older one, so that leftovers lie behind.
 */
static void
crash_begin(struct crash *crash, int main_rows, int wal_rows, int text_bytes)
{
    home_begin(&crash->home);
    sqlite3 *db = home_open(&crash->home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK);
    for (int i = 0; i < main_rows; i++) {
        db_add(db, i, text_bytes);
    }
    assert_int_equal(db_run(db, "PRAGMA wal_checkpoint(RESTART)"), SQLITE_OK);
    for (int i = 0; i < wal_rows; i++) {
        db_add(db, 1000 + i, 40);
    }
    crash->digest = db_digest(db);
    assert_true(crash->digest != -1);
    crash->db = image_load(crash->home.db);
    crash->wal = image_load(crash->home.wal);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
crash_end(struct crash *crash)
{
    image_free(&crash->db);
    image_free(&crash->wal);
    home_end(&crash->home);
}

static void
crash_restore(struct crash *crash, size_t db_size, size_t wal_size)
{
    image_save(crash->home.db, &crash->db, db_size);
    image_save(crash->home.wal, &crash->wal, wal_size);
}

enum outcome { SAME, REFUSED, FEWER };

/* Opens what is there: refused with `error`, or the same rows, or (silently) others. */
static enum outcome
crash_open(struct crash *crash, int error)
{
    struct vfs *vfs = crash->home.vfs;
    sqlite3 *db = NULL;
    enum outcome outcome = REFUSED;
    vfs_error_clear(vfs);
    int rc = home_open_any(&crash->home, false, &db);
    if (rc == SQLITE_OK) {
        int64_t digest = db_digest(db);
        outcome = digest == crash->digest ? SAME : digest == -1 ? REFUSED : FEWER;
        rc = digest == -1 ? sqlite3_errcode(db) : SQLITE_OK;
    }
    if (outcome == REFUSED) {
        bool told = vfs_error(vfs) == error;
        assert_true(told || (error == E_JOURNAL && rc == SQLITE_CORRUPT));
    } else if (outcome == FEWER) {
        assert_int_equal(vfs_error(vfs), 0);
    }
    (void)sqlite3_close(db);
    vfs_error_clear(vfs);
    return outcome;
}

struct found {
    uint64_t count;
    uint64_t last;
};

static void
found_bad(void *context, uint64_t page_no)
{
    struct found *found = context;
    found->count++;
    found->last = page_no;
}

/* Every bit is found by the scrub; a sample of them through SQLite too. */
static void
test_main_bits(void **state)
{
    struct crash crash;
    struct found found = {0, 0};
    uint64_t pages = 0;
    (void)state;
    crash_begin(&crash, 2, 0, 100);
    /* After its clean close the file holds everything; that is what is damaged here. */
    image_free(&crash.db);
    crash.db = image_load(crash.home.db);
    assert_int_equal(
        vfs_scrub(crash.home.db, &crash.home.keys, found_bad, &found, &pages), 0);
    assert_int_equal(found.count, 0);
    assert_int_equal(pages, crash.db.size / VFS_PAGE_BYTES);
    assert_int_equal(pages, 2);
    for (uint64_t bit = 0; bit < crash.db.size * 8; bit++) {
        int fd = open(crash.home.db, O_RDWR | O_CLOEXEC);
        found = (struct found){0, 0};
        file_flip(fd, bit);
        assert_int_equal(
            vfs_scrub(crash.home.db, &crash.home.keys, found_bad, &found, NULL), 0);
        assert_int_equal(found.count, 1);
        assert_int_equal(found.last, bit / 8 / VFS_PAGE_BYTES + 1);
        if (bit % 37 == 0) {
            assert_int_equal(crash_open(&crash, E_JOURNAL), REFUSED);
        }
        file_flip(fd, bit);
        (void)close(fd);
    }
    assert_int_equal(crash_open(&crash, E_JOURNAL), SAME);
    crash_end(&crash);
}

static void
test_wal_bits(void **state)
{
    struct crash crash;
    (void)state;
    crash_begin(&crash, 2, 1, 100);
    crash_restore(&crash, crash.db.size, crash.wal.size);
    struct vfs_wal_report whole = home_check(&crash.home);
    assert_int_equal(whole.bad_cells, 0);
    assert_true(whole.leftovers > 0 && whole.leftovers < whole.cells - 1);
    assert_int_equal(whole.kept_bytes, crash.wal.size);
    int fd = open(crash.home.wal, O_RDWR | O_CLOEXEC);
    for (uint64_t bit = 0; bit < crash.wal.size * 8; bit++) {
        file_flip(fd, bit);
        struct vfs_wal_report report = home_check(&crash.home);
        assert_int_equal(report.bad_cells, 1);
        assert_int_equal(report.cells, whole.cells);
        assert_true(report.kept_bytes <= bit / 8);
        file_flip(fd, bit);
    }
    (void)close(fd);
    uint64_t refused_count = 0;
    for (uint64_t bit = 0; bit < crash.wal.size * 8; bit += 211) {
        crash_restore(&crash, crash.db.size, crash.wal.size);
        fd = open(crash.home.wal, O_RDWR | O_CLOEXEC);
        file_flip(fd, bit);
        (void)close(fd);
        /* Even without the check: refused, or the damage lies in leftovers only. */
        enum outcome outcome = crash_open(&crash, E_TAIL);
        assert_true(outcome == REFUSED || outcome == SAME);
        refused_count += outcome == REFUSED;
        if (outcome == REFUSED) { /* until somebody decides */
            struct vfs_wal_report report = home_check(&crash.home);
            assert_int_equal(report.bad_cells, 1);
            assert_int_equal(vfs_wal_drop(crash.home.wal, &report), 0);
            assert_int_not_equal(crash_open(&crash, E_TAIL), REFUSED);
        }
    }
    assert_true(refused_count > 0);
    crash_end(&crash);
}

static void
test_main_cut(void **state)
{
    struct crash crash;
    (void)state;
    /* Rows of several overflow pages: their ends could vanish unnoticed. */
    crash_begin(&crash, 6, 1, 9000);
    size_t wal_bytes[] = {0, crash.wal.size};
    for (size_t with = 0; with < 2; with++) {
        crash_restore(&crash, crash.db.size, crash.wal.size);
        if (with == 0) { /* a clean close first: all in the main file */
            assert_int_equal(crash_open(&crash, 0), SAME);
            image_free(&crash.db);
            crash.db = image_load(crash.home.db);
        }
        for (size_t size = 0; size < crash.db.size; size += 512) {
            image_save(crash.home.db, &crash.db, size);
            struct image wal = {with == 0 ? NULL : crash.wal.data, wal_bytes[with]};
            image_save(crash.home.wal, &wal, wal.size);
            assert_int_equal(crash_open(&crash, E_JOURNAL), REFUSED);
        }
        for (size_t size = 1; size < 64; size += 9) {
            image_save(crash.home.db, &crash.db, crash.db.size - size);
            struct image wal = {with == 0 ? NULL : crash.wal.data, wal_bytes[with]};
            image_save(crash.home.wal, &wal, wal.size);
            assert_int_equal(crash_open(&crash, E_JOURNAL), REFUSED);
        }
    }
    crash_end(&crash);
}

static void
test_wal_cut(void **state)
{
    struct crash crash;
    uint64_t fewer_count = 0;
    (void)state;
    crash_begin(&crash, 1, 4, 100);
    for (size_t size = 0; size < crash.wal.size; size += 13) {
        bool boundary = size == 0 || seal_torn_bytes(size) == 0;
        crash_restore(&crash, crash.db.size, size);
        assert_int_equal(home_check(&crash.home).bad_cells, boundary ? 0 : 1);
        if (!boundary && size % 5 == 0) {
            assert_int_equal(crash_open(&crash, E_TAIL), REFUSED);
            struct vfs_wal_report report = home_check(&crash.home);
            assert_int_equal(vfs_wal_drop(crash.home.wal, &report), 0);
            assert_int_equal(home_check(&crash.home).bad_cells, 0);
        }
    }
    /* At a boundary nothing can be seen from here. */
    uint64_t cells = seal_cells_count(crash.wal.size);
    for (uint64_t i = 0; i < cells; i++) {
        crash_restore(&crash, crash.db.size, (size_t)seal_cell_offset(i));
        assert_int_equal(home_check(&crash.home).bad_cells, 0);
        enum outcome outcome = crash_open(&crash, E_TAIL);
        assert_int_not_equal(outcome, REFUSED);
        fewer_count += outcome == FEWER;
    }
    assert_true(fewer_count > 0);
    crash_end(&crash);
}

/* Authentic units in the wrong place or of another journal. */
static void
test_moved_units(void **state)
{
    struct crash crash;
    struct found found = {0, 0};
    uint8_t page[SEAL_PAGE_BYTES];
    (void)state;
    crash_begin(&crash, 40, 3, 200);
    assert_true(crash.db.size >= 3 * SEAL_PAGE_BYTES);
    struct image moved = {malloc(crash.db.size), crash.db.size};
    memcpy(moved.data, crash.db.data, crash.db.size);
    memcpy(page, moved.data + SEAL_PAGE_BYTES, sizeof page);
    memcpy(moved.data + SEAL_PAGE_BYTES, moved.data + 2 * SEAL_PAGE_BYTES, sizeof page);
    memcpy(moved.data + 2 * SEAL_PAGE_BYTES, page, sizeof page);
    image_save(crash.home.db, &moved, moved.size);
    assert_int_equal(
        vfs_scrub(crash.home.db, &crash.home.keys, found_bad, &found, NULL), 0);
    assert_int_equal(found.count, 2);
    /* A page of zeros is no page of ours: there are no holes. */
    memset(moved.data + SEAL_PAGE_BYTES, 0, sizeof page);
    image_save(crash.home.db, &moved, moved.size);
    assert_int_equal(crash_open(&crash, E_JOURNAL), REFUSED);
    image_free(&moved);

    moved = (struct image){malloc(crash.wal.size), crash.wal.size};
    memcpy(moved.data, crash.wal.data, crash.wal.size);
    memcpy(moved.data + seal_cell_offset(1), crash.wal.data + seal_cell_offset(0),
           SEAL_CELL_BYTES);
    crash_restore(&crash, crash.db.size, crash.wal.size);
    image_save(crash.home.wal, &moved, moved.size);
    assert_int_equal(home_check(&crash.home).bad_cells, 1);
    assert_int_equal(crash_open(&crash, E_TAIL), REFUSED);
    image_free(&moved);

    crash_restore(&crash, crash.db.size, crash.wal.size);
    struct vfs_keys other = crash.home.keys;
    other.file_id[0] ^= 1;
    struct vfs_wal_report report;
    assert_int_equal(vfs_wal_check(crash.home.wal, &other, &report), 0);
    assert_int_equal(report.bad_cells, report.cells);
    found.count = 0;
    assert_int_equal(vfs_scrub(crash.home.db, &other, found_bad, &found, NULL), 0);
    assert_int_equal(found.count, crash.db.size / SEAL_PAGE_BYTES);
    assert_int_equal(crash_open(&crash, 0), SAME);
    crash_end(&crash);
}

/* A checkpoint torn inside page 1: the WAL still has it, so the journal opens. */
static void
test_page_one_torn(void **state)
{
    struct crash crash;
    (void)state;
    home_begin(&crash.home);
    sqlite3 *db = home_open(&crash.home, true);
    assert_int_equal(db_run(db, schema), SQLITE_OK); /* page 1 is in the WAL */
    db_add(db, 1, 100);
    crash.digest = db_digest(db);
    crash.db = image_load(crash.home.db);
    crash.wal = image_load(crash.home.wal);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    crash.db.data[2048] ^= 1;
    crash_restore(&crash, crash.db.size, crash.wal.size);
    assert_int_equal(crash_open(&crash, 0), SAME);
    crash_restore(&crash, crash.db.size, 0);
    assert_int_equal(crash_open(&crash, E_JOURNAL), REFUSED);
    /* An empty main file beside a WAL: not even a creation may take it for new. */
    crash_restore(&crash, 0, crash.wal.size);
    assert_int_equal(home_open_any(&crash.home, true, &db), SQLITE_CANTOPEN);
    assert_int_equal(vfs_error(crash.home.vfs), E_JOURNAL);
    assert_int_equal(access(crash.home.wal, F_OK), 0);
    crash_end(&crash);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_main_bits),   cmocka_unit_test(test_wal_bits),
        cmocka_unit_test(test_main_cut),    cmocka_unit_test(test_wal_cut),
        cmocka_unit_test(test_moved_units), cmocka_unit_test(test_page_one_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
