/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys file: its bytes never change, damage is told apart from a wrong passphrase,
 * and no bit of it leads to another MK.
 */
#include "daemon/crypto/slots.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

enum { FILE_BYTES = 13 + 248 + 32, OPS_AT = 45, MEM_AT = 49, VAULT_AT = 13 };

static uint8_t mk[KEY_BYTES];
static uint8_t words[KEY_BYTES];
static uint8_t file_id[ID_BYTES];
static uint8_t salt[SALT_BYTES];
static uint8_t nonce[SLOTS_NONCE_BYTES];
static uint8_t seed[KEY_BYTES];
static const struct span passphrase = {(const uint8_t *)"correct horse", 13};

/* One vault as a demo home has it: 64 MiB, 3 passes. Made once, Argon2id is slow. */
static struct slots made;

static int
setup(void **state)
{
    (void)state;
    uint8_t recipient[KEY_BYTES];
    memset(mk, 1, sizeof(mk));
    memset(words, 2, sizeof(words));
    memset(file_id, 3, sizeof(file_id));
    memset(salt, 4, sizeof(salt));
    memset(nonce, 5, sizeof(nonce));
    memset(seed, 6, sizeof(seed));
    slots_recipient(words, recipient);
    if (slots_add(&made, file_id) != 0) {
        return -1;
    }
    struct slots_vault *vault = slots_find(&made, file_id);
    if (slots_set_pass(vault, mk, passphrase, salt, nonce, SLOTS_OPS_MIN,
                       SLOTS_MEM_KIB_MIN) != 0) {
        return -1;
    }
    return slots_set_recovery(vault, mk, recipient, seed, nonce);
}

static void
encode(const struct slots *slots, struct buf *out)
{
    assert_int_equal(slots_encode(slots, out), 0);
}

static void
test_golden(void **state)
{
    (void)state;
    struct buf file = {0};
    struct slots read;
    uint8_t digest[HASH_BYTES];
    char hex[2 * HASH_BYTES + 1];
    encode(&made, &file);
    assert_int_equal(file.size, FILE_BYTES);
    assert_memory_equal(file.data, "attunekeys\x01\x00\x01", 13);
    struct span whole = buf_span(&file);
    hash_spans(digest, "attune.test", &whole, 1);
    bytes_hex(digest, sizeof(digest), hex);
    /* The same file made with Python's cryptography and hashlib. */
    assert_string_equal(
        hex, "358fcc35a1a2cefd091f3fe8d6082903248d1d90aa3fe6ad948a1c7049cff950");
    assert_int_equal(slots_decode(whole, &read), 0);
    assert_int_equal(read.count, 1);
    assert_memory_equal(&read.vaults[0], &made.vaults[0], sizeof(read.vaults[0]));
    buf_free(&file);
}

static void
test_open(void **state)
{
    (void)state;
    uint8_t out[KEY_BYTES] = {0};
    uint8_t other[KEY_BYTES] = {9};
    assert_int_equal(slots_open_pass(&made.vaults[0], passphrase, out), 0);
    assert_memory_equal(out, mk, sizeof(mk));
    memset(out, 0, sizeof(out));
    assert_int_equal(slots_open_recovery(&made.vaults[0], words, out), 0);
    assert_memory_equal(out, mk, sizeof(mk));
    memset(out, 0, sizeof(out));
    assert_int_equal(slots_open_pass(&made.vaults[0], span_text("correct horsf"), out),
                     E_PASSPHRASE);
    assert_int_equal(slots_open_pass(&made.vaults[0], SPAN_EMPTY, out), E_PASSPHRASE);
    assert_int_equal(slots_open_recovery(&made.vaults[0], other, out), E_WORDS);
    uint8_t much[PASSPHRASE_BYTES_MAX + 1] = {0};
    assert_int_equal(slots_open_pass(&made.vaults[0], span_of(much, sizeof(much)), out),
                     E_PASSPHRASE);
    assert_true(sodium_is_zero(out, sizeof(out)));
}

