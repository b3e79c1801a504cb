/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/asked.h"

#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/when.h"

#include <stdio.h>
#include <string.h>

enum { WAITING_MAX = 8, LISTED_MAX = 50 };

void
asked_init(struct asked *asked)
{
    *asked = (struct asked){0};
    buf_init(&asked->text, 0);
}

void
asked_done(struct asked *asked)
{
    buf_free(&asked->text);
    *asked = (struct asked){0};
}

static int
request(struct cli *cli, const char *name, const char *kind,
        const Attune__Local__Reply **reply)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    query.kind = attune_text(kind);
    query.limit = LISTED_MAX;
    return cli_query(cli, name, &query, reply);
}

int
asked_days(struct cli *cli, const Attune__Local__Reply **reply)
{
    return request(cli, "questions", "", reply);
}

/* -- an entry that asks -- */

/* The one that is shown. */
static int
take_entry(struct cli *cli, const Attune__Local__Reply *reply, struct asked *out)
{
    int rc = target_take(reply->entries[0], &out->parent);
    if (rc == 0 && (out->parent.kind == NULL || !out->parent.kind->asks)) {
        return cli_refuse_alone(cli, E_NO_ENTRY,
                                "That is no question. attune log %s lists them.",
                                kind_that_asks()->name);
    }
    if (rc == 0) {
        const Attune__Local__Entry *entry = reply->entries[0];
        const Attune__Local__Field *text = attune_field(
            entry->fields, entry->n_fields, out->parent.kind->fields[0].name);
        buf_put_span(&out->text,
                     text != NULL ? attune_span(text->text) : (struct span){0});
        rc = buf_done(&out->text);
    }
    return rc;
}

struct waiting {
    uint8_t ids[WAITING_MAX][ID_BYTES];
    size_t count;
};

