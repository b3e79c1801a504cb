/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A notifier between a daemon that is this test and a display that only records.
 *
 * The model: one thread. world_take turns the notifier until the next request is there;
 * world_reply answers one. Whatever is waited for has a deadline.
 */
#ifndef ATTUNE_TESTS_UNIT_NOTIFIER_WORLD_H
#define ATTUNE_TESTS_UNIT_NOTIFIER_WORLD_H

#include "clients/lib/attune.h"
#include "clients/notify/notifier.h"
#include "common/error.h"
#include "tests/unit/notify_list.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
    DEADLINE_MS = 10000,
    TURN_MS = 20,
    WORLD_BYTES = 512,
    REQUEST_MAX = 8192,
};

/* -- the display -- */

struct recorder {
    struct display display;
    int event; /* an eventfd: the screen has something for us */
    unsigned shows, closes, processes;
    uint32_t id; /* a server's number; 0: none */
    bool on, alert, fixed, plain;
    bool slow;  /* what is given does not get to the screen */
    bool fresh; /* ... and has not been called back */
    char title[WORLD_BYTES], body[WORLD_BYTES], actions[WORLD_BYTES];
    /* what the next process does */
    const char *press;
    bool ends;
    enum display_end how;
};

static inline void
record_wake(struct recorder *recorder)
{
    uint64_t one = 1;
    assert_int_equal(write(recorder->event, &one, sizeof one), sizeof one);
}

static inline void
record_show(struct display *display, const struct display_notice *notice)
{
    struct recorder *recorder = (struct recorder *)display;
    recorder->shows++;
    recorder->on = recorder->fresh = true;
    if (!recorder->slow) {
        record_wake(recorder);
    }
    recorder->alert = notice->alert;
    recorder->fixed = notice->fixed;
    recorder->plain = notice->plain;
    (void)snprintf(recorder->title, WORLD_BYTES, "%s", notice->title);
    (void)snprintf(recorder->body, WORLD_BYTES, "%s", notice->body);
    recorder->actions[0] = '\0';
    for (size_t i = 0; i < notice->actions_count; i++) {
        size_t used = strlen(recorder->actions);
        (void)snprintf(recorder->actions + used, WORLD_BYTES - used, "%s%s",
                       i > 0 ? " " : "", notice->actions[i].key);
    }
}

static inline void
record_close(struct display *display)
{
    struct recorder *recorder = (struct recorder *)display;
    recorder->closes += recorder->on;
    recorder->id = 0;
    recorder->on = recorder->fresh = false;
}

static inline bool
record_place(const struct display *display, struct display_place *out)
{
    const struct recorder *recorder = (const struct recorder *)display;
    memset(out, 0, sizeof *out);
    (void)snprintf(out->server, sizeof out->server, "recorder");
    out->id = recorder->id;
    return recorder->on && recorder->id != 0;
}

static inline int
record_poll(struct display *display, short *events, int *wait_ms)
{
    (void)wait_ms;
    *events = POLLIN;
    return ((struct recorder *)display)->event;
}

static inline void
record_process(struct display *display)
{
    struct recorder *recorder = (struct recorder *)display;
    uint64_t count;
    recorder->processes++;
    assert_int_equal(read(recorder->event, &count, sizeof count), sizeof count);
    if (recorder->fresh && !recorder->slow) {
        recorder->fresh = false;
        recorder->id = recorder->id != 0 ? recorder->id : 7;
        display->calls.shown(display->calls.context);
    }
    if (recorder->press != NULL) {
        const char *press = recorder->press;
        recorder->press = NULL;
        display->calls.action(display->calls.context, press, "token");
    }
    if (recorder->ends) {
        recorder->ends = false;
        recorder->id = 0;
        recorder->on = recorder->how == DISPLAY_LOST && recorder->on;
        display->calls.ended(display->calls.context, recorder->how);
    }
}

static inline void
record_free(struct display *display)
{
    (void)display;
}

static const struct display_kind record_kind = {
    record_show, record_close, record_poll, record_place, record_process, record_free};

/* -- the world -- */

struct world {
    char folder[64];
    struct paths paths;
    int listener, peer, signals, lock;
    struct notifier *notifier;
    struct recorder recorder;
    Attune__Local__Request *request; /* taken last */
    uint64_t serial;
    uint32_t watch; /* the one that is parked */
};

static inline void
put_path(char out[PATHS_BYTES_MAX], const char *folder, const char *name)
{
    assert_true(snprintf(out, PATHS_BYTES_MAX, "%s/%s", folder, name) <
                PATHS_BYTES_MAX);
}

