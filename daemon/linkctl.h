/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Linkctl: attuned's end of attuned-link, the process that talks to the network.
 *
 * The model: the core says what the link shall do (core_link), this keeps a link process
 * doing it: starts one when there is something to do, ends it when not, starts it again
 * with growing pauses when it dies. What the link reports becomes events; what the core
 * sends goes out as long as the link keeps up, the rest is dropped (the core sends again).
 * Invariants: nothing the link says is believed beyond linkmsg.h; a link that breaks the
 * protocol is killed. Paths of a link that ended are reported down before a new one starts.
 * Ownership: loop, spawner and options are borrowed.
 */
#ifndef ATTUNE_DAEMON_LINKCTL_H
#define ATTUNE_DAEMON_LINKCTL_H

#include "common/bytes.h"
#include "common/linkmsg.h"
#include "common/options.h"
#include "daemon/core/core.h"
#include "daemon/loop.h"
#include "daemon/spawner.h"

enum {
    LINKCTL_PATHS_MAX = 64,
    LINKCTL_RETRY_FIRST_MS = 100,
    LINKCTL_RETRY_LAST_MS = 30000,
    LINKCTL_OUT_BYTES_MAX = BATCH_WINDOW * FRAME_BYTES_MAX + 2 * 1024 * 1024,
};

struct linkctl_out {
    void *context;
    /* CORE_PATH_UP, CORE_PATH_DOWN or CORE_FRAME. */
    void (*event)(void *context, enum event_type type, uint32_t path, struct span frame);
    /* The link began or ceased to run, or `error` (0: none) changed. */
    void (*changed)(void *context);
};

struct linkctl {
    struct loop *loop;
    const struct clock *clock;
    struct spawner *spawner;
    struct linkctl_out out;
    struct loop_watch watch;
    struct loop_timer retry;
    pid_t pid; /* 0: none runs */
    uint64_t started_ms;
    uint32_t retry_ms;
    struct buf in;
    struct buf queue;
    size_t queue_sent;
    struct buf config; /* the CONFIG wanted, packed with generation 0; empty: no link */
    uint32_t generation;
    bool ready;
    size_t paths_count;
    uint32_t paths[LINKCTL_PATHS_MAX];
    char bound[LINKMSG_ADDRESS_BYTES_MAX + 1]; /* where it listens; "": nowhere */
    int error;
};

void linkctl_init(struct linkctl *link, struct loop *loop, const struct clock *clock,
                  struct spawner *spawner, const struct linkctl_out *out);
void linkctl_done(struct linkctl *link); /* kills it, tells nobody */

/* What the link shall do from now on. */
void linkctl_configure(struct linkctl *link, const struct core_link *task,
                       const struct options *options);
/* Ends the link and its events; for locking. */
void linkctl_stop(struct linkctl *link);
void linkctl_send(struct linkctl *link, uint32_t path, struct span frame);
/* A link process ended (SPAWNER_LINK_EXITED). */
void linkctl_exited(struct linkctl *link, pid_t pid);
bool linkctl_on(const struct linkctl *link); /* runs and is ready */

#endif
