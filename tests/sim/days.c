/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Days: what the two are asked on each of 1,200 days, from their own homes.
 *
 * A year in, one shares a deck and later a question; then both wish for more depth, and
 * one steps down again. On every day both must be asked the same; nothing may come again
 * before all did that may be asked; what was shared joins on the day after; and light and
 * deep must both come within any ten days.
 */
#include "tests/sim/world.h"

#include "common/deck.h"
#include "daemon/core/policy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DAYS = 1200,
    DAY_MS = 86400 * 1000,
    BEGIN_DAY = 20454,  /* 2026-01-01: what was asked before they met counts as asked */
    DECK_AFTER = 60,    /* days lived when each of these happens */
    QUESTION_AFTER = 100,
    DEEPER_AFTER = 300,
    LIGHTER_AFTER = 900,
    WINDOW = 10,
    DAYS_MAX = 2000,
    CARDS_MAX = 700,
};

/* Shared by one of them. */
static const uint8_t *
secret_of(const struct core *core)
{
    static uint8_t secret[KEY_BYTES];
    deal_secret(core, secret);
    return secret;
}

static const char own_deck[] = "2 us Own one?\n1 us Own two?\n2 us Own three?";
static const char own_question[] = "Where in May?";

struct known { /* a question, and when it was asked */
    struct span text;
    unsigned depth;
    int64_t counts_from; /* may be asked then, as far as its entry is concerned */
    int64_t allowed_since; /* without a break; INT64_MAX: not now */
    int64_t last_day;      /* 0: never */
};

struct life {
    struct world world;
    struct known cards[CARDS_MAX];
    size_t count;
    unsigned depths[DAYS_MAX]; /* of the question of each day since BEGIN_DAY */
    unsigned ceilings[DAYS_MAX];
};

static int64_t
today(struct life *life)
{
    return (home_wall_s(&life->world.homes[ANA]) + 3600) / 86400;
}

static void
add_cards(struct life *life, const char *text, int64_t counts_from, int64_t last_day)
{
    struct span rest = span_text(text);
    struct deck_line line;
    while (deck_next(&rest, &line) && life->count < CARDS_MAX) {
        life->cards[life->count++] = (struct known){.text = line.text,
                                                    .depth = line.depth,
                                                    .counts_from = counts_from,
                                                    .allowed_since = INT64_MAX,
                                                    .last_day = last_day};
    }
}

static struct known *
find_card(struct life *life, struct span text)
{
    for (size_t i = 0; i < life->count; i++) {
        if (span_equal(life->cards[i].text, text)) {
            return &life->cards[i];
        }
    }
    return NULL;
}

/* What a home asks on a day; the text is the deck's, or known to `life`. */
static struct known *
asked_by(struct life *life, int index, int64_t day, uint8_t round[static ID_BYTES],
         unsigned *ceiling)
{
    struct core *core = life->world.homes[index].core;
    struct level levels[LEVELS_MAX];
    struct question question;
    struct known *card = NULL;
    size_t count = 0;
    if (question_of_day(core, day, &question) == 0 &&
        consent_levels(core, levels, &count) == 0) {
        *ceiling = deal_ceiling(secret_of(core), levels, count, day);
        card = find_card(life, question.text);
        memcpy(round, question.round, ID_BYTES);
    }
    arena_reset(core->arena);
    arena_reset(core->scratch);
    if (card == NULL) {
        world_fail(&life->world, "day %lld has a question nobody knows", (long long)day);
    }
    return card;
}

/* Nothing comes again before all did that could have been asked ever since. */
static void
check_turn(struct life *life, const struct known *card, int64_t day)
{
    for (size_t i = 0; i < life->count && card->last_day != 0; i++) {
        const struct known *other = &life->cards[i];
        if (other != card && other->allowed_since <= card->last_day &&
            other->last_day < card->last_day) {
            world_fail(&life->world, "\"%.*s\" comes again after %lld days, before \"%.*s\"",
                       (int)card->text.size, (const char *)card->text.data,
                       (long long)(day - card->last_day), (int)other->text.size,
                       (const char *)other->text.data);
            return;
        }
    }
}

/* Of the depths that are allowed the lower ones and the upper ones come in turn. */
static void
check_mixed(struct life *life, int64_t day)
{
    size_t at = (size_t)(day - BEGIN_DAY);
    bool light = false, deep = false;
    if (at + 1 < WINDOW) {
        return;
    }
    for (size_t i = at + 1 - WINDOW; i <= at; i++) {
        bool upper = life->depths[i] * 2 > life->ceilings[i];
        light = light || !upper || life->ceilings[i] < 2;
        deep = deep || upper;
    }
    if (!light || !deep) {
        world_fail(&life->world, "up to day %lld nothing %s in %d days", (long long)day,
                   light ? "deep" : "light", WINDOW);
    }
}

