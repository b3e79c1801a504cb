/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * libattune: blocking calls to the local daemon.
 *
 * The model: open, run requests one after the other, close. A Request and its body live
 * on the caller's stack and borrow the caller's bytes:
 *
 *     Attune__Local__Request request;
 *     Attune__Local__Query query;
 *     attune__local__query__init(&query); (the macro casts const away; clang minds)
 *     query.limit = 20;
 *     attune_request(&request, "list");
 *     attune_with_query(&request, &query);
 *     error = attune_run(attune, &request, &reply);
 *
 * Ownership: a reply belongs to the connection and is valid until the next attune_run
 * or attune_close; both wipe it. Nothing here prints, and nothing is initialised before
 * it is needed: a whole client run is to take about a millisecond.
 */
#ifndef ATTUNE_CLIENTS_LIB_ATTUNE_H
#define ATTUNE_CLIENTS_LIB_ATTUNE_H

#include "common/bytes.h"
#include "common/paths.h"
#include "proto/local.pb-c.h"

struct attune;

enum attune_start {
    ATTUNE_START,    /* start attuned when none runs */
    ATTUNE_NO_START, /* E_DAEMON when none runs */
};

/*
 * attune_open: connects to attuned, starting it when allowed.
 * 0; E_SOCKET (something that is not a socket sits there; it is left alone), E_PEER_UID
 * (the listener is another user's), E_DAEMON (none runs, or it could not be started),
 * E_MEMORY, E_IO; or the error attuned itself gave as the reason it did not start.
 */
int
attune_open(const struct paths *paths, enum attune_start start, struct attune **out)
    __attribute__((warn_unused_result));

/* The same without a connection of ours around it: for struct async (async.h). */
int
attune_connect(const struct paths *paths, enum attune_start start, int *out)
    __attribute__((warn_unused_result));

/* The same on a connected stream socket, which is taken over (closed on failure). */
int
attune_open_fd(int fd, struct attune **out) __attribute__((warn_unused_result));

void
attune_close(struct attune *attune); /* NULL is fine */

/*
 * attune_run: sends one request (its format and number are set here) and waits for its
 * reply.
 *   reply  set whenever attuned answered, also with an error (E_AMBIGUOUS brings the
 *          candidates, E_JOURNAL findings); NULL when it did not
 * 0, the reply's error, or E_DAEMON, E_PROTOCOL, E_LIMIT, E_MEMORY.
 */
int
attune_run(struct attune *attune, Attune__Local__Request *request,
           const Attune__Local__Reply **reply) __attribute__((warn_unused_result));

/* A request without a body; `name` is borrowed. */
void
attune_request(Attune__Local__Request *out, const char *name);
/* Its body; borrowed until attune_run returned. */
void
attune_with_secret(Attune__Local__Request *request, Attune__Local__Secret *secret);
void
attune_with_entry(Attune__Local__Request *request, Attune__Local__Entry *entry);
void
attune_with_act(Attune__Local__Request *request, Attune__Local__Act *act);
void
attune_with_query(Attune__Local__Request *request, Attune__Local__Query *query);
void
attune_with_pair(Attune__Local__Request *request, Attune__Local__Pair *pair);
void
attune_with_option(Attune__Local__Request *request, Attune__Local__Option *option);
void
attune_with_watch(Attune__Local__Request *request, Attune__Local__Watch *watch);
void
attune_with_quiet(Attune__Local__Request *request, Attune__Local__Quiet *quiet);

/* One field of an entry or act; name and text are borrowed. */
void
attune_field_text(Attune__Local__Field *out, const char *name, struct span text);
void
attune_field_number(Attune__Local__Field *out, const char *name, int64_t number);

/* Bytes in and out of messages; borrowed. Messages hold plain `char *` they never write
 * to. */
ProtobufCBinaryData
attune_bytes(struct span bytes);
struct span
attune_span(ProtobufCBinaryData bytes);
char *
attune_text(const char *text);

/* The named field of an entry, event or act, or NULL. */
const Attune__Local__Field *
attune_field(Attune__Local__Field *const *fields, size_t count, const char *name);
/* Whether attuned lists the act, or the verb of an answer, for this entry. */
bool
attune_offers(const Attune__Local__Entry *entry, const char *act);

#endif
