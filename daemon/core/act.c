/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acts: the kind's own, and the three every kind has: share, retract, undo.
 *
 * Model. An act goes where its entry lives: to `ours` when it is shared, else to `mine`.
 * Invariants. A repeated request number changes nothing and returns the first result. An
 * entry of an earlier pairing takes no more acts.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <string.h>

struct op
act_op(const struct entry_row *row, const char *act)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true};
    memcpy(op.entry, row->id, ID_BYTES);
    op.theirs = row->theirs;
    memcpy(op.act, act, strlen(act) + 1);
    return op;
}

int
act_append(struct core *core, int64_t log, const struct entry_row *row, const char *act,
           uint64_t request, struct span payload)
{
    struct op op = act_op(row, act);
    op.request = request;
    return journal_append(core, log, &op, payload);
}

static int
append_purge(struct core *core, int64_t log, const struct folded *folded, bool ours_log)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true};
    uint8_t(*hashes)[HASH_BYTES] =
        arena_alloc(core->arena, (folded->count + 1) * HASH_BYTES);
    if (hashes == NULL) {
        return E_MEMORY;
    }
    memcpy(op.entry, folded->row.id, ID_BYTES);
    for (size_t i = 0; i < folded->count && op.purges_count < PURGES_MAX; i++) {
        const struct folded_op *item = &folded->ops[i];
        if (item->ours_log == ours_log && !item->by_theirs && item->op.has_payload) {
            memcpy(hashes[op.purges_count++], item->hash, HASH_BYTES);
        }
    }
    op.purges = (const uint8_t(*)[HASH_BYTES])hashes;
    /* A seal has no words that left: taking it back is said all the same. */
    return op.purges_count == 0 && !ours_log ? 0
                                             : journal_append(core, log, &op, SPAN_EMPTY);
}

static int
act_share(struct core *core, const struct folded *folded, const Attune__Local__Act *act)
{
    const struct entry_row *row = &folded->row;
    uint32_t hold_s = act->hold_s > HOLD_S_MAX ? HOLD_S_MAX : act->hold_s;
    int64_t until_s = hold_s == 0 ? 0 : core->now_s + (int64_t)hold_s;
    const struct kind *kind = kind_find(row->kind);
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    bool topic = row->state == S_TOPIC;
    if ((row->lamport != 0 && !topic) || row->gone || row->state == S_NONE) {
        return row->lamport != 0 ? E_ALREADY : E_STATE;
    }
    if (!core->pairing.active) {
        return E_NOT_PAIRED;
    }
    if (act->topic) {
        bool can = !topic && row->mine && kind != NULL && kind->shareable &&
                   kind->sealed == SEALED_NOT && row->state != S_DRAFT;
        return can ? entry_topic(core, folded, act->fields, act->n_fields, until_s)
               : topic ? E_ALREADY
                       : E_REFUSED;
    }
    if (topic) { /* held already: it leaves now */
        return entry_share_text(core, folded, row->wake != 0 ? 0 : until_s);
    }
    if (row->state == S_HELD) {
        return entry_leave(core, folded);
    }
    struct entry_row question;
    int rc = kind != NULL && kind->round_asked && row->has_parent
                 ? entry_may_answer(core, row->parent, row->parent_theirs, &question)
                 : 0;
    return rc != 0 ? rc : entry_let_go(core, folded, until_s);
}

static int
act_retract(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->state == S_HELD) { /* it has not left yet */
        return act_append(core, core->mine_no, row, "undo", 0, SPAN_EMPTY);
    }
    if (row->state == S_DRAFT) {
        return append_purge(core, core->mine_no, folded, false);
    }
    if (row->lamport == 0 || row->state == S_RETRACTED) {
        return row->state == S_RETRACTED ? E_ALREADY : E_STATE;
    }
    if (core->ours_no == 0) {
        return E_NOT_PAIRED;
    }
    int rc = append_purge(core, core->ours_no, folded, true);
    return rc != 0 ? rc : append_purge(core, core->mine_no, folded, false);
}

