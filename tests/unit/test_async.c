/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The client's connection over a socket pair: what is sent, what comes back in which
 * pieces, long replies, a daemon that goes away, and one that talks nonsense. Also the
 * blocking calls on top, and what attune_open says about whatever sits at the socket's
 * path.
 */
#include "clients/lib/async.h"
#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { DEADLINE_MS = 10000 };

struct pair {
    struct async *async;
    int daemon;
};

static struct pair
pair_open(void)
{
    struct pair pair = {NULL, -1};
    int ends[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(async_new(ends[0], &pair.async), 0);
    pair.daemon = ends[1];
    return pair;
}

static void
pair_close(struct pair *pair)
{
    async_free(pair->async);
    if (pair->daemon >= 0) {
        close(pair->daemon);
    }
}

static void
write_all(int fd, const void *data, size_t size)
{
    const uint8_t *rest = data;
    while (size > 0) {
        ssize_t written = write(fd, rest, size);
        if (written < 0) {
            assert_int_equal(errno, EINTR);
            continue;
        }
        rest += written;
        size -= (size_t)written;
    }
}

static void
pack_reply(struct buf *out, uint32_t number, const char *error, struct span text)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    reply.number = number;
    reply.error = attune_text(error);
    reply.text = attune_bytes(text);
    size_t size = attune__local__reply__get_packed_size(&reply);
    buf_put_u32(out, (uint32_t)size);
    uint8_t *data = buf_reserve(out, size);
    assert_non_null(data);
    attune__local__reply__pack(&reply, data);
    buf_advance(out, size);
}

static void
send_reply(int fd, uint32_t number, const char *error, struct span text)
{
    struct buf out;
    buf_init(&out, 0);
    pack_reply(&out, number, error, text);
    write_all(fd, out.data, out.size);
    buf_free(&out);
}

/* Waits for the socket, then feeds. */
static int
feed(struct async *async)
{
    struct pollfd wait = {async_fd(async), POLLIN, 0};
    assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
    return async_feed(async);
}

/* The number and name of the next request on the daemon's side. */
static uint32_t
read_request(int fd, const char *name)
{
    uint8_t data[1024];
    assert_int_equal(recv(fd, data, 4, MSG_WAITALL), 4);
    size_t size = bytes_get_u32(data);
    assert_true(size <= sizeof data);
    assert_int_equal(recv(fd, data, size, MSG_WAITALL), size);
    Attune__Local__Request *request = attune__local__request__unpack(NULL, size, data);
    assert_non_null(request);
    assert_string_equal(request->name, name);
    assert_int_equal(request->format, 1);
    uint32_t number = request->number;
    attune__local__request__free_unpacked(request, NULL);
    return number;
}

static void
test_numbers_go_up_and_replies_are_told_apart(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    uint32_t first = 0, second = 0;
    attune_request(&request, "status");
    assert_int_equal(async_poll_events(pair.async), POLLIN);
    assert_int_equal(async_send(pair.async, &request, &first), 0);
    attune_request(&request, "watch");
    assert_int_equal(async_send(pair.async, &request, &second), 0);
    assert_true(second > first);
    assert_int_equal(async_poll_events(pair.async), POLLIN | POLLOUT);
    assert_int_equal(async_flush(pair.async), 0);
    assert_int_equal(async_poll_events(pair.async), POLLIN);
    assert_int_equal(read_request(pair.daemon, "status"), first);
    assert_int_equal(read_request(pair.daemon, "watch"), second);

    assert_int_equal(async_next(pair.async, &reply), 0);
    assert_null(reply);
    assert_int_equal(async_feed(pair.async), 0); /* nothing there: does not block */
    send_reply(pair.daemon, second, "", span_text("two"));
    send_reply(pair.daemon, first, "E_LOCKED", span_text("one"));
    assert_int_equal(feed(pair.async), 0);
    assert_int_equal(async_next(pair.async, &reply), 0);
    assert_non_null(reply);
    assert_int_equal(reply->number, second);
    assert_int_equal(async_next(pair.async, &reply), 0);
    assert_non_null(reply);
    assert_int_equal(reply->number, first);
    assert_string_equal(reply->error, "E_LOCKED");
    assert_int_equal(async_next(pair.async, &reply), 0);
    assert_null(reply);
    pair_close(&pair);
}

