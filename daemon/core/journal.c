/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Logs: appending ops of ours, taking ops that came from the partner, incarnations.
 *
 * Model. A log is a chain: an op's hash covers its log, its place, the hash before it and
 * its header's bytes. A log belongs to one incarnation of one device. Three classes:
 * `ours` travels, `mine` and `keys` never do.
 * Invariants. Lamports rise strictly in a log and exceed every shared one held when an op
 * was written. Only the logs of the current incarnation are appended to. An op is stored
 * whole or not at all: every check comes before the first write.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <string.h>

struct log_row *
journal_log(struct core *core, int64_t no)
{
    for (size_t i = 0; i < core->logs_count; i++) {
        if (core->logs[i].no == no) {
            return &core->logs[i];
        }
    }
    return NULL;
}

struct log_row *
journal_log_find(struct core *core, const uint8_t id[static ID_BYTES])
{
    for (size_t i = 0; i < core->logs_count; i++) {
        if (memcmp(core->logs[i].id, id, ID_BYTES) == 0) {
            return &core->logs[i];
        }
    }
    return NULL;
}

bool
journal_shared(const struct core *core, const struct log_row *log)
{
    return log->class == LOG_OURS && core->pairing.active &&
           log->pairing == core->pairing.number;
}

struct shared_in {
    struct core *core;
    const struct log_row *log;
};

static int
look_shared(void *context, const struct op_row *row)
{
    struct shared_in *in = context;
    const struct log_row *log = journal_log(in->core, row->log);
    in->log = log != NULL && log->class == LOG_OURS ? log : in->log;
    return in->log != NULL;
}

bool
journal_past(struct core *core, const struct entry_row *row)
{
    struct shared_in in = {.core = core, .log = journal_log(core, row->text_log)};
    if (row->lamport == 0) {
        return false;
    }
    if (in.log == NULL || in.log->class != LOG_OURS) { /* its words are not shared */
        in.log = NULL;
        if (store_entry_ops(core->store, row->no, look_shared, &in) < 0) {
            return true;
        }
    }
    return in.log == NULL || !journal_shared(core, in.log);
}

int
journal_set_state(struct core *core, struct log_row *log, enum log_state state)
{
    if (log->state == state) {
        return 0;
    }
    log->state = state;
    core->dirty = true;
    return store_log_put(core->store, log);
}

uint64_t
journal_shared_count(const struct core *core)
{
    uint64_t count = 0;
    for (size_t i = 0; i < core->logs_count; i++) {
        if (journal_shared(core, &core->logs[i])) {
            count += core->logs[i].seq;
        }
    }
    return count;
}

/* One more than every lamport of the log's class we hold (`ours`: of this pairing). */
static uint64_t
next_lamport(const struct core *core, const struct log_row *log)
{
    uint64_t lamport = log->lamport;
    for (size_t i = 0; i < core->logs_count; i++) {
        const struct log_row *other = &core->logs[i];
        if (other->class == log->class && other->pairing == log->pairing &&
            other->lamport > lamport) {
            lamport = other->lamport;
        }
    }
    return lamport + 1;
}

int
journal_hash(struct core *core, const struct log_row *log, uint64_t seq,
             uint8_t hash[static HASH_BYTES])
{
    if (seq == 0) {
        memset(hash, 0, HASH_BYTES);
        return 0;
    }
    if (seq == log->seq) {
        memcpy(hash, log->hash, HASH_BYTES);
        return 0;
    }
    return store_op_hash(core->store, log->no, seq, hash);
}

