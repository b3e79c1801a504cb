/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Display on the session bus: org.freedesktop.Notifications, by sd-bus.
 *
 * The model: four things are needed one after the other, and each is asked for when the
 * one before is there: a bus, an owner of the service, what that owner can do, the number
 * it gives our notice. `step` asks for the next; answers come back in sd_bus_process.
 * What fails is asked for again after a wait that doubles (retry.h); an owner that comes
 * by itself is not waited for. One notice is kept: `wanted` says that it, in this form, is
 * still to be sent. While a Notify is unanswered no second one goes out, so notices of ours
 * never stack: the newest waits for the number. A server that is silent for ANSWER_US keeps
 * that call (it would work through all of them when it wakes) and is only asked what it can
 * do; if it answers that and still not the call, the call is lost and made again.
 * What another of us left on the screen (`before`) is ours from the moment its owner is known
 * to be the one that serves now; its buttons are not, until it is shown anew.
 * Invariants: no call waits. A signal counts from the unique name that owns the service,
 * for the number it gave us, and not while that number is being given other words: a press
 * meant the words before. Callbacks are made from inside sd_bus_process or `drop`, both
 * inside display_process; the bus is let go of nowhere else. What goes wrong is said once
 * until a notice gets through, and never with a word of it.
 * Ownership: all of it is struct bus; display_free not from a callback.
 * To add a hint: put_hints in display_bus_message.c.
 */
#include "clients/notify/display.h"
#include "clients/notify/display_bus_message.h"
#include "clients/notify/kept.h"
#include "clients/notify/retry.h"
#include "common/error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>

#define BUS "org.freedesktop.DBus"
#define BUS_OBJECT "/org/freedesktop/DBus"

/* A server that takes longer is said to be silent; to be started, at a login, it may. */
#define ANSWER_US (5 * RETRY_SECOND_US)
#define START_US (30 * RETRY_SECOND_US)

enum {
    NAME_BYTES = 256,  /* of a bus name; the protocol's own limit */
    TOKEN_BYTES = 256, /* of an activation token; they have about 60 */
    TURNS_MAX = 64,    /* messages handled in one display_process */
};

struct bus {
    struct display display;
    sd_bus *bus;            /* NULL: to be opened */
    bool broken;            /* ... and closed first */
    bool asked;             /* whether the service has an owner is known */
    char owner[NAME_BYTES]; /* its unique name; "": nobody */
    bool knows;             /* ... what it can do */
    unsigned can;
    sd_bus_slot *starting, *asking, *showing; /* calls without an answer */
    bool lost; /* the answer to `showing` is not to be hoped for */
    struct kept kept;
    bool wanted;  /* kept is to be sent */
    bool fresh;   /* that it got through is still to be called back */
    bool closing; /* what is being shown is to be closed */
    uint32_t id;  /* what is on the screen; 0: nothing */
    char server[DISPLAY_SERVER_BYTES]; /* the owner, of this bus */
    struct display_place before;       /* id 0: none, or no longer */
    char token[TOKEN_BYTES];
    struct retry retry; /* when step goes on */
};

static void
step(struct bus *bus);

static void
forget(sd_bus_slot **slot)
{
    *slot = sd_bus_slot_unref(*slot);
}

/* Sends a message that is complete, unless `error` says it isn't, and lets go of it. */
static void
dispatch(struct bus *bus, int error, sd_bus_message *message, sd_bus_slot **slot,
         sd_bus_message_handler_t answered, uint64_t wait_us)
{
    if (error >= 0 && answered == NULL) {
        error = sd_bus_message_set_expect_reply(message, 0);
        error = error < 0 ? error : sd_bus_send(bus->bus, message, NULL);
    } else if (error >= 0) {
        error = sd_bus_call_async(bus->bus, slot, message, answered, bus, wait_us);
    }
    sd_bus_message_unref(message);
    bus->broken |= error < 0;
}

