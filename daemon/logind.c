/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sd-bus between the loop and logind. A signal that somebody addresses to us alone passes
 * by every match rule, so each handler looks at the sender: NAME's owner of this moment,
 * which the bus itself told.
 *
 * To add a signal: a member in on_manager or on_session, or a rule in `rules`.
 */
#include "daemon/logind.h"

#include "common/backoff.h"
#include "common/error.h"
#include "daemon/screens.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <time.h>
#include <unistd.h>

#define NAME "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER NAME ".Manager"
#define SESSION NAME ".Session"
#define DRIVER "org.freedesktop.DBus"
#define PROPERTIES DRIVER ".Properties"

enum {
    PROPERTIES_MAX = 128, /* of one session; logind has some thirty */
    LISTED_MAX = 1024,    /* sessions of all people here */
    MESSAGES_MAX = 32,    /* taken in one turn */
    OWNER_BYTES = 256,    /* what the bus allows a name */
    RETRY_FIRST_MS = 1000,
    RETRY_LAST_MS = 600000,
};

struct logind {
    struct loop *loop;
    const struct clock *clock;
    struct logind_out out;
    sd_bus *bus;
    struct loop_watch watch;
    struct loop_timer timeout; /* sd-bus's own */
    struct loop_timer retry;
    struct backoff backoff;
    bool answered; /* there is a bus: one has answered */
    bool locked;   /* told last */
    bool sleeping;
    int inhibitor; /* -1: none */
    char owner[OWNER_BYTES];
    struct screen screens[SCREENS_MAX];
};

static void
update(struct logind *logind);

/* ---- questions ---- */

/* One call without waiting; nobody is started by it. What fails here is asked again by a
 * later event, or the connection is gone and that is noticed there. */
static void
ask(struct logind *logind, sd_bus_slot **slot, const char *const where[static 3],
    const char *member, sd_bus_message_handler_t handler, void *context,
    const char *types, ...)
{
    sd_bus_message *call = NULL;
    va_list list;
    va_start(list, types);
    if (sd_bus_message_new_method_call(logind->bus, &call, where[0], where[1], where[2],
                                       member) >= 0 &&
        sd_bus_message_appendv(call, types, list) >= 0 &&
        sd_bus_message_set_auto_start(call, 0) >= 0) {
        (void)sd_bus_call_async(logind->bus, slot, call, handler, context, 0);
    }
    va_end(list);
    sd_bus_message_unref(call);
}

static bool
failed(sd_bus_message *reply)
{
    return sd_bus_message_is_method_error(reply, NULL) != 0;
}

static bool
from_logind(const struct logind *logind, sd_bus_message *message)
{
    const char *sender = sd_bus_message_get_sender(message);
    return sender != NULL && logind->owner[0] != '\0' &&
           strcmp(sender, logind->owner) == 0;
}

/* ---- the screens of our sessions ---- */

static void
tell_screen(struct logind *logind)
{
    bool locked = screens_locked(logind->screens);
    if (locked != logind->locked) {
        logind->locked = locked;
        logind->out.screen(logind->out.context, locked);
    }
}

/* Whoever opened the journal meanwhile is closed out by each lock anew. */
static void
tell_locked(struct logind *logind)
{
    logind->locked = true;
    logind->out.screen(logind->out.context, true);
}

/* Nobody will tell whose it was any more; if it was locked, it may have been ours. */
static void
forget(struct logind *logind, struct screen *screen)
{
    bool missed = screen->missed;
    sd_bus_slot_unref(screen->question);
    *screen = (struct screen){0};
    if (missed) {
        tell_locked(logind);
        tell_screen(logind);
    }
}

static void
forget_all(struct logind *logind)
{
    for (size_t i = 0; i < SCREENS_MAX; i++) {
        forget(logind, &logind->screens[i]);
    }
}

/* Goes through {sv}s for the two properties that count. */
static int
read_properties(sd_bus_message *message, uint32_t *uid, bool *has_hint, bool *hint)
{
    const char *path = NULL;
    const char *name = NULL;
    int value = 0;
    int rc = sd_bus_message_enter_container(message, 'a', "{sv}");
    for (int i = 0; rc >= 0 && i < PROPERTIES_MAX; i++) {
        rc = sd_bus_message_enter_container(message, 'e', "sv");
        if (rc <= 0) {
            return rc;
        }
        rc = sd_bus_message_read(message, "s", &name);
        if (rc >= 0 && strcmp(name, "User") == 0) {
            rc = sd_bus_message_read(message, "v", "(uo)", uid, &path);
        } else if (rc >= 0 && strcmp(name, "LockedHint") == 0) {
            rc = sd_bus_message_read(message, "v", "b", &value);
            *has_hint = rc >= 0;
            *hint = value != 0;
        } else if (rc >= 0) {
            rc = sd_bus_message_skip(message, "v");
        }
        rc = rc < 0 ? rc : sd_bus_message_exit_container(message);
    }
    return rc < 0 ? rc : -1;
}

