/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/gather.h"

#include "clients/cli/editor.h"
#include "clients/cli/input.h"
#include "common/error.h"
#include "common/when.h"

#include <string.h>
#include <unistd.h>

/* The line came from somewhere where nobody has it still. */
static void
mark_typed(struct letter *letter)
{
    size_t rest = commands_rest(letter->kind);
    letter->note.typed[0] = letter->note.set[0];
    letter->note.typed[rest] = letter->note.set[rest];
}

static int
edit_text(struct letter *letter)
{
    struct cli *cli = letter->cli;
    size_t rest = commands_rest(letter->kind);
    struct buf text;
    buf_init(&text, 0);
    int rc = letter_ready(cli);
    if (rc == 0) {
        rc = editor_run(cli->paths.runtime_dir, cli_options(cli)->editor,
                        buf_span(&letter->note.texts[rest]), PAYLOAD_BYTES_MAX, &text);
    }
    if (rc == E_RUNTIME_DIR) {
        rc = cli_refuse(cli, E_RUNTIME_DIR,
                        "There is no folder in memory for the editor's file, and it is "
                        "never put on a disk. Write at the prompt or through a pipe.");
    }
    if (rc == E_REFUSED) {
        rc = cli_refuse(cli, E_REFUSED,
                        "The editor ended with an error; nothing changed.");
    }
    if (rc == 0) {
        rc = note_put(&letter->note, cli, rest, buf_span(&text));
        mark_typed(letter);
    }
    buf_free(&text);
    return rc;
}

static int
put_words(struct letter *letter)
{
    struct cli *cli = letter->cli;
    struct buf line;
    buf_init(&line, 0);
    args_line(&cli->args, &line);
    int rc = buf_done(&line);
    if (rc == 0 && letter->note.set[0]) {
        rc = cli_refuse(cli, E_USAGE, "The line is --%s; give one of them.",
                        letter->kind->fields[0].name);
    }
    if (rc == 0) {
        rc = note_put_line(&letter->note, cli, buf_span(&line), false);
    }
    buf_free(&line);
    return rc;
}

int
gather_pipe(struct letter *letter)
{
    struct buf text;
    buf_init(&text, 0);
    int rc = input_all(STDIN_FILENO, PAYLOAD_BYTES_MAX, &text);
    if (rc == 0) {
        rc = note_put_line(&letter->note, letter->cli, buf_span(&text), true);
        mark_typed(letter);
    } else if (rc == E_LIMIT) {
        (void)cli_refuse(letter->cli, E_LIMIT,
                         "That is too long even for a draft; nothing was saved.");
    }
    buf_free(&text);
    return rc;
}

static int
ask_line(struct letter *letter)
{
    struct cli *cli = letter->cli;
    int rc = letter_ready(cli);
    if (rc == 0 && !letter->mine && cli->paired && letter->kind->mine) {
        print_say(&cli->printer, "%s will see this.", cli_partner(cli));
    }
    input_guard(rc == 0);
    return rc == 0 ? note_ask(&letter->note, cli, 0) : rc;
}

/* The line when there are no words for it. */
static int
find_line(struct letter *letter)
{
    struct cli *cli = letter->cli;
    const struct kind_field *first = &letter->kind->fields[0];
    if (first->fallback != 0) {
        return 0; /* a pause needs no word */
    }
    if (!cli->term.in) {
        int rc = gather_pipe(letter);
        return rc == E_EMPTY && !first->required ? 0 : rc;
    }
    if (cli_asks(cli)) {
        int rc = first->required || first->asked ? ask_line(letter) : 0;
        return rc == E_EMPTY && !first->required ? 0 : rc;
    }
    return first->required ? cli_refuse(cli, E_USAGE,
                                        "There is no text, and no terminal "
                                        "to ask for it.")
                           : 0;
}

int
gather_line(struct letter *letter)
{
    struct cli *cli = letter->cli;
    bool words = cli->args.words_count > 0;
    int rc = words ? put_words(letter) : 0;
    if (rc == 0 && args_has(&cli->args, FLAG_EDITOR)) {
        if (!cli_asks(cli)) {
            return cli_refuse(cli, E_USAGE, "-e needs a terminal.");
        }
        return edit_text(letter);
    }
    return rc != 0 || words || letter->note.set[0] ? rc : find_line(letter);
}

/* Until it is answered; what may be left out is left out by Enter. */
static int
ask_field(struct letter *letter, size_t index)
{
    struct cli *cli = letter->cli;
    const struct kind_field *field = &letter->kind->fields[index];
    int rc = letter_ready(cli);
    if (rc != 0) {
        return rc;
    }
    input_guard(true);
    rc = note_ask(&letter->note, cli, index);
    while (rc == E_EMPTY && field->required) {
        print_say(&cli->printer, "It needs this: %s. Ctrl-D keeps a draft.",
                  field->help);
        rc = note_ask(&letter->note, cli, index);
    }
    return rc == E_EMPTY ? 0 : rc;
}

