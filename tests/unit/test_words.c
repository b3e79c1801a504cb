/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Words: the lists themselves, and bytes to words and back as people type them. */
#include "common/error.h"
#include "common/words.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void
check_list(enum words_list list, size_t count)
{
    assert_int_equal(words_count(list), count);
    assert_null(words_get(list, count));
    for (size_t i = 0; i < count; i++) {
        const char *word = words_get(list, i);
        size_t size = strlen(word);
        assert_in_range(size, 3, WORDS_LETTERS_MAX);
        assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz"), size);
        /* sorted, and the first four letters tell them apart */
        assert_true(i == 0 || strcmp(words_get(list, i - 1), word) < 0);
        assert_true(i == 0 || strncmp(words_get(list, i - 1), word, 4) != 0);
    }
}

static void
lists_are_whole(void **state)
{
    (void)state;
    check_list(WORDS_2048, 2048);
    check_list(WORDS_1296, WORDS_CODE_LIST_COUNT);
    assert_string_equal(words_get(WORDS_2048, 0), "abandon");
    assert_string_equal(words_get(WORDS_2048, 2047), "zoo");
    for (size_t i = 0; i < WORDS_CODE_LIST_COUNT; i++) {
        size_t index;
        assert_int_equal(
            words_find(WORDS_2048, span_text(words_get(WORDS_1296, i)), &index), 0);
        assert_string_equal(words_get(WORDS_2048, index), words_get(WORDS_1296, i));
    }
}

static bool
one_letter_apart(const char *a, const char *b)
{
    size_t differing = 0;
    if (strlen(a) != strlen(b)) {
        return false;
    }
    for (size_t i = 0; a[i] != '\0'; i++) {
        differing += a[i] != b[i] ? 1 : 0;
    }
    return differing == 1;
}

static void
code_words_are_apart(void **state)
{
    (void)state;
    for (size_t i = 0; i < WORDS_CODE_LIST_COUNT; i++) {
        for (size_t j = i + 1; j < WORDS_CODE_LIST_COUNT; j++) {
            const char *a = words_get(WORDS_1296, i);
            const char *b = words_get(WORDS_1296, j);
            if (one_letter_apart(a, b)) {
                fail_msg("too near: %s %s", a, b);
            }
        }
    }
}

static void
join(struct buf *out, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_printf(out, "%s ", words[i]);
    }
}

static void
recovery_words_are_bip39(void **state)
{
    (void)state;
    /* BIP 39 vectors of 256 bits; the checksum is the first byte of SHA-256. */
    uint8_t r[32] = {0};
    const char *words[WORDS_RECOVERY_COUNT];
    words_recovery_encode(r, 0x66, words);
    assert_string_equal(words[0], "abandon");
    assert_string_equal(words[22], "abandon");
    assert_string_equal(words[23], "art");
    memset(r, 0x7f, sizeof r);
    words_recovery_encode(r, 0x17, words);
    struct buf text = {0};
    join(&text, words, WORDS_RECOVERY_COUNT);
    assert_string_equal(
        buf_text(&text),
        "legal winner thank year wave sausage worth useful legal winner thank "
        "year wave sausage worth useful legal winner thank year wave sausage "
        "worth title ");
    buf_free(&text);
}

static void
recovery_round_trip(void **state)
{
    (void)state;
    uint8_t r[32];
    uint8_t back[32];
    uint8_t checksum = 0;
    size_t bad = 0;
    const char *words[WORDS_RECOVERY_COUNT];
    for (unsigned round = 0; round < 64; round++) {
        for (size_t i = 0; i < sizeof r; i++) {
            r[i] = (uint8_t)(round * 37 + i * 101 + i * i);
        }
        words_recovery_encode(r, (uint8_t)(round * 11), words);
        struct buf text = {0};
        for (size_t i = 0; i < WORDS_RECOVERY_COUNT; i++) {
            /* numbers, capitals, cut words, commas, newlines */
            bool cut = (round + i) % 3 == 0;
            buf_printf(&text, "%zu%s %.*s%s", i + 1, i % 2 == 0 ? "." : ")",
                       cut ? 4 : 8, words[i], i % 5 == 0 ? ",\n" : "\t");
        }
        if (round % 2 == 0) {
            for (size_t i = 0; i < text.size; i++) {
                bool letter = text.data[i] >= 'a' && text.data[i] <= 'z';
                text.data[i] = (uint8_t)(letter ? text.data[i] - 32 : text.data[i]);
            }
        }
        assert_int_equal(words_recovery_decode(buf_span(&text), back, &checksum, &bad),
                         0);
        assert_memory_equal(back, r, sizeof r);
        assert_int_equal(checksum, (uint8_t)(round * 11));
        buf_free(&text);
    }
}

