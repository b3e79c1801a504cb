/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Rekey: the journal under a new MK and file id, after leaving a partner.
 *
 * The model, in this order, so that a crash anywhere leaves a journal that opens:
 *   1 the new journal beside the old one      2 the keys file with both vaults
 *   3 the old journal closed, its WAL empty   4 the new one renamed over it
 *   5 the keys file with the new vault only (or at the next opening)
 */
#ifndef ATTUNE_DAEMON_REKEY_H
#define ATTUNE_DAEMON_REKEY_H

#include "daemon/vault.h"

/*
 * The vault must be unlocked, and stays so, with a new core that wants CORE_START. 0, or a
 * disk error: then the old journal is attached again, or, when `run.core` is NULL, nothing
 * is, and the caller locks.
 */
int rekey_run(struct vault *vault) __attribute__((warn_unused_result));

#endif
