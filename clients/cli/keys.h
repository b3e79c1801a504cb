/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys: one key answers what the partner wrote.
 *
 * The model: acts whose row has a key (kind_act.key) are offered in one line below an entry
 * at a terminal, and one key is read; any other key than those leaves it as it is. No key,
 * no trace.
 */
#ifndef ATTUNE_CLI_KEYS_H
#define ATTUNE_CLI_KEYS_H

#include "clients/cli/target.h"

#define KEYS_MAX KIND_ACTS_MAX

/* The acts of an entry that the asking person can do with one key; their count. The rows
 * outlive the reply. */
size_t keys_of(const Attune__Local__Entry *entry,
               const struct kind_act *out[static KEYS_MAX]);

/* Shows them and reads one key. 0, with *out NULL when it was left; E_IO. */
int keys_choose(struct cli *cli, const struct kind_act *const *rows, size_t count,
                const struct kind_act **out) __attribute__((warn_unused_result));

/* After print_show of this reply: offers them and does what was chosen, at a terminal that
 * shows all of it at once. 0 or E_*. */
int keys_after_show(struct cli *cli, const Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));

#endif
