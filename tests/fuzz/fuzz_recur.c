/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as how often, and as a time of day: refused, or what is written and said reads
 * back, and the next day is neither earlier than asked nor too far away. The first four
 * bytes are the day it begins, the next four the day asked from, some out of range.
 */
#include "common/error.h"
#include "common/recur.h"
#include "tests/fuzz/fuzz.h"

#define DAYS_APART_MAX (7 * RECUR_WEEKS_MAX + 6)

static void
require_reads_back(struct span text, const struct recur *recur)
{
    struct recur back = {0};
    require(recur_parse(text, 0, &back) == 0);
    require(back.type == recur->type && back.days == recur->days &&
            back.weeks == recur->weeks && back.month_day == recur->month_day);
}

static void
require_next(const struct recur *recur, int64_t begins_day, int64_t from_day)
{
    int64_t next = recur_next_day(recur, begins_day, from_day);
    require(next >= from_day && next >= RECUR_DAY_MIN);
    require(next <= RECUR_DAY_MAX || next == RECUR_NEVER);
    require(recur_next_day(recur, begins_day, next) == next);
    if (from_day >= RECUR_DAY_MIN && from_day <= RECUR_DAY_MAX - DAYS_APART_MAX) {
        require(next - from_day <= DAYS_APART_MAX);
    }
}

static int64_t
day_from(const uint8_t data[static 4])
{
    int64_t day = 0;
    for (size_t i = 0; i < 4; i++) {
        day = day << 8 | data[i];
    }
    return day / 500 - INT64_C(4294967); /* a third of them out of range */
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct recur recur = {0};
    uint32_t minute = 7777;
    if (size < 8) {
        return 0;
    }
    struct span text = span_of(data + 8, size - 8);
    int64_t begins_day = day_from(data);
    int64_t from_day = day_from(data + 4);

    int rc = recur_parse(text, begins_day, &recur);
    require(rc == 0 || (rc == E_TIME && recur.type == 0));
    if (rc == 0) {
        struct buf out = {0};
        recur_put(&out, &recur);
        require_reads_back(buf_span(&out), &recur);
        buf_clear(&out);
        recur_say(&out, &recur);
        require_reads_back(buf_span(&out), &recur);
        buf_free(&out);
        require_next(&recur, begins_day, from_day);
        require_next(&recur, from_day, begins_day);
        require_next(&recur, INT64_MIN, from_day);
        require_next(&recur, INT64_MAX, from_day);
        require_next(&recur, begins_day, INT64_MIN);
        require_next(&recur, begins_day, INT64_MAX);
    }
    rc = recur_clock_parse(text, &minute);
    require(rc == 0 ? minute < 1440 : rc == E_TIME && minute == 7777);
    return 0;
}
