/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Help: the page, one verb, and topics; made from the tables, shown without a daemon.
 *
 * To add a topic: a row in help_topics.c. To add a habit: a row in help_habits.c.
 */
#ifndef ATTUNE_CLI_HELP_H
#define ATTUNE_CLI_HELP_H

#include "clients/cli/commands.h"

/* The page of all verbs. Each appends lines of at most `columns`. */
void help_page(struct buf *out, size_t columns);
/* One verb: examples, what it does, what may follow, its options. */
void help_verb(struct buf *out, size_t columns, const struct command *command);

/* Appends a line of help as a sentence: with its full stop. */
void help_sentence(struct buf *out, const char *help);
/* The eleven habits with their verbs (help_habits.c). */
void help_habits(struct buf *out, size_t columns);

/* What a verb's help says beyond its row, up to NULL: lines that begin with a space are to
 * be kept, others are paragraphs. NULL: nothing (help_notes.c). */
const char *const *help_notes(const char *verb);

struct help_topic {
    const char *name;
    const char *help;
    void (*show)(struct buf *out, size_t columns);
};
size_t help_topics_count(void);
const struct help_topic *help_topics_at(size_t index);

/* The exit statuses, in order, as text; NULL beyond the last. And 130, a signal's. */
const char *help_topics_exit(size_t status);
extern const char help_topics_stopped[];

#endif