static void
test_reply_byte_by_byte(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    const Attune__Local__Reply *reply = NULL;
    struct buf bytes;
    buf_init(&bytes, 0);
    pack_reply(&bytes, 9, "", span_text("slowly"));
    for (size_t i = 0; i < bytes.size; i++) {
        assert_null(reply);
        write_all(pair.daemon, bytes.data + i, 1);
        assert_int_equal(feed(pair.async), 0);
        assert_int_equal(async_next(pair.async, &reply), 0);
    }
    assert_non_null(reply);
    assert_true(span_equal(attune_span(reply->text), span_text("slowly")));
    buf_free(&bytes);
    pair_close(&pair);
}

/* A child writes, as the socket takes only so much at once. */
static pid_t
child_writes(struct pair *pair, struct span bytes)
{
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        write_all(pair->daemon, bytes.data, bytes.size);
        _exit(0);
    }
    close(pair->daemon);
    pair->daemon = -1;
    return child;
}

static void
test_longest_reply_then_gone(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    const Attune__Local__Reply *reply = NULL;
    const size_t size = REPLY_BYTES_MAX - 64;
    struct buf bytes;
    uint8_t *text = malloc(size);
    assert_non_null(text);
    memset(text, 'a', size);
    buf_init(&bytes, 0);
    pack_reply(&bytes, 3, "", span_of(text, size));
    pid_t child = child_writes(&pair, buf_span(&bytes));
    int fed = 0;
    while (reply == NULL && fed == 0) {
        fed = feed(pair.async);
        assert_int_equal(async_next(pair.async, &reply), 0);
    }
    assert_non_null(reply);
    assert_int_equal(reply->text.len, size);
    assert_memory_equal(reply->text.data, text, size);
    while (fed == 0) {
        fed = feed(pair.async);
    }
    assert_int_equal(fed, E_DAEMON);
    assert_int_equal(async_next(pair.async, &reply), 0);
    assert_null(reply);
    assert_int_equal(waitpid(child, NULL, 0), child);
    buf_free(&bytes);
    free(text);
    pair_close(&pair);
}

static void
test_length_over_the_limit(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    const Attune__Local__Reply *reply = NULL;
    static const uint8_t head[] = {0xff, 0xff, 0xff, 0x7f};
    write_all(pair.daemon, head, sizeof head);
    assert_int_equal(feed(pair.async), 0);
    assert_int_equal(async_next(pair.async, &reply), E_PROTOCOL);
    assert_null(reply);
    pair_close(&pair);
}

static void
test_sending_to_nobody(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    Attune__Local__Request request;
    close(pair.daemon);
    pair.daemon = -1;
    attune_request(&request, "status");
    assert_int_equal(async_send(pair.async, &request, NULL), 0);
    assert_int_equal(async_flush(pair.async), E_DAEMON); /* and no SIGPIPE */
    pair_close(&pair);
}

/* Sends until the socket is full: async keeps the rest and asks for POLLOUT. */
static void
test_slow_daemon(void **state)
{
    (void)state;
    struct pair pair = pair_open();
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    uint8_t *text = calloc(1, PAYLOAD_BYTES_MAX);
    assert_non_null(text);
    entry.snippet = attune_bytes(span_of(text, PAYLOAD_BYTES_MAX));
    attune_request(&request, "create");
    attune_with_entry(&request, &entry);
    assert_int_equal(async_send(pair.async, &request, NULL), 0);
    assert_int_equal(async_flush(pair.async), 0);
    assert_int_equal(async_poll_events(pair.async), POLLIN | POLLOUT);
    size_t got = 0;
    uint8_t data[65536];
    while ((async_poll_events(pair.async) & POLLOUT) != 0) {
        ssize_t size = read(pair.daemon, data, sizeof data);
        assert_true(size > 0);
        got += (size_t)size;
        assert_int_equal(async_flush(pair.async), 0);
    }
    assert_true(got < PAYLOAD_BYTES_MAX + 4096);
    free(text);
    pair_close(&pair);
}

