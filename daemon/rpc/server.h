/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Server: the Unix socket on which clients ask.
 *
 * The model: a client is a connection with a token that is never used twice. Its frames
 * are decoded and admitted one by one (table.h), then answered by a handler or the core,
 * now or later, each exactly once. A client with too many open questions or unread answers
 * isn't read; one that leaves answers unread for half a minute is dropped. A parked `watch`
 * is held here and isn't an open question.
 * Invariants: only our own user is heard; every buffer is bounded; what a request held is
 * wiped once it was handled; answers to a client that has gone are dropped.
 * Ownership: the server owns the listening socket and its clients. One thread.
 */
#ifndef ATTUNE_DAEMON_RPC_SERVER_H
#define ATTUNE_DAEMON_RPC_SERVER_H

#include "common/bytes.h"
#include "daemon/loop.h"
#include "daemon/rpc/table.h"

enum {
    SERVER_PENDING_MAX = 8,   /* questions of one client not answered yet */
    SERVER_STALL_MS = 30000, /* answers unread for so long end the client */
};

struct server;

struct server_config {
    struct loop *loop;
    const struct clock *clock;
    struct table table;
    void *context; /* of the handlers and of these */
    enum home_state (*state)(void *context);
    /* A request the core answers. */
    void (*ask_core)(void *context, uint64_t client,
                     const Attune__Local__Request *request);
    /* A client went away while the core owed it an answer. */
    void (*gone)(void *context, uint64_t client);
    /* A request of a row with `use` was admitted. */
    void (*used)(void *context);
};

/* `listener` is a listening stream socket, owned from here on. 0, E_MEMORY, E_IO. */
int server_new(const struct server_config *config, int listener, struct server **out)
    __attribute__((warn_unused_result));
void server_free(struct server *server); /* NULL is fine */

/* Answers with a packed Reply; one that is too large becomes E_LIMIT. */
void server_reply(struct server *server, uint64_t client, struct span reply);
/* Packs and answers; its `number` is that of the request. */
void server_answer(struct server *server, uint64_t client,
                   const Attune__Local__Reply *reply);
/* 0: an empty reply, which means done. */
void server_error(struct server *server, uint64_t client, uint32_t number, int error);
/* Answers everything the core still owes: it goes. */
void server_fail_core(struct server *server, int error);

/* Parks a watch, or answers at once when there is news. A second one replaces the first,
 * which is answered without topics; so is one whose `until` has come. */
void server_watch(struct server *server, uint64_t client, uint32_t number,
                  const Attune__Local__Watch *watch);
void server_notice(struct server *server, const char *topic);

#endif
