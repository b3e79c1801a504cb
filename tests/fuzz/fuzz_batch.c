/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames as the network and as a hostile partner make them. The first byte chooses: the
 * rest as a frame; the rest as head and ops of a frame that must come back; or the rest
 * as decrypted bytes, sealed by someone who holds the keys and keeps no rule.
 */
#include "daemon/crypto/batch.h"
#include "daemon/crypto/noise.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BYTES_MAX = 512, HELLO_AT = BATCH_CLEAR_BYTES };

/* X25519 pairs of the private keys 01.. and 02.., so none is made for each input. */
static const uint8_t one_sk[KEY_BYTES] = {
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
    0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01, 0x01,
};
static const uint8_t one_pk[KEY_BYTES] = {
    0xa4, 0xe0, 0x92, 0x92, 0xb6, 0x51, 0xc2, 0x78, 0xb9, 0x77, 0x2c,
    0x56, 0x9f, 0x5f, 0xa9, 0xbb, 0x13, 0xd9, 0x06, 0xb4, 0x6a, 0xb6,
    0x8c, 0x9d, 0xf9, 0xdc, 0x2b, 0x44, 0x09, 0xf8, 0xa2, 0x09,
};
static const uint8_t two_sk[KEY_BYTES] = {
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
    0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02, 0x02,
};
static const uint8_t two_pk[KEY_BYTES] = {
    0xce, 0x8d, 0x3a, 0xd1, 0xcc, 0xb6, 0x33, 0xec, 0x7b, 0x70, 0xc1,
    0x78, 0x14, 0xa5, 0xc7, 0x6e, 0xcd, 0x02, 0x96, 0x85, 0x05, 0x0d,
    0x34, 0x47, 0x45, 0xba, 0x05, 0x87, 0x0e, 0x58, 0x7d, 0x59,
};
static const uint8_t psk[KEY_BYTES] = {3};
static const uint8_t ephemeral_sk[KEY_BYTES] = {4};

/* True when the frame opened; the spans must then lie within `plain`. */
static bool
open_frame(struct span frame, struct buf *plain, struct span *head, struct span *ops)
{
    struct batch_header header;
    struct batch_receiver_keys keys = {
        .epk_sk = two_sk, .epk_pk = two_pk, .their_dnk_pk = one_pk, .psk = psk};
    int peeked = batch_peek(frame, &header);
    int rc = batch_open(frame, &keys, plain, head, ops);
    if (peeked != 0 && rc == 0) {
        abort();
    }
    if (rc != 0) {
        if (plain->size != 0) {
            abort();
        }
        return false;
    }
    if (head->size + ops->size > plain->size || head->data < plain->data ||
        ops->data + ops->size > plain->data + plain->size) {
        abort();
    }
    return true;
}

static void
round_trip(struct span head, struct span ops)
{
    struct batch_header header = {.epoch = 1};
    struct batch_sender_keys keys = {.dnk_sk = one_sk,
                                     .dnk_pk = one_pk,
                                     .their_epk = two_pk,
                                     .psk = psk,
                                     .ephemeral_sk = ephemeral_sk};
    struct buf frame = {0};
    struct buf plain = {0};
    struct span head_out;
    struct span ops_out;
    if (batch_seal(&header, head, ops, &keys, &frame) == 0) {
        if (!open_frame(buf_span(&frame), &plain, &head_out, &ops_out) ||
            !span_equal(head, head_out) || !span_equal(ops, ops_out)) {
            abort();
        }
    }
    buf_free(&frame);
    buf_free(&plain);
}

/* One chunk; the header is honest about sizes, everything encrypted is the input's. */
static void
hostile(struct span input)
{
    uint8_t first[FIRST_BYTES_MAX] = {0};
    uint8_t chunk[1024] = {0};
    struct noise noise;
    struct buf frame = {0};
    struct buf plain = {0};
    struct span head;
    struct span ops;
    size_t first_bytes = input.size > 0 && input.data[0] % 2 == 1 ? 512 : 256;
    struct span in_first = span_slice(input, 1, first_bytes);
    size_t chunk_bytes =
        BATCH_BYTES_MIN - HELLO_AT - NOISE_HELLO_BYTES - first_bytes - NOISE_TAG_BYTES;
    struct span in_chunk = span_slice(input, 1 + first_bytes, chunk_bytes);
    if (in_first.size > 0) {
        memcpy(first, in_first.data, in_first.size);
    }
    if (in_chunk.size > 0) {
        memcpy(chunk, in_chunk.data, in_chunk.size);
    }
    buf_put_u8(&frame, BATCH_FRAME_TYPE);
    buf_put_u8(&frame, BATCH_VERSION);
    for (size_t i = 0; i < 3 * ID_BYTES; i++) {
        buf_put_u8(&frame, 0);
    }
    buf_put_u32(&frame, 1);
    buf_put_u16(&frame, 1);
    buf_put_u32(&frame, (uint32_t)first_bytes);
    struct noise_initiator keys = {.static_sk = one_sk,
                                   .static_pk = one_pk,
                                   .ephemeral_sk = ephemeral_sk,
                                   .responder_pk = two_pk,
                                   .psk = psk};
    uint8_t message[FIRST_BYTES_MAX + NOISE_HELLO_BYTES];
    if (noise_kpsk0_write(&noise, &keys, buf_span(&frame), span_of(first, first_bytes),
                          message) != 0) {
        abort();
    }
    buf_put(&frame, message, first_bytes + NOISE_HELLO_BYTES);
    uint8_t *at = buf_reserve(&frame, chunk_bytes + NOISE_TAG_BYTES);
    if (at != NULL) {
        noise_encrypt(&noise, span_of(chunk, chunk_bytes), at);
        buf_advance(&frame, chunk_bytes + NOISE_TAG_BYTES);
        if (frame.size != BATCH_BYTES_MIN) {
            abort();
        }
        (void)open_frame(buf_span(&frame), &plain, &head, &ops);
    }
    noise_done(&noise);
    buf_free(&frame);
    buf_free(&plain);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span head;
    struct span ops;
    struct buf plain = {0};
    if (size < 2) {
        return 0;
    }
    struct span rest = span_of(data + 2, size - 2);
    switch (data[0] % 3) {
    case 0:
        (void)open_frame(rest, &plain, &head, &ops);
        break;
    case 1:
        round_trip(span_slice(rest, 0, data[1]), span_slice(rest, data[1], rest.size));
        break;
    default:
        hostile(span_of(data + 1, size - 1));
        break;
    }
    buf_free(&plain);
    return 0;
}
