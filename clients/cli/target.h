/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Target: which entry a person means.
 *
 * The model: a whole id, a unique beginning of one, @last (the newest own entry), or
 * nothing at all: then the only entry that can take the act. When several fit, a person at
 * a terminal sees them and types more letters; a script gets E_AMBIGUOUS with the list.
 */
#ifndef ATTUNE_CLI_TARGET_H
#define ATTUNE_CLI_TARGET_H

#include "clients/cli/cli.h"
#include "common/id.h"

struct target {
    uint8_t id[ID_BYTES];
    bool partner;            /* the entry is the partner's */
    bool draft;              /* of one's own, unfinished */
    const struct kind *kind; /* NULL: this version doesn't know it */
};

/* typed NULL: the only one that can take `act`. 0, E_NO_ENTRY, E_AMBIGUOUS (cli->failed
 * lists them), E_*. */
int target_find(struct cli *cli, const char *typed, const char *act, struct target *out)
    __attribute__((warn_unused_result));

/* One of the candidates attuned named: a person at a terminal sees them and types an id.
 * 0, E_AMBIGUOUS (nobody to ask), E_STOPPED, E_EMPTY (Enter alone), E_*. */
int target_choose(struct cli *cli, const Attune__Local__Reply *candidates,
                  struct target *out) __attribute__((warn_unused_result));

/* The same; who can't be asked is told to say which: `verb` ID, and cli->failed lists them. */
int target_which(struct cli *cli, const Attune__Local__Reply *candidates,
                 const char *verb, struct target *out)
    __attribute__((warn_unused_result));

/* What an entry of a reply is, for requests after it. 0 or E_PROTOCOL. */
int target_take(const Attune__Local__Entry *entry, struct target *out)
    __attribute__((warn_unused_result));

/* The reply of `show` for what was typed (NULL: @last), asking on when several fit. */
int target_show(struct cli *cli, const char *typed, const Attune__Local__Reply **reply)
    __attribute__((warn_unused_result));

/* The same for an entry that is known. */
int target_show_entry(struct cli *cli, const struct target *target,
                      const Attune__Local__Reply **reply)
    __attribute__((warn_unused_result));

#endif