static void
live_day(struct life *life, int64_t day)
{
    uint8_t rounds[2][ID_BYTES];
    unsigned ceiling = 0, other = 0;
    struct known *card = asked_by(life, ANA, day, rounds[0], &ceiling);
    struct known *theirs = asked_by(life, BEN, day, rounds[1], &other);
    if (card == NULL || theirs == NULL) {
        return;
    }
    if (card != theirs || ceiling != other || memcmp(rounds[0], rounds[1], ID_BYTES) != 0) {
        world_fail(&life->world, "on day %lld the two are not asked the same",
                   (long long)day);
    }
    if (card->depth > ceiling || card->counts_from > day) {
        world_fail(&life->world, "\"%.*s\" may not be asked on day %lld",
                   (int)card->text.size, (const char *)card->text.data, (long long)day);
    }
    for (size_t i = 0; i < life->count; i++) {
        struct known *known = &life->cards[i];
        bool allowed = known->depth <= ceiling && known->counts_from <= day;
        known->allowed_since = !allowed                           ? INT64_MAX
                               : known->allowed_since == INT64_MAX ? day
                                                                   : known->allowed_since;
    }
    check_turn(life, card, day);
    life->depths[day - BEGIN_DAY] = card->depth;
    life->ceilings[day - BEGIN_DAY] = ceiling;
    check_mixed(life, day);
    card->last_day = day;
}

/* What people do in these days; the next day both know of it. */
static void
happens(struct life *life, int64_t lived)
{
    struct world *world = &life->world;
    struct home *ana = &world->homes[ANA], *ben = &world->homes[BEN];
    if (lived == DECK_AFTER) {
        people_write(ben, &(struct writing){.kind = "deck", .text = own_deck});
        add_cards(life, own_deck, today(life) + 1, 0);
    } else if (lived == QUESTION_AFTER) {
        people_write(ana, &(struct writing){.kind = "question", .text = own_question});
        add_cards(life, own_question, today(life) + 1, today(life));
    } else if (lived == DEEPER_AFTER) {
        people_set(ana, "allow", "depth", "deeper");
        people_set(ben, "allow", "depth", "deeper");
    } else if (lived == LIGHTER_AFTER) {
        people_set(ben, "allow", "depth", "lighter");
    } else {
        return;
    }
    world_run(world, 2000);
}

/* What a request says is the same day's. */
static void
check_request(struct life *life, int64_t day)
{
    for (int index = ANA; index <= BEN; index += BEN - ANA) {
        struct home *home = &life->world.homes[index];
        uint8_t round[ID_BYTES];
        unsigned ceiling;
        people_ask(home, "questions");
        if (asked_by(life, index, day, round, &ceiling) != NULL &&
            (!home->answer.has_round || memcmp(home->answer.round, round, ID_BYTES) != 0)) {
            world_fail(&life->world, "%s is asked something else", home_name(home));
        }
    }
}

static void
check_end(struct life *life)
{
    unsigned top = 0;
    for (size_t i = 0; i < life->count; i++) {
        struct known *card = &life->cards[i];
        if (card->allowed_since != INT64_MAX && card->last_day == 0) {
            world_fail(&life->world, "\"%.*s\" was never asked", (int)card->text.size,
                       (const char *)card->text.data);
        }
    }
    for (size_t i = 0; i < DAYS_MAX; i++) {
        top = life->ceilings[i] > top ? life->ceilings[i] : top;
    }
    if (top != DEPTH_FIRST + 1) {
        world_fail(&life->world, "the deepest level was %u", top);
    }
}

static void
live(struct life *life)
{
    struct world *world = &life->world;
    people_pair(&world->homes[ANA], &world->homes[BEN], false);
    world_run(world, 5000);
    add_cards(life, deck_text, 0, 0);
    for (int64_t day = BEGIN_DAY; day < today(life); day++) {
        live_day(life, day);
    }
    for (int64_t lived = 0; lived < DAYS && world->failure[0] == '\0'; lived++) {
        live_day(life, today(life));
        happens(life, lived);
        if (lived % 100 == 0) {
            check_request(life, today(life));
        }
        world->now_ms += DAY_MS;
    }
    check_end(life);
}

int
main(int argc, char **argv)
{
    struct life *life = calloc(1, sizeof *life);
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
    if (life == NULL || world_init(&life->world, seed, false) != 0) {
        free(life);
        return 1;
    }
    live(life);
    bool failed = life->world.failure[0] != '\0';
    (void)printf("%s\n", failed ? life->world.failure : "1200 days were lived");
    world_done(&life->world);
    free(life);
    return failed;
}
