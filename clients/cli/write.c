/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write: the verb of every kind, from its row alone.
 *
 * The model: fields are gathered (gather.h), the person confirms what leaves, one request
 * saves it. A kind of one line is its own preview; a longer one is shown once, exactly as
 * the partner will see it.
 * Invariants: a text that reached us is saved as the person wished, kept as a draft, or
 * given back on the screen: never dropped in silence. Without a terminal no text leaves
 * unless --yes stands there.
 * To add a kind: common/kinds; nothing here.
 */
#include "clients/cli/write.h"

#include "clients/cli/gather.h"
#include "clients/cli/hints.h"
#include "clients/cli/input.h"
#include "clients/cli/resume.h"
#include "clients/cli/runs.h"
#include "clients/cli/step.h"
#include "common/deck.h"
#include "common/error.h"

#include <string.h>

#define PROMPT_COLUMNS 44u /* what the longest question needs */

/* -- confirming -- */

/* The fields the partner will see: all, or of a topic its name alone. */
static size_t
seen_fields(const struct letter *letter, Attune__Local__Field fields[static FIELDS_MAX],
            Attune__Local__Field *pointers[static FIELDS_MAX])
{
    size_t count = note_fields(&letter->note, fields, pointers);
    if (!letter->topic) {
        return count;
    }
    const char *topic = note_field(letter->kind, note_topic(letter->kind))->name;
    size_t seen = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(pointers[i]->name, topic) == 0) {
            pointers[seen++] = pointers[i];
        }
    }
    return seen;
}

static void
preview(struct letter *letter)
{
    struct cli *cli = letter->cli;
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    entry.kind = attune_text(letter->kind->name);
    entry.state = attune_text(state_name(letter->topic ? S_TOPIC : S_OPEN));
    entry.created = cli->now_s;
    entry.n_fields = seen_fields(letter, fields, pointers);
    entry.fields = pointers;
    if (letter->mine) {
        print_say(&cli->printer, "This is what you have so far:");
    } else {
        print_say(&cli->printer, "This is exactly what %s will see:", cli_partner(cli));
    }
    print_preview(&cli->printer, &entry);
    hints_say(cli, letter->kind, pointers, entry.n_fields);
}

/* Changed once more; a failed editor leaves it as it was. */
static int
change(struct letter *letter)
{
    struct cli *cli = letter->cli;
    int rc = gather_again(letter);
    if (rc == E_REFUSED) {
        cli_tell(cli, cli->hint);
        cli->hint[0] = '\0';
        rc = 0;
    }
    if (rc == 0) {
        preview(letter);
    }
    return rc;
}

/* 0: goes on, sent or kept mine; E_REFUSED, E_STOPPED: neither. */
static int
confirm_preview(struct letter *letter)
{
    struct cli *cli = letter->cli;
    struct buf line;
    buf_init(&line, 0);
    int rc = 0;
    bool decided = false;
    input_guard(true);
    preview(letter);
    while (rc == 0 && !decided) {
        buf_clear(&line);
        rc = cli_ask(cli,
                     letter->mine            ? "Enter keeps it, e edits"
                     : letter->kind->for_two ? "Enter sends, e edits"
                     : cli->term.columns < PROMPT_COLUMNS
                         ? "Enter sends, e edits, m: mine"
                         : "Enter sends, e edits, m keeps it mine",
                     &line);
        const char *answer = rc == 0 ? buf_text(&line) : "";
        if (rc == 0 && answer[0] == '\0') {
            decided = true;
        } else if (strcmp(answer, "m") == 0 && !letter->kind->for_two) {
            letter->mine = true;
            letter->by_default = false;
            letter->topic = false;
            letter->give_s = 0;
            decided = true;
        } else if (strcmp(answer, "e") == 0) {
            rc = change(letter);
        }
    }
    buf_free(&line);
    return rc == E_EMPTY ? cli_refuse(cli, E_REFUSED, "Not sent.") : rc;
}

/* A pause or a hug asked for is like an act: there are no words to look at again. */
static bool
has_words(const struct note *note)
{
    const struct kind_field *field;
    bool words = false;
    for (size_t i = 0; (field = note_field(note->kind, i)) != NULL; i++) {
        words = words || (note->set[i] && note_is_text(field));
    }
    return words;
}

