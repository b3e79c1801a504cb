/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Daily: the question of the day and what else comes from attune itself: a thanks drawn,
 * topics that are not asked, consents.
 *
 * The model: a kind that `asks` is a question to both; the kind that is `round_asked`
 * answers it, or the question of a day, which attuned derives. A question under the
 * person's limits is asked of them alone: what they answer is a journal entry, and to the
 * partner it looks like a question skipped.
 * Invariant: nothing here says whether the partner answered, skipped or limits anything.
 */
#include "clients/cli/asked.h"
#include "clients/cli/gather.h"
#include "clients/cli/input.h"
#include "clients/cli/runs.h"
#include "clients/cli/write.h"
#include "common/deck.h"
#include "common/error.h"
#include "common/text.h"

#include <string.h>

/* Where an answer goes that nobody else will see: the journal. */
static const struct kind *
kind_of_journal(void)
{
    size_t i = 0;
    while (!kind_at(i)->mine || kind_at(i)->mood != NULL) {
        i++;
    }
    return kind_at(i);
}

static size_t
field_of_type(const struct kind *kind, enum field_type type)
{
    size_t i = 1; /* the line itself is none of them */
    while (i < FIELDS_MAX && kind->fields[i].type != type) {
        i++;
    }
    return i;
}

/* A request with an option, or without a body where both are NULL. */
static int
request_option(struct cli *cli, const char *name, const char *option, struct span value,
               const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    Attune__Local__Option body;
    attune__local__option__init(&body);
    attune_request(&request, name);
    if (option != NULL) {
        body.name = attune_text(option);
        body.value = attune_bytes(value);
        attune_with_option(&request, &body);
    }
    return cli_call(cli, &request, reply);
}

/* -- answering -- */

static void
show_question(struct cli *cli, const struct asked *asked)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    Attune__Local__Question question;
    attune__local__question__init(&question);
    Attune__Local__Question *questions[] = {&question};
    if (cli->json) {
        return;
    }
    question.text = attune_bytes(buf_span(&asked->text));
    question.day = attune_text(asked->day); /* of an older one it is said */
    reply.questions = questions;
    reply.n_questions = 1;
    print_questions(&cli->printer, &reply);
}

/* What one thinks the other will answer: the words, or a prompt. */
static int
take_guess(struct letter *letter)
{
    struct cli *cli = letter->cli;
    size_t index = field_of_type(letter->kind, FIELD_LINE);
    struct buf line;
    int rc = 0;
    if (cli->args.words_count > 0) {
        buf_init(&line, 0);
        args_line(&cli->args, &line);
        rc = buf_done(&line);
        rc = rc == 0 ? note_put(&letter->note, cli, index, buf_span(&line)) : rc;
        buf_free(&line);
        cli->args.words_count = 0;
    } else if (cli_asks(cli)) {
        input_guard(true);
        rc = note_ask(&letter->note, cli, index);
        rc = rc == E_EMPTY ? 0 : rc;
    }
    return rc;
}

/* Under the person's limits: kept in the journal below its question. */
static int
keep_alone(struct letter *letter, const struct asked *asked)
{
    struct cli *cli = letter->cli;
    struct buf both;
    buf_init(&both, 0);
    bool typed = letter->note.typed[0];
    buf_put_span(&both, buf_span(&asked->text));
    buf_put_text(&both, "\n\n");
    buf_put_span(&both, buf_span(&letter->note.texts[0]));
    int rc = buf_done(&both);
    rc = rc == 0 ? note_put(&letter->note, cli, 0, buf_span(&both)) : rc;
    letter->note.typed[0] = typed;
    buf_free(&both);
    return rc;
}

static int
gather_answer(struct letter *letter, const struct asked *asked, bool guess)
{
    struct cli *cli = letter->cli;
    if (asked->alone) {
        letter->mine = true; /* whatever the options say */
        letter->by_default = false;
        print_say(&cli->printer, "For you alone; nothing of it is sent.");
        cli->args.words_count = guess ? 0 : cli->args.words_count;
        int rc = gather_line(letter);
        return rc == 0 ? keep_alone(letter, asked) : rc;
    }
    size_t inner = field_of_type(letter->kind, FIELD_INNER);
    letter->parent = asked->parent;
    letter->has_parent = true;
    int rc = note_put(&letter->note, cli, inner, buf_span(&asked->text));
    rc = rc == 0 ? note_put_options(&letter->note, cli) : rc;
    rc = rc == 0 && guess ? take_guess(letter) : rc;
    return rc == 0 ? gather_line(letter) : rc;
}

