/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heads: what the partner says it holds, and what follows from that.
 *
 * The last ones heard count, never the highest. They acknowledge, they bind the sender's
 * order, and they show a log with two histories or a device that forgot.
 */
#include "common/error.h"
#include "daemon/core/receive.h"

#include <string.h>

static int
hear(struct incoming *in, const Attune__Peer__Head *stated, uint64_t *bind)
{
    struct core *core = in->core;
    struct session *session = in->session;
    struct log_row *log = journal_log_find(core, stated->log.data);
    struct heard *heard = &session->heard[session->heard_count++];
    uint8_t hash[HASH_BYTES];
    memcpy(heard->log, stated->log.data, ID_BYTES);
    memcpy(heard->hash, stated->hash.data, HASH_BYTES);
    heard->seq = stated->seq;
    heard->conflict = false;
    heard->frozen = stated->frozen;
    if (log == NULL || !journal_shared(core, log) || stated->seq > log->seq) {
        return 0;
    }
    int rc = journal_hash(core, log, stated->seq, hash);
    if (rc != 0) {
        return rc;
    }
    if (memcmp(hash, stated->hash.data, HASH_BYTES) != 0) {
        heard->conflict = true;
        return log->theirs ? journal_set_state(core, log, LOG_FROZEN) : 0;
    }
    if (stated->seq == log->seq) {
        *bind = log->lamport > *bind ? log->lamport : *bind;
    } else if (!log->theirs) {
        struct op_row op;
        rc = store_op_get(core->store, log->no, stated->seq, core->arena, &op);
        if (rc == 0) {
            uint64_t lamport = op_lamport(op.header);
            *bind = lamport > *bind ? lamport : *bind;
        }
    }
    if (rc == 0 && log->no == core->ours_no) {
        rc = journal_set_acknowledged(core, stated->seq);
        in->frozen = stated->frozen ? stated : NULL;
    }
    return rc;
}

static void
land_flights(struct core *core, struct session *session)
{
    size_t kept = 0;
    for (size_t i = 0; i < session->flights_count; i++) {
        const struct flight *flight = &session->flights[i];
        const struct log_row *log = journal_log(core, flight->log);
        const struct heard *heard = log == NULL ? NULL : session_heard(session, log->id);
        if (log != NULL && (heard == NULL || heard->seq < flight->seq)) {
            session->flights[kept++] = *flight;
        }
    }
    uint64_t held = 0;
    for (size_t i = 0; i < session->heard_count; i++) {
        held += session->heard[i].seq;
    }
    if (held != session->held) { /* what they take is new: patience begins anew */
        session->resend_wait_ms = 0;
        session->resend_ms = 0;
    } else if (kept == 0) {
        session->resend_ms = 0;
    }
    session->held = held;
    session->flights_count = kept;
}

static size_t
own_logs(const struct core *core)
{
    size_t count = 0;
    for (size_t i = 0; i < core->logs_count; i++) {
        count += !core->logs[i].theirs && journal_shared(core, &core->logs[i]);
    }
    return count;
}

int
heads_take(struct incoming *in)
{
    struct core *core = in->core;
    struct session *session = in->session;
    struct log_row *from = journal_log_find(core, in->header.from_log);
    uint64_t bind = 0;
    if (from == NULL || from->seq == 0 || from->state == LOG_PENDING ||
        in->head->n_heads > HEADS_MAX) {
        return 0;
    }
    if (in->head->n_heads == 0) { /* it does not know our log: begin with our opening */
        session->heads_known = false;
        session->heads_owed = true;
        session->flights_count = session->sent_count = session->heard_count = 0;
        return 0;
    }
    for (size_t i = 0; i < in->head->n_heads; i++) {
        const Attune__Peer__Head *stated = in->head->heads[i];
        if (stated->log.len != ID_BYTES || stated->hash.len != HASH_BYTES ||
            stated->seq == 0) {
            return 0;
        }
    }
    session->heard_count = 0;
    for (size_t i = 0; i < in->head->n_heads; i++) {
        int rc = hear(in, in->head->heads[i], &bind);
        if (rc != 0) {
            return rc;
        }
    }
    session->heads_known = true;
    land_flights(core, session);
    from = journal_log_find(core, in->header.from_log);
    const struct heard *self = session_heard(session, from->id);
    if (self == NULL || self->conflict) {
        return 0;
    }
    if (self->seq < from->seq) { /* a device that forgot what it wrote */
        if (memcmp(core->accepted, from->id, ID_BYTES) == 0) {
            return 0;
        }
        action_notice(core, "pairing");
        return journal_set_state(core, from, LOG_PENDING);
    }
    if (self->seq > from->bind_seq || bind > from->bind_lamport) {
        from->bind_seq = self->seq;
        from->bind_lamport = bind > from->bind_lamport ? bind : from->bind_lamport;
        core->dirty = true;
        int rc = store_log_put(core->store, from);
        if (rc != 0) {
            return rc;
        }
    }
    if (in->frozen == NULL || own_logs(core) >= LOGS_PER_PERSON_MAX) {
        return 0; /* the claim needs no proof, so it may not be made for ever */
    }
    /* Another copy of us wrote on in our log, and they believe neither. */
    core->copy_alert = true;
    action_notice(core, "pairing");
    int rc = state_save_days(core);
    return rc != 0 ? rc : fork_reissue(core, in->frozen->seq, in->frozen->hash.data);
}
