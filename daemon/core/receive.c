/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Receiving: one sealed batch, its ops and its heads.
 *
 * Model. What opens was sealed by the partner's device for this pairing. Its ops are taken
 * log by log, as far as they continue what we hold; then its heads tell what it holds.
 * Invariants. A partner's op is believed from its own device only, an op of ours only with
 * our tag. The last heads heard count, never the highest. A lie costs the liar its log
 * (frozen) and nobody else anything. Nothing is answered to what does not open.
 */
#include "common/error.h"
#include "common/scan.h"
#include "daemon/core/receive.h"
#include "daemon/crypto/batch.h"

#include <string.h>

static const struct scan_rules head_rules = {.fields_max = 5 * HEADS_MAX + 64,
                                             .unknown_fields = false};
static const struct scan_rules body_rules = {.fields_max = 8 * BATCH_OPS_MAX,
                                             .unknown_fields = false};

static struct span
span_of_field(const ProtobufCBinaryData *field)
{
    return span_of(field->data, field->len);
}

/* ---- a log of theirs we have not seen ---- */

static bool
is_ancestor(struct core *core, const struct log_row *log, const struct op *opening)
{
    uint8_t id[ID_BYTES];
    memcpy(id, opening->previous_log, ID_BYTES);
    for (size_t depth = 0; depth < LOGS_PER_PERSON_MAX; depth++) {
        const struct log_row *ancestor = journal_log_find(core, id);
        if (memcmp(id, log->id, ID_BYTES) == 0) {
            return true;
        }
        if (ancestor == NULL) {
            return false;
        }
        memcpy(id, ancestor->previous_log, ID_BYTES);
    }
    return false;
}

/*
 * Does the opening know of everything of theirs we hold? If not, this device went back in
 * time, or a thief opened an old backup: the same to us, so a person decides.
 */
static bool
opens_behind(struct core *core, const struct op *opening)
{
    for (size_t i = 0; i < core->logs_count; i++) {
        const struct log_row *log = &core->logs[i];
        if (!journal_shared(core, log) || !log->theirs || log->seq == 0) {
            continue;
        }
        if (!opening->has_previous || !is_ancestor(core, log, opening) ||
            (memcmp(log->id, opening->previous_log, ID_BYTES) == 0 &&
             opening->previous_seq < log->seq)) {
            return true;
        }
    }
    return false;
}

/* A new device of theirs that the person said yes to before it was heard: pairing again
 * after a lost disk is answered once. A device known from before is no new one. */
static bool
is_welcome(const struct core *core, const struct op *opening)
{
    for (size_t i = 0; i < core->logs_count; i++) {
        const struct log_row *log = &core->logs[i];
        if (log->theirs && memcmp(log->device, opening->device, KEY_BYTES) == 0) {
            return false;
        }
    }
    return core->pairing.verified;
}

static int
count_logs(const struct core *core, bool theirs)
{
    int count = 0;
    for (size_t i = 0; i < core->logs_count; i++) {
        count += core->logs[i].theirs == theirs;
    }
    return count;
}

/* Is the first op of this run one of ours? Only our own key can tell. */
static bool
is_tagged(const struct core *core, const uint8_t log[static ID_BYTES], uint64_t seq,
          struct span prev, const Attune__Journal__Op *op)
{
    static const uint8_t none[HASH_BYTES];
    uint8_t hash[HASH_BYTES], tag[SELF_TAG_BYTES];
    if (op->self_tag.len != SELF_TAG_BYTES) {
        return false;
    }
    keys_op_hash(log, seq, prev.size == HASH_BYTES ? prev.data : none,
                 span_of_field(&op->header), hash);
    keys_self_tag(core->identity.k_self, hash, tag);
    return hash_equal(tag, op->self_tag.data, SELF_TAG_BYTES);
}

