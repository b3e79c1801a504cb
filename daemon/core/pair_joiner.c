/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The joiner: speaks first, and says its last word again twice a second.
 */
#include "daemon/core/pair.h"

#include "common/error.h"

#include <string.h>

int
pair_join_begin(struct core *core)
{
    struct pair *pair = &core->pair;
    uint8_t random[CPACE_RANDOM_BYTES];
    core_fill(core, pair->sid, ID_BYTES);
    core_fill(core, pair->fresh_nonce, ID_BYTES);
    core_fill(core, random, sizeof random);
    pair->session = true;
    pair->step = STEP_START;
    int rc = identity_block(core);
    if (rc == 0) {
        rc = cpace_start(&pair->cpace, CPACE_INITIATOR, buf_span(&pair->secret),
                         span_text(pair_channel), span_of(pair->sid, ID_BYTES), random);
    }
    bytes_wipe(random, sizeof random);
    return rc;
}

int
pair_join_say(struct core *core, uint32_t path)
{
    struct pair *pair = &core->pair;
    switch ((enum step)pair->step) {
    case STEP_START:
        pair_send_share(core, path, STEP_START);
        return 0;
    case STEP_CONFIRM_J:
        return pair_send_confirm(core, path, STEP_CONFIRM_J);
    case STEP_BLOCK_J:
        pair_send_block(core, path, STEP_BLOCK_J);
        return 0;
    case STEP_DONE_J:
        pair_send_nonce(core, path, STEP_DONE_J, pair->result_known,
                        pair->result.nonce);
        return 0;
    case STEP_NONE:
    case STEP_REPLY:
    case STEP_CONFIRM_I:
    case STEP_BLOCK_I:
    case STEP_COUPLE:
    case STEP_DONE_I:
    case STEP_REFUSED:
    case STEPS:
    default:
        return 0;
    }
}

static int
join_go(struct core *core, uint32_t path, enum step step)
{
    core->pair.step = step;
    core->pair.path = path;
    core->pair.resend_ms = core->mono_ms + RESEND_MS;
    return pair_join_say(core, path);
}

int
pair_join_fail(struct core *core, int error)
{
    pair_close(core);
    parked_settle(core, true, error);
    action_add(core, ACTION_LINK);
    return 0;
}

static int
join_reply(struct core *core, uint32_t path, struct reader *body)
{
    struct pair *pair = &core->pair;
    struct buf transcript = {0};
    reader_copy(body, pair->their_share, CPACE_SHARE_BYTES);
    reader_copy(body, pair->their_ad, HASH_BYTES);
    int rc = cpace_finish(&pair->cpace, span_of(pair->sid, ID_BYTES),
                          span_of(pair->our_ad, HASH_BYTES), pair->their_share,
                          span_of(pair->their_ad, HASH_BYTES), pair->isk, &transcript);
    if (rc == 0) {
        const struct span spans[] = {
            span_of(pair->isk, CPACE_ISK_BYTES),
            pair->invite ? buf_span(&pair->secret) : SPAN_EMPTY, buf_span(&transcript)};
        hash_spans(pair->psk, "attune.psk", spans, 3);
        rc = join_go(core, path, STEP_CONFIRM_J);
    }
    buf_free(&transcript);
    return rc == E_PROTOCOL ? 0 : rc;
}

static int
join_confirm(struct core *core, uint32_t path, struct reader *body)
{
    struct pair *pair = &core->pair;
    uint8_t expected[CPACE_TAG_BYTES], tag[CPACE_TAG_BYTES];
    reader_copy(body, tag, sizeof tag);
    cpace_tag(pair->isk, span_of(pair->sid, ID_BYTES), pair->their_share,
              span_of(pair->their_ad, HASH_BYTES), expected);
    if (!hash_equal(expected, tag, sizeof tag)) {
        return 0;
    }
    pair->confirmed = true;
    return join_go(core, path, STEP_BLOCK_J);
}

