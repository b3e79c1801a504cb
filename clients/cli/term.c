/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/term.h"

#include "common/options.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* A count from the environment, or 0. */
static size_t
environment_count(const char *name)
{
    const char *text = getenv(name);
    char *end = NULL;
    if (text == NULL || *text < '0' || *text > '9') {
        return 0;
    }
    unsigned long value = strtoul(text, &end, 10);
    return *end == '\0' && value <= TERM_COLUMNS_MAX ? (size_t)value : 0;
}

static size_t
bounded_columns(size_t columns)
{
    if (columns == 0) {
        return TERM_COLUMNS_DEFAULT;
    }
    if (columns < TERM_COLUMNS_MIN) {
        return TERM_COLUMNS_MIN;
    }
    return columns > TERM_COLUMNS_MAX ? TERM_COLUMNS_MAX : columns;
}

static bool
wants_colour(unsigned option, bool out)
{
    const char *none = getenv("NO_COLOR");
    const char *name = getenv("TERM");
    if (option == COLOR_ALWAYS || option == COLOR_NEVER) {
        return option == COLOR_ALWAYS;
    }
    return out && (none == NULL || *none == '\0') && name != NULL &&
           strcmp(name, "dumb") != 0;
}

void
term_look(unsigned option, struct term *out)
{
    struct winsize size = {0};
    *out = (struct term){
        .out = isatty(STDOUT_FILENO) == 1,
        .err = isatty(STDERR_FILENO) == 1,
        .in = isatty(STDIN_FILENO) == 1,
    };
    if (out->out && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0) {
        out->columns = size.ws_col;
        out->rows = size.ws_row;
    }
    if (out->columns == 0) {
        out->columns = environment_count("COLUMNS");
    }
    out->columns = bounded_columns(out->columns);
    out->colour = wants_colour(option, out->out);
}
