/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/crypto/keys.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(KEY_BYTES == crypto_kdf_KEYBYTES && KEY_BYTES == crypto_sign_SEEDBYTES &&
                  KEY_BYTES == crypto_sign_PUBLICKEYBYTES &&
                  KEY_BYTES == crypto_scalarmult_BYTES && KEY_BYTES == HASH_BYTES,
              "one size of key");
static_assert(SIGNATURE_BYTES == crypto_sign_BYTES, "Ed25519");
static_assert((int)KEYS_ED25519_SK_BYTES == (int)crypto_sign_SECRETKEYBYTES, "Ed25519");
static_assert((int)KEYS_NONCE_BYTES ==
                  (int)crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
              "XChaCha20-Poly1305");
static_assert((int)KEYS_SEAL_BYTES == (int)crypto_aead_xchacha20poly1305_ietf_ABYTES,
              "XChaCha20-Poly1305");

/* crypto_kdf contexts: eight bytes each, never reused for another purpose. */
static const char *const contexts[] = {
    [KEYS_PAGE] = "atn_page",     [KEYS_WAL] = "atn_wal_",  [KEYS_ANCHOR] = "atn_anch",
    [KEYS_EXPORT] = "atn_expo",   [KEYS_SELF] = "atn_self", [KEYS_PIK] = "atn_pik_",
    [KEYS_RECOVERY] = "atn_reco",
};

void
keys_derive(enum keys_purpose purpose, const uint8_t root[static KEY_BYTES],
            uint8_t out[static KEY_BYTES])
{
    assert((size_t)purpose < sizeof(contexts) / sizeof(contexts[0]));
    int rc = crypto_kdf_derive_from_key(out, KEY_BYTES, 1, contexts[purpose], root);
    assert(rc == 0);
    (void)rc;
}

void
keys_backup(const uint8_t k_export[static KEY_BYTES],
            const uint8_t backup_id[static ID_BYTES], uint8_t out[static KEY_BYTES])
{
    struct hash hash;
    hash_keyed_init(&hash, "attune.export", k_export);
    hash_put(&hash, span_of(backup_id, ID_BYTES));
    hash_final(&hash, out);
}

void
keys_ed25519_from_seed(const uint8_t seed[static KEY_BYTES], struct keys_ed25519 *out)
{
    (void)crypto_sign_seed_keypair(out->pk, out->sk, seed);
}

void
keys_x25519_from_seed(const uint8_t seed[static KEY_BYTES], struct keys_x25519 *out)
{
    memcpy(out->sk, seed, KEY_BYTES);
    (void)crypto_scalarmult_base(out->pk, out->sk);
}

void
keys_sign(const uint8_t sk[static KEYS_ED25519_SK_BYTES], const char *tag,
          const struct span *spans, size_t count,
          uint8_t signature[static SIGNATURE_BYTES])
{
    uint8_t digest[HASH_BYTES];
    hash_spans(digest, tag, spans, count);
    (void)crypto_sign_detached(signature, NULL, digest, sizeof(digest), sk);
}

int
keys_verify(const uint8_t pk[static KEY_BYTES], const char *tag,
            const struct span *spans, size_t count,
            const uint8_t signature[static SIGNATURE_BYTES])
{
    uint8_t digest[HASH_BYTES];
    hash_spans(digest, tag, spans, count);
    return crypto_sign_verify_detached(signature, digest, sizeof(digest), pk) == 0
               ? 0
               : E_STRANGER;
}

void
keys_seal(const uint8_t key[static KEY_BYTES],
          const uint8_t nonce[static KEYS_NONCE_BYTES], struct span ad,
          struct span plain, uint8_t *out)
{
    assert(ad.size > 0);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(
        out, NULL, plain.data, plain.size, ad.data, ad.size, NULL, nonce, key);
}

int
keys_unseal(const uint8_t key[static KEY_BYTES],
            const uint8_t nonce[static KEYS_NONCE_BYTES], struct span ad,
            struct span sealed, uint8_t *out)
{
    assert(ad.size > 0);
    if (sealed.size < KEYS_SEAL_BYTES || crypto_aead_xchacha20poly1305_ietf_decrypt(
                                             out, NULL, NULL, sealed.data, sealed.size,
                                             ad.data, ad.size, nonce, key) != 0) {
        return E_JOURNAL;
    }
    return 0;
}

void
keys_log_id(enum keys_log_class log_class, const uint8_t dsk_pk[static KEY_BYTES],
            const uint8_t incarnation[static ID_BYTES], const uint8_t *couple,
            uint8_t out[static ID_BYTES])
{
    static const uint8_t nobody[ID_BYTES];
    uint8_t class_byte = (uint8_t)log_class;
    uint8_t digest[HASH_BYTES];
    struct span spans[] = {
        span_of(&class_byte, 1),
        span_of(dsk_pk, KEY_BYTES),
        span_of(incarnation, ID_BYTES),
        span_of(couple == NULL ? nobody : couple, ID_BYTES),
    };
    hash_spans(digest, "attune.log", spans, sizeof(spans) / sizeof(spans[0]));
    memcpy(out, digest, ID_BYTES);
}

void
keys_op_hash(const uint8_t log[static ID_BYTES], uint64_t seq,
             const uint8_t prev[static HASH_BYTES], struct span header,
             uint8_t out[static HASH_BYTES])
{
    struct hash hash;
    hash_init(&hash, "attune.op");
    hash_put(&hash, span_of(log, ID_BYTES));
    hash_put_u64(&hash, seq);
    hash_put(&hash, span_of(prev, HASH_BYTES));
    hash_put(&hash, header);
    hash_final(&hash, out);
}

void
keys_payload_hash(struct span payload, uint8_t out[static HASH_BYTES])
{
    hash_spans(out, "attune.payload", &payload, 1);
}

void
keys_self_tag(const uint8_t k_self[static KEY_BYTES],
              const uint8_t op_hash[static HASH_BYTES],
              uint8_t out[static SELF_TAG_BYTES])
{
    static const uint8_t personal[crypto_generichash_blake2b_PERSONALBYTES] =
        "attune.self";
    /* The length is part of BLAKE2b's parameters: this is not a cut longer hash. */
    (void)crypto_generichash_blake2b_salt_personal(
        out, SELF_TAG_BYTES, op_hash, HASH_BYTES, k_self, KEY_BYTES, NULL, personal);
}
