/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The WAL of the sealing VFS. SQLite writes a frame as header, then page, and rewrites
 * headers in place when it computes checksums anew; a cell seals both as one. So the
 * run holds plain frames and which parts of each are there; a part SQLite left out is
 * taken from the disk when the run is sealed and written.
 *
 * Invariants: cells are written without gaps; a run is out when its commit frame is
 * whole, before SQLite believes the commit; after a write the run holds sealed bytes
 * only.
 */
#include "daemon/store/vfs_file.h"

#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PART_HEAD = 1, PART_PAGE = 2, PART_ALL = 3 };

static struct seal_place
cell_place(const struct vfs_keys *keys, uint64_t cell)
{
    return (struct seal_place){keys->wal, keys->file_id, SEAL_FRAME, cell};
}

static struct seal_place
header_place(const struct vfs_keys *keys)
{
    return (struct seal_place){keys->wal, keys->file_id, SEAL_WAL_HEADER, 0};
}

static uint64_t
cells_count(const struct vfs_file *file)
{
    uint64_t cells = seal_cells_count(file->bytes);
    uint64_t run_end = file->run.count == 0 ? 0 : file->run.first + file->run.count;
    return run_end > cells ? run_end : cells;
}

/* The page count in a frame's header (big-endian); not 0 where a commit ends. */
static uint64_t
frame_commit(const uint8_t *frame)
{
    return (uint64_t)frame[4] << 24 | (uint64_t)frame[5] << 16 |
           (uint64_t)frame[6] << 8 | frame[7];
}

/* Reads and opens cell `cell` from the disk into SEAL_CELL_BYTES at `unit`. */
static int
cell_load(struct vfs_file *file, uint64_t cell, uint8_t *unit)
{
    struct seal_place place = cell_place(&file->vfs->keys, cell);
    int rc = vfs_file_read(file, unit, SEAL_CELL_BYTES, seal_cell_offset(cell));
    if (rc != SQLITE_OK) {
        return rc;
    }
    int error = seal_open(&place, span_of(unit, SEAL_CELL_BYTES), unit);
    return error == 0 ? SQLITE_OK : vfs_file_fail(file->vfs, error, SQLITE_IOERR_DATA);
}

/* Completes frame i of the run with what the disk has, or zeros past its end. */
static int
run_fill(struct vfs_file *file, size_t i)
{
    struct vfs_run *run = &file->run;
    uint8_t *frame = run->units + i * SEAL_CELL_BYTES;
    uint8_t old[SEAL_CELL_BYTES] = {0};
    int rc = SQLITE_OK;
    if (run->parts[i] == PART_ALL) {
        return SQLITE_OK;
    }
    if (run->first + i < seal_cells_count(file->bytes)) {
        rc = cell_load(file, run->first + i, old);
    }
    if (rc == SQLITE_OK) {
        if ((run->parts[i] & PART_HEAD) == 0) {
            memcpy(frame, old, SEAL_FRAME_HEAD_BYTES);
        }
        if ((run->parts[i] & PART_PAGE) == 0) {
            memcpy(frame + SEAL_FRAME_HEAD_BYTES, old + SEAL_FRAME_HEAD_BYTES,
                   SEAL_PAGE_BYTES);
        }
        run->parts[i] = PART_ALL;
    }
    bytes_wipe(old, sizeof old);
    return rc;
}

static int
run_flush(struct vfs_file *file)
{
    struct vfs_run *run = &file->run;
    size_t count = run->count;
    int rc = SQLITE_OK;
    for (size_t i = 0; i < count && rc == SQLITE_OK; i++) {
        rc = run_fill(file, i);
    }
    if (count == 0 || rc != SQLITE_OK) {
        goto out;
    }
    for (size_t i = 0; i < count; i++) {
        struct seal_place place = cell_place(&file->vfs->keys, run->first + i);
        uint8_t *frame = run->units + i * SEAL_CELL_BYTES;
        seal_shut(&place, vfs_file_nonce(file->vfs),
                  span_of(frame, SEAL_FRAME_TEXT_BYTES), frame);
    }
    rc = vfs_file_write(file, run->units, count * SEAL_CELL_BYTES,
                        seal_cell_offset(run->first));
out:
    if (rc != SQLITE_OK) {
        /* SQLite rolls back; what couldn't be written must not be read again. */
        bytes_wipe(run->units, count * SEAL_CELL_BYTES);
    }
    run->count = 0;
    return rc;
}

/* The place of frame `cell` in the run: its own, its next, or a new run's first. */
static int
run_place(struct vfs_file *file, uint64_t cell, size_t *out)
{
    struct vfs_run *run = &file->run;
    if (!vfs_file_in_run(file, cell)) {
        if (run->count == VFS_RUN_UNITS || cell != run->first + run->count) {
            int rc = run_flush(file);
            if (rc != SQLITE_OK) {
                return rc;
            }
        }
        if (run->count == 0) {
            if (file->bytes < SEAL_HEADER_BYTES ||
                cell > seal_cells_count(file->bytes)) {
                return vfs_file_fail(file->vfs, E_INTERNAL, SQLITE_IOERR_WRITE);
            }
            run->first = cell;
        }
        run->parts[run->count] = 0;
        run->count++;
    }
    *out = (size_t)(cell - run->first);
    return SQLITE_OK;
}