static int
open_log_of_run(struct incoming *in, const Attune__Peer__Run *run, struct log_row **out)
{
    struct core *core = in->core;
    struct log_row row = {.class = LOG_OURS, .pairing = core->pairing.number};
    struct op op;
    if (run->seq != 1 || run->n_ops == 0 ||
        op_decode(span_of_field(&run->ops[0]->header), core->scratch, &op) != 0 ||
        op.type != ATTUNE__JOURNAL__OP_TYPE__OPEN) {
        return E_OP_CHAIN;
    }
    memcpy(row.id, run->log.data, ID_BYTES);
    row.theirs = !is_tagged(core, row.id, 1, SPAN_EMPTY, run->ops[0]);
    row.state = LOG_CLOSED; /* ours, of another incarnation: it appends no more here */
    if (count_logs(core, row.theirs) >= (int)LOGS_PER_PERSON_MAX) {
        return E_QUOTA;
    }
    if (row.theirs) {
        row.state = opens_behind(core, &op) && !is_welcome(core, &op) ? LOG_PENDING
                                                                      : LOG_LIVE;
    }
    memcpy(row.device, op.device, KEY_BYTES);
    memcpy(row.incarnation, op.incarnation, ID_BYTES);
    int rc = journal_add_log(core, &row, out);
    if (rc == 0 && row.state == LOG_PENDING) {
        rc = journal_take(core, *out, run->ops[0]);
        *out = journal_log_find(core, row.id);
        if (rc == 0) {
            rc = store_log_put(core->store, *out);
        }
        action_notice(core, "pairing");
    }
    return rc;
}

/* ---- runs ---- */

/* Where a run parts from what we hold: the op, its place, the hash it claims before it. */
struct parting {
    const Attune__Journal__Op *op;
    uint64_t seq;
    uint8_t prev[HASH_BYTES];
};

/* Walks the part of a run we hold already; *skip: how many ops. E_FORK when it differs. */
static int
compare_overlap(struct core *core, const struct log_row *log, const Attune__Peer__Run *run,
                size_t *skip, struct parting *parting)
{
    uint8_t ours[HASH_BYTES];
    memset(parting->prev, 0, HASH_BYTES);
    int rc = journal_hash(core, log, run->seq - 1, ours);
    if (rc != 0) {
        return rc;
    }
    if (run->seq > 1) {
        if (run->prev.len != HASH_BYTES) {
            return E_OP_SHAPE;
        }
        memcpy(parting->prev, run->prev.data, HASH_BYTES);
    }
    parting->op = run->ops[0];
    parting->seq = run->seq;
    if (memcmp(parting->prev, ours, HASH_BYTES) != 0) {
        return E_FORK;
    }
    for (*skip = 0; *skip < run->n_ops && run->seq + *skip <= log->seq; ++*skip) {
        uint8_t hash[HASH_BYTES];
        parting->op = run->ops[*skip];
        parting->seq = run->seq + *skip;
        keys_op_hash(log->id, parting->seq, parting->prev,
                     span_of_field(&parting->op->header), hash);
        rc = journal_hash(core, log, parting->seq, ours);
        if (rc != 0) {
            return rc;
        }
        if (memcmp(hash, ours, HASH_BYTES) != 0) {
            return E_FORK;
        }
        memcpy(parting->prev, hash, HASH_BYTES);
    }
    return 0;
}

static struct heard *
heard_of(struct session *session, const uint8_t log[static ID_BYTES])
{
    for (size_t i = 0; i < session->heard_count; i++) {
        if (memcmp(session->heard[i].log, log, ID_BYTES) == 0) {
            return &session->heard[i];
        }
    }
    return NULL;
}

/* Two histories of one log. */
static int
conflict(struct incoming *in, struct log_row *log, const struct parting *parting)
{
    struct core *core = in->core;
    if (log->theirs) {
        struct heard *heard = heard_of(in->session, log->id);
        if (heard != NULL) {
            heard->conflict = true; /* its owner gets our op as evidence */
        }
        return journal_set_state(core, log, LOG_FROZEN);
    }
    struct span prev = span_of(parting->prev, HASH_BYTES);
    if (log->no != core->ours_no ||
        !is_tagged(core, log->id, parting->seq, prev, parting->op)) {
        return 0; /* a claim about our own log without our tag is noise */
    }
    uint8_t hash[HASH_BYTES];
    keys_op_hash(log->id, parting->seq, parting->prev, span_of_field(&parting->op->header),
                 hash);
    core->copy_alert = true;
    int rc = state_save_days(core);
    if (rc == 0) {
        rc = fork_reissue(core, parting->seq, hash);
    }
    action_notice(core, "pairing");
    return rc;
}

