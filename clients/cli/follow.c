/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/follow.h"

#include "clients/lib/async.h"
#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

static const char *const topics[] = {"entries", "notices", "pairing", "vault", "link"};

#define TOPICS (sizeof topics / sizeof topics[0])

static_assert(TOPICS <= FOLLOW_TOPICS_MAX, "every topic may be asked for");

const char *
follow_topic(size_t index)
{
    return index < TOPICS ? topics[index] : NULL;
}

static bool
topic_exists(const char *name)
{
    for (size_t i = 0; i < TOPICS; i++) {
        if (strcmp(topics[i], name) == 0) {
            return true;
        }
    }
    return false;
}

static void
on_ending(int number)
{
    (void)number;
    _exit(EXIT_DONE);
}

/* Each topic once, however often it is named. */
static int
take_topics(struct follow *follow, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        bool twice = false;
        if (!topic_exists(names[i])) {
            return E_USAGE;
        }
        for (size_t before = 0; before < i; before++) {
            twice |= strcmp(names[before], names[i]) == 0;
        }
        if (!twice) {
            follow->topics[follow->topics_count++] = attune_text(names[i]);
        }
    }
    return 0;
}

static int
reach(struct follow *follow, enum attune_start start)
{
    int fd = -1;
    int rc = attune_connect(follow->paths, start, &fd);
    return rc == 0 ? async_new(fd, &follow->async) : rc;
}

int
follow_init(struct follow *follow, const struct paths *paths, const char *const *names,
            size_t count, enum attune_start start)
{
    struct follow made = {.paths = paths, .wait_ms = FOLLOW_WAIT_FIRST_MS};
    int rc = take_topics(&made, names, count);
    rc = rc == 0 ? reach(&made, start) : rc;
    if (rc != 0 && (start == ATTUNE_START || rc == E_USAGE || rc == E_MEMORY)) {
        return rc;
    }
    /* After a start: what is forked there is to end as it always did. */
    struct sigaction ending = {.sa_handler = on_ending};
    (void)sigaction(SIGINT, &ending, NULL);
    (void)sigaction(SIGTERM, &ending, NULL);
    *follow = made;
    return 0;
}

static void
lose(struct follow *follow)
{
    async_free(follow->async);
    follow->async = NULL;
    follow->asked = false;
}

void
follow_done(struct follow *follow)
{
    lose(follow);
}

static int
ask(struct follow *follow, int64_t until_s)
{
    Attune__Local__Request request;
    Attune__Local__Watch watch;
    attune__local__watch__init(&watch);
    watch.topics = follow->topics;
    watch.n_topics = follow->topics_count;
    watch.after = follow->after;
    watch.until = until_s;
    attune_request(&request, "watch");
    attune_with_watch(&request, &watch);
    int rc = async_send(follow->async, &request, NULL);
    follow->asked = rc == 0;
    return rc;
}

/* Waits for attuned, or for so long. 0, E_STOPPED: nobody reads our output; E_IO. */
static int
wait_for(struct follow *follow, int wait_ms)
{
    struct pollfd waits[2] = {{STDOUT_FILENO, 0, 0}, {-1, 0, 0}};
    if (follow->async != NULL) {
        waits[1].fd = async_fd(follow->async);
        waits[1].events = async_poll_events(follow->async);
    }
    if (poll(waits, 2, wait_ms) < 0) {
        return errno == EINTR ? 0 : E_IO;
    }
    return waits[0].revents != 0 ? E_STOPPED : 0;
}

/* One answer, if it is there. 0; E_DAEMON: attuned is gone; others end us. */
static int
hear(struct follow *follow, const Attune__Local__Reply **reply)
{
    int gone = async_flush(follow->async);
    int fed = async_feed(follow->async); /* its last words may still wait */
    int rc = async_next(follow->async, reply);
    return rc != 0 || *reply != NULL ? rc : gone != 0 ? gone : fed;
}

/* Without attuned: waits, then tries. */
static int
try_again(struct follow *follow)
{
    int rc = wait_for(follow, follow->wait_ms);
    follow->wait_ms = follow->wait_ms >= FOLLOW_WAIT_LAST_MS / 2 ? FOLLOW_WAIT_LAST_MS
                                                                 : follow->wait_ms * 2;
    if (rc != 0) {
        return rc;
    }
    rc = reach(follow, ATTUNE_NO_START);
    return rc == E_MEMORY ? rc : 0; /* whatever else is in the way may go away */
}

/* What an answer to our watch means. A refusal ("too many clients") is no reason to hurry:
 * it is asked again as if attuned were gone. */
static bool
takes(struct follow *follow, const Attune__Local__Reply *reply, enum follow_event *out)
{
    if (reply->error[0] != '\0') {
        lose(follow);
        return false;
    }
    *out = follow->after == 0 ? FOLLOW_BEGUN : FOLLOW_NEWS;
    follow->after = reply->serial;
    follow->asked = false;
    follow->told_gone = false;
    follow->wait_ms = FOLLOW_WAIT_FIRST_MS;
    return true;
}

int
follow_next(struct follow *follow, int64_t until_s, enum follow_event *out,
            const Attune__Local__Reply **reply)
{
    int rc = 0;
    for (;;) {
        const Attune__Local__Reply *got = NULL;
        if (follow->async == NULL) {
            if (!follow->told_gone) {
                follow->told_gone = true;
                *out = FOLLOW_GONE;
                return 0;
            }
            rc = try_again(follow);
        } else {
            rc = follow->asked ? 0 : ask(follow, until_s);
            rc = rc == 0 ? hear(follow, &got) : rc;
            if (got != NULL && takes(follow, got, out)) {
                *reply = got;
                return 0;
            }
            rc = rc == 0 && follow->async != NULL ? wait_for(follow, -1) : rc;
        }
        if (rc == E_STOPPED) {
            *out = FOLLOW_OVER;
            return 0;
        }
        if (rc == E_DAEMON) {
            lose(follow);
        } else if (rc != 0) {
            return rc;
        }
    }
}
