/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/input.h"

#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static const int ending_signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
#define ENDING_COUNT (sizeof ending_signals / sizeof ending_signals[0])

/* The terminal as it was, for the handler; restored before the signal takes its course. */
static struct termios terminal_before;

static const int guarded_signals[] = {SIGINT, SIGTERM, SIGHUP};
#define GUARDED_COUNT (sizeof guarded_signals / sizeof guarded_signals[0])

static bool guarded;
static struct sigaction unguarded[GUARDED_COUNT];
static volatile sig_atomic_t stopped; /* the number of the signal that came, or 0 */

void
input_show(const char *text)
{
    int fd = isatty(STDERR_FILENO) ? STDERR_FILENO : STDOUT_FILENO;
    size_t left = strlen(text);
    while (left > 0) {
        ssize_t wrote = write(fd, text, left);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return; /* a prompt nobody sees; reading will tell */
        }
        text += wrote;
        left -= (size_t)wrote;
    }
}

static void
show_prompt(const char *prompt)
{
    input_show("  ");
    input_show(prompt);
    input_show(prompt[0] != '\0' ? " ▸ " : "▸ ");
}

static void
on_stopping(int number)
{
    stopped = number;
}

/* SA_RESETHAND: a second signal finds nobody home and ends us. */
static void
arm(struct sigaction *before)
{
    struct sigaction ours = {0};
    ours.sa_handler = on_stopping;
    ours.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < GUARDED_COUNT; i++) {
        (void)sigaction(guarded_signals[i], &ours, before != NULL ? &before[i] : NULL);
    }
}

void
input_guard(bool on)
{
    if (on && !guarded) {
        arm(unguarded);
    }
    for (size_t i = 0; !on && guarded && i < GUARDED_COUNT; i++) {
        (void)sigaction(guarded_signals[i], &unguarded[i], NULL);
    }
    guarded = on;
}

void
input_give_way(void)
{
    int number = stopped;
    stopped = 0;
    input_guard(false);
    if (number != 0) {
        (void)raise(number);
    }
}

/* Guarded, a signal must not slip in between looking for it and reading, or the prompt
 * would wait for one more key: it can arrive in ppoll alone. */
static int
wait_guarded(int fd)
{
    sigset_t block;
    sigset_t before;
    struct pollfd wait = {fd, POLLIN, 0};
    int polled = 0;
    (void)sigemptyset(&block);
    for (size_t i = 0; i < GUARDED_COUNT; i++) {
        (void)sigaddset(&block, guarded_signals[i]);
    }
    (void)sigprocmask(SIG_BLOCK, &block, &before);
    while (stopped == 0 && polled == 0) {
        polled = ppoll(&wait, 1, NULL, &before);
        polled = polled < 0 && errno == EINTR ? 0 : polled;
    }
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return stopped != 0 ? E_STOPPED : 0;
}

/* One byte, or the end. 0, E_STOPPED, E_IO. */
static int
read_byte(int fd, uint8_t *out, bool *ended)
{
    for (;;) {
        int rc = guarded ? wait_guarded(fd) : 0;
        if (rc != 0) {
            return rc;
        }
        ssize_t got = read(fd, out, 1);
        if (got >= 0) {
            *ended = got == 0;
            return 0;
        }
        if (errno != EINTR) {
            return E_IO;
        }
    }
}

/* Reads bytes up to a newline, which it takes and drops. */
static int
read_line(int fd, size_t bytes_max, struct buf *out)
{
    size_t before = out->size;
    for (;;) {
        uint8_t byte = 0;
        bool ended = false;
        int rc = read_byte(fd, &byte, &ended);
        if (rc != 0) {
            return rc;
        }
        if (ended && out->size > before) {
            /* Ctrl-D at a terminal is no Enter; a pipe's last line may lack its newline. */
            return isatty(fd) ? E_STOPPED : buf_done(out);
        }
        if (ended) {
            return E_EMPTY;
        }
        if (byte == '\n') {
            return buf_done(out);
        }
        if (out->size - before >= bytes_max) {
            return E_LIMIT;
        }
        buf_put_u8(out, byte);
        bytes_wipe(&byte, 1);
    }
}

/* An earlier signal, in an editor say, is no answer to this prompt. */
static void
rearm(void)
{
    stopped = 0;
    if (guarded) {
        arm(NULL);
    }
}

