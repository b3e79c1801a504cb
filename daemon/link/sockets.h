/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sockets: libzmq sockets with every setting that keeps strangers and floods out.
 *
 * The model: a table of settings for all, and a few lines for each kind. A socket that
 * can't take one of its settings is never used.
 *
 * To change a setting: its row in sockets.c.
 */
#ifndef ATTUNE_DAEMON_LINK_SOCKETS_H
#define ATTUNE_DAEMON_LINK_SOCKETS_H

#include "common/linkmsg.h"

enum {
    /* One for the listener, one for each dial: libzmq resolves names in its I/O threads
     * and a name server that doesn't answer must hold up that one address only. */
    SOCKETS_THREADS = 1 + LINKMSG_DIALS_MAX,
    SOCKETS_MAX = 128,
};

/* A libzmq context whose threads run already, or NULL. */
void *
sockets_context(void);

/*
 * sockets_listen: a ROUTER, bound.
 *   config   mode says with CURVE or without; listen: NUL-terminated in `address`
 * 0; E_INTERNAL: a setting was refused; E_BUSY: the address is taken (perhaps still by
 * the socket just closed); E_LINK: it can't be bound.
 */
int
sockets_listen(void *context, const struct linkmsg_config *config, const char *address,
               void **socket) __attribute__((warn_unused_result));

/*
 * sockets_dial: a DEALER, connecting in thread `index`, and the PAIR that tells of it.
 *   ipv6     names are looked up as IPv6 addresses
 * 0; E_INTERNAL: a setting was refused; E_OPTION: libzmq can't use the address.
 */
int
sockets_dial(void *context, const struct linkmsg_config *config, const char *address,
             size_t index, bool ipv6, void **socket, void **monitor)
    __attribute__((warn_unused_result));

enum sockets_event { SOCKETS_NONE, SOCKETS_UP, SOCKETS_OVER };

/*
 * What a monitor tells next. SOCKETS_OVER: this connection or this attempt ended; the
 * socket is of no more use once it is read empty.
 */
enum sockets_event
sockets_event(void *monitor);

/* Closes and sets to NULL; NULL is fine. */
void
sockets_close(void **socket);

#endif
