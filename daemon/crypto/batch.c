/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Sizes first: `shape_of` turns (head, ops) into the frame's layout, and batch_peek
 * checks a received layout by the same arithmetic. Data are moved once: sealing copies
 * a chunk to its place and encrypts it there; opening decrypts every chunk to its final
 * place, with the flags byte for a moment on top of the last byte of the chunk before.
 */
#include "daemon/crypto/batch.h"

#include "common/error.h"
#include "daemon/crypto/noise.h"

#include <assert.h>
#include <string.h>

enum {
    CHUNK_BYTES = NOISE_MESSAGE_BYTES_MAX,
    CHUNK_EXTRA = 1 + NOISE_TAG_BYTES, /* flags and tag */
    CHUNK_ROOM = CHUNK_BYTES - CHUNK_EXTRA,
    FIRST_AT = BATCH_CLEAR_BYTES,
    FIRST_EXTRA = NOISE_HELLO_BYTES,
    FLAG_LAST = 1,
};

static_assert(BATCH_FIRST_BYTES_MAX + FIRST_EXTRA <= NOISE_MESSAGE_BYTES_MAX,
              "the first payload is one Noise message");
static_assert(BATCH_BYTES_MAX / CHUNK_BYTES < UINT16_MAX, "chunks fit their field");

struct shape {
    size_t first_bytes; /* plaintext of the first payload */
    size_t chunks;
    size_t room;  /* data bytes in all chunks */
    size_t frame; /* all bytes */
};

/* The smallest size >= `size` that PADME allows: log2(log2 size) bits are free. */
static size_t
padme(size_t size)
{
    assert(size >= 2 && size <= SIZE_MAX / 4);
    unsigned exponent = 63U - (unsigned)__builtin_clzll(size);
    unsigned free_bits = 32U - (unsigned)__builtin_clz(exponent);
    size_t mask = ((size_t)1 << (exponent - free_bits)) - 1;
    return (size + mask) & ~mask;
}

/* Bytes of `space` that remain for data; false when no chunks fill `space` exactly. */
static bool
chunks_of(size_t space, size_t *chunks, size_t *room)
{
    size_t full = space / CHUNK_BYTES;
    size_t rest = space % CHUNK_BYTES;
    if (rest != 0 && rest < CHUNK_EXTRA) {
        return false;
    }
    *chunks = full + (rest != 0);
    *room = space - *chunks * CHUNK_EXTRA;
    return true;
}

static size_t
first_bytes_of(size_t head_bytes)
{
    return (8 + head_bytes + BATCH_FIRST_STEP - 1) / BATCH_FIRST_STEP *
           BATCH_FIRST_STEP;
}

/* False when the contents don't fit into BATCH_BYTES_MAX. */
static bool
shape_of(size_t head_bytes, size_t ops_bytes, struct shape *out)
{
    if (head_bytes > BATCH_HEAD_BYTES_MAX || ops_bytes > BATCH_BYTES_MAX) {
        return false;
    }
    struct shape shape = {.first_bytes = first_bytes_of(head_bytes)};
    size_t fixed = FIRST_AT + FIRST_EXTRA + shape.first_bytes;
    size_t chunks = (ops_bytes + CHUNK_ROOM - 1) / CHUNK_ROOM;
    size_t size = fixed + ops_bytes + chunks * CHUNK_EXTRA;
    shape.frame = padme(size < BATCH_BYTES_MIN ? BATCH_BYTES_MIN : size);
    /* The second never fails: PADME sizes from 1024 on are multiples of 64, so the rest
     * after full chunks is never 1 to 16 bytes. test_batch tries them all. */
    if (shape.frame > BATCH_BYTES_MAX ||
        !chunks_of(shape.frame - fixed, &shape.chunks, &shape.room)) {
        return false;
    }
    assert(shape.room >= ops_bytes);
    *out = shape;
    return true;
}

/* The layout a received header claims, or false. */
static bool
shape_check(const struct batch_header *header, size_t frame, struct shape *out)
{
    struct shape shape = {.first_bytes = header->first_bytes, .frame = frame};
    if (frame < BATCH_BYTES_MIN || frame > BATCH_BYTES_MAX || padme(frame) != frame ||
        shape.first_bytes == 0 || shape.first_bytes > BATCH_FIRST_BYTES_MAX ||
        shape.first_bytes % BATCH_FIRST_STEP != 0) {
        return false;
    }
    size_t fixed = FIRST_AT + FIRST_EXTRA + shape.first_bytes;
    if (fixed > frame || !chunks_of(frame - fixed, &shape.chunks, &shape.room) ||
        shape.chunks != header->chunks) {
        return false;
    }
    *out = shape;
    return true;
}

