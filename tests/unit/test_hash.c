/* SPDX-License-Identifier: GPL-3.0-or-later */
/* H(tag, ...): answers of another BLAKE2b, framing of inputs, purposes kept apart. */
#include "daemon/crypto/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

/* Python: hashlib.blake2b(b'\x02'+7*b'\0'+b'ab'+b'\x01'+7*b'\0'+b'c', digest_size=32,
 * person=b'attune.op').hexdigest(), and the same with key=bytes(range(32)). */
static const char known[] =
    "c9e40e9807f608ea96cd630e68bf3bba52cf4e110ff414ced061bfdd379682e5";
static const char known_keyed[] =
    "8ccfceefef64b56119d8a7134208911aa2ffa369c515fdb47ff475d9649791ed";

static void
expect_hex(const uint8_t hash[static HASH_BYTES], const char *hex)
{
    char text[2 * HASH_BYTES + 1];
    bytes_hex(hash, HASH_BYTES, text);
    assert_string_equal(text, hex);
}

static void
test_known_answers(void **state)
{
    (void)state;
    uint8_t out[HASH_BYTES];
    uint8_t key[KEY_BYTES];
    struct span spans[] = {span_text("ab"), span_text("c")};
    hash_spans(out, "attune.op", spans, 2);
    expect_hex(out, known);

    for (size_t i = 0; i < sizeof(key); i++) {
        key[i] = (uint8_t)i;
    }
    struct hash hash;
    hash_keyed_init(&hash, "attune.op", key);
    hash_put(&hash, spans[0]);
    hash_put(&hash, spans[1]);
    hash_final(&hash, out);
    expect_hex(out, known_keyed);
}

static void
test_inputs_are_framed(void **state)
{
    (void)state;
    uint8_t a[HASH_BYTES];
    uint8_t b[HASH_BYTES];
    struct span split[] = {span_text("ab"), span_text("c")};
    struct span other[] = {span_text("a"), span_text("bc")};
    struct span joined[] = {span_text("abc")};
    struct span trailing[] = {span_text("abc"), SPAN_EMPTY};
    hash_spans(a, "attune.test", split, 2);
    hash_spans(b, "attune.test", other, 2);
    assert_false(hash_equal(a, b, HASH_BYTES));
    hash_spans(b, "attune.test", joined, 1);
    assert_false(hash_equal(a, b, HASH_BYTES));
    hash_spans(a, "attune.test", trailing, 2);
    assert_false(hash_equal(a, b, HASH_BYTES));
    hash_spans(a, "attune.tesu", joined, 1);
    assert_false(hash_equal(a, b, HASH_BYTES));
}

static void
test_stream_is_one_shot(void **state)
{
    (void)state;
    uint8_t a[HASH_BYTES];
    uint8_t b[HASH_BYTES];
    uint8_t number[8] = {0x08, 0x07, 0x06, 0x05, 0x04, 0x03, 0x02, 0x01};
    uint8_t data[500];
    memset(data, 7, sizeof(data));
    struct span spans[] = {span_of(number, sizeof(number)),
                           span_of(data, sizeof(data))};
    hash_spans(a, "0123456789abcdef", spans, 2);
    struct hash hash;
    hash_init(&hash, "0123456789abcdef");
    hash_put_u64(&hash, 0x0102030405060708);
    hash_put(&hash, spans[1]);
    hash_final(&hash, b);
    assert_true(hash_equal(a, b, HASH_BYTES));
}

static void
test_final_wipes(void **state)
{
    (void)state;
    struct hash hash;
    uint8_t out[HASH_BYTES];
    hash_init(&hash, "attune.test");
    hash_put_u64(&hash, 1);
    hash_final(&hash, out);
    assert_true(sodium_is_zero((const uint8_t *)&hash, sizeof(hash)));
}

static void
test_equal(void **state)
{
    (void)state;
    assert_true(hash_equal("abc", "abc", 3));
    assert_false(hash_equal("abc", "abd", 3));
    assert_true(hash_equal("abc", "abd", 2));
    assert_true(hash_equal("abc", "xyz", 0));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_inputs_are_framed),
        cmocka_unit_test(test_stream_is_one_shot),
        cmocka_unit_test(test_final_wipes),
        cmocka_unit_test(test_equal),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
