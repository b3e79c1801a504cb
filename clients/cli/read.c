/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Read: today, agenda, log, show, find, drafts, visible. Each asks one question of attuned and hands
 * the answer to the printer.
 */
#include "clients/cli/cli.h"
#include "clients/cli/keys.h"
#include "clients/cli/runs.h"
#include "clients/cli/target.h"
#include "common/error.h"
#include "common/text.h"

#include <string.h>
#include <unistd.h>

#define LIMIT_DEFAULT 20u
#define BEGIN_COLUMNS 52u /* what the first look needs for one line */

static int
ask(struct cli *cli, const char *name, Attune__Local__Query *query,
    const Attune__Local__Reply **reply)
{
    int rc = cli_names(cli);
    return rc == 0 ? cli_query(cli, name, query, reply) : rc;
}

static int
take_limit(struct cli *cli, Attune__Local__Query *query)
{
    int64_t limit = LIMIT_DEFAULT;
    if (args_has(&cli->args, FLAG_COUNT) &&
        cli_number(cli->args.flags[FLAG_COUNT], 1, QUERY_LIMIT_MAX, &limit) != 0) {
        return cli_refuse(cli, E_USAGE, "-n takes a number from 1 to %u.",
                          QUERY_LIMIT_MAX);
    }
    query->limit = (uint32_t)limit;
    return 0;
}

static bool
same_name(struct span a, const char *b)
{
    struct buf one;
    struct buf two;
    buf_init(&one, 0);
    buf_init(&two, 0);
    text_fold(&one, a);
    text_fold(&two, span_text(b));
    bool same = one.size > 0 && buf_done(&one) == 0 && buf_done(&two) == 0 &&
                span_equal(buf_span(&one), buf_span(&two));
    buf_free(&one);
    buf_free(&two);
    return same;
}

/* --from me, --from partner, or one of the two first names in any case. */
static int
take_author(struct cli *cli, Attune__Local__Query *query)
{
    const char *from = cli->args.flags[FLAG_FROM];
    if (from == NULL) {
        return 0;
    }
    if (strcmp(from, "me") == 0 || strcmp(from, "partner") == 0) {
        query->author = attune_text(from);
        return 0;
    }
    int rc = cli_status(cli);
    if (rc != 0) {
        return rc;
    }
    if (same_name(buf_span(&cli->partner), from)) {
        query->author = attune_text("partner");
    } else if (same_name(buf_span(&cli->me), from)) {
        query->author = attune_text("me");
    } else {
        return cli_refuse(cli, E_USAGE, "--from takes me, or your partner's name.");
    }
    return 0;
}

static int
take_kind(struct cli *cli, Attune__Local__Query *query)
{
    if (cli->args.words_count > 1) {
        return cli_refuse(cli, E_USAGE,
                          "attune log takes one kind. To search: attune find");
    }
    if (cli->args.words_count == 1) {
        const struct kind *kind = kind_find(cli->args.words[0]);
        if (kind == NULL) {
            const char *near = commands_nearest(cli->args.words[0]);
            return near != NULL && kind_find(near) != NULL
                       ? cli_refuse(cli, E_KIND, "Did you mean: attune log %s", near)
                       : E_KIND;
        }
        query->kind = attune_text(kind->name);
    }
    return 0;
}

int
read_log(struct cli *cli)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    int rc = take_limit(cli, &query);
    rc = rc == 0 ? take_kind(cli, &query) : rc;
    rc = rc == 0 ? take_author(cli, &query) : rc;
    if (args_has(&cli->args, FLAG_MINE)) {
        query.reach = attune_text("mine");
    } else if (args_has(&cli->args, FLAG_OURS)) {
        query.reach = attune_text("ours");
    }
    rc = rc == 0 ? ask(cli, "list", &query, &reply) : rc;
    if (rc == 0) {
        print_entries(&cli->printer, reply);
    }
    return rc;
}

int
read_show(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_names(cli);
    rc = rc == 0 ? target_show(cli, cli->args.id, &reply) : rc;
    if (rc == 0) {
        print_show(&cli->printer, reply);
        rc = keys_after_show(cli, reply);
    }
    return rc;
}

int
read_find(struct cli *cli)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    struct buf words;
    buf_init(&words, 0);
    int rc = take_limit(cli, &query);
    if (rc == 0 && cli->args.words_count == 0) {
        if (cli_asks(cli)) {
            rc = cli_ask(cli, "Find", &words);
        } else {
            rc = cli_refuse(cli, E_USAGE, "Which words? attune find quiet");
        }
    }
    args_line(&cli->args, &words);
    rc = rc == 0 ? buf_done(&words) : rc;
    rc = rc == 0 ? text_check(buf_span(&words)) : rc;
    if (rc == 0 && text_trim(buf_span(&words)).size == 0) {
        rc = E_EMPTY;
    }
    query.text = attune_bytes(buf_span(&words));
    rc = rc == 0 ? ask(cli, "find", &query, &reply) : rc;
    if (rc == 0) {
        print_found(&cli->printer, reply);
    }
    buf_free(&words);
    return rc;
}

int
read_agenda(struct cli *cli)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    int rc = ask(cli, "agenda", &query, &reply);
    if (rc == 0) {
        print_entries(&cli->printer, reply);
    }
    return rc;
}

int
read_drafts(struct cli *cli)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    int rc = ask(cli, "drafts", &query, &reply);
    if (rc == 0) {
        print_drafts(&cli->printer, reply);
    }
    return rc;
}

int
read_visible(struct cli *cli)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_status(cli); /* whether there is a partner at all */
    rc = rc == 0 ? ask(cli, "visible", &query, &reply) : rc;
    if (rc == 0) {
        print_visible(&cli->printer, reply, cli->paired);
    }
    return rc;
}

int
read_today(struct cli *cli)
{
    /* A first look must not start a daemon for a journal that isn't there. */
    if (!cli->json && access(cli->paths.keys, F_OK) != 0 &&
        access(cli->paths.journal, F_OK) != 0) {
        print_say(&cli->printer, "A journal for you; later, if you like, for two.");
        if (cli->term.columns < BEGIN_COLUMNS) {
            print_line(&cli->printer, "Begin: attune init");
            print_line(&cli->printer, "Limits: attune help safety");
        } else {
            print_line(&cli->printer,
                       "Begin: attune init     Limits: attune help safety");
        }
        return 0;
    }
    Attune__Local__Query query;
    attune__local__query__init(&query);
    const Attune__Local__Reply *reply = NULL;
    int rc = ask(cli, "today", &query, &reply);
    if (rc == 0) {
        print_today(&cli->printer, reply);
    }
    return rc;
}
