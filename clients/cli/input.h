/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Input: what a person types, pipes in, or hands over on a descriptor.
 *
 * The model: lines are edited by the terminal itself. A hidden line is read with the echo
 * off, a key without waiting for Enter; the terminal is put back also when a signal ends
 * the program. Secrets are read byte by byte with read(2), so no buffer of the C library
 * keeps a copy. While something typed is not saved yet, a guard turns the first signal that
 * would end the program into an answer, E_STOPPED; the second one ends it.
 * Owner: `out` is the caller's, appended to, wiped by its buf_free.
 */
#ifndef ATTUNE_CLI_INPUT_H
#define ATTUNE_CLI_INPUT_H

#include "common/bytes.h"

#include <stdbool.h>

#define INPUT_LINE_BYTES_MAX 4095u /* what the terminal takes in one line: termios(3) */

/* Writes to the terminal at standard error, else at standard output; not text of others. */
void input_show(const char *text);

/* From now on (or no longer) Ctrl-C, SIGTERM and a closed terminal stop a prompt with
 * E_STOPPED and nothing else. */
void input_guard(bool on);

/* Lets a signal the guard took do what it would have done; returns when there was none. */
void input_give_way(void);

/* One line after "  PROMPT ▸ ", without newline. 0, E_EMPTY (end of input), E_STOPPED
 * (guarded, and a signal came; or a terminal's Ctrl-D in the middle of a line, which is in
 * `out` as far as it came), E_LIMIT (the terminal cut it), E_IO, E_MEMORY. */
int input_line(const char *prompt, struct buf *out) __attribute__((warn_unused_result));

/* One key after "  PROMPT ▸ ", unseen, without Enter; what a key sends beyond its first byte
 * is dropped. 0, E_EMPTY (end of input), E_STOPPED, E_IO. */
int input_key(const char *prompt, uint8_t *out) __attribute__((warn_unused_result));

/* The same unseen. */
int input_hidden(const char *prompt, struct buf *out) __attribute__((warn_unused_result));

/* One line, or up to the end, of a descriptor; two calls read two lines. 0, E_EMPTY,
 * E_LIMIT (longer than bytes_max), E_IO (not readable). */
int input_secret(int fd, size_t bytes_max, struct buf *out)
    __attribute__((warn_unused_result));

/* Everything up to the end. 0; E_LIMIT when it is longer than bytes_max (the first
 * bytes_max bytes are in `out`), E_IO, E_MEMORY. */
int input_all(int fd, size_t bytes_max, struct buf *out)
    __attribute__((warn_unused_result));

/* What a command of the person's own prints, its first line: unlock-command. 0, E_EMPTY,
 * E_LIMIT, E_IO. */
int input_command(const char *command, size_t bytes_max, struct buf *out)
    __attribute__((warn_unused_result));

#endif
