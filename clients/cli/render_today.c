/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Today: at most seven lines, no counts, nothing of what anybody wrote.
 *
 * The model: a few rows of (what, command), from fresh entries and due things. The
 * commands stand in one column where that fits, else each under its row.
 */
#include "clients/cli/render.h"

#include "common/text.h"
#include "common/when.h"

#include <string.h>
#include <time.h>

enum {
    COMMAND_COLUMN = 40, /* when the screen is wide enough */
    ROWS_MAX = PRINT_TODAY_LINES - 1,
    ROW_BYTES = 160,
    COMMAND_BYTES = 64,
};

struct rows {
    struct buf what[ROWS_MAX];
    char command[ROWS_MAX][COMMAND_BYTES];
    size_t count;
    bool more;
};

static const char *
day_part(int hour)
{
    if (hour >= 5 && hour < 12) {
        return "morning";
    }
    if (hour >= 12 && hour < 17) {
        return "afternoon";
    }
    return hour >= 17 && hour < 22 ? "evening" : "night";
}

static void
put_day(const struct printer *printer, struct buf *out)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    struct tm local = {0};
    time_t now = (time_t)printer->now_s;
    if (localtime_r(&now, &local) != NULL) {
        buf_printf(out, RENDER_INDENT "%s %s\n", days[local.tm_wday % 7],
                   day_part(local.tm_hour));
    }
}

/* The next free row's text, or NULL when there are too many. */
static struct buf *
open_row(struct rows *rows, const char *verb, const char *id)
{
    if (rows->count == ROWS_MAX) {
        rows->more = true;
        return NULL;
    }
    char *command = rows->command[rows->count];
    struct buf text;
    buf_init(&text, COMMAND_BYTES);
    buf_printf(&text, "attune %s%s%s", verb, *id == '\0' ? "" : " ", id);
    memcpy(command, buf_text(&text), buf_done(&text) == 0 ? text.size + 1 : 1);
    buf_free(&text);
    return &rows->what[rows->count++];
}

static void
add_entry(const struct printer *printer, struct rows *rows,
          const Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(entry->kind);
    char id[ID_CHARS + 1];
    render_id(entry->id, entry->unique, id);
    struct buf *what = open_row(rows, "show", id);
    if (what == NULL) {
        return;
    }
    buf_put_text(what, kind == NULL ? "something new" : kind->today);
    if (entry->partner) {
        buf_put_text(what, " from ");
        render_name(printer, what, true);
    } else if (entry->due != 0) {
        buf_put_text(what, entry->due < printer->now_s ? ", was due " : ", due ");
        when_format_day(what, entry->due, printer->now_s);
    }
}

static void
add_status(const struct printer *printer, struct rows *rows,
           const Attune__Local__Status *status)
{
    struct buf *what = NULL;
    if (status->behind) {
        what = open_row(rows, "verify", "");
        if (what != NULL) {
            buf_put_text(what, "an older journal came back from ");
            render_name(printer, what, true);
        }
    }
    if (status->copy || status->held_back || status->n_alerts > 0) {
        what = open_row(rows, "status", "");
        if (what != NULL) {
            buf_put_text(what, "something about this journal");
        }
    }
}

static void
put_what(struct buf *out, const struct buf *what, size_t columns, size_t *width)
{
    struct buf text;
    buf_init(&text, 0);
    text_clip(&text, buf_span(what), columns);
    *width = text_width(buf_span(&text));
    buf_put_span(out, buf_span(&text));
    buf_free(&text);
}

/* Where the commands begin, or 0 when they don't fit beside. */
static size_t
command_column(const struct printer *printer, const struct rows *rows)
{
    const size_t indent = sizeof RENDER_INDENT - 1;
    size_t what = 0, command = strlen("attune log");
    for (size_t i = 0; i < rows->count; i++) {
        size_t width = text_width(buf_span(&rows->what[i]));
        what = width > what ? width : what;
        width = strlen(rows->command[i]);
        command = width > command ? width : command;
    }
    size_t column = indent + what + 2;
    if (column < COMMAND_COLUMN && COMMAND_COLUMN + command <= printer->columns) {
        column = COMMAND_COLUMN;
    }
    return column + command <= printer->columns ? column : 0;
}

static void
put_row(const struct printer *printer, struct buf *out, const struct buf *what,
        const char *command, size_t column)
{
    const size_t indent = sizeof RENDER_INDENT - 1;
    size_t width = 0;
    render_spaces(out, indent);
    put_what(out, what, printer->columns - indent, &width);
    if (column > 0) {
        render_spaces(out, column - indent - width);
    } else {
        buf_put_u8(out, '\n');
        render_spaces(out, 2 * indent);
    }
    render_dim(out, printer->colour, span_text(command));
    buf_put_u8(out, '\n');
}

static void
put_rows(const struct printer *printer, struct buf *out, struct rows *rows)
{
    size_t column = command_column(printer, rows);
    size_t lines_each = column > 0 ? 1 : 2;
    size_t shown = rows->count;
    if (rows->more || shown * lines_each > ROWS_MAX) {
        rows->more = true;
        shown = (ROWS_MAX - 1) / lines_each;
    }
    for (size_t i = 0; i < shown; i++) {
        put_row(printer, out, &rows->what[i], rows->command[i], column);
    }
    if (rows->more) {
        buf_put_text(out, RENDER_INDENT "more");
        render_spaces(out, column > 0 ? column - strlen(RENDER_INDENT "more") : 2);
        render_dim(out, printer->colour, span_text("attune log"));
        buf_put_u8(out, '\n');
    }
}

void
render_today(const struct printer *printer, struct buf *out,
             const Attune__Local__Reply *reply)
{
    struct rows rows = {.count = 0};
    for (size_t i = 0; i < ROWS_MAX; i++) {
        buf_init(&rows.what[i], ROW_BYTES * 4);
    }
    put_day(printer, out);
    if (reply->status != NULL) {
        add_status(printer, &rows, reply->status);
    }
    for (size_t i = 0; i < reply->n_entries; i++) {
        add_entry(printer, &rows, reply->entries[i]);
    }
    if (rows.count == 0) {
        render_say(printer, out, "Nothing waits for you.");
    }
    put_rows(printer, out, &rows);
    for (size_t i = 0; i < ROWS_MAX; i++) {
        buf_free(&rows.what[i]);
    }
}
