/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: see options.h. A type is a row of `types`: how it is read and written.
 * Lines are taken apart in one place (line_take), for reading and for rewriting alike.
 */
#include "common/options.h"

#include "common/address.h"
#include "common/error.h"
#include "common/recur.h"
#include "common/text.h"
#include "common/when.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const struct option rows[] = {
#define OPTION(name, type, field, fallback, choices, help)                             \
    {name, OPTION_##type, fallback, choices, help, offsetof(struct options, field)},
#include "common/options.def"
#undef OPTION
};

/* A value as text: valid UTF-8 without NUL, at most OPTIONS_VALUE_BYTES_MAX with
 * NUL. */
struct value {
    char text[OPTIONS_VALUE_BYTES_MAX];
    size_t size;
};

static int
read_text(const struct option *row, const struct value *value, void *field)
{
    (void)row;
    memcpy(field, value->text, value->size + 1);
    return 0;
}

static void
write_text(const struct option *row, const void *field, struct buf *out)
{
    (void)row;
    buf_put_text(out, field);
}

static int
read_address(const struct option *row, const struct value *value, void *field)
{
    int rc = address_check(span_text(value->text), true);
    return rc != 0 ? rc : read_text(row, value, field);
}

static int
read_addresses(const struct option *row, const struct value *value, void *field)
{
    struct span rest = span_text(value->text);
    while (rest.size > 0) {
        const uint8_t *comma = memchr(rest.data, ',', rest.size);
        size_t size = comma == NULL ? rest.size : (size_t)(comma - rest.data);
        int rc = address_check(text_trim(span_slice(rest, 0, size)), false);
        if (rc != 0 || (comma != NULL && size + 1 == rest.size)) {
            return E_OPTION;
        }
        rest = span_slice(rest, size + 1, rest.size);
    }
    return read_text(row, value, field);
}

static int
read_duration(const struct option *row, const struct value *value, void *field)
{
    int64_t duration_s;
    (void)row;
    if (when_duration(value->text, &duration_s) != 0) {
        return E_OPTION;
    }
    memcpy(field, &duration_s, sizeof duration_s);
    return 0;
}

static void
write_duration(const struct option *row, const void *field, struct buf *out)
{
    int64_t duration_s;
    (void)row;
    memcpy(&duration_s, field, sizeof duration_s);
    when_format_duration(out, duration_s);
}

static int
read_bool(const struct option *row, const struct value *value, void *field)
{
    (void)row;
    bool yes = strcmp(value->text, "yes") == 0 || strcmp(value->text, "true") == 0;
    bool no = strcmp(value->text, "no") == 0 || strcmp(value->text, "false") == 0;
    if (!yes && !no) {
        return E_OPTION;
    }
    memcpy(field, &yes, sizeof yes);
    return 0;
}

static void
write_bool(const struct option *row, const void *field, struct buf *out)
{
    bool yes;
    (void)row;
    memcpy(&yes, field, sizeof yes);
    buf_put_text(out, yes ? "yes" : "no");
}

static int
read_count(const struct option *row, const struct value *value, void *field)
{
    uint32_t count = 0;
    (void)row;
    if (value->size == 0 || value->size > 9) {
        return E_OPTION;
    }
    for (size_t i = 0; i < value->size; i++) {
        if (value->text[i] < '0' || value->text[i] > '9') {
            return E_OPTION;
        }
        count = count * 10 + (uint32_t)(value->text[i] - '0');
    }
    memcpy(field, &count, sizeof count);
    return 0;
}

static void
write_count(const struct option *row, const void *field, struct buf *out)
{
    uint32_t count;
    (void)row;
    memcpy(&count, field, sizeof count);
    buf_printf(out, "%" PRIu32, count);
}

/* The choice number `index`, empty beyond the last. */
static struct span
choice_get(const struct option *row, unsigned index)
{
    const char *at = row->choices;
    for (; index > 0; index--) {
        at += strcspn(at, "|");
        at += *at == '|' ? 1 : 0;
    }
    return span_of(at, strcspn(at, "|"));
}

static int
read_choice(const struct option *row, const struct value *value, void *field)
{
    for (unsigned i = 0; choice_get(row, i).size > 0; i++) {
        if (span_equal(choice_get(row, i), span_text(value->text))) {
            memcpy(field, &i, sizeof i);
            return 0;
        }
    }
    return E_OPTION;
}

static void
write_choice(const struct option *row, const void *field, struct buf *out)
{
    unsigned index;
    memcpy(&index, field, sizeof index);
    buf_put_span(out, choice_get(row, index));
}

static const char off[] = "off";
enum { DAY_MIN = 24 * 60, WEEK_DAYS = 7 };

static void
put_clock(struct buf *out, int32_t minute)
{
    buf_printf(out, "%02" PRId32 ":%02" PRId32, minute / 60, minute % 60);
}

static int
read_clock(const struct option *row, const struct value *value, void *field)
{
    int32_t minute = -1;
    uint32_t parsed = 0;
    (void)row;
    if (strcmp(value->text, off) != 0) {
        if (recur_clock_parse(span_text(value->text), &parsed) != 0) {
            return E_OPTION;
        }
        minute = (int32_t)parsed;
    }
    memcpy(field, &minute, sizeof minute);
    return 0;
}

