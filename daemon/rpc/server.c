/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/server.h"

#include "common/arena.h"
#include "common/error.h"
#include "common/scan.h"
#include "daemon/rpc/conn.h"
#include "daemon/rpc/listen.h"
#include "daemon/rpc/topics.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    OUT_BYTES_FULL = 256 * 1024, /* above this a client isn't read */
    REQUEST_FIELDS_MAX = 512,    /* sixteen fields of an entry, three numbers each */
    REQUEST_ARENA_BYTES = 2 * (int)REQUEST_BYTES_MAX + 64 * 1024,
    NAME_BYTES = 32,
};

struct pending {
    uint32_t number;
    bool core; /* the core owes the answer */
};

struct client {
    uint64_t token; /* 0: this place is free */
    struct server *server;
    struct loop_watch watch;
    struct conn conn;
    uint64_t stalled_ms; /* since when it reads nothing; 0: nothing waits */
    size_t pending_count;
    struct pending pending[SERVER_PENDING_MAX];
    bool blocked; /* has asked more, but must wait for an answer first */
    bool closing; /* ends once all answers have left */
    bool parked;
    uint32_t watch_number;
    unsigned watch_mask;
    uint64_t watch_after;
    int64_t watch_until; /* wall clock, seconds; 0: never */
};

struct server {
    struct server_config config;
    struct loop_watch listener;
    struct loop_timer stall;
    struct loop_timer resume;
    struct loop_timer until; /* the nearest watch_until */
    struct arena *arena; /* of the request at hand */
    struct topics topics;
    uint64_t tokens;
    struct client clients[CLIENTS_MAX];
};

/* ---- clients ---- */

static struct client *
find(struct server *server, uint64_t token)
{
    for (size_t i = 0; token != 0 && i < CLIENTS_MAX; i++) {
        if (server->clients[i].token == token) {
            return &server->clients[i];
        }
    }
    return NULL;
}

static void
drop(struct client *client)
{
    struct server *server = client->server;
    uint64_t token = client->token;
    bool owed = false;
    for (size_t i = 0; i < client->pending_count; i++) {
        owed = owed || client->pending[i].core;
    }
    loop_unwatch(server->config.loop, &client->watch);
    conn_done(&client->conn);
    *client = (struct client){0};
    if (owed) {
        server->config.gone(server->config.context, token);
    }
}

/* What to wait for follows from the client's state. */
static void
rewatch(struct client *client)
{
    uint32_t events = 0;
    size_t waiting = conn_waiting(&client->conn);
    if (!client->closing && client->pending_count < SERVER_PENDING_MAX &&
        waiting < OUT_BYTES_FULL) {
        events |= EPOLLIN;
    }
    if (waiting > 0) {
        events |= EPOLLOUT;
    }
    if (loop_watch(client->server->config.loop, &client->watch, events) != 0) {
        drop(client);
    }
}

/* After something was put or sent: is the client stuck, or done? False: it is gone. */
static bool
judge(struct client *client, bool moved)
{
    struct server *server = client->server;
    if (moved || conn_waiting(&client->conn) == 0) {
        client->stalled_ms = 0;
    }
    if (conn_waiting(&client->conn) == 0) {
        if (client->closing) {
            drop(client);
            return false;
        }
    } else if (client->stalled_ms == 0) {
        client->stalled_ms = clock_mono_ms(server->config.clock);
        if (server->stall.mono_ms == 0) {
            loop_set(server->config.loop, &server->stall,
                     client->stalled_ms + SERVER_STALL_MS, 0);
        }
    }
    return true;
}

static bool
flush(struct client *client)
{
    bool moved = false;
    if (conn_flush(&client->conn, &moved) != 0) {
        drop(client);
        return false;
    }
    return judge(client, moved);
}

