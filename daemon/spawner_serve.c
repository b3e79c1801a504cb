/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spawner's own half: see spawner.h. One thread, one poll, children by pid. */
#include "common/error.h"
#include "daemon/spawner_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LINK_FD = 3 };

struct result {
    int error;
    uint8_t key[KEY_BYTES];
};

struct serve {
    int fd;      /* to attuned */
    int signals; /* SIGCHLD */
    const char *link_path;
    spawner_derive_fn *derive;
    pid_t links[SPAWNER_LINKS_MAX]; /* 0: none */
    pid_t deriver;                  /* 0: none */
    uint32_t derive_id;
    int derive_fd; /* where its result arrives */
    struct spawner_ask ask;
};

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

/* Without attuned there is nobody to serve. */
static void
tell(const struct serve *serve, const struct spawner_tell *tell, int fd)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct spawner_tell packet = *tell;
    struct iovec part = {.iov_base = &packet, .iov_len = sizeof packet};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd >= 0) {
        message.msg_control = control.bytes;
        message.msg_controllen = sizeof control.bytes;
        struct cmsghdr *head = CMSG_FIRSTHDR(&message);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof fd);
        memcpy(CMSG_DATA(head), &fd, sizeof fd);
    }
    ssize_t sent;
    do {
        sent = sendmsg(serve->fd, &message, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    bytes_wipe(&packet, sizeof packet);
    if (sent < 0) {
        _exit(EXIT_RESOURCE);
    }
}

static pid_t *
find_pid(struct serve *serve, pid_t pid)
{
    for (size_t i = 0; i < SPAWNER_LINKS_MAX; i++) {
        if (serve->links[i] == pid) {
            return &serve->links[i];
        }
    }
    return NULL;
}

/* What every child does first. Asked for first, checked after: no moment is left open. */
static void
child_begin(pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0) {
        _exit(EXIT_RESOURCE);
    }
}

/* ---- the link ---- */

static void
child_link(const struct serve *serve, int end, int report)
{
    static char name[] = "attuned-link";
    /* A name server that is silent holds up one address; don't let it take 10 s. */
    static char resolver[] = "RES_OPTIONS=timeout:2 attempts:1";
    char *const arguments[] = {name, NULL};
    char *const environment[] = {resolver, NULL};
    /* Out of the way of LINK_FD first, whatever numbers they have. */
    end = fcntl(end, F_DUPFD_CLOEXEC, LINK_FD + 1);
    report = fcntl(report, F_DUPFD_CLOEXEC, LINK_FD + 1);
    if (end >= 0 && report >= 0 && dup2(end, LINK_FD) == LINK_FD &&
        syscall(SYS_close_range, LINK_FD + 1, ~0u, 4 /* CLOSE_RANGE_CLOEXEC */) == 0) {
        execve(serve->link_path, arguments, environment);
    }
    ssize_t written = write(report, "x", 1);
    _exit(written == 1 ? EXIT_RESOURCE : EXIT_DAEMON);
}

static bool
executed(int report)
{
    char byte;
    ssize_t size;
    do {
        size = read(report, &byte, 1); /* nothing: execve closed the other end */
    } while (size < 0 && errno == EINTR);
    return size == 0;
}

static int
link_start(struct serve *serve, pid_t *pid_out, int *end_out)
{
    int ends[2] = {-1, -1};
    int report[2] = {-1, -1};
    pid_t *place = find_pid(serve, 0);
    pid_t parent = getpid();
    int rc = E_BUSY;
    if (place == NULL) {
        goto out;
    }
    rc = E_IO;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0 ||
        pipe2(report, O_CLOEXEC) != 0) {
        goto out;
    }
    pid_t pid = fork();
    if (pid < 0) {
        rc = E_MEMORY;
        goto out;
    }
    if (pid == 0) {
        child_begin(parent);
        child_link(serve, ends[1], report[1]);
    }
    close_fd(&report[1]);
    if (!executed(report[0])) {
        rc = E_LINK_START; /* it is reaped as a stranger */
        goto out;
    }
    *place = pid;
    *pid_out = pid;
    *end_out = ends[0];
    ends[0] = -1; /* transferred */
    rc = 0;
