/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/link/zap.h"

#include "common/bytes.h"
#include "common/error.h"

#include <errno.h>
#include <string.h>
#include <zmq.h>

enum {
    PART_BYTES_MAX = 255,
    QUESTIONS_PER_TURN = 64,
};

/* The parts of a question, in order. A CURVE question has exactly these. */
enum part {
    PART_VERSION,
    PART_REQUEST,
    PART_DOMAIN,
    PART_ADDRESS,
    PART_IDENTITY,
    PART_MECHANISM,
    PART_KEY,
    PART_COUNT
};

struct question {
    uint8_t parts[PART_COUNT][PART_BYTES_MAX];
    size_t sizes[PART_COUNT];
    size_t count; /* may exceed PART_COUNT: then the question is malformed */
};

int
zap_init(struct zap *zap, void *context)
{
    *zap = (struct zap){0};
    int linger_ms = 0;
    zap->socket = zmq_socket(context, ZMQ_REP);
    if (zap->socket == NULL ||
        zmq_setsockopt(zap->socket, ZMQ_LINGER, &linger_ms, sizeof linger_ms) != 0 ||
        zmq_bind(zap->socket, "inproc://zeromq.zap.01") != 0) {
        zap_done(zap);
        return E_INTERNAL;
    }
    return 0;
}

void
zap_done(struct zap *zap)
{
    if (zap->socket != NULL) {
        zmq_close(zap->socket);
    }
    *zap = (struct zap){0};
}

void
zap_allow(struct zap *zap, const uint8_t *key)
{
    zap->open = key != NULL;
    memset(zap->key, 0, sizeof zap->key);
    memset(zap->user, 0, sizeof zap->user);
    if (key != NULL) {
        memcpy(zap->key, key, sizeof zap->key);
        bytes_hex(key, ZAP_KEY_BYTES, zap->user);
    }
}

bool
zap_admits(const struct zap *zap, const char *user)
{
    return zap->open && user != NULL && strcmp(user, zap->user) == 0;
}

/* 1: a question was read; 0: none waits; E_INTERNAL. */
static int
read_question(struct zap *zap, struct question *question)
{
    int more = 1;
    question->count = 0;
    while (more != 0) {
        uint8_t spare[PART_BYTES_MAX];
        bool fits = question->count < PART_COUNT;
        int size =
            zmq_recv(zap->socket, fits ? question->parts[question->count] : spare,
                     PART_BYTES_MAX, ZMQ_DONTWAIT);
        if (size < 0) {
            return errno == EAGAIN && question->count == 0 ? 0 : E_INTERNAL;
        }
        if (fits) {
            question->sizes[question->count] = (size_t)size;
        }
        question->count++;
        size_t more_bytes = sizeof more;
        if (zmq_getsockopt(zap->socket, ZMQ_RCVMORE, &more, &more_bytes) != 0) {
            return E_INTERNAL;
        }
    }
    return 1;
}

static bool
part_is(const struct question *question, enum part part, const void *data, size_t size)
{
    return question->sizes[part] == size &&
           memcmp(question->parts[part], data, size) == 0;
}

static bool
is_partner(const struct zap *zap, const struct question *question)
{
    return zap->open && question->count == PART_COUNT &&
           part_is(question, PART_VERSION, "1.0", 3) &&
           part_is(question, PART_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) &&
           part_is(question, PART_MECHANISM, "CURVE", 5) &&
           part_is(question, PART_KEY, zap->key, sizeof zap->key);
}

static int
reply(struct zap *zap, const struct question *question, bool admitted)
{
    size_t request_size =
        question->count > PART_REQUEST ? question->sizes[PART_REQUEST] : 0;
    if (request_size > PART_BYTES_MAX) {
        request_size = 0; /* libzmq's own is one byte */
    }
    const char *user = admitted ? zap->user : "";
    struct {
        const void *data;
        size_t size;
    } parts[] = {
        {"1.0", 3},
        {question->parts[PART_REQUEST], request_size},
        {admitted ? "200" : "400", 3},
        {"", 0},
        {user, strlen(user)},
        {"", 0},
    };
    const size_t count = sizeof parts / sizeof parts[0];
    for (size_t i = 0; i < count; i++) {
        int flags = ZMQ_DONTWAIT | (i + 1 < count ? ZMQ_SNDMORE : 0);
        if (zmq_send(zap->socket, parts[i].data, parts[i].size, flags) < 0) {
            return E_INTERNAL;
        }
    }
    return 0;
}

int
zap_answer(struct zap *zap)
{
    for (size_t i = 0; i < QUESTIONS_PER_TURN; i++) {
        struct question question = {0};
        int rc = read_question(zap, &question);
        if (rc <= 0) {
            return rc;
        }
        rc = reply(zap, &question, is_partner(zap, &question));
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}
