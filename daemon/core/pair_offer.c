/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The open offer, kept in the store so that a restart neither forgets nor reopens it, and
 * the clients that wait for a pairing.
 */
#include "daemon/core/pair.h"

#include "common/error.h"
#include "common/words.h"

#include <string.h>

int
pair_reply(struct core *core, const struct parked *parked)
{
    Attune__Local__Reply reply;
    const char *words[WORDS_CHECK_COUNT];
    char *texts[WORDS_CHECK_COUNT];
    words_check_encode(core->pairing.words, words);
    attune__local__reply__init(&reply);
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

void
parked_settle(struct core *core, bool join, int error)
{
    size_t kept = 0;
    for (size_t i = 0; i < core->parked_count; i++) {
        const struct parked parked = core->parked[i];
        if (parked.join != join) {
            core->parked[kept++] = parked;
        } else if (error != 0 || pair_reply(core, &parked) != 0) {
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
        parked_settle(core, false, E_LINK);
    }
}

int
parked_add(struct core *core, const struct event *event, bool join)
{
    if (core->parked_count == PARKED_MAX) {
        return E_BUSY;
    }
    core->parked[core->parked_count++] =
        (struct parked){event->client, event->request->number, join};
    return 0;
}

int
pair_save_offer(struct core *core)
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
        pair->state = PAIR_OFFERED; /* when it has expired, the next tick ends it */
        pair->invite = invite;
        pair->expires_s = expires_s;
        buf_clear(&pair->secret);
        buf_put_span(&pair->secret, reader.rest);
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
    parked_settle(core, true, core->pair_joined ? 0 : E_PAIR_TIMEOUT);
    if (core->pair.state == PAIR_NONE) {
        parked_settle(core, false, core->pairing.active ? 0 : E_PAIR_EXPIRED);
    }
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
}

int
pair_close_offer(struct core *core)
{
    pair_close(core);
    action_add(core, ACTION_LINK);
    action_notice(core, "pairing");
    return pair_save_offer(core);
}

/* Times of burnt codes within the last hour, oldest first. */
int
pair_burnt(struct core *core, bool add, size_t *count)
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
