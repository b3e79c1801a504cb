/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Note: the fields of one entry or act, from what was typed to what is sent.
 *
 * The model: a value per field of a kind: text, or a number (also a time). A value is
 * parsed when it is put, so that a wrong day is told before anything is sent.
 * Owner: the note owns its texts and wipes them.
 */
#ifndef ATTUNE_CLI_NOTE_H
#define ATTUNE_CLI_NOTE_H

#include "clients/cli/cli.h"

struct note {
    const struct kind *kind;
    struct buf texts[FIELDS_MAX];
    int64_t numbers[FIELDS_MAX];
    bool set[FIELDS_MAX];
};

void note_init(struct note *note, const struct kind *kind);
void note_done(struct note *note); /* wipes */

/* Puts one value as typed. 0, E_UTF8, E_TIME, E_EMPTY, E_USAGE (with the hint set). Length
 * is not judged here: what is too long becomes a draft. */
int note_put(struct note *note, struct cli *cli, size_t index, struct span value)
    __attribute__((warn_unused_result));

/* Puts all options given for fields of the kind. */
int note_put_options(struct note *note, struct cli *cli)
    __attribute__((warn_unused_result));

/* Asks for the field at a terminal until it is understood. */
int note_ask(struct note *note, struct cli *cli, size_t index)
    __attribute__((warn_unused_result));

/* 0, or E_LIMIT when a text is longer than its field may be. */
int note_check(const struct note *note) __attribute__((warn_unused_result));

/* Messages for the fields that are set, borrowed from the note; their count. */
size_t note_fields(const struct note *note, Attune__Local__Field fields[static FIELDS_MAX],
                   Attune__Local__Field *pointers[static FIELDS_MAX]);

#endif
