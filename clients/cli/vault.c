/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vault: init, unlock, lock, passwd, recover, check, status, digest.
 *
 * The model: a secret comes from a descriptor (scripts) or is asked for unseen (people);
 * it goes into one request and is wiped. attuned does the rest.
 * Invariant: no secret outlives the function that read it, and none is ever in argv.
 */
#include "clients/cli/cli.h"
#include "clients/cli/input.h"
#include "clients/cli/runs.h"
#include "common/error.h"
#include "common/text.h"
#include "common/words.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#define TWICE_TRIES 3
#define SHORT_BYTES 12u /* below this a passphrase is called short */
#define WORDS_BYTES_MAX 1024u

/* A secret from the descriptor of a flag, else typed once, unseen. */
static int
take_secret(struct cli *cli, enum flag flag, const char *prompt, struct buf *out)
{
    if (args_has(&cli->args, flag)) {
        int fd = -1;
        int rc = cli_descriptor(cli, flag, &fd);
        rc = rc == 0 ? input_secret(fd, PASSPHRASE_BYTES_MAX, out) : rc;
        if (rc == E_IO || rc == E_EMPTY) {
            return cli_refuse(cli, E_USAGE, "--%s: nothing could be read there.",
                              commands_flag(flag)->name);
        }
        return rc == E_LIMIT
                   ? cli_refuse(cli, E_LIMIT, "A passphrase has at most %u bytes.",
                                PASSPHRASE_BYTES_MAX)
                   : rc;
    }
    if (!cli_asks(cli)) {
        return cli_refuse(cli, E_USAGE, "Without a terminal: --%s N",
                          commands_flag(flag)->name);
    }
    int rc = cli_flush(cli);
    rc = rc == 0 ? input_hidden(prompt, out) : rc;
    return rc == 0 && out->size == 0 ? E_EMPTY : rc;
}

/* A new passphrase: from the descriptor, else typed twice. */
static int
take_new(struct cli *cli, enum flag flag, const char *prompt, struct buf *out)
{
    struct buf again;
    buf_init(&again, 0);
    int rc = E_USAGE;
    for (int tries = 0; tries < TWICE_TRIES; tries++) {
        buf_clear(out);
        buf_clear(&again);
        rc = take_secret(cli, flag, prompt, out);
        if (rc != 0 || args_has(&cli->args, flag)) {
            break;
        }
        if (out->size < SHORT_BYTES) {
            cli_tell(cli,
                     "That is short. A few words are easy to keep and hard to guess.");
        }
        rc = input_hidden("Once more", &again);
        if (rc != 0 || span_equal(buf_span(out), buf_span(&again))) {
            break;
        }
        cli_tell(cli, "Those two differ. Again.");
        rc = cli_refuse(cli, E_USAGE,
                        "The two passphrases differ; nothing was changed.");
    }
    if (rc == 0) {
        cli->hint[0] = '\0';
    }
    buf_free(&again);
    return rc;
}

static int
take_name(struct cli *cli, struct buf *out)
{
    int rc = 0;
    if (args_has(&cli->args, FLAG_NAME)) {
        buf_put_span(out, text_trim(span_text(cli->args.flags[FLAG_NAME])));
    } else if (cli_asks(cli)) {
        rc = cli_ask(cli, "First name", out);
    } else {
        return cli_refuse(cli, E_USAGE, "Without a terminal: --name NAME");
    }
    rc = rc == 0 ? buf_done(out) : rc;
    rc = rc == 0 ? text_check(buf_span(out)) : rc;
    if (rc == 0 && out->size == 0) {
        return cli_refuse(cli, E_EMPTY, "A name is what your partner will see.");
    }
    if (rc == 0 && out->size > NAME_BYTES_MAX) {
        return cli_refuse(cli, E_LIMIT, "A name has at most %u bytes.", NAME_BYTES_MAX);
    }
    return rc;
}

static int
run_secret(struct cli *cli, const char *name, Attune__Local__Secret *secret,
           const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    attune_request(&request, name);
    attune_with_secret(&request, secret);
    return cli_call_plain(cli, &request, reply);
}

/* -- init -- */

