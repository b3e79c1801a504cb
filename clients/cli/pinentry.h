/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pinentry: the passphrase from a window, or a terminal, of a program packaged for that.
 *
 * The model: `pinentry` of PATH is started with two pipes and spoken to in lines: a command,
 * then D (data), S (status) and # (comment) lines until OK or ERR. What it looks like is the
 * system's choice; it is told where we have a terminal, for those that draw there, and
 * nothing about whose journal it is. libassuan speaks the same; linked in, it brings the
 * name service switch of libc, which a static program can't have (the linker warns), 400 KiB,
 * and time for every command, for the dozen lines that one of them needs.
 * Invariants: the passphrase comes through a pipe, read byte by byte into buffers that are
 * wiped, and is in no argument and no environment.
 */
#ifndef ATTUNE_CLI_PINENTRY_H
#define ATTUNE_CLI_PINENTRY_H

#include "common/bytes.h"

struct pinentry;

/* Starts one. 0; E_LOCKED: there is none, or it can't ask; E_MEMORY. */
int
pinentry_new(struct pinentry **out) __attribute__((warn_unused_result));
void
pinentry_free(struct pinentry *pinentry); /* ends it; NULL is fine */

/*
 * pinentry_ask: asks once.
 *   wrong  said beside the prompt, or NULL
 *   out    the passphrase is appended; it may be empty
 * 0; E_STOPPED: the person closed it, or it waited too long; E_LIMIT: longer than
 * PASSPHRASE_BYTES_MAX; E_LOCKED: it failed, or makes no sense; E_MEMORY.
 */
int
pinentry_ask(struct pinentry *pinentry, const char *wrong, struct buf *out)
    __attribute__((warn_unused_result));

#endif
