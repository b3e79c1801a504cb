/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Asking for one field of a note, at a terminal: its prompt, what there is to choose from,
 * and again when the answer was not understood.
 */
#include "clients/cli/note.h"
#include "common/error.h"
#include "common/text.h"

#include <string.h>

/* Days people mean most often; one letter is enough, at the prompt only. */
static const struct {
    const char *key;
    const char *day;
} days[] = {
    {"t", "tomorrow"},
    {"f", "friday"},
    {"w", "1 week"},
};

#define DAYS_COUNT (sizeof days / sizeof days[0])
#define DAYS_SAID " [t]omorrow, [f]riday, a [w]eek, or a day"
#define DAYS_SAID_NARROW " [t]om., [f]ri, [w]eek, or a day"
#define DAYS_COLUMNS 52u /* what the first needs, with its prompt */

/* "To %s" with the partner's name; never a format of printf, it comes from a table. */
static void
put_prompt(struct buf *out, struct cli *cli, const struct kind_field *field)
{
    const char *prompt = field->prompt != NULL ? field->prompt : "";
    const char *place = strstr(prompt, "%s");
    if (place == NULL) {
        buf_put_text(out, prompt);
    } else {
        buf_put(out, prompt, (size_t)(place - prompt));
        buf_put_text(out, cli_partner(cli));
        buf_put_text(out, place + 2);
    }
    if (field->type == FIELD_TIME && field->required) {
        buf_put_text(out,
                     cli->term.columns < DAYS_COLUMNS ? DAYS_SAID_NARROW : DAYS_SAID);
    }
}

/* The index-th of the lines between bars. */
static struct span
open_line(const char *lines, size_t index)
{
    size_t size = strcspn(lines, "|");
    while (index > 0 && lines[size] == '|') {
        lines += size + 1;
        size = strcspn(lines, "|");
        index--;
    }
    return span_of(lines, index == 0 ? size : 0);
}

/* What there is to choose from, once, above the prompt. */
static void
show_choices(struct cli *cli, const struct kind *kind, size_t index)
{
    const struct kind_field *field = note_field(kind, index);
    struct buf line;
    buf_init(&line, 0);
    if (field->type == FIELD_CHOICE) {
        for (const char *at = field->choices; *at != '\0'; at++) {
            buf_put_text(&line, *at == ' ' ? ", " : "");
            buf_put(&line, at, *at == ' ' ? 0 : 1);
        }
        cli_tell(cli, buf_text(&line));
    }
    struct span open = {0};
    for (size_t i = 0; index == 0 && kind->open_lines != NULL; i++) {
        open = open_line(kind->open_lines, i);
        if (open.size == 0) {
            break;
        }
        buf_clear(&line);
        buf_printf(&line, "%zu  ", i + 1);
        buf_put_span(&line, open);
        cli_tell(cli, buf_text(&line));
    }
    buf_free(&line);
}

static bool
is_number(struct span answer)
{
    size_t digits = 0;
    while (digits < answer.size && answer.data[digits] >= '0' &&
           answer.data[digits] <= '9') {
        digits++;
    }
    return digits > 0 && digits == answer.size;
}

/* One of the numbered lines; it is shown, since what leaves is more than the number. */
static int
take_open_line(const struct kind *kind, struct cli *cli, struct span *answer)
{
    size_t count = 0;
    while (open_line(kind->open_lines, count).size > 0) {
        count++;
    }
    size_t number = answer->size == 1 ? (size_t)(answer->data[0] - '0') : 0;
    if (number < 1 || number > count) {
        return cli_refuse(cli, E_USAGE, "1 to %zu, or words of your own.", count);
    }
    struct buf line;
    buf_init(&line, 0);
    *answer = open_line(kind->open_lines, number - 1);
    buf_put_text(&line, "“");
    buf_put_span(&line, *answer);
    buf_put_text(&line, "”");
    cli_tell(cli, buf_text(&line));
    buf_free(&line);
    return 0;
}

/* What a short answer stands for, in its place. 0, or E_USAGE with the hint set. */
static int
expand(const struct kind *kind, struct cli *cli, size_t index, struct span *answer)
{
    const struct kind_field *field = note_field(kind, index);
    for (size_t i = 0; field->type == FIELD_TIME && i < DAYS_COUNT; i++) {
        if (span_equal(*answer, span_text(days[i].key))) {
            *answer = span_text(days[i].day);
            return 0;
        }
    }
    return index == 0 && kind->open_lines != NULL && is_number(*answer)
               ? take_open_line(kind, cli, answer)
               : 0;
}

/* 0 when the answer is put, or understood to be missing, too long, … */
static int
ask_once(struct note *note, struct cli *cli, size_t index, const char *prompt)
{
    struct buf line;
    buf_init(&line, 0);
    int rc = cli_ask(cli, prompt, &line);
    bool cut = rc == E_LIMIT; /* what arrived is kept; the terminal dropped the rest */
    bool half = rc == E_STOPPED && line.size > 0; /* Ctrl-D in the middle of it */
    if (rc == E_EMPTY) {
        rc = E_STOPPED;
    } else if (rc == 0 || cut || half) {
        struct span answer = buf_span(&line);
        rc = half ? 0 : expand(note->kind, cli, index, &answer);
        rc = rc != 0      ? rc
             : index == 0 ? note_put_line(note, cli, answer, half)
                          : note_put(note, cli, index, answer);
    }
    for (size_t i = 0; (rc == 0 || half) && i < FIELDS_MAX; i++) {
        bool here = i == index || (index == 0 && i == commands_rest(note->kind));
        note->typed[i] = note->typed[i] || (here && note->set[i]);
    }
    buf_free(&line);
    return half ? E_STOPPED : rc == 0 && cut ? E_LIMIT : rc;
}

int
note_ask(struct note *note, struct cli *cli, size_t index)
{
    struct buf prompt;
    buf_init(&prompt, 0);
    put_prompt(&prompt, cli, note_field(note->kind, index));
    show_choices(cli, note->kind, index);
    int rc = ask_once(note, cli, index, buf_text(&prompt));
    /* Each round needs a person's answer, so it ends with the input at the latest. */
    while (rc == E_TIME || rc == E_USAGE || rc == E_UTF8) {
        const char *why = rc == E_UTF8 ? error_text(rc) : error_hint(rc);
        cli_tell(cli, cli->hint[0] != '\0' ? cli->hint : why);
        cli->hint[0] = '\0';
        rc = ask_once(note, cli, index, buf_text(&prompt));
    }
    buf_free(&prompt);
    return rc;
}
