/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A seed's life: people do things, and things happen to their homes and to the network.
 */
#include "tests/sim/world.h"

#include <stdlib.h>
#include <string.h>

struct odds { /* of 1,000 steps */
    unsigned crash, backup, restore, copy, cut, clock, snapshot, leave, hostile;
};

static struct home *
someone(struct world *world)
{
    struct home *home = &world->homes[world_draw(world, HOMES)];
    return home->exists && home->core != NULL ? home : NULL;
}

static void
pick_odds(struct world *world, struct odds *odds)
{
    *odds = (struct odds){.crash = 60, .cut = 20, .clock = 10, .backup = 15};
    world->faults = (struct faults){
        .loss = (unsigned)world_draw(world, 3) * 100,
        .twice = (unsigned)world_draw(world, 3) * 60,
        .delay_ms = world_odds(world, 300) ? 3000 : 60,
    };
    switch (world->seed % 4) { /* one great misfortune a seed */
    case 0:
        odds->restore = 15;
        break;
    case 1:
        odds->copy = 10;
        odds->restore = 4;
        break;
    case 2:
        odds->snapshot = 8;
        odds->leave = world_odds(world, 200) ? 5 : 0;
        break;
    default:
        world->hostile = true;
        odds->hostile = 250;
        break;
    }
}

static void
crash_soon(struct world *world, struct home *home)
{
    home->crash = (enum crash)(1 + world_draw(world, 4));
    home->crash_actions = (unsigned)world_draw(world, 4);
}

static void
restore_something(struct world *world, bool noticed)
{
    size_t slot = world_draw(world, BACKUPS);
    const struct backup *backup = &world->backups[slot];
    if (!backup->used || !world->homes[backup->home].exists) {
        return;
    }
    home_restore(&world->homes[backup->home], slot, noticed);
}

static void
pair_somehow(struct world *world)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    bool other = world_odds(world, 500);
    if (ana->core != NULL && ben->core != NULL) {
        people_pair(other ? ben : ana, other ? ana : ben, world_odds(world, 500));
    }
}

static void
misfortune(struct world *world, const struct odds *odds)
{
    struct home *home = someone(world);
    if (home == NULL) {
        return;
    }
    if (world_odds(world, odds->crash)) {
        crash_soon(world, home);
    }
    if (world_odds(world, odds->backup)) {
        home_backup(home, world_draw(world, BACKUPS));
    }
    if (world_odds(world, odds->restore)) {
        restore_something(world, true);
    }
    if (world_odds(world, odds->snapshot)) {
        if (world_odds(world, 500)) {
            restore_something(world, false);
        } else {
            home_copy(&world->homes[home->index / 2 * 2], false);
        }
    }
    if (world_odds(world, odds->copy) && home->core != NULL) {
        home_copy(&world->homes[home->index / 2 * 2], true);
    }
    if (world_odds(world, odds->cut)) {
        size_t wire = world_draw(world, WIRES);
        wire_cut(world, wire, !world->wires[wire].cut);
    }
    if (world_odds(world, odds->clock)) {
        home->wall_offset_s += (int64_t)world_draw(world, 14 * 3600) - 7 * 3600;
        home_wake(home);
    }
    if (home->core != NULL && world_odds(world, odds->leave)) {
        world_trace(world, true, "%s > leaves", home_name(home));
        people_ask(home, "leave");
        world->left = true;
    }
    if (world_odds(world, odds->hostile)) {
        hostile_speak(&world->homes[BEN], &world->homes[ANA]);
    }
}

void
chance_live(struct world *world, unsigned steps)
{
    struct odds odds;
    pick_odds(world, &odds);
    for (unsigned i = 0; i < steps && world->failure[0] == '\0'; i++) {
        bool apart = world->homes[ANA].link.mode == CORE_LINK_OFF ||
                     world->homes[BEN].link.mode == CORE_LINK_OFF;
        if (apart && world_odds(world, i == 0 ? 500 : 150)) {
            pair_somehow(world);
        }
        struct home *home = someone(world);
        if (home != NULL && world_odds(world, 700)) {
            people_chance(home);
        }
        misfortune(world, &odds);
        home = someone(world);
        if (home != NULL && world_odds(world, 100) && people_behind(home)) {
            people_accept(home);
        }
        uint64_t wait_ms = world_draw(world, 400);
        if (world_odds(world, 20)) {
            wait_ms = world_draw(world, 3 * 3600 * 1000);
        }
        world_run(world, wait_ms);
    }
}

static bool
all_run(struct world *world)
{
    for (int i = 0; i < HOMES; i++) {
        if (world->homes[i].exists && world->homes[i].core == NULL) {
            return false;
        }
    }
    return true;
}

static void
settle(struct world *world)
{
    world->faults = (struct faults){.delay_ms = 40};
    for (int i = 0; i < HOMES; i++) {
        world->homes[i].crash = CRASH_NONE;
        world->homes[i].wall_offset_s = 0;
        home_wake(&world->homes[i]);
    }
    for (size_t i = 0; i < WIRES; i++) {
        if (world->wires[i].cut) {
            wire_cut(world, i, false);
        }
    }
    for (int round = 0; round < 6 && world->failure[0] == '\0'; round++) {
        world_run(world, (all_run(world) ? 1200 : 4000) * 1000);
        for (int i = 0; i < HOMES; i++) {
            struct home *home = &world->homes[i];
            if (home->core != NULL && people_behind(home)) {
                people_accept(home);
            }
        }
    }
}

void
chance_settle(struct world *world)
{
    settle(world);
    /* Of two machines from one snapshot one may be silent until it connects anew. */
    for (int round = 0; round < 2 && world->snapshot; round++) {
        for (int i = 0; i < HOMES; i++) {
            home_crash(&world->homes[i]);
        }
        settle(world);
    }
}
