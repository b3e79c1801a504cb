/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sending: what the partner lacks, in total order, into sealed batches.
 *
 * Model. The partner's last heads say what it holds of every shared log, its own included;
 * what goes beyond is sent, at most BATCH_WINDOW batches ahead of what it acknowledged. A
 * batch carries our own heads, so it is an acknowledgement too; a batch without ops is
 * only that. To a log we don't know yet, or that opened behind what we hold, nothing goes
 * but the first op of our own log.
 */
#include "common/error.h"
#include "daemon/core/inside.h"
#include "daemon/crypto/batch.h"

#include <string.h>

/* ---- protobuf by hand, for the bytes that are only copied ---- */

static void
put_varint(struct buf *out, uint64_t value)
{
    while (value >= 0x80) {
        buf_put_u8(out, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    buf_put_u8(out, (uint8_t)value);
}

static size_t
varint_size(uint64_t value)
{
    size_t size = 1;
    while (value >= 0x80) {
        value >>= 7;
        size++;
    }
    return size;
}

static void
put_bytes(struct buf *out, unsigned field, struct span bytes)
{
    put_varint(out, (uint64_t)field << 3 | 2);
    put_varint(out, bytes.size);
    buf_put_span(out, bytes);
}

static size_t
bytes_size(struct span bytes)
{
    return 1 + varint_size(bytes.size) + bytes.size;
}

/* attune.journal.Op: header 1, payload 2, self_tag 3, payload_gone 4. */
static size_t
op_size(const struct op_row *op)
{
    return bytes_size(op->header) +
           (op->payload.size > 0 ? bytes_size(op->payload) : 0) +
           (op->self_tag.size > 0 ? bytes_size(op->self_tag) : 0) +
           (op->payload_gone ? 2u : 0u);
}

static void
put_op(struct buf *out, const struct op_row *op)
{
    put_varint(out, 3 << 3 | 2); /* Run.ops */
    put_varint(out, op_size(op));
    put_bytes(out, 1, op->header);
    if (op->payload.size > 0) {
        put_bytes(out, 2, op->payload);
    }
    if (op->self_tag.size > 0) {
        put_bytes(out, 3, op->self_tag);
    }
    if (op->payload_gone) {
        put_varint(out, 4 << 3);
        put_varint(out, 1);
    }
}

/* ---- a batch being filled ---- */

struct filling {
    struct core *core;
    struct buf ops;  /* finished runs */
    struct buf run;  /* ops of the one being made */
    int64_t run_log; /* 0: none */
    uint8_t run_id[ID_BYTES];
    uint64_t run_seq;
    uint64_t next_seq;
    uint8_t run_prev[HASH_BYTES];
    size_t count;
    size_t room;
    int64_t last_log;
    uint64_t last_seq;
};

enum { RUN_BYTES_MAX = 128 }; /* a run without its ops */

static void
finish_run(struct filling *filling)
{
    struct buf head = {0};
    if (filling->run_log == 0) {
        return;
    }
    put_bytes(&head, 1, span_of(filling->run_id, ID_BYTES));
    put_varint(&head, 2 << 3);
    put_varint(&head, filling->run_seq);
    if (filling->run_seq > 1) {
        put_bytes(&head, 4, span_of(filling->run_prev, HASH_BYTES));
    }
    put_varint(&filling->ops, 1 << 3 | 2); /* BatchBody.runs */
    put_varint(&filling->ops, head.size + filling->run.size);
    buf_put_span(&filling->ops, buf_span(&head));
    buf_put_span(&filling->ops, buf_span(&filling->run));
    buf_free(&head);
    buf_clear(&filling->run);
    filling->run_log = 0;
}

static bool
op_fits(const struct filling *filling, const struct op_row *op)
{
    size_t used = filling->ops.size + filling->run.size + 2 * RUN_BYTES_MAX;
    return filling->count < BATCH_OPS_MAX && used + op_size(op) + 8 <= filling->room;
}

static int
add_op(struct filling *filling, const struct log_row *log, const struct op_row *op)
{
    if (filling->run_log != log->no || filling->next_seq != op->seq) {
        finish_run(filling);
        int rc = journal_hash(filling->core, log, op->seq - 1, filling->run_prev);
        if (rc != 0) {
            return rc;
        }
        filling->run_log = log->no;
        filling->run_seq = op->seq;
        memcpy(filling->run_id, log->id, ID_BYTES);
    }
    put_op(&filling->run, op);
    filling->next_seq = op->seq + 1;
    filling->last_log = log->no;
    filling->last_seq = op->seq;
    filling->count++;
    return 0;
}

static uint64_t *
sent_up_to(struct session *session, int64_t log)
{
    for (size_t i = 0; i < session->sent_count; i++) {
        if (session->sent[i].log == log) {
            return &session->sent[i].seq;
        }
    }
    if (session->sent_count == HEADS_MAX) {
        return NULL;
    }
    session->sent[session->sent_count].log = log;
    session->sent[session->sent_count].seq = 0;
    return &session->sent[session->sent_count++].seq;
}

/* ---- merging the logs in total order ---- */

enum { SOURCES_MAX = 16 }; /* logs in one batch; more wait for the next */

struct source {
    const struct log_row *log;
    struct store_cursor *cursor;
    struct op_row op;
    uint64_t lamport;
    uint64_t *sent;
};

static int
advance(struct source *source)
{
    int rc = store_cursor_next(source->cursor, &source->op);
    if (rc == 0) {
        source->lamport = op_lamport(source->op.header);
    }
    return rc;
}

static int
open_sources(struct core *core, struct session *session, struct source *sources,
             size_t *count)
{
    *count = 0;
    for (size_t i = 0; i < core->logs_count && *count < SOURCES_MAX; i++) {
        const struct log_row *log = &core->logs[i];
        const struct heard *heard = session_heard(session, log->id);
        uint64_t from = heard == NULL ? 0 : heard->seq;
        if (!journal_shared(core, log) || log->seq <= from || log->state == LOG_PENDING ||
            (heard != NULL && (heard->conflict || heard->frozen))) {
            continue;
        }
        uint64_t *sent = sent_up_to(session, log->no);
        if (sent == NULL || *sent >= log->seq) {
            continue;
        }
        from = *sent > from ? *sent : from;
        struct source *source = &sources[*count];
        *source = (struct source){.log = log, .sent = sent};
        int rc = store_cursor_open(core->store, log->no, from + 1, &source->cursor);
        if (rc != 0) {
            return rc;
        }
        ++*count;
        rc = advance(source);
        if (rc != 0) {
            return rc == E_NO_ENTRY ? E_CHAIN : rc;
        }
    }
    return 0;
}

static struct source *
lowest(struct source *sources, size_t count)
{
    struct source *low = NULL;
    for (size_t i = 0; i < count; i++) {
        struct source *source = &sources[i];
        if (source->cursor != NULL &&
            (low == NULL || source->lamport < low->lamport ||
             (source->lamport == low->lamport &&
              memcmp(source->log->id, low->log->id, ID_BYTES) < 0))) {
            low = source;
        }
    }
    return low;
}

static int
fill(struct core *core, struct session *session, struct filling *filling, bool *more)
{
    struct source sources[SOURCES_MAX];
    size_t count;
    int rc = open_sources(core, session, sources, &count);
    *more = false;
    while (rc == 0) {
        struct source *source = lowest(sources, count);
        if (source == NULL) {
            break;
        }
        if (!op_fits(filling, &source->op)) {
            *more = true;
            break;
        }
        rc = add_op(filling, source->log, &source->op);
        if (rc != 0) {
            break;
        }
        *source->sent = source->op.seq;
        rc = advance(source);
        if (rc == E_NO_ENTRY) {
            store_cursor_close(source->cursor);
            source->cursor = NULL;
            rc = 0;
        }
    }
    for (size_t i = 0; i < count; i++) {
        store_cursor_close(sources[i].cursor);
    }
    return rc;
}

/* One op of a log, whatever was sent before: our opening, or evidence of a fork. */
static int
fill_one(struct core *core, struct filling *filling, const struct log_row *log, uint64_t seq)
{
    struct op_row op;
    int rc = store_op_get(core->store, log->no, seq, core->arena, &op);
    if (rc == 0 && !op_fits(filling, &op)) {
        rc = E_LIMIT;
    }
    return rc != 0 ? rc : add_op(filling, log, &op);
}

enum { EVIDENCE_OPS_MAX = 64 };

/*
 * Has the partner to see what we hold of a log? Of theirs, when the two differ, or when it
 * is frozen here and they hold more of it, so that their head tells us nothing. Of ours,
 * when they differ: if ours is the longer one, they can't see that by themselves either.
 */
static bool
owes_evidence(const struct core *core, const struct heard *heard,
              const struct log_row *log)
{
    if (!log->theirs) {
        return log->no == core->ours_no && heard->conflict;
    }
    return log->seq > 0 &&
           (heard->conflict || (log->state == LOG_FROZEN && heard->seq > log->seq));
}

static int
fill_evidence(struct core *core, struct session *session, struct filling *filling)
{
    bool any = false;
    for (size_t i = 0; i < session->heard_count && !session->evidence_sent; i++) {
        const struct heard *heard = &session->heard[i];
        const struct log_row *log = journal_log_find(core, heard->log);
        if (log == NULL || !owes_evidence(core, heard, log)) {
            continue;
        }
        /* From where they differ at the latest: all that the owner needs to see it. To see
         * it of our log one op is enough. */
        uint64_t seq = heard->seq < log->seq ? heard->seq : log->seq;
        uint64_t last = log->theirs ? log->seq : seq;
        int rc = 0;
        for (size_t n = 0; rc == 0 && n < EVIDENCE_OPS_MAX && seq <= last; n++) {
            rc = fill_one(core, filling, log, seq++);
        }
        if (rc != 0 && rc != E_LIMIT) {
            return rc;
        }
        any = true;
    }
    session->evidence_sent = session->evidence_sent || any;
    return 0;
}

/* ---- the head and the seal ---- */

static int
put_head(struct core *core, struct session *session, bool bare, size_t ops_count, bool more,
         struct buf *out)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    const struct epoch *newest = epoch_newest(core);
    Attune__Peer__BatchHead head = ATTUNE__PEER__BATCH_HEAD__INIT;
    Attune__Peer__Epoch epoch = ATTUNE__PEER__EPOCH__INIT;
    Attune__Peer__Head *items = arena_alloc(core->arena, core->logs_count * sizeof *items);
    Attune__Peer__Head **heads = arena_alloc(core->arena, core->logs_count * sizeof *heads);
    uint8_t signature[SIGNATURE_BYTES] = {0};
    if (items == NULL || heads == NULL || newest == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < core->logs_count && head.n_heads < HEADS_MAX && !bare; i++) {
        struct log_row *log = &core->logs[i];
        if (!journal_shared(core, log) || log->seq == 0) {
            continue;
        }
        Attune__Peer__Head *item = &items[head.n_heads];
        attune__peer__head__init(item);
        item->log = (ProtobufCBinaryData){ID_BYTES, log->id};
        item->seq = log->seq;
        item->hash = (ProtobufCBinaryData){HASH_BYTES, log->hash};
        item->frozen = log->theirs && log->state == LOG_FROZEN;
        heads[head.n_heads++] = item;
    }
    head.heads = heads;
    if (newest->number != session->announced) {
        epoch_sign(core, core->pairing.couple, ours->id, newest, SPAN_EMPTY, signature);
    }
    struct epoch copy = *newest;
    epoch.epoch = newest->number;
    epoch.public_key = (ProtobufCBinaryData){KEY_BYTES, copy.key.pk};
    epoch.signature = (ProtobufCBinaryData){sizeof signature, signature};
    head.epoch = newest->number != session->announced ? &epoch : NULL;
    head.ops_count = (uint32_t)ops_count;
    head.more = more;
    head.incarnation = (ProtobufCBinaryData){ID_BYTES, core->identity.incarnation};
    head.challenge = (ProtobufCBinaryData){ID_BYTES, session->their_challenge};
    head.number = ++session->our_number;
    size_t size = attune__peer__batch_head__get_packed_size(&head);
    uint8_t *data = buf_reserve(out, size);
    if (data != NULL) {
        attune__peer__batch_head__pack(&head, data);
        buf_advance(out, size);
        session->announced = newest->number;
    }
    bytes_wipe(&copy, sizeof copy);
    return buf_done(out);
}

static int
seal(struct core *core, struct session *session, struct span head, struct span ops)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    struct batch_header header = {.epoch = session->epoch};
    uint8_t ephemeral[KEY_BYTES];
    memcpy(header.couple, core->pairing.couple, ID_BYTES);
    memcpy(header.from_log, ours->id, ID_BYTES);
    memcpy(header.to_log, session->log, ID_BYTES);
    core_fill(core, ephemeral, sizeof ephemeral);
    const struct batch_sender_keys keys = {
        .dnk_sk = core->identity.noise.sk,
        .dnk_pk = core->identity.noise.pk,
        .their_epk = session->epoch_key,
        .psk = core->pairing.psk,
        .ephemeral_sk = ephemeral,
        .ss = session->ss,
    };
    struct action *action = action_add(core, ACTION_SEND);
    action->path = session->path;
    int rc = batch_seal(&header, head, ops, &keys, &action->bytes);
    bytes_wipe(ephemeral, sizeof ephemeral);
    return rc;
}

