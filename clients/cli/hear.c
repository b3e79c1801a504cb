/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Hear: a kind of rounds as one verb, whoever's turn it is.
 *
 * The model: the entry that is meant, or one in its thread, may wait for an answer of the
 * asking person: then it is shown, and one key says which act it is (--as for scripts), or,
 * where only one is possible, its prompt comes at once. Otherwise the verb writes a new
 * entry that answers the one that is meant: where attuned lists the verb among its acts;
 * else it is said at once why not. Without an id, the only one that waits.
 */
#include "clients/cli/acts.h"
#include "clients/cli/gather.h"
#include "clients/cli/input.h"
#include "clients/cli/keys.h"
#include "clients/cli/runs.h"
#include "clients/cli/write.h"
#include "common/error.h"

#include <string.h>

/* An entry that waits for the person, and how it can be answered. */
struct turn {
    struct target target;
    size_t index; /* in the reply it was found in */
    const struct kind_act *acts[KEYS_MAX];
    size_t count; /* 0: none waits */
};

static int
find_turn(const struct kind *kind, const Attune__Local__Reply *reply, struct turn *out)
{
    for (size_t i = 0; i < reply->n_entries; i++) {
        const Attune__Local__Entry *entry = reply->entries[i];
        size_t count =
            strcmp(entry->kind, kind->name) == 0 ? keys_of(entry, out->acts) : 0;
        if (count > 0) {
            out->count = count;
            out->index = i;
            return target_take(entry, &out->target);
        }
    }
    out->count = 0;
    return 0;
}

/* The act --as names, or a key; *out NULL: it was left. */
static int
choose(struct cli *cli, const struct turn *turn, const struct kind_act **out)
{
    const char *as = cli->args.flags[FLAG_AS];
    *out = NULL;
    for (size_t i = 0; as != NULL && i < turn->count; i++) {
        *out = strcmp(turn->acts[i]->name, as) == 0 ? turn->acts[i] : *out;
    }
    if (as != NULL) {
        return *out != NULL ? 0
                            : cli_refuse(cli, E_STATE, "That answer is not asked now.");
    }
    if (turn->count == 1) {
        *out = turn->acts[0];
        return 0;
    }
    if (!cli_talks(cli)) {
        return cli_refuse(cli, E_USAGE, "--as says which: %s, %s, …",
                          turn->acts[0]->name, turn->acts[1]->name);
    }
    return keys_choose(cli, turn->acts, turn->count, out);
}

/* `reply` shows what was meant; of its thread another entry may be the one that waits. */
static int
answer(struct cli *cli, const struct turn *turn, const Attune__Local__Reply *reply)
{
    const struct kind_act *act = NULL;
    /* Who said all of it in the command has seen it. */
    bool said = args_has(&cli->args, FLAG_AS) ||
                (turn->count == 1 && cli->args.words_count > 0);
    int rc = 0;
    if (!said && cli_talks(cli)) {
        rc = turn->index > 0 ? target_show_entry(cli, &turn->target, &reply) : 0;
        if (rc == 0) {
            print_show(&cli->printer, reply);
            cli->printer.page = false; /* a question follows at once */
        }
    }
    rc = rc == 0 ? choose(cli, turn, &act) : rc;
    return rc == 0 && act != NULL ? acts_do(cli, act, &turn->target) : rc;
}

static int
list_with(struct cli *cli, const char *kind, const char *act,
          const Attune__Local__Reply **reply)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    query.kind = attune_text(kind);
    query.act = attune_text(act);
    query.limit = KEYS_MAX;
    return cli_query(cli, "list", &query, reply);
}

/* Whether somebody needs a pause just now. */
static int
find_pause(struct cli *cli, bool *out)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = cli_status(cli); /* for what time it is in a demo home */
    *out = false;
    for (size_t i = 0; rc == 0 && i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        for (size_t a = 0; kind->pauses && kind_act_at(kind, a) != NULL; a++) {
            const struct kind_act *act = kind_act_at(kind, a);
            rc = rc == 0 && act->key != 0
                     ? list_with(cli, kind->name, act->name, &reply)
                     : rc;
            for (size_t e = 0; rc == 0 && act->key != 0 && e < reply->n_entries; e++) {
                *out = *out || reply->entries[e]->due > cli->now_s;
            }
        }
    }
    return rc;
}

/* A pause is the reason that comes before all others. */
static int
refuse_calm(struct cli *cli, const struct kind *kind)
{
    bool paused = false;
    int rc = kind->calm ? find_pause(cli, &paused) : 0;
    return rc == 0 && paused ? cli_refuse_alone(cli, E_STATE, "Not during a pause.")
                             : rc;
}

