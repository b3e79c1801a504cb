/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/crypto/slots.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"
#include "daemon/crypto/keys.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert(SALT_BYTES == crypto_pwhash_argon2id_SALTBYTES, "Argon2id salt");
static_assert((int)SLOTS_NONCE_BYTES == (int)KEYS_NONCE_BYTES, "nonce");

enum {
    MAGIC_BYTES = 10,
    FIXED_BYTES = MAGIC_BYTES + 2 + 1,
    PASS_BYTES = (int)SALT_BYTES + 4 + 4 + SLOTS_NONCE_BYTES + SLOTS_WRAPPED_BYTES,
    RECOVERY_BYTES = 2 * (int)KEY_BYTES + SLOTS_NONCE_BYTES + SLOTS_WRAPPED_BYTES,
    VAULT_BYTES = (int)ID_BYTES + PASS_BYTES + RECOVERY_BYTES,
    FILE_BYTES_MAX = FIXED_BYTES + SLOTS_VAULTS_MAX * VAULT_BYTES + (int)HASH_BYTES,
    CALIBRATE_MS = 1000,
};

static const char magic[] = "attunekeys";
static_assert(sizeof(magic) - 1 == MAGIC_BYTES, "magic");

static bool
bounds_fit(uint32_t ops, uint32_t mem_kib)
{
    return ops >= SLOTS_OPS_MIN && ops <= SLOTS_OPS_MAX &&
           mem_kib >= SLOTS_MEM_KIB_MIN && mem_kib <= SLOTS_MEM_KIB_MAX;
}

/* Counts, bounds and distinct file ids: what both directions demand. */
static bool
slots_fit(const struct slots *slots)
{
    if (slots->count == 0 || slots->count > SLOTS_VAULTS_MAX) {
        return false;
    }
    for (size_t i = 0; i < slots->count; i++) {
        const struct slots_vault *vault = &slots->vaults[i];
        if (!bounds_fit(vault->pass.ops, vault->pass.mem_kib)) {
            return false;
        }
        for (size_t j = 0; j < i; j++) {
            if (memcmp(slots->vaults[j].file_id, vault->file_id, ID_BYTES) == 0) {
                return false;
            }
        }
    }
    return true;
}

static void
checksum(struct span file, uint8_t out[static HASH_BYTES])
{
    hash_spans(out, "attune.keysfile", &file, 1);
}

int
slots_encode(const struct slots *slots, struct buf *out)
{
    struct buf file = {.size_max = FILE_BYTES_MAX};
    uint8_t digest[HASH_BYTES];
    int rc = E_KEYS_FILE;
    if (!slots_fit(slots)) {
        goto out;
    }
    buf_put(&file, magic, MAGIC_BYTES);
    buf_put_u16(&file, SLOTS_VERSION);
    buf_put_u8(&file, (uint8_t)slots->count);
    for (size_t i = 0; i < slots->count; i++) {
        const struct slots_vault *vault = &slots->vaults[i];
        buf_put(&file, vault->file_id, ID_BYTES);
        buf_put(&file, vault->pass.salt, SALT_BYTES);
        buf_put_u32(&file, vault->pass.ops);
        buf_put_u32(&file, vault->pass.mem_kib);
        buf_put(&file, vault->pass.nonce, SLOTS_NONCE_BYTES);
        buf_put(&file, vault->pass.wrapped, SLOTS_WRAPPED_BYTES);
        buf_put(&file, vault->recovery.recipient_pk, KEY_BYTES);
        buf_put(&file, vault->recovery.ephemeral_pk, KEY_BYTES);
        buf_put(&file, vault->recovery.nonce, SLOTS_NONCE_BYTES);
        buf_put(&file, vault->recovery.wrapped, SLOTS_WRAPPED_BYTES);
    }
    rc = buf_done(&file);
    if (rc != 0) {
        goto out;
    }
    checksum(buf_span(&file), digest);
    buf_put(&file, digest, sizeof(digest));
    uint8_t *at = buf_reserve(out, file.size);
    rc = at == NULL ? buf_done(out) : buf_done(&file);
    if (rc != 0) {
        goto out;
    }
    memcpy(at, file.data, file.size);
    buf_advance(out, file.size);
out:
    buf_free(&file);
    return rc;
}

