/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The main file of the sealing VFS. Page 1 is sealed whole: SQLite's reads of its first
 * bytes are served by opening it. The run holds sealed pages.
 *
 * Invariants: every page inside the file's length is sealed, those SQLite skipped too,
 * so a page of zeros is damage; a committed page behind the end is damage as well.
 */
#include "daemon/store/vfs_file.h"

#include "common/error.h"

#include <assert.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct seal_place
page_place(const struct vfs *vfs, uint64_t index)
{
    return (struct seal_place){vfs->keys.page, vfs->keys.file_id, SEAL_MAIN, index + 1};
}

static uint64_t
pages_count(const struct vfs_file *file)
{
    uint64_t pages = file->bytes / SEAL_PAGE_BYTES;
    uint64_t run_end = file->run.count == 0 ? 0 : file->run.first + file->run.count;
    return run_end > pages ? run_end : pages;
}

static int
run_flush(struct vfs_file *file)
{
    struct vfs_run *run = &file->run;
    if (run->count == 0) {
        return SQLITE_OK;
    }
    size_t size = run->count * SEAL_PAGE_BYTES;
    run->count = 0;
    return vfs_file_write(file, run->units, size, run->first * SEAL_PAGE_BYTES);
}

/* Makes room for page `index` (the run's own, its next, or a new run's first). */
static int
run_place(struct vfs_file *file, uint64_t index, uint8_t **out)
{
    struct vfs_run *run = &file->run;
    if (!vfs_file_in_run(file, index)) {
        if (run->count == VFS_RUN_UNITS || index != run->first + run->count) {
            int rc = run_flush(file);
            if (rc != SQLITE_OK) {
                return rc;
            }
        }
        if (run->count == 0) {
            run->first = index;
        }
        run->count++;
    }
    *out = run->units + (index - run->first) * SEAL_PAGE_BYTES;
    return SQLITE_OK;
}

static int
page_put(struct vfs_file *file, uint64_t index, const uint8_t *text)
{
    uint8_t *unit = NULL;
    int rc = run_place(file, index, &unit);
    if (rc == SQLITE_OK) {
        struct seal_place place = page_place(file->vfs, index);
        seal_shut(&place, vfs_file_nonce(file->vfs),
                  span_of(text, SEAL_PAGE_TEXT_BYTES), unit);
    }
    return rc;
}

/* Sealed zeros up to `pages`: no hole, so that nobody can make one. */
static int
pages_fill(struct vfs_file *file, uint64_t pages)
{
    static const uint8_t zeros[SEAL_PAGE_TEXT_BYTES];
    int rc = SQLITE_OK;
    for (uint64_t i = pages_count(file); i < pages && rc == SQLITE_OK; i++) {
        rc = page_put(file, i, zeros);
    }
    return rc;
}

/* Opens page `index` into SEAL_PAGE_BYTES at `page`, its reserved bytes zero. */
static int
page_get(struct vfs_file *file, uint64_t index, uint8_t *page)
{
    struct seal_place place = page_place(file->vfs, index);
    const uint8_t *sealed = page;
    if (vfs_file_in_run(file, index)) {
        sealed = file->run.units + (index - file->run.first) * SEAL_PAGE_BYTES;
    } else {
        int rc = vfs_file_read(file, page, SEAL_PAGE_BYTES, index * SEAL_PAGE_BYTES);
        if (rc != SQLITE_OK) {
            memset(page, 0, SEAL_PAGE_BYTES);
            return rc;
        }
    }
    int error = seal_open(&place, span_of(sealed, SEAL_PAGE_BYTES), page);
    memset(page + SEAL_PAGE_TEXT_BYTES, 0, SEAL_EXTRA_BYTES);
    return error;
}

static int
read_whole(struct vfs_file *file, uint64_t index, uint8_t *page)
{
    struct vfs *vfs = file->vfs;
    if (index >= pages_count(file)) {
        memset(page, 0, SEAL_PAGE_BYTES);
        if (index < vfs->pages_known) {
            return vfs_file_fail(vfs, E_JOURNAL, SQLITE_IOERR_DATA);
        }
        return SQLITE_IOERR_SHORT_READ;
    }
    int rc = page_get(file, index, page);
    return rc < 0 ? vfs_file_fail(vfs, rc, SQLITE_IOERR_DATA) : rc;
}

/*
 * A checkpoint torn by a power cut can leave page 1 bad while the WAL still has it.
 * Then SQLite's first look at the header, which wants only constant fields, is served
 * from there; afterwards SQLite itself reads page 1 through the WAL.
 */
