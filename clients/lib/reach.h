/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reach: the way to attuned for a program that stays, and waits for it as long as it takes.
 *
 * The model: connected, or waiting. While waiting, inotify tells when the socket comes (or
 * its folder, or that one's folder), so nothing is asked again and again; where somebody
 * refuses, or a connection was lost, it is tried again after a second, then two, at most a
 * minute. A socket that nobody listens at is given up then: the next attuned makes its own.
 * Invariants: nothing here blocks but reach_start, and only that starts an attuned. What is
 * not ours (another user's listener, no socket at all) is left alone, tried again later and
 * said once.
 * Ownership: the paths are borrowed; the connection is ours, for the owner to send on and to
 * take replies from.
 */
#ifndef ATTUNE_CLIENTS_LIB_REACH_H
#define ATTUNE_CLIENTS_LIB_REACH_H

#include "clients/lib/async.h"
#include "common/backoff.h"
#include "common/paths.h"

#include <stdbool.h>
#include <stdint.h>

/* What is in the way, once in each episode. */
typedef void
reach_say_fn(void *context, int error);

struct reach {
    const struct paths *paths;
    reach_say_fn *say; /* NULL: nobody hears it */
    void *context;
    struct async *async; /* NULL while waiting */
    int inotify;         /* -1: none */
    int64_t retry_ms;    /* of the monotonic clock; 0: inotify tells */
    struct backoff backoff;
    int said;            /* the error that was said in this episode */
};

enum reach_news {
    REACH_NOTHING,
    REACH_UP,   /* connected just now */
    REACH_READ, /* there may be replies */
    REACH_DOWN, /* the other side is gone; take what came, then reach_drop */
};

/* Begins to wait; the first reach_process tries. `hears` may be NULL. */
void
reach_init(struct reach *reach, const struct paths *paths, reach_say_fn *hears,
           void *context);
/* Connects now, starting attuned if there is none. 0 or as of attune_connect. */
int
reach_start(struct reach *reach) __attribute__((warn_unused_result));
void reach_done(struct reach *reach);

/* What to poll for; -1: nothing. *wait_ms is lowered. Sends what can be sent. */
int reach_poll(struct reach *reach, short *events, int *wait_ms);
enum reach_news reach_process(struct reach *reach, short revents);

/* The connection is of no more use. */
void reach_drop(struct reach *reach);
/* attuned answered: the next loss is a new one. */
void reach_well(struct reach *reach);

#endif
