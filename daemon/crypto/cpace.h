/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPace: two who know one short password agree on a strong key.
 *
 * The model: CPACE-RISTR255-SHA512, draft-irtf-cfrg-cpace-21, initiator and responder.
 * Each side: cpace_start makes a share to send; cpace_finish takes the other's share
 * and both sides' associated data and gives the session key ISK and the transcript. Who
 * knows the wrong password gets another ISK, so confirm with cpace_tag before believing
 * it.
 * Invariants: pure; the scalar comes from 64 random bytes of the caller; an invalid or
 * neutral point is refused.
 * Ownership: struct cpace lives where the caller puts it; cpace_done wipes it.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_CPACE_H
#define ATTUNE_DAEMON_CRYPTO_CPACE_H

#include "common/bytes.h"

enum {
    CPACE_SHARE_BYTES = 32,
    CPACE_SCALAR_BYTES = 32,
    CPACE_RANDOM_BYTES = 64,
    CPACE_ISK_BYTES = 64,
    CPACE_TAG_BYTES = 64,
};

enum cpace_role {
    CPACE_INITIATOR,
    CPACE_RESPONDER,
};

struct cpace {
    enum cpace_role role;
    uint8_t scalar[CPACE_SCALAR_BYTES];
    uint8_t share[CPACE_SHARE_BYTES]; /* ours, to send */
};

/*
 * cpace_start: our share for this password.
 *   prs      the password (code words or invite secret)
 *   ci       channel identifier, the same on both sides
 *   sid      session id, the same on both sides, may be empty
 *   random   fresh random bytes, reduced to the scalar
 * 0, or E_INTERNAL when the random bytes are all zero (or as unlucky).
 */
int
cpace_start(struct cpace *cpace, enum cpace_role role, struct span prs, struct span ci,
            struct span sid, const uint8_t random[static CPACE_RANDOM_BYTES])
    __attribute__((warn_unused_result));

/*
 * cpace_finish: the session key, and transcript_ir = lv_cat(Ya, ADa) || lv_cat(Yb, ADb)
 * appended to `transcript` (which may be NULL).
 * 0, E_PROTOCOL for an invalid share, E_MEMORY.
 */
int
cpace_finish(const struct cpace *cpace, struct span sid, struct span our_ad,
             const uint8_t their_share[static CPACE_SHARE_BYTES], struct span their_ad,
             uint8_t isk[static CPACE_ISK_BYTES], struct buf *transcript)
    __attribute__((warn_unused_result));

/*
 * cpace_tag: the confirmation tag of the side that sent (share, ad); each side sends
 * the tag of its own message and compares (hash_equal) the one received with the tag of
 * the other's. HMAC-SHA512 under SHA512("CPaceMac" || sid || ISK): section 10.4 of the
 * draft.
 */
void
cpace_tag(const uint8_t isk[static CPACE_ISK_BYTES], struct span sid,
          const uint8_t share[static CPACE_SHARE_BYTES], struct span ad,
          uint8_t tag[static CPACE_TAG_BYTES]);

void
cpace_done(struct cpace *cpace); /* wipes; NULL is fine */

#endif
