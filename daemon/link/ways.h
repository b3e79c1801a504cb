/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ways: every way to the partner that is open now, and the attempts to open more.
 *
 * The model: inbound paths are routing ids on one ROUTER; outbound ones are DEALERs, one
 * for each address, opened anew by us after each failure, with back-off and jitter.
 * What happens is appended as messages to `out`.
 *
 * Invariants: a path number is never used twice; at most WAYS_INBOUND_MAX inbound
 * paths, the one unused for longest makes room; one function may append at most one
 * frame beyond its `out_bytes_full`.
 */
#ifndef ATTUNE_DAEMON_LINK_WAYS_H
#define ATTUNE_DAEMON_LINK_WAYS_H

#include "common/linkmsg.h"
#include "daemon/link/sockets.h"
#include "daemon/link/zap.h"

enum {
    WAYS_INBOUND_MAX = 64,
    WAYS_ROUTING_BYTES = 5, /* what libzmq gives; ids that a peer chose are refused */
};

struct ways_inbound {
    bool used;
    uint8_t routing[WAYS_ROUTING_BYTES];
    uint32_t path;
    uint64_t stamp; /* rises with each use */
};

struct ways_dial {
    char address[LINKMSG_ADDRESS_BYTES_MAX + 1]; /* "": none */
    void *socket;                                /* NULL while waiting to be opened */
    void *monitor;
    uint32_t path;
    bool up;        /* told to attuned */
    bool over;      /* disconnected; closed as soon as it is read empty */
    unsigned tries; /* since the last success */
    uint64_t open_ms;
};

struct ways {
    void *context;   /* borrowed */
    struct buf *out; /* borrowed */
    struct zap zap;
    struct linkmsg_config config; /* keys and mode; its spans are not used */
    char listen[LINKMSG_ADDRESS_BYTES_MAX + 1];
    uint64_t bind_ms; /* when to try again; UINT64_MAX: nothing to bind */
    unsigned bind_tries;
    bool ready; /* READY was said for this config */
    void *router;
    struct ways_inbound inbound[WAYS_INBOUND_MAX];
    struct ways_dial dials[LINKMSG_DIALS_MAX];
    uint32_t path_last;
    uint64_t stamp_last;
};

/* 0 or E_INTERNAL. ways_done is right after either. */
int
ways_init(struct ways *ways, void *context, struct buf *out)
    __attribute__((warn_unused_result));
void
ways_done(struct ways *ways);

/* Closes everything and opens what `config` says. 0; failures are told in `out`. */
int
ways_config(struct ways *ways, const struct linkmsg_config *config, uint64_t now_ms)
    __attribute__((warn_unused_result));

/* Sends or drops; an unknown path is one that has just gone. 0 or E_INTERNAL. */
int
ways_send(struct ways *ways, uint32_t path, struct span frame)
    __attribute__((warn_unused_result));

/* Ends a path without DOWN. A dialled address rests until the next config; an inbound
 * peer that speaks again gets a new path, since libzmq can't hang up on it. */
void
ways_close(struct ways *ways, uint32_t path);

/* Connections that came and went, sockets that are due to be opened. 0 or E_INTERNAL. */
int
ways_events(struct ways *ways, uint64_t now_ms) __attribute__((warn_unused_result));

int
ways_read_inbound(struct ways *ways, size_t out_bytes_full)
    __attribute__((warn_unused_result));
int
ways_read_dial(struct ways *ways, size_t index, size_t out_bytes_full, uint64_t now_ms)
    __attribute__((warn_unused_result));

/* When ways_events is due without any event; UINT64_MAX: never. */
uint64_t
ways_wake_ms(const struct ways *ways);

#endif
