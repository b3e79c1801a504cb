/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a person might do next: any kind, any act, with any entry they have; drawn from the
 * tables, so that a new kind is lived with from its first day.
 */
#include "tests/sim/world.h"

#include "common/error.h"

#include <stdlib.h>
#include <string.h>

static const struct kind *
some_kind(struct world *world)
{
    const struct kind *kind;
    do {
        kind = kind_at(world_draw(world, kind_count()));
    } while (kind->hidden);
    return kind;
}

/* An answer to the question of the day. */
static void
answer_today(struct home *home, struct writing *writing)
{
    static struct entry_row round;
    people_ask(home, "questions");
    if (home->answer.came && home->answer.has_round) {
        round = (struct entry_row){.theirs = false};
        memcpy(round.id, home->answer.round, ID_BYTES);
        writing->parent = &round;
        people_write(home, writing);
    }
}

static void
write_something(struct home *home, const struct entry_row *row)
{
    static const uint32_t holds[] = {0, 0, 0, 10, 600};
    struct world *world = home->world;
    const struct kind *kind = some_kind(world);
    struct writing writing = {.kind = kind->name};
    writing.mine = world_odds(world, 250);
    writing.by_default = world_odds(world, 200);
    writing.draft = world_odds(world, 40);
    writing.topic = kind->shareable && world_odds(world, 60);
    writing.hold_s = holds[world_draw(world, 5)];
    writing.due = home_wall_s(home) + 60 + (int64_t)world_draw(world, 100000);
    if (world_odds(world, 15) && kind->fields[0].bytes_max >= 1500) {
        writing.pad = 1400;
    }
    if (kind->mine && kind->fields[0].type == FIELD_TEXT && world_odds(world, 30)) {
        writing.pad = 60000;
    }
    if (kind->round_asked && world_odds(world, 700)) {
        answer_today(home, &writing);
        return;
    }
    if (kind->reply || kind->round_asked || world_odds(world, 50)) {
        writing.parent = row;
    }
    people_write(home, &writing);
}

/* An act its kind has, or one that fits nothing. */
static const char *
some_act(struct world *world, const struct entry_row *row)
{
    static const char *const common[] = {"retract", "share", "topic", "undo", "dance"};
    const struct kind *kind = row == NULL ? NULL : kind_find(row->kind);
    size_t count = kind == NULL ? 0 : kind_acts_count(kind);
    if (count > 0 && world_odds(world, 650)) {
        return kind_act_at(kind, world_draw(world, count))->name;
    }
    return common[world_draw(world, 5)];
}

static void
act_somehow(struct home *home, const struct entry_row *row)
{
    struct world *world = home->world;
    const char *act = some_act(world, row);
    bool bare = strcmp(act, "undo") == 0 && world_odds(world, 500);
    if (bare) { /* whichever entry it takes, its share is taken back at most */
        people_act(home, NULL, act, 0, 0);
        return;
    }
    people_act(home, row, act, home_wall_s(home) + 1 + (int64_t)world_draw(world, 100000),
               world_odds(world, 300) ? 10 : 0);
}

static void
set_something(struct home *home)
{
    struct world *world = home->world;
    static const struct {
        const char *name, *what, *value;
    } sets[] = {
        {"allow", "answered", "yes"}, {"allow", "answered", "no"},
        {"allow", "longer", "yes"},   {"allow", "longer", "no"},
        {"allow", "depth", "deeper"}, {"allow", "depth", "lighter"},
        {"limits", "", "+money"},     {"limits", "", "-money +family"},
        {"skip", "", ""},
    };
    size_t which = world_draw(world, sizeof sets / sizeof sets[0]);
    people_set(home, sets[which].name, sets[which].what, sets[which].value);
}

void
people_chance(struct home *home)
{
    struct world *world = home->world;
    struct rows *rows = calloc(1, sizeof *rows);
    const struct entry_row *row = NULL;
    if (rows == NULL || home->core == NULL) {
        free(rows);
        return;
    }
    people_rows(home, rows);
    if (rows->count > 0) {
        row = &rows->items[world_draw(world, rows->count)];
    }
    uint64_t what = world_draw(world, 100);
    if (what < 45 || row == NULL) {
        write_something(home, row);
    } else if (what < 80) {
        act_somehow(home, row);
    } else if (what < 87) {
        people_look(home, row);
    } else if (what < 97) {
        desk_look(home);
    } else {
        set_something(home);
    }
    free(rows);
}
