/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/link/sockets.h"

#include "common/error.h"
#include "daemon/link/zap.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <zmq.h>

/* Libraries without the draft API know the number but don't name it. */
#ifndef ZMQ_ZAP_ENFORCE_DOMAIN
#define ZMQ_ZAP_ENFORCE_DOMAIN 93
#endif

struct setting {
    int option;
    int value;
};

static const struct setting settings_all[] = {
    {ZMQ_LINGER, 0},
    {ZMQ_SNDHWM, 16},
    {ZMQ_RCVHWM, 16},
    {ZMQ_BACKLOG, 16},
    {ZMQ_IMMEDIATE, 1},
    {ZMQ_HANDSHAKE_IVL, 2000},
    {ZMQ_CONNECT_TIMEOUT, 10000},
    /* Never used: the link closes a socket at its first failure. libzmq alone would give
     * up after a protocol error and never slow down after a failed handshake. */
    {ZMQ_RECONNECT_IVL, 5000},
    {ZMQ_RECONNECT_IVL_MAX, 30000},
    /* The kernel asks whether the other machine is there: a dead one is known after 30 s,
     * and nothing of ours wakes up for it. ZMTP heartbeats cost 40 switches a minute. */
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 15},
    {ZMQ_TCP_KEEPALIVE_INTVL, 5},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_TCP_MAXRT, 30000},
};

static const struct setting settings_router[] = {
    {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_ROUTER_HANDOVER, 0},
};

/* An empty message at each connection, so the other's ROUTER hears of us at once. */
static const struct setting settings_dealer[] = {
    {ZMQ_PROBE_ROUTER, 1},
};

static bool
set_int(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_rows(void *socket, const struct setting *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!set_int(socket, rows[i].option, rows[i].value)) {
            return false;
        }
    }
    return true;
}

static bool
set_key(void *socket, int option, const uint8_t *key)
{
    return zmq_setsockopt(socket, option, key, LINKMSG_KEY_BYTES) == 0;
}

static bool
set_curve_server(void *socket, const struct linkmsg_config *config)
{
    int enforced = 0;
    size_t enforced_bytes = sizeof enforced;
    return set_int(socket, ZMQ_CURVE_SERVER, 1) &&
           set_key(socket, ZMQ_CURVE_SECRETKEY, config->secret_key) &&
           zmq_setsockopt(socket, ZMQ_ZAP_DOMAIN, ZAP_DOMAIN, strlen(ZAP_DOMAIN)) ==
               0 &&
           set_int(socket, ZMQ_ZAP_ENFORCE_DOMAIN, 1) &&
           zmq_getsockopt(socket, ZMQ_ZAP_ENFORCE_DOMAIN, &enforced, &enforced_bytes) ==
               0 &&
           enforced == 1;
}

static bool
set_curve_client(void *socket, const struct linkmsg_config *config)
{
    return set_key(socket, ZMQ_CURVE_SERVERKEY, config->partner_key) &&
           set_key(socket, ZMQ_CURVE_PUBLICKEY, config->public_key) &&
           set_key(socket, ZMQ_CURVE_SECRETKEY, config->secret_key);
}

/* MAXMSGSIZE counts the 33 bytes of CURVE's own command around each frame. */
enum { CURVE_BYTES = 33 };

static bool
set_common(void *socket, const struct linkmsg_config *config, size_t thread, bool ipv6)
{
    int64_t bytes_max = config->mode == LINKMSG_CURVE
                            ? LINKMSG_FRAME_BYTES_MAX + CURVE_BYTES
                            : LINKMSG_PAIR_FRAME_BYTES_MAX;
    uint64_t affinity = UINT64_C(1) << thread;
    return set_rows(socket, settings_all,
                    sizeof settings_all / sizeof settings_all[0]) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &bytes_max, sizeof bytes_max) == 0 &&
           zmq_setsockopt(socket, ZMQ_AFFINITY, &affinity, sizeof affinity) == 0 &&
           set_int(socket, ZMQ_IPV6, ipv6);
}

