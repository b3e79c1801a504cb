/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notice: what the desktop may tell this person of, and when it may not.
 *
 * Model. A notice is a thing and a time of it: something of the partner's that was not
 * shown yet, a reminder (remind.c), or a nudge (nudge.c). Its key names both, so that the
 * same time is never told twice, whatever the clock does. What a desktop did with it is a
 * mark (marks.h). What was told, or put off, is there until it is dealt with, though the
 * clock was set back or its hour is over.
 * Invariants. No word of an entry is in a notice. Nothing here leaves the machine, and no
 * notice tells what the partner did not do. What is one's own comes before what the partner
 * sent, in room of its own. The one timer is armed for the next moment at which the list or
 * the silence changes; that it can't be worked out never makes a step fail.
 * To add a reason: its items in gather, their room below.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/marks.h"

#include <string.h>

enum {
    OWN_MAX = 14, /* of NOTICES_LISTED_MAX; the rest is for what came */
    THEIRS_MAX = 6,
    LATER_S = 3600,
    TOMORROW_MIN = 8 * 60,
    NIGHT_MIN = 4 * 60,    /* before this it is still yesterday's night */
    PUT_OFF_S = 86400,     /* so long after it came back it is still of use */
    SET_BACK_S = 86400,    /* a clock further ahead than that was wrong altogether */
    RETRY_MS = 600 * 1000, /* after memory was short */
};

/* ---- silence ---- */

/* Until when silence was asked for by the person; 0: it wasn't. An end further ahead than
 * they could ask for is of a clock that was wrong. */
static int
quiet_end(struct core *core, int64_t *out)
{
    struct buf value = {0};
    int rc = store_value_get(core->store, "quiet", &value);
    int64_t end_s = rc == 0 && value.size == 8 ? (int64_t)bytes_get_u64(value.data) : 0;
    bool lasts = end_s > core->now_s && end_s <= core->now_s + (int64_t)QUIET_S_MAX;
    buf_free(&value);
    if (rc != 0 && rc != E_NO_ENTRY) {
        return rc;
    }
    *out = lasts ? end_s : 0;
    return 0;
}

/* Whatever silences now, one after the other: 0 when nothing does. */
static int64_t
silence_end(const struct core *core, int64_t quiet_s)
{
    int64_t from_s = quiet_s != 0 ? quiet_s : core->now_s;
    int64_t hours_s = schedule_hours_end(&core->zone, &core->wishes.quiet, from_s);
    return hours_s != 0 ? hours_s : quiet_s;
}

static int
put_silence(struct core *core, Attune__Local__Reply *reply)
{
    int64_t quiet_s;
    int rc = quiet_end(core, &quiet_s);
    if (rc == 0) {
        reply->now = core->now_s;
        reply->quiet_until = quiet_s;
        reply->silent_until = silence_end(core, quiet_s);
    }
    return rc;
}

int
notice_quiet(struct core *core, const Attune__Local__Quiet *quiet,
             Attune__Local__Reply *reply)
{
    if (quiet->set) {
        uint8_t until[8];
        if (quiet->lasts_s < 0 || quiet->lasts_s > (int64_t)QUIET_S_MAX) {
            return E_TIME;
        }
        bytes_set_u64(until, (uint64_t)(core->now_s + quiet->lasts_s));
        int rc = state_set(core, "quiet",
                           quiet->lasts_s == 0 ? SPAN_EMPTY : span_of(until, sizeof until));
        if (rc != 0) {
            return rc;
        }
        core->due_changed = true;
        action_notice(core, "notices");
    }
    return put_silence(core, reply);
}

/* ---- what waits ---- */

struct item {
    const char *why;
    struct mark like; /* its class, thing and time; no more of it counts */
    struct entry_row row; /* zeros: a nudge */
    int64_t time_s;
};

struct items {
    struct core *core;
    struct marks *marks;
    struct item items[NOTICES_LISTED_MAX];
    size_t count;
};

