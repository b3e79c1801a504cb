/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noise K and Kpsk0 against the published vectors of cacophony (vectors/cacophony.txt),
 * both directions, and everything a responder must refuse.
 */
#include "daemon/crypto/noise.h"

#include "common/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

struct message {
    const char *payload; /* hex, as published */
    const char *ciphertext;
};

static const char prologue_hex[] = "4a6f686e2047616c74";
static const char static_i_hex[] =
    "e61ef9919cde45dd5f82166404bd08e38bceb5dfdfded0a34c8df7ed542214d1";
static const char ephemeral_hex[] =
    "893e28b9dc6ca8d611ab664754b8ceb7bac5117349a4439a6b0569da977c464a";
static const char static_r_pk_hex[] =
    "31e0303fd6418d2f8c0e78b91f22e8caed0fbe48656dcf4767e4834f701b8f62";
static const char static_r_hex[] =
    "4a3acbfdb163dec651dfa3194dece676d437029c62a408b4c5ea9114246e4893";
static const char static_i_pk_hex[] =
    "6bc3822a2aa7f4e6981d6538692b3cdf3e6df9eea6ed269eb41d93c22757b75a";
static const char psk_hex[] =
    "54686973206973206d7920417573747269616e20706572737065637469766521";
static const char hash_k_hex[] =
    "d53e8c3b8573bce6f9643c85f2e29997b0e2de65b19105458522af2b125dcd49fc4f8c71"
    "455186214d8b809eeb11c67935dfc3ef3b3e9acd336054961bd98e19";
static const struct message messages_k[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944885229f6"
     "a2df09fa34da59d165241538a858b5e34393676ab4e646c771db0e0a"},
    {"4d757272617920526f746862617264",
     "faa4ad33acfc9d16c636ebf587c425dc9a0a0fabb5b975b8e3cc15350b77da"},
    {"462e20412e20486179656b",
     "fd34fab878317f67192e27ef2d58baa3d41c13bd55e27d7ee1b6aa"},
    {"4361726c204d656e676572",
     "09dc13b2f7cdecdce30b8059b02e24c609768fc054a2051228b146"},
    {"4a65616e2d426170746973746520536179",
     "8e42d678033ae8b60cde5cbce291df6eaefec3e26cd173883987639acfe0a0c76f"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "748eb0219e14970038bb79154e2c915fcfefe369994c84a8a3d9678b491a40e684925f0c"
     "44"},
};
static const char hash_kpsk0_hex[] =
    "e7514b3e642242841b8df1770f255db7c9e8a5e046325323b22d8f43a4d3cef3edc0fa12"
    "4f7d40a936997258045cbe55261e86e6617728ceb6748151f684f874";
static const struct message messages_kpsk0[] = {
    {"4c756477696720766f6e204d69736573",
     "ca35def5ae56cec33dc2036731ab14896bc4c75dbb07a61f879f8e3afa4c7944ea34ffbe"
     "10d8f6014f55f5814f3ff63bdd165a965ea06ddf47b5f11ba5b0c3c8"},
    {"4d757272617920526f746862617264",
     "c3a9eacbadf211ed7953832568b18cd7f12879a4a1b456f056f43792533027"},
    {"462e20412e20486179656b",
     "90d29d021e9f6b11195b0fb506a0447183ec5c6352355cf318a039"},
    {"4361726c204d656e676572",
     "4872df2b10d71acb35964ef12d03bf5dccd521799646365d90ce4e"},
    {"4a65616e2d426170746973746520536179",
     "36ba971ec0b348372ff2a8ec596d3d94aa6aded71e8fab547b2fa7eb797ae183a9"},
    {"457567656e2042f6686d20766f6e2042617765726b",
     "5d0db831f44eac08163a67b9c07eb18f333818ab6f970b00a36a7f7a4c9edd65a2f74859"
     "92"},
};

enum { MESSAGES = sizeof(messages_k) / sizeof(messages_k[0]), MESSAGE_BYTES_MAX = 256 };

struct keys {
    uint8_t prologue[16];
    size_t prologue_bytes;
    uint8_t static_i[KEY_BYTES];
    uint8_t static_i_pk[KEY_BYTES];
    uint8_t ephemeral[KEY_BYTES];
    uint8_t static_r[KEY_BYTES];
    uint8_t static_r_pk[KEY_BYTES];
    uint8_t psk[KEY_BYTES];
};

static size_t
unhex(const char *hex, uint8_t *out, size_t room)
{
    size_t size = 0;
    assert_int_equal(sodium_hex2bin(out, room, hex, strlen(hex), NULL, &size, NULL), 0);
    return size;
}

static void
keys_load(struct keys *keys)
{
    keys->prologue_bytes = unhex(prologue_hex, keys->prologue, sizeof(keys->prologue));
    assert_int_equal(unhex(static_i_hex, keys->static_i, KEY_BYTES), 32);
    assert_int_equal(unhex(static_i_pk_hex, keys->static_i_pk, KEY_BYTES), 32);
    assert_int_equal(unhex(ephemeral_hex, keys->ephemeral, KEY_BYTES), 32);
    assert_int_equal(unhex(static_r_hex, keys->static_r, KEY_BYTES), 32);
    assert_int_equal(unhex(static_r_pk_hex, keys->static_r_pk, KEY_BYTES), 32);
    assert_int_equal(unhex(psk_hex, keys->psk, KEY_BYTES), 32);
}

