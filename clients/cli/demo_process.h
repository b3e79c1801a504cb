/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo processes: each home's attuned, started, given its time, ended; and the signals
 * that ask the demo itself to stop.
 *
 * The model: attuned is our child, in a process group of its own. It dies with us
 * (PR_SET_PDEATHSIG), and what it started dies with it; we are the subreaper of all of
 * them too, so that nothing is left even when one of the two went wrong.
 * Invariants: nothing waits without an end; a signal ends every wait but that of
 * stopping. Processes are ended by their number only. One thread.
 */
#ifndef ATTUNE_CLI_DEMO_PROCESS_H
#define ATTUNE_CLI_DEMO_PROCESS_H

#include "clients/cli/demo_home.h"
#include "common/bytes.h"

/* Interrupts are from now on read from *out, and orphans of our children come to us. 0
 * or E_IO. */
int
demo_process_signals(int *out) __attribute__((warn_unused_result));
/* Waits `wait_ms`. 0, or E_STOPPED at once when a signal asks for it. */
int
demo_process_pause(int signals, int wait_ms) __attribute__((warn_unused_result));
/* Ends and reaps every child that is left, by its number. */
void
demo_process_end_all(void);

/* Starts attuned and connects. now_s: what its clock shall say, 0: the machine's time.
 * 0, E_DAEMON (not found, ended at once, or silent), E_STOPPED, E_IO, E_MEMORY. */
int
demo_process_start(struct demo_home *home, int64_t now_s)
    __attribute__((warn_unused_result));
/* Tells it what time it is from now on; it was started with one. 0 or E_DAEMON. */
int
demo_process_clock(struct demo_home *home, int64_t now_s)
    __attribute__((warn_unused_result));
/* SIGTERM. 0, or E_DAEMON when it did not end well by itself; ended it is in any case.
 * */
int
demo_process_stop(struct demo_home *home) __attribute__((warn_unused_result));
/* SIGKILL; nothing when none runs. */
void
demo_process_kill(struct demo_home *home);

/* Appends what attuned said last, one line; nothing when it said nothing. */
void
demo_process_said(const struct demo_home *home, struct buf *out);

#endif
