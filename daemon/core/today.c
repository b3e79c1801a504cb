/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Today: what waits for this person, without a word of it, and without a count.
 *
 * Model. Rows have a reason: "due" (they asked to be reminded, or it is theirs), "new" and
 * "news" (the partner's, not shown yet), "turn" (the partner waits for their word).
 * Nothing here tells what the partner did not do. Once a week a verb that was never used is
 * offered, until it is used or not wanted. It carries no text: it is answered while closed.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/policy.h"

#include <string.h>

enum {
    TODAY_MAX = 8,       /* rows; a client shows seven and says that there is more */
    DUE_BACK_S = 3 * 86400,   /* what is due is said for some days, and then no more */
    TURN_BACK_S = 14 * 86400, /* what waits for a word */
};

struct today {
    bool (*wanted)(struct core *core, const struct entry_row *row);
    struct core *core;
    Attune__Local__Reply *reply;
    struct entry_row rows[256];
    size_t count;
};

static int
collect(void *context, const struct entry_row *row)
{
    struct today *today = context;
    if (row->state != S_NONE && row->state != S_RETRACTED &&
        today->wanted(today->core, row) && !journal_past(today->core, row) &&
        !query_hides(today->core, row)) {
        today->rows[today->count++] = *row;
    }
    return today->count == sizeof today->rows / sizeof today->rows[0];
}

static int
add_row(struct today *today, const struct entry_row *row, const char *why, int64_t due)
{
    Attune__Local__Reply *reply = today->reply;
    for (size_t i = 0; i < reply->n_entries; i++) {
        if (memcmp(reply->entries[i]->id.data, row->id, ID_BYTES) == 0) {
            return 0;
        }
    }
    if (reply->n_entries == TODAY_MAX) {
        return 0;
    }
    Attune__Local__Entry *entry = query_entry(today->core, row);
    if (entry == NULL) {
        return E_MEMORY;
    }
    entry->why = pb_text(why);
    entry->due = due;
    reply->entries[reply->n_entries++] = entry;
    return 0;
}

/* ---- due ---- */

static bool
reminds(struct core *core, const struct entry_row *row)
{
    (void)core;
    return remind_wants(row);
}

static bool
recurs(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    (void)core;
    return kind != NULL && kind->recurring && remind_wants(row);
}

static bool
any_row(struct core *core, const struct entry_row *row)
{
    (void)core;
    (void)row;
    return true;
}

/* Something that recurs, when its day is today and nobody has said yet that it was done. */
static int
add_recurring(struct today *today, const struct entry_row *row)
{
    struct core *core = today->core;
    struct folded folded;
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : fold_headers(core, row, arena, &folded);
    int64_t next = rc == 0 ? recurring_next(core, &folded, arena) : 0;
    int64_t day = core_local_day(core, core->now_s);
    bool here = next != 0 && core_local_day(core, next) == day;
    arena_free(arena);
    return here ? add_row(today, row, "due", next) : rc == E_MEMORY ? 0 : rc;
}

static int
add_due(struct today *today)
{
    struct core *core = today->core;
    int64_t day_end =
        schedule_instant(&core->zone, core_local_day(core, core->now_s) + 1, 0);
    struct entry_filter filter = {.live_only = true};
    today->count = 0;
    today->wanted = reminds;
    int rc = store_entry_due(core->store, core->now_s - DUE_BACK_S, day_end, collect, today);
    for (size_t i = 0; rc >= 0 && i < today->count; i++) {
        const struct entry_row *row = &today->rows[i];
        const struct kind *kind = kind_find(row->kind);
        /* What lasts until a moment is due at that moment; what has a day, that day. */
        bool now = kind != NULL && (kind->due.remind == REMIND_AUTHOR ||
                                    row->due <= core->now_s);
        if (now) {
            rc = add_row(today, row, "due", row->due);
        }
    }
    today->count = 0;
    today->wanted = recurs;
    rc = rc < 0 ? rc : store_entry_list(core->store, &filter, collect, today);
    for (size_t i = 0; rc >= 0 && i < today->count; i++) {
        rc = add_recurring(today, &today->rows[i]);
    }
    return rc > 0 ? 0 : rc;
}

/* ---- new, and whose turn it is ---- */

/* "new" until it was shown once. */
static int
add_new(struct today *today, const struct entry_row *row)
{
    struct folded folded = {.seen = 0};
    if (today->reply->n_entries == TODAY_MAX) {
        return 0;
    }
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : fold_headers(today->core, row, arena, &folded);
    bool first = row->theirs && (rc != 0 || folded.seen == 0);
    arena_free(arena);
    return rc != 0 && rc != E_MEMORY ? rc : add_row(today, row, first ? "new" : "news", 0);
}

static int
add_fresh(struct today *today)
{
    struct entry_filter filter = {.fresh_only = true};
    today->wanted = any_row;
    today->count = 0;
    int rc = store_entry_list(today->core->store, &filter, collect, today);
    for (int apart = 1; rc >= 0 && apart >= 0; apart--) { /* those stand alone, so first */
        for (size_t i = 0; rc >= 0 && i < today->count; i++) {
            const struct entry_row *row = &today->rows[i];
            const struct kind *kind = kind_find(row->kind);
            if ((kind != NULL && kind->apart) == apart) {
                rc = add_new(today, row);
            }
        }
    }
    return rc > 0 ? 0 : rc;
}

/* Somebody waits for this person's word on it. */
static bool
is_turn(struct core *core, const struct entry_row *row)
{
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || row->lamport == 0 || row->time + TURN_BACK_S < core->now_s) {
        return false;
    }
    if (kind->asks) {
        struct entry_row own;
        return seal_own(core, row->id, &own) == E_NO_ENTRY;
    }
    if ((kind->waits & STATE_BIT(row->state)) == 0) {
        return false;
    }
    const char *acts[ACTS_MAX];
    size_t count = act_names(core, row, acts, ACTS_MAX);
    for (size_t i = 0; i < count; i++) {
        const struct kind_act *act = kind_act(kind, acts[i]);
        if (act != NULL && act->key != 0) {
            return true;
        }
    }
    return false;
}

