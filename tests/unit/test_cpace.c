/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * CPace against the vectors published with draft-irtf-cfrg-cpace-21 (testvectors.json,
 * G_Coffee25519), the points it must refuse, and confirmation tags.
 */
#include "daemon/crypto/cpace.h"

#include "common/error.h"
#include "daemon/crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

static const char prs_hex[] = "50617373776f7264";
static const char ci_hex[] = "0b415f696e69746961746f720b425f726573706f6e646572";
static const char sid_hex[] = "7e4b4791d6a8ef019b936c79fb7f2c57";
static const char ya_hex[] =
    "da3d23700a9e5699258aef94dc060dfda5ebb61f02a5ea77fad53f4ff0976d08";
static const char share_a_hex[] =
    "d6bac480f2c386c394efc7c47adb9925dcd2630b64f240c50f8d0eec482b9157";
static const char yb_hex[] =
    "d2316b454718c35362d83d69df6320f38578ed5984651435e2949762d900b80d";
static const char share_b_hex[] =
    "3ea7e0b19560d7c0b0f5734f63b955286dfa8232b5ebe63324e2d9e7433f7258";
static const char isk_hex[] =
    "b69effbf61b51d56401c0f65601abe428de8206feaaf0e32198896dcae7b35cd"
    "2b38950a39dfd5d4a79164614c2984f7daa460b588c1e80c3fa2068af7900447";
static const char sid_output_hex[] =
    "bb1c449b35f0ea79a65c209f329a693d475e0ce2387bed9fe4b78f60b2a27c21"
    "9813fb2cfe175ef40d2222d9261e66da7d78f7c55a303b1b8611dcdfab880c47";
static const char *const invalid_points[] = {
    "2b3c6b8c4f3800e7aef6864025b4ed79bd599117e427c41bd47d93d654b4a51c",
    "0000000000000000000000000000000000000000000000000000000000000000",
};
/* Python: key = sha512(b'CPaceMac' + sid + ISK); hmac(key, lv(Ya) + lv(b'ADa')). */
static const char tag_a_hex[] =
    "30478d28d83ae3b214295e91f4a3eb62999a8ed94575075db4a7d3bc3e4d26f1"
    "6c51adba12dc7771372637a46b5134e0937cddd7d820bfdd83be335e339eb57a";
static const char tag_b_hex[] =
    "e927a7da291676f8878caae9cb70407d2f14117e6f9ff9adcfda797c4bcf2bd2"
    "fefd2ca3f2ddcce81b7386996c895b2f359010cc92069d5ff4ad49a977de79a6";

struct vector {
    uint8_t prs[8];
    uint8_t ci[24];
    uint8_t sid[16];
    uint8_t random_a[CPACE_RANDOM_BYTES];
    uint8_t random_b[CPACE_RANDOM_BYTES];
    uint8_t share_a[CPACE_SHARE_BYTES];
    uint8_t share_b[CPACE_SHARE_BYTES];
};

static void
unhex(const char *hex, uint8_t *out, size_t size)
{
    size_t written = 0;
    assert_int_equal(sodium_hex2bin(out, size, hex, strlen(hex), NULL, &written, NULL),
                     0);
    assert_int_equal(written, size);
}

static void
expect_hex(const uint8_t *bytes, size_t size, const char *hex)
{
    char text[2 * 64 + 1];
    assert_true(size <= 64);
    bytes_hex(bytes, size, text);
    assert_string_equal(text, hex);
}

static void
vector_load(struct vector *vector)
{
    memset(vector, 0, sizeof(*vector));
    unhex(prs_hex, vector->prs, sizeof(vector->prs));
    unhex(ci_hex, vector->ci, sizeof(vector->ci));
    unhex(sid_hex, vector->sid, sizeof(vector->sid));
    /* The published scalars are below the group's order: reducing leaves them alone. */
    unhex(ya_hex, vector->random_a, CPACE_SCALAR_BYTES);
    unhex(yb_hex, vector->random_b, CPACE_SCALAR_BYTES);
    unhex(share_a_hex, vector->share_a, CPACE_SHARE_BYTES);
    unhex(share_b_hex, vector->share_b, CPACE_SHARE_BYTES);
}

