/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Marks: what a desktop did with what it told of. Kept in this journal alone.
 *
 * Model. A mark is about a thing (an entry, or a nudge) and a time of it. Those of what came
 * from the partner, of one's own reminders, of reminders about the partner's entries and of
 * nudges have room of their own each, and what wasn't touched for longest goes first: so
 * nothing a partner sends can push out what is one's own. What came as a whole is told with
 * one number, the newest entry of then.
 * Invariants. Marks are a convenience: what can't be read is none. Moments further ahead
 * than anybody could have asked for are of a clock that was wrong, and are none either.
 */
#ifndef ATTUNE_CORE_MARKS_H
#define ATTUNE_CORE_MARKS_H

#include "daemon/core/policy.h"

enum mark_class { MARK_FRESH, MARK_OWN, MARK_THEIRS, MARK_NUDGE, MARK_CLASSES };

enum { MARKS_MAX = 208 }; /* all classes together; marks.c has the room of each */

struct mark {
    enum mark_class class;
    bool theirs;          /* author of the entry is the partner */
    uint8_t id[ID_BYTES]; /* of the entry; of a nudge its number */
    int64_t name;         /* which time of it */
    int64_t told_s;       /* 0: not yet, or put off since */
    int64_t later_s;      /* put off until then; 0: not */
    bool done;
};

struct marks {
    int64_t day; /* of `today` */
    uint32_t today; /* notices that counted */
    int64_t upto;   /* entries up to this number were told of as they came */
    size_t count;
    struct mark items[MARKS_MAX]; /* the one touched last is last */
};

/* In the arena of the step. E_MEMORY, or an error of the store. */
int marks_read(struct core *core, struct marks **out) __attribute__((warn_unused_result));
int marks_write(struct core *core, const struct marks *marks)
    __attribute__((warn_unused_result));
/* NULL: none. */
const struct mark *marks_find(const struct marks *marks, const struct mark *like);
/* Found or made; the pointer is valid until the next. */
struct mark *marks_touch(struct marks *marks, const struct mark *like);

#endif
