/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stand-in: a notification server for tests, on the session bus.
 *
 *     notify_stand CAPABILITY,... [MODE]
 *
 * Modes, also as a command `mode MODE`: `fine`; `held` (Notify is answered when `answer`
 * says so), `mute` (Notify never), `deaf` (nothing ever), `wrong` (Notify with a text),
 * `odd` (GetCapabilities with a number), `refuse` (Notify with an error).
 * On standard output: `{"ready": true}`, then one JSON object for each call it gets.
 * Commands, a line each: `action KEY`, `token TEXT`, `close REASON`, about the last notice;
 * `stray KEY`, about another one; `forge KEY`, `forge-close`, `forge-owner`: the same from
 * a second connection, to all and to the client itself; `answer`; `quit`. A command that
 * was done is told as {"done": ...}. It ends with the bus, or by `quit`.
 */
#include "common/json.h"

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"
#define BUS "org.freedesktop.DBus"

enum { NAME_BYTES = 256, HELD_MAX = 16, LINE_BYTES = 1024, CAN_MAX = 16 };

struct stand {
    sd_bus *bus;
    sd_bus *other;
    char *can[CAN_MAX + 1];
    const char *mode;
    char mode_text[LINE_BYTES];
    char client[NAME_BYTES];
    uint32_t id;   /* of the last notice */
    uint32_t last; /* the last number given */
    sd_bus_message *held[HELD_MAX];
    uint32_t held_ids[HELD_MAX];
    size_t held_count;
    bool deaf;
    bool over;
};

static void
must(int rc, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "notify_stand: %s: %s\n", what, strerror(-rc));
        exit(1);
    }
}

static void
tell(struct json *json, struct buf *line)
{
    json_end_object(json);
    must(json_done(json), "a line");
    buf_put_u8(line, '\n');
    fwrite(line->data, 1, line->size, stdout);
    fflush(stdout);
    buf_free(line);
}

static void
begin(struct json *json, struct buf *line, const char *key, const char *value)
{
    buf_init(line, 0);
    json_init(json, line);
    json_begin_object(json, NULL);
    json_string(json, key, value);
}

static bool
mode_is(const struct stand *stand, const char *mode)
{
    return strcmp(stand->mode, mode) == 0;
}

static void
put_hints(struct json *json, sd_bus_message *call)
{
    json_begin_object(json, "hints");
    must(sd_bus_message_enter_container(call, 'a', "{sv}"), "hints");
    while (sd_bus_message_enter_container(call, 'e', "sv") > 0) {
        const char *key, *inside, *text;
        char type;
        uint8_t byte;
        int truth;
        must(sd_bus_message_read(call, "s", &key), "a hint");
        must(sd_bus_message_peek_type(call, &type, &inside), "a hint");
        must(sd_bus_message_enter_container(call, 'v', inside), "a hint");
        if (strcmp(inside, "s") == 0) {
            must(sd_bus_message_read(call, "s", &text), key);
            json_string(json, key, text);
        } else if (strcmp(inside, "y") == 0) {
            must(sd_bus_message_read(call, "y", &byte), key);
            json_int(json, key, byte);
        } else {
            must(sd_bus_message_read(call, "b", &truth), key);
            json_bool(json, key, truth != 0);
        }
        must(sd_bus_message_exit_container(call), "a hint");
        must(sd_bus_message_exit_container(call), "a hint");
    }
    must(sd_bus_message_exit_container(call), "hints");
    json_end_object(json);
}

/* Tells what is to be shown, and gives it a number. */
static void
tell_notify(struct stand *stand, sd_bus_message *call)
{
    struct buf line;
    struct json json;
    const char *app, *icon, *summary, *body, *action;
    uint32_t replaces;
    int32_t wait_ms;
    begin(&json, &line, "call", "Notify");
    must(sd_bus_message_read(call, "susss", &app, &replaces, &icon, &summary, &body),
         "Notify");
    json_string(&json, "app", app);
    json_int(&json, "replaces", replaces);
    json_string(&json, "icon", icon);
    json_string(&json, "summary", summary);
    json_string(&json, "body", body);
    json_begin_array(&json, "actions");
    must(sd_bus_message_enter_container(call, 'a', "s"), "actions");
    while (sd_bus_message_read(call, "s", &action) > 0) {
        json_string(&json, NULL, action);
    }
    must(sd_bus_message_exit_container(call), "actions");
    json_end_array(&json);
    put_hints(&json, call);
    must(sd_bus_message_read(call, "i", &wait_ms), "a time");
    json_int(&json, "timeout", wait_ms);
    tell(&json, &line);
    stand->id = replaces != 0 ? replaces : ++stand->last;
}

