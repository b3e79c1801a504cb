/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/lib/frame.h"

#include "common/error.h"
#include "common/limits.h"

int
frame_put(struct buf *out, const Attune__Local__Request *request)
{
    size_t size = attune__local__request__get_packed_size(request);
    if (size > REQUEST_BYTES_MAX) {
        return E_LIMIT;
    }
    uint8_t *data = buf_reserve(out, FRAME_HEAD_BYTES + size);
    if (data == NULL) {
        return buf_done(out);
    }
    bytes_set_u32(data, (uint32_t)size);
    attune__local__request__pack(request, data + FRAME_HEAD_BYTES);
    buf_advance(out, FRAME_HEAD_BYTES + size);
    return 0;
}

int
frame_take(struct buf *in, struct arena *arena, Attune__Local__Reply **out,
           bool *complete)
{
    if (in->size < FRAME_HEAD_BYTES) {
        *complete = false;
        return 0;
    }
    size_t size = bytes_get_u32(in->data);
    if (size > REPLY_BYTES_MAX) {
        return E_PROTOCOL;
    }
    if (in->size - FRAME_HEAD_BYTES < size) {
        *complete = false;
        return 0;
    }
    Attune__Local__Reply *reply = attune__local__reply__unpack(
        arena_allocator(arena), size, in->data + FRAME_HEAD_BYTES);
    if (reply == NULL) {
        /* protobuf-c does not say why; a budget that is used up leaves no room at all.
         * */
        return arena_alloc(arena, size) == NULL ? E_MEMORY : E_PROTOCOL;
    }
    buf_consume(in, FRAME_HEAD_BYTES + size);
    *out = reply;
    *complete = true;
    return 0;
}

size_t
frame_wants(const struct buf *in)
{
    if (in->size < FRAME_HEAD_BYTES) {
        return FRAME_HEAD_BYTES - in->size;
    }
    size_t size = bytes_get_u32(in->data);
    size_t have = in->size - FRAME_HEAD_BYTES;
    return size > have ? size - have : 0;
}
