/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/daemon.h"

#include "common/error.h"
#include "daemon/rekey.h"
#include "daemon/rpc/handlers.h"

#include <malloc.h>
#include <signal.h>
#include <sys/epoll.h>

enum {
    IDLE_MS = 30,       /* idle work begins so long after the last event that wrote */
    IDLE_LATE_MS = 1000, /* or at the latest now, however busy it is */
    RETRY_MS = 10000,   /* after a disk error */
    TRIM_OPS = 256,     /* written since the last time memory was given back */
    ANSWER_ARENA_BYTES = 256 * 1024,
    STACK_BYTES = 64 * 1024, /* more than it was ever seen to use */
};

/* ---- events ---- */

/* What may wait until the answers are out. */
static void
look_after(struct daemon *daemon)
{
    struct vault *vault = &daemon->vault;
    if (vault->run.core == NULL) {
        return;
    }
    uint64_t ops = core_ops_written(vault->run.core);
    uint64_t now_ms = clock_mono_ms(&daemon->clock);
    if (ops == daemon->ops_seen) {
        return;
    }
    daemon->ops_seen = ops;
    bool due = vault->ops_anchored == UINT64_MAX ||
               ops - vault->ops_anchored >= ANCHOR_OPS_MAX;
    loop_set(daemon->loop, &daemon->anchor, due ? now_ms : now_ms + ANCHOR_IDLE_MS, 0);
    if (daemon->idle_since_ms == 0) {
        daemon->idle_since_ms = now_ms;
    }
    uint64_t idle_ms = now_ms + IDLE_MS;
    uint64_t late_ms = daemon->idle_since_ms + IDLE_LATE_MS;
    loop_set(daemon->loop, &daemon->idle, idle_ms < late_ms ? idle_ms : late_ms, 0);
}

int
daemon_event(struct daemon *daemon, struct event *event)
{
    struct clock_time now;
    if (daemon->vault.run.core == NULL) {
        return E_LOCKED;
    }
    clock_now(&daemon->clock, &now);
    event->now_s = now.wall_s;
    event->mono_ms = now.mono_ms;
    event->zone_min = now.zone_min;
    int rc = run_event(&daemon->vault.run, event);
    look_after(daemon);
    return rc;
}

static void
on_tick(void *context)
{
    struct daemon *daemon = context;
    struct event event = {.type = CORE_TICK};
    if (daemon_event(daemon, &event) != 0 && daemon->vault.run.core != NULL) {
        loop_set(daemon->loop, &daemon->tick, clock_mono_ms(&daemon->clock) + RETRY_MS, 0);
    }
}

static void
on_idle(void *context)
{
    struct daemon *daemon = context;
    bool more = false;
    uint64_t now_ms = clock_mono_ms(&daemon->clock);
    daemon->idle_since_ms = 0;
    if (daemon->vault.run.store == NULL) {
        return;
    }
    int rc = store_idle(daemon->vault.run.store, &more);
    if (rc != 0) {
        /* A full disk may have room later; after an I/O error nothing is written. */
        if (store_error(daemon->vault.run.store) == 0) {
            loop_set(daemon->loop, &daemon->idle, now_ms + RETRY_MS, 0);
        }
    } else if (more) {
        loop_set(daemon->loop, &daemon->idle, now_ms, 0);
    } else if (daemon->ops_seen - daemon->ops_trimmed >= TRIM_OPS) {
        daemon->ops_trimmed = daemon->ops_seen;
        (void)malloc_trim(0);
    }
}

static void
on_anchor(void *context)
{
    struct daemon *daemon = context;
    if (daemon->vault.run.core != NULL) {
        vault_anchor(&daemon->vault);
    }
}

/* ---- open, closed, locked ---- */

static void
arm_close(struct daemon *daemon)
{
    if (daemon->vault.state == HOME_OPEN && daemon->options.closed_after_s > 0) {
        loop_set(daemon->loop, &daemon->close,
                 daemon->used_ms + (uint64_t)daemon->options.closed_after_s * 1000, 0);
    } else {
        loop_set(daemon->loop, &daemon->close, 0, 0);
    }
}

void
daemon_close(struct daemon *daemon)
{
    daemon->vault.state = HOME_CLOSED;
    loop_set(daemon->loop, &daemon->close, 0, 0);
    server_notice(daemon->server, "vault");
    (void)malloc_trim(0);
}

