/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Follow: what changes at attuned, for verbs that stay: watch, and bar --follow.
 *
 * The model: follow_next waits and says what happened: topics changed, attuned is gone, or
 * nobody listens to us any more. A new attuned is found by struct reach, which sleeps until
 * its socket comes. Its serials are larger than those of the one before, so each topic
 * is heard once then, whatever happened meanwhile.
 * Invariants: an attuned that is gone is not started again. A signal that asks us to end
 * ends us at once with success, wherever we are: nothing here has to be tidied up.
 * Owner: the caller has the struct; topics are borrowed, a reply's until the next call.
 * To add a topic: a row in follow.c, as in daemon/rpc/topics.c.
 */
#ifndef ATTUNE_CLI_FOLLOW_H
#define ATTUNE_CLI_FOLLOW_H

#include "clients/lib/attune.h"
#include "clients/lib/reach.h"

#include <stdbool.h>

enum { FOLLOW_TOPICS_MAX = 8 };

enum follow_event {
    FOLLOW_NEWS,  /* `reply` has topics; none: the time given has come */
    FOLLOW_BEGUN, /* the same, the first time: every topic */
    FOLLOW_GONE,  /* attuned can't be reached; said once */
    FOLLOW_OVER,  /* whoever read our output is gone */
};

struct follow {
    struct reach reach;
    char *topics[FOLLOW_TOPICS_MAX];
    size_t topics_count;
    uint64_t after; /* serial heard last */
    bool asked;     /* a watch is parked there */
    bool down;      /* the other side is gone; its last words may still wait */
    bool told_gone;
};

/* The index-th topic there is, or NULL beyond the last. */
const char *
follow_topic(size_t index);

/*
 * follow_init: begins with the topics named, none: all; from now on SIGINT and SIGTERM end
 * the program with success.
 *   start  ATTUNE_START: attuned is started if it has to be, and can be
 * 0; with ATTUNE_START what attune_connect says; else an attuned that can't be reached is
 * waited for. E_USAGE: no such topic.
 */
int
follow_init(struct follow *follow, const struct paths *paths, const char *const *topics,
            size_t count, enum attune_start start) __attribute__((warn_unused_result));
void
follow_done(struct follow *follow);

/* Waits for the next thing. `until_s`: FOLLOW_NEWS without topics then, 0: never. 0, or
 * E_MEMORY, E_PROTOCOL, E_IO. */
int
follow_next(struct follow *follow, int64_t until_s, enum follow_event *out,
            const Attune__Local__Reply **reply) __attribute__((warn_unused_result));

#endif