static void
on_stall(void *context)
{
    struct server *server = context;
    uint64_t now_ms = clock_mono_ms(server->config.clock);
    uint64_t next_ms = 0;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->token == 0 || client->stalled_ms == 0) {
            continue;
        }
        uint64_t end_ms = client->stalled_ms + SERVER_STALL_MS;
        if (end_ms <= now_ms) {
            drop(client);
        } else if (next_ms == 0 || end_ms < next_ms) {
            next_ms = end_ms;
        }
    }
    loop_set(server->config.loop, &server->stall, next_ms, 0);
}

/* ---- answers ---- */

/* The number of a packed Reply is its first field, or absent when it is 0. */
static uint32_t
reply_number(struct span reply)
{
    struct reader reader = reader_of(reply);
    uint32_t number = 0;
    if (reader_u8(&reader) != (1 << 3 | 0)) {
        return 0;
    }
    for (unsigned shift = 0; shift < 32; shift += 7) {
        uint8_t byte = reader_u8(&reader);
        number |= (uint32_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            break;
        }
    }
    return number;
}

/* Takes the question off the list; false when nobody asked it. */
static bool
settle(struct client *client, uint32_t number)
{
    for (size_t i = 0; i < client->pending_count; i++) {
        if (client->pending[i].number == number) {
            client->pending[i] = client->pending[--client->pending_count];
            if (client->blocked) { /* not here: an answer may come amid anything */
                client->blocked = false;
                loop_set(client->server->config.loop, &client->server->resume, 1, 0);
            }
            return true;
        }
    }
    return false;
}

/* The client may be gone afterwards. */
static void
put(struct client *client, struct span reply)
{
    if (conn_put(&client->conn, reply) != 0) {
        drop(client); /* gone, too slow, or no memory for it */
    } else if (judge(client, false)) {
        rewatch(client);
    }
}

static void
put_error(struct client *client, uint32_t number, int error);

static void
put_message(struct client *client, const Attune__Local__Reply *reply)
{
    struct buf bytes = {.size_max = REPLY_BYTES_MAX};
    size_t size = attune__local__reply__get_packed_size(reply);
    uint8_t *data = buf_reserve(&bytes, size);
    if (data != NULL) {
        attune__local__reply__pack(reply, data);
        buf_advance(&bytes, size);
        put(client, buf_span(&bytes));
    } else if (reply->error[0] == '\0') {
        put_error(client, reply->number, bytes.error);
    } else {
        drop(client); /* not even that fits into memory */
    }
    buf_free(&bytes);
}

static void
put_error(struct client *client, uint32_t number, int error)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    char name[NAME_BYTES] = "";
    const char *text = error == 0 ? "" : error_name(error);
    assert(strlen(text) < sizeof name);
    memcpy(name, text, strlen(text) + 1);
    reply.number = number;
    reply.error = name;
    put_message(client, &reply);
}

void
server_reply(struct server *server, uint64_t token, struct span reply)
{
    struct client *client = find(server, token);
    uint32_t number = reply_number(reply);
    if (client == NULL || !settle(client, number)) {
        return;
    }
    if (reply.size > REPLY_BYTES_MAX) {
        put_error(client, number, E_LIMIT);
    } else {
        put(client, reply);
    }
}

void
server_answer(struct server *server, uint64_t token, const Attune__Local__Reply *reply)
{
    struct client *client = find(server, token);
    if (client != NULL && settle(client, reply->number)) {
        put_message(client, reply);
    }
}

void
server_error(struct server *server, uint64_t token, uint32_t number, int error)
{
    struct client *client = find(server, token);
    if (client != NULL && settle(client, number)) {
        put_error(client, number, error);
    }
}

void
server_fail_core(struct server *server, int error)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        uint64_t token = client->token;
        for (size_t j = client->pending_count; client->token == token && j > 0; j--) {
            if (client->pending[j - 1].core) {
                uint32_t number = client->pending[j - 1].number;
                client->pending[j - 1] = client->pending[--client->pending_count];
                put_error(client, number, error);
            }
        }
    }
}

/* ---- watch ---- */

