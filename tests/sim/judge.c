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

/* A word one home has shared and its partner's does not see. */
static void
judge_arrivals(struct world *world, int from, int to)
{
    struct entry_row row, there;
    for (size_t i = 0; i < world->words_count; i++) {
        const struct word *word = &world->words[i];
        if (word->home / 2 == from / 2 && holds(world, word, from, &row) &&
            row.lamport != 0 && !holds(world, word, to, &there) &&
            row.state != S_RETRACTED) {
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
        if (has_fork(ana) || has_fork(ben)) {
            continue; /* what a frozen log still had is its owner's to tell anew */
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
    if (!world->hostile) {
        judge_views(world);
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
        if (had[i] && !world->hostile && (!digest(&world->homes[i], after) || strcmp(before[i], after) != 0)) {
            world_fail(world, "%s sees other things after a restart",
                       home_name(&world->homes[i]));
        }
    }
    judge_words(world);
}