/* -- the blocking layer -- */

static void
test_run(void **state)
{
    (void)state;
    int ends[2];
    struct attune *attune = NULL;
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
    assert_int_equal(attune_open_fd(ends[0], &attune), 0);
    /* The replies wait before the requests are made: numbers begin at one. */
    send_reply(ends[1], 77, "", span_text("of another request"));
    send_reply(ends[1], 1, "", span_text("fine"));
    send_reply(ends[1], 2, "E_AMBIGUOUS", SPAN_EMPTY);
    send_reply(ends[1], 3, "E_OF_THE_FUTURE", SPAN_EMPTY);
    attune_request(&request, "digest");
    assert_int_equal(attune_run(attune, &request, &reply), 0);
    assert_true(span_equal(attune_span(reply->text), span_text("fine")));
    assert_int_equal(attune_run(attune, &request, &reply), E_AMBIGUOUS);
    assert_non_null(reply);
    assert_int_equal(attune_run(attune, &request, &reply), E_INTERNAL);
    assert_non_null(reply);
    /* Dying in the middle of a word. */
    write_all(ends[1], "\x20\0\0\0ab", 6);
    shutdown(ends[1], SHUT_RDWR);
    assert_int_equal(attune_run(attune, &request, &reply), E_DAEMON);
    assert_null(reply);
    attune_close(attune);
    attune_close(NULL);
    close(ends[1]);
}

static void
test_open_tells_what_sits_there(void **state)
{
    (void)state;
    char folder[] = "/tmp/attune-test-XXXXXX";
    struct paths paths;
    struct attune *attune = NULL;
    assert_non_null(mkdtemp(folder));
    memset(&paths, 0, sizeof paths);
    (void)snprintf(paths.socket, sizeof paths.socket, "%s/api.sock", folder);
    assert_int_equal(attune_open(&paths, ATTUNE_NO_START, &attune), E_DAEMON);

    int fd = open(paths.socket, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    close(fd);
    assert_int_equal(attune_open(&paths, ATTUNE_START, &attune), E_SOCKET);
    assert_int_equal(access(paths.socket, F_OK), 0); /* left alone */
    assert_int_equal(unlink(paths.socket), 0);

    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, paths.socket, strlen(paths.socket) + 1);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(attune_open(&paths, ATTUNE_NO_START, &attune),
                     E_DAEMON); /* stale */
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(attune_open(&paths, ATTUNE_NO_START, &attune), 0);
    attune_close(attune);
    close(fd);
    assert_int_equal(unlink(paths.socket), 0);
    memset(paths.socket, 'x', PATHS_SOCKET_BYTES_MAX);
    paths.socket[PATHS_SOCKET_BYTES_MAX] = '\0';
    assert_int_equal(attune_open(&paths, ATTUNE_START, &attune), E_RUNTIME_DIR);
    assert_int_equal(rmdir(folder), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers_go_up_and_replies_are_told_apart),
        cmocka_unit_test(test_reply_byte_by_byte),
        cmocka_unit_test(test_longest_reply_then_gone),
        cmocka_unit_test(test_length_over_the_limit),
        cmocka_unit_test(test_sending_to_nobody),
        cmocka_unit_test(test_slow_daemon),
        cmocka_unit_test(test_run),
        cmocka_unit_test(test_open_tells_what_sits_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
