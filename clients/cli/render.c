/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/render.h"

#include "common/text.h"

#include <stdarg.h>
#include <stdio.h>

enum { SAY_BYTES = 2048 };

size_t
render_columns(const struct printer *printer)
{
    return printer->columns > RENDER_MEASURE ? RENDER_MEASURE : printer->columns;
}

void
render_dim(struct buf *out, bool colour, struct span text)
{
    if (colour) {
        buf_put_text(out, "\033[2m");
    }
    buf_put_span(out, text);
    if (colour) {
        buf_put_text(out, "\033[0m");
    }
}

void
render_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(out, ' ');
    }
}

struct wrap {
    struct buf *out;
    bool colour;
    const char *prefix;
    size_t lines;
};

static int
wrap_line(void *context, struct span line)
{
    struct wrap *wrap = context;
    bool bare = line.size == 0;
    struct span prefix = span_text(wrap->prefix);
    while (bare && prefix.size > 0 && prefix.data[prefix.size - 1] == ' ') {
        prefix.size--; /* no spaces at the end of a line */
    }
    if (prefix.size > 0) {
        render_dim(wrap->out, wrap->colour, prefix);
    }
    buf_put_span(wrap->out, line);
    buf_put_u8(wrap->out, '\n');
    wrap->lines++;
    return buf_done(wrap->out);
}

void
render_wrap(struct buf *out, bool colour, const char *prefix, size_t columns,
            struct span clean)
{
    size_t taken = text_width(span_text(prefix));
    struct wrap wrap = {out, colour, prefix, 0};
    int error =
        text_wrap(clean, columns > taken ? columns - taken : 1, wrap_line, &wrap);
    if (error == 0 && wrap.lines == 0) {
        error = wrap_line(&wrap, SPAN_EMPTY);
    }
    if (error != 0 && out->error == 0) {
        out->error = error;
    }
}

void
render_text(const struct printer *printer, struct buf *out, const char *prefix,
            struct span text)
{
    struct buf clean;
    buf_init(&clean, 0);
    text_sanitize(&clean, text, TEXT_BLOCK);
    render_wrap(out, printer->colour, prefix, render_columns(printer),
                buf_span(&clean));
    if (buf_done(&clean) != 0 && out->error == 0) {
        out->error = buf_done(&clean);
    }
    buf_free(&clean);
}

void
render_say(const struct printer *printer, struct buf *out, const char *format, ...)
{
    char text[SAY_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    render_text(printer, out, RENDER_INDENT, span_text(text));
    bytes_wipe(text, sizeof text);
}

void
render_row_begin(struct render_row *row, struct buf *out, size_t columns, size_t gap)
{
    *row = (struct render_row){.out = out, .columns = columns, .gap = gap};
}

void
render_row_put(struct render_row *row, struct span clean, size_t width_min)
{
    const size_t indent = sizeof RENDER_INDENT - 1;
    size_t width = text_width(clean);
    size_t taken = width < width_min ? width_min : width;
    if (row->used > 0 && row->used + row->gap + taken > row->columns) {
        render_row_end(row);
    }
    if (row->used == 0 && indent + width > row->columns) {
        render_wrap(row->out, false, RENDER_INDENT, row->columns, clean);
        return;
    }
    size_t gap = row->used == 0 ? indent : row->gap;
    render_spaces(row->out, row->owed + gap);
    buf_put_span(row->out, clean);
    row->used += gap + taken;
    row->owed = taken - width;
}

void
render_row_end(struct render_row *row)
{
    if (row->used > 0) {
        buf_put_u8(row->out, '\n');
        row->used = 0;
        row->owed = 0;
    }
}
