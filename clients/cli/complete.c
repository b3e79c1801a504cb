/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Complete: completions for bash, zsh and fish, printed from the tables.
 *
 * The scripts know verbs, options and fixed values. They never run attune, so pressing Tab
 * starts no daemon and puts no id or word of an entry on the screen.
 */
#include "clients/cli/cli.h"
#include "clients/cli/follow.h"
#include "clients/cli/help.h"
#include "clients/cli/pager.h"
#include "clients/cli/runs.h"
#include "common/error.h"

#include <string.h>
#include <unistd.h>

/* Values a field or flag offers, space-separated, or "". */
static const char *
field_offers(const struct kind_field *field)
{
    switch (field->type) {
    case FIELD_CHOICE:
        return field->choices;
    case FIELD_TIME:
        return "today tomorrow";
    case FIELD_DURATION:
        return "30m 1h 1d 1w";
    case FIELD_CLOCK:
        return "08:00 12:00 20:00";
    case FIELD_EVERY:
        return "daily weekdays mon tue wed thu fri sat sun 2w monthly";
    case FIELD_NONE:
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_NUMBER:
    case FIELD_INNER:
        return "";
    }
    return "";
}

/* One row an option: dashes and name, whether it takes a value, what it offers, help. */
typedef void
option_fn(struct buf *out, const struct command *command, const char *name, bool letter,
          bool value, const char *offers, const char *help);

static void
each_option(struct buf *out, const struct command *command, option_fn *row)
{
    const struct kind_field *field;
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        row(out, command, field->name, false, true, field_offers(field), field->help);
    }
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        const struct flag_row *flag = commands_flag(i);
        if ((command->flags & FLAG_BIT(i)) == 0) {
            continue;
        }
        const char letter[] = {flag->letter, '\0'};
        bool short_one = flag->name[0] == '\0';
        row(out, command, short_one ? letter : flag->name, short_one,
            flag->value != NULL && !commands_flag_attached(flag),
            flag->offers != NULL ? flag->offers : "", flag->help);
    }
}

/* Fixed words a verb takes as its first, from its form: set|get|list. */
static void
put_first_words(struct buf *out, const struct command *command)
{
    if (command->run == help_run) {
        for (size_t i = 0; i < help_topics_count(); i++) {
            buf_printf(out, "%s ", help_topics_at(i)->name);
        }
        for (size_t i = 0; i < commands_count(); i++) {
            buf_printf(out, "%s ", commands_at(i).name);
        }
        return;
    }
    if (command->run == read_log) {
        for (size_t i = 0; i < kind_count(); i++) {
            if (!kind_at(i)->hidden) {
                buf_printf(out, "%s ", kind_at(i)->name);
            }
        }
        return;
    }
    if (command->run == watch_run) {
        for (size_t i = 0; follow_topic(i) != NULL; i++) {
            buf_printf(out, "%s ", follow_topic(i));
        }
        return;
    }
    if (command->kind != NULL && command->kind->fields[0].type == FIELD_CHOICE) {
        buf_printf(out, "%s ", command->kind->fields[0].choices);
        return;
    }
    const char *form = command->form != NULL ? command->form : "";
    if (form[0] >= 'a' && form[0] <= 'z') { /* lower case: words as they are */
        for (; *form != '\0'; form++) {
            buf_put_u8(out, *form == '|' ? ' ' : (uint8_t)*form);
        }
    }
}

/* -- bash -- */

static void
bash_option(struct buf *out, const struct command *command, const char *name,
            bool letter, bool value, const char *offers, const char *help)
{
    (void)command;
    (void)value;
    (void)offers;
    (void)help;
    buf_printf(out, "%s%s ", letter ? "-" : "--", name);
}

static void
bash_value(struct buf *out, const struct command *command, const char *name,
           bool letter, bool value, const char *offers, const char *help)
{
    (void)help;
    if (value) {
        buf_printf(out, "    %s:%s%s) words='%s' ;;\n", command->name,
                   letter ? "-" : "--", name, offers);
    }
}

static void
put_bash(struct buf *out)
{
    buf_put_text(out,
                 "# attune completions for bash, printed by: attune complete bash\n"
                 "_attune() {\n"
                 "  local cur=${COMP_WORDS[COMP_CWORD]} words=\n"
                 "  local prev=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n"
                 "  COMPREPLY=()\n"
                 "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
                 "    words='");
    for (size_t i = 0; i < commands_count(); i++) {
        buf_printf(out, "%s ", commands_at(i).name);
    }
    buf_put_text(out, "'\n  else case $verb:$prev in\n");
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        each_option(out, &command, bash_value);
    }
    buf_put_text(out, "    *) case $verb in\n");
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        buf_printf(out, "      %s) words='", command.name);
        each_option(out, &command, bash_option);
        put_first_words(out, &command);
        buf_put_text(out, "' ;;\n");
    }
    buf_put_text(out, "    esac ;;\n  esac; fi\n"
                      "  COMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
                      "}\n"
                      "complete -F _attune attune\n");
}

