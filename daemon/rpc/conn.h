/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Conn: the frames of one connection, in both directions.
 *
 * The model: u32 little-endian length and so many bytes, on a non-blocking stream socket.
 * What comes in is kept until a frame is whole; what goes out is sent at once as far as
 * the socket takes it, the rest waits. Bounded both ways, wiped when consumed.
 * Ownership: the descriptor is the conn's from conn_init on.
 */
#ifndef ATTUNE_DAEMON_RPC_CONN_H
#define ATTUNE_DAEMON_RPC_CONN_H

#include "common/bytes.h"

enum { CONN_HEAD_BYTES = 4 };

struct conn {
    int fd;
    struct buf in;
    struct buf out;
    size_t out_sent; /* bytes of `out` that left already */
    size_t frame_max;
};

/* frame_max bounds a frame that comes in, out_max all that waits to go out. */
void conn_init(struct conn *conn, int fd, size_t frame_max, size_t out_max);
void conn_done(struct conn *conn); /* closes and wipes */

/* Reads once. 0, E_DAEMON (the other side has gone), E_MEMORY. */
int conn_receive(struct conn *conn) __attribute__((warn_unused_result));

/* The first frame, borrowed until conn_consume. *whole: there is one.
 * 0, E_PROTOCOL (empty), E_LIMIT: nothing after it can be read. */
int conn_frame(const struct conn *conn, bool *whole, struct span *out)
    __attribute__((warn_unused_result));
void conn_consume(struct conn *conn, struct span frame);

/* Appends one frame and sends what can be sent. 0, E_DAEMON, E_LIMIT, E_MEMORY. */
int conn_put(struct conn *conn, struct span frame) __attribute__((warn_unused_result));
/* Sends what waits. *moved: some of it left. 0 or E_DAEMON. */
int conn_flush(struct conn *conn, bool *moved) __attribute__((warn_unused_result));
size_t conn_waiting(const struct conn *conn); /* bytes */

#endif
