/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The network between homes: loses, doubles, delays and reorders frames, and is cut.
 *
 * A wire carries frames only while both ends' links have tasks that fit: both CURVE and
 * each expects the other's key, or one offers a pairing and the other joins.
 */
#include "tests/sim/world.h"

#include "daemon/crypto/hash.h"

#include <string.h>

static bool
fits(const struct core_link *a, const struct core_link *b)
{
    if (a->mode == CORE_LINK_CURVE && b->mode == CORE_LINK_CURVE) {
        return memcmp(a->curve_public, b->partner_public, KEY_BYTES) == 0 &&
               memcmp(b->curve_public, a->partner_public, KEY_BYTES) == 0;
    }
    return (a->mode == CORE_LINK_PAIR_LISTEN && b->mode == CORE_LINK_PAIR_JOIN) ||
           (b->mode == CORE_LINK_PAIR_LISTEN && a->mode == CORE_LINK_PAIR_JOIN);
}

static void
lower(struct world *world, size_t index)
{
    struct wire *wire = &world->wires[index];
    if (!wire->up) {
        return;
    }
    wire->up = false;
    for (int end = 0; end < 2; end++) {
        /* Later than any tale of its rise. */
        world_queue(world, 21 + world_draw(world, 20),
                    (struct happening){.type = HAPPEN_PATH_DOWN,
                                       .home = end == 0 ? wire->ana : wire->ben,
                                       .wire = index,
                                       .path = wire->path});
    }
}

static void
dial_later(struct world *world, size_t index)
{
    world_queue(world, 25 + world_draw(world, 200),
                (struct happening){.type = HAPPEN_DIAL, .wire = index});
}

void
wire_dial(struct world *world, size_t index)
{
    struct wire *wire = &world->wires[index];
    struct home *ana = &world->homes[wire->ana], *ben = &world->homes[wire->ben];
    if (wire->up || wire->cut || ana->core == NULL || ben->core == NULL ||
        !fits(&ana->link, &ben->link)) {
        return;
    }
    wire->up = true;
    wire->path = ++world->paths;
    for (int end = 0; end < 2; end++) {
        world_queue(world, 1 + world_draw(world, 20),
                    (struct happening){.type = HAPPEN_PATH_UP,
                                       .home = end == 0 ? wire->ana : wire->ben,
                                       .wire = index,
                                       .path = wire->path});
    }
}

void
wire_link(struct home *home)
{
    struct world *world = home->world;
    struct core_link link;
    core_link(home->core, &link);
    bool same = memcmp(&link.mode, &home->link.mode, sizeof link.mode) == 0 &&
                memcmp(link.curve_public, home->link.curve_public, KEY_BYTES) == 0 &&
                memcmp(link.partner_public, home->link.partner_public, KEY_BYTES) == 0;
    home->link = link;
    world_trace(world, false, "%s link %d", home_name(home), (int)link.mode);
    for (size_t i = 0; i < WIRES; i++) {
        if (world->wires[i].ana != home->index && world->wires[i].ben != home->index) {
            continue;
        }
        if (!same) {
            lower(world, i);
        }
        dial_later(world, i);
    }
}

void
wire_down(struct home *home)
{
    struct world *world = home->world;
    home->link = (struct core_link){.mode = CORE_LINK_OFF};
    for (size_t i = 0; i < WIRES; i++) {
        if (world->wires[i].ana == home->index || world->wires[i].ben == home->index) {
            lower(world, i);
        }
    }
}

void
wire_cut(struct world *world, size_t index, bool cut)
{
    world->wires[index].cut = cut;
    if (cut) {
        lower(world, index);
    } else {
        dial_later(world, index);
    }
}

static unsigned
checksum(struct span frame)
{
    uint32_t sum = 2166136261u;
    for (size_t i = 0; i < frame.size; i++) {
        sum = (sum ^ frame.data[i]) * 16777619u;
    }
    return sum;
}

static void
send_copy(struct world *world, size_t index, int to, struct span frame)
{
    struct happening happening = {
        .type = HAPPEN_FRAME, .home = to, .wire = index, .path = world->wires[index].path};
    buf_put_span(&happening.frame, frame);
    world_queue(world, 1 + world_draw(world, world->faults.delay_ms + 1), happening);
}

void
wire_frame(struct home *home, uint32_t path, struct span frame)
{
    struct world *world = home->world;
    world->frames++;
    world->frame_bytes += frame.size;
    if (world->watch) { /* all an observer inside CURVE would see */
        buf_printf(&world->sizes, "%d %zu\n", frame.size > 0 ? frame.data[0] : -1,
                   frame.size);
    }
    for (size_t i = 0; i < WIRES; i++) {
        struct wire *wire = &world->wires[i];
        if (!wire->up || wire->path != path ||
            (wire->ana != home->index && wire->ben != home->index)) {
            continue;
        }
        world_trace(world, false, "%s sends %d, %zu bytes, %08x", home_name(home),
                    frame.size > 0 ? frame.data[0] : -1, frame.size, checksum(frame));
        int to = wire->ana == home->index ? wire->ben : wire->ana;
        if (world_odds(world, world->faults.loss)) {
            world_trace(world, false, "lost");
            return;
        }
        send_copy(world, i, to, frame);
        if (world_odds(world, world->faults.twice)) {
            send_copy(world, i, to, frame);
        }
        return;
    }
}

void
wire_arrive(struct world *world, size_t index, int to, uint32_t path, struct span frame)
{
    struct home *home = &world->homes[to];
    struct event event = {.type = CORE_FRAME, .path = path, .frame = frame};
    if (home->core == NULL || !world->wires[index].up || world->wires[index].path != path) {
        return;
    }
    (void)home_event(home, &event);
}
