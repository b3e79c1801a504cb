/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairing: CPace over small frames, one code, one device, once.
 *
 * Model. The issuer opens a code (ten minutes) or an invite (a day); the link then serves a
 * socket without CURVE that takes only frames of PAIR_FRAME_BYTES. The joiner speaks first
 * and repeats itself twice a second; the issuer only answers, and answers a repetition the
 * same way. Steps, each side's associated data being the hash of its identity block:
 *    1 START     j>i  share, AD             2 REPLY    i>j  share, AD
 *    3 CONFIRM   j>i  tag                   4 CONFIRM  i>j  tag
 *    5 BLOCK     j>i  3 sealed parts        6 BLOCK    i>j  3 sealed parts
 *    7 COUPLE    i>j  sealed nonce          8 DONE     j>i  sealed nonce
 *    9 DONE      i>j                       10 REFUSED  i>j  error
 * Invariants. Only a wrong confirmation burns a code, in the store, before any answer
 * leaves. Both blocks are committed (AD) before either is seen. Nothing of a failed
 * pairing stays.
 */
#include "common/address.h"
#include "common/error.h"
#include "common/words.h"
#include "daemon/core/inside.h"

#include <string.h>

enum step {
    STEP_NONE,
    STEP_START,
    STEP_REPLY,
    STEP_CONFIRM_J,
    STEP_CONFIRM_I,
    STEP_BLOCK_J,
    STEP_BLOCK_I,
    STEP_COUPLE,
    STEP_DONE_J,
    STEP_DONE_I,
    STEP_REFUSED,
    STEPS,
};

enum {
    RESEND_MS = 500,
    LINGER_MS = 1000,     /* the last answer leaves before its socket closes */
    DONE_WAIT_MS = 3000,  /* the joiner asks for the last answer so long */
    SEALED_BYTES = PAIR_BLOCK_BYTES + KEYS_SEAL_BYTES,
    NONCE_SEALED_BYTES = ID_BYTES + 1 + KEYS_SEAL_BYTES,
};

static const char channel[] = "attune pairing 1";

/* ---- frames out ---- */

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

static void
send_share(struct core *core, uint32_t path, enum step step)
{
    struct buf *frame = begin(core, path, step, 0);
    buf_put(frame, core->pair.cpace.share, CPACE_SHARE_BYTES);
    buf_put(frame, core->pair.our_ad, HASH_BYTES);
    end(frame);
}

static int
send_confirm(struct core *core, uint32_t path, enum step step)
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
    const struct span spans[] = {span_of(pair->isk, CPACE_ISK_BYTES), span_of(&role, 1)};
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

static int
unseal_step(const struct pair *pair, bool joiner, enum step step, struct span sealed,
            uint8_t *out)
{
    uint8_t key[KEY_BYTES], nonce[KEYS_NONCE_BYTES] = {(uint8_t)step};
    direction_key(pair, joiner, key);
    int rc = keys_unseal(key, nonce, span_of(pair->sid, ID_BYTES), sealed, out);
    bytes_wipe(key, sizeof key);
    return rc == 0 ? 0 : E_PROTOCOL;
}

static void
send_block(struct core *core, uint32_t path, enum step step)
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

static void
send_nonce(struct core *core, uint32_t path, enum step step, bool known,
           const uint8_t nonce[static ID_BYTES])
{
    uint8_t plain[ID_BYTES + 1], sealed[NONCE_SEALED_BYTES];
    memcpy(plain, nonce, ID_BYTES);
    plain[ID_BYTES] = known;
    seal_step(&core->pair, step == STEP_DONE_J, step, span_of(plain, sizeof plain), sealed);
    struct buf *frame = begin(core, path, step, 0);
    buf_put(frame, sealed, sizeof sealed);
    end(frame);
}

/* ---- waiting clients ---- */

