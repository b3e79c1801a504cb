/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stories: a few lives written out, compared word by word with what people saw.
 *
 * The times are part of the story: the same dice make the same life. To add a story: a
 * function and a row in `stories`; run it with --tell to see how it went.
 */
#include "tests/sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
expect(struct world *world, const char *text)
{
    if (strcmp(buf_text(&world->story), text) != 0) {
        world_fail(world, "the story went otherwise:\n%s", buf_text(&world->story));
    }
    buf_clear(&world->story);
}

/* Says what a home's newest rows are, as a person would see them. */
static void
read_aloud(struct home *home)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (rows == NULL) {
        return;
    }
    people_rows(home, rows);
    for (size_t i = 0; i < rows->count; i++) {
        const struct entry_row *row = &rows->items[i];
        world_trace(home->world, true, "%s reads: %s of %s, %s%s", home_name(home),
                    row->kind, row->theirs ? "the other" : "me", state_name(row->state),
                    row->gone ? ", gone" : "");
    }
    free(rows);
}

static void
the_only(struct home *home, struct entry_row *row)
{
    struct rows *rows = calloc(1, sizeof *rows);
    if (rows != NULL) {
        people_rows(home, rows);
        *row = rows->items[0];
    }
    free(rows);
}

static void
together(struct world *world)
{
    people_pair(&world->homes[ANA], &world->homes[BEN], false);
    world_run(world, 5000);
    buf_clear(&world->story);
}

/* ---- the stories ---- */

static void
story_first_day(struct world *world)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    people_write(ana, &(struct writing){.kind = "thanks", .text = "before", .by_default = true});
    people_pair(ana, ben, false);
    world_run(world, 5000);
    people_write(ana, &(struct writing){.kind = "thanks", .text = "for the coffee"});
    world_run(world, 500);
    read_aloud(ben);
    expect(world,
           "[    0] ana > saved thanks, mine\n"
           "[    0] ana > offers a pairing\n"
           "[    0] ben > joins\n"
           "[  763] ben > pairing: done\n"
           "[ 5000] ana > saved thanks\n"
           "[ 5500] ben reads: thanks of the other, open\n");
}

static void
story_promise(struct world *world)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    struct entry_row row;
    together(world);
    people_write(ana, &(struct writing){
                          .kind = "promise", .text = "the table", .due = WORLD_EPOCH_S + 9999});
    world_run(world, 500);
    the_only(ana, &row);
    people_act(ana, &row, "change", WORLD_EPOCH_S + 99999, 0);
    world_run(world, 500);
    the_only(ben, &row);
    people_act(ben, &row, "accept", 0, 0);
    /* Both at once, and apart: one of the two is kept as crossed. */
    world_run(world, 500);
    wire_cut(world, 0, true);
    the_only(ana, &row);
    people_act(ana, &row, "done", 0, 0);
    the_only(ben, &row);
    people_act(ben, &row, "release", 0, 0);
    wire_cut(world, 0, false);
    world_run(world, 5000);
    read_aloud(ana);
    read_aloud(ben);
    expect(world,
           "[ 5000] ana > saved promise\n"
           "[ 5500] ana > change: changed\n"
           "[ 6000] ben > accept: open\n"
           "[ 6500] ana > done: done\n"
           "[ 6500] ben > release: released\n"
           "[11500] ana reads: promise of me, done\n"
           "[11500] ben reads: promise of the other, done\n");
}

static void
story_taken_back(struct world *world)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    struct entry_row row;
    together(world);
    people_write(ana, &(struct writing){.kind = "thanks", .text = "oh", .hold_s = 10});
    people_act(ana, NULL, "undo", 0, 0);
    world_run(world, 20000);
    read_aloud(ben);
    the_only(ana, &row);
    people_act(ana, &row, "share", 0, 0);
    world_run(world, 500);
    read_aloud(ben);
    people_act(ana, &row, "retract", 0, 0);
    world_run(world, 500);
    read_aloud(ben);
    expect(world,
           "[ 5000] ana > holds thanks\n"
           "[ 5000] ana > undo: open\n"
           "[25000] ana > share: open\n"
           "[25500] ben reads: thanks of the other, open\n"
           "[25500] ana > retract: retracted\n"
           "[26000] ben reads: thanks of the other, retracted, gone\n");
}

static void
story_old_backup(struct world *world)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    together(world);
    home_backup(ana, 0);
    people_write(ana, &(struct writing){.kind = "thanks", .text = "after the backup"});
    world_run(world, 500);
    home_restore(ana, 0, true);
    world_run(world, 5000);
    read_aloud(ana); /* nothing is given back before ben says yes */
    people_accept(ben);
    world_run(world, 5000);
    read_aloud(ana);
    expect(world,
           "[ 5000] ana > backup\n"
           "[ 5000] ana > saved thanks\n"
           "[ 5500] ana > restored\n"
           "[10500] ben > verify --accept\n"
           "[15500] ana reads: thanks of me, open\n");
}

/* The same shared session with and without a private life looks the same from outside. */
static void
shared_session(struct world *world, unsigned private_entries)
{
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    struct entry_row row;
    together(world);
    for (unsigned i = 0; i < private_entries; i++) {
        people_write(ana, &(struct writing){.kind = "write", .mine = true});
    }
    world->watch = true;
    people_write(ana, &(struct writing){.kind = "thanks", .text = "one"});
    world_run(world, 500);
    people_write(ben, &(struct writing){.kind = "feel", .text = "two", .hold_s = 10});
    world_run(world, 20000);
    the_only(ben, &row);
    people_act(ben, &row, "retract", 0, 0);
    world_run(world, 1000);
    home_stop(ana);
    home_start(ana);
    world_run(world, 5000);
}

static void
story_private(struct world *world)
{
    struct world *other = calloc(1, sizeof *other);
    if (other == NULL || world_init(other, world->seed, false) != 0) {
        world_fail(world, "no other world");
        return;
    }
    shared_session(world, 0);
    shared_session(other, 1000);
    if (world->sizes.size == 0 ||
        !span_equal(buf_span(&world->sizes), buf_span(&other->sizes))) {
        world_fail(world, "a private life shows:\n%s\n%s", buf_text(&world->sizes),
                   buf_text(&other->sizes));
    }
    if (other->failure[0] != '\0') {
        world_fail(world, "%s", other->failure);
    }
    world_done(other);
    free(other);
    buf_clear(&world->story);
}

static const struct {
    const char *name;
    void (*tell)(struct world *world);
} stories[] = {
    {"first day",  story_first_day},
    {"promise",    story_promise},
    {"taken back", story_taken_back},
    {"old backup", story_old_backup},
    {"private",    story_private},
};

int
main(int count, char **arguments)
{
    int status = 0;
    bool tell = count > 1 && strcmp(arguments[1], "--tell") == 0;
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        struct world *world = calloc(1, sizeof *world);
        if (world == NULL || world_init(world, 1, false) != 0) {
            return 2;
        }
        world->tell = tell;
        stories[i].tell(world);
        if (world->failure[0] == '\0') {
            chance_settle(world);
            judge_world(world);
        }
        if (world->failure[0] == '\0') {
            judge_again(world);
        }
        if (world->failure[0] != '\0') {
            fprintf(stderr, "%s: %s\n", stories[i].name, world->failure);
            status = 1;
        }
        world_done(world);
        free(world);
    }
    return status;
}
