/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write: the verb of every kind, from its row alone.
 *
 * The model: fields are gathered (options, the line, a pipe, an editor, prompts), the
 * person confirms what leaves, one request saves it. A kind of one line is its own preview;
 * a longer one is shown once, exactly as the partner will see it.
 * Invariants: a text that reached us is saved as the person wished, kept as a draft, or
 * given back on the screen: never dropped in silence. Without a terminal nothing leaves
 * unless --yes stands there. What is typed is asked for only after attuned answered.
 * To add a kind: common/kinds; nothing here.
 */
#include "clients/cli/cli.h"
#include "clients/cli/editor.h"
#include "clients/cli/input.h"
#include "clients/cli/note.h"
#include "clients/cli/pager.h"
#include "clients/cli/runs.h"
#include "clients/cli/target.h"
#include "common/error.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define PROMPT_COLUMNS 44u /* what the longest question needs */

enum source {
    SOURCE_ARGUMENT, /* the shell has it still */
    SOURCE_ELSEWHERE,
};

struct letter {
    struct cli *cli;
    const struct kind *kind;
    struct note note;
    enum source source;
    struct target parent; /* of a reply */
    bool has_parent;
    uint8_t id[ID_BYTES]; /* made once: a repeated request returns the first result */
    bool mine;            /* as asked for now; m in the preview sets it */
    bool by_default;      /* neither --mine nor --ours */
    uint32_t hold_s;
};

/* Before anybody types: attuned answers, there is a journal, it isn't locked. */
static int
make_ready(struct cli *cli)
{
    int rc = cli_status(cli);
    if (rc == 0 && !cli->exists) {
        return E_NO_HOME;
    }
    return rc == 0 && cli->locked ? cli_unlock(cli) : rc;
}

/* -- gathering -- */

static int
edit_text(struct letter *letter)
{
    struct cli *cli = letter->cli;
    struct buf text;
    buf_init(&text, 0);
    int rc = make_ready(cli);
    if (rc == 0) {
        rc = editor_run(cli->paths.runtime_dir, cli_options(cli)->editor,
                        buf_span(&letter->note.texts[0]), PAYLOAD_BYTES_MAX, &text);
    }
    if (rc == E_RUNTIME_DIR) {
        rc = cli_refuse(cli, E_RUNTIME_DIR,
                        "There is no folder in memory for the editor's file, and it is "
                        "never put on a disk. Write at the prompt or through a pipe.");
    }
    if (rc == E_REFUSED) {
        rc = cli_refuse(cli, E_REFUSED,
                        "The editor ended with an error; nothing changed.");
    }
    if (rc == 0) {
        rc = note_put(&letter->note, cli, 0, buf_span(&text));
        letter->source = SOURCE_ELSEWHERE;
    }
    buf_free(&text);
    return rc;
}

static int
put_line(struct letter *letter)
{
    struct buf line;
    buf_init(&line, 0);
    args_line(&letter->cli->args, &line);
    int rc = buf_done(&line);
    if (rc == 0) {
        rc = note_put(&letter->note, letter->cli, 0, buf_span(&line));
    }
    buf_free(&line);
    return rc;
}

static int
read_pipe(struct letter *letter)
{
    struct buf text;
    buf_init(&text, 0);
    letter->source = SOURCE_ELSEWHERE;
    int rc = input_all(STDIN_FILENO, PAYLOAD_BYTES_MAX, &text);
    if (rc == 0) {
        rc = note_put(&letter->note, letter->cli, 0, buf_span(&text));
    } else if (rc == E_LIMIT) {
        (void)cli_refuse(letter->cli, E_LIMIT,
                         "That is too long even for a draft; nothing was saved.");
    }
    buf_free(&text);
    return rc;
}

static int
ask_text(struct letter *letter)
{
    struct cli *cli = letter->cli;
    letter->source = SOURCE_ELSEWHERE;
    int rc = make_ready(cli);
    if (rc == 0 && !letter->mine && cli->paired && letter->kind->mine) {
        print_say(&cli->printer, "%s will see this.", cli_partner(cli));
    }
    return rc == 0 ? note_ask(&letter->note, cli, 0) : rc;
}

static int
gather_text(struct letter *letter)
{
    struct cli *cli = letter->cli;
    bool line = cli->args.words_count > 0;
    int rc = line ? put_line(letter) : 0;
    if (rc == 0 && args_has(&cli->args, FLAG_EDITOR)) {
        if (!cli_asks(cli)) {
            return cli_refuse(cli, E_USAGE, "-e needs a terminal.");
        }
        return edit_text(letter);
    }
    if (rc != 0 || line) {
        return rc;
    }
    if (!cli->term.in) {
        return read_pipe(letter);
    }
    return cli_asks(cli) ? ask_text(letter)
                         : cli_refuse(cli, E_USAGE,
                                      "There is no text, and no terminal "
                                      "to ask for it.");
}

