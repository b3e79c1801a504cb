/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deeds: what a person did with a notice, on its way to attuned.
 *
 * The model: a short queue. A deed is sent when there is a connection and stays until it is
 * answered; one whose connection was lost is sent again on the next, for ten minutes: then
 * the click belongs to another hour. An act carries a number that makes it one act, however
 * often it comes.
 * Invariant: what attuned answers is of no concern: what makes no sense any more, it knows.
 */
#ifndef ATTUNE_NOTIFY_DEEDS_H
#define ATTUNE_NOTIFY_DEEDS_H

#include "clients/lib/async.h"
#include "clients/notify/policy.h"

enum { DEEDS_MAX = 16 }; /* clicks without an answer; what comes then is dropped */

struct deed {
    uint32_t number; /* of the request on this connection; 0: not sent */
    int64_t until_ms;
    const char *what; /* told: "later", ...; NULL: an act */
    size_t keys_count;
    uint8_t keys[POLICY_ITEMS_MAX][ID_BYTES];
    char act[KIND_NAME_BYTES_MAX + 1];
    bool partner;
    uint8_t id[ID_BYTES];
    uint8_t request[REQUEST_BYTES];
};

struct deeds {
    struct deed list[DEEDS_MAX]; /* the oldest first */
    size_t count;
};

/* Of the keys that are shown; `what` is constant text: "later", "tomorrow", "done". */
void deeds_told(struct deeds *deeds, const struct policy_shown *shown, const char *what);
void deeds_act(struct deeds *deeds, const uint8_t id[static ID_BYTES], bool partner,
               const char *act);

/* Queues on the connection what was not sent yet. */
void deeds_send(struct deeds *deeds, struct async *async);
/* The connection is gone: what was not answered is to be sent again, unless it is old. */
void deeds_unsent(struct deeds *deeds);
/* Whether the number was a deed's, which is off the queue now. */
bool deeds_answered(struct deeds *deeds, uint32_t number);

#endif
