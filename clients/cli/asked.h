/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asked: which question an answer is for.
 *
 * The model: an id names an entry that asks. Without one it is today's question; when that
 * is settled, an entry that asks and waits for this person, of several the one they choose;
 * else a question of the day before yesterday's or yesterday's, but only where a person
 * sees which day it is from before they write: a line given in the command is never put
 * below a question nobody looked at.
 * Owner: asked_done wipes the text.
 */
#ifndef ATTUNE_CLI_ASKED_H
#define ATTUNE_CLI_ASKED_H

#include "clients/cli/target.h"

#define NOTHING_ASKED "Nothing is asked just now. attune %s --new asks you both."

struct asked {
    struct target parent; /* the round, or the entry that asks */
    struct buf text;
    char day[16]; /* of an older question of the day: YYYY-MM-DD; else empty */
    bool alone;   /* under the person's limits */
};

void
asked_init(struct asked *asked);
void
asked_done(struct asked *asked);

/* 0; E_ALREADY (only an older one is open, and a line was given), E_NO_ENTRY (nothing is
 * asked), E_AMBIGUOUS (nobody to choose), E_*. */
int
asked_find(struct cli *cli, struct asked *out) __attribute__((warn_unused_result));

/* The questions of the days that are open, today's first. */
int
asked_days(struct cli *cli, const Attune__Local__Reply **reply)
    __attribute__((warn_unused_result));

#endif