enum { HEAD_BYTES_EACH = 72, HEAD_BYTES_FIXED = 320 };

static int
send_one(struct core *core, struct session *session, bool bare, bool *sent)
{
    const struct log_row *theirs = journal_log_find(core, session->log);
    bool frozen = theirs != NULL && theirs->state == LOG_FROZEN;
    const struct log_row *ours = journal_log(core, core->ours_no);
    struct filling filling = {.core = core};
    struct buf head = {0};
    bool more = false;
    int rc = 0;
    filling.room = batch_room(HEAD_BYTES_FIXED + core->logs_count * HEAD_BYTES_EACH);
    if (bare || !session->heads_known) { /* it may not know our log at all */
        rc = fill_one(core, &filling, ours, 1);
    } else if (session->heads_known) {
        rc = fill_evidence(core, session, &filling);
        if (rc == 0 && !frozen) {
            rc = fill(core, session, &filling, &more);
        }
    }
    finish_run(&filling);
    *sent = rc == 0 && (session->heads_owed || (filling.count > 0 && session->heads_known));
    if (*sent) {
        rc = put_head(core, session, bare, filling.count, more, &head);
    }
    if (rc == 0) {
        rc = buf_done(&filling.ops);
    }
    if (rc == 0 && *sent) {
        rc = seal(core, session, buf_span(&head), buf_span(&filling.ops));
        session->heads_owed = false;
        if (filling.count > 0 && session->heads_known) {
            struct flight *flight = &session->flights[session->flights_count++];
            *flight = (struct flight){filling.last_log, filling.last_seq};
        }
    }
    buf_free(&filling.ops);
    buf_free(&filling.run);
    buf_free(&head);
    return rc;
}

