/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notifier: the loop between attuned and a display.
 *
 * The model: attuned says that something changed (a parked watch), never what. Then comes a
 * *look* (look.h), the policy decides, words are made, the display is given them, and the
 * next watch is parked, until the moment the policy named: attuned has the clock, there is no
 * timer here. Once the display says that they are on the screen, be it days later, attuned
 * hears what was told with them; never before. What a person does with a notice
 * goes to attuned as a deed (deeds.h), and is followed by another look: what attuned then
 * says is what the screen shows.
 * Invariants. Attuned and the display never wait for each other. Nothing of an entry is kept
 * longer than it takes to show it. Standard error has problems only, each once until it is
 * over; no key, word, name or time of silence is ever in it.
 * A notice outlives us: what is on the screen is written down (trace.h), so that the next one
 * takes it over, and when we are ended it says no more than on a locked screen.
 * Ownership: the display and the paths are borrowed and outlive the notifier's turns.
 */
#ifndef ATTUNE_NOTIFY_NOTIFIER_H
#define ATTUNE_NOTIFY_NOTIFIER_H

#include "clients/notify/display.h"
#include "common/paths.h"

struct notifier;

/* `signals`: a signalfd with SIGTERM, SIGINT, SIGHUP and SIGCHLD; `lock`: the file of
 * trace.h. Both borrowed; -1: none. 0 or E_MEMORY. */
int notifier_new(const struct paths *paths, int signals, int lock, struct notifier **out)
    __attribute__((warn_unused_result));
void notifier_free(struct notifier *notifier); /* NULL is fine */

/* What an attune-notify before this one left on the screen, or NULL. */
const struct display_place *notifier_before(const struct notifier *notifier);
/* What the display is made with, and the display itself; before the first turn. `ends`:
 * when it is lost, so are we. */
struct display_calls notifier_calls(struct notifier *notifier);
void notifier_display(struct notifier *notifier, struct display *display, bool ends);

/* Waits for something to happen, at most so long (-1: for ever), and deals with it. 0, or
 * E_STOPPED after SIGTERM or SIGINT, or E_IO. */
int notifier_turn(struct notifier *notifier, int wait_ms) __attribute__((warn_unused_result));

#endif
