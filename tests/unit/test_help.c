/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The help page against tests/golden/help, and against the tables: every verb it shows
 * exists, every verb there is is shown. ATTUNE_GOLDEN_UPDATE=1 writes the golden files anew.
 */
#include "clients/cli/help.h"

#include "common/error.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const size_t widths[] = {80, 40};

static void
golden(const char *name, size_t columns, const struct buf *made)
{
    char path[512];
    struct buf stored;
    buf_init(&stored, 0);
    assert_true(snprintf(path, sizeof path, "%s/%s-%zu.txt", ATTUNE_GOLDEN_HELP, name,
                         columns) < (int)sizeof path);
    if (getenv("ATTUNE_GOLDEN_UPDATE") != NULL) {
        FILE *file = fopen(path, "w");
        assert_non_null(file);
        assert_int_equal(fwrite(made->data, 1, made->size, file), made->size);
        assert_int_equal(fclose(file), 0);
        return;
    }
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    uint8_t *at = buf_reserve(&stored, 65536);
    buf_advance(&stored, fread(at, 1, 65536, file));
    assert_int_equal(fclose(file), 0);
    struct buf copy;
    buf_init(&copy, 0);
    buf_put_span(&copy, buf_span(made));
    assert_string_equal(buf_text(&copy), buf_text(&stored));
    buf_free(&copy);
    buf_free(&stored);
}

/* No line wider than the terminal, none with spaces at its end. */
static void
assert_fits(struct buf *made, size_t columns)
{
    const char *at = buf_text(made);
    while (*at != '\0') {
        size_t size = strcspn(at, "\n");
        if (text_width(span_of(at, size)) > columns) {
            fail_msg("wider than %zu: %.*s", columns, (int)size, at);
        }
        if (size > 0 && at[size - 1] == ' ') {
            fail_msg("ends in a space: %.*s", (int)size, at);
        }
        at += size + (at[size] == '\n' ? 1 : 0);
    }
}

static void
page_is_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        struct buf out;
        buf_init(&out, 0);
        help_page(&out, widths[i]);
        assert_int_equal(buf_done(&out), 0);
        assert_fits(&out, widths[i]);
        golden("page", widths[i], &out);
        buf_free(&out);
    }
}

static void
topics_are_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++) {
        for (size_t t = 0; t < help_topics_count(); t++) {
            struct buf out;
            buf_init(&out, 0);
            help_topics_at(t)->show(&out, widths[i]);
            assert_int_equal(buf_done(&out), 0);
            assert_fits(&out, widths[i]);
            golden(help_topics_at(t)->name, widths[i], &out);
            buf_free(&out);
        }
    }
}

/* The first word of every line that is indented by two. */
static void
every_verb_shown_exists(void **state)
{
    (void)state;
    struct buf out;
    size_t shown = 0;
    buf_init(&out, 0);
    help_page(&out, 80);
    for (const char *at = buf_text(&out); *at != '\0';) {
        size_t size = strcspn(at, "\n");
        if (size > 2 && strncmp(at, "  ", 2) == 0 && at[2] != ' ') {
            char name[40] = {0};
            struct command command;
            size_t chars = strcspn(at + 2, " \n");
            assert_true(chars < sizeof name);
            memcpy(name, at + 2, chars);
            if (!commands_find(name, &command)) {
                fail_msg("shown, but no verb: %s", name);
            }
            shown++;
        }
        at += size + (at[size] == '\n' ? 1 : 0);
    }
    size_t verbs = 0; /* an inner act is reached from another verb */
    for (size_t i = 0; i < commands_count(); i++) {
        verbs += !commands_at(i).inner;
    }
    assert_int_equal(shown, verbs + help_topics_count());
    buf_free(&out);
}

static void
every_verb_is_shown(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, 0);
    help_page(&out, 80);
    const char *page = buf_text(&out);
    for (size_t i = 0; i < commands_count(); i++) {
        char line[60];
        (void)snprintf(line, sizeof line, "\n  %s ", commands_at(i).name);
        bool shown = strstr(page, line) != NULL;
        if (shown == commands_at(i).inner) {
            fail_msg("%s: %s", shown ? "shown" : "not shown", commands_at(i).name);
        }
    }
    buf_free(&out);
}

static bool
has_word(const char *page, const char *name)
{
    size_t size = strlen(name);
    for (const char *at = page; (at = strstr(at, name)) != NULL; at += size) {
        if ((at == page || strchr(" ", at[-1]) != NULL) &&
            strchr(" ,\n", at[size]) != NULL) {
            return true;
        }
    }
    return false;
}

/* Every kind that is a verb has its habit there; every word of a list is a verb. */
static void
habits_name_verbs(void **state)
{
    (void)state;
    struct buf out;
    size_t lists = 0;
    buf_init(&out, 0);
    help_habits(&out, 80);
    const char *page = buf_text(&out);
    for (size_t i = 0; i < kind_count(); i++) {
        assert_int_equal(has_word(page, kind_at(i)->name), !kind_at(i)->hidden);
    }
    for (const char *at = page; (at = strstr(at, "\n    ")) != NULL; lists++) {
        at += 5;
        while (*at != '\n') {
            char name[40] = {0};
            struct command command;
            size_t size = strcspn(at, ",\n");
            assert_true(size > 0 && size < sizeof name);
            memcpy(name, at, size);
            if (!commands_find(name, &command)) {
                fail_msg("among the habits, but no verb: %s", name);
            }
            at += size + (at[size] == ',' ? 2 : 0);
        }
    }
    assert_int_equal(lists, HABIT_TRUST + 1);
    buf_free(&out);
}

/* Each verb's own page begins with an example of itself and fits. */
static void
verbs_explain_themselves(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        struct buf out;
        char first[60];
        buf_init(&out, 0);
        help_verb(&out, 80, &command);
        assert_int_equal(buf_done(&out), 0);
        (void)snprintf(first, sizeof first, "  attune %s", command.name);
        assert_int_equal(strncmp(buf_text(&out), first, strlen(first)), 0);
        assert_non_null(strstr(buf_text(&out), command.help));
        assert_fits(&out, 80);
        buf_free(&out);
    }
}

/* Exit statuses of the error table are those that help explains. */
static void
match_exit(void *context, int error)
{
    (void)context;
    assert_non_null(help_topics_exit((size_t)error_exit(error)));
}

static void
exits_are_explained(void **state)
{
    (void)state;
    error_each(match_exit, NULL);
    assert_null(help_topics_exit(EXIT_VERSION + 1));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(page_is_golden),
        cmocka_unit_test(topics_are_golden),
        cmocka_unit_test(every_verb_shown_exists),
        cmocka_unit_test(every_verb_is_shown),
        cmocka_unit_test(habits_name_verbs),
        cmocka_unit_test(verbs_explain_themselves),
        cmocka_unit_test(exits_are_explained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
