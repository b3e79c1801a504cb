/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A peer made of libzmq alone, to attack a link with. For one test file only; every
 * function asserts.
 */
#ifndef ATTUNE_TESTS_LIB_LINK_PEER_H
#define ATTUNE_TESTS_LIB_LINK_PEER_H

#include "tests/lib/link_end.h"

struct peer {
    void *context;
    void *socket;
    void *monitor;
};

static void
peer_init(struct peer *peer, const struct link_end *keys, const uint8_t *server_key,
          const char *address)
{
    int zero = 0;
    int two = 2; /* set now: libzmq gets stuck when it changes later */
    peer->context = zmq_ctx_new();
    peer->socket = zmq_socket(peer->context, ZMQ_DEALER);
    peer->monitor = zmq_socket(peer->context, ZMQ_PAIR);
    zmq_setsockopt(peer->socket, ZMQ_LINGER, &zero, sizeof zero);
    zmq_setsockopt(peer->socket, ZMQ_SNDHWM, &two, sizeof two);
    zmq_setsockopt(peer->monitor, ZMQ_LINGER, &zero, sizeof zero);
    if (server_key != NULL) {
        zmq_setsockopt(peer->socket, ZMQ_CURVE_SERVERKEY, server_key, 32);
        zmq_setsockopt(peer->socket, ZMQ_CURVE_PUBLICKEY, keys->public_key, 32);
        zmq_setsockopt(peer->socket, ZMQ_CURVE_SECRETKEY, keys->secret_key, 32);
    }
    assert_int_equal(zmq_socket_monitor(peer->socket, "inproc://peer", ZMQ_EVENT_ALL),
                     0);
    assert_int_equal(zmq_connect(peer->monitor, "inproc://peer"), 0);
    assert_int_equal(zmq_connect(peer->socket, address), 0);
}

static void
peer_done(struct peer *peer)
{
    zmq_socket_monitor(peer->socket, NULL, 0);
    zmq_close(peer->monitor);
    zmq_close(peer->socket);
    zmq_ctx_term(peer->context);
}

/* Waits for one of the events in the mask; which. */
static int
peer_await(struct peer *peer, int mask)
{
    for (;;) {
        uint8_t head[6];
        char endpoint[256];
        uint16_t event;
        zmq_pollitem_t wait = {.socket = peer->monitor, .events = ZMQ_POLLIN};
        assert_int_equal(zmq_poll(&wait, 1, LINK_END_DEADLINE_MS), 1);
        assert_int_equal(zmq_recv(peer->monitor, head, sizeof head, 0), sizeof head);
        assert_true(zmq_recv(peer->monitor, endpoint, sizeof endpoint, 0) >= 0);
        memcpy(&event, head, sizeof event);
        if ((event & mask) != 0) {
            return event;
        }
    }
}

enum {
    TURNED_AWAY = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
                  ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                  ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED,
    ANSWERED = TURNED_AWAY | ZMQ_EVENT_HANDSHAKE_SUCCEEDED,
};

static void
peer_say(struct peer *peer, const char *text, int flags)
{
    assert_true(zmq_send(peer->socket, text, strlen(text), flags) >= 0);
}

#endif
