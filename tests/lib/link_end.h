/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A link under test, as attuned sees it: started by a spawner, configured, written to,
 * read from with a deadline. For one test file only; every function asserts.
 */
#ifndef ATTUNE_TESTS_LIB_LINK_END_H
#define ATTUNE_TESTS_LIB_LINK_END_H

#include "common/linkmsg.h"
#include "daemon/spawner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#define LINK_END_ANY_PORT "tcp://127.0.0.1:*"

enum { LINK_END_DEADLINE_MS = 20000 };

struct link_end {
    struct spawner *spawner;
    int fd;
    pid_t pid;
    struct buf in;
    size_t taken; /* of the last message, dropped at the next read */
    uint32_t generation;
    uint8_t secret_key[LINKMSG_KEY_BYTES];
    uint8_t public_key[LINKMSG_KEY_BYTES];
    char bound[LINKMSG_ADDRESS_BYTES_MAX + 1];
};

static uint64_t
link_end_now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void
link_end_keys(uint8_t secret_key[static 32], uint8_t public_key[static 32])
{
    char secret_text[41];
    char public_text[41];
    assert_int_equal(zmq_curve_keypair(public_text, secret_text), 0);
    assert_non_null(zmq_z85_decode(secret_key, secret_text));
    assert_non_null(zmq_z85_decode(public_key, public_text));
}

static void
link_end_start(struct link_end *end)
{
    assert_int_equal(spawner_link(end->spawner, &end->fd, &end->pid), 0);
}

static void
link_end_init(struct link_end *end, struct spawner *spawner)
{
    *end = (struct link_end){.spawner = spawner};
    link_end_keys(end->secret_key, end->public_key);
    link_end_start(end);
}

/* The next event of the spawner must be the end of this link; how it ended. */
static int
link_end_await_exit(struct link_end *end)
{
    struct spawner_event event = {0};
    for (;;) {
        assert_int_equal(spawner_event(end->spawner, &event), 0);
        if (event.type == SPAWNER_LINK_EXITED) {
            break;
        }
        struct pollfd wait = {.fd = end->spawner->fd, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, LINK_END_DEADLINE_MS), 1);
    }
    assert_int_equal(event.pid, end->pid);
    close(end->fd);
    end->fd = -1;
    buf_free(&end->in);
    end->taken = 0;
    return event.status;
}

/* Closes our end, which must end the link with 0. */
static void
link_end_done(struct link_end *end)
{
    if (end->fd >= 0) {
        shutdown(end->fd, SHUT_RDWR);
        assert_int_equal(link_end_await_exit(end), 0);
    }
}

static void
link_end_put(struct link_end *end, const struct linkmsg *message)
{
    struct buf out = {0};
    linkmsg_put(&out, message);
    assert_int_equal(buf_done(&out), 0);
    while (out.size > 0) {
        ssize_t sent = send(end->fd, out.data, out.size, MSG_NOSIGNAL);
        if (sent < 0) {
            struct pollfd wait = {.fd = end->fd, .events = POLLOUT};
            assert_int_equal(errno, EAGAIN);
            assert_int_equal(poll(&wait, 1, LINK_END_DEADLINE_MS), 1);
        } else {
            buf_consume(&out, (size_t)sent);
        }
    }
    buf_free(&out);
}

static void
link_end_send(struct link_end *end, uint32_t path, struct span frame)
{
    link_end_put(end,
                 &(struct linkmsg){.type = LINKMSG_SEND, .path = path, .frame = frame});
}

/* True with the next message, whatever it is; false after wait_ms without one. */
static bool
link_end_next(struct link_end *end, int wait_ms, struct linkmsg *out)
{
    size_t used = 0;
    buf_consume(&end->in, end->taken);
    end->taken = 0;
    for (;;) {
        assert_int_equal(
            linkmsg_take(buf_span(&end->in), LINKMSG_FROM_LINK, out, &used), 0);
        if (used > 0) {
            end->taken = used;
            return true;
        }
        struct pollfd wait = {.fd = end->fd, .events = POLLIN};
        if (poll(&wait, 1, wait_ms) == 0) {
            return false;
        }
        uint8_t *room = buf_reserve(&end->in, 262144);
        ssize_t size = recv(end->fd, room, 262144, 0);
        assert_true(size > 0);
        buf_advance(&end->in, (size_t)size);
    }
}

