/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Note: the fields of one entry or act, from what was typed to what is sent.
 *
 * The model: a value per field of a kind: its own, those only its acts carry, then those
 * every shared entry may have; an index counts through all three. A value is text or a
 * number (also a time, a duration, a clock) and is parsed when it is put, so that a wrong
 * day is told before anything is sent.
 * Invariant: what is marked `typed` exists nowhere else yet; whoever can't send it gives
 * it back (note_give_back).
 * Owner: the note owns its texts and wipes them.
 * To add a type of field: parse_value, and how it is asked for in note_ask.c.
 */
#ifndef ATTUNE_CLI_NOTE_H
#define ATTUNE_CLI_NOTE_H

#include "clients/cli/cli.h"

struct note {
    const struct kind *kind;
    struct buf texts[FIELDS_MAX];
    int64_t numbers[FIELDS_MAX];
    bool set[FIELDS_MAX];
    bool typed[FIELDS_MAX]; /* at a prompt, in an editor, through a pipe */
};

void note_init(struct note *note, const struct kind *kind);
void note_done(struct note *note); /* wipes */

/* A kind's fields in the order of a note's; NULL beyond the last. */
const struct kind_field *note_field(const struct kind *kind, size_t index);
/* The index of a field by its name; FIELDS_MAX when the kind has none of it. */
size_t note_index(const struct kind *kind, const char *name);
/* The index of the field a topic is put into. */
size_t note_topic(const struct kind *kind);
bool note_is_text(const struct kind_field *field);

/* A day or time as typed, counted from now as a demo home plays it. 0 or E_TIME. */
int note_time(struct cli *cli, const char *text, int64_t *out_s, bool *has_clock)
    __attribute__((warn_unused_result));

/* Puts one value as typed. 0, E_UTF8, E_TIME, E_EMPTY, E_USAGE (with the hint set). Length
 * is not judged here: what is too long becomes a draft. */
int note_put(struct note *note, struct cli *cli, size_t index, struct span value)
    __attribute__((warn_unused_result));

/* Puts a first line: the first field, or where that is a choice its first word there and
 * what follows into the text beside it. Errors as note_put; on E_USAGE with `keep`, all
 * of it stands in the text, for a draft. */
int note_put_line(struct note *note, struct cli *cli, struct span line, bool keep)
    __attribute__((warn_unused_result));

/* Puts all options given for fields of the kind. */
int note_put_options(struct note *note, struct cli *cli)
    __attribute__((warn_unused_result));

/* Puts the fields of a draft, as attuned kept them; they count as typed. 0 or E_MEMORY. */
int note_take(struct note *note, Attune__Local__Field *const *fields, size_t count)
    __attribute__((warn_unused_result));

/* Forgets a field. */
void note_unset(struct note *note, size_t index);

/* Asks for the field at a terminal until it is understood. 0; E_EMPTY (Enter alone),
 * E_STOPPED (the input ended, or a guarded signal), E_LIMIT, E_IO, E_MEMORY. The first
 * field is asked for as a first line (note_put_line). */
int note_ask(struct note *note, struct cli *cli, size_t index)
    __attribute__((warn_unused_result));

/* Whether a field is set, or one that was typed. */
bool note_any_set(const struct note *note);
bool note_any_typed(const struct note *note);

/* 0, or E_LIMIT when a text is longer than its field may be. */
int note_check(const struct note *note) __attribute__((warn_unused_result));

/* What a day or time that was refused when sending may be: sets the hint, unless one is
 * there or none was given. Returns `error`. */
int note_time_refused(const struct note *note, struct cli *cli, int error)
    __attribute__((warn_unused_result));

/* The last resort: what was typed goes back to where the person sees it, and nowhere
 * else. */
void note_give_back(const struct note *note, struct cli *cli);

/* Messages for the fields that are set, borrowed from the note; their count. */
size_t note_fields(const struct note *note, Attune__Local__Field fields[static FIELDS_MAX],
                   Attune__Local__Field *pointers[static FIELDS_MAX]);

#endif
