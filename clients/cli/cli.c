/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/cli.h"

#include "clients/cli/input.h"
#include "clients/cli/pinentry.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define UNLOCK_TRIES 3

int
cli_init(struct cli *cli, const struct args *args)
{
    cli->args = *args;
    cli->json = args_has(args, FLAG_JSON);
    cli->now_s = (int64_t)time(NULL);
    /* Colour matters at a terminal only; scripts are spared reading the options. */
    unsigned colour = COLOR_AUTO;
    int rc = paths_find(&cli->paths);
    if (rc == 0 && isatty(STDOUT_FILENO)) {
        colour = cli_options(cli)->color;
    }
    term_look(colour, &cli->term);
    print_init(&cli->printer, cli->json, &cli->term, cli->now_s);
    return rc;
}

void
cli_done(struct cli *cli)
{
    attune_close(cli->attune);
    cli->attune = NULL;
    buf_free(&cli->me);
    buf_free(&cli->partner);
    print_done(&cli->printer);
}

const struct options *
cli_options(struct cli *cli)
{
    if (cli->options_read) {
        return &cli->options;
    }
    size_t bad_line = 0;
    cli->options_read = true;
    options_defaults(&cli->options);
    /* Without a home there is nothing to read: help works all the same. */
    if (cli->paths.config[0] != '\0' &&
        options_load(cli->paths.config, &cli->options, &bad_line) != 0) {
        (void)fprintf(
            stderr,
            "attune: The configuration file is not understood (line %zu); the "
            "defaults are used.\n",
            bad_line);
    }
    return &cli->options;
}

int
cli_refuse(struct cli *cli, int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(cli->hint, sizeof cli->hint, format, list);
    va_end(list);
    cli->hint_alone = false;
    return error;
}

int
cli_refuse_alone(struct cli *cli, int error, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    (void)vsnprintf(cli->hint, sizeof cli->hint, format, list);
    va_end(list);
    cli->hint_alone = true;
    return error;
}

/* -- the daemon -- */

int
cli_call_plain(struct cli *cli, Attune__Local__Request *request,
               const Attune__Local__Reply **reply)
{
    const Attune__Local__Reply *got = NULL;
    int rc = 0;
    cli->failed = NULL;
    if (cli->attune == NULL) {
        rc = attune_open(&cli->paths, ATTUNE_START, &cli->attune);
    }
    if (rc == 0) {
        rc = attune_run(cli->attune, request, &got);
    }
    if (rc != 0) {
        cli->failed = got;
    }
    if (reply != NULL && (rc == 0 || got != NULL)) {
        *reply = got;
    }
    return rc;
}

int
cli_call(struct cli *cli, Attune__Local__Request *request,
         const Attune__Local__Reply **reply)
{
    int rc = cli_call_plain(cli, request, reply);
    if ((rc != E_LOCKED && rc != E_CLOSED) || !cli_asks(cli)) {
        return rc;
    }
    rc = cli_unlock(cli);
    return rc == 0 ? cli_call_plain(cli, request, reply) : rc;
}

int
cli_query(struct cli *cli, const char *name, Attune__Local__Query *query,
          const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    attune_with_query(&request, query);
    return cli_call(cli, &request, reply);
}

static int
take_status(struct cli *cli, const Attune__Local__Reply *reply)
{
    const Attune__Local__Status *status = reply->status;
    if (status == NULL) {
        return E_PROTOCOL;
    }
    cli->exists = status->exists;
    cli->locked = status->locked;
    cli->closed = status->closed;
    cli->paired = status->paired;
    cli->verified = status->verified;
    cli->behind = status->behind;
    if (status->now != 0) { /* a home of the demo, whose clock is played */
        cli->now_s = status->now;
        cli->printer.now_s = status->now;
    }
    buf_free(&cli->me);
    buf_free(&cli->partner);
    buf_put_span(&cli->me, attune_span(status->name));
    buf_put_span(&cli->partner, attune_span(status->partner_name));
    print_names(&cli->printer, buf_span(&cli->me), buf_span(&cli->partner));
    cli->status_known = true;
    return 0;
}

int
cli_status(struct cli *cli)
{
    if (cli->status_known) {
        return 0;
    }
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    attune_request(&request, "status");
    int rc = cli_call_plain(cli, &request, &reply);
    return rc == 0 ? take_status(cli, reply) : rc;
}

int
cli_names(struct cli *cli)
{
    return cli->json ? 0 : cli_status(cli);
}

static int
unlock_with(struct cli *cli, const struct buf *passphrase)
{
    Attune__Local__Request request;
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    const Attune__Local__Reply *reply = NULL;
    secret.passphrase = attune_bytes(buf_span(passphrase));
    attune_request(&request, "unlock");
    attune_with_secret(&request, &secret);
    int rc = cli_call_plain(cli, &request, &reply);
    return rc == 0 ? take_status(cli, reply) : rc;
}

/* From the person: in a window where that is wanted, else here. */
static int
ask_passphrase(struct cli *cli, struct pinentry *pinentry, bool again, struct buf *out)
{
    static const char wrong[] = "That does not open it.";
    int rc = cli_flush(cli);
    if (rc == 0 && pinentry != NULL) {
        rc = pinentry_ask(pinentry, again ? wrong : NULL, out);
        return rc == E_STOPPED ? cli_refuse(cli, rc, "Nothing was opened.") : rc;
    }
    if (again) {
        input_show("  ");
        input_show(wrong);
        input_show("\n");
    }
    return rc == 0 ? input_hidden("Passphrase", out) : rc;
}

