/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fold: an entry's state from its ops.
 *
 * Model. The shared ops about an entry, in total order (lamport, log id, seq), walk it
 * through its kind's states; then the private ones of `mine` lay our own view over it
 * (held, draft, opened). States come from headers alone; payloads supply only text and
 * times. An act from a state another act has left already is kept as "crossed" and changes
 * nothing, so any order of arrival ends in the same state.
 * To add what several kinds do alike: here, driven by a member of struct kind.
 */
#include "common/error.h"
#include "daemon/core/inside.h"

#include <stdlib.h>
#include <string.h>

static int64_t
entry_time(const struct core *core, const struct log_row *log, const struct op *op)
{
    /* Minutes for all: nothing on the wire is finer, and equal minutes keep their order. */
    int64_t minute = log->class == LOG_OURS ? (int64_t)op->time : (int64_t)op->time / 60;
    int64_t time_s = minute * 60;
    /* Nothing the partner wrote can be younger than the moment it is here. */
    return log->theirs && time_s > core->now_s ? core->now_s / 60 * 60 : time_s;
}

static int64_t
payload_due(const char *kind_name, struct span payload)
{
    const struct kind *kind = kind_find(kind_name);
    Attune__Journal__Payload *decoded;
    int64_t due = 0;
    if (kind == NULL || kind->due.field == NULL || payload.size == 0) {
        return 0;
    }
    struct arena *arena = arena_new(PAYLOAD_BYTES_MAX * 2);
    if (arena != NULL && payload_decode(payload, arena, &decoded) == 0) {
        due = payload_number(decoded, kind->due.field, 0);
    }
    arena_free(arena);
    return due;
}

/* What an ENTRY op alone makes of its row. */
static void
row_of_entry_op(struct core *core, const struct log_row *log, const struct op *op,
                struct span payload, struct entry_row *row)
{
    memcpy(row->kind, op->kind, sizeof row->kind);
    row->unknown = kind_find(op->kind) == NULL;
    row->has_parent = op->has_parent;
    memcpy(row->parent, op->parent, ID_BYTES);
    row->parent_theirs = op->has_parent && (log->theirs != op->parent_theirs);
    row->time = entry_time(core, log, op);
    row->gone = op->has_payload && payload.size == 0;
    row->due = payload_due(op->kind, payload);
    row->state = S_OPEN;
    row->mine = false;
    row->held_until = 0;
    if (log->class == LOG_OURS) {
        row->lamport = op->lamport;
        row->fresh = log->theirs;
    } else if (strcmp(op->act, "draft") == 0) {
        row->state = S_DRAFT;
        row->mine = true;
    } else if (op->mine) {
        row->mine = true;
    } else {
        row->state = S_HELD;
        row->held_until = op->until_s;
    }
}

int
fold_row(struct core *core, const struct log_row *log, const struct op *op,
         struct span payload, struct entry_row *row, bool *created)
{
    bool theirs = log->theirs != op->theirs;
    int rc = store_entry_find(core->store, op->entry, theirs, row);
    *created = rc == E_NO_ENTRY;
    if (rc != E_NO_ENTRY) {
        return rc;
    }
    *row = (struct entry_row){.theirs = theirs, .state = S_NONE};
    memcpy(row->id, op->entry, ID_BYTES);
    if (op->type == ATTUNE__JOURNAL__OP_TYPE__ENTRY) {
        row_of_entry_op(core, log, op, payload, row);
        row->text_log = log->no;
        row->text_seq = log->seq + 1;
    }
    if (row->held_until != 0 &&
        (core->next_hold_s == 0 || row->held_until < core->next_hold_s)) {
        core->next_hold_s = row->held_until;
    }
    return store_entry_put(core->store, row);
}

/* ---- gathering ---- */

enum { OPS_OF_ENTRY_MAX = 4096 }; /* a bound on what one entry may cost; more are ignored */

struct gather {
    struct core *core;
    struct arena *arena;
    struct folded_op *ops;
    size_t count;
    size_t capacity;
};

