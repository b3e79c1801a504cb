/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Dealing: which question it is on a day, the same for both without any exchange.
 *
 * Model. Both hold the deck attune brings, what was shared into it, and a secret of their
 * pairing. From a fixed day on a ring of questions turns, one a day: in the order of a
 * keyed hash, the depths evenly mixed. What joins later, a deck or a depth, is spread
 * evenly through the ring as it stands that day. So nothing comes again before all did, and
 * light and deep stay mixed. Turning some years of days costs a few milliseconds and is
 * done when somebody asks.
 * The ceiling rises only when both have wished it, in a week drawn from the next four, and
 * falls the day after either steps down.
 */
#include "common/deck.h"
#include "common/error.h"
#include "daemon/core/deal.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_DAY = 20454 /* 2026-01-01 */, DAYS_WALKED_MAX = 40000 };

/* ---- depth ---- */

/* The first day on which both wishes reach a level without a break up to `day`, or -1. */
static int64_t
both_since(const struct level *levels, size_t count, unsigned level, int64_t day)
{
    unsigned wish[2] = {DEPTH_FIRST, DEPTH_FIRST};
    int64_t since = level <= DEPTH_FIRST ? 0 : -1;
    for (size_t at = 0;;) {
        /* In order of days; of one day ours and theirs alike. */
        int64_t next = INT64_MAX;
        for (size_t i = 0; i < count; i++) {
            bool later = levels[i].day >= (int64_t)at;
            next = later && levels[i].day < next ? levels[i].day : next;
        }
        if (next > day) {
            return since;
        }
        for (size_t i = 0; i < count; i++) {
            if (levels[i].day == next) {
                wish[levels[i].theirs] = levels[i].level;
            }
        }
        bool both = wish[0] >= level && wish[1] >= level;
        since = !both ? -1 : since < 0 ? next : since;
        at = (size_t)next + 1;
    }
}

/* A rise waits for the beginning of a week among the next four; nobody can tell who it
 * waited for. */
static int64_t
rise_day(const uint8_t secret[static KEY_BYTES], unsigned level, int64_t since)
{
    uint8_t out[HASH_BYTES];
    struct hash hash;
    hash_keyed_init(&hash, "attune.rise", secret);
    hash_put_u64(&hash, level);
    hash_put_u64(&hash, (uint64_t)since);
    hash_final(&hash, out);
    int64_t monday = since - (since + 3) % 7; /* 1970-01-01 was a Thursday */
    return monday + 7 * (1 + out[0] % 4);
}

unsigned
deal_ceiling(const uint8_t secret[static KEY_BYTES], const struct level *levels,
             size_t count, int64_t day)
{
    unsigned ceiling = 1;
    for (unsigned level = 2; level <= DECK_DEPTH_MAX; level++) {
        /* A wish counts from the day after it was made. */
        int64_t since = both_since(levels, count, level, day - 1);
        if (since < 0 ||
            (level > DEPTH_FIRST && rise_day(secret, level, since) > day)) {
            break;
        }
        ceiling = level;
    }
    return ceiling;
}

/* ---- the pool ---- */

void
deal_secret(const struct core *core, uint8_t out[static KEY_BYTES])
{
    struct hash hash; /* one key, one purpose */
    hash_init(&hash, "attune.questions");
    hash_put(&hash, core->pairing.active ? span_of(core->pairing.psk, KEY_BYTES)
                                         : span_of(core->identity.k_self, KEY_BYTES));
    hash_final(&hash, out);
}

static void
add_lines(struct pool *pool, struct span text, int64_t from_day, bool asked_first)
{
    struct deck_line line;
    while (pool->count < DECK_QUESTIONS_MAX && deck_next(&text, &line)) {
        uint8_t out[HASH_BYTES];
        struct hash hash;
        hash_keyed_init(&hash, "attune.deal", pool->secret);
        hash_put(&hash, line.text);
        hash_final(&hash, out);
        pool->cards[pool->count++] = (struct card){.line = line,
                                                   .order = bytes_get_u64(out),
                                                   .from_day = from_day,
                                                   .asked_first = asked_first};
    }
}

