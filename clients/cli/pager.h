/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pager: long output goes through $ATTUNE_PAGER, the option, $PAGER, or less -FRX.
 *
 * The model: only when standard output is a terminal and the text is taller than it.
 * The text goes through a pipe, never into argv or a file; less gets no history file
 * and may write none (LESSHISTFILE, LESSSECURE). "" and "cat" mean no pager; a pager
 * that can't be started is no error.
 */
#ifndef ATTUNE_CLIENTS_CLI_PAGER_H
#define ATTUNE_CLIENTS_CLI_PAGER_H

#include "clients/cli/term.h"
#include "common/bytes.h"

/* Whether text of that height goes through a pager. */
bool
pager_wanted(struct span text, const struct term *term);

/* Writes `text` to standard output, through the pager where wanted and waiting for it.
 * `option`: the option "pager", "" or NULL for none. A reader that went away is no
 * error.
 * 0 or E_IO. */
int
pager_show(struct span text, const struct term *term, const char *option)
    __attribute__((warn_unused_result));

/* Writes all bytes to a descriptor. SIGPIPE stays away; EPIPE is no error. 0 or E_IO.
 * */
int
pager_write(int fd, struct span text) __attribute__((warn_unused_result));

#endif