static int
act_undo(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    if (folded->pending != NULL) {
        return act_append(core, core->mine_no, row, "undo", 0, SPAN_EMPTY);
    }
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport != 0 && !(row->state == S_TOPIC && row->wake != 0)) {
        return E_LEFT;
    }
    if (row->state == S_DRAFT || row->state == S_RETRACTED || row->state == S_NONE) {
        return E_STATE;
    }
    return act_append(core, core->mine_no, row, "undo", 0, SPAN_EMPTY);
}

struct newest_held {
    struct entry_row row;
    bool found;
};

static int
pick_held(void *context, const struct entry_row *row)
{
    struct newest_held *pick = context;
    bool given = row->state == S_HELD && row->wake - row->time > (int64_t)HOLD_S_MAX + 60;
    if (!entry_is_held(row) || given) {
        return 0; /* waits for something else, or was given a far day: by its id */
    }
    if (!pick->found || row->no > pick->row.no) {
        pick->row = *row;
        pick->found = true;
    }
    return 0;
}

/* What a bare `undo` means: what is held, else what my newest private op was about. */
static int
undo_target(struct core *core, struct entry_row *out)
{
    enum { LOOK_BACK_MAX = 64 };
    struct newest_held pick = {.found = false};
    int rc = store_entry_waking(core->store, INT64_MAX, pick_held, &pick);
    if (rc != 0 || pick.found) {
        *out = pick.row;
        return rc;
    }
    const struct log_row *mine = journal_log(core, core->mine_no);
    for (uint64_t seq = mine->seq; seq > 0 && mine->seq - seq < LOOK_BACK_MAX; seq--) {
        struct op_row stored;
        struct op op;
        rc = store_op_get(core->store, mine->no, seq, core->arena, &stored);
        if (rc == 0) {
            rc = op_decode(stored.header, core->arena, &op);
        }
        if (rc != 0) {
            return rc;
        }
        bool undo = strcmp(op.act, "undo") == 0;
        if (!op.has_entry || (!undo && !walk_can_undo(&op))) {
            continue;
        }
        if (undo) {
            return E_NO_ENTRY; /* one step back, not a walk into the past */
        }
        return store_entry_get(core->store, stored.entry, out);
    }
    return E_NO_ENTRY;
}

/* May this person do it now? Not what crossed would be: nobody is made to guess. */
static int
act_allowed(struct core *core, const struct entry_row *row, const struct kind_act *rule)
{
    unsigned who = row->theirs ? WHO_PARTNER : WHO_AUTHOR;
    enum state said = row->theirs ? S_PARTNER : S_AUTHOR;
    if (((unsigned)rule->who & who) == 0) {
        return rule->who == WHO_AUTHOR ? E_NOT_YOURS : E_STATE;
    }
    if (rule->both && row->state == said) {
        return E_ALREADY;
    }
    if (rule->both && (row->mine || row->lamport == 0)) {
        return E_STATE; /* nobody else knows of it */
    }
    const struct kind *kind = kind_find(row->kind);
    bool passed = row->due != 0 && row->due <= core->now_s;
    bool late = passed && (rule->proposes || (row->theirs && kind != NULL &&
                                              kind->due.field != NULL &&
                                              kind->due.remind == REMIND_NOBODY));
    bool fits = (rule->from & STATE_BIT(row->state)) != 0 && !rule->by_itself &&
                !(rule->root && row->has_parent) && !late;
    return fits ? 0 : E_STATE; /* asked for in time, or not at all */
}

/* The field it asks for, and nothing else. */
static int
check_field(struct core *core, const struct kind *kind, const struct kind_act *rule,
            const Attune__Local__Act *act)
{
    if (act->n_fields == 0) {
        return rule->asks != NULL && !rule->optional ? E_USAGE : 0;
    }
    if (act->n_fields > 1 || rule->asks == NULL ||
        strcmp(act->fields[0]->name, rule->asks) != 0) {
        return E_USAGE;
    }
    const struct kind_field *field = kind_field(kind, rule->asks);
    if (kind_field_is_text(field) && act->fields[0]->text.len == 0) {
        return E_EMPTY;
    }
    int rc = fields_check_one(field, act->fields[0]);
    return rc != 0 ? rc : fields_check_due(core, kind, act->fields, act->n_fields);
}