/* The address that worked is one of theirs, whatever they say of themselves. */
static void
add_dialled(struct core *core)
{
    struct pairing *pairing = &core->pairing;
    for (size_t i = core->pair.address_count; i-- > 0;) {
        bool known = false;
        for (size_t j = 0; j < pairing->addresses_count; j++) {
            known = known || strcmp(pairing->addresses[j], core->pair.address[i]) == 0;
        }
        if (known || pairing->addresses_count == ADDRESSES_MAX) {
            continue;
        }
        memmove(&pairing->addresses[1], &pairing->addresses[0],
                pairing->addresses_count * sizeof pairing->addresses[0]);
        memcpy(pairing->addresses[0], core->pair.address[i],
               sizeof pairing->addresses[0]);
        pairing->addresses_count++;
    }
}

static int
join_couple(struct core *core, uint32_t path, struct reader *body)
{
    struct pair *pair = &core->pair;
    uint8_t sealed[NONCE_SEALED_BYTES], plain[ID_BYTES + 1], nonce[ID_BYTES];
    bool known;
    reader_copy(body, sealed, sizeof sealed);
    if (!pair->block_open || pair_unseal(pair, false, STEP_COUPLE,
                                         span_of(sealed, sizeof sealed), plain) != 0) {
        return 0;
    }
    int rc = pair_choose_nonce(core, nonce, &known);
    if (rc != 0) {
        return rc;
    }
    if (plain[ID_BYTES] != 0 || !known) { /* the issuer's memory first, then ours */
        memcpy(nonce, plain, ID_BYTES);
    }
    rc = identity_adopt(core, nonce);
    if (rc != 0) {
        return rc;
    }
    add_dialled(core);
    rc = state_save_pairing(core);
    memcpy(pair->result.nonce, nonce, ID_BYTES);
    pair->finished = true;
    pair->linger_ms = core->mono_ms + DONE_WAIT_MS;
    if (rc == 0) {
        rc = join_go(core, path, STEP_DONE_J);
    }
    return rc;
}

int
pair_join_finish(struct core *core)
{
    pair_close(core);
    parked_settle(core, true, 0);
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
    return 0;
}

static bool
expected_by_joiner(const struct pair *pair, enum step step)
{
    switch (step) {
    case STEP_REPLY:
        return pair->step == STEP_START;
    case STEP_CONFIRM_I:
        return pair->step == STEP_CONFIRM_J;
    case STEP_BLOCK_I:
    case STEP_COUPLE:
        return pair->step == STEP_BLOCK_J;
    case STEP_DONE_I:
        return pair->step == STEP_DONE_J;
    case STEP_REFUSED:
        return pair->step == STEP_CONFIRM_J;
    case STEP_NONE:
    case STEP_START:
    case STEP_CONFIRM_J:
    case STEP_BLOCK_J:
    case STEP_DONE_J:
    case STEPS:
    default:
        return false;
    }
}

int
pair_joiner_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
                  struct reader *body)
{
    bool whole;
    int rc;
    if (!expected_by_joiner(&core->pair, step)) {
        return 0;
    }
    switch (step) {
    case STEP_REPLY:
        return join_reply(core, path, body);
    case STEP_CONFIRM_I:
        return join_confirm(core, path, body);
    case STEP_BLOCK_I:
        rc = pair_take_part(core, false, STEP_BLOCK_I, index, body, &whole);
        return rc == E_PAIR_SELF || rc == E_PROTOCOL ? pair_join_fail(core, rc) : rc;
    case STEP_COUPLE:
        return join_couple(core, path, body);
    case STEP_DONE_I:
        return pair_join_finish(core);
    case STEP_REFUSED:
        return pair_join_fail(core, E_PAIR_CODE);
    case STEP_NONE:
    case STEP_START:
    case STEP_CONFIRM_J:
    case STEP_BLOCK_J:
    case STEP_DONE_J:
    case STEPS:
    default:
        return 0;
    }
}