size_t
batch_room(size_t head_bytes)
{
    size_t chunks;
    size_t room;
    if (head_bytes > BATCH_HEAD_BYTES_MAX) {
        return 0;
    }
    size_t fixed = FIRST_AT + FIRST_EXTRA + first_bytes_of(head_bytes);
    return chunks_of(BATCH_BYTES_MAX - fixed, &chunks, &room) ? room : 0;
}

size_t
batch_frame_bytes(size_t head_bytes, size_t ops_bytes)
{
    struct shape shape;
    return shape_of(head_bytes, ops_bytes, &shape) ? shape.frame : 0;
}

static uint8_t *
put(uint8_t *at, const void *data, size_t size)
{
    if (size > 0) {
        memcpy(at, data, size);
    }
    return at + size;
}

static void
clear_write(const struct batch_header *header, const struct shape *shape, uint8_t *at)
{
    *at++ = BATCH_FRAME_TYPE;
    *at++ = BATCH_VERSION;
    at = put(at, header->couple, ID_BYTES);
    at = put(at, header->from_log, ID_BYTES);
    at = put(at, header->to_log, ID_BYTES);
    bytes_set_u32(at, header->epoch);
    at[4] = (uint8_t)shape->chunks;
    at[5] = (uint8_t)(shape->chunks >> 8);
    bytes_set_u32(at + 6, (uint32_t)shape->first_bytes);
}

static void
first_write(struct span head, size_t ops_bytes, size_t first_bytes, uint8_t *at)
{
    bytes_set_u32(at, (uint32_t)head.size);
    uint8_t *next = put(at + 4, head.data, head.size);
    bytes_set_u32(next, (uint32_t)ops_bytes);
    memset(next + 4, 0, first_bytes - 8 - head.size);
}

static void
chunks_write(struct noise *noise, const struct shape *shape, struct span ops,
             uint8_t *at)
{
    size_t left = shape->room;
    for (size_t i = 0; i < shape->chunks; i++) {
        size_t room = left < CHUNK_ROOM ? left : CHUNK_ROOM;
        struct span data = span_slice(ops, i * CHUNK_ROOM, room);
        at[0] = i + 1 == shape->chunks ? FLAG_LAST : 0;
        uint8_t *padding = put(at + 1, data.data, data.size);
        memset(padding, 0, room - data.size);
        noise_encrypt(noise, span_of(at, 1 + room), at);
        at += room + CHUNK_EXTRA;
        left -= room;
    }
    assert(left == 0);
}

int
batch_seal(const struct batch_header *header, struct span head, struct span ops,
           const struct batch_sender_keys *keys, struct buf *out)
{
    struct shape shape;
    struct noise noise;
    if (!shape_of(head.size, ops.size, &shape)) {
        return E_LIMIT;
    }
    uint8_t *frame = buf_reserve(out, shape.frame);
    if (frame == NULL) {
        return buf_done(out);
    }
    uint8_t *first = frame + FIRST_AT + KEY_BYTES;
    clear_write(header, &shape, frame);
    first_write(head, ops.size, shape.first_bytes, first);
    struct noise_initiator initiator = {
        .static_sk = keys->dnk_sk,
        .static_pk = keys->dnk_pk,
        .ephemeral_sk = keys->ephemeral_sk,
        .responder_pk = keys->their_epk,
        .psk = keys->psk,
        .ss = keys->ss,
    };
    int rc = noise_kpsk0_write(&noise, &initiator, span_of(frame, BATCH_CLEAR_BYTES),
                               span_of(first, shape.first_bytes), frame + FIRST_AT);
    if (rc != 0) {
        bytes_wipe(first, shape.first_bytes);
        return rc;
    }
    chunks_write(&noise, &shape, ops,
                 frame + FIRST_AT + FIRST_EXTRA + shape.first_bytes);
    buf_advance(out, shape.frame);
    noise_done(&noise);
    return 0;
}

static int
peek(struct span frame, struct batch_header *header, struct shape *shape)
{
    struct batch_header read;
    struct reader reader = reader_of(span_slice(frame, 0, BATCH_CLEAR_BYTES));
    if (reader_u8(&reader) != BATCH_FRAME_TYPE || reader_u8(&reader) != BATCH_VERSION) {
        return E_BATCH_SHAPE;
    }
    reader_copy(&reader, read.couple, sizeof(read.couple));
    reader_copy(&reader, read.from_log, sizeof(read.from_log));
    reader_copy(&reader, read.to_log, sizeof(read.to_log));
    read.epoch = reader_u32(&reader);
    read.chunks = reader_u16(&reader);
    read.first_bytes = reader_u32(&reader);
    if (!reader_done(&reader) || !shape_check(&read, frame.size, shape)) {
        return E_BATCH_SHAPE;
    }
    *header = read;
    return 0;
}