static bool
same_word(struct span typed, const char *word)
{
    size_t a = 0;
    size_t b = 1;
    return words_find(WORDS_2048, typed, &a) == 0 &&
           words_find(WORDS_2048, span_text(word), &b) == 0 && a == b;
}

/* The next run of non-space bytes of `text`. */
static struct span
next_word(struct span *text)
{
    *text = text_trim(*text);
    size_t size = 0;
    while (size < text->size && text->data[size] != ' ' && text->data[size] != '\t') {
        size++;
    }
    struct span word = span_slice(*text, 0, size);
    *text = span_slice(*text, size, text->size - size);
    return word;
}

/* Two different places, the lower first. */
static void
draw_places(size_t places[static 2])
{
    uint8_t random[2] = {6, 18};
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        random[0] = 6; /* which two are asked for guards nothing */
        random[1] = 18;
    }
    size_t a = random[0] % WORDS_RECOVERY_COUNT;
    size_t b = (a + 1 + random[1] % (WORDS_RECOVERY_COUNT - 1)) % WORDS_RECOVERY_COUNT;
    places[0] = a < b ? a : b;
    places[1] = a < b ? b : a;
}

/* Asks two words back, so that the paper is known to exist; Ctrl-D goes on without. */
static int
ask_back(struct cli *cli, char *const *words)
{
    size_t places[2];
    struct buf prompt;
    struct buf line;
    buf_init(&prompt, 0);
    buf_init(&line, 0);
    draw_places(places);
    buf_printf(&prompt, "Words %zu and %zu", places[0] + 1, places[1] + 1);
    int rc = 0;
    for (;;) {
        buf_clear(&line);
        rc = cli_ask(cli, buf_text(&prompt), &line);
        if (rc != 0) {
            break;
        }
        struct span rest = buf_span(&line);
        struct span first = next_word(&rest);
        struct span second = next_word(&rest);
        if (same_word(first, words[places[0]]) && same_word(second, words[places[1]])) {
            break;
        }
        cli_tell(cli, "Not those. Look at your paper once more.");
    }
    buf_free(&prompt);
    buf_free(&line);
    if (rc == E_EMPTY) {
        cli_tell(cli, "Your journal is there; please do keep those words.");
        rc = 0;
    }
    return rc;
}

static int
show_words(struct cli *cli, const Attune__Local__Reply *reply)
{
    if (reply->n_words != WORDS_RECOVERY_COUNT) {
        return E_PROTOCOL;
    }
    print_say(&cli->printer,
              "Nobody else can open this. Forgotten? These words can. On paper:");
    print_words(&cli->printer, PRINT_WORDS_RECOVERY, reply->words, reply->n_words);
    int rc = 0;
    if (cli_talks(cli)) {
        rc = ask_back(cli, reply->words);
    }
    print_say(&cli->printer,
              "Nothing leaves until you pair; then only what you share.");
    print_say(&cli->printer,
              "That you write here, when and how much, stays on this laptop too.");
    return rc;
}

int
vault_init(struct cli *cli)
{
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    const Attune__Local__Reply *reply = NULL;
    struct buf name;
    struct buf passphrase;
    buf_init(&name, 0);
    buf_init(&passphrase, 0);
    /* Said before anybody thinks of a passphrase. */
    int rc = access(cli->paths.keys, F_OK) == 0 ? E_EXISTS : 0;
    rc = rc == 0 ? take_name(cli, &name) : rc;
    rc = rc == 0 ? take_new(cli, FLAG_PASSPHRASE_FD, "Passphrase, twice", &passphrase)
                 : rc;
    secret.name = attune_bytes(buf_span(&name));
    secret.passphrase = attune_bytes(buf_span(&passphrase));
    secret.demo = args_has(&cli->args, FLAG_DEMO);
    rc = rc == 0 ? run_secret(cli, "init", &secret, &reply) : rc;
    buf_free(&passphrase);
    buf_free(&name);
    return rc == 0 ? show_words(cli, reply) : rc;
}

/* -- unlock, lock, passwd -- */

/* What attuned noticed while opening, each with what to do. */
static void
say_alerts(struct cli *cli, const Attune__Local__Status *status)
{
    for (size_t i = 0; status != NULL && i < status->n_alerts; i++) {
        int error = cli_error(status->alerts[i]->code);
        print_say(&cli->printer, "%s %s", error_text(error), error_hint(error));
    }
}

