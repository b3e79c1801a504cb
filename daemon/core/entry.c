/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries: writing one, holding it, letting it go.
 *
 * Model. A private entry lives in `mine`. A held one too, marked with when it leaves; then
 * the core appends it to `ours` under the same id. An act goes where its entry lives.
 * Invariants. Everything is checked before the first op is written. A repeated request
 * (entry id, act's request number) changes nothing and returns the first result. Nothing
 * that would tell the partner of a private entry is ever written to `ours`.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/text.h"
#include "daemon/core/inside.h"

#include <string.h>

/* ---- writing ---- */

void
entry_reply(struct core *core, const struct entry_row *row, Attune__Local__Reply *reply)
{
    reply->id = pb_span(arena_copy(core->arena, span_of(row->id, ID_BYTES)));
    reply->state = arena_text(core->arena, span_text(state_name(row->state)));
    reply->hold_s = row->state == S_HELD && row->held_until > core->now_s
                        ? (uint32_t)(row->held_until - core->now_s)
                        : 0;
    uint32_t unique = 3;
    if (store_entry_unique(core->store, row->id, &unique) == 0) {
        reply->unique = unique;
    }
}

void
entry_note_hold(struct core *core, int64_t until_s)
{
    if (core->next_hold_s == 0 || until_s < core->next_hold_s) {
        core->next_hold_s = until_s;
    }
}

struct plan { /* where a new entry goes */
    bool mine;
    bool draft;
    bool kept_mine;
};

static int
plan_entry(struct core *core, const Attune__Local__Entry *entry,
           const struct kind *kind, const struct entry_row *parent, struct plan *plan)
{
    bool by_default = strcmp(entry->state, "default") == 0;
    bool parent_private = parent != NULL && (parent->mine || parent->lamport == 0 ||
                                             journal_past(core, parent));
    *plan = (struct plan){.mine = by_default ? kind->mine : entry->mine != 0,
                          .draft = entry->draft != 0};
    if (plan->draft) {
        plan->mine = true;
    } else if (!plan->mine && by_default && (!core->pairing.active || parent_private)) {
        plan->mine = plan->kept_mine = true;
    } else if (!plan->mine && !core->pairing.active) {
        return E_NOT_PAIRED;
    } else if (!plan->mine && (!kind->shareable || parent_private)) {
        return E_REFUSED; /* would tell of a private entry */
    }
    return 0;
}

static int
find_parent(struct core *core, const Attune__Local__Entry *entry,
            const struct kind *kind, struct entry_row *parent, bool *has_parent)
{
    *has_parent = entry->parent.len == ID_BYTES;
    if (!*has_parent) {
        return entry->parent.len != 0 || (kind->reply && !entry->draft) ? E_USAGE : 0;
    }
    int rc = store_entry_find(core->store, entry->parent.data, entry->parent_partner,
                              parent);
    if (rc == 0 && (parent->state == S_NONE || parent->state == S_DRAFT)) {
        rc = E_NO_ENTRY;
    }
    return rc;
}

int
entry_create(struct core *core, const Attune__Local__Entry *entry,
             Attune__Local__Reply *reply)
{
    const struct kind *kind = kind_find(entry->kind);
    struct entry_row row, parent;
    struct buf payload = {0};
    struct plan plan;
    bool has_parent;
    if (kind == NULL) {
        return E_KIND;
    }
    if (entry->id.len != ID_BYTES || entry->hold_s > HOLD_S_MAX) {
        return E_USAGE;
    }
    int rc = store_entry_find(core->store, entry->id.data, false, &row);
    if (rc == 0) {
        reply->mine = row.mine;
        entry_reply(core, &row, reply);
        return 0;
    }
    if (rc != E_NO_ENTRY) {
        return rc;
    }
    rc = find_parent(core, entry, kind, &parent, &has_parent);
    if (rc == 0) {
        rc = entry->draft ? fields_check_draft(entry->fields, entry->n_fields)
                          : fields_check(kind, entry->fields, entry->n_fields);
    }
    if (rc == 0 && !entry->draft) {
        rc = fields_check_due(core, kind, entry->fields, entry->n_fields);
    }
    if (rc == 0) {
        rc = plan_entry(core, entry, kind, has_parent ? &parent : NULL, &plan);
    }
    if (rc == 0) {
        rc = fields_encode(core, entry->fields, entry->n_fields, &payload);
    }
    if (rc != 0) {
        goto out;
    }
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
    memcpy(op.entry, entry->id.data, ID_BYTES);
    memcpy(op.kind, kind->name, strlen(kind->name) + 1);
    op.mine = plan.mine;
    op.has_parent = has_parent;
    if (has_parent) {
        memcpy(op.parent, parent.id, ID_BYTES);
        op.parent_theirs = parent.theirs;
    }
    if (plan.draft) {
        memcpy(op.act, "draft", 6);
    }
    if (!plan.mine && entry->hold_s > 0) {
        op.until_s = core->now_s + (int64_t)entry->hold_s;
    }
    rc = journal_append(core,
                        plan.mine || op.until_s != 0 ? core->mine_no : core->ours_no,
                        &op, buf_span(&payload));
    if (rc == 0) {
        rc = store_entry_find(core->store, entry->id.data, false, &row);
    }
    if (rc == 0) {
        reply->mine = plan.kept_mine;
        entry_reply(core, &row, reply);
        action_notice(core, "entries");
    }
out:
    buf_free(&payload);
    return rc;
}

/* ---- sharing ---- */

/* Appends the entry to `ours`, or holds it in `mine` until `until_s` when that isn't 0. */
int
entry_let_go(struct core *core, const struct folded *folded, int64_t until_s)
{
    const struct entry_row *row = &folded->row;
    const struct kind *kind = kind_find(row->kind);
    Attune__Local__Field **fields;
    size_t count;
    struct buf payload = {0};
    int rc = kind == NULL || !kind->shareable ? E_REFUSED : 0;
    if (rc == 0) {
        rc = fields_of(core, folded, &fields, &count);
    }
    if (rc == 0) {
        rc = fields_check(kind, fields, count);
    }
    if (rc == 0 && row->has_parent) {
        struct entry_row parent;
        rc = store_entry_find(core->store, row->parent, row->parent_theirs, &parent);
        if (rc == 0 &&
            (parent.mine || parent.lamport == 0 || journal_past(core, &parent))) {
            rc = E_REFUSED;
        }
    }
    if (rc == 0) {
        rc = fields_encode(core, fields, count, &payload);
    }
    if (rc == 0) {
        struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__ENTRY, .has_entry = true};
        memcpy(op.entry, row->id, ID_BYTES);
        memcpy(op.kind, row->kind, sizeof op.kind);
        op.has_parent = row->has_parent;
        memcpy(op.parent, row->parent, ID_BYTES);
        op.parent_theirs = row->parent_theirs;
        op.until_s = until_s;
        rc = journal_append(core, until_s != 0 ? core->mine_no : core->ours_no, &op,
                            buf_span(&payload));
    }
    buf_free(&payload);
    return rc;
}