static int
gather_op(void *context, const struct op_row *row)
{
    struct gather *gather = context;
    const struct log_row *log = journal_log(gather->core, row->log);
    if (gather->count == OPS_OF_ENTRY_MAX || log == NULL) {
        return log == NULL ? E_CHAIN : 0;
    }
    if (gather->count == gather->capacity) {
        size_t capacity = gather->capacity * 2;
        struct folded_op *ops = arena_alloc(gather->arena, capacity * sizeof *ops);
        if (ops == NULL) {
            return E_MEMORY;
        }
        memcpy(ops, gather->ops, gather->count * sizeof *ops);
        gather->ops = ops;
        gather->capacity = capacity;
    }
    struct folded_op *item = &gather->ops[gather->count];
    *item = (struct folded_op){.log = row->log, .seq = row->seq};
    item->ours_log = log->class == LOG_OURS;
    item->by_theirs = log->theirs;
    item->payload_gone = row->payload_gone || row->purged;
    item->creates = row->creates;
    memcpy(item->log_id, log->id, ID_BYTES);
    memcpy(item->hash, row->hash, HASH_BYTES);
    item->payload = arena_copy(gather->arena, row->payload);
    if (row->payload.size > 0 && item->payload.data == NULL) {
        return E_MEMORY;
    }
    int rc = op_decode(arena_copy(gather->arena, row->header), gather->arena, &item->op);
    gather->count += rc == 0;
    return rc;
}

static int
order(const void *left, const void *right)
{
    const struct folded_op *a = left, *b = right;
    if (a->ours_log != b->ours_log) {
        return a->ours_log ? -1 : 1;
    }
    if (a->op.lamport != b->op.lamport) {
        return a->op.lamport < b->op.lamport ? -1 : 1;
    }
    int by_log = memcmp(a->log_id, b->log_id, ID_BYTES);
    if (by_log != 0) {
        return by_log;
    }
    return a->seq < b->seq ? -1 : a->seq > b->seq;
}

/* ---- the walk ---- */

static void
apply_act(const struct folded *out, struct entry_row *row, struct folded_op *item,
          const struct folded_op **proposed, const struct folded_op **adopted)
{
    const struct kind *kind = kind_find(row->kind);
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, item->op.act);
    unsigned who = item->by_theirs == row->theirs ? WHO_AUTHOR : WHO_PARTNER;
    for (const struct folded_op *earlier = out->ops; earlier < item; earlier++) {
        if (item->op.request != 0 && earlier->op.request == item->op.request &&
            earlier->by_theirs == item->by_theirs) {
            item->undone = true; /* one act, told twice: re-issued after a fork */
            return;
        }
    }
    if (act == NULL) {
        row->unknown = true;
        return;
    }
    if ((act->from & STATE_BIT(row->state)) == 0 || ((unsigned)act->who & who) == 0) {
        item->crossed = true;
        return;
    }
    if (act->adopts && *proposed != NULL) {
        *adopted = *proposed;
    }
    *proposed = act->proposes ? item : NULL;
    row->state = act->to;
}

static void
walk_shared(struct core *core, struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct log_row *log = journal_log(core, item->log);
    switch (item->op.type) {
    case ATTUNE__JOURNAL__OP_TYPE__ENTRY:
        if (row->state == S_NONE) {
            row_of_entry_op(core, log, &item->op, item->payload, row);
            out->text = item;
        }
        break;
    case ATTUNE__JOURNAL__OP_TYPE__ACT:
        apply_act(out, row, item, &out->proposed, &out->adopted);
        break;
    case ATTUNE__JOURNAL__OP_TYPE__PURGE:
        if (item->by_theirs == row->theirs && row->state != S_NONE) {
            row->state = S_RETRACTED;
        }
        break;
    default:
        row->unknown = true;
        break;
    }
}

static void
walk_mine(struct core *core, struct folded *out, struct folded_op *item)
{
    struct entry_row *row = &out->row;
    const struct log_row *log = journal_log(core, item->log);
    if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY) {
        if (row->state == S_NONE) {
            row_of_entry_op(core, log, &item->op, item->payload, row);
            out->text = item;
            if (item->undone) { /* what was held stays mine; what was mine is a draft */
                row->state = row->state == S_HELD ? S_OPEN : S_DRAFT;
                row->mine = true;
                row->held_until = 0;
            }
        } else if (row->mine && !item->undone && !item->op.mine) {
            row->state = S_HELD; /* shared later, and held on its way out */
            row->mine = false;
            row->held_until = item->op.until_s;
        } else if (!row->mine) {
            row->time = entry_time(core, log, &item->op);
        }
    } else if (item->op.type == ATTUNE__JOURNAL__OP_TYPE__PURGE) {
        row->state = row->mine ? S_RETRACTED : row->state;
    } else if (item->op.type != ATTUNE__JOURNAL__OP_TYPE__ACT || item->undone) {
        return;
    } else if (strcmp(item->op.act, "opened") == 0) {
        row->fresh = false;
    } else if (row->mine && strcmp(item->op.act, "undo") != 0) {
        apply_act(out, row, item, &out->proposed, &out->adopted);
    }
}

