/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Real attuned-link processes on loopback: what the partner sends arrives, what anybody
 * else sends doesn't, and whoever attacks a link ends that link and nothing more.
 */
#include "tests/lib/link_end.h"
#include "tests/lib/link_peer.h"

#include "common/error.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static struct spawner spawner;

static int
no_derive(struct span passphrase, const uint8_t salt[SALT_BYTES], uint32_t ops,
          uint32_t mem_kib, uint8_t out[KEY_BYTES])
{
    (void)passphrase, (void)salt, (void)ops, (void)mem_kib, (void)out;
    return E_INTERNAL;
}

static int
start_spawner(void **state)
{
    (void)state;
    return spawner_start(ATTUNE_LINK_PATH, no_derive, &spawner);
}

static int
stop_spawner(void **state)
{
    (void)state;
    spawner_stop(&spawner);
    return 0;
}

/* ---- the story ---- */

static void
frames_both_ways(void **state)
{
    (void)state;
    struct couple couple;
    couple_listen(&couple, &spawner);
    couple_meet(&couple);
    couple_talk(&couple, "hello");
    uint8_t *large = malloc(LINKMSG_FRAME_BYTES_MAX);
    assert_non_null(large);
    memset(large, 0xa5, LINKMSG_FRAME_BYTES_MAX);
    struct span frame = span_of(large, LINKMSG_FRAME_BYTES_MAX);
    link_end_send(&couple.ben, couple.ben_path, frame);
    link_end_expect_frame(&couple.ana, couple.ana_path, frame);
    link_end_send(&couple.ana, couple.ana_path, frame);
    link_end_expect_frame(&couple.ben, couple.ben_path, frame);
    free(large);
    /* A path that never was is one that has just gone. */
    link_end_send(&couple.ana, 9999, span_text("x"));
    couple_talk(&couple, "still there");
    couple_done(&couple);
}

static void
killed_and_restarted(void **state)
{
    (void)state;
    struct couple couple;
    char bound[sizeof couple.ana.bound];
    couple_listen(&couple, &spawner);
    couple_meet(&couple);
    memcpy(bound, couple.ana.bound, sizeof bound);
    assert_int_equal(spawner_kill_link(&spawner, couple.ana.pid), 0);
    int status = link_end_await_exit(&couple.ana);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    struct linkmsg down = link_end_expect(&couple.ben, LINKMSG_DOWN);
    assert_int_equal(down.path, couple.ben_path);
    link_end_start(&couple.ana);
    link_end_config(&couple.ana, LINKMSG_CURVE, couple.ben.public_key, bound, NULL);
    link_end_ready(&couple.ana);
    assert_string_equal(couple.ana.bound, bound);
    uint32_t before = couple.ben_path;
    couple.ben_path = link_end_up(&couple.ben, LINKMSG_OUTBOUND);
    couple.ana_path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    assert_int_not_equal(couple.ben_path, before);
    couple_talk(&couple, "again");
    /* The dialling one dies: the listener notices when it sends, or at the new path. */
    assert_int_equal(spawner_kill_link(&spawner, couple.ben.pid), 0);
    link_end_await_exit(&couple.ben);
    link_end_start(&couple.ben);
    before = couple.ana_path;
    couple_meet(&couple);
    couple_talk(&couple, "and again");
    link_end_send(&couple.ana, before, span_text("into the void"));
    assert_int_equal(link_end_expect(&couple.ana, LINKMSG_DOWN).path, before);
    couple_done(&couple);
}

