/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Screen: puts notices on it, and keeps what is there or under way to it, as far as the policy
 * and the buttons need to know: keys and ids, never a word. And of which of it attuned is to
 * hear once it is there: that belongs to the notice that was given, whatever is looked at
 * meanwhile.
 */
#ifndef ATTUNE_NOTIFY_SCREEN_H
#define ATTUNE_NOTIFY_SCREEN_H

#include "clients/notify/actions.h"
#include "clients/notify/display.h"
#include "clients/notify/policy.h"

struct screen {
    struct policy_shown shown;
    struct actions_target targets[POLICY_ITEMS_MAX]; /* beside shown.keys */
    bool untold[POLICY_ITEMS_MAX];                   /* the same: attuned is to hear of it */
    bool budget;                                     /* ... as one of the day's */
    int64_t upto;                                    /* ... for all that came till then */
    bool under_way; /* what was given last has not arrived */
};

void screen_forget(struct screen *screen);
/* What has these keys, or that attune is locked, is to be there, as if it had gone with its
 * server: if it still waits, the next look shows it again, and nobody hears it. */
void screen_restore(struct screen *screen, const struct policy_shown *before);
/* From now on it is what the policy decided on, at the level it is shown at. */
void screen_remember(struct screen *screen, const struct policy *policy,
                     const Attune__Local__Notice *const *notices,
                     enum option_notice level);

/* What was given last is there. The keys attuned is to be told of, the screen's own; after
 * that there are none. */
size_t screen_arrived(struct screen *screen,
                      ProtobufCBinaryData keys[static POLICY_ITEMS_MAX]);

/* The one thing it is of; NULL: none, or several. */
const struct actions_target *screen_one(const struct screen *screen);
/* Of what is on it, what somebody gave and what the person asked to be reminded of; no
 * habit: whoever waves one away has not done with it. */
void screen_given(const struct screen *screen, struct policy_shown *out);

/* Shows what the policy decided on, in the words of caption.h, which says what `preview` and
 * `partner` are. Without memory for them: as if it had not come yet. */
void screen_show(struct screen *screen, struct display *display,
                 const struct policy *policy, const Attune__Local__Notice *const *notices,
                 const Attune__Local__Entry *preview, struct span partner);
/* Attuned is gone, and nobody tells of a screen that locks: what is there says no more than
 * it may then. Nobody hears of it, unless it was under way and not heard yet. */
void screen_lower(struct screen *screen, struct display *display);
/* We end, and what is there stays: it says no more than it may on a locked screen. Waits for
 * the display to have shown it, a second at most. */
void screen_leave(struct screen *screen, struct display *display);

#endif
