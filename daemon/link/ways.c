/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/link/ways.h"

#include "common/error.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <zmq.h>

enum {
    BIND_TRIES_MAX = 100, /* libzmq closes a listener in its own time: give it 1 s */
    BIND_WAIT_MS = 10,
    DIAL_FIRST_MS = 100,
    DIAL_LAST_MS = 30000,
    EVENTS_PER_TURN = 16,
    FRAMES_PER_TURN = 32,
    PARTS_PER_TURN = 4096,
};

static void
tell(struct ways *ways, const struct linkmsg *message)
{
    linkmsg_put(ways->out, message);
}

static void
tell_down(struct ways *ways, uint32_t path)
{
    tell(ways, &(struct linkmsg){.type = LINKMSG_DOWN, .path = path});
}

static uint32_t
tell_up(struct ways *ways, enum linkmsg_way way)
{
    uint32_t path = ++ways->path_last;
    tell(ways, &(struct linkmsg){.type = LINKMSG_UP, .path = path, .way = way});
    return path;
}

static void
tell_failed(struct ways *ways, int error, const char *reason)
{
    tell(ways, &(struct linkmsg){.type = LINKMSG_FAILED,
                                 .generation = ways->config.generation,
                                 .error = error,
                                 .reason = span_text(reason)});
}

/* Half to one and a half of `wait_ms`, so that two laptops don't keep missing. */
static uint64_t
jitter(uint64_t wait_ms)
{
    uint32_t random = 0;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) != (ssize_t)sizeof random) {
        random = UINT32_MAX / 2;
    }
    return wait_ms / 2 + wait_ms * random / UINT32_MAX;
}

/* ---- outbound ---- */

static void
dial_shut(struct ways_dial *dial)
{
    if (dial->socket != NULL) {
        zmq_socket_monitor(dial->socket, NULL, 0);
    }
    sockets_close(&dial->socket);
    sockets_close(&dial->monitor);
    dial->up = false;
    dial->over = false;
}

static void
dial_later(struct ways *ways, struct ways_dial *dial, uint64_t now_ms)
{
    if (dial->up) {
        tell_down(ways, dial->path);
        dial->tries = 0;
    }
    dial_shut(dial);
    unsigned doublings = dial->tries < 9 ? dial->tries : 9;
    uint64_t wait_ms = (uint64_t)DIAL_FIRST_MS << doublings;
    dial->tries++;
    dial->open_ms = now_ms + jitter(wait_ms < DIAL_LAST_MS ? wait_ms : DIAL_LAST_MS);
}

static void
ways_shut(struct ways *ways)
{
    sockets_close(&ways->router);
    for (size_t i = 0; i < LINKMSG_DIALS_MAX; i++) {
        dial_shut(&ways->dials[i]);
        ways->dials[i] = (struct ways_dial){0};
    }
    memset(ways->inbound, 0, sizeof ways->inbound);
    ways->bind_ms = UINT64_MAX;
    ways->bind_tries = 0;
    ways->ready = false;
    zap_allow(&ways->zap, NULL);
}

/* A setting that libzmq refuses is one that protects: then nothing stays open. */
static void
ways_fail(struct ways *ways)
{
    ways_shut(ways);
    tell_failed(ways, E_INTERNAL, "libzmq refused a setting");
}

static void
dial_open(struct ways *ways, struct ways_dial *dial)
{
    size_t index = (size_t)(dial - ways->dials);
    /* libzmq tries one address of a name only; so both families take turns. */
    bool ipv6 = strchr(dial->address, '[') != NULL || dial->tries % 2 == 1;
    int rc = sockets_dial(ways->context, &ways->config, dial->address, index, ipv6,
                          &dial->socket, &dial->monitor);
    if (rc == E_OPTION) {
        dial->address[0] = '\0';
        tell_failed(ways, E_OPTION, "an address can't be dialled");
    } else if (rc != 0) {
        ways_fail(ways);
    }
}

static bool
dial_waits(const struct ways *ways, const struct ways_dial *dial)
{
    return ways->ready && dial->address[0] != '\0' && dial->socket == NULL;
}

static void
dial_event(struct ways *ways, struct ways_dial *dial, enum sockets_event event)
{
    if (event == SOCKETS_UP && !dial->up && !dial->over) {
        dial->path = tell_up(ways, LINKMSG_OUTBOUND);
        dial->up = true;
    } else if (event == SOCKETS_OVER) {
        dial->over = true;
    }
}

