/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One function, `mix_keys`, runs the tokens of both patterns for both sides, so the two
 * ends can't drift apart. Names follow the specification, section 5.
 */
#include "daemon/crypto/noise.h"

#include "common/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { HMAC_BLOCK_BYTES = 128 };

static_assert((int)KEY_BYTES == (int)crypto_scalarmult_BYTES, "X25519");
static_assert((int)KEY_BYTES == (int)crypto_aead_chacha20poly1305_ietf_KEYBYTES,
              "cipher key");
static_assert((int)NOISE_TAG_BYTES == (int)crypto_aead_chacha20poly1305_ietf_ABYTES,
              "cipher tag");

static const uint8_t name_k[NOISE_HASH_BYTES] = "Noise_K_25519_ChaChaPoly_BLAKE2b";
static const uint8_t name_kpsk0[NOISE_HASH_BYTES] =
    "Noise_Kpsk0_25519_ChaChaPoly_BLAKE2b";

static void
blake2b_two(uint8_t out[static NOISE_HASH_BYTES], struct span first, struct span second)
{
    crypto_generichash_blake2b_state state;
    (void)crypto_generichash_blake2b_init(&state, NULL, 0, NOISE_HASH_BYTES);
    (void)crypto_generichash_blake2b_update(&state, first.data, first.size);
    if (second.size > 0) {
        (void)crypto_generichash_blake2b_update(&state, second.data, second.size);
    }
    (void)crypto_generichash_blake2b_final(&state, out, NOISE_HASH_BYTES);
}

/* HMAC-HASH with one of our 64-byte chaining keys. RFC 2104. */
static void
hmac(const uint8_t key[static NOISE_HASH_BYTES], struct span input,
     uint8_t out[static NOISE_HASH_BYTES])
{
    uint8_t pad[HMAC_BLOCK_BYTES];
    uint8_t inner[NOISE_HASH_BYTES];
    memset(pad, 0x36, sizeof(pad));
    for (size_t i = 0; i < NOISE_HASH_BYTES; i++) {
        pad[i] ^= key[i];
    }
    blake2b_two(inner, span_of(pad, sizeof(pad)), input);
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    blake2b_two(out, span_of(pad, sizeof(pad)), span_of(inner, sizeof(inner)));
    sodium_memzero(pad, sizeof(pad));
    sodium_memzero(inner, sizeof(inner));
}

/* HKDF(chaining_key, input, 2 or 3): section 4.3. `third` is NULL for two outputs. */
static void
hkdf(const uint8_t chaining_key[static NOISE_HASH_BYTES], struct span input,
     uint8_t first[static NOISE_HASH_BYTES], uint8_t second[static NOISE_HASH_BYTES],
     uint8_t *third)
{
    uint8_t temp[NOISE_HASH_BYTES];
    uint8_t block[NOISE_HASH_BYTES + 1];
    hmac(chaining_key, input, temp);
    block[0] = 1;
    hmac(temp, span_of(block, 1), first);
    memcpy(block, first, NOISE_HASH_BYTES);
    block[NOISE_HASH_BYTES] = 2;
    hmac(temp, span_of(block, sizeof(block)), second);
    if (third != NULL) {
        memcpy(block, second, NOISE_HASH_BYTES);
        block[NOISE_HASH_BYTES] = 3;
        hmac(temp, span_of(block, sizeof(block)), third);
    }
    sodium_memzero(temp, sizeof(temp));
    sodium_memzero(block, sizeof(block));
}

static void
mix_hash(struct noise *noise, struct span data)
{
    blake2b_two(noise->hash, span_of(noise->hash, sizeof(noise->hash)), data);
}

static void
mix_key(struct noise *noise, const uint8_t input[static KEY_BYTES])
{
    uint8_t next[NOISE_HASH_BYTES];
    uint8_t key[NOISE_HASH_BYTES];
    hkdf(noise->chaining_key, span_of(input, KEY_BYTES), next, key, NULL);
    memcpy(noise->chaining_key, next, sizeof(noise->chaining_key));
    memcpy(noise->key, key, sizeof(noise->key));
    noise->nonce = 0;
    sodium_memzero(next, sizeof(next));
    sodium_memzero(key, sizeof(key));
}

