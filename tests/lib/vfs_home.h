/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A journal of its own for tests of the sealing VFS: a temporary folder, fixed keys,
 * files read and written whole, a database opened the way the store has to. Every
 * helper asserts.
 */
#ifndef ATTUNE_TESTS_LIB_VFS_HOME_H
#define ATTUNE_TESTS_LIB_VFS_HOME_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/error.h"
#include "daemon/store/seal.h"
#include "daemon/store/vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HOME_HELPER static __attribute__((unused))

struct home {
    char folder[64];
    char db[96];
    char wal[96];
    struct vfs_keys keys;
    struct vfs *vfs;
};

/* A whole file in memory; data NULL when there is none. */
struct image {
    uint8_t *data;
    size_t size;
};

HOME_HELPER void
home_begin(struct home *home)
{
    memset(home, 0, sizeof *home);
    (void)snprintf(home->folder, sizeof home->folder, "/tmp/attune-vfs-XXXXXX");
    assert_non_null(mkdtemp(home->folder));
    (void)snprintf(home->db, sizeof home->db, "%s/journal", home->folder);
    (void)snprintf(home->wal, sizeof home->wal, "%s/journal-wal", home->folder);
    memset(home->keys.page, 1, sizeof home->keys.page);
    memset(home->keys.wal, 2, sizeof home->keys.wal);
    memset(home->keys.file_id, 3, sizeof home->keys.file_id);
    assert_int_equal(vfs_new(&home->keys, &home->vfs), 0);
}

HOME_HELPER void
home_end(struct home *home)
{
    vfs_free(home->vfs);
    (void)unlink(home->db);
    (void)unlink(home->wal);
    assert_int_equal(rmdir(home->folder), 0); /* so nothing else was ever left there */
}

HOME_HELPER struct image
image_load(const char *path)
{
    struct image image = {NULL, 0};
    struct stat info;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return image;
    }
    assert_int_equal(fstat(fd, &info), 0);
    image.size = (size_t)info.st_size;
    image.data = malloc(image.size + 1);
    assert_non_null(image.data);
    assert_int_equal(read(fd, image.data, image.size), (ssize_t)image.size);
    (void)close(fd);
    return image;
}

HOME_HELPER void
image_save(const char *path, const struct image *image, size_t size)
{
    (void)unlink(path);
    if (image->data == NULL) {
        return;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image->data, size), (ssize_t)size);
    (void)close(fd);
}

HOME_HELPER void
image_free(struct image *image)
{
    free(image->data);
    *image = (struct image){NULL, 0};
}

/* Flips one bit in the file, in place. */
HOME_HELPER void
file_flip(int fd, uint64_t bit)
{
    uint8_t byte = 0;
    assert_int_equal(pread(fd, &byte, 1, (off_t)(bit / 8)), 1);
    byte ^= (uint8_t)(1U << bit % 8);
    assert_int_equal(pwrite(fd, &byte, 1, (off_t)(bit / 8)), 1);
}

HOME_HELPER int
db_run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

HOME_HELPER int64_t
db_number(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    int64_t number = -1;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW) {
        number = sqlite3_column_int64(statement, 0);
    }
    (void)sqlite3_finalize(statement);
    return number;
}

/* The whole contract of vfs.h; SQLITE_OK, or why not with *out NULL. */
HOME_HELPER int
home_open_any(struct home *home, bool create, sqlite3 **out)
{
    int forty = VFS_RESERVE_BYTES;
    int flags = SQLITE_OPEN_READWRITE | (create ? SQLITE_OPEN_CREATE : 0);
    sqlite3 *db = NULL;
    int rc = sqlite3_open_v2(home->db, &db, flags, vfs_name(home->vfs));
    if (rc == SQLITE_OK && create) {
        rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES, &forty);
    }
    if (rc == SQLITE_OK) {
        rc = db_run(db, "PRAGMA page_size=4096; PRAGMA locking_mode=EXCLUSIVE;"
                        "PRAGMA temp_store=MEMORY; PRAGMA mmap_size=0;"
                        "PRAGMA secure_delete=ON; PRAGMA synchronous=FULL;");
    }
    if (rc == SQLITE_OK && create) {
        rc = db_run(db, "PRAGMA journal_mode=OFF;");
    }
    if (rc == SQLITE_OK) {
        rc = db_run(db, "PRAGMA journal_mode=WAL; SELECT count(*) FROM sqlite_schema;");
    }
    if (rc != SQLITE_OK) {
        (void)sqlite3_close(db);
        db = NULL;
    }
    *out = db;
    return rc;
}

HOME_HELPER sqlite3 *
home_open(struct home *home, bool create)
{
    sqlite3 *db = NULL;
    assert_int_equal(home_open_any(home, create, &db), SQLITE_OK);
    assert_int_equal(vfs_error(home->vfs), 0);
    return db;
}

HOME_HELPER struct vfs_wal_report
home_check(const struct home *home)
{
    struct vfs_wal_report report;
    assert_int_equal(vfs_wal_check(home->wal, &home->keys, &report), 0);
    return report;
}

/* An order-independent number for all rows of note(id, text); -1 on any error. */
HOME_HELPER int64_t
db_digest(sqlite3 *db)
{
    sqlite3_stmt *statement = NULL;
    uint64_t digest = 0;
    int rc = sqlite3_prepare_v2(db, "SELECT id, text FROM note", -1, &statement, NULL);
    if (rc != SQLITE_OK) {
        return -1;
    }
    for (rc = sqlite3_step(statement); rc == SQLITE_ROW; rc = sqlite3_step(statement)) {
        uint64_t row =
            (uint64_t)sqlite3_column_int64(statement, 0) * 0x9E3779B97F4A7C15U;
        const unsigned char *text = sqlite3_column_text(statement, 1);
        int size = sqlite3_column_bytes(statement, 1);
        for (int i = 0; i < size; i++) {
            row = (row ^ text[i]) * 0x100000001B3U;
        }
        digest += row;
    }
    (void)sqlite3_finalize(statement);
    return rc == SQLITE_DONE ? (int64_t)(digest >> 1) : -1;
}

HOME_HELPER void
db_add(sqlite3 *db, int id, int text_bytes)
{
    char sql[160];
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO note VALUES(%d, printf('%%.*c%d', %d, 'x'))", id, id,
                   text_bytes);
    assert_int_equal(db_run(db, sql), SQLITE_OK);
}

#endif
