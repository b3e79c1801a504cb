/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo story: what Ana and Ben do in one week, as data.
 *
 * The model: one row is one thing one of them does, at an hour of the story, and what the
 * other one has to have then. demo_step.c plays it and looks on both sides whether it is
 * so. A row is told as one line of the transcript, or not at all.
 * To add something they do: a row in demo_story.c; nothing else, as long as it writes an
 * entry or is an act on one.
 */
#ifndef ATTUNE_CLI_DEMO_STORY_H
#define ATTUNE_CLI_DEMO_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DEMO_STORY_S INT64_C(1809302400) /* Monday, 3 May 2027, 00:00 UTC */
#define DEMO_BEGINS_S (DEMO_STORY_S + INT64_C(7) * 3600)
#define DEMO_FIELDS_MAX 4u

enum demo_who { ANA, BEN, DEMO_PEOPLE };

struct demo_field {
    const char *name;
    const char *text;
    int64_t number; /* of a time: seconds since the story's Monday began */
};

struct demo_step {
    int64_t at_s; /* since the story's Monday began */
    enum demo_who who;
    const char
        *verb; /* a kind, an act, or an own verb of demo_step.c; NULL: a heading */
    const char *label; /* of the entry that is written or acted on */
    const char
        *sees; /* the state in which the other has it then; NULL: has nothing of it */
    const char *told; /* NULL: the first of its words, in quotes; "": nothing */
    struct demo_field fields[DEMO_FIELDS_MAX]; /* ends at name NULL */
    const char *under;                         /* the entry it belongs to */
    const char *opens; /* the other's entry, whole from now on */
    int64_t due_s;     /* when it is due then, as `at_s`; 0: not looked at */
    bool held;         /* its hold does not pass: the next row is within it */
    bool both;         /* told as something both did */
};

/* The rows in their order; NULL at the end. */
const struct demo_step *
demo_story_at(size_t index);

#endif
