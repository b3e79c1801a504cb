/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model: which entry (target.h), the field the act asks for, one request. What an act
 * may do stands in the kind's row and is judged by attuned, which also knows the entry when
 * only one can take the act: an act that asks for nothing is one request without an id, and
 * works while attune is closed. Only where attuned says that several fit are they listed.
 * What lets text leave (share) is shown first; what can't be undone (retract) is asked
 * about at a terminal.
 * Invariant: what was typed at a prompt and not sent is given back.
 */
#include "clients/cli/acts.h"

#include "clients/cli/hints.h"
#include "clients/cli/note.h"
#include "clients/cli/runs.h"
#include "clients/cli/write.h"
#include "common/error.h"

#include <string.h>
#include <sys/random.h>

/* Questions before an act of the common ones; the acts of kinds ask nothing. */
static const struct common {
    const char *act;
    const char *question;
    bool leaves; /* text leaves: without a terminal only with --yes; shown first */
} commons[] = {
    {"share", "Share it?", true},
    {"retract", "Take it back? Its text goes, here and on the other side.", false},
};

struct deed {
    struct cli *cli;
    const char *name;
    const struct common *common; /* or NULL */
    const struct kind_act *act;  /* of the note's kind; NULL: asks for nothing */
    struct target target;
    bool has_target;
    struct note note; /* kind NULL until it is known */
    bool topic;       /* share: only the topic */
    uint32_t hold_s;  /* of words, before they leave */
};

static const struct common *
find_common(const char *act)
{
    for (size_t i = 0; i < sizeof commons / sizeof commons[0]; i++) {
        if (strcmp(commons[i].act, act) == 0) {
            return &commons[i];
        }
    }
    return NULL;
}

/* -- what it carries -- */

/* The index of the field the act asks for; FIELDS_MAX when it asks for nothing. */
static size_t
asked_field(const struct deed *deed)
{
    return deed->act != NULL && deed->act->asks != NULL
               ? note_index(deed->note.kind, deed->act->asks)
               : FIELDS_MAX;
}

/* From now on it is about this kind of entry. */
static void
take_kind(struct deed *deed, const struct kind *kind)
{
    if (kind != deed->note.kind) {
        note_done(&deed->note);
        note_init(&deed->note, kind);
    }
    deed->act = kind != NULL ? kind_act(kind, deed->name) : NULL;
}

/* What stands in the command: an option, or words where the field is a text. */
static int
put_given(struct deed *deed)
{
    struct cli *cli = deed->cli;
    size_t index = asked_field(deed);
    for (size_t i = 0; i < cli->args.fields_count; i++) {
        if (index == FIELDS_MAX ||
            strcmp(cli->args.fields[i].name, deed->act->asks) != 0) {
            return index == FIELDS_MAX
                       ? cli_refuse(cli, E_USAGE, "Here it takes no such option.")
                       : cli_refuse(cli, E_USAGE, "Here it takes --%s.",
                                    deed->act->asks);
        }
    }
    if (cli->args.words_count == 0) {
        return index < FIELDS_MAX ? note_put_options(&deed->note, cli) : 0;
    }
    if (index == FIELDS_MAX || !note_is_text(note_field(deed->note.kind, index))) {
        return cli_refuse(cli, E_USAGE, "Here it takes no words.");
    }
    struct buf line;
    buf_init(&line, 0);
    args_line(&cli->args, &line);
    int rc = buf_done(&line);
    rc = rc == 0 ? note_put(&deed->note, cli, index, buf_span(&line)) : rc;
    buf_free(&line);
    return rc;
}

/* The first kind that has such an act and takes what was given; its row types the field, so
 * that a day that can't be read is told before anything else. */
static const struct kind *
likely_kind(const struct cli *cli, const char *name)
{
    const char *given = cli->args.fields_count > 0 ? cli->args.fields[0].name : NULL;
    bool words = cli->args.words_count > 0;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        const struct kind_act *act = kind_act(kind, name);
        if (act == NULL || act->asks == NULL) {
            continue;
        }
        if ((given != NULL && strcmp(act->asks, given) == 0) ||
            (words && note_is_text(kind_field(kind, act->asks)))) {
            return kind;
        }
    }
    return NULL;
}

/* What acts of one name do, over all kinds that have one. */
struct habits {
    bool any;
    bool asks; /* for a field */
    bool must; /* for one that can't be left out */
    bool leads;
};

static struct habits
look_up(const char *name)
{
    struct habits all = {0};
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind_act *act = kind_act(kind_at(i), name);
        if (act != NULL) {
            all.any = true;
            all.asks = all.asks || act->asks != NULL;
            all.must = all.must || (act->asks != NULL && !act->optional);
            all.leads = all.leads || act->leads != NULL;
        }
    }
    return all;
}