static struct noise_initiator
initiator_of(const struct keys *keys, bool psk)
{
    return (struct noise_initiator){
        .static_sk = keys->static_i,
        .static_pk = keys->static_i_pk,
        .ephemeral_sk = keys->ephemeral,
        .responder_pk = keys->static_r_pk,
        .psk = psk ? keys->psk : NULL,
    };
}

static struct noise_responder
responder_of(const struct keys *keys, bool psk)
{
    return (struct noise_responder){
        .static_sk = keys->static_r,
        .static_pk = keys->static_r_pk,
        .initiator_pk = keys->static_i_pk,
        .psk = psk ? keys->psk : NULL,
    };
}

static int
write_first(struct noise *noise, const struct noise_initiator *keys,
            struct span prologue, struct span payload, uint8_t *out)
{
    return keys->psk == NULL ? noise_k_write(noise, keys, prologue, payload, out)
                             : noise_kpsk0_write(noise, keys, prologue, payload, out);
}

static int
read_first(struct noise *noise, const struct noise_responder *keys,
           struct span prologue, struct span message, uint8_t *out)
{
    return keys->psk == NULL ? noise_k_read(noise, keys, prologue, message, out)
                             : noise_kpsk0_read(noise, keys, prologue, message, out);
}

static void
expect_vector(const struct message *messages, const char *hash_hex, bool psk,
              bool with_ss)
{
    struct keys keys;
    struct noise ours;
    struct noise theirs;
    uint8_t ss[KEY_BYTES];
    uint8_t hash[NOISE_HASH_BYTES];
    keys_load(&keys);
    struct span prologue = span_of(keys.prologue, keys.prologue_bytes);
    struct noise_initiator initiator = initiator_of(&keys, psk);
    struct noise_responder responder = responder_of(&keys, psk);
    if (with_ss) {
        assert_int_equal(noise_shared(keys.static_i, keys.static_r_pk, ss), 0);
        initiator.ss = ss;
        responder.ss = ss;
    }
    for (size_t i = 0; i < MESSAGES; i++) {
        uint8_t payload[MESSAGE_BYTES_MAX];
        uint8_t sealed[MESSAGE_BYTES_MAX];
        uint8_t out[MESSAGE_BYTES_MAX];
        size_t payload_bytes = unhex(messages[i].payload, payload, sizeof(payload));
        size_t sealed_bytes = unhex(messages[i].ciphertext, sealed, sizeof(sealed));
        struct span plain = span_of(payload, payload_bytes);
        struct span cipher = span_of(sealed, sealed_bytes);
        if (i == 0) {
            assert_int_equal(sealed_bytes, payload_bytes + NOISE_HELLO_BYTES);
            assert_int_equal(write_first(&ours, &initiator, prologue, plain, out), 0);
            assert_memory_equal(out, sealed, sealed_bytes);
            assert_int_equal(read_first(&theirs, &responder, prologue, cipher, out), 0);
            unhex(hash_hex, hash, sizeof(hash));
            assert_memory_equal(ours.hash, hash, sizeof(hash));
            assert_memory_equal(theirs.hash, hash, sizeof(hash));
        } else {
            assert_int_equal(sealed_bytes, payload_bytes + NOISE_TAG_BYTES);
            noise_encrypt(&ours, plain, out);
            assert_memory_equal(out, sealed, sealed_bytes);
            assert_int_equal(noise_decrypt(&theirs, cipher, out), 0);
        }
        assert_memory_equal(out, payload, payload_bytes);
    }
    noise_done(&ours);
    noise_done(&theirs);
    assert_true(sodium_is_zero((const uint8_t *)&ours, sizeof(ours)));
}

static void
test_published_k(void **state)
{
    (void)state;
    expect_vector(messages_k, hash_k_hex, false, false);
    expect_vector(messages_k, hash_k_hex, false, true);
}

static void
test_published_kpsk0(void **state)
{
    (void)state;
    expect_vector(messages_kpsk0, hash_kpsk0_hex, true, false);
    expect_vector(messages_kpsk0, hash_kpsk0_hex, true, true);
}

static void
test_every_bit_counts(void **state)
{
    (void)state;
    struct keys keys;
    struct noise noise;
    uint8_t sealed[MESSAGE_BYTES_MAX];
    uint8_t out[MESSAGE_BYTES_MAX];
    keys_load(&keys);
    struct span prologue = span_of(keys.prologue, keys.prologue_bytes);
    struct noise_responder responder = responder_of(&keys, true);
    size_t size = unhex(messages_kpsk0[0].ciphertext, sealed, sizeof(sealed));
    for (size_t bit = 0; bit < 8 * size; bit++) {
        /* X25519 ignores the top bit of a key; the hash of the handshake doesn't. */
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(
            noise_kpsk0_read(&noise, &responder, prologue, span_of(sealed, size), out),
            E_BATCH_AUTH);
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t shorter = 0; shorter < size; shorter++) {
        assert_int_equal(noise_kpsk0_read(&noise, &responder, prologue,
                                          span_of(sealed, shorter), out),
                         E_BATCH_AUTH);
    }
    assert_int_equal(
        noise_kpsk0_read(&noise, &responder, prologue, span_of(sealed, size), out), 0);
}