/* Whether a descriptor, a command or a person can say the passphrase. */
static int
unlock_here(struct cli *cli)
{
    bool window = args_has(&cli->args, FLAG_PINENTRY);
    if (window && args_has(&cli->args, FLAG_PASSPHRASE_FD)) {
        return cli_refuse(cli, E_USAGE, "--passphrase-fd or --pinentry, not both.");
    }
    if (!args_has(&cli->args, FLAG_PASSPHRASE_FD)) {
        if (!window && !cli_asks(cli) && cli_options(cli)->unlock_command[0] == '\0') {
            return cli_refuse(cli, E_USAGE, "Without a terminal: --passphrase-fd N");
        }
        return cli_unlock(cli);
    }
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    struct buf passphrase;
    buf_init(&passphrase, 0);
    int rc = take_secret(cli, FLAG_PASSPHRASE_FD, "", &passphrase);
    secret.passphrase = attune_bytes(buf_span(&passphrase));
    rc = rc == 0 ? run_secret(cli, "unlock", &secret, NULL) : rc;
    buf_free(&passphrase);
    return rc;
}

int
vault_unlock(struct cli *cli)
{
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_status(cli);
    if (rc == 0 && !cli->exists) {
        rc = E_NO_HOME;
    }
    bool open = rc == 0 && !cli->locked && !cli->closed;
    if (rc == 0 && !open) {
        rc = unlock_here(cli);
    }
    if (rc == 0) {
        print_plain(&cli->printer, open ? "It is open already." : "Open.");
        attune_request(&request, "status");
        rc = cli_call_plain(cli, &request, &reply);
    }
    if (rc == 0) {
        say_alerts(cli, reply->status);
    }
    return rc;
}

int
vault_lock(struct cli *cli)
{
    Attune__Local__Request request;
    attune_request(&request, "lock");
    int rc = cli_call_plain(cli, &request, NULL);
    if (rc == 0) {
        print_plain(&cli->printer,
                    "Locked. The keys are wiped; nothing syncs until attune unlock.");
    }
    return rc;
}

int
vault_passwd(struct cli *cli)
{
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    struct buf old;
    struct buf new;
    buf_init(&old, 0);
    buf_init(&new, 0);
    int rc = take_secret(cli, FLAG_PASSPHRASE_FD, "Passphrase until now", &old);
    rc = rc == 0 ? take_new(cli, FLAG_NEW_FD, "New passphrase, twice", &new) : rc;
    secret.passphrase = attune_bytes(buf_span(&old));
    secret.new_passphrase = attune_bytes(buf_span(&new));
    rc = rc == 0 ? run_secret(cli, "passwd", &secret, NULL) : rc;
    buf_free(&old);
    buf_free(&new);
    if (rc == 0) {
        print_plain(&cli->printer, "Changed. The 24 words stay the same; older backups "
                                   "open with the passphrase they were made with.");
    }
    return rc;
}

/* -- recover -- */

/* The word at place `bad` when it is in no list, else empty; numbers before words don't
 * count as places. */
static struct span
unknown_word(struct span text, size_t bad)
{
    struct span word;
    size_t place = 0;
    size_t found;
    while ((word = next_word(&text)).size > 0) {
        if (word.data[0] >= '0' && word.data[0] <= '9') {
            continue;
        }
        if (place++ == bad) {
            return words_find(WORDS_2048, word, &found) != 0 ? word : SPAN_EMPTY;
        }
    }
    return SPAN_EMPTY;
}

/* Tells a slip of the pen before attuned is asked. 0; E_WORDS with the hint set, and then
 * *more whether the words are fine so far and too few. */
static int
check_words(struct cli *cli, const struct buf *words, bool *more)
{
    uint8_t r[KEY_BYTES];
    uint8_t checksum = 0;
    size_t bad = 0;
    int rc = words_recovery_decode(buf_span(words), r, &checksum, &bad);
    bytes_wipe(r, sizeof r);
    *more = false;
    if (rc == 0) {
        cli->hint[0] = '\0';
        return 0;
    }
    struct span word = unknown_word(buf_span(words), bad);
    if (word.size == 0) {
        *more = bad < WORDS_RECOVERY_COUNT;
        return cli_refuse(cli, rc, "There are 24 words; these are %zu.", bad);
    }
    const char *near = words_nearest(WORDS_2048, word);
    return near != NULL ? cli_refuse(cli, rc, "Word %zu is in no list. Is it: %s?",
                                     bad + 1, near)
                        : cli_refuse(cli, rc, "Word %zu is in no list.", bad + 1);
}