static int
on_properties_of(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct screen *screen = context;
    struct logind *logind = screen->owner;
    uint32_t uid = UINT32_MAX;
    bool has_hint = false;
    bool hint = false;
    (void)error;
    screen->question = sd_bus_slot_unref(screen->question);
    if (failed(reply) || read_properties(reply, &uid, &has_hint, &hint) < 0) {
        forget(logind, screen); /* gone already; else its next signal asks again */
        return 0;
    }
    if (screens_know(screen, uid == (uint32_t)getuid(), hint)) {
        tell_locked(logind);
    }
    tell_screen(logind);
    return 0;
}

/* One that was not heard of before is asked whose it is. NULL: no room for it. */
static struct screen *
take_screen(struct logind *logind, const char *path)
{
    const char *const where[] = {logind->owner, path, PROPERTIES};
    struct screen *screen = screens_find(logind->screens, path);
    if (screen != NULL) {
        return screen;
    }
    screen = screens_add(logind->screens, path);
    if (screen != NULL) {
        sd_bus_slot *slot = NULL;
        screen->owner = logind;
        ask(logind, &slot, where, "GetAll", on_properties_of, screen, "s", SESSION);
        screen->question = slot;
        if (slot == NULL) {
            forget(logind, screen);
            screen = NULL;
        }
    }
    return screen;
}

/* Lock and Unlock, and the LockedHint among changed properties. */
static int
on_session(sd_bus_message *message, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *member = sd_bus_message_get_member(message);
    const char *interface = NULL;
    uint32_t uid = 0;
    bool is_hint = false;
    bool locked = strcmp(member, "Lock") == 0;
    (void)error;
    if (!from_logind(logind, message)) {
        return 0;
    }
    if (strcmp(member, "PropertiesChanged") == 0 &&
        (sd_bus_message_read(message, "s", &interface) < 0 ||
         read_properties(message, &uid, &is_hint, &locked) < 0)) {
        return 0;
    }
    if (!is_hint && !locked && strcmp(member, "Unlock") != 0) {
        return 0;
    }
    struct screen *screen = take_screen(logind, sd_bus_message_get_path(message));
    /* One that can't be asked about is taken for ours. */
    if (screen != NULL ? screens_hear(screen, is_hint, locked) : locked) {
        tell_locked(logind);
    }
    tell_screen(logind);
    return 0;
}

static int
on_sessions(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    uint32_t uid = 0;
    const char *path = NULL;
    const char *text = NULL;
    (void)error;
    if (failed(reply) || sd_bus_message_enter_container(reply, 'a', "(susso)") < 0) {
        return 0;
    }
    for (int i = 0; i < LISTED_MAX; i++) {
        if (sd_bus_message_read(reply, "(susso)", &text, &uid, &text, &text, &path) <=
            0) {
            break;
        }
        if (uid == (uint32_t)getuid()) {
            (void)take_screen(logind, path);
        }
    }
    return 0;
}

/* ---- sleep ---- */

static void
let_sleep(struct logind *logind)
{
    if (logind->inhibitor >= 0) {
        close(logind->inhibitor);
        logind->inhibitor = -1;
    }
}

static void
tell_sleep(struct logind *logind, bool going)
{
    bool changed = logind->sleeping != going;
    logind->sleeping = going;
    if (changed || going) {
        logind->out.sleep(logind->out.context, going);
    }
}

static int
on_inhibitor(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    int fd = -1;
    (void)error;
    if (failed(reply) || sd_bus_message_read(reply, "h", &fd) < 0 || logind->sleeping) {
        return 0; /* the message closes what it brought */
    }
    let_sleep(logind);
    logind->inhibitor = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    return 0;
}

static void
hold_sleep(struct logind *logind)
{
    const char *const where[] = {logind->owner, PATH, MANAGER};
    let_sleep(logind);
    ask(logind, NULL, where, "Inhibit", on_inhibitor, logind, "ssss", "sleep", "attune",
        "Locks the journal", "delay");
}

/* ---- the end of the last session ---- */

