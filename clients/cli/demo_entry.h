/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo entries: what the two write, made from the kind table alone, and looked for
 * where it has to arrive.
 *
 * The model: text by kind from demo_lines.def, or a few plain words; every field a kind
 * requires from its row. The same entry always has the same fields, so what is shown
 * can be compared with what was written. A new kind needs no code here and no line
 * there.
 */
#ifndef ATTUNE_CLI_DEMO_ENTRY_H
#define ATTUNE_CLI_DEMO_ENTRY_H

#include "clients/cli/demo.h"

/* What one of them writes in that kind; a constant of the program. */
const char *
demo_entry_line(const struct kind *kind, enum demo_who who);

/* A field from its row, with what a person would have typed; NULL for text or day: a
 * plain one. 0, E_TIME, E_INTERNAL. */
int
demo_entry_field(const struct kind_field *row, const char *text, const char *day,
                 Attune__Local__Field *out) __attribute__((warn_unused_result));

/* The first shared entry of a kind (NULL: any) by one of them, or NULL. */
const struct demo_entry *
demo_entry_of(const struct demo *demo, enum demo_who author, const char *kind);

/* A new one, not sent yet; its text is the caller's to fill. 0, E_LIMIT, E_IO. */
int
demo_entry_add(struct demo *demo, enum demo_who author, const struct kind *kind,
               struct demo_entry **out) __attribute__((warn_unused_result));
/* Sends it to its author's attuned; a second time changes nothing. 0, E_NO_ENTRY (there
 * is nothing to reply to), or as demo_home_send. */
int
demo_entry_send(struct demo *demo, struct demo_entry *entry)
    __attribute__((warn_unused_result));
/* Waits until it is acknowledged. As demo_home_reply. */
int
demo_entry_written(struct demo *demo, const struct demo_entry *entry)
    __attribute__((warn_unused_result));

/* Waits until `reader` is shown it in that state. `whole`: with every field as written.
 * 0, E_NO_ENTRY or E_STATE when it isn't in time, E_INTERNAL when a field differs, or
 * as demo_home_call. */
int
demo_entry_wait_shown(struct demo *demo, enum demo_who reader,
                      const struct demo_entry *entry, const char *state, bool whole)
    __attribute__((warn_unused_result));
/* Waits until a list of `reader` has every entry once, and nothing else. 0, E_NO_ENTRY,
 * or as demo_home_call. */
int
demo_entry_wait_all(struct demo *demo, enum demo_who reader)
    __attribute__((warn_unused_result));

#endif