static int
add_turns(struct today *today)
{
    struct entry_filter filter = {.live_only = true, .reach = REACH_OURS};
    today->count = 0;
    today->wanted = is_turn;
    int rc = store_entry_list(today->core->store, &filter, collect, today);
    for (size_t i = 0; rc >= 0 && i < today->count; i++) {
        rc = add_row(today, &today->rows[i], "turn", 0);
    }
    return rc > 0 ? 0 : rc;
}

/* ---- one verb a week ---- */

/* Value "offers": the week, the verb of it, then the verbs used or not wanted; a space
 * after each. */
static bool
has_word(struct span text, const char *word)
{
    size_t size = strlen(word);
    for (size_t at = 0; at + size < text.size; at++) {
        if (memcmp(text.data + at, word, size) == 0 && text.data[at + size] == ' ' &&
            (at == 0 || text.data[at - 1] == ' ')) {
            return true;
        }
    }
    return false;
}

struct offers {
    int64_t week;
    char verb[KIND_NAME_BYTES_MAX + 1];
    struct buf words;
};

static int
offers_read(struct core *core, struct offers *out)
{
    struct buf value = {0};
    *out = (struct offers){.week = 0};
    int rc = store_value_get(core->store, "offers", &value);
    if (rc == 0) {
        struct reader reader = reader_of(buf_span(&value));
        out->week = (int64_t)reader_u64(&reader);
        struct span verb = reader_bytes(&reader, reader_u8(&reader));
        if (!reader.failed && verb.size <= KIND_NAME_BYTES_MAX) {
            memcpy(out->verb, verb.data, verb.size);
            buf_put_span(&out->words,
                         span_slice(buf_span(&value), 9 + verb.size, value.size));
        }
    }
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

static int
offers_write(struct core *core, const struct offers *offers)
{
    struct buf value = {0};
    buf_put_u64(&value, (uint64_t)offers->week);
    buf_put_u8(&value, (uint8_t)strlen(offers->verb));
    buf_put_text(&value, offers->verb);
    buf_put_span(&value, buf_span(&offers->words));
    int rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "offers", buf_span(&value));
    buf_free(&value);
    return rc;
}

