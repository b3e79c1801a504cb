/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dealing questions: shared by deal.c, which deals, and question.c, which asks.
 */
#ifndef ATTUNE_CORE_DEAL_H
#define ATTUNE_CORE_DEAL_H

#include "common/deck.h"
#include "daemon/core/policy.h"

struct card {
    struct deck_line line;
    uint64_t order;
    int64_t from_day;  /* counts from then on */
    bool asked_first;  /* was asked when it was written: its turn comes last */
    bool open;         /* may be asked on the day being dealt */
    bool in;           /* is in the ring */
};

struct pool {
    struct core *core;
    uint8_t secret[KEY_BYTES];
    struct card *cards;
    size_t count;
};

/* Cards in a ring, the next to be asked first; who was asked goes to its end. */
struct ring {
    uint16_t cards[DECK_QUESTIONS_MAX];
    size_t count;
};

struct dealt {
    struct pool pool;
    struct level levels[LEVELS_MAX];
    size_t levels_count;
    int64_t day; /* dealt up to before this day */
    struct ring ring;
    struct ring joining, mixed; /* scratch */
};
static_assert(DECK_QUESTIONS_MAX <= UINT16_MAX, "a card has a number of two bytes");

/* Everything is in the arena of the step. */
int deal_begin(struct core *core, struct dealt **out) __attribute__((warn_unused_result));
/* Deals up to this day, days in order; NULL: there is none. */
const struct card *deal_to(struct dealt *dealt, int64_t day);
/* Another one, for a person alone: the next that is not under their limits; or NULL. */
const struct card *deal_alone(const struct dealt *dealt, struct span limits);

#endif