/* The timer isn't moved at each request; when it comes it looks how long that was. */
static void
on_close(void *context)
{
    struct daemon *daemon = context;
    uint64_t end_ms =
        daemon->used_ms + (uint64_t)daemon->options.closed_after_s * 1000;
    if (daemon->vault.state == HOME_OPEN && daemon->options.closed_after_s > 0 &&
        end_ms <= clock_mono_ms(&daemon->clock)) {
        daemon_close(daemon);
        return;
    }
    arm_close(daemon);
}

void
daemon_used(struct daemon *daemon)
{
    daemon->used_ms = clock_mono_ms(&daemon->clock);
}

static void
tell_addresses(struct daemon *daemon)
{
    const char *texts[ADDRESSES_MAX];
    struct event event = {.type = CORE_ADDRESSES, .addresses = texts};
    addresses_find(&daemon->options, daemon->link.bound, &daemon->addresses);
    for (size_t i = 0; i < daemon->addresses.count; i++) {
        texts[event.addresses_count++] = daemon->addresses.text[i];
    }
    (void)daemon_event(daemon, &event);
}

static void
tell_wishes(struct daemon *daemon, const char *changed)
{
    const struct core_wishes wishes = {
        .quiet = daemon->options.notice_quiet,
        .question_min = daemon->options.notice_question_min,
        .talk_min = daemon->options.notice_talk_min,
    };
    struct event event = {.type = CORE_WISHES, .wishes = &wishes, .option = changed};
    (void)daemon_event(daemon, &event);
}

/* Other rules, perhaps of the same offset today: all that was worked out is anew. */
static void
on_zone(void *context)
{
    tell_wishes(context, NULL);
}

/* A passphrase given before the screen locked says nothing of who is there now; one given
 * after that does, be it from elsewhere. */
void
daemon_reopened(struct daemon *daemon, bool closes)
{
    daemon_used(daemon);
    if (closes) {
        daemon->vault.state = HOME_CLOSED;
    } else {
        logind_opened(daemon->logind);
    }
    arm_close(daemon);
    server_notice(daemon->server, "vault");
}

int
daemon_started(struct daemon *daemon, bool closes)
{
    struct event event = {.type = CORE_START};
    /* Not equal to any count, so that the first look sets every timer. */
    daemon->ops_seen = UINT64_MAX;
    daemon->ops_trimmed = 0;
    int rc = daemon_event(daemon, &event);
    if (rc != 0) {
        daemon_lock(daemon);
        return rc;
    }
    tell_addresses(daemon);
    tell_wishes(daemon, NULL);
    daemon_reopened(daemon, closes);
    (void)malloc_trim(0);
    return 0;
}

/* Without it there is neither link nor unlocking: end, and be started anew. It dies with
 * us, and all it started with it. */
static void
lose_spawner(struct daemon *daemon, int error)
{
    daemon->error = error;
    loop_unwatch(daemon->loop, &daemon->spawner_watch);
    loop_stop(daemon->loop);
}

/* Functions that have returned left their variables below. */
static __attribute__((noinline)) void
wipe_stack(void)
{
    uint8_t below[STACK_BYTES];
    bytes_wipe(below, sizeof below);
}

void
daemon_lock(struct daemon *daemon)
{
    bool unlocked = daemon->vault.state == HOME_OPEN || daemon->vault.state == HOME_CLOSED;
    int rc = job_cancel(&daemon->job, E_LOCKED);
    if (rc != 0) {
        lose_spawner(daemon, rc);
    }
    linkctl_stop(&daemon->link);
    loop_set(daemon->loop, &daemon->tick, 0, 0);
    loop_set(daemon->loop, &daemon->idle, 0, 0);
    loop_set(daemon->loop, &daemon->anchor, 0, 0);
    loop_set(daemon->loop, &daemon->close, 0, 0);
    vault_lock(&daemon->vault);
    if (unlocked && daemon->server != NULL) {
        server_fail_core(daemon->server, E_LOCKED);
        server_notice(daemon->server, "vault");
    }
    wipe_stack();
    (void)malloc_trim(0);
}

int
daemon_reload(struct daemon *daemon, const char *changed)
{
    size_t line = 0;
    struct options options;
    int rc = options_load(daemon->paths.config, &options, &line);
    daemon->option_error = rc;
    if (rc != 0) {
        return rc;
    }
    daemon->options = options;
    if (daemon->vault.run.core != NULL) {
        struct core_link task;
        core_link(daemon->vault.run.core, &task);
        linkctl_configure(&daemon->link, &task, &daemon->options);
        bytes_wipe(&task, sizeof task);
        tell_addresses(daemon);
        tell_wishes(daemon, changed);
        arm_close(daemon);
    }
    return 0;
}

/* ---- what the run hands out ---- */

static void
out_send(void *context, uint32_t path, struct span frame)
{
    struct daemon *daemon = context;
    linkctl_send(&daemon->link, path, frame);
}

