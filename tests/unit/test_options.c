/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options: rows, parsing, rewriting one line and nothing else; addresses on the way. */
#include "common/address.h"
#include "common/error.h"
#include "common/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void
expect_option(const struct options *options, const char *name, const char *expected)
{
    struct buf out = {0};
    assert_int_equal(options_get(options, name, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
rows_are_complete(void **state)
{
    (void)state;
    struct options options;
    options_defaults(&options);
    assert_null(options_row(options_count()));
    assert_null(options_find("no.such"));
    for (size_t i = 0; i < options_count(); i++) {
        const struct option *row = options_row(i);
        assert_ptr_equal(options_find(row->name), row);
        assert_true(strlen(row->help) > 10);
        assert_int_equal(row->type == OPTION_CHOICE, row->choices != NULL);
        expect_option(&options, row->name, row->fallback);
    }
    assert_string_equal(options.link_listen, "tcp://*:7400");
    assert_int_equal(options.closed_after_s, 900);
    assert_int_equal(options.hold_s, 10);
    /* The enums follow the order of the rows' choices. */
    assert_string_equal(options_find("notice.content")->choices, "none|kind|text");
    assert_int_equal(NOTICE_NONE, 0);
    assert_int_equal(NOTICE_TEXT, 2);
    assert_string_equal(options_find("color")->choices, "auto|always|never");
    assert_int_equal(COLOR_NEVER, 2);
}

static void
parses_a_file(void **state)
{
    (void)state;
    static const char file[] =
        "# mine\n"
        "\n"
        "hold=1m\n"
        "  color =  never  \n"
        "hold = 20s\r\n"
        "future.option = anything at all\n"
        "editor = \"a \\\"b\\\" \\\\c \"\n"
        "link.addresses = tcp://10.0.0.1:7400, tcp://ana.local:1\n"
        "notice.quiet = 10pm - 8:00\n"
        "notice.question = off\n"
        "notice.talk = Friday 20:30\n"
        "pager =";
    struct options options;
    size_t line = 0;
    assert_int_equal(options_parse(span_text(file), &options, &line), 0);
    assert_int_equal(options.hold_s, 20);
    assert_int_equal(options.color, COLOR_NEVER);
    assert_string_equal(options.editor, "a \"b\" \\c ");
    assert_string_equal(options.pager, "");
    assert_int_equal(options.notice_quiet.from_min, 22 * 60);
    assert_int_equal(options.notice_quiet.until_min, 8 * 60);
    assert_int_equal(options.notice_question_min, -1);
    assert_int_equal(options.notice_talk_min, (4 * 24 + 20) * 60 + 30);
    expect_option(&options, "notice.quiet", "22:00-08:00");
    expect_option(&options, "notice.talk", "fri 20:30");
    assert_string_equal(options.link_addresses,
                        "tcp://10.0.0.1:7400, tcp://ana.local:1");
    assert_int_equal(options_parse(SPAN_EMPTY, &options, &line), 0);
    assert_int_equal(options.hold_s, 10);
}

static void
bad_lines_are_named(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "hold",
        "= x",
        "hold = soon",
        "hold = -1s",
        "color = blue",
        "notice.quiet = 22:00",
        "notice.quiet = 22:00-25:00",
        "notice.quiet = 22:00-22:00",
        "notice.question = 24:30",
        "notice.talk = 18:00",
        "notice.talk = sun",
        "notice.talk = weekdays 18:00",
        "color =",
        "color = auto|",
        "link.listen = *:7400",
        "link.listen = tcp://*:0",
        "link.listen = tcp://*:70000",
        "link.addresses = tcp://*:7400",
        "link.addresses = tcp://a:1,",
        "editor = \"open",
        "editor = \"a\" b",
        "editor = \"\\n\"",
        "editor = a\xff",
        "editor = a\x01z",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf file = {0};
        struct options options = {.hold_s = 77};
        size_t line = 0;
        buf_printf(&file, "# one\n\n%s\ncolor = auto\n", bad[i]);
        if (options_parse(buf_span(&file), &options, &line) != E_OPTION) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_int_equal(line, 3);
        assert_int_equal(options.hold_s, 77); /* untouched */
        buf_free(&file);
    }
}

static void
expect_edit(const char *file, const char *name, const char *value, const char *expected)
{
    struct buf out = {0};
    assert_int_equal(options_edit(span_text(file), name, value, &out), 0);
    assert_string_equal(buf_text(&out), expected);
    buf_free(&out);
}

static void
edits_one_line(void **state)
{
    (void)state;
    struct buf out = {0};
    expect_edit("", "hold", "1m", "hold = 1m\n");
    expect_edit("# c\nhold=2s\n\nx = y\n", "hold", "1m", "# c\nhold = 1m\n\nx = y\n");
    expect_edit("hold=2s\nx = y\nhold=3s", "hold", "1m", "hold = 1m\nx = y\n");
    expect_edit("x = y", "hold", "1m", "x = y\nhold = 1m\n");
    expect_edit("hold = 2s\nx = y\n", "hold", NULL, "x = y\n");
    expect_edit("not a line\n", "hold", "0", "not a line\nhold = 0\n");
    expect_edit("", "editor", " vi \"x\"", "editor = \" vi \\\"x\\\"\"\n");
    expect_edit("", "editor", "", "editor = \"\"\n");
    expect_edit("", "editor", "vi # \\", "editor = vi # \\\n");
    assert_int_equal(options_edit(SPAN_EMPTY, "hold", "soon", &out), E_OPTION);
    assert_int_equal(options_edit(SPAN_EMPTY, "no.such", "1", &out), E_OPTION);
    assert_int_equal(options_edit(SPAN_EMPTY, "no.such", NULL, &out), E_OPTION);
    assert_int_equal(options_edit(SPAN_EMPTY, "editor", "a\nhold = 0", &out), E_OPTION);
    assert_int_equal(out.size, 0);
    buf_free(&out);
}

static void
files_are_replaced_whole(void **state)
{
    (void)state;
    char root[] = "/tmp/attune-test-XXXXXX";
    char path[128];
    char folder[128];
    char link[128];
    struct options options;
    struct stat status;
    size_t line = 9;
    assert_non_null(mkdtemp(root));
    snprintf(folder, sizeof folder, "%s/attune", root);
    snprintf(path, sizeof path, "%s/attune/config", root);
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(options_load(path, &options, &line), 0); /* missing: defaults */
    assert_int_equal(options.hold_s, 10);
    assert_int_equal(options_set(path, "hold", "30s"), 0);
    assert_int_equal(options_set(path, "link.listen", "tcp://127.0.0.1:7401"), 0);
    assert_int_equal(symlink(path, link), 0);
    assert_int_equal(options_set(link, "color", "never"), 0);
    assert_int_equal(lstat(link, &status), 0);
    assert_true(S_ISLNK(status.st_mode));
    assert_int_equal(options_set(path, "hold", "soon"), E_OPTION);
    assert_int_equal(options_load(path, &options, &line), 0);
    assert_int_equal(options.hold_s, 30);
    assert_int_equal(options.color, COLOR_NEVER);
    assert_string_equal(options.link_listen, "tcp://127.0.0.1:7401");
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(truncate(path, OPTIONS_FILE_BYTES_MAX + 1), 0);
    assert_int_equal(options_load(path, &options, &line), E_OPTION);
    assert_int_equal(line, 0);
    assert_int_equal(truncate(path, 10000000), 0);
    assert_int_equal(options_load(path, &options, &line), E_OPTION);
    assert_int_equal(options_set(path, "hold", "1s"), E_OPTION);
    assert_true(options_load(folder, &options, &line) != 0); /* a folder is no file */
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0); /* no file was left beside */
    assert_int_equal(unlink(link), 0);
    assert_int_equal(rmdir(root), 0);
}

static void
addresses_are_made_whole(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"192.168.1.20", "tcp://192.168.1.20:7400"},
        {"ben.local:7401", "tcp://ben.local:7401"},
        {"tcp://127.0.0.1:7401", "tcp://127.0.0.1:7401"},
        {"[::1]", "tcp://[::1]:7400"},
        {"[fe80::1%wlan0]:9", "tcp://[fe80::1%wlan0]:9"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = {0};
        assert_int_equal(address_normalise(span_text(rows[i][0]), &out), 0);
        assert_string_equal(buf_text(&out), rows[i][1]);
        assert_int_equal(address_check(buf_span(&out), false), 0);
        buf_free(&out);
    }
    static const char *const bad[] = {
        "",     "*",      "::1",      "a:",  "a:b",           "a:65536",
        "[::1", "[]",     "[::1]x",   "a b", "udp://a:1",     "-a",
        "a:0",  "tcp://", "a:123456", "a/b", "\xc3\xa9.local"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out = {0};
        if (address_normalise(span_text(bad[i]), &out) != E_OPTION) {
            fail_msg("taken: %s", bad[i]);
        }
        assert_int_equal(out.size, 0);
        buf_free(&out);
    }
    assert_int_equal(address_check(span_text("tcp://*:7400"), true), 0);
    assert_int_equal(address_check(span_text("tcp://*:7400"), false), E_OPTION);
    assert_int_equal(address_check(span_text("tcp://a"), true), E_OPTION);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_complete),
        cmocka_unit_test(parses_a_file),
        cmocka_unit_test(bad_lines_are_named),
        cmocka_unit_test(edits_one_line),
        cmocka_unit_test(files_are_replaced_whole),
        cmocka_unit_test(addresses_are_made_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
