/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths: where a person's attune lives, by the XDG Base Directory Specification 0.8.
 *
 * The model: four folders named `attune`, found from the environment alone, so two
 * people live on one machine by environment. Finding touches nothing; making creates.
 * Relative values in the environment are ignored, as the specification asks. Without
 * XDG_RUNTIME_DIR: /run/user/UID if it is ours, else /tmp/attune-UID.
 * Invariant: the runtime folder is a real folder of ours that nobody else may enter.
 * To add a file: a member here, a row in paths.c.
 */
#ifndef ATTUNE_COMMON_PATHS_H
#define ATTUNE_COMMON_PATHS_H

#include <stddef.h>

#define PATHS_BYTES_MAX 1024       /* of one path, with NUL */
#define PATHS_SOCKET_BYTES_MAX 108 /* sun_path, with NUL: unix(7) */

struct paths {
    /* folders */
    char config_dir[PATHS_BYTES_MAX];
    char data_dir[PATHS_BYTES_MAX];
    char state_dir[PATHS_BYTES_MAX];
    char runtime_dir[PATHS_BYTES_MAX];
    /* files */
    char config[PATHS_BYTES_MAX];      /* config_dir/config */
    char keys[PATHS_BYTES_MAX];        /* data_dir/keys */
    char journal[PATHS_BYTES_MAX];     /* data_dir/journal */
    char journal_wal[PATHS_BYTES_MAX]; /* data_dir/journal-wal */
    char anchor[PATHS_BYTES_MAX];      /* data_dir/anchor */
    char demo[PATHS_BYTES_MAX];        /* data_dir/demo: marks a home of init --demo */
    char socket[PATHS_BYTES_MAX];      /* runtime_dir/api.sock */
    char lock[PATHS_BYTES_MAX];        /* runtime_dir/lock */
    char notify_lock[PATHS_BYTES_MAX]; /* runtime_dir/notify.lock */
};

/* 0, or E_HOME (no usable HOME or path too long), or E_RUNTIME_DIR (its path doesn't
 * fit a socket address); `out` is untouched on failure. */
int paths_find(struct paths *out) __attribute__((warn_unused_result));

/*
 * paths_make: makes what is missing, mode 0700, parents too; safe to repeat.
 * An existing runtime folder is tightened to 0700, but refused when it is a link,
 * another user's, or was writable by others. A configuration folder that can't be made
 * is no error: options_set says so when it matters.
 * 0, or E_RUNTIME_DIR, E_READ_ONLY (also a folder of ours we may not write),
 * E_DISK_FULL, E_IO.
 */
int paths_make(const struct paths *paths) __attribute__((warn_unused_result));

/* Only the runtime folder; enough for a client. 0 or E_RUNTIME_DIR. */
int paths_make_runtime(const struct paths *paths) __attribute__((warn_unused_result));

/* Makes one folder and its missing parents, 0700. 0 or as error_from_errno. */
int paths_make_dir(const char *path) __attribute__((warn_unused_result));

#endif