static void
mix_key_and_hash(struct noise *noise, const uint8_t psk[static KEY_BYTES])
{
    uint8_t next[NOISE_HASH_BYTES];
    uint8_t hashed[NOISE_HASH_BYTES];
    uint8_t key[NOISE_HASH_BYTES];
    hkdf(noise->chaining_key, span_of(psk, KEY_BYTES), next, hashed, key);
    memcpy(noise->chaining_key, next, sizeof(noise->chaining_key));
    mix_hash(noise, span_of(hashed, sizeof(hashed)));
    memcpy(noise->key, key, sizeof(noise->key));
    noise->nonce = 0;
    sodium_memzero(next, sizeof(next));
    sodium_memzero(hashed, sizeof(hashed));
    sodium_memzero(key, sizeof(key));
}

/* Section 12.3: 32 zero bits, then the counter, little-endian. */
static void
nonce_of(const struct noise *noise,
         uint8_t out[static crypto_aead_chacha20poly1305_ietf_NPUBBYTES])
{
    memset(out, 0, 4);
    bytes_set_u64(out + 4, noise->nonce);
}

static void
seal(struct noise *noise, struct span ad, struct span plain, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    assert(plain.size <= NOISE_MESSAGE_BYTES_MAX - NOISE_TAG_BYTES);
    nonce_of(noise, nonce);
    (void)crypto_aead_chacha20poly1305_ietf_encrypt(
        out, NULL, plain.data, plain.size, ad.data, ad.size, NULL, nonce, noise->key);
    noise->nonce++;
}

static int
unseal(struct noise *noise, struct span ad, struct span sealed, uint8_t *out)
{
    uint8_t nonce[crypto_aead_chacha20poly1305_ietf_NPUBBYTES];
    if (sealed.size < NOISE_TAG_BYTES || sealed.size > NOISE_MESSAGE_BYTES_MAX) {
        return E_BATCH_AUTH;
    }
    nonce_of(noise, nonce);
    if (crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, sealed.data,
                                                  sealed.size, ad.data, ad.size, nonce,
                                                  noise->key) != 0) {
        return E_BATCH_AUTH;
    }
    noise->nonce++;
    return 0;
}

/* The public half of a handshake as both sides see it, and the two shared secrets. */
struct tokens {
    const uint8_t *psk; /* or NULL */
    const uint8_t *initiator_pk;
    const uint8_t *responder_pk;
    const uint8_t *ephemeral_pk;
    const uint8_t *es;
    const uint8_t *ss;
};

/* Everything before the payload: Initialize, pre-messages, [psk,] e, es, ss. */
static void
mix_keys(struct noise *noise, const struct tokens *tokens, struct span prologue)
{
    const uint8_t *name = tokens->psk == NULL ? name_k : name_kpsk0;
    memcpy(noise->hash, name, sizeof(noise->hash));
    memcpy(noise->chaining_key, name, sizeof(noise->chaining_key));
    mix_hash(noise, prologue);
    mix_hash(noise, span_of(tokens->initiator_pk, KEY_BYTES));
    mix_hash(noise, span_of(tokens->responder_pk, KEY_BYTES));
    if (tokens->psk != NULL) {
        mix_key_and_hash(noise, tokens->psk);
    }
    mix_hash(noise, span_of(tokens->ephemeral_pk, KEY_BYTES));
    if (tokens->psk != NULL) {
        mix_key(noise, tokens->ephemeral_pk); /* section 9.2 */
    }
    mix_key(noise, tokens->es);
    mix_key(noise, tokens->ss);
}

/* One-way patterns use the first of the two transport keys only. */
static void
split(struct noise *noise)
{
    uint8_t first[NOISE_HASH_BYTES];
    uint8_t second[NOISE_HASH_BYTES];
    hkdf(noise->chaining_key, SPAN_EMPTY, first, second, NULL);
    memcpy(noise->key, first, sizeof(noise->key));
    noise->nonce = 0;
    sodium_memzero(noise->chaining_key, sizeof(noise->chaining_key));
    sodium_memzero(first, sizeof(first));
    sodium_memzero(second, sizeof(second));
}

int
noise_shared(const uint8_t sk[static KEY_BYTES], const uint8_t pk[static KEY_BYTES],
             uint8_t out[static KEY_BYTES])
{
    uint8_t shared[KEY_BYTES];
    int rc = E_BATCH_AUTH;
    /* libsodium refuses points of low order, whose result would be all zero. */
    if (crypto_scalarmult(shared, sk, pk) == 0) {
        memcpy(out, shared, sizeof(shared));
        rc = 0;
    }
    sodium_memzero(shared, sizeof(shared));
    return rc;
}

