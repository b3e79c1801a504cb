/* SPDX-License-Identifier: GPL-3.0-or-later */
/* See demo_process.h. */
#include "clients/cli/demo_process.h"

#include "clients/lib/clock.h"
#include "clients/lib/start.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CLOCK_FD 3
#define FREE_FD 10   /* descriptors are lifted above those that are fixed */
#define STOP_MS 5000 /* for a clean end */
#define STEP_MS 2
#define STEP_NS (STEP_MS * 1000L * 1000L)
#define SAID_BYTES 4096u /* of what attuned said last */
#define SAID_COLUMNS 200u
#define END_ROUNDS 1000 /* looks for children that are left, STEP_MS apart */

static const char said_file[] = "/attuned.err";

/* -- signals -- */

int
demo_process_signals(int *out)
{
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    sigaddset(&stop, SIGQUIT);
    if (sigprocmask(SIG_BLOCK, &stop, NULL) != 0 ||
        signal(SIGPIPE, SIG_IGN) == SIG_ERR ||
        prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0) {
        return E_IO;
    }
    int fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
    if (fd < 0) {
        return E_IO;
    }
    *out = fd;
    return 0;
}

int
demo_process_pause(int signals, int wait_ms)
{
    struct pollfd wait = {signals, POLLIN, 0};
    int got = poll(&wait, 1, wait_ms);
    if (got < 0 && errno != EINTR) {
        return E_IO;
    }
    return got > 0 ? E_STOPPED : 0;
}

/* -- starting -- */

static int
open_said(const struct demo_home *home)
{
    char path[PATHS_BYTES_MAX + sizeof said_file];
    (void)snprintf(path, sizeof path, "%s%s", home->dir, said_file);
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

/* In the child. The desktop of whoever watches is not the demo's to write to. */
static _Noreturn void
become_daemon(const struct demo_home *home, const char *beside, pid_t parent, int clock,
              int said)
{
    static const char *const unset[] = {"DBUS_SESSION_BUS_ADDRESS", "NOTIFY_SOCKET",
                                        "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"};
    char name[] = "attuned", foreground[] = "--foreground";
    char option[] = "--clock-fd", number[] = "3";
    char *const argv[] = {name, foreground, clock >= 0 ? option : NULL, number, NULL};
    sigset_t none;
    sigemptyset(&none);
    for (size_t i = 0; i < sizeof unset / sizeof unset[0]; i++) {
        unsetenv(unset[i]);
    }
    int null = open("/dev/null", O_RDWR);
    if (prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0) != 0 || getppid() != parent ||
        setpgid(0, 0) != 0 || demo_home_environment(home) != 0 || chdir("/") != 0 ||
        null < 0 || dup2(null, 0) < 0 || dup2(null, 1) < 0 || dup2(said, 2) < 0 ||
        (clock >= 0 && dup2(clock, CLOCK_FD) < 0) ||
        syscall(SYS_close_range, clock >= 0 ? CLOCK_FD + 1 : CLOCK_FD, ~0u, 0) != 0 ||
        signal(SIGPIPE, SIG_DFL) == SIG_ERR ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        _exit(EXIT_RESOURCE);
    }
    if (beside != NULL) {
        execv(beside, argv);
    } else {
        execvp(name, argv);
    }
    dprintf(2, "%s\n", error_text(E_DAEMON));
    _exit(EXIT_DAEMON);
}

static int
write_time(int fd, int64_t now_s)
{
    struct buf line;
    buf_init(&line, 0);
    when_rfc3339(&line, now_s);
    buf_put_u8(&line, '\n');
    int rc = buf_done(&line);
    if (rc == 0 && write(fd, line.data, line.size) != (ssize_t)line.size) {
        rc = E_IO;
    }
    buf_free(&line);
    return rc;
}

int
demo_process_clock(struct demo_home *home, int64_t now_s)
{
    int rc = home->clock >= 0 ? write_time(home->clock, now_s) : E_DAEMON;
    return rc == E_IO ? E_DAEMON : rc; /* nobody reads there any more */
}

/* A pipe whose first line waits there already when attuned starts. */
static int
open_clock(int64_t now_s, int *read_end, int *write_end)
{
    int ends[2] = {-1, -1};
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return E_IO;
    }
    int lifted = fcntl(ends[0], F_DUPFD_CLOEXEC, FREE_FD);
    int rc = lifted < 0 ? E_IO : write_time(ends[1], now_s);
    close(ends[0]);
    if (rc != 0) {
        close(ends[1]);
        if (lifted >= 0) {
            close(lifted);
        }
        return rc;
    }
    *read_end = lifted;
    *write_end = ends[1];
    return 0;
}

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static bool
still_runs(struct demo_home *home)
{
    if (waitpid(home->pid, NULL, WNOHANG) == 0) {
        return true;
    }
    home->pid = 0;
    return false;
}

