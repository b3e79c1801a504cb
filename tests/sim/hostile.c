/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A partner with the right keys and bad intentions. */
#include "tests/sim/world.h"

void
hostile_speak(struct home *liar, struct home *victim)
{
    (void)liar;
    (void)victim;
}