/* -- zsh -- */

/* Within single quotes and the brackets of _arguments and _describe. */
static void
put_zsh_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            buf_put_text(out, "'\\''");
        } else if (strchr("[]:\\", *text) != NULL) {
            buf_printf(out, "\\%c", *text);
        } else {
            buf_put_u8(out, (uint8_t)*text);
        }
    }
}

static void
zsh_option(struct buf *out, const struct command *command, const char *name,
           bool letter, bool value, const char *offers, const char *help)
{
    (void)command;
    buf_printf(out, " \\\n        '%s%s[", letter ? "-" : "--", name);
    put_zsh_text(out, help != NULL ? help : "");
    buf_put_u8(out, ']');
    if (value) {
        buf_printf(out, ":%s:", name);
        if (offers[0] != '\0') {
            buf_printf(out, "(%s)", offers);
        }
    }
    buf_put_u8(out, '\'');
}

static void
put_zsh(struct buf *out)
{
    buf_put_text(out, "#compdef attune\n"
                      "# attune completions for zsh, printed by: attune complete zsh\n"
                      "_attune() {\n"
                      "  local -a verbs\n"
                      "  verbs=(\n");
    for (size_t i = 0; i < commands_count(); i++) {
        buf_printf(out, "    '%s:", commands_at(i).name);
        put_zsh_text(out, commands_at(i).help);
        buf_put_text(out, "'\n");
    }
    buf_put_text(out, "  )\n"
                      "  if (( CURRENT == 2 )); then\n"
                      "    _describe verb verbs\n"
                      "    return\n"
                      "  fi\n"
                      "  local verb=$words[2]\n"
                      "  shift words\n"
                      "  (( CURRENT-- ))\n"
                      "  case $verb in\n");
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        struct buf first;
        buf_init(&first, 0);
        put_first_words(&first, &command);
        buf_printf(out, "    %s)\n      _arguments", command.name);
        each_option(out, &command, zsh_option);
        if (first.size > 0) {
            buf_printf(out, " \\\n        '1:word:(%s)'", buf_text(&first));
        }
        buf_put_text(out, " \\\n        '*: :'\n      ;;\n");
        buf_free(&first);
    }
    buf_put_text(out, "  esac\n"
                      "}\n"
                      "if [ \"$funcstack[1]\" = _attune ]; then\n"
                      "  _attune \"$@\"\n"
                      "else\n"
                      "  compdef _attune attune\n"
                      "fi\n");
}

/* -- fish -- */

static void
put_fish_text(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'' || *text == '\\') {
            buf_put_u8(out, '\\');
        }
        buf_put_u8(out, (uint8_t)*text);
    }
}

static void
fish_option(struct buf *out, const struct command *command, const char *name,
            bool letter, bool value, const char *offers, const char *help)
{
    buf_printf(out, "complete -c attune -n '__fish_seen_subcommand_from %s' %s %s",
               command->name, letter ? "-s" : "-l", name);
    buf_put_text(out, value ? " -x" : "");
    if (offers[0] != '\0') {
        buf_printf(out, " -a '%s'", offers);
    }
    buf_put_text(out, " -d '");
    put_fish_text(out, help != NULL ? help : "");
    buf_put_text(out, "'\n");
}

static void
put_fish(struct buf *out)
{
    buf_put_text(out,
                 "# attune completions for fish, printed by: attune complete fish\n"
                 "complete -c attune -f\n");
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        struct buf first;
        buf_init(&first, 0);
        buf_printf(out, "complete -c attune -n __fish_use_subcommand -a %s -d '",
                   command.name);
        put_fish_text(out, command.help);
        buf_put_text(out, "'\n");
        put_first_words(&first, &command);
        if (first.size > 0) {
            buf_printf(out,
                       "complete -c attune -n '__fish_seen_subcommand_from %s' "
                       "-a '%s'\n",
                       command.name, buf_text(&first));
        }
        each_option(out, &command, fish_option);
        buf_free(&first);
    }
}

static const struct {
    const char *name;
    void (*put)(struct buf *out);
} shells[] = {
    {"bash", put_bash},
    {"zsh", put_zsh},
    {"fish", put_fish},
};

int
complete_run(struct cli *cli)
{
    struct buf out;
    buf_init(&out, 0);
    int rc = E_USAGE;
    for (size_t i = 0; i < sizeof shells / sizeof shells[0]; i++) {
        if (cli->args.words_count == 1 &&
            strcmp(cli->args.words[0], shells[i].name) == 0) {
            shells[i].put(&out);
            rc = buf_done(&out);
        }
    }
    rc = rc == E_USAGE ? cli_refuse(cli, rc, "attune complete bash, zsh or fish") : rc;
    rc = rc == 0 ? pager_write(STDOUT_FILENO, buf_span(&out)) : rc;
    buf_free(&out);
    return rc;
}
