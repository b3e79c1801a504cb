/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the person's session does to the journal: the screen closes it, sleep and the end lock
 * it. */
#include "daemon/daemon.h"

static void
on_screen(void *context, bool locked)
{
    struct daemon *daemon = context;
    bool changed = daemon->screen_locked != locked;
    daemon->screen_locked = locked;
    if (locked) {
        job_close(&daemon->job);
    }
    if (locked && daemon->vault.state == HOME_OPEN) {
        daemon_close(daemon);
    } else if (changed) {
        server_notice(daemon->server, "vault");
    }
}

static void
on_sleep(void *context, bool going)
{
    struct daemon *daemon = context;
    daemon->sleeping = going;
    if (going) {
        daemon_lock(daemon); /* and stays so after waking */
    }
}

static void
on_ended(void *context)
{
    daemon_lock(context);
}

struct logind_out
daemon_session(struct daemon *daemon)
{
    return (struct logind_out){daemon, on_screen, on_sleep, on_ended};
}
