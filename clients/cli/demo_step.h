/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo step: plays one row of the story, and looks in both homes whether it came to what
 * the row says.
 *
 * The model: a row's verb is a kind (writes an entry), an act of the target's kind or of
 * every kind, or one of the few in the table of demo_step.c. A line is told when it is
 * true on both sides, never before.
 * To add something that is neither an entry nor an act: a row in that table.
 */
#ifndef ATTUNE_CLI_DEMO_STEP_H
#define ATTUNE_CLI_DEMO_STEP_H

#include "clients/cli/demo.h"

/* 0; E_INTERNAL when something is not as it should be; or any error of a request. Then
 * `doing` and `at` tell where it stopped. */
int
demo_step_play(struct demo *demo, const struct demo_step *step)
    __attribute__((warn_unused_result));

#endif
