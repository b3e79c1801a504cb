/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/error.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

struct error_row {
    int error;
    int status;
    const char *name;
    const char *text;
    const char *hint;
};

static const struct error_row rows[] = {
#define ERROR(name, number, status, text, hint) {name, status, #name, text, hint},
#include "common/error.def"
#undef ERROR
};

static const size_t rows_count = sizeof rows / sizeof rows[0];

static const struct error_row *
find(int error)
{
    for (size_t i = 0; i < rows_count; i++) {
        if (rows[i].error == error) {
            return &rows[i];
        }
    }
    return &rows[rows_count - 1]; /* E_INTERNAL closes the list */
}

const char *
error_name(int error)
{
    return find(error)->name;
}

const char *
error_text(int error)
{
    return find(error)->text;
}

const char *
error_hint(int error)
{
    return find(error)->hint;
}

int
error_from_name(const char *name)
{
    for (size_t i = 0; i < rows_count; i++) {
        if (strcmp(rows[i].name, name) == 0) {
            return rows[i].error;
        }
    }
    return E_INTERNAL;
}

int
error_exit(int error)
{
    return error == 0 ? EXIT_DONE : find(error)->status;
}

int
error_from_errno(int number)
{
    switch (number) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return E_DISK_FULL;
    case EROFS:
    case EACCES:
    case EPERM:
        return E_READ_ONLY;
    case ENOMEM:
        return E_MEMORY;
    default:
        return E_IO;
    }
}

void
error_each(void (*row)(void *context, int error), void *context)
{
    for (size_t i = 0; i < rows_count; i++) {
        row(context, rows[i].error);
    }
}