/* Calls a method of the server or, `to` being BUS, of the bus itself. */
static void
call(struct bus *bus, sd_bus_slot **slot, sd_bus_message_handler_t answered,
     uint64_t wait_us, const char *to, const char *member, const char *types, ...)
{
    bool itself = strcmp(to, BUS) == 0;
    sd_bus_message *message = NULL;
    int error = sd_bus_message_new_method_call(
        bus->bus, &message, to, itself ? BUS_OBJECT : DISPLAY_BUS_OBJECT,
        itself ? BUS : DISPLAY_BUS_SERVICE, member);
    if (error >= 0) {
        va_list values;
        va_start(values, types);
        error = sd_bus_message_appendv(message, types, values);
        va_end(values);
    }
    dispatch(bus, error, message, slot, answered, wait_us);
}

/* Whether a reply is an error; then it has been dealt with. */
static bool
refused(struct bus *bus, sd_bus_message *reply)
{
    if (sd_bus_message_is_method_error(reply, NULL) <= 0) {
        return false;
    }
    /* When the bus is gone all calls are answered so, and drop follows. */
    if (sd_bus_is_open(bus->bus) > 0) {
        bool silent =
            sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NO_REPLY) > 0 ||
            sd_bus_message_is_method_error(reply, SD_BUS_ERROR_TIMEOUT) > 0;
        retry_later(&bus->retry, silent ? RETRY_SILENT : RETRY_REFUSED);
    }
    return true;
}

static void
ended(struct bus *bus, enum display_end how)
{
    kept_free(&bus->kept);
    bus->display.calls.ended(bus->display.calls.context, how);
}

/* The owner is gone, with what it showed. */
static void
lose(struct bus *bus)
{
    bool shown = bus->id != 0 && bus->showing == NULL && !bus->wanted;
    bus->wanted |= bus->showing != NULL && !bus->closing;
    forget(&bus->asking);
    forget(&bus->showing);
    bus->owner[0] = '\0';
    bus->knows = bus->lost = bus->closing = false;
    bus->id = 0;
    bus->retry.due_us = 0;
    if (shown) {
        ended(bus, DISPLAY_LOST);
    }
}

static void
close_notice(struct bus *bus)
{
    call(bus, NULL, NULL, 0, bus->owner, "CloseNotification", "u", bus->id);
    bus->id = 0;
}

static int
on_capabilities(sd_bus_message *reply, void *context, sd_bus_error *unused)
{
    (void)unused;
    struct bus *bus = context;
    forget(&bus->asking);
    if (refused(bus, reply)) {
        return 0;
    }
    unsigned can = 0;
    if (display_bus_message_capabilities(reply, &can) < 0) {
        retry_later(&bus->retry, RETRY_WRONG);
        return 0;
    }
    if (bus->knows) { /* it was asked only whether it is awake */
        bus->lost = bus->showing != NULL;
        if (bus->lost) { /* it comes a little late, or never */
            retry_later(&bus->retry, RETRY_SILENT);
        }
        return 0;
    }
    bus->knows = true;
    bus->can = can;
    if (bus->wanted) {
        bus->retry.due_us = 0;
    } else {
        retry_well(&bus->retry);
    }
    bus->display.calls.ready(bus->display.calls.context);
    step(bus);
    return 0;
}

static void
ask(struct bus *bus)
{
    call(bus, &bus->asking, on_capabilities, ANSWER_US, bus->owner, "GetCapabilities",
         "");
}

/* Unique names begin anew with each bus; with the bus's own id they mean one server. What was
 * left on the screen before is there only with the first. */
static void
recognise(struct bus *bus)
{
    sd_id128_t id;
    char text[SD_ID128_STRING_MAX];
    bool known = sd_bus_get_bus_id(bus->bus, &id) >= 0; /* it has answered: no wait */
    bus->server[0] = '\0';
    if (known && bus->owner[0] != '\0') {
        snprintf(bus->server, sizeof bus->server, "%s %s", sd_id128_to_string(id, text),
                 bus->owner);
        if (bus->before.id != 0 && strcmp(bus->before.server, bus->server) == 0) {
            bus->id = bus->before.id;
        }
    }
    bus->before.id = 0;
}

