/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Entries inside the core: how they fold from ops, and what is done with them.
 *
 *   fold.c     an entry's state from its ops: gathering them, its row, purges
 *   walk.c     the same: what each op does to it
 *   fields.c   what was typed, held against the kind's table
 *   entry.c    writing an entry, holding it, letting it go
 *   act.c      the kind's acts; share, retract, undo
 *   query.c    what a person asks; today.c what waits for them
 *   digest.c   one line to compare what both hold
 */
#ifndef ATTUNE_CORE_ENTRIES_H
#define ATTUNE_CORE_ENTRIES_H

#include "daemon/core/inside.h"

/* ---- fold.c ---- */

struct folded_op {
    struct op op;
    int64_t log;
    uint64_t seq;
    bool ours_log;  /* in a shared log, else in `mine` */
    bool by_theirs; /* written by the partner */
    bool crossed;
    bool undone;
    bool payload_gone;
    bool here;      /* its payload is in the store */
    uint8_t log_id[ID_BYTES];
    uint8_t hash[HASH_BYTES];
    struct span payload; /* in the arena given */
};

struct folded {
    struct entry_row row;
    const struct kind *kind; /* NULL: unknown, or nothing made it yet */
    size_t count;
    struct folded_op *ops; /* in total order, the private ones after; in the arena */
    const struct folded_op *text;     /* gives the fields; NULL: none */
    const struct folded_op *entry;    /* the ENTRY op that made it */
    const struct folded_op *proposed; /* its fields wait for an answer */
    const struct folded_op *adopted;  /* its fields replace the text's */
    const struct folded_op *home;     /* own words in `mine`, while others see less */
    const struct folded_op *sealing;  /* what opens our seal; in `mine` */
    const struct folded_op *leaving;  /* a share that is held; in `mine` */
    const struct folded_op *pending;  /* an act of ours that is held; in `mine` */
    const struct folded_op *reveal;   /* opened by its author */
    const struct folded_op *done;     /* the last act that left it in its state */
    int64_t mended_s; /* when we learnt that both say so; 0: not */
    uint32_t rounds;
    uint64_t news;    /* the partner's ops so far; the last that tells something */
    uint64_t told;
    uint64_t seen;    /* the partner's ops that were shown */
};

/* One op after the other; walk_end when all are through. */
void walk_op(struct core *core, struct folded *out, struct folded_op *item);
int walk_end(struct core *core, struct folded *out) __attribute__((warn_unused_result));
/* Whether undo reaches a private op of this sort. */
bool walk_can_undo(const struct op *op);
/* An undo takes back the newest private op not yet taken back. */
void walk_undone(struct folded *out);
/* What an ENTRY op alone makes of its row, but for when it is due. */
void walk_row(struct core *core, const struct log_row *log, const struct op *op,
              struct span payload, struct entry_row *row);
/* When a payload makes it due, 0: never; a duration counts from `from_s`. */
int64_t walk_due(const struct kind *kind, struct span payload, int64_t from_s);

enum { FOLD_BYTES_MAX = 64 * 1024 * 1024 }; /* for the arena of one fold */
/* Folds an entry from its ops; `row` needs no, id, theirs. */
int fold_entry(struct core *core, const struct entry_row *row, struct arena *arena,
               struct folded *out) __attribute__((warn_unused_result));
/* The same without payloads, so that no text can make it large: states, seals, marks; not
 * what a payload says (row.due). */
int fold_headers(struct core *core, const struct entry_row *row, struct arena *arena,
                 struct folded *out) __attribute__((warn_unused_result));
/* The row an op (the one after log.seq) is about, made when it is new (*created); an ENTRY
 * op's row is then complete. op->has_entry holds. */
int fold_row(struct core *core, const struct log_row *log, const struct op *op,
             struct span payload, struct entry_row *row, bool *created)
    __attribute__((warn_unused_result));
/* Folds the entry anew, removes what its purges name, writes its row. */
int fold_refresh(struct core *core, struct entry_row *row)
    __attribute__((warn_unused_result));
/* Once after an update: entries of kinds that were not known before are folded anew. */
int fold_learn_kinds(struct core *core) __attribute__((warn_unused_result));

/* ---- fields.c ---- */

/* 0, E_KIND, E_UTF8, E_LIMIT, E_USAGE, E_TIME; E_EMPTY when a required one is missing. */
int fields_check_one(const struct kind_field *row, const Attune__Local__Field *field)
    __attribute__((warn_unused_result));
int fields_check(const struct kind *kind, Attune__Local__Field *const *fields, size_t count)
    __attribute__((warn_unused_result));
/* What is missing and has a fallback is put in; the array is made anew in core->arena. */
int fields_complete(struct core *core, const struct kind *kind,
                    Attune__Local__Field ***fields, size_t *count)
    __attribute__((warn_unused_result));
/* Those that are there, one by one, however many are missing. */
int fields_check_each(const struct kind *kind, Attune__Local__Field *const *fields,
                      size_t count) __attribute__((warn_unused_result));
int fields_check_draft(Attune__Local__Field *const *fields, size_t count)
    __attribute__((warn_unused_result));
/* What is due lies ahead when it is written: E_TIME otherwise. */
int fields_check_due(const struct core *core, const struct kind *kind,
                     Attune__Local__Field *const *fields, size_t count)
    __attribute__((warn_unused_result));