/* ---- the listener ---- */

static void
tell_ready(struct ways *ways)
{
    char bound[LINKMSG_ADDRESS_BYTES_MAX + 1] = "";
    size_t bound_bytes = sizeof bound;
    if (ways->router != NULL &&
        zmq_getsockopt(ways->router, ZMQ_LAST_ENDPOINT, bound, &bound_bytes) != 0) {
        bound[0] = '\0';
    }
    tell(ways, &(struct linkmsg){.type = LINKMSG_READY,
                                 .generation = ways->config.generation,
                                 .address = span_text(bound)});
    ways->ready = true;
}

static void
bind_try(struct ways *ways, uint64_t now_ms)
{
    int rc = sockets_listen(ways->context, &ways->config, ways->listen, &ways->router);
    if (rc == E_BUSY && ++ways->bind_tries < BIND_TRIES_MAX) {
        ways->bind_ms = now_ms + BIND_WAIT_MS;
        return;
    }
    ways->bind_ms = UINT64_MAX;
    if (rc == E_INTERNAL) {
        ways_fail(ways);
        return;
    }
    if (rc != 0) {
        tell_failed(ways, E_LINK, "the listen address can't be bound");
    }
    tell_ready(ways);
}

static struct ways_inbound *
inbound_find(struct ways *ways, const uint8_t *routing)
{
    for (size_t i = 0; i < WAYS_INBOUND_MAX; i++) {
        struct ways_inbound *inbound = &ways->inbound[i];
        if (inbound->used &&
            memcmp(inbound->routing, routing, WAYS_ROUTING_BYTES) == 0) {
            return inbound;
        }
    }
    return NULL;
}

static struct ways_inbound *
inbound_new(struct ways *ways, const uint8_t *routing)
{
    struct ways_inbound *oldest = &ways->inbound[0];
    for (size_t i = 1; i < WAYS_INBOUND_MAX && oldest->used; i++) {
        struct ways_inbound *inbound = &ways->inbound[i];
        if (!inbound->used || inbound->stamp < oldest->stamp) {
            oldest = inbound;
        }
    }
    if (oldest->used) {
        tell_down(ways, oldest->path);
    }
    oldest->used = true;
    memcpy(oldest->routing, routing, WAYS_ROUTING_BYTES);
    oldest->path = tell_up(ways, LINKMSG_INBOUND);
    return oldest;
}

/* The probe that a DEALER sends at its start is empty: it is news of a path, no frame. */
static void
tell_frame(struct ways *ways, uint32_t path, zmq_msg_t *body)
{
    struct span frame = span_of(zmq_msg_data(body), zmq_msg_size(body));
    size_t bytes_max = ways->config.mode == LINKMSG_CURVE
                           ? LINKMSG_FRAME_BYTES_MAX
                           : LINKMSG_PAIR_FRAME_BYTES_MAX;
    if (frame.size > 0 && frame.size <= bytes_max) {
        tell(ways,
             &(struct linkmsg){.type = LINKMSG_FRAME, .path = path, .frame = frame});
    }
}

static void
inbound_frame(struct ways *ways, zmq_msg_t *routing, zmq_msg_t *body)
{
    const uint8_t *id = zmq_msg_data(routing);
    if (zmq_msg_size(routing) != WAYS_ROUTING_BYTES || id[0] != 0) {
        return;
    }
    /* The second gate: libzmq's first one fails open in more than one way. */
    if (ways->config.mode == LINKMSG_CURVE &&
        !zap_admits(&ways->zap, zmq_msg_gets(body, "User-Id"))) {
        return;
    }
    struct ways_inbound *inbound = inbound_find(ways, id);
    if (inbound == NULL) {
        inbound = inbound_new(ways, id);
    }
    inbound->stamp = ++ways->stamp_last;
    tell_frame(ways, inbound->path, body);
}

/* ---- reading ---- */