static void
set_owner(struct bus *bus, const char *name)
{
    bus->asked = true;
    if (strcmp(bus->owner, name) == 0) {
        if (name[0] == '\0' && !bus->wanted) {
            retry_well(&bus->retry);
        }
    } else {
        if (bus->owner[0] != '\0') {
            lose(bus);
        }
        snprintf(bus->owner, sizeof bus->owner, "%s", name);
        recognise(bus);
        if (name[0] != '\0') {
            forget(&bus->starting);
            bus->retry.due_us = 0;
        } else if (bus->wanted) {
            /* It may have died of our notice: it isn't started again at once. */
            retry_later(&bus->retry, RETRY_NO_SERVER);
        }
    }
    step(bus);
}

static int
on_owner_changed(sd_bus_message *signal, void *context, sd_bus_error *unused)
{
    (void)unused;
    const char *sender = sd_bus_message_get_sender(signal);
    const char *service, *before, *name;
    if (sender != NULL && strcmp(sender, BUS) == 0 &&
        sd_bus_message_read(signal, "sss", &service, &before, &name) > 0 &&
        strcmp(service, DISPLAY_BUS_SERVICE) == 0) {
        set_owner(context, name);
    }
    return 0;
}

static int
on_owner(sd_bus_message *reply, void *context, sd_bus_error *unused)
{
    (void)unused;
    struct bus *bus = context;
    const char *name;
    if (sd_bus_message_is_method_error(reply, SD_BUS_ERROR_NAME_HAS_NO_OWNER) > 0) {
        set_owner(bus, "");
    } else if (sd_bus_message_is_method_error(reply, NULL) <= 0 &&
               sd_bus_message_read(reply, "s", &name) > 0) {
        set_owner(bus, name);
    } else {
        bus->broken = true; /* a bus that can't tell that is none */
    }
    return 0;
}

static int
on_started(sd_bus_message *reply, void *context, sd_bus_error *unused)
{
    (void)unused;
    (void)reply;
    struct bus *bus = context;
    forget(&bus->starting);
    /* When it was started, NameOwnerChanged has said so before, and we aren't called. */
    if (sd_bus_is_open(bus->bus) > 0) {
        retry_later(&bus->retry, RETRY_NO_SERVER);
    }
    return 0;
}

/* Asks the bus for a server, if it knows how to start one. */
static void
start(struct bus *bus)
{
    call(bus, &bus->starting, on_started, START_US, BUS, "StartServiceByName", "su",
         DISPLAY_BUS_SERVICE, 0);
}

static void
pressed(struct bus *bus, const char *key)
{
    char token[TOKEN_BYTES];
    memcpy(token, bus->token, sizeof token);
    bus->token[0] = '\0';
    const char *ours = strcmp(key, "default") == 0 ? "open" : key;
    if (kept_label(&bus->kept, ours) == NULL) {
        return;
    }
    char name[NAME_BYTES]; /* a show from the callback frees what is kept */
    snprintf(name, sizeof name, "%s", ours);
    bus->display.calls.action(bus->display.calls.context, name, token);
}

static void
closed(struct bus *bus, uint32_t reason)
{
    bus->id = 0;
    bus->token[0] = '\0';
    /* 1: its time was over; 2: by the person; 3: by a call, which was not ours; 4: who
     * knows. While other words for it are under way they get a number of their own. */
    if (bus->showing == NULL && !bus->wanted) {
        ended(bus, reason == 2 || reason == 3 ? DISPLAY_DISMISSED : DISPLAY_EXPIRED);
    }
}

static int
on_signal(sd_bus_message *signal, void *context, sd_bus_error *unused)
{
    (void)unused;
    struct bus *bus = context;
    const char *sender = sd_bus_message_get_sender(signal);
    uint32_t id, reason;
    const char *text;
    if (sender == NULL || bus->owner[0] == '\0' || strcmp(sender, bus->owner) != 0 ||
        bus->id == 0) {
        return 0;
    }
    const char *member = sd_bus_message_get_member(signal);
    if (strcmp(member, "NotificationClosed") == 0) {
        if (sd_bus_message_read(signal, "uu", &id, &reason) > 0 && id == bus->id) {
            closed(bus, reason);
        }
    } else if (sd_bus_message_read(signal, "us", &id, &text) <= 0 || id != bus->id ||
               bus->showing != NULL || bus->wanted) {
        return 0;
    } else if (strcmp(member, "ActionInvoked") == 0) {
        pressed(bus, text);
    } else if (strcmp(member, "ActivationToken") == 0 &&
               strlen(text) < sizeof bus->token) {
        snprintf(bus->token, sizeof bus->token, "%s", text);
    }
    return 0;
}

