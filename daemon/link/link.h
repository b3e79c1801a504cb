/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Link: carries frames between attuned (a socketpair) and the partner's link (libzmq).
 *
 * The model: one loop, one thread of ours. attuned's last CONFIG says what is open. What
 * came from the partner is put into one bounded buffer towards attuned; while that is
 * full nothing more is read from libzmq, whose own queues are bounded. What attuned
 * sends goes out at once or is dropped.
 *
 * Invariants: nothing blocks but the one poll; sockets with and without CURVE are never
 * open together; no frame of an inbound CURVE connection passes without the partner's
 * User-Id, whatever the handshake said.
 *
 * Owns every socket, the keys of the last CONFIG (wiped), and nothing on disk.
 */
#ifndef ATTUNE_DAEMON_LINK_LINK_H
#define ATTUNE_DAEMON_LINK_LINK_H

/*
 * Serves until attuned closes its end. `fd` is a non-blocking stream socket.
 * 0 then; E_PROTOCOL when attuned made no sense; E_INTERNAL or E_MEMORY.
 */
int
link_run(int fd, void *context) __attribute__((warn_unused_result));

#endif