/* Words that were meant for today's question, when that is settled: they wait. */
static int
keep_words(struct letter *letter, bool guess, int why)
{
    struct cli *cli = letter->cli;
    char said[CLI_HINT_BYTES];
    memcpy(said, cli->hint, sizeof said);
    if (cli->args.words_count == 0 && cli->term.in) {
        return why; /* nothing was given */
    }
    int rc =
        guess && cli->args.words_count > 0 ? take_guess(letter) : gather_line(letter);
    memcpy(cli->hint, said, sizeof said);
    cli->hint_alone = true;
    return rc == 0 ? letter_keep(letter, why) : why;
}

static int
write_answer(struct cli *cli, bool guess)
{
    struct asked asked;
    struct letter letter;
    asked_init(&asked);
    int found = asked_find(cli, &asked);
    int rc = letter_init(&letter, cli,
                         asked.alone ? kind_of_journal() : kind_that_answers());
    rc = found != 0 ? found : rc;
    if (found == E_ALREADY) {
        rc = keep_words(&letter, guess, rc);
    } else {
        if (rc == 0) {
            show_question(cli, &asked);
            rc = gather_answer(&letter, &asked, guess);
        }
        rc = write_finish(&letter, rc);
    }
    if (rc == 0 && asked.alone) {
        rc = request_option(cli, "skip", NULL, (struct span){0}, NULL);
    }
    input_guard(false);
    letter_done(&letter);
    asked_done(&asked);
    return rc;
}

int
daily_answer(struct cli *cli)
{
    return write_answer(cli, false);
}

/* -- asking -- */

static int
show_today(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_names(cli);
    rc = rc == 0 ? asked_days(cli, &reply) : rc;
    if (rc == 0) {
        print_questions(&cli->printer, reply);
    }
    return rc;
}

/* The one consent that has levels instead of a yes. */
static int
choose_depth(struct cli *cli, bool deeper)
{
    size_t i = 0;
    while (kind_at(i)->consent != CONSENT_DEPTH) {
        i++;
    }
    int rc = request_option(cli, "allow", kind_at(i)->name,
                            span_text(deeper ? "deeper" : "lighter"), NULL);
    if (rc == 0) {
        print_plain(&cli->printer, deeper ? "Noted. If you both wish it, questions go "
                                            "deeper within some weeks."
                                          : "Noted. From tomorrow they are lighter.");
    }
    return rc;
}

int
daily_question(struct cli *cli)
{
    static const enum flag ways[] = {FLAG_NEW, FLAG_GUESS, FLAG_DEEPER, FLAG_LIGHTER};
    size_t count = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        count += args_has(&cli->args, ways[i]);
    }
    if (count > 1) {
        return cli_refuse(cli, E_USAGE, "One of --new, --guess, --deeper, --lighter.");
    }
    if (args_has(&cli->args, FLAG_NEW)) {
        return write_run(cli);
    }
    if (args_has(&cli->args, FLAG_GUESS)) {
        return write_answer(cli, true);
    }
    if (cli->args.words_count > 0) {
        return cli_refuse(cli, E_USAGE,
                          "To ask it: attune %s --new \"…\". To answer: attune %s",
                          kind_that_asks()->name, kind_that_answers()->name);
    }
    return count > 0 ? choose_depth(cli, args_has(&cli->args, FLAG_DEEPER))
                     : show_today(cli);
}

