/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * THE RULE, in its one caller: one event is one store transaction; actions leave only
 * after the commit.
 *
 * The model: an event goes in, and what it caused comes out through callbacks once it is
 * durable. An event that failed leaves nothing behind: the store is rolled back, the core
 * reads itself anew, and the one who asked hears why. Used by attuned and by the simulator
 * alike, so there is no descriptor, clock or thread in here.
 * Invariants: callbacks may call run_event again (a send may end a path). When even the
 * way back failed, `error` is set, and every event is refused with it from then on.
 * Ownership: store, core and contexts are borrowed; bytes given to a callback are too.
 */
#ifndef ATTUNE_DAEMON_RUN_H
#define ATTUNE_DAEMON_RUN_H

#include "daemon/core/core.h"

struct run_out {
    void *context;
    void (*send)(void *context, uint32_t path, struct span frame);
    /* A packed Reply for the client that asked. */
    void (*reply)(void *context, uint64_t client, struct span reply);
    /* The request could not be carried out: answer it with this error. */
    void (*fail)(void *context, uint64_t client, uint32_t number, int error);
    void (*notice)(void *context, const char *topic);
    void (*link)(void *context); /* ask core_link what it is now */
    /* Write the journal anew under a new key, then answer; last of all actions. */
    void (*rekey)(void *context, uint64_t client, uint32_t number);
    /* When the core wants its next CORE_TICK; 0: never. Replaces what was asked before. */
    void (*wake)(void *context, uint64_t mono_ms, int64_t wall_s);
};

struct run {
    struct store *store;
    struct core *core;
    struct run_out out;
    int error;
};

/* 0 when the event is durable and its actions were handed out; else why it was dropped. */
int run_event(struct run *run, const struct event *event);

#endif
