/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo burst: both write as fast as they can, and one attuned is killed in the middle.
 *
 * The model: what was acknowledged before the SIGKILL has to be there after it; what was
 * not is sent again, as any client would, under the same ids.
 */
#ifndef ATTUNE_CLI_DEMO_BURST_H
#define ATTUNE_CLI_DEMO_BURST_H

#include "clients/cli/demo.h"

/* The one whose turn it is dies; their label is the kind that is written. Tells its own
 * line. 0 or E_*. */
int
demo_burst_play(struct demo *demo, const struct demo_step *step)
    __attribute__((warn_unused_result));

#endif