static bool
waits(const struct waiting *waiting, const Attune__Local__Entry *entry)
{
    for (size_t i = 0; i < waiting->count; i++) {
        if (entry->id.len == ID_BYTES &&
            memcmp(waiting->ids[i], entry->id.data, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

/* Those that wait for this person's answer. */
static int
find_waiting(struct cli *cli, struct waiting *out)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = request(cli, "today", "", &reply);
    out->count = 0;
    for (size_t i = 0; rc == 0 && i < reply->n_entries && out->count < WAITING_MAX;
         i++) {
        const Attune__Local__Entry *entry = reply->entries[i];
        const struct kind *kind = kind_find(entry->kind);
        bool turn = strcmp(entry->why, "turn") == 0 || strcmp(entry->why, "new") == 0;
        if (kind != NULL && kind->asks && turn && entry->id.len == ID_BYTES) {
            memcpy(out->ids[out->count++], entry->id.data, ID_BYTES);
        }
    }
    return rc;
}

/* `today` has no words; who chooses needs them. */
static int
choose(struct cli *cli, const struct waiting *waiting, struct target *out)
{
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Entry *entries[WAITING_MAX];
    int rc = request(cli, "list", kind_that_asks()->name, &reply);
    if (rc != 0) {
        return rc;
    }
    Attune__Local__Reply some = *reply;
    some.entries = entries;
    some.n_entries = 0;
    for (size_t i = 0; i < reply->n_entries && some.n_entries < WAITING_MAX; i++) {
        if (waits(waiting, reply->entries[i])) {
            entries[some.n_entries++] = reply->entries[i];
        }
    }
    rc = target_choose(cli, &some, out);
    if (rc == E_AMBIGUOUS) {
        print_candidates(&cli->printer, &some);
        return cli_refuse(cli, rc, "Say which: attune %s ID \"…\"",
                          cli->args.command.name);
    }
    return rc;
}

/* False in *found when none waits. */
static int
find_question(struct cli *cli, struct asked *out, bool *found)
{
    struct waiting waiting;
    struct target target = {0};
    const Attune__Local__Reply *reply = NULL;
    int rc = find_waiting(cli, &waiting);
    *found = rc == 0 && waiting.count > 0;
    if (!*found) {
        return rc;
    }
    memcpy(target.id, waiting.ids[0], ID_BYTES);
    rc = waiting.count > 1 ? choose(cli, &waiting, &target) : 0;
    rc = rc == 0 ? target_show_entry(cli, &target, &reply) : rc;
    return rc == 0 ? take_entry(cli, reply, out) : rc;
}

/* -- the question of a day -- */

static bool
is_open(const Attune__Local__Question *question)
{
    return !question->answered && !question->skipped && question->round.len == ID_BYTES;
}

static bool
is_today(const struct cli *cli, const Attune__Local__Question *question)
{
    int64_t day = 0;
    return when_parse_day(span_text(question->day), &day) != 0 ||
           day >= when_local_day(cli->now_s);
}

static int
take(const Attune__Local__Question *question, struct asked *out)
{
    memcpy(out->parent.id, question->round.data, ID_BYTES);
    out->alone = question->alone;
    buf_put_span(&out->text, attune_span(question->text));
    return buf_done(&out->text);
}

/* Somebody is there to see from which day it is, and has written nothing yet. */
static bool
may_show(const struct cli *cli)
{
    return cli_talks(cli) && cli->args.words_count == 0;
}

static int
take_older(struct cli *cli, const Attune__Local__Question *question, struct asked *out)
{
    if (may_show(cli)) {
        (void)snprintf(out->day, sizeof out->day, "%s", question->day);
        return take(question, out);
    }
    return cli_refuse_alone(
        cli, E_ALREADY,
        "Today's question is settled. One of the days before is still "
        "open; attune answer shows it first.");
}

static int
find_open(struct cli *cli, struct asked *out)
{
    const Attune__Local__Reply *reply = NULL;
    bool found = false;
    int rc = cli_status(cli); /* for what day it is in a demo home */
    rc = rc == 0 ? asked_days(cli, &reply) : rc;
    for (size_t i = 0; rc == 0 && i < reply->n_questions; i++) {
        if (is_today(cli, reply->questions[i]) && is_open(reply->questions[i])) {
            return take(reply->questions[i], out);
        }
    }
    rc = rc == 0 ? find_question(cli, out, &found) : rc;
    if (rc != 0 || found) {
        return rc;
    }
    rc = asked_days(cli, &reply); /* the reply before is gone */
    for (size_t i = 0; rc == 0 && i < reply->n_questions; i++) {
        if (is_open(reply->questions[i])) {
            return take_older(cli, reply->questions[i], out);
        }
    }
    return rc == 0 ? cli_refuse_alone(cli, E_NO_ENTRY, NOTHING_ASKED,
                                      kind_that_asks()->name)
                   : rc;
}

/* `attune answer oranges` looks like an id and is none: words have no digits, and the day's
 * question is what people answer without thinking of ids. */
static bool
take_as_word(struct cli *cli)
{
    struct args *args = &cli->args;
    if (strpbrk(args->id, "0123456789@") != NULL ||
        args->words_count == ARGS_WORDS_MAX) {
        return false;
    }
    memmove(&args->words[1], &args->words[0],
            args->words_count * sizeof args->words[0]);
    args->words[0] = args->id;
    args->words_count++;
    args->id = NULL;
    cli->failed = NULL;
    cli->hint[0] = '\0';
    return true;
}

int
asked_find(struct cli *cli, struct asked *out)
{
    if (cli->args.id != NULL) {
        const Attune__Local__Reply *reply = NULL;
        int rc = target_show(cli, cli->args.id, &reply);
        rc = rc == 0 ? take_entry(cli, reply, out) : rc;
        if (rc != E_NO_ENTRY || !take_as_word(cli)) {
            return rc;
        }
    }
    return find_open(cli, out);
}
