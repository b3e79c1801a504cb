/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local socket: frames, admission, clients that misbehave, watches that wait. */
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
    strcpy(world->folder, "/tmp/attune-rpc-XXXXXX");
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
    strcpy(name.sun_path, world->path);
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
watch(struct world *world, int fd, uint32_t number, uint64_t after, char *topic)
{
    struct buf out = {0};
    char name[] = "watch";
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Watch body;
    attune__local__watch__init(&body);
    body.after = after;
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

static void
test_table(void **state)
{
    const struct table table = {rows, sizeof rows / sizeof rows[0]};
    const struct table_row *row = NULL;
    Attune__Local__Request request;
    attune__local__request__init(&request);
    char read[] = "read";
    char none[] = "reader";
    (void)state;
    request.name = read;
    request.format = 0;
    assert_int_equal(table_admit(&table, &request, 9, HOME_OPEN, &row), E_PROTOCOL);
    request.format = 2;
    assert_int_equal(table_admit(&table, &request, 9, HOME_OPEN, &row), E_VERSION_NEW);
    request.format = 1;
    assert_int_equal(table_admit(&table, &request, 9, HOME_NONE, &row), E_NO_HOME);
    assert_int_equal(table_admit(&table, &request, 9, HOME_LOCKED, &row), E_LOCKED);
    assert_int_equal(table_admit(&table, &request, 9, HOME_CLOSED, &row), E_CLOSED);
    assert_int_equal(table_admit(&table, &request, 4097, HOME_OPEN, &row), E_LIMIT);
    assert_null(row);
    assert_int_equal(table_admit(&table, &request, 4096, HOME_OPEN, &row), 0);
    assert_ptr_equal(row, &rows[4]);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    assert_int_equal(table_admit(&table, &request, 9, HOME_OPEN, &row), E_USAGE);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY__NOT_SET;
    request.name = none;
    assert_int_equal(table_admit(&table, &request, 9, HOME_OPEN, &row), E_USAGE);
}

static void
test_answers(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    ask_secret(&world, fd, "echo", 7, 5);
    Attune__Local__Reply *reply = receive(&world, fd);
    assert_int_equal(reply->number, 7);
    assert_int_equal(reply->text.len, 5);
    attune__local__reply__free_unpacked(reply, NULL);
    /* The largest request there may be, then states and names. */
    ask_secret(&world, fd, "big", 8, REQUEST_BYTES_MAX - 64);
    reply = receive(&world, fd);
    assert_int_equal(reply->text.len, REQUEST_BYTES_MAX - 64);
    attune__local__reply__free_unpacked(reply, NULL);
    ask_secret(&world, fd, "echo", 9, 5000);
    expect_error(&world, fd, 9, "E_LIMIT");
    ask(&world, fd, "echo", 10); /* without its body */
    expect_error(&world, fd, 10, "E_USAGE");
    world.state = HOME_CLOSED;
    ask(&world, fd, "read", 11);
    expect_error(&world, fd, 11, "E_CLOSED");
    assert_int_equal(world.used, 0);
    ask(&world, fd, "write", 12);
    for (int i = 0; world.questions == 0 && i < TURNS_MAX; i++) {
        turn(&world);
    }
    assert_int_equal(world.used, 1);
    server_error(world.server, world.client[0], 99, E_STATE); /* nobody asked that */
    server_error(world.server, world.client[0], 12, E_STATE);
    server_error(world.server, world.client[0], 12, E_STATE); /* answered already */
    expect_error(&world, fd, 12, "E_STATE");
    assert_int_equal(recv(fd, &(char){0}, 1, MSG_DONTWAIT), -1);
    close(fd);
    world_done(&world);
}

/* One byte at a time is slow, not wrong. */
static void
test_dribble(void **state)
{
    struct world world;
    struct buf out = {0};
    char name[] = "nothing";
    Attune__Local__Request request;
    attune__local__request__init(&request);
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    request.format = 1;
    request.number = 3;
    request.name = name;
    pack(&out, &request);
    pack(&out, &request);
    for (size_t i = 0; i < out.size; i++) {
        send_all(&world, fd, out.data + i, 1);
        turn(&world);
    }
    expect_error(&world, fd, 3, "E_USAGE");
    expect_error(&world, fd, 3, "E_USAGE");
    buf_free(&out);
    close(fd);
    world_done(&world);
}

static void
test_garbage(void **state)
{
    static const struct {
        const char *bytes;
        size_t size;
        const char *error;
    } cases[] = {
        {"\0\0\0\0", 4, "E_PROTOCOL"},
        {"\xff\xff\xff\xff", 4, "E_LIMIT"},
        {"\x04\0\0\0\xff\xff\xff\xff", 8, "E_PROTOCOL"},
        {"\x03\0\0\0\xa0\x06\x01", 7, "E_PROTOCOL"}, /* field 100: not ours */
        {"\x02\0\0\0\x52\x7f", 6, "E_PROTOCOL"},     /* a body longer than the frame */
    };
    struct world world;
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = dial(&world);
        send_all(&world, fd, cases[i].bytes, cases[i].size);
        expect_error(&world, fd, 0, cases[i].error);
        assert_null(receive(&world, fd)); /* and hangs up */
        close(fd);
    }
    int fd = dial(&world);
    ask_secret(&world, fd, "echo", 1, 1); /* others are served as before */
    expect_error(&world, fd, 1, "");
    close(fd);
    world_done(&world);
}

