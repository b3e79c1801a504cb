/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The pager and the terminal, on a pseudo-terminal: short output goes straight through,
 * long output through the pager, a pager that is missing, quits early or is "cat" loses
 * nothing.
 */
#include "clients/cli/pager.h"
#include "clients/cli/term.h"
#include "common/options.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_MS = 20000 };

/* Runs `child` with a terminal of that size at standard output; what it wrote, and its
 * exit. */
static int
on_terminal(unsigned short columns, unsigned short rows, int (*child)(void),
            struct buf *out)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    int status = -1;
    assert_true(master >= 0);
    assert_int_equal(grantpt(master), 0);
    assert_int_equal(unlockpt(master), 0);
    int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0);
    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(slave, STDOUT_FILENO);
        _exit(child());
    }
    close(slave);
    for (;;) {
        uint8_t data[4096];
        struct pollfd wait = {master, POLLIN, 0};
        assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
        ssize_t got = read(master, data, sizeof data);
        if (got <= 0) {
            break; /* EIO: the last writer has gone */
        }
        buf_put(out, data, (size_t)got);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(master);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
show(size_t lines, const char *option)
{
    struct term term;
    struct buf text;
    buf_init(&text, 0);
    term_look(COLOR_AUTO, &term);
    for (size_t i = 0; i < lines; i++) {
        buf_printf(&text, "line %zu\n", i);
    }
    int error = pager_show(buf_span(&text), &term, option);
    buf_free(&text);
    return error == 0 ? 0 : 1;
}

static int
show_short(void)
{
    return show(3, "sed s/^/paged:/");
}

static int
show_long(void)
{
    return show(50, "sed s/^/paged:/");
}

static int
show_missing(void)
{
    return show(50, "/nonexistent/pager 2>/dev/null");
}

static int
show_quits(void)
{
    return show(200000, "head -n 1");
}

static int
show_cat(void)
{
    return show(50, "cat");
}

static int
show_history(void)
{
    return show(50,
                "printf '%s %s\\n' \"$LESSHISTFILE\" \"$LESSSECURE\"; cat >/dev/null");
}

static void
expect(int (*child)(void), const char *first, size_t lines)
{
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(on_terminal(80, 10, child, &out), 0);
    const char *text = buf_text(&out);
    size_t count = 0;
    assert_memory_equal(text, first, strlen(first));
    for (size_t i = 0; i < out.size; i++) {
        count += text[i] == '\n';
    }
    assert_int_equal(count, lines);
    buf_free(&out);
}

static void
test_pager(void **state)
{
    (void)state;
    unsetenv("ATTUNE_PAGER");
    unsetenv("PAGER");
    expect(show_short, "line 0\r\n", 3);
    expect(show_long, "paged:line 0\r\n", 50);
    expect(show_missing, "line 0\r\n", 50);
    expect(show_quits, "line 0\r\n", 1);
    expect(show_cat, "line 0\r\n", 50);
    expect(show_history, "- 1\r\n", 1);
    setenv("ATTUNE_PAGER", "sed s/^/ours:/", 1); /* goes before the option */
    expect(show_long, "ours:line 0\r\n", 50);
    setenv("ATTUNE_PAGER", "", 1);
    expect(show_long, "line 0\r\n", 50);
    unsetenv("ATTUNE_PAGER");
}

static int
look(void)
{
    struct term term;
    term_look(COLOR_AUTO, &term);
    (void)dprintf(STDOUT_FILENO, "%d %d %zu %zu\n", term.out, term.colour, term.columns,
                  term.rows);
    return 0;
}

static void
expect_look(unsigned short columns, const char *want)
{
    struct buf out;
    buf_init(&out, 0);
    assert_int_equal(on_terminal(columns, 24, look, &out), 0);
    assert_string_equal(buf_text(&out), want);
    buf_free(&out);
}

static void
test_term(void **state)
{
    (void)state;
    unsetenv("COLUMNS");
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    expect_look(40, "1 1 40 24\r\n");
    expect_look(3, "1 1 20 24\r\n");
    expect_look(0, "1 1 80 24\r\n");
    setenv("COLUMNS", "33", 1);
    expect_look(0, "1 1 33 24\r\n");
    expect_look(40, "1 1 40 24\r\n"); /* a terminal knows better */
    setenv("COLUMNS", "33x", 1);
    expect_look(0, "1 1 80 24\r\n");
    setenv("NO_COLOR", "1", 1);
    expect_look(40, "1 0 40 24\r\n");
    unsetenv("NO_COLOR");
    setenv("TERM", "dumb", 1);
    expect_look(40, "1 0 40 24\r\n");
}

static void
test_no_terminal(void **state)
{
    (void)state;
    struct term term;
    int ends[2];
    int saved = dup(STDOUT_FILENO);
    unsetenv("NO_COLOR");
    setenv("COLUMNS", "44", 1);
    setenv("TERM", "xterm", 1);
    assert_int_equal(pipe(ends), 0);
    assert_true(dup2(ends[1], STDOUT_FILENO) >= 0);
    term_look(COLOR_AUTO, &term);
    struct term always;
    term_look(COLOR_ALWAYS, &always);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    assert_false(term.out);
    assert_false(term.colour);
    assert_true(always.colour);
    assert_int_equal(term.columns, 44);
    assert_false(pager_wanted(span_text("1\n2\n3\n"), &term));
    /* A reader that has gone: no signal, no error. */
    close(ends[0]);
    assert_int_equal(pager_write(ends[1], span_text("text")), 0);
    close(ends[1]);
    assert_int_not_equal(pager_write(ends[1], span_text("text")), 0);
    close(saved);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pager),
        cmocka_unit_test(test_term),
        cmocka_unit_test(test_no_terminal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
