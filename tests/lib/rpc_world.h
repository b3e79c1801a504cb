/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A server with its loop and a clock, and clients that dial it: for tests/unit/test_rpc.c. */
#ifndef ATTUNE_TESTS_RPC_WORLD_H
#define ATTUNE_TESTS_RPC_WORLD_H

#include "common/bytes.h"
#include "common/error.h"
#include "daemon/rpc/listen.h"
#include "daemon/rpc/server.h"
#include "daemon/rpc/table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { TURNS_MAX = 2000, WAIT_MS = 5, QUESTIONS_MAX = 64 };

struct world {
    char folder[64];
    char path[96];
    struct clock clock;
    struct loop *loop;
    struct server *server;
    enum home_state state;
    int used;
    int gone;
    uint64_t gone_client;
    size_t questions; /* to the core, answered by nobody but the test */
    uint64_t client[QUESTIONS_MAX];
    uint32_t number[QUESTIONS_MAX];
};

static void
run_echo(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct world *world = context;
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    reply.number = request->number;
    if (request->body_case == ATTUNE__LOCAL__REQUEST__BODY_SECRET) {
        reply.text = request->secret->passphrase;
    }
    server_answer(world->server, client, &reply);
}

static void
run_watch(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct world *world = context;
    server_watch(world->server, client, request->number, request->watch);
}

static const struct table_row rows[] = {
    {"echo", run_echo, NEEDS_NONE, ATTUNE__LOCAL__REQUEST__BODY_SECRET, true, 4096, true,
     false},
    {"big", run_echo, NEEDS_NONE, ATTUNE__LOCAL__REQUEST__BODY_SECRET, true,
     REQUEST_BYTES_MAX, true, false},
    {"watch", run_watch, NEEDS_NONE, ATTUNE__LOCAL__REQUEST__BODY_WATCH, true, 4096, false,
     false},
    {"write", NULL, NEEDS_UNLOCKED, ATTUNE__LOCAL__REQUEST__BODY_CREATE, false, 4096, false,
     true},
    {"read", NULL, NEEDS_OPEN, ATTUNE__LOCAL__REQUEST__BODY_QUERY, false, 4096, false, true},
};

static enum home_state
get_state(void *context)
{
    return ((struct world *)context)->state;
}

static void
ask_core(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct world *world = context;
    assert_true(world->questions < QUESTIONS_MAX);
    world->client[world->questions] = client;
    world->number[world->questions++] = request->number;
}

static void
on_gone(void *context, uint64_t client)
{
    struct world *world = context;
    world->gone++;
    world->gone_client = client;
}

static void
on_used(void *context)
{
    ((struct world *)context)->used++;
}

static void
world_init(struct world *world)
{
    int listener = -1;
    *world = (struct world){.state = HOME_OPEN};
    snprintf(world->folder, sizeof world->folder, "/tmp/attune-rpc-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    snprintf(world->path, sizeof world->path, "%s/api.sock", world->folder);
    clock_init(&world->clock);
    assert_int_equal(loop_new(&world->clock, &world->loop), 0);
    assert_int_equal(listen_open(world->path, &listener), 0);
    assert_true(listen_valid(listener));
    const struct server_config config = {
        .loop = world->loop,
        .clock = &world->clock,
        .table = {rows, sizeof rows / sizeof rows[0]},
        .context = world,
        .state = get_state,
        .ask_core = ask_core,
        .gone = on_gone,
        .used = on_used,
    };
    assert_int_equal(server_new(&config, listener, &world->server), 0);
}

static void
world_done(struct world *world)
{
    server_free(world->server);
    loop_free(world->loop);
    (void)unlink(world->path);
    assert_int_equal(rmdir(world->folder), 0);
}

static int
dial(const struct world *world)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    memcpy(name.sun_path, world->path, strlen(world->path) + 1);
    assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof name), 0);
    return fd;
}

