/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Async: one connection to attuned that never blocks; for programs with a loop of their
 * own.
 *
 * The model: async_send queues, async_flush writes what the socket takes, async_feed
 * reads what is there, async_next hands out replies one by one. Poll async_fd for
 * async_poll_events; on POLLOUT flush, on POLLIN feed and then call next until it has
 * none.
 * Ownership: the connection owns the descriptor; a reply is valid until the next
 * async_next. After an error other than E_LIMIT the connection is of no more use.
 */
#ifndef ATTUNE_CLIENTS_LIB_ASYNC_H
#define ATTUNE_CLIENTS_LIB_ASYNC_H

#include "proto/local.pb-c.h"

#include <stdbool.h>

struct async;

/* Takes `fd` over (also closes it on failure) and makes it non-blocking. 0, E_MEMORY,
 * E_IO. */
int
async_new(int fd, struct async **out) __attribute__((warn_unused_result));
void
async_free(struct async *async); /* closes, wipes; NULL is fine */

int
async_fd(const struct async *async);
/* POLLIN, and POLLOUT while bytes wait to be written. */
short
async_poll_events(const struct async *async);

/* Sets the request's format and number and queues it; *number finds its reply (may be
 * NULL). 0, E_LIMIT (over REQUEST_BYTES_MAX), E_MEMORY. */
int
async_send(struct async *async, Attune__Local__Request *request, uint32_t *number)
    __attribute__((warn_unused_result));

/* Writes what the socket takes. 0, or E_DAEMON when the other side is gone. */
int
async_flush(struct async *async) __attribute__((warn_unused_result));

/* Reads what is there. 0, or E_DAEMON when the other side is gone; replies that arrived
 * before are still handed out by async_next. */
int
async_feed(struct async *async) __attribute__((warn_unused_result));

/* *out: the next reply, or NULL when none is complete; valid until the next call.
 * 0, E_PROTOCOL, E_MEMORY. */
int
async_next(struct async *async, const Attune__Local__Reply **out)
    __attribute__((warn_unused_result));

#endif
