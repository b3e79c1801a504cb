/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Term: what the terminal at standard output is like, asked once.
 *
 * The model: a few facts; nothing of curses. Colour is on only at a terminal that is
 * not "dumb" and without NO_COLOR (no-color.org), unless the option says always or
 * never.
 */
#ifndef ATTUNE_CLIENTS_CLI_TERM_H
#define ATTUNE_CLIENTS_CLI_TERM_H

#include <stdbool.h>
#include <stddef.h>

#define TERM_COLUMNS_MIN 20
#define TERM_COLUMNS_DEFAULT 80
#define TERM_COLUMNS_MAX 1000

struct term {
    bool out; /* standard output is a terminal */
    bool err; /* standard error is one */
    bool in;  /* standard input is one: prompts are possible with `out` or `err` */
    bool colour;
    size_t
        columns; /* of the terminal, else COLUMNS, else 80; at least TERM_COLUMNS_MIN */
    size_t rows; /* 0: unknown */
};

/* `option` is enum option_color of common/options.h. */
void
term_look(unsigned option, struct term *out);

#endif
