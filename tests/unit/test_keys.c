/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Derived keys never change (golden, computed with another implementation), differ by
 * purpose, and signing and sealing refuse whatever isn't theirs.
 */
#include "daemon/crypto/keys.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

/* Python's hashlib.blake2b with the root 00..1f: person = context, salt = id 1. */
static const char *const derived[] = {
    "bbad95109449a56b345081a6025bc1835de76fa8b64b0c12483b0b8946e53855",
    "8f7bfa90d6c51990285bcf47491189fa66beefce8674b708b6cace3bfe593865",
    "2a8e895829dc9e935989b6e03da7091944f9b281526f85d1d6e43a5f7cc5db8d",
    "071c97dc65c87141eed67d8ef2a309932ec36b6e1b6006977683d6b2da7353cc",
    "dd7773ecea79ee7d0ee1278946d769deae40398523eb526deb5317877450db5c",
    "bb78071321f6aa4faf74f21a766105996ca9692953945c5ed97ffbc16a34a9a3",
    "8f0c57ef6c028fc1a46aea7f856915d6f94874f479759fec023449ba10705d0f",
};

static void
expect_hex(const uint8_t *bytes, size_t size, const char *hex)
{
    char text[2 * 64 + 1];
    assert_true(size <= 64);
    bytes_hex(bytes, size, text);
    assert_string_equal(text, hex);
}

static void
count_up(uint8_t *out, size_t size, uint8_t from)
{
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(from + i);
    }
}

static void
test_derived_keys(void **state)
{
    (void)state;
    uint8_t root[KEY_BYTES];
    uint8_t key[KEY_BYTES];
    uint8_t backup_id[ID_BYTES];
    count_up(root, sizeof(root), 0);
    count_up(backup_id, sizeof(backup_id), 0x40);
    for (size_t i = 0; i < sizeof(derived) / sizeof(derived[0]); i++) {
        keys_derive((enum keys_purpose)i, root, key);
        expect_hex(key, sizeof(key), derived[i]);
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(derived[i], derived[j]);
        }
    }
    keys_backup(root, backup_id, key);
    expect_hex(key, sizeof(key),
               "c824858ccd3211d62a8fe6d6abd4c59d29f237238ec71a5520ae39fa29328e9a");
}

static void
test_journal_hashes(void **state)
{
    (void)state;
    uint8_t dsk[KEY_BYTES];
    uint8_t incarnation[ID_BYTES];
    uint8_t couple[ID_BYTES];
    uint8_t id[ID_BYTES];
    uint8_t hash[HASH_BYTES];
    uint8_t tag[SELF_TAG_BYTES];
    count_up(dsk, sizeof(dsk), 0);
    count_up(incarnation, sizeof(incarnation), 0x40);
    count_up(couple, sizeof(couple), 0x80);
    keys_log_id(KEYS_LOG_OURS, dsk, incarnation, couple, id);
    expect_hex(id, sizeof(id), "aa4d70d1b6ab2d95195e4627a13bc830");
    keys_log_id(KEYS_LOG_MINE, dsk, incarnation, NULL, id);
    expect_hex(id, sizeof(id), "d9f8b844797cb9db219e874b56b9264e");
    uint8_t zeros[ID_BYTES] = {0};
    uint8_t same[ID_BYTES];
    keys_log_id(KEYS_LOG_MINE, dsk, incarnation, zeros, same);
    assert_memory_equal(id, same, sizeof(id));
    keys_log_id(KEYS_LOG_KEYS, dsk, incarnation, NULL, same);
    assert_memory_not_equal(id, same, sizeof(id));
    keys_op_hash(incarnation, 0x0102030405060708, dsk, span_text("header"), hash);
    expect_hex(hash, sizeof(hash),
               "961abd72d37175ace8e4ee79ccdc7bc87e9d55d4ee9f3b67618473bac117d372");
    keys_self_tag(dsk, hash, tag);
    expect_hex(tag, sizeof(tag), "5660060b649e66762bb5d0d3e77dbcaa");
    keys_payload_hash(span_text("payload"), hash);
    expect_hex(hash, sizeof(hash),
               "995434d4633b20c8ab3ece88203745cbd5a698cd0dbb2f0a64d2cb66a54fa66f");
}

