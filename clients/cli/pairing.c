/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairing: pair (make a code or invite, or join with one), verify, leave.
 *
 * The model: attuned does the protocol; here is what two people read to each other. Pairing
 * counts from the moment it succeeded; the six words only tell whether somebody sits in
 * between, so without a terminal they stay unconfirmed.
 */
#include "clients/cli/cli.h"
#include "clients/cli/runs.h"
#include "common/address.h"
#include "common/error.h"
#include "common/text.h"
#include "common/words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define INVITE_PREFIX "attune1:"

static int
run_pair(struct cli *cli, const char *name, Attune__Local__Pair *pair,
         const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    if (pair != NULL) {
        attune_with_pair(&request, pair);
    }
    return cli_call(cli, &request, reply);
}

/* -- the words -- */

static int
accept_words(struct cli *cli)
{
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    pair.accept = true;
    return run_pair(cli, "verify", &pair, NULL);
}

static bool
can_ask(const struct cli *cli)
{
    return cli_talks(cli) && !args_has(&cli->args, FLAG_YES);
}

/* Asks whether the words agree and says what follows from the answer. */
static int
ask_same(struct cli *cli)
{
    int rc = cli_flush(cli);
    if (rc != 0 || !can_ask(cli)) {
        return rc;
    }
    if (!cli_agrees(cli, "The same?")) {
        print_say(&cli->printer,
                  "Not confirmed. If the words differ, somebody sits in "
                  "between: attune leave, then pair again side by side. To "
                  "look once more: attune verify");
        return 0;
    }
    rc = accept_words(cli);
    if (rc == 0) {
        print_say(&cli->printer, "Confirmed.");
    }
    return rc;
}

static void
say_known(struct cli *cli, const Attune__Local__Reply *reply)
{
    if (reply->known_person) {
        print_say(&cli->printer,
                  "This is %s as you know them, on a new disk. If they told "
                  "you so, say yes below: what you share goes back to them.",
                  cli_partner(cli));
    }
}

static int
paired_now(struct cli *cli, const Attune__Local__Reply *reply)
{
    /* The names first: asking for them ends the reply. */
    struct buf name;
    buf_init(&name, 0);
    text_sanitize(&name, attune_span(reply->text), TEXT_LINE);
    buf_free(&cli->partner);
    cli->partner = name;
    print_names(&cli->printer, buf_span(&cli->me), buf_span(&cli->partner));
    if (cli->json) {
        print_words(&cli->printer, PRINT_WORDS_CHECK, reply->words, reply->n_words);
        return buf_done(&cli->partner);
    }
    print_say(&cli->printer, "Paired with %s. Their screen should show",
              cli_partner(cli));
    print_words(&cli->printer, PRINT_WORDS_CHECK, reply->words, reply->n_words);
    say_known(cli, reply);
    int rc = ask_same(cli);
    if (rc == 0 && !can_ask(cli)) {
        print_say(&cli->printer, "Compare the words when you can: attune verify");
    }
    if (rc == 0) {
        print_say(&cli->printer,
                  "What you share arrives when both laptops are awake and "
                  "can reach each other.");
    }
    return rc;
}

/* -- making a code or an invite -- */

/* "192.168.1.20:7400" without the port everybody has. */
static struct span
short_address(struct span address)
{
    static const char port[] = ":7400";
    size_t size = sizeof port - 1;
    struct span tail = address.size > size
                           ? span_slice(address, address.size - size, size)
                           : SPAN_EMPTY;
    return span_equal(tail, span_text(port))
               ? span_slice(address, 0, address.size - size)
               : address;
}

