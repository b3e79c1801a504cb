/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings: the person's options, read again when their file changed.
 *
 * A file that is not understood changes nothing and is said once, until it changes again.
 */
#ifndef ATTUNE_NOTIFY_SETTINGS_H
#define ATTUNE_NOTIFY_SETTINGS_H

#include "common/options.h"

#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct settings {
    const char *path; /* borrowed */
    struct options options;
    /* the file as it was read; all zero: there was none */
    struct timespec changed;
    ino_t inode;
    off_t size;
};

/* Reads for the first time. */
void settings_init(struct settings *settings, const char *path);
/* Reads again, if the file is another than it was; `anyway`: also then. */
void settings_read(struct settings *settings, bool anyway);

/* The end of the quiet hours that are now; 0: there are none now. */
int64_t settings_quiet_until(const struct settings *settings, int64_t now_s);

#endif