static void
vault_read(struct reader *reader, struct slots_vault *vault)
{
    reader_copy(reader, vault->file_id, ID_BYTES);
    reader_copy(reader, vault->pass.salt, SALT_BYTES);
    vault->pass.ops = reader_u32(reader);
    vault->pass.mem_kib = reader_u32(reader);
    reader_copy(reader, vault->pass.nonce, SLOTS_NONCE_BYTES);
    reader_copy(reader, vault->pass.wrapped, SLOTS_WRAPPED_BYTES);
    reader_copy(reader, vault->recovery.recipient_pk, KEY_BYTES);
    reader_copy(reader, vault->recovery.ephemeral_pk, KEY_BYTES);
    reader_copy(reader, vault->recovery.nonce, SLOTS_NONCE_BYTES);
    reader_copy(reader, vault->recovery.wrapped, SLOTS_WRAPPED_BYTES);
}

int
slots_decode(struct span file, struct slots *out)
{
    struct slots slots = {0};
    uint8_t digest[HASH_BYTES];
    if (file.size < FIXED_BYTES + HASH_BYTES ||
        memcmp(file.data, magic, MAGIC_BYTES) != 0) {
        return E_KEYS_FILE;
    }
    /* Every version ends with this checksum, so a damaged version isn't a newer one. */
    struct span body = span_slice(file, 0, file.size - HASH_BYTES);
    checksum(body, digest);
    if (!hash_equal(digest, file.data + body.size, HASH_BYTES)) {
        return E_KEYS_FILE;
    }
    struct reader reader = reader_of(span_slice(body, MAGIC_BYTES, body.size));
    uint16_t version = reader_u16(&reader);
    if (version > SLOTS_VERSION) {
        return E_VERSION_NEW;
    }
    slots.count = reader_u8(&reader);
    if (version != SLOTS_VERSION || slots.count > SLOTS_VAULTS_MAX) {
        return E_KEYS_FILE;
    }
    for (size_t i = 0; i < slots.count; i++) {
        vault_read(&reader, &slots.vaults[i]);
    }
    if (!reader_done(&reader) || !slots_fit(&slots)) {
        return E_KEYS_FILE;
    }
    *out = slots;
    return 0;
}

struct slots_vault *
slots_find(struct slots *slots, const uint8_t file_id[static ID_BYTES])
{
    for (size_t i = 0; i < slots->count; i++) {
        if (memcmp(slots->vaults[i].file_id, file_id, ID_BYTES) == 0) {
            return &slots->vaults[i];
        }
    }
    return NULL;
}

int
slots_add(struct slots *slots, const uint8_t file_id[static ID_BYTES])
{
    if (slots_find(slots, file_id) != NULL) {
        return E_EXISTS;
    }
    if (slots->count >= SLOTS_VAULTS_MAX) {
        return E_LIMIT;
    }
    struct slots_vault *vault = &slots->vaults[slots->count++];
    memset(vault, 0, sizeof(*vault));
    memcpy(vault->file_id, file_id, ID_BYTES);
    return 0;
}

void
slots_remove(struct slots *slots, const uint8_t file_id[static ID_BYTES])
{
    struct slots_vault *vault = slots_find(slots, file_id);
    if (vault == NULL) {
        return;
    }
    struct slots_vault *last = &slots->vaults[slots->count - 1];
    if (vault != last) {
        *vault = *last; /* order has no meaning */
    }
    sodium_memzero(last, sizeof(*last));
    slots->count--;
}

/* Associated data of the passphrase slot: label, file id and every parameter. */
static void
pass_ad(const struct slots_vault *vault, struct buf *out)
{
    buf_put_text(out, "attune.slot.pass");
    buf_put(out, vault->file_id, ID_BYTES);
    buf_put(out, vault->pass.salt, SALT_BYTES);
    buf_put_u32(out, vault->pass.ops);
    buf_put_u32(out, vault->pass.mem_kib);
    buf_put(out, vault->pass.nonce, SLOTS_NONCE_BYTES);
}

/* Bounds hold, so what remains to fail is the memory. */
static int
argon2id(struct span passphrase, const uint8_t salt[static SALT_BYTES], uint32_t ops,
         uint32_t mem_kib, uint8_t out[static KEY_BYTES])
{
    const char *text = passphrase.size == 0 ? "" : (const char *)passphrase.data;
    if (sodium_init() < 0) { /* chooses the fast code; the deriving child is a new one */
        return E_INTERNAL;
    }
    return crypto_pwhash_argon2id(out, KEY_BYTES, text, passphrase.size, salt, ops,
                                  (size_t)mem_kib * 1024,
                                  crypto_pwhash_argon2id_ALG_ARGON2ID13) == 0
               ? 0
               : E_MEMORY;
}

int
slots_pass_key(struct span passphrase, const uint8_t salt[static SALT_BYTES],
               uint32_t ops, uint32_t mem_kib, uint8_t out[static KEY_BYTES])
{
    if (!bounds_fit(ops, mem_kib)) {
        return E_KEYS_FILE;
    }
    if (passphrase.size > PASSPHRASE_BYTES_MAX) {
        return E_LIMIT;
    }
    return argon2id(passphrase, salt, ops, mem_kib, out);
}