int
gather_rest(struct letter *letter)
{
    struct cli *cli = letter->cli;
    size_t rest = commands_rest(letter->kind);
    bool quick = args_has(&cli->args, FLAG_YES); /* "without asking" */
    for (size_t i = 1; i < kind_fields_count(letter->kind); i++) {
        const struct kind_field *field = &letter->kind->fields[i];
        if (letter->note.set[i] || i == rest || field->fallback != 0 ||
            !(field->required || (field->asked && !quick))) {
            continue;
        }
        if (!cli_asks(cli)) {
            if (field->required) {
                return cli_refuse(cli, E_USAGE, "--%s is missing: %s.", field->name,
                                  field->help);
            }
            continue;
        }
        int rc = ask_field(letter, i);
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

/* A day means its morning here: who gives something for a birthday gives it for all of it. */
static int
take_give(struct letter *letter)
{
    struct cli *cli = letter->cli;
    bool has_clock = false;
    if (!args_has(&cli->args, FLAG_GIVE)) {
        return 0;
    }
    int rc = note_time(cli, cli->args.flags[FLAG_GIVE], &letter->give_s, &has_clock);
    if (rc == 0 && !has_clock) {
        letter->give_s = when_day_start(when_local_day(letter->give_s));
    }
    if (rc == 0 && letter->mine) {
        rc = cli_refuse(cli, E_TIME, "--give is for what your partner will see.");
    }
    if (rc == 0 && (letter->give_s <= cli->now_s ||
                    letter->give_s > cli->now_s + (int64_t)GIVE_S_MAX)) {
        rc = cli_refuse(cli, E_TIME,
                        "--give takes a day or time still to come, within ten years.");
    }
    return rc;
}

/* The entry it answers, or that it is about. */
static int
take_parent(struct letter *letter)
{
    struct cli *cli = letter->cli;
    const char *about = cli->args.flags[FLAG_FOR];
    int rc = 0;
    if (letter->has_parent) {
        return 0;
    }
    if (letter->kind->reply) {
        rc = target_find(cli, cli->args.id, letter->kind->name, &letter->parent);
    } else if (about != NULL) {
        rc = target_find(cli, about, letter->kind->name, &letter->parent);
    } else {
        return 0;
    }
    letter->has_parent = rc == 0;
    return rc;
}

/* --topic=TEXT; alone it is asked for, and may stay empty. */
static int
take_topic(struct letter *letter)
{
    struct cli *cli = letter->cli;
    const char *topic = cli->args.flags[FLAG_TOPIC];
    if (topic == NULL) {
        return 0;
    }
    size_t index = note_topic(letter->kind);
    letter->topic = true;
    if (letter->mine) {
        return cli_refuse(cli, E_USAGE, "--topic is for what your partner will see.");
    }
    if (topic[0] != '\0') {
        return note_put(&letter->note, cli, index, span_text(topic));
    }
    if (!cli_asks(cli) || letter->note.set[index]) {
        return 0;
    }
    input_guard(true);
    int rc = note_ask(&letter->note, cli, index);
    return rc == E_EMPTY ? 0 : rc;
}

/* An evening of which every line was left out says nothing. */
static int
check_any(const struct letter *letter)
{
    bool wanted = false;
    for (size_t i = 0; i < kind_fields_count(letter->kind); i++) {
        const struct kind_field *field = &letter->kind->fields[i];
        wanted = wanted || ((field->required || field->asked) && field->fallback == 0);
    }
    return wanted && !note_any_set(&letter->note) ? E_EMPTY : 0;
}

int
gather_all(struct letter *letter)
{
    bool asks = cli_asks(letter->cli);
    int rc = take_parent(letter);
    if (rc == 0) {
        rc = note_put_options(&letter->note, letter->cli);
    }
    if (rc == 0) {
        rc = take_give(letter);
    }
    if (rc == 0 && !asks) {
        rc = gather_rest(letter);
    }
    if (rc == 0) {
        rc = gather_line(letter);
    }
    if (rc == 0 && asks) {
        rc = gather_rest(letter);
    }
    if (rc == 0) {
        rc = check_any(letter);
    }
    return rc == 0 ? take_topic(letter) : rc;
}

int
gather_again(struct letter *letter)
{
    struct cli *cli = letter->cli;
    if (!kind_is_form(letter->kind)) {
        int rc = edit_text(letter);
        return rc == E_EMPTY
                   ? cli_refuse(cli, E_REFUSED, "It was empty; nothing changed.")
                   : rc;
    }
    cli_tell(cli, "Enter leaves a line as it is.");
    for (size_t i = 0; i < kind_fields_count(letter->kind); i++) {
        const struct kind_field *field = &letter->kind->fields[i];
        int rc =
            field->asked && note_is_text(field) ? note_ask(&letter->note, cli, i) : 0;
        if (rc != 0 && rc != E_EMPTY) {
            return rc;
        }
    }
    return 0;
}
