/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Quiet: no notices for a while, by hand; the hours of every day are an option.
 */
#include "clients/cli/cli.h"
#include "clients/cli/runs.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

/* What the words ask for: none, until when it is; a time or off, to set it. */
static int
take_time(struct cli *cli, Attune__Local__Quiet *quiet)
{
    struct buf words;
    buf_init(&words, 0);
    args_line(&cli->args, &words);
    int rc = buf_done(&words);
    quiet->set = cli->args.words_count > 0;
    if (rc == 0 && quiet->set && !span_equal(buf_span(&words), span_text("off"))) {
        rc = when_duration(buf_text(&words), &quiet->lasts_s);
        if (rc != 0 || quiet->lasts_s > QUIET_S_MAX) {
            rc = cli_refuse(cli, E_TIME,
                            "attune quiet takes 30m, 2h, 1d, at most %u "
                            "days; or off.",
                            QUIET_S_MAX / (24 * 3600));
        }
    }
    buf_free(&words);
    return rc;
}

int
quiet_run(struct cli *cli)
{
    Attune__Local__Request request;
    Attune__Local__Quiet quiet;
    attune__local__quiet__init(&quiet);
    const Attune__Local__Reply *reply = NULL;
    int rc = take_time(cli, &quiet);
    attune_request(&request, "quiet");
    attune_with_quiet(&request, &quiet);
    rc = rc == 0 ? cli_names(cli) : rc; /* what time it is in a home of the demo */
    rc = rc == 0 ? cli_call_plain(cli, &request, &reply) : rc;
    if (rc == 0) {
        print_quiet(&cli->printer, reply);
    }
    return rc;
}
