/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The issuer: answers, never asks; answers a repetition the same way.
 *
 * Only a wrong confirmation burns the code, in the store, before the answer leaves.
 */
#include "daemon/core/pair.h"

#include "common/error.h"

#include <string.h>

static int
issuer_start(struct core *core, uint32_t path, struct reader *body, const uint8_t *sid)
{
    struct pair *pair = &core->pair;
    uint8_t random[CPACE_RANDOM_BYTES];
    if (pair->session && memcmp(pair->sid, sid, ID_BYTES) == 0) {
        pair_send_share(core, path, STEP_REPLY);
        return 0;
    }
    if (pair->session && pair->confirmed) {
        return 0;
    }
    struct reader age = *body;
    (void)reader_bytes(&age, CPACE_SHARE_BYTES + HASH_BYTES);
    if (pair->made_ms != 0 && reader_u32(&age) > core->mono_ms - pair->made_ms) {
        return 0; /* it began before our code was made: it must mean another one */
    }
    memcpy(pair->sid, sid, ID_BYTES);
    pair->session = false;
    pair->parts = 0;
    reader_copy(body, pair->their_share, CPACE_SHARE_BYTES);
    reader_copy(body, pair->their_ad, HASH_BYTES);
    core_fill(core, random, sizeof random);
    core_fill(core, pair->fresh_nonce, ID_BYTES);
    struct span session = span_of(pair->sid, ID_BYTES);
    int rc = identity_block(core);
    if (rc == 0) {
        rc = cpace_start(&pair->cpace, CPACE_RESPONDER, buf_span(&pair->secret),
                         span_text(pair_channel), session, random);
    }
    bytes_wipe(random, sizeof random);
    struct buf transcript = {0};
    if (rc == 0) {
        rc = cpace_finish(&pair->cpace, session, span_of(pair->our_ad, HASH_BYTES),
                          pair->their_share, span_of(pair->their_ad, HASH_BYTES),
                          pair->isk, &transcript);
    }
    if (rc == 0) {
        const struct span spans[] = {
            span_of(pair->isk, CPACE_ISK_BYTES),
            pair->invite ? buf_span(&pair->secret) : SPAN_EMPTY, buf_span(&transcript)};
        hash_spans(pair->psk, "attune.psk", spans, 3);
        pair->session = true;
        pair_send_share(core, path, STEP_REPLY);
    }
    buf_free(&transcript);
    return rc == E_MEMORY ? rc : 0;
}

static void
send_refused(struct core *core, uint32_t path)
{
    pair_send_empty(core, path, STEP_REFUSED);
}

static int
issuer_confirm(struct core *core, uint32_t path, struct reader *body)
{
    struct pair *pair = &core->pair;
    uint8_t expected[CPACE_TAG_BYTES], tag[CPACE_TAG_BYTES];
    size_t count;
    reader_copy(body, tag, sizeof tag);
    cpace_tag(pair->isk, span_of(pair->sid, ID_BYTES), pair->their_share,
              span_of(pair->their_ad, HASH_BYTES), expected);
    if (hash_equal(expected, tag, sizeof tag)) {
        pair->confirmed = true;
        return pair_send_confirm(core, path, STEP_CONFIRM_I);
    }
    pair->burnt = true;
    pair->linger_ms = core->mono_ms + LINGER_MS;
    send_refused(core, path);
    parked_settle(core, false, E_PAIR_CODE);
    int rc = pair_burnt(core, true, &count);
    return rc != 0 ? rc : pair_save_offer(core);
}

static int
issuer_block(struct core *core, uint32_t path, uint8_t index, struct reader *body)
{
    uint8_t nonce[ID_BYTES];
    bool known, whole;
    int rc = pair_take_part(core, true, STEP_BLOCK_J, index, body, &whole);
    /* A repetition comes in parts too: its last one is answered. */
    if (rc != 0 || !whole ||
        (core->pair.step == STEP_COUPLE && index != PAIR_PARTS - 1)) {
        return rc == E_MEMORY ? rc : 0;
    }
    if (core->pair.step != STEP_COUPLE) { /* chosen once: a nonce seals one text only */
        rc = pair_choose_nonce(core, nonce, &known);
        if (rc != 0) {
            return rc;
        }
        core->pair.step = STEP_COUPLE;
        core->pair.result_known = known;
        memcpy(core->pair.couple_nonce, nonce, ID_BYTES);
    }
    pair_send_block(core, path, STEP_BLOCK_I);
    pair_send_nonce(core, path, STEP_COUPLE, core->pair.result_known,
                    core->pair.couple_nonce);
    return 0;
}

static int
issuer_done(struct core *core, uint32_t path, struct reader *body)
{
    struct pair *pair = &core->pair;
    uint8_t sealed[NONCE_SEALED_BYTES], plain[ID_BYTES + 1];
    int rc = 0;
    if (!pair->finished) {
        reader_copy(body, sealed, sizeof sealed);
        if (!pair->block_open ||
            pair_unseal(pair, true, STEP_DONE_J, span_of(sealed, sizeof sealed),
                        plain) != 0) {
            return 0;
        }
        rc = identity_adopt(core, plain);
        pair->finished = true;
        pair->linger_ms = core->mono_ms + LINGER_MS;
        if (rc == 0) {
            rc = pair_save_offer(core);
        }
        if (rc == 0) {
            parked_settle(core, false, 0);
            action_notice(core, "pairing");
        }
    }
    pair_send_empty(core, path, STEP_DONE_I);
    return rc;
}

int
pair_issuer_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
                  struct reader *body, const uint8_t *sid)
{
    struct pair *pair = &core->pair;
    if (pair->burnt) {
        send_refused(core, path);
        return 0;
    }
    if (step == STEP_START) {
        return pair->expires_s > core->now_s ? issuer_start(core, path, body, sid) : 0;
    }
    if (!pair->session || memcmp(pair->sid, sid, ID_BYTES) != 0) {
        return 0;
    }
    if (step == STEP_CONFIRM_J) {
        return pair->confirmed ? pair_send_confirm(core, path, STEP_CONFIRM_I)
                               : issuer_confirm(core, path, body);
    }
    if (!pair->confirmed) {
        return 0;
    }
    if (step == STEP_BLOCK_J) {
        return issuer_block(core, path, index, body);
    }
    return step == STEP_DONE_J ? issuer_done(core, path, body) : 0;
}
