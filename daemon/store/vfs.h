/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sealing VFS: SQLite reads and writes plain pages, the disk sees sealed ones.
 *
 * The model: one `struct vfs` is one journal: its keys, its registered sqlite3_vfs
 * (never the default one), its sticky error. It serves two file classes, the main
 * database and its WAL, and refuses every other, so nothing SQLite might want to spill
 * (rollback and statement journals, temporary files, -shm) can reach the disk. How
 * units look on disk: seal.h.
 *
 * What the code that opens the journal has to do:
 *   - once, before opening: vfs_wal_check. SQLite takes a damaged WAL for a shorter one
 *     and opens happily with fewer rows; here such a WAL is refused (E_TAIL) until
 *     somebody decides with vfs_wal_drop;
 *   - sqlite3_open_v2(path, &db, READWRITE, vfs_name(vfs)); CREATE only when a journal
 *     is made: an existing file of length 0 is otherwise E_JOURNAL;
 *   - a new journal: sqlite3_file_control(db, "main", SQLITE_FCNTL_RESERVE_BYTES,
 *     &forty) and PRAGMA page_size=4096 before the first write, and PRAGMA
 *     journal_mode=OFF before =WAL (the step to WAL is itself a transaction that wants
 *     a rollback journal). A crash in the middle leaves half a journal: make it under
 *     another name;
 *   - always: locking_mode=EXCLUSIVE (before anything reads), journal_mode=WAL,
 *     synchronous=FULL, temp_store=MEMORY, mmap_size=0, secure_delete=ON (pages freed
 *     and reused inside one transaction are then always written, which lets a read
 *     behind the end of the main file be told from damage);
 *   - after any SQLite error: vfs_error says which it was (SQLITE_CORRUPT without one
 *     is E_JOURNAL, SQLITE_BUSY from the open is another process that has the journal).
 *
 * Invariants: no unauthenticated byte reaches SQLite; after a failed sync every call
 * fails until both files were closed and opened again.
 *
 * What it can't see, by nature: a WAL cut at a cell boundary, a whole older WAL, an
 * older version of one page. The anchor (anchor.h) is there for the first two.
 *
 * Owner: whoever calls vfs_new; free after the database is closed. One thread.
 */
#ifndef ATTUNE_DAEMON_STORE_VFS_H
#define ATTUNE_DAEMON_STORE_VFS_H

#include <stdint.h>

struct vfs;

/* K_page, K_wal and the journal's file id. vfs_new copies them; wipe yours. */
struct vfs_keys {
    uint8_t page[32];
    uint8_t wal[32];
    uint8_t file_id[16];
};

enum { VFS_PAGE_BYTES = 4096, VFS_RESERVE_BYTES = 40 };

/* 0 or E_MEMORY, E_INTERNAL. */
int vfs_new(const struct vfs_keys *keys, struct vfs **out)
    __attribute__((warn_unused_result));
void vfs_free(struct vfs *vfs); /* wipes; NULL is fine; no file may be open */
const char *vfs_name(const struct vfs *vfs);

/*
 * The first error since vfs_new or vfs_error_clear:
 *   E_JOURNAL    a main page doesn't authenticate, is missing, or the length is odd
 *   E_TAIL       a WAL cell doesn't authenticate or the WAL ends inside one
 *   E_DISK_FULL  the transaction was rolled back; all before it stands
 *   E_READ_ONLY, E_IO, E_MEMORY
 *   E_INTERNAL   SQLite was set up against the contract above
 */
int vfs_error(const struct vfs *vfs);
void vfs_error_clear(struct vfs *vfs); /* doesn't reopen what a failed sync has shut */

struct vfs_wal_report {
    uint64_t cells;     /* header cell, frame cells, and a torn one at the end */
    uint64_t bad_cells; /* of these: don't authenticate, or torn */
    uint64_t leftovers; /* good ones of an older generation; no reason to worry */
    uint64_t kept_bytes; /* what vfs_wal_drop keeps: up to the first bad cell */
};

/*
 * vfs_wal_check: verifies every cell inside the WAL's length; the journal must be
 * closed. A WAL that doesn't exist is fine and has 0 cells. 0 or E_IO, E_READ_ONLY,
 * E_MEMORY. A process killed inside a write can leave one bad cell behind the last
 * commit; that can't be told from damage to a committed one.
 */
int vfs_wal_check(const char *wal_path, const struct vfs_keys *keys,
                  struct vfs_wal_report *out) __attribute__((warn_unused_result));

/*
 * vfs_wal_drop: cuts the WAL before its first bad cell, durably: the tail is dropped.
 * 0 or E_IO, E_READ_ONLY, E_DISK_FULL.
 */
int vfs_wal_drop(const char *wal_path, const struct vfs_wal_report *report)
    __attribute__((warn_unused_result));

/*
 * vfs_scrub: verifies every page of the main file, through a descriptor of its own, so
 * also while the database is open (checkpoint first: a page that only the WAL holds
 * whole isn't damage, but is reported here). Calls `bad` for each bad page; a torn
 * last page counts as one. 0 (also with bad pages) or E_IO, E_READ_ONLY, E_MEMORY;
 * `pages` may be NULL.
 */
int vfs_scrub(const char *db_path, const struct vfs_keys *keys,
              void (*bad)(void *context, uint64_t page_no), void *context,
              uint64_t *pages) __attribute__((warn_unused_result));

/*
 * For tests: after `after_writes` more successful writes, syncs and truncations each
 * further one fails with error_errno (a write after half of its bytes). error_errno 0
 * ends it.
 */
void vfs_fault_set(struct vfs *vfs, int after_writes, int error_errno);

#endif
