/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * JSON out: see json.h (RFC 8259). Level 0 is the top, where one value stands.
 */
#include "common/json.h"

#include "common/error.h"
#include "common/text.h"

#include <assert.h>
#include <inttypes.h>

#define REPLACEMENT 0xfffd

static_assert(JSON_DEPTH_MAX < 32, "a bit for each level");

void
json_init(struct json *json, struct buf *out)
{
    *json = (struct json){.out = out};
}

static void
put_escaped(struct buf *out, uint32_t codepoint)
{
    if (codepoint > 0xffff) {
        codepoint -= 0x10000;
        buf_printf(out, "\\u%04x\\u%04x", (unsigned)(0xd800 + (codepoint >> 10)),
                   (unsigned)(0xdc00 + (codepoint & 0x3ff)));
    } else {
        buf_printf(out, "\\u%04x", (unsigned)codepoint);
    }
}

static void
put_quoted(struct buf *out, struct span text)
{
    buf_put_u8(out, '"');
    while (text.size > 0 && out->error == 0) {
        uint32_t c;
        size_t size = text_next(text, &c);
        if (c == '"' || c == '\\') {
            buf_put_u8(out, '\\');
            buf_put_u8(out, (uint8_t)c);
        } else if (c == '\n') {
            buf_put_text(out, "\\n");
        } else if (c == '\t') {
            buf_put_text(out, "\\t");
        } else if (c == REPLACEMENT) {
            buf_put_text(out, "\xef\xbf\xbd"); /* also for a byte that is not UTF-8 */
        } else if (text_hazard(c)) {
            put_escaped(out, c);
        } else {
            buf_put(out, text.data, size);
        }
        text = span_slice(text, size, text.size);
    }
    buf_put_u8(out, '"');
}

/* The comma and the name before a value; false when no value may stand here. */
static bool
open_value(struct json *json, const char *key)
{
    uint32_t level = UINT32_C(1) << json->depth;
    bool named = json->depth > 0 && (json->arrays & level) == 0;
    bool second_top = json->depth == 0 && (json->filled & level) != 0;
    if (json->error != 0 || named != (key != NULL) || second_top) {
        json->error = E_INTERNAL;
        return false;
    }
    if ((json->filled & level) != 0) {
        buf_put_u8(json->out, ',');
    }
    json->filled |= level;
    if (key != NULL) {
        put_quoted(json->out, span_text(key));
        buf_put_u8(json->out, ':');
    }
    return true;
}

static void
begin(struct json *json, const char *key, bool array)
{
    if (json->depth == JSON_DEPTH_MAX) {
        json->error = E_INTERNAL;
    }
    if (!open_value(json, key)) {
        return;
    }
    json->depth++;
    uint32_t level = UINT32_C(1) << json->depth;
    json->filled &= ~level;
    json->arrays = array ? json->arrays | level : json->arrays & ~level;
    buf_put_u8(json->out, array ? '[' : '{');
}

static void
end(struct json *json, bool array)
{
    bool is_array = (json->arrays >> json->depth & 1u) != 0;
    if (json->error != 0 || json->depth == 0 || is_array != array) {
        json->error = E_INTERNAL;
        return;
    }
    json->depth--;
    buf_put_u8(json->out, array ? ']' : '}');
}

void
json_begin_object(struct json *json, const char *key)
{
    begin(json, key, false);
}

void
json_end_object(struct json *json)
{
    end(json, false);
}

void
json_begin_array(struct json *json, const char *key)
{
    begin(json, key, true);
}

void
json_end_array(struct json *json)
{
    end(json, true);
}

void
json_text(struct json *json, const char *key, struct span text)
{
    if (open_value(json, key)) {
        put_quoted(json->out, text);
    }
}

void
json_string(struct json *json, const char *key, const char *text)
{
    if (text == NULL) {
        json_null(json, key);
    } else {
        json_text(json, key, span_text(text));
    }
}

void
json_int(struct json *json, const char *key, int64_t number)
{
    if (open_value(json, key)) {
        buf_printf(json->out, "%" PRId64, number);
    }
}

void
json_bool(struct json *json, const char *key, bool truth)
{
    if (open_value(json, key)) {
        buf_put_text(json->out, truth ? "true" : "false");
    }
}

void
json_null(struct json *json, const char *key)
{
    if (open_value(json, key)) {
        buf_put_text(json->out, "null");
    }
}

int
json_done(const struct json *json)
{
    int rc = buf_done(json->out);
    if (rc != 0) {
        return rc;
    }
    bool complete = json->depth == 0 && (json->filled & 1u) != 0;
    return json->error != 0 || !complete ? E_INTERNAL : 0;
}
