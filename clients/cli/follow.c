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

int
follow_init(struct follow *follow, const struct paths *paths, const char *const *names,
            size_t count, enum attune_start start)
{
    struct follow made = {0};
    int rc = take_topics(&made, names, count);
    reach_init(&made.reach, paths, NULL, NULL);
    if (rc == 0 && start == ATTUNE_START) {
        rc = reach_start(&made.reach);
    } else if (rc == 0) {
        (void)reach_process(&made.reach, 0); /* its first try; else it is waited for */
    }
    if (rc != 0) {
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
    reach_drop(&follow->reach);
    follow->asked = false;
    follow->down = false;
}

void
follow_done(struct follow *follow)
{
    reach_done(&follow->reach);
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
    int rc = async_send(follow->reach.async, &request, NULL);
    follow->asked = rc == 0;
    return rc;
}

/* Waits for attuned. 0, E_STOPPED: nobody reads our output; E_IO. */
static int
wait_for(struct follow *follow)
{
    struct pollfd waits[2] = {{STDOUT_FILENO, 0, 0}, {-1, 0, 0}};
    int wait_ms = -1;
    waits[1].fd = reach_poll(&follow->reach, &waits[1].events, &wait_ms);
    if (poll(waits, 2, wait_ms) < 0) {
        return errno == EINTR ? 0 : E_IO;
    }
    if (waits[0].revents != 0) {
        return E_STOPPED;
    }
    follow->down = reach_process(&follow->reach, waits[1].revents) == REACH_DOWN;
    return 0;
}

/* One answer, if it is there. */
static int
hear(struct follow *follow, int64_t until_s, const Attune__Local__Reply **reply)
{
    int rc = follow->asked ? 0 : ask(follow, until_s);
    rc = rc == 0 ? async_next(follow->reach.async, reply) : rc;
    if (rc == 0 && *reply == NULL && follow->down) {
        lose(follow);
    }
    return rc;
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
    reach_well(&follow->reach);
    return true;
}

int
follow_next(struct follow *follow, int64_t until_s, enum follow_event *out,
            const Attune__Local__Reply **reply)
{
    for (;;) {
        const Attune__Local__Reply *got = NULL;
        int rc = follow->reach.async != NULL ? hear(follow, until_s, &got) : 0;
        if (got != NULL && takes(follow, got, out)) {
            *reply = got;
            return 0;
        }
        if (rc == 0 && follow->reach.async == NULL && !follow->told_gone) {
            follow->told_gone = true;
            *out = FOLLOW_GONE;
            return 0;
        }
        rc = rc == 0 ? wait_for(follow) : rc;
        if (rc == E_STOPPED) {
            *out = FOLLOW_OVER;
            return 0;
        }
        if (rc != 0) {
            return rc;
        }
    }
}