/* What was shared counts from the day after, as both know it: by its minute, in UTC. */
static int
add_shared(void *context, const struct entry_row *row)
{
    struct pool *pool = context;
    struct core *core = pool->core;
    const struct kind *kind = kind_find(row->kind);
    struct op_row stored;
    struct op op;
    Attune__Journal__Payload *payload;
    if (kind == NULL || !kind->deals || row->lamport == 0 || row->gone ||
        row->state != S_OPEN || journal_past(core, row) ||
        store_op_get(core->store, row->text_log, row->text_seq, core->arena, &stored) != 0 ||
        stored.payload.size == 0 || op_decode(stored.header, core->arena, &op) != 0 ||
        payload_decode(stored.payload, core->arena, &payload) != 0) {
        return 0;
    }
    int64_t shared = (int64_t)op.time / 1440;
    for (size_t i = 0; i < payload->n_fields; i++) {
        if (strcmp(payload->fields[i]->name, kind->fields[0].name) == 0) {
            add_lines(pool, span_of(payload->fields[i]->text.data,
                                    payload->fields[i]->text.len),
                      shared + 1, kind->asks);
        }
    }
    return 0;
}

/* Of twins the same one comes first on both sides. */
static int
by_order(const void *left, const void *right)
{
    const struct card *a = left, *b = right;
    if (a->order != b->order) {
        return a->order < b->order ? -1 : 1;
    }
    if (a->from_day != b->from_day) {
        return a->from_day < b->from_day ? -1 : 1;
    }
    if (a->line.depth != b->line.depth) {
        return a->line.depth < b->line.depth ? -1 : 1;
    }
    if (a->asked_first != b->asked_first) {
        return a->asked_first ? 1 : -1;
    }
    return span_compare(a->line.tags, b->line.tags);
}

/* A question is its text, whoever brought it and however often: it counts from the first
 * time on. */
static void
merge_twins(struct pool *pool)
{
    size_t kept = 0;
    for (size_t i = 0; i < pool->count; i++) {
        if (kept == 0 || pool->cards[kept - 1].order != pool->cards[i].order) {
            pool->cards[kept++] = pool->cards[i];
        }
    }
    pool->count = kept;
}

static int
fill_pool(struct core *core, struct pool *pool)
{
    struct entry_filter filter = {.live_only = true, .reach = REACH_OURS};
    *pool = (struct pool){.core = core};
    pool->cards = arena_alloc(core->arena, DECK_QUESTIONS_MAX * sizeof *pool->cards);
    if (pool->cards == NULL) {
        return E_MEMORY;
    }
    deal_secret(core, pool->secret);
    add_lines(pool, span_text(deck_text), 0, false);
    int rc = core->pairing.active
                 ? store_entry_list(core->store, &filter, add_shared, pool)
                 : 0;
    qsort(pool->cards, pool->count, sizeof *pool->cards, by_order);
    merge_twins(pool);
    return rc;
}

/* ---- the day ---- */

int
deal_begin(struct core *core, struct dealt **out)
{
    struct dealt *dealt = arena_alloc(core->arena, sizeof *dealt);
    if (dealt == NULL) {
        return E_MEMORY;
    }
    int rc = fill_pool(core, &dealt->pool);
    if (rc == 0 && core->pairing.active) {
        rc = consent_levels(core, dealt->levels, &dealt->levels_count);
    }
    dealt->day = FIRST_DAY;
    *out = dealt;
    return rc;
}

/* Newcomers in the order of the hash, the depths evenly mixed: each comes in proportion to
 * what is left of it. */
static void
mix_depths(struct dealt *dealt, const struct ring *all, struct ring *out)
{
    int64_t left[DECK_DEPTH_MAX + 1] = {0}, credit[DECK_DEPTH_MAX + 1] = {0};
    size_t at[DECK_DEPTH_MAX + 1] = {0};
    const struct card *cards = dealt->pool.cards;
    for (size_t i = 0; i < all->count; i++) {
        left[cards[all->cards[i]].line.depth]++;
    }
    for (out->count = 0; out->count < all->count;) {
        unsigned best = 0;
        for (unsigned depth = 1; depth <= DECK_DEPTH_MAX; depth++) {
            credit[depth] += left[depth];
            best = left[depth] > 0 && (best == 0 || credit[depth] > credit[best]) ? depth
                                                                                  : best;
        }
        while (cards[all->cards[at[best]]].line.depth != best) {
            at[best]++;
        }
        credit[best] -= (int64_t)(all->count - out->count);
        left[best]--;
        out->cards[out->count++] = all->cards[at[best]++];
    }
}

