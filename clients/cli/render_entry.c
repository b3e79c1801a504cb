/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries as people read them: the whole, or one line in a list.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

#include <inttypes.h>
#include <string.h>

enum {
    LIST_TEXT_COLUMNS = 20,     /* narrower, days lose their clock */
    LIST_TEXT_COLUMNS_MIN = 12, /* narrower, there is no room for days */
    LIST_GAP = 2,
    LIST_LINE_BYTES = 4096, /* of a text; far more than a line shows */
};

static bool
has_state(const Attune__Local__Entry *entry, enum state state)
{
    return strcmp(entry->state, state_name(state)) == 0;
}

static void
put_line(struct buf *out, struct span text)
{
    text_sanitize(out, text, TEXT_LINE);
}

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
        put_line(out, name);
    } else if (partner) {
        buf_put_text(out, "your partner");
    }
}

/* The same at the beginning of a line, where there is always something. */
static void
put_subject(const struct printer *printer, struct buf *out, bool partner)
{
    bool named = (partner ? printer->partner : printer->me).size > 0;
    if (named) {
        render_name(printer, out, partner);
    } else {
        buf_put_text(out, partner ? "Your partner" : "You");
    }
}

/* A day without a clock is kept as its last minute (when_parse). */
static void
put_time(const struct printer *printer, struct buf *out, int64_t time_s)
{
    struct buf clock;
    buf_init(&clock, 0);
    when_format_clock(&clock, time_s);
    if (span_equal(buf_span(&clock), span_text("23:59"))) {
        when_format_day(out, time_s, printer->now_s);
    } else {
        when_format(out, time_s, printer->now_s);
    }
    buf_free(&clock);
}

void
render_value(const struct printer *printer, struct buf *out,
             const Attune__Local__Field *field, const struct kind_field *row)
{
    enum field_type type = row == NULL ? FIELD_NONE : row->type;
    if (type == FIELD_TIME) {
        put_time(printer, out, field->number);
    } else if (type == FIELD_NUMBER || (type == FIELD_NONE && field->text.len == 0)) {
        buf_printf(out, "%" PRId64, field->number);
    } else {
        text_sanitize(out, attune_span(field->text), TEXT_BLOCK);
    }
}

/* "by Friday", "energy: 2" behind the gutter: the value is a person's. */
static void
put_field(const struct printer *printer, struct buf *out,
          const Attune__Local__Field *field, const struct kind_field *row)
{
    struct buf line;
    buf_init(&line, 0);
    if (row != NULL && row->type == FIELD_TIME && row->prompt != NULL) {
        buf_printf(&line, "%s ", row->prompt);
    } else {
        put_line(&line, span_text(field->name));
        buf_put_text(&line, ": ");
    }
    render_value(printer, &line, field, row);
    render_text(printer, out, RENDER_GUTTER, buf_span(&line));
    buf_free(&line);
}

/* "thanks you" as its author reads it: "thanks Ben". */
static void
put_said(const struct printer *printer, struct buf *out, const char *said, bool partner)
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

static void
put_heading(const struct printer *printer, struct buf *out,
            const Attune__Local__Entry *entry, const struct kind *kind, bool when)
{
    struct buf line;
    buf_init(&line, 0);
    bool named = entry->partner || printer->me.size > 0;
    if (kind != NULL && named) {
        put_subject(printer, &line, entry->partner);
        buf_put_u8(&line, ' ');
        put_said(printer, &line, kind->said, entry->partner);
    } else {
        put_subject(printer, &line, entry->partner);
        buf_put_text(&line, ": ");
        put_line(&line, span_text(entry->kind));
    }
    if (kind == NULL || entry->unknown) {
        buf_put_text(&line, " (of a newer attune)");
    }
    if (when) {
        buf_put_text(&line, " · ");
        when_format(&line, entry->created, printer->now_s);
    }
    render_text(printer, out, RENDER_GUTTER, buf_span(&line));
    buf_free(&line);
}

static const char *
gone_text(const Attune__Local__Entry *entry)
{
    return has_state(entry, S_RETRACTED) ? "(taken back)" : "(not here)";
}

static void
put_event(const struct printer *printer, struct buf *out,
          const Attune__Local__Event *event, const struct kind *kind)
{
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, event->act);
    struct buf line;
    buf_init(&line, 0);
    put_subject(printer, &line, event->partner);
    if (act != NULL && act->said != NULL) {
        buf_put_u8(&line, ' ');
        put_said(printer, &line, act->said, event->partner);
    } else {
        buf_put_text(&line, ": ");
        put_line(&line, span_text(event->act));
    }
    buf_put_text(&line, " · ");
    when_format(&line, event->time, printer->now_s);
    if (event->crossed) {
        buf_put_text(&line, event->partner ? " · crossed with yours"
                                           : " · crossed with theirs");
    }
    render_text(printer, out, RENDER_INDENT, buf_span(&line));
    for (size_t i = 0; i < event->n_fields; i++) {
        const char *name = event->fields[i]->name;
        put_field(printer, out, event->fields[i],
                  kind == NULL ? NULL : kind_field(kind, name));
    }
    buf_free(&line);
}