int
slots_open_pass_key(const struct slots_vault *vault, const uint8_t key[static KEY_BYTES],
                    uint8_t mk_out[static KEY_BYTES])
{
    uint8_t mk[KEY_BYTES];
    struct buf ad = {0};
    pass_ad(vault, &ad);
    int rc = buf_done(&ad);
    if (rc != 0) {
        goto out;
    }
    if (keys_unseal(key, vault->pass.nonce, buf_span(&ad),
                    span_of(vault->pass.wrapped, SLOTS_WRAPPED_BYTES), mk) != 0) {
        rc = E_PASSPHRASE;
        goto out;
    }
    memcpy(mk_out, mk, KEY_BYTES);
out:
    buf_free(&ad);
    sodium_memzero(mk, sizeof(mk));
    return rc;
}

int
slots_open_pass(const struct slots_vault *vault, struct span passphrase,
                uint8_t mk_out[static KEY_BYTES])
{
    uint8_t key[KEY_BYTES];
    const struct slots_pass *pass = &vault->pass;
    int rc = slots_pass_key(passphrase, pass->salt, pass->ops, pass->mem_kib, key);
    if (rc == E_LIMIT) {
        rc = E_PASSPHRASE; /* none of that length was ever set */
    }
    if (rc == 0) {
        rc = slots_open_pass_key(vault, key, mk_out);
    }
    sodium_memzero(key, sizeof(key));
    return rc;
}

int
slots_set_pass_key(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
                   const uint8_t key[static KEY_BYTES], const struct slots_pass *pass,
                   const uint8_t nonce[static SLOTS_NONCE_BYTES])
{
    struct slots_vault made = *vault;
    struct buf ad = {0};
    if (!bounds_fit(pass->ops, pass->mem_kib)) {
        return E_KEYS_FILE;
    }
    memcpy(made.pass.salt, pass->salt, SALT_BYTES);
    memcpy(made.pass.nonce, nonce, SLOTS_NONCE_BYTES);
    made.pass.ops = pass->ops;
    made.pass.mem_kib = pass->mem_kib;
    pass_ad(&made, &ad);
    int rc = buf_done(&ad);
    if (rc == 0) {
        keys_seal(key, nonce, buf_span(&ad), span_of(mk, KEY_BYTES), made.pass.wrapped);
        vault->pass = made.pass;
    }
    buf_free(&ad);
    return rc;
}

int
slots_set_pass(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
               struct span passphrase, const uint8_t salt[static SALT_BYTES],
               const uint8_t nonce[static SLOTS_NONCE_BYTES], uint32_t ops,
               uint32_t mem_kib)
{
    uint8_t key[KEY_BYTES];
    struct slots_pass pass = {.ops = ops, .mem_kib = mem_kib};
    memcpy(pass.salt, salt, SALT_BYTES);
    int rc = slots_pass_key(passphrase, salt, ops, mem_kib, key);
    if (rc == 0) {
        rc = slots_set_pass_key(vault, mk, key, &pass, nonce);
    }
    sodium_memzero(key, sizeof(key));
    return rc;
}

static void
recovery_ad(const struct slots_vault *vault, struct buf *out)
{
    buf_put_text(out, "attune.slot.recovery");
    buf_put(out, vault->file_id, ID_BYTES);
    buf_put(out, vault->recovery.recipient_pk, KEY_BYTES);
    buf_put(out, vault->recovery.ephemeral_pk, KEY_BYTES);
    buf_put(out, vault->recovery.nonce, SLOTS_NONCE_BYTES);
}

/* The key both ends know: X25519(sk, pk), bound to both public keys of the slot. */
static int
recovery_key(const struct slots_recovery *slot, const uint8_t sk[static KEY_BYTES],
             const uint8_t pk[static KEY_BYTES], uint8_t out[static KEY_BYTES])
{
    uint8_t shared[KEY_BYTES];
    int rc = E_KEYS_FILE;
    if (crypto_scalarmult(shared, sk, pk) == 0) {
        struct span spans[] = {
            span_of(shared, KEY_BYTES),
            span_of(slot->ephemeral_pk, KEY_BYTES),
            span_of(slot->recipient_pk, KEY_BYTES),
        };
        hash_spans(out, "attune.slot", spans, sizeof(spans) / sizeof(spans[0]));
        rc = 0;
    }
    sodium_memzero(shared, sizeof(shared));
    return rc;
}

