/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds: what an entry can be, as data.
 *
 * A kind is one const struct in one file under kinds/ and one line in kinds/kinds.def.
 * Prompts, help, JSON names, completions, limits, states and acts all come from here; no
 * code outside kinds/ asks which kind it has before it. What several kinds do alike is a
 * *policy*: a member here, and one piece of code in the core:
 *
 *   hold_s     leaves only after a while; undo reaches it until then
 *   due        has a time, reminds somebody of it
 *   sealed     the text stays home until the partner's is committed too (seal.c)
 *   both       an act that needs both persons (walk.c)
 *   fades      its thread's text goes 30 days after both said it is mended (fade.c)
 *   recurring  comes again and again, at a local time (common/recur.h)
 *   rounds     an exchange of at most so many rounds (walk.c)
 *   joins      belongs to the thread that is being mended, if there is one (thread.c)
 *   through    may be told of in quiet hours (clients/notify/policy.c)
 *
 * Kinds are on the wire by name. A kind or act this version does not know is kept and
 * shown plainly.
 *
 * To add a kind: kinds/NAME.c, one line in kinds/kinds.def, one golden file in
 * tests/golden/kinds/.
 */
#ifndef ATTUNE_COMMON_KIND_H
#define ATTUNE_COMMON_KIND_H

#include "common/bytes.h"
#include "common/limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* States an entry can be in; an entry is in exactly one. Names are on the local wire and
 * in the digest; numbers are in the store: a new one goes to the end. */
#define STATES(X)                                                                        \
    X(S_NONE, "none")           /* not seen yet: an act came before its entry */         \
    X(S_OPEN, "open")           /* written */                                            \
    X(S_CHANGED, "changed")     /* a change is proposed, or was made once */             \
    X(S_DONE, "done")                                                                    \
    X(S_RELEASED, "released")                                                            \
    X(S_RETRACTED, "retracted") /* text purged on both sides, by its author */           \
    X(S_HELD, "held")           /* mine until its hold ends; local only */               \
    X(S_DRAFT, "draft")         /* unfinished; local only */                             \
    X(S_SEALED, "sealed")       /* committed; opens when both are in */                  \
    X(S_TOPIC, "topic")         /* shared as a topic; its text stays home */             \
    X(S_SUGGESTED, "suggested") /* exists when the partner accepts */                    \
    X(S_DECLINED, "declined")                                                            \
    X(S_WITH, "with")           /* the partner is with the author */                     \
    X(S_LATER, "later")         /* the partner named a time */                           \
    X(S_PAUSED, "paused")       /* a break in a conflict, with a return */               \
    X(S_BACK, "back")           /* returned from it */                                   \
    X(S_TALKED, "talked")                                                                \
    X(S_AUTHOR, "author")       /* needs both: the author said so */                     \
    X(S_PARTNER, "partner")     /* needs both: the author's partner said so */           \
    X(S_REPAIRED, "repaired")   /* both said so; the thread's text fades */              \
    X(S_ALMOST, "almost")       /* said back, and something is missing */                \
    X(S_HEARD, "heard")         /* said back, and it is that */

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
    FIELD_LINE,     /* one line of text */
    FIELD_TEXT,     /* many lines */
    FIELD_NUMBER,   /* min..max */
    FIELD_TIME,     /* seconds since 1970; typed as a human date */
    FIELD_CHOICE,   /* one of `choices` */
    FIELD_DURATION, /* seconds, min..max; typed as 30m, 2h, 3w */
    FIELD_CLOCK,    /* minute of the local day, 0..1439; typed as 20:00, 8pm */
    FIELD_EVERY,    /* how often, as recur_put writes it; typed as sun, daily, 2w */
    FIELD_INNER,    /* text that attune itself puts in; nobody is asked for it */
};