/* Any damage at all is E_KEYS_FILE and never a judgement of the passphrase. */
static void
test_damage(void **state)
{
    (void)state;
    struct buf file = {0};
    struct slots read = {.count = 77};
    encode(&made, &file);
    for (size_t bit = 0; bit < 8 * file.size; bit++) {
        file.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(slots_decode(buf_span(&file), &read), E_KEYS_FILE);
        file.data[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t size = 0; size < file.size; size++) {
        assert_int_equal(slots_decode(span_of(file.data, size), &read), E_KEYS_FILE);
    }
    buf_put_u8(&file, 0);
    assert_int_equal(slots_decode(buf_span(&file), &read), E_KEYS_FILE);
    assert_int_equal(read.count, 77);
    buf_free(&file);
}

/* Someone who can compute the checksum again gains nothing. */
static int
decode_resealed(struct buf *file, struct slots *out)
{
    struct span body = span_of(file->data, file->size - HASH_BYTES);
    hash_spans(file->data + body.size, "attune.keysfile", &body, 1);
    return slots_decode(buf_span(file), out);
}

static void
test_versions_and_bounds(void **state)
{
    (void)state;
    struct buf file = {0};
    struct slots read;
    encode(&made, &file);
    file.data[10] = 2;
    assert_int_equal(decode_resealed(&file, &read), E_VERSION_NEW);
    file.data[10] = 0;
    assert_int_equal(decode_resealed(&file, &read), E_KEYS_FILE);
    file.data[10] = 1;
    static const uint8_t counts[] = {0, 2, 5, 255};
    for (size_t i = 0; i < sizeof(counts); i++) {
        file.data[12] = counts[i];
        assert_int_equal(decode_resealed(&file, &read), E_KEYS_FILE);
    }
    file.data[12] = 1;
    assert_int_equal(bytes_get_u32(file.data + OPS_AT), SLOTS_OPS_MIN);
    assert_int_equal(bytes_get_u32(file.data + MEM_AT), SLOTS_MEM_KIB_MIN);
    static const uint32_t ops[] = {0, 2, 11, UINT32_MAX};
    for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
        bytes_set_u32(file.data + OPS_AT, ops[i]);
        assert_int_equal(decode_resealed(&file, &read), E_KEYS_FILE);
    }
    bytes_set_u32(file.data + OPS_AT, SLOTS_OPS_MAX);
    assert_int_equal(decode_resealed(&file, &read), 0);
    static const uint32_t mem[] = {0, 65535, 1024 * 1024 + 1, UINT32_MAX};
    for (size_t i = 0; i < sizeof(mem) / sizeof(mem[0]); i++) {
        bytes_set_u32(file.data + MEM_AT, mem[i]);
        assert_int_equal(decode_resealed(&file, &read), E_KEYS_FILE);
    }
    bytes_set_u32(file.data + MEM_AT, SLOTS_MEM_KIB_MAX);
    assert_int_equal(decode_resealed(&file, &read), 0);
    buf_free(&file);
}

static void
test_parameters_are_authenticated(void **state)
{
    (void)state;
    uint8_t out[KEY_BYTES] = {0};
    /* Passphrase slot: file id, salt, passes, memory, nonce, wrapped key. */
    static const size_t pass_offsets[] = {0, 16, 32, 36, 40, 64, 111};
    /* Recovery slot: recipient, ephemeral, nonce, wrapped key. */
    static const size_t recovery_offsets[] = {0, 144, 176, 200, 247};
    struct buf file = {0};
    struct slots read;
    encode(&made, &file);
    for (size_t i = 0; i < sizeof(pass_offsets) / sizeof(pass_offsets[0]); i++) {
        uint8_t *byte = file.data + VAULT_AT + pass_offsets[i];
        /* 3 ^ 4 = 7 passes and 64 MiB + 4 KiB are within bounds: fail anyway. */
        *byte ^= 4;
        assert_int_equal(decode_resealed(&file, &read), 0);
        assert_int_equal(slots_open_pass(&read.vaults[0], passphrase, out),
                         E_PASSPHRASE);
        *byte ^= 4;
    }
    for (size_t i = 0; i < sizeof(recovery_offsets) / sizeof(recovery_offsets[0]);
         i++) {
        uint8_t *byte = file.data + VAULT_AT + recovery_offsets[i];
        *byte ^= 1;
        assert_int_equal(decode_resealed(&file, &read), 0);
        assert_int_equal(slots_open_recovery(&read.vaults[0], words, out), E_KEYS_FILE);
        *byte ^= 1;
    }
    file.data[VAULT_AT + 112] ^= 1; /* another recipient: then these aren't its words */
    assert_int_equal(decode_resealed(&file, &read), 0);
    assert_int_equal(slots_open_recovery(&read.vaults[0], words, out), E_WORDS);
    assert_true(sodium_is_zero(out, sizeof(out)));
    buf_free(&file);
}

static void
test_bounds_before_work(void **state)
{
    (void)state;
    uint8_t out[KEY_BYTES];
    struct slots_vault vault = made.vaults[0];
    struct slots_vault before = vault;
    uint8_t much[PASSPHRASE_BYTES_MAX + 1] = {0};
    assert_int_equal(slots_set_pass(&vault, mk, passphrase, salt, nonce, 2, 65536),
                     E_KEYS_FILE);
    assert_int_equal(slots_set_pass(&vault, mk, passphrase, salt, nonce, 3, 65535),
                     E_KEYS_FILE);
    assert_int_equal(slots_set_pass(&vault, mk, passphrase, salt, nonce, 11, 65536),
                     E_KEYS_FILE);
    assert_int_equal(slots_set_pass(&vault, mk, passphrase, salt, nonce, 3, UINT32_MAX),
                     E_KEYS_FILE);
    assert_int_equal(
        slots_set_pass(&vault, mk, span_of(much, sizeof(much)), salt, nonce, 3, 65536),
        E_LIMIT);
    uint8_t low_order[KEY_BYTES] = {0};
    assert_int_equal(slots_set_recovery(&vault, mk, low_order, seed, nonce),
                     E_KEYS_FILE);
    assert_memory_equal(&vault, &before, sizeof(vault));
    vault.pass.mem_kib = UINT32_MAX;
    assert_int_equal(slots_open_pass(&vault, passphrase, out), E_KEYS_FILE);
}

