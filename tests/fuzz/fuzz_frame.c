/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies as a client takes them, arriving in pieces: the first byte says how large the
 * pieces are. Every whole reply packs again; frame_wants is 0 exactly when frame_take can
 * say something.
 */
#include "clients/lib/frame.h"
#include "tests/fuzz/fuzz.h"

#include "common/limits.h"

#include <stdlib.h>

enum { BUDGET_BYTES = 1024 * 1024 };

/* True while more may follow. */
static bool
take_all(struct buf *in, struct arena *arena)
{
    for (;;) {
        Attune__Local__Reply *reply = NULL;
        bool complete = false;
        size_t wants = frame_wants(in);
        size_t before = in->size;
        arena_reset(arena);
        if (frame_take(in, arena, &reply, &complete) != 0) {
            return false;
        }
        if (!complete) {
            if (wants == 0 || reply != NULL || in->size != before) {
                abort();
            }
            return true;
        }
        if (wants != 0 || reply == NULL || in->size >= before) {
            abort();
        }
        if (attune__local__reply__get_packed_size(reply) > BUDGET_BYTES) {
            abort();
        }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct buf in = {0};
    struct arena *arena = arena_new(BUDGET_BYTES);
    size_t piece = size > 0 && data[0] > 0 ? data[0] : 1;
    bool going = arena != NULL;
    for (size_t at = 1; going && at < size; at += piece) {
        buf_put_span(&in, span_slice(span_of(data, size), at, piece));
        going = buf_done(&in) == 0 && take_all(&in, arena);
    }
    buf_free(&in);
    arena_free(arena);
    return 0;
}
