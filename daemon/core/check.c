/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The scrub: every chain walked, every payload hashed, every entry folded again.
 *
 * It only reads. Findings name places by number, never content.
 */
#include "common/error.h"
#include "daemon/core/entries.h"

#include <stdio.h>
#include <string.h>

enum { FINDINGS_MAX = 100 }; /* more would not help anybody */

struct scrub {
    struct core *core;
    void (*finding)(void *context, int error, const char *detail);
    void *context;
    size_t findings;
    const struct log_row *log;
    size_t log_index;
    uint64_t seq;
    uint64_t lamport;
    uint8_t hash[HASH_BYTES];
};

static void
report(struct scrub *scrub, int error, const char *what, uint64_t number)
{
    char detail[96];
    if (scrub->findings++ < FINDINGS_MAX) {
        snprintf(detail, sizeof detail, "%s %llu of log %zu", what,
                 (unsigned long long)number, scrub->log_index);
        scrub->finding(scrub->context, error, detail);
    }
}

static int
check_op(void *context, const struct op_row *row)
{
    struct scrub *scrub = context;
    uint8_t hash[HASH_BYTES], tag[SELF_TAG_BYTES];
    struct op op;
    scrub->seq++;
    if (row->seq != scrub->seq) {
        report(scrub, E_CHAIN, "missing op", scrub->seq);
        scrub->seq = row->seq;
    }
    keys_op_hash(scrub->log->id, row->seq, scrub->hash, row->header, hash);
    if (memcmp(hash, row->hash, HASH_BYTES) != 0) {
        report(scrub, E_CHAIN, "broken link at op", row->seq);
    }
    memcpy(scrub->hash, row->hash, HASH_BYTES);
    if (op_decode(row->header, scrub->core->scratch, &op) != 0) {
        report(scrub, E_CHAIN, "unreadable op", row->seq);
        return 0;
    }
    if (op.lamport <= scrub->lamport) {
        report(scrub, E_CHAIN, "order of op", row->seq);
    }
    scrub->lamport = op.lamport;
    if (row->payload.size > 0) {
        keys_payload_hash(row->payload, hash);
        if (!op.has_payload || memcmp(hash, op.payload_hash, HASH_BYTES) != 0) {
            report(scrub, E_CHAIN, "text of op", row->seq);
        }
    } else if (op.has_payload && !row->payload_gone && !row->purged) {
        report(scrub, E_CHAIN, "lost text of op", row->seq);
    }
    if (!scrub->log->theirs) {
        keys_self_tag(scrub->core->identity.k_self, row->hash, tag);
        if (row->self_tag.size != SELF_TAG_BYTES ||
            memcmp(tag, row->self_tag.data, SELF_TAG_BYTES) != 0) {
            report(scrub, E_CHAIN, "author of op", row->seq);
        }
    }
    arena_reset(scrub->core->scratch);
    return 0;
}

static int
check_log(struct scrub *scrub)
{
    memset(scrub->hash, 0, HASH_BYTES);
    scrub->seq = 0;
    scrub->lamport = 0;
    int rc = store_op_each(scrub->core->store, scrub->log->no, 1, check_op, scrub);
    if (rc == 0 && (scrub->seq != scrub->log->seq ||
                    (scrub->seq > 0 &&
                     memcmp(scrub->hash, scrub->log->hash, HASH_BYTES) != 0))) {
        report(scrub, E_CHAIN, "head", scrub->log->seq);
    }
    return rc;
}

static bool
same(const struct entry_row *a, const struct entry_row *b)
{
    return a->state == b->state && a->mine == b->mine && a->gone == b->gone &&
           a->due == b->due && a->lamport == b->lamport && a->fresh == b->fresh &&
           a->unknown == b->unknown && a->closed == b->closed && a->live == b->live &&
           a->faded == b->faded && strcmp(a->kind, b->kind) == 0 &&
           a->has_parent == b->has_parent && a->parent_theirs == b->parent_theirs &&
           memcmp(a->parent, b->parent, ID_BYTES) == 0 && a->text_log == b->text_log &&
           a->text_seq == b->text_seq && (a->theirs || a->time == b->time);
}

static int
check_entry(void *context, const struct entry_row *row)
{
    struct scrub *scrub = context;
    struct folded folded;
    int rc = fold_entry(scrub->core, row, scrub->core->scratch, &folded);
    if (rc == 0 && !same(&folded.row, row) && scrub->findings++ < FINDINGS_MAX) {
        char detail[64];
        snprintf(detail, sizeof detail, "entry %lld", (long long)row->no);
        scrub->finding(scrub->context, E_CHECK_FOLD, detail);
    }
    arena_reset(scrub->core->scratch);
    return rc;
}

int
core_check(struct core *core,
           void (*finding)(void *context, int error, const char *detail), void *context)
{
    struct scrub scrub = {.core = core, .finding = finding, .context = context};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < core->logs_count; i++) {
        scrub.log = &core->logs[i];
        scrub.log_index = i + 1;
        rc = check_log(&scrub);
    }
    return rc != 0 ? rc : store_entry_each(core->store, check_entry, &scrub);
}