static void
start(const struct vector *vector, enum cpace_role role, const char *prs,
      struct cpace *cpace)
{
    struct span password =
        prs != NULL ? span_text(prs) : span_of(vector->prs, sizeof(vector->prs));
    assert_int_equal(
        cpace_start(cpace, role, password, span_of(vector->ci, sizeof(vector->ci)),
                    span_of(vector->sid, sizeof(vector->sid)),
                    role == CPACE_INITIATOR ? vector->random_a : vector->random_b),
        0);
}

static void
test_published(void **state)
{
    (void)state;
    struct vector vector;
    struct cpace ana;
    struct cpace ben;
    uint8_t isk[CPACE_ISK_BYTES];
    struct buf transcript = {0};
    struct buf mirror = {0};
    vector_load(&vector);
    struct span sid = span_of(vector.sid, sizeof(vector.sid));
    start(&vector, CPACE_INITIATOR, NULL, &ana);
    start(&vector, CPACE_RESPONDER, NULL, &ben);
    expect_hex(ana.share, CPACE_SHARE_BYTES, share_a_hex);
    expect_hex(ben.share, CPACE_SHARE_BYTES, share_b_hex);
    assert_int_equal(cpace_finish(&ana, sid, span_text("ADa"), vector.share_b,
                                  span_text("ADb"), isk, &transcript),
                     0);
    expect_hex(isk, sizeof(isk), isk_hex);
    memset(isk, 0, sizeof(isk));
    assert_int_equal(cpace_finish(&ben, sid, span_text("ADb"), vector.share_a,
                                  span_text("ADa"), isk, &mirror),
                     0);
    expect_hex(isk, sizeof(isk), isk_hex);
    assert_true(span_equal(buf_span(&transcript), buf_span(&mirror)));
    assert_int_equal(transcript.size, 2 * (1 + 32 + 1 + 3));
    /* The published session id output is a hash of exactly this transcript. */
    crypto_hash_sha512_state hash;
    uint8_t digest[crypto_hash_sha512_BYTES];
    assert_int_equal(crypto_hash_sha512_init(&hash), 0);
    assert_int_equal(
        crypto_hash_sha512_update(&hash, (const uint8_t *)"CPaceSidOutput", 14), 0);
    assert_int_equal(crypto_hash_sha512_update(&hash, transcript.data, transcript.size),
                     0);
    assert_int_equal(crypto_hash_sha512_final(&hash, digest), 0);
    expect_hex(digest, sizeof(digest), sid_output_hex);
    assert_int_equal(cpace_finish(&ben, sid, span_text("ADb"), vector.share_a,
                                  span_text("ADa"), isk, NULL),
                     0);
    buf_free(&transcript);
    buf_free(&mirror);
    cpace_done(&ana);
    cpace_done(&ben);
    assert_true(sodium_is_zero((const uint8_t *)&ana, sizeof(ana)));
}

static void
test_invalid_points(void **state)
{
    (void)state;
    struct vector vector;
    struct cpace ana;
    vector_load(&vector);
    start(&vector, CPACE_INITIATOR, NULL, &ana);
    for (size_t i = 0; i < sizeof(invalid_points) / sizeof(invalid_points[0]); i++) {
        uint8_t point[CPACE_SHARE_BYTES];
        uint8_t isk[CPACE_ISK_BYTES] = {7};
        struct buf transcript = {0};
        unhex(invalid_points[i], point, sizeof(point));
        assert_int_equal(cpace_finish(&ana, SPAN_EMPTY, SPAN_EMPTY, point, SPAN_EMPTY,
                                      isk, &transcript),
                         E_PROTOCOL);
        assert_int_equal(transcript.size, 0);
        assert_int_equal(isk[0], 7);
        assert_true(sodium_is_zero(isk + 1, sizeof(isk) - 1));
    }
}

static void
test_scalar_of_zero(void **state)
{
    (void)state;
    struct cpace cpace;
    uint8_t random[CPACE_RANDOM_BYTES] = {0};
    /* The group's order reduces to zero as well. */
    static const char order_hex[] =
        "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";
    assert_int_equal(cpace_start(&cpace, CPACE_INITIATOR, span_text("a"), SPAN_EMPTY,
                                 SPAN_EMPTY, random),
                     E_INTERNAL);
    unhex(order_hex, random, CPACE_SCALAR_BYTES);
    assert_int_equal(cpace_start(&cpace, CPACE_INITIATOR, span_text("a"), SPAN_EMPTY,
                                 SPAN_EMPTY, random),
                     E_INTERNAL);
}