/* ---- holds ---- */

enum { RELEASE_MAX = 256 }; /* at once; the rest at the next tick */

struct release {
    struct entry_row rows[RELEASE_MAX];
    size_t count;
};

static int
pick_release(void *context, const struct entry_row *row)
{
    struct release *release = context;
    if (release->count == RELEASE_MAX) {
        return 1;
    }
    release->rows[release->count++] = *row;
    return 0;
}

int
entry_release_holds(struct core *core)
{
    if (core->next_hold_s == 0 || core->next_hold_s > core->now_s) {
        return 0;
    }
    struct release *release = arena_alloc(core->arena, sizeof *release);
    if (release == NULL) {
        return E_MEMORY;
    }
    int rc = store_entry_held(core->store, core->now_s, pick_release, release);
    rc = rc > 0 ? 0 : rc;
    for (size_t i = 0; rc == 0 && i < release->count; i++) {
        struct folded folded;
        rc = fold_entry(core, &release->rows[i], core->arena, &folded);
        if (rc == 0) {
            rc = core->pairing.active ? entry_let_go(core, &folded, 0) : E_NOT_PAIRED;
        }
        if (rc == E_NOT_PAIRED || rc == E_REFUSED) {
            rc = act_append(core, core->mine_no, &release->rows[i], "undo", 0,
                            SPAN_EMPTY);
        }
    }
    if (rc == 0 && release->count > 0) {
        action_notice(core, "entries");
    }
    return rc != 0 ? rc : store_entry_next_hold(core->store, &core->next_hold_s);
}