static void
tell(struct client *client, unsigned news)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    char texts[TOPICS_COUNT][16];
    char *names[TOPICS_COUNT];
    for (size_t i = 0; i < TOPICS_COUNT; i++) {
        if ((news & 1u << i) != 0) {
            const char *name = topics_name(i);
            memcpy(texts[reply.n_topics], name, strlen(name) + 1);
            names[reply.n_topics] = texts[reply.n_topics];
            reply.n_topics++;
        }
    }
    reply.topics = names;
    reply.number = client->watch_number;
    reply.serial = client->server->topics.serial;
    client->parked = false;
    put_message(client, &reply);
}

/* Watches whose time came are answered without topics. */
static void
arm_until(struct server *server)
{
    int64_t now_s = clock_wall_ms(server->config.clock) / 1000;
    int64_t next_s = 0;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        bool waits = client->token != 0 && client->parked && client->watch_until != 0;
        if (waits && client->watch_until <= now_s) {
            tell(client, 0);
        } else if (waits && (next_s == 0 || client->watch_until < next_s)) {
            next_s = client->watch_until;
        }
    }
    if (next_s != server->until.wall_s) {
        loop_set(server->config.loop, &server->until, 0, next_s);
    }
}

static void
on_until(void *context)
{
    arm_until(context);
}

void
server_watch(struct server *server, uint64_t token, uint32_t number,
             const Attune__Local__Watch *watch)
{
    struct client *client = find(server, token);
    unsigned mask = TOPICS_ALL;
    int rc = watch == NULL ? 0 : topics_mask(watch->topics, watch->n_topics, &mask);
    if (client == NULL || !settle(client, number)) {
        return;
    }
    if (rc != 0) {
        put_error(client, number, rc);
        return;
    }
    if (client->parked) {
        tell(client, 0);
        client = find(server, token);
        if (client == NULL) {
            return;
        }
    }
    client->parked = true;
    client->watch_number = number;
    client->watch_mask = mask;
    client->watch_after = watch == NULL ? 0 : watch->after;
    client->watch_until = watch == NULL || watch->until < 0 ? 0 : watch->until;
    unsigned news = topics_news(&server->topics, mask, client->watch_after);
    if (news != 0) {
        tell(client, news);
    } else {
        arm_until(server);
    }
}

void
server_notice(struct server *server, const char *topic)
{
    topics_change(&server->topics, topic);
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        struct client *client = &server->clients[i];
        if (client->token != 0 && client->parked) {
            unsigned news =
                topics_news(&server->topics, client->watch_mask, client->watch_after);
            if (news != 0) {
                tell(client, news);
            }
        }
    }
}

/* ---- questions ---- */

static void
handle(struct server *server, struct client *client, struct span frame)
{
    static const struct scan_rules rules = {.fields_max = REQUEST_FIELDS_MAX};
    const struct server_config *config = &server->config;
    const struct table_row *row = NULL;
    uint64_t token = client->token;
    const Attune__Local__Request *request =
        scan_unpack(frame, &attune__local__request__descriptor, &rules, server->arena);
    if (request == NULL) {
        client->closing = true; /* whatever follows can't be trusted to be a frame */
        put_error(client, 0, E_PROTOCOL);
        return;
    }
    int rc = table_admit(&config->table, request, frame.size,
                         config->state(config->context), &row);
    if (rc != 0) {
        put_error(client, request->number, rc);
        return;
    }
    client->pending[client->pending_count++] =
        (struct pending){request->number, row->run == NULL};
    if (row->use) {
        config->used(config->context);
    }
    if (row->run != NULL) {
        row->run(config->context, token, request);
    } else {
        config->ask_core(config->context, token, request);
    }
}

