/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The question of a day: the same for both, without any exchange.
 *
 * Model. Both hold the deck attune brings, what was shared into it, and a secret of their
 * pairing; each has a local date. A keyed hash puts the questions in one order. From a
 * fixed day on, each day takes the first question not asked for longest that is not deeper
 * than the two allow: so none comes again before all others did, whatever joins the deck
 * meanwhile, and light and deep are mixed. A walk over some years of days costs a few
 * milliseconds and is done when somebody asks.
 * The ceiling rises only when both have wished it, in a week drawn from the next four, and
 * falls the day after either steps down.
 * Invariant. What this person limits is not asked of them: they get another question, for
 * themselves alone, and nothing is sent, as when they skip.
 */
#include "common/deck.h"
#include "common/error.h"
#include "common/pb.h"
#include "common/when.h"
#include "daemon/core/policy.h"

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
question_ceiling(const uint8_t secret[static KEY_BYTES], const struct level *levels,
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

struct card {
    struct deck_line line;
    uint64_t order;
    int64_t from_day; /* counts from then on */
    int64_t last_day; /* asked then; 0: not yet */
};

struct pool {
    struct core *core;
    uint8_t secret[KEY_BYTES];
    struct card *cards;
    size_t count;
};

static void
add_lines(struct pool *pool, struct span text, int64_t from_day, int64_t last_day)
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
                                                   .last_day = last_day};
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
                      shared + 1, kind->asks ? shared : 0);
        }
    }
    return 0;
}

static int
by_order(const void *left, const void *right)
{
    const struct card *a = left, *b = right;
    return a->order < b->order ? -1 : a->order > b->order;
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
    struct hash hash; /* one key, one purpose */
    hash_init(&hash, "attune.questions");
    hash_put(&hash, core->pairing.active ? span_of(core->pairing.psk, KEY_BYTES)
                                         : span_of(core->identity.k_self, KEY_BYTES));
    hash_final(&hash, pool->secret);
    add_lines(pool, span_text(deck_text), 0, 0);
    int rc = core->pairing.active
                 ? store_entry_list(core->store, &filter, add_shared, pool)
                 : 0;
    qsort(pool->cards, pool->count, sizeof *pool->cards, by_order);
    return rc;
}

/* ---- the day ---- */

/* Of what may be asked that day, what was not asked for longest. */
static struct card *
deal(struct pool *pool, int64_t day, unsigned ceiling, struct span limits)
{
    struct card *best = NULL;
    for (size_t i = 0; i < pool->count; i++) {
        struct card *card = &pool->cards[i];
        int64_t last_day = card->last_day < day ? card->last_day : 0;
        if (card->line.depth > ceiling || card->from_day > day ||
            (limits.size > 0 && deck_tagged(card->line.tags, limits))) {
            continue;
        }
        if (best == NULL || last_day < best->last_day) {
            best = card;
        }
    }
    return best;
}

struct dealt {
    struct pool pool;
    struct level levels[LEVELS_MAX];
    size_t levels_count;
    int64_t day; /* dealt up to before this day */
};

static int
dealt_begin(struct core *core, struct dealt **out)
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

/* Deals day after day; the ceiling is looked at where it can change. */
static struct card *
dealt_to(struct core *core, struct dealt *dealt, int64_t day, unsigned *ceiling)
{
    struct card *card = NULL;
    int64_t last = day - DAYS_WALKED_MAX;
    for (dealt->day = dealt->day < last ? last : dealt->day; dealt->day <= day;
         dealt->day++) {
        *ceiling = dealt->levels_count == 0
                       ? (unsigned)DEPTH_FIRST
                       : question_ceiling(core->pairing.psk, dealt->levels,
                                          dealt->levels_count, dealt->day);
        card = deal(&dealt->pool, dealt->day, *ceiling, SPAN_EMPTY);
        if (card != NULL) {
            card->last_day = dealt->day;
        }
    }
    return card;
}

static void
round_id(const struct pool *pool, int64_t day, struct span text, uint8_t out[static ID_BYTES])
{
    uint8_t id[HASH_BYTES];
    struct hash hash;
    hash_keyed_init(&hash, "attune.round", pool->secret);
    hash_put_u64(&hash, (uint64_t)day);
    hash_put(&hash, text);
    hash_final(&hash, id);
    memcpy(out, id, ID_BYTES);
}

static void
take(const struct dealt *dealt, const struct card *card, int64_t day, struct question *out)
{
    *out = (struct question){.day = day, .text = card->line.text, .tags = card->line.tags};
    round_id(&dealt->pool, day, card->line.text, out->round);
}

int
question_of_day(struct core *core, int64_t day, struct question *out)
{
    struct dealt *dealt;
    unsigned ceiling = DEPTH_FIRST;
    int rc = dealt_begin(core, &dealt);
    if (rc != 0) {
        return rc;
    }
    const struct card *card = dealt_to(core, dealt, day, &ceiling);
    if (card == NULL) {
        return E_NO_ENTRY;
    }
    take(dealt, card, day, out);
    return 0;
}

/* ---- which days are open ---- */

/* The day the two were paired, as far as our log tells; nothing was asked before. */
static int64_t
first_day(struct core *core)
{
    const struct log_row *ours = journal_log(core, core->ours_no);
    struct op_row row;
    struct op op;
    if (ours == NULL || !core->pairing.active ||
        store_op_get(core->store, ours->no, 1, core->arena, &row) != 0 ||
        op_decode(row.header, core->arena, &op) != 0) {
        return INT64_MAX;
    }
    return core_local_day(core, (int64_t)op.time * 60);
}

