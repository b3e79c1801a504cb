/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ana and Ben, two real cores in one process, for the examples of PROTOCOL.md.
 *
 * The model: stores in memory, one path between the two, a clock that stands still
 * unless told, and "random" bytes that come from a counter: so every byte of what they
 * say is the same at each run. Frames are delivered in the order they were sent in.
 */
#ifndef ATTUNE_TESTS_PROTOCOL_WORLD_H
#define ATTUNE_TESTS_PROTOCOL_WORLD_H

#include "common/error.h"
#include "daemon/core/inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ANA, BEN, SIDES, QUEUE_MAX = 64, NOW_S = 1790000000 };

struct side {
    uint8_t name; /* of its random bytes */
    uint8_t root[KEY_BYTES];
    uint64_t drawn;
    uint8_t last[KEY_BYTES]; /* the 32 drawn last: of a batch, its ephemeral key */
    struct store *store;
    struct core *core;
    struct buf reply;
    struct buf frame; /* sent last */
    bool noticed;     /* the topic of notices changed since this was cleared */
    int64_t wake_s;   /* when the core wants its next tick; 0: never */
};

struct queued {
    int to;
    struct buf frame;
};

struct world {
    struct side sides[SIDES];
    struct queued queue[QUEUE_MAX];
    size_t queue_count;
    uint64_t mono_ms;
    int64_t later_s; /* than NOW_S */
    /* What was seen of the pairing. */
    struct buf start; /* the frames START and COUPLE */
    struct buf couple;
    struct pair joiner; /* as they were once the tags were exchanged */
    struct pair issuer;
    bool confirmed;
    struct buf code;
};

static inline void
world_random(void *context, void *out, size_t size)
{
    struct side *side = context;
    uint8_t block[HASH_BYTES], *at = out;
    for (size_t done = 0; done < size; done += sizeof block) {
        struct hash hash;
        hash_init(&hash, "test.random");
        hash_put(&hash, span_of(&side->name, 1));
        hash_put_u64(&hash, side->drawn++);
        hash_final(&hash, block);
        memcpy(at + done, block,
               size - done < sizeof block ? size - done : sizeof block);
    }
    if (size == KEY_BYTES) {
        memcpy(side->last, out, KEY_BYTES);
    }
}

static inline void
world_send(struct world *world, int from, struct span frame)
{
    struct side *side = &world->sides[from];
    assert_true(world->queue_count < QUEUE_MAX);
    struct queued *queued = &world->queue[world->queue_count++];
    *queued = (struct queued){.to = 1 - from};
    buf_put_span(&queued->frame, frame);
    buf_clear(&side->frame);
    buf_put_span(&side->frame, frame);
    if (frame.data[0] != FRAME_PAIR) {
        return;
    }
    struct buf *kept = frame.data[2] == 1   ? &world->start
                       : frame.data[2] == 7 ? &world->couple
                                            : NULL;
    if (kept != NULL && kept->size == 0) {
        buf_put_span(kept, frame);
    }
}

static inline void
world_step(struct world *world, int who, struct event event)
{
    struct side *side = &world->sides[who];
    struct actions actions;
    event.now_s = NOW_S + world->later_s;
    event.mono_ms = world->mono_ms;
    actions_init(&actions);
    assert_int_equal(store_begin(side->store), 0);
    assert_int_equal(core_step(side->core, &event, &actions), 0);
    assert_int_equal(store_commit(side->store), 0);
    for (size_t i = 0; i < actions.count; i++) {
        struct span bytes = buf_span(&actions.items[i].bytes);
        if (actions.items[i].type == ACTION_SEND) {
            world_send(world, who, bytes);
        } else if (actions.items[i].type == ACTION_REPLY) {
            buf_clear(&side->reply);
            buf_put_span(&side->reply, bytes);
        } else if (actions.items[i].type == ACTION_NOTICE &&
                   strcmp(actions.items[i].topic, "notices") == 0) {
            side->noticed = true;
        }
    }
    side->wake_s = actions.wake_s;
    actions_clear(&actions);
}

/* Both sides' view right after both tags were right. */
static inline void
world_watch(struct world *world)
{
    const struct pair *issuer = &world->sides[BEN].core->pair;
    const struct pair *joiner = &world->sides[ANA].core->pair;
    if (!world->confirmed && issuer->confirmed && joiner->confirmed) {
        world->confirmed = true;
        world->issuer = *issuer;
        world->joiner = *joiner;
    }
}

