/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ids: text and bytes are one order; a typed prefix is a range. */
#include "common/error.h"
#include "common/id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t sample[ID_BYTES] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xab,
                                         0xcd, 0xef, 0xfe, 0xdc, 0xba, 0x98,
                                         0x76, 0x54, 0x32, 0x10};

static void
text_and_back(void **state)
{
    (void)state;
    char text[ID_CHARS + 1];
    uint8_t back[ID_BYTES];
    id_text(sample, text);
    assert_string_equal(text, "04hmasw9nf6yzzpwqac7cn1j20");
    assert_int_equal(id_parse(span_text(text), back), 0);
    assert_memory_equal(back, sample, ID_BYTES);
    assert_int_equal(id_parse(span_text("O4HMASW9NF6YZZPWQAC7CN1J2o"), back), 0);
    assert_memory_equal(back, sample, ID_BYTES);
    memset(back, 0xff, sizeof back);
    id_text(back, text);
    assert_int_equal(text[0], 'z');
    assert_int_equal(text[25], 'w'); /* 111 and two spare zeros */
}

static void
refuses_what_is_no_id(void **state)
{
    (void)state;
    uint8_t id[ID_BYTES];
    struct id_range range;
    static const char *const bad[] = {
        "",      "u",        "04hmasw9nf6yzzpwqac7cn1j200",
        "04hm-", "\xc3\xa9", "04hmasw9nf6yzzpwqac7cn1j21", /* a spare bit is set */
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(id_parse_prefix(span_text(bad[i]), &range), E_NO_ENTRY);
        assert_int_equal(id_parse(span_text(bad[i]), id), E_NO_ENTRY);
    }
    assert_int_equal(id_parse(span_text("04h"), id), E_NO_ENTRY);
    assert_int_equal(id_parse_prefix(span_of("0\0", 2), &range), E_NO_ENTRY);
}

static void
prefix_is_a_range(void **state)
{
    (void)state;
    char text[ID_CHARS + 1];
    id_text(sample, text);
    for (size_t size = 1; size <= ID_CHARS; size++) {
        struct id_range range;
        char bound[ID_CHARS + 1];
        assert_int_equal(id_parse_prefix(span_of(text, size), &range), 0);
        assert_true(memcmp(range.lo, sample, ID_BYTES) <= 0);
        assert_true(memcmp(range.hi, sample, ID_BYTES) >= 0);
        id_text(range.lo, bound);
        assert_memory_equal(bound, text, size);
        id_text(range.hi, bound);
        assert_memory_equal(bound, text, size);
    }
    struct id_range first;
    assert_int_equal(id_parse_prefix(span_text("z"), &first), 0);
    assert_int_equal(first.lo[0], 0xf8);
    assert_int_equal(first.lo[1], 0);
    assert_int_equal(first.hi[0], 0xff);
    assert_int_equal(id_parse_prefix(span_text("L"), &first), 0);
    assert_int_equal(first.lo[0], 0x08);
    assert_int_equal(first.hi[0], 0x0f);
}

static void
counts_common_letters(void **state)
{
    (void)state;
    uint8_t other[ID_BYTES];
    memcpy(other, sample, ID_BYTES);
    assert_int_equal(id_common_chars(sample, other), ID_CHARS);
    other[15] ^= 0x01;
    assert_int_equal(id_common_chars(sample, other), 25);
    other[0] ^= 0x80;
    assert_int_equal(id_common_chars(sample, other), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_back),
        cmocka_unit_test(refuses_what_is_no_id),
        cmocka_unit_test(prefix_is_a_range),
        cmocka_unit_test(counts_common_letters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