static void
out_reply(void *context, uint64_t client, struct span reply)
{
    struct daemon *daemon = context;
    server_reply(daemon->server, client, reply);
}

static void
out_fail(void *context, uint64_t client, uint32_t number, int error)
{
    struct daemon *daemon = context;
    server_error(daemon->server, client, number, error);
}

static void
out_notice(void *context, const char *topic)
{
    struct daemon *daemon = context;
    if (daemon->server != NULL) {
        server_notice(daemon->server, topic);
    }
}

static void
out_link(void *context)
{
    struct daemon *daemon = context;
    struct core_link task;
    core_link(daemon->vault.run.core, &task);
    linkctl_configure(&daemon->link, &task, &daemon->options);
    bytes_wipe(&task, sizeof task);
}

static void
out_rekey(void *context, uint64_t client, uint32_t number)
{
    struct daemon *daemon = context;
    if (daemon->rekeying) {
        return; /* it failed just now; the next unlock tries again */
    }
    int rc = rekey_run(&daemon->vault);
    if (daemon->vault.run.core == NULL) {
        server_error(daemon->server, client, number, rc);
        daemon_lock(daemon);
        return;
    }
    if (rc != 0) {
        vault_alert(&daemon->vault, rc);
    }
    /* Whatever became of the key, the partner is left: that was committed. */
    struct event start = {.type = CORE_START};
    daemon->rekeying = true;
    int started = daemon_event(daemon, &start);
    daemon->rekeying = false;
    server_error(daemon->server, client, number, rc != 0 ? rc : started);
    if (started != 0) {
        daemon_lock(daemon);
    } else {
        tell_addresses(daemon);
        tell_wishes(daemon, NULL);
    }
}

static void
out_wake(void *context, uint64_t mono_ms, int64_t wall_s)
{
    struct daemon *daemon = context;
    loop_set(daemon->loop, &daemon->tick, mono_ms, wall_s);
}

/* ---- link, spawner, clock ---- */

static void
on_link_event(void *context, enum event_type type, uint32_t path, struct span frame)
{
    struct daemon *daemon = context;
    struct event event = {.type = type, .path = path, .frame = frame};
    (void)daemon_event(daemon, &event); /* a frame that could not be kept comes again */
}

static void
on_link_changed(void *context)
{
    struct daemon *daemon = context;
    if (daemon->vault.run.core != NULL && daemon->link.ready) {
        struct addresses before = daemon->addresses;
        addresses_find(&daemon->options, daemon->link.bound, &daemon->addresses);
        bool same = before.count == daemon->addresses.count;
        for (size_t i = 0; same && i < before.count; i++) {
            same = span_equal(span_text(before.text[i]),
                              span_text(daemon->addresses.text[i]));
        }
        if (!same) {
            tell_addresses(daemon);
        }
    }
    if (daemon->link.error == E_LINK && daemon->vault.run.core != NULL) {
        struct event event = {.type = CORE_LINK_FAILED};
        (void)daemon_event(daemon, &event);
    }
    out_notice(daemon, "link");
}

static void
on_spawner(void *context, uint32_t events)
{
    struct daemon *daemon = context;
    struct spawner_event event;
    (void)events;
    for (;;) {
        int rc = spawner_event(&daemon->spawner, &event);
        if (rc != 0) {
            lose_spawner(daemon, rc);
            return;
        }
        if (event.type == SPAWNER_NOTHING) {
            return;
        }
        if (event.type == SPAWNER_LINK_EXITED) {
            linkctl_exited(&daemon->link, event.pid);
        } else {
            job_derived(&daemon->job, &event);
        }
        bytes_wipe(&event, sizeof event);
    }
}

static void
on_clock(void *context, uint32_t events)
{
    struct daemon *daemon = context;
    bool moved = false;
    (void)events;
    if (clock_feed(&daemon->clock, &moved) != 0) {
        loop_unwatch(daemon->loop, &daemon->clock_watch);
        clock_done(&daemon->clock);
    }
    if (moved) {
        on_tick(daemon); /* the core may have asked for none, but days have passed */
    }
}

static void
on_signal(void *context, int number)
{
    struct daemon *daemon = context;
    if (number == SIGHUP) {
        int ignored = daemon_reload(daemon, NULL); /* what was wrong is told by status */
        (void)ignored;
    } else {
        loop_stop(daemon->loop);
    }
}

/* ---- life ---- */