struct kind_field {
    const char *name; /* JSON key and --option */
    enum field_type type;
    const char *prompt;  /* printed before ▸ */
    const char *help;    /* one line for attune help VERB */
    uint32_t bytes_max;  /* text; 0: LINE_BYTES_MAX or TEXT_BYTES_MAX by type */
    uint32_t chars_max;  /* the same in characters, for what is to be short in any script */
    int64_t min, max;    /* numbers, durations */
    int64_t fallback;    /* durations, clocks: what a missing one means; 0: nothing */
    const char *choices; /* space-separated */
    const char *const *says; /* beside each choice, a line for who receives it, or NULL */
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
    const char *asks; /* field the act carries (of the kind, or of `said_fields`), or NULL */
    bool optional;    /* ... or doesn't */
    bool adopts;      /* takes over the fields the act before it proposed */
    bool proposes;    /* its fields wait for an act that adopts */
    bool sets;        /* its fields count at once */
    bool both;        /* moves to `to` only when the other person did it too */
    bool root;        /* only for an entry that is no part of another's thread */
    bool inner;       /* no line of its own in attune help: reached from another verb */
    bool by_itself;   /* attune appends it; nobody types it */
    bool round;       /* opens a round; see kind.rounds */
    bool closes;      /* in the last round it leads to `last` instead */
    enum state last;
    const char *with_root; /* act attune appends to the thread's root with it, or NULL */
    char key;         /* one key answers, where attune asks for one; 0: none */
    const char *button; /* one click on a notice does, and this is written on it; or NULL */
    const char *leads; /* a verb that is offered after it, or NULL */
    const char *said; /* shown in a thread, after the name: "kept it" */
    const char *help;
};

enum remind {
    REMIND_NOBODY,
    REMIND_AUTHOR,
    REMIND_BOTH,
};

enum sealed {
    SEALED_NOT,
    SEALED_SHOWN,  /* that the partner has begun is known */
    SEALED_HIDDEN, /* not even that, unless they allow it */
};

/* What one allows the other's attune. */
enum consent {
    CONSENT_NONE,
    CONSENT_ANSWERED, /* that I answered may be seen before both are in */
    CONSENT_LONGER,   /* mended threads may stay longer; counts when both allow it */
    CONSENT_DEPTH,    /* how deep questions may go: its acts are levels; never shown */
};

/* What may be told in quiet hours, when the person allows it. */
enum through {
    THROUGH_NEVER,
    THROUGH_NEW, /* as it comes */
    THROUGH_DUE, /* when it is due */
};

enum { KIND_ACTS_MAX = 12 };