out:
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    close_fd(&report[0]);
    close_fd(&report[1]);
    return rc;
}

static void
serve_link(struct serve *serve)
{
    struct spawner_tell answer = {.answers = true, .asked = SPAWNER_ASK_LINK};
    int end = -1;
    answer.event.error = link_start(serve, &answer.event.pid, &end);
    tell(serve, &answer, end);
    close_fd(&end);
}

static void
serve_kill(struct serve *serve)
{
    /* Not yet reaped, so the number can't belong to anybody else. */
    if (serve->ask.pid > 0 && find_pid(serve, serve->ask.pid) != NULL) {
        kill(serve->ask.pid, SIGKILL);
    }
}

/* ---- key derivation ---- */

static void
child_derive(const struct serve *serve, int fd)
{
    struct result result = {.error = E_INTERNAL};
    (void)mlock(&serve->ask, sizeof serve->ask); /* a fork doesn't inherit it */
    (void)mlock(&result, sizeof result);
    /* When memory runs out, this is the process that nobody misses. */
    int adjust = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (adjust >= 0) {
        ssize_t ignored = write(adjust, "1000", 4);
        (void)ignored;
        close(adjust);
    }
    struct span passphrase =
        span_of(serve->ask.passphrase, serve->ask.passphrase_bytes);
    result.error = serve->derive(passphrase, serve->ask.salt, serve->ask.ops,
                                 serve->ask.mem_kib, result.key);
    ssize_t written = write(fd, &result, sizeof result);
    bytes_wipe(&result, sizeof result);
    _exit(written == (ssize_t)sizeof result ? EXIT_DONE : EXIT_RESOURCE);
}

static int
derive_start(struct serve *serve)
{
    int ends[2] = {-1, -1};
    pid_t parent = getpid();
    if (serve->deriver != 0) {
        return E_BUSY;
    }
    if (serve->ask.passphrase_bytes > sizeof serve->ask.passphrase) {
        return E_LIMIT;
    }
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return E_IO;
    }
    pid_t pid = fork();
    if (pid == 0) {
        child_begin(parent);
        child_derive(serve, ends[1]);
    }
    close_fd(&ends[1]);
    if (pid < 0) {
        close_fd(&ends[0]);
        return E_MEMORY;
    }
    serve->deriver = pid;
    serve->derive_id = serve->ask.id;
    serve->derive_fd = ends[0];
    return 0;
}

static void
serve_derive(struct serve *serve)
{
    int error = derive_start(serve);
    if (error != 0) {
        struct spawner_tell answer = {
            .event = {.type = SPAWNER_DERIVED, .id = serve->ask.id, .error = error}};
        tell(serve, &answer, -1);
    }
}

static void
derive_ended(struct serve *serve, int status)
{
    struct result result = {0};
    struct spawner_tell answer = {
        .event = {.type = SPAWNER_DERIVED, .id = serve->derive_id}};
    if (read(serve->derive_fd, &result, sizeof result) != (ssize_t)sizeof result) {
        bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
        result.error = killed ? E_MEMORY : E_INTERNAL;
    }
    answer.event.error = result.error;
    if (result.error == 0) {
        memcpy(answer.event.key, result.key, sizeof result.key);
    }
    close_fd(&serve->derive_fd);
    serve->deriver = 0;
    tell(serve, &answer, -1);
    bytes_wipe(&answer, sizeof answer);
    bytes_wipe(&result, sizeof result);
}

/* Killed and reaped, so that nothing it held is anybody's any more. What it may have
 * written already goes with the pipe. */
