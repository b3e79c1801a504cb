/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Daemon: the parts of attuned, joined.
 *
 * The model: loop, clock, zone, logind, server, vault, link and spawner know nothing of each
 * other; what one needs of another is a callback that is set here. Every event of the core passes
 * daemon_event, which adds the time and, once the event is durable, looks after what may
 * wait: anchor, text index, giving memory back.
 * Ownership: struct daemon owns all of its members.
 */
#ifndef ATTUNE_DAEMON_DAEMON_H
#define ATTUNE_DAEMON_DAEMON_H

#include "common/arena.h"
#include "common/options.h"
#include "common/paths.h"
#include "daemon/addresses.h"
#include "daemon/clock.h"
#include "daemon/job.h"
#include "daemon/linkctl.h"
#include "daemon/logind.h"
#include "daemon/loop.h"
#include "daemon/rpc/server.h"
#include "daemon/spawner.h"
#include "daemon/vault.h"
#include "daemon/zone.h"

struct daemon {
    struct paths paths;
    struct options options;
    struct clock clock;
    struct loop *loop;
    struct spawner spawner;
    bool rekeying; /* what a failed re-key asks for again waits for the next unlock */
    struct server *server;
    struct vault vault;
    struct linkctl link;
    struct job job;
    struct addresses addresses;
    struct arena *arena; /* of one answer */
    struct zone zone;
    struct logind *logind;
    struct loop_watch clock_watch;
    struct loop_watch spawner_watch;
    struct loop_timer tick;   /* what the core asked for */
    struct loop_timer idle;   /* store_idle */
    struct loop_timer anchor;
    struct loop_timer close;  /* from open to closed */
    uint64_t used_ms;         /* a person last asked something */
    uint64_t ops_seen;
    uint64_t ops_trimmed;
    uint64_t idle_since_ms;   /* idle work waits since; 0: none does */
    bool screen_locked;       /* of this person's session here */
    bool sleeping;            /* the machine is about to: nothing is opened */
    int option_error;
    int error; /* why the loop ended */
};

/*
 * daemon_init: everything but the listener, with `daemon` holding paths, clock and a
 * started spawner already. 0 or E_*; daemon_done is fine after either.
 */
int daemon_init(struct daemon *daemon) __attribute__((warn_unused_result));
/* Takes the listening socket. */
int daemon_listen(struct daemon *daemon, int listener) __attribute__((warn_unused_result));
void daemon_done(struct daemon *daemon); /* closes the journal, ends the link */

/* Adds the time and carries the event out. 0 or why it was dropped. */
int daemon_event(struct daemon *daemon, struct event *event);
/* From open to closed. */
void daemon_close(struct daemon *daemon);
/* What logind calls back, in daemon_session.c. */
struct logind_out daemon_session(struct daemon *daemon);
/* From any state but HOME_NONE to locked. */
void daemon_lock(struct daemon *daemon);
/* Reads the options again and follows them; `changed` is the one just set, or NULL. 0 or
 * E_OPTION, E_IO; then the old ones stay. */
int daemon_reload(struct daemon *daemon, const char *changed)
    __attribute__((warn_unused_result));
/* After the vault was opened: the core starts. On failure the vault is locked again.
 *   closes   the screen was locked meanwhile: it is closed at once */
int daemon_started(struct daemon *daemon, bool closes) __attribute__((warn_unused_result));
/* After a passphrase was right again: from closed to open, but for `closes`. */
void daemon_reopened(struct daemon *daemon, bool closes);
/* A person is at work: open stays open. */
void daemon_used(struct daemon *daemon);

#endif
