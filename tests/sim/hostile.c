/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A partner with the right keys and bad intentions.
 *
 * Model. ben's core is honest; beside it this file seals batches of its own with ben's
 * keys and sends them to ana: forged order, forked logs, ana's ops without her tag, purges
 * of her words, false heads, bytes that mean nothing. Whatever comes, ana's daemon lives,
 * her journal holds together and her words are hers.
 * To add a lie: a function and a row in `lies`.
 */
#include "common/pb.h"
#include "tests/sim/world.h"

#include "common/error.h"
#include "daemon/core/inside.h"
#include "daemon/crypto/batch.h"

#include <string.h>

extern core_random_fn *const world_random;

struct lie {
    struct world *world;
    struct core *core; /* ben's */
    struct session *session;
    struct log_row *log;  /* the log lied about */
    struct op op;
    uint64_t seq;
    uint8_t prev[HASH_BYTES];
    struct buf header, payload;
    uint8_t tag[SELF_TAG_BYTES];
    struct buf body; /* when not empty: instead of the op */
    uint8_t purges[PURGES_MAX][HASH_BYTES];
    Attune__Peer__Head heads[HEADS_MAX];
    Attune__Peer__Head *head_pointers[HEADS_MAX];
    size_t heads_count;
};

static struct log_row *
some_log(struct lie *lie, bool theirs)
{
    struct log_row *found = NULL;
    for (size_t i = 0; i < lie->core->logs_count; i++) {
        struct log_row *log = &lie->core->logs[i];
        if (journal_shared(lie->core, log) && log->theirs == theirs && log->seq > 0 &&
            (found == NULL || world_odds(lie->world, 500))) {
            found = log;
        }
    }
    return found;
}

/* ---- lies: each changes what would have been a good op at the end of ben's log ---- */

static void
lie_far_ahead(struct lie *lie)
{
    lie->op.lamport += (UINT64_C(1) << 20) + world_draw(lie->world, UINT64_C(1) << 40);
}

static void
lie_backdated(struct lie *lie)
{
    lie->op.lamport = 1 + world_draw(lie->world, lie->log->lamport + 1);
}

static void
lie_fork(struct lie *lie)
{
    lie->seq = 1 + world_draw(lie->world, lie->log->seq);
    lie->op.lamport = 1 + world_draw(lie->world, 50);
    if (journal_hash(lie->core, lie->log, lie->seq - 1, lie->prev) != 0) {
        memset(lie->prev, 0, HASH_BYTES);
    }
}

static void
lie_in_her_log(struct lie *lie)
{
    struct log_row *hers = some_log(lie, true);
    if (hers == NULL) {
        return;
    }
    lie->log = hers;
    lie->seq = world_odds(lie->world, 500) ? hers->seq + 1
                                           : 1 + world_draw(lie->world, hers->seq);
    lie->op.lamport = hers->lamport + 1;
    if (journal_hash(lie->core, hers, lie->seq - 1, lie->prev) != 0) {
        memset(lie->prev, 0, HASH_BYTES);
    }
}

static void
lie_wrong_prev(struct lie *lie)
{
    world_random(lie->world, lie->prev, HASH_BYTES);
}

static void
lie_gap(struct lie *lie)
{
    lie->seq += 1 + world_draw(lie->world, UINT64_MAX / 2);
}

/* Every op of hers, and of anybody, named in a purge about some entry of hers. */
static void
lie_purge(struct lie *lie)
{
    const struct world *world = lie->world;
    uint64_t seq = 1;
    struct log_row *hers = some_log(lie, true);
    lie->op.type = ATTUNE__JOURNAL__OP_TYPE__PURGE;
    lie->op.has_payload = false;
    buf_clear(&lie->payload);
    if (world->words_count > 0) {
        const struct word *word =
            &world->words[world_draw(lie->world, world->words_count)];
        memcpy(lie->op.entry, word->id, ID_BYTES);
    }
    while (hers != NULL && lie->op.purges_count < PURGES_MAX && seq <= hers->seq &&
           journal_hash(lie->core, hers, seq, lie->purges[lie->op.purges_count]) == 0) {
        lie->op.purges_count++;
        seq++;
    }
    while (lie->op.purges_count < PURGES_MAX) {
        world_random(lie->world, lie->purges[lie->op.purges_count++], HASH_BYTES);
    }
    lie->op.purges = (const uint8_t(*)[HASH_BYTES])lie->purges;
}

