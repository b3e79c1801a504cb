/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Values as people read them: ids, names, days, durations, and one field with its label.
 *
 * The model: how a value reads follows from its field's type and prompt alone. A prompt is
 * the label ("Best today: the walk"); one that ends in "at" wants a clock ("back at
 * 22:05"); text without a prompt needs no label.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/recur.h"
#include "common/text.h"
#include "common/when.h"

#include <inttypes.h>
#include <string.h>

enum { DAY_MINUTES = 24 * 60 };

void
render_id(ProtobufCBinaryData id, uint32_t unique, char out[static ID_CHARS + 1])
{
    if (id.len != ID_BYTES) {
        memcpy(out, "-", 2);
        return;
    }
    id_text(id.data, out);
    size_t chars = unique < RENDER_ID_CHARS_MIN ? RENDER_ID_CHARS_MIN : unique;
    out[chars < ID_CHARS ? chars : ID_CHARS] = '\0';
}

void
render_name(const struct printer *printer, struct buf *out, bool partner)
{
    struct span name = partner ? printer->partner : printer->me;
    if (name.size > 0) {
        text_sanitize(out, name, TEXT_LINE);
    } else if (partner) {
        buf_put_text(out, "your partner");
    }
}

void
render_subject(const struct printer *printer, struct buf *out, bool partner)
{
    bool named = (partner ? printer->partner : printer->me).size > 0;
    if (named) {
        render_name(printer, out, partner);
    } else {
        buf_put_text(out, partner ? "Your partner" : "You");
    }
}

void
render_said(const struct printer *printer, struct buf *out, const char *said,
            bool partner)
{
    static const char you[] = " you";
    size_t size = strlen(said);
    bool ends =
        size >= sizeof you - 1 && strcmp(said + size - (sizeof you - 1), you) == 0;
    if (partner || !ends) {
        buf_put_text(out, said);
        return;
    }
    buf_put(out, said, size - (sizeof you - 1));
    buf_put_u8(out, ' ');
    render_name(printer, out, true);
}

void
render_hold(const struct printer *printer, struct buf *out, uint32_t hold_s)
{
    if (hold_s < 2 * WHEN_MINUTE_S) {
        buf_printf(out, "in %" PRIu32 " s", hold_s);
    } else if (hold_s < 2 * WHEN_HOUR_S) {
        buf_printf(out, "in %" PRIu32 " min",
                   (hold_s + WHEN_MINUTE_S / 2) / WHEN_MINUTE_S);
    } else if (hold_s < 2 * WHEN_DAY_S) {
        buf_printf(out, "in %" PRIu32 " h", (hold_s + WHEN_HOUR_S / 2) / WHEN_HOUR_S);
    } else {
        buf_put_text(out, "on ");
        when_format_day(out, printer->now_s + hold_s, printer->now_s);
    }
}

/* A day without a clock is kept as its last minute (when_parse). */
static bool
is_day(int64_t time_s)
{
    struct buf clock;
    buf_init(&clock, 0);
    when_format_clock(&clock, time_s);
    bool day = span_equal(buf_span(&clock), span_text("23:59"));
    buf_free(&clock);
    return day;
}

static void
put_time(const struct printer *printer, struct buf *out, int64_t time_s)
{
    if (is_day(time_s)) {
        when_format_day(out, time_s, printer->now_s);
    } else {
        when_format(out, time_s, printer->now_s);
    }
}

void
render_time(const struct printer *printer, struct buf *out, const char *prompt,
            int64_t time_s)
{
    bool day = is_day(time_s);
    bool today = when_local_day(time_s) == when_local_day(printer->now_s);
    size_t size = strlen(prompt);
    bool at = size > 3 && strcmp(prompt + size - 3, " at") == 0;
    if (at && day) { /* "Later, at" a day is "Later, tomorrow" */
        size -= 3;
    }
    buf_put(out, prompt, size);
    buf_put_u8(out, ' ');
    if (!day && (today || at)) {
        when_format_clock(out, time_s);
    }
    if (!day && at && !today) {
        buf_put_text(out, ", ");
        when_format_day(out, time_s, printer->now_s);
    } else if (day || !today) {
        put_time(printer, out, time_s);
    }
}

static void
put_duration(struct buf *out, int64_t duration_s)
{
    static const struct {
        int64_t size_s;
        const char *name;
    } units[] = {{7 * (int64_t)WHEN_DAY_S, "week"},
                 {WHEN_DAY_S, "day"},
                 {WHEN_HOUR_S, "hour"},
                 {WHEN_MINUTE_S, "minute"},
                 {1, "second"}};
    size_t unit = 0;
    while (duration_s % units[unit].size_s != 0 || (duration_s == 0 && unit < 3)) {
        unit++;
    }
    int64_t count = duration_s / units[unit].size_s;
    buf_printf(out, "%" PRId64 " %s%s", count, units[unit].name, count == 1 ? "" : "s");
}

static void
put_every(const struct printer *printer, struct buf *out, struct span text)
{
    struct recur recur;
    if (recur_parse(text, when_local_day(printer->now_s), &recur) == 0) {
        recur_say(out, &recur);
    } else {
        text_sanitize(out, text, TEXT_LINE);
    }
}

void
render_value(const struct printer *printer, struct buf *out,
             const Attune__Local__Field *field, const struct kind_field *row)
{
    switch (row == NULL ? FIELD_NONE : row->type) {
    case FIELD_TIME:
        put_time(printer, out, field->number);
        return;
    case FIELD_NUMBER:
        buf_printf(out, "%" PRId64, field->number);
        return;
    case FIELD_DURATION:
        put_duration(out, field->number);
        return;
    case FIELD_CLOCK:
        if (field->number >= 0 && field->number < DAY_MINUTES) {
            buf_printf(out, "%02d:%02d", (int)field->number / 60,
                       (int)field->number % 60);
        } else {
            buf_printf(out, "%" PRId64, field->number);
        }
        return;
    case FIELD_EVERY:
        put_every(printer, out, attune_span(field->text));
        return;
    case FIELD_NONE: /* a newer attune's: a number has no text */
        if (field->text.len == 0) {
            buf_printf(out, "%" PRId64, field->number);
            return;
        }
        break;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_CHOICE:
    case FIELD_INNER:
        break;
    }
    text_sanitize(out, attune_span(field->text), TEXT_BLOCK);
}

/* What stands before the value: "Best today: ", "at ", "Energy: ", or nothing. */
static void
put_label(struct buf *out, const Attune__Local__Field *field,
          const struct kind_field *row)
{
    switch (row == NULL ? FIELD_NONE : row->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
        if (row->prompt != NULL && strchr(row->prompt, '%') == NULL) {
            buf_printf(out, "%s: ", row->prompt);
        }
        return;
    case FIELD_DURATION:
    case FIELD_CLOCK:
        if (row->prompt != NULL) {
            buf_printf(out, "%s ", row->prompt);
            return;
        }
        break;
    case FIELD_EVERY:
    case FIELD_INNER:
        return;
    case FIELD_NONE:
    case FIELD_NUMBER:
    case FIELD_TIME:
    case FIELD_CHOICE:
        break;
    }
    size_t at = out->size;
    text_sanitize(out, span_text(field->name), TEXT_LINE);
    if (out->size > at && out->data[at] >= 'a' && out->data[at] <= 'z') {
        out->data[at] = (uint8_t)(out->data[at] - 'a' + 'A');
    }
    buf_put_text(out, ": ");
}

void
render_field(const struct printer *printer, struct buf *out,
             const Attune__Local__Field *field, const struct kind_field *row)
{
    if (row != NULL && row->type == FIELD_TIME && row->prompt != NULL) {
        render_time(printer, out, row->prompt, field->number);
        return;
    }
    put_label(out, field, row);
    render_value(printer, out, field, row);
}

void
render_quiet(const struct printer *printer, struct buf *out, int64_t until_s)
{
    struct buf until;
    buf_init(&until, 0);
    if (until_s <= printer->now_s) {
        render_say(printer, out, "Notices come as usual.");
    } else {
        if (when_local_day(until_s) == when_local_day(printer->now_s)) {
            when_format_clock(&until, until_s);
        } else {
            when_format(&until, until_s, printer->now_s);
        }
        render_say(printer, out, "No notices until %s.", buf_text(&until));
    }
    buf_free(&until);
}
