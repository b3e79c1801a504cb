/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Actions: the programs a click starts: a terminal with `attune` in it, the unlocking.
 *
 * The model: a child in a session of its own, with /dev/null for its three descriptors and
 * no other one, our signal mask undone, and the token of the click in its environment, so
 * that its window may come to the front. It outlives us; actions_reap is for those that
 * don't.
 * Whether it could be executed is known when it is started (posix_spawn waits for that and
 * for nothing after it); what can't be started is said once on standard error.
 * Invariants: no text, name or passphrase is in an argument. What is closed stays so until
 * `attune` itself, in that terminal, is given the passphrase.
 */
#ifndef ATTUNE_NOTIFY_ACTIONS_H
#define ATTUNE_NOTIFY_ACTIONS_H

#include "clients/notify/policy.h"

#include <sys/types.h>

struct actions {
    bool said;    /* that a terminal is missing, until one is found */
    pid_t unlock; /* the unlocking that was started last; 0: none runs */
};

/* What a notice is of, as far as its buttons need it. */
struct actions_target {
    enum policy_why why;
    bool has_id;
    bool partner; /* its author is the partner */
    uint8_t id[ID_BYTES];
    uint32_t unique; /* characters of its id that mean no other */
};

/*
 * actions_open: a terminal that shows it.
 *   target    the one thing; NULL: several, then it is today's page
 *   terminal  the person's choice, words apart by blanks; "": the first there is
 * 0 when it runs, E_NO_ENTRY (there is no such terminal, or none), E_LIMIT, E_MEMORY.
 */
int actions_open(struct actions *actions, const struct actions_target *target,
                 const char *terminal, const char *token)
    __attribute__((warn_unused_result));

/* attune unlock --pinentry; where that can ask nobody, attune unlock in the terminal. */
void actions_unlock(struct actions *actions, const char *terminal, const char *token);
/* After SIGCHLD: takes leave of the children that ended, and goes on where that was not what
 * they were started for. */
void actions_reap(struct actions *actions, const char *terminal);

#endif
