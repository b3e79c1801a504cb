/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Commands: every verb, from three tables seen as one.
 *
 * The model: the kinds (common/kinds), the acts of the kinds, and commands.def together
 * are the verbs. Parser, help, manual page and completions read only this header, so a
 * new kind or act is a verb everywhere at once; kinds that attune keeps by itself are none.
 * A verb's options are flags (flags.def) and fields (of its kind and those every shared
 * entry may have; for an act, the fields any kind's act of that name asks for).
 * Invariant: no name appears twice, and no field is named like a flag of the same verb (a
 * test looks).
 * Owner: all pointers are constants of the program.
 * To add a command: one row in commands.def and its function.
 */
#ifndef ATTUNE_CLI_COMMANDS_H
#define ATTUNE_CLI_COMMANDS_H

#include "common/bytes.h"
#include "common/kind.h"

struct cli;

/* 0 or E_*; main prints the error and exits with its status. */
typedef int command_run_fn(struct cli *cli);

#define GROUPS(X)                                                                        \
    X(EVERY_DAY, "EVERY DAY")                                                            \
    X(TALK, "TALK")                                                                      \
    X(HARD, "WHEN IT IS HARD")                                                           \
    X(OURS, "OURS")                                                                      \
    X(ACTS, "ACTS, the same for every kind")                                             \
    X(MINE, "MINE")                                                                      \
    X(US, "TWO OF US")                                                                   \
    X(KEEPING, "KEEPING")                                                                \
    X(MACHINE, "MACHINE")

enum group {
#define X(name, title) GROUP_##name,
    GROUPS(X)
#undef X
        GROUPS_COUNT
};

enum flag {
#define FLAG(bit, name, letter, value, offers, help) bit,
#include "clients/cli/flags.def"
#undef FLAG
    FLAGS_COUNT
};

#define FLAG_BIT(flag) (1u << (flag))
#define COMMAND_OFFLINE (1u << 31) /* among the flags: needs no home of the person */

/* What stands before the options. */
enum takes {
    TAKES_NOTHING,
    TAKES_ID,      /* an entry, or none: then the only one that fits */
    TAKES_LINE,    /* text */
    TAKES_ID_LINE, /* both */
    TAKES_WORDS,   /* words the command reads itself */
    TAKES_SIGNED,  /* the same, and a word may begin with - : +money -work */
};

struct flag_row {
    const char *name; /* "" when only a letter */
    char letter;      /* 0: none */
    const char *value;  /* NULL: takes none; "[=X]": may be left out */
    const char *offers; /* space-separated, or NULL */
    const char *help;
};

struct command {
    const char *name;
    enum group group;
    const char *form; /* arguments as help shows them; NULL for kinds and acts */
    enum takes takes;
    uint32_t flags; /* FLAG_BIT mask */
    const char *help;
    const char *examples; /* after "attune ", one a line; NULL: made from the kind */
    command_run_fn *run;
    const struct kind *kind; /* of a kind's verb */
    bool act;                /* of an act: its name is the act's */
    bool inner;              /* an act reached from another verb: not on the help page */
};

const char *commands_group_title(enum group group);
const struct flag_row *commands_flag(enum flag flag);

/* Every verb: kinds, acts, then commands.def. index < commands_count(). */
size_t commands_count(void);
struct command commands_at(size_t index);

/* False when there is no such verb; `out` is then untouched. */
bool commands_find(const char *name, struct command *out);

/* Whether the value of a flag may be left out; then a = attaches it for certain. */
bool commands_flag_attached(const struct flag_row *flag);

/* Which fields of a kind the line fills: its first, except that a choice or a duration
 * there takes one word. `rest` is the index of the field that takes what follows it; the
 * line's own (0) when there is none. */
size_t commands_rest(const struct kind *kind);

/* The fields a verb takes as options: index from 0, NULL beyond the last. */
const struct kind_field *commands_field(const struct command *command, size_t index);
const struct kind_field *commands_field_find(const struct command *command,
                                             const char *name);

/* Appends the arguments as written: `[line] --due DATE`. */
void commands_form(const struct command *command, struct buf *out);

/* Appends what a field's value is called: DATE, 1-5, comment|question. */
void commands_field_value(const struct kind_field *field, struct buf *out);

/* How far two words are apart: insert, drop, change and swap count one each; at most 9. */
size_t commands_distance(const char *a, const char *b);

/* The verb nearest to a mistyped one, or NULL when none is near. */
const char *commands_nearest(const char *word);

#endif