/* Nothing but the couple's own UP and words may come after whatever was tried. */
static void
strangers_stay_out(void **state)
{
    (void)state;
    struct couple couple;
    struct link_end stranger = {0};
    uint8_t other_key[32];
    uint8_t other_secret[32];
    link_end_keys(stranger.secret_key, stranger.public_key);
    link_end_keys(other_secret, other_key);
    couple_listen(&couple, &spawner);
    const uint8_t *server_keys[] = {couple.ana.public_key, other_key, NULL};
    for (size_t i = 0; i < 3; i++) {
        struct peer peer;
        peer_init(&peer, &stranger, server_keys[i], couple.ana.bound);
        peer_say(&peer, "let me in", ZMQ_DONTWAIT);
        assert_int_not_equal(peer_await(&peer, ANSWERED),
                             ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
        peer_done(&peer);
    }
    couple_meet(&couple);
    couple_talk(&couple, "only us");
    couple_done(&couple);
}

/* While nobody answers ZAP's questions, nobody gets in, then or later. */
static void
stranger_at_a_stopped_link(void **state)
{
    (void)state;
    struct couple couple;
    struct link_end stranger = {0};
    struct peer peer;
    link_end_keys(stranger.secret_key, stranger.public_key);
    couple_listen(&couple, &spawner);
    assert_int_equal(kill(couple.ana.pid, SIGSTOP), 0);
    peer_init(&peer, &stranger, couple.ana.public_key, couple.ana.bound);
    peer_await(&peer, ZMQ_EVENT_CONNECTED); /* by the kernel's backlog */
    peer_say(&peer, "let me in", ZMQ_DONTWAIT);
    assert_int_equal(kill(couple.ana.pid, SIGCONT), 0);
    assert_int_not_equal(peer_await(&peer, ANSWERED), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    couple_meet(&couple);
    couple_talk(&couple, "only us");
    peer_done(&peer);
    couple_done(&couple);
}

/* The partner's own key in hands that mean ill. */
static void
admitted_multipart(void **state)
{
    (void)state;
    struct couple couple;
    struct peer peer;
    couple_listen(&couple, &spawner);
    peer_init(&peer, &couple.ben, couple.ana.public_key, couple.ana.bound);
    assert_int_equal(peer_await(&peer, ANSWERED), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    for (int i = 0; i < 100; i++) {
        peer_say(&peer, "part", ZMQ_SNDMORE);
    }
    peer_say(&peer, "last part", 0);
    peer_say(&peer, "whole", 0);
    uint32_t path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    link_end_expect_frame(&couple.ana, path, span_text("whole"));
    peer_done(&peer);
    couple_done(&couple);
}

/* True when the link of this end has died; its end of the socketpair went first. */
static bool
link_died(const struct link_end *end)
{
    struct pollfd look = {.fd = end->fd, .events = POLLIN};
    return poll(&look, 1, 0) == 1 && (look.revents & POLLHUP) != 0;
}

/*
 * One message of 512 MiB in parts of 1 MiB, each within MAXMSGSIZE: libzmq has no bound
 * for it, the link's address space has. The link hangs up or dies of it; the spawner and
 * whoever plays attuned here don't.
 */
static void
admitted_flood(void **state)
{
    (void)state;
    struct couple couple;
    struct peer peer;
    zmq_msg_t part;
    if (RUNNING_ON_VALGRIND) { /* encrypts a flood of 512 MiB for minutes */
        skip();
    }
    couple_listen(&couple, &spawner);
    peer_init(&peer, &couple.ben, couple.ana.public_key, couple.ana.bound);
    assert_int_equal(peer_await(&peer, ANSWERED), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    assert_int_equal(zmq_msg_init_size(&part, 1024 * 1024), 0);
    memset(zmq_msg_data(&part), 0, 1024 * 1024);
    for (int i = 0; i < 512; i++) { /* copies share the one megabyte */
        zmq_msg_t copy;
        zmq_msg_init(&copy);
        assert_int_equal(zmq_msg_copy(&copy, &part), 0);
        assert_true(zmq_msg_send(&copy, peer.socket, ZMQ_SNDMORE) >= 0);
    }
    zmq_msg_close(&part);
    peer_say(&peer, "end", 0);
#ifndef ATTUNE_SANITIZE /* there the address space has no bound, and the flood ends */
    peer_await(&peer, ZMQ_EVENT_DISCONNECTED);
#endif
    peer_done(&peer);
    if (link_died(&couple.ana)) {
        link_end_await_exit(&couple.ana);
        link_end_start(&couple.ana);
    }
    link_end_config(&couple.ana, LINKMSG_CURVE, couple.ben.public_key,
                    LINK_END_ANY_PORT, NULL);
    link_end_ready(&couple.ana);
    couple_meet(&couple);
    couple_talk(&couple, "unharmed");
    couple_done(&couple);
}

/* The value of a line of /proc/PID/status. */
static unsigned long
status_of(pid_t pid, const char *name)
{
    char path[64];
    char line[256];
    unsigned long value = ULONG_MAX;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            value = strtoul(line + strlen(name), NULL, 10);
        }
    }
    fclose(file);
    return value;
}

/*
 * attuned that doesn't read: the link holds a bounded number of frames and then stops
 * its partner by TCP; what it took arrives whole and in order once attuned reads again.
 */
static void
backpressure(void **state)
{
    (void)state;
    enum { HELD_MAX = 100, STALLED_MS = 1000 };
    static uint8_t frame[1024 * 1024];
    struct couple couple;
    struct peer peer;
    uint32_t sent = 0;
    int timeout_ms = STALLED_MS;
    couple_listen(&couple, &spawner);
    peer_init(&peer, &couple.ben, couple.ana.public_key, couple.ana.bound);
    assert_int_equal(peer_await(&peer, ANSWERED), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    zmq_setsockopt(peer.socket, ZMQ_SNDTIMEO, &timeout_ms, sizeof timeout_ms);
    while (sent < HELD_MAX) {
        bytes_set_u32(frame, sent);
        if (zmq_send(peer.socket, frame, sizeof frame, 0) < 0) {
            assert_int_equal(errno, EAGAIN);
            break;
        }
        sent++;
    }
    assert_in_range(sent, 4, HELD_MAX - 1);
#ifndef ATTUNE_SANITIZE
    assert_in_range(status_of(couple.ana.pid, "VmPeak:"), 1, 96 * 1024);
#endif
    uint32_t path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    for (uint32_t i = 0; i < sent; i++) {
        bytes_set_u32(frame, i);
        link_end_expect_frame(&couple.ana, path, span_of(frame, sizeof frame));
    }
    peer_done(&peer);
    couple_meet(&couple);
    couple_talk(&couple, "at last");
    couple_done(&couple);
}

static void
address_taken(void **state)
{
    (void)state;
    struct couple couple;
    couple_listen(&couple, &spawner);
    link_end_config(&couple.ben, LINKMSG_CURVE, couple.ana.public_key, couple.ana.bound,
                    couple.ana.bound);
    struct linkmsg failed = link_end_expect(&couple.ben, LINKMSG_FAILED);
    assert_int_equal(failed.error, E_LINK);
    assert_int_equal(failed.generation, couple.ben.generation);
    link_end_ready(&couple.ben);
    assert_string_equal(couple.ben.bound, "");
    couple.ben_path =
        link_end_up(&couple.ben, LINKMSG_OUTBOUND); /* dials all the same */
    couple.ana_path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    couple_talk(&couple, "hello");
    couple_done(&couple);
}

static void
nonsense_ends_the_link(void **state)
{
    (void)state;
    struct link_end end;
    link_end_init(&end, &spawner);
    assert_int_equal(send(end.fd, "\0\0\0\0\0", 5, 0), 5);
    int status = link_end_await_exit(&end);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) != 0);
}

static void
pairing(void **state)
{
    (void)state;
    struct couple couple;
    struct peer peer;
    uint8_t frame[LINKMSG_PAIR_FRAME_BYTES_MAX + 1] = {1};
    struct span whole = span_of(frame, LINKMSG_PAIR_FRAME_BYTES_MAX);
    couple_listen(&couple, &spawner); /* with CURVE; then, at the same port, without */
    link_end_config(&couple.ana, LINKMSG_PAIR_LISTEN, NULL, couple.ana.bound, NULL);
    link_end_ready(&couple.ana);
    link_end_config(&couple.ben, LINKMSG_PAIR_JOIN, NULL, NULL, couple.ana.bound);
    link_end_ready(&couple.ben);
    couple.ben_path = link_end_up(&couple.ben, LINKMSG_OUTBOUND);
    couple.ana_path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    link_end_send(&couple.ben, couple.ben_path, span_of(frame, sizeof frame)); /* no */
    link_end_send(&couple.ben, couple.ben_path, whole);
    link_end_expect_frame(&couple.ana, couple.ana_path, whole);
    link_end_send(&couple.ana, couple.ana_path, span_of(frame, sizeof frame)); /* no */
    link_end_send(&couple.ana, couple.ana_path, whole);
    link_end_expect_frame(&couple.ben, couple.ben_path, whole);
    peer_init(&peer, NULL, NULL, couple.ana.bound);
    assert_int_equal(zmq_send(peer.socket, frame, sizeof frame, 0), sizeof frame);
    peer_await(&peer, ZMQ_EVENT_DISCONNECTED);
    peer_done(&peer);
    couple_talk(&couple, "nothing of that");
    /* Back to CURVE: now only the partner gets in. */
    link_end_config(&couple.ana, LINKMSG_CURVE, couple.ben.public_key, couple.ana.bound,
                    NULL);
    link_end_ready(&couple.ana);
    peer_init(&peer, NULL, NULL, couple.ana.bound);
    assert_int_not_equal(peer_await(&peer, ANSWERED), ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
    peer_done(&peer);
    couple_meet(&couple);
    couple_talk(&couple, "paired");
    couple_done(&couple);
}

static void
closed_paths_rest(void **state)
{
    (void)state;
    struct couple couple;
    couple_listen(&couple, &spawner);
    couple_meet(&couple);
    link_end_put(&couple.ben, &(struct linkmsg){.type = LINKMSG_CLOSE_PATH,
                                                .path = couple.ben_path});
    link_end_send(&couple.ben, couple.ben_path, span_text("not sent"));
    link_end_config(&couple.ben, LINKMSG_CURVE, couple.ana.public_key, NULL,
                    couple.ana.bound);
    struct linkmsg message = link_end_expect(&couple.ben, LINKMSG_READY); /* no DOWN */
    assert_int_equal(message.generation, couple.ben.generation);
    couple.ben_path = link_end_up(&couple.ben, LINKMSG_OUTBOUND);
    couple.ana_path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    couple_talk(&couple, "again");
    couple_done(&couple);
}

/* A name that nobody knows doesn't stop the one that is known: the resolver works inside
 * the sandbox, and each address has a thread of its own. */
static void
dials_by_name(void **state)
{
    (void)state;
    struct couple couple;
    char address[64];
    couple_listen(&couple, &spawner);
    snprintf(address, sizeof address, "tcp://localhost%s",
             strrchr(couple.ana.bound, ':'));
    struct linkmsg message = {.type = LINKMSG_CONFIG};
    message.config.generation = ++couple.ben.generation;
    message.config.mode = LINKMSG_CURVE;
    memcpy(message.config.secret_key, couple.ben.secret_key, LINKMSG_KEY_BYTES);
    memcpy(message.config.public_key, couple.ben.public_key, LINKMSG_KEY_BYTES);
    memcpy(message.config.partner_key, couple.ana.public_key, LINKMSG_KEY_BYTES);
    message.config.dials[0] = span_text("tcp://nobody.invalid:7400");
    message.config.dials[1] = span_text(address);
    message.config.dial_count = 2;
    link_end_put(&couple.ben, &message);
    link_end_ready(&couple.ben);
    couple.ben_path = link_end_up(&couple.ben, LINKMSG_OUTBOUND);
    couple.ana_path = link_end_up(&couple.ana, LINKMSG_INBOUND);
    couple_talk(&couple, "hello");
    couple_done(&couple);
}

static void
sandboxed(void **state)
{
    (void)state;
    struct couple couple;
    couple_listen(&couple, &spawner);
    assert_int_equal(status_of(couple.ana.pid, "NoNewPrivs:"), 1);
    assert_int_equal(status_of(couple.ana.pid, "Seccomp:"), 2);
#ifndef ATTUNE_SANITIZE
    assert_in_range(status_of(couple.ana.pid, "VmPeak:"), 1, 128 * 1024);
    assert_in_range(status_of(couple.ana.pid, "VmHWM:"), 1, 24 * 1024);
#endif
    couple_done(&couple);
}

/* Figures for the bench: only when asked for, they are no test. */
static void
speed(void **state)
{
    (void)state;
    enum { TRIPS = 2000, FRAMES = 400, WINDOW = 4 };
    if (getenv("ATTUNE_BENCH") == NULL) {
        skip();
    }
    struct couple couple;
    static uint8_t frame[1024 * 1024];
    couple_listen(&couple, &spawner);
    couple_meet(&couple);
    uint64_t start = link_end_now_us();
    for (int i = 0; i < TRIPS; i++) {
        link_end_send(&couple.ben, couple.ben_path, span_of(frame, 1024));
        link_end_expect(&couple.ana, LINKMSG_FRAME);
        link_end_send(&couple.ana, couple.ana_path, span_of(frame, 1024));
        link_end_expect(&couple.ben, LINKMSG_FRAME);
    }
    uint64_t trips_us = link_end_now_us() - start;
    start = link_end_now_us();
    for (int i = 0; i < FRAMES + WINDOW; i++) {
        if (i >= WINDOW) {
            link_end_expect(&couple.ana, LINKMSG_FRAME);
        }
        if (i < FRAMES) {
            link_end_send(&couple.ben, couple.ben_path, span_of(frame, sizeof frame));
        }
    }
    uint64_t bulk_us = link_end_now_us() - start;
    printf("round trip of 1 KiB: %.1f us; bulk: %.1f MiB/s\n", (double)trips_us / TRIPS,
           FRAMES * 1e6 / (double)bulk_us);
    couple_done(&couple);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_spawner, stop_spawner)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(frames_both_ways),
        TEST(killed_and_restarted),
        TEST(strangers_stay_out),
        TEST(stranger_at_a_stopped_link),
        TEST(admitted_multipart),
        TEST(admitted_flood),
        TEST(backpressure),
        TEST(address_taken),
        TEST(pairing),
        TEST(nonsense_ends_the_link),
        TEST(closed_paths_rest),
        TEST(dials_by_name),
        TEST(sandboxed),
        TEST(speed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
