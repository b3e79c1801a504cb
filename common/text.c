/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text: see text.h. utf8proc knows Unicode; this file decides what leaves.
 *
 * The model: text_next takes one code point or one bad byte, next_cluster one grapheme
 * cluster; everything else is built on these two. To forbid another character:
 * hazard().
 */
#include "common/text.h"

#include "common/error.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#define REPLACEMENT 0xfffd
#define DOTTED_CIRCLE 0x25cc
#define ELLIPSIS "\xe2\x80\xa6"

struct cluster {
    struct span bytes;
    size_t columns;
    uint32_t first;
};

size_t
text_next(struct span text, uint32_t *codepoint)
{
    utf8proc_int32_t found = -1;
    size_t look = text.size < 4 ? text.size : 4;
    utf8proc_ssize_t size = utf8proc_iterate(text.data, (utf8proc_ssize_t)look, &found);
    if (size <= 0 || found < 0) {
        *codepoint = REPLACEMENT;
        return 1;
    }
    *codepoint = (uint32_t)found;
    return (size_t)size;
}

static void
put_codepoint(struct buf *out, uint32_t codepoint)
{
    uint8_t *place = buf_reserve(out, 4);
    if (place != NULL) {
        buf_advance(out,
                    (size_t)utf8proc_encode_char((utf8proc_int32_t)codepoint, place));
    }
}

/* Bytes at the front that are ASCII and not NUL, eight at a time: most text is. */
static size_t
plain_bytes(struct span text)
{
    const uint64_t high = UINT64_C(0x8080808080808080);
    size_t at = 0;
    for (uint64_t word; at + sizeof word <= text.size; at += sizeof word) {
        memcpy(&word, text.data + at, sizeof word);
        if (((word | ((word - UINT64_C(0x0101010101010101)) & ~word)) & high) != 0) {
            break;
        }
    }
    while (at < text.size && text.data[at] != 0 && text.data[at] < 0x80) {
        at++;
    }
    return at;
}

int
text_check(struct span text)
{
    for (text = span_slice(text, plain_bytes(text), text.size); text.size > 0;
         text = span_slice(text, plain_bytes(text), text.size)) {
        utf8proc_int32_t codepoint = -1;
        size_t look = text.size < 4 ? text.size : 4;
        utf8proc_ssize_t size =
            utf8proc_iterate(text.data, (utf8proc_ssize_t)look, &codepoint);
        if (size <= 0 || codepoint <= 0) {
            return E_UTF8;
        }
        text = span_slice(text, (size_t)size, text.size);
    }
    return 0;
}

static bool
is_newline(uint32_t c)
{
    return (c >= 0x0a && c <= 0x0d) || c == 0x85 || c == 0x2028 || c == 0x2029;
}

static bool
is_control(uint32_t c)
{
    bool noncharacter = (c >= 0xfdd0 && c <= 0xfdef) || (c & 0xfffe) == 0xfffe;
    return c < 0x20 || (c >= 0x7f && c <= 0x9f) || noncharacter;
}

/* Invisible characters that reorder, tag, annotate or only hide; joiners aren't
 * here. */
static bool
is_hidden(uint32_t c)
{
    return c == 0x00ad || c == 0x061c || c == 0x180e || c == 0x200e || c == 0x200f ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2061 && c <= 0x206f) ||
           c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
           (c >= 0x1d173 && c <= 0x1d17a) || (c >= 0xe0000 && c <= 0xe007f);
}

static bool
is_mark(uint32_t c)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)c);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

bool
text_hazard(uint32_t codepoint)
{
    if (codepoint == '\n' || codepoint == '\t') {
        return false;
    }
    return is_newline(codepoint) || is_control(codepoint) || is_hidden(codepoint);
}

void
text_sanitize(struct buf *out, struct span text, enum text_mode mode)
{
    bool based = false; /* something stands before that a mark may sit on */
    size_t marks = 0;
    while (text.size > 0 && out->error == 0) {
        uint32_t c;
        size_t size = text_next(text, &c);
        if (c == '\r' && text.size > 1 && text.data[1] == '\n') {
            size = 2;
        }
        text = span_slice(text, size, text.size);
        if (is_newline(c) || c == '\t') {
            uint32_t shown = c == '\t' ? '\t' : '\n';
            put_codepoint(out, mode == TEXT_LINE ? ' ' : shown);
            based = mode == TEXT_LINE;
            marks = 0;
            continue;
        }
        if (is_hidden(c)) {
            continue;
        }
        if (is_control(c)) {
            c = REPLACEMENT;
        }
        if (is_mark(c) || utf8proc_charwidth((utf8proc_int32_t)c) == 0) {
            if (marks == TEXT_MARKS_MAX) {
                continue;
            }
            if (!based && is_mark(c)) {
                put_codepoint(out, DOTTED_CIRCLE);
                based = true;
            }
            marks++;
        } else {
            based = true;
            marks = 0;
        }
        put_codepoint(out, c);
    }
}

