/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/linkctl.h"

#include "common/error.h"
#include "daemon/random.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 * 1024,
    KEEP_BYTES = 64 * 1024,
    STEADY_MS = 60000, /* one that ran so long is no longer failing */
};

static void
on_retry(void *context);
static void
on_link(void *context, uint32_t events);

void
linkctl_init(struct linkctl *link, struct loop *loop, const struct clock *clock,
             struct spawner *spawner, const struct linkctl_out *out)
{
    *link = (struct linkctl){
        .loop = loop, .clock = clock, .spawner = spawner, .out = *out};
    link->watch = (struct loop_watch){.fd = -1, .fn = on_link, .context = link};
    link->retry = (struct loop_timer){.fn = on_retry, .context = link};
    buf_init(&link->in, LINKMSG_BYTES_MAX + READ_BYTES);
    buf_init(&link->queue, LINKCTL_OUT_BYTES_MAX);
}

/* Ends the process at hand; its paths stay known until `forget`. */
static void
hang_up(struct linkctl *link)
{
    loop_unwatch(link->loop, &link->watch);
    if (link->watch.fd >= 0) {
        close(link->watch.fd);
        link->watch.fd = -1;
    }
    if (link->pid != 0) {
        /* A spawner that is gone took the link with it. */
        int ignored = spawner_kill_link(link->spawner, link->pid);
        (void)ignored;
        link->pid = 0;
    }
    buf_free(&link->in);
    buf_free(&link->queue);
    buf_init(&link->in, LINKMSG_BYTES_MAX + READ_BYTES);
    buf_init(&link->queue, LINKCTL_OUT_BYTES_MAX);
    link->queue_sent = 0;
    link->ready = false;
    link->bound[0] = '\0';
}

/* Tells the core that every path of before is no more. */
static void
forget_paths(struct linkctl *link)
{
    while (link->paths_count > 0) {
        uint32_t path = link->paths[--link->paths_count];
        link->out.event(link->out.context, CORE_PATH_DOWN, path, SPAN_EMPTY);
    }
}

void
linkctl_stop(struct linkctl *link)
{
    bool was_on = link->pid != 0;
    hang_up(link);
    buf_free(&link->config);
    link->paths_count = 0;
    link->error = 0;
    link->retry_ms = 0;
    loop_set(link->loop, &link->retry, 0, 0);
    if (was_on) {
        link->out.changed(link->out.context);
    }
}

void
linkctl_done(struct linkctl *link)
{
    if (link->loop == NULL) {
        return;
    }
    hang_up(link);
    buf_free(&link->config);
    loop_drop(link->loop, &link->retry);
}

bool
linkctl_on(const struct linkctl *link)
{
    return link->ready;
}

static void
set_error(struct linkctl *link, int error)
{
    if (link->error != error) {
        link->error = error;
        link->out.changed(link->out.context);
    }
}

/* ---- start and restart ---- */

/* The link has ended, or must: again after a pause that doubles, with jitter. */
static void
fail(struct linkctl *link, int error)
{
    uint64_t now_ms = clock_mono_ms(link->clock);
    bool steady = link->started_ms != 0 && now_ms - link->started_ms >= STEADY_MS;
    hang_up(link);
    link->retry_ms = link->retry_ms == 0 || steady ? LINKCTL_RETRY_FIRST_MS
                                                   : link->retry_ms * 2;
    if (link->retry_ms > LINKCTL_RETRY_LAST_MS) {
        link->retry_ms = LINKCTL_RETRY_LAST_MS;
    }
    uint32_t wait_ms = link->retry_ms / 2 + random_below(link->retry_ms / 2 + 1);
    loop_set(link->loop, &link->retry, now_ms + wait_ms, 0);
    set_error(link, error);
    forget_paths(link);
    link->out.changed(link->out.context);
}

/* Sends what waits; 0 or E_LINK_START when the link has gone. */
static int
flush(struct linkctl *link)
{
    while (link->queue_sent < link->queue.size) {
        ssize_t size = send(link->watch.fd, link->queue.data + link->queue_sent,
                            link->queue.size - link->queue_sent,
                            MSG_DONTWAIT | MSG_NOSIGNAL);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == EAGAIN) {
            return loop_watch(link->loop, &link->watch, EPOLLIN | EPOLLOUT);
        }
        if (size < 0) {
            return E_LINK_START;
        }
        link->queue_sent += (size_t)size;
    }
    link->queue_sent = 0;
    if (link->queue.capacity > KEEP_BYTES) {
        buf_free(&link->queue);
        buf_init(&link->queue, LINKCTL_OUT_BYTES_MAX);
    } else {
        buf_clear(&link->queue);
    }
    return loop_watch(link->loop, &link->watch, EPOLLIN);
}