static inline void
world_begin_notifier(struct world *world)
{
    assert_int_equal(
        notifier_new(&world->paths, world->signals, world->lock, &world->notifier), 0);
    world->recorder.display.kind = &record_kind;
    world->recorder.display.calls = notifier_calls(world->notifier);
    notifier_display(world->notifier, &world->recorder.display, false);
}

static inline void
world_begin(struct world *world, const char *options)
{
    *world = (struct world){.listener = -1, .peer = -1, .signals = -1, .serial = 1000};
    (void)snprintf(world->folder, sizeof world->folder, "/tmp/attune-test-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    put_path(world->paths.runtime_dir, world->folder, "attune");
    put_path(world->paths.socket, world->folder, "attune/api.sock");
    put_path(world->paths.config, world->folder, "config");
    if (options != NULL) {
        FILE *file = fopen(world->paths.config, "w");
        assert_non_null(file);
        (void)fputs(options, file);
        assert_int_equal(fclose(file), 0);
    }
    put_path(world->paths.notify_lock, world->folder, "notify.lock");
    world->lock = open(world->paths.notify_lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_true(world->lock >= 0);
    world_begin_notifier(world);
    world->recorder.event = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    assert_true(world->recorder.event >= 0);
}

static inline void
world_hang_up(struct world *world)
{
    if (world->peer >= 0) {
        close(world->peer);
        world->peer = -1;
    }
}

/* The daemon's end: its socket goes with it. */
static inline void
world_stop_daemon(struct world *world)
{
    world_hang_up(world);
    if (world->listener >= 0) {
        close(world->listener);
        world->listener = -1;
        (void)unlink(world->paths.socket);
    }
}

static inline void
world_start_daemon(struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    assert_true(mkdir(world->paths.runtime_dir, 0700) == 0 || errno == EEXIST);
    memcpy(address.sun_path, world->paths.socket, strlen(world->paths.socket) + 1);
    world->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    assert_int_equal(
        bind(world->listener, (const struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(world->listener, 4), 0);
}

static inline void
world_end(struct world *world)
{
    world_stop_daemon(world);
    notifier_free(world->notifier);
    close(world->recorder.event);
    if (world->request != NULL) {
        attune__local__request__free_unpacked(world->request, NULL);
    }
    close(world->lock);
    (void)unlink(world->paths.notify_lock);
    (void)unlink(world->paths.config);
    (void)rmdir(world->paths.runtime_dir);
    assert_int_equal(rmdir(world->folder), 0);
}

static inline int64_t
world_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static inline void
world_turn(struct world *world)
{
    assert_int_equal(notifier_turn(world->notifier, TURN_MS), 0);
}

static inline void
world_accept(struct world *world)
{
    int64_t end_ms = world_ms() + DEADLINE_MS;
    while (world->peer < 0) {
        world->peer =
            accept4(world->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        assert_true(world_ms() < end_ms);
        world_turn(world);
    }
}

/* Whether a whole request waits; without taking it. */
static inline bool
world_has_request(struct world *world)
{
    uint8_t head[4];
    uint8_t data[REQUEST_MAX];
    if (recv(world->peer, head, sizeof head, MSG_PEEK) != (ssize_t)sizeof head) {
        return false;
    }
    size_t size = bytes_get_u32(head);
    assert_true(size + sizeof head <= sizeof data);
    return recv(world->peer, data, size + sizeof head, MSG_PEEK) ==
           (ssize_t)(size + sizeof head);
}

/* The next request, which is of that name. */
static inline const Attune__Local__Request *
world_take(struct world *world, const char *name)
{
    uint8_t data[REQUEST_MAX];
    int64_t end_ms = world_ms() + DEADLINE_MS;
    while (!world_has_request(world)) {
        if (world_ms() >= end_ms) {
            fail_msg("no request came, %s was expected", name);
        }
        world_turn(world);
    }
    assert_int_equal(recv(world->peer, data, 4, 0), 4);
    size_t size = bytes_get_u32(data);
    assert_int_equal(recv(world->peer, data, size, 0), size);
    if (world->request != NULL) {
        attune__local__request__free_unpacked(world->request, NULL);
    }
    world->request = attune__local__request__unpack(NULL, size, data);
    assert_non_null(world->request);
    assert_string_equal(world->request->name, name);
    return world->request;
}

static inline void
world_send(struct world *world, Attune__Local__Reply *reply)
{
    struct buf out = {0};
    size_t size = attune__local__reply__get_packed_size(reply);
    buf_put_u32(&out, (uint32_t)size);
    uint8_t *data = buf_reserve(&out, size);
    assert_non_null(data);
    attune__local__reply__pack(reply, data);
    buf_advance(&out, size);
    assert_int_equal(send(world->peer, out.data, out.size, MSG_NOSIGNAL), out.size);
    buf_free(&out);
}

/* An answer without contents to the request taken last. */
static inline void
world_answer(struct world *world, const char *error)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    reply.number = world->request->number;
    reply.error = attune_text(error);
    world_send(world, &reply);
}

/* What the daemon says of itself and of what waits. */
struct truth {
    bool gone, locked, closed, screen_locked;
    uint32_t told_today;
    int64_t silent_s;
    struct list list;
};

static inline void
world_answer_look(struct world *world, const struct truth *truth)
{
    Attune__Local__Reply reply;
    Attune__Local__Status status;
    Attune__Local__Notice *notices[64];
    attune__local__status__init(&status);
    attune__local__reply__init(&reply);
    reply.number = world_take(world, "status")->number;
    reply.status = &status;
    status.exists = !truth->gone;
    status.locked = truth->locked;
    status.closed = truth->closed;
    status.screen_locked = truth->screen_locked;
    status.partner_name = attune_bytes(span_text("Ben"));
    world_send(world, &reply);
    attune__local__reply__init(&reply);
    reply.number = world_take(world, "notices")->number;
    if (truth->locked) {
        reply.error = attune_text("E_LOCKED");
    } else {
        for (size_t i = 0; i < truth->list.count; i++) {
            notices[i] = (Attune__Local__Notice *)(uintptr_t)truth->list.pointers[i];
        }
        reply.notices = notices;
        reply.n_notices = truth->list.count;
        reply.told_today = truth->told_today;
        reply.silent_until = truth->silent_s;
        reply.now = NOW_S;
    }
    world_send(world, &reply);
}

/* The watch is parked; with that end. */
static inline void
world_take_watch(struct world *world, int64_t until_s)
{
    const Attune__Local__Request *request = world_take(world, "watch");
    world->watch = request->number;
    assert_int_equal(request->watch->until, until_s);
    assert_int_equal(request->watch->n_topics, 3);
}

/* Something changed. */
static inline void
world_change(struct world *world, const char *topic)
{
    Attune__Local__Reply reply;
    char *topics[] = {attune_text(topic)};
    attune__local__reply__init(&reply);
    reply.number = world->watch;
    reply.topics = topics;
    reply.n_topics = 1;
    reply.serial = ++world->serial;
    world_send(world, &reply);
}

/* A daemon is there, and the notifier has asked it once. */
static inline void
world_meet(struct world *world, const struct truth *truth)
{
    if (world->listener < 0) {
        world_start_daemon(world);
    }
    world_accept(world);
    world_take_watch(world, 0);
    assert_int_equal(world->request->watch->after, 0);
    world_change(world, "entries");
    world_answer_look(world, truth);
}

/* What the person does. */
static inline void
world_press(struct world *world, const char *key)
{
    world->recorder.press = key;
    record_wake(&world->recorder);
}

/* What was given gets to the screen, and so does what comes. */
static inline void
world_arrives(struct world *world)
{
    world->recorder.slow = false;
    record_wake(&world->recorder);
}

static inline void
world_ends(struct world *world, enum display_end how)
{
    world->recorder.ends = true;
    world->recorder.how = how;
    record_wake(&world->recorder);
}

static inline void
assert_told(struct world *world, const char *what, const char *letters, bool budget)
{
    const Attune__Local__Told *told = world_take(world, "told")->told;
    char keys[POLICY_ITEMS_MAX + 1] = "";
    assert_non_null(told);
    for (size_t i = 0; i < told->n_keys && i < POLICY_ITEMS_MAX; i++) {
        assert_int_equal(told->keys[i].len, ID_BYTES);
        keys[i] = (char)told->keys[i].data[0];
    }
    assert_string_equal(told->what, what);
    assert_string_equal(keys, letters);
    assert_int_equal(told->budget, budget);
}

/* -- beginnings -- */

/* A notice of a thing that waits, then the watch is parked. */
static inline void
world_meet_with_one(struct world *world, struct truth *truth, const char *options)
{
    world_begin(world, options);
    memset(truth, 0, sizeof *truth);
    list_add(&truth->list, 'a', "new", "thanks");
    world_meet(world, truth);
    world_take_watch(world, 0);
    assert_int_equal(world->request->watch->after, world->serial);
    assert_told(world, "shown", "a", true);
    truth->list.notices[0].told = NOW_S;
    world_answer(world, "");
}

/* Something changed, and was looked at; nothing was said before. */
static inline void
world_look_again(struct world *world, const struct truth *truth)
{
    world_change(world, "entries");
    world_answer_look(world, truth);
    world_take_watch(world, 0);
}

#endif
