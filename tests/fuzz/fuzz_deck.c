/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A deck as the partner may share it: any bytes are lines, every span lies inside them, and
 * a line with depth and tags reads the same when it is written again.
 */
#include "common/deck.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static bool
inside(struct span span, struct span whole)
{
    return span.size == 0 || (span.data >= whole.data &&
                              span.data + span.size <= whole.data + whole.size);
}

static void
require_again(const struct deck_line *line)
{
    struct buf out = {0};
    struct deck_line again;
    buf_printf(&out, "%u ", line->depth);
    buf_put_span(&out, line->tags);
    buf_put_text(&out, " ");
    buf_put_span(&out, line->text);
    require(buf_done(&out) == 0);
    struct span rest = buf_span(&out);
    require(deck_next(&rest, &again) && rest.size == 0);
    require(again.depth == line->depth && span_equal(again.tags, line->tags) &&
            span_equal(again.text, line->text));
    buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span whole = span_of(data, size), rest = whole;
    struct deck_line line;
    size_t count = 0;
    while (deck_next(&rest, &line)) {
        require(line.depth >= 1 && line.depth <= DECK_DEPTH_MAX && line.text.size > 0);
        require(inside(line.text, whole) && inside(line.tags, whole) && inside(rest, whole));
        require(memchr(line.text.data, '\n', line.text.size) == NULL);
        require(!deck_tagged(line.tags, SPAN_EMPTY));
        if (line.tags.size > 0) {
            require_again(&line);
        } else {
            require(line.depth == 1);
        }
        require(++count <= size);
    }
    require(rest.size == 0);
    return 0;
}
