/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sealed batch: contents come back at every size, sizes follow PADME, and nothing
 * changed, mis-keyed or authentic but misshapen is ever opened.
 */
#include "daemon/crypto/batch.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"
#include "daemon/crypto/noise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

enum { CHUNK_ROOM = 65518 };

struct pair {
    uint8_t dnk_sk[KEY_BYTES];
    uint8_t dnk_pk[KEY_BYTES];
    uint8_t epk_sk[KEY_BYTES];
    uint8_t epk_pk[KEY_BYTES];
    uint8_t psk[KEY_BYTES];
    uint8_t ephemeral[KEY_BYTES];
    uint8_t other_sk[KEY_BYTES];
    uint8_t other_pk[KEY_BYTES];
    struct batch_header header;
    struct batch_sender_keys sender;
    struct batch_receiver_keys receiver;
};

static void
pair_init(struct pair *pair)
{
    memset(pair, 0, sizeof(*pair));
    memset(pair->dnk_sk, 1, KEY_BYTES);
    memset(pair->epk_sk, 2, KEY_BYTES);
    memset(pair->psk, 3, KEY_BYTES);
    memset(pair->ephemeral, 4, KEY_BYTES);
    memset(pair->other_sk, 5, KEY_BYTES);
    assert_int_equal(crypto_scalarmult_base(pair->dnk_pk, pair->dnk_sk), 0);
    assert_int_equal(crypto_scalarmult_base(pair->epk_pk, pair->epk_sk), 0);
    assert_int_equal(crypto_scalarmult_base(pair->other_pk, pair->other_sk), 0);
    memset(pair->header.couple, 0xc0, ID_BYTES);
    memset(pair->header.from_log, 0xf0, ID_BYTES);
    memset(pair->header.to_log, 0x70, ID_BYTES);
    pair->header.epoch = 0x01020304;
    pair->sender = (struct batch_sender_keys){
        .dnk_sk = pair->dnk_sk,
        .dnk_pk = pair->dnk_pk,
        .their_epk = pair->epk_pk,
        .psk = pair->psk,
        .ephemeral_sk = pair->ephemeral,
    };
    pair->receiver = (struct batch_receiver_keys){
        .epk_sk = pair->epk_sk,
        .epk_pk = pair->epk_pk,
        .their_dnk_pk = pair->dnk_pk,
        .psk = pair->psk,
    };
}

/* PADME, written again from the paper. */
static size_t
padme(size_t size)
{
    unsigned exponent = 0;
    unsigned length = 0;
    while (size >> (exponent + 1) != 0) {
        exponent++;
    }
    while (exponent >> length != 0) {
        length++;
    }
    size_t step = (size_t)1 << (exponent - length);
    return (size + step - 1) / step * step;
}

static void
round_trip(struct pair *pair, size_t head_bytes, size_t ops_bytes)
{
    static uint8_t contents[BATCH_BYTES_MAX];
    if (contents[1] == 0) {
        for (size_t i = 0; i < sizeof(contents); i++) {
            contents[i] = (uint8_t)(i * 7 + i / 251 + 1);
        }
    }
    struct span head = span_of(contents + 17, head_bytes);
    struct span ops = span_of(contents, ops_bytes);
    struct buf frame = {0};
    struct buf plain = {0};
    struct batch_header header;
    struct span head_out;
    struct span ops_out;
    assert_int_equal(batch_seal(&pair->header, head, ops, &pair->sender, &frame), 0);
    assert_int_equal(frame.size, batch_frame_bytes(head_bytes, ops_bytes));
    assert_int_equal(batch_peek(buf_span(&frame), &header), 0);
    assert_int_equal(header.epoch, 0x01020304);
    assert_memory_equal(header.couple, pair->header.couple, ID_BYTES);
    assert_memory_equal(header.from_log, pair->header.from_log, ID_BYTES);
    assert_memory_equal(header.to_log, pair->header.to_log, ID_BYTES);
    assert_int_equal(
        batch_open(buf_span(&frame), &pair->receiver, &plain, &head_out, &ops_out), 0);
    assert_true(span_equal(head, head_out));
    assert_true(span_equal(ops, ops_out));
    buf_free(&frame);
    buf_free(&plain);
}