/* What no event tells: where it is and who can see it. */
static void
put_standing(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry)
{
    if (has_state(entry, S_HELD)) {
        struct buf hold;
        buf_init(&hold, 0);
        render_hold(&hold, entry->hold_s);
        render_say(printer, out, "Leaves in %s (attune undo).", buf_text(&hold));
        buf_free(&hold);
    } else if (has_state(entry, S_DRAFT)) {
        render_say(printer, out, "A draft, only yours.");
    } else if (!entry->partner && entry->mine) {
        render_say(printer, out, "Only yours.");
    }
}

void
render_entry(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry, bool when)
{
    const struct kind *kind = kind_find(entry->kind);
    const char *first = kind == NULL ? "text" : kind->fields[0].name;
    const Attune__Local__Field *text =
        attune_field(entry->fields, entry->n_fields, first);
    put_heading(printer, out, entry, kind, when);
    if (entry->gone) {
        render_text(printer, out, RENDER_GUTTER, span_text(gone_text(entry)));
    } else if (text != NULL) {
        render_text(printer, out, RENDER_GUTTER, attune_span(text->text));
    }
    for (size_t i = 0; i < entry->n_fields; i++) {
        if (entry->fields[i] != text) {
            const char *name = entry->fields[i]->name;
            put_field(printer, out, entry->fields[i],
                      kind == NULL ? NULL : kind_field(kind, name));
        }
    }
    if (!when) {
        return; /* a preview has no past */
    }
    for (size_t i = 0; i < entry->n_events; i++) {
        if (strcmp(entry->events[i]->act, "written") != 0) {
            put_event(printer, out, entry->events[i], kind);
        }
    }
    put_standing(printer, out, entry);
}

static void
put_command(struct render_row *row, const char *verb, const char *id, const char *asks)
{
    struct buf line;
    buf_init(&line, 0);
    buf_put_text(&line, "attune ");
    put_line(&line, span_text(verb));
    buf_printf(&line, " %s", id);
    if (asks != NULL) {
        buf_printf(&line, " --%s …", asks);
    }
    render_row_put(row, buf_span(&line), 0);
    buf_free(&line);
}

/* An answer is an entry of its own, so the daemon need not list it as an act. */
static bool
can_answer(const Attune__Local__Entry *entry)
{
    return !entry->mine && !entry->gone && !has_state(entry, S_DRAFT) &&
           !has_state(entry, S_HELD) && !has_state(entry, S_RETRACTED);
}

void
render_acts(const struct printer *printer, struct buf *out,
            const Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(entry->kind);
    struct render_row row;
    char id[ID_CHARS + 1];
    render_id(entry->id, entry->unique, id);
    render_row_begin(
        &row, out,
        printer->columns > RENDER_MEASURE ? RENDER_MEASURE : printer->columns, 3);
    for (size_t i = 0; i < kind_count() && can_answer(entry); i++) {
        if (kind_at(i)->reply) {
            put_command(&row, kind_at(i)->name, id, NULL);
        }
    }
    for (size_t i = 0; i < entry->n_acts; i++) {
        const struct kind *other = kind_find(entry->acts[i]);
        const struct kind_act *act =
            kind == NULL ? NULL : kind_act(kind, entry->acts[i]);
        if (other == NULL) {
            put_command(&row, entry->acts[i], id, act == NULL ? NULL : act->asks);
        }
    }
    render_row_end(&row);
}

void
render_hold(struct buf *out, uint32_t hold_s)
{
    if (hold_s < 2 * WHEN_MINUTE_S) {
        buf_printf(out, "%" PRIu32 " s", hold_s);
    } else if (hold_s < 2 * WHEN_HOUR_S) {
        buf_printf(out, "%" PRIu32 " min",
                   (hold_s + WHEN_MINUTE_S / 2) / WHEN_MINUTE_S);
    } else {
        buf_printf(out, "%" PRIu32 " h", (hold_s + WHEN_HOUR_S / 2) / WHEN_HOUR_S);
    }
}

/* Open says nothing; a draft stands among drafts; the text tells what was taken back.
 * */
void
render_state(struct buf *out, const Attune__Local__Entry *entry)
{
    static const enum state silent[] = {S_OPEN, S_NONE, S_DRAFT, S_RETRACTED};
    if (has_state(entry, S_HELD)) {
        buf_put_text(out, "leaves in ");
        render_hold(out, entry->hold_s);
        return;
    }
    for (size_t i = 0; i < sizeof silent / sizeof silent[0]; i++) {
        if (has_state(entry, silent[i])) {
            return;
        }
    }
    put_line(out, span_text(entry->state));
}

