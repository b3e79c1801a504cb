/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/notifier.h"

#include "clients/lib/clock.h"
#include "clients/lib/reach.h"
#include "clients/notify/actions.h"
#include "clients/notify/ask.h"
#include "clients/notify/deeds.h"
#include "clients/notify/look.h"
#include "clients/notify/screen.h"
#include "clients/notify/settings.h"
#include "clients/notify/trace.h"
#include "common/error.h"
#include "common/kind.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

/* After a look that failed; what changes meanwhile is looked at at once all the same. */
enum { AGAIN_S = 60 };
/* After a press that came to nothing: a server closes at once, a person doesn't. */
enum { STAYS_MS = 1000 };

/* Problems that are said once until they are over. */
enum said {
    SAID_OLD = 1 << 0,
    SAID_LOOK = 1 << 1,
    SAID_DEED = 1 << 2,
};

struct notifier {
    int signals;
    struct display *display;
    struct settings settings;
    struct reach reach;
    struct deeds deeds;
    struct look look;
    unsigned said;
    bool stopped;
    bool ends;   /* with its display */
    bool broken; /* this connection is of no use */
    bool stuck;  /* attuned is too old: until another one comes */
    bool again;  /* something changed while we looked */
    bool stale;  /* ... and what we see isn't even true of when we asked */
    bool leaves; /* the notice is to go once the display has done its work */
    struct look_memory memory;
    /* watch */
    uint32_t watch_number; /* 0: none is parked */
    uint64_t serial;
    int64_t until_s;
    /* preview */
    uint32_t preview_number; /* 0: not asked */
    struct policy policy;
    struct screen screen;
    struct trace trace;
    struct actions actions;
    int64_t
        stays_ms; /* until then, who takes the notice away is the server by itself */
};

static void
say(struct notifier *notifier, enum said what, const char *text)
{
    if ((notifier->said & what) == 0) {
        (void)fprintf(stderr, "attune-notify: %s\n", text);
        notifier->said |= what;
    }
}

static void
unsay(struct notifier *notifier, enum said what)
{
    notifier->said &= ~(unsigned)what;
}

static void
too_old(struct notifier *notifier)
{
    say(notifier, SAID_OLD, "attuned is older than this program.");
    notifier->stuck = true;
}

/* -- looking -- */

/* Parks a watch; one that is parked already with the same end stays. */
static void
park(struct notifier *notifier, int64_t until_s)
{
    if (notifier->watch_number != 0 && notifier->until_s == until_s) {
        return;
    }
    notifier->until_s = until_s;
    if (ask_watch(notifier->reach.async, notifier->serial, until_s,
                  &notifier->watch_number) != 0) {
        notifier->broken = true; /* there is no other way to wait */
    }
}

static void
look_now(struct notifier *notifier)
{
    struct policy_shown lost;
    if (deeds_lost(&notifier->deeds, &lost)) {
        screen_restore(&notifier->screen, &lost);
    }
    if (notifier->reach.async == NULL || notifier->stuck) {
        return; /* comes with the next connection */
    }
    if (look_runs(&notifier->look) || notifier->preview_number != 0) {
        notifier->again = true;
        return;
    }
    notifier->again = notifier->stale = false;
    settings_read(&notifier->settings, false);
    if (look_begin(&notifier->look, notifier->reach.async) != 0) {
        notifier->broken = true;
    }
}

/* The end of a look: the next one, or the watch. */
static void
settle(struct notifier *notifier)
{
    if (notifier->again) {
        look_now(notifier);
    } else {
        park(notifier, notifier->policy.next_s);
    }
}

static void
show(struct notifier *notifier, const Attune__Local__Entry *preview)
{
    screen_show(&notifier->screen, notifier->display, &notifier->policy,
                look_notices(&notifier->look), preview,
                buf_span(&notifier->look.partner));
}

static void
look_failed(struct notifier *notifier, int error)
{
    say(notifier, SAID_LOOK, error_text(error));
    notifier->policy = (struct policy){.next_s = (int64_t)time(NULL) + AGAIN_S};
    settle(notifier);
}