static int
on_user_state(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *state = "";
    (void)error;
    if (sd_bus_message_is_method_error(reply, DRIVER ".Error.UnknownObject") ||
        (!failed(reply) && sd_bus_message_read(reply, "v", "s", &state) >= 0 &&
         (strcmp(state, "closing") == 0 || strcmp(state, "offline") == 0 ||
          strcmp(state, "lingering") == 0))) {
        logind->out.ended(logind->out.context);
    }
    return 0;
}

static int
on_user(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *path = NULL;
    (void)error;
    if (sd_bus_message_is_method_error(reply, NAME ".NoSuchUser")) {
        logind->out.ended(logind->out.context);
    } else if (!failed(reply) && sd_bus_message_read(reply, "o", &path) >= 0) {
        const char *const where[] = {logind->owner, path, PROPERTIES};
        ask(logind, NULL, where, "Get", on_user_state, logind, "ss", NAME ".User",
            "State");
    }
    return 0;
}

/* ---- the manager ---- */

static int
on_manager(sd_bus_message *message, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *const where[] = {logind->owner, PATH, MANAGER};
    const char *member = sd_bus_message_get_member(message);
    const char *text = NULL;
    const char *path = NULL;
    uint32_t uid = 0;
    int going = 0;
    (void)error;
    if (!from_logind(logind, message)) {
        return 0;
    }
    if (strcmp(member, "PrepareForSleep") == 0 &&
        sd_bus_message_read(message, "b", &going) >= 0) {
        tell_sleep(logind, going != 0);
        if (logind->sleeping) {
            let_sleep(logind);
        } else {
            hold_sleep(logind);
        }
    } else if (strcmp(member, "SessionNew") == 0 &&
               sd_bus_message_read(message, "so", &text, &path) >= 0) {
        (void)take_screen(logind, path);
    } else if (strcmp(member, "SessionRemoved") == 0 &&
               sd_bus_message_read(message, "so", &text, &path) >= 0) {
        struct screen *screen = screens_find(logind->screens, path);
        bool ours = screen != NULL && (screen->ours || !screen->known);
        if (screen != NULL) {
            forget(logind, screen);
        }
        if (ours) {
            tell_screen(logind);
            ask(logind, NULL, where, "GetUser", on_user, logind, "u",
                (uint32_t)getuid());
        }
    } else if (strcmp(member, "UserRemoved") == 0 &&
               sd_bus_message_read(message, "uo", &uid, &path) >= 0 &&
               uid == (uint32_t)getuid()) {
        logind->out.ended(logind->out.context);
    }
    return 0;
}

/* ---- the connection ---- */

static void
set_owner(struct logind *logind, const char *owner)
{
    const char *const where[] = {logind->owner, PATH, MANAGER};
    forget_all(logind);
    snprintf(logind->owner, sizeof logind->owner, "%s", owner);
    tell_sleep(logind, false); /* the one before would not tell any more */
    if (logind->owner[0] != '\0') {
        hold_sleep(logind);
        ask(logind, NULL, where, "ListSessions", on_sessions, logind, "");
    }
}

static void
found(struct logind *logind)
{
    logind->answered = true;
    backoff_reset(&logind->backoff);
}

static int
on_owner(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *owner = NULL;
    (void)error;
    if (sd_bus_message_is_method_error(reply, DRIVER ".Error.NameHasNoOwner")) {
        found(logind); /* no logind yet: on_owner_changed tells of one */
    } else if (!failed(reply) && sd_bus_message_read(reply, "s", &owner) >= 0) {
        found(logind);
        if (strcmp(owner, logind->owner) != 0) {
            set_owner(logind, owner);
        }
    }
    return 0;
}

static int
on_owner_changed(sd_bus_message *message, void *context, sd_bus_error *error)
{
    struct logind *logind = context;
    const char *sender = sd_bus_message_get_sender(message);
    const char *name = NULL;
    const char *before = NULL;
    const char *after = NULL;
    (void)error;
    if (sender != NULL && strcmp(sender, DRIVER) == 0 &&
        sd_bus_message_read(message, "sss", &name, &before, &after) >= 0 &&
        strcmp(name, NAME) == 0 && strcmp(after, logind->owner) != 0) {
        set_owner(logind, after);
    }
    return 0;
}

static const struct rule {
    const char *text;
    sd_bus_message_handler_t handler;
} rules[] = {
    {"type='signal',sender='" DRIVER "',interface='" DRIVER
     "',member='NameOwnerChanged',arg0='" NAME "'",
     on_owner_changed},
    {"type='signal',sender='" NAME "',interface='" MANAGER "',path='" PATH "'",
     on_manager},
    {"type='signal',sender='" NAME "',interface='" SESSION "'", on_session},
    {"type='signal',sender='" NAME "',interface='" PROPERTIES
     "',member='PropertiesChanged',arg0='" SESSION "'",
     on_session},
};

