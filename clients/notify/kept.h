/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kept: a display's own copy of the notice it shows or is still to show. Pure.
 *
 * The model: all texts stand in one buf, and `notice` points into it and to `actions`.
 * Ownership: the copy owns everything and wipes it; don't copy the struct.
 */
#ifndef ATTUNE_NOTIFY_KEPT_H
#define ATTUNE_NOTIFY_KEPT_H

#include "clients/notify/display.h"
#include "common/bytes.h"

/* The title, the body and the labels of a notice: a few lines, whatever the script. */
enum { KEPT_BYTES_MAX = 16 * 1024 };

struct kept {
    struct buf text;
    struct display_action actions[DISPLAY_ACTIONS_MAX];
    struct display_notice notice;
};

/* Takes a copy in place of the one before; {0} is none. 0, E_MEMORY or E_LIMIT. */
int
kept_set(struct kept *kept, const struct display_notice *notice)
    __attribute__((warn_unused_result));
void
kept_free(struct kept *kept); /* wipes; leaves {0} */

/* The label of an action, or NULL when the notice doesn't have it. */
const char *
kept_label(const struct kept *kept, const char *key);

/* The same words for a server that reads markup in them. */
void
kept_markup(struct buf *out, const char *text);

#endif
