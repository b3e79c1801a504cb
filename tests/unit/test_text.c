/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text at the edges: what is refused, made harmless, how wide, how folded. */
#include "common/error.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define S(literal) span_of("" literal, sizeof literal - 1)
#define CIRCLE "\xe2\x97\x8c"
#define BAD "\xef\xbf\xbd"

static void
check_takes_utf8_and_refuses_the_rest(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\xc3\xa9",
                                       "\xf0\x9f\x98\x80",
                                       "\xf4\x8f\xbf\xbf",
                                       "tab\tnewline\n"};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_int_equal(text_check(span_text(good[i])), 0);
    }
    assert_int_equal(text_check(S("a\0b")), E_UTF8);
    assert_int_equal(text_check(S("\xc0\x80")), E_UTF8);         /* overlong NUL */
    assert_int_equal(text_check(S("\xe0\x80\xaf")), E_UTF8);     /* overlong slash */
    assert_int_equal(text_check(S("\xed\xa0\x80")), E_UTF8);     /* surrogate */
    assert_int_equal(text_check(S("\xf4\x90\x80\x80")), E_UTF8); /* above the last */
    assert_int_equal(text_check(S("\xff")), E_UTF8);
    assert_int_equal(text_check(S("cut \xf0\x9f\x98")), E_UTF8);
}

static void
expect_clean(const char *in, const char *line, const char *block)
{
    struct buf out = {0};
    text_sanitize(&out, span_text(in), TEXT_LINE);
    assert_string_equal(buf_text(&out), line);
    buf_clear(&out);
    text_sanitize(&out, span_text(in), TEXT_BLOCK);
    assert_string_equal(buf_text(&out), block);
    buf_free(&out);
}

static void
sanitize_makes_harmless(void **state)
{
    (void)state;
    expect_clean("h\xc3\xa9llo", "h\xc3\xa9llo", "h\xc3\xa9llo");
    expect_clean("a\tb\nc", "a b c", "a\tb\nc");
    expect_clean("a\r\nb\rc", "a b c", "a\nb\nc");
    expect_clean("a\xc2\x85"
                 "b\xe2\x80\xa8"
                 "c\xe2\x80\xa9"
                 "d",
                 "a b c d", "a\nb\nc\nd");
    expect_clean("\x1b[31mred", BAD "[31mred", BAD "[31mred");
    expect_clean("\xc2\x9b"
                 "31m\x7f",
                 BAD "31m" BAD, BAD "31m" BAD);
    /* right-to-left override, isolate, mark, Arabic letter mark */
    expect_clean("a\xe2\x80\xae"
                 "b\xe2\x81\xa6"
                 "c\xe2\x80\x8f"
                 "d\xd8\x9c"
                 "e",
                 "abcde", "abcde");
    /* tag characters, byte order mark */
    expect_clean("x\xf3\xa0\x81\xa7\xf3\xa0\x81\xbf\xef\xbb\xbfy", "xy", "xy");
    expect_clean("\xff\xfe"
                 "a\xed\xa0\x80",
                 BAD BAD "a" BAD BAD BAD, BAD BAD "a" BAD BAD BAD);
    expect_clean("\xef\xbf\xbf", BAD, BAD); /* a noncharacter */
    /* joiners stay: a family */
    expect_clean("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
                 "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7",
                 "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7");
}

static void
sanitize_bounds_marks(void **state)
{
    (void)state;
    struct buf in = {0};
    struct buf out = {0};
    buf_put_text(&in, "z");
    for (size_t i = 0; i < 100; i++) {
        buf_put_text(&in, "\xcc\x81");
    }
    buf_put_text(&in, "y\xcc\x81");
    text_sanitize(&out, buf_span(&in), TEXT_BLOCK);
    assert_int_equal(out.size, 1 + 2 * TEXT_MARKS_MAX + 3);
    buf_clear(&out);
    /* a mark at the start or after a newline can't land on the gutter */
    text_sanitize(&out, S("\xcc\x81\n\xcc\x81x"), TEXT_BLOCK);
    assert_string_equal(buf_text(&out), CIRCLE "\xcc\x81\n" CIRCLE "\xcc\x81x");
    buf_free(&in);
    buf_free(&out);
}

