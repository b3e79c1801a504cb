/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The digest: one line over what both hold and see, equal exactly when they agree.
 *
 * It covers the heads of the shared logs and what every shared entry folds to, never
 * whether a text is still there: that may differ in honesty (a purge, a withheld text).
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/entries.h"

#include <string.h>

struct digest {
    struct core *core;
    uint64_t sum[4]; /* order-independent: the sum of every shared entry's hash */
    const uint8_t *me, *partner;
};

static int
digest_entry(void *context, const struct entry_row *row)
{
    struct digest *digest = context;
    struct hash hash;
    uint8_t out[HASH_BYTES];
    if (row->lamport == 0 || journal_past(digest->core, row)) {
        return 0;
    }
    hash_init(&hash, "attune.view");
    hash_put(&hash, span_of(row->theirs ? digest->partner : digest->me, KEY_BYTES));
    hash_put(&hash, span_of(row->id, ID_BYTES));
    hash_put(&hash, span_text(row->kind));
    hash_put(&hash, span_text(state_name(row->state)));
    hash_put_u64(&hash, row->lamport);
    hash_final(&hash, out);
    for (size_t i = 0; i < 4; i++) {
        digest->sum[i] += bytes_get_u64(out + 8 * i);
    }
    return 0;
}

/* Heads of the shared logs, in the order of their ids, for any side the same. */
static void
digest_heads(struct core *core, struct hash *hash)
{
    const uint8_t *after = NULL;
    for (;;) {
        const struct log_row *next = NULL;
        for (size_t i = 0; i < core->logs_count; i++) {
            const struct log_row *log = &core->logs[i];
            if (journal_shared(core, log) && log->seq > 0 &&
                (after == NULL || memcmp(log->id, after, ID_BYTES) > 0) &&
                (next == NULL || memcmp(log->id, next->id, ID_BYTES) < 0)) {
                next = log;
            }
        }
        if (next == NULL) {
            return;
        }
        hash_put(hash, span_of(next->id, ID_BYTES));
        hash_put_u64(hash, next->seq);
        hash_put(hash, span_of(next->hash, HASH_BYTES));
        after = next->id;
    }
}

int
digest_query(struct core *core, Attune__Local__Reply *reply)
{
    struct digest digest = {
        .core = core, .me = core->identity.person, .partner = core->pairing.person};
    struct hash hash;
    uint8_t out[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    int rc = store_entry_each(core->store, digest_entry, &digest);
    if (rc != 0) {
        return rc;
    }
    hash_init(&hash, "attune.digest");
    hash_put(&hash, span_of(core->pairing.couple, ID_BYTES));
    digest_heads(core, &hash);
    for (size_t i = 0; i < 4; i++) {
        hash_put_u64(&hash, digest.sum[i]);
    }
    hash_final(&hash, out);
    bytes_hex(out, sizeof out, hex);
    reply->text = pb_span(arena_copy(core->arena, span_of(hex, sizeof hex - 1)));
    return reply->text.data == NULL ? E_MEMORY : 0;
}