/* Asks, and tries what it got. */
static int
unlock_asking(struct cli *cli, struct buf *passphrase)
{
    struct pinentry *pinentry = NULL;
    int rc = E_PASSPHRASE;
    if (args_has(&cli->args, FLAG_PINENTRY)) {
        rc = pinentry_new(&pinentry);
        rc = rc == 0 ? E_PASSPHRASE : rc;
    } else if (!cli_asks(cli)) {
        return cli_options(cli)->unlock_command[0] == '\0'
                   ? E_LOCKED
                   : cli_refuse(cli, E_LOCKED,
                                "unlock-command did not open it, and there is no "
                                "terminal to ask at.");
    }
    for (int tries = 0; rc == E_PASSPHRASE && tries < UNLOCK_TRIES; tries++) {
        buf_clear(passphrase);
        rc = ask_passphrase(cli, pinentry, tries > 0, passphrase);
        rc = rc == 0 ? unlock_with(cli, passphrase) : rc;
    }
    pinentry_free(pinentry);
    return args_has(&cli->args, FLAG_PINENTRY) && rc == E_LOCKED
               ? cli_refuse(cli, rc, "pinentry could not ask. Is one installed, such as "
                                     "pinentry-gnome3 or pinentry-qt?")
               : rc;
}

int
cli_unlock(struct cli *cli)
{
    struct buf passphrase;
    const char *command = cli_options(cli)->unlock_command;
    int rc = E_PASSPHRASE;
    buf_init(&passphrase, PASSPHRASE_BYTES_MAX);
    if (command[0] != '\0') {
        rc = input_command(command, PASSPHRASE_BYTES_MAX, &passphrase);
        rc = rc == 0 ? unlock_with(cli, &passphrase) : E_PASSPHRASE;
    }
    if (rc == E_PASSPHRASE) {
        rc = unlock_asking(cli, &passphrase);
    }
    buf_free(&passphrase);
    return rc;
}

const char *
cli_partner(struct cli *cli)
{
    if (cli->partner.size == 0) {
        return "your partner";
    }
    struct buf clean;
    buf_init(&clean, 0);
    text_sanitize(&clean, buf_span(&cli->partner), TEXT_LINE);
    if (buf_done(&clean) == 0) {
        buf_free(&cli->partner);
        cli->partner = clean;
        print_names(&cli->printer, buf_span(&cli->me), buf_span(&cli->partner));
    } else {
        buf_free(&clean);
    }
    return buf_text(&cli->partner);
}

struct lookup {
    const char *name;
    int error;
};

static void
match_error(void *context, int error)
{
    struct lookup *lookup = context;
    if (strcmp(error_name(error), lookup->name) == 0) {
        lookup->error = error;
    }
}

int
cli_error(const char *name)
{
    struct lookup lookup = {name, E_INTERNAL};
    error_each(match_error, &lookup);
    return lookup.error;
}

/* -- the person -- */

bool
cli_asks(const struct cli *cli)
{
    return cli->term.in && (cli->term.err || (cli->term.out && !cli->json));
}

bool
cli_talks(const struct cli *cli)
{
    return cli_asks(cli) && !cli->json;
}

int
cli_flush(struct cli *cli)
{
    const char *pager = cli->printer.page ? cli_options(cli)->pager : NULL;
    return print_flush(&cli->printer, &cli->term, pager);
}

void
cli_tell(struct cli *cli, const char *text)
{
    if (!cli->json) {
        print_say(&cli->printer, "%s", text);
    }
    if (cli_flush(cli) == 0 && cli->json) {
        input_show("  ");
        input_show(text);
        input_show("\n");
    }
}

int
cli_ask(struct cli *cli, const char *prompt, struct buf *out)
{
    struct buf line;
    buf_init(&line, 0);
    int rc = cli_flush(cli);
    if (rc == 0) {
        rc = input_line(prompt, &line);
    }
    if (rc == 0 || rc == E_LIMIT || rc == E_STOPPED) {
        buf_put_span(out, text_trim(buf_span(&line)));
        rc = rc == 0 ? buf_done(out) : rc;
    }
    buf_free(&line);
    return rc;
}

bool
cli_agrees(struct cli *cli, const char *question)
{
    struct buf line;
    buf_init(&line, 0);
    bool yes = false;
    if (cli_flush(cli) == 0) {
        input_show("  ");
        input_show(question);
        input_show(" [y/N] ");
        if (input_secret(STDIN_FILENO, INPUT_LINE_BYTES_MAX, &line) == 0) {
            struct span answer = text_trim(buf_span(&line));
            yes = span_equal(answer, span_text("y")) ||
                  span_equal(answer, span_text("Y")) ||
                  span_equal(answer, span_text("yes"));
        }
    }
    buf_free(&line);
    return yes;
}

int
cli_number(const char *text, int64_t min, int64_t max, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max) {
        return E_USAGE;
    }
    *out = number;
    return 0;
}

int
cli_hold(struct cli *cli, bool by_default, uint32_t *out_s)
{
    int64_t hold_s = 0;
    if (args_has(&cli->args, FLAG_HOLD)) {
        if (when_duration(cli->args.flags[FLAG_HOLD], &hold_s) != 0 ||
            hold_s > HOLD_S_MAX) {
            return cli_refuse(cli, E_TIME, "--hold takes 0, 30s, 15m, at most a day.");
        }
    } else if (by_default) {
        hold_s = cli_options(cli)->hold_s;
        hold_s = hold_s > HOLD_S_MAX ? HOLD_S_MAX : hold_s;
    }
    *out_s = (uint32_t)hold_s;
    return 0;
}

int
cli_descriptor(struct cli *cli, enum flag flag, int *out)
{
    int64_t number = 0;
    if (cli_number(cli->args.flags[flag], 0, 1 << 20, &number) != 0) {
        return cli_refuse(cli, E_USAGE, "--%s takes the number of an open descriptor.",
                          commands_flag(flag)->name);
    }
    *out = (int)number;
    return 0;
}
