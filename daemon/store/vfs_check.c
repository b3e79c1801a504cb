/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Looking at the sealed files from outside, without SQLite: every unit inside the
 * length is opened once and thrown away.
 */
#include "daemon/store/vfs_file.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A sealed file opened for reading. */
struct scan {
    int fd;
    uint64_t bytes;
    uint8_t unit[SEAL_CELL_BYTES];
};

/* 0, or the error of open or fstat; *missing says that there is no such file. */
static int
scan_open(struct scan *scan, const char *path, bool *missing)
{
    struct stat stat;
    int rc = seal_init();
    *missing = false;
    if (rc != 0) {
        return rc;
    }
    scan->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (scan->fd < 0) {
        *missing = errno == ENOENT;
        return error_from_errno(errno);
    }
    if (fstat(scan->fd, &stat) != 0) {
        rc = error_from_errno(errno);
        (void)close(scan->fd);
        return rc;
    }
    scan->bytes = (uint64_t)stat.st_size;
    return 0;
}

static void
scan_close(struct scan *scan)
{
    (void)close(scan->fd);
    bytes_wipe(scan->unit, sizeof scan->unit);
}

/* Opens one unit in place. 0, E_JOURNAL, E_TAIL (doesn't authenticate), E_IO. */
static int
scan_unit(struct scan *scan, struct seal_place place, size_t size, uint64_t offset)
{
    int rc = vfs_file_pread(scan->fd, scan->unit, size, offset);
    return rc != 0 ? rc : seal_open(&place, span_of(scan->unit, size), scan->unit);
}

static int
scan_header(struct scan *scan, const struct vfs_keys *keys, uint8_t salts[static 8])
{
    struct seal_place place = {keys->wal, keys->file_id, SEAL_WAL_HEADER, 0};
    int rc = scan_unit(scan, place, SEAL_HEADER_BYTES, 0);
    if (rc == 0) {
        memcpy(salts, scan->unit + 16, 8);
    }
    return rc;
}

static int
scan_cell(struct scan *scan, const struct vfs_keys *keys, uint64_t cell)
{
    struct seal_place place = {keys->wal, keys->file_id, SEAL_FRAME, cell};
    return scan_unit(scan, place, SEAL_CELL_BYTES, seal_cell_offset(cell));
}

static void
report_bad(struct vfs_wal_report *report, uint64_t offset)
{
    if (report->bad_cells == 0) {
        report->kept_bytes = offset;
    }
    report->bad_cells++;
}

static int
check_cells(struct scan *scan, const struct vfs_keys *keys,
            struct vfs_wal_report *report)
{
    uint8_t salts[8] = {0};
    uint64_t cells = seal_cells_count(scan->bytes);
    if (scan->bytes >= SEAL_HEADER_BYTES) {
        int rc = scan_header(scan, keys, salts);
        report->cells++;
        if (rc == E_TAIL) {
            report_bad(report, 0);
        } else if (rc != 0) {
            return rc;
        }
    }
    for (uint64_t i = 0; i < cells; i++) {
        int rc = scan_cell(scan, keys, i);
        report->cells++;
        if (rc == E_TAIL) {
            report_bad(report, seal_cell_offset(i));
        } else if (rc != 0) {
            return rc;
        } else if (memcmp(scan->unit + 8, salts, sizeof salts) != 0) {
            report->leftovers++;
        }
    }
    uint64_t torn = seal_torn_bytes(scan->bytes);
    if (torn != 0) {
        report->cells++;
        report_bad(report, scan->bytes - torn);
    }
    return 0;
}

int
vfs_wal_check(const char *wal_path, const struct vfs_keys *keys,
              struct vfs_wal_report *out)
{
    struct scan scan;
    bool missing = false;
    int rc = scan_open(&scan, wal_path, &missing);
    if (missing) {
        *out = (struct vfs_wal_report){0};
        return 0;
    }
    if (rc != 0) {
        return rc;
    }
    struct vfs_wal_report report = {.kept_bytes = scan.bytes};
    rc = check_cells(&scan, keys, &report);
    scan_close(&scan);
    if (rc == 0) {
        *out = report;
    }
    return rc;
}

int
vfs_wal_drop(const char *wal_path, const struct vfs_wal_report *report)
{
    int rc = 0;
    if (report->bad_cells == 0) {
        return 0;
    }
    int fd = open(wal_path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return error_from_errno(errno);
    }
    if (ftruncate(fd, (off_t)report->kept_bytes) != 0 || fsync(fd) != 0) {
        rc = error_from_errno(errno);
    }
    (void)close(fd);
    return rc;
}

int
vfs_scrub(const char *db_path, const struct vfs_keys *keys,
          void (*bad)(void *context, uint64_t page_no), void *context, uint64_t *pages)
{
    struct scan scan;
    bool missing = false;
    int rc = scan_open(&scan, db_path, &missing);
    if (rc != 0) {
        return rc;
    }
    uint64_t count = scan.bytes / SEAL_PAGE_BYTES;
    for (uint64_t i = 0; i < count; i++) {
        struct seal_place place = {keys->page, keys->file_id, SEAL_MAIN, i + 1};
        rc = scan_unit(&scan, place, SEAL_PAGE_BYTES, i * SEAL_PAGE_BYTES);
        if (rc == E_JOURNAL) {
            bad(context, i + 1);
        } else if (rc != 0) {
            goto out;
        }
    }
    if (scan.bytes % SEAL_PAGE_BYTES != 0) {
        count++;
        bad(context, count);
    }
    if (pages != NULL) {
        *pages = count;
    }
    rc = 0;
out:
    scan_close(&scan);
    return rc;
}

bool
vfs_wal_first_page(const char *db_path, const struct vfs_keys *keys,
                   uint8_t page[static SEAL_PAGE_BYTES])
{
    struct scan scan;
    uint8_t salts[8];
    bool missing = false;
    bool found = false;
    char *wal_path = NULL;
    if (asprintf(&wal_path, "%s-wal", db_path) < 0) {
        return false;
    }
    if (scan_open(&scan, wal_path, &missing) != 0) {
        free(wal_path);
        return false;
    }
    if (scan.bytes >= SEAL_HEADER_BYTES && scan_header(&scan, keys, salts) == 0) {
        uint64_t cells = seal_cells_count(scan.bytes);
        for (uint64_t i = 0; i < cells && !found; i++) {
            found = scan_cell(&scan, keys, i) == 0 &&
                    memcmp(scan.unit, "\0\0\0\1", 4) == 0 &&
                    memcmp(scan.unit + 8, salts, sizeof salts) == 0;
        }
    }
    if (found) {
        memcpy(page, scan.unit + SEAL_FRAME_HEAD_BYTES, SEAL_PAGE_BYTES);
    }
    scan_close(&scan);
    free(wal_path);
    return found;
}
