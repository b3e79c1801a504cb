/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/link/link.h"

#include "common/error.h"
#include "common/linkmsg.h"
#include "daemon/link/ways.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <zmq.h>

enum {
    READ_BYTES = 256 * 1024,
    /* Above this libzmq isn't read; one frame more may follow. */
    OUT_BYTES_FULL = 256 * 1024,
    OUT_BYTES_MAX = 4 * 1024 * 1024,
};

/* Places in the poll set. A socket that isn't open leaves its place empty. */
enum slot {
    SLOT_DAEMON,
    SLOT_ZAP,
    SLOT_ROUTER,
    SLOT_DIALS,
    SLOT_MONITORS = SLOT_DIALS + LINKMSG_DIALS_MAX,
    SLOT_COUNT = SLOT_MONITORS + LINKMSG_DIALS_MAX,
};

struct link {
    int fd;
    struct buf in;
    struct buf out;
    size_t out_sent; /* bytes of `out` that left already */
    struct ways ways;
};

static uint64_t
now_ms(void)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static size_t
out_waiting(const struct link *link)
{
    return link->out.size - link->out_sent;
}

/* Counts what left too: the buffer is emptied as a whole, so that is what it holds. */
static bool
out_full(const struct link *link)
{
    return link->out.size >= OUT_BYTES_FULL;
}

static int
handle(struct link *link, const struct linkmsg *message)
{
    switch (message->type) {
    case LINKMSG_CONFIG:
        return ways_config(&link->ways, &message->config, now_ms());
    case LINKMSG_SEND:
        return ways_send(&link->ways, message->path, message->frame);
    case LINKMSG_CLOSE_PATH:
        ways_close(&link->ways, message->path);
        return 0;
    case LINKMSG_READY:
    case LINKMSG_UP:
    case LINKMSG_DOWN:
    case LINKMSG_FRAME:
    case LINKMSG_FAILED:
        break;
    }
    return E_PROTOCOL;
}

static int
handle_all(struct link *link)
{
    struct linkmsg message = {0};
    size_t done = 0;
    size_t used = 0;
    int rc;
    do {
        struct span rest = span_slice(buf_span(&link->in), done, link->in.size);
        rc = linkmsg_take(rest, LINKMSG_FROM_DAEMON, &message, &used);
        if (rc == 0 && used > 0) {
            rc = handle(link, &message);
            done += used;
        }
    } while (rc == 0 && used > 0);
    bytes_wipe(&message, sizeof message);
    buf_consume(&link->in, done);
    return rc;
}

/* 0, 1 when attuned has gone, or an error. */
static int
read_daemon(struct link *link)
{
    uint8_t *room = buf_reserve(&link->in, READ_BYTES);
    if (room == NULL) {
        return buf_done(&link->in);
    }
    ssize_t size = recv(link->fd, room, READ_BYTES, MSG_DONTWAIT);
    if (size < 0) {
        return errno == EAGAIN || errno == EINTR ? 0 : 1;
    }
    if (size == 0) {
        return 1;
    }
    buf_advance(&link->in, (size_t)size);
    return handle_all(link);
}

/* 0 or 1 when attuned has gone. */
static int
write_daemon(struct link *link)
{
    while (out_waiting(link) > 0) {
        ssize_t size = send(link->fd, link->out.data + link->out_sent,
                            out_waiting(link), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0) {
            return errno == EAGAIN || errno == EINTR ? 0 : 1;
        }
        link->out_sent += (size_t)size;
    }
    buf_clear(&link->out);
    link->out_sent = 0;
    return 0;
}

static void
make_slots(const struct link *link, zmq_pollitem_t slots[SLOT_COUNT])
{
    const struct ways *ways = &link->ways;
    const short data = out_full(link) ? 0 : ZMQ_POLLIN;
    const short out = out_waiting(link) > 0 ? ZMQ_POLLOUT : 0;
    for (size_t i = 0; i < SLOT_COUNT; i++) {
        slots[i] = (zmq_pollitem_t){.fd = -1}; /* poll skips it */
    }
    slots[SLOT_DAEMON] =
        (zmq_pollitem_t){.fd = link->fd, .events = (short)(ZMQ_POLLIN | out)};
    slots[SLOT_ZAP] =
        (zmq_pollitem_t){.socket = ways->zap.socket, .events = ZMQ_POLLIN};
    if (ways->router != NULL) {
        slots[SLOT_ROUTER] = (zmq_pollitem_t){.socket = ways->router, .events = data};
    }
    for (size_t i = 0; i < LINKMSG_DIALS_MAX; i++) {
        const struct ways_dial *dial = &ways->dials[i];
        if (dial->socket != NULL) {
            slots[SLOT_DIALS + i] =
                (zmq_pollitem_t){.socket = dial->socket, .events = data};
            /* Always read: libzmq's thread would wait for a full monitor. */
            slots[SLOT_MONITORS + i] =
                (zmq_pollitem_t){.socket = dial->monitor, .events = ZMQ_POLLIN};
        }
    }
}

static long
poll_ms(const struct link *link)
{
    uint64_t now = now_ms();
    uint64_t wake = ways_wake_ms(&link->ways);
    if (wake == UINT64_MAX || out_full(link)) {
        return -1; /* a full buffer wakes by itself once attuned reads */
    }
    return wake <= now ? 0 : (long)(wake - now);
}

/* What the partner's side has for us, as long as attuned keeps up. */
static int
read_partner(struct link *link)
{
    int rc = zap_answer(&link->ways.zap);
    if (rc == 0) {
        rc = ways_events(&link->ways, now_ms());
    }
    for (size_t i = 0; rc == 0 && i <= LINKMSG_DIALS_MAX && !out_full(link); i++) {
        /* The listener is one source among the dials, so none starves another. */
        rc = i == 0 ? ways_read_inbound(&link->ways, OUT_BYTES_FULL)
                    : ways_read_dial(&link->ways, i - 1, OUT_BYTES_FULL, now_ms());
    }
    return rc != 0 ? rc : buf_done(&link->out);
}

static int
turn(struct link *link)
{
    zmq_pollitem_t slots[SLOT_COUNT];
    make_slots(link, slots);
    if (zmq_poll(slots, SLOT_COUNT, poll_ms(link)) < 0) {
        return errno == EINTR ? 0 : E_INTERNAL;
    }
    int rc = 0;
    if ((slots[SLOT_DAEMON].revents & (ZMQ_POLLIN | ZMQ_POLLERR)) != 0) {
        rc = read_daemon(link);
    }
    if (rc == 0) {
        rc = write_daemon(link);
    }
    if (rc == 0) {
        rc = read_partner(link);
    }
    return rc != 0 ? rc : write_daemon(link);
}

int
link_run(int fd, void *context)
{
    struct link link = {.fd = fd};
    buf_init(&link.in, 0); /* bounded by READ_BYTES and the largest message */
    buf_init(&link.out, OUT_BYTES_MAX);
    int rc = ways_init(&link.ways, context, &link.out);
    while (rc == 0) {
        rc = turn(&link);
    }
    ways_done(&link.ways);
    buf_free(&link.in);
    buf_free(&link.out);
    return rc == 1 ? 0 : rc;
}
