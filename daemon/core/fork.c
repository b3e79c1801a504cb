/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A fork of our own log: two machines went on from one copy.
 *
 * Model. The partner holds one branch and takes no other. What it has not acknowledged of
 * ours is cut off here and written again, same entries and same requests, in the log of a
 * new incarnation whose first op names the partner's branch; that branch then comes back
 * to us like anything else we lack.
 * Invariants. Nothing is cut that is not written again in the same transaction. The fold
 * takes an act told twice for one.
 */
#include "common/error.h"
#include "daemon/core/entries.h"

#include <string.h>

struct tail_op {
    struct op op;
    struct span payload;
    bool skip;
};

struct tail {
    struct core *core;
    struct arena *arena;
    struct tail_op *ops;
    size_t count, capacity;
    int64_t *entries;
    size_t entries_count;
};

static int
collect_tail(void *context, const struct op_row *row)
{
    struct tail *tail = context;
    if (tail->count == tail->capacity) {
        return E_LIMIT;
    }
    struct tail_op *item = &tail->ops[tail->count];
    struct span header = arena_copy(tail->arena, row->header);
    item->payload = arena_copy(tail->arena, row->payload);
    int rc = op_decode(header, tail->arena, &item->op);
    item->skip = item->op.type == ATTUNE__JOURNAL__OP_TYPE__OPEN;
    tail->count += rc == 0;
    return rc;
}

static int
collect_entry(void *context, int64_t entry)
{
    struct tail *tail = context;
    if (entry != 0 && tail->entries_count < tail->capacity) {
        tail->entries[tail->entries_count++] = entry;
    }
    return 0;
}

static int
refresh_entries(struct core *core, const struct tail *tail)
{
    for (size_t i = 0; i < tail->entries_count; i++) {
        struct entry_row row;
        int rc = store_entry_get(core->store, tail->entries[i], &row);
        if (rc == 0) {
            rc = fold_refresh(core, &row);
        }
        if (rc != 0 && rc != E_NO_ENTRY) {
            return rc;
        }
    }
    return 0;
}

/* The log goes on in a new incarnation that names the partner's branch. */
static int
reissue(struct core *core, struct log_row *log, const struct tail *tail, uint64_t seq,
        const uint8_t hash[static HASH_BYTES])
{
    uint64_t held_seq = log->seq;
    uint8_t held_hash[HASH_BYTES];
    int64_t no = log->no;
    memcpy(held_hash, log->hash, HASH_BYTES);
    log->seq = seq; /* what the new log's first op names */
    memcpy(log->hash, hash, HASH_BYTES);
    int rc = journal_incarnate(core);
    log = journal_log(core, no);
    log->seq = held_seq;
    memcpy(log->hash, held_hash, HASH_BYTES);
    if (rc == 0) {
        rc = store_log_put(core->store, log);
    }
    for (size_t i = 0; rc == 0 && i < tail->count; i++) {
        if (!tail->ops[i].skip) {
            rc = journal_append(core, core->ours_no, &tail->ops[i].op,
                                tail->ops[i].payload);
        }
    }
    return rc;
}

int
fork_reissue(struct core *core, uint64_t seq, const uint8_t hash[static HASH_BYTES])
{
    struct log_row *log = journal_log(core, core->ours_no);
    uint64_t common = core->acknowledged;
    struct tail tail = {.core = core};
    int rc = E_MEMORY;
    if (log == NULL || common > log->seq) {
        return E_INTERNAL;
    }
    common = common == 0 && seq > 0 ? 1 : common; /* the opening is one and the same */
    tail.capacity = (size_t)(log->seq - common) + 1;
    tail.arena = arena_new(SIZE_MAX / 4);
    if (tail.arena == NULL) {
        return E_MEMORY;
    }
    tail.ops = arena_alloc(tail.arena, tail.capacity * sizeof *tail.ops);
    tail.entries = arena_alloc(tail.arena, tail.capacity * sizeof *tail.entries);
    if (tail.ops == NULL || tail.entries == NULL) {
        goto out;
    }
    rc = store_op_each(core->store, log->no, common + 1, collect_tail, &tail);
    if (rc == 0) {
        core->dirty = true;
        rc = store_log_truncate(core->store, log->no, common, collect_entry, &tail);
    }
    if (rc == 0) {
        struct op_row row;
        struct op op;
        rc = store_op_get(core->store, log->no, common, core->arena, &row);
        if (rc == 0) {
            rc = op_decode(row.header, core->arena, &op);
        }
        if (rc == 0) {
            log->seq = common;
            log->lamport = op.lamport;
            memcpy(log->hash, row.hash, HASH_BYTES);
            rc = reissue(core, log, &tail, seq, hash);
        }
    }
    if (rc == 0) {
        rc = refresh_entries(core, &tail);
    }
out:
    arena_free(tail.arena);
    return rc;
}