static int
reply_paired(struct core *core, const struct parked *parked)
{
    Attune__Local__Reply reply = ATTUNE__LOCAL__REPLY__INIT;
    const char *words[WORDS_CHECK_COUNT];
    char *texts[WORDS_CHECK_COUNT];
    words_check_encode(core->pairing.words, words);
    for (size_t i = 0; i < WORDS_CHECK_COUNT; i++) {
        texts[i] = arena_text(core->arena, span_text(words[i]));
        if (texts[i] == NULL) {
            return E_MEMORY;
        }
    }
    reply.words = texts;
    reply.n_words = WORDS_CHECK_COUNT;
    reply.known_person = core->pairing.known;
    reply.text = (ProtobufCBinaryData){strlen(core->pairing.name),
                                       (uint8_t *)core->pairing.name};
    reply_send(core, parked->client, parked->number, &reply);
    return 0;
}

static void
settle_parked(struct core *core, bool join, int error)
{
    size_t kept = 0;
    for (size_t i = 0; i < core->parked_count; i++) {
        const struct parked parked = core->parked[i];
        if (parked.join != join) {
            core->parked[kept++] = parked;
        } else if (error != 0 || reply_paired(core, &parked) != 0) {
            reply_error(core, parked.client, parked.number,
                        error != 0 ? error : E_MEMORY);
        }
    }
    core->parked_count = kept;
}

void
parked_drop(struct core *core, uint64_t client)
{
    size_t kept = 0;
    bool joined = false;
    for (size_t i = 0; i < core->parked_count; i++) {
        if (core->parked[i].client != client) {
            core->parked[kept++] = core->parked[i];
        } else {
            joined = joined || core->parked[i].join;
        }
    }
    core->parked_count = kept;
    if (joined && core->pair.state == PAIR_JOINING && !core->pair.finished) {
        pair_close(core); /* who asked has gone: nothing joins behind their back */
        action_add(core, ACTION_LINK);
    }
}

void
pair_link_failed(struct core *core)
{
    if (core->pair.state == PAIR_OFFERED) {
        core->pair.unreachable = true;
        settle_parked(core, false, E_LINK);
    }
}

static int
park(struct core *core, const struct event *event, bool join)
{
    if (core->parked_count == PARKED_MAX) {
        return E_BUSY;
    }
    core->parked[core->parked_count++] =
        (struct parked){event->client, event->request->number, join};
    return 0;
}

/* ---- the offer, kept so that a restart neither forgets nor reopens it ---- */

static int
save_offer(struct core *core)
{
    struct pair *pair = &core->pair;
    struct buf value = {0};
    if (pair->state != PAIR_OFFERED || pair->burnt || pair->finished) {
        return state_set(core, "offer", SPAN_EMPTY);
    }
    buf_put_u8(&value, pair->invite);
    buf_put_u64(&value, (uint64_t)pair->expires_s);
    buf_put_span(&value, buf_span(&pair->secret));
    int rc = buf_done(&value);
    if (rc == 0) {
        rc = state_set(core, "offer", buf_span(&value));
    }
    buf_free(&value);
    return rc;
}