static int
confirm(struct letter *letter)
{
    struct cli *cli = letter->cli;
    if (letter->resumed && cli_asks(cli)) {
        return confirm_preview(letter); /* it was written some time ago */
    }
    if (letter->mine || args_has(&cli->args, FLAG_YES) || !has_words(&letter->note)) {
        return 0;
    }
    if (cli_asks(cli) && !letter->kind->longer && !letter->topic) {
        return 0; /* its line was its preview, and it is held for a moment */
    }
    int rc = letter_ready(cli);
    if (rc != 0 || !cli->paired) {
        return rc; /* nothing leaves: save tells the rest */
    }
    return cli_talks(cli) ? confirm_preview(letter) : E_CONFIRM;
}

/* -- when something was wrong -- */

/* What waits in a pipe is read now: it is not lost for an option that was wrong. */
static bool
read_waiting(struct letter *letter, int why)
{
    struct cli *cli = letter->cli;
    bool waits = cli->args.words_count == 0 && !cli->term.in &&
                 !note_any_typed(&letter->note) &&
                 letter->kind->fields[0].fallback == 0;
    if (!waits || why == E_UTF8 || why == E_EMPTY || why == E_LIMIT) {
        return true;
    }
    char said[CLI_HINT_BYTES];
    memcpy(said, cli->hint,
           sizeof said); /* what the person hears of is the first fault */
    int rc = gather_pipe(letter);
    memcpy(cli->hint, said, sizeof said);
    return rc == 0;
}

static int
rescue(struct letter *letter, int why)
{
    /* What stood in the command is in the shell still; half finished, it is kept too. */
    bool half = why == E_STOPPED && letter->cli->args.words_count > 0;
    if (read_waiting(letter, why) && (note_any_typed(&letter->note) || half)) {
        return letter_keep(letter, why);
    }
    if (why != E_STOPPED) {
        return why;
    }
    input_give_way();
    return E_EMPTY; /* the input ended before a word */
}

/* What was understood of lines that are to be asked: 0, or E_EMPTY when none is. */
static int
check_deck(struct letter *letter)
{
    struct cli *cli = letter->cli;
    struct span rest = buf_span(&letter->note.texts[0]);
    struct deck_line line;
    size_t count = 0;
    bool plain = false;
    if (!letter->kind->deals || letter->kind->asks || letter->mine) {
        return 0;
    }
    while (deck_next(&rest, &line)) {
        count++;
        plain = plain || line.tags.size == 0;
    }
    if (count == 0) {
        return cli_refuse_alone(cli, E_EMPTY, "There is no question in it.");
    }
    print_say(&cli->printer, "%zu question%s%s", count, count == 1 ? "" : "s",
              plain ? "; lines without a depth count as the lightest." : ".");
    return 0;
}

int
write_finish(struct letter *letter, int rc)
{
    if (rc == 0 && check_deck(letter) != 0) {
        return letter_keep(letter, E_EMPTY);
    }
    if (rc == 0) {
        rc = confirm(letter);
        if (rc == E_CONFIRM || rc == E_REFUSED || rc == E_STOPPED) {
            return letter_keep(letter, rc); /* words of the command too */
        }
    }
    if (rc != 0) {
        return rescue(letter, rc);
    }
    bool leaves = !letter->mine;
    rc = letter_save(letter);
    if (rc == 0 && leaves && !letter->kind->longer && !letter->topic) {
        Attune__Local__Field fields[FIELDS_MAX];
        Attune__Local__Field *pointers[FIELDS_MAX];
        size_t count = note_fields(&letter->note, fields, pointers);
        hints_say(letter->cli, letter->kind, pointers, count);
    }
    return rc;
}

int
write_run(struct cli *cli)
{
    struct letter letter;
    struct letter step = {0};
    int rc = letter_init(&letter, cli, cli->args.command.kind);
    if (rc == 0) {
        rc = resume_draft(&letter);
    }
    if (rc == 0) {
        rc = gather_all(&letter);
    }
    bool stepped = false;
    rc = rc == 0 ? step_gather(&letter, &step, &stepped) : rc;
    rc = write_finish(&letter, rc);
    if (stepped) {
        int then = step_finish(&letter, &step, rc);
        rc = rc != 0 ? rc : then;
    }
    letter_done(&step);
    resume_done(&letter);
    input_guard(false);
    letter_done(&letter);
    return rc;
}

int
write_offer(struct cli *cli, const struct kind *kind)
{
    struct letter letter;
    int rc = letter_init(&letter, cli, kind);
    if (rc == 0) {
        input_guard(true);
        rc = note_ask(&letter.note, cli, 0);
    }
    if (rc == E_EMPTY || (rc == E_STOPPED && !note_any_typed(&letter.note))) {
        rc = 0;
    } else {
        rc = write_finish(&letter, rc);
    }
    input_guard(false);
    letter_done(&letter);
    return rc;
}