static void
hang_up(struct logind *logind)
{
    loop_unwatch(logind->loop, &logind->watch);
    loop_set(logind->loop, &logind->timeout, 0, 0);
    forget_all(logind);
    logind->owner[0] = '\0';
    logind->bus = sd_bus_close_unref(logind->bus);
    tell_sleep(logind, false); /* nobody tells any more */
    let_sleep(logind);
}

/* A bus that has answered once is waited for; one that never has isn't there. */
static void
lose(struct logind *logind)
{
    hang_up(logind);
    if (logind->answered) {
        loop_set(logind->loop, &logind->retry,
                 clock_mono_ms(logind->clock) + backoff_next(&logind->backoff), 0);
    }
}

static void
on_bus(void *context, uint32_t events)
{
    struct logind *logind = context;
    int rc = 1;
    (void)events;
    for (int i = 0; rc > 0 && i < MESSAGES_MAX; i++) {
        rc = sd_bus_process(logind->bus, NULL);
    }
    if (rc < 0 || sd_bus_is_open(logind->bus) <= 0) {
        lose(logind);
    } else {
        update(logind);
    }
}

static void
on_timeout(void *context)
{
    on_bus(context, 0);
}

/* sd-bus counts its timeouts on the clock that stops in suspend. */
static uint64_t
left_ms(uint64_t until_us)
{
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    uint64_t now_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    return until_us <= now_us ? 0 : (until_us - now_us + 999) / 1000;
}

/* What to wait for follows from what sd-bus has before it. */
static void
update(struct logind *logind)
{
    uint64_t until_us = UINT64_MAX;
    int fd = sd_bus_get_fd(logind->bus);
    int events = sd_bus_get_events(logind->bus); /* EPOLLIN is POLLIN, and so on */
    int timed = sd_bus_get_timeout(logind->bus, &until_us);
    if (fd != logind->watch.fd) {
        loop_unwatch(logind->loop, &logind->watch);
        logind->watch.fd = fd;
    }
    if (fd < 0 || events < 0 || timed < 0 ||
        loop_watch(logind->loop, &logind->watch, (uint32_t)events) != 0) {
        lose(logind);
        return;
    }
    loop_set(logind->loop, &logind->timeout,
             until_us == UINT64_MAX ? 0
                                    : clock_mono_ms(logind->clock) + left_ms(until_us),
             0);
}

static void
start(void *context)
{
    struct logind *logind = context;
    static const char *const where[] = {DRIVER, "/org/freedesktop/DBus", DRIVER};
    loop_set(logind->loop, &logind->retry, 0, 0);
    int rc = sd_bus_open_system(&logind->bus);
    for (size_t i = 0; rc >= 0 && i < sizeof rules / sizeof rules[0]; i++) {
        rc = sd_bus_add_match_async(logind->bus, NULL, rules[i].text, rules[i].handler,
                                    NULL, logind);
    }
    if (rc < 0) {
        lose(logind);
        return;
    }
    ask(logind, NULL, where, "GetNameOwner", on_owner, logind, "s", NAME);
    update(logind);
}

int
logind_new(struct loop *loop, const struct clock *clock, const struct logind_out *out,
           struct logind **logind)
{
    struct logind *made = calloc(1, sizeof *made);
    if (made == NULL) {
        return E_MEMORY;
    }
    made->loop = loop;
    made->clock = clock;
    made->out = *out;
    made->inhibitor = -1;
    backoff_init(&made->backoff, RETRY_FIRST_MS, RETRY_LAST_MS);
    made->watch = (struct loop_watch){.fd = -1, .fn = on_bus, .context = made};
    made->timeout = (struct loop_timer){.fn = on_timeout, .context = made};
    made->retry = (struct loop_timer){.fn = start, .context = made};
    start(made);
    *logind = made;
    return 0;
}

void
logind_free(struct logind *logind)
{
    if (logind == NULL) {
        return;
    }
    hang_up(logind);
    loop_drop(logind->loop, &logind->timeout);
    loop_drop(logind->loop, &logind->retry);
    free(logind);
}

void
logind_opened(struct logind *logind)
{
    for (size_t i = 0; i < SCREENS_MAX; i++) {
        logind->screens[i].asked = false;
    }
    if (logind->bus == NULL) {
        start(logind);
    }
    tell_screen(logind);
}