/* The field at a prompt. */
static int
ask_field(struct deed *deed)
{
    struct cli *cli = deed->cli;
    size_t index = asked_field(deed);
    if (index == FIELDS_MAX || deed->note.set[index]) {
        return 0;
    }
    const struct kind_field *field = note_field(deed->note.kind, index);
    if (!cli_talks(cli)) {
        return deed->act->optional ? 0
                                   : cli_refuse(cli, E_USAGE, "--%s is missing: %s.",
                                                field->name, field->help);
    }
    int rc = cli_status(cli); /* its names, for the prompt */
    rc = rc == 0 ? note_ask(&deed->note, cli, index) : rc;
    if (rc == E_STOPPED) {
        note_give_back(&deed->note, cli);
        return cli_refuse(cli, E_STOPPED, "Nothing was changed.");
    }
    return rc == E_EMPTY && deed->act->optional ? 0 : rc;
}

/* share: whether it is a step of a topic alone. */
static int
take_share(struct deed *deed)
{
    struct cli *cli = deed->cli;
    const char *topic = cli->args.flags[FLAG_TOPIC];
    deed->topic = topic != NULL;
    size_t index = topic != NULL && deed->note.kind != NULL
                       ? note_topic(deed->note.kind)
                       : FIELDS_MAX;
    if (index == FIELDS_MAX) {
        return 0;
    }
    if (topic[0] != '\0') {
        return note_put(&deed->note, cli, index, span_text(topic));
    }
    if (!cli_talks(cli)) {
        return 0;
    }
    int rc = note_ask(&deed->note, cli, index);
    return rc == E_EMPTY ? 0 : rc;
}

/* -- asking -- */

/* What the partner will see of it, and hints about it. */
static int
show_first(struct deed *deed)
{
    struct cli *cli = deed->cli;
    const Attune__Local__Reply *reply = NULL;
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    int rc = cli_status(cli);
    rc = rc == 0 && !cli->paired ? E_NOT_PAIRED : rc; /* nobody will see it */
    rc = rc == 0 ? target_show_entry(cli, &deed->target, &reply) : rc;
    if (rc != 0) {
        return rc;
    }
    Attune__Local__Entry seen = *reply->entries[0];
    seen.state = attune_text(state_name(deed->topic ? S_TOPIC : S_OPEN));
    if (deed->topic) {
        seen.n_fields = note_fields(&deed->note, fields, pointers);
        seen.fields = pointers;
    }
    print_say(&cli->printer, "This is exactly what %s will see:", cli_partner(cli));
    print_preview(&cli->printer, &seen);
    if (deed->target.kind != NULL && !seen.partner) {
        hints_say(cli, deed->target.kind, seen.fields, seen.n_fields);
    }
    return 0;
}

static int
confirm(struct deed *deed)
{
    struct cli *cli = deed->cli;
    const struct common *common = deed->common;
    bool discards = common != NULL && !common->leaves && deed->target.draft;
    if (common == NULL || args_has(&cli->args, FLAG_YES) || discards) {
        return 0; /* of a draft, nobody has seen anything */
    }
    if (!cli_talks(cli)) {
        return common->leaves
                   ? cli_refuse(cli, E_CONFIRM, "Nothing was changed. Add --yes.")
                   : 0;
    }
    int rc = common->leaves ? show_first(deed) : 0;
    if (rc != 0) {
        return rc;
    }
    return cli_agrees(cli, common->question)
               ? 0
               : cli_refuse(cli, E_REFUSED, "Nothing was changed.");
}

/* -- sending -- */

/* Whether it carries words: only those attuned may hold, and only for them the options are
 * read. */
static bool
has_words(const struct deed *deed)
{
    size_t index = asked_field(deed);
    if (deed->common != NULL) {
        return deed->common->leaves;
    }
    return index < FIELDS_MAX && deed->note.set[index] &&
           kind_field_is_text(note_field(deed->note.kind, index));
}

static int
send(struct deed *deed, const Attune__Local__Reply **reply)
{
    Attune__Local__Request request;
    Attune__Local__Act act;
    attune__local__act__init(&act);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    uint8_t number[REQUEST_BYTES];
    int rc = cli_hold(deed->cli, has_words(deed), &deed->hold_s);
    if (rc != 0) {
        return rc;
    }
    if (getrandom(number, sizeof number, 0) != (ssize_t)sizeof number) {
        return E_IO;
    }
    if (deed->has_target) {
        act.id = attune_bytes(span_of(deed->target.id, ID_BYTES));
        act.partner = deed->target.partner;
    }
    act.act = attune_text(deed->name);
    act.request = attune_bytes(span_of(number, sizeof number));
    act.hold_s = deed->hold_s;
    act.topic = deed->topic;
    if (deed->note.kind != NULL) {
        act.n_fields = note_fields(&deed->note, fields, pointers);
        act.fields = pointers;
    }
    attune_request(&request, "act");
    attune_with_act(&request, &act);
    return cli_call(deed->cli, &request, reply);
}