static void
width_counts_columns(void **state)
{
    (void)state;
    assert_int_equal(text_width(S("")), 0);
    assert_int_equal(text_width(S("abc")), 3);
    assert_int_equal(text_width(S("caf\xc3\xa9")), 4);
    assert_int_equal(text_width(S("cafe\xcc\x81")), 4);
    assert_int_equal(text_width(S("\xe6\x95\xa3\xe6\xad\xa9")), 4); /* 散歩 */
    assert_int_equal(text_width(S("\xf0\x9f\x98\x80")), 2);         /* 😀 */
    assert_int_equal(
        text_width(S("\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d"
                     "\xf0\x9f\x91\xa7")),
        2); /* family */
    assert_int_equal(text_width(S("\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd")),
                     2); /* skin tone */
    assert_int_equal(text_width(S("\xf0\x9f\x87\xa8\xf0\x9f\x87\xad")), 2); /* flag */
    assert_int_equal(text_width(S("\xe2\x9d\xa4\xef\xb8\x8f")), 2);         /* ❤️ */
    assert_int_equal(text_width(S("\xe2\x80\xa6")), 1);
}

static void
expect_clip(const char *in, size_t columns, const char *expected)
{
    struct buf out = {0};
    text_clip(&out, span_text(in), columns);
    assert_string_equal(buf_text(&out), expected);
    assert_true(text_width(buf_span(&out)) <= columns);
    buf_free(&out);
}

static void
clip_cuts_between_clusters(void **state)
{
    (void)state;
    expect_clip("hello", 5, "hello");
    expect_clip("hello", 4, "hel\xe2\x80\xa6");
    expect_clip("hello", 1, "\xe2\x80\xa6");
    expect_clip("hello", 0, "");
    expect_clip("", 3, "");
    expect_clip("\xe6\x95\xa3\xe6\xad\xa9\xe3\x81\x97", 5,
                "\xe6\x95\xa3\xe6\xad\xa9\xe2\x80\xa6");
    expect_clip("\xe6\x95\xa3\xe6\xad\xa9\xe3\x81\x97", 4, "\xe6\x95\xa3\xe2\x80\xa6");
    expect_clip("e\xcc\x81"
                "e\xcc\x81"
                "e\xcc\x81",
                2, "e\xcc\x81\xe2\x80\xa6");
}

static int
collect_line(void *context, struct span line)
{
    struct buf *out = context;
    buf_put_u8(out, '|');
    buf_put_span(out, line);
    return 0;
}

static int
stop_at_once(void *context, struct span line)
{
    (void)line;
    *(int *)context += 1;
    return 42;
}

