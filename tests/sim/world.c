/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The world's clock, queue and dice, and the one way an event reaches a core: run.c, with
 * crashes at every step of it.
 */
#include "tests/sim/world.h"

#include "common/error.h"
#include "daemon/store/inside.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- dice: splitmix64 ---- */

static uint64_t
next(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

uint64_t
world_draw(struct world *world, uint64_t below)
{
    return next(&world->dice) % below;
}

bool
world_odds(struct world *world, unsigned of_thousand)
{
    return world_draw(world, 1000) < of_thousand;
}

static void
fill_random(void *context, void *out, size_t size)
{
    struct world *world = context;
    uint8_t *bytes = out;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(next(&world->core_dice) >> 56);
    }
}

core_random_fn *const world_random = fill_random;

/* ---- trace ---- */

static void
put_line(struct world *world, bool seen, const char *line)
{
    for (const char *at = line; *at != '\0'; at++) {
        world->hash = (world->hash ^ (uint8_t)*at) * UINT64_C(0x100000001b3);
    }
    if (world->tell) {
        printf("[%8llu]%c%s\n", (unsigned long long)world->now_ms, seen ? ' ' : '|', line);
    }
    if (seen) {
        buf_printf(&world->story, "[%5llu] %s\n", (unsigned long long)world->now_ms, line);
    }
}