/* The frames that are complete, as long as the client may ask. */
static void
handle_all(struct server *server, uint64_t token)
{
    for (;;) {
        struct span frame = SPAN_EMPTY;
        bool whole = false;
        struct client *client = find(server, token);
        if (client == NULL || client->closing ||
            conn_waiting(&client->conn) >= OUT_BYTES_FULL) {
            return;
        }
        int rc = conn_frame(&client->conn, &whole, &frame);
        if (rc != 0) {
            client->closing = true;
            put_error(client, 0, rc);
            return;
        }
        client->blocked = whole && client->pending_count == SERVER_PENDING_MAX;
        if (!whole || client->blocked) {
            return;
        }
        handle(server, client, frame);
        arena_reset(server->arena);
        client = find(server, token);
        if (client != NULL) {
            conn_consume(&client->conn, frame);
        }
    }
}

/* Clients that may ask again. */
static void
on_resume(void *context)
{
    struct server *server = context;
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        uint64_t token = server->clients[i].token;
        handle_all(server, token);
        struct client *client = find(server, token);
        if (client != NULL) {
            rewatch(client);
        }
    }
}

static void
on_client(void *context, uint32_t events)
{
    struct client *client = context;
    struct server *server = client->server;
    uint64_t token = client->token;
    if ((events & EPOLLOUT) != 0 && !flush(client)) {
        return;
    }
    if ((events & EPOLLIN) != 0) {
        if (conn_receive(&client->conn) != 0) {
            drop(client);
            return;
        }
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        drop(client);
        return;
    }
    handle_all(server, token);
    client = find(server, token);
    if (client != NULL) {
        rewatch(client);
    }
}

/* ---- arrivals ---- */

static struct client *
free_place(struct server *server)
{
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (server->clients[i].token == 0) {
            return &server->clients[i];
        }
    }
    return NULL;
}

static void
on_listener(void *context, uint32_t events)
{
    struct server *server = context;
    struct client *client = free_place(server);
    int fd = -1;
    (void)events;
    if (listen_accept(server->listener.fd, client != NULL, &fd) != 0) {
        return;
    }
    *client = (struct client){
        .token = ++server->tokens,
        .server = server,
        .watch = {.fd = fd, .fn = on_client, .context = client},
    };
    conn_init(&client->conn, fd, REQUEST_BYTES_MAX, CLIENT_OUT_BYTES_MAX);
    if (loop_watch(server->config.loop, &client->watch, EPOLLIN) != 0) {
        drop(client);
    }
}

int
server_new(const struct server_config *config, int listener, struct server **out)
{
    int rc = E_MEMORY;
    struct server *server = calloc(1, sizeof *server);
    if (server == NULL) {
        return rc;
    }
    server->config = *config;
    server->listener =
        (struct loop_watch){.fd = listener, .fn = on_listener, .context = server};
    server->stall = (struct loop_timer){.fn = on_stall, .context = server};
    server->resume = (struct loop_timer){.fn = on_resume, .context = server};
    server->until = (struct loop_timer){.fn = on_until, .context = server};
    server->arena = arena_new(REQUEST_ARENA_BYTES);
    topics_init(&server->topics, clock_wall_ms(config->clock));
    if (server->arena == NULL) {
        goto out;
    }
    rc = loop_watch(config->loop, &server->listener, EPOLLIN);
    if (rc != 0) {
        goto out;
    }
    *out = server;
    server = NULL; /* transferred */
out:
    if (server != NULL) {
        server->listener.fd = -1; /* still the caller's */
        server_free(server);
    }
    return rc;
}

void
server_free(struct server *server)
{
    if (server == NULL) {
        return;
    }
    for (size_t i = 0; i < CLIENTS_MAX; i++) {
        if (server->clients[i].token != 0) {
            server->clients[i].pending_count = 0; /* nobody left to tell */
            drop(&server->clients[i]);
        }
    }
    loop_unwatch(server->config.loop, &server->listener);
    loop_drop(server->config.loop, &server->stall);
    loop_drop(server->config.loop, &server->resume);
    loop_drop(server->config.loop, &server->until);
    if (server->listener.fd >= 0) {
        close(server->listener.fd);
    }
    arena_free(server->arena);
    free(server);
}
