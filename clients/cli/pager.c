/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/pager.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* What a shell exits with when it can't start a command. */
enum { SHELL_CANT_RUN = 126, SHELL_NOT_FOUND = 127 };

/* The command for the shell; NULL: less, started without a shell; "": none. */
static const char *
pager_command(const char *option)
{
    const char *ours = getenv("ATTUNE_PAGER");
    if (ours == NULL && option != NULL && *option != '\0') {
        ours = option;
    }
    return ours != NULL ? ours : getenv("PAGER");
}

bool
pager_wanted(struct span text, const struct term *term)
{
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++) {
        lines += text.data[i] == '\n';
    }
    return term->out && term->rows > 0 && lines >= term->rows;
}

/* Waits until a descriptor someone made non-blocking takes more. */
static void
wait_writable(int fd)
{
    struct pollfd wait = {fd, POLLOUT, 0};
    poll(&wait, 1, -1);
}

int
pager_write(int fd, struct span text)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    int rc = 0;
    sigaction(SIGPIPE, &ignore, &before);
    while (text.size > 0 && rc == 0) {
        ssize_t written = write(fd, text.data, text.size);
        if (written >= 0) {
            text = span_slice(text, (size_t)written, text.size);
        } else if (errno == EPIPE) {
            break; /* the reader has seen enough */
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            wait_writable(fd);
        } else if (errno != EINTR) {
            rc = errno == ENOSPC ? E_DISK_FULL : E_IO;
        }
    }
    sigaction(SIGPIPE, &before, NULL);
    return rc;
}

static _Noreturn void
become_pager(const char *command, int input, int started)
{
    if (dup2(input, STDIN_FILENO) < 0) {
        _exit(127);
    }
    setenv("LESSHISTFILE", "-", 1); /* searches are content too */
    setenv("LESSSECURE", "1", 1);
    if (command == NULL) {
        execlp("less", "less", "-FRX", (char *)NULL);
    } else {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    }
    ssize_t told = write(started, "x", 1);
    _exit(told == 1 ? SHELL_NOT_FOUND : SHELL_CANT_RUN);
}

/* Starts the pager; false when that failed. *input is its standard input. */
static bool
launch(const char *command, int *input, pid_t *child)
{
    int text[2] = {-1, -1};
    int started[2] = {-1, -1}; /* closed by exec; a byte tells that exec failed */
    bool launched = false;
    char byte = 0;
    if (pipe2(text, O_CLOEXEC) != 0 || pipe2(started, O_CLOEXEC) != 0) {
        goto out;
    }
    *child = fork();
    if (*child == 0) {
        become_pager(command, text[0], started[1]);
    }
    if (*child < 0) {
        goto out;
    }
    close(started[1]);
    started[1] = -1;
    launched = read(started[0], &byte, 1) == 0;
    if (!launched) {
        waitpid(*child, NULL, 0);
        goto out;
    }
    *input = text[1];
    text[1] = -1; /* transferred */
out:
    for (size_t i = 0; i < 2; i++) {
        if (text[i] >= 0) {
            close(text[i]);
        }
        if (started[i] >= 0) {
            close(started[i]);
        }
    }
    return launched;
}

int
pager_show(struct span text, const struct term *term, const char *option)
{
    const char *command = pager_command(option);
    bool none = command != NULL && (*command == '\0' || strcmp(command, "cat") == 0);
    int input = -1;
    pid_t child = -1;
    if (none || !pager_wanted(text, term) || !launch(command, &input, &child)) {
        return pager_write(STDOUT_FILENO, text);
    }
    /* ^C is the pager's while it runs. */
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGINT, &ignore, &before);
    int rc = pager_write(input, text);
    close(input);
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigaction(SIGINT, &before, NULL);
    if (WIFEXITED(status) && (WEXITSTATUS(status) == SHELL_CANT_RUN ||
                              WEXITSTATUS(status) == SHELL_NOT_FOUND)) {
        return pager_write(STDOUT_FILENO, text); /* the shell ran, the pager did not */
    }
    return rc;
}