enum { SKIPS_MAX = 8 };

static int
read_skips(struct core *core, int64_t out[static SKIPS_MAX], size_t *count)
{
    struct buf value = {0};
    *count = 0;
    int rc = store_value_get(core->store, "skips", &value);
    for (size_t i = 0; rc == 0 && i + 8 <= value.size && *count < SKIPS_MAX; i += 8) {
        out[(*count)++] = (int64_t)bytes_get_u64(value.data + i);
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

static bool
skipped(const int64_t *skips, size_t count, int64_t day)
{
    for (size_t i = 0; i < count; i++) {
        if (skips[i] == day) {
            return true;
        }
    }
    return false;
}

struct open_day {
    struct question question;
    bool answered, skipped, alone;
};

/* Today and the days before that are still asked, the newest first. */
static int
open_days(struct core *core, struct open_day out[static QUESTION_DAYS], size_t *count)
{
    int64_t today = core_local_day(core, core->now_s), first = first_day(core);
    int64_t skips[SKIPS_MAX];
    size_t skips_count;
    struct dealt *dealt;
    struct buf limits = {0};
    *count = 0;
    int rc = dealt_begin(core, &dealt);
    rc = rc != 0 ? rc : read_skips(core, skips, &skips_count);
    rc = rc != 0 ? rc : limits_read(core, &limits);
    for (int64_t day = today - QUESTION_DAYS + 1; rc == 0 && day <= today; day++) {
        unsigned ceiling = DEPTH_FIRST;
        struct card *card = dealt_to(core, dealt, day, &ceiling);
        if (card == NULL || (day < first && day != today)) {
            continue;
        }
        struct open_day item = {.skipped = skipped(skips, skips_count, day)};
        take(dealt, card, day, &item.question);
        item.alone = !core->pairing.active ||
                     (limits.size > 0 &&
                      deck_tagged(card->line.tags, buf_span(&limits)));
        if (item.alone && core->pairing.active) {
            card = deal(&dealt->pool, day, ceiling, buf_span(&limits));
            item.question.text = card == NULL ? SPAN_EMPTY : card->line.text;
        }
        struct entry_row own;
        rc = seal_own(core, item.question.round, &own);
        item.answered = rc == 0;
        rc = rc == E_NO_ENTRY ? 0 : rc;
        memmove(out + 1, out, *count * sizeof *out);
        out[0] = item;
        ++*count;
    }
    buf_free(&limits);
    return rc;
}

int
question_find_round(struct core *core, const uint8_t round[static ID_BYTES])
{
    struct open_day days[QUESTION_DAYS];
    size_t count;
    int rc = open_days(core, days, &count);
    for (size_t i = 0; rc == 0 && i < count; i++) {
        if (memcmp(days[i].question.round, round, ID_BYTES) == 0) {
            return days[i].answered ? E_ALREADY : days[i].alone ? E_STATE : 0;
        }
    }
    return rc != 0 ? rc : E_NO_ENTRY;
}

/* ---- requests ---- */

static Attune__Local__Question *
put_question(struct core *core, const struct open_day *day)
{
    Attune__Local__Question *out = arena_alloc(core->arena, sizeof *out);
    struct buf text = {0};
    if (out == NULL) {
        return NULL;
    }
    attune__local__question__init(out);
    out->round = pb_span(arena_copy(core->arena, span_of(day->question.round, ID_BYTES)));
    out->text = pb_span(arena_copy(core->arena, day->question.text));
    out->answered = day->answered;
    out->skipped = day->skipped;
    out->alone = day->alone;
    when_day_text(&text, day->question.day);
    out->day = arena_text(core->arena, buf_span(&text));
    buf_free(&text);
    return out->day == NULL ? NULL : out;
}

int
question_request(struct core *core, Attune__Local__Reply *reply)
{
    struct open_day days[QUESTION_DAYS];
    size_t count;
    int rc = open_days(core, days, &count);
    reply->questions = arena_alloc(core->arena, QUESTION_DAYS * sizeof *reply->questions);
    if (rc != 0 || reply->questions == NULL) {
        return rc != 0 ? rc : E_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        bool settled = days[i].answered || days[i].skipped;
        if (i > 0 && (settled || days[i].alone)) {
            continue; /* of the days before only what can still be answered to both */
        }
        Attune__Local__Question *question = put_question(core, &days[i]);
        if (question == NULL) {
            return E_MEMORY;
        }
        reply->questions[reply->n_questions++] = question;
    }
    return 0;
}

int
question_skip(struct core *core)
{
    struct open_day days[QUESTION_DAYS];
    int64_t skips[SKIPS_MAX];
    size_t count, skips_count;
    struct buf value = {0};
    int rc = open_days(core, days, &count);
    rc = rc != 0 ? rc : read_skips(core, skips, &skips_count);
    size_t at = 0;
    while (rc == 0 && at < count && (days[at].answered || days[at].skipped)) {
        at++;
    }
    if (rc != 0 || at == count) {
        return rc != 0 ? rc : E_NO_ENTRY;
    }
    buf_put_u64(&value, (uint64_t)days[at].question.day);
    for (size_t i = 0; i < skips_count && i + 1 < SKIPS_MAX; i++) {
        buf_put_u64(&value, (uint64_t)skips[i]);
    }
    rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "skips", buf_span(&value));
    buf_free(&value);
    return rc;
}
