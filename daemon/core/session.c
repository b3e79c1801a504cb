/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Greetings: how two daemons that just met come to know each other's newest epoch, and
 * that what they hear is not a recording.
 *
 * Model. A hello carries a fresh challenge. It is answered by an announcement of the
 * answerer's newest epoch, signed over that challenge, and (unless it was an answer itself)
 * by a hello back. From then on every batch carries the newest challenge its receiver gave
 * and a rising number. Its heads count only if (challenge, number) is later than every one
 * heard before, in the order they were given, so a replayed or late batch can't make
 * us believe the partner lost something. Ops need no such care; they are idempotent.
 * Invariants. Everything here is forgotten when a path closes; nothing is stored.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/scan.h"
#include "daemon/core/inside.h"
#include "daemon/crypto/noise.h"

#include <string.h>

static const struct scan_rules clear_rules = {.fields_max = 16, .unknown_fields = false};

struct session *
session_of(struct core *core, const uint8_t log[static ID_BYTES])
{
    struct session *oldest = NULL;
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &core->sessions[i];
        if (session->used && memcmp(session->log, log, ID_BYTES) == 0) {
            session->used_at = ++core->steps;
            return session;
        }
        if (oldest == NULL || session->used_at < oldest->used_at) {
            oldest = session; /* an unused one has used_at 0 */
        }
    }
    bytes_wipe(oldest, sizeof *oldest);
    oldest->used = true;
    oldest->used_at = ++core->steps;
    memcpy(oldest->log, log, ID_BYTES);
    return oldest;
}

const struct heard *
session_heard(const struct session *session, const uint8_t log[static ID_BYTES])
{
    for (size_t i = 0; i < session->heard_count; i++) {
        if (memcmp(session->heard[i].log, log, ID_BYTES) == 0) {
            return &session->heard[i];
        }
    }
    return NULL;
}

bool
session_log_fits(const struct core *core, const uint8_t log[static ID_BYTES],
                 struct span incarnation)
{
    uint8_t id[ID_BYTES];
    if (incarnation.size != ID_BYTES) {
        return false;
    }
    keys_log_id((enum keys_log_class)LOG_OURS, core->pairing.device, incarnation.data,
                core->pairing.couple, id);
    return memcmp(id, log, ID_BYTES) == 0;
}

void
session_set_epoch(struct core *core, struct session *session, uint32_t number,
                  const uint8_t key[static KEY_BYTES])
{
    uint8_t ss[KEY_BYTES];
    if (noise_shared(core->identity.noise.sk, key, ss) != 0) {
        return;
    }
    session->epoch = number;
    memcpy(session->epoch_key, key, KEY_BYTES);
    memcpy(session->ss, ss, KEY_BYTES);
    bytes_wipe(ss, sizeof ss);
}

static void
send_clear(struct core *core, uint32_t path, enum frame_type type,
           const ProtobufCMessage *message)
{
    struct action *action = action_add(core, ACTION_SEND);
    action->path = path;
    buf_put_u8(&action->bytes, (uint8_t)type);
    buf_put_u8(&action->bytes, FRAME_VERSION);
    size_t size = protobuf_c_message_get_packed_size(message);
    uint8_t *data = buf_reserve(&action->bytes, size);
    if (data != NULL) {
        protobuf_c_message_pack(message, data);
        buf_advance(&action->bytes, size);
    }
}

static void
send_hello(struct core *core, uint32_t path, const uint8_t challenge[static ID_BYTES],
           struct span answers)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    Attune__Peer__Hello hello = ATTUNE__PEER__HELLO__INIT;
    hello.couple = pb_bytes(core->pairing.couple, ID_BYTES);
    hello.log = pb_bytes(ours->id, ID_BYTES);
    hello.incarnation = pb_bytes(ours->incarnation, ID_BYTES);
    hello.challenge = pb_bytes(challenge, ID_BYTES);
    hello.answers = pb_bytes(answers.data, answers.size);
    send_clear(core, path, FRAME_HELLO, &hello.base);
}

/* A new challenge, remembered as the newest. */
static const uint8_t *
give_challenge(struct core *core)
{
    uint64_t serial = ++core->challenge_serial;
    struct challenge *challenge = &core->challenges[serial % CHALLENGES_MAX];
    challenge->serial = serial;
    core_fill(core, challenge->bytes, ID_BYTES);
    return challenge->bytes;
}

/* The serial of a challenge we gave, or 0. */
static uint64_t
given(const struct core *core, const ProtobufCBinaryData *challenge)
{
    for (size_t i = 0; i < CHALLENGES_MAX && challenge->len == ID_BYTES; i++) {
        if (core->challenges[i].serial != 0 &&
            memcmp(core->challenges[i].bytes, challenge->data, ID_BYTES) == 0) {
            return core->challenges[i].serial;
        }
    }
    return 0;
}