static void
test_every_key_counts(void **state)
{
    (void)state;
    struct keys keys;
    struct noise noise;
    uint8_t sealed[MESSAGE_BYTES_MAX];
    uint8_t out[MESSAGE_BYTES_MAX];
    uint8_t other[KEY_BYTES];
    uint8_t other_pk[KEY_BYTES];
    keys_load(&keys);
    memset(other, 9, sizeof(other));
    assert_int_equal(crypto_scalarmult_base(other_pk, other), 0);
    struct span prologue = span_of(keys.prologue, keys.prologue_bytes);
    size_t size = unhex(messages_kpsk0[0].ciphertext, sealed, sizeof(sealed));
    struct span message = span_of(sealed, size);
    struct noise_responder good = responder_of(&keys, true);
    struct noise_responder bad = good;
    bad.psk = other;
    assert_int_equal(noise_kpsk0_read(&noise, &bad, prologue, message, out),
                     E_BATCH_AUTH);
    bad = good;
    bad.initiator_pk = other_pk;
    assert_int_equal(noise_kpsk0_read(&noise, &bad, prologue, message, out),
                     E_BATCH_AUTH);
    bad = good;
    bad.static_sk = other;
    assert_int_equal(noise_kpsk0_read(&noise, &bad, prologue, message, out),
                     E_BATCH_AUTH);
    bad = good;
    bad.static_pk = other_pk;
    assert_int_equal(noise_kpsk0_read(&noise, &bad, prologue, message, out),
                     E_BATCH_AUTH);
    bad = good;
    bad.ss = other;
    assert_int_equal(noise_kpsk0_read(&noise, &bad, prologue, message, out),
                     E_BATCH_AUTH);
    assert_int_equal(noise_kpsk0_read(&noise, &good, SPAN_EMPTY, message, out),
                     E_BATCH_AUTH);
    assert_int_equal(noise_kpsk0_read(&noise, &good, prologue, message, out), 0);
}

static void
test_order_counts(void **state)
{
    (void)state;
    struct keys keys;
    struct noise ours;
    struct noise theirs;
    uint8_t hello[NOISE_HELLO_BYTES];
    uint8_t first[3 + NOISE_TAG_BYTES];
    uint8_t second[3 + NOISE_TAG_BYTES];
    uint8_t out[3];
    keys_load(&keys);
    struct noise_initiator initiator = initiator_of(&keys, true);
    struct noise_responder responder = responder_of(&keys, true);
    assert_int_equal(
        noise_kpsk0_write(&ours, &initiator, SPAN_EMPTY, SPAN_EMPTY, hello), 0);
    noise_encrypt(&ours, span_text("one"), first);
    noise_encrypt(&ours, span_text("two"), second);
    struct span message = span_of(hello, sizeof(hello));
    assert_int_equal(noise_kpsk0_read(&theirs, &responder, SPAN_EMPTY, message, out),
                     0);
    assert_int_equal(noise_decrypt(&theirs, span_of(second, sizeof(second)), out),
                     E_BATCH_AUTH);
    /* One failure ends it: the right message doesn't help any more. */
    assert_int_equal(noise_decrypt(&theirs, span_of(first, sizeof(first)), out),
                     E_BATCH_AUTH);
}

static void
test_low_order_points(void **state)
{
    (void)state;
    static const char *const points[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    };
    struct keys keys;
    struct noise noise;
    keys_load(&keys);
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        uint8_t point[KEY_BYTES];
        uint8_t message[NOISE_HELLO_BYTES] = {0};
        uint8_t out[NOISE_HELLO_BYTES];
        unhex(points[i], point, sizeof(point));
        struct noise_initiator initiator = initiator_of(&keys, true);
        struct noise_responder responder = responder_of(&keys, true);
        initiator.responder_pk = point;
        assert_int_equal(
            noise_kpsk0_write(&noise, &initiator, SPAN_EMPTY, SPAN_EMPTY, out),
            E_BATCH_AUTH);
        assert_int_equal(noise_shared(keys.static_i, point, out), E_BATCH_AUTH);
        memcpy(message, point, sizeof(point));
        assert_int_equal(noise_kpsk0_read(&noise, &responder, SPAN_EMPTY,
                                          span_of(message, sizeof(message)), out),
                         E_BATCH_AUTH);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published_k),
        cmocka_unit_test(test_published_kpsk0),
        cmocka_unit_test(test_every_bit_counts),
        cmocka_unit_test(test_every_key_counts),
        cmocka_unit_test(test_order_counts),
        cmocka_unit_test(test_low_order_points),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
