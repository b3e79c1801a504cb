/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Man: attune(1), printed as roff from the tables. See man(7).
 */
#include "clients/cli/cli.h"
#include "clients/cli/help.h"
#include "clients/cli/pager.h"
#include "clients/cli/runs.h"
#include "common/error.h"

#include <string.h>
#include <unistd.h>

/* A character beyond ASCII as \[u2026], which every roff understands; the tables hold none
 * of four bytes. Returns its last byte. */
static const char *
put_wide(struct buf *out, const char *text)
{
    const uint8_t *at = (const uint8_t *)text;
    if (at[0] >= 0xe0 && at[1] != 0 && at[2] != 0) {
        buf_printf(
            out, "\\[u%04X]",
            (unsigned)((at[0] & 0x0f) << 12 | (at[1] & 0x3f) << 6 | (at[2] & 0x3f)));
        return text + 2;
    }
    if (at[1] != 0) {
        buf_printf(out, "\\[u%04X]", (unsigned)((at[0] & 0x1f) << 6 | (at[1] & 0x3f)));
        return text + 1;
    }
    return text;
}

/* Text of a line: no backslash, dash or leading dot is taken for roff. */
static void
put_roff(struct buf *out, const char *text)
{
    bool start = true;
    for (; *text != '\0'; text++) {
        if (start && (*text == '.' || *text == '\'')) {
            buf_put_text(out, "\\&");
        }
        start = *text == '\n';
        if (*text == '\\') {
            buf_put_text(out, "\\e");
        } else if (*text == '-') {
            buf_put_text(out, "\\-");
        } else if ((uint8_t)*text >= 0x80) {
            text = put_wide(out, text);
        } else {
            buf_put_u8(out, (uint8_t)*text);
        }
    }
}

static void
put_term(struct buf *out, const char *term, const char *text)
{
    buf_put_text(out, ".TP\n.B ");
    put_roff(out, term);
    buf_put_text(out, "\n");
    put_roff(out, text);
    buf_put_text(out, "\n");
}

static void
put_options(struct buf *out, const struct command *command)
{
    const struct kind_field *field;
    struct buf line;
    buf_init(&line, 0);
    for (size_t i = 0; (field = commands_field(command, i)) != NULL; i++) {
        buf_printf(&line, "%s--%s ", line.size > 0 ? ", " : "", field->name);
        commands_field_value(field, &line);
    }
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        const struct flag_row *flag = commands_flag(i);
        if ((command->flags & FLAG_BIT(i)) != 0) {
            const char letter[] = {flag->letter, '\0'};
            bool short_one = flag->name[0] == '\0';
            buf_printf(&line, "%s%s%s", line.size > 0 ? ", " : "",
                       short_one ? "-" : "--", short_one ? letter : flag->name);
        }
    }
    if (line.size > 0) {
        buf_put_text(out, ".br\nOptions: ");
        put_roff(out, buf_text(&line));
        buf_put_text(out, "\n");
    }
    buf_free(&line);
}

/* Lines that are kept stand together, unfilled. */
static void
put_notes(struct buf *out, const char *const *lines)
{
    bool kept = false;
    for (; lines != NULL && *lines != NULL; lines++) {
        if ((**lines == ' ') != kept) {
            kept = !kept;
            buf_put_text(out, kept ? ".nf\n" : ".fi\n");
        }
        buf_put_text(out, kept ? "" : ".IP\n");
        put_roff(out, *lines);
        buf_put_u8(out, '\n');
    }
    buf_put_text(out, kept ? ".fi\n" : "");
}

static void
put_verbs(struct buf *out)
{
    for (unsigned group = 0; group < GROUPS_COUNT; group++) {
        bool begun = false;
        for (size_t i = 0; i < commands_count(); i++) {
            struct command command = commands_at(i);
            if (command.group != group) {
                continue;
            }
            if (!begun) {
                buf_printf(out, ".SS \"%s\"\n", commands_group_title(group));
                begun = true;
            }
            struct buf term;
            struct buf text;
            buf_init(&term, 0);
            buf_init(&text, 0);
            buf_printf(&term, "attune %s ", command.name);
            commands_form(&command, &term);
            help_sentence(&text, command.help);
            put_term(out, buf_text(&term), buf_text(&text));
            put_options(out, &command);
            put_notes(out, help_notes(command.name));
            buf_free(&term);
            buf_free(&text);
        }
    }
}

