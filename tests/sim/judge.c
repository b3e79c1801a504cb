/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What must hold once nothing moves any more.
 *
 * Nothing acknowledged is lost by anyone who held it; both see the same; every home's
 * tables are what its logs say; nobody talks for nothing; a restart changes nothing; no
 * fork without a machine's snapshot.
 */
#include "tests/sim/world.h"

#include "common/error.h"
#include "daemon/core/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- words ---- */

struct search {
    const char *text;
    bool found;
};

static int
search_op(void *context, const struct op_row *op)
{
    struct search *search = context;
    search->found = search->found ||
                    (op->payload.size > 0 && memmem(op->payload.data, op->payload.size,
                                                    search->text, strlen(search->text)));
    return 0;
}

/* Does this home hold the word: entry and text, or an entry its author retracted? */
static bool
holds(struct world *world, const struct word *word, int index, struct entry_row *row)
{
    struct home *home = &world->homes[index];
    bool theirs = index / 2 != word->home / 2;
    struct search search = {.text = word->text};
    *row = (struct entry_row){.state = S_NONE};
    if (home->store == NULL ||
        store_entry_find(home->store, word->id, theirs, row) != 0 || row->state == S_NONE ||
        store_entry_ops(home->store, row->no, search_op, &search) != 0) {
        return false;
    }
    if (row->faded) {
        return true; /* mended, and forgotten on purpose */
    }
    if (row->state == S_RETRACTED && search.found) {
        world_fail(world, "%s keeps a retracted text", home_name(home));
    }
    return search.found || (word->retracted && row->state == S_RETRACTED);
}

void
judge_holders(struct world *world, int index)
{
    struct entry_row row;
    for (size_t i = 0; i < world->words_count; i++) {
        struct word *word = &world->words[i];
        uint8_t bit = (uint8_t)(1 << index);
        word->holders &= (uint8_t)~bit;
        word->holders |= holds(world, word, index, &row) ? bit : 0;
    }
}

static void
judge_words(struct world *world)
{
    struct entry_row row;
    for (size_t i = 0; i < world->words_count; i++) {
        const struct word *word = &world->words[i];
        for (int h = 0; h < HOMES; h++) {
            bool liar = world->hostile && (h / 2 == 1 || word->home / 2 == 1);
            if ((word->holders & 1 << h) != 0 && world->homes[h].exists && !liar &&
                !holds(world, word, h, &row)) {
                world_fail(world, "%s lost \"%s\" of %s, which is %s",
                           home_name(&world->homes[h]), word->text,
                           home_name(&world->homes[word->home]), state_name(row.state));
            }
        }
    }
}

/* Shared without its words: as a topic, or sealed and not opened. */
static bool
stays_home(const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    return row->state == S_TOPIC ||
           (kind != NULL && kind->sealed != SEALED_NOT && row->state != S_OPEN);
}

/* A word one home has shared and its partner's does not see. */
static void
judge_arrivals(struct world *world, int from, int to)
{
    struct entry_row row, there;
    for (size_t i = 0; i < world->words_count; i++) {
        const struct word *word = &world->words[i];
        if (word->home / 2 == from / 2 && holds(world, word, from, &row) &&
            row.lamport != 0 && !holds(world, word, to, &there) &&
            row.state != S_RETRACTED && !stays_home(&row)) {
            world_fail(world, "\"%s\" of %s did not come to %s", word->text,
                       home_name(&world->homes[from]), home_name(&world->homes[to]));
        }
    }
}

/* ---- views ---- */

static int
note_fork(void *context, const struct log_row *log)
{
    bool *fork = context;
    *fork = *fork || log->state == LOG_FROZEN;
    return 0;
}

static bool
has_fork(struct home *home)
{
    bool fork = false;
    if (store_log_each(home->store, note_fork, &fork) != 0) {
        world_fail(home->world, "%s: logs can't be read", home_name(home));
    }
    return fork;
}

static bool
digest(struct home *home, char out[static 80])
{
    if (home->core == NULL || home->link.mode != CORE_LINK_CURVE) {
        return false;
    }
    people_ask(home, "digest");
    (void)snprintf(out, 80, "%.79s", home->answer.text);
    world_trace(home->world, false, "%s digest %s", home_name(home), out);
    return home->answer.came && home->answer.error[0] == '\0';
}

/* A copy left behind by a later pairing has the right keys for the link and no others. */
static bool
of_one_pairing(const struct home *a, const struct home *b)
{
    return a->core != NULL && b->core != NULL && a->core->pairing.active &&
           b->core->pairing.active &&
           memcmp(a->core->pairing.psk, b->core->pairing.psk, KEY_BYTES) == 0;
}

/* Two machines that go on from one snapshot share a log until their fork comes out. */
static bool
has_twin(const struct world *world, const struct home *home)
{
    const struct home *twin = &world->homes[home->index ^ 1];
    return twin->core != NULL && home->core != NULL &&
           memcmp(twin->core->identity.incarnation, home->core->identity.incarnation,
                  ID_BYTES) == 0;
}