void
world_trace(struct world *world, bool seen, const char *format, ...)
{
    char line[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(line, sizeof line, format, args);
    va_end(args);
    put_line(world, seen, line);
}

void
world_fail(struct world *world, const char *format, ...)
{
    va_list args;
    if (world->failure[0] != '\0') {
        return; /* the first one is the cause */
    }
    va_start(args, format);
    (void)vsnprintf(world->failure, sizeof world->failure, format, args);
    va_end(args);
    world_trace(world, false, "FAILED %s", world->failure);
}

/* ---- homes and their clocks ---- */

const char *
home_name(const struct home *home)
{
    static const char *const names[HOMES] = {"ana", "ana'", "ben", "ben'"};
    return names[home->index];
}

int64_t
home_wall_s(const struct home *home)
{
    return WORLD_EPOCH_S + (int64_t)(home->world->now_ms / 1000) + home->wall_offset_s;
}

void
home_wake(struct home *home)
{
    struct world *world = home->world;
    uint64_t at_ms = UINT64_MAX;
    home->wake_token++;
    if (home->wake_mono_ms != 0) {
        at_ms = home->wake_mono_ms;
    }
    if (home->wake_wall_s != 0) {
        int64_t in_s = home->wake_wall_s - home_wall_s(home);
        uint64_t wall_ms = in_s <= 0 ? 0 : world->now_ms / 1000 * 1000 + (uint64_t)in_s * 1000;
        at_ms = wall_ms < at_ms ? wall_ms : at_ms;
    }
    if (at_ms == UINT64_MAX) {
        return;
    }
    uint64_t wait_ms = at_ms > world->now_ms ? at_ms - world->now_ms : 1;
    world_queue(world, wait_ms,
                (struct happening){.type = HAPPEN_TICK,
                                   .home = home->index,
                                   .token = home->wake_token});
}

/* ---- what a core wants done ---- */

static bool
still_alive(struct home *home)
{
    if (home->crashing) {
        return false;
    }
    if (home->crash == CRASH_AFTER_COMMIT ||
        (home->crash == CRASH_AMONG_ACTIONS && home->actions >= home->crash_actions)) {
        home->crashing = true;
        return false;
    }
    home->actions++;
    return true;
}

static void
out_send(void *context, uint32_t path, struct span frame)
{
    struct home *home = context;
    if (still_alive(home)) {
        wire_frame(home, path, frame);
    }
}

static void
read_answer(struct answer *answer, const Attune__Local__Reply *reply)
{
    answer->came = true;
    (void)snprintf(answer->error, sizeof answer->error, "%s", reply->error);
    (void)snprintf(answer->state, sizeof answer->state, "%s", reply->state);
    (void)snprintf(answer->text, sizeof answer->text, "%.*s", (int)reply->text.len,
                   reply->text.len > 0 ? (const char *)reply->text.data : "");
    answer->mine = reply->mine;
    answer->has_round = reply->n_questions > 0 && !reply->questions[0]->answered &&
                        !reply->questions[0]->alone &&
                        reply->questions[0]->round.len == ID_BYTES;
    if (answer->has_round) {
        memcpy(answer->round, reply->questions[0]->round.data, ID_BYTES);
    }
    if (reply->id.len == ID_BYTES) {
        memcpy(answer->id, reply->id.data, ID_BYTES);
    }
}

static void
out_reply(void *context, uint64_t client, struct span bytes)
{
    struct home *home = context;
    if (!still_alive(home)) {
        return;
    }
    Attune__Local__Reply *reply =
        attune__local__reply__unpack(NULL, bytes.size, bytes.data);
    if (reply == NULL) {
        world_fail(home->world, "%s: a reply that can't be read", home_name(home));
        return;
    }
    if (client == home->answer.client) {
        read_answer(&home->answer, reply);
        desk_hear(home, reply);
    }
    if (client == home->join.client) {
        read_answer(&home->join, reply);
        world_trace(home->world, true, "%s > pairing: %s", home_name(home),
                    reply->error[0] == '\0' ? "done" : reply->error);
    }
    attune__local__reply__free_unpacked(reply, NULL);
}

static void
out_fail(void *context, uint64_t client, uint32_t number, int error)
{
    struct home *home = context;
    (void)number;
    if (client == home->answer.client) {
        home->answer.came = true;
        (void)snprintf(home->answer.error, sizeof home->answer.error, "%s",
                       error_name(error));
    }
}

static void
out_notice(void *context, const char *topic)
{
    struct home *home = context;
    if (still_alive(home)) {
        world_trace(home->world, false, "%s notice %s", home_name(home), topic);
    }
}

static void
out_link(void *context)
{
    struct home *home = context;
    if (still_alive(home)) {
        wire_link(home);
    }
}

/* The journal under a new key is not the simulator's; the answer is. */
static void
out_rekey(void *context, uint64_t client, uint32_t number)
{
    struct home *home = context;
    (void)number;
    if (still_alive(home) && client == home->answer.client) {
        home->answer.came = true;
        home->answer.error[0] = '\0';
    }
}

static void
out_wake(void *context, uint64_t mono_ms, int64_t wall_s)
{
    struct home *home = context;
    home->wake_mono_ms = mono_ms;
    home->wake_wall_s = wall_s;
    home_wake(home);
}

const struct run_out world_out = {
    .send = out_send,
    .reply = out_reply,
    .fail = out_fail,
    .notice = out_notice,
    .link = out_link,
    .rekey = out_rekey,
    .wake = out_wake,
};

/* ---- events ---- */

/* Everything up to the commit, and then not the commit. */
static void
event_without_commit(struct home *home, const struct event *event)
{
    struct actions actions;
    actions_init(&actions);
    int rc = store_begin(home->store);
    if (rc == 0) {
        rc = core_step(home->core, event, &actions);
    }
    (void)rc; /* nobody lives to hear of it */
    store_rollback(home->store);
    actions_clear(&actions);
}

/* The disk is full exactly when what was written is to become durable. */
static int
refuse_commit(void *context)
{
    struct home *home = context;
    if (sqlite3_total_changes(home->store->db) == home->changes) {
        return 0;
    }
    home->store->lost = E_DISK_FULL;
    return 1;
}

static int
event_on_full_disk(struct home *home, const struct event *event)
{
    home->changes = sqlite3_total_changes(home->store->db);
    home->crash = CRASH_NONE;
    sqlite3_commit_hook(home->store->db, refuse_commit, home);
    int rc = run_event(&home->run, event);
    if (home->store != NULL) {
        sqlite3_commit_hook(home->store->db, NULL, NULL);
    }
    return rc == 0 ? 0 : E_DISK_FULL;
}

static bool
may_happen(int rc)
{
    return rc == 0 || rc == E_DISK_FULL;
}

int
home_event(struct home *home, struct event *event)
{
    struct world *world = home->world;
    int rc = 0;
    if (home->core == NULL) {
        return E_DAEMON;
    }
    event->now_s = home_wall_s(home);
    event->mono_ms = world->now_ms;
    event->zone_min = 60;
    world->events++;
    home->actions = 0;
    home->crashing = false;
    if (home->crash == CRASH_BEFORE_COMMIT) {
        world_trace(world, false, "%s event %d dies before the commit", home_name(home),
                    (int)event->type);
        event_without_commit(home, event);
        home->crash = CRASH_NONE;
        home_crash(home);
        return E_DAEMON;
    }
    if (home->crash == CRASH_FULL_DISK) {
        rc = event_on_full_disk(home, event);
        world_trace(world, false, "%s event %d on a full disk: %d", home_name(home),
                    (int)event->type, rc);
    } else {
        rc = run_event(&home->run, event);
    }
    if (!may_happen(rc)) {
        world_fail(world, "%s: event %d ended in %s", home_name(home), (int)event->type,
                   error_name(rc));
    }
    if (home->crash != CRASH_NONE) {
        world_trace(world, false, "%s event %d dies after the commit, %u actions left",
                    home_name(home), (int)event->type, home->actions);
        home->crash = CRASH_NONE;
        home_crash(home);
        return E_DAEMON;
    }
    return rc;
}

void
home_ask(struct home *home, Attune__Local__Request *request)
{
    struct event event = {.type = CORE_REQUEST, .request = request};
    home->answer = (struct answer){.client = ++home->world->clients};
    event.client = home->answer.client;
    request->format = 1;
    request->number = 1;
    (void)home_event(home, &event);
}

static void
happen(struct world *world, struct happening *happening)
{
    struct home *home = &world->homes[happening->home];
    struct event event = {.type = CORE_TICK};
    switch (happening->type) {
    case HAPPEN_FRAME:
        wire_arrive(world, happening->wire, happening->home, happening->path,
                    buf_span(&happening->frame));
        return;
    case HAPPEN_TICK:
        if (home->core != NULL && happening->token == home->wake_token) {
            (void)home_event(home, &event);
        }
        return;
    case HAPPEN_START:
        if (home->exists && home->core == NULL) {
            home_start(home);
        }
        return;
    case HAPPEN_DIAL:
        wire_dial(world, happening->wire);
        return;
    case HAPPEN_PATH_UP:
    case HAPPEN_PATH_DOWN:
        event.type = happening->type == HAPPEN_PATH_UP ? CORE_PATH_UP : CORE_PATH_DOWN;
        event.path = happening->path;
        if (home->core != NULL) {
            (void)home_event(home, &event);
        }
        return;
    }
}

enum { EVENTS_MAX = 30000 }; /* a seed of 60 steps has some hundred */

bool
world_step(struct world *world, uint64_t until_ms)
{
    if (world->events > EVENTS_MAX) {
        world_fail(world, "it never comes to rest");
    }
    if (world->queue_count == 0 || world->queue[0].at_ms > until_ms ||
        world->failure[0] != '\0') {
        return false;
    }
    struct happening happening = world_first(world);
    world->now_ms = happening.at_ms > world->now_ms ? happening.at_ms : world->now_ms;
    happen(world, &happening);
    buf_free(&happening.frame);
    return true;
}

void
world_run(struct world *world, uint64_t for_ms)
{
    uint64_t until_ms = world->now_ms + for_ms;
    while (world_step(world, until_ms)) {
    }
    world->now_ms = until_ms;
}

/* ---- life ---- */

int
world_init(struct world *world, uint64_t seed, bool on_file)
{
    static const int ends[WIRES][2] = {{0, 2}, {0, 3}, {1, 2}, {1, 3}};
    *world = (struct world){.seed = seed, .on_file = on_file};
    world->dice = seed * 2 + 1;
    world->core_dice = seed ^ UINT64_C(0x5851f42d4c957f2d);
    world->hash = UINT64_C(0xcbf29ce484222325);
    world->faults.delay_ms = 40;
    world->words = calloc(WORLD_WORDS_MAX, sizeof *world->words);
    for (int i = 0; i < HOMES; i++) {
        world->homes[i].world = world;
        world->homes[i].index = i;
    }
    for (size_t i = 0; i < WIRES; i++) {
        world->wires[i].ana = ends[i][0];
        world->wires[i].ben = ends[i][1];
    }
    int rc = world->words == NULL ? E_MEMORY : home_create(&world->homes[ANA], "Ana");
    return rc != 0 ? rc : home_create(&world->homes[BEN], "Ben");
}

void
world_done(struct world *world)
{
    for (int i = 0; i < HOMES; i++) {
        home_remove(&world->homes[i]);
    }
    for (size_t i = 0; i < BACKUPS; i++) {
        backup_drop(&world->backups[i]);
    }
    for (size_t i = 0; i < world->queue_count; i++) {
        buf_free(&world->queue[i].frame);
    }
    free(world->queue);
    free(world->words);
    buf_free(&world->story);
    buf_free(&world->sizes);
}
