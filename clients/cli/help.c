/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/help.h"

#include "clients/cli/cli.h"
#include "clients/cli/layout.h"
#include "clients/cli/pager.h"
#include "clients/cli/runs.h"
#include "common/error.h"
#include "common/when.h"

#include <string.h>
#include <unistd.h>

#define PAGE_AT 34u /* where the right column of the page begins */
#define VERB_AT 24u

static void
page_row(struct buf *out, size_t columns, const struct command *command)
{
    struct buf left;
    buf_init(&left, 0);
    buf_put_text(&left, command->name);
    buf_put_u8(&left, ' ');
    commands_form(command, &left);
    if (left.size > 0 && left.data[left.size - 1] == ' ') {
        left.size--;
    }
    layout_pair(out, columns, 2, PAGE_AT, buf_text(&left), command->help);
    buf_free(&left);
}

static void
page_group(struct buf *out, size_t columns, enum group group)
{
    bool begun = false;
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        if (command.group != group || command.inner) {
            continue;
        }
        if (!begun) {
            layout_text(out, columns, 0, commands_group_title(group));
            begun = true;
        }
        page_row(out, columns, &command);
    }
}

void
help_page(struct buf *out, size_t columns)
{
    layout_pair(out, columns, 0, PAGE_AT, "attune", "today, in at most seven lines");
    for (unsigned group = 0; group < GROUPS_COUNT; group++) {
        page_group(out, columns, group);
    }
    layout_text(out, columns, 0, "TOPICS");
    for (size_t i = 0; i < help_topics_count(); i++) {
        struct buf left;
        buf_init(&left, 0);
        buf_printf(&left, "help %s", help_topics_at(i)->name);
        layout_pair(out, columns, 2, PAGE_AT, buf_text(&left), help_topics_at(i)->help);
        buf_free(&left);
    }
    buf_put_u8(out, '\n');
    layout_text(
        out, columns, 0,
        "An ID is the first letters of an entry's id, or @last; left out, it is the "
        "only entry that fits. `--` ends the options. attune help VERB shows "
        "examples.");
}

void
help_sentence(struct buf *out, const char *help)
{
    static const char more[] = "…";
    size_t size = strlen(help);
    bool ends =
        size >= sizeof more - 1 && strcmp(help + size - (sizeof more - 1), more) == 0;
    buf_printf(out, "%s%s", help, ends ? "" : ".");
}

/* `attune VERB` before each line; an empty line is the verb alone. */
static void
put_lines(struct buf *out, const char *verb, const char *text)
{
    while (text != NULL) {
        size_t size = strcspn(text, "\n");
        buf_printf(out, "  attune%s%s%s%.*s\n", *verb == '\0' ? "" : " ", verb,
                   size > 0 ? " " : "", (int)size, text);
        text = text[size] == '\n' ? text + size + 1 : NULL;
    }
}

/* A value of the field as it may be typed. */
static void
put_example(struct buf *out, const struct kind_field *field)
{
    const char *help = field->help != NULL ? field->help : "";
    if (field->type == FIELD_DURATION) {
        when_format_duration(out, field->fallback != 0 ? field->fallback : field->min);
    } else if (kind_field_is_text(field)) {
        buf_put_text(out, "\"…\"");
    } else { /* its help begins with an example up to the comma */
        buf_put(out, help, strcspn(help, ","));
    }
}

static void
put_examples(struct buf *out, const struct command *command)
{
    if (command->kind != NULL) {
        put_lines(out, command->name, command->kind->example);
        return;
    }
    if (command->examples != NULL) {
        put_lines(out, "", command->examples);
        return;
    }
    const struct kind_field *field;
    buf_printf(out, "  attune %s\n  attune %s 7qa\n", command->name, command->name);
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        buf_printf(out, "  attune %s 7qa --%s ", command->name, field->name);
        put_example(out, field);
        buf_put_u8(out, '\n');
    }
}

static void
put_field(struct buf *out, size_t columns, const struct kind_field *field)
{
    struct buf left;
    struct buf right;
    buf_init(&left, 0);
    buf_init(&right, 0);
    buf_printf(&left, "--%s ", field->name);
    commands_field_value(field, &left);
    buf_put_text(&right, field->help != NULL ? field->help : "");
    buf_put_text(&right, field->required && field->fallback == 0
                             ? "; asked for when left out"
                             : "");
    layout_pair(out, columns, 2, VERB_AT, buf_text(&left), buf_text(&right));
    buf_free(&left);
    buf_free(&right);
}

static void
put_flag(struct buf *out, size_t columns, const struct flag_row *row)
{
    struct buf left;
    buf_init(&left, 0);
    if (row->name[0] != '\0') {
        buf_printf(&left, "--%s", row->name);
    } else {
        buf_printf(&left, "-%c", row->letter);
    }
    if (row->value != NULL) {
        buf_printf(&left, "%s%s", commands_flag_attached(row) ? "" : " ", row->value);
    }
    layout_pair(out, columns, 2, VERB_AT, buf_text(&left), row->help);
    buf_free(&left);
}