/* The next message must be of this type. */
static struct linkmsg
link_end_expect(struct link_end *end, enum linkmsg_type type)
{
    struct linkmsg message = {0};
    assert_true(link_end_next(end, LINK_END_DEADLINE_MS, &message));
    assert_int_equal(message.type, type);
    return message;
}

static void
link_end_expect_frame(struct link_end *end, uint32_t path, struct span frame)
{
    struct linkmsg message = link_end_expect(end, LINKMSG_FRAME);
    assert_int_equal(message.path, path);
    assert_true(span_equal(message.frame, frame));
}

/* Sends a CONFIG; listen and dial may be NULL. */
static void
link_end_config(struct link_end *end, enum linkmsg_mode mode,
                const uint8_t *partner_key, const char *listen, const char *dial)
{
    struct linkmsg message = {.type = LINKMSG_CONFIG};
    message.config.generation = ++end->generation;
    message.config.mode = mode;
    message.config.listen = span_text(listen);
    message.config.dials[0] = span_text(dial);
    message.config.dial_count = dial != NULL;
    memcpy(message.config.secret_key, end->secret_key, LINKMSG_KEY_BYTES);
    memcpy(message.config.public_key, end->public_key, LINKMSG_KEY_BYTES);
    if (partner_key != NULL) {
        memcpy(message.config.partner_key, partner_key, LINKMSG_KEY_BYTES);
    }
    link_end_put(end, &message);
}

/* Waits for READY of the newest config, past what came before it; keeps the address. */
static void
link_end_ready(struct link_end *end)
{
    struct linkmsg message;
    do {
        assert_true(link_end_next(end, LINK_END_DEADLINE_MS, &message));
        assert_int_not_equal(message.type, LINKMSG_FAILED);
    } while (message.type != LINKMSG_READY || message.generation != end->generation);
    memset(end->bound, 0, sizeof end->bound);
    if (message.address.size > 0) {
        memcpy(end->bound, message.address.data, message.address.size);
    }
}

static uint32_t
link_end_up(struct link_end *end, enum linkmsg_way way)
{
    struct linkmsg message = link_end_expect(end, LINKMSG_UP);
    assert_int_equal(message.way, way);
    return message.path;
}

/* ---- two of them ---- */

/* Ana listens, Ben dials; both know each other's keys. */
struct couple {
    struct link_end ana;
    struct link_end ben;
    uint32_t ana_path;
    uint32_t ben_path;
};

static void
couple_meet(struct couple *couple)
{
    link_end_config(&couple->ben, LINKMSG_CURVE, couple->ana.public_key, NULL,
                    couple->ana.bound);
    link_end_ready(&couple->ben);
    couple->ben_path = link_end_up(&couple->ben, LINKMSG_OUTBOUND);
    couple->ana_path = link_end_up(&couple->ana, LINKMSG_INBOUND);
}

static void
couple_listen(struct couple *couple, struct spawner *spawner)
{
    link_end_init(&couple->ana, spawner);
    link_end_init(&couple->ben, spawner);
    link_end_config(&couple->ana, LINKMSG_CURVE, couple->ben.public_key,
                    LINK_END_ANY_PORT, NULL);
    link_end_ready(&couple->ana);
    assert_int_not_equal(couple->ana.bound[0], '\0');
}

static void
couple_done(struct couple *couple)
{
    link_end_done(&couple->ben);
    link_end_done(&couple->ana);
}

/* Proves that the two still reach each other, and that nothing was waiting before. */
static void
couple_talk(struct couple *couple, const char *text)
{
    link_end_send(&couple->ben, couple->ben_path, span_text(text));
    link_end_expect_frame(&couple->ana, couple->ana_path, span_text(text));
    link_end_send(&couple->ana, couple->ana_path, span_text(text));
    link_end_expect_frame(&couple->ben, couple->ben_path, span_text(text));
}

#endif
