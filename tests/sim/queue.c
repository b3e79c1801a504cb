/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to happen, as a heap by (time, serial). */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

static bool
before(const struct happening *a, const struct happening *b)
{
    return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->serial < b->serial;
}

void
world_queue(struct world *world, uint64_t after_ms, struct happening happening)
{
    happening.at_ms = world->now_ms + after_ms;
    happening.serial = ++world->queue_serial;
    if (world->queue_count == world->queue_capacity) {
        size_t capacity = world->queue_capacity == 0 ? 64 : world->queue_capacity * 2;
        struct happening *queue = calloc(capacity, sizeof *queue);
        if (queue == NULL) {
            abort();
        }
        if (world->queue_count > 0) {
            memcpy(queue, world->queue, world->queue_count * sizeof *queue);
        }
        free(world->queue);
        world->queue = queue;
        world->queue_capacity = capacity;
    }
    size_t at = world->queue_count++;
    while (at > 0 && before(&happening, &world->queue[(at - 1) / 2])) {
        world->queue[at] = world->queue[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    world->queue[at] = happening;
}

struct happening
world_first(struct world *world)
{
    struct happening first = world->queue[0];
    struct happening last = world->queue[--world->queue_count];
    size_t at = 0;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= world->queue_count) {
            break;
        }
        if (child + 1 < world->queue_count &&
            before(&world->queue[child + 1], &world->queue[child])) {
            child++;
        }
        if (!before(&world->queue[child], &last)) {
            break;
        }
        world->queue[at] = world->queue[child];
        at = child;
    }
    if (world->queue_count > 0) {
        world->queue[at] = last;
    }
    return first;
}
