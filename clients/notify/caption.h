/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Caption: what a notice says and which buttons it has, by its level. Pure.
 *
 * The model: NOTICE_NONE has two sentences for everything there is. NOTICE_KIND has the
 * content-free sentences of the kinds' table, each once, three at most. NOTICE_TEXT has the
 * partner's (or one's own) first line, made harmless: no control or bidi characters, one
 * line, cut with an ellipsis. No numbers, ever. Buttons that tell the kind of thing are left
 * out at NOTICE_NONE, and all of them on a locked screen.
 * Ownership: the words belong to struct caption, which caption_done frees.
 */
#ifndef ATTUNE_NOTIFY_CAPTION_H
#define ATTUNE_NOTIFY_CAPTION_H

#include "clients/notify/display.h"
#include "clients/notify/policy.h"
#include "common/bytes.h"

enum { CAPTION_CHARS_MAX = 240 }; /* of a text on the desktop */

struct caption {
    struct buf title;
    struct buf body;
    struct display_action actions[DISPLAY_ACTIONS_MAX];
    size_t actions_count;
};

/*
 * caption_make: the words of what policy_decide showed.
 *   preview  the one entry with its fields, for NOTICE_TEXT; NULL: not to be had, and the
 *            level falls to NOTICE_KIND (*level says which it became)
 *   partner  the partner's first name
 * 0 or E_MEMORY.
 */
int caption_make(const struct policy *policy, const Attune__Local__Notice *const *notices,
               const Attune__Local__Entry *preview, struct span partner, struct caption *out,
               enum option_notice *level) __attribute__((warn_unused_result));
/* The words of NOTICE_NONE, for what is on the screen: the partner's, or not; with buttons,
 * or bare. The same. */
int caption_none(bool from_partner, bool bare, struct caption *out)
    __attribute__((warn_unused_result));
void caption_done(struct caption *caption); /* wipes; NULL is fine */

#endif
