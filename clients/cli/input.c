/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/input.h"

#include "common/error.h"

#include <errno.h>
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

/* Reads bytes up to a newline, which it takes and drops. */
static int
read_line(int fd, size_t bytes_max, struct buf *out)
{
    size_t before = out->size;
    for (;;) {
        uint8_t byte;
        ssize_t got = read(fd, &byte, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return E_IO;
        }
        if (got == 0) {
            return out->size > before ? buf_done(out) : E_EMPTY;
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

int
input_line(const char *prompt, struct buf *out)
{
    show_prompt(prompt);
    size_t before = out->size;
    int rc = read_line(STDIN_FILENO, INPUT_LINE_BYTES_MAX, out);
    if (rc == E_EMPTY) {
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
    (void)raise(number); /* SA_RESETHAND: this time it ends us */
}

int
input_hidden(const char *prompt, struct buf *out)
{
    struct termios quiet;
    if (tcgetattr(STDIN_FILENO, &terminal_before) != 0) {
        return E_IO;
    }
    quiet = terminal_before;
    quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
    struct sigaction before[ENDING_COUNT];
    struct sigaction ours = {0};
    ours.sa_handler = on_ending;
    ours.sa_flags = (int)SA_RESETHAND;
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        (void)sigaction(ending_signals[i], &ours, &before[i]);
    }
    /* The echo goes off before the prompt, so that typing ahead stays unseen too. */
    int rc = tcsetattr(STDIN_FILENO, TCSADRAIN, &quiet) == 0 ? 0 : E_IO;
    if (rc == 0) {
        show_prompt(prompt);
        rc = read_line(STDIN_FILENO, INPUT_LINE_BYTES_MAX, out);
        /* Always eight dots: how many were typed is nobody's business. */
        input_show(rc == 0 ? "········\n" : "\n");
    }
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &terminal_before);
    for (size_t i = 0; i < ENDING_COUNT; i++) {
        (void)sigaction(ending_signals[i], &before[i], NULL);
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