static bool
is_regional(uint32_t c)
{
    return c >= 0x1f1e6 && c <= 0x1f1ff;
}

static size_t
codepoint_columns(uint32_t c)
{
    if (c == '\t') {
        return TEXT_TAB_COLUMNS;
    }
    int columns = utf8proc_charwidth((utf8proc_int32_t)c);
    return columns < 0 ? 0 : (size_t)columns;
}

/* The first grapheme cluster of non-empty text (UAX 29), with its width. */
static struct cluster
next_cluster(struct span text)
{
    struct cluster cluster = {.bytes = {text.data, 0}};
    utf8proc_int32_t state = 0;
    uint32_t before = 0;
    while (cluster.bytes.size < text.size) {
        uint32_t c;
        size_t size = text_next(span_slice(text, cluster.bytes.size, text.size), &c);
        if (cluster.bytes.size == 0) {
            cluster.first = c;
        } else if (utf8proc_grapheme_break_stateful((utf8proc_int32_t)before,
                                                    (utf8proc_int32_t)c, &state)) {
            break;
        }
        size_t columns = codepoint_columns(c);
        bool pair = is_regional(before) && is_regional(c);
        if (pair || (c == 0xfe0f && cluster.columns == 1)) {
            columns = 2; /* a flag; a sign asked to be an emoji */
        }
        if (columns > cluster.columns) {
            cluster.columns = columns;
        }
        cluster.bytes.size += size;
        before = c;
    }
    return cluster;
}

size_t
text_width(struct span text)
{
    size_t columns = 0;
    while (text.size > 0) {
        struct cluster cluster = next_cluster(text);
        columns += cluster.columns;
        text = span_slice(text, cluster.bytes.size, text.size);
    }
    return columns;
}

void
text_clip(struct buf *out, struct span text, size_t columns)
{
    struct span rest = text;
    size_t used = 0;
    size_t kept = 0; /* bytes that leave room for the ellipsis */
    while (rest.size > 0) {
        struct cluster cluster = next_cluster(rest);
        if (cluster.columns > columns - used) {
            buf_put_span(out, span_slice(text, 0, kept));
            buf_put_text(out, columns == 0 ? "" : ELLIPSIS);
            return;
        }
        used += cluster.columns;
        rest = span_slice(rest, cluster.bytes.size, rest.size);
        if (used < columns) {
            kept = text.size - rest.size;
        }
    }
    buf_put_span(out, columns == 0 ? SPAN_EMPTY : text);
}

void
text_shorten(struct buf *out, struct span text, size_t chars_max)
{
    size_t chars = 0;
    size_t at = 0;
    size_t kept = 0;   /* bytes that leave room for the ellipsis, cut between clusters */
    size_t forced = 0; /* the same, cut anywhere */
    while (at < text.size) {
        struct cluster cluster = next_cluster(span_slice(text, at, text.size));
        size_t end = at + cluster.bytes.size;
        while (at < end && chars <= chars_max) {
            uint32_t c;
            at += text_next(span_slice(text, at, text.size), &c);
            chars++;
            forced = chars < chars_max ? at : forced;
        }
        if (chars > chars_max) {
            buf_put_span(out, span_slice(text, 0, kept > 0 ? kept : forced));
            buf_put_text(out, chars_max == 0 ? "" : ELLIPSIS);
            return;
        }
        kept = chars < chars_max ? at : kept;
    }
    buf_put_span(out, text);
}

/* Where the first soft line of `text` (without newlines) ends, and the next one
 * begins. */
static size_t
wrap_line(struct span text, size_t columns, size_t *next)
{
    size_t used = 0;
    size_t at = 0;
    size_t end = 0; /* the last good break: the line ends, the next one begins */
    size_t begin = 0;
    bool spaces = false; /* within a run of spaces */
    bool wide = false;
    bool word = false; /* something but spaces stands on the line */
    while (at < text.size) {
        struct cluster cluster = next_cluster(span_slice(text, at, text.size));
        bool space = cluster.first == ' ' || cluster.first == '\t';
        if (space && word) {
            end = spaces ? end : at;
            begin = at + cluster.bytes.size;
        } else if (!space && wide && cluster.columns == 2 && used <= columns) {
            end = at;
            begin = at;
        }
        if (!space && at > 0 && used + cluster.columns > columns) {
            if (begin == 0) {
                end = word ? at : 0; /* one long word: cut where it is full */
                begin = at;
            }
            *next = begin;
            return end;
        }
        used += cluster.columns;
        at += cluster.bytes.size;
        word = word || !space;
        spaces = space && word;
        wide = cluster.columns == 2;
    }
    *next = at;
    return spaces || !word ? end : at;
}

