/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Continuity: is this journal the one we closed, whole and on its own machine?
 *
 * The model: the anchor remembers how far the journal was and which file it was. When
 * that can't be proven the journal still opens, but as a restored one: the core starts a
 * new incarnation, and one alert says why.
 */
#ifndef ATTUNE_DAEMON_CONTINUITY_H
#define ATTUNE_DAEMON_CONTINUITY_H

#include "common/limits.h"
#include "common/paths.h"
#include "daemon/core/core.h"
#include "daemon/store/anchor.h"

/*
 * continuity_check: compares the open journal with its anchor.
 *   broken   0, or why continuity isn't proven: E_ANCHOR (damaged or missing), E_MOVED
 *            (another file or machine), E_TAIL (behind the anchor), E_UNCLEAN (not closed
 *            before the machine restarted)
 * 0, or E_VERSION_NEW, E_IO, E_READ_ONLY, E_MEMORY and the store's errors.
 */
int continuity_check(const struct paths *paths, const uint8_t key[static KEY_BYTES],
                     const uint8_t file_id[static ID_BYTES], struct store *store,
                     int *broken) __attribute__((warn_unused_result));

/* Fills the heads of an anchor; before the core is freed. E_LIMIT: too many logs. */
int continuity_heads(const struct core *core, struct anchor *out)
    __attribute__((warn_unused_result));

/* Completes an anchor with the journal's identity and writes it. As anchor_write. */
int continuity_write(const struct paths *paths, const uint8_t key[static KEY_BYTES],
                     const uint8_t file_id[static ID_BYTES], struct anchor *anchor,
                     bool clean) __attribute__((warn_unused_result));

#endif