static enum home_state
server_state(void *context)
{
    struct daemon *daemon = context;
    /* Suspend may have outlasted the timer that was to close. */
    if (daemon->vault.state == HOME_OPEN && daemon->close.mono_ms != 0 &&
        daemon->close.mono_ms <= clock_mono_ms(&daemon->clock)) {
        on_close(daemon);
    }
    return daemon->vault.state;
}

static void
server_ask_core(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct daemon *daemon = context;
    struct event event = {.type = CORE_REQUEST, .client = client, .request = request};
    if (daemon_event(daemon, &event) == E_LOCKED && daemon->vault.run.core == NULL) {
        server_error(daemon->server, client, request->number, E_LOCKED);
    }
}

static void
server_gone(void *context, uint64_t client)
{
    struct daemon *daemon = context;
    struct event event = {.type = CORE_CLIENT_GONE, .client = client};
    (void)daemon_event(daemon, &event);
}

static void
server_used(void *context)
{
    daemon_used(context);
}

int
daemon_init(struct daemon *daemon)
{
    const struct run_out out = {
        .context = daemon,
        .send = out_send,
        .reply = out_reply,
        .fail = out_fail,
        .notice = out_notice,
        .link = out_link,
        .rekey = out_rekey,
        .wake = out_wake,
    };
    const struct linkctl_out link = {daemon, on_link_event, on_link_changed};
    size_t line = 0;
    daemon->tick = (struct loop_timer){.fn = on_tick, .context = daemon};
    daemon->idle = (struct loop_timer){.fn = on_idle, .context = daemon};
    daemon->anchor = (struct loop_timer){.fn = on_anchor, .context = daemon};
    daemon->close = (struct loop_timer){.fn = on_close, .context = daemon};
    options_defaults(&daemon->options);
    daemon->option_error = options_load(daemon->paths.config, &daemon->options, &line);
    daemon->arena = arena_new(ANSWER_ARENA_BYTES);
    int rc = daemon->arena == NULL ? E_MEMORY : loop_new(&daemon->clock, &daemon->loop);
    rc = rc != 0 ? rc : loop_signals(daemon->loop, on_signal, daemon);
    rc = rc != 0 ? rc : vault_init(&daemon->vault, &daemon->paths, &out);
    if (rc != 0) {
        return rc;
    }
    /* What the core waits for may have come, or gone, without a timer of its being due. */
    loop_clock_set(daemon->loop, on_tick, daemon);
    zone_init(&daemon->zone, daemon->loop, ZONE_FOLDER, on_zone, daemon);
    linkctl_init(&daemon->link, daemon->loop, &daemon->clock, &daemon->spawner, &link);
    daemon->job = (struct job){
        .vault = &daemon->vault,
        .spawner = &daemon->spawner,
        .clock = &daemon->clock,
        .done = handlers_job_done,
        .context = daemon,
    };
    daemon->spawner_watch = (struct loop_watch){
        .fd = daemon->spawner.fd, .fn = on_spawner, .context = daemon};
    rc = loop_watch(daemon->loop, &daemon->spawner_watch, EPOLLIN);
    if (rc == 0 && daemon->clock.fd >= 0) {
        daemon->clock_watch =
            (struct loop_watch){.fd = daemon->clock.fd, .fn = on_clock, .context = daemon};
        rc = loop_watch(daemon->loop, &daemon->clock_watch, EPOLLIN);
        if (rc != 0) { /* a plain file can't be waited for; its lines are all there */
            on_clock(daemon, 0);
            rc = 0;
        }
    }
    return rc;
}

int
daemon_listen(struct daemon *daemon, int listener)
{
    const struct server_config config = {
        .loop = daemon->loop,
        .clock = &daemon->clock,
        .table = handlers_table(),
        .context = daemon,
        .state = server_state,
        .ask_core = server_ask_core,
        .gone = server_gone,
        .used = server_used,
    };
    const struct logind_out logind = daemon_session(daemon);
    int rc = server_new(&config, listener, &daemon->server);
    return rc != 0 ? rc
                   : logind_new(daemon->loop, &daemon->clock, &logind, &daemon->logind);
}

void
daemon_done(struct daemon *daemon)
{
    if (daemon->loop != NULL && daemon->vault.secrets != NULL) {
        daemon_lock(daemon);
    }
    logind_free(daemon->logind);
    daemon->logind = NULL;
    server_free(daemon->server);
    daemon->server = NULL;
    linkctl_done(&daemon->link);
    vault_done(&daemon->vault);
    zone_done(&daemon->zone);
    loop_free(daemon->loop);
    daemon->loop = NULL;
    clock_done(&daemon->clock);
    arena_free(daemon->arena);
    daemon->arena = NULL;
    spawner_stop(&daemon->spawner);
}
