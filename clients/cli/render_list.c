/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Lists: one clipped line an entry, in columns that fit the screen.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>

enum {
    LIST_TEXT_COLUMNS = 20,     /* narrower, days lose their clock */
    LIST_TEXT_COLUMNS_MIN = 12, /* narrower, there is no room for days */
    LIST_GAP = 2,
    LIST_LINE_BYTES = 4096, /* of a text; far more than a line shows */
};

/* Open says nothing; a draft stands among drafts; the text tells what was taken back. */
static const char *const state_words[STATES_COUNT] = {
    [S_NONE] = "",           [S_OPEN] = "",           [S_DRAFT] = "",
    [S_RETRACTED] = "",      [S_WITH] = "together",   [S_AUTHOR] = "mending",
    [S_PARTNER] = "mending", [S_REPAIRED] = "mended",
};

void
render_state(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry)
{
    if (render_has_state(entry, S_HELD)) {
        buf_put_text(out, "leaves ");
        render_hold(printer, out, entry->hold_s);
        return;
    }
    for (unsigned state = 0; state < STATES_COUNT; state++) {
        if (state_words[state] != NULL && render_has_state(entry, (enum state)state)) {
            buf_put_text(out, state_words[state]);
            return;
        }
    }
    text_sanitize(out, span_text(entry->state), TEXT_LINE);
}

/* As much of a text as a line could show. */
static void
put_head(struct buf *out, struct span text)
{
    struct span head = span_slice(text, 0, LIST_LINE_BYTES);
    while (head.size < text.size && head.size > 0 &&
           (text.data[head.size] & 0xC0) == 0x80) {
        head.size--; /* not inside a character */
    }
    text_sanitize(out, text_trim(head), TEXT_LINE);
}

static const Attune__Local__Field *
text_field(const Attune__Local__Entry *entry, const char *name)
{
    const Attune__Local__Field *field =
        attune_field(entry->fields, entry->n_fields, name);
    return field != NULL && field->text.len > 0 ? field : NULL;
}

/* The first of its texts; after a choice, which is short, one more. */
static bool
put_texts(struct buf *out, const Attune__Local__Entry *entry, const struct kind *kind)
{
    bool put = false;
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        const struct kind_field *row = &kind->fields[i];
        const Attune__Local__Field *field = text_field(entry, row->name);
        bool choice = row->type == FIELD_CHOICE && i == 0;
        if (field == NULL ||
            !(choice || kind_field_is_text(row))) {
            continue;
        }
        buf_put_text(out, put ? " · " : "");
        put_head(out, attune_span(field->text));
        put = true;
        if (!choice) {
            break;
        }
    }
    return put;
}

void
render_line_text(struct buf *out, const Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(entry->kind);
    const Attune__Local__Field *other =
        text_field(entry, kind == NULL ? "text" : RENDER_TOPIC);
    if (entry->gone) {
        buf_put_text(out, render_gone(entry));
        return;
    }
    if (kind != NULL && put_texts(out, entry, kind)) {
        return;
    }
    if (other != NULL) {
        put_head(out, attune_span(other->text));
        return;
    }
    text_sanitize(out, span_text(entry->kind), TEXT_LINE);
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
        text_sanitize(out, piece, TEXT_LINE);
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

/* "answer (when both are in)": nothing of a text that isn't seen. */
static void
put_unseen(struct buf *line, const Attune__Local__Entry *entry, const char *extent)
{
    const Attune__Local__Field *topic = text_field(entry, RENDER_TOPIC);
    text_sanitize(line, span_text(entry->kind), TEXT_LINE);
    if (topic != NULL && render_has_state(entry, S_TOPIC)) {
        buf_put_text(line, ": ");
        put_head(line, attune_span(topic->text));
    }
    buf_printf(line, " (%s)", extent);
}

/* State and the partner's gutter come before the text: what is behind can't forge them. */
static void
put_row(const struct printer *printer, struct buf *out,
        const Attune__Local__Entry *entry, const struct list *list,
        enum render_rows rows)
{
    const char *extent = rows == RENDER_ROWS_VISIBLE ? render_extent(entry) : NULL;
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
    if (extent == NULL) {
        render_state(printer, &line, entry);
    }
    if (entry->partner) {
        buf_put_text(&line, line.size > 0 ? " │ " : "│ ");
    } else if (line.size > 0) {
        buf_put_text(&line, " · ");
    }
    if (extent != NULL) {
        put_unseen(&line, entry, extent);
    } else if (rows == RENDER_ROWS_FOUND && entry->snippet.len > 0) {
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
            Attune__Local__Entry *const *entries, size_t count, enum render_rows rows)
{
    struct list list = measure(printer, entries, count);
    for (size_t i = 0; i < count; i++) {
        put_row(printer, out, entries[i], &list, rows);
    }
}