int
pair_restore(struct core *core)
{
    struct pair *pair = &core->pair;
    struct buf value = {0};
    int rc = store_value_get(core->store, "offer", &value);
    if (rc == 0 && pair->state == PAIR_NONE && value.size > 9) {
        struct reader reader = reader_of(buf_span(&value));
        bool invite = reader_u8(&reader) != 0;
        int64_t expires_s = (int64_t)reader_u64(&reader);
        if (expires_s > core->now_s) {
            pair->state = PAIR_OFFERED;
            pair->invite = invite;
            pair->expires_s = expires_s;
            buf_clear(&pair->secret);
            buf_put_span(&pair->secret, reader.rest);
        } else {
            rc = state_set(core, "offer", SPAN_EMPTY);
        }
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

void
pair_close(struct core *core)
{
    buf_free(&core->pair.secret);
    cpace_done(&core->pair.cpace);
    bytes_wipe(&core->pair, sizeof core->pair);
}

int
pair_reload(struct core *core)
{
    const struct pair *pair = &core->pair;
    core->pair_joined = pair->state == PAIR_NONE ||
                        memcmp(pair->psk, core->pairing.psk, KEY_BYTES) == 0;
    core->pair_joined = core->pair_joined && core->pairing.active;
    core->pair_lost = true;
    pair_close(core);
    return pair_restore(core);
}

void
pair_resume(struct core *core)
{
    if (!core->pair_lost) {
        return;
    }
    core->pair_lost = false;
    settle_parked(core, true, core->pair_joined ? 0 : E_PAIR_TIMEOUT);
    if (core->pair.state == PAIR_NONE) {
        settle_parked(core, false, core->pairing.active ? 0 : E_PAIR_EXPIRED);
    }
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
}

static int
close_offer(struct core *core)
{
    pair_close(core);
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
    return save_offer(core);
}

/* Times of burnt codes within the last hour, oldest first. */
static int
burnt_codes(struct core *core, bool add, size_t *count)
{
    struct buf value = {0}, kept = {0};
    int rc = store_value_get(core->store, "burnt", &value);
    rc = rc == E_NO_ENTRY ? 0 : rc;
    for (size_t at = 0; rc == 0 && at + 8 <= value.size; at += 8) {
        int64_t time_s = (int64_t)bytes_get_u64(value.data + at);
        if (time_s > core->now_s - 3600 && time_s <= core->now_s) {
            buf_put_u64(&kept, (uint64_t)time_s);
        }
    }
    *count = kept.size / 8;
    if (rc == 0 && add) {
        buf_put_u64(&kept, (uint64_t)core->now_s);
        rc = state_set(core, "burnt", buf_span(&kept));
    }
    buf_free(&value);
    buf_free(&kept);
    return rc;
}

/* ---- the issuer ---- */

static int
issuer_start(struct core *core, uint32_t path, struct reader *body, const uint8_t *sid)
{
    struct pair *pair = &core->pair;
    uint8_t random[CPACE_RANDOM_BYTES];
    if (pair->session && memcmp(pair->sid, sid, ID_BYTES) == 0) {
        send_share(core, path, STEP_REPLY);
        return 0;
    }
    if (pair->session && pair->confirmed) {
        return 0;
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
                         span_text(channel), session, random);
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
        send_share(core, path, STEP_REPLY);
    }
    buf_free(&transcript);
    return rc == E_MEMORY ? rc : 0;
}

static void
send_refused(struct core *core, uint32_t path)
{
    end(begin(core, path, STEP_REFUSED, 0));
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
        return send_confirm(core, path, STEP_CONFIRM_I);
    }
    pair->burnt = true;
    pair->linger_ms = core->mono_ms + LINGER_MS;
    send_refused(core, path);
    settle_parked(core, false, E_PAIR_CODE);
    int rc = burnt_codes(core, true, &count);
    return rc != 0 ? rc : save_offer(core);
}

/* One part of the other's block; *whole when it opened and was read. */
static int
take_part(struct core *core, bool from_joiner, enum step step, uint8_t index,
          struct reader *body, bool *whole)
{
    struct pair *pair = &core->pair;
    *whole = pair->block_open;
    if (pair->block_open || index >= PAIR_PARTS) {
        return 0;
    }
    reader_copy(body, pair->their_sealed + (size_t)index * PAIR_PART_BYTES, PAIR_PART_BYTES);
    pair->parts |= 1u << index;
    if (pair->parts != (1u << PAIR_PARTS) - 1) {
        return 0;
    }
    int rc = unseal_step(pair, from_joiner, step, span_of(pair->their_sealed, SEALED_BYTES),
                         pair->their_block);
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
static int
choose_nonce(struct core *core, uint8_t nonce[static ID_BYTES], bool *known)
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

static int
issuer_block(struct core *core, uint32_t path, uint8_t index, struct reader *body)
{
    uint8_t nonce[ID_BYTES];
    bool known, whole;
    int rc = take_part(core, true, STEP_BLOCK_J, index, body, &whole);
    /* A repetition comes in parts too: its last one is answered. */
    if (rc != 0 || !whole || (core->pair.step == STEP_COUPLE && index != PAIR_PARTS - 1)) {
        return rc == E_MEMORY ? rc : 0;
    }
    if (core->pair.step != STEP_COUPLE) { /* chosen once: a nonce seals one text only */
        rc = choose_nonce(core, nonce, &known);
        if (rc != 0) {
            return rc;
        }
        core->pair.step = STEP_COUPLE;
        core->pair.result_known = known;
        memcpy(core->pair.couple_nonce, nonce, ID_BYTES);
    }
    send_block(core, path, STEP_BLOCK_I);
    send_nonce(core, path, STEP_COUPLE, core->pair.result_known, core->pair.couple_nonce);
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
        if (!pair->block_open || unseal_step(pair, true, STEP_DONE_J,
                                             span_of(sealed, sizeof sealed), plain) != 0) {
            return 0;
        }
        rc = identity_adopt(core, plain);
        pair->finished = true;
        pair->linger_ms = core->mono_ms + LINGER_MS;
        if (rc == 0) {
            rc = save_offer(core);
        }
        if (rc == 0) {
            settle_parked(core, false, 0);
            action_notice(core, "pairing");
        }
    }
    end(begin(core, path, STEP_DONE_I, 0));
    return rc;
}