/* The wanted CONFIG, under a new generation, to the running link. */
static void
put_config(struct linkctl *link)
{
    struct linkmsg message = {0};
    size_t used = 0;
    if (linkmsg_take(buf_span(&link->config), LINKMSG_FROM_DAEMON, &message, &used) == 0 &&
        used > 0) {
        message.config.generation = ++link->generation;
        link->ready = false;
        linkmsg_put(&link->queue, &message);
    }
    bytes_wipe(&message, sizeof message);
    if (buf_done(&link->queue) != 0 || flush(link) != 0) {
        fail(link, E_LINK_START);
    }
}

static void
start(struct linkctl *link)
{
    int fd = -1;
    pid_t pid = 0;
    int rc = spawner_link(link->spawner, &fd, &pid);
    if (rc != 0) {
        fail(link, E_LINK_START);
        return;
    }
    link->pid = pid;
    link->watch.fd = fd;
    link->started_ms = clock_mono_ms(link->clock);
    rc = loop_watch(link->loop, &link->watch, EPOLLIN);
    if (rc != 0) {
        fail(link, E_LINK_START);
        return;
    }
    put_config(link);
}

static void
on_retry(void *context)
{
    struct linkctl *link = context;
    if (link->pid == 0 && link->config.size > 0) {
        start(link);
    }
}

void
linkctl_exited(struct linkctl *link, pid_t pid)
{
    if (pid != 0 && pid == link->pid) {
        link->pid = 0;
        fail(link, E_LINK_START);
    }
}

/* ---- the task ---- */

static void
make_config(const struct core_link *task, const struct options *options, struct buf *out)
{
    static const enum linkmsg_mode modes[] = {
        [CORE_LINK_OFF] = LINKMSG_OFF,
        [CORE_LINK_CURVE] = LINKMSG_CURVE,
        [CORE_LINK_PAIR_LISTEN] = LINKMSG_PAIR_LISTEN,
        [CORE_LINK_PAIR_JOIN] = LINKMSG_PAIR_JOIN,
    };
    struct linkmsg message = {.type = LINKMSG_CONFIG};
    struct linkmsg_config *config = &message.config;
    config->mode = modes[task->mode];
    memcpy(config->secret_key, task->curve_secret, LINKMSG_KEY_BYTES);
    memcpy(config->public_key, task->curve_public, LINKMSG_KEY_BYTES);
    memcpy(config->partner_key, task->partner_public, LINKMSG_KEY_BYTES);
    if (task->mode != CORE_LINK_PAIR_JOIN) {
        config->listen = span_text(options->link_listen);
    }
    for (size_t i = 0; i < task->addresses_count; i++) {
        struct span address = span_text(task->addresses[i]);
        /* One a partner told may be nonsense; it must not keep the others out. */
        if (config->dial_count < LINKMSG_DIALS_MAX && linkmsg_address_valid(address)) {
            config->dials[config->dial_count++] = address;
        }
    }
    linkmsg_put(out, &message);
    bytes_wipe(&message, sizeof message);
}

void
linkctl_configure(struct linkctl *link, const struct core_link *task,
                  const struct options *options)
{
    struct buf config = {0};
    if (task->mode == CORE_LINK_OFF) {
        hang_up(link);
        buf_free(&link->config);
        loop_set(link->loop, &link->retry, 0, 0);
        set_error(link, 0);
        forget_paths(link);
        link->out.changed(link->out.context);
        return;
    }
    make_config(task, options, &config);
    if (buf_done(&config) != 0) {
        buf_free(&config);
        set_error(link, E_LINK);
        return;
    }
    if (span_equal(buf_span(&config), buf_span(&link->config))) {
        buf_free(&config); /* the same again must not end the paths */
        return;
    }
    buf_free(&link->config);
    link->config = config; /* transferred */
    if (link->pid != 0) {
        put_config(link);
    } else {
        link->retry_ms = 0;
        start(link);
    }
}

