/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stands in for systemd-logind on a bus of a test. It has three sessions: two of whoever
 * runs it, of which the second may come and go, and one of somebody else.
 *
 *     login_stand ADDRESS
 *
 * A line on standard input is a command; "ok" on standard output says it was carried out.
 *     lock, unlock         Lock, Unlock of our session
 *     hint yes|no          its LockedHint
 *     other-lock           Lock and LockedHint of somebody else's session
 *     lock-gone            Lock of a session that is not there any more when it is asked for
 *     lock-removed         Lock of a session, and that it was removed
 *     sleep, wake          PrepareForSleep
 *     remove-other         somebody else's session is gone
 *     remove-session       ours is; the state of our user stays what it is
 *     state NAME           the state of our user; "gone": there is no such user
 *     forge                another connection says all that would lock, also to attuned alone
 *     ping                 "ok" once attuned has answered, and so has read all before it
 * On its own it says "held" and "released": of the inhibitor.
 */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define NAME "org.freedesktop.login1"
#define PATH "/org/freedesktop/login1"
#define MANAGER NAME ".Manager"
#define SESSION NAME ".Session"
#define OURS PATH "/session/_31"
#define THEIRS PATH "/session/_32"
#define GONE PATH "/session/_33"
#define USER PATH "/user/self"

enum { LINE_BYTES = 256, NAME_BYTES = 256 };

struct session {
    const char *path;
    uint32_t uid;
    int hint;
};

static struct {
    sd_bus *bus;
    sd_bus *stranger;
    const char *address;
    struct session ours;
    struct session theirs;
    char state[LINE_BYTES];
    char client[NAME_BYTES]; /* who holds, or held, the inhibitor */
    int held;                /* our end of it; -1: nobody holds one */
    char line[LINE_BYTES];
    size_t line_bytes;
} stand = {.held = -1};

static void
say(const char *text)
{
    puts(text);
    fflush(stdout);
}

static void
must(int rc, const char *what)
{
    if (rc < 0) {
        fprintf(stderr, "login_stand: %s: %s\n", what, strerror(-rc));
        exit(1);
    }
}

/* ---- what is asked ---- */

static int
list_sessions(sd_bus_message *call, void *context, sd_bus_error *error)
{
    (void)context;
    (void)error;
    return sd_bus_reply_method_return(call, "a(susso)", 2, "1", stand.ours.uid, "me",
                                      "", OURS, "2", stand.theirs.uid, "them", "",
                                      THEIRS);
}

static int
get_user(sd_bus_message *call, void *context, sd_bus_error *error)
{
    uint32_t uid = 0;
    (void)context;
    must(sd_bus_message_read(call, "u", &uid), "GetUser");
    if (uid != stand.ours.uid || strcmp(stand.state, "gone") == 0) {
        return sd_bus_error_set(error, NAME ".NoSuchUser", "no such user");
    }
    return sd_bus_reply_method_return(call, "o", USER);
}

static int
inhibit(sd_bus_message *call, void *context, sd_bus_error *error)
{
    const char *what = NULL;
    const char *who = NULL;
    const char *why = NULL;
    const char *mode = NULL;
    int ends[2];
    (void)context;
    must(sd_bus_message_read(call, "ssss", &what, &who, &why, &mode), "Inhibit");
    if (strcmp(what, "sleep") != 0 || strcmp(mode, "delay") != 0) {
        return sd_bus_error_set(error, SD_BUS_ERROR_INVALID_ARGS,
                                "not what is expected");
    }
    must(pipe(ends), "pipe");
    if (stand.held >= 0) {
        close(stand.held);
    }
    stand.held = ends[0];
    snprintf(stand.client, sizeof stand.client, "%s", sd_bus_message_get_sender(call));
    int rc = sd_bus_reply_method_return(call, "h", ends[1]);
    close(ends[1]);
    say("held");
    return rc;
}

static int
get_owner(sd_bus *bus, const char *path, const char *interface, const char *property,
          sd_bus_message *reply, void *context, sd_bus_error *error)
{
    const struct session *session = context;
    (void)bus, (void)path, (void)interface, (void)property, (void)error;
    return sd_bus_message_append(reply, "(uo)", session->uid, USER);
}

