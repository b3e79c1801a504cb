/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/conn.h"

#include "common/error.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 16 * 1024,
    KEEP_BYTES = 64 * 1024, /* a larger buffer is given back once empty */
};

void
conn_init(struct conn *conn, int fd, size_t frame_max, size_t out_max)
{
    *conn = (struct conn){.fd = fd, .frame_max = frame_max};
    buf_init(&conn->in, CONN_HEAD_BYTES + frame_max + READ_BYTES);
    buf_init(&conn->out, out_max);
}

void
conn_done(struct conn *conn)
{
    if (conn->fd >= 0) {
        close(conn->fd);
    }
    buf_free(&conn->in);
    buf_free(&conn->out);
    *conn = (struct conn){.fd = -1};
}

static void
trim(struct buf *buf)
{
    if (buf->size == 0 && buf->capacity > KEEP_BYTES) {
        size_t size_max = buf->size_max;
        buf_free(buf);
        buf_init(buf, size_max);
    }
}

/* The rest of a long frame at once, else a little. */
static size_t
wanted(const struct conn *conn)
{
    size_t have = conn->in.size;
    size_t size = have < CONN_HEAD_BYTES ? 0 : bytes_get_u32(conn->in.data);
    if (size > conn->frame_max || CONN_HEAD_BYTES + size < have + READ_BYTES) {
        return READ_BYTES;
    }
    return CONN_HEAD_BYTES + size - have;
}

int
conn_receive(struct conn *conn)
{
    size_t room = wanted(conn);
    uint8_t *at = buf_reserve(&conn->in, room);
    if (at == NULL) {
        return buf_done(&conn->in);
    }
    ssize_t size = recv(conn->fd, at, room, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return 0;
    }
    if (size <= 0) {
        return E_DAEMON;
    }
    buf_advance(&conn->in, (size_t)size);
    return 0;
}

int
conn_frame(const struct conn *conn, bool *whole, struct span *out)
{
    *whole = false;
    if (conn->in.size < CONN_HEAD_BYTES) {
        return 0;
    }
    size_t size = bytes_get_u32(conn->in.data);
    if (size == 0 || size > conn->frame_max) {
        return size == 0 ? E_PROTOCOL : E_LIMIT;
    }
    if (conn->in.size - CONN_HEAD_BYTES >= size) {
        *out = span_slice(buf_span(&conn->in), CONN_HEAD_BYTES, size);
        *whole = true;
    }
    return 0;
}

void
conn_consume(struct conn *conn, struct span frame)
{
    buf_consume(&conn->in, CONN_HEAD_BYTES + frame.size);
    trim(&conn->in);
}

int
conn_flush(struct conn *conn, bool *moved)
{
    *moved = false;
    while (conn->out_sent < conn->out.size) {
        ssize_t size = send(conn->fd, conn->out.data + conn->out_sent,
                            conn->out.size - conn->out_sent, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            return errno == EAGAIN ? 0 : E_DAEMON;
        }
        conn->out_sent += (size_t)size;
        *moved = true;
    }
    buf_clear(&conn->out);
    trim(&conn->out);
    conn->out_sent = 0;
    return 0;
}

int
conn_put(struct conn *conn, struct span frame)
{
    bool moved = false;
    bool waiting = conn_waiting(conn) > 0;
    buf_put_u32(&conn->out, (uint32_t)frame.size);
    buf_put_span(&conn->out, frame);
    int rc = buf_done(&conn->out);
    return rc != 0 || waiting ? rc : conn_flush(conn, &moved);
}

size_t
conn_waiting(const struct conn *conn)
{
    return conn->out.size - conn->out_sent;
}