/* `more` spread evenly through the ring, so that nobody waits longer than a whole turn. */
static void
spread(struct ring *ring, const struct ring *more, struct ring *scratch)
{
    size_t placed = 0;
    scratch->count = 0;
    for (size_t i = 0; i <= ring->count; i++) {
        while (placed < more->count &&
               (2 * placed + 1) * (ring->count + 1) <= 2 * more->count * (i + 1) - 1) {
            scratch->cards[scratch->count++] = more->cards[placed++];
        }
        if (i < ring->count) {
            scratch->cards[scratch->count++] = ring->cards[i];
        }
    }
    *ring = *scratch;
}

/* What may be asked from this day on joins the ring, what may not leaves it. */
static void
open_day_for(struct dealt *dealt, int64_t day, unsigned ceiling)
{
    struct ring *ring = &dealt->ring, *joining = &dealt->joining;
    size_t kept = 0;
    bool changed = false;
    joining->count = 0;
    for (size_t i = 0; i < dealt->pool.count; i++) {
        struct card *card = &dealt->pool.cards[i];
        bool open = card->line.depth <= ceiling && card->from_day <= day;
        changed = changed || open != card->open;
        if (open && !card->open && !card->asked_first) {
            joining->cards[joining->count++] = (uint16_t)i;
        }
        card->open = open;
    }
    if (!changed) {
        return;
    }
    for (size_t i = 0; i < ring->count; i++) {
        if (dealt->pool.cards[ring->cards[i]].open) {
            ring->cards[kept++] = ring->cards[i];
        }
    }
    ring->count = kept;
    if (joining->count > 0) {
        struct ring *mixed = &dealt->mixed;
        mix_depths(dealt, joining, mixed);
        spread(ring, mixed, joining);
    }
    for (size_t i = 0; i < dealt->pool.count; i++) { /* asked when written: last */
        struct card *card = &dealt->pool.cards[i];
        if (card->open && card->asked_first && !card->in) {
            ring->cards[ring->count++] = (uint16_t)i;
        }
        card->in = card->open;
    }
}

static struct card *
deal(struct dealt *dealt, int64_t day, unsigned ceiling)
{
    struct ring *ring = &dealt->ring;
    open_day_for(dealt, day, ceiling);
    if (ring->count == 0) {
        return NULL;
    }
    uint16_t next = ring->cards[0];
    memmove(ring->cards, ring->cards + 1, (ring->count - 1) * sizeof ring->cards[0]);
    ring->cards[ring->count - 1] = next;
    return &dealt->pool.cards[next];
}

/* Another one, for a person alone: the next that is not under their limits. */
const struct card *
deal_alone(const struct dealt *dealt, struct span limits)
{
    for (size_t i = 0; i < dealt->ring.count; i++) {
        const struct card *card = &dealt->pool.cards[dealt->ring.cards[i]];
        if (!deck_tagged(card->line.tags, limits)) {
            return card;
        }
    }
    return NULL;
}

/* Deals day after day up to this one; days come in order. */
const struct card *
deal_to(struct dealt *dealt, int64_t day)
{
    struct card *card = NULL;
    int64_t last = day - DAYS_WALKED_MAX;
    for (dealt->day = dealt->day < last ? last : dealt->day; dealt->day <= day;
         dealt->day++) {
        unsigned ceiling = dealt->levels_count == 0
                               ? (unsigned)DEPTH_FIRST
                               : deal_ceiling(dealt->pool.secret, dealt->levels,
                                              dealt->levels_count, dealt->day);
        card = deal(dealt, dealt->day, ceiling);
    }
    return card;
}
