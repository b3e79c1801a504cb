/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Retry: what goes wrong on the way to the screen, said once, and when to go on.
 *
 * The model: one moment, `due_us`, at which whoever owns this goes on; it is set by
 * waiting for an answer or by retry_later, whose waits double. Until retry_well an episode
 * lasts: in it each thing is said once, on standard error, and never with a word of a
 * notice. Times are of CLOCK_MONOTONIC.
 */
#ifndef ATTUNE_NOTIFY_RETRY_H
#define ATTUNE_NOTIFY_RETRY_H

#include "common/backoff.h"

#include <stdbool.h>
#include <stdint.h>

#define RETRY_SECOND_US UINT64_C(1000000)

enum retry_why {
    RETRY_NO_BUS,
    RETRY_NO_SERVER,
    RETRY_SILENT,
    RETRY_WRONG,
    RETRY_REFUSED,
    RETRY_UNFIT,
};

struct retry {
    uint64_t due_us;        /* 0: nothing to wait for */
    uint64_t tried_us;      /* the last time of retry_later */
    struct backoff backoff; /* of retry_later */
    unsigned said;          /* bits of enum retry_why */
};

void retry_init(struct retry *retry);
void retry_say(struct retry *retry, enum retry_why why);
/* Says it, and goes on after a wait. */
void retry_later(struct retry *retry, enum retry_why why);
/* Goes on in `us`, if there is no answer. */
void retry_in(struct retry *retry, uint64_t us);
/* All is well: what goes wrong from now on is news, and soon tried again. */
void retry_well(struct retry *retry);
/* There is something new to try: a long wait is cut short, not a wait that is young. */
void retry_hurry(struct retry *retry);
/* Whether the moment has come; then it is none any more. */
bool retry_came(struct retry *retry);
/* Lowers a time to wait, -1 being for ever, to that of a moment. */
void retry_lower(int *wait_ms, uint64_t at_us);

#endif