static void
say_code(struct cli *cli, const Attune__Local__Reply *reply)
{
    struct span code = attune_span(reply->text);
    struct span at = reply->n_addresses > 0
                         ? short_address(attune_span(reply->addresses[0]))
                         : span_text("ADDRESS-OF-THIS-LAPTOP");
    print_say(&cli->printer, "On the other laptop, within 10 minutes:");
    print_line(&cli->printer, "  attune pair %.*s --at %.*s", (int)code.size,
               (const char *)code.data, (int)at.size, (const char *)at.data);
    for (size_t i = 1; i < reply->n_addresses; i++) {
        at = short_address(attune_span(reply->addresses[i]));
        print_line(&cli->printer, "  or --at %.*s", (int)at.size,
                   (const char *)at.data);
    }
    print_say(&cli->printer, "Far away? attune pair --invite");
}

static void
say_invite(struct cli *cli, const Attune__Local__Reply *reply)
{
    struct span invite = attune_span(reply->text);
    print_say(&cli->printer,
              "Send this to your partner, by a way you trust. It is good "
              "once, for a day:");
    print_line(&cli->printer, "  attune pair %.*s", (int)invite.size,
               (const char *)invite.data);
    print_say(&cli->printer,
              "This laptop must be reachable from there. Afterwards, on both: "
              "attune verify. What you share arrives when both laptops are "
              "awake and can reach each other.");
}

static int
wait_for_partner(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    print_say(&cli->printer, "Pairing shares nothing you wrote. Waiting…");
    int rc = cli_flush(cli);
    rc = rc == 0 ? run_pair(cli, "pair-wait", NULL, &reply) : rc;
    return rc == 0 ? paired_now(cli, reply) : rc;
}

static int
offer(struct cli *cli)
{
    const Attune__Local__Reply *reply = NULL;
    bool invite = args_has(&cli->args, FLAG_INVITE);
    bool wait = !invite && !args_has(&cli->args, FLAG_CODE) && can_ask(cli);
    int rc = run_pair(cli, invite ? "pair-invite" : "pair-code", NULL, &reply);
    if (rc != 0) {
        return rc;
    }
    if (cli->json) {
        print_value(&cli->printer, invite ? "invite" : "code",
                    attune_span(reply->text));
        return 0;
    }
    if (invite) {
        say_invite(cli, reply);
        return 0;
    }
    say_code(cli, reply);
    return wait ? wait_for_partner(cli) : 0;
}

/* -- joining -- */

static int
take_code(struct cli *cli, struct buf *code, struct buf *at)
{
    struct buf typed;
    size_t bad = 0;
    const char *near = NULL;
    buf_init(&typed, 0);
    args_line(&cli->args, &typed);
    int rc = words_code_normalise(buf_span(&typed), code, &bad, &near);
    buf_free(&typed);
    if (rc != 0) {
        return near != NULL
                   ? cli_refuse(cli, rc,
                                "Word %zu of the code: is it %s? Nothing was sent, "
                                "the code is still good.",
                                bad + 1, near)
                   : cli_refuse(cli, rc,
                                "A code is four words with dashes, from attune pair "
                                "on the other laptop. Nothing was sent.");
    }
    if (!args_has(&cli->args, FLAG_AT)) {
        return cli_refuse(cli, E_USAGE,
                          "Where is the other laptop? Add --at HOST, as its "
                          "screen shows.");
    }
    rc = address_normalise(span_text(cli->args.flags[FLAG_AT]), at);
    return rc == 0 ? buf_done(at)
                   : cli_refuse(cli, E_USAGE,
                                "--at takes a name or an address, such as "
                                "192.168.1.20 or ben.local:7401.");
}

