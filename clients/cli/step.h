/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Step: something promised for a day that is far off gets a smaller one on the way.
 *
 * The model: where a kind says from when a day is far (kind.far_s), the person is asked
 * once, at a terminal, for a first step until then; Enter means none. It becomes a second
 * entry of the same kind, in the thread of the first.
 */
#ifndef ATTUNE_CLI_STEP_H
#define ATTUNE_CLI_STEP_H

#include "clients/cli/letter.h"

/* Asks, where that is worth it. *given: there is one, in `step`, which was {0}; it is to be
 * ended by letter_done in any case. 0, E_STOPPED, E_*. */
int step_gather(struct letter *letter, struct letter *step, bool *given)
    __attribute__((warn_unused_result));

/* Saves it after the letter; `rc` is what became of that. 0 or E_*. */
int step_finish(const struct letter *letter, struct letter *step, int rc)
    __attribute__((warn_unused_result));

#endif