/* Puts bytes that lie inside one frame. */
static int
frame_put(struct vfs_file *file, uint64_t cell, size_t at, const uint8_t *data,
          size_t size)
{
    struct vfs_run *run = &file->run;
    size_t i = 0;
    int rc = run_place(file, cell, &i);
    if (rc != SQLITE_OK) {
        return rc;
    }
    uint8_t *frame = run->units + i * SEAL_CELL_BYTES;
    bool head = at == 0 && size >= SEAL_FRAME_HEAD_BYTES;
    bool page = at <= SEAL_FRAME_HEAD_BYTES && at + size == SEAL_FRAME_TEXT_BYTES;
    bool whole_parts = (at == 0 || at == SEAL_FRAME_HEAD_BYTES) &&
                       (at + size == SEAL_FRAME_HEAD_BYTES || page);
    if (!whole_parts) {
        rc = run_fill(file, i);
        if (rc != SQLITE_OK) {
            return rc;
        }
    }
    memcpy(frame + at, data, size);
    run->parts[i] |= (uint8_t)((head ? PART_HEAD : 0) | (page ? PART_PAGE : 0));
    uint64_t commit = frame_commit(frame);
    if (run->parts[i] == PART_ALL && commit != 0) {
        rc = run_flush(file);
        if (rc == SQLITE_OK) {
            file->vfs->pages_known = commit;
        }
    }
    return rc;
}

static int
header_put(struct vfs_file *file, const uint8_t *data)
{
    uint8_t sealed[SEAL_HEADER_BYTES];
    struct seal_place place = header_place(&file->vfs->keys);
    int rc = run_flush(file);
    if (rc != SQLITE_OK) {
        return rc;
    }
    seal_shut(&place, vfs_file_nonce(file->vfs), span_of(data, SEAL_HEADER_TEXT_BYTES),
              sealed);
    rc = vfs_file_write(file, sealed, sizeof sealed, 0);
    if (rc == SQLITE_OK) {
        memcpy(file->salts, data + 16, sizeof file->salts);
    }
    return rc;
}

static int
wal_write(sqlite3_file *base, const void *data, int amount, sqlite3_int64 offset)
{
    struct vfs_file *file = (struct vfs_file *)base;
    const uint8_t *from = data;
    size_t left = (size_t)amount;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_WRITE);
    }
    if (offset == 0 && amount == SEAL_HEADER_TEXT_BYTES) {
        return header_put(file, from);
    }
    if (offset < SEAL_HEADER_TEXT_BYTES || amount < 0) {
        return vfs_file_fail(file->vfs, E_INTERNAL, SQLITE_IOERR_WRITE);
    }
    uint64_t logical = (uint64_t)offset - SEAL_HEADER_TEXT_BYTES;
    while (left > 0) {
        size_t at = (size_t)(logical % SEAL_FRAME_TEXT_BYTES);
        size_t room = SEAL_FRAME_TEXT_BYTES - at;
        size_t size = left < room ? left : room;
        int rc = frame_put(file, logical / SEAL_FRAME_TEXT_BYTES, at, from, size);
        if (rc != SQLITE_OK) {
            return rc;
        }
        from += size;
        logical += size;
        left -= size;
    }
    return SQLITE_OK;
}

static int
header_get(struct vfs_file *file, uint8_t *out, size_t at, size_t size)
{
    uint8_t cell[SEAL_HEADER_BYTES];
    struct seal_place place = header_place(&file->vfs->keys);
    if (file->bytes < sizeof cell) {
        memset(out, 0, size);
        return SQLITE_IOERR_SHORT_READ;
    }
    int rc = vfs_file_read(file, cell, sizeof cell, 0);
    if (rc != SQLITE_OK) {
        return rc;
    }
    int error = seal_open(&place, span_of(cell, sizeof cell), cell);
    if (error != 0) {
        return vfs_file_fail(file->vfs, error, SQLITE_IOERR_DATA);
    }
    memcpy(file->salts, cell + 16, sizeof file->salts);
    memcpy(out, cell + at, size);
    return SQLITE_OK;
}

