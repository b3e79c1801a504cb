/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acts: one verb for every act of every kind, and the acts all kinds share.
 */
#ifndef ATTUNE_CLI_ACTS_H
#define ATTUNE_CLI_ACTS_H

#include "clients/cli/target.h"

/*
 * acts_do: this act on this entry, with the field it asks for from the line, an option or
 * a prompt; and what it leads to. What was typed and could not be sent is given back.
 *   act  of target->kind
 * 0 or E_*.
 */
int acts_do(struct cli *cli, const struct kind_act *act, const struct target *target)
    __attribute__((warn_unused_result));

#endif