static int
connect_soon(struct demo_home *home)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    int rc = demo_home_connect(home);
    while (rc == E_DAEMON && clock_ms() < deadline_ms && still_runs(home)) {
        int stopped = demo_process_pause(home->signals, STEP_MS);
        rc = stopped != 0 ? stopped : demo_home_connect(home);
    }
    return rc;
}

int
demo_process_start(struct demo_home *home, int64_t now_s)
{
    char path[PATHS_BYTES_MAX];
    const char *beside = start_find(path, sizeof path) ? path : NULL;
    int clock = -1;
    int low = open_said(home);
    int said = low >= 0 ? fcntl(low, F_DUPFD_CLOEXEC, FREE_FD) : -1;
    close_fd(&low);
    int rc = said >= 0 ? 0 : E_IO;
    if (rc == 0 && now_s != 0) {
        rc = open_clock(now_s, &clock, &home->clock);
    }
    if (rc != 0) {
        goto out;
    }
    pid_t parent = getpid();
    pid_t pid = fork();
    if (pid == 0) {
        become_daemon(home, beside, parent, clock, said);
    }
    if (pid < 0) {
        rc = E_MEMORY;
        goto out;
    }
    home->pid = pid;
    rc = connect_soon(home);
out:
    close_fd(&clock);
    close_fd(&said);
    return rc;
}

/* -- ending -- */

static void
forget(struct demo_home *home)
{
    demo_home_disconnect(home);
    close_fd(&home->clock);
    home->pid = 0;
}

void
demo_process_kill(struct demo_home *home)
{
    if (home->pid > 0) {
        kill(home->pid, SIGKILL);
        while (waitpid(home->pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    forget(home);
}

static void
nap(void)
{
    const struct timespec step = {0, STEP_NS};
    (void)nanosleep(&step, NULL);
}

int
demo_process_stop(struct demo_home *home)
{
    int64_t deadline_ms = clock_ms() + STOP_MS;
    if (home->pid <= 0) {
        return E_DAEMON;
    }
    demo_home_disconnect(home);
    kill(home->pid, SIGTERM);
    while (clock_ms() < deadline_ms) {
        int status = 0;
        pid_t got = waitpid(home->pid, &status, WNOHANG);
        if (got == home->pid) {
            forget(home);
            return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : E_DAEMON;
        }
        nap();
    }
    demo_process_kill(home);
    return E_DAEMON;
}

/* Kills the children that are left; false when the list of them can't be read. */
static bool
kill_children(void)
{
    char text[512] = {0};
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t size = fd >= 0 ? read(fd, text, sizeof text - 1) : -1;
    close_fd(&fd);
    char *at = text;
    while (size > 0 && *at != '\0') {
        char *end = at;
        intmax_t pid = strtoimax(at, &end, 10);
        if (end == at || pid <= 1) {
            break;
        }
        kill((pid_t)pid, SIGKILL);
        at = end + strspn(end, " \n");
    }
    return size >= 0;
}

void
demo_process_end_all(void)
{
    for (int i = 0; i < END_ROUNDS; i++) {
        pid_t got = waitpid(-1, NULL, WNOHANG);
        if (got < 0 && errno == ECHILD) {
            return;
        }
        if (got > 0) {
            continue;
        }
        if (!kill_children()) {
            return; /* they die with their parents all the same */
        }
        nap();
    }
}

/* -- what it said -- */

void
demo_process_said(const struct demo_home *home, struct buf *out)
{
    char text[SAID_BYTES];
    int fd = home->dir[0] != '\0' ? open_said(home) : -1;
    off_t end = fd >= 0 ? lseek(fd, 0, SEEK_END) : 0;
    off_t from = end > (off_t)sizeof text ? end - (off_t)sizeof text : 0;
    ssize_t size = end > 0 ? pread(fd, text, sizeof text, from) : 0;
    close_fd(&fd);
    struct span said = text_trim(span_of(text, size > 0 ? (size_t)size : 0));
    for (size_t i = said.size; i > 0; i--) {
        if (said.data[i - 1] == '\n') {
            said = span_slice(said, i, said.size);
            break;
        }
    }
    text_clip(out, said, SAID_COLUMNS);
}