/* Lines until there are 24 words; one with a slip is typed again, the others stay. */
static int
ask_words(struct cli *cli, struct buf *out)
{
    bool more = true;
    print_say(&cli->printer,
              "The 24 words from your paper, on one line or several; the "
              "first four letters of each are enough.");
    for (;;) {
        size_t before = out->size;
        int rc = cli_ask(cli, "Words", out);
        if (rc != 0) {
            return rc == E_EMPTY ? check_words(cli, out, &more) : rc;
        }
        buf_put_u8(out, ' ');
        rc = check_words(cli, out, &more);
        if (rc == 0) {
            return 0;
        }
        if (!more) {
            cli_tell(cli, cli->hint);
            cli_tell(cli, "That line once more.");
            bytes_wipe(out->data + before, out->size - before);
            out->size = before;
        }
    }
}

static int
take_words(struct cli *cli, struct buf *out)
{
    if (args_has(&cli->args, FLAG_WORDS_FD)) {
        int fd = -1;
        bool more;
        int rc = cli_descriptor(cli, FLAG_WORDS_FD, &fd);
        rc = rc == 0 ? input_all(fd, WORDS_BYTES_MAX, out) : rc;
        for (size_t i = 0; rc == 0 && i < out->size; i++) {
            out->data[i] = out->data[i] == '\n' ? ' ' : out->data[i];
        }
        return rc == 0 ? check_words(cli, out, &more) : rc;
    }
    return cli_asks(cli) ? ask_words(cli, out)
                         : cli_refuse(cli, E_USAGE, "Without a terminal: --words-fd N");
}

int
vault_recover(struct cli *cli)
{
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    struct buf words;
    struct buf passphrase;
    struct buf name;
    buf_init(&words, 0);
    buf_init(&passphrase, 0);
    buf_init(&name, 0);
    int rc = cli_status(cli);
    bool here = rc == 0 && cli->exists;
    if (rc == 0 && !here) {
        print_say(&cli->printer,
                  "There is no journal on this laptop. The words make a new "
                  "one that is you again; then pair again, and what you "
                  "both share comes back.");
    }
    rc = rc == 0 ? take_words(cli, &words) : rc;
    rc = rc == 0 && !here ? take_name(cli, &name) : rc;
    rc =
        rc == 0 ? take_new(cli, FLAG_NEW_FD, "New passphrase, twice", &passphrase) : rc;
    secret.words = attune_bytes(buf_span(&words));
    secret.new_passphrase = attune_bytes(buf_span(&passphrase));
    secret.name = attune_bytes(buf_span(&name));
    rc = rc == 0 ? run_secret(cli, "recover", &secret, NULL) : rc;
    buf_free(&words);
    buf_free(&passphrase);
    buf_free(&name);
    if (rc == 0) {
        print_plain(&cli->printer, here ? "Open, with the new passphrase."
                                        : "You are you again. Next: attune pair");
    }
    return rc;
}

/* -- check, status, digest -- */

int
vault_check(struct cli *cli)
{
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    attune_request(&request, "check");
    int rc = cli_call(cli, &request, &reply);
    if (reply != NULL && (rc == 0 || reply->n_findings > 0)) {
        print_findings(&cli->printer, reply);
        cli->printed = cli->json; /* one object; people also get the sentence */
    }
    return rc;
}

int
vault_status(struct cli *cli)
{
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    attune_request(&request, "status");
    int rc = cli_call_plain(cli, &request, &reply);
    rc = rc == 0 && reply->status == NULL ? E_PROTOCOL : rc;
    if (rc == 0) {
        print_status(&cli->printer, reply->status);
    }
    return rc;
}

int
vault_digest(struct cli *cli)
{
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    attune_request(&request, "digest");
    int rc = cli_call(cli, &request, &reply);
    if (rc == 0) {
        print_value(&cli->printer, "digest", attune_span(reply->text));
    }
    return rc;
}