void *
sockets_context(void)
{
    void *context = zmq_ctx_new();
    if (context == NULL || zmq_ctx_set(context, ZMQ_IO_THREADS, SOCKETS_THREADS) != 0 ||
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, SOCKETS_MAX) != 0) {
        return NULL;
    }
    /* libzmq starts its threads at the first socket. */
    void *first = zmq_socket(context, ZMQ_PAIR);
    if (first == NULL) {
        return NULL;
    }
    zmq_close(first);
    return context;
}

void
sockets_close(void **socket)
{
    if (*socket != NULL) {
        zmq_close(*socket);
        *socket = NULL;
    }
}

static int
listen_once(void *context, const struct linkmsg_config *config, const char *address,
            bool ipv6, void **out)
{
    int rc = E_INTERNAL;
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    if (socket == NULL || !set_common(socket, config, 0, ipv6) ||
        !set_rows(socket, settings_router,
                  sizeof settings_router / sizeof settings_router[0]) ||
        (config->mode == LINKMSG_CURVE && !set_curve_server(socket, config))) {
        goto out;
    }
    if (zmq_bind(socket, address) != 0) {
        rc = errno == EADDRINUSE ? E_BUSY : E_LINK;
        goto out;
    }
    *out = socket;
    socket = NULL; /* transferred */
    rc = 0;
out:
    sockets_close(&socket);
    return rc;
}

int
sockets_listen(void *context, const struct linkmsg_config *config, const char *address,
               void **socket)
{
    /* `*` is both families where there are both. */
    bool any = strncmp(address, "tcp://*:", 8) == 0;
    bool ipv6 = any || strchr(address, '[') != NULL;
    int rc = listen_once(context, config, address, ipv6, socket);
    if (rc == E_LINK && any) {
        rc = listen_once(context, config, address, false, socket);
    }
    return rc;
}

int
sockets_dial(void *context, const struct linkmsg_config *config, const char *address,
             size_t index, bool ipv6, void **socket_out, void **monitor_out)
{
    static uint64_t serial; /* a monitor's name is never used twice */
    const int events =
        ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
        ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
        ZMQ_EVENT_CONNECT_RETRIED | ZMQ_EVENT_DISCONNECTED;
    char name[48];
    int rc = E_INTERNAL;
    void *monitor = NULL;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    if (socket == NULL ||
        !set_common(socket, config, 1 + index % LINKMSG_DIALS_MAX, ipv6) ||
        !set_rows(socket, settings_dealer,
                  sizeof settings_dealer / sizeof settings_dealer[0]) ||
        (config->mode == LINKMSG_CURVE && !set_curve_client(socket, config))) {
        goto out;
    }
    snprintf(name, sizeof name, "inproc://dial-%llu", (unsigned long long)serial++);
    monitor = zmq_socket(context, ZMQ_PAIR);
    if (monitor == NULL || !set_int(monitor, ZMQ_LINGER, 0) ||
        zmq_socket_monitor(socket, name, events) != 0 ||
        zmq_connect(monitor, name) != 0) {
        goto out;
    }
    if (zmq_connect(socket, address) != 0) {
        rc = E_OPTION;
        goto out;
    }
    *socket_out = socket;
    *monitor_out = monitor;
    socket = NULL; /* transferred, both */
    monitor = NULL;
    rc = 0;
out:
    sockets_close(&socket);
    sockets_close(&monitor);
    return rc;
}

enum sockets_event
sockets_event(void *monitor)
{
    uint8_t head[6] = {0}; /* u16 event, u32 value, both in host order */
    char endpoint[8];      /* cut off and not looked at */
    uint16_t event;
    if (zmq_recv(monitor, head, sizeof head, ZMQ_DONTWAIT) != sizeof head) {
        return SOCKETS_NONE;
    }
    (void)zmq_recv(monitor, endpoint, sizeof endpoint, ZMQ_DONTWAIT);
    memcpy(&event, head, sizeof event);
    return event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED ? SOCKETS_UP : SOCKETS_OVER;
}