/* Takes bytes that lie inside one frame. */
static int
frame_get(struct vfs_file *file, uint64_t cell, size_t at, uint8_t *out, size_t size)
{
    uint8_t unit[SEAL_CELL_BYTES];
    int rc = SQLITE_OK;
    if (vfs_file_in_run(file, cell)) {
        size_t i = (size_t)(cell - file->run.first);
        rc = run_fill(file, i);
        if (rc == SQLITE_OK) {
            memcpy(out, file->run.units + i * SEAL_CELL_BYTES + at, size);
        }
        return rc;
    }
    if (cell >= seal_cells_count(file->bytes)) {
        memset(out, 0, size);
        return SQLITE_IOERR_SHORT_READ;
    }
    rc = cell_load(file, cell, unit);
    if (rc == SQLITE_OK) {
        memcpy(out, unit + at, size);
        /* Whole frames are read by recovery only: so the commits are learnt. */
        if (at == 0 && frame_commit(unit) != 0 &&
            memcmp(unit + 8, file->salts, sizeof file->salts) == 0) {
            file->vfs->pages_known = frame_commit(unit);
        }
    }
    bytes_wipe(unit, sizeof unit);
    return rc;
}

static int
wal_read(sqlite3_file *base, void *data, int amount, sqlite3_int64 offset)
{
    struct vfs_file *file = (struct vfs_file *)base;
    uint8_t *out = data;
    size_t left = (size_t)amount;
    uint64_t logical = (uint64_t)offset;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_READ);
    }
    if (offset < 0 || amount < 0) {
        return vfs_file_fail(file->vfs, E_INTERNAL, SQLITE_IOERR_READ);
    }
    while (left > 0) {
        bool header = logical < SEAL_HEADER_TEXT_BYTES;
        uint64_t past = header ? 0 : logical - SEAL_HEADER_TEXT_BYTES;
        size_t at = (size_t)(header ? logical : past % SEAL_FRAME_TEXT_BYTES);
        size_t room = (header ? SEAL_HEADER_TEXT_BYTES : SEAL_FRAME_TEXT_BYTES) - at;
        size_t size = left < room ? left : room;
        int rc = header ? header_get(file, out, at, size)
                        : frame_get(file, past / SEAL_FRAME_TEXT_BYTES, at, out, size);
        if (rc != SQLITE_OK) {
            memset(out, 0, left);
            return rc;
        }
        out += size;
        logical += size;
        left -= size;
    }
    return SQLITE_OK;
}

static int
wal_truncate(sqlite3_file *base, sqlite3_int64 size)
{
    struct vfs_file *file = (struct vfs_file *)base;
    uint64_t bytes = 0;
    if (file->vfs->shut) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_TRUNCATE);
    }
    if (size > 0) {
        uint64_t past =
            size < SEAL_HEADER_TEXT_BYTES ? 0 : (uint64_t)size - SEAL_HEADER_TEXT_BYTES;
        bytes = seal_cell_offset((past + SEAL_FRAME_TEXT_BYTES - 1) /
                                 SEAL_FRAME_TEXT_BYTES);
    }
    int rc = run_flush(file);
    if (rc != SQLITE_OK || bytes >= file->bytes) {
        return rc;
    }
    return vfs_file_cut(file, bytes);
}

static int
wal_sync(sqlite3_file *base, int flags)
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
wal_size(sqlite3_file *base, sqlite3_int64 *out)
{
    const struct vfs_file *file = (const struct vfs_file *)base;
    *out = 0;
    if (file->bytes >= SEAL_HEADER_BYTES) {
        *out = (sqlite3_int64)(SEAL_HEADER_TEXT_BYTES +
                               cells_count(file) * SEAL_FRAME_TEXT_BYTES);
    }
    return SQLITE_OK;
}

static int
wal_close(sqlite3_file *base)
{
    struct vfs_file *file = (struct vfs_file *)base;
    /* What no commit or sync wrote belongs to no transaction: it is dropped. */
    bytes_wipe(file->run.units, VFS_RUN_UNITS * SEAL_CELL_BYTES);
    free(file->run.units);
    file->vfs->wal_open = false;
    if (close(file->fd) != 0) {
        return vfs_file_fail(file->vfs, E_IO, SQLITE_IOERR_CLOSE);
    }
    return SQLITE_OK;
}

static int
wal_lock(sqlite3_file *base, int level)
{
    (void)base;
    (void)level;
    return SQLITE_OK;
}

static int
wal_reserved(sqlite3_file *base, int *out)
{
    (void)base;
    *out = 0;
    return SQLITE_OK;
}

static int
wal_control(sqlite3_file *base, int op, void *argument)
{
    (void)base;
    (void)op;
    (void)argument;
    return SQLITE_NOTFOUND;
}

static int
wal_sector(sqlite3_file *base)
{
    (void)base;
    return SEAL_PAGE_BYTES;
}

static int
wal_device(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

const sqlite3_io_methods vfs_wal_methods = {
    .iVersion = 1,
    .xClose = wal_close,
    .xRead = wal_read,
    .xWrite = wal_write,
    .xTruncate = wal_truncate,
    .xSync = wal_sync,
    .xFileSize = wal_size,
    .xLock = wal_lock,
    .xUnlock = wal_lock,
    .xCheckReservedLock = wal_reserved,
    .xFileControl = wal_control,
    .xSectorSize = wal_sector,
    .xDeviceCharacteristics = wal_device,
};