static int
read_part(struct vfs_file *file, uint64_t index, size_t at, uint8_t *out, size_t size)
{
    uint8_t page[SEAL_PAGE_BYTES];
    int rc = SQLITE_OK;
    if (index >= pages_count(file)) {
        rc = read_whole(file, index, page);
    } else {
        rc = page_get(file, index, page);
        if (rc == E_JOURNAL && index == 0 &&
            vfs_wal_first_page(file->path, &file->vfs->keys, page)) {
            rc = SQLITE_OK;
        }
        if (rc < 0) {
            rc = vfs_file_fail(file->vfs, rc, SQLITE_IOERR_DATA);
        }
    }
    memcpy(out, page + at, size);
    bytes_wipe(page, sizeof page);
    return rc;
}

static int
main_read(sqlite3_file *base, void *data, int amount, sqlite3_int64 offset)
{
    struct vfs_file *file = (struct vfs_file *)base;
    uint64_t index = (uint64_t)offset / SEAL_PAGE_BYTES;
    size_t at = (size_t)((uint64_t)offset % SEAL_PAGE_BYTES);
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_READ);
    }
    if (offset < 0 || amount < 0 || (size_t)amount > SEAL_PAGE_BYTES - at) {
        return vfs_file_fail(file->vfs, E_INTERNAL, SQLITE_IOERR_READ);
    }
    if (amount == SEAL_PAGE_BYTES) {
        return read_whole(file, index, data);
    }
    return read_part(file, index, at, data, (size_t)amount);
}

/* The header must say what the seal needs: pages of 4096, 40 reserved bytes. */
static bool
header_fits(const uint8_t *page)
{
    return page[16] == 0x10 && page[17] == 0x00 && page[20] == SEAL_EXTRA_BYTES;
}

static int
main_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 offset)
{
    static const uint8_t zeros[SEAL_EXTRA_BYTES];
    struct vfs_file *file = (struct vfs_file *)base;
    const uint8_t *page = data;
    uint64_t index = (uint64_t)offset / SEAL_PAGE_BYTES;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_WRITE);
    }
    if (offset < 0 || amount != SEAL_PAGE_BYTES || offset % SEAL_PAGE_BYTES != 0 ||
        memcmp(page + SEAL_PAGE_TEXT_BYTES, zeros, sizeof zeros) != 0 ||
        (index == 0 && !header_fits(page))) {
        return vfs_file_fail(file->vfs, E_INTERNAL, SQLITE_IOERR_WRITE);
    }
    int rc = pages_fill(file, index);
    return rc != SQLITE_OK ? rc : page_put(file, index, page);
}

static int
main_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct vfs_file *file = (struct vfs_file *)base;
    uint64_t pages = ((uint64_t)size + SEAL_PAGE_BYTES - 1) / SEAL_PAGE_BYTES;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_TRUNCATE);
    }
    int rc = run_flush(file);
    if (rc != SQLITE_OK) {
        return rc;
    }
    if (pages >= pages_count(file)) {
        return pages_fill(file, pages);
    }
    return vfs_file_cut(file, pages * SEAL_PAGE_BYTES);
}

static int
main_sync(sqlite3_file *base, int flags)
{
    struct vfs_file *file = (struct vfs_file *)base;
    (void)flags;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_FSYNC);
    }
    int rc = run_flush(file);
    return rc != SQLITE_OK ? rc : vfs_file_sync(file);
}

static int
main_size(sqlite3_file *base, sqlite3_int64 *out)
{
    *out = (sqlite3_int64)(pages_count((struct vfs_file *)base) * SEAL_PAGE_BYTES);
    return SQLITE_OK;
}

static int
main_close(sqlite3_file *base)
{
    struct vfs_file *file = (struct vfs_file *)base;
    int rc = file->vfs->shut ? SQLITE_IOERR_CLOSE : run_flush(file);
    if (close(file->fd) != 0 && rc == SQLITE_OK) {
        rc = vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_CLOSE);
    }
    free(file->run.units); /* sealed bytes only */
    file->vfs->main_open = false;
    return rc;
}

/* The one lock is taken when the file is opened and held until it is closed. */
static int
main_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int
main_reserved(sqlite3_file *base, int *out)
{
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static int
main_control(sqlite3_file *base, int op, void *argument)
{
    (void)base;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int
main_sector(sqlite3_file *base)
{
    (void)base;
    return SEAL_PAGE_BYTES;
}

static int
main_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods vfs_main_methods = {
    .iVersion = 1, /* no shared memory, no mmap */
    .xClose = main_close,
    .xRead = main_read,
    .xWrite = main_write,
    .xTruncate = main_truncate,
    .xSync = main_sync,
    .xFileSize = main_size,
    .xLock = main_lock,
    .xUnlock = main_lock,
    .xCheckReservedLock = main_reserved,
    .xFileControl = main_control,
    .xSectorSize = main_sector,
    .xDeviceCharacteristics = main_device,
};