/* Both replies are there. */
static void
looked(struct notifier *notifier)
{
    const struct look *look = &notifier->look;
    bool list_is_due = look->exists && !look->locked;
    int error = look->status_error;
    if (error == 0 && list_is_due && look->notices_error != E_LOCKED) {
        error = look->notices_error;
    }
    if (error == E_USAGE) {
        too_old(notifier);
        return;
    }
    if (error != 0) {
        look_failed(notifier, error);
        return;
    }
    if (notifier->stale) {
        look_now(notifier);
        return;
    }
    unsay(notifier, SAID_LOOK | SAID_OLD);
    look_decide(look, &notifier->settings, &notifier->screen.shown, &notifier->memory,
                &notifier->policy);
    switch (notifier->policy.what) {
    case POLICY_KEEP:
        if (notifier->screen.shown.on && !notifier->screen.shown.locked) {
            screen_remember(&notifier->screen, &notifier->policy,
                            look_notices(&notifier->look),
                            notifier->screen.shown.level);
        }
        break;
    case POLICY_CLEAR:
        display_close(notifier->display);
        screen_forget(&notifier->screen);
        break;
    case POLICY_SHOW:
        if (notifier->policy.level == NOTICE_TEXT &&
            ask_preview(notifier->reach.async,
                        look_notices(&notifier->look)[notifier->policy.items[0]],
                        &notifier->preview_number) == 0) {
            return; /* goes on in previewed */
        }
        show(notifier, NULL);
        break;
    }
    settle(notifier);
}

static void
previewed(struct notifier *notifier, const Attune__Local__Reply *reply)
{
    bool found = reply->error[0] == '\0' && reply->n_entries == 1;
    if (!notifier->again) { /* else it is of yesterday already */
        show(notifier, found ? reply->entries[0] : NULL);
    }
    settle(notifier);
}

static void
watched(struct notifier *notifier, const Attune__Local__Reply *reply)
{
    int error = reply->error[0] == '\0' ? 0 : error_from_name(reply->error);
    if (error == E_USAGE) {
        too_old(notifier);
        return;
    }
    if (error != 0) {
        say(notifier, SAID_LOOK, error_text(error));
        notifier->broken = true;
        return;
    }
    reach_well(&notifier->reach);
    notifier->serial = reply->serial;
    for (size_t i = 0; i < reply->n_topics; i++) {
        if (strcmp(reply->topics[i], "vault") == 0) {
            settings_read(&notifier->settings, true);
            deeds_unlocked(&notifier->deeds);
        }
    }
    deeds_send(&notifier->deeds, notifier->reach.async); /* before we look */
    look_now(notifier);
}

static void
deed_answered(struct notifier *notifier, const Attune__Local__Reply *reply)
{
    int error = reply->error[0] == '\0' ? 0 : error_from_name(reply->error);
    switch (deeds_answered(&notifier->deeds, reply->number, error)) {
    case DEEDS_OTHERS:
        return;
    case DEEDS_TAKEN:
        unsay(notifier, SAID_DEED);
        break;
    case DEEDS_REFUSED:
        say(notifier, SAID_DEED, error_text(error));
        break;
    case DEEDS_WAITS:
        return;
    }
    deeds_send(&notifier->deeds, notifier->reach.async);
    if (deeds_rest(&notifier->deeds)) {
        look_now(notifier);
    }
}

static void
take_reply(struct notifier *notifier, const Attune__Local__Reply *reply)
{
    if (reply->number == 0) {
        return;
    }
    if (look_take(&notifier->look, reply)) {
        if (!look_runs(&notifier->look)) {
            looked(notifier);
        }
    } else if (reply->number == notifier->watch_number) {
        notifier->watch_number = 0;
        watched(notifier, reply);
    } else if (reply->number == notifier->preview_number) {
        notifier->preview_number = 0;
        previewed(notifier, reply);
    } else {
        deed_answered(notifier, reply);
    }
}

/* -- the connection -- */

static void
connected(struct notifier *notifier)
{
    notifier->stuck = false;
    notifier->broken = false;
    notifier->watch_number = 0;
    notifier->serial = 0;
    deeds_send(&notifier->deeds, notifier->reach.async);
    park(notifier, 0); /* answered at once, with the serial of now */
}

static void
disconnected(struct notifier *notifier)
{
    reach_drop(&notifier->reach);
    look_stop(&notifier->look);
    notifier->preview_number = 0;
    notifier->again = false;
    deeds_unsent(&notifier->deeds);
    screen_lower(&notifier->screen, notifier->display);
}