/* Only attuned knows what an act without an id is about; when it can't, the person does. */
static int
send_or_choose(struct deed *deed, const Attune__Local__Reply **reply)
{
    struct cli *cli = deed->cli;
    const Attune__Local__Reply *got = NULL;
    int rc = deed->note.kind != NULL ? note_check(&deed->note) : 0;
    if (rc != 0) {
        return cli_refuse(cli, rc, "Nothing was changed.");
    }
    rc = send(deed, &got);
    if (rc == E_AMBIGUOUS &&
        !deed->has_target) { /* reading, so it may ask for a passphrase */
        rc = target_find(cli, NULL, deed->name, &deed->target);
        deed->has_target = rc == 0;
        rc = rc == 0 ? send(deed, &got) : rc;
    } else if (rc == E_NO_ENTRY && !deed->has_target) {
        /* `undo` is the one act that no kind has, and that needs no id. */
        rc = deed->common == NULL && !look_up(deed->name).any
                 ? cli_refuse(cli, rc,
                              "Nothing is held, and no private act is there to take "
                              "back. What has left: attune retract ID")
                 : cli_refuse_alone(cli, rc, "Nothing here can take %s now.",
                                    deed->name);
    }
    if (rc == 0) {
        *reply = got;
    }
    return rc;
}

/* What comes next, offered where the row says so. */
static int
lead_on(struct deed *deed)
{
    struct cli *cli = deed->cli;
    const char *leads = deed->act != NULL ? deed->act->leads : NULL;
    const struct kind *kind = leads != NULL ? kind_find(leads) : NULL;
    if (kind == NULL || cli->json) {
        return 0;
    }
    print_say(&cli->printer, "%s: attune %s", kind->help, kind->name);
    return cli_asks(cli) && cli->term.out ? write_offer(cli, kind) : 0;
}

static int
finish(struct deed *deed)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = send_or_choose(deed, &reply);
    if (rc != 0) {
        rc = note_time_refused(&deed->note, deed->cli, rc);
        note_give_back(&deed->note, deed->cli);
        return rc;
    }
    bool discarded =
        deed->target.draft && deed->common != NULL && !deed->common->leaves;
    print_acted(&deed->cli->printer, reply,
                discarded ? PRINT_ACTED_DISCARD : deed->name);
    if (deed->note.kind != NULL && deed->common == NULL) {
        Attune__Local__Field fields[FIELDS_MAX];
        Attune__Local__Field *pointers[FIELDS_MAX];
        size_t count = note_fields(&deed->note, fields, pointers);
        hints_say(deed->cli, deed->note.kind, pointers, count);
    }
    return lead_on(deed);
}

int
acts_do(struct cli *cli, const struct kind_act *act, const struct target *target)
{
    struct deed deed = {
        .cli = cli, .name = act->name, .target = *target, .has_target = true};
    note_init(&deed.note, NULL);
    take_kind(&deed, target->kind);
    int rc = put_given(&deed);
    rc = rc == 0 ? cli_hold(cli, false, &deed.hold_s) : rc;
    rc = rc == 0 ? ask_field(&deed) : rc;
    rc = rc == 0 ? finish(&deed) : rc;
    note_done(&deed.note);
    return rc;
}

/* Whether the entry has to be known before the rest: to show it, or for what its kind asks
 * for or leads to. */
static bool
needs_target(const struct deed *deed)
{
    const struct cli *cli = deed->cli;
    struct habits all = look_up(deed->name);
    if (cli->args.id != NULL || deed->common != NULL) {
        return true;
    }
    if (asked_field(deed) < FIELDS_MAX) {
        return false; /* it is given */
    }
    return all.must || (cli_talks(cli) && (all.asks || all.leads));
}

int
acts_run(struct cli *cli)
{
    struct deed deed = {.cli = cli, .name = cli->args.command.name};
    bool given = cli->args.fields_count > 0 || cli->args.words_count > 0;
    deed.common = find_common(deed.name);
    note_init(&deed.note, NULL);
    take_kind(&deed, likely_kind(cli, deed.name));
    int rc = cli_hold(cli, false, &deed.hold_s); /* a wrong one is told first */
    rc = rc == 0 && given ? put_given(&deed) : rc;
    if (rc == 0 && needs_target(&deed)) {
        rc = target_find(cli, cli->args.id, deed.name, &deed.target);
        deed.has_target = rc == 0;
        if (rc == 0 && deed.target.kind != deed.note.kind) {
            take_kind(&deed, deed.target.kind);
            rc = put_given(&deed);
        }
        rc = rc == 0 ? ask_field(&deed) : rc;
    }
    if (rc == 0 && deed.common != NULL && deed.common->leaves) {
        rc = take_share(&deed);
    }
    if (rc == 0) {
        rc = confirm(&deed);
    }
    if (rc == 0) {
        rc = finish(&deed);
    }
    note_done(&deed.note);
    return rc;
}