/* Before anybody types: 0, or why there is nothing to say back. */
static int
look(struct cli *cli, const struct kind *kind, const Attune__Local__Entry *entry)
{
    bool answers = args_has(&cli->args, FLAG_AS); /* which nothing here waits for */
    if (attune_offers(entry, kind->name) && !answers) {
        return 0;
    }
    if (strcmp(entry->kind, kind->name) == 0 || answers) {
        return cli_refuse_alone(cli, E_STATE, "There the next word is not yours.");
    }
    if (!entry->partner) {
        return entry->mine
                   ? cli_refuse_alone(cli, E_STATE, "That is yours alone.")
                   : cli_refuse_alone(cli, E_STATE, "That is yours; %s says back.",
                                      cli_partner(cli));
    }
    if (entry->topic || strcmp(entry->state, state_name(S_TOPIC)) == 0) {
        return cli_refuse_alone(
            cli, E_STATE, "Only its topic is told; there is nothing to say back yet.");
    }
    if (entry->gone || strcmp(entry->state, state_name(S_RETRACTED)) == 0) {
        return cli_refuse_alone(cli, E_STATE,
                                "Its text is gone; there is nothing to say "
                                "back.");
    }
    int rc = refuse_calm(cli, kind);
    return rc != 0 ? rc
                   : cli_refuse_alone(cli, E_STATE,
                                      "Saying back is for what was told at length. "
                                      "attune reply answers this.");
}

/* A new one, to what is shown. */
static int
begin(struct cli *cli, const struct kind *kind, const Attune__Local__Reply *reply)
{
    struct letter letter;
    int rc = letter_init(&letter, cli, kind);
    rc = rc == 0 ? target_take(reply->entries[0], &letter.parent) : rc;
    rc = rc == 0 ? look(cli, kind, reply->entries[0]) : rc;
    if (rc != 0) {
        letter_done(&letter);
        return rc;
    }
    if (cli->args.words_count == 0 && cli_talks(cli)) {
        print_show(&cli->printer, reply);
        cli->printer.page = false;
    }
    letter.has_parent = true;
    rc = write_finish(&letter, gather_all(&letter));
    input_guard(false);
    letter_done(&letter);
    return rc;
}

/* -- without an id -- */

/* Acts of the same states and person are for the same entries: one of them is asked for. */
static bool
is_first_of_its_turn(const struct kind *kind, size_t index)
{
    const struct kind_act *act = kind_act_at(kind, index);
    for (size_t i = 0; i < index; i++) {
        const struct kind_act *before = kind_act_at(kind, i);
        if (before->key != 0 && before->from == act->from && before->who == act->who) {
            return false;
        }
    }
    return act->key != 0;
}

/* What could be heard; in a pause that is said before anybody chooses. */
static int
find_told(struct cli *cli, const struct kind *kind, struct target *out)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = refuse_calm(cli, kind);
    rc = rc == 0 ? list_with(cli, "", kind->name, &reply) : rc;
    if (rc == 0 && reply->n_entries == 0) {
        return cli_refuse_alone(cli, E_NO_ENTRY,
                                "There is nothing to say back just now.");
    }
    return rc == 0 ? target_find(cli, NULL, kind->name, out) : rc;
}

/* The only one that waits; of several the one chosen; else one that could be heard. */
static int
find_bare(struct cli *cli, const struct kind *kind, struct target *out)
{
    const Attune__Local__Reply *reply = NULL;
    size_t total = 0;
    size_t last = 0;
    for (size_t i = 0; kind_act_at(kind, i) != NULL; i++) {
        if (!is_first_of_its_turn(kind, i)) {
            continue;
        }
        int rc = list_with(cli, kind->name, kind_act_at(kind, i)->name, &reply);
        if (rc == 0 && reply->n_entries > 0) {
            rc = target_take(reply->entries[0], out);
            total += reply->n_entries;
            last = i;
        }
        if (rc != 0) {
            return rc;
        }
    }
    if (total == 0) {
        return find_told(cli, kind, out);
    }
    for (size_t i = 0; total > 1 && i <= last; i++) {
        int rc = is_first_of_its_turn(kind, i)
                     ? list_with(cli, kind->name, kind_act_at(kind, i)->name, &reply)
                     : E_NO_ENTRY;
        if (rc == 0 && i == last) {
            return target_which(cli, reply, kind->name, out);
        }
        if (rc == 0 && reply->n_entries > 0 && cli_asks(cli)) {
            print_entries(&cli->printer, reply);
        }
    }
    return 0;
}

int
hear_run(struct cli *cli)
{
    const struct kind *kind = cli->args.command.kind;
    const char *as = cli->args.flags[FLAG_AS];
    const Attune__Local__Reply *reply = NULL;
    struct target target;
    struct turn turn;
    if (as != NULL && kind_act(kind, as) == NULL) {
        return cli_refuse(cli, E_USAGE, "--as is one of: %s.",
                          commands_flag(FLAG_AS)->offers);
    }
    int rc = cli_names(cli);
    if (rc == 0 && cli->args.id == NULL) {
        rc = find_bare(cli, kind, &target);
        rc = rc == 0 ? target_show_entry(cli, &target, &reply) : rc;
    } else if (rc == 0) {
        rc = target_show(cli, cli->args.id, &reply);
    }
    rc = rc == 0 ? find_turn(kind, reply, &turn) : rc;
    if (rc != 0) {
        return rc;
    }
    return turn.count > 0 ? answer(cli, &turn, reply) : begin(cli, kind, reply);
}
