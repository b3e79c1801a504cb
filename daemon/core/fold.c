/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fold: an entry's state from its ops.
 *
 * Model. The shared ops about an entry, in total order (lamport, log id, seq), walk it
 * through its kind's states (walk.c); then the private ones of `mine` lay our own view over
 * it. States come from headers alone; payloads supply only text and times, so any order of
 * arrival ends in the same state.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <stdlib.h>
#include <string.h>

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
        walk_row(core, log, op, payload, row);
        row->due = walk_due(kind_find(op->kind), payload, row->time);
        row->text_log = row->closed ? 0 : log->no;
        row->text_seq = row->closed ? 0 : log->seq + 1;
    }
    entry_note_wake(core, row->wake);
    return store_entry_put(core->store, row);
}

/* ---- gathering ---- */

struct gather {
    struct core *core;
    bool texts; /* payloads too */
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
    memcpy(item->log_id, log->id, ID_BYTES);
    memcpy(item->hash, row->hash, HASH_BYTES);
    item->here = row->payload.size > 0;
    item->payload = gather->texts ? arena_copy(gather->arena, row->payload) : SPAN_EMPTY;
    if (gather->texts && item->here && item->payload.data == NULL) {
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

static int
fold(struct core *core, const struct entry_row *row, bool texts, struct arena *arena,
     struct folded *out)
{
    struct gather gather = {.core = core, .texts = texts, .arena = arena, .capacity = 8};
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
    walk_undone(out);
    for (size_t i = 0; i < out->count; i++) {
        walk_op(core, out, &out->ops[i]);
    }
    if (row->theirs && row->time != 0 && out->row.time != 0) {
        out->row.time = row->time; /* the moment of arrival bounded it once */
    }
    rc = walk_end(core, out);
    if (rc == 0 && out->text != NULL) {
        out->row.text_log = out->text->log;
        out->row.text_seq = out->text->seq;
    }
    if (rc == 0 && out->text != NULL && !out->row.gone) {
        out->row.gone = out->text->payload_gone;
    }
    if (out->row.state == S_RETRACTED) {
        out->row.gone = true;
        out->row.due = 0;
    }
    out->row.fresh = out->row.fresh && !out->row.gone;
    return rc;
}

int
fold_entry(struct core *core, const struct entry_row *row, struct arena *arena,
           struct folded *out)
{
    return fold(core, row, true, arena, out);
}

int
fold_headers(struct core *core, const struct entry_row *row, struct arena *arena,
             struct folded *out)
{
    return fold(core, row, false, arena, out);
}

/* ---- purge ---- */

static bool
names(const struct folded_op *purge, const struct folded_op *item)
{
    /* Of what fades both know themselves when, and each removes all of it at home. */
    bool fades = !purge->ours_log && purge->op.act[0] != '\0';
    if (purge->op.type != ATTUNE__JOURNAL__OP_TYPE__PURGE ||
        (purge->by_theirs != item->by_theirs && !fades)) {
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
remove_purged(struct core *core, struct folded *folded, bool *removed)
{
    *removed = false;
    const struct entry_row *row = &folded->row;
    for (size_t i = 0; i < folded->count; i++) {
        struct folded_op *item = &folded->ops[i];
        bool named = row->state == S_RETRACTED && item->by_theirs == row->theirs;
        for (size_t j = 0; j < folded->count && !named; j++) {
            named = names(&folded->ops[j], item);
        }
        if (!named || !item->here) {
            continue;
        }
        int rc = store_op_purge(core->store, item->log, item->seq, true);
        if (rc != 0) {
            return rc;
        }
        *removed = true;
    }
    return 0;
}

int
fold_refresh(struct core *core, struct entry_row *row)
{
    struct folded folded;
    bool removed = false;
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    if (arena == NULL) {
        return E_MEMORY;
    }
    int rc = fold_entry(core, row, arena, &folded);
    if (rc == 0) {
        core->dirty = true;
        rc = remove_purged(core, &folded, &removed);
    }
    if (rc == 0 && removed) { /* what it folds to without them */
        arena_reset(arena);
        rc = fold_entry(core, row, arena, &folded);
    }
    if (rc == 0) {
        rc = store_entry_put(core->store, &folded.row);
    }
    if (rc == 0) {
        *row = folded.row;
        entry_note_wake(core, row->wake);
    }
    arena_free(arena);
    return rc;
}

/* ---- kinds that were not known before ---- */

struct unknown {
    struct entry_row rows[64];
    size_t count;
};

static int
pick_unknown(void *context, const struct entry_row *row)
{
    struct unknown *unknown = context;
    if (row->unknown && kind_find(row->kind) != NULL) {
        unknown->rows[unknown->count++] = *row;
    }
    return unknown->count == sizeof unknown->rows / sizeof unknown->rows[0];
}

int
fold_learn_kinds(struct core *core)
{
    struct hash hash;
    uint8_t known[HASH_BYTES];
    struct buf value = {0};
    hash_init(&hash, "attune.kinds");
    for (size_t i = 0; i < kind_count(); i++) {
        hash_put(&hash, span_text(kind_at(i)->name));
        for (size_t a = 0; a < kind_acts_count(kind_at(i)); a++) {
            hash_put(&hash, span_text(kind_act_at(kind_at(i), a)->name));
        }
    }
    hash_final(&hash, known);
    int rc = store_value_get(core->store, "kinds", &value);
    bool same = rc == 0 && span_equal(buf_span(&value), span_of(known, sizeof known));
    buf_free(&value);
    struct unknown *unknown = same ? NULL : arena_alloc(core->arena, sizeof *unknown);
    if (same || (rc != 0 && rc != E_NO_ENTRY) || unknown == NULL) {
        return same ? 0 : unknown == NULL ? E_MEMORY : rc;
    }
    rc = store_entry_each(core->store, pick_unknown, unknown);
    for (size_t i = 0; rc >= 0 && i < unknown->count; i++) {
        int refreshed = fold_refresh(core, &unknown->rows[i]);
        rc = refreshed != 0 ? refreshed : rc;
    }
    /* More than that: the next start goes on where this one ended. */
    return rc == 0 ? state_set(core, "kinds", span_of(known, sizeof known))
           : rc > 0 ? 0
                    : rc;
}