static void
process_reach(struct notifier *notifier, short revents)
{
    if (notifier->broken && notifier->reach.async != NULL) {
        disconnected(notifier);
        return;
    }
    enum reach_news news = reach_process(&notifier->reach, revents);
    if (news == REACH_UP) {
        connected(notifier);
    }
    while (news == REACH_READ || news == REACH_DOWN) {
        const Attune__Local__Reply *reply = NULL;
        int error = async_next(notifier->reach.async, &reply);
        if (error != 0) {
            say(notifier, SAID_LOOK, error_text(error));
            news = REACH_DOWN;
            break;
        }
        if (reply == NULL) {
            break;
        }
        take_reply(notifier, reply);
        if (notifier->broken) {
            news = REACH_DOWN;
            break;
        }
    }
    if (news == REACH_DOWN) {
        disconnected(notifier);
    }
}

/* -- what a person does -- */

static void
deed_done(struct notifier *notifier)
{
    if (notifier->reach.async != NULL && !notifier->stuck) {
        deeds_send(&notifier->deeds, notifier->reach.async);
    }
    if (notifier->preview_number != 0) {
        notifier->again = true; /* words that are on their way are of before this */
    }
}

/* Those that met a busy attuned are sent when their time comes. */
static void
deeds_due(struct notifier *notifier, int *wait_ms)
{
    if (notifier->reach.async != NULL && !notifier->stuck) {
        deeds_send(&notifier->deeds, notifier->reach.async);
        deeds_wait(&notifier->deeds, wait_ms);
    }
}

static void
tell_all(struct notifier *notifier, const char *what)
{
    deeds_told(&notifier->deeds, &notifier->screen.shown, what);
}

/* False: it could not be opened. Many servers take a notice away once something in it was
 * pressed; then it comes back. */
static bool
open_shown(struct notifier *notifier, const char *token)
{
    const char *terminal = notifier->settings.options.notice_terminal;
    bool opened = actions_open(&notifier->actions, screen_one(&notifier->screen),
                               terminal, token) == 0;
    notifier->stays_ms = opened ? 0 : clock_ms() + STAYS_MS;
    return opened;
}

static void
on_action(void *context, const char *key, const char *token)
{
    struct notifier *notifier = context;
    const struct actions_target *one = screen_one(&notifier->screen);
    if (!notifier->screen.shown.on) {
        return;
    }
    if (notifier->screen.shown.locked) {
        if (strcmp(key, "unlock") == 0) {
            actions_unlock(&notifier->actions,
                           notifier->settings.options.notice_terminal, token);
        }
        return;
    }
    if (strcmp(key, "later") == 0) {
        tell_all(notifier, "later");
    } else if (strcmp(key, "tomorrow") == 0) {
        tell_all(notifier, "tomorrow");
    } else if (strcmp(key, "open") == 0) {
        if (!open_shown(notifier, token)) {
            return;
        }
        tell_all(notifier, "done");
    } else if (one != NULL && one->has_id && act_exists(key)) {
        deeds_act(&notifier->deeds, &notifier->screen.shown, one->id, one->partner,
                  key);
    } else {
        return;
    }
    notifier->leaves = true;
    screen_forget(&notifier->screen);
    deed_done(notifier);
}

/* What was given last is seen: now attuned hears of it. Should that get lost, the next look
 * says it again. A look that was asked for before doesn't know it. */
static void
on_shown(void *context)
{
    struct notifier *notifier = context;
    ProtobufCBinaryData keys[POLICY_ITEMS_MAX];
    if (notifier->screen.shown.locked) {
        notifier->memory.lock_told = true;
        return;
    }
    size_t count = screen_arrived(&notifier->screen, keys);
    if (count == 0 || notifier->reach.async == NULL || notifier->stuck) {
        return;
    }
    (void)!ask_told(notifier->reach.async, keys, count, "shown",
                    notifier->screen.budget, notifier->screen.upto, NULL);
    notifier->stale = look_runs(&notifier->look);
    notifier->again |= notifier->stale || notifier->preview_number != 0;
}

static void
on_ended(void *context, enum display_end how)
{
    struct notifier *notifier = context;
    struct policy_shown seen = {0};
    if (how == DISPLAY_LOST) {
        notifier->stopped |= notifier->ends;
        notifier->screen.shown.lost = notifier->screen.shown.on; /* until on_ready */
        return;
    }
    if (notifier->screen.shown.locked) {
        notifier->screen.shown.on = false; /* nothing is said of what it covers */
        return;
    }
    if (clock_ms() < notifier->stays_ms) {
        notifier->screen.shown.lost = notifier->screen.shown.on;
        look_now(notifier);
        return;
    }
    if (how == DISPLAY_DISMISSED) {
        screen_given(&notifier->screen, &seen);
    }
    screen_forget(&notifier->screen);
    deeds_told(&notifier->deeds, &seen, "done");
    deed_done(notifier);
}

