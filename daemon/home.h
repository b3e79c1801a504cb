/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Home: the files of a home as files: its lock, the keys file, the demo marker.
 *
 * The model: a file is replaced whole (temporary beside it, fsync, rename, fsync of the
 * folder) or not at all. The lock is held on the runtime folder's file and on the data
 * folder itself, since either may be shared by two sets of environment variables.
 */
#ifndef ATTUNE_DAEMON_HOME_H
#define ATTUNE_DAEMON_HOME_H

#include "common/bytes.h"
#include "common/paths.h"
#include "daemon/crypto/slots.h"

#include <stdbool.h>

#define HOME_INIT_SUFFIX ".init" /* a journal whose keys file isn't written yet */

/* Held until the process ends. 0, E_RUNNING, E_IO, E_READ_ONLY. */
int home_lock(const struct paths *paths) __attribute__((warn_unused_result));

/* Whether there is a journal or the keys of one; what a crashed init left is neither. */
bool home_exists(const struct paths *paths);
bool home_demo(const struct paths *paths);
int home_mark_demo(const struct paths *paths) __attribute__((warn_unused_result));

/* 0; E_NO_HOME (neither keys nor journal), E_KEYS_FILE (missing or damaged), E_JOURNAL
 * (only the journal is missing), E_VERSION_NEW, E_READ_ONLY, E_IO, E_MEMORY. */
int home_read_keys(const struct paths *paths, struct slots *out)
    __attribute__((warn_unused_result));
/* 0, or E_DISK_FULL, E_READ_ONLY, E_IO, E_MEMORY; then the old file stands. */
int home_write_keys(const struct paths *paths, const struct slots *slots)
    __attribute__((warn_unused_result));

/* Replaces the file at `path` with `bytes`, durably. As home_write_keys. */
int home_write(const char *path, struct span bytes) __attribute__((warn_unused_result));
/* path + suffix, NUL-terminated in `out`. 0 or E_MEMORY. */
int home_beside(const char *path, const char *suffix, struct buf *out)
    __attribute__((warn_unused_result));
/* Removes a file if it is there. As home_write_keys. */
int home_remove(const char *path) __attribute__((warn_unused_result));
/* The same for a journal that never came to be, and for what a crash left beside it. */
int home_remove_journal(const char *path) __attribute__((warn_unused_result));
/* Renames over `to` in the same folder, durably. */
int home_rename(const char *from, const char *to) __attribute__((warn_unused_result));

#endif
