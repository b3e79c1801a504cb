/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logind: what the person's session does, as systemd-logind tells it on the system bus.
 *
 * The model: one connection, nothing ever waited for. Three things come from it: the screen
 * of one of our sessions is locked or not; the machine goes to sleep, and waits for us to
 * be done (a delay inhibitor, held while awake); our last session is gone. Without a bus or
 * without logind all is quiet: a lost bus is tried again with back-off, one that never was
 * at the next opening of the journal.
 * Invariants: only what the owner of org.freedesktop.login1 says counts, and of sessions
 * only those whose user we are: anybody may send anything on this bus. Nothing wakes the
 * process while the bus is silent.
 * Ownership: owns the connection and the inhibitor; loop and clock are borrowed.
 */
#ifndef ATTUNE_DAEMON_LOGIND_H
#define ATTUNE_DAEMON_LOGIND_H

#include "daemon/loop.h"

#include <stdbool.h>

struct logind;

/* They may not free the logind. */
struct logind_out {
    void *context;
    void (*screen)(void *context, bool locked); /* also again what was said before */
    /* True: once it returned the machine may sleep. False: it woke, or nobody can tell. */
    void (*sleep)(void *context, bool going);
    void (*ended)(void *context); /* the last session of this person */
};

/* Connects in the background. 0 or E_MEMORY. */
int
logind_new(struct loop *loop, const struct clock *clock, const struct logind_out *out,
           struct logind **logind) __attribute__((warn_unused_result));
void
logind_free(struct logind *logind); /* NULL is fine */

/* The journal was opened by its passphrase: there is somebody at the screen, whatever a
 * locker forgot to say. Connects if that failed before. */
void
logind_opened(struct logind *logind);

#endif