/* An undo takes back the newest private op not yet taken back; "opened" can't be. */
static void
mark_undone(struct folded *out)
{
    for (size_t i = 0; i < out->count; i++) {
        struct folded_op *undo = &out->ops[i];
        if (undo->ours_log || undo->op.type != ATTUNE__JOURNAL__OP_TYPE__ACT ||
            strcmp(undo->op.act, "undo") != 0) {
            continue;
        }
        for (size_t j = i; j-- > 0;) {
            struct folded_op *item = &out->ops[j];
            if (item->ours_log) {
                break;
            }
            bool plain = item->op.type == ATTUNE__JOURNAL__OP_TYPE__ENTRY ||
                         (strcmp(item->op.act, "undo") != 0 &&
                          strcmp(item->op.act, "opened") != 0);
            if (plain && !item->undone) {
                item->undone = true;
                break;
            }
        }
    }
}

int
fold_entry(struct core *core, const struct entry_row *row, struct arena *arena,
           struct folded *out)
{
    struct gather gather = {.core = core, .arena = arena, .capacity = 8};
    gather.ops = arena_alloc(arena, gather.capacity * sizeof *gather.ops);
    if (gather.ops == NULL) {
        return E_MEMORY;
    }
    int rc = store_entry_ops(core->store, row->no, gather_op, &gather);
    if (rc != 0) {
        return rc;
    }
    *out = (struct folded){.count = gather.count, .ops = gather.ops};
    out->row.no = row->no;
    out->row.theirs = row->theirs;
    memcpy(out->row.id, row->id, ID_BYTES);
    qsort(out->ops, out->count, sizeof *out->ops, order);
    mark_undone(out);
    for (size_t i = 0; i < out->count; i++) {
        if (out->ops[i].ours_log) {
            walk_shared(core, out, &out->ops[i]);
        } else {
            walk_mine(core, out, &out->ops[i]);
        }
    }
    if (row->theirs && row->time != 0 && out->row.time != 0) {
        out->row.time = row->time; /* the moment of arrival bounded it once */
    }
    if (out->text != NULL) {
        out->row.text_log = out->text->log;
        out->row.text_seq = out->text->seq;
        out->row.gone = out->text->payload_gone;
    }
    if (out->adopted != NULL) {
        out->row.due = payload_due(out->row.kind, out->adopted->payload);
    }
    if (out->row.state == S_RETRACTED) {
        out->row.gone = true;
        out->row.due = 0;
    }
    out->row.fresh = out->row.fresh && !out->row.gone;
    return 0;
}

/* ---- purge ---- */

static bool
names(const struct folded_op *purge, const struct folded_op *item)
{
    if (purge->op.type != ATTUNE__JOURNAL__OP_TYPE__PURGE ||
        purge->by_theirs != item->by_theirs) {
        return false;
    }
    for (size_t i = 0; i < purge->op.purges_count; i++) {
        if (memcmp(purge->op.purges[i], item->hash, HASH_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/*
 * Removes every payload a purge of its author names, in whatever order the two came. Of a
 * retracted entry all its author wrote goes: another machine of theirs may have let the
 * same held entry go in a log of its own, which that purge could not name.
 */
static int
remove_purged(struct core *core, struct folded *folded)
{
    const struct entry_row *row = &folded->row;
    for (size_t i = 0; i < folded->count; i++) {
        struct folded_op *item = &folded->ops[i];
        bool named = row->state == S_RETRACTED && item->by_theirs == row->theirs;
        for (size_t j = 0; j < folded->count && !named; j++) {
            named = names(&folded->ops[j], item);
        }
        if (!named || item->payload.size == 0) {
            continue;
        }
        int rc = store_op_purge(core->store, item->log, item->seq, true);
        if (rc != 0) {
            return rc;
        }
        item->payload = SPAN_EMPTY;
        item->payload_gone = true;
    }
    if (folded->text != NULL && folded->text->payload_gone) {
        folded->row.gone = true;
        folded->row.fresh = false;
    }
    return 0;
}

int
fold_refresh(struct core *core, struct entry_row *row)
{
    struct folded folded;
    struct arena *arena = arena_new(64u * 1024u * 1024u);
    if (arena == NULL) {
        return E_MEMORY;
    }
    int rc = fold_entry(core, row, arena, &folded);
    if (rc == 0) {
        core->dirty = true;
        rc = remove_purged(core, &folded);
    }
    if (rc == 0) {
        rc = store_entry_put(core->store, &folded.row);
    }
    if (rc == 0) {
        *row = folded.row;
    }
    arena_free(arena);
    return rc;
}
