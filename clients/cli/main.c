/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attune: the command line.
 *
 * The model: arguments are taken out of sight, parsed against the tables, and one function
 * runs. Its result is printed, or its error; the exit status follows from the error alone.
 * To add a verb: a kind in common/kinds, or a row in commands.def.
 */
#include "clients/cli/cli.h"
#include "clients/cli/runs.h"
#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

/* Texts and passphrases pass through here; none of it goes into a core dump. */
static void
harden(void)
{
    (void)umask(077);
    (void)setenv("TZ", ":/etc/localtime", 0); /* else libc looks at the file at each use */
#ifndef ATTUNE_SANITIZE /* the leak checker needs to trace its own process */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/* Whether --json stands there, for errors of arguments that could not be parsed. */
static bool
wants_json(int argc, const char *const *argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            return true;
        }
    }
    return false;
}

static int
finish(struct cli *cli, int error)
{
    int status = error_exit(error);
    if (error != 0 && !cli->printed) {
        const char *hint = cli->hint[0] != '\0' ? cli->hint : NULL;
        bool alone = hint != NULL && cli->hint_alone;
        status = print_failure(&cli->printer, error, alone ? hint : NULL,
                               alone ? "" : hint, cli->failed);
    }
    int rc = cli_flush(cli);
    return error == 0 && rc != 0 ? error_exit(rc) : status;
}

static int
run(struct cli *cli, int argc, const char *const *argv)
{
    struct args args = {0};
    struct args_problem problem = {0};
    int error = args_parse(argc, argv, &args, &problem);
    if (error != 0 && wants_json(argc, argv)) {
        args.flags[FLAG_JSON] = "";
    }
    int ready = cli_init(cli, &args);
    if (error != 0) {
        return finish(cli, cli_refuse(cli, error, "%s %s", problem.why, problem.hint));
    }
    if (ready == 0 || (args.command.flags & COMMAND_OFFLINE) != 0) {
        ready = args.command.run != NULL ? args.command.run(cli) : read_today(cli);
    }
    return finish(cli, ready);
}

int
main(int argc, char **argv)
{
    static struct cli cli;
    struct buf block;
    const char *const *words = NULL;
    harden();
    buf_init(&block, 0);
    if (args_take(argc, argv, &block, &words) != 0) {
        (void)fputs("attune: There is not enough memory.\n", stderr);
        return EXIT_RESOURCE;
    }
    int status = run(&cli, argc, words);
    cli_done(&cli);
    buf_free(&block);
    return status;
}
