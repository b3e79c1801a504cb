/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes at all: what text_sanitize writes is valid, harmless, bounded and stays as it
 * is; widths agree with cutting; wrapping loses nothing but spaces and newlines; JSON
 * escapes what is left. The first byte chooses mode and columns.
 */
#include "common/json.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

#include <utf8proc.h>

static bool
is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_ME ||
           category == UTF8PROC_CATEGORY_MC;
}

static void
require_harmless(struct span text, enum text_mode mode)
{
    size_t marks = 0;
    bool first = true;
    struct span rest = text;
    require(text_check(text) == 0);
    while (rest.size > 0) {
        uint32_t c;
        rest = span_slice(rest, text_next(rest, &c), rest.size);
        require(!text_hazard(c));
        require(mode == TEXT_BLOCK || (c != '\n' && c != '\t'));
        require(!(first && is_mark(c)));
        marks = is_mark(c) ? marks + 1 : 0;
        require(marks <= TEXT_MARKS_MAX);
        first = c == '\n';
    }
}

struct wrap {
    size_t columns;
    size_t lines;
};

static int
check_line(void *context, struct span line)
{
    struct wrap *wrap = context;
    wrap->lines++;
    for (size_t i = 0; i < line.size; i++) {
        require(line.data[i] != '\n');
    }
    /* A single tab or wide cluster may stand alone on a narrower line. */
    require(text_width(line) <= wrap->columns || wrap->columns < TEXT_TAB_COLUMNS);
    return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    enum text_mode mode = (data[0] & 1) != 0 ? TEXT_LINE : TEXT_BLOCK;
    size_t columns = data[0] >> 1;
    struct span in = span_of(data + 1, size - 1);
    struct buf clean = {0};
    struct buf again = {0};
    struct wrap wrap = {.columns = columns == 0 ? 1 : columns};

    text_sanitize(&clean, in, mode);
    require_harmless(buf_span(&clean), mode);
    text_sanitize(&again, buf_span(&clean), mode);
    require(span_equal(buf_span(&clean), buf_span(&again)));

    buf_clear(&again);
    text_clip(&again, in, columns);
    require(text_width(buf_span(&again)) <= columns);
    require(text_wrap(in, columns, check_line, &wrap) == 0);
    require(wrap.lines <= in.size);

    buf_clear(&again);
    text_fold(&again, in);
    require(again.error == 0 &&
            (text_check(buf_span(&again)) == 0 || text_check(in) != 0));
    buf_clear(&again);
    struct json json;
    json_init(&json, &again);
    json_text(&json, NULL, in);
    require(json_done(&json) == 0);
    require(text_check(buf_span(&again)) == 0);
    require(text_trim(in).size <= in.size);

    buf_free(&clean);
    buf_free(&again);
    return 0;
}
