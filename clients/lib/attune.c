/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/lib/attune.h"

#include "clients/lib/async.h"
#include "clients/lib/clock.h"
#include "clients/lib/start.h"
#include "common/error.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    RACE_WAIT_MS = 5000, /* another client started attuned a moment ago */
    RACE_STEP_MS = 5,
};

struct attune {
    struct async *async;
};

/* Connects. 0, E_SOCKET, E_PEER_UID, E_IO, or E_DAEMON when nobody listens. */
static int
connect_socket(const char *path, int *out)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat file;
    struct ucred peer;
    socklen_t peer_size = sizeof peer;
    size_t size = strlen(path);
    int rc = E_RUNTIME_DIR;
    int fd = -1;

    if (size >= sizeof address.sun_path) {
        goto out;
    }
    memcpy(address.sun_path, path, size + 1);
    rc = E_IO;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        goto out;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        int reason = errno;
        bool taken = lstat(path, &file) == 0 && !S_ISSOCK(file.st_mode);
        rc = taken                                 ? E_SOCKET
             : reason == EACCES || reason == EPERM ? E_PEER_UID
                                                   : E_DAEMON;
        goto out;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &peer_size) != 0) {
        goto out;
    }
    if (peer.uid != geteuid()) {
        rc = E_PEER_UID;
        goto out;
    }
    *out = fd;
    fd = -1; /* transferred */
    rc = 0;
out:
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

/* The winner of a race holds the lock already, but may not listen yet. */
static int
connect_soon(const char *path, int *out)
{
    int64_t deadline_ms = clock_ms() + RACE_WAIT_MS;
    int error = connect_socket(path, out);
    while (error == E_DAEMON && clock_ms() < deadline_ms) {
        poll(NULL, 0, RACE_STEP_MS);
        error = connect_socket(path, out);
    }
    return error;
}

int
attune_connect(const struct paths *paths, enum attune_start start, int *out)
{
    int error = connect_socket(paths->socket, out);
    if (error == E_DAEMON && start == ATTUNE_START) {
        error = start_daemon();
        if (error == 0) {
            error = connect_socket(paths->socket, out);
        } else if (error == E_RUNNING) {
            error = connect_soon(paths->socket, out);
        }
    }
    return error;
}

int
attune_open(const struct paths *paths, enum attune_start start, struct attune **out)
{
    int fd = -1;
    int error = attune_connect(paths, start, &fd);
    return error != 0 ? error : attune_open_fd(fd, out);
}

int
attune_open_fd(int fd, struct attune **out)
{
    struct attune *attune = calloc(1, sizeof *attune);
    if (attune == NULL) {
        close(fd);
        return E_MEMORY;
    }
    int error = async_new(fd, &attune->async);
    if (error != 0) {
        free(attune);
        return error;
    }
    *out = attune;
    return 0;
}

void
attune_close(struct attune *attune)
{
    if (attune != NULL) {
        async_free(attune->async);
        free(attune);
    }
}

/* Waits until the socket can be read, writing meanwhile what it takes. */
static int
wait_readable(struct async *async)
{
    for (;;) {
        struct pollfd wait = {async_fd(async), async_poll_events(async), 0};
        if (poll(&wait, 1, -1) < 0) {
            if (errno != EINTR) {
                return E_IO;
            }
            continue;
        }
        if ((wait.revents & POLLOUT) != 0) {
            int error = async_flush(async);
            if (error != 0) {
                return error;
            }
        }
        if ((wait.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
            return 0;
        }
    }
}

/* The reply with that number; older ones belong to requests that were given up. */
static int
receive(struct async *async, uint32_t number, const Attune__Local__Reply **out)
{
    int fed = 0;
    for (;;) {
        const Attune__Local__Reply *reply = NULL;
        int error = async_next(async, &reply);
        if (error != 0) {
            return error;
        }
        if (reply != NULL && reply->number == number) {
            *out = reply;
            return 0;
        }
        if (reply != NULL) {
            continue;
        }
        if (fed != 0) {
            return fed;
        }
        error = wait_readable(async);
        if (error != 0) {
            return error;
        }
        fed = async_feed(async);
    }
}

int
attune_run(struct attune *attune, Attune__Local__Request *request,
           const Attune__Local__Reply **reply)
{
    uint32_t number = 0;
    *reply = NULL;
    int error = async_send(attune->async, request, &number);
    if (error == 0) {
        /* When it is gone already, its last words may still wait: "too many clients".
         * */
        int sent = async_flush(attune->async);
        error = receive(attune->async, number, reply);
        error = error == 0 ? 0 : sent != 0 ? sent : error;
    }
    if (error != 0) {
        return error;
    }
    return (*reply)->error[0] == '\0' ? 0 : error_from_name((*reply)->error);
}

char *
attune_text(const char *text)
{
    return (char *)(uintptr_t)text;
}

ProtobufCBinaryData
attune_bytes(struct span bytes)
{
    return (ProtobufCBinaryData){bytes.size, (uint8_t *)(uintptr_t)bytes.data};
}

struct span
attune_span(ProtobufCBinaryData bytes)
{
    return span_of(bytes.data, bytes.len);
}

void
attune_request(Attune__Local__Request *out, const char *name)
{
    attune__local__request__init(out);
    out->name = attune_text(name);
}

void
attune_with_secret(Attune__Local__Request *request, Attune__Local__Secret *secret)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_SECRET;
    request->secret = secret;
}

void
attune_with_entry(Attune__Local__Request *request, Attune__Local__Entry *entry)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request->create = entry;
}

void
attune_with_act(Attune__Local__Request *request, Attune__Local__Act *act)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_ACT;
    request->act = act;
}

void
attune_with_query(Attune__Local__Request *request, Attune__Local__Query *query)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
    request->query = query;
}

void
attune_with_pair(Attune__Local__Request *request, Attune__Local__Pair *pair)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    request->pair = pair;
}

void
attune_with_option(Attune__Local__Request *request, Attune__Local__Option *option)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_OPTION;
    request->option = option;
}

void
attune_with_watch(Attune__Local__Request *request, Attune__Local__Watch *watch)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_WATCH;
    request->watch = watch;
}

void
attune_with_quiet(Attune__Local__Request *request, Attune__Local__Quiet *quiet)
{
    request->body_case = ATTUNE__LOCAL__REQUEST__BODY_QUIET;
    request->quiet = quiet;
}

void
attune_field_text(Attune__Local__Field *out, const char *name, struct span text)
{
    attune__local__field__init(out);
    out->name = attune_text(name);
    out->text = attune_bytes(text);
}

void
attune_field_number(Attune__Local__Field *out, const char *name, int64_t number)
{
    attune__local__field__init(out);
    out->name = attune_text(name);
    out->number = number;
}

const Attune__Local__Field *
attune_field(Attune__Local__Field *const *fields, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(fields[i]->name, name) == 0) {
            return fields[i];
        }
    }
    return NULL;
}

bool
attune_offers(const Attune__Local__Entry *entry, const char *act)
{
    for (size_t i = 0; i < entry->n_acts; i++) {
        if (strcmp(entry->acts[i], act) == 0) {
            return true;
        }
    }
    return false;
}
