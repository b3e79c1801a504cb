/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policies: what several kinds do alike, named by a member of struct kind.
 *
 *   seal.c      sealed: commit, then reveal; answers.c (answers.h) who is in a round
 *   thread.c    joins, mends, pauses: threads
 *   fade.c      fades: a mended thread's text goes
 *   consent.c   permissions each gives the other
 *   limits.c    what is not asked of this person
 *   question.c  the question of a day; deal.c (deal.h) which one it is
 *   recurring.c when something that recurs is due
 *   remind.c    what this person is reminded of, and when
 *   notice.c    what the desktop may tell them of; nudge.c the question, the talk;
 *               marks.c (marks.h) what became of it
 */
#ifndef ATTUNE_CORE_POLICY_H
#define ATTUNE_CORE_POLICY_H

#include "common/schedule.h"
#include "daemon/core/entries.h"

/* ---- seal.c ---- */

#define SEAL_FIELD "opens" /* of a payload: 32 random bytes in hex that open a seal */
#define SEAL_ACT "seal"    /* in `mine`: keeps them */
#define REVEAL_ACT "reveal"

/* Commits: appends the seal to `ours`; the words and what opens it stay in `mine`. */
int seal_commit(struct core *core, const struct folded *folded)
    __attribute__((warn_unused_result));
/* Opens every round in which both are in; called once a step. */
int seal_open_rounds(struct core *core) __attribute__((warn_unused_result));
/* After a reveal of ours: whether the partner's can be read now. */
int seal_settle(struct core *core, const struct entry_row *own)
    __attribute__((warn_unused_result));
/* After the walk: whether the partner's text is ours to read, and what its text is. */
int seal_fold(struct core *core, struct folded *out) __attribute__((warn_unused_result));
/* Not even that the partner answered is to be known. */
bool seal_hides(struct core *core, const struct entry_row *row);
/* Our own entry in a round that still counts; E_NO_ENTRY. */
int seal_own(struct core *core, const uint8_t round[static ID_BYTES], struct entry_row *out)
    __attribute__((warn_unused_result));

/* ---- thread.c ---- */

/* The topmost entry of its thread we hold. */
int thread_root(struct core *core, const struct entry_row *row, struct entry_row *root)
    __attribute__((warn_unused_result));
struct thread {
    struct entry_row *rows; /* the root first */
    size_t count;
    size_t max;
};
enum { THREAD_SHOWN = 200, THREAD_WHOLE = 16384 };
/* The root and what is below it, breadth first, at most `max`. */
int thread_gather(struct core *core, const struct entry_row *root, size_t max,
                  struct arena *arena, struct thread *out)
    __attribute__((warn_unused_result));
/* Threads being mended that something new of this kind would join. */
int thread_mending(struct core *core, const struct kind *joins, struct thread *out)
    __attribute__((warn_unused_result));
/* Whether a pause of either lasts. */
int thread_paused(struct core *core, bool *out) __attribute__((warn_unused_result));
/* An act of attune's own on the thread's root, if it can take it now. */
int thread_tell_root(struct core *core, const struct entry_row *row, const char *name)
    __attribute__((warn_unused_result));
/* After an ENTRY of ours left: the act its kind appends to the thread's root. */
int thread_left(struct core *core, const struct entry_row *row)
    __attribute__((warn_unused_result));

/* ---- fade.c ---- */

/* After a refold: notes in `mine` when both have said that it is mended. */
int fade_note(struct core *core, enum state before, struct entry_row *row)
    __attribute__((warn_unused_result));
/* When a mended thread's text goes; 0: never. */
int64_t fade_time(struct core *core, const struct folded *folded);
/* Its time has come: every text of the thread goes, here, for good. */
int fade_run(struct core *core, const struct entry_row *root)
    __attribute__((warn_unused_result));
/* Something came for a thread that has faded: it goes too, at once. */
int fade_late(struct core *core, const struct entry_row *row)
    __attribute__((warn_unused_result));
/* If a consent changed: times are worked out anew. */
int fade_again(struct core *core) __attribute__((warn_unused_result));

/* ---- consent.c ---- */

/* Whether one of the two has given this consent. */
bool consent_given(struct core *core, bool theirs, enum consent consent);
bool consent_both(struct core *core, enum consent consent);
int consent_request(struct core *core, const Attune__Local__Option *option,
                    Attune__Local__Reply *reply) __attribute__((warn_unused_result));
/* Levels chosen by one person: (day from which it counts, level), in order. */
struct level {
    bool theirs;
    int64_t day; /* UTC */
    unsigned level;
    uint64_t lamport; /* orders those of one person */
};
enum { LEVELS_EACH = 32, LEVELS_MAX = 2 * LEVELS_EACH }; /* the newest of each count */
int consent_levels(struct core *core, struct level out[static LEVELS_MAX], size_t *count)
    __attribute__((warn_unused_result));

