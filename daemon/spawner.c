/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attuned's half: see spawner.h. The other half is spawner_serve.c. */
#include "daemon/spawner.h"

#include "common/error.h"
#include "daemon/spawner_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000 };

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

int
spawner_start(const char *link_path, spawner_derive_fn *derive, struct spawner *out)
{
    int ends[2] = {-1, -1};
    int rc = E_IO;
    pid_t parent = getpid();
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        goto out;
    }
    pid_t pid = fork();
    if (pid < 0) {
        rc = E_MEMORY;
        goto out;
    }
    if (pid == 0) {
        /* Asked for first and checked after, so that no moment is left open. */
        if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 || getppid() != parent) {
            _exit(EXIT_RESOURCE);
        }
        spawner_serve(ends[1], link_path, derive);
    }
    *out = (struct spawner){.fd = ends[0], .pid = pid};
    ends[0] = -1; /* transferred */
    rc = 0;
out:
    close_fd(&ends[0]);
    close_fd(&ends[1]);
    return rc;
}

void
spawner_stop(struct spawner *spawner)
{
    if (spawner == NULL || spawner->pid <= 0) {
        return;
    }
    close_fd(&spawner->fd); /* its sign to end */
    while (waitpid(spawner->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    bytes_wipe(spawner, sizeof *spawner);
    spawner->fd = -1;
}

static int
ask(struct spawner *spawner, const struct spawner_ask *ask)
{
    ssize_t sent;
    do {
        sent = send(spawner->fd, ask, sizeof *ask, MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *ask ? 0 : E_IO;
}

static int
take_fd(struct msghdr *message)
{
    int fd = -1;
    struct cmsghdr *part = CMSG_FIRSTHDR(message);
    if (part != NULL && part->cmsg_level == SOL_SOCKET &&
        part->cmsg_type == SCM_RIGHTS && part->cmsg_len == CMSG_LEN(sizeof fd)) {
        memcpy(&fd, CMSG_DATA(part), sizeof fd);
    }
    return fd;
}

/* 1: a packet; 0: none waits; E_IO. `fd` is -1 or what came with it. */
static int
receive(struct spawner *spawner, struct spawner_tell *tell, int *fd)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[CMSG_SPACE(sizeof(int))];
    } control = {0};
    struct iovec part = {tell, sizeof *tell};
    struct msghdr message = {
        .msg_iov = &part,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof control.bytes,
    };
    ssize_t size = recvmsg(spawner->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (size != (ssize_t)sizeof *tell) {
        return E_IO;
    }
    *fd = take_fd(&message);
    return 1;
}

static int
enqueue(struct spawner *spawner, const struct spawner_event *event)
{
    if (spawner->queued == SPAWNER_QUEUE_MAX) {
        return E_IO; /* more than it can owe us */
    }
    spawner->queue[spawner->queued++] = *event;
    return 0;
}

/* Waits for the answer to what was asked; keeps what comes before it. */
static int
await(struct spawner *spawner, enum spawner_ask_type asked, struct spawner_tell *tell,
      int *fd)
{
    for (;;) {
        int rc = receive(spawner, tell, fd);
        if (rc < 0 || (rc == 1 && tell->answers && tell->asked == asked)) {
            return rc < 0 ? rc : 0;
        }
        if (rc == 1 && tell->answers) {
            close_fd(fd); /* it came too late for whoever asked */
        } else if (rc == 1 && (rc = enqueue(spawner, &tell->event)) != 0) {
            return rc;
        }
        struct pollfd wait = {.fd = spawner->fd, .events = POLLIN};
        if (poll(&wait, 1, ANSWER_MS) == 0) {
            return E_IO;
        }
    }
}

int
spawner_link(struct spawner *spawner, int *fd_out, pid_t *pid_out)
{
    struct spawner_tell tell = {0};
    int fd = -1;
    int rc = ask(spawner, &(struct spawner_ask){.type = SPAWNER_ASK_LINK});
    if (rc != 0 || (rc = await(spawner, SPAWNER_ASK_LINK, &tell, &fd)) != 0) {
        goto out;
    }
    rc = tell.event.error;
    if (rc == 0 && (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0)) {
        rc = E_IO;
    }
    if (rc == 0) {
        *fd_out = fd;
        *pid_out = tell.event.pid;
        fd = -1; /* transferred */
    }
out:
    close_fd(&fd);
    bytes_wipe(&tell, sizeof tell);
    return rc;
}

int
spawner_kill_link(struct spawner *spawner, pid_t pid)
{
    return ask(spawner, &(struct spawner_ask){.type = SPAWNER_ASK_KILL, .pid = pid});
}

int
spawner_derive(struct spawner *spawner, uint32_t id, struct span passphrase,
               const uint8_t salt[static SALT_BYTES], uint32_t ops, uint32_t mem_kib)
{
    struct spawner_ask derive = {
        .type = SPAWNER_ASK_DERIVE, .id = id, .ops = ops, .mem_kib = mem_kib};
    if (passphrase.size > sizeof derive.passphrase) {
        return E_LIMIT;
    }
    memcpy(derive.salt, salt, SALT_BYTES);
    derive.passphrase_bytes = passphrase.size;
    if (passphrase.size > 0) {
        memcpy(derive.passphrase, passphrase.data, passphrase.size);
    }
    int rc = ask(spawner, &derive);
    bytes_wipe(&derive, sizeof derive);
    return rc;
}

/* What was derived already, and kept while something else was waited for. */
static void
drop_derived(struct spawner *spawner)
{
    size_t kept = 0;
    for (size_t i = 0; i < spawner->queued; i++) {
        if (spawner->queue[i].type != SPAWNER_DERIVED) {
            spawner->queue[kept++] = spawner->queue[i];
        }
    }
    bytes_wipe(&spawner->queue[kept], (spawner->queued - kept) * sizeof spawner->queue[0]);
    spawner->queued = kept;
}

int
spawner_cancel(struct spawner *spawner)
{
    struct spawner_tell tell = {0};
    int fd = -1;
    int rc = ask(spawner, &(struct spawner_ask){.type = SPAWNER_ASK_CANCEL});
    rc = rc != 0 ? rc : await(spawner, SPAWNER_ASK_CANCEL, &tell, &fd);
    drop_derived(spawner);
    close_fd(&fd);
    bytes_wipe(&tell, sizeof tell);
    return rc;
}

int
spawner_event(struct spawner *spawner, struct spawner_event *out)
{
    struct spawner_tell tell = {0};
    int fd = -1;
    int rc = 0;
    if (spawner->queued > 0) {
        *out = spawner->queue[0];
        spawner->queued--;
        memmove(spawner->queue, spawner->queue + 1,
                spawner->queued * sizeof spawner->queue[0]);
        bytes_wipe(&spawner->queue[spawner->queued], sizeof spawner->queue[0]);
        return 0;
    }
    rc = receive(spawner, &tell, &fd);
    if (rc == 1 && tell.answers) { /* an answer that came too late */
        tell = (struct spawner_tell){0};
    }
    if (rc >= 0) {
        *out = tell.event;
        rc = 0;
    }
    close_fd(&fd);
    bytes_wipe(&tell, sizeof tell);
    return rc;
}