static void
lie_bad_text(struct lie *lie)
{
    static const uint8_t bad[] = {0x12, 0x0a, 0x0a, 0x04, 't', 'e', 'x',
                                  't',  0x12, 0x02, 0xff, 0xfe};
    buf_clear(&lie->payload);
    buf_put(&lie->payload, bad, sizeof bad);
    keys_payload_hash(buf_span(&lie->payload), lie->op.payload_hash);
}

static void
lie_wrong_text(struct lie *lie)
{
    buf_put_u8(&lie->payload, 0); /* not what its hash says */
}

static void
lie_act_on_hers(struct lie *lie)
{
    static const char *const acts[] = {"done", "change", "accept", "opened", "undo", "zz"};
    const struct world *world = lie->world;
    lie->op.type = ATTUNE__JOURNAL__OP_TYPE__ACT;
    lie->op.theirs = world_odds(lie->world, 700);
    const char *act = acts[world_draw(lie->world, 6)];
    memcpy(lie->op.act, act, strlen(act) + 1);
    if (world->words_count > 0) {
        memcpy(lie->op.entry, world->words[world_draw(lie->world, world->words_count)].id,
               ID_BYTES);
    }
}

/* Any act of any kind, on any entry, hers as well; with a reveal's mark now and then. */
static void
lie_habit(struct lie *lie)
{
    struct world *world = lie->world;
    const struct kind *kind = kind_at(world_draw(world, kind_count()));
    size_t count = kind_acts_count(kind);
    lie_act_on_hers(lie);
    const char *act = count == 0 ? "share" : kind_act_at(kind, world_draw(world, count))->name;
    memcpy(lie->op.act, act, strlen(act) + 1);
    lie->op.has_accepts = world_odds(world, 300);
    world_random(world, lie->op.accepts, HASH_BYTES);
}

/* A commit to nothing, in a round of hers or under an entry of hers: what would she send? */
static void
lie_seal(struct lie *lie)
{
    struct world *world = lie->world;
    const struct kind *kind;
    do {
        kind = kind_at(world_draw(world, kind_count()));
    } while (kind->sealed == SEALED_NOT);
    memcpy(lie->op.kind, kind->name, strlen(kind->name) + 1);
    lie->op.has_payload = world_odds(world, 200);
    if (!lie->op.has_payload) {
        buf_clear(&lie->payload);
    }
    lie->op.has_seal = true;
    world_random(world, lie->op.seal, HASH_BYTES);
    lie->op.has_parent = true;
    lie->op.parent_theirs = true;
    for (size_t tries = 0; tries < 20 && world->words_count > 0; tries++) {
        const struct word *word = &world->words[world_draw(world, world->words_count)];
        struct entry_row row;
        memcpy(lie->op.parent, word->id, ID_BYTES);
        if (store_entry_find(world->homes[ANA].store, word->id, false, &row) == 0 &&
            row.state == S_SEALED && strcmp(row.kind, kind->name) == 0) {
            memcpy(lie->op.parent, row.has_parent ? row.parent : row.id, ID_BYTES);
            lie->op.parent_theirs = !row.has_parent || !row.parent_theirs;
            break;
        }
    }
}

/* Any kind, as if it were written; a topic, too. */
static void
lie_kind(struct lie *lie)
{
    const struct kind *kind = kind_at(world_draw(lie->world, kind_count()));
    memcpy(lie->op.kind, kind->name, strlen(kind->name) + 1);
    if (world_odds(lie->world, 300)) {
        memcpy(lie->op.act, "topic", 6);
    }
}

static void
lie_unknown(struct lie *lie)
{
    lie->op.type = world_odds(lie->world, 500) ? ATTUNE__JOURNAL__OP_TYPE__ENTRY
                                               : 3 + (int)world_draw(lie->world, 90);
    memcpy(lie->op.kind, "future", 7);
}

static void
lie_private(struct lie *lie)
{
    lie->op.mine = true;
    lie->op.until_s = 5;
}

static void
lie_noise(struct lie *lie)
{
    uint8_t bytes[300];
    size_t size = world_draw(lie->world, sizeof bytes);
    world_random(lie->world, bytes, sizeof bytes);
    buf_put_u8(&lie->body, 0x0a);
    buf_put(&lie->body, bytes, size);
}

static void
lie_deep(struct lie *lie)
{
    for (int i = 0; i < 10000; i++) {
        buf_put(&lie->body, "\x0a\x80\x01", 3);
    }
}

