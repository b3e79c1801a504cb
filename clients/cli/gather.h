/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Gather: what a letter says, from wherever the person puts it.
 *
 * The model: options, then the line: words of the command, an editor, a pipe, or a prompt;
 * then whatever else the kind asks for. Without a terminal, a missing field is told before
 * anything is read. What is typed is asked for only after attuned answered, and from the
 * first prompt on a signal stops the letter instead of the program (input_guard), so that
 * a half-finished one becomes a draft.
 * Invariant: an error leaves in the letter's note what was gathered before it.
 */
#ifndef ATTUNE_CLI_GATHER_H
#define ATTUNE_CLI_GATHER_H

#include "clients/cli/letter.h"

/* Everything the kind asks for. 0; E_EMPTY, E_STOPPED, E_LIMIT (cut by the terminal),
 * E_USAGE, E_* . */
int gather_all(struct letter *letter) __attribute__((warn_unused_result));

/* The options and the line alone, for verbs that know the rest. */
int gather_line(struct letter *letter) __attribute__((warn_unused_result));

/* The fields after the first that are asked for; see gather_all. */
int gather_rest(struct letter *letter) __attribute__((warn_unused_result));

/* What waits in a pipe, into the first field. */
int gather_pipe(struct letter *letter) __attribute__((warn_unused_result));

/* Changes what is written: in the editor, or where there are several fields by asking for
 * each again. 0; E_REFUSED (the editor failed; nothing changed), E_STOPPED, E_*. */
int gather_again(struct letter *letter) __attribute__((warn_unused_result));

#endif
