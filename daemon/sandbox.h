/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attuned's own sandbox: the process with the keys has no network and starts nothing.
 *
 * The model: no core dump, not dumpable, no new privileges, and a seccomp filter that
 * refuses (EPERM) every socket but Unix ones and the kernel's news of routes, and every
 * new process; calls that only an attacker makes end the process. What remains allowed
 * is wide, since SQLite, sd-bus and libc choose their calls by version.
 *
 * Under ATTUNE_SANITIZE the leak checker must stop its own process at exit, so ptrace,
 * its helper and dumpability stay.
 */
#ifndef ATTUNE_DAEMON_SANDBOX_H
#define ATTUNE_DAEMON_SANDBOX_H

/*
 * For good, for this thread and those it makes; so call it with one thread, after
 * spawner_start and before the first key. 0 or E_SANDBOX.
 */
int
sandbox_enter(void) __attribute__((warn_unused_result));

#endif
