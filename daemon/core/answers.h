/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Answers: who gave what in a round.
 *
 * Model. Entries of one kind with one parent are a round; without a parent an entry is a
 * round of its own, which the partner's answers to.
 */
#ifndef ATTUNE_CORE_ANSWERS_H
#define ATTUNE_CORE_ANSWERS_H

#include "daemon/core/policy.h"

/* All answers of one person and kind in a round that count. */
enum { ANSWERS_MAX = 16 }; /* one, and those of copies and restored homes */

struct answers {
    const char *kind;
    bool theirs;
    bool shared; /* only what has left */
    struct entry_row rows[ANSWERS_MAX];
    size_t count;
};

/* The round an entry is in; borrowed from the row. */
const uint8_t *answers_round(const struct entry_row *row);
int answers_gather(struct core *core, const uint8_t round[static ID_BYTES],
                   struct answers *answers) __attribute__((warn_unused_result));
/* Gathers them; the first by order that was not taken back. E_NO_ENTRY. */
int answers_first(struct core *core, const uint8_t round[static ID_BYTES],
                  struct answers *answers, struct entry_row *out)
    __attribute__((warn_unused_result));

#endif
