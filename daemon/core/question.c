/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The question of a day: what is asked of this person, and what they made of it.
 *
 * Model. deal.c says which it is. Today's and those of the two days before are open until
 * they are answered or skipped; a round is named by the day and the question's text, so
 * that two answers meet whenever the laptops do.
 * Invariant. What this person limits is not asked of them: they get another question, for
 * themselves alone, and nothing is sent, as when they skip.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/when.h"
#include "daemon/core/deal.h"

#include <string.h>

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
    *out = (struct question){.day = day, .text = card->line.text};
    round_id(&dealt->pool, day, card->line.text, out->round);
}

int
question_of_day(struct core *core, int64_t day, struct question *out)
{
    struct dealt *dealt;
    int rc = deal_begin(core, &dealt);
    if (rc != 0) {
        return rc;
    }
    const struct card *card = deal_to(dealt, day);
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
    int rc = deal_begin(core, &dealt);
    rc = rc != 0 ? rc : read_skips(core, skips, &skips_count);
    rc = rc != 0 ? rc : limits_read(core, &limits);
    for (int64_t day = today - QUESTION_DAYS + 1; rc == 0 && day <= today; day++) {
        const struct card *card = deal_to(dealt, day);
        if (card == NULL || (day < first && day != today)) {
            continue;
        }
        struct open_day item = {.skipped = skipped(skips, skips_count, day)};
        take(dealt, card, day, &item.question);
        item.alone = !core->pairing.active ||
                     (limits.size > 0 &&
                      deck_tagged(card->line.tags, buf_span(&limits)));
        if (item.alone && core->pairing.active) {
            card = deal_alone(dealt, buf_span(&limits));
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
    if (rc != 0 || count == 0 || days[0].answered || days[0].skipped) {
        return rc != 0 ? rc : E_NO_ENTRY; /* those of before go by themselves */
    }
    buf_put_u64(&value, (uint64_t)days[0].question.day);
    for (size_t i = 0; i < skips_count && i + 1 < SKIPS_MAX; i++) {
        buf_put_u64(&value, (uint64_t)skips[i]);
    }
    rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "skips", buf_span(&value));
    buf_free(&value);
    return rc;
}