static void
put_flags(struct buf *out)
{
    buf_put_text(out, ".SH OPTIONS\nEach verb takes those named with it.\n");
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        const struct flag_row *flag = commands_flag(i);
        const char letter[] = {flag->letter, '\0'};
        bool short_one = flag->name[0] == '\0';
        struct buf term;
        buf_init(&term, 0);
        buf_printf(&term, "%s%s", short_one ? "-" : "--",
                   short_one ? letter : flag->name);
        if (flag->value != NULL) {
            buf_printf(&term, "%s%s", commands_flag_attached(flag) ? "" : " ",
                       flag->value);
        }
        put_term(out, buf_text(&term), flag->help);
        buf_free(&term);
    }
}

static void
put_error(void *context, int error)
{
    struct buf *out = context;
    struct buf text;
    buf_init(&text, 0);
    buf_printf(&text, "(%d) %s", error_exit(error), error_text(error));
    put_term(out, error_name(error), buf_text(&text));
    buf_free(&text);
}

static void
put_configuration(struct buf *out)
{
    buf_put_text(out, ".SH CONFIGURATION\n");
    for (size_t i = 0; i < options_count(); i++) {
        put_term(out, options_row(i)->name, options_row(i)->help);
    }
}

static void
put_tail(struct buf *out)
{
    buf_put_text(out, ".SH \"EXIT STATUS\"\n");
    for (size_t i = 0; help_topics_exit(i) != NULL; i++) {
        const char number[] = {(char)('0' + i), '\0'};
        put_term(out, number, help_topics_exit(i));
    }
    put_term(out, "130", help_topics_stopped);
    buf_put_text(out, ".SH ERRORS\nStable codes, with the exit status of each.\n");
    error_each(put_error, out);
    buf_put_text(out, ".SH FILES\n");
    put_term(out, "$XDG_DATA_HOME/attune/",
             "journal, keys and anchor; sealed. Default "
             "~/.local/share/attune.");
    put_term(out, "$XDG_CONFIG_HOME/attune/config",
             "options. Default ~/.config/attune.");
    put_term(out, "$XDG_STATE_HOME/attune/",
             "logs without content. Default "
             "~/.local/state/attune.");
    put_term(out, "$XDG_RUNTIME_DIR/attune/api.sock", "where attuned listens.");
    buf_put_text(out, ".SH ENVIRONMENT\n");
    put_term(out, "XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR",
             "where the folders lie; two people may share a machine by these alone.");
    put_term(out, "VISUAL, EDITOR",
             "the editor of -e, unless the option says otherwise.");
    put_term(out, "ATTUNE_PAGER, PAGER, NO_COLOR, COLUMNS",
             "how long output is shown.");
    put_term(out, "TZ", "the zone in which days and times are read and shown.");
    buf_put_text(out, ".SH \"SEE ALSO\"\n.BR attuned (8)\n");
}

static void
put_page(struct buf *out)
{
    buf_put_text(
        out,
        ".TH ATTUNE 1 \"\" \"attune " ATTUNE_VERSION "\" \"attune\"\n"
        ".SH NAME\n"
        "attune \\- a private companion for two people\n"
        ".SH SYNOPSIS\n"
        ".B attune\n[\\fIVERB\\fR [\\fIID\\fR] [\\fIline\\fR] "
        "[\\fB\\-\\-field\\fR \\fIvalue\\fR]...]\n"
        ".SH DESCRIPTION\n"
        "attune keeps a journal for you and, if you like, for two: small habits "
        "that keep a\ncouple close. The journal is encrypted on your laptop and "
        "goes end to end to your\npartner's; nobody is in the middle. Without a "
        "verb it shows today.\n.PP\n"
        "Verbs and options are exact words. An\n.I ID\nis the first letters of an "
        "entry's id, or\n.BR @last ;\nleft out, it is the only entry that fits. A "
        "text is given as the line, at a prompt,\nin an editor or through a pipe. "
        "What leaves is confirmed at a terminal; without one it\nleaves only with\n"
        ".BR \\-\\-yes .\nDays are written as people say them: friday, tomorrow "
        "18:30, 2027\\-05\\-01, 20m.\n"
        ".SH VERBS\n");
    put_verbs(out);
    put_flags(out);
    put_configuration(out);
    put_tail(out);
}

int
man_run(struct cli *cli)
{
    struct buf out;
    if (cli->args.words_count != 1 || strcmp(cli->args.words[0], "attune") != 0) {
        return cli_refuse(cli, E_USAGE, "attune man attune");
    }
    buf_init(&out, 0);
    put_page(&out);
    int rc = buf_done(&out);
    rc = rc == 0 ? pager_write(STDOUT_FILENO, buf_span(&out)) : rc;
    buf_free(&out);
    return rc;
}