static void
on_ready(void *context)
{
    struct notifier *notifier = context;
    if (trace_found(&notifier->trace, notifier->display)) {
        screen_restore(&notifier->screen, &notifier->trace.shown);
        notifier->memory.lock_told |= notifier->trace.shown.locked;
        if (notifier->trace.shown.level > NOTICE_NONE &&
            notifier->reach.async == NULL) {
            display_close(
                notifier->display); /* until attuned tells of a screen that locks */
        }
    }
    look_now(notifier); /* what was lost comes back, as it is now */
}

/* -- the loop -- */

static void
process_signals(struct notifier *notifier)
{
    struct signalfd_siginfo info;
    while (read(notifier->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) {
            notifier->stopped = true;
        } else if (info.ssi_signo == SIGHUP) {
            settings_read(&notifier->settings, true);
            look_now(notifier);
        }
    }
    actions_reap(&notifier->actions, notifier->settings.options.notice_terminal);
}

static void
process_display(struct notifier *notifier)
{
    display_process(notifier->display);
    if (notifier->leaves && !notifier->screen.shown.on) {
        display_close(notifier->display);
    }
    notifier->leaves = false;
}

int
notifier_turn(struct notifier *notifier, int wait_ms)
{
    struct pollfd waits[3] = {{.fd = -1}, {.fd = -1}, {.fd = notifier->signals}};
    int display_ms = -1;
    waits[2].events = POLLIN;
    waits[1].fd = display_poll(notifier->display, &waits[1].events, &display_ms);
    deeds_due(notifier, &wait_ms);
    waits[0].fd = reach_poll(&notifier->reach, &waits[0].events, &wait_ms);
    int64_t display_due_ms = display_ms < 0 ? INT64_MAX : clock_ms() + display_ms;
    if (display_ms >= 0 && (wait_ms < 0 || display_ms < wait_ms)) {
        wait_ms = display_ms;
    }
    if (poll(waits, 3, wait_ms) < 0 && errno != EINTR) {
        return E_IO;
    }
    if (waits[2].revents != 0) {
        process_signals(notifier);
    }
    process_reach(notifier, waits[0].revents);
    if (waits[1].revents != 0 || clock_ms() >= display_due_ms) {
        process_display(notifier);
    }
    if (notifier->stopped && !notifier->ends) {
        screen_leave(&notifier->screen, notifier->display);
    }
    trace_keep(&notifier->trace, notifier->display, &notifier->screen.shown);
    return notifier->stopped ? E_STOPPED : 0;
}

/* On the way to attuned. */
static void
say_way(void *context, int error)
{
    (void)context;
    (void)fprintf(stderr, "attune-notify: %s %s\n", error_text(error),
                  error_hint(error));
}

int
notifier_new(const struct paths *paths, int signals, int lock, struct notifier **out)
{
    struct notifier *notifier = calloc(1, sizeof *notifier);
    if (notifier == NULL || look_init(&notifier->look) != 0) {
        free(notifier);
        return E_MEMORY;
    }
    notifier->signals = signals;
    reach_init(&notifier->reach, paths, say_way, NULL);
    settings_init(&notifier->settings, paths->config);
    trace_init(&notifier->trace, lock);
    *out = notifier;
    return 0;
}

void
notifier_free(struct notifier *notifier)
{
    if (notifier != NULL) {
        reach_done(&notifier->reach);
        look_done(&notifier->look);
        free(notifier);
    }
}

const struct display_place *
notifier_before(const struct notifier *notifier)
{
    return trace_place(&notifier->trace);
}

struct display_calls
notifier_calls(struct notifier *notifier)
{
    return (struct display_calls){.context = notifier,
                                  .action = on_action,
                                  .shown = on_shown,
                                  .ended = on_ended,
                                  .ready = on_ready};
}

void
notifier_display(struct notifier *notifier, struct display *display, bool ends)
{
    notifier->display = display;
    notifier->ends = ends;
    if (ends) { /* no screen of ours; what another left on one is left alone */
        trace_init(&notifier->trace, -1);
    }
}