static int
settle(struct core *core, const char *verb)
{
    struct offers offers;
    int rc = offers_read(core, &offers);
    if (rc == 0 && !has_word(buf_span(&offers.words), verb)) {
        buf_put_text(&offers.words, verb);
        buf_put_u8(&offers.words, ' ');
        rc = offers_write(core, &offers);
    }
    buf_free(&offers.words);
    return rc;
}

int
today_used(struct core *core, const struct kind *kind)
{
    return settle(core, kind->name);
}

int
today_dismiss(struct core *core, const char *verb)
{
    const struct kind *kind = kind_find(verb);
    return kind == NULL || kind->hidden ? E_KIND : settle(core, kind->name);
}

static bool
can_offer(const struct core *core, const struct kind *kind, const struct offers *offers)
{
    return !kind->hidden && !kind->reply && (core->pairing.active || kind->mine) &&
           !has_word(buf_span(&offers->words), kind->name);
}

static int
add_offer(struct core *core, Attune__Local__Reply *reply)
{
    struct offers offers;
    int64_t week = (core_local_day(core, core->now_s) + 3) / 7;
    int rc = offers_read(core, &offers);
    if (rc == 0 && offers.week != week) {
        size_t from = (size_t)(week >= 0 ? week : -week);
        offers.week = week;
        offers.verb[0] = '\0';
        for (size_t i = 0; i < kind_count() && offers.verb[0] == '\0'; i++) {
            const struct kind *kind = kind_at((from + i) % kind_count());
            if (can_offer(core, kind, &offers)) {
                memcpy(offers.verb, kind->name, strlen(kind->name) + 1);
            }
        }
        rc = offers_write(core, &offers);
    }
    const struct kind *kind = kind_find(offers.verb);
    if (rc == 0 && kind != NULL && can_offer(core, kind, &offers)) {
        reply->offer = pb_text(kind->name);
    }
    buf_free(&offers.words);
    return rc;
}

/* ---- the question of the day ---- */

static int
add_question(struct core *core, Attune__Local__Reply *reply)
{
    int rc = question_request(core, reply);
    if (rc == 0 && reply->n_questions > 0 &&
        (reply->questions[0]->answered || reply->questions[0]->skipped)) {
        reply->n_questions = 0;
    }
    reply->n_questions = reply->n_questions > 1 ? 1 : reply->n_questions;
    return rc;
}

int
today_query(struct core *core, Attune__Local__Reply *reply)
{
    struct today *today = arena_alloc(core->arena, sizeof *today);
    reply->entries = arena_alloc(core->arena, TODAY_MAX * sizeof *reply->entries);
    if (today == NULL || reply->entries == NULL) {
        return E_MEMORY;
    }
    today->core = core;
    today->reply = reply;
    int rc = add_due(today);
    rc = rc != 0 ? rc : add_fresh(today);
    rc = rc != 0 ? rc : add_turns(today);
    rc = rc != 0 || !core->pairing.active ? rc : add_question(core, reply);
    rc = rc != 0 ? rc : add_offer(core, reply);
    const char *nudge = NULL;
    rc = rc != 0 ? rc : nudge_off(core, &nudge);
    if (nudge != NULL) {
        reply->nudge = pb_text(nudge);
    }
    return rc;
}

/* ---- low for some days ---- */

enum { LOW_DAYS = 4, LOW_ENERGY = 2 };

struct low {
    struct core *core;
    int64_t today;
    unsigned days; /* bit i: i days ago */
};

static int
look_low(void *context, const struct entry_row *row)
{
    struct low *low = context;
    struct core *core = low->core;
    const struct kind *kind = kind_find(row->kind);
    int64_t back = low->today - core_local_day(core, row->time);
    struct op_row op;
    Attune__Journal__Payload *payload;
    if (back >= LOW_DAYS) {
        return 1;
    }
    if (kind == NULL || kind->mood == NULL || row->gone || row->state == S_DRAFT ||
        back < 0 || row->text_log == 0 ||
        store_op_get(core->store, row->text_log, row->text_seq, core->arena, &op) != 0 ||
        op.payload.size == 0 || payload_decode(op.payload, core->arena, &payload) != 0) {
        return 0;
    }
    int64_t energy = payload_number(payload, "energy", 0);
    if (energy >= 1 && energy <= LOW_ENERGY) {
        low->days |= 1u << back;
    }
    return 0;
}

