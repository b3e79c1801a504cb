/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of pairing: u8 2, u8 version, u8 step, u8 index, session[16], body, zeros.
 *
 * What is sealed is sealed once per step and direction, under a key of the session.
 */
#include "daemon/core/pair.h"

#include "common/error.h"

#include <string.h>

const char pair_channel[] = "attune pairing 1";

static struct buf *
begin(struct core *core, uint32_t path, enum step step, uint8_t index)
{
    struct action *action = action_add(core, ACTION_SEND);
    action->path = path;
    buf_put_u8(&action->bytes, FRAME_PAIR);
    buf_put_u8(&action->bytes, FRAME_VERSION);
    buf_put_u8(&action->bytes, (uint8_t)step);
    buf_put_u8(&action->bytes, index);
    buf_put(&action->bytes, core->pair.sid, ID_BYTES);
    return &action->bytes;
}

static void
end(struct buf *frame)
{
    static const uint8_t padding[PAIR_FRAME_BYTES];
    buf_put(frame, padding, PAIR_FRAME_BYTES - frame->size);
}

void
pair_send_share(struct core *core, uint32_t path, enum step step)
{
    struct buf *frame = begin(core, path, step, 0);
    buf_put(frame, core->pair.cpace.share, CPACE_SHARE_BYTES);
    buf_put(frame, core->pair.our_ad, HASH_BYTES);
    buf_put_u32(frame, (uint32_t)(core->mono_ms - core->pair.made_ms));
    end(frame);
}

int
pair_send_confirm(struct core *core, uint32_t path, enum step step)
{
    struct pair *pair = &core->pair;
    uint8_t tag[CPACE_TAG_BYTES];
    struct buf *frame = begin(core, path, step, 0);
    cpace_tag(pair->isk, span_of(pair->sid, ID_BYTES), pair->cpace.share,
              span_of(pair->our_ad, HASH_BYTES), tag);
    buf_put(frame, tag, sizeof tag);
    end(frame);
    return 0;
}

/* One key a direction; a nonce by the step, each sealed once per key. */
static void
direction_key(const struct pair *pair, bool joiner, uint8_t out[static KEY_BYTES])
{
    uint8_t role = joiner;
    const struct span spans[] = {span_of(pair->isk, CPACE_ISK_BYTES),
                                 span_of(&role, 1)};
    hash_spans(out, "attune.pairkey", spans, 2);
}

static void
seal_step(const struct pair *pair, bool joiner, enum step step, struct span plain,
          uint8_t *out)
{
    uint8_t key[KEY_BYTES], nonce[KEYS_NONCE_BYTES] = {(uint8_t)step};
    direction_key(pair, joiner, key);
    keys_seal(key, nonce, span_of(pair->sid, ID_BYTES), plain, out);
    bytes_wipe(key, sizeof key);
}

int
pair_unseal(const struct pair *pair, bool joiner, enum step step, struct span sealed,
            uint8_t *out)
{
    uint8_t key[KEY_BYTES], nonce[KEYS_NONCE_BYTES] = {(uint8_t)step};
    direction_key(pair, joiner, key);
    int rc = keys_unseal(key, nonce, span_of(pair->sid, ID_BYTES), sealed, out);
    bytes_wipe(key, sizeof key);
    return rc == 0 ? 0 : E_PROTOCOL;
}

void
pair_send_block(struct core *core, uint32_t path, enum step step)
{
    uint8_t sealed[PAIR_PARTS * PAIR_PART_BYTES] = {0};
    seal_step(&core->pair, step == STEP_BLOCK_J, step,
              span_of(core->pair.our_block, PAIR_BLOCK_BYTES), sealed);
    for (uint8_t i = 0; i < PAIR_PARTS; i++) {
        struct buf *frame = begin(core, path, step, i);
        buf_put(frame, sealed + (size_t)i * PAIR_PART_BYTES, PAIR_PART_BYTES);
        end(frame);
    }
}

void
pair_send_nonce(struct core *core, uint32_t path, enum step step, bool known,
                const uint8_t nonce[static ID_BYTES])
{
    uint8_t plain[ID_BYTES + 1], sealed[NONCE_SEALED_BYTES];
    memcpy(plain, nonce, ID_BYTES);
    plain[ID_BYTES] = known;
    seal_step(&core->pair, step == STEP_DONE_J, step, span_of(plain, sizeof plain),
              sealed);
    struct buf *frame = begin(core, path, step, 0);
    buf_put(frame, sealed, sizeof sealed);
    end(frame);
}

void
pair_send_empty(struct core *core, uint32_t path, enum step step)
{
    end(begin(core, path, step, 0));
}

/* One part of the other's block; *whole when it opened and was read. */
int
pair_take_part(struct core *core, bool from_joiner, enum step step, uint8_t index,
               struct reader *body, bool *whole)
{
    struct pair *pair = &core->pair;
    *whole = pair->block_open;
    if (pair->block_open || index >= PAIR_PARTS) {
        return 0;
    }
    reader_copy(body, pair->their_sealed + (size_t)index * PAIR_PART_BYTES,
                PAIR_PART_BYTES);
    pair->parts |= 1u << index;
    if (pair->parts != (1u << PAIR_PARTS) - 1) {
        return 0;
    }
    int rc = pair_unseal(pair, from_joiner, step,
                         span_of(pair->their_sealed, SEALED_BYTES), pair->their_block);
    if (rc == 0) {
        rc = identity_read(core);
    }
    if (rc == 0) {
        const uint8_t *issuer = from_joiner ? pair->our_block : pair->their_block;
        const uint8_t *joiner = from_joiner ? pair->their_block : pair->our_block;
        const struct span spans[] = {span_of(issuer, PAIR_BLOCK_BYTES),
                                     span_of(joiner, PAIR_BLOCK_BYTES)};
        hash_spans(pair->result.words, "attune.check", spans, 2);
        memcpy(pair->result.psk, pair->psk, KEY_BYTES);
        pair->block_open = *whole = true;
    }
    return rc;
}

/* Our nonce for this person: known from before, or the fresh one of this session. */
int
pair_choose_nonce(struct core *core, uint8_t nonce[static ID_BYTES], bool *known)
{
    uint8_t device[KEY_BYTES];
    int rc = identity_known(core, core->pair.result.person, nonce, device);
    *known = rc == 0;
    if (rc == E_NO_ENTRY) {
        memcpy(nonce, core->pair.fresh_nonce, ID_BYTES);
        rc = 0;
    }
    return rc;
}
