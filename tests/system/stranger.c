/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stranger: knocks at a link with a CURVE key of its own, and says how it went.
 *
 *     stranger ADDRESS SERVER_KEY WAIT_MS COUNT BYTES
 *
 * SERVER_KEY: the link's public key in hex, or `random`, or `none` (no CURVE at all).
 * While it waits it sends COUNT messages of BYTES bytes. One line tells: "admitted" (the
 * handshake succeeded), "refused", "silence" (connected, and nothing more), "closed"
 * (nobody listens). Exit 0 whenever that line could be said.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

enum { KEY_BYTES = 32, KEY_TEXT = 41, SLICE_MS = 20 };

struct seen {
    bool connected;
    bool admitted;
    bool refused;
};

static int64_t
now_ms(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

static bool
from_hex(const char *text, uint8_t out[static KEY_BYTES])
{
    for (size_t i = 0; i < KEY_BYTES; i++) {
        char pair[3] = {text[2 * i], text[2 * i] != '\0' ? text[2 * i + 1] : '\0', '\0'};
        char *end = NULL;
        unsigned long byte = strtoul(pair, &end, 16);
        if (end != pair + 2) {
            return false;
        }
        out[i] = (uint8_t)byte;
    }
    return true;
}

/* Keys of our own, and the one we believe the other side has. */
static bool
dress(void *socket, const char *server)
{
    char public[KEY_TEXT];
    char secret[KEY_TEXT];
    char other[KEY_TEXT];
    char unused[KEY_TEXT];
    uint8_t key[KEY_BYTES];
    if (strcmp(server, "none") == 0) {
        return true;
    }
    if (zmq_curve_keypair(public, secret) != 0 || zmq_curve_keypair(other, unused) != 0) {
        return false;
    }
    if (strcmp(server, "random") != 0 &&
        (!from_hex(server, key) || zmq_z85_encode(other, key, KEY_BYTES) == NULL)) {
        return false;
    }
    return zmq_setsockopt(socket, ZMQ_CURVE_PUBLICKEY, public, KEY_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SECRETKEY, secret, KEY_TEXT) == 0 &&
           zmq_setsockopt(socket, ZMQ_CURVE_SERVERKEY, other, KEY_TEXT) == 0;
}

static void
look(void *monitor, struct seen *seen)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, monitor, ZMQ_DONTWAIT) >= 0) {
        uint16_t event = 0;
        if (zmq_msg_more(&frame) && zmq_msg_size(&frame) >= sizeof event) {
            memcpy(&event, zmq_msg_data(&frame), sizeof event);
            seen->connected = seen->connected || event == ZMQ_EVENT_CONNECTED;
            seen->admitted = seen->admitted || event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
            seen->refused = seen->refused || event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH ||
                            event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
                            event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL ||
                            event == ZMQ_EVENT_DISCONNECTED;
        }
    }
    zmq_msg_close(&frame);
}

static void
knock(void *socket, void *monitor, int64_t wait_ms, long count, size_t bytes,
      struct seen *seen)
{
    uint8_t *noise = calloc(1, bytes + 1);
    int64_t end = now_ms() + wait_ms;
    while (noise != NULL && now_ms() < end && !(count == 0 && seen->admitted)) {
        zmq_pollitem_t items[] = {{monitor, 0, ZMQ_POLLIN, 0}, {socket, 0, ZMQ_POLLIN, 0}};
        (void)zmq_poll(items, 2, SLICE_MS);
        look(monitor, seen);
        for (long i = 0; i < count; i++) {
            noise[0] = (uint8_t)rand();
            if (zmq_send(socket, noise, bytes, ZMQ_DONTWAIT) < 0) {
                break;
            }
        }
    }
    free(noise);
}

int
main(int argc, char **argv)
{
    if (argc != 6) {
        return 2;
    }
    struct seen seen = {false, false, false};
    int zero = 0;
    void *context = zmq_ctx_new();
    void *socket = zmq_socket(context, ZMQ_DEALER);
    void *monitor = zmq_socket(context, ZMQ_PAIR);
    zmq_setsockopt(socket, ZMQ_LINGER, &zero, sizeof zero);
    if (!dress(socket, argv[2]) ||
        zmq_socket_monitor(socket, "inproc://seen", ZMQ_EVENT_ALL) != 0 ||
        zmq_connect(monitor, "inproc://seen") != 0 || zmq_connect(socket, argv[1]) != 0) {
        return 2;
    }
    knock(socket, monitor, strtol(argv[3], NULL, 10), strtol(argv[4], NULL, 10),
          strtoul(argv[5], NULL, 10), &seen);
    puts(seen.admitted    ? "admitted"
         : seen.refused   ? "refused"
         : seen.connected ? "silence"
                          : "closed");
    zmq_close(socket);
    zmq_close(monitor);
    zmq_ctx_term(context);
    return 0;
}