static void
judge_views(struct world *world)
{
    char a[80], b[80];
    for (size_t i = 0; i < WIRES; i++) {
        const struct wire *wire = &world->wires[i];
        struct home *ana = &world->homes[wire->ana], *ben = &world->homes[wire->ben];
        if (!wire->up || !of_one_pairing(ana, ben) || has_twin(world, ana) ||
            has_twin(world, ben) || !digest(ana, a) ||
            !digest(ben, b)) {
            continue;
        }
        if (world->copies > 0 && (has_fork(ana) || has_fork(ben))) {
            continue; /* two machines of one person may hold a history each of a log */
        }
        if (strcmp(a, b) != 0) {
            world_fail(world, "%s and %s see different things", home_name(ana),
                       home_name(ben));
        }
        judge_arrivals(world, wire->ana, wire->ben);
        judge_arrivals(world, wire->ben, wire->ana);
    }
}

static void
finding(void *context, int error, const char *detail)
{
    struct home *home = context;
    world_fail(home->world, "%s check: %s %s", home_name(home), error_name(error), detail);
}

static void
judge_home(struct home *home)
{
    int rc = store_check(home->store, finding, home);
    if (rc != 0) {
        world_fail(home->world, "%s store check: %s", home_name(home), error_name(rc));
    }
    if (home->core != NULL) {
        rc = core_check(home->core, finding, home);
    }
    if (rc != 0) {
        world_fail(home->world, "%s check: %s", home_name(home), error_name(rc));
    }
    if (!home->world->snapshot && !home->world->hostile && has_fork(home)) {
        world_fail(home->world, "%s sees a fork, and no machine was copied",
                   home_name(home));
    }
}

/* Two days in which nobody does anything: nothing is said but a greeting or two. */
static void
judge_silence(struct world *world)
{
    uint64_t frames = world->frames;
    for (size_t i = 0; i < WIRES; i++) {
        const struct wire *wire = &world->wires[i];
        const struct home *ana = &world->homes[wire->ana], *ben = &world->homes[wire->ben];
        if (wire->up && (!of_one_pairing(ana, ben) || has_twin(world, ana) ||
                         has_twin(world, ben))) {
            return; /* those try once a minute, as with a door that stays shut */
        }
    }
    for (int hour = 0; hour < 48 && world->frames - frames < 200; hour++) {
        world_run(world, UINT64_C(3600) * 1000);
    }
    if (world->frames - frames > 120 && !world->hostile) {
        world_fail(world, "%llu frames for nothing",
                   (unsigned long long)(world->frames - frames));
    }
}

/* ---- seals ---- */

/* No home holds the words of a sealed entry of the other before its own were committed. */
static void
judge_seals(struct world *world)
{
    for (size_t i = 0; i < world->words_count; i++) {
        const struct word *word = &world->words[i];
        for (int h = 0; h < HOMES; h++) {
            struct home *home = &world->homes[h];
            struct entry_row row;
            struct search search = {.text = word->text};
            if (home->store == NULL || h / 2 == word->home / 2 ||
                store_entry_find(home->store, word->id, true, &row) != 0) {
                continue;
            }
            const struct kind *kind = kind_find(row.kind);
            if (kind == NULL || kind->sealed == SEALED_NOT || !row.closed ||
                store_entry_ops(home->store, row.no, search_op, &search) != 0) {
                continue;
            }
            if (search.found && row.state == S_SEALED) {
                world_fail(world, "%s holds words still sealed", home_name(home));
            }
        }
    }
}

struct stuck {
    struct home *home;
    unsigned rounds;
};

static int
look_stuck(void *context, const struct entry_row *row)
{
    struct stuck *stuck = context;
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || kind->sealed == SEALED_NOT || row->theirs || row->lamport == 0 ||
        row->state != S_SEALED) {
        return 0;
    }
    const uint8_t *round = row->has_parent ? row->parent : row->id;
    for (int flag = 0; flag <= 1; flag++) {
        struct rows *rows = calloc(1, sizeof *rows);
        int rc = rows == NULL ? E_MEMORY
                              : store_entry_children(stuck->home->store, round, flag,
                                                     people_take_row, rows);
        for (size_t i = 0; rc == 0 && i < rows->count; i++) {
            const struct entry_row *other = &rows->items[i];
            stuck->rounds += other->theirs && other->lamport != 0 &&
                             strcmp(other->kind, row->kind) == 0 &&
                             (other->state == S_SEALED || other->state == S_OPEN);
        }
        free(rows);
    }
    return 0;
}

/* Where no home was copied, what both committed to is open by now, or was withdrawn since
 * its words went with a disk. */
