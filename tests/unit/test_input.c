/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prompts in a pseudo-terminal: one key without Enter, the terminal put back, and a signal
 * that is an answer while something typed is not saved yet.
 */
#include "clients/cli/input.h"

#include "common/error.h"

#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

enum { SEEN_BYTES = 4096, WELL = 7, MODES_DIFFER = 8 };

struct tty {
    int fd;
    pid_t pid;
    char seen[SEEN_BYTES];
    size_t size;
};

/* Runs `child` in a terminal of its own; what it returns is its exit status. */
static void
begin(struct tty *tty, int (*child)(void))
{
    *tty = (struct tty){.fd = -1};
    tty->pid = forkpty(&tty->fd, NULL, NULL, NULL);
    assert_true(tty->pid >= 0);
    if (tty->pid == 0) {
        (void)alarm(20);
        _exit(child());
    }
}

static void
expect(struct tty *tty, const char *text)
{
    while (strstr(tty->seen, text) == NULL) {
        ssize_t got = read(tty->fd, tty->seen + tty->size, SEEN_BYTES - 1 - tty->size);
        if (got <= 0) {
            fail_msg("no \"%s\" in: %s", text, tty->seen);
        }
        tty->size += (size_t)got;
    }
}

static void
type(struct tty *tty, const char *text)
{
    assert_int_equal(write(tty->fd, text, strlen(text)), strlen(text));
}

static int
end(struct tty *tty)
{
    int status = 0;
    char rest[256];
    while (read(tty->fd, rest, sizeof rest) > 0) {
    }
    assert_int_equal(waitpid(tty->pid, &status, 0), tty->pid);
    (void)close(tty->fd);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int
ask_key(void)
{
    struct termios before;
    struct termios after;
    uint8_t key = 0;
    (void)tcgetattr(STDIN_FILENO, &before);
    int rc = input_key("ready", &key);
    (void)tcgetattr(STDIN_FILENO, &after);
    if (before.c_lflag != after.c_lflag) {
        return MODES_DIFFER;
    }
    return rc == 0 ? key : -rc;
}

static void
a_key_needs_no_enter(void **state)
{
    (void)state;
    struct tty tty;
    begin(&tty, ask_key);
    expect(&tty, "ready");
    type(&tty, "w");
    assert_int_equal(end(&tty), 'w');
    begin(&tty, ask_key);
    expect(&tty, "ready");
    type(&tty, "\n");
    assert_int_equal(end(&tty), '\n');
    begin(&tty, ask_key);
    expect(&tty, "ready");
    type(&tty, "\x03"); /* and Ctrl-C ends it as ever */
    assert_int_equal(end(&tty), -SIGINT);
}

static int
ask_key_then_line(void)
{
    uint8_t key = 0;
    struct buf line;
    buf_init(&line, 0);
    bool well = input_key("ready", &key) == 0 && input_line("Then", &line) == 0 &&
                strcmp(buf_text(&line), "next") == 0;
    buf_free(&line);
    return well ? WELL : EXIT_FAILURE;
}

/* An arrow is three bytes and no answer; none of them gets into the next line. */
static void
an_arrow_is_one_key(void **state)
{
    (void)state;
    struct tty tty;
    begin(&tty, ask_key_then_line);
    expect(&tty, "ready");
    type(&tty, "\x1b[A");
    expect(&tty, "Then");
    type(&tty, "next\n");
    assert_int_equal(end(&tty), WELL);
}

static int
guarded_line(void)
{
    struct buf line;
    buf_init(&line, 0);
    input_guard(true);
    bool well = input_line("First", &line) == 0 &&
                input_line("Second", &line) == E_STOPPED &&
                strcmp(buf_text(&line), "typed") == 0;
    input_guard(false);
    buf_free(&line);
    return well ? WELL : EXIT_FAILURE;
}

static void
a_guarded_prompt_is_stopped(void **state)
{
    (void)state;
    struct tty tty;
    begin(&tty, guarded_line);
    expect(&tty, "First");
    type(&tty, "typed\n");
    expect(&tty, "Second");
    type(&tty, "half\x03");
    assert_int_equal(end(&tty), WELL);
    begin(&tty, guarded_line);
    expect(&tty, "First");
    type(&tty, "typed\n");
    expect(&tty, "Second");
    assert_int_equal(kill(tty.pid, SIGTERM), 0);
    assert_int_equal(end(&tty), WELL);
}

static int
guarded_then_given_way(void)
{
    struct buf line;
    buf_init(&line, 0);
    input_guard(true);
    int rc = input_line("First", &line);
    buf_free(&line);
    if (rc == E_STOPPED) {
        input_give_way();
    }
    return EXIT_FAILURE;
}

static void
a_signal_gets_its_way(void **state)
{
    (void)state;
    struct tty tty;
    begin(&tty, guarded_then_given_way);
    expect(&tty, "First");
    type(&tty, "\x03");
    assert_int_equal(end(&tty), -SIGINT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_needs_no_enter),
        cmocka_unit_test(an_arrow_is_one_key),
        cmocka_unit_test(a_guarded_prompt_is_stopped),
        cmocka_unit_test(a_signal_gets_its_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