static int
on_notify(struct stand *stand, sd_bus_message *call)
{
    snprintf(stand->client, sizeof stand->client, "%s",
             sd_bus_message_get_sender(call));
    tell_notify(stand, call);
    if (mode_is(stand, "held")) {
        if (stand->held_count < HELD_MAX) {
            stand->held_ids[stand->held_count] = stand->id;
            stand->held[stand->held_count++] = sd_bus_message_ref(call);
        }
        return 1;
    }
    if (mode_is(stand, "mute")) {
        return 1;
    }
    if (mode_is(stand, "wrong")) {
        return sd_bus_reply_method_return(call, "s", "seven");
    }
    if (mode_is(stand, "refuse")) {
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED, "no");
    }
    return sd_bus_reply_method_return(call, "u", stand->id);
}

static int
on_capabilities(struct stand *stand, sd_bus_message *call)
{
    if (mode_is(stand, "odd")) {
        return sd_bus_reply_method_return(call, "u", 7);
    }
    sd_bus_message *reply = NULL;
    must(sd_bus_message_new_method_return(call, &reply), "a reply");
    must(sd_bus_message_append_strv(reply, stand->can), "capabilities");
    int rc = sd_bus_send(stand->bus, reply, NULL);
    sd_bus_message_unref(reply);
    return rc;
}

static int
on_call(sd_bus_message *call, void *context, sd_bus_error *unused)
{
    (void)unused;
    struct stand *stand = context;
    struct buf line;
    struct json json;
    uint32_t id;
    if (sd_bus_message_is_method_call(call, SERVICE, "Notify") > 0) {
        return mode_is(stand, "deaf") ? 1 : on_notify(stand, call);
    }
    if (sd_bus_message_is_method_call(call, SERVICE, "GetCapabilities") > 0) {
        begin(&json, &line, "call", "GetCapabilities");
        tell(&json, &line);
        return mode_is(stand, "deaf") ? 1 : on_capabilities(stand, call);
    }
    if (sd_bus_message_is_method_call(call, SERVICE, "CloseNotification") > 0) {
        must(sd_bus_message_read(call, "u", &id), "CloseNotification");
        begin(&json, &line, "call", "CloseNotification");
        json_int(&json, "id", id);
        tell(&json, &line);
        must(sd_bus_emit_signal(stand->bus, OBJECT, SERVICE, "NotificationClosed", "uu",
                                id, 3),
             "NotificationClosed");
        return sd_bus_reply_method_return(call, "");
    }
    return 0;
}

/* Until the bus has passed on what was sent before. */
static void
settle(sd_bus *bus)
{
    must(sd_bus_call_method(bus, BUS, "/org/freedesktop/DBus", BUS, "GetId", NULL, NULL,
                            ""),
         "the bus");
}

/* A signal with a number and a text, or a second number; `to` NULL: to all. */
static void
emit(sd_bus *bus, const char *to, const char *member, uint32_t id, const char *text)
{
    sd_bus_message *signal = NULL;
    must(sd_bus_message_new_signal(bus, &signal, OBJECT, SERVICE, member), member);
    if (strcmp(member, "NotificationClosed") == 0) {
        uint32_t reason = (uint32_t)strtoul(text, NULL, 10);
        must(sd_bus_message_append(signal, "uu", id, reason), member);
    } else {
        must(sd_bus_message_append(signal, "us", id, text), member);
    }
    if (to != NULL) {
        must(sd_bus_message_set_destination(signal, to), member);
    }
    must(sd_bus_send(bus, signal, NULL), member);
    sd_bus_message_unref(signal);
    settle(bus);
}

static void
forge_owner(struct stand *stand)
{
    sd_bus_message *signal = NULL;
    const char *name = NULL;
    must(sd_bus_get_unique_name(stand->other, &name), "a name");
    must(sd_bus_message_new_signal(stand->other, &signal, "/org/freedesktop/DBus", BUS,
                                   "NameOwnerChanged"),
         "a signal");
    must(sd_bus_message_append(signal, "sss", SERVICE, "", name), "a signal");
    must(sd_bus_message_set_destination(signal, stand->client), "a signal");
    must(sd_bus_send(stand->other, signal, NULL), "a signal");
    sd_bus_message_unref(signal);
    settle(stand->other);
}