static int
on_shown(sd_bus_message *reply, void *context, sd_bus_error *unused)
{
    (void)unused;
    struct bus *bus = context;
    uint32_t id = 0;
    bool error = sd_bus_message_is_method_error(reply, NULL) > 0;
    bool good = !error && sd_bus_message_has_signature(reply, "u") > 0 &&
                sd_bus_message_read(reply, "u", &id) > 0 && id != 0;
    if (sd_bus_is_open(bus->bus) <= 0) {
        return 0; /* the bus is gone; drop sees that it was under way */
    }
    bool close = bus->closing;
    forget(&bus->showing);
    forget(&bus->asking);
    bus->lost = bus->closing = false;
    if (good) {
        retry_well(&bus->retry);
        bus->id = id;
        if (close) {
            close_notice(bus);
        } else if (!bus->wanted && bus->fresh) { /* else it was of the one before */
            bus->fresh = false;
            bus->display.calls.shown(bus->display.calls.context);
        }
    } else {
        bus->wanted |= !close;
        if (!refused(bus, reply)) {
            retry_later(&bus->retry, RETRY_WRONG);
        }
    }
    step(bus);
    return 0;
}

static void
notify(struct bus *bus)
{
    sd_bus_message *message = NULL;
    int error = display_bus_message_notify(bus->bus, bus->owner, &bus->kept, bus->can,
                                           bus->id, &message);
    bus->wanted = false;
    bus->token[0] = '\0';
    if (error == -EINVAL) { /* not UTF-8: our mistake, and no better the next time */
        bus->fresh = false;
        retry_say(&bus->retry, RETRY_UNFIT);
        return;
    }
    dispatch(bus, error, message, &bus->showing, on_shown, UINT64_MAX);
    retry_in(&bus->retry, ANSWER_US);
}

/* Connects, without waiting for the bus to say anything. */
static void
open_bus(struct bus *bus)
{
    static const char changed[] =
        "type='signal',sender='" BUS "',path='" BUS_OBJECT "',interface='" BUS "',"
        "member='NameOwnerChanged',arg0='" DISPLAY_BUS_SERVICE "'";
    if (sd_bus_open_user(&bus->bus) < 0) {
        bus->bus = NULL;
        retry_later(&bus->retry, RETRY_NO_BUS);
        return;
    }
    sd_bus *made = bus->bus;
    if (sd_bus_set_method_call_timeout(made, ANSWER_US) < 0 || /* its greeting too */
        sd_bus_add_match_async(made, NULL, changed, on_owner_changed, NULL, bus) < 0 ||
        sd_bus_match_signal_async(made, NULL, DISPLAY_BUS_SERVICE, DISPLAY_BUS_OBJECT,
                                  DISPLAY_BUS_SERVICE, NULL, on_signal, NULL,
                                  bus) < 0) {
        bus->broken = true;
        return;
    }
    call(bus, NULL, on_owner, ANSWER_US, BUS, "GetNameOwner", "s", DISPLAY_BUS_SERVICE);
}

/* Asks for the next thing that is needed, if it is time. Never calls back. */
static void
step(struct bus *bus)
{
    bool came = retry_came(&bus->retry);
    if (bus->broken || bus->retry.due_us != 0) {
        return;
    }
    if (bus->bus == NULL) {
        open_bus(bus);
    } else if (!bus->asked) {
        return;
    } else if (bus->owner[0] == '\0') {
        if (bus->wanted && bus->starting == NULL) {
            start(bus);
        }
    } else if (!bus->knows) {
        if (bus->asking == NULL) {
            ask(bus);
        }
    } else if (bus->showing != NULL) {
        if (came && bus->lost) {
            forget(&bus->showing);
            bus->wanted |= !bus->closing;
            bus->lost = bus->closing = false;
        } else if (came && bus->asking == NULL) {
            retry_say(&bus->retry, RETRY_SILENT);
            ask(bus);
        }
    }
    if (bus->wanted && bus->knows && bus->showing == NULL) {
        notify(bus);
    }
}