static int
handshake_write(struct noise *noise, const struct noise_initiator *keys,
                struct span prologue, struct span payload, uint8_t *out)
{
    uint8_t ephemeral_pk[KEY_BYTES];
    uint8_t es[KEY_BYTES];
    uint8_t ss[KEY_BYTES];
    int rc = noise_shared(keys->ephemeral_sk, keys->responder_pk, es);
    if (rc != 0) {
        goto out;
    }
    if (keys->ss == NULL) {
        rc = noise_shared(keys->static_sk, keys->responder_pk, ss);
        if (rc != 0) {
            goto out;
        }
    }
    (void)crypto_scalarmult_base(ephemeral_pk, keys->ephemeral_sk);
    struct tokens tokens = {
        .psk = keys->psk,
        .initiator_pk = keys->static_pk,
        .responder_pk = keys->responder_pk,
        .ephemeral_pk = ephemeral_pk,
        .es = es,
        .ss = keys->ss != NULL ? keys->ss : ss,
    };
    mix_keys(noise, &tokens, prologue);
    uint8_t *sealed = out + KEY_BYTES;
    seal(noise, span_of(noise->hash, sizeof(noise->hash)), payload, sealed);
    memcpy(out, ephemeral_pk, sizeof(ephemeral_pk));
    mix_hash(noise, span_of(sealed, payload.size + NOISE_TAG_BYTES));
    split(noise);
out:
    if (rc != 0) {
        noise_done(noise);
    }
    sodium_memzero(es, sizeof(es));
    sodium_memzero(ss, sizeof(ss));
    return rc;
}

static int
handshake_read(struct noise *noise, const struct noise_responder *keys,
               struct span prologue, struct span message, uint8_t *out)
{
    uint8_t es[KEY_BYTES];
    uint8_t ss[KEY_BYTES];
    uint8_t hash[NOISE_HASH_BYTES];
    int rc = E_BATCH_AUTH;
    if (message.size < NOISE_HELLO_BYTES || message.size > NOISE_MESSAGE_BYTES_MAX) {
        goto out;
    }
    rc = noise_shared(keys->static_sk, message.data, es);
    if (rc == 0 && keys->ss == NULL) {
        rc = noise_shared(keys->static_sk, keys->initiator_pk, ss);
    }
    if (rc != 0) {
        goto out;
    }
    struct tokens tokens = {
        .psk = keys->psk,
        .initiator_pk = keys->initiator_pk,
        .responder_pk = keys->static_pk,
        .ephemeral_pk = message.data,
        .es = es,
        .ss = keys->ss != NULL ? keys->ss : ss,
    };
    mix_keys(noise, &tokens, prologue);
    struct span sealed = span_slice(message, KEY_BYTES, message.size);
    memcpy(hash, noise->hash, sizeof(hash));
    /* Before decrypting: `out` may be the very place of the message. */
    mix_hash(noise, sealed);
    rc = unseal(noise, span_of(hash, sizeof(hash)), sealed, out);
    if (rc != 0) {
        goto out;
    }
    split(noise);
out:
    if (rc != 0) {
        noise_done(noise);
    }
    sodium_memzero(es, sizeof(es));
    sodium_memzero(ss, sizeof(ss));
    return rc;
}

int
noise_kpsk0_write(struct noise *noise, const struct noise_initiator *keys,
                  struct span prologue, struct span payload, uint8_t *out)
{
    assert(keys->psk != NULL);
    return handshake_write(noise, keys, prologue, payload, out);
}

int
noise_kpsk0_read(struct noise *noise, const struct noise_responder *keys,
                 struct span prologue, struct span message, uint8_t *out)
{
    assert(keys->psk != NULL);
    return handshake_read(noise, keys, prologue, message, out);
}

int
noise_k_write(struct noise *noise, const struct noise_initiator *keys,
              struct span prologue, struct span payload, uint8_t *out)
{
    assert(keys->psk == NULL);
    return handshake_write(noise, keys, prologue, payload, out);
}

int
noise_k_read(struct noise *noise, const struct noise_responder *keys,
             struct span prologue, struct span message, uint8_t *out)
{
    assert(keys->psk == NULL);
    return handshake_read(noise, keys, prologue, message, out);
}

void
noise_encrypt(struct noise *noise, struct span plain, uint8_t *out)
{
    seal(noise, SPAN_EMPTY, plain, out);
}

int
noise_decrypt(struct noise *noise, struct span message, uint8_t *out)
{
    int rc = unseal(noise, SPAN_EMPTY, message, out);
    if (rc != 0) {
        noise_done(noise);
    }
    return rc;
}

void
noise_done(struct noise *noise)
{
    if (noise != NULL) {
        sodium_memzero(noise, sizeof(*noise));
    }
}
