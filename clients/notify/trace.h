/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Trace: what of ours is on the screen, written down for the next attune-notify: a notice
 * outlives the one who showed it, be that one killed or replaced by a newer version.
 *
 * The model: a record in the file that is our lock (it is in the runtime folder, which is
 * memory and nobody else's): where the notice stands, how much it says, the keys of what was
 * seen in it. It is written whenever that changed, and empty while nothing is there.
 * Invariants: never a word, name, time or id of an entry. What is read is judged: it may be
 * of another version, or half written.
 * Ownership: the descriptor is borrowed.
 */
#ifndef ATTUNE_NOTIFY_TRACE_H
#define ATTUNE_NOTIFY_TRACE_H

#include "clients/notify/display.h"
#include "clients/notify/policy.h"

enum {
    /* version, locked, level, id, a size and the server, a count and the keys */
    TRACE_BYTES_MAX = 3 + 4 + 2 + DISPLAY_SERVER_BYTES + 1 + POLICY_ITEMS_MAX * ID_BYTES,
};

struct trace {
    int fd;    /* -1: nothing is written down */
    bool left; /* something was, and the display has not said whether it is still there */
    struct display_place place;
    struct policy_shown shown; /* keys, level and locked */
    size_t written_bytes;
    uint8_t written[TRACE_BYTES_MAX];
};

/* Reads what the one before us left. */
void trace_init(struct trace *trace, int fd);
/* Where that is; NULL: there is none. */
const struct display_place *trace_place(const struct trace *trace);
/* The display is ready: whether what was left is still there. It is in trace->shown then; true
 * once. */
bool trace_found(struct trace *trace, const struct display *display);
/* Writes down what is there now, if that is news. */
void trace_keep(struct trace *trace, const struct display *display,
                const struct policy_shown *shown);

#endif
