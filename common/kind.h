/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds: what an entry can be, as data.
 *
 * A kind is one const struct in one file under kinds/ and one line in kinds/kinds.def.
 * Prompts, help, JSON names, completions, limits, states and acts all come from here; no
 * code outside kinds/ asks which kind it has before it. What several kinds do alike is a
 * policy, named by a member (hold_s, due) and written once in the core.
 *
 * Kinds are on the wire by name. A kind or act this version does not know is kept and
 * shown plainly.
 *
 * To add a kind: kinds/NAME.c, one line in kinds/kinds.def, one golden file in
 * tests/golden/kinds/.
 */
#ifndef ATTUNE_COMMON_KIND_H
#define ATTUNE_COMMON_KIND_H

#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* States an entry can be in; an entry is in exactly one. Names are on the local wire. */
#define STATES(X)                                                                        \
    X(S_NONE, "none")           /* not seen yet: an act came before its entry */         \
    X(S_OPEN, "open")           /* written */                                            \
    X(S_CHANGED, "changed")     /* a change is proposed and waits for an answer */       \
    X(S_DONE, "done")                                                                    \
    X(S_RELEASED, "released")                                                            \
    X(S_RETRACTED, "retracted") /* text purged on both sides, by its author */           \
    X(S_HELD, "held")           /* mine until its hold ends; local only */               \
    X(S_DRAFT, "draft")         /* unfinished; local only */

enum state {
#define X(name, text) name,
    STATES(X)
#undef X
        STATES_COUNT
};

#define STATE_BIT(state) (1u << (state))

const char *state_name(enum state state);

enum habit {
    HABIT_TALK,
    HABIT_SAFETY,
    HABIT_LISTEN,
    HABIT_VULNERABLE,
    HABIT_REPAIR,
    HABIT_TIME,
    HABIT_NOTICE,
    HABIT_INDEPENDENCE,
    HABIT_APPRECIATION,
    HABIT_STRESS,
    HABIT_TRUST,
};

enum field_type {
    FIELD_NONE,
    FIELD_LINE,   /* one line of text */
    FIELD_TEXT,   /* many lines */
    FIELD_NUMBER, /* min..max */
    FIELD_TIME,   /* seconds since 1970; typed as a human date */
    FIELD_CHOICE, /* one of `choices` */
};

struct kind_field {
    const char *name; /* JSON key and --option */
    enum field_type type;
    const char *prompt;  /* printed before ▸ */
    const char *help;    /* one line for attune help VERB */
    uint32_t bytes_max;  /* text; 0: LINE_BYTES_MAX or TEXT_BYTES_MAX by type */
    int64_t min, max;    /* numbers */
    const char *choices; /* space-separated */
    bool required;
    bool asked; /* prompted for when absent; otherwise only by its option */
};

enum act_who {
    WHO_AUTHOR = 1,  /* of the entry */
    WHO_PARTNER = 2, /* the author's partner */
    WHO_EITHER = 3,
};

struct kind_act {
    const char *name;
    uint32_t from; /* STATE_BIT mask */
    enum state to;
    enum act_who who;
    const char *asks; /* field of the kind the act carries, NULL: none */
    bool adopts;      /* takes over the fields the act before it proposed */
    bool proposes;    /* its fields wait for an act that adopts */
    const char *said; /* shown in a thread, after the name: "kept it" */
    const char *help;
};

enum remind {
    REMIND_NOBODY,
    REMIND_AUTHOR,
    REMIND_BOTH,
};

struct kind {
    const char *name; /* the verb, and the kind on the wire */
    enum habit habit;
    const char *help;    /* one line of attune help */
    const char *example; /* what follows the verb in examples: "\"for the soup\"" */
    const char *notice;  /* content-free, for the partner's desktop */
    const char *today;   /* content-free, for the partner's `attune`: "something kind" */
    const char *said;    /* heads the entry when shown, after the name: "thanks you" */
    bool mine;           /* reach by default */
    bool longer;         /* shows a preview before it leaves */
    bool reply;          /* belongs to a thread: needs a parent, its verb takes an ID */
    bool shareable;      /* may be `ours` at all */
    uint32_t hold_s;     /* 0: leaves at once; otherwise by default held this long */
    struct kind_field fields[FIELDS_MAX]; /* ends at FIELD_NONE; the first is the text */
    struct kind_act acts[12];             /* ends at name NULL */
    struct {
        const char *field; /* NULL: never due */
        enum remind remind;
        uint32_t states; /* in which states it still is: STATE_BIT mask */
    } due;
};

size_t kind_count(void);
const struct kind *kind_at(size_t index); /* in the order of kinds.def */
const struct kind *kind_find(const char *name); /* NULL when unknown */
const struct kind_field *kind_field(const struct kind *kind, const char *name); /* or NULL */
const struct kind_act *kind_act(const struct kind *kind, const char *name);     /* or NULL */
size_t kind_fields_count(const struct kind *kind);
size_t kind_acts_count(const struct kind *kind);
uint32_t kind_field_bytes_max(const struct kind_field *field);

/* Acts every kind has, done by the core itself: share, retract, undo. */
struct common_act {
    const char *name;
    const char *help;
};
size_t common_acts_count(void);
const struct common_act *common_act_at(size_t index);

/* Every act name there is, each once, in order of first appearance: for verbs and completions. */
size_t act_names_count(void);
const char *act_name_at(size_t index);
const char *act_help(const char *name);

#endif
