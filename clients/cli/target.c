/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/target.h"

#include "common/error.h"

#include <string.h>

#define CANDIDATES_MAX 10u /* more would not be read */

static int
show_once(struct cli *cli, const char *typed, const Attune__Local__Reply **reply)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    struct id_range range;
    if (typed == NULL || strcmp(typed, "@last") == 0) {
        query.last = true;
    } else {
        int rc = id_parse_prefix(span_text(typed), &range);
        if (rc != 0) {
            return rc;
        }
        query.id_low = attune_bytes(span_of(range.lo, ID_BYTES));
        query.id_high = attune_bytes(span_of(range.hi, ID_BYTES));
    }
    return cli_query(cli, "show", &query, reply);
}

/* Shows what fits and reads more letters into `line`. */
static int
ask_which(struct cli *cli, const Attune__Local__Reply *candidates, struct buf *line)
{
    if (!cli_talks(cli)) {
        return E_AMBIGUOUS;
    }
    print_entries(&cli->printer, candidates);
    cli->printer.page = false; /* the question follows at once */
    buf_clear(line);
    int rc = cli_ask(cli, "Which one", line);
    if (rc == E_EMPTY) {
        return cli_refuse(cli, E_STOPPED, "Nothing was changed."); /* Ctrl-D */
    }
    return rc == 0 && line->size == 0 ? E_EMPTY : rc;
}

static int
show_with(struct cli *cli, const char *typed, struct buf *line,
          const Attune__Local__Reply **reply)
{
    const Attune__Local__Reply *got = NULL;
    int rc = show_once(cli, typed, &got);
    /* Each round needs a person's answer, so it ends when they do. */
    while (rc == E_AMBIGUOUS && got != NULL) {
        rc = ask_which(cli, got, line);
        if (rc == 0) {
            got = NULL;
            rc = show_once(cli, buf_text(line), &got);
        }
    }
    if (rc == 0 && (got == NULL || got->n_entries == 0)) {
        rc = E_NO_ENTRY;
    }
    if (rc == 0) {
        *reply = got;
    }
    return rc;
}

int
target_show(struct cli *cli, const char *typed, const Attune__Local__Reply **reply)
{
    struct buf line;
    buf_init(&line, 0);
    int rc = show_with(cli, typed, &line, reply);
    buf_free(&line);
    return rc;
}

int
target_show_entry(struct cli *cli, const struct target *target,
                  const Attune__Local__Reply **reply)
{
    char id[ID_CHARS + 1];
    id_text(target->id, id);
    return target_show(cli, id, reply);
}

int
target_take(const Attune__Local__Entry *entry, struct target *out)
{
    if (entry->id.len != ID_BYTES) {
        return E_PROTOCOL;
    }
    memcpy(out->id, entry->id.data, ID_BYTES);
    out->partner = entry->partner;
    out->draft = strcmp(entry->state, state_name(S_DRAFT)) == 0;
    out->kind = kind_find(entry->kind);
    return 0;
}

int
target_choose(struct cli *cli, const Attune__Local__Reply *candidates,
              struct target *out)
{
    const Attune__Local__Reply *reply = NULL;
    struct buf line;
    struct buf more;
    buf_init(&line, 0);
    buf_init(&more, 0);
    int rc = ask_which(cli, candidates, &line);
    rc = rc == 0 ? show_with(cli, buf_text(&line), &more, &reply) : rc;
    rc = rc == 0 ? target_take(reply->entries[0], out) : rc;
    buf_free(&line);
    buf_free(&more);
    return rc;
}

int
target_which(struct cli *cli, const Attune__Local__Reply *candidates, const char *verb,
             struct target *out)
{
    int rc = target_choose(cli, candidates, out);
    cli->failed = rc == E_AMBIGUOUS ? candidates : NULL;
    return rc == E_AMBIGUOUS ? cli_refuse(cli, rc, "Say which: attune %s ID", verb)
                             : rc;
}

/* The entries that can take the act now; `reply` has at least one. */
static int
list_for(struct cli *cli, const char *act, const Attune__Local__Reply **reply)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    query.act = attune_text(act);
    query.limit = CANDIDATES_MAX;
    int rc = cli_query(cli, "list", &query, reply);
    if (rc == 0 && (*reply)->n_entries == 0) {
        return cli_refuse_alone(cli, E_NO_ENTRY, "Nothing here can take %s now.", act);
    }
    return rc;
}

int
target_find(struct cli *cli, const char *typed, const char *act, struct target *out)
{
    const Attune__Local__Reply *reply = NULL;
    int rc =
        typed == NULL ? list_for(cli, act, &reply) : target_show(cli, typed, &reply);
    if (rc == 0 && typed == NULL && reply->n_entries > 1) {
        return target_which(cli, reply, act, out);
    }
    return rc == 0 ? target_take(reply->entries[0], out) : rc;
}
