/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Letter: one entry on its way from the person to attuned.
 *
 * The model: write.c, daily.c and hear.c begin a letter, gather its fields (gather.c), and
 * hand it to write_finish, which asks where it has to, and saves it. Its id is made at the
 * beginning, so that a request sent twice saves one entry.
 * Invariant: what reached us is saved as the person wished, kept as a draft, or given back
 * on the screen: never dropped in silence.
 * Owner: whoever began it; letter_done wipes.
 */
#ifndef ATTUNE_CLI_LETTER_H
#define ATTUNE_CLI_LETTER_H

#include "clients/cli/note.h"
#include "clients/cli/target.h"

struct letter {
    struct cli *cli;
    const struct kind *kind;
    struct note note;
    struct target parent; /* the entry it answers, or whose thread it is in */
    bool has_parent;
    uint8_t id[ID_BYTES];
    bool mine;       /* as asked for now; m in the preview sets it */
    bool by_default; /* neither --mine nor --ours */
    uint32_t hold_s;
    int64_t give_s; /* leaves then; 0: after its hold */
    bool topic;     /* only its topic is shared; the text stays */
    bool safe;      /* it is saved, or a draft */
    bool resumed;   /* from the draft of this id (resume.h) */
    uint8_t draft_id[ID_BYTES];
};

/* Reach and hold from the options. 0, E_TIME (with the hint set), E_IO. To be ended by
 * letter_done in any case. */
int letter_init(struct letter *letter, struct cli *cli, const struct kind *kind)
    __attribute__((warn_unused_result));
void letter_done(struct letter *letter);

/* Before anybody types: attuned answers, there is a journal, it isn't locked. */
int letter_ready(struct cli *cli) __attribute__((warn_unused_result));

/* One request; where several threads could be joined, a person at a terminal is asked
 * which. 0 or E_*. */
int letter_send(struct letter *letter, bool draft, const Attune__Local__Reply **reply)
    __attribute__((warn_unused_result));

/* Keeps it as a draft and returns `why`, having said so in the hint; or gives the text back
 * and returns why even that failed. */
int letter_keep(struct letter *letter, int why) __attribute__((warn_unused_result));

/* Saves and says so; what is too long or has nobody to go to becomes a draft. */
int letter_save(struct letter *letter) __attribute__((warn_unused_result));

#endif
