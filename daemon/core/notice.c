/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notice: what the desktop may tell this person of, and when it may not.
 *
 * Model. A notice is a thing and a time of it: something of the partner's that was not
 * shown yet, a reminder (remind.c), or a nudge (nudge.c).
 * Its key names both, so that the same time is never told twice, whatever the clock does.
 * What a desktop client did with it is a mark kept here, in this journal alone: told, put
 * off, done.
 * Invariants. No word of an entry is in a notice. Nothing here leaves the machine, and no
 * notice tells what the partner did not do. The one timer is armed for the next moment at
 * which the answer changes.
 */
#include "common/error.h"
#include "common/pb.h"
#include "daemon/core/policy.h"

#include <string.h>

enum {
    NOTICES_MAX = 32,
    MARKS_MAX = 128, /* those not touched for longest go */
    LATER_S = 3600,
    TOMORROW_MIN = 8 * 60,
    NIGHT_MIN = 4 * 60, /* before this it is still yesterday's night */
    VALUE_VERSION = 1,
};

/* ---- marks: value "told" ---- */

struct mark {
    uint8_t key[ID_BYTES];
    int64_t told_s, later_s;
    bool done;
};

struct marks {
    int64_t day; /* of `today` */
    uint32_t today;
    size_t count;
    struct mark items[MARKS_MAX]; /* the one touched last is last */
};

static int
marks_read(struct core *core, struct marks **out)
{
    struct marks *marks = arena_alloc(core->arena, sizeof *marks);
    struct buf value = {0};
    if (marks == NULL) {
        return E_MEMORY;
    }
    *marks = (struct marks){0};
    int rc = store_value_get(core->store, "told", &value);
    if (rc == 0) {
        struct reader reader = reader_of(buf_span(&value));
        if (reader_u8(&reader) != VALUE_VERSION) {
            rc = E_VERSION_NEW;
        }
        marks->day = (int64_t)reader_u64(&reader);
        marks->today = reader_u32(&reader);
        size_t count = reader_u16(&reader);
        for (size_t i = 0; i < count && i < MARKS_MAX; i++) {
            struct mark *mark = &marks->items[i];
            reader_copy(&reader, mark->key, ID_BYTES);
            mark->told_s = (int64_t)reader_u64(&reader);
            mark->later_s = (int64_t)reader_u64(&reader);
            mark->done = reader_u8(&reader) != 0;
            marks->count++;
        }
        rc = rc == 0 && !reader_done(&reader) ? E_JOURNAL : rc;
    }
    buf_free(&value);
    if (marks->day != core_local_day(core, core->now_s)) {
        marks->day = core_local_day(core, core->now_s);
        marks->today = 0;
    }
    *out = marks;
    return rc == E_NO_ENTRY ? 0 : rc;
}

static int
marks_write(struct core *core, const struct marks *marks)
{
    struct buf value = {0};
    buf_put_u8(&value, VALUE_VERSION);
    buf_put_u64(&value, (uint64_t)marks->day);
    buf_put_u32(&value, marks->today);
    buf_put_u16(&value, (uint16_t)marks->count);
    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->items[i];
        buf_put(&value, mark->key, ID_BYTES);
        buf_put_u64(&value, (uint64_t)mark->told_s);
        buf_put_u64(&value, (uint64_t)mark->later_s);
        buf_put_u8(&value, mark->done);
    }
    int rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "told", buf_span(&value));
    buf_free(&value);
    return rc;
}

static struct mark *
marks_find(struct marks *marks, const uint8_t key[static ID_BYTES])
{
    for (size_t i = 0; i < marks->count; i++) {
        if (memcmp(marks->items[i].key, key, ID_BYTES) == 0) {
            return &marks->items[i];
        }
    }
    return NULL;
}

/* Found or made, and moved to the end: those not touched for longest go first. */
static struct mark *
marks_touch(struct marks *marks, const uint8_t key[static ID_BYTES])
{
    struct mark *old = marks_find(marks, key);
    struct mark mark = {.done = false};
    memcpy(mark.key, key, ID_BYTES);
    if (old != NULL) {
        mark = *old;
    } else if (marks->count == MARKS_MAX) {
        old = &marks->items[0];
    }
    if (old != NULL) {
        size_t after = (size_t)(&marks->items[--marks->count] - old);
        memmove(old, old + 1, after * sizeof *old);
    }
    marks->items[marks->count] = mark;
    return &marks->items[marks->count++];
}

/* ---- silence ---- */

/* Until when a pause from notices that the person asked for lasts; 0: none does. */
static int
quiet_end(struct core *core, int64_t *out)
{
    struct buf value = {0};
    int rc = store_value_get(core->store, "quiet", &value);
    *out = rc == 0 && value.size == 8 ? (int64_t)bytes_get_u64(value.data) : 0;
    *out = *out > core->now_s ? *out : 0;
    buf_free(&value);
    return rc == E_NO_ENTRY ? 0 : rc;
}

