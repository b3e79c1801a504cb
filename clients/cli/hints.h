/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hints: how wording of one's own may land, shown to who wrote it and to nobody else.
 *
 * The model: with the option wording.hints on, and a text about to be shared from a
 * terminal, at most WORDING_HINTS_MAX lines of common/wording.h. They never block, and
 * nothing of them is kept. Never for a partner's text, never in JSON.
 */
#ifndef ATTUNE_CLI_HINTS_H
#define ATTUNE_CLI_HINTS_H

#include "clients/cli/cli.h"

/* Prints what there is to say about these fields, which the person wrote. */
void hints_say(struct cli *cli, const struct kind *kind,
               Attune__Local__Field *const *fields, size_t count);

#endif