static void
lie_new_log(struct lie *lie)
{
    static struct log_row log;
    log = *lie->log;
    lie->op.type = ATTUNE__JOURNAL__OP_TYPE__OPEN;
    lie->op.has_entry = lie->op.has_payload = false;
    buf_clear(&lie->payload);
    lie->seq = 1;
    memset(lie->prev, 0, HASH_BYTES);
    world_random(lie->world, lie->op.incarnation, ID_BYTES);
    memcpy(lie->op.device, lie->core->identity.device.pk, KEY_BYTES);
    if (world_odds(lie->world, 500)) {
        lie->op.device[3] ^= 1;
    }
    keys_log_id(KEYS_LOG_OURS, lie->op.device, lie->op.incarnation,
                lie->core->pairing.couple, log.id);
    lie->op.has_previous = world_odds(lie->world, 500);
    lie->log = &log;
}

static void
lie_good(struct lie *lie)
{
    (void)lie; /* the first op of a branch that ben's own core knows nothing of */
}

static void (*const lies[])(struct lie *lie) = {
    lie_far_ahead,  lie_backdated,   lie_fork,    lie_in_her_log, lie_wrong_prev,
    lie_gap,        lie_purge,       lie_bad_text, lie_wrong_text, lie_act_on_hers,
    lie_unknown,    lie_private,     lie_noise,   lie_deep,       lie_new_log,
    lie_good,       lie_habit,       lie_seal,    lie_seal,       lie_kind,
};

/* ---- heads ---- */

static void
make_heads(struct lie *lie, uint8_t hashes[static HEADS_MAX][HASH_BYTES])
{
    struct world *world = lie->world;
    for (size_t i = 0; i < lie->core->logs_count && lie->heads_count < 8; i++) {
        struct log_row *log = &lie->core->logs[i];
        if (!journal_shared(lie->core, log) || log->seq == 0) {
            continue;
        }
        Attune__Peer__Head *head = &lie->heads[lie->heads_count];
        attune__peer__head__init(head);
        memcpy(hashes[lie->heads_count], log->hash, HASH_BYTES);
        head->log = pb_bytes(log->id, ID_BYTES);
        head->seq = log->seq;
        if (world_odds(world, 100)) {
            head->seq = 1 + world_draw(world, UINT64_C(1) << (1 + world_draw(world, 62)));
        }
        if (world_odds(world, 100)) {
            world_random(world, hashes[lie->heads_count], HASH_BYTES);
        }
        head->frozen = world_odds(world, 50);
        head->hash = pb_bytes(hashes[lie->heads_count], HASH_BYTES - world_odds(world, 20));
        lie->head_pointers[lie->heads_count] = head;
        lie->heads_count++;
    }
}

/* ---- sealing ---- */

static void
put_body(struct lie *lie, struct buf *out)
{
    Attune__Peer__BatchBody body = ATTUNE__PEER__BATCH_BODY__INIT;
    Attune__Peer__Run run = ATTUNE__PEER__RUN__INIT, *runs[2] = {&run, &run};
    Attune__Journal__Op op = ATTUNE__JOURNAL__OP__INIT, *ops[2] = {&op, &op};
    if (lie->body.size > 0) {
        buf_put_span(out, buf_span(&lie->body));
        return;
    }
    op.header = pb_bytes(lie->header.data, lie->header.size);
    op.payload = pb_bytes(lie->payload.data, lie->payload.size);
    op.self_tag = pb_bytes(lie->tag, sizeof lie->tag - world_odds(lie->world, 20));
    run.log = pb_bytes(lie->log->id, ID_BYTES);
    run.seq = lie->seq;
    run.n_ops = world_odds(lie->world, 100) ? 2 : 1;
    run.ops = ops;
    run.prev = pb_bytes(lie->prev, lie->seq > 1 ? HASH_BYTES : 0);
    body.n_runs = world_odds(lie->world, 100) ? 2 : 1;
    body.runs = runs;
    size_t size = attune__peer__batch_body__get_packed_size(&body);
    uint8_t *data = buf_reserve(out, size);
    if (data != NULL) {
        attune__peer__batch_body__pack(&body, data);
        buf_advance(out, size);
    }
}

