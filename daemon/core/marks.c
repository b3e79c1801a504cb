/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/core/marks.h"

#include "common/error.h"

#include <string.h>

enum {
    VALUE_VERSION = 1,
    LATER_S_MAX = 2 * 86400, /* nothing is put off for longer */
};

static const size_t room[MARK_CLASSES] = {
    [MARK_FRESH] = 96, [MARK_OWN] = 72, [MARK_THEIRS] = 32, [MARK_NUDGE] = 8};

static_assert(96 + 72 + 32 + 8 == MARKS_MAX, "all classes have room");

static void
read_items(struct core *core, struct reader *reader, struct marks *marks)
{
    size_t count = reader_u16(reader);
    for (size_t i = 0; i < count && i < MARKS_MAX && !reader->failed; i++) {
        struct mark *mark = &marks->items[marks->count++];
        unsigned class = reader_u8(reader);
        mark->class = class < MARK_CLASSES ? (enum mark_class)class : MARK_FRESH;
        mark->theirs = reader_u8(reader) != 0;
        reader_copy(reader, mark->id, ID_BYTES);
        mark->name = (int64_t)reader_u64(reader);
        mark->told_s = (int64_t)reader_u64(reader);
        mark->later_s = (int64_t)reader_u64(reader);
        mark->done = reader_u8(reader) != 0;
        if (mark->later_s > core->now_s + LATER_S_MAX) {
            mark->later_s = 0;
        }
    }
}

int
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
        bool known = reader_u8(&reader) == VALUE_VERSION;
        marks->day = (int64_t)reader_u64(&reader);
        marks->today = reader_u32(&reader);
        marks->upto = (int64_t)reader_u64(&reader);
        read_items(core, &reader, marks);
        if (!known || !reader_done(&reader)) {
            *marks = (struct marks){0};
        }
    }
    buf_free(&value);
    if (rc != 0 && rc != E_NO_ENTRY) {
        return rc;
    }
    if (marks->day != core_local_day(core, core->now_s)) {
        marks->day = core_local_day(core, core->now_s);
        marks->today = 0;
    }
    *out = marks;
    return 0;
}

int
marks_write(struct core *core, const struct marks *marks)
{
    struct buf value = {0};
    buf_put_u8(&value, VALUE_VERSION);
    buf_put_u64(&value, (uint64_t)marks->day);
    buf_put_u32(&value, marks->today);
    buf_put_u64(&value, (uint64_t)marks->upto);
    buf_put_u16(&value, (uint16_t)marks->count);
    for (size_t i = 0; i < marks->count; i++) {
        const struct mark *mark = &marks->items[i];
        buf_put_u8(&value, (uint8_t)mark->class);
        buf_put_u8(&value, mark->theirs);
        buf_put(&value, mark->id, ID_BYTES);
        buf_put_u64(&value, (uint64_t)mark->name);
        buf_put_u64(&value, (uint64_t)mark->told_s);
        buf_put_u64(&value, (uint64_t)mark->later_s);
        buf_put_u8(&value, mark->done);
    }
    int rc = buf_done(&value);
    rc = rc != 0 ? rc : state_set(core, "told", buf_span(&value));
    buf_free(&value);
    return rc;
}

static bool
same(const struct mark *a, const struct mark *b)
{
    return a->class == b->class && a->theirs == b->theirs && a->name == b->name &&
           memcmp(a->id, b->id, ID_BYTES) == 0;
}

static size_t
find(const struct marks *marks, const struct mark *like)
{
    size_t i = 0;
    while (i < marks->count && !same(&marks->items[i], like)) {
        i++;
    }
    return i;
}

const struct mark *
marks_find(const struct marks *marks, const struct mark *like)
{
    size_t i = find(marks, like);
    return i < marks->count ? &marks->items[i] : NULL;
}

static void
drop(struct marks *marks, size_t i)
{
    marks->count--;
    memmove(&marks->items[i], &marks->items[i + 1],
            (marks->count - i) * sizeof marks->items[0]);
}

struct mark *
marks_touch(struct marks *marks, const struct mark *like)
{
    struct mark mark = *like;
    size_t i = find(marks, like), used = 0, oldest = MARKS_MAX;
    if (i < marks->count) {
        mark = marks->items[i];
        drop(marks, i);
    } else {
        for (size_t j = marks->count; j-- > 0;) {
            if (marks->items[j].class == like->class) {
                used++;
                oldest = j;
            }
        }
        if (used >= room[like->class]) {
            drop(marks, oldest);
        }
        mark.told_s = mark.later_s = 0;
        mark.done = false;
    }
    marks->items[marks->count] = mark;
    return &marks->items[marks->count++];
}