/* Drops what follows an unwanted part. 0 or E_INTERNAL after too many. */
static int
drain(void *socket)
{
    for (size_t i = 0; i < PARTS_PER_TURN; i++) {
        zmq_msg_t part;
        zmq_msg_init(&part);
        int size = zmq_msg_recv(&part, socket, ZMQ_DONTWAIT);
        bool more = size >= 0 && zmq_msg_more(&part);
        zmq_msg_close(&part);
        if (!more) {
            return 0;
        }
    }
    return E_INTERNAL; /* nobody honest does this; begin anew with an empty queue */
}

int
ways_read_inbound(struct ways *ways, size_t out_bytes_full)
{
    int rc = 0;
    int size = 0;
    for (size_t i = 0; ways->router != NULL && i < FRAMES_PER_TURN && rc == 0 &&
                       size >= 0 && ways->out->size < out_bytes_full;
         i++) {
        zmq_msg_t routing;
        zmq_msg_t body;
        zmq_msg_init(&routing);
        zmq_msg_init(&body);
        size = zmq_msg_recv(&routing, ways->router, ZMQ_DONTWAIT);
        if (size >= 0 && zmq_msg_more(&routing)) {
            size = zmq_msg_recv(&body, ways->router, ZMQ_DONTWAIT);
            if (size >= 0 && zmq_msg_more(&body)) {
                rc = drain(ways->router);
            } else if (size >= 0) {
                inbound_frame(ways, &routing, &body);
            }
        }
        zmq_msg_close(&routing);
        zmq_msg_close(&body);
    }
    return rc;
}

int
ways_read_dial(struct ways *ways, size_t index, size_t out_bytes_full, uint64_t now_ms)
{
    struct ways_dial *dial = &ways->dials[index];
    int rc = 0;
    int size = 0;
    for (size_t i = 0; dial->socket != NULL && i < FRAMES_PER_TURN && rc == 0 &&
                       size >= 0 && ways->out->size < out_bytes_full;
         i++) {
        zmq_msg_t body;
        zmq_msg_init(&body);
        size = zmq_msg_recv(&body, dial->socket, ZMQ_DONTWAIT);
        if (size >= 0 && zmq_msg_more(&body)) {
            rc = drain(dial->socket);
        } else if (size >= 0) {
            /* A frame may overtake the monitor's word that the handshake is done. */
            dial_event(ways, dial, SOCKETS_UP);
            if (dial->up) {
                tell_frame(ways, dial->path, &body);
            }
        }
        zmq_msg_close(&body);
    }
    if (dial->socket != NULL && dial->over && size < 0) {
        dial_later(ways, dial, now_ms);
    }
    return rc;
}

/* ---- writing ---- */

/*
 * libzmq looks for news of its connections only now and then; asking for ZMQ_EVENTS
 * makes it look, so that a path just told as up isn't mistaken for one that is full.
 */
static int
send_part(void *socket, const void *data, size_t size, int flags)
{
    int events = 0;
    size_t events_bytes = sizeof events;
    int rc = zmq_send(socket, data, size, flags | ZMQ_DONTWAIT);
    if (rc < 0 && errno == EAGAIN &&
        zmq_getsockopt(socket, ZMQ_EVENTS, &events, &events_bytes) == 0) {
        rc = zmq_send(socket, data, size, flags | ZMQ_DONTWAIT);
    }
    return rc < 0 ? -1 : 0;
}

static struct ways_inbound *
inbound_of(struct ways *ways, uint32_t path)
{
    for (size_t i = 0; i < WAYS_INBOUND_MAX; i++) {
        if (ways->inbound[i].used && ways->inbound[i].path == path) {
            return &ways->inbound[i];
        }
    }
    return NULL;
}

static struct ways_dial *
dial_of(struct ways *ways, uint32_t path)
{
    for (size_t i = 0; i < LINKMSG_DIALS_MAX; i++) {
        if (ways->dials[i].up && ways->dials[i].path == path) {
            return &ways->dials[i];
        }
    }
    return NULL;
}

static int
inbound_send(struct ways *ways, struct ways_inbound *inbound, struct span frame)
{
    if (send_part(ways->router, inbound->routing, WAYS_ROUTING_BYTES, ZMQ_SNDMORE) ==
        0) {
        inbound->stamp = ++ways->stamp_last;
        /* Once the address was taken libzmq takes or drops the body, never waits. */
        return send_part(ways->router, frame.data, frame.size, 0) == 0 ? 0 : E_INTERNAL;
    }
    if (errno == EHOSTUNREACH) {
        tell_down(ways, inbound->path);
        *inbound = (struct ways_inbound){0};
    }
    return 0;
}

