/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deeds: what a person did with a notice, on its way to attuned.
 *
 * The model: a short queue. A deed is sent when there is a connection and stays until it was
 * done, or means nothing any more. One whose connection was lost is sent again on the next,
 * one that came while attuned was locked once that changes, one that came while it was busy
 * a little later; all for ten minutes: then the click belongs to another hour. An act carries
 * a number that makes it one act, however often it comes; after it, and never without it,
 * attuned is told that the notice is done with.
 * Invariant: a deed that came to nothing is not silent: whoever owns this hears of it, and
 * the notice comes back.
 */
#ifndef ATTUNE_NOTIFY_DEEDS_H
#define ATTUNE_NOTIFY_DEEDS_H

#include "clients/lib/async.h"
#include "clients/notify/policy.h"

enum { DEEDS_MAX = 16 }; /* clicks without an answer; what comes then is dropped */

struct deed {
    uint32_t number; /* of the request on this connection; 0: not sent */
    int64_t until_ms;
    int64_t next_ms;  /* not to be sent before; INT64_MAX: while it is locked */
    const char *what; /* told: "later", ...; NULL: an act, of the one key */
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
    struct policy_shown lost; /* keys only */
};

/* Of the keys that are shown; `what` is constant text: "later", "tomorrow", "done". */
void deeds_told(struct deeds *deeds, const struct policy_shown *shown, const char *what);
/* The act of a button of the one thing that is shown. */
void deeds_act(struct deeds *deeds, const struct policy_shown *shown,
               const uint8_t id[static ID_BYTES], bool partner, const char *act);

/* Queues on the connection what was not sent yet and may be now. */
void deeds_send(struct deeds *deeds, struct async *async);
/* Lowers the time to wait to when deeds_send has something to do. */
void deeds_wait(const struct deeds *deeds, int *wait_ms);
/* The connection is gone: what was not answered is to be sent again. */
void deeds_unsent(struct deeds *deeds);
/* It may no longer be locked: what waited for that need not. */
void deeds_unlocked(struct deeds *deeds);

enum deeds_answer {
    DEEDS_OTHERS, /* the number was none of a deed */
    DEEDS_TAKEN,  /* it is done, or means nothing any more */
    DEEDS_WAITS,  /* it is sent again */
    DEEDS_REFUSED,
};
/* `error`: 0 or E_*. */
enum deeds_answer deeds_answered(struct deeds *deeds, uint32_t number, int error);
/* Whether none of them is under way. */
bool deeds_rest(const struct deeds *deeds);
/* What was refused or became too old, so that the notice is to come back, once: the keys
 * are put into *out, and nothing is left of them here. False: nothing did. */
bool deeds_lost(struct deeds *deeds, struct policy_shown *out);

#endif
