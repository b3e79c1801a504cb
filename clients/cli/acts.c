/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Acts: one verb for every act of every kind, and the acts all kinds share.
 *
 * The model: which entry (target.h), the field the act asks for, one request. What an act
 * may do stands in the kind's row and is judged by attuned. What lets text leave (share) is
 * shown first; what can't be undone (retract) is asked about at a terminal.
 */
#include "clients/cli/cli.h"
#include "clients/cli/note.h"
#include "clients/cli/runs.h"
#include "clients/cli/target.h"
#include "common/error.h"

#include <string.h>
#include <sys/random.h>

/* Questions before an act of the common ones; the acts of kinds ask nothing. */
static const struct {
    const char *act;
    const char *question;
    bool leaves; /* text leaves: without a terminal only with --yes; shown first */
    bool
        without_id; /* the daemon knows which: what is held, else the last private act */
} common[] = {
    {"share", "Share it?", true, false},
    {"retract", "Take it back? Its text goes, here and on the other side.", false,
     false},
    {"undo", NULL, false, true},
};

#define COMMON_COUNT (sizeof common / sizeof common[0])

static int
confirm(struct cli *cli, const char *act, const struct target *target)
{
    size_t row = 0;
    while (row < COMMON_COUNT && strcmp(common[row].act, act) != 0) {
        row++;
    }
    if (row == COMMON_COUNT || common[row].question == NULL ||
        args_has(&cli->args, FLAG_YES)) {
        return 0;
    }
    if (!cli_asks(cli) || cli->json) {
        return common[row].leaves
                   ? cli_refuse(cli, E_CONFIRM, "Nothing was changed. Add --yes.")
                   : 0;
    }
    if (common[row].leaves) {
        char id[ID_CHARS + 1];
        const Attune__Local__Reply *reply = NULL;
        id_text(target->id, id);
        int rc = cli_status(cli);
        rc = rc == 0 ? target_show(cli, id, &reply) : rc;
        if (rc != 0) {
            return rc;
        }
        print_say(&cli->printer, "This is exactly what %s will see:", cli_partner(cli));
        print_preview(&cli->printer, reply->entries[0]);
    }
    return cli_agrees(cli, common[row].question)
               ? 0
               : cli_refuse(cli, E_REFUSED, "Nothing was changed.");
}

/* The kind whose act of this name asks for a field; its row types the field. */
static const struct kind *
asking_kind(const char *act, const struct kind_act **out)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind_act *row = kind_act(kind_at(i), act);
        if (row != NULL && row->asks != NULL) {
            *out = row;
            return kind_at(i);
        }
    }
    return NULL;
}

/* The field an act carries, from its option or asked for. */
static int
fill(struct cli *cli, struct note *note, const struct kind *kind,
     const struct kind_act *act)
{
    int rc = note_put_options(note, cli);
    if (rc != 0 || args_field(&cli->args, act->asks) != NULL) {
        return rc;
    }
    size_t index = 0;
    while (strcmp(kind->fields[index].name, act->asks) != 0) {
        index++;
    }
    return cli_asks(cli) ? note_ask(note, cli, index)
                         : cli_refuse(cli, E_USAGE, "--%s is missing: %s.", act->asks,
                                      kind->fields[index].help);
}

static int
send(struct cli *cli, const char *name, const struct target *target,
     const struct note *note)
{
    Attune__Local__Request request;
    Attune__Local__Act act;
    attune__local__act__init(&act);
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    const Attune__Local__Reply *reply = NULL;
    uint8_t number[REQUEST_BYTES];
    if (getrandom(number, sizeof number, 0) != (ssize_t)sizeof number) {
        return E_IO;
    }
    if (target != NULL) {
        act.id = attune_bytes(span_of(target->id, ID_BYTES));
        act.partner = target->partner;
    }
    act.act = attune_text(name);
    act.request = attune_bytes(span_of(number, sizeof number));
    if (note->kind != NULL) {
        act.n_fields = note_fields(note, fields, pointers);
        act.fields = pointers;
    }
    attune_request(&request, "act");
    attune_with_act(&request, &act);
    int rc = cli_call(cli, &request, &reply);
    if (rc == 0) {
        print_acted(&cli->printer, reply, name);
    } else if (rc == E_NO_ENTRY && target == NULL) {
        rc = cli_refuse(
            cli, rc,
            "Nothing is held, and no private act is there to take back. What "
            "has left: attune retract ID");
    }
    return rc;
}

static bool
goes_without_id(const char *act)
{
    for (size_t i = 0; i < COMMON_COUNT; i++) {
        if (strcmp(common[i].act, act) == 0) {
            return common[i].without_id;
        }
    }
    return false;
}

int
acts_run(struct cli *cli)
{
    const char *name = cli->args.command.name;
    const struct kind_act *act = NULL;
    const struct kind *kind = asking_kind(name, &act);
    bool bare = cli->args.id == NULL && goes_without_id(name);
    struct target target;
    struct note note;
    note_init(&note, kind);
    /* A day that can't be read is told before anything else. */
    int rc = kind != NULL && args_field(&cli->args, act->asks) != NULL
                 ? fill(cli, &note, kind, act)
                 : 0;
    if (rc == 0 && !bare) {
        rc = target_find(cli, cli->args.id, name, &target);
    }
    if (rc == 0 && kind != NULL && args_field(&cli->args, act->asks) == NULL) {
        rc = fill(cli, &note, kind, act);
    }
    if (rc == 0 && !bare) {
        rc = confirm(cli, name, &target);
    }
    if (rc == 0) {
        rc = send(cli, name, bare ? NULL : &target, &note);
    }
    note_done(&note);
    return rc;
}
