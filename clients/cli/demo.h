/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo: one run of the tour, and what its parts share.
 *
 * The model: demo.c makes the folder, plays demo_tour.c, ends and removes everything,
 * and says how it went. What was written is remembered in `entries`; in the end each
 * home has to show all of it, and nothing else.
 * Time is the story's (demo_story.h): both attuneds are told it, and between two rows it
 * runs as usual.
 */
#ifndef ATTUNE_CLI_DEMO_H
#define ATTUNE_CLI_DEMO_H

#include "clients/cli/demo_home.h"
#include "clients/cli/demo_story.h"
#include "common/kind.h"

#define DEMO_ENTRIES_MAX 256u
#define DEMO_TEXT_BYTES 64u
#define DEMO_DIGEST_BYTES 129u
#define DEMO_DOING_BYTES 120u

struct demo_entry {
    uint8_t id[ID_BYTES];
    enum demo_who author;
    const struct kind *kind;
    const struct demo_step *step; /* that wrote it */
    char text[DEMO_TEXT_BYTES];   /* of one of many: in place of the step's; else "" */
    const char *seen;             /* its state for the other; NULL: not there at all */
    bool faded;                   /* mended and old: of its words nothing is left ... */
    bool gone;                    /* ... and not even a line */
    uint32_t number;              /* of the request under way */
};

struct cli;

struct demo {
    struct cli *cli;
    struct demo_home homes[DEMO_PEOPLE];
    int signals; /* see demo_process_signals */
    char root[PATHS_BYTES_MAX];
    bool keep;
    int64_t began_ms;
    int64_t story_s;  /* what the story's clock was last set to ... */
    int64_t story_ms; /* ... and when */
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
/* Sets the story's clock forward, in both homes; back it never goes. 0, E_INTERNAL when one
 * does not take it, or as demo_home_call. */
int
demo_story_move(struct demo *demo, int64_t now_s) __attribute__((warn_unused_result));

/* A moment between two looks. 0: look again; E_INTERNAL: it is late; E_STOPPED. */
int
demo_again(const struct demo *demo, int64_t deadline_ms)
    __attribute__((warn_unused_result));

/* What is tried next, and with whose attuned. */
void
demo_at(struct demo *demo, enum demo_who who, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* One line of the transcript, seen at once; nothing in JSON. 0 or E_IO. */
int
demo_tell(struct demo *demo, const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));
/* The same in columns: who, a verb, and some words, wrapped below themselves. */
int
demo_told(struct demo *demo, const char *who, const char *verb, const char *words)
    __attribute__((warn_unused_result));

#endif
