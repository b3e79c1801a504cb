/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/layout.h"

#include "common/text.h"

#define COLUMNS_FOR_PAIRS 60u /* below this the right part goes under the left */
#define COLUMNS_MIN 10u

struct layout {
    struct buf *out;
    size_t indent;
    bool started; /* the first line's indent stands there already */
};

static void
put_spaces(struct buf *out, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buf_put_u8(out, ' ');
    }
}

static int
put_line(void *context, struct span line)
{
    struct layout *layout = context;
    if (!layout->started && line.size > 0) {
        put_spaces(layout->out, layout->indent);
    }
    layout->started = false;
    buf_put_span(layout->out, line);
    buf_put_u8(layout->out, '\n');
    return 0;
}

static void
wrap(struct layout *layout, size_t columns, const char *text)
{
    size_t left =
        columns > layout->indent + COLUMNS_MIN ? columns - layout->indent : COLUMNS_MIN;
    (void)!text_wrap(span_text(text), left, put_line, layout);
}

void
layout_text(struct buf *out, size_t columns, size_t indent, const char *text)
{
    struct layout layout = {out, indent, false};
    wrap(&layout, columns, text);
}

void
layout_pair(struct buf *out, size_t columns, size_t indent, size_t at, const char *left,
            const char *right)
{
    size_t used = indent + text_width(span_text(left));
    bool beside = columns >= COLUMNS_FOR_PAIRS && used + 2 <= at;
    if (!beside) {
        layout_text(out, columns, indent, left);
        layout_text(out, columns, indent + 4, right);
        return;
    }
    put_spaces(out, indent);
    buf_put_text(out, left);
    put_spaces(out, at - used);
    struct layout layout = {out, at, true};
    wrap(&layout, columns, right);
}