/* ---- limits.c ---- */

int limits_request(struct core *core, const Attune__Local__Option *option,
                   Attune__Local__Reply *reply) __attribute__((warn_unused_result));
/* Tags, spaces between; the caller frees. */
int limits_read(struct core *core, struct buf *out) __attribute__((warn_unused_result));

/* ---- question.c ---- */

enum { QUESTION_DAYS = 3, DEPTH_FIRST = 2 };

struct question {
    int64_t day;
    uint8_t round[ID_BYTES];
    struct span text; /* in the arena of the step */
};
int question_of_day(struct core *core, int64_t day, struct question *out)
    __attribute__((warn_unused_result));
/* The day whose round this is, of those still open: 0 or E_NO_ENTRY. */
int question_find_round(struct core *core, const uint8_t round[static ID_BYTES])
    __attribute__((warn_unused_result));
int question_request(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
int question_skip(struct core *core) __attribute__((warn_unused_result));

/* ---- deal.c; more in deal.h ---- */

/* What the questions of a pairing are dealt with. */
void deal_secret(const struct core *core, uint8_t out[static KEY_BYTES]);
/* How deep questions may go on a day; pure, for tests. `secret` as above. */
unsigned deal_ceiling(const uint8_t secret[static KEY_BYTES], const struct level *levels,
                      size_t count, int64_t day);

/* ---- recurring.c ---- */

/* Its rhythm as a rule, headers folded or all; false: it has none, or doesn't come now. */
bool recurring_rule(struct core *core, const struct folded *folded, struct arena *arena,
                    struct schedule_rule *out);
/* When it is due next, seconds since 1970, in today's zone; 0: never. */
int64_t recurring_next(struct core *core, const struct folded *folded,
                       struct arena *arena);
/* The local day somebody last said it was done; INT64_MIN: never. */
int64_t recurring_done(struct core *core, const struct folded *folded);

/* ---- remind.c ---- */

/* Whether its kind reminds this person of it, in the state it is in. */
bool remind_wants(const struct entry_row *row);
/* When it does; false: never. What it takes is in `arena`. */
bool remind_rule(struct core *core, const struct entry_row *row, struct arena *arena,
                 struct schedule_rule *out);
/* The time of that name; at_s 0: it isn't one any more. */
struct schedule_time remind_again(struct core *core, const struct entry_row *row,
                                  const struct schedule_rule *rule, int64_t name);
struct reminder {
    struct entry_row row;
    struct schedule_time time;
};
/* What is due now and still of use, of one author's entries, at most `max`. */
int remind_due(struct core *core, bool theirs, struct reminder *out, size_t max,
               size_t *count) __attribute__((warn_unused_result));
/* When that changes next, after now; 0: it doesn't. */
int remind_next(struct core *core, int64_t *out) __attribute__((warn_unused_result));

/* ---- notice.c ---- */

int notice_query(struct core *core, Attune__Local__Reply *reply)
    __attribute__((warn_unused_result));
int notice_told(struct core *core, const Attune__Local__Told *told)
    __attribute__((warn_unused_result));
int notice_quiet(struct core *core, const Attune__Local__Quiet *quiet,
                 Attune__Local__Reply *reply) __attribute__((warn_unused_result));
/* What the person's options say now. */
int notice_wishes(struct core *core, const struct event *event)
    __attribute__((warn_unused_result));
/* Once a step: says that something fell due, and when to look next. */
int notice_tick(struct core *core) __attribute__((warn_unused_result));
/* ---- nudge.c ---- */

enum nudge { NUDGE_QUESTION, NUDGE_TALK, NUDGES };

/* As its option (after "notice."), and the reason of its notice. */
const char *nudge_name(enum nudge nudge);
/* Its time today, if that has come; at_s 0: none. */
struct schedule_time nudge_time(const struct core *core, enum nudge nudge);
/* The same, when there is something to nudge to and it didn't turn itself off. */
int nudge_due(struct core *core, enum nudge nudge, struct schedule_time *out)
    __attribute__((warn_unused_result));
/* When one of them comes next; 0: never. */
int nudge_next(struct core *core, int64_t *out) __attribute__((warn_unused_result));
/* A notice told of its last time. */
int nudge_told(struct core *core, enum nudge nudge) __attribute__((warn_unused_result));
/* The person did what it was about, from its notice or by themselves. */
int nudge_used(struct core *core, enum nudge nudge) __attribute__((warn_unused_result));
/* The person set an option. */
int nudge_wished(struct core *core, const char *option) __attribute__((warn_unused_result));
/* One that turned itself off, to be said once; NULL: none. */
int nudge_off(struct core *core, const char **out) __attribute__((warn_unused_result));

#endif
