/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/letter.h"

#include "common/error.h"

#include <string.h>
#include <sys/random.h>

#define KEPT "What you wrote is kept as a draft: attune drafts"

int
letter_init(struct letter *letter, struct cli *cli, const struct kind *kind)
{
    *letter = (struct letter){.cli = cli, .kind = kind};
    note_init(&letter->note, kind);
    letter->by_default =
        !args_has(&cli->args, FLAG_MINE) && !args_has(&cli->args, FLAG_OURS);
    letter->mine = letter->by_default ? kind->mine || !kind->shareable
                                      : args_has(&cli->args, FLAG_MINE);
    if (getrandom(letter->id, ID_BYTES, 0) != ID_BYTES) {
        return E_IO;
    }
    return cli_hold(cli, !letter->mine && kind->hold_s > 0, &letter->hold_s);
}

void
letter_done(struct letter *letter)
{
    note_done(&letter->note);
}

int
letter_ready(struct cli *cli)
{
    int rc = cli_status(cli);
    if (rc == 0 && !cli->exists) {
        return E_NO_HOME;
    }
    return rc == 0 && cli->locked ? cli_unlock(cli) : rc;
}

static int
send_once(struct letter *letter, bool draft, const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    entry.id = attune_bytes(span_of(letter->id, ID_BYTES));
    entry.kind = attune_text(letter->kind->name);
    entry.mine = letter->mine;
    /* "default": ours becomes mine by itself while nobody is paired. */
    entry.state = attune_text(letter->by_default ? "default" : "");
    entry.hold_s = letter->hold_s;
    entry.give = letter->give_s;
    entry.topic = letter->topic;
    entry.draft = draft;
    entry.n_fields = note_fields(&letter->note, fields, pointers);
    entry.fields = pointers;
    if (letter->has_parent) {
        entry.parent = attune_bytes(span_of(letter->parent.id, ID_BYTES));
        entry.parent_partner = letter->parent.partner;
    }
    attune_request(&request, "create");
    attune_with_entry(&request, &entry);
    return cli_call(letter->cli, &request, reply);
}

int
letter_send(struct letter *letter, bool draft, const Attune__Local__Reply **reply)
{
    struct cli *cli = letter->cli;
    const Attune__Local__Reply *got = NULL;
    int rc = send_once(letter, draft, &got);
    if (rc == E_AMBIGUOUS && got != NULL && letter->kind->joins &&
        !letter->has_parent) {
        rc = target_choose(cli, got, &letter->parent);
        letter->has_parent = rc == 0;
        if (rc == E_AMBIGUOUS) {
            print_candidates(&cli->printer, got);
            return cli_refuse(cli, rc, "Which of them? attune %s --for ID.",
                              letter->kind->name);
        }
        rc = rc == 0 ? send_once(letter, draft, &got) : rc;
    }
    if (rc == 0) {
        *reply = got;
    }
    return rc;
}

/* What is said already stays, and that the text is kept comes after it. */
static int
say_kept(struct cli *cli, int why)
{
    char said[CLI_HINT_BYTES];
    size_t size = strlen(cli->hint);
    if (why == E_LIMIT || why == E_CONFIRM || why == E_NOT_PAIRED) {
        return why; /* their own words say it */
    }
    if (strstr(cli->hint, KEPT) != NULL) {
        return why;
    }
    bool alone = size > 0 && cli->hint_alone;
    memcpy(said, cli->hint, size + 1);
    why = cli_refuse(cli, why, "%.*s%s%s", (int)(sizeof said - sizeof KEPT - 1), said,
                     size > 0 ? " " : "", KEPT);
    cli->hint_alone = alone;
    return why;
}

int
letter_keep(struct letter *letter, int why)
{
    struct cli *cli = letter->cli;
    const Attune__Local__Reply *reply = NULL;
    int rc = letter_send(letter, true, &reply);
    if (rc != 0) {
        cli->hint[0] = '\0';
        note_give_back(&letter->note, cli);
        return rc;
    }
    letter->safe = true;
    cli->failed = NULL;
    return say_kept(cli, why);
}

/* How long a pause is; the daemon fills in what was left out. */
static int64_t
pause_s(const struct letter *letter)
{
    if (!letter->kind->pauses) {
        return 0;
    }
    return letter->note.set[0] ? letter->note.numbers[0]
                               : letter->kind->fields[0].fallback;
}

/* Whether what could not be saved is worth a draft: always, when it was typed and attuned
 * is there to keep it; words of the command are in the shell still. */
static bool
may_keep(const struct letter *letter, int error)
{
    int status = error_exit(error);
    bool refused =
        status == EXIT_REFUSED || status == EXIT_USAGE || status == EXIT_NO_ENTRY;
    return error == E_LIMIT || error == E_NOT_PAIRED || error == E_AMBIGUOUS ||
           error == E_STOPPED || error == E_EMPTY ||
           (refused && note_any_typed(&letter->note));
}

int
letter_save(struct letter *letter)
{
    struct cli *cli = letter->cli;
    const Attune__Local__Reply *reply = NULL;
    int rc = note_check(&letter->note);
    if (!cli->json && (letter->kind->pauses || letter->has_parent)) {
        /* What time it is in a demo home; why it is kept mine. */
        (void)!cli_status(cli);
    }
    if (rc == 0) {
        rc = letter_send(letter, false, &reply);
    }
    if (rc == 0) {
        letter->safe = true;
        Attune__Local__Reply told = *reply;
        if (told.hint[0] != '\0' && !cli_options(cli)->hint_share) {
            told.hint = attune_text(""); /* not wanted */
        }
        print_created(&cli->printer, &told, letter->mine,
                      letter->has_parent && cli->paired, letter->kind, pause_s(letter));
        return 0;
    }
    rc = note_time_refused(&letter->note, cli, rc);
    if (may_keep(letter, rc) && note_any_set(&letter->note)) {
        return letter_keep(letter, rc);
    }
    note_give_back(&letter->note, cli);
    return rc;
}
