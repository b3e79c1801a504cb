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
#include "daemon/core/pair.h"

#include "common/address.h"
#include "common/error.h"
#include "common/words.h"

#include <string.h>

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
        return pair_issuer_frame(core, path, step, index, &reader, sid);
    }
    return memcmp(sid, pair->sid, ID_BYTES) == 0
               ? pair_joiner_frame(core, path, step, index, &reader)
               : 0;
}

int
pair_path_up(struct core *core, uint32_t path)
{
    if (core->pair.state != PAIR_JOINING || core->pair.path != 0) {
        return 0;
    }
    return pair_join_say(core, path);
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
        return pair->state == PAIR_JOINING ? pair_join_finish(core)
                                           : pair_close_offer(core);
    }
    if (pair->state == PAIR_OFFERED && pair->linger_ms == 0 &&
        pair->expires_s <= core->now_s) {
        parked_settle(core, false, E_PAIR_EXPIRED);
        return pair_close_offer(core);
    }
    if (pair->state == PAIR_JOINING && !pair->finished &&
        pair->give_up_ms <= core->mono_ms) {
        return pair_join_fail(core, E_PAIR_TIMEOUT);
    }
    if (pair->state == PAIR_JOINING && pair->resend_ms <= core->mono_ms) {
        for (size_t i = 0; rc == 0 && i < core->paths_count; i++) {
            if (pair->path == 0 || core->paths[i].id == pair->path) {
                rc = pair_join_say(core, core->paths[i].id);
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
    Attune__Local__Reply reply;
    ProtobufCBinaryData addresses[ADDRESSES_MAX];
    struct buf text = {0};
    uint8_t secret[KEY_BYTES];
    size_t burnt;
    int rc = core->pairing.active && core->pairing.opened ? E_PAIRED : 0;
    attune__local__reply__init(&reply);
    if (rc == 0) {
        rc = pair_burnt(core, false, &burnt);
    }
    if (rc == 0 && burnt >= PAIR_BURNT_PER_HOUR) {
        rc = E_PAIR_MANY;
    }
    if (rc != 0) {
        return rc;
    }
    parked_settle(core, false, E_PAIR_EXPIRED);
    pair_close(core);
    pair->state = PAIR_OFFERED;
    pair->made_ms = core->mono_ms;
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
        rc = pair_save_offer(core);
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
        rc = parked_add(core, event, true);
    }
    if (rc != 0) {
        buf_free(&join->secret);
        return rc;
    }
    parked_settle(core, false, E_PAIR_EXPIRED); /* joining withdraws one's own offer */
    pair_close(core);
    core->pair = *join;
    core->pair.state = PAIR_JOINING;
    core->pair.made_ms = core->mono_ms;
    core->pair.give_up_ms = core->mono_ms + (PAIR_JOIN_S - 2) * 1000u;
    core->pair.resend_ms = core->mono_ms + RESEND_MS;
    rc = pair_save_offer(core);
    if (rc == 0) {
        rc = pair_join_begin(core);
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
        return parked_add(core, event, false);
    }
    if (core->pairing.active) {
        const struct parked parked = {event->client, event->request->number, false};
        return pair_reply(core, &parked);
    }
    return core->pair.burnt ? E_PAIR_CODE : E_PAIR_EXPIRED;
}

static int
request_cancel(struct core *core, const struct event *event)
{
    Attune__Local__Reply reply;
    int rc = 0;
    attune__local__reply__init(&reply);
    if (core->pair.state != PAIR_NONE && !core->pair.finished) {
        parked_settle(core, true, E_PAIR_EXPIRED);
        parked_settle(core, false, E_PAIR_EXPIRED);
        rc = pair_close_offer(core);
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
