/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/note.h"

#include "clients/cli/pager.h"
#include "common/error.h"
#include "common/recur.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>
#include <unistd.h>

#define SAID_FIELDS                                                                    \
    (sizeof((struct kind *)NULL)->said_fields / sizeof(struct kind_field))

void
note_init(struct note *note, const struct kind *kind)
{
    *note = (struct note){.kind = kind};
}

void
note_done(struct note *note)
{
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        buf_free(&note->texts[i]);
    }
    *note = (struct note){0};
}

const struct kind_field *
note_field(const struct kind *kind, size_t index)
{
    size_t own = kind_fields_count(kind);
    if (index < own) {
        return &kind->fields[index];
    }
    index -= own;
    size_t said = 0;
    while (said < SAID_FIELDS && kind->said_fields[said].type != FIELD_NONE) {
        said++;
    }
    if (index < said) {
        return &kind->said_fields[index];
    }
    return kind->shareable ? kind_common_field(index - said) : NULL;
}

size_t
note_index(const struct kind *kind, const char *name)
{
    const struct kind_field *field;
    for (size_t i = 0; i < FIELDS_MAX && (field = note_field(kind, i)) != NULL; i++) {
        if (strcmp(field->name, name) == 0) {
            return i;
        }
    }
    return FIELDS_MAX;
}

size_t
note_topic(const struct kind *kind)
{
    return note_index(kind, "topic");
}

bool
note_is_text(const struct kind_field *field)
{
    return kind_field_is_text(field) || field->type == FIELD_INNER;
}

/* A field of one line takes several as one: newlines become spaces. */
static void
put_text(struct buf *out, struct span value, bool line)
{
    value = text_trim(value);
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        if (byte == '\r' && i + 1 < value.size && value.data[i + 1] == '\n') {
            continue;
        }
        buf_put_u8(out, line && byte == '\n' ? ' ' : byte);
    }
}

static bool
is_choice(const char *choices, const char *word)
{
    size_t size = strlen(word);
    for (const char *at = choices; size > 0 && *at != '\0';) {
        size_t here = strcspn(at, " ");
        if (here == size && memcmp(at, word, size) == 0) {
            return true;
        }
        at += here + (at[here] == ' ' ? 1 : 0);
    }
    return false;
}

int
note_time(struct cli *cli, const char *text, int64_t *out_s, bool *has_clock)
{
    int64_t now_s = cli->now_s;
    int64_t time_s = 0;
    bool clock = false;
    int rc = when_parse(text, now_s, &time_s, &clock);
    /* Only a daemon knows whether it plays; that it doesn't answer is told when sending. */
    if (rc == 0 && cli_status(cli) == 0 && cli->now_s != now_s) {
        rc = when_parse(text, cli->now_s, &time_s, &clock);
    }
    if (rc == 0) {
        *out_s = time_s;
        *has_clock = clock;
    }
    return rc;
}

static int
parse_duration(struct cli *cli, const struct kind_field *field, const char *text,
               int64_t *out)
{
    int64_t duration_s = 0;
    if (when_duration(text, &duration_s) == 0 && duration_s >= field->min &&
        duration_s <= field->max) {
        *out = duration_s;
        return 0;
    }
    struct buf bounds;
    buf_init(&bounds, 0);
    when_format_duration(&bounds, field->min);
    buf_put_text(&bounds, " to ");
    when_format_duration(&bounds, field->max);
    int rc = buf_done(&bounds);
    if (rc == 0) {
        rc = cli_refuse(cli, E_TIME, "It takes a time from %s.", buf_text(&bounds));
    }
    buf_free(&bounds);
    return rc;
}

static int
parse_every(struct cli *cli, const struct kind_field *field, struct buf *text)
{
    struct recur recur;
    (void)!cli_status(cli); /* for what day it is in a demo home */
    if (recur_parse(buf_span(text), when_local_day(cli->now_s), &recur) != 0) {
        return cli_refuse(cli, E_TIME, "Try: %s", field->help);
    }
    buf_clear(text);
    recur_put(text, &recur);
    return buf_done(text);
}

static int
parse_clock(struct cli *cli, const struct kind_field *field, const struct buf *text,
            int64_t *out)
{
    uint32_t minute = 0;
    if (recur_clock_parse(buf_span(text), &minute) != 0) {
        return cli_refuse(cli, E_TIME, "Try: %s", field->help);
    }
    *out = minute;
    return 0;
}

static int
parse_value(struct note *note, struct cli *cli, size_t index, struct buf *text)
{
    const struct kind_field *field = note_field(note->kind, index);
    int64_t *number = &note->numbers[index];
    bool has_clock;
    switch (field->type) {
    case FIELD_NUMBER:
        if (cli_number(buf_text(text), field->min, field->max, number) != 0) {
            return cli_refuse(cli, E_USAGE, "%s is a number from %lld to %lld.",
                              field->name, (long long)field->min,
                              (long long)field->max);
        }
        return 0;
    case FIELD_TIME:
        return note_time(cli, buf_text(text), number, &has_clock);
    case FIELD_CHOICE:
        if (!is_choice(field->choices, buf_text(text))) {
            return cli_refuse(cli, E_USAGE, "%s%sOne of: %s.",
                              index > 0 ? field->name : "", index > 0 ? ": " : "",
                              field->choices);
        }
        return 0;
    case FIELD_DURATION:
        return parse_duration(cli, field, buf_text(text), number);
    case FIELD_CLOCK:
        return parse_clock(cli, field, text, number);
    case FIELD_EVERY:
        return parse_every(cli, field, text);
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_INNER:
    case FIELD_NONE:
        return 0;
    }
    return 0;
}

