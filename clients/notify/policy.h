/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Policy: whether the desktop is told now, and of what. Pure: time and everything else is
 * in its input; nothing is remembered between two calls.
 *
 * The model: attuned lists what a person may be told of, with what was done about it
 * before. From that, the options, the vault's state and the notice on the screen follows
 * one decision: leave the screen as it is, show (in place of what is there), or clear it;
 * and when to look again though nothing happens. All that waits is one notice.
 * Invariants. Nothing is told while attune is silent, but for what its person lets through.
 * A day has so many notices of what came; reminders and nudges, at the person's own hours,
 * don't count. On a lock screen, and while several things wait, never a word of text. Nothing is told twice, but for what was
 * put off; what the display has not got to the screen yet is held like what it was never
 * given. Absence is met with silence: no input here tells what the partner did not do.
 * To add a rule: in policy.c, with a row in tests/unit/test_notify_policy.c.
 */
#ifndef ATTUNE_NOTIFY_POLICY_H
#define ATTUNE_NOTIFY_POLICY_H

#include "common/id.h"
#include "common/options.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

/* Of one notice: as many as attuned lists, and takes in one `told`. */
enum { POLICY_ITEMS_MAX = 32 };

/* Why it is told, Notice.why. */
enum policy_why {
    WHY_OTHER, /* of a newer attuned */
    WHY_NEW,
    WHY_NEWS,
    WHY_DUE,
    WHY_QUESTION,
    WHY_TALK,
};

/* The notice on the screen, or under way to it. */
struct policy_shown {
    bool on;
    bool locked; /* it is the one that attune is locked; the keys are of what it covers */
    bool lost;   /* it went with its server, and nobody has dealt with it */
    bool bare;   /* without buttons */
    enum option_notice level;
    size_t count;
    uint8_t keys[POLICY_ITEMS_MAX][ID_BYTES];
    bool fresh[POLICY_ITEMS_MAX]; /* beside keys: given to the display, and never seen yet */
};

struct policy_input {
    int64_t now_s;
    /* status */
    bool exists, locked, closed, screen_locked;
    bool lock_told; /* since it was locked, a notice has said so, on the screen */
    /* notices; not looked at while locked */
    const Attune__Local__Notice *const *notices;
    size_t count;
    int64_t silent_until; /* 0: not silent */
    int64_t quiet_until;  /* silence the person asked for: nothing passes it; 0: none */
    uint32_t told_today;
    int64_t upto; /* the newest of what came */
    /* options */
    enum option_notice content;
    uint32_t budget;
    bool through;
    struct policy_shown shown;
};

enum policy_what {
    POLICY_KEEP,
    POLICY_SHOW,
    POLICY_CLEAR,
};

struct policy {
    enum policy_what what;
    /* POLICY_SHOW */
    bool locked;  /* that attune is locked; no items */
    bool bare;    /* without buttons: whoever stands before a locked screen is nobody we know */
    bool alert;   /* something in it is new to the person */
    bool budget;  /* counts as one of the day's; POLICY_KEEP: what is still under way does */
    int64_t upto; /* nothing is held: it stands for all that came, listed or not; else 0 */
    enum option_notice level; /* NOTICE_TEXT: of its one item, if the text can be had */
    /* POLICY_SHOW: what it is of; POLICY_KEEP: what of the notice on the screen still waits.
     * Indices into input.notices, the earliest first. */
    size_t count;
    size_t items[POLICY_ITEMS_MAX];
    /* always */
    int64_t next_s; /* look again then, though nothing came; 0: no need */
};

/* The decision for this moment. */
void policy_decide(const struct policy_input *input, struct policy *out);

enum policy_why policy_why(const Attune__Local__Notice *notice);
/* Whether it is something the partner did. */
bool policy_from_partner(enum policy_why why);
/* Whether a notice has still to tell of it; attuned forgets that it was told when it is put
 * off. */
bool policy_untold(const Attune__Local__Notice *notice);
/* Whether something in it was never seen yet. */
bool policy_under_way(const struct policy_shown *shown);

#endif