/* Only what was new counts: a repetition costs the partner nothing. */
static bool
over_quota(struct core *core)
{
    int64_t day = core_local_day(core, core->now_s);
    uint64_t total = 0;
    if (day != core->day_bytes_day) {
        core->day_bytes_day = day;
        core->day_bytes = 0;
    }
    for (size_t i = 0; i < core->logs_count; i++) {
        const struct log_row *log = &core->logs[i];
        total += log->theirs && journal_shared(core, log) ? log->bytes : 0;
    }
    return core->day_bytes > DAY_BYTES_MAX || total > TOTAL_BYTES_MAX;
}

/* Another running copy of us wrote this after we began: say so. */
static int
watch_copy(struct core *core, const struct log_row *log)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    if (core->copy_alert || ours == NULL || log->theirs || log->no == ours->no ||
        memcmp(log->device, core->identity.device.pk, KEY_BYTES) != 0) {
        return 0;
    }
    struct op_row first;
    int rc = store_op_get(core->store, ours->no, 1, core->arena, &first);
    if (rc == 0 && log->lamport > op_lamport(first.header) + 1) {
        core->copy_alert = true;
        rc = state_save_days(core);
        action_notice(core, "pairing");
    }
    return rc;
}

static bool
is_refusal(int error)
{
    return error == E_OP_SHAPE || error == E_OP_CHAIN || error == E_OP_LAMPORT ||
           error == E_OP_AUTHOR || error == E_QUOTA || error == E_FORK;
}

static int
take_run(struct incoming *in, const Attune__Peer__Run *run)
{
    struct core *core = in->core;
    size_t skip = 0;
    if (run->log.len != ID_BYTES || run->seq == 0 || run->n_ops == 0) {
        return E_OP_SHAPE;
    }
    struct log_row *log = journal_log_find(core, run->log.data);
    int rc = 0;
    if (log == NULL) {
        rc = open_log_of_run(in, run, &log);
    }
    if (rc != 0 || !journal_shared(core, log) || log->state == LOG_PENDING ||
        log->state == LOG_FROZEN) {
        return rc;
    }
    if (run->seq > log->seq + 1) {
        return 0; /* a gap: the heads will ask for what is before it */
    }
    struct parting parting;
    rc = compare_overlap(core, log, run, &skip, &parting);
    if (rc == E_FORK) {
        return conflict(in, log, &parting);
    }
    int64_t no = log->no;
    uint64_t before = log->seq, bytes_before = log->bytes;
    core->told = false;
    for (size_t i = skip; rc == 0 && i < run->n_ops; i++) {
        rc = journal_take(core, journal_log(core, no), run->ops[i]);
    }
    log = journal_log(core, no);
    if (rc == E_OP_LAMPORT && log->theirs) {
        log->state = LOG_FROZEN;
        core->dirty = true;
    }
    if (log->seq == before && log->state != LOG_FROZEN) {
        return rc;
    }
    core->day_bytes += log->bytes - bytes_before;
    int put = store_log_put(core->store, log);
    if (put != 0) {
        return put;
    }
    in->took = true;
    in->progress = true;
    in->tail_returned = in->tail_returned || (no == core->ours_no && log->seq > before);
    if (log->theirs && core->told) {
        action_notice(core, "entries"); /* a seal nobody is to know of wakes nobody */
    }
    put = watch_copy(core, log);
    return put != 0 ? put : rc;
}

static int
take_ops(struct incoming *in)
{
    struct core *core = in->core;
    const Attune__Peer__BatchBody *body = in->body;
    int rc = 0;
    if (body->n_runs == 0) {
        return 0;
    }
    if (over_quota(core)) {
        return 0; /* nothing is acknowledged, so nothing is lost */
    }
    /* Whether we believe this log at all comes first. */
    for (size_t i = 0; rc == 0 && i < body->n_runs; i++) {
        const Attune__Peer__Run *run = body->runs[i];
        if (run->log.len == ID_BYTES && run->seq == 1 &&
            memcmp(run->log.data, in->header.from_log, ID_BYTES) == 0) {
            rc = take_run(in, run);
            rc = is_refusal(rc) ? 0 : rc;
        }
    }
    const struct log_row *from = journal_log_find(core, in->header.from_log);
    if (rc != 0 || from == NULL || from->seq == 0 || from->state == LOG_PENDING) {
        return rc;
    }
    for (size_t i = 0; rc == 0 && i < body->n_runs; i++) {
        rc = take_run(in, body->runs[i]);
        rc = is_refusal(rc) ? 0 : rc;
    }
    if (rc == 0 && in->tail_returned) {
        rc = journal_incarnate(core); /* we had lost what we ourselves wrote */
    }
    return rc;
}