static void
test_round_trips(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    static const size_t sizes[] = {
        0,          1,
        642,        643,
        644,        4096,
        CHUNK_ROOM, CHUNK_ROOM - 1,
        300000,     CHUNK_ROOM + 1,
        131036,     131037,
        982771, /* 2 and 15 full chunks, and 1 byte */
    };
    static const size_t heads[] = {0, 1, 247, 248, 249, 5000};
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        for (size_t j = 0; j < sizeof(heads) / sizeof(heads[0]); j++) {
            round_trip(&pair, heads[j], sizes[i]);
        }
    }
    round_trip(&pair, 100, batch_room(100));
    round_trip(&pair, BATCH_HEAD_BYTES_MAX, batch_room(BATCH_HEAD_BYTES_MAX));
    uint8_t ss[KEY_BYTES];
    assert_int_equal(noise_shared(pair.dnk_sk, pair.epk_pk, ss), 0);
    pair.sender.ss = ss;
    round_trip(&pair, 100, 1000);
    pair.receiver.ss = ss;
    round_trip(&pair, 100, 1000);
}

static void
test_limits(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    uint8_t *zeros = calloc(1, BATCH_BYTES_MAX);
    assert_non_null(zeros);
    assert_int_equal(batch_room(BATCH_HEAD_BYTES_MAX + 1), 0);
    assert_int_equal(batch_frame_bytes(BATCH_HEAD_BYTES_MAX + 1, 0), 0);
    assert_int_equal(batch_frame_bytes(0, batch_room(0)), BATCH_BYTES_MAX);
    assert_int_equal(batch_frame_bytes(0, batch_room(0) + 1), 0);
    assert_int_equal(batch_frame_bytes(0, SIZE_MAX), 0);
    buf_put_text(&frame, "before");
    assert_int_equal(batch_seal(&pair.header, span_of(zeros, 10),
                                span_of(zeros, batch_room(10) + 1), &pair.sender,
                                &frame),
                     E_LIMIT);
    assert_int_equal(batch_seal(&pair.header, span_of(zeros, BATCH_HEAD_BYTES_MAX + 1),
                                SPAN_EMPTY, &pair.sender, &frame),
                     E_LIMIT);
    uint8_t low_order[KEY_BYTES] = {0};
    pair.sender.their_epk = low_order;
    assert_int_equal(
        batch_seal(&pair.header, span_of(zeros, 10), SPAN_EMPTY, &pair.sender, &frame),
        E_BATCH_AUTH);
    assert_true(span_equal(buf_span(&frame), span_text("before")));
    /* A frame is appended, so an envelope around it needs no second copy. */
    pair_init(&pair);
    assert_int_equal(
        batch_seal(&pair.header, span_of(zeros, 10), SPAN_EMPTY, &pair.sender, &frame),
        0);
    assert_int_equal(frame.size, 6 + 1024);
    assert_memory_equal(frame.data, "before", 6);
    buf_free(&frame);
    free(zeros);
}

static void
test_sizes_follow_padme(void **state)
{
    (void)state;
    for (size_t first = 256; first <= BATCH_FIRST_BYTES_MAX; first += 256) {
        size_t head = first - 8;
        size_t fixed = 60 + 48 + first;
        size_t room = batch_room(head);
        assert_int_equal(fixed + 16 * 17 + room, BATCH_BYTES_MAX);
        size_t step = first == 256 ? 1 : 997;
        for (size_t ops = 0; ops <= room; ops += step) {
            size_t size = fixed + ops + 17 * ((ops + CHUNK_ROOM - 1) / CHUNK_ROOM);
            size_t wanted = padme(size < 1024 ? 1024 : size);
            if (batch_frame_bytes(head, ops) != wanted) {
                assert_int_equal(batch_frame_bytes(head, ops), wanted);
            }
            /* The rest after full chunks always holds flags, tag and a byte of data. */
            size_t rest = (wanted - fixed) % 65535;
            if (rest != 0 && rest < 18) {
                fail();
            }
        }
    }
    assert_int_equal(batch_frame_bytes(0, 0), 1024);
    assert_int_equal(batch_frame_bytes(0, 643), 1024);
    assert_int_equal(batch_frame_bytes(0, 644), 1088);
    assert_int_equal(batch_frame_bytes(0, 100000), 102400);
}

