/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/continuity.h"

#include "common/error.h"

#include <stdlib.h>
#include <string.h>

static_assert((int)ANCHOR_HEADS_MAX >= 256, "the logs of both persons in practice");

struct search {
    struct store *store;
    const struct anchor *anchor;
    bool found[ANCHOR_HEADS_MAX]; /* each head stands in the journal */
};

/* One log of the journal against the head the anchor has of it. */
static int
compare(void *context, const struct log_row *log)
{
    struct search *search = context;
    uint8_t hash[HASH_BYTES];
    for (size_t i = 0; i < search->anchor->heads_count; i++) {
        const struct anchor_head *head = &search->anchor->heads[i];
        if (memcmp(head->log, log->id, ID_BYTES) != 0 || head->seq > log->seq) {
            continue;
        }
        int rc = 0;
        if (head->seq > 0) {
            rc = store_op_hash(search->store, log->no, head->seq, hash);
        }
        if (rc == 0) {
            search->found[i] =
                head->seq == 0 || memcmp(hash, head->hash, HASH_BYTES) == 0;
        } else if (rc != E_NO_ENTRY) {
            return rc;
        }
    }
    return 0;
}

static int
check_heads(struct store *store, const struct anchor *anchor, int *broken)
{
    struct search *search = calloc(1, sizeof *search);
    if (search == NULL) {
        return E_MEMORY;
    }
    search->store = store;
    search->anchor = anchor;
    int rc = store_log_each(store, compare, search);
    for (size_t i = 0; rc == 0 && i < anchor->heads_count; i++) {
        if (!search->found[i]) {
            *broken = E_TAIL;
        }
    }
    free(search);
    return rc;
}

int
continuity_check(const struct paths *paths, const uint8_t key[static KEY_BYTES],
                 const uint8_t file_id[static ID_BYTES], struct store *store, int *broken)
{
    struct anchor anchor;
    struct anchor now = {0};
    int why = 0;
    int rc = anchor_read(paths->anchor, key, file_id, &anchor);
    if (rc == E_ANCHOR) {
        *broken = E_ANCHOR;
        return 0;
    }
    rc = rc != 0 ? rc : anchor_identity(paths->journal, &now);
    if (rc != 0) {
        return rc;
    }
    if (!anchor.clean && memcmp(anchor.boot_id, now.boot_id, sizeof now.boot_id) != 0) {
        why = E_UNCLEAN;
    }
    if (!anchor_same_file(&anchor, &now)) {
        why = E_MOVED;
    }
    rc = check_heads(store, &anchor, &why);
    if (rc == 0) {
        *broken = why;
    }
    return rc;
}

int
continuity_heads(const struct core *core, struct anchor *out)
{
    struct core_head heads[ANCHOR_HEADS_MAX];
    size_t count = core_heads(core, heads, ANCHOR_HEADS_MAX);
    if (count > ANCHOR_HEADS_MAX) {
        return E_LIMIT;
    }
    for (size_t i = 0; i < count; i++) {
        memcpy(out->heads[i].log, heads[i].log, ID_BYTES);
        out->heads[i].seq = heads[i].seq;
        memcpy(out->heads[i].hash, heads[i].hash, HASH_BYTES);
    }
    out->heads_count = count;
    return 0;
}

int
continuity_write(const struct paths *paths, const uint8_t key[static KEY_BYTES],
                 const uint8_t file_id[static ID_BYTES], struct anchor *anchor, bool clean)
{
    int rc = anchor_identity(paths->journal, anchor);
    anchor->clean = clean;
    return rc != 0 ? rc : anchor_write(paths->anchor, key, file_id, anchor);
}
