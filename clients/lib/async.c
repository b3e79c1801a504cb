/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/lib/async.h"

#include "clients/lib/frame.h"
#include "common/error.h"
#include "common/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ASYNC_READ_BYTES = 16 * 1024 };

/* Unpacked, a reply takes more than packed: pointers, alignment, one block a string. */
#define ASYNC_ARENA_BYTES_MAX ((size_t)REPLY_BYTES_MAX * 6)
/* A few requests may wait; the blocking layer never has more than one. */
#define ASYNC_OUT_BYTES_MAX ((size_t)REQUEST_BYTES_MAX * 4)

struct async {
    int fd;
    uint32_t number; /* of the last request */
    bool gone;       /* the other side has closed */
    struct buf in;
    struct buf out;
    struct arena *arena; /* of the reply handed out last */
};

int
async_new(int fd, struct async **out)
{
    int rc = E_MEMORY;
    struct async *async = calloc(1, sizeof *async);
    if (async == NULL) {
        close(fd);
        return rc;
    }
    async->fd = fd;
    buf_init(&async->in, FRAME_HEAD_BYTES + (size_t)REPLY_BYTES_MAX + ASYNC_READ_BYTES);
    buf_init(&async->out, ASYNC_OUT_BYTES_MAX);
    async->arena = arena_new(ASYNC_ARENA_BYTES_MAX);
    if (async->arena == NULL) {
        goto out;
    }
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        rc = E_IO;
        goto out;
    }
    *out = async;
    async = NULL; /* transferred */
    rc = 0;
out:
    async_free(async);
    return rc;
}

void
async_free(struct async *async)
{
    if (async == NULL) {
        return;
    }
    close(async->fd);
    arena_free(async->arena);
    buf_free(&async->in);
    buf_free(&async->out);
    free(async);
}

int
async_fd(const struct async *async)
{
    return async->fd;
}

short
async_poll_events(const struct async *async)
{
    return async->out.size > 0 ? POLLIN | POLLOUT : POLLIN;
}

int
async_send(struct async *async, Attune__Local__Request *request, uint32_t *number)
{
    request->format = 1;
    request->number = async->number + 1;
    int error = frame_put(&async->out, request);
    if (error != 0) {
        async->out.error = 0; /* what is queued already still goes */
        return error;
    }
    async->number++;
    if (number != NULL) {
        *number = async->number;
    }
    return 0;
}

int
async_flush(struct async *async)
{
    while (async->out.size > 0) {
        ssize_t sent = send(async->fd, async->out.data, async->out.size, MSG_NOSIGNAL);
        if (sent >= 0) {
            buf_consume(&async->out, (size_t)sent);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return 0;
        } else if (errno != EINTR) {
            return E_DAEMON;
        }
    }
    return 0;
}

int
async_feed(struct async *async)
{
    while (!async->gone) {
        /* Room for the whole frame at once, so that a long reply is not copied often.
         * */
        size_t wants = frame_wants(&async->in);
        size_t room = wants < ASYNC_READ_BYTES ? ASYNC_READ_BYTES : wants;
        if (wants > REPLY_BYTES_MAX ||
            (wants == 0 && async->in.size > ASYNC_READ_BYTES)) {
            return 0; /* async_next refuses its length, or takes a reply first */
        }
        uint8_t *data = buf_reserve(&async->in, room);
        if (data == NULL) {
            return buf_done(&async->in);
        }
        ssize_t got = recv(async->fd, data, room, 0);
        if (got > 0) {
            buf_advance(&async->in, (size_t)got);
            if ((size_t)got < room) {
                return 0; /* saves the call that would only say EAGAIN */
            }
        } else if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return 0;
        } else if (got == 0 || errno != EINTR) {
            async->gone = true;
        }
    }
    return E_DAEMON;
}

int
async_next(struct async *async, const Attune__Local__Reply **out)
{
    Attune__Local__Reply *reply = NULL;
    bool complete = false;
    arena_reset(async->arena);
    int error = frame_take(&async->in, async->arena, &reply, &complete);
    if (error != 0) {
        return error;
    }
    *out = complete ? reply : NULL;
    return 0;
}