/* The other fields. Without a terminal, a missing one is told before anything is read. */
static int
gather_rest(struct letter *letter)
{
    struct cli *cli = letter->cli;
    for (size_t i = 1; i < kind_fields_count(letter->kind); i++) {
        const struct kind_field *field = &letter->kind->fields[i];
        if (letter->note.set[i] || !(field->required || field->asked)) {
            continue;
        }
        if (!cli_asks(cli)) {
            if (field->required) {
                return cli_refuse(cli, E_USAGE, "--%s is missing: %s.", field->name,
                                  field->help);
            }
            continue;
        }
        int rc = note_ask(&letter->note, cli, i);
        if (rc != 0 && !(rc == E_EMPTY && !field->required)) {
            return rc;
        }
    }
    return 0;
}

static int
gather(struct letter *letter)
{
    int rc = 0;
    if (letter->kind->reply) {
        rc = target_find(letter->cli, letter->cli->args.id, letter->kind->name,
                         &letter->parent);
        letter->has_parent = rc == 0;
    }
    if (rc == 0) {
        rc = note_put_options(&letter->note, letter->cli);
    }
    if (rc == 0 && !cli_asks(letter->cli)) {
        rc = gather_rest(letter);
    }
    if (rc == 0) {
        rc = gather_text(letter);
    }
    if (rc == 0 && cli_asks(letter->cli)) {
        rc = gather_rest(letter);
    }
    return rc;
}

/* -- saving -- */

static int
create(struct letter *letter, bool draft)
{
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    const Attune__Local__Reply *reply = NULL;
    entry.id = attune_bytes(span_of(letter->id, ID_BYTES));
    entry.kind = attune_text(letter->kind->name);
    entry.mine = letter->mine;
    /* "default": ours becomes mine by itself while nobody is paired. */
    entry.state = attune_text(letter->by_default ? "default" : "");
    entry.hold_s = letter->hold_s;
    entry.draft = draft;
    entry.n_fields = note_fields(&letter->note, fields, pointers);
    entry.fields = pointers;
    if (letter->has_parent) {
        entry.parent = attune_bytes(span_of(letter->parent.id, ID_BYTES));
        entry.parent_partner = letter->parent.partner;
    }
    attune_request(&request, "create");
    attune_with_entry(&request, &entry);
    int rc = cli_call(letter->cli, &request, &reply);
    if (rc == 0 && !draft) {
        print_created(&letter->cli->printer, reply, letter->mine);
    }
    return rc;
}

/* The last resort: the text goes back to where the person sees it, and nowhere else. */
static void
give_back(struct letter *letter)
{
    struct buf text;
    if (letter->source == SOURCE_ARGUMENT || !letter->note.set[0]) {
        return;
    }
    buf_init(&text, 0);
    buf_put_text(&text, "  It could not be saved. This is what you wrote:\n\n");
    text_sanitize(&text, buf_span(&letter->note.texts[0]), TEXT_BLOCK);
    buf_put_text(&text, "\n\n");
    int fd = letter->cli->json ? STDERR_FILENO : STDOUT_FILENO;
    (void)!cli_flush(letter->cli);
    (void)!pager_write(fd, buf_span(&text));
    buf_free(&text);
}

/* Keeps the text as a draft and returns `why`, or why even that failed. */
static int
keep_draft(struct letter *letter, int why)
{
    int rc = create(letter, true);
    if (rc != 0) {
        letter->cli->hint[0] = '\0';
        give_back(letter);
        return rc;
    }
    letter->cli->failed = NULL;
    return why;
}

static int
save(struct letter *letter)
{
    int rc = note_check(&letter->note);
    if (rc == 0) {
        rc = create(letter, false);
    }
    if (rc == E_LIMIT || rc == E_NOT_PAIRED) {
        return keep_draft(letter, rc);
    }
    if (rc != 0) {
        give_back(letter);
    }
    return rc;
}

/* -- confirming -- */

static void
preview(struct letter *letter)
{
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    entry.kind = attune_text(letter->kind->name);
    entry.state = attune_text(state_name(S_OPEN));
    entry.created = letter->cli->now_s;
    entry.n_fields = note_fields(&letter->note, fields, pointers);
    entry.fields = pointers;
    print_say(&letter->cli->printer,
              "This is exactly what %s will see:", cli_partner(letter->cli));
    print_preview(&letter->cli->printer, &entry);
}