/* Whatever differs between the two, they end with different keys. */
static void
test_every_input_counts(void **state)
{
    (void)state;
    struct vector vector;
    struct cpace ana;
    struct cpace ben;
    uint8_t right[CPACE_ISK_BYTES];
    uint8_t isk[CPACE_ISK_BYTES];
    vector_load(&vector);
    struct span sid = span_of(vector.sid, sizeof(vector.sid));
    unhex(isk_hex, right, sizeof(right));
    start(&vector, CPACE_INITIATOR, NULL, &ana);
    start(&vector, CPACE_RESPONDER, "Passworc", &ben);
    assert_int_equal(cpace_finish(&ana, sid, span_text("ADa"), ben.share,
                                  span_text("ADb"), isk, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
    assert_int_equal(cpace_finish(&ben, sid, span_text("ADb"), ana.share,
                                  span_text("ADa"), right, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
    unhex(isk_hex, right, sizeof(right));
    assert_int_equal(cpace_finish(&ana, sid, span_text("ADx"), vector.share_b,
                                  span_text("ADb"), isk, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
    assert_int_equal(cpace_finish(&ana, sid, span_text("ADaA"), vector.share_b,
                                  span_text("Db"), isk, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
    assert_int_equal(cpace_finish(&ana, SPAN_EMPTY, span_text("ADa"), vector.share_b,
                                  span_text("ADb"), isk, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
    ana.role = CPACE_RESPONDER;
    assert_int_equal(cpace_finish(&ana, sid, span_text("ADa"), vector.share_b,
                                  span_text("ADb"), isk, NULL),
                     0);
    assert_false(hash_equal(isk, right, sizeof(isk)));
}

static void
test_long_inputs(void **state)
{
    (void)state;
    struct vector vector;
    struct cpace ana;
    struct cpace ben;
    uint8_t isk_a[CPACE_ISK_BYTES];
    uint8_t isk_b[CPACE_ISK_BYTES];
    uint8_t ad[300];
    struct buf transcript = {0};
    static const char prs[] =
        "a password that is longer than the block of the hash, so that no padding at "
        "all "
        "follows it and its length still needs one byte and then also some more text";
    vector_load(&vector);
    memset(ad, 5, sizeof(ad));
    start(&vector, CPACE_INITIATOR, prs, &ana);
    start(&vector, CPACE_RESPONDER, prs, &ben);
    struct span long_ad = span_of(ad, sizeof(ad));
    assert_int_equal(cpace_finish(&ana, SPAN_EMPTY, long_ad, ben.share, SPAN_EMPTY,
                                  isk_a, &transcript),
                     0);
    assert_int_equal(
        cpace_finish(&ben, SPAN_EMPTY, SPAN_EMPTY, ana.share, long_ad, isk_b, NULL), 0);
    assert_true(hash_equal(isk_a, isk_b, sizeof(isk_a)));
    /* 300 takes two bytes of LEB128. */
    assert_int_equal(transcript.size, 1 + 32 + 2 + 300 + 1 + 32 + 1);
    assert_int_equal(transcript.data[33], 0xac);
    assert_int_equal(transcript.data[34], 0x02);
    buf_free(&transcript);
}

static void
test_tags(void **state)
{
    (void)state;
    struct vector vector;
    uint8_t isk[CPACE_ISK_BYTES];
    uint8_t tag[CPACE_TAG_BYTES];
    vector_load(&vector);
    struct span sid = span_of(vector.sid, sizeof(vector.sid));
    unhex(isk_hex, isk, sizeof(isk));
    cpace_tag(isk, sid, vector.share_a, span_text("ADa"), tag);
    expect_hex(tag, sizeof(tag), tag_a_hex);
    cpace_tag(isk, sid, vector.share_b, span_text("ADb"), tag);
    expect_hex(tag, sizeof(tag), tag_b_hex);
    isk[0] ^= 1;
    uint8_t other[CPACE_TAG_BYTES];
    cpace_tag(isk, sid, vector.share_b, span_text("ADb"), other);
    assert_false(hash_equal(tag, other, sizeof(tag)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_published),
        cmocka_unit_test(test_invalid_points),
        cmocka_unit_test(test_scalar_of_zero),
        cmocka_unit_test(test_every_input_counts),
        cmocka_unit_test(test_long_inputs),
        cmocka_unit_test(test_tags),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