static bool
is_there(const struct items *items, const struct mark *like)
{
    for (size_t i = 0; i < items->count; i++) {
        const struct mark *one = &items->items[i].like;
        if (one->class == like->class && one->theirs == like->theirs &&
            one->name == like->name && memcmp(one->id, like->id, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static void
add(struct items *items, const char *why, enum mark_class class,
    const struct entry_row *row, struct schedule_time time)
{
    if (items->count == NOTICES_LISTED_MAX) {
        return;
    }
    struct item *item = &items->items[items->count];
    *item = (struct item){
        .why = why, .row = *row, .time_s = time.at_s,
        .like = {.class = class, .theirs = row->theirs, .name = time.name}};
    memcpy(item->like.id, row->id, ID_BYTES);
    items->count += !is_there(items, &item->like);
}

/*
 * What was told or put off and is no longer due by the clock: because the clock was set back
 * (then it is on some screen, and stays), or because its hour passed meanwhile. While its
 * entry still reminds, it waits.
 */
static int
add_marked(struct items *items, enum mark_class class, size_t max)
{
    struct core *core = items->core;
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    int rc = arena == NULL ? E_MEMORY : 0;
    for (size_t i = items->marks->count; rc == 0 && i-- > 0;) {
        const struct mark *mark = &items->marks->items[i];
        struct schedule_rule rule;
        struct entry_row row;
        bool put_off = mark->later_s != 0 && mark->told_s == 0 &&
                       core->now_s < mark->later_s + PUT_OFF_S;
        if (mark->class != class || mark->done || (mark->told_s == 0 && !put_off) ||
            items->count >= max || is_there(items, mark)) {
            continue;
        }
        rc = store_entry_find(core->store, mark->id, mark->theirs, &row);
        if (rc == 0 && remind_rule(core, &row, arena, &rule)) {
            struct schedule_time time = remind_again(core, &row, &rule, mark->name);
            bool set_back = time.at_s > core->now_s && time.at_s - core->now_s < SET_BACK_S;
            if (set_back || (time.at_s != 0 && put_off)) {
                add(items, "due", class, &row, time);
            }
        }
        rc = rc == E_NO_ENTRY ? 0 : rc;
        arena_reset(arena);
    }
    arena_free(arena);
    return rc;
}

static int
add_due(struct items *items, bool theirs, size_t max)
{
    enum mark_class class = theirs ? MARK_THEIRS : MARK_OWN;
    struct reminder *due = arena_alloc(items->core->arena, NOTICES_LISTED_MAX * sizeof *due);
    size_t count = 0;
    max += items->count;
    int rc = due == NULL ? E_MEMORY
                         : remind_due(items->core, theirs, due, NOTICES_LISTED_MAX, &count);
    for (size_t i = 0; rc == 0 && i < count && items->count < max; i++) {
        add(items, "due", class, &due[i].row, due[i].time);
    }
    return rc != 0 ? rc : add_marked(items, class, max);
}

static int
add_nudges(struct items *items)
{
    static const struct entry_row nobody = {.no = 0};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        struct schedule_time time;
        struct entry_row row = nobody;
        row.id[0] = (uint8_t)i; /* stands for it among the marks */
        rc = nudge_due(items->core, (enum nudge)i, &time);
        if (rc == 0 && time.at_s != 0) {
            add(items, nudge_name((enum nudge)i), MARK_NUDGE, &row, time);
        }
    }
    return rc;
}

struct fresh {
    struct core *core;
    struct entry_row rows[NOTICES_LISTED_MAX];
    size_t count, max;
};

static int
pick_fresh(void *context, const struct entry_row *row)
{
    struct fresh *fresh = context;
    if (row->state == S_NONE || row->state == S_RETRACTED ||
        journal_past(fresh->core, row) || query_hides(fresh->core, row)) {
        return 0;
    }
    fresh->rows[fresh->count++] = *row;
    return fresh->count == fresh->max;
}

/* One time each until it was shown: more that happens to what nobody looked at yet is told
 * of with it. */
static int
add_fresh(struct items *items)
{
    struct core *core = items->core;
    struct fresh *fresh = arena_alloc(core->arena, sizeof *fresh);
    struct arena *arena = arena_new(FOLD_BYTES_MAX);
    const struct entry_filter filter = {.fresh_only = true};
    int rc = fresh == NULL || arena == NULL ? E_MEMORY : 0;
    if (rc == 0) {
        *fresh = (struct fresh){.core = core, .max = NOTICES_LISTED_MAX - items->count};
        rc = store_entry_list(core->store, &filter, pick_fresh, fresh);
        rc = rc > 0 ? 0 : rc;
    }
    for (size_t i = 0; rc == 0 && i < fresh->count; i++) {
        const struct entry_row *row = &fresh->rows[i];
        struct folded folded = {.seen = 0};
        int got = fold_headers(core, row, arena, &folded);
        rc = got == E_MEMORY ? 0 : got; /* too much happened to it: it is there all the same */
        uint64_t seen = got == 0 ? folded.seen : 0;
        struct schedule_time time = {row->time, (int64_t)seen};
        add(items, row->theirs && seen == 0 ? "new" : "news", MARK_FRESH, row, time);
        arena_reset(arena);
    }
    arena_free(arena);
    return rc;
}

static int
gather(struct core *core, struct items **out)
{
    struct items *items = arena_alloc(core->arena, sizeof *items);
    if (items == NULL) {
        return E_MEMORY;
    }
    *items = (struct items){.core = core};
    int rc = marks_read(core, &items->marks);
    rc = rc != 0 ? rc : add_due(items, false, OWN_MAX);
    rc = rc != 0 ? rc : add_nudges(items);
    rc = rc != 0 ? rc : add_due(items, true, THEIRS_MAX);
    rc = rc != 0 ? rc : add_fresh(items);
    if (rc == 0) {
        *out = items;
    }
    return rc;
}

static void
key_of(const struct item *item, uint8_t out[static ID_BYTES])
{
    uint8_t digest[HASH_BYTES];
    struct hash hash;
    bool nudge = item->like.class == MARK_NUDGE;
    hash_init(&hash, "attune.notice");
    hash_put(&hash, nudge ? SPAN_EMPTY : span_of(item->like.id, ID_BYTES));
    hash_put_u64(&hash, item->like.theirs);
    hash_put(&hash, span_text(item->why));
    hash_put_u64(&hash, (uint64_t)item->like.name);
    hash_final(&hash, digest);
    memcpy(out, digest, ID_BYTES);
}

/* ---- as the local wire has it ---- */

/* What one key does to it now, for a button. */
static int
put_acts(struct core *core, const struct entry_row *row, Attune__Local__Notice *notice)
{
    const char *names[ACTS_MAX];
    const struct kind *kind = kind_find(row->kind);
    size_t count = kind == NULL ? 0 : act_names(core, row, names, ACTS_MAX);
    notice->acts = arena_alloc(core->arena, (count + 1) * sizeof *notice->acts);
    for (size_t i = 0; notice->acts != NULL && i < count; i++) {
        const struct kind_act *act = kind_act(kind, names[i]);
        if (act != NULL && act->key != 0 && act->asks == NULL) {
            notice->acts[notice->n_acts++] = pb_text(act->name);
        }
    }
    return notice->acts == NULL ? E_MEMORY : 0;
}

static int
put_entry(struct core *core, const struct entry_row *row, Attune__Local__Notice *notice)
{
    notice->id = pb_span(arena_copy(core->arena, span_of(row->id, ID_BYTES)));
    notice->partner = row->theirs;
    notice->kind = arena_text(core->arena, span_text(row->kind));
    if (notice->id.data == NULL || notice->kind == NULL) {
        return E_MEMORY;
    }
    int rc = put_acts(core, row, notice);
    return rc != 0 ? rc : store_entry_unique(core->store, row->id, &notice->unique);
}

static void
put_mark(const struct items *items, const struct item *item, Attune__Local__Notice *notice)
{
    const struct mark *mark = marks_find(items->marks, &item->like);
    bool came = item->like.class == MARK_FRESH && item->like.name == 0;
    if (came && item->row.no <= items->marks->upto) { /* with all that came then */
        notice->told = item->time_s > 0 ? item->time_s : 1;
    }
    if (mark != NULL) {
        notice->told = mark->told_s != 0 ? mark->told_s
                       : mark->later_s != 0 ? 0
                                            : notice->told;
        notice->later = mark->later_s;
        notice->done = mark->done;
    }
}

static int
put(struct items *items, const struct item *item, Attune__Local__Reply *reply)
{
    struct core *core = items->core;
    uint8_t key[ID_BYTES];
    Attune__Local__Notice *notice = arena_alloc(core->arena, sizeof *notice);
    if (notice == NULL) {
        return E_MEMORY;
    }
    attune__local__notice__init(notice);
    key_of(item, key);
    notice->key = pb_span(arena_copy(core->arena, span_of(key, ID_BYTES)));
    notice->why = pb_text(item->why);
    notice->time = item->time_s;
    put_mark(items, item, notice);
    int rc = notice->key.data == NULL ? E_MEMORY : 0;
    if (rc == 0 && item->like.class != MARK_NUDGE) {
        rc = put_entry(core, &item->row, notice);
    }
    if (rc == 0) {
        reply->notices[reply->n_notices++] = notice;
    }
    return rc;
}

int
notice_query(struct core *core, Attune__Local__Reply *reply)
{
    struct items *items;
    reply->notices = arena_alloc(core->arena, NOTICES_LISTED_MAX * sizeof *reply->notices);
    int rc = reply->notices == NULL ? E_MEMORY : gather(core, &items);
    for (size_t i = 0; rc == 0 && i < items->count; i++) {
        rc = put(items, &items->items[i], reply);
    }
    rc = rc != 0 ? rc : store_entry_last(core->store, &reply->upto);
    rc = rc != 0 ? rc : put_silence(core, reply);
    if (rc == 0) {
        reply->told_today = items->marks->today;
    }
    return rc;
}

/* ---- what became of them ---- */

static int64_t
tomorrow(const struct core *core)
{
    const struct schedule_zone *zone = &core->zone;
    bool night = schedule_minute(zone, core->now_s) < NIGHT_MIN;
    return schedule_instant(zone, schedule_day(zone, core->now_s) + !night, TOMORROW_MIN);
}

enum what { SHOWN, LATER, TOMORROW, DONE, WHATS };

static int
what_of(const char *text, enum what *out)
{
    static const char *const names[WHATS] = {"shown", "later", "tomorrow", "done"};
    for (size_t i = 0; i < WHATS; i++) {
        if (strcmp(text, names[i]) == 0) {
            *out = (enum what)i;
            return 0;
        }
    }
    return E_USAGE;
}

static int
tell(struct items *items, const struct item *item, enum what what)
{
    struct core *core = items->core;
    struct mark *mark = marks_touch(items->marks, &item->like);
    if (what == SHOWN) {
        mark->told_s = core->now_s;
    } else if (what == DONE) {
        mark->done = true;
    } else { /* to be told anew, then */
        mark->told_s = 0;
        mark->later_s = what == LATER ? core->now_s + LATER_S : tomorrow(core);
    }
    if (item->like.class != MARK_NUDGE) {
        return 0;
    }
    enum nudge nudge = (enum nudge)item->like.id[0];
    return what == SHOWN ? nudge_told(core, nudge) : nudge_used(core, nudge);
}

/* What is no longer there, or never was, is passed over. */
static int
tell_keys(struct items *items, const Attune__Local__Told *told, enum what what)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < items->count; i++) {
        uint8_t key[ID_BYTES];
        key_of(&items->items[i], key);
        bool named = false;
        for (size_t j = 0; j < told->n_keys && !named; j++) {
            named = memcmp(told->keys[j].data, key, ID_BYTES) == 0;
        }
        rc = named ? tell(items, &items->items[i], what) : 0;
    }
    return rc;
}

int
notice_told(struct core *core, const Attune__Local__Told *told)
{
    struct items *items;
    enum what what;
    int64_t last = 0;
    int rc = told->n_keys == 0 || told->n_keys > NOTICES_LISTED_MAX ? E_USAGE
                                                             : what_of(told->what, &what);
    for (size_t i = 0; rc == 0 && i < told->n_keys; i++) {
        rc = told->keys[i].len == ID_BYTES ? 0 : E_USAGE;
    }
    rc = rc != 0 ? rc : store_entry_last(core->store, &last);
    rc = rc != 0 ? rc : gather(core, &items);
    rc = rc != 0 ? rc : tell_keys(items, told, what);
    if (rc != 0) {
        return rc;
    }
    if (what == SHOWN) {
        items->marks->today += told->budget ? 1 : 0;
        bool further = told->upto > items->marks->upto && told->upto <= last;
        items->marks->upto = further ? told->upto : items->marks->upto;
    }
    core->due_changed = true;
    return marks_write(core, items->marks);
}

/* ---- the one timer ---- */

static void
sooner(const struct core *core, int64_t at_s, int64_t *next_s)
{
    if (at_s > core->now_s && (*next_s == 0 || at_s < *next_s)) {
        *next_s = at_s;
    }
}

/* When the list or the silence changes though nothing happens; 0: never. */
static int
look_ahead(struct core *core, int64_t *out)
{
    const struct option_hours *hours = &core->wishes.quiet;
    struct marks *marks;
    int64_t next_s = 0, due_s = 0, quiet_s = 0, nudge_s = 0;
    int rc = remind_next(core, &due_s);
    rc = rc != 0 ? rc : quiet_end(core, &quiet_s);
    rc = rc != 0 ? rc : nudge_next(core, &nudge_s);
    rc = rc != 0 ? rc : marks_read(core, &marks);
    if (rc != 0) {
        return rc;
    }
    sooner(core, due_s, &next_s);
    sooner(core, quiet_s, &next_s);
    sooner(core, nudge_s, &next_s);
    sooner(core, schedule_hours_end(&core->zone, hours, core->now_s), &next_s);
    sooner(core, schedule_hours_begin(&core->zone, hours, core->now_s), &next_s);
    for (size_t i = 0; i < marks->count; i++) {
        sooner(core, marks->items[i].later_s, &next_s);
    }
    *out = next_s;
    return 0;
}

int
notice_wishes(struct core *core, const struct event *event)
{
    core->wishes = *event->wishes;
    core->due_changed = true;
    action_notice(core, "notices");
    return event->option == NULL ? 0 : nudge_wished(core, event->option);
}

int
notice_tick(struct core *core)
{
    bool came = core->due_wake_s != 0 && core->due_wake_s <= core->now_s;
    bool moved = core->now_s < core->due_seen_s || core->zone_min != core->due_zone_min;
    int rc = 0;
    if (came || moved || core->due_changed) {
        rc = look_ahead(core, &core->due_wake_s);
        core->due_changed = rc != 0;
    }
    if (rc == E_MEMORY) { /* nothing else of the step is lost for it */
        core->due_wake_s = 0;
        wake_mono(core, core->mono_ms + RETRY_MS);
        rc = 0;
    }
    if (came || moved) {
        action_notice(core, "notices");
    }
    core->due_seen_s = core->now_s;
    core->due_zone_min = core->zone_min;
    if (core->due_wake_s != 0) {
        wake_wall(core, core->due_wake_s);
    }
    return rc;
}
