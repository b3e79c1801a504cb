/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Listen: the socket clients find, and who may pass it.
 *
 * The model: a stream socket, 0600, in a folder that is ours alone. A name left by a
 * daemon that is no more is replaced; anything that is not a socket is left alone. Whoever
 * is not let in gets one Reply that says why.
 */
#ifndef ATTUNE_DAEMON_RPC_LISTEN_H
#define ATTUNE_DAEMON_RPC_LISTEN_H

#include <stdbool.h>

/*
 * listen_open: a non-blocking listener at `path`. Hold the home's lock before.
 * 0; E_SOCKET: something else has that name; E_RUNNING: somebody answers there; E_IO.
 */
int listen_open(const char *path, int *out) __attribute__((warn_unused_result));

/* Whether a descriptor somebody gave us is a listening Unix stream socket. */
bool listen_valid(int fd);

/*
 * listen_accept: the next connection of our own user, non-blocking.
 *   room   false: it is refused with E_BUSY
 * 0; E_BUSY; E_PEER_UID; E_IO: there was none.
 */
int listen_accept(int listener, bool room, int *out) __attribute__((warn_unused_result));

#endif