void
render_line_text(struct buf *out, const Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(entry->kind);
    const char *first = kind == NULL ? "text" : kind->fields[0].name;
    const Attune__Local__Field *text =
        attune_field(entry->fields, entry->n_fields, first);
    if (entry->gone) {
        buf_put_text(out, gone_text(entry));
    } else if (text != NULL && text->text.len > 0) {
        struct span head = span_slice(attune_span(text->text), 0, LIST_LINE_BYTES);
        while (head.size < text->text.len && head.size > 0 &&
               (text->text.data[head.size] & 0xC0) == 0x80) {
            head.size--; /* not inside a character */
        }
        put_line(out, text_trim(head));
    } else {
        put_line(out, span_text(entry->kind));
    }
}

/* The daemon marks matches by U+0002 and U+0003, which no sanitized text can hold. */
static void
put_snippet(struct buf *out, struct span snippet)
{
    size_t start = 0;
    for (size_t i = 0; i <= snippet.size; i++) {
        if (i < snippet.size && snippet.data[i] != 2 && snippet.data[i] != 3) {
            continue;
        }
        struct span piece = span_slice(snippet, start, i - start);
        put_line(out, piece);
        if (i < snippet.size) {
            buf_put_text(out, snippet.data[i] == 2 ? "«" : "»");
        }
        start = i + 1;
    }
}

struct list {
    size_t id_columns;
    size_t date_columns; /* 0: no room for dates */
    bool clock;          /* dates with their time of day */
};

static void
put_date(const struct printer *printer, struct buf *out, int64_t time_s, bool clock)
{
    if (clock) {
        when_format(out, time_s, printer->now_s);
    } else {
        when_format_day(out, time_s, printer->now_s);
    }
}

static size_t
widest_date(const struct printer *printer, Attune__Local__Entry *const *entries,
            size_t count, bool clock)
{
    struct buf date;
    size_t widest = 0;
    buf_init(&date, 0);
    for (size_t i = 0; i < count; i++) {
        buf_clear(&date);
        put_date(printer, &date, entries[i]->created, clock);
        size_t width = text_width(buf_span(&date));
        widest = width > widest ? width : widest;
    }
    buf_free(&date);
    return widest;
}

static struct list
measure(const struct printer *printer, Attune__Local__Entry *const *entries,
        size_t count)
{
    struct list list = {.clock = true};
    char id[ID_CHARS + 1];
    for (size_t i = 0; i < count; i++) {
        render_id(entries[i]->id, entries[i]->unique, id);
        list.id_columns = strlen(id) > list.id_columns ? strlen(id) : list.id_columns;
    }
    size_t taken = 3 * LIST_GAP + list.id_columns;
    list.date_columns = widest_date(printer, entries, count, true);
    if (taken + list.date_columns + LIST_TEXT_COLUMNS > printer->columns) {
        list.clock = false;
        list.date_columns = widest_date(printer, entries, count, false);
    }
    if (taken + list.date_columns + LIST_TEXT_COLUMNS_MIN > printer->columns) {
        list.date_columns = 0;
    }
    return list;
}

static void
put_cell(const struct printer *printer, struct buf *out, struct span text,
         size_t columns)
{
    render_spaces(out, LIST_GAP);
    render_dim(out, printer->colour, text);
    size_t width = text_width(text);
    render_spaces(out, columns > width ? columns - width : 0);
}

/* State and the partner's gutter come before the text: what is behind can't forge them.
 * */
static void
put_row(const struct printer *printer, struct buf *out,
        const Attune__Local__Entry *entry, const struct list *list, bool snippet)
{
    struct buf line;
    char id[ID_CHARS + 1];
    buf_init(&line, 0);
    render_id(entry->id, entry->unique, id);
    put_cell(printer, out, span_text(id), list->id_columns);
    size_t taken = LIST_GAP + list->id_columns + LIST_GAP;
    if (list->date_columns > 0) {
        put_date(printer, &line, entry->created, list->clock);
        put_cell(printer, out, buf_span(&line), list->date_columns);
        taken += list->date_columns + LIST_GAP;
        buf_clear(&line);
    }
    render_state(&line, entry);
    if (entry->partner) {
        buf_put_text(&line, line.size > 0 ? " │ " : "│ ");
    } else if (line.size > 0) {
        buf_put_text(&line, " · ");
    }
    if (snippet && entry->snippet.len > 0) {
        put_snippet(&line, attune_span(entry->snippet));
    } else {
        render_line_text(&line, entry);
    }
    render_spaces(out, LIST_GAP);
    text_clip(out, buf_span(&line),
              printer->columns > taken ? printer->columns - taken : 1);
    buf_put_u8(out, '\n');
    if (buf_done(&line) != 0 && out->error == 0) {
        out->error = buf_done(&line);
    }
    buf_free(&line);
}

void
render_list(const struct printer *printer, struct buf *out,
            Attune__Local__Entry *const *entries, size_t count, bool snippets)
{
    struct list list = measure(printer, entries, count);
    for (size_t i = 0; i < count; i++) {
        put_row(printer, out, entries[i], &list, snippets);
    }
}
