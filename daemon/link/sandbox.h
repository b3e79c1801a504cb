/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The link's sandbox: what is left to a link that the network has taken over.
 *
 * The model, from the outside in: no new privileges, no core dump, few descriptors, no
 * memory without bound; where the kernel allows it, a mount namespace in which the
 * sockets of the session (attuned's own, D-Bus, X11) don't exist; Landlock, which leaves
 * only reading the files that name resolution needs; a seccomp list of the calls that
 * libzmq and the resolver make, where everything else doesn't exist (ENOSYS) and what
 * only an attacker would try ends the process.
 *
 * To allow a call: a row in the list of sandbox.c, and a word why.
 */
#ifndef ATTUNE_DAEMON_LINK_SANDBOX_H
#define ATTUNE_DAEMON_LINK_SANDBOX_H

/*
 * Before any other thread runs. What an old kernel lacks (Landlock, user namespaces) is
 * left out; 0, or E_SANDBOX when something that every kernel has is refused.
 */
int
sandbox_enter(void) __attribute__((warn_unused_result));

/* After libzmq's threads run: no further thread or process. 0 or E_SANDBOX. */
int
sandbox_close(void) __attribute__((warn_unused_result));

#endif