/* The bus is gone, and whatever it was asked. */
static void
drop(struct bus *bus)
{
    bus->asked = false;
    lose(bus);
    forget(&bus->starting);
    bus->bus = sd_bus_close_unref(bus->bus);
    bus->broken = false;
    retry_later(&bus->retry, RETRY_NO_BUS);
}

static void
bus_show(struct display *display, const struct display_notice *notice)
{
    struct bus *bus = (struct bus *)display;
    if (kept_set(&bus->kept, notice) != 0) {
        bus->fresh = false; /* what may still get through is not what was given last */
        retry_say(&bus->retry, RETRY_UNFIT);
        return;
    }
    bus->wanted = bus->fresh = true;
    bus->closing = false;
    if (bus->showing == NULL) {
        retry_hurry(&bus->retry);
    }
    step(bus);
}

static void
bus_close(struct display *display)
{
    struct bus *bus = (struct bus *)display;
    bus->wanted = bus->fresh = false;
    kept_free(&bus->kept);
    if (bus->showing != NULL) {
        bus->closing = true; /* when its number comes */
    } else if (bus->id != 0) {
        close_notice(bus);
    }
}

static bool
bus_place(const struct display *display, struct display_place *out)
{
    const struct bus *bus = (const struct bus *)display;
    if (bus->id == 0 || bus->server[0] == '\0') {
        return false;
    }
    memcpy(out->server, bus->server, sizeof out->server);
    out->id = bus->id;
    return true;
}

static int
bus_poll(struct display *display, short *events, int *wait_ms)
{
    struct bus *bus = (struct bus *)display;
    *events = 0;
    if (bus->retry.due_us != 0 || bus->broken || bus->bus == NULL) {
        retry_lower(wait_ms, bus->broken ? 0 : bus->retry.due_us);
    }
    if (bus->bus == NULL) {
        return -1;
    }
    uint64_t bus_us = UINT64_MAX;
    int fd = sd_bus_get_fd(bus->bus);
    int wants = sd_bus_get_events(bus->bus);
    int rc = sd_bus_get_timeout(bus->bus, &bus_us);
    if (fd < 0 || wants < 0 || rc < 0) {
        *wait_ms = 0; /* process drops it */
        return -1;
    }
    if (bus_us != UINT64_MAX) {
        retry_lower(wait_ms, bus_us);
    }
    *events = (short)wants;
    return fd;
}

static void
bus_process(struct display *display)
{
    struct bus *bus = (struct bus *)display;
    for (int i = 0; bus->bus != NULL && i < TURNS_MAX; i++) {
        int rc = bus->broken ? -ENOTCONN : sd_bus_process(bus->bus, NULL);
        if (rc < 0) {
            drop(bus);
        } else if (rc == 0) {
            break;
        }
    }
    step(bus);
}

static void
bus_free(struct display *display)
{
    struct bus *bus = (struct bus *)display;
    forget(&bus->starting);
    forget(&bus->asking);
    forget(&bus->showing);
    sd_bus_close_unref(bus->bus);
    kept_free(&bus->kept);
    bytes_wipe(bus, sizeof *bus);
    free(bus);
}

int
display_bus_new(const struct display_calls *calls, const struct display_place *before,
                struct display **out)
{
    static const struct display_kind kind = {
        .show = bus_show,
        .close = bus_close,
        .place = bus_place,
        .poll = bus_poll,
        .process = bus_process,
        .free = bus_free,
    };
    struct bus *bus = calloc(1, sizeof *bus);
    if (bus == NULL) {
        return E_MEMORY;
    }
    bus->display.kind = &kind;
    bus->display.calls = *calls;
    if (before != NULL) {
        bus->before = *before;
    }
    retry_init(&bus->retry);
    step(bus);
    *out = &bus->display;
    return 0;
}