void
session_hello(struct core *core, struct session *session, uint32_t path)
{
    if (!core->pairing.active || core->ours_no == 0) {
        return;
    }
    if (session != NULL) {
        session->heads_known = false;
        session->flights_count = 0;
        session->sent_count = 0;
    }
    send_hello(core, path, give_challenge(core), SPAN_EMPTY);
}

static void
send_announce(struct core *core, uint32_t path, struct span challenge)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    const struct epoch *newest = epoch_newest(core);
    uint8_t signature[SIGNATURE_BYTES];
    Attune__Peer__Announce announce = ATTUNE__PEER__ANNOUNCE__INIT;
    Attune__Peer__Epoch epoch = ATTUNE__PEER__EPOCH__INIT;
    if (newest == NULL) {
        return;
    }
    epoch_sign(core, core->pairing.couple, ours->id, newest, challenge, signature);
    epoch.epoch = newest->number;
    epoch.public_key = pb_bytes(newest->key.pk, KEY_BYTES);
    epoch.signature = pb_bytes(signature, sizeof signature);
    announce.couple = pb_bytes(core->pairing.couple, ID_BYTES);
    announce.log = pb_bytes(ours->id, ID_BYTES);
    announce.incarnation = pb_bytes(ours->incarnation, ID_BYTES);
    announce.challenge = pb_bytes(challenge.data, challenge.size);
    announce.epoch = &epoch;
    send_clear(core, path, FRAME_ANNOUNCE, &announce.base);
}

static bool
fits(const struct core *core, const ProtobufCBinaryData *couple,
     const ProtobufCBinaryData *log, const ProtobufCBinaryData *incarnation,
     const ProtobufCBinaryData *challenge)
{
    return couple->len == ID_BYTES && log->len == ID_BYTES && challenge->len == ID_BYTES &&
           memcmp(couple->data, core->pairing.couple, ID_BYTES) == 0 &&
           session_log_fits(core, log->data, span_of(incarnation->data, incarnation->len));
}

int
session_take_hello(struct core *core, uint32_t path, struct span body)
{
    Attune__Peer__Hello *hello =
        scan_unpack(body, &attune__peer__hello__descriptor, &clear_rules, core->arena);
    if (hello == NULL || !fits(core, &hello->couple, &hello->log, &hello->incarnation,
                               &hello->challenge)) {
        return 0;
    }
    struct session *session = session_of(core, hello->log.data);
    session->path = path;
    session->greeted = true;
    session->heads_owed = true;
    memcpy(session->incarnation, hello->incarnation.data, ID_BYTES);
    if (memcmp(session->their_challenge, hello->challenge.data, ID_BYTES) != 0) {
        session->our_number = 0; /* numbers rise as long as the challenge is the same */
        session->evidence_sent = false; /* it may have gone with the path before */
        memcpy(session->their_challenge, hello->challenge.data, ID_BYTES);
    }
    struct span challenge = span_of(session->their_challenge, ID_BYTES);
    send_announce(core, path, challenge);
    if (hello->answers.len == 0) {
        send_hello(core, path, give_challenge(core), challenge);
    }
    return 0;
}

int
session_take_announce(struct core *core, uint32_t path, struct span body)
{
    Attune__Peer__Announce *announce =
        scan_unpack(body, &attune__peer__announce__descriptor, &clear_rules, core->arena);
    if (announce == NULL || !fits(core, &announce->couple, &announce->log,
                                  &announce->incarnation, &announce->challenge)) {
        return 0;
    }
    const Attune__Peer__Epoch *epoch = announce->epoch;
    struct session *session = session_of(core, announce->log.data);
    if (epoch == NULL || epoch->epoch == 0 ||
        epoch->public_key.len != KEY_BYTES || epoch->signature.len != SIGNATURE_BYTES ||
        given(core, &announce->challenge) == 0 ||
        epoch_verify(core->pairing.device, core->pairing.couple, session->log,
                     epoch->epoch, epoch->public_key.data,
                     span_of(announce->challenge.data, ID_BYTES),
                     epoch->signature.data) != 0) {
        return 0;
    }
    session->path = path;
    sync_path_log(core, path, session->log);
    memcpy(session->incarnation, announce->incarnation.data, ID_BYTES);
    /* Fresh, so it holds whatever its number: a copy may have gone on to another one. */
    if (epoch->epoch != session->epoch ||
        memcmp(epoch->public_key.data, session->epoch_key, KEY_BYTES) != 0) {
        session_set_epoch(core, session, epoch->epoch, epoch->public_key.data);
    }
    return 0;
}

bool
session_fresh(const struct core *core, struct session *session,
              const Attune__Peer__BatchHead *head)
{
    uint64_t serial = given(core, &head->challenge);
    if (serial == 0 || serial < session->last_serial ||
        (serial == session->last_serial && head->number <= session->their_number)) {
        return false;
    }
    session->last_serial = serial;
    session->their_number = head->number;
    return true;
}