static void
test_vaults(void **state)
{
    (void)state;
    struct slots slots = made;
    struct slots read;
    struct buf file = {0};
    uint8_t id[ID_BYTES] = {0};
    uint8_t new_mk[KEY_BYTES];
    uint8_t out[KEY_BYTES];
    memset(new_mk, 0x77, sizeof(new_mk));
    assert_int_equal(slots_add(&slots, file_id), E_EXISTS);
    for (uint8_t i = 1; i < SLOTS_VAULTS_MAX; i++) {
        id[0] = i;
        assert_int_equal(slots_add(&slots, id), 0);
        /* A vault without a passphrase slot isn't written. */
        assert_int_equal(slots_encode(&slots, &file), E_KEYS_FILE);
        struct slots_vault *vault = slots_find(&slots, id);
        assert_non_null(vault);
        vault->pass = made.vaults[0].pass;
        /* Re-keying needs no words: the recipient stands in the older vault. */
        assert_int_equal(slots_set_recovery(vault, new_mk,
                                            slots.vaults[0].recovery.recipient_pk, seed,
                                            nonce),
                         0);
    }
    id[0] = 9;
    assert_int_equal(slots_add(&slots, id), E_LIMIT);
    assert_null(slots_find(&slots, id));
    encode(&slots, &file);
    assert_int_equal(file.size, 13 + 4 * 248 + 32);
    assert_int_equal(slots_decode(buf_span(&file), &read), 0);
    id[0] = 2;
    assert_int_equal(slots_open_recovery(slots_find(&read, id), words, out), 0);
    assert_memory_equal(out, new_mk, sizeof(out));
    slots_remove(&read, file_id);
    slots_remove(&read, file_id);
    assert_int_equal(read.count, 3);
    assert_null(slots_find(&read, file_id));
    assert_non_null(slots_find(&read, id));
    assert_int_equal(slots_open_recovery(slots_find(&read, id), words, out), 0);
    /* Twice the same file id is refused. */
    memcpy(read.vaults[1].file_id, read.vaults[0].file_id, ID_BYTES);
    assert_int_equal(slots_encode(&read, &file), E_KEYS_FILE);
    memcpy(file.data + VAULT_AT + 248, file.data + VAULT_AT, ID_BYTES);
    assert_int_equal(decode_resealed(&file, &read), E_KEYS_FILE);
    /* One vault's slot is worth nothing in another. */
    slots.vaults[1].recovery = slots.vaults[0].recovery;
    assert_int_equal(slots_open_recovery(&slots.vaults[1], words, out), E_KEYS_FILE);
    buf_free(&file);
}

/* A clock that advances by `step_ms` with every look. */
static uint64_t clock_ms;
static uint64_t step_ms;

static uint64_t
fake_now_ms(void)
{
    clock_ms += step_ms;
    return clock_ms;
}

static void
test_calibrate(void **state)
{
    (void)state;
    uint32_t ops = 0;
    uint32_t mem_kib = 0;
    assert_int_equal(slots_calibrate(true, NULL, &ops, &mem_kib), 0);
    assert_int_equal(ops, 3);
    assert_int_equal(mem_kib, 64 * 1024);
    static const uint64_t steps[] = {0, 500, 20000};
    static const uint32_t passes[] = {10, 6, 3};
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        step_ms = steps[i];
        assert_int_equal(slots_calibrate(false, fake_now_ms, &ops, &mem_kib), 0);
        assert_int_equal(ops, passes[i]);
        assert_int_equal(mem_kib, 256 * 1024);
    }
}

#ifndef ATTUNE_SANITIZE
static void
test_refused_memory(void **state)
{
    (void)state;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        uint8_t out[KEY_BYTES];
        struct slots_vault vault = made.vaults[0];
        /* Less than the slot wants, and enough for valgrind around this test. */
        struct rlimit little = {768UL * 1024 * 1024, 768UL * 1024 * 1024};
        vault.pass.mem_kib = SLOTS_MEM_KIB_MAX;
        if (setrlimit(RLIMIT_AS, &little) != 0) {
            _exit(2);
        }
        int rc = slots_open_pass(&vault, passphrase, out);
        _exit(rc == E_MEMORY ? 0 : 1);
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_open),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_versions_and_bounds),
        cmocka_unit_test(test_parameters_are_authenticated),
        cmocka_unit_test(test_bounds_before_work),
        cmocka_unit_test(test_vaults),
        cmocka_unit_test(test_calibrate),
#ifndef ATTUNE_SANITIZE
        /* AddressSanitizer needs all the address space there is. */
        cmocka_unit_test(test_refused_memory),
#endif
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, setup, NULL);
}