int
text_wrap(struct span text, size_t columns, text_line_fn *line, void *context)
{
    int rc = 0;
    while (text.size > 0 && rc == 0) {
        size_t hard = 0;
        while (hard < text.size && text.data[hard] != '\n') {
            hard++;
        }
        struct span rest = span_slice(text, 0, hard);
        text = span_slice(text, hard + 1, text.size);
        do {
            size_t next;
            size_t end = wrap_line(rest, columns == 0 ? 1 : columns, &next);
            rc = line(context, span_slice(rest, 0, end));
            rest = span_slice(rest, next, rest.size);
        } while (rest.size > 0 && rc == 0);
    }
    return rc;
}

/* Drops diacritics that sit on Latin and Greek letters, in place; the new count. */
static size_t
drop_diacritics(utf8proc_int32_t *codepoints, size_t count)
{
    size_t kept = 0;
    bool plain = false;
    for (size_t i = 0; i < count; i++) {
        utf8proc_int32_t c = codepoints[i];
        bool mark = c >= 0x300 && c <= 0x36f;
        if (!mark) {
            plain = c < 0x400;
        }
        if (!mark || !plain) {
            codepoints[kept++] = c;
        }
    }
    return kept;
}

/* Folds valid text. */
static int
fold_unicode(struct buf *out, struct span text)
{
    const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPAT |
                                      UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                      UTF8PROC_IGNORE;
    utf8proc_ssize_t count =
        utf8proc_decompose(text.data, (utf8proc_ssize_t)text.size, NULL, 0, options);
    if (count < 0) {
        return E_MEMORY; /* the text is valid, so nothing else can fail */
    }
    int rc = E_MEMORY;
    size_t room = (size_t)count + 1; /* reencode ends its bytes with NUL */
    utf8proc_int32_t *codepoints = calloc(room, sizeof *codepoints);
    if (codepoints == NULL) {
        goto out;
    }
    count = utf8proc_decompose(text.data, (utf8proc_ssize_t)text.size, codepoints,
                               count, options);
    if (count < 0) {
        goto out;
    }
    size_t kept = drop_diacritics(codepoints, (size_t)count);
    utf8proc_ssize_t size = utf8proc_reencode(codepoints, (utf8proc_ssize_t)kept,
                                              UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size >= 0) {
        buf_put(out, codepoints, (size_t)size);
        rc = 0;
    }
out:
    if (codepoints != NULL) {
        bytes_wipe(codepoints, room * sizeof *codepoints);
        free(codepoints);
    }
    return rc;
}

void
text_fold(struct buf *out, struct span text)
{
    struct buf valid = {0};
    size_t plain = 0;
    while (plain < text.size && text.data[plain] < 0x80) {
        plain++;
    }
    if (plain == text.size) {
        for (size_t i = 0; i < text.size; i++) {
            uint8_t byte = text.data[i];
            bool upper = byte >= 'A' && byte <= 'Z';
            buf_put_u8(out, upper ? (uint8_t)(byte - 'A' + 'a') : byte);
        }
        return;
    }
    /* utf8proc orders marks in quadratic time, so a partner's are bounded before. */
    size_t marks = 0;
    while (text.size > 0) {
        uint32_t c;
        text = span_slice(text, text_next(text, &c), text.size);
        marks = is_mark(c) ? marks + 1 : 0;
        if (marks <= TEXT_MARKS_MAX) {
            put_codepoint(&valid, c);
        }
    }
    int rc = buf_done(&valid);
    rc = rc != 0 ? rc : fold_unicode(out, buf_span(&valid));
    if (rc != 0 && out->error == 0) {
        out->error = rc;
    }
    buf_free(&valid);
}

static bool
is_space(uint32_t c)
{
    return (c >= 0x09 && c <= 0x0d) || c == 0x20 || c == 0x85 || c == 0xa0 ||
           c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
           c == 0x202f || c == 0x205f || c == 0x3000;
}

struct span
text_trim(struct span text)
{
    struct span rest = text;
    size_t begin = 0;
    size_t end = 0;
    bool begun = false;
    while (rest.size > 0) {
        uint32_t c;
        size_t at = text.size - rest.size;
        size_t size = text_next(rest, &c);
        if (!is_space(c)) {
            begin = begun ? begin : at;
            begun = true;
            end = at + size;
        }
        rest = span_slice(rest, size, rest.size);
    }
    return span_slice(text, begin, end - begin);
}