int
input_line(const char *prompt, struct buf *out)
{
    rearm();
    show_prompt(prompt);
    size_t before = out->size;
    int rc = read_line(STDIN_FILENO, INPUT_LINE_BYTES_MAX, out);
    if (rc == E_EMPTY || rc == E_STOPPED) {
        input_show("\n"); /* Ctrl-D leaves the cursor after the prompt */
    }
    if (rc == 0 && out->size - before >= INPUT_LINE_BYTES_MAX - 1) {
        return E_LIMIT; /* the terminal dropped what came after */
    }
    return rc;
}

static void
on_ending(int number)
{
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    if (guarded) {
        stopped = number;
        return;
    }
    (void)raise(number); /* SA_RESETHAND: this time it ends us */
}

/* Switches off what `off` names among the local modes of the terminal (terminal_before)
 * until terminal_end, also when a signal ends us meanwhile. Before the prompt, so that
 * typing ahead obeys too. */
static int
terminal_begin(tcflag_t off, struct sigaction before[static ENDING_COUNT])
{
    struct termios changed = terminal_before;
    changed.c_lflag &= ~off;
    changed.c_cc[VMIN] = 1;
    changed.c_cc[VTIME] = 0;
    stopped = 0;
    struct sigaction ours = {0};
    ours.sa_handler = on_ending;
    ours.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        (void)sigaction(ending_signals[i], &ours, &before[i]);
    }
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &changed) == 0 ? 0 : E_IO;
}

static void
terminal_end(int how, const struct sigaction before[static ENDING_COUNT])
{
    (void)tcsetattr(STDIN_FILENO, how, &terminal_before);
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        (void)sigaction(ending_signals[i], &before[i], NULL);
    }
}

int
input_hidden(const char *prompt, struct buf *out)
{
    struct sigaction before[ENDING_COUNT];
    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0) {
        return E_IO;
    }
    int rc = terminal_begin((tcflag_t)(ECHO | ECHONL), before);
    if (rc == 0) {
        show_prompt(prompt);
        rc = read_line(STDIN_FILENO, INPUT_LINE_BYTES_MAX, out);
        /* Always eight dots: how many were typed is nobody's business. */
        input_show(rc == 0 ? "········\n" : "\n");
    }
    terminal_end(TCSANOW, before);
    return rc;
}

int
input_key(const char *prompt, uint8_t *out)
{
    struct sigaction before[ENDING_COUNT];
    uint8_t key = 0;
    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0) {
        return E_IO;
    }
    int rc = terminal_begin((tcflag_t)(ICANON | ECHO | ECHONL), before);
    if (rc == 0) {
        bool ended = false;
        show_prompt(prompt);
        rc = read_byte(STDIN_FILENO, &key, &ended);
        rc = rc == 0 && ended ? E_EMPTY : rc;
    }
    /* Escape and what is not ASCII send more bytes, which are no further keys. */
    bool sequence = rc == 0 && (key == 0x1b || key >= 0x80);
    terminal_end(sequence ? TCSAFLUSH : TCSANOW, before);
    if (rc == 0) {
        *out = key;
    }
    return rc;
}

int
input_secret(int fd, size_t bytes_max, struct buf *out)
{
    size_t before = out->size;
    int rc = read_line(fd, bytes_max, out);
    /* A file from Windows, or a here-document with one: the carriage return is no part. */
    if (rc == 0 && out->size > before && out->data[out->size - 1] == '\r') {
        out->size--;
    }
    if (rc == 0 && out->size == before) {
        return E_EMPTY;
    }
    return rc;
}

int
input_all(int fd, size_t bytes_max, struct buf *out)
{
    size_t before = out->size;
    for (;;) {
        uint8_t block[4096];
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            bytes_wipe(block, sizeof block);
            return got < 0 ? E_IO : buf_done(out);
        }
        size_t room = bytes_max - (out->size - before);
        size_t take = (size_t)got < room ? (size_t)got : room;
        buf_put(out, block, take);
        bytes_wipe(block, sizeof block);
        if (take < (size_t)got) {
            return E_LIMIT;
        }
        if (buf_done(out) != 0) {
            return buf_done(out);
        }
    }
}

int
input_command(const char *command, size_t bytes_max, struct buf *out)
{
    /* Only its descriptor is read: the stream's own buffer never sees the secret. */
    FILE *stream = popen(command, "re");
    if (stream == NULL) {
        return E_IO;
    }
    int rc = input_secret(fileno(stream), bytes_max, out);
    int status = pclose(stream);
    if (rc == 0 && !(WIFEXITED(status) && WEXITSTATUS(status) == 0)) {
        /* SIGPIPE is fine: it wanted to print more than the line we took. */
        rc = WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE ? 0 : E_IO;
    }
    return rc;
}