/* The frame of these very inputs, for ever: a change here is a new BATCH_VERSION. */
static void
test_golden(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    uint8_t digest[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    assert_int_equal(batch_seal(&pair.header, span_text("head"), span_text("some ops"),
                                &pair.sender, &frame),
                     0);
    struct span spans[] = {buf_span(&frame)};
    bytes_hex(frame.data, 2, hex);
    assert_string_equal(hex, "0101");
    bytes_hex(frame.data + 50, 10, hex);
    assert_string_equal(hex, "04030201010000010000");
    hash_spans(digest, "attune.test", spans, 1);
    bytes_hex(digest, sizeof(digest), hex);
    assert_string_equal(
        hex, "0cce51ce8eafd22926e3a0ec1b6c3cd99b5568dae40b3f60f938c9383e53b6dd");
    buf_free(&frame);
}

static void
expect_refused(struct span frame, const struct batch_receiver_keys *keys, int error)
{
    struct buf plain = {0};
    struct span head = span_text("h");
    struct span ops = span_text("o");
    int rc = batch_open(frame, keys, &plain, &head, &ops);
    if (error != 0) {
        assert_int_equal(rc, error);
    } else {
        assert_true(rc == E_BATCH_AUTH || rc == E_BATCH_SHAPE);
    }
    assert_int_equal(plain.size, 0);
    assert_int_equal(plain.error, 0);
    assert_true(span_equal(head, span_text("h")) && span_equal(ops, span_text("o")));
    buf_free(&plain);
}

static void
test_every_bit_counts(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    assert_int_equal(batch_seal(&pair.header, span_text("head"), span_text("some ops"),
                                &pair.sender, &frame),
                     0);
    for (size_t bit = 0; bit < 8 * frame.size; bit++) {
        frame.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        expect_refused(buf_span(&frame), &pair.receiver, 0);
        frame.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t size = 0; size < frame.size; size++) {
        expect_refused(span_of(frame.data, size), &pair.receiver, E_BATCH_SHAPE);
    }
    buf_put_u64(&frame, 0);
    expect_refused(buf_span(&frame), &pair.receiver, E_BATCH_SHAPE);
    buf_free(&frame);
}

static void
test_every_key_counts(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    assert_int_equal(batch_seal(&pair.header, span_text("head"), span_text("some ops"),
                                &pair.sender, &frame),
                     0);
    struct batch_receiver_keys keys = pair.receiver;
    keys.psk = pair.other_sk;
    expect_refused(buf_span(&frame), &keys, E_BATCH_AUTH);
    keys = pair.receiver;
    keys.their_dnk_pk = pair.other_pk;
    expect_refused(buf_span(&frame), &keys, E_BATCH_AUTH);
    keys = pair.receiver;
    keys.epk_sk = pair.other_sk;
    keys.epk_pk = pair.other_pk;
    expect_refused(buf_span(&frame), &keys, E_BATCH_AUTH);
    keys = pair.receiver;
    keys.ss = pair.other_sk;
    expect_refused(buf_span(&frame), &keys, E_BATCH_AUTH);
    buf_free(&frame);
}

/* Chunks of one long frame changed places, repeated, cut off. */
static void
test_chunks_keep_their_order(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    uint8_t *ops = calloc(1, 300000);
    uint8_t *chunk = malloc(65535);
    assert_non_null(ops);
    assert_non_null(chunk);
    assert_int_equal(batch_seal(&pair.header, SPAN_EMPTY, span_of(ops, 300000),
                                &pair.sender, &frame),
                     0);
    uint8_t *first = frame.data + 60 + 48 + 256;
    memcpy(chunk, first, 65535);
    memcpy(first, first + 65535, 65535);
    expect_refused(buf_span(&frame), &pair.receiver, E_BATCH_AUTH);
    memcpy(first + 65535, chunk, 65535);
    expect_refused(buf_span(&frame), &pair.receiver, E_BATCH_AUTH);
    memcpy(first, chunk, 65535);
    expect_refused(buf_span(&frame), &pair.receiver, E_BATCH_AUTH);
    /* Cut to a size that PADME allows, with a fitting header: still not authentic. */
    size_t shorter = batch_frame_bytes(0, 100000);
    frame.data[54] = (uint8_t)((shorter - 60 - 48 - 256) / 65535 + 1);
    expect_refused(span_of(frame.data, shorter), &pair.receiver, E_BATCH_AUTH);
    free(ops);
    free(chunk);
    buf_free(&frame);
}

/* An authentic frame made by hand, so that each rule can be broken alone. */
struct forged {
    uint32_t head_bytes;
    uint32_t ops_bytes;
    size_t first_bytes;
    size_t first_dirty; /* offset of one non-zero byte in the first payload, or 0 */
    size_t data_dirty;  /* the same in the chunks' data, plus 1, or 0 */
    uint8_t flags[2];   /* of the chunks */
    size_t frame_bytes;
};

static void
forge(const struct pair *pair, const struct forged *forged, struct buf *out)
{
    struct noise noise;
    uint8_t first[1024] = {0};
    size_t space = forged->frame_bytes - 60 - 48 - forged->first_bytes;
    size_t chunks = (space + 65534) / 65535;
    buf_put_u8(out, 1);
    buf_put_u8(out, 1);
    buf_put(out, pair->header.couple, ID_BYTES);
    buf_put(out, pair->header.from_log, ID_BYTES);
    buf_put(out, pair->header.to_log, ID_BYTES);
    buf_put_u32(out, pair->header.epoch);
    buf_put_u16(out, (uint16_t)chunks);
    buf_put_u32(out, (uint32_t)forged->first_bytes);
    bytes_set_u32(first, forged->head_bytes);
    if (forged->head_bytes < sizeof(first) - 8) {
        bytes_set_u32(first + 4 + forged->head_bytes, forged->ops_bytes);
    }
    if (forged->first_dirty != 0) {
        first[forged->first_dirty] = 1;
    }
    struct noise_initiator keys = {
        .static_sk = pair->dnk_sk,
        .static_pk = pair->dnk_pk,
        .ephemeral_sk = pair->ephemeral,
        .responder_pk = pair->epk_pk,
        .psk = pair->psk,
    };
    uint8_t message[1024 + NOISE_HELLO_BYTES];
    assert_int_equal(noise_kpsk0_write(&noise, &keys, buf_span(out),
                                       span_of(first, forged->first_bytes), message),
                     0);
    buf_put(out, message, forged->first_bytes + NOISE_HELLO_BYTES);
    size_t done = 0;
    for (size_t i = 0; i < chunks; i++) {
        size_t room = space < 65535 ? space - 17 : CHUNK_ROOM;
        uint8_t *plain = calloc(1, room + 1);
        assert_non_null(plain);
        plain[0] = forged->flags[i];
        if (forged->data_dirty > done && forged->data_dirty <= done + room) {
            plain[forged->data_dirty - done] = 1;
        }
        uint8_t *at = buf_reserve(out, room + 17);
        assert_non_null(at);
        noise_encrypt(&noise, span_of(plain, room + 1), at);
        buf_advance(out, room + 17);
        free(plain);
        space -= room + 17;
        done += room;
    }
    assert_int_equal(out->size, forged->frame_bytes);
}

static void
test_authentic_but_misshapen(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    /* Row 0 and 1 are sound; each other breaks one rule. 1024: room 643, 1 chunk;
     * 67584: room 67186, 2 chunks. */
    static const struct forged rows[] = {
        {4, 8, 256, 5, 8, {1, 0}, 1024},
        {4, 8, 256, 5, 8, {0, 1}, 67584},
        {4, 8, 256, 12, 0, {1, 0}, 1024},             /* padding of the first payload */
        {4, 8, 256, 255, 0, {1, 0}, 1024},            /* its last byte */
        {4, 8, 256, 0, 9, {1, 0}, 1024},              /* padding after the ops */
        {4, 8, 256, 0, 643, {1, 0}, 1024},            /* its last byte */
        {4, 8, 256, 0, 9, {0, 1}, 67584},             /* in a chunk before the last */
        {4, 8, 256, 0, 67186, {0, 1}, 67584},         /* last byte of the last chunk */
        {4, 8, 256, 0, 0, {0, 0}, 1024},              /* no last chunk */
        {4, 8, 256, 0, 0, {3, 0}, 1024},              /* a flag without meaning */
        {4, 8, 256, 0, 0, {1, 1}, 67584},             /* last twice */
        {4, 8, 256, 0, 0, {1, 0}, 67584},             /* last too early */
        {4, 8, 512, 0, 0, {1, 0}, 1024},              /* head padded too far */
        {249, 8, 256, 0, 0, {1, 0}, 1024},            /* head longer than its place */
        {UINT32_MAX, 8, 256, 0, 0, {1, 0}, 1024},     /* the same, absurdly */
        {UINT32_MAX - 7, 8, 256, 0, 0, {1, 0}, 1024}, /* with a sum of zero */
        {4, 644, 256, 0, 0, {1, 0}, 1024},            /* ops longer than the data */
        {4, UINT32_MAX, 256, 0, 0, {1, 0}, 1024},     /* absurdly */
        {4, 8, 256, 0, 0, {1, 0}, 1025},              /* not a PADME size */
        {4, 8, 256, 0, 0, {1, 0}, 960},               /* too short */
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf frame = {0};
        struct buf plain = {0};
        struct span head;
        struct span ops;
        forge(&pair, &rows[i], &frame);
        if (i < 2) {
            assert_int_equal(
                batch_open(buf_span(&frame), &pair.receiver, &plain, &head, &ops), 0);
            assert_int_equal(head.size, 4);
            assert_int_equal(head.data[1], 1);
            assert_int_equal(ops.size, 8);
            assert_int_equal(ops.data[7], 1);
        } else {
            expect_refused(buf_span(&frame), &pair.receiver, E_BATCH_SHAPE);
        }
        buf_free(&plain);
        buf_free(&frame);
    }
}

static void
test_peek_refuses(void **state)
{
    (void)state;
    struct pair pair;
    pair_init(&pair);
    struct buf frame = {0};
    struct batch_header header = {.epoch = 77};
    assert_int_equal(batch_seal(&pair.header, span_text("head"), span_text("some ops"),
                                &pair.sender, &frame),
                     0);
    /* Offsets of: type, version, chunks, first_bytes. */
    static const size_t offsets[] = {0, 1, 54, 55, 56, 57, 58, 59};
    for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
        for (unsigned value = 0; value < 256; value++) {
            uint8_t right = frame.data[offsets[i]];
            /* 256, 512 or 768 bytes of first payload all make a possible frame. */
            if (value == right || (offsets[i] == 57 && value >= 1 && value <= 3)) {
                continue;
            }
            frame.data[offsets[i]] = (uint8_t)value;
            assert_int_equal(batch_peek(buf_span(&frame), &header), E_BATCH_SHAPE);
            frame.data[offsets[i]] = right;
        }
    }
    assert_int_equal(batch_peek(SPAN_EMPTY, &header), E_BATCH_SHAPE);
    assert_int_equal(batch_peek(span_of(frame.data, BATCH_CLEAR_BYTES), &header),
                     E_BATCH_SHAPE);
    assert_int_equal(header.epoch, 77);
    buf_free(&frame);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_sizes_follow_padme),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_every_key_counts),
        cmocka_unit_test(test_chunks_keep_their_order),
        cmocka_unit_test(test_authentic_but_misshapen),
        cmocka_unit_test(test_peek_refuses),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
