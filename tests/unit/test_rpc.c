/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local socket: frames, admission, clients that misbehave, watches that wait. */
#include "daemon/rpc/topics.h"
#include "tests/lib/rpc_world.h"

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
    assert_int_equal(reply->n_topics, TOPICS_COUNT);
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

/* A watch whose time came is answered without topics, also when the clock was set. */
static void
test_watch_until(void **state)
{
    struct world world;
    char entries[] = "entries";
    (void)state;
    world_init(&world);
    int fd = dial(&world);
    int64_t now_s = clock_wall_ms(&world.clock) / 1000;
    watch(&world, fd, 1, 0, entries);
    Attune__Local__Reply *reply = receive(&world, fd);
    uint64_t serial = reply->serial;
    attune__local__reply__free_unpacked(reply, NULL);
    watch_until(&world, fd, 2, serial, entries, now_s + 3600);
    for (int i = 0; i < 3; i++) {
        turn(&world);
    }
    assert_int_equal(recv(fd, &(char){0}, 1, MSG_DONTWAIT), -1);
    world.clock.wall_offset_ms += 3601 * 1000;
    reply = receive(&world, fd);
    assert_int_equal(reply->number, 2);
    assert_int_equal(reply->n_topics, 0);
    assert_int_equal(reply->serial, serial);
    attune__local__reply__free_unpacked(reply, NULL);
    watch_until(&world, fd, 3, serial, entries, 1); /* long ago */
    expect_error(&world, fd, 3, "");
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
        cmocka_unit_test(test_watch),
        cmocka_unit_test(test_watch_until),      cmocka_unit_test(test_listen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
