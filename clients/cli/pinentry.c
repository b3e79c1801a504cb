/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/pinentry.h"

#include "clients/cli/input.h"
#include "clients/cli/pager.h"
#include "common/error.h"
#include "common/limits.h"
#include "common/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of an ERR line, whose number has its source above these bits: libgpg-error. */
enum {
    ERR_CODE_MASK = 0xffff,
    ERR_TIMEOUT = 62,
    ERR_CANCELED = 99,
    ERR_FULLY_CANCELED = 198,
};

enum {
    WAIT_MS = 10000, /* for what no person has to answer; a toolkit may start slowly */
    ASSUAN_BYTES_MAX = 1000, /* with its end, by the Assuan protocol */
    END_MS = 2000, /* for what a toolkit has to put away */
    ANSWER_LINES_MAX = 64, /* the longest passphrase, each byte as three, comes in four */
};

struct pinentry {
    pid_t pid; /* 0: none */
    int to, from;
};

/* -- its lines -- */

static int
hex_digit(uint8_t byte)
{
    if (byte >= '0' && byte <= '9') {
        return byte - '0';
    }
    byte |= 0x20;
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

/* What a D line carries: %25 is a percent sign, and so are others. */
static int
take_data(struct span text, struct buf *out)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '%') {
            int high = i + 2 < text.size ? hex_digit(text.data[i + 1]) : -1;
            int low = i + 2 < text.size ? hex_digit(text.data[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return E_LOCKED;
            }
            byte = (uint8_t)(high << 4 | low);
            i += 2;
        }
        if (out->size == PASSPHRASE_BYTES_MAX) {
            return E_LIMIT;
        }
        buf_put_u8(out, byte);
        bytes_wipe(&byte, 1);
    }
    return buf_done(out);
}

/* The number of `ERR 83886179 Operation cancelled`. */
static int
take_error(struct span text)
{
    unsigned long number = 0;
    for (size_t i = 0; i < text.size && text.data[i] >= '0' && text.data[i] <= '9';
         i++) {
        number = (number * 10 + (text.data[i] - '0')) & UINT32_MAX;
    }
    unsigned long code = number & ERR_CODE_MASK;
    return code == ERR_CANCELED || code == ERR_FULLY_CANCELED || code == ERR_TIMEOUT
               ? E_STOPPED
               : E_LOCKED;
}

static bool
begins(struct span line, const char *word, struct span *rest)
{
    size_t size = strlen(word);
    bool same = span_equal(span_slice(line, 0, size), span_text(word)) &&
                (line.size == size || line.data[size] == ' ');
    *rest = same && line.size > size ? span_slice(line, size + 1, line.size - size - 1)
                                     : SPAN_EMPTY;
    return same;
}

/* One line of an answer; *ended with its last. */
static int
take_line(struct span line, struct buf *data, bool *ended)
{
    struct span rest;
    if (begins(line, "OK", &rest)) {
        *ended = true;
        return 0;
    }
    if (begins(line, "ERR", &rest)) {
        *ended = true;
        return take_error(rest);
    }
    if (begins(line, "D", &rest)) {
        return data != NULL ? take_data(rest, data) : E_LOCKED;
    }
    return begins(line, "S", &rest) || (line.size > 0 && line.data[0] == '#')
               ? 0
               : E_LOCKED;
}

static bool
answers(const struct pinentry *pinentry)
{
    struct pollfd wait = {pinentry->from, POLLIN, 0};
    int polled = 0;
    do {
        polled = poll(&wait, 1, WAIT_MS);
    } while (polled < 0 && errno == EINTR);
    return polled > 0;
}

/* An answer up to its OK. `data` is for what a person says; NULL: none is asked. */
static int
hear(struct pinentry *pinentry, struct buf *data)
{
    struct buf line;
    bool ended = false;
    int rc = 0;
    buf_init(&line, 0);
    for (size_t count = 0; rc == 0 && !ended; count++) {
        bool comes = count < ANSWER_LINES_MAX && (data != NULL || answers(pinentry));
        rc = comes ? 0 : E_LOCKED;
        buf_clear(&line);
        rc =
            rc == 0 ? input_secret(pinentry->from, ASSUAN_BYTES_MAX, &line) : rc;
        rc = rc == 0          ? take_line(buf_span(&line), data, &ended)
             : rc == E_MEMORY ? rc
                              : E_LOCKED;
    }
    buf_free(&line);
    return rc;
}

static int
say(struct pinentry *pinentry, const char *name, const char *value, struct buf *data)
{
    struct buf line;
    buf_init(&line, 0);
    buf_printf(&line, "%s%s\n", name, value);
    int rc = buf_done(&line);
    /* When it is gone, writing tells nothing, but no answer comes. */
    rc = rc == 0 && pager_write(pinentry->to, buf_span(&line)) != 0 ? E_LOCKED : rc;
    buf_free(&line);
    return rc == 0 ? hear(pinentry, data) : rc;
}