/* 0: goes on, sent or kept mine; E_REFUSED: neither (Ctrl-D). */
static int
confirm_preview(struct letter *letter)
{
    struct cli *cli = letter->cli;
    struct buf line;
    buf_init(&line, 0);
    int rc = 0;
    bool decided = false;
    preview(letter);
    while (rc == 0 && !decided) {
        buf_clear(&line);
        rc = cli_ask(cli,
                     cli->term.columns < PROMPT_COLUMNS
                         ? "Enter sends, e edits, m: mine"
                         : "Enter sends, e edits, m keeps it mine",
                     &line);
        const char *answer = rc == 0 ? buf_text(&line) : "";
        if (rc == 0 && answer[0] == '\0') {
            decided = true;
        } else if (strcmp(answer, "m") == 0) {
            letter->mine = true;
            letter->by_default = false;
            decided = true;
        } else if (strcmp(answer, "e") == 0) {
            rc = edit_text(letter);
            if (rc == E_REFUSED) {
                cli_tell(cli, "The editor ended with an error; the text is as before.");
                cli->hint[0] = '\0';
                rc = 0;
            }
            preview(letter);
        }
    }
    buf_free(&line);
    return rc == E_EMPTY
               ? cli_refuse(cli, E_REFUSED,
                            "Not sent; your text is kept as a draft: attune drafts")
               : rc;
}

static int
confirm(struct letter *letter)
{
    struct cli *cli = letter->cli;
    if (letter->mine || args_has(&cli->args, FLAG_YES)) {
        return 0;
    }
    if (cli_asks(cli) && !letter->kind->longer) {
        return 0; /* its line was its preview, and it is held for a moment */
    }
    int rc = make_ready(cli);
    if (rc != 0 || !cli->paired) {
        return rc; /* nothing leaves: save tells the rest */
    }
    return cli_asks(cli) && !cli->json ? confirm_preview(letter) : E_CONFIRM;
}

static int
take_reach(struct letter *letter)
{
    struct cli *cli = letter->cli;
    int64_t hold_s = 0;
    letter->by_default =
        !args_has(&cli->args, FLAG_MINE) && !args_has(&cli->args, FLAG_OURS);
    letter->mine = letter->by_default ? letter->kind->mine || !letter->kind->shareable
                                      : args_has(&cli->args, FLAG_MINE);
    if (args_has(&cli->args, FLAG_HOLD)) {
        if (when_duration(cli->args.flags[FLAG_HOLD], &hold_s) != 0 ||
            hold_s > HOLD_S_MAX) {
            return cli_refuse(cli, E_TIME, "--hold takes 0, 30s, 15m, at most a day.");
        }
    } else if (!letter->mine && letter->kind->hold_s > 0) {
        hold_s = cli_options(cli)->hold_s;
        hold_s = hold_s > HOLD_S_MAX ? HOLD_S_MAX : hold_s;
    }
    letter->hold_s = (uint32_t)hold_s;
    return 0;
}

/* Something else was wrong, and a text waits in the pipe: it is not lost for that. */
static int
save_pipe(struct letter *letter, int why)
{
    struct cli *cli = letter->cli;
    bool piped = cli->args.words_count == 0 && !cli->term.in;
    if (!piped || why == E_UTF8 || why == E_EMPTY ||
        (!letter->note.set[0] && read_pipe(letter) != 0) || !letter->note.set[0]) {
        return why;
    }
    if (create(letter, true) != 0) {
        give_back(letter);
        return why;
    }
    return cli_refuse(cli, why, "Your text is kept as a draft: attune drafts");
}

int
write_run(struct cli *cli)
{
    struct letter letter = {.cli = cli, .kind = cli->args.command.kind};
    note_init(&letter.note, letter.kind);
    int rc = take_reach(&letter);
    if (rc == 0 && getrandom(letter.id, ID_BYTES, 0) != ID_BYTES) {
        rc = E_IO;
    }
    if (rc == 0) {
        rc = gather(&letter);
    }
    if (rc == E_LIMIT && letter.note.set[0]) {
        rc = keep_draft(&letter, E_LIMIT); /* cut by the terminal */
        goto out;
    }
    if (rc != 0) {
        rc = save_pipe(&letter, rc);
    }
    if (rc == 0) {
        rc = confirm(&letter);
        if (rc == E_CONFIRM || rc == E_REFUSED) {
            rc = keep_draft(&letter, rc);
            goto out;
        }
        if (rc != 0) {
            give_back(&letter);
            goto out;
        }
    }
    if (rc == 0) {
        rc = save(&letter);
    }
out:
    note_done(&letter.note);
    return rc;
}