/* What the words after the verb are. */
static void
put_line_help(struct buf *text, const struct kind *kind)
{
    const struct kind_field *first = &kind->fields[0];
    size_t rest = commands_rest(kind);
    if (first->type == FIELD_CHOICE) {
        buf_put_text(text, "The first word is one of ");
        for (const char *at = first->choices; *at != '\0'; at++) {
            buf_put_text(text, *at == ' ' ? ", " : (char[]){*at, '\0'});
        }
        buf_printf(text, " (%s).", first->help);
    } else if (first->type == FIELD_DURATION) {
        buf_printf(text, "The line is a time, %s", first->help);
        if (first->fallback != 0) {
            buf_put_text(text, "; left out, it is ");
            when_format_duration(text, first->fallback);
        }
        buf_put_text(text, ".");
    } else if (first->required) {
        buf_printf(text,
                   "The line is %s, at most %u %s; left out, it is asked for, or read "
                   "from a pipe.",
                   first->help,
                   first->chars_max != 0 ? first->chars_max : kind_field_bytes_max(first),
                   first->chars_max != 0 ? "characters" : "bytes");
    } else if (first->asked) {
        buf_put_text(text, "Each is asked for in turn; Enter skips it.");
    } else {
        buf_printf(text, "The line is %s, at most %u bytes.", first->help,
                   kind_field_bytes_max(first));
    }
    if (rest != 0) {
        buf_printf(text, " What follows is %s.", kind->fields[rest].help);
    }
}

/* What a kind's row says in words: its line, its reach, its hold. */
static void
put_kind(struct buf *out, size_t columns, const struct kind *kind)
{
    struct buf text;
    buf_init(&text, 0);
    put_line_help(&text, kind);
    if (kind->mine || !kind->shareable) {
        buf_put_text(&text, " It is yours alone unless you say --ours.");
    } else if (!kind->for_two) {
        buf_put_text(&text, " It is for both of you unless you say --mine.");
    }
    if (kind->shareable && kind->hold_s > 0) {
        buf_put_text(&text, " What you share waits ");
        when_format_duration(&text, (int64_t)kind->hold_s);
        buf_put_text(&text, " for attune undo before it leaves.");
    } else if (kind->shareable) {
        buf_put_text(&text, " It leaves at once.");
    }
    buf_put_u8(out, '\n');
    layout_text(out, columns, 2, buf_text(&text));
    buf_free(&text);
}

/* What can be done with it afterwards, and by whom. */
static void
put_acts(struct buf *out, size_t columns, const struct kind *kind)
{
    static const char *const who[] = {
        [WHO_AUTHOR] = "; by who wrote it",
        [WHO_PARTNER] = "; by the other",
        [WHO_EITHER] = "",
    };
    bool begun = false;
    const struct kind_act *act;
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL; i++) {
        struct buf left;
        struct buf right;
        if (act->by_itself) {
            continue;
        }
        layout_text(out, columns, 2, begun ? "" : "\nThen:");
        begun = true;
        buf_init(&left, 0);
        buf_init(&right, 0);
        buf_put_text(&left, act->name);
        if (act->asks != NULL) {
            buf_printf(&left, act->optional ? " [--%s " : " --%s ", act->asks);
            commands_field_value(kind_field(kind, act->asks), &left);
            buf_put_text(&left, act->optional ? "]" : "");
        }
        buf_printf(&right, "%s%s", act->help, who[act->who]);
        layout_pair(out, columns, 2, VERB_AT, buf_text(&left), buf_text(&right));
        buf_free(&left);
        buf_free(&right);
    }
}

static void
put_notes(struct buf *out, size_t columns, const char *const *lines)
{
    for (; lines != NULL && *lines != NULL; lines++) {
        if (**lines == ' ') {
            buf_printf(out, "%s\n", *lines);
        } else {
            buf_put_u8(out, '\n');
            layout_text(out, columns, 2, *lines);
        }
    }
}

void
help_verb(struct buf *out, size_t columns, const struct command *command)
{
    put_examples(out, command);
    buf_put_u8(out, '\n');
    struct buf line;
    buf_init(&line, 0);
    help_sentence(&line, command->help);
    layout_text(out, columns, 2, buf_text(&line));
    buf_free(&line);
    if (command->kind != NULL) {
        put_kind(out, columns, command->kind);
        put_acts(out, columns, command->kind);
    }
    bool begun = false;
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        buf_put_text(out, begun ? "" : "\n");
        begun = true;
        put_field(out, columns, field);
    }
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        if ((command->flags & FLAG_BIT(i)) != 0) {
            buf_put_text(out, begun ? "" : "\n");
            begun = true;
            put_flag(out, columns, commands_flag(i));
        }
    }
    put_notes(out, columns, help_notes(command->name));
}

static int
put_help(struct cli *cli, struct buf *out)
{
    struct command command;
    size_t columns = cli->term.columns > 100 ? 100 : cli->term.columns;
    if (cli->args.words_count == 0) {
        help_page(out, columns);
        return 0;
    }
    const char *word = cli->args.words[0];
    for (size_t i = 0; i < help_topics_count(); i++) {
        if (strcmp(help_topics_at(i)->name, word) == 0) {
            help_topics_at(i)->show(out, columns);
            return 0;
        }
    }
    if (commands_find(word, &command)) {
        help_verb(out, columns, &command);
        return 0;
    }
    const char *near = commands_nearest(word);
    return near != NULL ? cli_refuse(cli, E_USAGE,
                                     "There is no such verb. Did you mean: attune help "
                                     "%s",
                                     near)
                        : cli_refuse(cli, E_USAGE,
                                     "There is no such verb. attune help lists them.");
}

int
help_run(struct cli *cli)
{
    struct buf out;
    buf_init(&out, 0);
    int rc = cli->args.words_count > 1
                 ? cli_refuse(cli, E_USAGE, "attune help takes one verb.")
                 : put_help(cli, &out);
    rc = rc == 0 ? buf_done(&out) : rc;
    if (rc == 0) {
        rc = pager_show(buf_span(&out), &cli->term, cli_options(cli)->pager);
    }
    buf_free(&out);
    return rc;
}

int
help_version(struct cli *cli)
{
    (void)cli;
    return pager_write(STDOUT_FILENO, span_text("attune " ATTUNE_VERSION "\n"));
}