static int
send_act(struct core *core, const struct entry_row *row, const struct kind_act *rule,
         uint64_t request, struct span payload)
{
    int64_t log = row->mine ? core->mine_no : core->ours_no;
    int rc = log == 0 ? E_NOT_PAIRED
                      : act_append(core, log, row, rule->name, request, payload);
    if (rc == 0 && !row->mine && rule->with_root != NULL) {
        rc = thread_tell_root(core, row, rule->with_root);
    }
    return rc;
}

/* Words wait a moment before they leave, in an act as in an entry. */
static int
hold_act(struct core *core, const struct entry_row *row, const struct kind_act *rule,
         uint64_t request, uint32_t hold_s, struct span payload)
{
    struct op op = act_op(row, rule->name);
    op.request = request;
    op.until_s = core->now_s + (int64_t)hold_s;
    return journal_append(core, core->mine_no, &op, payload);
}

int
act_leave(struct core *core, const struct folded *folded)
{
    const struct folded_op *pending = folded->pending;
    const struct kind *kind = kind_find(folded->row.kind);
    const struct kind_act *rule =
        pending == NULL || kind == NULL ? NULL : kind_act(kind, pending->op.act);
    if (rule == NULL || pending->payload.size == 0) {
        return E_STATE;
    }
    /* If the other was faster, it goes all the same, and is shown as crossed. */
    return send_act(core, &folded->row, rule, pending->op.request, pending->payload);
}

