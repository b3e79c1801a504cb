/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Zone: tells that the machine has moved to another time zone.
 *
 * The model: /etc/localtime is a link that a move replaces, so its folder is watched and
 * what happens to other names there is passed over. Only the news comes from here; what
 * the zone is, the clock reads for itself each time, so without inotify a move is noticed
 * as soon as anything else happens.
 * Ownership: the zone owns its descriptor and its watch in the loop.
 */
#ifndef ATTUNE_DAEMON_ZONE_H
#define ATTUNE_DAEMON_ZONE_H

#include "daemon/loop.h"

#define ZONE_FOLDER "/etc"

struct zone {
    struct loop *loop;
    struct loop_watch watch;
    loop_timer_fn *fn;
    void *context;
};

/* Watches `folder` for changes of "localtime"; quietly does nothing where it can't. */
void
zone_init(struct zone *zone, struct loop *loop, const char *folder, loop_timer_fn *fn,
          void *context);
void
zone_done(struct zone *zone); /* one that was never begun, {0}, is fine */

#endif