static void
test_key_pairs(void **state)
{
    (void)state;
    /* RFC 7748, section 6.1 (Alice); RFC 8032, section 7.1, test 1. */
    static const char x_seed[] =
        "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a";
    static const char ed_seed[] =
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    uint8_t seed[KEY_BYTES];
    struct keys_ed25519 ed;
    struct keys_x25519 x;
    assert_int_equal(sodium_hex2bin(seed, sizeof(seed), x_seed, 64, NULL, NULL, NULL),
                     0);
    keys_x25519_from_seed(seed, &x);
    expect_hex(x.pk, sizeof(x.pk),
               "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    assert_memory_equal(x.sk, seed, sizeof(seed));
    assert_int_equal(sodium_hex2bin(seed, sizeof(seed), ed_seed, 64, NULL, NULL, NULL),
                     0);
    keys_ed25519_from_seed(seed, &ed);
    expect_hex(ed.pk, sizeof(ed.pk),
               "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
}

static void
test_signatures(void **state)
{
    (void)state;
    uint8_t seed[KEY_BYTES];
    struct keys_ed25519 ana;
    struct keys_ed25519 ben;
    uint8_t signature[SIGNATURE_BYTES];
    count_up(seed, sizeof(seed), 1);
    keys_ed25519_from_seed(seed, &ana);
    count_up(seed, sizeof(seed), 2);
    keys_ed25519_from_seed(seed, &ben);
    struct span spans[] = {span_text("epoch"), span_text("key")};
    struct span moved[] = {span_text("epochk"), span_text("ey")};
    keys_sign(ana.sk, "attune.epoch", spans, 2, signature);
    assert_int_equal(keys_verify(ana.pk, "attune.epoch", spans, 2, signature), 0);
    assert_int_equal(keys_verify(ana.pk, "attune.cert", spans, 2, signature),
                     E_STRANGER);
    assert_int_equal(keys_verify(ana.pk, "attune.epoch", moved, 2, signature),
                     E_STRANGER);
    assert_int_equal(keys_verify(ana.pk, "attune.epoch", spans, 1, signature),
                     E_STRANGER);
    assert_int_equal(keys_verify(ben.pk, "attune.epoch", spans, 2, signature),
                     E_STRANGER);
    for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(keys_verify(ana.pk, "attune.epoch", spans, 2, signature),
                         E_STRANGER);
        signature[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    /* The signature covers the hash, not the words. */
    assert_int_not_equal(
        crypto_sign_verify_detached(signature, (const uint8_t *)"epochkey", 8, ana.pk),
        0);
}

static void
test_sealing(void **state)
{
    (void)state;
    uint8_t key[KEY_BYTES];
    uint8_t nonce[KEYS_NONCE_BYTES];
    uint8_t sealed[4 + KEYS_SEAL_BYTES];
    uint8_t copy[sizeof(sealed)];
    uint8_t out[sizeof(sealed)];
    count_up(key, sizeof(key), 1);
    count_up(nonce, sizeof(nonce), 2);
    struct span ad = span_text("page 7");
    struct span whole = span_of(sealed, sizeof(sealed));
    keys_seal(key, nonce, ad, span_text("text"), sealed);
    assert_int_equal(keys_unseal(key, nonce, ad, whole, out), 0);
    assert_memory_equal(out, "text", 4);
    assert_int_equal(keys_unseal(key, nonce, span_text("page 8"), whole, out),
                     E_JOURNAL);
    assert_true(sodium_is_zero(out, 4));
    for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_int_equal(keys_unseal(key, nonce, ad, whole, out), E_JOURNAL);
        sealed[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    for (size_t size = 0; size < sizeof(sealed); size++) {
        assert_int_equal(keys_unseal(key, nonce, ad, span_of(sealed, size), out),
                         E_JOURNAL);
    }
    nonce[0] ^= 1;
    assert_int_equal(keys_unseal(key, nonce, ad, whole, out), E_JOURNAL);
    nonce[0] ^= 1;
    key[0] ^= 1;
    assert_int_equal(keys_unseal(key, nonce, ad, whole, out), E_JOURNAL);
    key[0] ^= 1;
    /* In place, both ways. */
    memcpy(copy, "text", 4);
    keys_seal(key, nonce, ad, span_of(copy, 4), copy);
    assert_memory_equal(copy, sealed, sizeof(sealed));
    assert_int_equal(keys_unseal(key, nonce, ad, span_of(copy, sizeof(copy)), copy), 0);
    assert_memory_equal(copy, "text", 4);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_derived_keys), cmocka_unit_test(test_journal_hashes),
        cmocka_unit_test(test_key_pairs),    cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_sealing),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
