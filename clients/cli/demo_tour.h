/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo tour: two homes, their pairing, the week of the story, and whether both agree.
 *
 * The model: demo_story.c says what happens, demo_step.c plays a row of it; here is what
 * comes before and after.
 * Invariant: a line is told when it is true on both sides, never before.
 */
#ifndef ATTUNE_CLI_DEMO_TOUR_H
#define ATTUNE_CLI_DEMO_TOUR_H

#include "clients/cli/demo.h"

/* Makes the homes below demo->root, plays every step, ends both attuneds cleanly. 0 or
 * E_*; then `doing` and `at` tell where it stopped. */
int
demo_tour_play(struct demo *demo) __attribute__((warn_unused_result));

#endif
