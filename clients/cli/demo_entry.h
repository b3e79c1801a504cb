/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo entries: what the two write, and how it is looked for in both homes.
 *
 * The model: an entry has the fields of the step that wrote it. Its author sees all of
 * them; the other what its state allows: nothing, a seal, a topic, or the same words.
 * A look for something waits, with a deadline: what was sent needs a moment. A look for
 * nothing is worth something only when both hold the same: demo_entry_settle.
 */
#ifndef ATTUNE_CLI_DEMO_ENTRY_H
#define ATTUNE_CLI_DEMO_ENTRY_H

#include "clients/cli/demo.h"

/* The one with that label; NULL: none. */
struct demo_entry *
demo_entry_find(struct demo *demo, const char *label);

/* Fields of a step as messages, for an entry or an act of that kind; they borrow from the
 * step. 0 or E_KIND. */
struct demo_fields {
    Attune__Local__Field items[DEMO_FIELDS_MAX + 1];
    Attune__Local__Field *pointers[DEMO_FIELDS_MAX + 1];
    size_t count;
};
int
demo_entry_fields(const struct kind *kind, const struct demo_step *step,
                  struct demo_fields *out) __attribute__((warn_unused_result));

/* A new one, not sent yet. 0, E_LIMIT, E_KIND, E_IO. */
int
demo_entry_add(struct demo *demo, const struct demo_step *step, const char *kind,
               struct demo_entry **out) __attribute__((warn_unused_result));
/*
 * Sends it to its author's attuned; a second time changes nothing.
 *   question  of the day that it answers, or NULL
 *   hold_s    how long undo shall reach it
 * 0, E_NO_ENTRY (what it belongs to isn't there), or as demo_home_send.
 */
int
demo_entry_send(struct demo *demo, struct demo_entry *entry,
                const Attune__Local__Question *question, uint32_t hold_s)
    __attribute__((warn_unused_result));
/* Waits until it is acknowledged. As demo_home_reply. */
int
demo_entry_written(struct demo *demo, const struct demo_entry *entry)
    __attribute__((warn_unused_result));

/* Waits until both homes show it as they are to after `step`: its state, its words, and
 * the act of the step if it is one. 0, E_INTERNAL when it isn't so in time, or as
 * demo_home_call. */
int
demo_entry_wait(struct demo *demo, const struct demo_entry *entry,
                const struct demo_step *step) __attribute__((warn_unused_result));
/* Looks that `reader` has nothing of it, neither by its id nor by its words. 0, E_INTERNAL,
 * or as demo_home_call. */
int
demo_entry_absent(struct demo *demo, enum demo_who reader,
                  const struct demo_entry *entry) __attribute__((warn_unused_result));
/* Waits until a list of each home has every entry it is to have, once, and nothing else.
 * 0, E_INTERNAL, or as demo_home_call. */
int
demo_entry_wait_all(struct demo *demo) __attribute__((warn_unused_result));
/* Waits until both digests are equal, and keeps it in demo->digest. 0, E_CHECK_FOLD, or as
 * demo_home_call. */
int
demo_entry_settle(struct demo *demo) __attribute__((warn_unused_result));

#endif