static int
join(struct cli *cli)
{
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    const Attune__Local__Reply *reply = NULL;
    struct buf code;
    struct buf at;
    buf_init(&code, 0);
    buf_init(&at, 0);
    int rc = 0;
    bool invite =
        strncmp(cli->args.words[0], INVITE_PREFIX, sizeof INVITE_PREFIX - 1) == 0;
    if (invite) {
        buf_put_text(&code, cli->args.words[0]);
        if (args_has(&cli->args, FLAG_AT)) {
            rc = address_normalise(span_text(cli->args.flags[FLAG_AT]), &at);
        }
    } else {
        rc = take_code(cli, &code, &at);
    }
    rc = rc == 0 ? buf_done(&code) : rc;
    pair.code = attune_bytes(buf_span(&code));
    pair.at = attune_bytes(buf_span(&at));
    if (rc == 0) {
        if (isatty(STDERR_FILENO)) {
            (void)fputs("  Looking for the other laptop…\n", stderr);
        }
        rc = run_pair(cli, "pair-join", &pair, &reply);
        if (rc == E_USAGE && invite) {
            rc = cli_refuse(cli, rc,
                            "That invite is not whole. Copy all of it, as attune pair "
                            "--invite printed it. Nothing was sent.");
        }
    }
    buf_free(&code);
    buf_free(&at);
    return rc == 0 ? paired_now(cli, reply) : rc;
}

int
pairing_pair(struct cli *cli)
{
    if (args_has(&cli->args, FLAG_CODE) && args_has(&cli->args, FLAG_INVITE)) {
        return cli_refuse(cli, E_USAGE, "--code or --invite, one of the two.");
    }
    if (cli->args.words_count == 0) {
        return args_has(&cli->args, FLAG_AT)
                   ? cli_refuse(cli, E_USAGE,
                                "--at goes with the code of the other laptop.")
                   : offer(cli);
    }
    return join(cli);
}

/* -- verify, leave -- */

int
pairing_verify(struct cli *cli)
{
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_status(cli);
    pair.accept = args_has(&cli->args, FLAG_ACCEPT);
    rc = rc == 0 ? run_pair(cli, "verify", &pair, &reply) : rc;
    if (rc != 0) {
        return rc;
    }
    if (cli->json) {
        print_words(&cli->printer, PRINT_WORDS_CHECK, reply->words, reply->n_words);
        return 0;
    }
    print_say(&cli->printer, "%s should see the same six words:", cli_partner(cli));
    print_words(&cli->printer, PRINT_WORDS_CHECK, reply->words, reply->n_words);
    if (pair.accept) {
        print_say(&cli->printer, "Confirmed.");
        return 0;
    }
    if (cli->behind) {
        print_say(&cli->printer,
                  "%s's journal came back older than it was. A restored "
                  "laptop does that, and so does a stolen copy. Ask them, by "
                  "voice. Yes means: it is theirs.",
                  cli_partner(cli));
    } else if (cli->verified) {
        print_say(&cli->printer, "You have confirmed them before.");
        return 0;
    }
    return ask_same(cli);
}

int
pairing_leave(struct cli *cli)
{
    int rc = cli_status(cli);
    if (rc == 0 && cli->exists && !cli->locked && !cli->paired) {
        rc = E_NOT_PAIRED;
    }
    if (rc == 0 && !args_has(&cli->args, FLAG_YES)) {
        if (!cli_asks(cli)) {
            return cli_refuse(cli, E_CONFIRM, "Nothing was changed. Add --yes.");
        }
        print_say(&cli->printer,
                  "Leaving is silent: %s is not told, and no message goes. "
                  "From then on nothing leaves and nothing arrives.",
                  cli_partner(cli));
        print_say(&cli->printer,
                  "Each of you keeps what you have, and you can go on writing "
                  "for yourself. What they have can't be taken back. Your keys "
                  "are made anew; the 24 words stay.");
        print_say(&cli->printer,
                  "If you leave because you are not safe, read attune help "
                  "safety first.");
        if (!cli_agrees(cli, "Leave?")) {
            return cli_refuse(cli, E_REFUSED, "You are paired as before.");
        }
    }
    rc = rc == 0 ? run_pair(cli, "leave", NULL, NULL) : rc;
    if (rc == 0) {
        print_plain(&cli->printer, "Done. This journal is yours alone now.");
    }
    return rc;
}
