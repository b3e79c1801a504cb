/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fading: what was said in a conflict goes once it is mended; a dated line stays.
 *
 * Model. When a refold shows for the first time that both have said so, a private act
 * "mended" notes it: its time, ours, is when we durably knew of both. FADE_S later (or
 * FADE_LONGER_S, while both allow it) each side removes every text of the thread, its own
 * and the partner's, by purges in `mine`.
 * Why not by purges the partner sees: each counts from its own receipt, so nobody's clock
 * decides for the other, and a laptop that stays away for months forgets by itself.
 */
#include "common/error.h"
#include "daemon/core/policy.h"

#include <string.h>

int
fade_note(struct core *core, enum state before, struct entry_row *row)
{
    if (row->state != S_REPAIRED || before == S_REPAIRED || row->mine || row->faded) {
        return 0;
    }
    int rc = act_append(core, core->mine_no, row, "mended", 0, SPAN_EMPTY);
    return rc != 0 ? rc : store_entry_get(core->store, row->no, row);
}

int64_t
fade_time(struct core *core, const struct folded *folded)
{
    struct entry_row now;
    if (folded->mended_s == 0) {
        return 0;
    }
    /* After leaving nobody can be asked any more: what was agreed then stays. */
    if (journal_past(core, &folded->row) &&
        store_entry_get(core->store, folded->row.no, &now) == 0 && now.wake != 0) {
        return now.wake;
    }
    return folded->mended_s +
           (int64_t)(consent_both(core, CONSENT_LONGER) ? FADE_LONGER_S : FADE_S);
}

/* Purges of `mine` that name every text this entry has left, ours or theirs. */
static int
purge_with(struct core *core, const struct entry_row *row, struct arena *arena)
{
    struct folded folded;
    int rc = fold_headers(core, row, arena, &folded);
    if (rc != 0) {
        return rc;
    }
    uint8_t(*hashes)[HASH_BYTES] = arena_alloc(arena, PURGES_MAX * HASH_BYTES);
    struct op op = {.type = ATTUNE__JOURNAL__OP_TYPE__PURGE, .has_entry = true};
    if (hashes == NULL) {
        return E_MEMORY;
    }
    memcpy(op.entry, row->id, ID_BYTES);
    memcpy(op.act, "fade", 5);
    op.theirs = row->theirs;
    op.purges = (const uint8_t(*)[HASH_BYTES])hashes;
    for (size_t i = 0; rc == 0 && i < folded.count; i++) {
        if (folded.ops[i].here) {
            memcpy(hashes[op.purges_count++], folded.ops[i].hash, HASH_BYTES);
        }
        if (op.purges_count == PURGES_MAX) {
            rc = journal_append(core, core->mine_no, &op, SPAN_EMPTY);
            op.purges_count = 0;
        }
    }
    if (rc == 0 && (op.purges_count > 0 || !folded.row.faded)) {
        rc = journal_append(core, core->mine_no, &op, SPAN_EMPTY);
    }
    return rc;
}

/* An arena of its own for each: a thread may hold more than a step may. */
static int
purge(struct core *core, const struct entry_row *row)
{
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : purge_with(core, row, arena);
    arena_free(arena);
    return rc;
}

/* What has not left, or never will, is no part of it. */
static int
purge_thread(struct core *core, const struct entry_row *root, struct arena *arena)
{
    struct thread thread;
    int rc = thread_gather(core, root, THREAD_WHOLE, arena, &thread);
    for (size_t i = thread.count; rc == 0 && i-- > 0;) {
        if (thread.rows[i].lamport != 0) {
            rc = purge(core, &thread.rows[i]);
        }
    }
    return rc;
}

/* Many may be due in one step, after a long journey. */
int
fade_run(struct core *core, const struct entry_row *root)
{
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : purge_thread(core, root, arena);
    arena_free(arena);
    return rc;
}

int
fade_late(struct core *core, const struct entry_row *row)
{
    struct entry_row root;
    if (!row->has_parent && !row->faded) {
        return 0;
    }
    int rc = thread_root(core, row, &root);
    return rc == 0 && root.faded && row->lamport != 0 ? purge(core, row) : rc;
}

static int
refresh(void *context, const struct entry_row *row)
{
    struct thread *mended = context;
    if (!entry_is_held(row)) {
        mended->rows[mended->count++] = *row;
    }
    return mended->count == QUERY_LIMIT_MAX;
}

int
fade_again(struct core *core)
{
    if (!core->fades_due) {
        return 0;
    }
    struct thread mended = {
        .rows = arena_alloc(core->arena, QUERY_LIMIT_MAX * sizeof *mended.rows)};
    core->fades_due = false;
    if (mended.rows == NULL) {
        return E_MEMORY;
    }
    int rc = store_entry_waking(core->store, INT64_MAX, refresh, &mended);
    rc = rc > 0 ? 0 : rc;
    for (size_t i = 0; rc == 0 && i < mended.count; i++) {
        rc = fold_refresh(core, &mended.rows[i]);
    }
    return rc;
}