struct kind {
    const char *name; /* the verb, and the kind on the wire */
    enum habit habit;
    const char *help;    /* one line of attune help */
    const char *example; /* what follows the verb in examples, one a line */
    const char *notice;  /* content-free, for the partner's desktop */
    const char *today;   /* content-free, for the partner's `attune`: "something kind" */
    const char *news;    /* the same when something happened to it; NULL: "... has news" */
    const char *said;    /* heads the entry when shown, after the name: "thanks you" */
    const char *after;   /* a calm line or two for who wrote it, or NULL */
    const char *replies; /* choices of a reply offered first, space-separated, or NULL */
    const char *open_lines; /* '|'-separated lines to choose from when asked, or NULL */
    bool mine;           /* reach by default */
    bool longer;         /* shows a preview before it leaves */
    bool reply;          /* belongs to a thread: needs a parent, its verb takes an ID */
    bool to_partner;     /* a reply only to what the partner wrote */
    bool shareable;      /* may be `ours` at all */
    bool for_two;        /* means nothing for one alone: never `mine` */
    bool apart;          /* never gathered into a summary */
    bool hidden;         /* kept by attune itself: no verb, in no list */
    bool round_asked;    /* answers the question of a day, or a question entry */
    bool asks;           /* is a question to both: what has round_asked answers it */
    bool deals;          /* its lines are questions for the days after (common/deck.h) */
    bool joins;          /* without a parent it joins the thread being mended */
    bool mends;          /* a thread it roots is one that is being mended */
    bool fades;          /* has the act repaired; its thread's text goes after it */
    bool recurring;      /* `every` and `at` say when it is due again */
    bool calm;           /* not offered while a pause lasts */
    bool pauses;         /* is a pause, while it is open and not over */
    bool apology;        /* hints about an "if" or a "but" are for it (common/wording.h) */
    bool drawn;          /* one that was received can be drawn on a rainy day */
    enum consent consent; /* one entry a person, whose state is a permission */
    enum sealed sealed;
    enum through through; /* quiet hours */
    uint32_t rounds;     /* 0: no rounds; otherwise at most so many */
    enum state begins;   /* 0: S_OPEN */
    uint32_t waits;      /* in which states it waits for somebody's word: STATE_BIT mask */
    uint32_t agenda;     /* in which states it is for the week's talk: STATE_BIT mask */
    const char *with_root; /* act attune appends to the thread's root with it, or NULL */
    uint32_t far_s;      /* due later than this, a first step is offered; 0: never */
    uint32_t hold_s;     /* 0: leaves at once; otherwise by default held this long */
    const char *mood;    /* the field that is a mood, or NULL: counts as a feel */
    struct kind_field fields[FIELDS_MAX]; /* ends at FIELD_NONE; the first is the line */
    struct kind_field said_fields[4];     /* only acts carry them */
    struct kind_act acts[KIND_ACTS_MAX];  /* ends at name NULL */
    struct {
        const char *field; /* a time, or a duration from the writing; NULL: never due */
        enum remind remind;
        uint32_t states; /* in which states it still is: STATE_BIT mask */
        const char *today; /* content-free, for who is reminded: "your promise for today" */
    } due;
};

size_t kind_count(void);
const struct kind *kind_at(size_t index); /* in the order of kinds.def */
const struct kind *kind_find(const char *name); /* NULL when unknown */
/* By name: one of its fields, of what its acts carry, or of what every shared entry may
 * have (how, may-tell, topic). NULL when unknown. */
const struct kind_field *kind_field(const struct kind *kind, const char *name);
size_t kind_fields_count(const struct kind *kind); /* of kind->fields */
/* Whether it asks for several texts. */
bool kind_is_form(const struct kind *kind);
/* The kind a policy picks out; there is one of each. */
const struct kind *kind_that_asks(void);
const struct kind *kind_that_answers(void); /* it is round_asked */
/* What every kind that can be shared has beside its own fields. */
const struct kind_field *kind_common_field(size_t index); /* NULL at the end */
/* Acts: the kind's own, then those its policies bring. */
const struct kind_act *kind_act(const struct kind *kind, const char *name); /* or NULL */
const struct kind_act *kind_act_at(const struct kind *kind, size_t index);  /* or NULL */
size_t kind_acts_count(const struct kind *kind);
/* The state it is in once written. */
enum state kind_begins(const struct kind *kind);
/* Whether anybody, attune included, can still move it from this state. */
bool kind_lives(const struct kind *kind, enum state state, bool root);
bool kind_field_is_text(const struct kind_field *field); /* that a person types */
bool kind_field_is_number(const struct kind_field *field); /* a time and the like, too */
uint32_t kind_field_bytes_max(const struct kind_field *field);
/* Whether a text is no longer than the field takes, in bytes and in characters. */
bool kind_field_fits(const struct kind_field *field, struct span text);

/* Acts every kind has, done by the core itself: share, retract, undo. */
struct common_act {
    const char *name;
    const char *help;
};
size_t common_acts_count(void);
const struct common_act *common_act_at(size_t index);
bool act_is_common(const char *name);

/* Every act name a person can type, each once, in order of first appearance: for verbs and
 * completions. act_exists and act_help look directly. */
size_t act_names_count(void);
const char *act_name_at(size_t index); /* NULL beyond the last */
bool act_exists(const char *name);
const char *act_help(const char *name);

#endif
