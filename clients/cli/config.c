/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Config: the options, read and set in the file itself, so that it works without attuned; a
 * running one is told to read it again.
 */
#include "clients/cli/cli.h"
#include "clients/cli/runs.h"
#include "common/error.h"

#include <string.h>

#define OPTIONS_MAX 64 /* rows of options.def; a static bound for the list */

static int
unknown(struct cli *cli, const char *name)
{
    const char *nearest = NULL;
    size_t best = 4;
    for (size_t i = 0; i < options_count(); i++) {
        size_t distance = commands_distance(name, options_row(i)->name);
        if (distance < best) {
            best = distance;
            nearest = options_row(i)->name;
        }
    }
    return nearest != NULL ? cli_refuse(cli, E_OPTION, "Did you mean: %s", nearest)
                           : E_OPTION;
}

static int
list(struct cli *cli)
{
    struct print_pair pairs[OPTIONS_MAX];
    struct buf values[OPTIONS_MAX] = {0};
    size_t count = options_count() < OPTIONS_MAX ? options_count() : OPTIONS_MAX;
    int rc = 0;
    for (size_t i = 0; i < count && rc == 0; i++) {
        rc = options_get(cli_options(cli), options_row(i)->name, &values[i]);
        pairs[i] = (struct print_pair){options_row(i)->name, buf_span(&values[i])};
    }
    if (rc == 0) {
        print_pairs(&cli->printer, "options", pairs, count);
    }
    for (size_t i = 0; i < count; i++) {
        buf_free(&values[i]);
    }
    return rc;
}

static int
get(struct cli *cli, const char *name)
{
    struct buf value;
    if (options_find(name) == NULL) {
        return unknown(cli, name);
    }
    buf_init(&value, 0);
    int rc = options_get(cli_options(cli), name, &value);
    if (rc == 0) {
        print_value(&cli->printer, "value", buf_span(&value));
    }
    buf_free(&value);
    return rc;
}

/* A running attuned reads the file again, and hears which option was set, for a reminder
 * that turned itself off is on again then; none is started for that. */
static void
tell_daemon(struct cli *cli, const char *name)
{
    struct attune *attune = NULL;
    Attune__Local__Request request;
    Attune__Local__Option option;
    attune__local__option__init(&option);
    const Attune__Local__Reply *reply = NULL;
    if (attune_open(&cli->paths, ATTUNE_NO_START, &attune) != 0) {
        return;
    }
    option.name = attune_text(name);
    attune_request(&request, "reload");
    attune_with_option(&request, &option);
    if (attune_run(attune, &request, &reply) != 0) {
        print_say(&cli->printer, "Kept; attuned takes it up when it starts again.");
    }
    attune_close(attune);
}

static int
set(struct cli *cli, const char *name, const char *value)
{
    const struct option *row = options_find(name);
    if (row == NULL) {
        return unknown(cli, name);
    }
    int rc = options_set(cli->paths.config, name, value);
    if (rc == E_OPTION) {
        return row->choices != NULL
                   ? cli_refuse(cli, rc, "%s is one of: %s.", name, row->choices)
                   : cli_refuse(cli, rc, "%s: %s", name, row->help);
    }
    if (rc == 0) {
        print_plain(&cli->printer, NULL);
        tell_daemon(cli, name);
    }
    return rc;
}

int
config_run(struct cli *cli)
{
    const struct args *args = &cli->args;
    const char *verb = args->words_count > 0 ? args->words[0] : "list";
    if (strcmp(verb, "list") == 0 && args->words_count <= 1) {
        return list(cli);
    }
    if (strcmp(verb, "get") == 0 && args->words_count == 2) {
        return get(cli, args->words[1]);
    }
    if (strcmp(verb, "set") == 0 && args->words_count == 3) {
        return set(cli, args->words[1], args->words[2]);
    }
    return cli_refuse(cli, E_USAGE, "attune config list, get NAME, or set NAME VALUE");
}