void
linkctl_send(struct linkctl *link, uint32_t path, struct span frame)
{
    struct linkmsg message = {.type = LINKMSG_SEND, .path = path, .frame = frame};
    size_t waiting = link->queue.size - link->queue_sent;
    if (!link->ready || link->queue.size + frame.size + 64 > LINKCTL_OUT_BYTES_MAX) {
        return; /* the core sends it again */
    }
    linkmsg_put(&link->queue, &message);
    if (buf_done(&link->queue) != 0) {
        fail(link, E_LINK_START);
    } else if (waiting == 0 && flush(link) != 0) {
        fail(link, E_LINK_START);
    }
}

/* ---- what the link says ---- */

static void
path_up(struct linkctl *link, uint32_t path)
{
    if (link->paths_count == LINKCTL_PATHS_MAX) {
        return; /* more ways than anybody has: not one the core needs */
    }
    link->paths[link->paths_count++] = path;
    link->out.event(link->out.context, CORE_PATH_UP, path, SPAN_EMPTY);
}

static bool
path_known(const struct linkctl *link, uint32_t path, size_t *index)
{
    for (size_t i = 0; i < link->paths_count; i++) {
        if (link->paths[i] == path) {
            *index = i;
            return true;
        }
    }
    return false;
}

static void
ready(struct linkctl *link, const struct linkmsg *message)
{
    if (message->generation != link->generation) {
        return;
    }
    memcpy(link->bound, message->address.data, message->address.size);
    link->bound[message->address.size] = '\0';
    link->ready = true;
    forget_paths(link);
    if (link->error != E_LINK || message->address.size > 0) {
        set_error(link, 0);
    }
    link->out.changed(link->out.context);
}

static void
failed(struct linkctl *link, const struct linkmsg *message)
{
    if (message->generation != link->generation) {
        return;
    }
    if (message->error == E_INTERNAL) {
        fail(link, E_LINK);
    } else if (message->error == E_LINK) {
        set_error(link, E_LINK);
    }
    /* E_OPTION: one address of the partner's is no good; the rest runs. */
}

static void
handle(struct linkctl *link, const struct linkmsg *message)
{
    size_t index = 0;
    switch (message->type) {
    case LINKMSG_READY:
        ready(link, message);
        break;
    case LINKMSG_FAILED:
        failed(link, message);
        break;
    case LINKMSG_UP:
        if (link->ready && !path_known(link, message->path, &index)) {
            path_up(link, message->path);
        }
        break;
    case LINKMSG_DOWN:
        if (path_known(link, message->path, &index)) {
            link->paths[index] = link->paths[--link->paths_count];
            link->out.event(link->out.context, CORE_PATH_DOWN, message->path, SPAN_EMPTY);
        }
        break;
    case LINKMSG_FRAME:
        if (path_known(link, message->path, &index)) {
            link->out.event(link->out.context, CORE_FRAME, message->path, message->frame);
        }
        break;
    case LINKMSG_CONFIG:
    case LINKMSG_SEND:
    case LINKMSG_CLOSE_PATH:
        break; /* linkmsg_take refuses them from this side */
    }
}

/* All whole messages. The link may be another one, or gone, after each of them. */
static void
handle_all(struct linkctl *link)
{
    struct buf bytes = link->in; /* ours while the events run */
    struct linkmsg message = {0};
    pid_t pid = link->pid;
    size_t done = 0;
    size_t used = 0;
    int rc = 0;
    buf_init(&link->in, bytes.size_max);
    do {
        rc = linkmsg_take(span_slice(buf_span(&bytes), done, bytes.size),
                          LINKMSG_FROM_LINK, &message, &used);
        if (rc == 0 && used > 0) {
            handle(link, &message);
            done += used;
        }
    } while (rc == 0 && used > 0 && pid == link->pid);
    if (pid != link->pid) {
        buf_free(&bytes);
        return;
    }
    buf_consume(&bytes, done);
    if (bytes.size == 0 && bytes.capacity > KEEP_BYTES) {
        buf_free(&bytes);
    } else {
        link->in = bytes;
    }
    if (rc != 0) {
        fail(link, E_LINK_START);
    }
}

static void
on_link(void *context, uint32_t events)
{
    struct linkctl *link = context;
    if ((events & EPOLLOUT) != 0 && flush(link) != 0) {
        fail(link, E_LINK_START);
        return;
    }
    if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) == 0) {
        return;
    }
    uint8_t *at = buf_reserve(&link->in, READ_BYTES);
    ssize_t size = at == NULL ? 0 : recv(link->watch.fd, at, READ_BYTES, MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
        return;
    }
    if (size <= 0) {
        fail(link, E_LINK_START);
        return;
    }
    buf_advance(&link->in, (size_t)size);
    handle_all(link);
}