int
ways_send(struct ways *ways, uint32_t path, struct span frame)
{
    struct ways_inbound *inbound = inbound_of(ways, path);
    struct ways_dial *dial = dial_of(ways, path);
    if (ways->config.mode != LINKMSG_CURVE &&
        frame.size > LINKMSG_PAIR_FRAME_BYTES_MAX) {
        return 0;
    }
    if (inbound != NULL) {
        return inbound_send(ways, inbound, frame);
    }
    if (dial != NULL && !dial->over) {
        (void)send_part(dial->socket, frame.data, frame.size, 0); /* or it is dropped */
    }
    return 0;
}

void
ways_close(struct ways *ways, uint32_t path)
{
    struct ways_inbound *inbound = inbound_of(ways, path);
    struct ways_dial *dial = dial_of(ways, path);
    if (inbound != NULL) {
        *inbound = (struct ways_inbound){0};
    }
    if (dial != NULL) {
        dial_shut(dial);
        *dial = (struct ways_dial){0};
    }
}

/* ---- the whole ---- */

int
ways_init(struct ways *ways, void *context, struct buf *out)
{
    *ways = (struct ways){.context = context, .out = out, .bind_ms = UINT64_MAX};
    return zap_init(&ways->zap, context);
}

void
ways_done(struct ways *ways)
{
    if (ways->zap.socket != NULL) {
        ways_shut(ways);
    }
    zap_done(&ways->zap);
    bytes_wipe(ways, sizeof *ways);
}

static void
copy_address(char out[LINKMSG_ADDRESS_BYTES_MAX + 1], struct span address)
{
    memset(out, 0, LINKMSG_ADDRESS_BYTES_MAX + 1);
    if (address.size > 0 && address.size <= LINKMSG_ADDRESS_BYTES_MAX) {
        memcpy(out, address.data, address.size);
    }
}

int
ways_config(struct ways *ways, const struct linkmsg_config *config, uint64_t now_ms)
{
    ways_shut(ways);
    ways->config = *config;
    ways->config.listen = SPAN_EMPTY; /* they borrow; ours are copies */
    memset(ways->config.dials, 0, sizeof ways->config.dials);
    bool listens = config->mode == LINKMSG_CURVE || config->mode == LINKMSG_PAIR_LISTEN;
    bool dials = config->mode == LINKMSG_CURVE || config->mode == LINKMSG_PAIR_JOIN;
    copy_address(ways->listen, listens ? config->listen : SPAN_EMPTY);
    for (size_t i = 0; dials && i < config->dial_count; i++) {
        copy_address(ways->dials[i].address, config->dials[i]);
    }
    if (config->mode == LINKMSG_CURVE) {
        zap_allow(&ways->zap, config->partner_key);
    }
    if (ways->listen[0] != '\0') {
        ways->bind_ms = now_ms;
    } else {
        tell_ready(ways);
    }
    return ways_events(ways, now_ms);
}

int
ways_events(struct ways *ways, uint64_t now_ms)
{
    if (ways->bind_ms <= now_ms) {
        bind_try(ways, now_ms);
    }
    for (size_t i = 0; i < LINKMSG_DIALS_MAX; i++) {
        struct ways_dial *dial = &ways->dials[i];
        if (dial_waits(ways, dial) && dial->open_ms <= now_ms) {
            dial_open(ways, dial);
        }
        for (size_t n = 0; dial->monitor != NULL && n < EVENTS_PER_TURN; n++) {
            enum sockets_event event = sockets_event(dial->monitor);
            if (event == SOCKETS_NONE) {
                break;
            }
            dial_event(ways, dial, event);
        }
    }
    return 0;
}

uint64_t
ways_wake_ms(const struct ways *ways)
{
    uint64_t wake_ms = ways->bind_ms;
    for (size_t i = 0; i < LINKMSG_DIALS_MAX; i++) {
        const struct ways_dial *dial = &ways->dials[i];
        if (dial_waits(ways, dial) && dial->open_ms < wake_ms) {
            wake_ms = dial->open_ms;
        }
        if (dial->over) {
            wake_ms = 0; /* it was not read empty yet, and its monitor is silent now */
        }
    }
    return wake_ms;
}
