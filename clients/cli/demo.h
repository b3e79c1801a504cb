/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo: one run of the tour, and what its parts share.
 *
 * The model: demo.c makes the folder, plays demo_tour.c, ends and removes everything,
 * and says how it went. What was written is remembered in `entries`; at the end each
 * home has to show all of it.
 * Time is the story's: a fixed evening, so that the transcript is the same each time.
 */
#ifndef ATTUNE_CLI_DEMO_H
#define ATTUNE_CLI_DEMO_H

#include "clients/cli/demo_home.h"
#include "common/kind.h"

#define DEMO_STORY_S INT64_C(1809453600) /* Tuesday, 4 May 2027, 18:00 UTC */
#define DEMO_ENTRIES_MAX 512u
#define DEMO_TEXT_BYTES 64u
#define DEMO_DIGEST_BYTES 129u
#define DEMO_DOING_BYTES 80u

enum demo_who { ANA, BEN, DEMO_PEOPLE };

struct demo_entry {
    uint8_t id[ID_BYTES];
    enum demo_who author;
    const struct kind *kind;
    bool mine; /* of a kind that can't be shared */
    char text[DEMO_TEXT_BYTES];
    uint32_t number; /* of the request under way */
};

struct cli;

struct demo {
    struct cli *cli;
    struct demo_home homes[DEMO_PEOPLE];
    int signals; /* see demo_process_signals */
    char root[PATHS_BYTES_MAX];
    bool keep;
    int64_t began_ms;
    int64_t story_ms; /* when the story's clock began */
    struct demo_entry entries[DEMO_ENTRIES_MAX];
    size_t entries_count;
    char digest[DEMO_DIGEST_BYTES];
    char doing[DEMO_DOING_BYTES]; /* for the one who reads why it failed */
    enum demo_who at;             /* whose attuned may know more */
};

/* First names and folders of the two. */
extern const char *const demo_names[DEMO_PEOPLE];

enum demo_who
demo_other(enum demo_who who);
/* The story's time now, seconds since 1970. */
int64_t
demo_story_now(const struct demo *demo);

/* What is tried next, and with whose attuned. */
void
demo_at(struct demo *demo, enum demo_who who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One line of the transcript, seen at once; nothing in JSON. 0 or E_IO. */
int
demo_tell(struct demo *demo, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

#endif
