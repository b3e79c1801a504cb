/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/lib/start.h"

#include "common/error.h"
#include "common/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    WHY_BYTES = 4096, /* what attuned may say before it listens */
    READY_FD = 3,
    FREE_FD = 10, /* descriptors are lifted above those that are fixed */
};

/*
 * A memory file of fixed size for attuned's standard error. Not a pipe: attuned must
 * not die of SIGPIPE later, nor keep the pipe of whoever runs this client open. Not
 * unbounded: it lives as long as attuned does.
 */
static int
open_why(void)
{
    int fd = memfd_create("attuned", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd >= 0 && (ftruncate(fd, WHY_BYTES) != 0 ||
                    fcntl(fd, F_ADD_SEALS, F_SEAL_GROW | F_SEAL_SHRINK) != 0)) {
        close(fd);
        return -1;
    }
    return fd;
}

struct search {
    const char *text;
    int found;
};

static void
match(void *context, int error)
{
    struct search *search = context;
    if (strstr(search->text, error_text(error)) != NULL) {
        search->found = error;
    }
}

/* The error whose text attuned wrote before it ended, else E_DAEMON. */
static int
read_why(int fd)
{
    char text[WHY_BYTES + 1] = {0};
    struct search search = {text, E_DAEMON};
    ssize_t size = pread(fd, text, WHY_BYTES, 0);
    if (size > 0) {
        error_each(match, &search);
    }
    return search.found;
}

bool
start_beside(const char *name, char *out, size_t size_max)
{
    ssize_t size = readlink("/proc/self/exe", out, size_max);
    if (size <= 0 || (size_t)size >= size_max) {
        return false;
    }
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    if (slash == NULL || (size_t)(slash + 1 - out) + strlen(name) + 1 > size_max) {
        return false;
    }
    memcpy(slash + 1, name, strlen(name) + 1);
    return access(out, X_OK) == 0;
}

bool
start_find(char *out, size_t size_max)
{
    return start_beside("attuned", out, size_max);
}

/* In the grandchild: nobody's child, no terminal, no descriptor but its four. */
static _Noreturn void
become_daemon(const char *beside, int ready, int why)
{
    char background[] = "--background", option[] = "--ready-fd", number[] = "3";
    char name[] = "attuned";
    char *const argv[] = {name, background, option, number, NULL};
    sigset_t none;
    int null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(why, 2) < 0 ||
        dup2(ready, READY_FD) < 0 || close_range(READY_FD + 1, ~0u, 0) != 0) {
        _exit(127);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    umask(077);
    if (chdir("/") != 0) {
        _exit(127);
    }
    /* These are of our own service, should we be one. */
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    unsetenv("NOTIFY_SOCKET");
    if (beside != NULL) {
        execv(beside, argv);
    } else {
        execvp(name, argv);
    }
    dprintf(2, "%s", error_text(E_DAEMON));
    _exit(127);
}

/* Forks twice; the process in the middle ends at once. */
static int
launch(int ready, int why)
{
    char path[PATHS_BYTES_MAX];
    const char *beside = start_find(path, sizeof path) ? path : NULL;
    pid_t middle = fork();
    if (middle < 0) {
        return E_MEMORY;
    }
    if (middle == 0) {
        if (setsid() < 0) {
            _exit(127);
        }
        pid_t last = fork();
        if (last == 0) {
            become_daemon(beside, ready, why);
        }
        _exit(last < 0 ? 127 : 0);
    }
    while (waitpid(middle, NULL, 0) < 0 && errno == EINTR) {
    }
    return 0;
}

/* One byte: it listens. The end: it does not, and `why` may tell the reason. */
static int
wait_ready(int ready, int why)
{
    struct pollfd wait = {ready, POLLIN, 0};
    uint8_t byte = 0;
    int polled = 0;
    do {
        polled = poll(&wait, 1, START_WAIT_MS);
    } while (polled < 0 && errno == EINTR);
    if (polled == 0) {
        return E_DAEMON;
    }
    ssize_t got = 0;
    do {
        got = read(ready, &byte, 1);
    } while (got < 0 && errno == EINTR);
    return got == 1 ? 0 : read_why(why);
}

/* Moves a descriptor above those the daemon gets, so that dup2 overwrites none of ours.
 * */
static int
lift(int fd)
{
    int lifted = fcntl(fd, F_DUPFD_CLOEXEC, FREE_FD);
    close(fd);
    return lifted;
}

int
start_daemon(void)
{
    int rc = E_IO;
    int why = -1;
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        goto out;
    }
    ends[1] = lift(ends[1]);
    why = open_why();
    why = why >= 0 ? lift(why) : why;
    if (why < 0 || ends[1] < 0) {
        goto out;
    }
    rc = launch(ends[1], why);
    close(ends[1]);
    ends[1] = -1;
    if (rc == 0) {
        rc = wait_ready(ends[0], why);
    }
out:
    for (size_t i = 0; i < 2; i++) {
        if (ends[i] >= 0) {
            close(ends[i]);
        }
    }
    if (why >= 0) {
        close(why);
    }
    return rc;
}