/* A payload with a fresh salt. */
int fields_encode(struct core *core, Attune__Local__Field *const *fields, size_t count,
                  struct buf *payload) __attribute__((warn_unused_result));
/* The fields of a folded entry as the local wire has them; in core->arena. */
int fields_of(struct core *core, const struct folded *folded, Attune__Local__Field ***out,
              size_t *count) __attribute__((warn_unused_result));
int fields_of_payload(struct core *core, struct span payload, Attune__Local__Field ***out,
                      size_t *count) __attribute__((warn_unused_result));

/* ---- entry.c ---- */

int entry_create(struct core *core, const Attune__Local__Entry *entry,
                 Attune__Local__Reply *reply) __attribute__((warn_unused_result));
/* Does what entries wait for until now: held ones leave, threads fade. */
int entry_wake(struct core *core) __attribute__((warn_unused_result));
/* The ENTRY op of an entry as it leaves: who it is and where it belongs; no payload. */
struct op entry_op(const struct entry_row *row);
/* Appends the entry to `ours`, or holds it in `mine` until `until_s` when that isn't 0. */
int entry_let_go(struct core *core, const struct folded *folded, int64_t until_s)
    __attribute__((warn_unused_result));
/* Shares only the topic (and how to take it) of what is private; held until `until_s`. */
int entry_topic(struct core *core, const struct folded *folded,
                Attune__Local__Field *const *fields, size_t count, int64_t until_s)
    __attribute__((warn_unused_result));
/* Does something of this entry wait to leave, and how long still? */
bool entry_is_held(const struct entry_row *row);
uint32_t entry_hold_s(const struct core *core, const struct entry_row *row);
/* Takes back whatever waits to leave. */
int entry_keep_held(struct core *core) __attribute__((warn_unused_result));
/* What is held leaves: as a whole, as a topic, or the text of a topic. */
int entry_leave(struct core *core, const struct folded *folded)
    __attribute__((warn_unused_result));
/* The text of what was shared as a topic; held in `mine` until `until_s` when not 0. */
int entry_share_text(struct core *core, const struct folded *folded, int64_t until_s)
    __attribute__((warn_unused_result));
/* The core has to look at an entry then; 0: no. */
void entry_note_wake(struct core *core, int64_t at_s);
/* May this person answer a round now? `question`: its entry, or its id alone for a question
 * of a day. E_STATE: it is none, or no longer asked; E_ALREADY. */
int entry_may_answer(struct core *core, const uint8_t round[static ID_BYTES], bool theirs,
                     struct entry_row *question) __attribute__((warn_unused_result));
/* Id, state, hold and shortest prefix, as the answer to who changed it. */
void entry_reply(struct core *core, const struct entry_row *row,
                 Attune__Local__Reply *reply);

/* ---- act.c ---- */

int act_run(struct core *core, const Attune__Local__Act *act, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
/* The op of an act on an entry; no payload. */
struct op act_op(const struct entry_row *row, const char *act);
int act_append(struct core *core, int64_t log, const struct entry_row *row,
               const char *act, uint64_t request, struct span payload)
    __attribute__((warn_unused_result));
/* Notes for ourselves alone that what the partner did to it was shown. */
int act_opened(struct core *core, const struct folded *folded)
    __attribute__((warn_unused_result));
/* Lets a held act go. */
int act_leave(struct core *core, const struct folded *folded)
    __attribute__((warn_unused_result));
enum { ACTS_MAX = KIND_ACTS_MAX + 8 }; /* an entry's own, and those every kind has */
/* Acts the person may do now; names are constants. Returns the count (at most max). */
size_t act_names(struct core *core, const struct entry_row *row, const char **out,
                 size_t max);

/* ---- query.c ---- */

int query_list(struct core *core, const Attune__Local__Query *query,
               Attune__Local__Reply *reply) __attribute__((warn_unused_result));
int query_show(struct core *core, const Attune__Local__Query *query,
               Attune__Local__Reply *reply) __attribute__((warn_unused_result));
/* One entry as a list has it, with its text; nothing is noted as shown. E_NO_ENTRY. */
int query_preview(struct core *core, const Attune__Local__Query *query,
                  Attune__Local__Reply *reply) __attribute__((warn_unused_result));
int query_find(struct core *core, const Attune__Local__Query *query,
               Attune__Local__Reply *reply) __attribute__((warn_unused_result));
int query_visible(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
int query_agenda(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
int query_drafts(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
/* Entries as replies have them; in core->arena. */
Attune__Local__Entry *query_entry(struct core *core, const struct entry_row *row);
int query_put_text(struct core *core, const struct entry_row *row,
                   Attune__Local__Entry *entry) __attribute__((warn_unused_result));
/* An entry no list shows: kept by attune itself, or a seal nobody is to know of. */
bool query_hides(struct core *core, const struct entry_row *row);

/* ---- today.c ---- */

int today_query(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
/* Remembers that a kind was used, so that it is not offered any more. */
int today_used(struct core *core, const struct kind *kind)
    __attribute__((warn_unused_result));
/* The offer of a verb is not wanted. */
int today_dismiss(struct core *core, const char *verb) __attribute__((warn_unused_result));
/* Whether to offer to share: low for some days on end, at most once a week. */
int today_hint(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
int today_draw(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));

/* ---- digest.c ---- */

int digest_query(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));

#endif
