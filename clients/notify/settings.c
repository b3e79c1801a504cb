/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/settings.h"

#include "common/error.h"
#include "common/schedule.h"
#include "common/when.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static void
load(struct settings *settings)
{
    struct options options;
    size_t bad_line = 0;
    if (settings->path[0] == '\0') {
        return;
    }
    int error = options_load(settings->path, &options, &bad_line);
    if (error == 0) {
        settings->options = options;
    } else if (bad_line != 0) {
        (void)fprintf(stderr,
                      "attune-notify: The configuration file is not understood (line "
                      "%zu).\n",
                      bad_line);
    } else {
        (void)fprintf(stderr, "attune-notify: The configuration file: %s\n",
                      error_text(error));
    }
}

/* Whether the file is not the one that was read; remembers it. */
static bool
is_another(struct settings *settings)
{
    struct stat file;
    struct settings now = *settings;
    if (stat(settings->path, &file) == 0) {
        now.changed = file.st_mtim;
        now.inode = file.st_ino;
        now.size = file.st_size;
    } else {
        now.changed = (struct timespec){0};
        now.inode = 0;
        now.size = 0;
    }
    bool another = now.changed.tv_sec != settings->changed.tv_sec ||
                   now.changed.tv_nsec != settings->changed.tv_nsec ||
                   now.inode != settings->inode || now.size != settings->size;
    settings->changed = now.changed;
    settings->inode = now.inode;
    settings->size = now.size;
    return another;
}

void
settings_init(struct settings *settings, const char *path)
{
    *settings = (struct settings){.path = path};
    options_defaults(&settings->options);
    (void)is_another(settings);
    load(settings);
}

void
settings_read(struct settings *settings, bool anyway)
{
    if (is_another(settings) || anyway) {
        load(settings);
    }
}

static int
zone_min(void *context, int64_t t_s)
{
    (void)context;
    return when_zone_min(t_s);
}

int64_t
settings_quiet_until(const struct settings *settings, int64_t now_s)
{
    const struct schedule_zone zone = {zone_min, NULL};
    return schedule_hours_end(&zone, &settings->options.notice_quiet, now_s);
}