static void
recovery_names_the_bad_word(void **state)
{
    (void)state;
    uint8_t r[32];
    uint8_t kept[32];
    uint8_t checksum = 9;
    size_t bad = 99;
    memset(r, 5, sizeof r);
    memcpy(kept, r, sizeof r);
    struct span text = span_text("legal winner thnak year");
    assert_int_equal(words_recovery_decode(text, r, &checksum, &bad), E_WORDS);
    assert_int_equal(bad, 2);
    text = span_text("legal winner thank");
    assert_int_equal(words_recovery_decode(text, r, &checksum, &bad), E_WORDS);
    assert_int_equal(bad, 3);
    assert_int_equal(words_recovery_decode(SPAN_EMPTY, r, &checksum, &bad), E_WORDS);
    assert_int_equal(bad, 0);
    text = span_text("leg"); /* three letters are no unique beginning... but a word */
    assert_int_equal(words_recovery_decode(text, r, &checksum, &bad), E_WORDS);
    assert_int_equal(bad, 1);
    text = span_text("caf\xc3\xa9");
    assert_int_equal(words_recovery_decode(text, r, &checksum, &bad), E_WORDS);
    assert_int_equal(bad, 0);
    struct buf many = {0};
    for (size_t i = 0; i < 25; i++) {
        buf_put_text(&many, "legal ");
    }
    assert_int_equal(words_recovery_decode(buf_span(&many), r, &checksum, &bad),
                     E_WORDS);
    assert_int_equal(bad, 25);
    buf_free(&many);
    assert_memory_equal(r, kept, sizeof r);
    assert_int_equal(checksum, 9);
}

static void
check_words_take_66_bits(void **state)
{
    (void)state;
    uint8_t digest[32] = {0};
    const char *words[WORDS_CHECK_COUNT];
    digest[8] = 0x40; /* bit 65, the lowest of the sixth word */
    digest[0] = 0x80;
    words_check_encode(digest, words);
    assert_string_equal(words[0], words_get(WORDS_2048, 1024));
    assert_string_equal(words[4], "abandon");
    assert_string_equal(words[5], words_get(WORDS_2048, 1));
    digest[8] |= 0x3f; /* beyond the 66 bits */
    words_check_encode(digest, words);
    assert_string_equal(words[5], words_get(WORDS_2048, 1));
}

static void
codes_are_normalised(void **state)
{
    (void)state;
    static const uint16_t indices[WORDS_CODE_COUNT] = {0, 17, 400, 1295};
    static const char *const typed[] = {
        "lemon-orbit-tiger-maple", "Lemon ORBIT  tiger, maple\n", "lemo orbi tige mapl",
        "1. lemon 2) orbit tiger--maple"};
    struct buf out = {0};
    size_t bad = 0;
    const char *suggestion = NULL;
    for (size_t i = 0; i < sizeof typed / sizeof *typed; i++) {
        buf_clear(&out);
        assert_int_equal(
            words_code_normalise(span_text(typed[i]), &out, &bad, &suggestion), 0);
        assert_string_equal(buf_text(&out), "lemon-orbit-tiger-maple");
    }
    buf_clear(&out);
    assert_int_equal(words_code_normalise(span_text("lemon-orbbit-tiger-maple"), &out,
                                          &bad, &suggestion),
                     E_USAGE);
    assert_int_equal(bad, 1);
    assert_string_equal(suggestion, "orbit");
    assert_int_equal(
        words_code_normalise(span_text("lemon-orbit-tiger"), &out, &bad, &suggestion),
        E_USAGE);
    assert_int_equal(bad, 3);
    assert_null(suggestion);
    assert_int_equal(words_code_normalise(span_text("lemon-orbit-tiger-maple-lake"),
                                          &out, &bad, &suggestion),
                     E_USAGE);
    assert_int_equal(bad, 5);
    assert_int_equal(out.size, 0);
    struct buf again = {0};
    words_code_encode(&out, indices);
    assert_int_equal(words_code_normalise(buf_span(&out), &again, &bad, &suggestion),
                     0);
    assert_true(span_equal(buf_span(&out), buf_span(&again)));
    buf_free(&out);
    buf_free(&again);
}

static void
nearest_is_near(void **state)
{
    (void)state;
    assert_string_equal(words_nearest(WORDS_2048, span_text("velvte")), "velvet");
    assert_string_equal(words_nearest(WORDS_2048, span_text("cactuss")), "cactus");
    assert_string_equal(words_nearest(WORDS_2048, span_text("Lemon")), "lemon");
    assert_null(words_nearest(WORDS_2048, span_text("xxxxxxxxxxxxxxxxxxxx")));
    assert_null(words_nearest(WORDS_2048, span_text("")));
    assert_null(words_nearest(WORDS_2048, span_text("123")));
    size_t index = 5;
    assert_int_equal(words_find(WORDS_1296, span_text("lem on"), &index), E_WORDS);
    assert_int_equal(words_find(WORDS_1296, span_text("lem"), &index), E_WORDS);
    assert_int_equal(index, 5);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_are_whole),
        cmocka_unit_test(code_words_are_apart),
        cmocka_unit_test(recovery_words_are_bip39),
        cmocka_unit_test(recovery_round_trip),
        cmocka_unit_test(recovery_names_the_bad_word),
        cmocka_unit_test(check_words_take_66_bits),
        cmocka_unit_test(codes_are_normalised),
        cmocka_unit_test(nearest_is_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