static void
recipient_of(const uint8_t r[static KEY_BYTES], struct keys_x25519 *out)
{
    uint8_t seed[KEY_BYTES];
    keys_derive(KEYS_RECOVERY, r, seed);
    keys_x25519_from_seed(seed, out);
    sodium_memzero(seed, sizeof(seed));
}

void
slots_recipient(const uint8_t r[static KEY_BYTES],
                uint8_t recipient_pk[static KEY_BYTES])
{
    struct keys_x25519 recipient;
    recipient_of(r, &recipient);
    memcpy(recipient_pk, recipient.pk, KEY_BYTES);
    sodium_memzero(&recipient, sizeof(recipient));
}

int
slots_open_recovery(const struct slots_vault *vault, const uint8_t r[static KEY_BYTES],
                    uint8_t mk_out[static KEY_BYTES])
{
    const struct slots_recovery *slot = &vault->recovery;
    struct keys_x25519 recipient;
    uint8_t key[KEY_BYTES];
    uint8_t mk[KEY_BYTES];
    struct buf ad = {0};
    recipient_of(r, &recipient);
    int rc = E_WORDS;
    if (!hash_equal(recipient.pk, slot->recipient_pk, KEY_BYTES)) {
        goto out;
    }
    rc = recovery_key(slot, recipient.sk, slot->ephemeral_pk, key);
    if (rc != 0) {
        goto out;
    }
    recovery_ad(vault, &ad);
    rc = buf_done(&ad);
    if (rc != 0) {
        goto out;
    }
    if (keys_unseal(key, slot->nonce, buf_span(&ad),
                    span_of(slot->wrapped, SLOTS_WRAPPED_BYTES), mk) != 0) {
        rc = E_KEYS_FILE;
        goto out;
    }
    memcpy(mk_out, mk, KEY_BYTES);
out:
    buf_free(&ad);
    sodium_memzero(&recipient, sizeof(recipient));
    sodium_memzero(key, sizeof(key));
    sodium_memzero(mk, sizeof(mk));
    return rc;
}

int
slots_set_recovery(struct slots_vault *vault, const uint8_t mk[static KEY_BYTES],
                   const uint8_t recipient_pk[static KEY_BYTES],
                   const uint8_t ephemeral_seed[static KEY_BYTES],
                   const uint8_t nonce[static SLOTS_NONCE_BYTES])
{
    struct keys_x25519 ephemeral;
    struct slots_vault made = *vault;
    uint8_t key[KEY_BYTES];
    struct buf ad = {0};
    keys_x25519_from_seed(ephemeral_seed, &ephemeral);
    memcpy(made.recovery.recipient_pk, recipient_pk, KEY_BYTES);
    memcpy(made.recovery.ephemeral_pk, ephemeral.pk, KEY_BYTES);
    memcpy(made.recovery.nonce, nonce, SLOTS_NONCE_BYTES);
    int rc = recovery_key(&made.recovery, ephemeral.sk, recipient_pk, key);
    if (rc != 0) {
        goto out;
    }
    recovery_ad(&made, &ad);
    rc = buf_done(&ad);
    if (rc != 0) {
        goto out;
    }
    keys_seal(key, nonce, buf_span(&ad), span_of(mk, KEY_BYTES), made.recovery.wrapped);
    vault->recovery = made.recovery;
out:
    buf_free(&ad);
    sodium_memzero(&ephemeral, sizeof(ephemeral));
    sodium_memzero(key, sizeof(key));
    return rc;
}

uint32_t
slots_passes(uint64_t trial_ms)
{
    uint64_t passes = CALIBRATE_MS * SLOTS_OPS_MIN / (trial_ms == 0 ? 1 : trial_ms);
    return passes < SLOTS_OPS_MIN   ? SLOTS_OPS_MIN
           : passes > SLOTS_OPS_MAX ? SLOTS_OPS_MAX
                                    : (uint32_t)passes;
}

int
slots_calibrate(bool fast, uint64_t (*now_ms)(void), uint32_t *ops, uint32_t *mem_kib)
{
    static const uint8_t salt[SALT_BYTES];
    uint8_t key[KEY_BYTES];
    if (fast) {
        *ops = SLOTS_OPS_MIN;
        *mem_kib = SLOTS_MEM_KIB_MIN;
        return 0;
    }
    uint64_t began = now_ms();
    int rc = argon2id(span_text("calibrate"), salt, SLOTS_OPS_MIN, SLOTS_MEM_KIB_USUAL, key);
    if (rc != 0) {
        return rc;
    }
    *ops = slots_passes(now_ms() - began);
    *mem_kib = SLOTS_MEM_KIB_USUAL;
    return 0;
}
