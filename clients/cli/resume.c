/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/resume.h"

#include "clients/cli/input.h"
#include "common/error.h"
#include "common/when.h"

#include <string.h>
#include <sys/random.h>

/* The verb alone, typed by a person: options say something new. */
static bool
is_bare(const struct cli *cli)
{
    bool bare = cli->args.words_count == 0 && cli->args.fields_count == 0 &&
                cli->args.id == NULL;
    for (unsigned i = 0; i < FLAGS_COUNT; i++) {
        bool kept = i == FLAG_HOLD || i == FLAG_MINE || i == FLAG_OURS;
        bare = bare && (kept || cli->args.flags[i] == NULL);
    }
    return bare && cli_asks(cli);
}

static bool
is_fresh(const struct cli *cli, const Attune__Local__Entry *entry)
{
    return cli->now_s - entry->created < WHEN_DAY_S;
}

/* The newest of its kind, or NULL. */
static const Attune__Local__Entry *
find(struct letter *letter, const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    Attune__Local__Query query;
    attune__local__query__init(&query);
    attune_request(&request, "drafts");
    attune_with_query(&request, &query);
    if (cli_status(letter->cli) != 0 ||
        cli_call_plain(letter->cli, &request, reply) != 0) {
        letter->cli->failed = NULL;
        return NULL; /* closed, or worse: writing tells */
    }
    for (size_t i = 0; i < (*reply)->n_entries; i++) {
        const Attune__Local__Entry *entry = (*reply)->entries[i];
        if (strcmp(entry->kind, letter->kind->name) == 0 && entry->n_fields > 0 &&
            entry->id.len == ID_BYTES && is_fresh(letter->cli, entry)) {
            return entry;
        }
    }
    return NULL;
}

static int
ask(struct cli *cli, const Attune__Local__Entry *draft, bool *yes)
{
    struct buf line;
    buf_init(&line, 0);
    buf_put_text(&line, "A draft of ");
    when_format(&line, draft->created, cli->now_s);
    buf_put_text(&line, " is there.");
    cli_tell(cli, buf_text(&line));
    buf_clear(&line);
    int rc = cli_ask(cli, "Go on with it? [Y/n]", &line);
    *yes = line.size == 0 || line.data[0] == 'y' || line.data[0] == 'Y';
    buf_free(&line);
    return rc == E_EMPTY ? E_STOPPED : rc;
}

int
resume_draft(struct letter *letter)
{
    struct cli *cli = letter->cli;
    const Attune__Local__Reply *reply = NULL;
    bool yes = false;
    if (!is_bare(cli) || letter->kind->fields[0].fallback != 0) {
        return 0;
    }
    const Attune__Local__Entry *draft = find(letter, &reply);
    int rc = draft != NULL ? ask(cli, draft, &yes) : 0;
    if (rc != 0 || !yes) {
        return rc;
    }
    rc = note_take(&letter->note, draft->fields, draft->n_fields);
    memcpy(letter->draft_id, draft->id.data, ID_BYTES);
    letter->resumed = true;
    letter->topic = note_topic(letter->kind) < FIELDS_MAX &&
                    letter->note.set[note_topic(letter->kind)];
    if (draft->parent.len == ID_BYTES) {
        memcpy(letter->parent.id, draft->parent.data, ID_BYTES);
        letter->parent.partner = draft->parent_partner;
        letter->has_parent = true;
    }
    input_guard(true);
    return rc;
}

void
resume_done(const struct letter *letter)
{
    Attune__Local__Request request;
    Attune__Local__Act act;
    attune__local__act__init(&act);
    uint8_t number[REQUEST_BYTES];
    if (!letter->resumed || !letter->safe ||
        getrandom(number, sizeof number, 0) != (ssize_t)sizeof number) {
        return;
    }
    act.id = attune_bytes(span_of(letter->draft_id, ID_BYTES));
    act.act = attune_text("retract");
    act.request = attune_bytes(span_of(number, sizeof number));
    attune_request(&request, "act");
    attune_with_act(&request, &act);
    /* That it stays is no harm: attune drafts shows it. */
    (void)!cli_call_plain(letter->cli, &request, NULL);
    letter->cli->failed = NULL;
}
