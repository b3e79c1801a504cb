/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Resume: a draft taken up again by the verb it was begun with.
 *
 * The model: a bare verb at a terminal looks whether a draft of its kind is there, of the
 * last day, and asks: an older one is in attune drafts and is in nobody's way;
 * the letter then has its fields, and is shown once before it leaves. When the letter is
 * saved, or a draft again, the one it came from goes.
 * Invariant: nobody is asked for a passphrase because of it: writing works while closed.
 */
#ifndef ATTUNE_CLI_RESUME_H
#define ATTUNE_CLI_RESUME_H

#include "clients/cli/letter.h"

/* Fills the letter where the person agrees. 0, E_STOPPED, E_*. */
int
resume_draft(struct letter *letter) __attribute__((warn_unused_result));

/* Takes away the draft a letter came from, once what is in it is safe elsewhere. */
void
resume_done(const struct letter *letter);

#endif
