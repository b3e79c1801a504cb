/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acts: the kind's own, and the three every kind has: share, retract, undo.
 *
 * Model. An act goes where its entry lives: to `ours` when it is shared, else to `mine`.
 * Invariants. A repeated request number changes nothing and returns the first result. An
 * entry of an earlier pairing takes no more acts.
 */
#include "common/error.h"
#include "daemon/core/inside.h"

#include <string.h>

int
act_append(struct core *core, int64_t log, const struct entry_row *row, const char *act,
           uint64_t request, struct span payload)
{
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ACT, .has_entry = true};
    memcpy(op.entry, row->id, ID_BYTES);
    op.theirs = row->theirs;
    memcpy(op.act, act, strlen(act) + 1);
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
    return op.purges_count == 0 ? 0 : journal_append(core, log, &op, SPAN_EMPTY);
}

static int
act_share(struct core *core, const struct folded *folded, uint32_t hold_s)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport != 0 || row->gone || row->state == S_NONE) {
        return row->lamport != 0 ? E_ALREADY : E_STATE;
    }
    if (!core->pairing.active) {
        return E_NOT_PAIRED;
    }
    if (row->state == S_HELD || hold_s == 0) {
        return entry_let_go(core, folded, 0);
    }
    int64_t until_s =
        core->now_s + (int64_t)(hold_s > HOLD_S_MAX ? HOLD_S_MAX : hold_s);
    int rc = entry_let_go(core, folded, until_s);
    entry_note_hold(core, until_s);
    return rc;
}

static int
act_retract(struct core *core, const struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    if (row->theirs) {
        return E_NOT_YOURS;
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
    if (row->theirs) {
        return E_NOT_YOURS;
    }
    if (row->lamport != 0) {
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
    int rc = store_entry_held(core->store, INT64_MAX, pick_held, &pick);
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
        if (!op.has_entry || strcmp(op.act, "opened") == 0) {
            continue;
        }
        if (strcmp(op.act, "undo") == 0) {
            return E_NO_ENTRY; /* one step back, not a walk into the past */
        }
        return store_entry_get(core->store, stored.entry, out);
    }
    return E_NO_ENTRY;
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
    unsigned who = row->theirs ? WHO_PARTNER : WHO_AUTHOR;
    if (((unsigned)rule->who & who) == 0) {
        return rule->who == WHO_AUTHOR ? E_NOT_YOURS : E_STATE;
    }
    if ((rule->from & STATE_BIT(row->state)) == 0) {
        return E_STATE;
    }
    if (rule->proposes && row->due != 0 && row->due <= core->now_s) {
        return E_STATE; /* asked for in time, or not at all */
    }
    if ((rule->asks != NULL) != (act->n_fields == 1) || act->n_fields > 1) {
        return E_USAGE;
    }
    int rc = 0;
    if (rule->asks != NULL) {
        rc = strcmp(act->fields[0]->name, rule->asks) == 0
                 ? fields_check_one(kind_field(kind, rule->asks), act->fields[0])
                 : E_USAGE;
        if (rc == 0) {
            rc = fields_check_due(core, kind, act->fields, act->n_fields);
        }
        if (rc == 0) {
            rc = fields_encode(core, act->fields, act->n_fields, &payload);
        }
    }
    if (rc == 0) {
        int64_t log = row->mine ? core->mine_no : core->ours_no;
        rc = log == 0
                 ? E_NOT_PAIRED
                 : act_append(core, log, row, rule->name, request, buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

size_t
act_names(struct core *core, const struct entry_row *row, const char **out, size_t max)
{
    const struct kind *kind = kind_find(row->kind);
    if (journal_past(core, row)) {
        return 0;
    }
    size_t count = 0;
    size_t rules = kind == NULL ? 0 : kind_acts_count(kind);
    unsigned who = row->theirs ? WHO_PARTNER : WHO_AUTHOR;
    for (size_t i = 0; i < rules && count < max; i++) {
        const struct kind_act *rule = &kind->acts[i];
        bool late = rule->proposes && row->due != 0 && row->due <= core->now_s;
        if (((unsigned)rule->who & who) != 0 && !late &&
            (rule->from & STATE_BIT(row->state)) != 0) {
            out[count++] = rule->name;
        }
    }
    bool shared = row->lamport != 0;
    if (!row->theirs && shared && row->state != S_RETRACTED && count < max) {
        out[count++] = "retract";
    }
    if (!row->theirs && !shared && core->pairing.active && !row->gone && kind != NULL &&
        kind->shareable && count < max) {
        out[count++] = "share";
    }
    if (row->state == S_HELD && count < max) {
        out[count++] = "undo";
    }
    return count;
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
    if (act->id.len == 0 && undo) {
        rc = undo_target(core, &row);
    } else if (act->id.len != ID_BYTES) {
        rc = E_USAGE;
    } else {
        rc = store_entry_find(core->store, act->id.data, act->partner, &row);
    }
    if (rc == 0) {
        rc = row.state == S_NONE        ? E_NO_ENTRY
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
            rc = act_share(core, &folded, act->hold_s);
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
        entry_reply(core, &row, reply);
        action_notice(core, "entries");
    }
    return rc;
}

int
act_opened(struct core *core, const struct entry_row *row)
{
    if (!row->fresh) {
        return 0;
    }
    return act_append(core, core->mine_no, row, "opened", 0, SPAN_EMPTY);
}
