/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The deck: how its lines are read, and that the one attune brings is large enough. */
#include "common/deck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/text.h"

static void
assert_span(struct span span, const char *text)
{
    if (!span_equal(span, span_text(text))) {
        fail_msg("\"%.*s\" is not \"%s\"", (int)span.size, (const char *)span.data, text);
    }
}

static void
assert_line(const char *line, unsigned depth, const char *tags, const char *text)
{
    struct span rest = span_text(line);
    struct deck_line out;
    assert_true(deck_next(&rest, &out));
    assert_int_equal(out.depth, depth);
    assert_span(out.tags, tags);
    assert_span(out.text, text);
    assert_false(deck_next(&rest, &out));
}

static void
lines_are_read(void **state)
{
    (void)state;
    assert_line("2 home,past What did Sunday smell of?", 2, "home,past",
                "What did Sunday smell of?");
    assert_line("5 us Who are we?\n", 5, "us", "Who are we?");
    assert_line("  1 silly Why?\r\n", 1, "silly", "Why?");
    assert_line("3 self-care   Spaces before.", 3, "self-care", "Spaces before.");
    assert_line("1 us \xe6\x95\xa3\xe6\xad\xa9?", 1, "us", "\xe6\x95\xa3\xe6\xad\xa9?");
}

/* What one writes without looking the format up is a question all the same. */
static void
own_lines_are_light(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "Where shall we be in May?", "7 dwarfs, or eight?", "0 home Where?",
        "6 home Where?",             "22 home Where?",      "2 Home Where?",
        "2 home",                    "2  home Where?",      "3",
        "2",                         "-",                   "2 home,p\xc3\xa4st Where?",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        assert_line(lines[i], 1, "", lines[i]);
    }
}

static void
comments_and_nothing_are_passed(void **state)
{
    (void)state;
    struct span rest = span_text("# one\n\n   \n\t# two\n1 us A?\n#\n\nB?\n\n# end");
    struct deck_line out;
    assert_true(deck_next(&rest, &out));
    assert_span(out.text, "A?");
    assert_true(deck_next(&rest, &out));
    assert_span(out.text, "B?");
    assert_false(deck_next(&rest, &out));
    assert_false(deck_next(&rest, &out));
    struct span none[] = {SPAN_EMPTY, span_text("\n"), span_text("#"), span_text(" \n ")};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_false(deck_next(&none[i], &out));
    }
}

/* Any bytes are lines, each of them inside what was given. */
static void
hostile_bytes_stay_inside(void **state)
{
    (void)state;
    uint8_t bytes[257];
    for (size_t i = 0; i < sizeof bytes; i++) {
        bytes[i] = (uint8_t)(i * 37 % 256);
    }
    for (size_t size = 0; size <= sizeof bytes; size++) {
        struct span rest = span_of(bytes, size);
        struct deck_line out;
        while (deck_next(&rest, &out)) {
            assert_true(out.text.size > 0 && out.text.data >= bytes);
            assert_true(out.text.data + out.text.size <= bytes + size);
            assert_in_range(out.depth, 1, DECK_DEPTH_MAX);
        }
    }
}

static void
tags_are_found(void **state)
{
    (void)state;
    struct span tags = span_text("home,past");
    assert_true(deck_tagged(tags, span_text("home")));
    assert_true(deck_tagged(tags, span_text("past")));
    assert_true(deck_tagged(tags, span_text("money past")));
    assert_true(deck_tagged(tags, span_text("  past  ")));
    assert_false(deck_tagged(tags, span_text("pas")));
    assert_false(deck_tagged(tags, span_text("pastime")));
    assert_false(deck_tagged(tags, span_text("home,past")));
    assert_false(deck_tagged(tags, SPAN_EMPTY));
    assert_false(deck_tagged(SPAN_EMPTY, span_text("home")));
    assert_false(deck_tagged(span_text(","), span_text(" ")));
    static const char *const known[] = {"money", "family", "past",   "friends", "hobbies",
                                        "body",  "silly",  "work",   "dreams",  "us"};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        assert_true(deck_knows_tag(span_text(known[i])));
    }
    assert_false(deck_knows_tag(span_text("weather-of-mars")));
    assert_false(deck_knows_tag(SPAN_EMPTY));
}

static void
tags_are_listed(void **state)
{
    (void)state;
    struct buf tags;
    buf_init(&tags, 0);
    deck_put_tags(&tags);
    assert_int_equal(buf_done(&tags), 0);
    assert_memory_equal(buf_text(&tags), "body, children, dreams, ", 24);
    struct span rest = buf_span(&tags);
    size_t count = 0;
    while (rest.size > 0) { /* each is known, and stands there once */
        size_t size = 0;
        while (size < rest.size && rest.data[size] != ',') {
            size++;
        }
        assert_true(deck_knows_tag(span_slice(rest, 0, size)));
        rest = span_slice(rest, size < rest.size ? size + 2 : size, rest.size);
        count++;
    }
    assert_true(count >= 10);
    buf_free(&tags);
}

static int
by_text(const void *left, const void *right)
{
    const struct span *a = left, *b = right;
    size_t size = a->size < b->size ? a->size : b->size;
    int order = memcmp(a->data, b->data, size);
    return order != 0 ? order : a->size < b->size ? -1 : a->size > b->size;
}

static void
the_deck_is_large_enough(void **state)
{
    (void)state;
    static struct span texts[DECK_QUESTIONS_MAX];
    size_t count = 0, at_depth[DECK_DEPTH_MAX + 1] = {0};
    struct span rest = span_text(deck_text);
    struct deck_line line;
    while (deck_next(&rest, &line)) {
        assert_in_range(line.depth, 1, DECK_DEPTH_MAX);
        assert_true(line.tags.size > 0); /* none was misread as a line of one's own */
        assert_in_range(line.text.size, 1, 200);
        assert_int_equal(text_check(line.text), 0);
        assert_true(count < DECK_QUESTIONS_MAX);
        at_depth[line.depth]++;
        texts[count++] = line.text;
    }
    assert_true(count >= 400);
    for (unsigned depth = 1; depth <= DECK_DEPTH_MAX; depth++) {
        assert_true(at_depth[depth] >= 60);
    }
    /* The text is what a question is known by. */
    qsort(texts, count, sizeof texts[0], by_text);
    for (size_t i = 1; i < count; i++) {
        assert_true(by_text(&texts[i - 1], &texts[i]) != 0);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read),
        cmocka_unit_test(own_lines_are_light),
        cmocka_unit_test(comments_and_nothing_are_passed),
        cmocka_unit_test(hostile_bytes_stay_inside),
        cmocka_unit_test(tags_are_found),
        cmocka_unit_test(tags_are_listed),
        cmocka_unit_test(the_deck_is_large_enough),
    };
    return cmocka_run_group_tests_name("deck", tests, NULL, NULL);
}
