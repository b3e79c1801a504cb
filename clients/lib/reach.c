/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/lib/reach.h"

#include "clients/lib/attune.h"
#include "clients/lib/clock.h"
#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

enum {
    WAIT_FIRST_MS = 1000,
    WAIT_LAST_MS = 60000,
    LISTENS_MS = 20, /* a socket has its name a moment before it can be connected to */
    EVENTS_BYTES = 4096,
};

/* Once in an episode. */
static void
say(struct reach *reach, int error)
{
    if (reach->say != NULL && reach->said != error) {
        reach->say(reach->context, error);
        reach->said = error;
    }
}

static void
unwatch(struct reach *reach)
{
    if (reach->inotify >= 0) {
        close(reach->inotify);
        reach->inotify = -1;
    }
}

static void
later(struct reach *reach)
{
    reach->retry_ms = clock_ms() + backoff_next(&reach->backoff);
}

static bool
add_watch(int inotify, const char *folder)
{
    return inotify_add_watch(inotify, folder,
                             IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF |
                                 IN_ONLYDIR) >= 0;
}

/*
 * Watches the socket's folder; while there is none, the folder it will come in. Watching
 * comes before looking, so what appears in between is not missed.
 */
static bool
watch(struct reach *reach)
{
    char parent[PATHS_BYTES_MAX];
    unwatch(reach);
    reach->inotify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (reach->inotify < 0) {
        return false;
    }
    if (add_watch(reach->inotify, reach->paths->runtime_dir)) {
        return true;
    }
    memcpy(parent, reach->paths->runtime_dir, sizeof parent);
    char *slash = strrchr(parent, '/');
    if (slash == NULL || slash == parent) {
        return false;
    }
    *slash = '\0';
    bool watched = add_watch(reach->inotify, parent);
    return add_watch(reach->inotify, reach->paths->runtime_dir) || watched;
}

static const char *
last_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* Whether something came or went that is worth a try. */
static bool
read_events(struct reach *reach)
{
    union {
        struct inotify_event first;
        char bytes[EVENTS_BYTES];
    } events;
    bool found = false;
    for (;;) {
        ssize_t size = read(reach->inotify, &events, sizeof events);
        if (size <= 0) {
            return found;
        }
        for (ssize_t at = 0; at < size;) {
            struct inotify_event event;
            memcpy(&event, events.bytes + at, sizeof event);
            const char *name = event.len > 0 ? events.bytes + at + sizeof event : "";
            found |= event.len == 0 ||
                     strcmp(name, last_name(reach->paths->socket)) == 0 ||
                     strcmp(name, last_name(reach->paths->runtime_dir)) == 0;
            at += (ssize_t)(sizeof event + event.len);
        }
    }
}

static int
take(struct reach *reach, enum attune_start start)
{
    int fd = -1;
    int error = attune_connect(reach->paths, start, &fd);
    error = error == 0 ? async_new(fd, &reach->async) : error;
    if (error == 0) {
        unwatch(reach);
        reach->retry_ms = 0;
    }
    return error;
}

/* `came`: because something came just now. */
static enum reach_news
try_now(struct reach *reach, bool came)
{
    bool watched = watch(reach);
    bool nothing = access(reach->paths->socket, F_OK) != 0 && errno == ENOENT;
    int error = nothing ? E_NO_ENTRY : take(reach, ATTUNE_NO_START);
    if (error == 0) {
        return REACH_UP;
    }
    if (came) {
        backoff_reset(&reach->backoff);
    }
    /* Where nobody listens, nobody will before a new socket comes, which inotify tells. */
    bool rests =
        error == E_NO_ENTRY || (error == E_DAEMON && backoff_full(&reach->backoff));
    if (rests && watched) {
        reach->retry_ms = 0;
        return REACH_NOTHING;
    }
    if (error == E_DAEMON && came) {
        reach->retry_ms = clock_ms() + LISTENS_MS;
        return REACH_NOTHING;
    }
    if (error != E_NO_ENTRY && error != E_DAEMON) {
        say(reach, error);
    }
    later(reach);
    return REACH_NOTHING;
}

void
reach_init(struct reach *reach, const struct paths *paths, reach_say_fn *hears,
           void *context)
{
    *reach = (struct reach){.paths = paths,
                            .say = hears,
                            .context = context,
                            .inotify = -1,
                            .retry_ms = clock_ms()};
    backoff_init(&reach->backoff, WAIT_FIRST_MS, WAIT_LAST_MS);
}

int
reach_start(struct reach *reach)
{
    return take(reach, ATTUNE_START);
}

void
reach_done(struct reach *reach)
{
    async_free(reach->async);
    reach->async = NULL;
    unwatch(reach);
}

int
reach_poll(struct reach *reach, short *events, int *wait_ms)
{
    if (reach->async != NULL) {
        /* What is queued mostly goes at once; that it can't, reach_process hears. */
        if (async_poll_events(reach->async) != POLLIN &&
            async_flush(reach->async) != 0) {
            *wait_ms = 0;
        }
        *events = async_poll_events(reach->async);
        return async_fd(reach->async);
    }
    if (reach->retry_ms != 0) {
        int64_t left_ms = reach->retry_ms - clock_ms();
        left_ms = left_ms < 0 ? 0 : left_ms;
        if (*wait_ms < 0 || left_ms < *wait_ms) {
            *wait_ms = (int)left_ms;
        }
    }
    *events = POLLIN;
    return reach->inotify;
}

enum reach_news
reach_process(struct reach *reach, short revents)
{
    if (reach->async == NULL) {
        bool came = (revents & POLLIN) != 0 && read_events(reach);
        bool due = reach->retry_ms != 0 && clock_ms() >= reach->retry_ms;
        return came || due ? try_now(reach, came) : REACH_NOTHING;
    }
    if ((revents & POLLOUT) != 0 && async_flush(reach->async) != 0) {
        return REACH_DOWN;
    }
    if ((revents & (POLLIN | POLLHUP | POLLERR)) == 0) {
        return REACH_NOTHING;
    }
    return async_feed(reach->async) != 0 ? REACH_DOWN : REACH_READ;
}

void
reach_drop(struct reach *reach)
{
    async_free(reach->async);
    reach->async = NULL;
    later(reach);
    (void)watch(reach); /* else the retry alone */
}

void
reach_well(struct reach *reach)
{
    backoff_reset(&reach->backoff);
    reach->said = 0;
}