static void
answer(struct stand *stand)
{
    for (size_t i = 0; i < stand->held_count; i++) {
        must(sd_bus_reply_method_return(stand->held[i], "u", stand->held_ids[i]),
             "an answer");
        sd_bus_message_unref(stand->held[i]);
    }
    stand->held_count = 0;
}

static void
command(struct stand *stand, char *line)
{
    struct buf told;
    struct json json;
    char *rest = line;
    const char *name = strsep(&rest, " ");
    const char *word = rest != NULL ? rest : "";
    if (strcmp(name, "action") == 0) {
        emit(stand->bus, NULL, "ActionInvoked", stand->id, word);
    } else if (strcmp(name, "token") == 0) {
        emit(stand->bus, NULL, "ActivationToken", stand->id, word);
    } else if (strcmp(name, "close") == 0) {
        emit(stand->bus, NULL, "NotificationClosed", stand->id, word);
    } else if (strcmp(name, "stray") == 0) {
        emit(stand->bus, NULL, "ActionInvoked", stand->id + 1, word);
    } else if (strcmp(name, "forge") == 0) {
        emit(stand->other, NULL, "ActionInvoked", stand->id, word);
        emit(stand->other, stand->client, "ActionInvoked", stand->id, word);
    } else if (strcmp(name, "forge-close") == 0) {
        emit(stand->other, NULL, "NotificationClosed", stand->id, "2");
        emit(stand->other, stand->client, "NotificationClosed", stand->id, "2");
    } else if (strcmp(name, "forge-owner") == 0) {
        forge_owner(stand);
    } else if (strcmp(name, "mode") == 0) {
        snprintf(stand->mode_text, sizeof stand->mode_text, "%s", word);
        stand->mode = stand->mode_text;
    } else if (strcmp(name, "answer") == 0) {
        answer(stand);
    } else if (strcmp(name, "quit") == 0) {
        stand->over = true;
    }
    begin(&json, &told, "done", name);
    tell(&json, &told);
}

static void
hear(struct stand *stand)
{
    static char line[LINE_BYTES];
    static size_t size;
    ssize_t got = read(STDIN_FILENO, line + size, sizeof line - 1 - size);
    if (got <= 0) {
        stand->deaf = true; /* started by a bus, it has nobody to listen to */
        return;
    }
    size += (size_t)got;
    char *end;
    while ((end = memchr(line, '\n', size)) != NULL) {
        *end = '\0';
        command(stand, line);
        size -= (size_t)(end + 1 - line);
        memmove(line, end + 1, size);
    }
}

int
main(int argc, char *argv[])
{
    struct stand stand = {.mode = argc > 2 ? argv[2] : "fine"};
    struct buf line;
    struct json json;
    size_t count = 0;
    for (char *rest = argc > 1 ? argv[1] : NULL; rest != NULL && count < CAN_MAX;) {
        char *one = strsep(&rest, ",");
        if (*one != '\0') {
            stand.can[count++] = one;
        }
    }
    must(sd_bus_open_user(&stand.bus), "the bus");
    must(sd_bus_open_user(&stand.other), "the bus again");
    must(sd_bus_add_object(stand.bus, NULL, OBJECT, on_call, &stand), "an object");
    must(sd_bus_request_name(stand.bus, SERVICE,
                             SD_BUS_NAME_ALLOW_REPLACEMENT |
                                 SD_BUS_NAME_REPLACE_EXISTING),
         "the name");
    begin(&json, &line, "ready", "yes");
    tell(&json, &line);
    while (!stand.over) {
        int rc = 1;
        while (rc > 0) {
            rc = sd_bus_process(stand.bus, NULL);
        }
        if (rc < 0) {
            break;
        }
        struct pollfd fds[2] = {
            {.fd = stand.deaf ? -1 : STDIN_FILENO, .events = POLLIN},
            {.fd = sd_bus_get_fd(stand.bus),
             .events = (short)sd_bus_get_events(stand.bus)},
        };
        poll(fds, 2, -1);
        if (fds[0].revents != 0) {
            hear(&stand);
        }
    }
    answer(&stand);
    sd_bus_flush_close_unref(stand.bus);
    sd_bus_flush_close_unref(stand.other);
    return 0;
}