static void
serve_cancel(struct serve *serve)
{
    struct result result = {0};
    int status = 0;
    if (serve->deriver != 0) {
        kill(serve->deriver, SIGKILL); /* not yet reaped: the number is its own */
        while (waitpid(serve->deriver, &status, 0) < 0 && errno == EINTR) {
        }
        ssize_t ignored = read(serve->derive_fd, &result, sizeof result);
        (void)ignored;
        bytes_wipe(&result, sizeof result);
        close_fd(&serve->derive_fd);
        serve->deriver = 0;
    }
    tell(serve, &(struct spawner_tell){.answers = true, .asked = SPAWNER_ASK_CANCEL}, -1);
}

/* ---- the loop ---- */

static void (*const requests[SPAWNER_ASK_COUNT])(struct serve *) = {
    [SPAWNER_ASK_LINK] = serve_link,
    [SPAWNER_ASK_KILL] = serve_kill,
    [SPAWNER_ASK_DERIVE] = serve_derive,
    [SPAWNER_ASK_CANCEL] = serve_cancel,
};

static void
reap(struct serve *serve)
{
    struct signalfd_siginfo info;
    ssize_t ignored =
        read(serve->signals, &info, sizeof info); /* one stands for many */
    (void)ignored;
    int status = 0;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        pid_t *place = find_pid(serve, pid);
        if (pid == serve->deriver) {
            derive_ended(serve, status);
        } else if (place != NULL) {
            *place = 0;
            tell(serve,
                 &(struct spawner_tell){.event = {.type = SPAWNER_LINK_EXITED,
                                                  .pid = pid,
                                                  .status = status}},
                 -1);
        }
    }
}

static void
answer(struct serve *serve)
{
    ssize_t size = recv(serve->fd, &serve->ask, sizeof serve->ask, 0);
    if (size < 0 && errno == EINTR) {
        return;
    }
    if (size != (ssize_t)sizeof serve->ask || serve->ask.type >= SPAWNER_ASK_COUNT) {
        _exit(
            EXIT_DONE); /* attuned has gone; the children follow by their own signal */
    }
    requests[serve->ask.type](serve);
    bytes_wipe(&serve->ask, sizeof serve->ask);
}

static int
calm_signals(void)
{
    sigset_t child;
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); /* refused for two of them, which have no other */
    }
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_SETMASK, &child, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &child, SFD_CLOEXEC);
}

/* The link inherits stdio: nothing to read, nowhere to write but stderr. */
static bool
quiet_stdio(void)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    bool done = null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
                dup2(null, STDOUT_FILENO) >= 0 &&
                (fcntl(STDERR_FILENO, F_GETFD) >= 0 || dup2(null, STDERR_FILENO) >= 0);
    if (null > STDERR_FILENO) {
        close(null);
    }
    return done;
}

void
spawner_serve(int fd, const char *link_path, spawner_derive_fn *derive)
{
    static struct serve serve;
    serve = (struct serve){.link_path = link_path, .derive = derive, .derive_fd = -1};
    setsid(); /* Ctrl-C is for attuned, which then ends us in order */
    /* Also attuned's end of our own socketpair: held here it would never end. */
    serve.fd = dup3(fd, LINK_FD, O_CLOEXEC);
    if ((serve.fd < 0 && fd != LINK_FD) ||
        syscall(SYS_close_range, LINK_FD + 1, ~0u, 0) != 0) {
        _exit(EXIT_RESOURCE);
    }
    serve.fd = LINK_FD;
    serve.signals = calm_signals();
    if (serve.signals < 0 || !quiet_stdio() ||
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        _exit(EXIT_RESOURCE);
    }
    (void)mlock(&serve, sizeof serve); /* holds a passphrase for a moment */
    for (;;) {
        struct pollfd wait[] = {
            {.fd = serve.fd, .events = POLLIN},
            {.fd = serve.signals, .events = POLLIN},
        };
        if (poll(wait, 2, -1) < 0) {
            continue;
        }
        if (wait[1].revents != 0) {
            reap(&serve);
        }
        if (wait[0].revents != 0) {
            answer(&serve);
        }
    }
}