/* Eight open questions, then silence until one is answered; none is lost. */
static void
test_pipelining(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    for (uint32_t i = 1; i <= 20; i++) {
        ask(&world, fd, "write", i);
    }
    for (int i = 0; i < 20; i++) {
        turn(&world);
    }
    assert_int_equal(world.questions, SERVER_PENDING_MAX);
    for (uint32_t i = 0; i < 20; i++) {
        for (int j = 0; world.questions <= i && j < TURNS_MAX; j++) {
            turn(&world);
        }
        assert_int_equal(world.number[i], i + 1);
        server_error(world.server, world.client[i], i + 1, 0);
        expect_error(&world, fd, i + 1, "");
    }
    close(fd);
    world_done(&world);
}

static void
test_gone_and_locked(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    int one = dial(&world);
    int two = dial(&world);
    ask(&world, one, "write", 1);
    ask(&world, two, "write", 2);
    for (int i = 0; world.questions < 2 && i < TURNS_MAX; i++) {
        turn(&world);
    }
    close(one);
    for (int i = 0; world.gone == 0 && i < TURNS_MAX; i++) {
        turn(&world);
    }
    assert_int_equal(world.gone, 1);
    assert_int_equal(world.gone_client, world.client[0]);
    server_error(world.server, world.client[0], 1, 0); /* to nobody */
    server_fail_core(world.server, E_LOCKED);
    expect_error(&world, two, 2, "E_LOCKED");
    close(two);
    for (int i = 0; i < 5; i++) {
        turn(&world);
    }
    assert_int_equal(world.gone, 1); /* it was owed nothing */
    world_done(&world);
}

static void
test_many(void **state)
{
    struct world world;
    int fds[CLIENTS_MAX];
    (void)state;
    world_init(&world);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        fds[i] = dial(&world);
        turn(&world);
    }
    int late = dial(&world);
    expect_error(&world, late, 0, "E_BUSY");
    assert_null(receive(&world, late));
    close(late);
    close(fds[3]);
    for (int i = 0; i < 3; i++) {
        turn(&world);
    }
    fds[3] = dial(&world);
    ask_secret(&world, fds[3], "echo", 4, 1);
    expect_error(&world, fds[3], 4, "");
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        close(fds[i]);
    }
    world_done(&world);
}

/* It asks and never reads: first it isn't read any more, after half a minute it goes. */
static void
test_slow_reader(void **state)
{
    struct world world;
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    ask_secret(&world, fd, "big", 1, REQUEST_BYTES_MAX - 64);
    for (int i = 0; i < 20; i++) {
        turn(&world);
    }
    ask(&world, fd, "write", 2);
    for (int i = 0; i < 20; i++) {
        turn(&world);
    }
    assert_int_equal(world.questions, 0);
    world.clock.mono_offset_ms += SERVER_STALL_MS + 1000;
    for (int i = 0; i < 3; i++) {
        turn(&world);
    }
    char sink[4096];
    ssize_t size = 0;
    while ((size = recv(fd, sink, sizeof sink, MSG_DONTWAIT)) > 0) {
    }
    /* Hung up; with what it had said unread, that is a reset. */
    assert_true(size == 0 || errno == ECONNRESET);
    close(fd);
    world_done(&world);
}

static void
test_watch(void **state)
{
    struct world world;
    char entries[] = "entries";
    char nothing[] = "presence";
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    watch(&world, fd, 1, 0, NULL); /* the first is answered at once: where we are */
    Attune__Local__Reply *reply = receive(&world, fd);
    assert_int_equal(reply->n_topics, 4);
    uint64_t serial = reply->serial;
    attune__local__reply__free_unpacked(reply, NULL);

    watch(&world, fd, 2, serial, entries);
    for (int i = 0; i < 5; i++) {
        turn(&world);
    }
    server_notice(world.server, "vault"); /* not what it waits for */
    assert_int_equal(recv(fd, &(char){0}, 1, MSG_DONTWAIT), -1);
    server_fail_core(world.server, E_LOCKED); /* a watch outlives locking */
    ask_secret(&world, fd, "echo", 3, 1);     /* and others go past it */
    expect_error(&world, fd, 3, "");
    server_notice(world.server, "entries");
    reply = receive(&world, fd);
    assert_int_equal(reply->number, 2);
    assert_int_equal(reply->n_topics, 1);
    assert_string_equal(reply->topics[0], "entries");
    assert_true(reply->serial > serial);
    attune__local__reply__free_unpacked(reply, NULL);
    watch(&world, fd, 4, 0, nothing);
    expect_error(&world, fd, 4, "E_USAGE");
    watch(&world, fd, 5, UINT64_MAX, entries); /* a serial of nobody's */
    expect_error(&world, fd, 5, "");
    close(fd);
    world_done(&world);
}

/* What may stand where the socket goes. */
static void
test_listen(void **state)
{
    char folder[] = "/tmp/attune-rpc-XXXXXX";
    char path[64];
    struct stat status;
    int fd = -1;
    int second = -1;
    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/api.sock", folder);
    assert_int_equal(listen_open(path, &fd), 0);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(listen_open(path, &second), E_RUNNING);
    close(fd); /* its name stays: a daemon that died */
    assert_int_equal(listen_open(path, &fd), 0);
    close(fd);
    assert_int_equal(unlink(path), 0);

    fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_int_equal(write(fd, "mine", 4), 4);
    close(fd);
    assert_int_equal(listen_open(path, &second), E_SOCKET);
    assert_int_equal(lstat(path, &status), 0);
    assert_int_equal(status.st_size, 4);
    assert_false(listen_valid(0));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/nowhere", path), 0);
    assert_int_equal(listen_open(path, &second), E_SOCKET);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),      cmocka_unit_test(test_answers),
        cmocka_unit_test(test_dribble),    cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_pipelining), cmocka_unit_test(test_gone_and_locked),
        cmocka_unit_test(test_many),       cmocka_unit_test(test_slow_reader),
        cmocka_unit_test(test_watch),      cmocka_unit_test(test_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
