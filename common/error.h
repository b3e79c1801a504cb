/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Errors: one list (error.def) holds code, text for the person and exit status.
 *
 * A function that can fail returns 0 or one of these, always negative, and leaves its
 * outputs alone on failure. To add an error: one row in error.def.
 */
#ifndef ATTUNE_COMMON_ERROR_H
#define ATTUNE_COMMON_ERROR_H

enum error {
#define ERROR(name, number, status, text, hint) name = -(number),
#include "common/error.def"
#undef ERROR
};

enum exit_status {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_LOCKED = 3,
    EXIT_UNPAIRED = 4,
    EXIT_NO_ENTRY = 5,
    EXIT_DAEMON = 6,
    EXIT_DAMAGED = 7,
    EXIT_RESOURCE = 8,
    EXIT_VERSION = 9,
};

/* The stable name ("E_USAGE"), the text, the hint; for an unknown code those of E_INTERNAL. */
const char *error_name(int error);
const char *error_text(int error);
const char *error_hint(int error);

/* The error of a stable name; E_INTERNAL for one that is not known. */
int error_from_name(const char *name);

/* Exit status of a command that ended with `error`; 0 for 0. */
int error_exit(int error);

/* The error an errno of a file operation stands for: E_DISK_FULL, E_READ_ONLY, E_MEMORY, E_IO. */
int error_from_errno(int number);

/* Calls `row` for every error in order; for documents made from the table. */
void error_each(void (*row)(void *context, int error), void *context);

#endif