int
note_put(struct note *note, struct cli *cli, size_t index, struct span value)
{
    const struct kind_field *field = note_field(note->kind, index);
    struct buf text;
    buf_init(&text, 0);
    int rc = text_check(value);
    if (rc == 0) {
        put_text(&text, value, field->type != FIELD_TEXT);
        rc = buf_done(&text);
    }
    if (rc == 0 && text.size == 0) {
        rc = E_EMPTY;
    }
    if (rc == 0) {
        rc = parse_value(note, cli, index, &text);
    }
    if (rc == 0) {
        buf_free(&note->texts[index]);
        note->texts[index] = text;
        text = (struct buf){0}; /* transferred */
        note->set[index] = true;
        note->typed[index] = false;
    }
    buf_free(&text);
    return rc;
}

int
note_put_line(struct note *note, struct cli *cli, struct span line, bool keep)
{
    size_t rest = commands_rest(note->kind);
    line = text_trim(line);
    if (rest == 0) {
        return note_put(note, cli, 0, line);
    }
    size_t word = 0;
    while (word < line.size && strchr(" \t\r\n", line.data[word]) == NULL) {
        word++;
    }
    int rc = note_put(note, cli, 0, span_slice(line, 0, word));
    if (rc == 0 && word < line.size) {
        rc = note_put(note, cli, rest, span_slice(line, word, line.size));
    } else if (rc == E_USAGE && keep && note_put(note, cli, rest, line) != 0) {
        rc = E_UTF8;
    }
    return rc;
}

int
note_put_options(struct note *note, struct cli *cli)
{
    const struct kind_field *field;
    for (size_t i = 0; (field = note_field(note->kind, i)) != NULL; i++) {
        const char *value = args_field(&cli->args, field->name);
        if (value == NULL) {
            continue;
        }
        int rc = note_put(note, cli, i, span_text(value));
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

int
note_take(struct note *note, Attune__Local__Field *const *fields, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t index = note_index(note->kind, fields[i]->name);
        if (index == FIELDS_MAX) {
            continue;
        }
        buf_clear(&note->texts[index]);
        buf_put_span(&note->texts[index], attune_span(fields[i]->text));
        note->numbers[index] = fields[i]->number;
        note->set[index] = kind_field_is_number(note_field(note->kind, index)) ||
                           note->texts[index].size > 0;
        note->typed[index] = note->set[index];
        if (buf_done(&note->texts[index]) != 0) {
            return E_MEMORY;
        }
    }
    return 0;
}

void
note_unset(struct note *note, size_t index)
{
    buf_free(&note->texts[index]);
    note->set[index] = false;
    note->typed[index] = false;
}

bool
note_any_set(const struct note *note)
{
    bool any = false;
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        any = any || note->set[i];
    }
    return any;
}

bool
note_any_typed(const struct note *note)
{
    bool any = false;
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        any = any || (note->set[i] && note->typed[i]);
    }
    return any;
}

int
note_check(const struct note *note)
{
    const struct kind_field *field;
    for (size_t i = 0; (field = note_field(note->kind, i)) != NULL; i++) {
        if (note_is_text(field) && !kind_field_fits(field, buf_span(&note->texts[i]))) {
            return E_LIMIT;
        }
    }
    return 0;
}

int
note_time_refused(const struct note *note, struct cli *cli, int error)
{
    const struct kind_field *field;
    for (size_t i = 0; error == E_TIME && note->kind != NULL && cli->hint[0] == '\0' &&
                       (field = note_field(note->kind, i)) != NULL;
         i++) {
        if (note->set[i] && field->type == FIELD_TIME) {
            return cli_refuse(cli, error, "--%s takes a day or time still to come: %s.",
                              field->name, field->help);
        }
    }
    return error;
}

void
note_give_back(const struct note *note, struct cli *cli)
{
    struct buf text;
    if (note->kind == NULL || !note_any_typed(note)) {
        return; /* the shell has it still */
    }
    buf_init(&text, 0);
    buf_put_text(&text, "  It could not be saved. This is what you wrote:\n");
    for (size_t i = 0; i < FIELDS_MAX; i++) {
        if (note->set[i] && note->typed[i]) {
            buf_put_u8(&text, '\n');
            text_sanitize(&text, buf_span(&note->texts[i]), TEXT_BLOCK);
            buf_put_u8(&text, '\n');
        }
    }
    buf_put_u8(&text, '\n');
    int fd = cli->json ? STDERR_FILENO : STDOUT_FILENO;
    (void)!cli_flush(cli);
    (void)!pager_write(fd, buf_span(&text));
    buf_free(&text);
}

size_t
note_fields(const struct note *note, Attune__Local__Field fields[static FIELDS_MAX],
            Attune__Local__Field *pointers[static FIELDS_MAX])
{
    size_t count = 0;
    const struct kind_field *field;
    for (size_t i = 0; (field = note_field(note->kind, i)) != NULL; i++) {
        if (!note->set[i]) {
            continue;
        }
        switch (field->type) {
        case FIELD_NUMBER:
        case FIELD_TIME:
        case FIELD_DURATION:
        case FIELD_CLOCK:
            attune_field_number(&fields[count], field->name, note->numbers[i]);
            break;
        case FIELD_LINE:
        case FIELD_TEXT:
        case FIELD_CHOICE:
        case FIELD_EVERY:
        case FIELD_INNER:
        case FIELD_NONE:
            attune_field_text(&fields[count], field->name, buf_span(&note->texts[i]));
            break;
        }
        pointers[count] = &fields[count];
        count++;
    }
    return count;
}
