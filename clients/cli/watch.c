/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Watch: what changes at attuned, a line each, for scripts.
 *
 * The model: only that a topic changed is said, never what. The first answer names every
 * topic and is swallowed; so what changes from the moment of the start is heard, and after
 * a restart of attuned what may have changed meanwhile.
 */
#include "clients/cli/cli.h"
#include "clients/cli/follow.h"
#include "clients/cli/runs.h"
#include "common/error.h"

static int
refuse_topic(struct cli *cli)
{
    struct buf list;
    buf_init(&list, 0);
    for (size_t i = 0; follow_topic(i) != NULL; i++) {
        buf_printf(&list, "%s%s", i > 0 ? ", " : "", follow_topic(i));
    }
    int rc = buf_done(&list);
    rc = rc == 0 ? cli_refuse_alone(cli, E_USAGE, "The topics are %s.", buf_text(&list))
                 : rc;
    buf_free(&list);
    return rc;
}

int
watch_run(struct cli *cli)
{
    struct follow follow = {0};
    enum follow_event event = FOLLOW_BEGUN;
    const Attune__Local__Reply *reply = NULL;
    int rc = follow_init(&follow, &cli->paths, cli->args.words, cli->args.words_count,
                         ATTUNE_START);
    if (rc == E_USAGE) {
        return refuse_topic(cli);
    }
    while (rc == 0 && event != FOLLOW_OVER) {
        rc = follow_next(&follow, 0, &event, &reply);
        if (rc == 0 && event == FOLLOW_NEWS) {
            print_topics(&cli->printer, reply);
            rc = cli_flush(cli);
        }
    }
    follow_done(&follow);
    return rc;
}