/* After an op: its entry's new state, what follows from that, and whether to tell. */
static int
settle(struct core *core, const struct op *op, struct span payload, bool complete,
       struct entry_row *row)
{
    enum state before = row->state;
    bool was_fresh = row->fresh;
    const struct kind *kind = kind_find(row->kind);
    core->seals_due = core->seals_due || (kind != NULL && kind->sealed != SEALED_NOT);
    int rc = complete ? 0 : fold_refresh(core, row);
    rc = rc != 0 ? rc : fade_note(core, before, row);
    if (rc == 0 && payload.size > 0 && strcmp(op->act, SEAL_ACT) != 0) {
        rc = fade_late(core, row);
    }
    core->fades_due =
        core->fades_due || (kind != NULL && kind->consent == CONSENT_LONGER);
    core->pause_known = false;
    core->due_changed =
        core->due_changed || (kind != NULL && kind->due.remind != REMIND_NOBODY);
    if (rc == 0 && op->has_accepts && !row->theirs) {
        rc = seal_settle(core, row);
    }
    bool moved = row->fresh || was_fresh || row->state != before; /* taken back, too */
    core->told = core->told || (moved && !query_hides(core, row));
    return rc;
}

/* Stores a checked op at log.seq + 1, moves the log's head, folds its entry. */
static int
put(struct core *core, int64_t log_no, const struct op *op, struct span header,
    struct span payload, struct span self_tag, const uint8_t hash[static HASH_BYTES])
{
    struct log_row *log = journal_log(core, log_no);
    struct entry_row row;
    bool created = false;
    struct op_row stored = {
        .log = log->no,
        .seq = log->seq + 1,
        .header = header,
        .payload = payload,
        .self_tag = self_tag,
        .payload_gone = op->has_payload && payload.size == 0,
    };
    int rc = 0;
    core->dirty = true;
    memcpy(stored.hash, hash, HASH_BYTES);
    if (op->has_entry) {
        rc = fold_row(core, log, op, payload, &row, &created);
        if (rc != 0) {
            return rc;
        }
        stored.entry = row.no;
        stored.creates = op->type == ATTUNE__JOURNAL__OP_TYPE__ENTRY;
    }
    rc = store_op_put(core->store, &stored);
    if (rc != 0) {
        return rc;
    }
    log->seq++;
    log->lamport = op->lamport;
    log->bytes += header.size + payload.size;
    memcpy(log->hash, hash, HASH_BYTES);
    core->ops_written++;
    return op->has_entry ? settle(core, op, payload, created && stored.creates, &row) : 0;
}

int
journal_append(struct core *core, int64_t log_no, struct op *op, struct span payload)
{
    struct log_row *log = journal_log(core, log_no);
    struct buf header = {0};
    uint8_t hash[HASH_BYTES], tag[SELF_TAG_BYTES];
    if (log == NULL || log->theirs || log->state != LOG_LIVE) {
        return E_INTERNAL;
    }
    op->lamport = next_lamport(core, log);
    if (log->class == LOG_OURS) {
        op->time = core->now_s > 0 ? (uint64_t)core->now_s / 60 : 0;
    } else {
        op->time = core->now_s > 0 ? (uint64_t)core->now_s : 0;
        op->zone = core->zone_min;
    }
    op->has_payload = payload.size > 0;
    if (op->has_payload) {
        keys_payload_hash(payload, op->payload_hash);
    }
    int rc = op_encode(op, &header);
    if (rc == 0) {
        keys_op_hash(log->id, log->seq + 1, log->hash, buf_span(&header), hash);
        keys_self_tag(core->identity.k_self, hash, tag);
        rc = put(core, log_no, op, buf_span(&header), payload, span_of(tag, sizeof tag),
                 hash);
    }
    if (rc == 0) {
        rc = store_log_put(core->store, journal_log(core, log_no));
    }
    buf_free(&header);
    return rc;
}

/* Is `log` the log its first op says it is? */
static bool
opens_itself(const struct core *core, const struct log_row *log, const struct op *op)
{
    uint8_t id[ID_BYTES];
    keys_log_id((enum keys_log_class)LOG_OURS, op->device, op->incarnation,
                core->pairing.couple, id);
    return op->type == ATTUNE__JOURNAL__OP_TYPE__OPEN &&
           memcmp(id, log->id, ID_BYTES) == 0;
}