/* Was anything sent that they do not say they hold? A batch has ops of several logs. */
static bool
outstanding(struct core *core, const struct session *session)
{
    for (size_t i = 0; i < session->sent_count; i++) {
        const struct log_row *log = journal_log(core, session->sent[i].log);
        const struct heard *heard = log == NULL ? NULL : session_heard(session, log->id);
        bool closed = heard != NULL && (heard->conflict || heard->frozen);
        if (log != NULL && !closed &&
            session->sent[i].seq > (heard == NULL ? 0 : heard->seq)) {
            return true;
        }
    }
    return false;
}

int
send_batches(struct core *core, struct session *session)
{
    const struct log_row *theirs = journal_log_find(core, session->log);
    bool bare = theirs == NULL || theirs->seq == 0;
    int rc = 0;
    bool sent = true;
    if (!session->greeted || session->epoch == 0 || core->ours_no == 0 ||
        (theirs != NULL && theirs->state == LOG_PENDING)) {
        return 0;
    }
    while (rc == 0 && sent && session->flights_count < BATCH_WINDOW) {
        rc = send_one(core, session, bare, &sent);
        if (bare || !session->heads_known) {
            break;
        }
    }
    /* A full window still owes what was promised: an acknowledgement alone. */
    if (rc == 0 && session->heads_owed && session->flights_count == BATCH_WINDOW) {
        struct buf head = {0};
        rc = put_head(core, session, false, 0, false, &head);
        if (rc == 0) {
            rc = seal(core, session, buf_span(&head), SPAN_EMPTY);
        }
        session->heads_owed = false;
        buf_free(&head);
    }
    bool waits = !session->heads_known || outstanding(core, session);
    if (waits && session->resend_ms == 0) { /* else the greeting is made anew */
        if (session->resend_wait_ms == 0) {
            session->resend_wait_ms = RESEND_FIRST_MS;
        }
        session->resend_ms = core->mono_ms + session->resend_wait_ms;
    }
    return rc;
}
