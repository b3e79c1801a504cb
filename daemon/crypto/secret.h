/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Secret: the one arena in which long-lived keys are held.
 *
 * The model: one region between guard pages, locked into memory, left out of core dumps
 * and wiped in a forked child. Pieces are handed out one after another and never given
 * back; locking attune wipes everything at once and starts again from the beginning.
 * Invariants: if locking fails there is no arena (sodium_malloc alone would carry on
 * unlocked). One thread, the daemon's.
 * Ownership: the region is the process's; pieces are valid until secret_wipe_all.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_SECRET_H
#define ATTUNE_DAEMON_CRYPTO_SECRET_H

#include <stddef.h>

/* Makes the arena; once. 0, E_MLOCK, E_MEMORY, E_ALREADY. Also starts libsodium. */
int
secret_init(size_t bytes) __attribute__((warn_unused_result));
/* `bytes` zeroed ones aligned to 16, or NULL when the arena is full or not there. */
void *
secret_alloc(size_t bytes);
/* Wipes every piece and makes the whole room free again. */
void
secret_wipe_all(void);
/* Wipes and gives the region back; fine without an arena. */
void
secret_done(void);

#endif