/* Whatever silences now, one after the other: 0 when nothing does. */
static int
silent_until(struct core *core, int64_t *out)
{
    int64_t end_s;
    int rc = quiet_end(core, &end_s);
    int64_t hours_s = schedule_hours_end(&core->zone, &core->wishes.quiet,
                                         end_s != 0 ? end_s : core->now_s);
    *out = hours_s != 0 ? hours_s : end_s;
    return rc;
}

int
notice_quiet(struct core *core, const Attune__Local__Quiet *quiet,
             Attune__Local__Reply *reply)
{
    int rc = 0;
    if (quiet->set) {
        uint8_t until[8];
        if (quiet->lasts_s < 0 || quiet->lasts_s > (int64_t)QUIET_S_MAX) {
            return E_TIME;
        }
        bytes_set_u64(until, (uint64_t)(core->now_s + quiet->lasts_s));
        rc = state_set(core, "quiet",
                       quiet->lasts_s == 0 ? SPAN_EMPTY : span_of(until, sizeof until));
        core->due_changed = true;
        action_notice(core, "notices");
    }
    reply->now = core->now_s;
    return rc != 0 ? rc : silent_until(core, &reply->silent_until);
}

/* ---- what waits ---- */

struct found {
    struct core *core;
    struct marks *marks;
    Attune__Local__Reply *reply;
};

static void
key_of(const struct entry_row *row, const char *why, int64_t time, uint8_t out[static ID_BYTES])
{
    uint8_t digest[HASH_BYTES];
    struct hash hash;
    hash_init(&hash, "attune.notice");
    hash_put(&hash, row == NULL ? SPAN_EMPTY : span_of(row->id, ID_BYTES));
    hash_put_u64(&hash, row != NULL && row->theirs);
    hash_put(&hash, span_text(why));
    hash_put_u64(&hash, (uint64_t)time);
    hash_final(&hash, digest);
    memcpy(out, digest, ID_BYTES);
}

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

/* `row`: NULL for a nudge. `time`: which time of it. */
static int
add(struct found *found, const struct entry_row *row, const char *why,
    struct schedule_time time)
{
    struct core *core = found->core;
    Attune__Local__Reply *reply = found->reply;
    uint8_t key[ID_BYTES];
    if (reply->n_notices == NOTICES_MAX) {
        return 0;
    }
    Attune__Local__Notice *notice = arena_alloc(core->arena, sizeof *notice);
    if (notice == NULL) {
        return E_MEMORY;
    }
    attune__local__notice__init(notice);
    key_of(row, why, time.name, key);
    notice->key = pb_span(arena_copy(core->arena, span_of(key, ID_BYTES)));
    notice->why = pb_text(why);
    notice->time = time.at_s;
    const struct mark *mark = marks_find(found->marks, key);
    if (mark != NULL) {
        notice->told = mark->told_s;
        notice->later = mark->later_s;
        notice->done = mark->done;
    }
    int rc = notice->key.data == NULL ? E_MEMORY : 0;
    if (rc == 0 && row != NULL) {
        notice->id = pb_span(arena_copy(core->arena, span_of(row->id, ID_BYTES)));
        notice->partner = row->theirs;
        notice->kind = arena_text(core->arena, span_text(row->kind));
        rc = notice->id.data == NULL || notice->kind == NULL ? E_MEMORY
             : put_acts(core, row, notice);
        rc = rc != 0 ? rc : store_entry_unique(core->store, row->id, &notice->unique);
    }
    if (rc == 0) {
        reply->notices[reply->n_notices++] = notice;
    }
    return rc;
}

struct fresh {
    struct core *core;
    struct entry_row rows[NOTICES_MAX];
    size_t count;
};

static int
pick_fresh(void *context, const struct entry_row *row)
{
    struct fresh *fresh = context;
    if (row->state != S_NONE && row->state != S_RETRACTED &&
        !journal_past(fresh->core, row) && !query_hides(fresh->core, row)) {
        fresh->rows[fresh->count++] = *row;
    }
    return fresh->count == NOTICES_MAX;
}

static int
add_fresh(struct found *found)
{
    struct core *core = found->core;
    struct fresh *fresh = arena_alloc(core->arena, sizeof *fresh);
    const struct entry_filter filter = {.fresh_only = true};
    if (fresh == NULL) {
        return E_MEMORY;
    }
    *fresh = (struct fresh){.core = core};
    int rc = store_entry_list(core->store, &filter, pick_fresh, fresh);
    for (size_t i = 0; rc >= 0 && i < fresh->count; i++) {
        const struct entry_row *row = &fresh->rows[i];
        struct folded folded;
        rc = fold_headers(core, row, core->arena, &folded);
        if (rc == 0) {
            bool first = row->theirs && folded.seen == 0;
            struct schedule_time time = {row->time, (int64_t)folded.told};
            rc = add(found, row, first ? "new" : "news", time);
        }
    }
    return rc > 0 ? 0 : rc;
}

