/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo tour: what happens between the two homes, as a table of steps.
 *
 * The model: a step is a row in demo_tour.c: a function, who does it, and what with.
 * Each prints its lines when they are true on both sides, never before.
 * To add a step: a row; a new way to do something: its function.
 */
#ifndef ATTUNE_CLI_DEMO_TOUR_H
#define ATTUNE_CLI_DEMO_TOUR_H

#include "clients/cli/demo.h"

/* Makes the homes below demo->root, plays every step, ends both attuneds cleanly. 0 or
 * E_*; then `doing` and `at` tell where it stopped. */
int
demo_tour_play(struct demo *demo) __attribute__((warn_unused_result));

#endif
