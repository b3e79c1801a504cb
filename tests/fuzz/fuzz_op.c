/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One op from a partner: header or payload, by the first byte. A header that decodes must
 * encode, and what is encoded must decode to the same op.
 */
#include "daemon/core/inside.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { BUDGET_BYTES = 2 * 1024 * 1024 };

static void
require_same(const struct op *a, const struct op *b)
{
    require(a->lamport == b->lamport && a->time == b->time && a->zone == b->zone);
    require(a->type == b->type && a->theirs == b->theirs && a->mine == b->mine);
    require(a->has_entry == b->has_entry && memcmp(a->entry, b->entry, ID_BYTES) == 0);
    require(a->has_parent == b->has_parent && memcmp(a->parent, b->parent, ID_BYTES) == 0);
    require(!a->has_parent || a->parent_theirs == b->parent_theirs);
    require(strcmp(a->kind, b->kind) == 0 && strcmp(a->act, b->act) == 0);
    require(a->purges_count == b->purges_count);
    for (size_t i = 0; i < a->purges_count; i++) {
        require(memcmp(a->purges[i], b->purges[i], HASH_BYTES) == 0);
    }
    require(a->has_payload == b->has_payload &&
            memcmp(a->payload_hash, b->payload_hash, HASH_BYTES) == 0);
    require(a->request == b->request && a->until_s == b->until_s);
    require(a->has_seal == b->has_seal && memcmp(a->seal, b->seal, HASH_BYTES) == 0);
    require(a->has_accepts == b->has_accepts &&
            memcmp(a->accepts, b->accepts, HASH_BYTES) == 0);
}

static void
header(struct span bytes, struct arena *arena)
{
    struct op op;
    struct op again;
    struct buf out = {0};
    (void)op_lamport(bytes);
    if (op_decode(bytes, arena, &op) != 0) {
        return;
    }
    require(op.lamport > 0 && op.purges_count <= PURGES_MAX);
    require(op_encode(&op, &out) == 0);
    require(op_decode(buf_span(&out), arena, &again) == 0);
    require(op_lamport(buf_span(&out)) == op.lamport);
    require_same(&op, &again);
    buf_free(&out);
}

static void
payload(struct span bytes, struct arena *arena)
{
    Attune__Journal__Payload *message = NULL;
    if (payload_decode(bytes, arena, &message) != 0) {
        require(message == NULL);
        return;
    }
    require(message->n_fields <= FIELDS_MAX);
    (void)payload_number(message, "due", 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_new(BUDGET_BYTES);
    if (arena != NULL && size > 0) {
        (data[0] % 2 == 0 ? header : payload)(span_of(data + 1, size - 1), arena);
    }
    arena_free(arena);
    return 0;
}
