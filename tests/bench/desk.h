/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Desk: somebody's desktop: a session bus, a notification server on it, attune-notify.
 *
 * The model: the bus is a dbus-daemon with a configuration and a socket in the bench's
 * folder; it starts nothing and knows nothing of this machine's own. The server is a
 * connection of this process and works only inside desk_wait and desk_serve: it notes when
 * it read a Notify, answers, and says that the notice's time is over.
 * Invariant: what is started here is ended by its number, however the bench ends.
 * To add something a server does: on_call.
 */
#ifndef ATTUNE_TESTS_BENCH_DESK_H
#define ATTUNE_TESTS_BENCH_DESK_H

#include "tests/bench/person.h"

struct desk;

/* NULL when this machine has no dbus-daemon. There is at most one. */
struct desk *
desk_new(const struct bench *bench);
void
desk_free(struct desk *desk);

/* One call and its answer between two processes on this bus; microseconds. */
double
desk_trip(struct desk *desk);

/* attune-notify of this home, on this bus. */
pid_t
desk_notify(struct desk *desk, const struct person *person);

/* The moment the next Notify was read. */
double
desk_wait(struct desk *desk, unsigned wait_ms);
/* Serves for so long, whatever comes. */
void
desk_serve(struct desk *desk, unsigned for_ms);

#endif