static int
check_op(struct core *core, const struct log_row *log, const struct op *op,
         const Attune__Journal__Op *message)
{
    uint8_t hash[HASH_BYTES];
    struct span payload = span_of(message->payload.data, message->payload.len);
    bool opens = op->type == ATTUNE__JOURNAL__OP_TYPE__OPEN;
    if ((log->seq == 0) != opens || (opens && !opens_itself(core, log, op))) {
        return E_OP_CHAIN;
    }
    if (op->lamport <= log->lamport ||
        op->lamport > journal_shared_count(core) + LAMPORT_LEAD_MAX ||
        (log->theirs && log->seq >= log->bind_seq && op->lamport <= log->bind_lamport)) {
        return E_OP_LAMPORT;
    }
    bool purges = op->type == ATTUNE__JOURNAL__OP_TYPE__PURGE;
    if (op->type == ATTUNE__JOURNAL__OP_TYPE__NOTE || op->mine || op->until_s != 0 ||
        (purges && (op->theirs || op->act[0] != '\0'))) {
        return E_OP_SHAPE; /* belongs to logs that never travel */
    }
    if (payload.size == 0) {
        return 0;
    }
    keys_payload_hash(payload, hash);
    if (!op->has_payload || memcmp(hash, op->payload_hash, HASH_BYTES) != 0) {
        return E_OP_SHAPE;
    }
    Attune__Journal__Payload *decoded;
    int rc = payload_decode(payload, core->scratch, &decoded);
    for (size_t i = 0; rc == 0 && i < decoded->n_fields; i++) {
        rc = decoded->fields[i]->text.len > TEXT_BYTES_MAX ? E_OP_SHAPE : 0;
    }
    return rc;
}

int
journal_take(struct core *core, struct log_row *log, const Attune__Journal__Op *message)
{
    struct span header = span_of(message->header.data, message->header.len);
    struct span payload = span_of(message->payload.data, message->payload.len);
    struct span tag = span_of(message->self_tag.data, message->self_tag.len);
    uint8_t hash[HASH_BYTES], expected[SELF_TAG_BYTES];
    struct op op;
    if (tag.size != SELF_TAG_BYTES) {
        return E_OP_SHAPE;
    }
    int rc = op_decode(header, core->scratch, &op);
    if (rc == 0) {
        rc = check_op(core, log, &op, message);
    }
    if (rc == 0) {
        keys_op_hash(log->id, log->seq + 1, log->hash, header, hash);
        if (!log->theirs) { /* only tags of our own can be checked */
            keys_self_tag(core->identity.k_self, hash, expected);
            rc = hash_equal(expected, tag.data, SELF_TAG_BYTES) ? 0 : E_OP_AUTHOR;
        }
    }
    if (rc == 0 && log->seq == 0) {
        memcpy(log->device, op.device, KEY_BYTES);
        memcpy(log->incarnation, op.incarnation, ID_BYTES);
        if (op.has_previous) {
            memcpy(log->previous_log, op.previous_log, ID_BYTES);
            log->previous_seq = op.previous_seq;
        }
    }
    if (rc == 0) {
        rc = put(core, log->no, &op, header, payload, tag, hash);
    }
    arena_reset(core->scratch);
    return rc;
}

/* ---- incarnations ---- */

static int
open_log(struct core *core, enum log_class class, struct log_row *previous)
{
    struct log_row row = {.class = class, .state = LOG_LIVE};
    const uint8_t *couple = NULL;
    struct log_row *log;
    if (class == LOG_OURS) {
        row.pairing = core->pairing.number;
        couple = core->pairing.couple;
    }
    memcpy(row.device, core->identity.device.pk, KEY_BYTES);
    memcpy(row.incarnation, core->identity.incarnation, ID_BYTES);
    keys_log_id((enum keys_log_class)class, row.device, row.incarnation, couple, row.id);

    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__OPEN};
    memcpy(op.incarnation, row.incarnation, ID_BYTES);
    memcpy(op.device, row.device, KEY_BYTES);
    if (previous != NULL) {
        op.has_previous = true;
        memcpy(op.previous_log, previous->id, ID_BYTES);
        op.previous_seq = previous->seq;
        memcpy(op.previous_head, previous->hash, HASH_BYTES);
        memcpy(row.previous_log, previous->id, ID_BYTES);
        row.previous_seq = previous->seq;
    }
    int rc = journal_add_log(core, &row, &log);
    return rc != 0 ? rc : journal_append(core, log->no, &op, SPAN_EMPTY);
}

