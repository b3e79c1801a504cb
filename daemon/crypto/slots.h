/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Slots: the bytes of the file `keys`, which hold MK twice under lock.
 *
 * The model, all integers little-endian:
 *   magic "attunekeys", u16 version 1, u8 vault count (1 to 4), vaults, checksum[32]
 *   vault: file id[16],
 *     slot pass: salt[16], u32 opslimit, u32 memlimit KiB, nonce[24], wrapped MK[48]
 *     slot recovery: recipient pk[32], ephemeral pk[32], nonce[24], wrapped MK[48]
 *   The passphrase slot's key is Argon2id(passphrase); the recovery slot's is a hash of
 *   X25519(ephemeral, recipient), and its private key comes from R, so it can be made
 *   again without the words. Each slot's associated data are file id and all
 *   parameters. Several vaults exist while a journal is being re-keyed: one for each
 *   file id.
 * Invariants: a damaged file is E_KEYS_FILE and never looks like a wrong passphrase
 * (checksum); Argon2id parameters outside floor and ceiling are refused before they
 * cost anything; refused memory is E_MEMORY and judges no passphrase.
 * Ownership: struct slots holds no secret and needs no release.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_SLOTS_H
#define ATTUNE_DAEMON_CRYPTO_SLOTS_H

#include "common/bytes.h"
#include "common/limits.h"

enum {
    SLOTS_VERSION = 1,
    SLOTS_VAULTS_MAX = 4,
    SLOTS_NONCE_BYTES = 24,
    SLOTS_WRAPPED_BYTES = (int)KEY_BYTES + 16,
    SLOTS_OPS_MIN = 3,
    SLOTS_OPS_MAX = 10,
    SLOTS_MEM_KIB_MIN = 64 * 1024,
    SLOTS_MEM_KIB_MAX = 1024 * 1024,
    SLOTS_MEM_KIB_USUAL = 256 * 1024,
};

struct slots_pass {
    uint8_t salt[SALT_BYTES];
    uint32_t ops;     /* Argon2id passes */
    uint32_t mem_kib; /* Argon2id memory */
    uint8_t nonce[SLOTS_NONCE_BYTES];
    uint8_t wrapped[SLOTS_WRAPPED_BYTES];
};

struct slots_recovery {
    uint8_t recipient_pk[KEY_BYTES];
    uint8_t ephemeral_pk[KEY_BYTES];
    uint8_t nonce[SLOTS_NONCE_BYTES];
    uint8_t wrapped[SLOTS_WRAPPED_BYTES];
};

/* One journal file's MK. Set file_id first, then both slots. */
struct slots_vault {
    uint8_t file_id[ID_BYTES];
    struct slots_pass pass;
    struct slots_recovery recovery;
};

struct slots {
    size_t count; /* 1 to SLOTS_VAULTS_MAX */
    struct slots_vault vaults[SLOTS_VAULTS_MAX];
};

/* Appends the file's bytes. 0, E_MEMORY, or E_KEYS_FILE (slots_decode would refuse). */
int
slots_encode(const struct slots *slots, struct buf *out)
    __attribute__((warn_unused_result));
/* 0, E_KEYS_FILE (damaged, or parameters out of bounds), E_VERSION_NEW. */
int
slots_decode(struct span file, struct slots *out) __attribute__((warn_unused_result));

/* The vault of this journal file, or NULL. */
struct slots_vault *
slots_find(struct slots *slots, const uint8_t file_id[static ID_BYTES]);
/* Adds an empty vault with this file id: E_LIMIT when full, E_EXISTS. */
int
slots_add(struct slots *slots, const uint8_t file_id[static ID_BYTES])
    __attribute__((warn_unused_result));
/* Removes it, wiped; nothing happens when it isn't there. */
void
slots_remove(struct slots *slots, const uint8_t file_id[static ID_BYTES]);

/*
 * slots_open_pass: MK by the passphrase; takes about a second by design.
 * 0, E_PASSPHRASE, E_KEYS_FILE (parameters out of bounds), E_MEMORY.
 */
int
slots_open_pass(const struct slots_vault *vault, struct span passphrase,
                uint8_t mk_out[static KEY_BYTES]) __attribute__((warn_unused_result));
/* salt and nonce: fresh random bytes. 0, E_KEYS_FILE (bounds), E_LIMIT, E_MEMORY. */
int
slots_set_pass(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
               struct span passphrase, const uint8_t salt[static SALT_BYTES],
               const uint8_t nonce[static SLOTS_NONCE_BYTES], uint32_t ops,
               uint32_t mem_kib) __attribute__((warn_unused_result));

/*
 * The same in two halves, for a caller that has Argon2id run elsewhere: slots_pass_key is
 * the slow half (E_KEYS_FILE when the parameters are out of bounds, E_LIMIT, E_MEMORY), its
 * key opens and sets every slot of the same salt and parameters. Wipe it like MK.
 */
int
slots_pass_key(struct span passphrase, const uint8_t salt[static SALT_BYTES],
               uint32_t ops, uint32_t mem_kib, uint8_t out[static KEY_BYTES])
    __attribute__((warn_unused_result));
/* 0, E_PASSPHRASE, E_MEMORY. */
int
slots_open_pass_key(const struct slots_vault *vault, const uint8_t key[static KEY_BYTES],
                    uint8_t mk_out[static KEY_BYTES])
    __attribute__((warn_unused_result));
/* `pass`: salt and parameters the key was made with. 0, E_KEYS_FILE, E_MEMORY. */
int
slots_set_pass_key(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
                   const uint8_t key[static KEY_BYTES], const struct slots_pass *pass,
                   const uint8_t nonce[static SLOTS_NONCE_BYTES])
    __attribute__((warn_unused_result));

/* MK by R, the 24 words. 0, E_WORDS, or E_KEYS_FILE (right words, changed slot). */
int
slots_open_recovery(const struct slots_vault *vault, const uint8_t r[static KEY_BYTES],
                    uint8_t mk_out[static KEY_BYTES])
    __attribute__((warn_unused_result));
/*
 * Seals MK to the recipient (slots_recipient of R, or an older vault's recipient_pk).
 * ephemeral_seed and nonce: fresh random bytes. 0, or E_KEYS_FILE for an invalid
 * recipient.
 */
int
slots_set_recovery(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
                   const uint8_t recipient_pk[static KEY_BYTES],
                   const uint8_t ephemeral_seed[static KEY_BYTES],
                   const uint8_t nonce[static SLOTS_NONCE_BYTES])
    __attribute__((warn_unused_result));
/* The recovery slot's public key for R. */
void
slots_recipient(const uint8_t r[static KEY_BYTES],
                uint8_t recipient_pk[static KEY_BYTES]);

/*
 * slots_calibrate: parameters that cost about a second here: 256 MiB and at least 3
 * passes, more until about one second. `now_ms` reads a monotonic clock. With `fast`
 * (demo homes) 64 MiB and 3 passes at once, and now_ms may be NULL. 0 or E_MEMORY.
 */
int
slots_calibrate(bool fast, uint64_t (*now_ms)(void), uint32_t *ops, uint32_t *mem_kib)
    __attribute__((warn_unused_result));
/* Its arithmetic: the passes that cost about a second, when SLOTS_OPS_MIN of them over
 * SLOTS_MEM_KIB_USUAL took trial_ms. */
uint32_t
slots_passes(uint64_t trial_ms);

#endif