static void
write_clock(const struct option *row, const void *field, struct buf *out)
{
    int32_t minute;
    (void)row;
    memcpy(&minute, field, sizeof minute);
    if (minute < 0) {
        buf_put_text(out, off);
    } else {
        put_clock(out, minute);
    }
}

static int
read_hours(const struct option *row, const struct value *value, void *field)
{
    struct option_hours hours = {0, 0};
    struct span text = span_text(value->text);
    uint32_t from = 0, until = 0;
    (void)row;
    if (strcmp(value->text, off) != 0) {
        const char *dash = strchr(value->text, '-');
        size_t size = dash == NULL ? 0 : (size_t)(dash - value->text);
        if (dash == NULL ||
            recur_clock_parse(text_trim(span_slice(text, 0, size)), &from) != 0 ||
            recur_clock_parse(text_trim(span_slice(text, size + 1, text.size)), &until) !=
                0 ||
            from == until) {
            return E_OPTION;
        }
        hours = (struct option_hours){(int32_t)from, (int32_t)until};
    }
    memcpy(field, &hours, sizeof hours);
    return 0;
}

static void
write_hours(const struct option *row, const void *field, struct buf *out)
{
    struct option_hours hours;
    (void)row;
    memcpy(&hours, field, sizeof hours);
    if (hours.from_min == hours.until_min) {
        buf_put_text(out, off);
        return;
    }
    put_clock(out, hours.from_min);
    buf_put_u8(out, '-');
    put_clock(out, hours.until_min);
}

static const char *const weekdays[WEEK_DAYS] = {"mon", "tue", "wed", "thu",
                                                "fri", "sat", "sun"};

/* A weekday, as recur.h reads one, and a clock. */
static int
read_weekly(const struct option *row, const struct value *value, void *field)
{
    int32_t minute = -1;
    (void)row;
    if (strcmp(value->text, off) != 0) {
        struct span text = span_text(value->text);
        struct recur recur;
        uint32_t clock = 0;
        size_t size = strcspn(value->text, " ");
        if (recur_parse(span_slice(text, 0, size), 0, &recur) != 0 ||
            recur.type != RECUR_WEEKLY || recur.weeks != 1 ||
            recur_clock_parse(text_trim(span_slice(text, size, text.size)), &clock) != 0) {
            return E_OPTION;
        }
        for (int32_t day = 0; day < WEEK_DAYS; day++) {
            minute = recur.days == 1u << day ? day * DAY_MIN + (int32_t)clock : minute;
        }
        if (minute < 0) {
            return E_OPTION; /* more than one day */
        }
    }
    memcpy(field, &minute, sizeof minute);
    return 0;
}

static void
write_weekly(const struct option *row, const void *field, struct buf *out)
{
    int32_t minute;
    (void)row;
    memcpy(&minute, field, sizeof minute);
    if (minute < 0) {
        buf_put_text(out, off);
        return;
    }
    buf_printf(out, "%s ", weekdays[minute / DAY_MIN]);
    put_clock(out, minute % DAY_MIN);
}

static const struct {
    int (*read)(const struct option *row, const struct value *value, void *field);
    void (*write)(const struct option *row, const void *field, struct buf *out);
} types[] = {
    [OPTION_TEXT] = {read_text, write_text},
    [OPTION_ADDRESS] = {read_address, write_text},
    [OPTION_ADDRESSES] = {read_addresses, write_text},
    [OPTION_DURATION] = {read_duration, write_duration},
    [OPTION_BOOL] = {read_bool, write_bool},
    [OPTION_COUNT] = {read_count, write_count},
    [OPTION_CHOICE] = {read_choice, write_choice},
    [OPTION_CLOCK] = {read_clock, write_clock},
    [OPTION_HOURS] = {read_hours, write_hours},
    [OPTION_WEEKLY] = {read_weekly, write_weekly},
};

size_t
options_count(void)
{
    return sizeof rows / sizeof *rows;
}

const struct option *
options_row(size_t index)
{
    return index < options_count() ? &rows[index] : NULL;
}

static const struct option *
find_row(struct span name)
{
    for (size_t i = 0; i < options_count(); i++) {
        if (span_equal(span_text(rows[i].name), name)) {
            return &rows[i];
        }
    }
    return NULL;
}

const struct option *
options_find(const char *name)
{
    return find_row(span_text(name));
}

/* Checks the text, then lets the type read it into `options`. */
static int
assign(const struct option *row, struct span text, struct options *options)
{
    struct value value;
    if (text.size >= sizeof value.text || text_check(text) != 0) {
        return E_OPTION;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < 0x20 || text.data[i] == 0x7f) {
            return E_OPTION;
        }
    }
    if (text.size > 0) {
        memcpy(value.text, text.data, text.size);
    }
    value.text[text.size] = '\0';
    value.size = text.size;
    return types[row->type].read(row, &value, (char *)options + row->offset);
}

