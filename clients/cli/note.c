/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/note.h"

#include "clients/cli/input.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>

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

static int
parse_value(struct note *note, struct cli *cli, size_t index, struct buf *text)
{
    const struct kind_field *field = &note->kind->fields[index];
    bool has_clock;
    switch (field->type) {
    case FIELD_NUMBER:
        if (cli_number(buf_text(text), field->min, field->max, &note->numbers[index]) !=
            0) {
            return cli_refuse(cli, E_USAGE, "%s is a number from %lld to %lld.",
                              field->name, (long long)field->min,
                              (long long)field->max);
        }
        return 0;
    case FIELD_TIME:
        return when_parse(buf_text(text), cli->now_s, &note->numbers[index],
                          &has_clock);
    case FIELD_CHOICE:
        if (!is_choice(field->choices, buf_text(text))) {
            return cli_refuse(cli, E_USAGE, "%s is one of: %s.", field->name,
                              field->choices);
        }
        return 0;
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_NONE:
        return 0;
    }
    return 0;
}

int
note_put(struct note *note, struct cli *cli, size_t index, struct span value)
{
    const struct kind_field *field = &note->kind->fields[index];
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
    }
    buf_free(&text);
    return rc;
}

int
note_put_options(struct note *note, struct cli *cli)
{
    size_t count = kind_fields_count(note->kind);
    for (size_t i = 0; i < count; i++) {
        const char *value = args_field(&cli->args, note->kind->fields[i].name);
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

/* "To %s" with the partner's name; never a format of printf, it comes from a table. */
static void
put_prompt(struct buf *out, struct cli *cli, const struct kind_field *field)
{
    const char *prompt = field->prompt != NULL ? field->prompt : "";
    const char *place = strstr(prompt, "%s");
    if (place == NULL) {
        buf_put_text(out, prompt);
        return;
    }
    buf_put(out, prompt, (size_t)(place - prompt));
    buf_put_text(out, cli_partner(cli));
    buf_put_text(out, place + 2);
}

int
note_ask(struct note *note, struct cli *cli, size_t index)
{
    struct buf prompt;
    struct buf line;
    buf_init(&prompt, 0);
    buf_init(&line, 0);
    put_prompt(&prompt, cli, &note->kind->fields[index]);
    int rc;
    do {
        buf_clear(&line);
        rc = cli_ask(cli, buf_text(&prompt), &line);
        if (rc == E_LIMIT) {
            /* What arrived is kept; the terminal itself dropped the rest. */
            rc = note_put(note, cli, index, buf_span(&line));
            rc = rc == 0 ? E_LIMIT : rc;
            break;
        }
        if (rc == 0) {
            rc = note_put(note, cli, index, buf_span(&line));
            if (rc == E_TIME || rc == E_USAGE) {
                cli_tell(cli, rc == E_TIME ? error_hint(rc) : cli->hint);
                cli->hint[0] = '\0';
            }
        }
    } while (rc == E_TIME || rc == E_USAGE); /* ends with the input at the latest */
    buf_free(&prompt);
    buf_free(&line);
    return rc;
}

int
note_check(const struct note *note)
{
    for (size_t i = 0; i < kind_fields_count(note->kind); i++) {
        const struct kind_field *field = &note->kind->fields[i];
        if ((field->type == FIELD_LINE || field->type == FIELD_TEXT) &&
            note->texts[i].size > kind_field_bytes_max(field)) {
            return E_LIMIT;
        }
    }
    return 0;
}

size_t
note_fields(const struct note *note, Attune__Local__Field fields[static FIELDS_MAX],
            Attune__Local__Field *pointers[static FIELDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < kind_fields_count(note->kind); i++) {
        const struct kind_field *field = &note->kind->fields[i];
        if (!note->set[i]) {
            continue;
        }
        if (field->type == FIELD_NUMBER || field->type == FIELD_TIME) {
            attune_field_number(&fields[count], field->name, note->numbers[i]);
        } else {
            attune_field_text(&fields[count], field->name, buf_span(&note->texts[i]));
        }
        pointers[count] = &fields[count];
        count++;
    }
    return count;
}