static int
get_state(sd_bus *bus, const char *path, const char *interface, const char *property,
          sd_bus_message *reply, void *context, sd_bus_error *error)
{
    (void)bus, (void)path, (void)interface, (void)property, (void)error, (void)context;
    return sd_bus_message_append(reply, "s", stand.state);
}

static const sd_bus_vtable manager[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("ListSessions", "", "a(susso)", list_sessions,
                  SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("GetUser", "u", "o", get_user, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("Inhibit", "ssss", "h", inhibit, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable session[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("User", "(uo)", get_owner, 0, 0),
    SD_BUS_PROPERTY("LockedHint", "b", NULL, offsetof(struct session, hint),
                    SD_BUS_VTABLE_PROPERTY_EMITS_CHANGE),
    SD_BUS_VTABLE_END,
};

static const sd_bus_vtable user[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_PROPERTY("State", "s", get_state, 0, 0),
    SD_BUS_VTABLE_END,
};

/* ---- what is said ---- */

static void
say_session(sd_bus *bus, const char *path, const char *member)
{
    must(sd_bus_emit_signal(bus, path, SESSION, member, ""), member);
}

static void
say_hint(struct session *which, int hint)
{
    which->hint = hint;
    must(sd_bus_emit_properties_changed(stand.bus, which->path, SESSION, "LockedHint",
                                        (char *)NULL),
         "PropertiesChanged");
}

static void
say_removed(const char *id, const char *path)
{
    must(sd_bus_emit_signal(stand.bus, PATH, MANAGER, "SessionRemoved", "so", id, path),
         "SessionRemoved");
}

/* To all, or to one who then needs no rule to hear it. */
static void
forge_signal(const char *to, const char *path, const char *interface,
             const char *member, const char *types, ...)
{
    sd_bus_message *signal = NULL;
    va_list list;
    va_start(list, types);
    must(sd_bus_message_new_signal(stand.stranger, &signal, path, interface, member),
         member);
    must(sd_bus_message_appendv(signal, types, list), member);
    must(sd_bus_send_to(stand.stranger, signal, to, NULL), member);
    sd_bus_message_unref(signal);
    va_end(list);
}

static void
forge(void)
{
    const char *const to[] = {NULL, stand.client};
    const char *own = NULL;
    must(sd_bus_get_unique_name(stand.stranger, &own), "unique name");
    for (int i = 0; i < 2; i++) {
        if (to[i] != NULL && to[i][0] == '\0') {
            continue;
        }
        /* First that the stranger is logind, which the rest would follow from. */
        forge_signal(to[i], "/org/freedesktop/DBus", "org.freedesktop.DBus",
                     "NameOwnerChanged", "sss", NAME, "", own);
        forge_signal(to[i], OURS, SESSION, "Lock", "");
        forge_signal(to[i], OURS, "org.freedesktop.DBus.Properties",
                     "PropertiesChanged", "sa{sv}as", SESSION, 1, "LockedHint", "b", 1,
                     0);
        forge_signal(to[i], PATH, MANAGER, "UserRemoved", "uo", stand.ours.uid, USER);
        forge_signal(to[i], PATH, MANAGER, "PrepareForSleep", "b", 1);
    }
    /* The bus has passed them on before it answers this. */
    must(sd_bus_call_method(stand.stranger, "org.freedesktop.DBus",
                            "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetId",
                            NULL, NULL, ""),
         "GetId");
}

static int
on_pong(sd_bus_message *reply, void *context, sd_bus_error *error)
{
    (void)context;
    (void)error;
    say(sd_bus_message_is_method_error(reply, NULL) ? "no answer" : "ok");
    return 0;
}

static void
obey(const char *line)
{
    const char *value = strchr(line, ' ');
    value = value == NULL ? "" : value + 1;
    if (strcmp(line, "lock") == 0) {
        say_session(stand.bus, OURS, "Lock");
    } else if (strcmp(line, "unlock") == 0) {
        say_session(stand.bus, OURS, "Unlock");
    } else if (strncmp(line, "hint ", 5) == 0) {
        say_hint(&stand.ours, strcmp(value, "yes") == 0);
    } else if (strcmp(line, "other-lock") == 0) {
        say_session(stand.bus, THEIRS, "Lock");
        say_hint(&stand.theirs, 1);
    } else if (strcmp(line, "lock-gone") == 0) {
        say_session(stand.bus, GONE, "Lock");
    } else if (strcmp(line, "lock-removed") == 0) {
        say_session(stand.bus, GONE, "Lock");
        say_removed("3", GONE);
    } else if (strcmp(line, "sleep") == 0 || strcmp(line, "wake") == 0) {
        must(sd_bus_emit_signal(stand.bus, PATH, MANAGER, "PrepareForSleep", "b",
                                strcmp(line, "sleep") == 0),
             "PrepareForSleep");
    } else if (strcmp(line, "remove-other") == 0) {
        say_removed("2", THEIRS);
    } else if (strcmp(line, "remove-session") == 0) {
        say_removed("1", OURS);
    } else if (strncmp(line, "state ", 6) == 0) {
        snprintf(stand.state, sizeof stand.state, "%s", value);
    } else if (strcmp(line, "forge") == 0) {
        forge();
    } else if (strcmp(line, "ping") == 0) {
        must(sd_bus_call_method_async(stand.bus, NULL, stand.client, "/",
                                      "org.freedesktop.DBus.Peer", "Ping", on_pong,
                                      NULL, ""),
             "Ping");
        return;
    } else {
        say("unknown");
        return;
    }
    must(sd_bus_flush(stand.bus), "flush");
    say("ok");
}

/* False at the end of standard input. */
static bool
take_input(void)
{
    char byte = 0;
    ssize_t size = read(STDIN_FILENO, &byte, 1);
    if (size <= 0) {
        return false;
    }
    if (byte == '\n') {
        stand.line[stand.line_bytes] = '\0';
        stand.line_bytes = 0;
        obey(stand.line);
    } else if (stand.line_bytes + 1 < sizeof stand.line) {
        stand.line[stand.line_bytes++] = byte;
    }
    return true;
}

static sd_bus *
enter_bus(void)
{
    sd_bus *bus = NULL;
    must(sd_bus_new(&bus), "bus");
    must(sd_bus_set_address(bus, stand.address), "address");
    must(sd_bus_set_bus_client(bus, 1), "client");
    must(sd_bus_start(bus), "start");
    return bus;
}

int
main(int argc, char **argv)
{
    if (argc != 2) {
        fputs("usage: login_stand ADDRESS\n", stderr);
        return 2;
    }
    stand.address = argv[1];
    stand.ours = (struct session){OURS, getuid(), 0};
    stand.theirs = (struct session){THEIRS, getuid() + 1, 0};
    snprintf(stand.state, sizeof stand.state, "active");
    stand.bus = enter_bus();
    stand.stranger = enter_bus();
    must(sd_bus_add_object_vtable(stand.bus, NULL, PATH, MANAGER, manager, NULL),
         "manager");
    must(sd_bus_add_object_vtable(stand.bus, NULL, OURS, SESSION, session, &stand.ours),
         "1");
    must(sd_bus_add_object_vtable(stand.bus, NULL, THEIRS, SESSION, session,
                                  &stand.theirs),
         "2");
    must(sd_bus_add_object_vtable(stand.bus, NULL, USER, NAME ".User", user, NULL),
         "user");
    must(sd_bus_request_name(stand.bus, NAME, 0), "name");
    say("ok");
    for (;;) {
        int rc = 1;
        while (rc > 0) {
            rc = sd_bus_process(stand.bus, NULL);
        }
        if (rc == -ECONNRESET) {
            return 0; /* the bus is gone */
        }
        must(rc, "process");
        struct pollfd wait[] = {
            {.fd = STDIN_FILENO, .events = POLLIN},
            {.fd = sd_bus_get_fd(stand.bus),
             .events = (short)sd_bus_get_events(stand.bus)},
            {.fd = stand.held},
        };
        if (poll(wait, 3, -1) < 0 && errno != EINTR) {
            return 1;
        }
        if (wait[2].revents != 0) {
            close(stand.held);
            stand.held = -1;
            say("released");
        }
        if (wait[0].revents != 0 && !take_input()) {
            return 0;
        }
    }
}
