/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Start: launches attuned for the first client.
 *
 * The model: `attuned --background --ready-fd 3`, found beside this program, else in
 * PATH, in a session of its own and as nobody's child. It inherits the environment,
 * /dev/null, the ready pipe and a small sealed memory file as standard error, and no
 * other descriptor of ours: a passphrase on descriptor 5 stays here. One byte on the
 * pipe means it listens; the end of the pipe means it did not start, and the memory
 * file tells why.
 */
#ifndef ATTUNE_CLIENTS_LIB_START_H
#define ATTUNE_CLIENTS_LIB_START_H

#include <stdbool.h>
#include <stddef.h>

#define START_WAIT_MS 20000

/* The path of another of our programs beside this one, with NUL; false when there is
 * none. */
bool
start_beside(const char *name, char *out, size_t size_max);

/* The path of attuned beside this program, with NUL; false when there is none. */
bool
start_find(char *out, size_t size_max);

/* 0 when it listens; E_RUNNING when another attuned was faster; the error attuned
 * named; or E_DAEMON (not found, no answer within START_WAIT_MS), E_IO. */
int
start_daemon(void) __attribute__((warn_unused_result));

#endif