/* -- its life -- */

/* Above the three that every program has, of which one may be closed here. */
static int
make_pipe(int ends[static 2])
{
    int made[2];
    if (pipe2(made, O_CLOEXEC) != 0) {
        return E_LOCKED;
    }
    for (size_t i = 0; i < 2; i++) {
        ends[i] = fcntl(made[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(made[i]);
    }
    return ends[0] >= 0 && ends[1] >= 0 ? 0 : E_LOCKED;
}

static int
start(struct pinentry *pinentry, const int to[static 2], const int from[static 2])
{
    char name[] = "pinentry";
    char *argv[] = {name, NULL};
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return E_MEMORY;
    }
    /* What it has to say about its toolkit is for nobody. */
    bool ready =
        posix_spawn_file_actions_adddup2(&actions, to[0], STDIN_FILENO) == 0 &&
        posix_spawn_file_actions_adddup2(&actions, from[1], STDOUT_FILENO) == 0 &&
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY,
                                         0) == 0;
    pid_t pid = 0;
    bool started =
        ready && posix_spawnp(&pid, name, &actions, NULL, argv, environ) == 0;
    (void)posix_spawn_file_actions_destroy(&actions);
    pinentry->pid = started ? pid : 0;
    return started ? 0 : E_LOCKED;
}

/* Where we have a terminal, for those that have no window; who needs none may refuse to
 * hear of it. */
static int
tell_terminal(struct pinentry *pinentry)
{
    char name[PATHS_BYTES_MAX];
    const char *type = getenv("TERM");
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (ttyname_r(fd, name, sizeof name) != 0) {
            continue;
        }
        int rc = say(pinentry, "OPTION ttyname=", name, NULL);
        if (rc == 0 && type != NULL && strpbrk(type, "\r\n") == NULL) {
            rc = say(pinentry, "OPTION ttytype=", type, NULL);
        }
        return rc == E_MEMORY ? rc : 0;
    }
    return 0;
}

/* It greets with an OK. */
static int
greet(struct pinentry *pinentry)
{
    int rc = hear(pinentry, NULL);
    rc = rc == 0 ? tell_terminal(pinentry) : rc;
    rc = rc == 0 ? say(pinentry, "SETTITLE ", "attune", NULL) : rc;
    rc = rc == 0 ? say(pinentry, "SETDESC ", "Passphrase of attune", NULL) : rc;
    rc = rc == 0 ? say(pinentry, "SETPROMPT ", "Passphrase:", NULL) : rc;
    return rc == E_STOPPED ? E_LOCKED : rc; /* nobody was asked yet */
}

int
pinentry_new(struct pinentry **out)
{
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};
    int rc = E_MEMORY;
    struct pinentry *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return rc;
    }
    made->to = made->from = -1;
    rc = make_pipe(to);
    rc = rc == 0 ? make_pipe(from) : rc;
    rc = rc == 0 ? start(made, to, from) : rc;
    made->to = to[1];
    made->from = from[0];
    if (to[0] >= 0) {
        close(to[0]);
    }
    if (from[1] >= 0) {
        close(from[1]);
    }
    rc = rc == 0 ? greet(made) : rc;
    if (rc == 0) {
        *out = made;
        made = NULL; /* transferred */
    }
    pinentry_free(made);
    return rc;
}

/* Whether it ends in time. */
static bool
ends(pid_t pid)
{
    /* By the call itself, as the wrapper is younger than some of our systems' libc. */
    struct pollfd wait = {(int)syscall(SYS_pidfd_open, pid, 0), POLLIN, 0};
    int polled = 0;
    if (wait.fd < 0) {
        return false;
    }
    do {
        polled = poll(&wait, 1, END_MS);
    } while (polled < 0 && errno == EINTR);
    close(wait.fd);
    return polled > 0;
}

void
pinentry_free(struct pinentry *pinentry)
{
    if (pinentry == NULL) {
        return;
    }
    if (pinentry->to >= 0) {
        close(pinentry->to);
    }
    if (pinentry->from >= 0) {
        close(pinentry->from);
    }
    if (pinentry->pid > 0) {
        /* The end of its input ends it; one that doesn't listen is told. */
        (void)kill(pinentry->pid, SIGTERM);
        if (!ends(pinentry->pid)) {
            (void)kill(pinentry->pid, SIGKILL); /* ours until it is waited for */
        }
        while (waitpid(pinentry->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    free(pinentry);
}

int
pinentry_ask(struct pinentry *pinentry, const char *wrong, struct buf *out)
{
    struct buf got;
    buf_init(&got, PASSPHRASE_BYTES_MAX);
    int rc = wrong != NULL ? say(pinentry, "SETERROR ", wrong, NULL) : 0;
    rc = rc == 0 ? say(pinentry, "GETPIN", "", &got) : rc;
    if (rc == 0) {
        buf_put_span(out, buf_span(&got));
        rc = buf_done(out);
    }
    buf_free(&got);
    return rc;
}