static void
expect_wrap(const char *in, size_t columns, const char *expected)
{
    struct buf out = {0};
    assert_int_equal(text_wrap(span_text(in), columns, collect_line, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
wrap_breaks_lines(void **state)
{
    (void)state;
    int lines = 0;
    expect_wrap("", 10, "");
    expect_wrap("one two three", 7, "|one two|three");
    expect_wrap("one two three", 8, "|one two|three");
    expect_wrap("one  two   ", 3, "|one|two");
    expect_wrap("a\n\nb\n", 9, "|a||b");
    expect_wrap("abcdefgh", 3, "|abc|def|gh");
    expect_wrap("x abcdefgh", 3, "|x|abc|def|gh");
    expect_wrap("  in", 4, "|  in");
    expect_wrap("          b", 4, "||b");
    expect_wrap("\xe6\x95\xa3\xe6\xad\xa9\xe3\x81\x97", 4,
                "|\xe6\x95\xa3\xe6\xad\xa9|\xe3\x81\x97");
    expect_wrap("\xe6\x95\xa3", 1, "|\xe6\x95\xa3");
    expect_wrap("ab", 0, "|a|b");
    assert_int_equal(text_wrap(S("a b c"), 1, stop_at_once, &lines), 42);
    assert_int_equal(lines, 1);
}

static void
expect_fold(const char *in, const char *expected)
{
    struct buf out = {0};
    text_fold(&out, span_text(in));
    assert_string_equal(buf_text(&out), expected);
    assert_int_equal(buf_done(&out), 0);
    buf_free(&out);
}

static void
fold_finds_alike(void **state)
{
    (void)state;
    expect_fold("", "");
    expect_fold("Quiet HOUSE", "quiet house");
    expect_fold("Caf\xc3\x89", "cafe");
    expect_fold("Stra\xc3\x9f"
                "e",
                "strasse");
    expect_fold("\xef\xbc\xa1\xef\xac\x81", "afi"); /* fullwidth A, fi ligature */
    expect_fold("\xe6\x95\xa3\xe6\xad\xa9", "\xe6\x95\xa3\xe6\xad\xa9");
    expect_fold("\xe3\x81\x8c", "\xe3\x81\x8c");             /* が keeps its mark */
    expect_fold("\xe3\x81\x8b\xe3\x82\x99", "\xe3\x81\x8c"); /* composed */
    expect_fold("\xd0\x99", "\xd0\xb9");                     /* Й to й, not и */
    expect_fold("\xce\x86\xcf\x82", "\xce\xb1\xcf\x83"); /* Άς to ας, final sigma too */
    expect_fold("A\xff\xc3\x89", "a" BAD "e");
    struct buf in = {0};
    struct buf out = {0};
    for (size_t i = 0; i < 200000; i++) { /* minutes, if the marks were not bounded */
        buf_put_text(&in, i % 2 == 0 ? "\xcc\x81" : "\xcc\xa3");
    }
    text_fold(&out, buf_span(&in));
    assert_int_equal(buf_done(&out), 0);
    assert_true(out.size <= (size_t)2 * TEXT_MARKS_MAX);
    buf_free(&in);
    buf_free(&out);
}

static void
trim_takes_unicode_space(void **state)
{
    (void)state;
    assert_true(span_equal(text_trim(S(" \t\n a b \xc2\xa0\xe3\x80\x80")), S("a b")));
    assert_int_equal(text_trim(S(" \n ")).size, 0);
    assert_int_equal(text_trim(S("")).size, 0);
    assert_true(span_equal(text_trim(S("x")), S("x")));
}

static void
shortened(const char *in, size_t chars, const char *want)
{
    struct buf out = {0};
    text_shorten(&out, span_text(in), chars);
    assert_string_equal(buf_text(&out), want);
    buf_free(&out);
}

static void
shorten_counts_characters(void **state)
{
    (void)state;
    shortened("", 3, "");
    shortened("abc", 3, "abc");
    shortened("abcd", 3, "ab…");
    shortened("abcd", 1, "…");
    shortened("abcd", 0, "");
    shortened("日本語で", 4, "日本語で"); /* by characters, not by columns */
    shortened("日本語でも", 4, "日本語…");
    shortened("ae\xcc\x81\xcc\x82z", 4, "a…"); /* not between a letter and its marks */
    shortened("ae\xcc\x81z", 4, "ae\xcc\x81z");
    shortened("👩‍👩‍👧‍👦 family", 10, "👩‍👩‍👧‍👦 f…");
    shortened("👩‍👩‍👧‍👦", 4, "👩‍👩…"); /* one cluster, longer than all there is */
    shortened("\xff\xfe\xff", 2, "\xff…");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_takes_utf8_and_refuses_the_rest),
        cmocka_unit_test(sanitize_makes_harmless),
        cmocka_unit_test(sanitize_bounds_marks),
        cmocka_unit_test(width_counts_columns),
        cmocka_unit_test(clip_cuts_between_clusters),
        cmocka_unit_test(shorten_counts_characters),
        cmocka_unit_test(wrap_breaks_lines),
        cmocka_unit_test(fold_finds_alike),
        cmocka_unit_test(trim_takes_unicode_space),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
