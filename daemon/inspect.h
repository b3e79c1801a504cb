/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Inspect: `attune check`: keys file, anchor, every page, every table, every chain.
 *
 * The model: each part adds findings, a code and a detail without content; none repairs.
 */
#ifndef ATTUNE_DAEMON_INSPECT_H
#define ATTUNE_DAEMON_INSPECT_H

#include "common/arena.h"
#include "daemon/vault.h"
#include "proto/local.pb-c.h"

enum { INSPECT_FINDINGS_MAX = 64 };

/* Fills findings, and with any of them the error; all in `arena`. The vault is unlocked.
 * 0, or why it could not be carried out: E_IO, E_READ_ONLY, E_MEMORY, ... */
int inspect_run(struct vault *vault, struct arena *arena, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));

#endif