static int
add_due(struct found *found)
{
    struct reminder *due = arena_alloc(found->core->arena, NOTICES_MAX * sizeof *due);
    size_t count = 0;
    int rc = due == NULL ? E_MEMORY
                         : remind_due(found->core, due, NOTICES_MAX, &count);
    for (size_t i = 0; rc >= 0 && i < count; i++) {
        rc = add(found, &due[i].row, "due", due[i].time);
    }
    return rc > 0 ? 0 : rc;
}

static int
add_nudges(struct found *found)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        struct schedule_time time;
        rc = nudge_due(found->core, (enum nudge)i, &time);
        if (rc == 0 && time.at_s != 0) {
            rc = add(found, NULL, nudge_name((enum nudge)i), time);
        }
    }
    return rc;
}

int
notice_query(struct core *core, Attune__Local__Reply *reply)
{
    struct found found = {.core = core, .reply = reply};
    reply->notices = arena_alloc(core->arena, NOTICES_MAX * sizeof *reply->notices);
    int rc = reply->notices == NULL ? E_MEMORY : marks_read(core, &found.marks);
    rc = rc != 0 ? rc : add_due(&found);
    rc = rc != 0 ? rc : add_nudges(&found);
    rc = rc != 0 ? rc : add_fresh(&found);
    rc = rc != 0 ? rc : silent_until(core, &reply->silent_until);
    if (rc == 0) {
        reply->told_today = found.marks->today;
        reply->now = core->now_s;
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

/* If the key is that of a nudge's present time, what became of that is noted there too. */
static int
told_nudge(struct core *core, const uint8_t key[static ID_BYTES], bool shown)
{
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < NUDGES; i++) {
        struct schedule_time time = nudge_time(core, (enum nudge)i);
        uint8_t own[ID_BYTES];
        key_of(NULL, nudge_name((enum nudge)i), time.name, own);
        if (time.at_s != 0 && memcmp(own, key, ID_BYTES) == 0) {
            rc = shown ? nudge_told(core, (enum nudge)i) : nudge_used(core, (enum nudge)i);
        }
    }
    return rc;
}

int
notice_told(struct core *core, const Attune__Local__Told *told)
{
    struct marks *marks;
    bool shown = strcmp(told->what, "shown") == 0;
    bool later = strcmp(told->what, "later") == 0;
    bool morning = strcmp(told->what, "tomorrow") == 0;
    if ((!shown && !later && !morning && strcmp(told->what, "done") != 0) ||
        told->n_keys == 0 || told->n_keys > NOTICES_MAX) {
        return E_USAGE;
    }
    for (size_t i = 0; i < told->n_keys; i++) {
        if (told->keys[i].len != ID_BYTES) {
            return E_USAGE;
        }
    }
    int rc = marks_read(core, &marks);
    for (size_t i = 0; rc == 0 && i < told->n_keys; i++) {
        struct mark *mark = marks_touch(marks, told->keys[i].data);
        if (shown) {
            mark->told_s = core->now_s;
        } else if (later || morning) {
            mark->later_s = later ? core->now_s + LATER_S : tomorrow(core);
        } else {
            mark->done = true;
        }
        rc = told_nudge(core, told->keys[i].data, shown);
    }
    if (rc == 0) {
        marks->today += shown && told->budget;
        core->due_changed = core->due_changed || later || morning;
        rc = marks_write(core, marks);
    }
    return rc;
}

/* ---- the one timer ---- */

static void
sooner(const struct core *core, int64_t at_s, int64_t *next_s)
{
    if (at_s > core->now_s && (*next_s == 0 || at_s < *next_s)) {
        *next_s = at_s;
    }
}

/* When the answer to notice_query changes though nothing happens; 0: never. */
static int
look_ahead(struct core *core, int64_t *out)
{
    struct marks *marks;
    int64_t next_s = 0, at_s = 0;
    int rc = remind_next(core, &at_s);
    sooner(core, at_s, &next_s);
    rc = rc != 0 ? rc : quiet_end(core, &at_s);
    sooner(core, at_s, &next_s);
    sooner(core, schedule_hours_end(&core->zone, &core->wishes.quiet, core->now_s),
           &next_s);
    sooner(core, schedule_hours_begin(&core->zone, &core->wishes.quiet, core->now_s),
           &next_s);
    rc = rc != 0 ? rc : marks_read(core, &marks);
    for (size_t i = 0; rc == 0 && i < marks->count; i++) {
        sooner(core, marks->items[i].later_s, &next_s);
    }
    rc = rc != 0 ? rc : nudge_next(core, &at_s);
    sooner(core, at_s, &next_s);
    *out = next_s;
    return rc;
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