static int
seal(struct lie *lie, struct buf *frame)
{
    static uint8_t hashes[HEADS_MAX][HASH_BYTES];
    Attune__Peer__BatchHead head = ATTUNE__PEER__BATCH_HEAD__INIT;
    struct core *core = lie->core;
    struct session *session = lie->session;
    struct batch_header header = {.epoch = session->epoch};
    uint8_t ephemeral[KEY_BYTES], packed[4096];
    struct buf body = {0};
    make_heads(lie, hashes);
    head.heads = lie->head_pointers;
    head.n_heads = world_odds(lie->world, 700) ? lie->heads_count : 0;
    head.incarnation = pb_bytes(core->identity.incarnation, ID_BYTES);
    head.challenge = pb_bytes(session->their_challenge, ID_BYTES);
    head.number = session->our_number += 1;
    put_body(lie, &body);
    memcpy(header.couple, core->pairing.couple, ID_BYTES);
    memcpy(header.from_log, journal_log(core, core->ours_no)->id, ID_BYTES);
    memcpy(header.to_log, session->log, ID_BYTES);
    world_random(lie->world, ephemeral, sizeof ephemeral);
    const struct batch_sender_keys keys = {
        .dnk_sk = core->identity.noise.sk,
        .dnk_pk = core->identity.noise.pk,
        .their_epk = session->epoch_key,
        .psk = core->pairing.psk,
        .ephemeral_sk = ephemeral,
    };
    size_t size = attune__peer__batch_head__get_packed_size(&head);
    int rc = size > sizeof packed ? E_LIMIT : 0;
    if (rc == 0) {
        attune__peer__batch_head__pack(&head, packed);
        rc = batch_seal(&header, span_of(packed, size), buf_span(&body), &keys, frame);
    }
    buf_free(&body);
    return rc;
}

/* ---- what is said ---- */

static void
make_op(struct lie *lie)
{
    static const char text[] = "\x0a\x10""0123456789abcdef\x12\x0b\x0a\x04text\x12\x03" "lie";
    lie->op = (struct op){.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    lie->op.lamport = lie->log->lamport + 1 + world_draw(lie->world, 30);
    lie->op.time = (uint64_t)WORLD_EPOCH_S / 60;
    world_random(lie->world, lie->op.entry, ID_BYTES);
    memcpy(lie->op.kind, "thanks", 7);
    buf_put(&lie->payload, text, sizeof text - 1);
    lie->op.has_payload = true;
    keys_payload_hash(buf_span(&lie->payload), lie->op.payload_hash);
    lie->seq = lie->log->seq + 1;
    memcpy(lie->prev, lie->log->hash, HASH_BYTES);
    world_random(lie->world, lie->tag, sizeof lie->tag);
}

static void
spoil(struct world *world, struct buf *frame)
{
    if (world_odds(world, 50)) { /* cut short */
        frame->size = world_draw(world, frame->size);
    }
    if (world_odds(world, 50) && frame->size > 0) {
        frame->data[world_draw(world, frame->size)] ^= (uint8_t)(1 + world_draw(world, 255));
    }
    if (world_odds(world, 20)) {
        buf_clear(frame);
        for (size_t i = 0, size = world_draw(world, 2000); i < size; i++) {
            buf_put_u8(frame, (uint8_t)world_draw(world, i == 0 ? 5 : 256));
        }
    }
}

void
hostile_speak(struct home *liar, struct home *victim)
{
    static struct lie lie;
    struct world *world = liar->world;
    struct buf frame = {0};
    const size_t wire = 0; /* between ana and ben */
    if (liar->core == NULL || victim->core == NULL || !world->wires[wire].up ||
        liar->core->ours_no == 0) {
        return;
    }
    lie = (struct lie){.world = world, .core = liar->core};
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &lie.core->sessions[i];
        if (session->used && session->epoch != 0 &&
            session->path == world->wires[wire].path) {
            lie.session = session;
        }
    }
    lie.log = journal_log(lie.core, lie.core->ours_no);
    if (lie.session == NULL || lie.log == NULL) {
        return;
    }
    make_op(&lie);
    size_t which = world_draw(world, sizeof lies / sizeof lies[0]);
    lies[which](&lie);
    world_trace(world, false, "ben lies, %zu", which);
    if (op_encode(&lie.op, &lie.header) == 0 && seal(&lie, &frame) == 0) {
        spoil(world, &frame);
        wire_frame(liar, world->wires[wire].path, buf_span(&frame));
    }
    arena_reset(lie.core->arena);
    buf_free(&lie.header);
    buf_free(&lie.payload);
    buf_free(&lie.body);
    buf_free(&frame);
}