/* The newest log of ours of a class (for `ours`: of this pairing), by lamport. */
static struct log_row *
newest_own(struct core *core, enum log_class class)
{
    struct log_row *newest = NULL;
    for (size_t i = 0; i < core->logs_count; i++) {
        struct log_row *log = &core->logs[i];
        bool fits = log->class == class && !log->theirs && log->seq > 0 &&
                    (class != LOG_OURS || journal_shared(core, log));
        if (fits && (newest == NULL || log->lamport > newest->lamport)) {
            newest = log;
        }
    }
    return newest;
}

int
journal_open_ours(struct core *core)
{
    struct log_row *current = journal_log(core, core->ours_no);
    if (current != NULL && journal_shared(core, current)) {
        return 0;
    }
    struct log_row copy, *previous = newest_own(core, LOG_OURS);
    if (previous != NULL) {
        copy = *previous; /* the array may move */
        previous = &copy;
    }
    core->acknowledged = 0;
    return open_log(core, LOG_OURS, previous);
}

static int
close_current(struct core *core, int64_t no)
{
    struct log_row *log = journal_log(core, no);
    if (log == NULL) {
        return 0;
    }
    log->state = LOG_CLOSED;
    core->dirty = true;
    return store_log_put(core->store, log);
}

int
journal_incarnate(struct core *core)
{
    static const enum log_class classes[] = {LOG_KEYS, LOG_MINE, LOG_OURS};
    int rc = close_current(core, core->keys_no);
    if (rc == 0) {
        rc = close_current(core, core->mine_no);
    }
    if (rc == 0) {
        rc = close_current(core, core->ours_no);
    }
    if (rc != 0) {
        return rc;
    }
    core->keys_no = core->mine_no = core->ours_no = 0;
    core_fill(core, core->identity.incarnation, ID_BYTES);
    rc = state_save_identity(core);
    for (size_t i = 0; rc == 0 && i < sizeof classes / sizeof classes[0]; i++) {
        struct log_row copy, *previous = newest_own(core, classes[i]);
        if (previous != NULL) {
            copy = *previous;
            previous = &copy;
        }
        if (classes[i] == LOG_OURS) {
            if (core->pairing.active) {
                rc = journal_open_ours(core);
            }
        } else {
            rc = open_log(core, classes[i], previous);
        }
    }
    if (rc == 0 && core->pairing.active) {
        core->epochs.count = 0; /* epochs belong to a log */
        rc = epoch_make(core, NULL);
    }
    sync_forget(core);
    return rc;
}

int
journal_acknowledged(struct core *core, uint64_t *seq)
{
    struct log_row *ours = journal_log(core, core->ours_no);
    struct buf value = {0};
    *seq = 0;
    if (ours == NULL) {
        return 0;
    }
    int rc = store_value_get(core->store, "acknowledged", &value);
    if (rc == 0 && value.size == ID_BYTES + 8 &&
        memcmp(value.data, ours->id, ID_BYTES) == 0) {
        *seq = bytes_get_u64(value.data + ID_BYTES);
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

int
journal_set_acknowledged(struct core *core, uint64_t seq)
{
    struct log_row *ours = journal_log(core, core->ours_no);
    uint8_t value[ID_BYTES + 8];
    if (ours == NULL || seq == core->acknowledged) {
        return 0;
    }
    core->acknowledged = seq;
    memcpy(value, ours->id, ID_BYTES);
    bytes_set_u64(value + ID_BYTES, seq);
    return state_set(core, "acknowledged", span_of(value, sizeof value));
}

int
journal_note(struct core *core, const char *what, struct span payload)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__NOTE};
    memcpy(op.act, what, strlen(what) + 1);
    return journal_append(core, core->keys_no, &op, payload);
}