int
daily_skip(struct cli *cli)
{
    const char *verb = cli->args.words_count > 0 ? cli->args.words[0] : NULL;
    if (cli->args.words_count > 1) {
        return cli_refuse(cli, E_USAGE, "attune skip takes one verb, or nothing.");
    }
    int rc = request_option(cli, "skip", verb, (struct span){0}, NULL);
    if (rc == E_NO_ENTRY) {
        return cli_refuse_alone(cli, rc, NOTHING_ASKED, kind_that_asks()->name);
    }
    if (rc == 0) {
        print_plain(&cli->printer, verb != NULL
                                       ? "It is not offered any more; it works "
                                         "all the same."
                                       : "Left. It leaves no trace.");
    }
    return rc;
}

int
daily_draw(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_names(cli);
    rc = rc == 0 ? request_option(cli, "draw", NULL, SPAN_EMPTY, &reply) : rc;
    if (rc == E_NO_ENTRY) {
        return cli_refuse_alone(cli, rc, "There is none to draw yet.");
    }
    if (rc == 0) {
        print_show(&cli->printer, reply);
    }
    return rc;
}

/* -- what is yours to set -- */

static int
refuse_limit(struct cli *cli)
{
    struct buf tags;
    buf_init(&tags, 0);
    deck_put_tags(&tags);
    int rc = cli_refuse(cli, E_USAGE, "attune limits +money -work. There are: %s",
                        buf_text(&tags));
    buf_free(&tags);
    return rc;
}

int
daily_limits(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    struct buf line;
    buf_init(&line, 0);
    args_line(&cli->args, &line);
    int rc = buf_done(&line);
    rc =
        rc == 0 ? request_option(cli, "limits", "limits", buf_span(&line), &reply) : rc;
    buf_free(&line);
    if (rc == E_USAGE && cli->hint[0] == '\0') {
        return refuse_limit(cli);
    }
    if (rc != 0) {
        return rc;
    }
    struct span tags =
        reply->n_options > 0 ? attune_span(reply->options[0]->value) : (struct span){0};
    if (cli->json) {
        print_value(&cli->printer, "limits", tags);
        return 0;
    }
    if (tags.size == 0) {
        print_say(&cli->printer, "Anything may be asked. attune limits +money");
    } else {
        print_say(&cli->printer, "Not asked of you: %.*s", (int)tags.size,
                  (const char *)tags.data);
    }
    buf_init(&line, 0);
    deck_put_tags(&line);
    print_say(&cli->printer, "There are: %s", buf_text(&line));
    buf_free(&line);
    return 0;
}

static int
list_consents(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    struct print_pair pairs[FIELDS_MAX];
    size_t count = 0;
    int rc = request_option(cli, "allow", NULL, (struct span){0}, &reply);
    for (size_t i = 0; rc == 0 && i < reply->n_options && count < FIELDS_MAX; i++) {
        pairs[count++] = (struct print_pair){reply->options[i]->name,
                                             attune_span(reply->options[i]->value)};
    }
    if (rc == 0) {
        print_pairs(&cli->printer, "allow", pairs, count);
    }
    for (size_t i = 0; rc == 0 && i < count; i++) {
        const struct kind *kind = kind_find(pairs[i].name);
        if (kind != NULL) {
            print_say(&cli->printer, "%s: %s.", kind->name, kind->help);
        }
    }
    return rc;
}

int
daily_allow(struct cli *cli)
{
    if (cli->args.words_count == 0) {
        return list_consents(cli);
    }
    const struct kind *kind = kind_find(cli->args.words[0]);
    const char *value = cli->args.words_count == 2 ? cli->args.words[1] : "";
    bool yes = strcmp(value, "yes") == 0;
    if (!yes && strcmp(value, "no") != 0) {
        return cli_refuse(cli, E_USAGE, "attune allow NAME yes, or no.");
    }
    if (kind == NULL || kind->consent == CONSENT_NONE ||
        kind->consent == CONSENT_DEPTH) {
        return cli_refuse(cli, E_USAGE, "attune allow lists what can be allowed.");
    }
    int rc = request_option(cli, "allow", kind->name, span_text(value), NULL);
    if (rc == 0) {
        struct buf said;
        buf_init(&said, 0);
        buf_printf(&said, "%s %s.",
                   yes ? "Allowed:" : "Not allowed any more:", kind->help);
        print_plain(&cli->printer, buf_text(&said));
        buf_free(&said);
    }
    return rc;
}