static void
turn(struct world *world)
{
    assert_int_equal(loop_turn(world->loop, WAIT_MS), 0);
}

static void
send_all(struct world *world, int fd, const void *data, size_t size)
{
    const uint8_t *at = data;
    for (int i = 0; size > 0 && i < TURNS_MAX; i++) {
        ssize_t sent = send(fd, at, size, MSG_NOSIGNAL);
        if (sent > 0) {
            at += sent;
            size -= (size_t)sent;
        } else {
            turn(world);
        }
    }
    assert_int_equal(size, 0);
}

/* One frame, or NULL when the server hung up. */
static Attune__Local__Reply *
receive(struct world *world, int fd)
{
    struct buf in = {0};
    Attune__Local__Reply *reply = NULL;
    for (int i = 0; i < TURNS_MAX; i++) {
        size_t want = in.size < 4 ? 4 - in.size : 4 + bytes_get_u32(in.data) - in.size;
        ssize_t got = 0;
        if (want == 0) {
            reply = attune__local__reply__unpack(NULL, in.size - 4, in.data + 4);
            assert_non_null(reply);
            break;
        }
        uint8_t *at = buf_reserve(&in, want);
        got = recv(fd, at, want, MSG_DONTWAIT);
        if (got > 0) {
            buf_advance(&in, (size_t)got);
        } else if (got == 0 || errno != EAGAIN) {
            break;
        } else {
            turn(world);
        }
        assert_true(i < TURNS_MAX - 1);
    }
    buf_free(&in);
    return reply;
}

static void
expect_error(struct world *world, int fd, uint32_t number, const char *error)
{
    Attune__Local__Reply *reply = receive(world, fd);
    assert_non_null(reply);
    assert_int_equal(reply->number, number);
    assert_string_equal(reply->error, error);
    attune__local__reply__free_unpacked(reply, NULL);
}

static void
pack(struct buf *out, const Attune__Local__Request *request)
{
    size_t size = attune__local__request__get_packed_size(request);
    buf_put_u32(out, (uint32_t)size);
    uint8_t *at = buf_reserve(out, size);
    attune__local__request__pack(request, at);
    buf_advance(out, size);
}

static void
ask(struct world *world, int fd, const char *name, uint32_t number)
{
    struct buf out = {0};
    char text[16];
    Attune__Local__Request request;
    attune__local__request__init(&request);
    snprintf(text, sizeof text, "%s", name);
    request.format = 1;
    request.number = number;
    request.name = text;
    pack(&out, &request);
    send_all(world, fd, out.data, out.size);
    buf_free(&out);
}

static void
ask_secret(struct world *world, int fd, const char *name, uint32_t number, size_t bytes)
{
    struct buf out = {0};
    char text[16];
    uint8_t *passphrase = calloc(1, bytes);
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    snprintf(text, sizeof text, "%s", name);
    memset(passphrase, 'p', bytes);
    secret.passphrase = (ProtobufCBinaryData){bytes, passphrase};
    request.format = 1;
    request.number = number;
    request.name = text;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_SECRET;
    request.secret = &secret;
    pack(&out, &request);
    send_all(world, fd, out.data, out.size);
    buf_free(&out);
    free(passphrase);
}

static void
watch_until(struct world *world, int fd, uint32_t number, uint64_t after, char *topic,
            int64_t until_s)
{
    struct buf out = {0};
    char name[] = "watch";
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Watch body;
    attune__local__watch__init(&body);
    body.after = after;
    body.until = until_s;
    body.topics = &topic;
    body.n_topics = topic == NULL ? 0 : 1;
    request.format = 1;
    request.number = number;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_WATCH;
    request.watch = &body;
    pack(&out, &request);
    send_all(world, fd, out.data, out.size);
    buf_free(&out);
}

static inline void
watch(struct world *world, int fd, uint32_t number, uint64_t after, char *topic)
{
    watch_until(world, fd, number, after, topic, 0);
}

#endif
