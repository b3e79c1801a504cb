/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Keys: what is derived from what, and the few operations on keys the daemon uses.
 *
 * The model: two roots, MK (everything at rest) and R (the person, 24 words), and one
 * random seed for each device or epoch key. One key, one purpose.
 * Invariants: Ed25519 signs H(tag, ...) and nothing else; associated data is never
 * empty; seeds and nonces are parameters.
 * Ownership: outputs go where the caller says, preferably memory of secret_alloc.
 * To add a derived key: a row in keys.c's table and a name in enum keys_purpose.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_KEYS_H
#define ATTUNE_DAEMON_CRYPTO_KEYS_H

#include "common/bytes.h"
#include "common/limits.h"

enum {
    KEYS_ED25519_SK_BYTES = 64,
    KEYS_NONCE_BYTES = 24,
    KEYS_SEAL_BYTES = 16, /* what sealing adds */
};

enum keys_purpose {
    KEYS_PAGE,     /* from MK: journal pages */
    KEYS_WAL,      /* from MK: WAL cells */
    KEYS_ANCHOR,   /* from MK: the anchor file */
    KEYS_EXPORT,   /* from MK: root of the backups' keys, see keys_backup */
    KEYS_SELF,     /* from R: author tags */
    KEYS_PIK,      /* from R: Ed25519 seed of the person key */
    KEYS_RECOVERY, /* from R: X25519 seed of the recovery slot */
};

enum keys_log_class {
    KEYS_LOG_OURS = 1,
    KEYS_LOG_MINE = 2,
    KEYS_LOG_KEYS = 3,
};

struct keys_ed25519 {
    uint8_t pk[KEY_BYTES];
    uint8_t sk[KEYS_ED25519_SK_BYTES];
};

struct keys_x25519 {
    uint8_t pk[KEY_BYTES];
    uint8_t sk[KEY_BYTES];
};

/* crypto_kdf (BLAKE2b) of the root the purpose names: MK or R. */
void
keys_derive(enum keys_purpose purpose, const uint8_t root[static KEY_BYTES],
            uint8_t out[static KEY_BYTES]);
/* The key of one backup: K_export and the backup's random id. */
void
keys_backup(const uint8_t k_export[static KEY_BYTES],
            const uint8_t backup_id[static ID_BYTES], uint8_t out[static KEY_BYTES]);

/* Key pairs from 32 random bytes. RFC 8032, RFC 7748. */
void
keys_ed25519_from_seed(const uint8_t seed[static KEY_BYTES], struct keys_ed25519 *out);
void
keys_x25519_from_seed(const uint8_t seed[static KEY_BYTES], struct keys_x25519 *out);

/* Ed25519 over H(tag, spans...). keys_verify: 0 or E_STRANGER. */
void
keys_sign(const uint8_t sk[static KEYS_ED25519_SK_BYTES], const char *tag,
          const struct span *spans, size_t count,
          uint8_t signature[static SIGNATURE_BYTES]);
int
keys_verify(const uint8_t pk[static KEY_BYTES], const char *tag,
            const struct span *spans, size_t count,
            const uint8_t signature[static SIGNATURE_BYTES])
    __attribute__((warn_unused_result));

/*
 * XChaCha20-Poly1305. `ad` is never empty (asserted). keys_seal writes plain.size +
 * KEYS_SEAL_BYTES bytes; keys_unseal sealed.size - KEYS_SEAL_BYTES, or fails with
 * E_JOURNAL (the caller says what that means for its file), `out` wiped. In place is
 * fine.
 */
void
keys_seal(const uint8_t key[static KEY_BYTES],
          const uint8_t nonce[static KEYS_NONCE_BYTES], struct span ad,
          struct span plain, uint8_t *out);
int
keys_unseal(const uint8_t key[static KEY_BYTES],
            const uint8_t nonce[static KEYS_NONCE_BYTES], struct span ad,
            struct span sealed, uint8_t *out) __attribute__((warn_unused_result));

/* First 16 bytes of H("attune.log", class byte, dsk_pk, incarnation, couple).
 * couple: NULL stands for zeros (the two local classes). */
void
keys_log_id(enum keys_log_class log_class, const uint8_t dsk_pk[static KEY_BYTES],
            const uint8_t incarnation[static ID_BYTES], const uint8_t *couple,
            uint8_t out[static ID_BYTES]);
/* H("attune.op", log, seq as 8 bytes, prev, header bytes as received). */
void
keys_op_hash(const uint8_t log[static ID_BYTES], uint64_t seq,
             const uint8_t prev[static KEY_BYTES], struct span header,
             uint8_t out[static KEY_BYTES]);
/* H("attune.payload", payload). */
void
keys_payload_hash(struct span payload, uint8_t out[static KEY_BYTES]);
/* Keyed BLAKE2b-128(K_self, op_hash), personalisation "attune.self". */
void
keys_self_tag(const uint8_t k_self[static KEY_BYTES],
              const uint8_t op_hash[static KEY_BYTES],
              uint8_t out[static SELF_TAG_BYTES]);

#endif