void
options_defaults(struct options *out)
{
    *out = (struct options){0};
    for (size_t i = 0; i < options_count(); i++) {
        int rc = assign(&rows[i], span_text(rows[i].fallback), out);
        assert(rc == 0); /* a default that its own type refuses is our mistake */
        (void)rc;
    }
}

/* One line of a file, taken apart. */
struct line {
    struct span whole; /* with its newline */
    struct span key;   /* empty: blank or comment */
    struct span value; /* as written */
};

/* Takes the next line off *rest; E_OPTION when it is neither blank, comment nor
 * setting. */
static int
line_take(struct span *rest, struct line *line)
{
    const uint8_t *newline = memchr(rest->data, '\n', rest->size);
    size_t size = newline == NULL ? rest->size : (size_t)(newline - rest->data) + 1;
    *line = (struct line){.whole = span_slice(*rest, 0, size)};
    *rest = span_slice(*rest, size, rest->size);
    struct span text = text_trim(line->whole);
    if (text.size == 0 || text.data[0] == '#') {
        return 0;
    }
    const uint8_t *equals = memchr(text.data, '=', text.size);
    if (equals == NULL || equals == text.data) {
        return E_OPTION;
    }
    size_t key_size = (size_t)(equals - text.data);
    line->key = text_trim(span_slice(text, 0, key_size));
    line->value = text_trim(span_slice(text, key_size + 1, text.size));
    return line->key.size == 0 ? E_OPTION : 0;
}

/* Appends a written value without its quotes. */
static int
unquote(struct span written, struct buf *out)
{
    if (written.size == 0 || written.data[0] != '"') {
        buf_put_span(out, written);
        return buf_done(out);
    }
    size_t i = 1;
    while (i < written.size && written.data[i] != '"') {
        if (written.data[i] == '\\') {
            i++;
            bool known =
                i < written.size && (written.data[i] == '"' || written.data[i] == '\\');
            if (!known) {
                return E_OPTION;
            }
        }
        buf_put_u8(out, written.data[i]);
        i++;
    }
    return i + 1 == written.size ? buf_done(out) : E_OPTION;
}

static void
quote(const char *value, struct buf *out)
{
    struct span text = span_text(value);
    bool plain = text.size > 0 && text_trim(text).size == text.size && value[0] != '"';
    if (plain) {
        buf_put_span(out, text);
        return;
    }
    buf_put_u8(out, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"' || text.data[i] == '\\') {
            buf_put_u8(out, '\\');
        }
        buf_put_u8(out, text.data[i]);
    }
    buf_put_u8(out, '"');
}

int
options_parse(struct span file, struct options *out, size_t *bad_line)
{
    int rc = E_MEMORY;
    size_t number = 0;
    struct buf value = {0};
    struct options *options = malloc(sizeof *options);
    if (options == NULL) {
        goto out;
    }
    options_defaults(options);
    while (file.size > 0) {
        struct line line;
        number++;
        rc = line_take(&file, &line);
        const struct option *row = rc == 0 ? find_row(line.key) : NULL;
        if (row != NULL) {
            buf_clear(&value);
            rc = unquote(line.value, &value);
            rc = rc != 0 ? rc : assign(row, buf_span(&value), options);
        }
        if (rc != 0) {
            goto out;
        }
    }
    *out = *options;
    rc = 0;
out:
    if (rc != 0) {
        *bad_line = number;
    }
    buf_free(&value);
    free(options);
    return rc;
}

int
options_get(const struct options *options, const char *name, struct buf *out)
{
    const struct option *row = options_find(name);
    if (row == NULL) {
        return E_OPTION;
    }
    types[row->type].write(row, (const char *)options + row->offset, out);
    return buf_done(out);
}

/* Whether the option may have that value; NULL (the default) always fits. */
static int
fits(const struct option *row, const char *value)
{
    if (row == NULL) {
        return E_OPTION;
    }
    if (value == NULL) {
        return 0;
    }
    struct options *scratch = malloc(sizeof *scratch);
    if (scratch == NULL) {
        return E_MEMORY;
    }
    int rc = assign(row, span_text(value), scratch);
    free(scratch);
    return rc;
}

static void
put_setting(const char *name, const char *value, struct buf *out)
{
    buf_put_text(out, name);
    buf_put_text(out, " = ");
    quote(value, out);
    buf_put_u8(out, '\n');
}

int
options_edit(struct span file, const char *name, const char *value, struct buf *out)
{
    const struct option *row = options_find(name);
    int rc = fits(row, value);
    if (rc != 0) {
        return rc;
    }
    bool written = value == NULL;
    bool open_end = file.size > 0 && file.data[file.size - 1] != '\n';
    while (file.size > 0) {
        struct line line;
        bool ours = line_take(&file, &line) == 0 && find_row(line.key) == row;
        if (!ours) {
            buf_put_span(out,
                         line.whole); /* also what can't be read: not ours to judge */
        } else if (!written) {
            put_setting(name, value, out);
            written = true;
            open_end = open_end && file.size > 0;
        } else {
            open_end = open_end && file.size > 0;
        }
    }
    if (!written) {
        buf_put_text(out, open_end ? "\n" : "");
        put_setting(name, value, out);
    }
    return buf_done(out);
}