static inline void
world_deliver(struct world *world)
{
    for (size_t i = 0; i < world->queue_count; i++) {
        struct queued queued = world->queue[i];
        world_step(world, queued.to,
                   (struct event){.type = CORE_FRAME,
                                  .path = 1,
                                  .frame = buf_span(&queued.frame)});
        buf_free(&queued.frame);
        world_watch(world);
    }
    world->queue_count = 0;
}

/* What is under way when a path closes is lost. */
static inline void
world_path_down(struct world *world)
{
    for (size_t i = 0; i < world->queue_count; i++) {
        buf_free(&world->queue[i].frame);
    }
    world->queue_count = 0;
    for (int i = 0; i < SIDES; i++) {
        world_step(world, i, (struct event){.type = CORE_PATH_DOWN, .path = 1});
    }
}

/* One side hears of a path first: greetings that cross are the simulator's. */
static inline void
world_path_up(struct world *world)
{
    for (int i = 0; i < SIDES; i++) {
        world_step(world, i, (struct event){.type = CORE_PATH_UP, .path = 1});
        world_deliver(world);
    }
}

/* Asks; the reply is `side.reply`, packed. */
static inline void
world_ask(struct world *world, int who, const Attune__Local__Request *request)
{
    world_step(world, who,
               (struct event){.type = CORE_REQUEST, .client = 1, .request = request});
}

static inline void
world_birth(struct world *world, int who, const char *name, const char *address)
{
    struct side *side = &world->sides[who];
    const struct store_config config = {.path = NULL};
    side->name = (uint8_t)name[0];
    assert_int_equal(store_open(&config, &side->store), 0);
    world_random(side, side->root, sizeof side->root);
    assert_int_equal(store_begin(side->store), 0);
    assert_int_equal(core_create(side->store, world_random, side, side->root,
                                 span_text(name), NOW_S, 60),
                     0);
    assert_int_equal(store_commit(side->store), 0);
    const struct core_config core = {
        .store = side->store, .random = world_random, .random_context = side};
    assert_int_equal(core_new(&core, &side->core), 0);
    world_step(world, who, (struct event){.type = CORE_START});
    world_step(world, who,
               (struct event){.type = CORE_ADDRESSES,
                              .addresses = &address,
                              .addresses_count = 1});
}

static inline struct span
world_reply_text(struct world *world, int who, struct arena *arena)
{
    const struct side *side = &world->sides[who];
    ProtobufCAllocator *allocator = arena_allocator(arena);
    Attune__Local__Reply *reply =
        attune__local__reply__unpack(allocator, side->reply.size, side->reply.data);
    assert_non_null(reply);
    assert_string_equal(reply->error, "");
    return span_of(reply->text.data, reply->text.len);
}

/* Ben offers a code, Ana joins by it; then they greet and are quiet. */
static inline void
world_pair(struct world *world, struct arena *arena)
{
    char at[] = "tcp://ben.example:7400";
    char names[][12] = {"pair-code", "pair-join"};
    Attune__Local__Request request;
    Attune__Local__Pair pair;
    attune__local__request__init(&request);
    attune__local__pair__init(&pair);
    request.format = 1;
    request.number = 1;
    request.name = names[0];
    world_ask(world, BEN, &request);
    struct span code = world_reply_text(world, BEN, arena);
    buf_put_span(&world->code, code);
    pair.code = (ProtobufCBinaryData){world->code.size, world->code.data};
    pair.at = (ProtobufCBinaryData){strlen(at), (uint8_t *)at};
    request.name = names[1];
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    request.pair = &pair;
    world_ask(world, ANA, &request);
    world_path_up(world);
    assert_true(world->confirmed);
    /* The issuer's socket lingers; then the link starts anew with CURVE. */
    world->mono_ms += 5000;
    world_step(world, BEN, (struct event){.type = CORE_TICK});
    world_step(world, ANA, (struct event){.type = CORE_TICK});
    world_path_down(world);
    world_path_up(world);
    for (size_t i = 0; i < SIDES; i++) {
        assert_true(world->sides[i].core->pairing.opened);
        buf_clear(&world->sides[i].frame);
    }
}

static inline void
world_end(struct world *world)
{
    for (size_t i = 0; i < SIDES; i++) {
        struct side *side = &world->sides[i];
        core_free(side->core);
        store_close(side->store);
        buf_free(&side->reply);
        buf_free(&side->frame);
    }
    buf_free(&world->start);
    buf_free(&world->couple);
    buf_free(&world->code);
    bytes_wipe(world, sizeof *world);
}

#endif