int
today_hint(struct core *core, Attune__Local__Reply *reply)
{
    struct low low = {.core = core, .today = core_local_day(core, core->now_s)};
    struct entry_filter filter = {.author = AUTHOR_ME};
    struct buf value = {0};
    int64_t last = INT64_MIN;
    if (!core->pairing.active) {
        return 0; /* with nobody to share it with */
    }
    int rc = store_value_get(core->store, "hinted", &value);
    if (rc == 0 && value.size == 8) {
        last = (int64_t)bytes_get_u64(value.data);
    }
    buf_free(&value);
    if (rc != 0 && rc != E_NO_ENTRY) {
        return rc;
    }
    if (last != INT64_MIN && low.today < last + 7) {
        return 0;
    }
    rc = store_entry_list(core->store, &filter, look_low, &low);
    if (rc < 0 || low.days != (1u << LOW_DAYS) - 1) {
        return rc > 0 ? 0 : rc;
    }
    uint8_t day[8];
    bytes_set_u64(day, (uint64_t)low.today);
    reply->hint = pb_text("share");
    return state_set(core, "hinted", span_of(day, sizeof day));
}

/* ---- a rainy day ---- */

enum { DRAW_FROM = 1000, DRAWN_KEPT = 32 };

struct draw {
    struct core *core;
    struct buf drawn; /* ids, the newest first */
    struct entry_row rows[2]; /* one not drawn lately, and any one */
    uint64_t seen[2];
    size_t looked;
};

static bool
was_drawn(const struct draw *draw, const struct entry_row *row)
{
    for (size_t at = 0; at + ID_BYTES <= draw->drawn.size; at += ID_BYTES) {
        if (memcmp(draw->drawn.data + at, row->id, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Each of those seen so far is kept with the same chance. */
static int
look_draw(void *context, const struct entry_row *row)
{
    struct draw *draw = context;
    const struct kind *kind = kind_find(row->kind);
    if (kind == NULL || !kind->drawn || !row->theirs || row->gone || row->text_log == 0 ||
        journal_past(draw->core, row)) {
        return 0;
    }
    for (int any = was_drawn(draw, row); any <= 1; any++) {
        uint64_t dice;
        core_fill(draw->core, &dice, sizeof dice);
        if (dice % ++draw->seen[any] == 0) {
            draw->rows[any] = *row;
        }
    }
    return ++draw->looked == DRAW_FROM;
}

int
today_draw(struct core *core, Attune__Local__Reply *reply)
{
    struct draw draw = {.core = core};
    struct entry_filter filter = {.author = AUTHOR_PARTNER, .reach = REACH_OURS};
    struct buf value = {0};
    int rc = store_value_get(core->store, "drawn", &draw.drawn);
    rc = rc == E_NO_ENTRY ? 0 : rc;
    rc = rc != 0 ? rc : store_entry_list(core->store, &filter, look_draw, &draw);
    rc = rc > 0 ? 0 : rc;
    if (rc == 0 && draw.seen[1] == 0) {
        rc = E_NO_ENTRY;
    }
    const struct entry_row *row = &draw.rows[draw.seen[0] == 0];
    reply->entries = arena_alloc(core->arena, sizeof *reply->entries);
    Attune__Local__Entry *entry = rc == 0 ? query_entry(core, row) : NULL;
    if (rc == 0 && (entry == NULL || reply->entries == NULL)) {
        rc = E_MEMORY;
    }
    rc = rc != 0 ? rc : query_put_text(core, row, entry);
    rc = rc != 0 ? rc : act_append(core, core->mine_no, row, "drawn", 0, SPAN_EMPTY);
    if (rc == 0) {
        reply->entries[reply->n_entries++] = entry;
        buf_put(&value, row->id, ID_BYTES);
        buf_put_span(&value, span_slice(buf_span(&draw.drawn), 0,
                                        draw.drawn.size < DRAWN_KEPT * ID_BYTES
                                            ? draw.drawn.size
                                            : (DRAWN_KEPT - 1) * ID_BYTES));
        rc = buf_done(&value);
    }
    rc = rc != 0 ? rc : state_set(core, "drawn", buf_span(&value));
    buf_free(&value);
    buf_free(&draw.drawn);
    return rc;
}
