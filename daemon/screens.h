/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Screens: which login sessions are this person's, and whether one of them is locked.
 *
 * The model: a table of what logind has said. Lock is a wish, which some lockers follow
 * without ever telling that they have unlocked; LockedHint is what a locker tells of
 * itself. Whose a session is comes later than its first signal; until then what it says
 * is only remembered.
 * Invariant: a session known to be somebody else's never counts.
 */
#ifndef ATTUNE_DAEMON_SCREENS_H
#define ATTUNE_DAEMON_SCREENS_H

#include <stdbool.h>
#include <stddef.h>

/* Known sessions, other people's too; of more than these, ours alone are followed. */
enum { SCREENS_MAX = 32, SCREENS_PATH_BYTES = 128 };

struct screen {
    void *owner;                   /* the caller's */
    void *question;                /* the caller's: under way, whose it is */
    char path[SCREENS_PATH_BYTES]; /* "": this place is free */
    bool known;                    /* whose it is */
    bool ours;
    bool asked;  /* Lock came after Unlock */
    bool hinted; /* LockedHint */
    bool missed; /* was locked while it wasn't known whose it is */
};

/* NULL: none of that path. */
struct screen *
screens_find(struct screen screens[static SCREENS_MAX], const char *path);
/* A new one; NULL when there is no room. Somebody else's goes when there has to be some. */
struct screen *
screens_add(struct screen screens[static SCREENS_MAX], const char *path);

/* What a session said. True: ours was locked just now. */
bool
screens_hear(struct screen *screen, bool is_hint, bool locked);
/* Whose it is, and its hint. True as above. */
bool
screens_know(struct screen *screen, bool ours, bool hint);

bool
screens_locked(const struct screen screens[static SCREENS_MAX]);

#endif
