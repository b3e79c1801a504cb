/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inside of the sealing VFS: its two kinds of file and the disk below them. Only vfs*.c
 * includes this.
 *
 * The model: a file collects neighbouring units in `run` and writes them with one
 * pwrite when the run is full, broken off, committed or synced. The main file's run
 * holds sealed pages; the WAL's run holds plain frames, because SQLite writes them in
 * parts, and is sealed in place just before it is written. Reads look in the run first.
 *
 * Invariant: bytes == length of the file on disk; a failed write is cut off again.
 */
#ifndef ATTUNE_DAEMON_STORE_VFS_FILE_H
#define ATTUNE_DAEMON_STORE_VFS_FILE_H

#include "daemon/store/seal.h"
#include "daemon/store/vfs.h"

#include <sqlite3.h>
#include <stdbool.h>

enum {
    VFS_RUN_UNITS = 32, /* 130 KiB: where a longer pwrite gains no more */
};

struct vfs {
    sqlite3_vfs base; /* pAppData points back here */
    sqlite3_vfs *system;
    struct vfs_keys keys;
    char name[40];
    int error; /* sticky, 0 or E_* */
    bool shut; /* a sync failed: nothing is believed until reopened */
    bool main_open;
    bool wal_open;
    uint64_t pages_known; /* pages of the last commit seen in the WAL; 0: none seen */
    int fault_after;
    int fault_errno; /* 0: no fault */
    size_t nonces_left;
    uint8_t nonces[VFS_RUN_UNITS * SEAL_NONCE_BYTES];
};

struct vfs_run {
    uint64_t first; /* index of the first unit, from 0 in both files */
    size_t count;
    uint8_t *units;               /* VFS_RUN_UNITS units */
    uint8_t parts[VFS_RUN_UNITS]; /* WAL: which parts of a frame were written */
};

struct vfs_file {
    sqlite3_file base;
    struct vfs *vfs;
    const char *path; /* SQLite's; outlives the file */
    int fd;
    bool folder_sync; /* just created: its name isn't durable yet */
    uint64_t bytes;   /* length on disk */
    struct vfs_run run;
    uint8_t salts[8]; /* WAL: of the header last read or written */
};

/* Keeps the first error; returns `rc` for `return vfs_file_fail(...)`. */
int vfs_file_fail(struct vfs *vfs, int error, int rc);
/* The nonce of the next unit; drawn many at a time, used once. */
const uint8_t *vfs_file_nonce(struct vfs *vfs);

/* The disk. All but the pread return SQLite codes with the sticky error set. */
int vfs_file_write(struct vfs_file *file, const uint8_t *data, size_t size,
                   uint64_t offset) __attribute__((warn_unused_result));
int vfs_file_cut(struct vfs_file *file, uint64_t bytes)
    __attribute__((warn_unused_result));
int vfs_file_sync(struct vfs_file *file) __attribute__((warn_unused_result));
int vfs_file_read(struct vfs_file *file, uint8_t *out, size_t size, uint64_t offset)
    __attribute__((warn_unused_result));
/* Reads all `size` bytes or says why not: 0 or E_IO (the end too), E_MEMORY, ... */
int vfs_file_pread(int fd, uint8_t *out, size_t size, uint64_t offset)
    __attribute__((warn_unused_result));
/* Makes the names in the folder of `path` durable: 0 or E_IO, ... */
int vfs_file_folder_sync(const char *path) __attribute__((warn_unused_result));

/* Whether unit `index` is in the run, not (or not last) on the disk. */
bool vfs_file_in_run(const struct vfs_file *file, uint64_t index);

extern const sqlite3_io_methods vfs_main_methods;
extern const sqlite3_io_methods vfs_wal_methods;

/*
 * vfs_wal_first_page: page 1 as some authentic frame of the newest generation has it,
 * for its constant fields only. False when there is none.
 */
bool vfs_wal_first_page(const char *db_path, const struct vfs_keys *keys,
                        uint8_t page[static SEAL_PAGE_BYTES]);

#endif