static int
act_of_kind(struct core *core, const struct folded *folded,
            const Attune__Local__Act *act, uint64_t request)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    const struct kind_act *rule = kind == NULL ? NULL : kind_act(kind, act->act);
    struct buf payload = {0};
    if (rule == NULL) { /* some kind has the act, this one doesn't */
        return act_help(act->act) != NULL ? E_STATE : E_KIND;
    }
    int rc = act_allowed(core, row, rule);
    rc = rc != 0 ? rc : check_field(core, kind, rule, act);
    if (rc == 0 && folded->count >= ACTS_OF_ENTRY_MAX && rule->to == row->state) {
        rc = E_LIMIT; /* time for a new one; it can still be brought to an end */
    }
    if (rc == 0 && kind->recurring && act->n_fields == 0 && rule->to == row->state &&
        recurring_done(core, folded) == core_local_day(core, core->now_s)) {
        rc = E_ALREADY; /* it was said already today */
    }
    if (rc == 0 && act->n_fields > 0) {
        rc = fields_encode(core, act->fields, act->n_fields, &payload);
    }
    bool words = payload.size > 0 && kind_field_is_text(kind_field(kind, rule->asks));
    uint32_t hold_s = act->hold_s > HOLD_S_MAX ? HOLD_S_MAX : act->hold_s;
    if (rc == 0 && words && hold_s > 0 && request != 0 && !row->mine) {
        rc = folded->pending != NULL
                 ? E_ALREADY
                 : hold_act(core, row, rule, request, hold_s, buf_span(&payload));
    } else if (rc == 0) {
        rc = send_act(core, row, rule, request, buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

size_t
act_names(struct core *core, const struct entry_row *row, const char **out, size_t max)
{
    const struct kind *kind = kind_find(row->kind);
    const struct kind_act *rule;
    size_t count = 0;
    if (journal_past(core, row) || row->state == S_HELD) {
        kind = NULL;
    }
    for (size_t i = 0; kind != NULL && (rule = kind_act_at(kind, i)) != NULL && count < max;
         i++) {
        if (act_allowed(core, row, rule) == 0) {
            out[count++] = rule->name;
        }
    }
    if (journal_past(core, row)) {
        return count;
    }
    kind = kind_find(row->kind);
    bool shared = row->lamport != 0;
    if (!row->theirs && shared && row->state != S_RETRACTED && !row->faded && count < max) {
        out[count++] = "retract";
    }
    bool topic = row->state == S_TOPIC;
    if (!row->theirs && (!shared || topic) && core->pairing.active && !row->gone &&
        kind != NULL && kind->shareable && count < max) {
        out[count++] = "share";
    }
    if (entry_is_held(row) && count < max) {
        out[count++] = "undo";
    }
    return count;
}

/* ---- which entry, when no id was given ---- */

struct only {
    struct core *core;
    const char *act;
    size_t count;
    bool pauses; /* all of them: two may have begun at once; the one that is due last */
    struct entry_row row;
};

static int
pick_only(void *context, const struct entry_row *row)
{
    struct only *only = context;
    const struct kind *kind = kind_find(row->kind);
    const struct kind_act *rule = kind == NULL ? NULL : kind_act(kind, only->act);
    if (rule != NULL && !journal_past(only->core, row) && !query_hides(only->core, row) &&
        act_allowed(only->core, row, rule) == 0) {
        only->pauses = kind->pauses && (only->count == 0 || only->pauses);
        only->row = only->count == 0 || row->due > only->row.due ? *row : only->row;
        only->count++;
    }
    return 0;
}

/* The only one that can take it, of those somebody can still move. */
static int
act_target(struct core *core, const char *act, struct entry_row *out)
{
    struct only only = {.core = core, .act = act};
    struct entry_filter filter = {.live_only = true};
    int rc = store_entry_list(core->store, &filter, pick_only, &only);
    if (rc < 0) {
        return rc;
    }
    *out = only.row;
    return only.count == 0                   ? E_NO_ENTRY
           : only.count > 1 && !only.pauses ? E_AMBIGUOUS
                                            : 0;
}

static bool
told_before(const struct folded *folded, uint64_t request)
{
    for (size_t i = 0; request != 0 && i < folded->count; i++) {
        if (folded->ops[i].op.request == request && !folded->ops[i].by_theirs) {
            return true;
        }
    }
    return false;
}

int
act_run(struct core *core, const Attune__Local__Act *act, Attune__Local__Reply *reply)
{
    struct entry_row row;
    struct folded folded;
    uint64_t request =
        act->request.len == REQUEST_BYTES ? bytes_get_u64(act->request.data) : 0;
    bool undo = strcmp(act->act, "undo") == 0;
    int rc;
    if (act->id.len == 0) {
        rc = undo ? undo_target(core, &row) : act_target(core, act->act, &row);
    } else if (act->id.len != ID_BYTES) {
        rc = E_USAGE;
    } else {
        rc = store_entry_find(core->store, act->id.data, act->partner, &row);
    }
    if (rc == 0) {
        rc = row.state == S_NONE || query_hides(core, &row) ? E_NO_ENTRY
             : journal_past(core, &row) ? E_STATE /* belongs to an earlier pairing */
                                        : fold_entry(core, &row, core->arena, &folded);
    }
    if (rc != 0) {
        return rc;
    }
    if (!told_before(&folded, request)) {
        if (undo) {
            rc = act_undo(core, &folded);
        } else if (strcmp(act->act, "share") == 0) {
            rc = act_share(core, &folded, act);
        } else if (strcmp(act->act, "retract") == 0) {
            rc = act_retract(core, &folded);
        } else {
            rc = act_of_kind(core, &folded, act, request);
        }
    }
    if (rc == 0) {
        rc = store_entry_get(core->store, row.no, &row);
    }
    if (rc == 0) {
        reply->mine = row.mine;
        entry_reply(core, &row, reply);
        action_notice(core, "entries");
    }
    return rc;
}

int
act_opened(struct core *core, const struct folded *folded)
{
    struct op op = act_op(&folded->row, "opened");
    if (!folded->row.fresh) {
        return 0;
    }
    op.until_s = (int64_t)folded->news; /* up to here; what comes after is news again */
    action_notice(core, "entries"); /* it no longer waits: for the desktop, for a bar */
    return journal_append(core, core->mine_no, &op, SPAN_EMPTY);
}
