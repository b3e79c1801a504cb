/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arguments: attune VERB [ID] [line] [--field value].
 *
 * The model: the verb says what may follow (commands.h). Exact words only: no
 * abbreviations, no aliases; a near miss is named. `--field value` and `--field=value` are
 * the same; `--` ends the options. Words of a line may stand unquoted and are joined by
 * spaces. The first word of a verb that takes an ID and a line is the ID exactly when it is
 * @last or shaped like an id: 3 to 26 letters of its alphabet. A value that may be left out
 * (--topic) is attached by =, or is the next word where that can't be the line: an id or a
 * word stands elsewhere.
 * Invariant: nothing is interpreted here beyond its place: dates, ids and numbers are read
 * by whoever knows what they are for.
 * Owner: pointers lead into the words given to args_parse.
 */
#ifndef ATTUNE_CLI_ARGS_H
#define ATTUNE_CLI_ARGS_H

#include "clients/cli/commands.h"

#define ARGS_WORDS_MAX 512u /* of one line; a longer text is quoted, piped or typed */
#define ARGS_WHY_BYTES 160u

struct args_field {
    const char *name; /* of the kind's field */
    const char *value;
};

struct args {
    struct command command; /* name NULL: bare attune */
    const char *id;         /* as typed, or NULL */
    const char *words[ARGS_WORDS_MAX];
    size_t words_count;
    struct args_field fields[FIELDS_MAX];
    size_t fields_count;
    const char *flags[FLAGS_COUNT]; /* NULL: absent; "" when it takes no value */
};

/* What was wrong, for the person: never content, only names from the tables. */
struct args_problem {
    char why[ARGS_WHY_BYTES];
    char hint[ARGS_WHY_BYTES];
};

/* argv[0] is the program's name and ignored. 0, or E_USAGE with `problem` filled. */
int args_parse(int argc, const char *const *argv, struct args *out,
               struct args_problem *problem) __attribute__((warn_unused_result));

bool args_has(const struct args *args, enum flag flag);

/* The value of a field's option, or NULL. */
const char *args_field(const struct args *args, const char *name);

/* Appends the words joined by spaces. */
void args_line(const struct args *args, struct buf *out);

/* Whether a word is shaped like an id or is @last. */
bool args_id_shaped(const char *word);

/*
 * args_take: moves the process's own arguments out of sight: copies them into one block
 * and blanks the originals, so that /proc/PID/cmdline shows the program's name alone.
 * *block is for args_wipe; *out points into it and ends with NULL. 0 or E_MEMORY.
 */
int args_take(int argc, char **argv, struct buf *block, const char *const **out)
    __attribute__((warn_unused_result));

#endif