static void
judge_rounds(struct world *world)
{
    if (world->copies > 0 || world->snapshot || world->left || world->hostile) {
        return;
    }
    for (int h = 0; h < HOMES; h++) {
        struct stuck stuck = {.home = &world->homes[h]};
        if (world->homes[h].core != NULL && world->homes[h].link.mode == CORE_LINK_CURVE &&
            store_entry_each(world->homes[h].store, look_stuck, &stuck) == 0 &&
            stuck.rounds > 0) {
            world_fail(world, "%s has a round that did not open",
                       home_name(&world->homes[h]));
        }
    }
}

static int
look_harvest(void *context, const struct entry_row *row)
{
    struct stuck *stuck = context;
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || kind->sealed == SEALED_NOT || row->theirs || row->lamport == 0 ||
        row->state != S_OPEN) {
        return 0;
    }
    const uint8_t *round = row->has_parent ? row->parent : row->id;
    bool paid = false;
    for (int flag = 0; flag <= 1; flag++) {
        struct rows *rows = calloc(1, sizeof *rows);
        struct entry_row root;
        int rc = rows == NULL ? E_MEMORY
                              : store_entry_children(stuck->home->store, round, flag,
                                                     people_take_row, rows);
        if (rc == 0 && store_entry_find(stuck->home->store, round, flag, &root) == 0) {
            rc = people_take_row(rows, &root);
        }
        for (size_t i = 0; rc == 0 && i < rows->count; i++) {
            const struct entry_row *other = &rows->items[i];
            paid = paid || (other->theirs && strcmp(other->kind, row->kind) == 0 &&
                            (!other->closed || other->state == S_RETRACTED));
        }
        free(rows);
    }
    stuck->rounds += !paid;
    return 0;
}

/* Commits to nothing get one answer out of her, and no second one before it is opened. */
static void
judge_harvest(struct world *world)
{
    struct stuck stuck = {.home = &world->homes[ANA]};
    if (world->hostile && world->restores + world->copies == 0 && stuck.home->store != NULL &&
        store_entry_each(stuck.home->store, look_harvest, &stuck) == 0 && stuck.rounds > 1) {
        world_fail(world, "%u answers were harvested", stuck.rounds);
    }
}

/* ---- what fades ---- */

struct fading {
    struct home *home;
    int faded;
};

static int
look_faded(void *context, const struct entry_row *row)
{
    struct fading *fading = context;
    if (row->state == S_REPAIRED && !row->mine && row->lamport != 0) {
        fading->faded++;
        if (!row->faded && row->wake < home_wall_s(fading->home)) {
            world_fail(fading->home->world, "%s keeps what was mended long ago",
                       home_name(fading->home));
        }
    }
    return 0;
}

/* More than a month later nothing is left of what both called mended. */
static void
judge_fades(struct world *world)
{
    struct fading fading = {.home = NULL};
    for (int h = 0; h < HOMES; h++) { /* is there any? a month is long */
        fading.home = &world->homes[h];
        if (fading.home->core != NULL &&
            store_entry_each(fading.home->store, look_faded, &fading) != 0) {
            world_fail(world, "%s can't be read", home_name(fading.home));
        }
    }
    if (fading.faded == 0) {
        return;
    }
    world_run(world, UINT64_C(32) * 86400 * 1000);
    for (int h = 0; h < HOMES; h++) {
        fading.home = &world->homes[h];
        if (fading.home->core != NULL &&
            store_entry_each(fading.home->store, look_faded, &fading) != 0) {
            world_fail(world, "%s can't be read", home_name(fading.home));
        }
        if (fading.home->core != NULL && fading.home->store != NULL) {
            judge_home(fading.home);
        }
    }
}

void
judge_world(struct world *world)
{
    judge_silence(world);
    for (int i = 0; i < (world->hostile ? 2 : HOMES); i++) {
        if (world->homes[i].exists) {
            judge_home(&world->homes[i]);
        }
    }
    judge_words(world);
    judge_seals(world);
    judge_rounds(world);
    judge_harvest(world);
    if (!world->hostile) {
        judge_views(world);
        judge_fades(world);
    }
}

void
judge_again(struct world *world)
{
    char before[HOMES][80] = {{0}}, after[80];
    bool had[HOMES] = {false};
    for (int i = 0; i < HOMES; i++) {
        struct home *home = &world->homes[i];
        had[i] = home->core != NULL && digest(home, before[i]);
        home_crash(home);
    }
    chance_settle(world);
    for (int i = 0; i < HOMES; i++) {
        /* Of machines of one snapshot one may still lag, and catch up as it reconnects. */
        bool lags = false;
        for (int k = 0; k < HOMES && world->snapshot; k++) {
            lags = lags || (had[k] && had[i] && strcmp(before[k], before[i]) != 0);
        }
        if (had[i] && !world->hostile && !lags &&
            (!digest(&world->homes[i], after) || strcmp(before[i], after) != 0)) {
            world_fail(world, "%s sees other things after a restart",
                       home_name(&world->homes[i]));
        }
    }
    judge_words(world);
}