/* ---- the batch ---- */

static int
note_exchange(struct core *core, struct epoch *epoch)
{
    int64_t today = core_local_day(core, core->now_s);
    int rc = 0;
    if (!epoch->used) {
        epoch->used = true;
        rc = state_save_epochs(core);
    }
    if (rc == 0 && core->exchange_day != today) {
        core->exchange_day = today;
        rc = state_save_days(core);
    }
    if (rc == 0 && !core->pairing.opened) {
        core->pairing.opened = true;
        rc = state_save_pairing(core);
    }
    return rc;
}

static int
take_batch(struct incoming *in, struct span head, struct span ops, struct epoch *epoch,
           uint32_t path)
{
    struct core *core = in->core;
    in->head = scan_unpack(head, &attune__peer__batch_head__descriptor, &head_rules,
                           core->arena);
    in->body = scan_unpack(ops, &attune__peer__batch_body__descriptor, &body_rules,
                           core->arena);
    if (in->head == NULL || in->body == NULL ||
        !session_log_fits(core, in->header.from_log,
                          span_of_field(&in->head->incarnation))) {
        return 0;
    }
    struct session *session = in->session = session_of(core, in->header.from_log);
    const Attune__Peer__Epoch *announced = in->head->epoch;
    session->path = path;
    sync_path_log(core, path, session->log);
    if (announced != NULL && session->epoch != 0 && announced->epoch > session->epoch &&
        announced->public_key.len == KEY_BYTES &&
        announced->signature.len == SIGNATURE_BYTES &&
        epoch_verify(core->pairing.device, core->pairing.couple, session->log,
                     announced->epoch, announced->public_key.data, SPAN_EMPTY,
                     announced->signature.data) == 0) {
        session_set_epoch(core, session, announced->epoch, announced->public_key.data);
    }
    int rc = note_exchange(core, epoch);
    bool fresh = session_fresh(core, session, in->head);
    if (rc == 0) {
        rc = take_ops(in);
    }
    if (rc == 0 && fresh) {
        rc = heads_take(in);
    }
    /* Old news in an old batch is not answered, or two would answer each other for ever. */
    if (in->took || (in->body->n_runs > 0 && fresh)) {
        session->heads_owed = true;
    }
    return rc;
}

int
receive_batch(struct core *core, uint32_t path, struct span frame)
{
    struct incoming in = {.core = core};
    struct log_row *ours = journal_log(core, core->ours_no);
    struct buf plain = {0};
    struct span head, ops;
    if (batch_peek(frame, &in.header) != 0 || ours == NULL ||
        memcmp(in.header.couple, core->pairing.couple, ID_BYTES) != 0 ||
        memcmp(in.header.to_log, ours->id, ID_BYTES) != 0) {
        return 0;
    }
    struct epoch *epoch = epoch_find(core, in.header.epoch);
    if (epoch == NULL) {
        sync_greet_again(core, path); /* the answer to the answer tells our newest */
        return 0;
    }
    const struct batch_receiver_keys keys = {
        .epk_sk = epoch->key.sk,
        .epk_pk = epoch->key.pk,
        .their_dnk_pk = core->pairing.dnk,
        .psk = core->pairing.psk,
    };
    int rc = batch_open(frame, &keys, &plain, &head, &ops);
    if (rc == 0) {
        rc = take_batch(&in, head, ops, epoch, path);
    } else if (rc != E_MEMORY) {
        sync_greet_again(core, path); /* sealed to a copy of us, perhaps */
        rc = 0;
    }
    buf_free(&plain);
    return rc;
}