/* ---- the joiner ---- */

static int
join_begin(struct core *core)
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
                         span_text(channel), span_of(pair->sid, ID_BYTES), random);
    }
    bytes_wipe(random, sizeof random);
    return rc;
}

static int
join_say(struct core *core, uint32_t path)
{
    struct pair *pair = &core->pair;
    switch ((enum step)pair->step) {
    case STEP_START:
        send_share(core, path, STEP_START);
        return 0;
    case STEP_CONFIRM_J:
        return send_confirm(core, path, STEP_CONFIRM_J);
    case STEP_BLOCK_J:
        send_block(core, path, STEP_BLOCK_J);
        return 0;
    case STEP_DONE_J:
        send_nonce(core, path, STEP_DONE_J, pair->result_known, pair->result.nonce);
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
    return join_say(core, path);
}

static int
join_fail(struct core *core, int error)
{
    pair_close(core);
    settle_parked(core, true, error);
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
    if (!pair->block_open || unseal_step(pair, false, STEP_COUPLE,
                                         span_of(sealed, sizeof sealed), plain) != 0) {
        return 0;
    }
    int rc = choose_nonce(core, nonce, &known);
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

static int
join_finish(struct core *core)
{
    pair_close(core);
    settle_parked(core, true, 0);
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
    return 0;
}

/* ---- states x messages: an empty cell refuses ---- */

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

static int
joiner_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
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
        rc = take_part(core, false, STEP_BLOCK_I, index, body, &whole);
        return rc == E_PAIR_SELF || rc == E_PROTOCOL ? join_fail(core, rc) : rc;
    case STEP_COUPLE:
        return join_couple(core, path, body);
    case STEP_DONE_I:
        return join_finish(core);
    case STEP_REFUSED:
        return join_fail(core, E_PAIR_CODE);
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

static int
issuer_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
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
        return pair->confirmed ? send_confirm(core, path, STEP_CONFIRM_I)
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

int
pair_frame(struct core *core, uint32_t path, struct span frame)
{
    struct pair *pair = &core->pair;
    struct reader reader = reader_of(frame);
    uint8_t sid[ID_BYTES];
    if (pair->state == PAIR_NONE || frame.size != PAIR_FRAME_BYTES) {
        return 0;
    }
    reader_u8(&reader);
    uint8_t version = reader_u8(&reader);
    enum step step = (enum step)reader_u8(&reader);
    uint8_t index = reader_u8(&reader);
    reader_copy(&reader, sid, sizeof sid);
    if (version != FRAME_VERSION) {
        return 0;
    }
    if (pair->state == PAIR_OFFERED) {
        return issuer_frame(core, path, step, index, &reader, sid);
    }
    return memcmp(sid, pair->sid, ID_BYTES) == 0
               ? joiner_frame(core, path, step, index, &reader)
               : 0;
}

int
pair_path_up(struct core *core, uint32_t path)
{
    if (core->pair.state != PAIR_JOINING || core->pair.path != 0) {
        return 0;
    }
    return join_say(core, path);
}

int
pair_tick(struct core *core)
{
    struct pair *pair = &core->pair;
    int rc = 0;
    if (pair->state == PAIR_NONE) {
        return 0;
    }
    if (pair->linger_ms != 0 && pair->linger_ms <= core->mono_ms) {
        return pair->state == PAIR_JOINING ? join_finish(core) : close_offer(core);
    }
    if (pair->state == PAIR_OFFERED && pair->linger_ms == 0 &&
        pair->expires_s <= core->now_s) {
        settle_parked(core, false, E_PAIR_EXPIRED);
        return close_offer(core);
    }
    if (pair->state == PAIR_JOINING && !pair->finished &&
        pair->give_up_ms <= core->mono_ms) {
        return join_fail(core, E_PAIR_TIMEOUT);
    }
    if (pair->state == PAIR_JOINING && pair->resend_ms <= core->mono_ms) {
        for (size_t i = 0; rc == 0 && i < core->paths_count; i++) {
            if (pair->path == 0 || core->paths[i].id == pair->path) {
                rc = join_say(core, core->paths[i].id);
            }
        }
        pair->resend_ms = core->mono_ms + RESEND_MS;
    }
    if (pair->linger_ms != 0) {
        wake_mono(core, pair->linger_ms);
    } else if (pair->state == PAIR_OFFERED) {
        wake_wall(core, pair->expires_s);
    }
    if (pair->state == PAIR_JOINING) {
        wake_mono(core, pair->resend_ms);
        wake_mono(core, pair->give_up_ms);
    }
    return rc;
}

/* ---- requests ---- */

static int
make_code(struct core *core, struct buf *out)
{
    uint16_t index[WORDS_CODE_COUNT];
    for (size_t i = 0; i < WORDS_CODE_COUNT; i++) {
        uint16_t draw;
        do { /* no word is likelier than another */
            core_fill(core, &draw, sizeof draw);
        } while (draw >= UINT16_MAX / WORDS_CODE_LIST_COUNT * WORDS_CODE_LIST_COUNT);
        index[i] = draw % WORDS_CODE_LIST_COUNT;
    }
    words_code_encode(out, index);
    return buf_done(out);
}

static void
put_addresses(struct core *core, Attune__Local__Reply *reply, ProtobufCBinaryData *out)
{
    for (size_t i = 0; i < core->own_addresses_count; i++) {
        out[i] = (ProtobufCBinaryData){strlen(core->own_addresses[i]),
                                       (uint8_t *)core->own_addresses[i]};
    }
    reply->n_addresses = core->own_addresses_count;
    reply->addresses = out;
}

static int
request_offer(struct core *core, const struct event *event, bool invite)
{
    struct pair *pair = &core->pair;
    Attune__Local__Reply reply = ATTUNE__LOCAL__REPLY__INIT;
    ProtobufCBinaryData addresses[ADDRESSES_MAX];
    struct buf text = {0};
    uint8_t secret[KEY_BYTES];
    size_t burnt;
    int rc = core->pairing.active && core->pairing.opened ? E_PAIRED : 0;
    if (rc == 0) {
        rc = burnt_codes(core, false, &burnt);
    }
    if (rc == 0 && burnt >= PAIR_BURNT_PER_HOUR) {
        rc = E_PAIR_MANY;
    }
    if (rc != 0) {
        return rc;
    }
    settle_parked(core, false, E_PAIR_EXPIRED);
    pair_close(core);
    pair->state = PAIR_OFFERED;
    pair->invite = invite;
    pair->expires_s = core->now_s + (int64_t)(invite ? PAIR_INVITE_S : PAIR_CODE_S);
    if (invite) {
        core_fill(core, secret, sizeof secret);
        buf_put(&pair->secret, secret, sizeof secret);
        rc = invite_encode(core, buf_span(&pair->secret), pair->expires_s, &text);
        bytes_wipe(secret, sizeof secret);
    } else {
        rc = make_code(core, &pair->secret);
        buf_put_span(&text, buf_span(&pair->secret));
    }
    if (rc == 0) {
        rc = save_offer(core);
    }
    if (rc == 0) {
        reply.text = (ProtobufCBinaryData){text.size, text.data};
        put_addresses(core, &reply, addresses);
        reply_send(core, event->client, event->request->number, &reply);
        action_add(core, ACTION_LINK);
    }
    buf_free(&text);
    return rc;
}

static int
read_join(struct core *core, const Attune__Local__Pair *request, struct pair *join)
{
    struct span code = span_of(request->code.data, request->code.len);
    struct span at = span_of(request->at.data, request->at.len);
    struct buf address = {0};
    int rc;
    if (code.size > 8 && memcmp(code.data, "attune1:", 8) == 0) {
        rc = invite_decode(code, join);
        if (rc == 0 && join->expires_s <= core->now_s) {
            rc = E_PAIR_EXPIRED;
        }
    } else {
        size_t bad;
        const char *nearest;
        rc = words_code_normalise(code, &join->secret, &bad, &nearest);
    }
    if (rc == 0 && at.size > 0) {
        rc = address_normalise(at, &address) == 0 ? 0 : E_USAGE;
        if (rc == 0 && address.size <= PAIR_ADDRESS_BYTES_MAX) {
            memset(join->address, 0, sizeof join->address);
            memcpy(join->address[0], address.data, address.size);
            join->address_count = 1;
        } else {
            rc = E_USAGE;
        }
    }
    buf_free(&address);
    return rc == 0 && join->address_count == 0 ? E_USAGE : rc;
}

static int
request_join(struct core *core, const struct event *event)
{
    const Attune__Local__Pair *request = event->request->pair;
    struct pair *join = arena_alloc(core->arena, sizeof *join);
    if (event->request->body_case != ATTUNE__LOCAL__REQUEST__BODY_PAIR) {
        return E_USAGE;
    }
    if (core->pairing.active && core->pairing.opened) {
        return E_PAIRED;
    }
    if (core->pair.state == PAIR_JOINING || join == NULL) {
        return join == NULL ? E_MEMORY : E_BUSY;
    }
    int rc = read_join(core, request, join);
    if (rc == 0 && core->pair.state == PAIR_OFFERED &&
        span_equal(buf_span(&join->secret), buf_span(&core->pair.secret))) {
        rc = E_PAIR_SELF;
    }
    if (rc == 0) {
        rc = park(core, event, true);
    }
    if (rc != 0) {
        buf_free(&join->secret);
        return rc;
    }
    settle_parked(core, false, E_PAIR_EXPIRED); /* joining withdraws one's own offer */
    pair_close(core);
    core->pair = *join;
    core->pair.state = PAIR_JOINING;
    core->pair.give_up_ms = core->mono_ms + (PAIR_JOIN_S - 2) * 1000u;
    core->pair.resend_ms = core->mono_ms + RESEND_MS;
    rc = save_offer(core);
    if (rc == 0) {
        rc = join_begin(core);
    }
    action_add(core, ACTION_LINK);
    return rc;
}

static int
request_wait(struct core *core, const struct event *event)
{
    if (core->pair.state == PAIR_OFFERED && !core->pair.finished && !core->pair.burnt) {
        if (core->pair.unreachable) {
            reply_error(core, event->client, event->request->number, E_LINK);
            return 0;
        }
        return park(core, event, false);
    }
    if (core->pairing.active) {
        const struct parked parked = {event->client, event->request->number, false};
        return reply_paired(core, &parked);
    }
    return core->pair.burnt ? E_PAIR_CODE : E_PAIR_EXPIRED;
}

static int
request_cancel(struct core *core, const struct event *event)
{
    Attune__Local__Reply reply = ATTUNE__LOCAL__REPLY__INIT;
    int rc = 0;
    if (core->pair.state != PAIR_NONE && !core->pair.finished) {
        settle_parked(core, true, E_PAIR_EXPIRED);
        settle_parked(core, false, E_PAIR_EXPIRED);
        rc = close_offer(core);
    }
    reply_send(core, event->client, event->request->number, &reply);
    return rc;
}

int
pair_request(struct core *core, const struct event *event, const char *name)
{
    if (strcmp(name, "code") == 0 || strcmp(name, "invite") == 0) {
        return request_offer(core, event, name[0] == 'i');
    }
    if (strcmp(name, "join") == 0) {
        return request_join(core, event);
    }
    if (strcmp(name, "wait") == 0) {
        return request_wait(core, event);
    }
    return strcmp(name, "cancel") == 0 ? request_cancel(core, event) : E_USAGE;
}
