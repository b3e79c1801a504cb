/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(sizeof(struct hash) == sizeof(crypto_generichash_blake2b_state),
              "struct hash must hold libsodium's state");
static_assert(alignof(struct hash) >= alignof(crypto_generichash_blake2b_state),
              "struct hash must be aligned like libsodium's state");
static_assert((int)HASH_TAG_BYTES_MAX == (int)crypto_generichash_blake2b_PERSONALBYTES,
              "a tag is the personalisation");

static crypto_generichash_blake2b_state *
state_of(struct hash *hash)
{
    return (crypto_generichash_blake2b_state *)(void *)hash;
}

static void
init(struct hash *hash, const char *tag, const uint8_t *key, size_t key_bytes)
{
    uint8_t personal[HASH_TAG_BYTES_MAX] = {0};
    size_t tag_bytes = strlen(tag);
    assert(tag_bytes >= 1 && tag_bytes <= sizeof(personal));
    memcpy(personal, tag, tag_bytes);
    int rc = crypto_generichash_blake2b_init_salt_personal(
        state_of(hash), key, key_bytes, HASH_BYTES, NULL, personal);
    assert(rc == 0);
    (void)rc;
}

void
hash_init(struct hash *hash, const char *tag)
{
    init(hash, tag, NULL, 0);
}

void
hash_keyed_init(struct hash *hash, const char *tag, const uint8_t key[static KEY_BYTES])
{
    init(hash, tag, key, KEY_BYTES);
}

void
hash_put(struct hash *hash, struct span input)
{
    uint8_t length[8];
    bytes_set_u64(length, input.size);
    (void)crypto_generichash_blake2b_update(state_of(hash), length, sizeof(length));
    if (input.size > 0) {
        (void)crypto_generichash_blake2b_update(state_of(hash), input.data, input.size);
    }
}

void
hash_put_u64(struct hash *hash, uint64_t value)
{
    uint8_t input[8];
    bytes_set_u64(input, value);
    hash_put(hash, span_of(input, sizeof(input)));
}

void
hash_final(struct hash *hash, uint8_t out[static HASH_BYTES])
{
    (void)crypto_generichash_blake2b_final(state_of(hash), out, HASH_BYTES);
    sodium_memzero(hash, sizeof(*hash));
}

void
hash_spans(uint8_t out[static HASH_BYTES], const char *tag, const struct span *spans,
           size_t count)
{
    struct hash hash;
    hash_init(&hash, tag);
    for (size_t i = 0; i < count; i++) {
        hash_put(&hash, spans[i]);
    }
    hash_final(&hash, out);
}

bool
hash_equal(const void *a, const void *b, size_t size)
{
    return sodium_memcmp(a, b, size) == 0;
}