int
batch_peek(struct span frame, struct batch_header *out)
{
    struct shape shape;
    return peek(frame, out, &shape);
}

static bool
all_zero(struct span bytes)
{
    /* Each byte equals the one before: memcmp is many times faster than a loop here. */
    return bytes.size == 0 || (bytes.data[0] == 0 &&
                               memcmp(bytes.data, bytes.data + 1, bytes.size - 1) == 0);
}

/* Decrypts all chunks to `at`: one flags byte, then shape->room bytes of data. */
static int
chunks_read(struct noise *noise, const struct shape *shape, struct span sealed,
            uint8_t *at)
{
    size_t left = shape->room;
    for (size_t i = 0; i < shape->chunks; i++) {
        size_t room = left < CHUNK_ROOM ? left : CHUNK_ROOM;
        uint8_t covered = at[0];
        struct span message = span_slice(sealed, i * CHUNK_BYTES, room + CHUNK_EXTRA);
        int rc = noise_decrypt(noise, message, at);
        if (rc != 0) {
            return rc;
        }
        if (at[0] != (i + 1 == shape->chunks ? FLAG_LAST : 0)) {
            return E_BATCH_SHAPE;
        }
        at[0] = covered;
        at += room;
        left -= room;
    }
    return 0;
}

static int
first_read(struct span first, size_t room, struct span *head, size_t *ops_bytes)
{
    struct reader reader = reader_of(first);
    uint32_t head_bytes = reader_u32(&reader);
    if (head_bytes > BATCH_HEAD_BYTES_MAX || first_bytes_of(head_bytes) != first.size) {
        return E_BATCH_SHAPE;
    }
    struct span bytes = reader_bytes(&reader, head_bytes);
    uint32_t size = reader_u32(&reader);
    if (reader.failed || size > room || !all_zero(reader.rest)) {
        return E_BATCH_SHAPE;
    }
    *head = bytes;
    *ops_bytes = size;
    return 0;
}

static int
open_into(struct span frame, const struct shape *shape,
          const struct batch_receiver_keys *keys, uint8_t *at, struct span *head,
          struct span *ops)
{
    struct noise noise;
    struct noise_responder responder = {
        .static_sk = keys->epk_sk,
        .static_pk = keys->epk_pk,
        .initiator_pk = keys->their_dnk_pk,
        .psk = keys->psk,
        .ss = keys->ss,
    };
    struct span message = span_slice(frame, FIRST_AT, FIRST_EXTRA + shape->first_bytes);
    int rc = noise_kpsk0_read(&noise, &responder,
                              span_slice(frame, 0, BATCH_CLEAR_BYTES), message, at);
    if (rc != 0) {
        return rc;
    }
    struct span head_read;
    size_t ops_bytes;
    uint8_t *data = at + shape->first_bytes;
    data[0] = 0;
    rc = first_read(span_of(at, shape->first_bytes), shape->room, &head_read,
                    &ops_bytes);
    if (rc == 0) {
        rc = chunks_read(&noise, shape,
                         span_slice(frame, FIRST_AT + message.size, frame.size), data);
    }
    if (rc == 0 && !all_zero(span_of(data + 1 + ops_bytes, shape->room - ops_bytes))) {
        rc = E_BATCH_SHAPE;
    }
    if (rc == 0) {
        *head = head_read;
        *ops = span_of(data + 1, ops_bytes);
    }
    noise_done(&noise);
    return rc;
}

int
batch_open(struct span frame, const struct batch_receiver_keys *keys, struct buf *plain,
           struct span *head, struct span *ops)
{
    struct batch_header header;
    struct shape shape;
    buf_clear(plain);
    int rc = peek(frame, &header, &shape);
    if (rc != 0) {
        return rc;
    }
    size_t size = shape.first_bytes + 1 + shape.room;
    uint8_t *at = buf_reserve(plain, size);
    if (at == NULL) {
        rc = buf_done(plain);
        plain->error = 0;
        return rc;
    }
    rc = open_into(frame, &shape, keys, at, head, ops);
    if (rc != 0) {
        bytes_wipe(at, size);
        return rc;
    }
    buf_advance(plain, size);
    return 0;
}
