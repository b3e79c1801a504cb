/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Look: one question to attuned of how things are: its status and the notices, asked
 * together.
 *
 * The model: look_begin sends both, look_take keeps what comes until both are there. A
 * reply lives only until the next one; the list is kept as a copy, since its words may be
 * asked for later (the preview of one entry).
 * Ownership: list and name are the look's until the next look_begin or look_done, which
 * wipe them.
 */
#ifndef ATTUNE_NOTIFY_LOOK_H
#define ATTUNE_NOTIFY_LOOK_H

#include "clients/lib/async.h"
#include "clients/notify/policy.h"
#include "clients/notify/settings.h"
#include "common/arena.h"
#include "common/bytes.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

struct look {
    uint32_t status_number, notices_number; /* 0: not asked, or answered */
    /* status */
    int status_error;
    bool exists, locked, closed, screen_locked;
    struct buf partner; /* the partner's name */
    /* notices */
    int notices_error;
    const Attune__Local__Reply *list; /* NULL: none came */
    struct buf packed;
    struct arena *arena;
};

/* What one look leaves for those after it. */
struct look_memory {
    bool lock_told;       /* since it was locked, a notice has said so, on the screen */
    int64_t silent_until; /* as last heard, for while it is locked */
};

/* 0 or E_MEMORY. */
int look_init(struct look *look) __attribute__((warn_unused_result));
void look_done(struct look *look);

/* Asks. 0, E_LIMIT, E_MEMORY. */
int look_begin(struct look *look, struct async *async) __attribute__((warn_unused_result));
/* The connection is gone. */
void look_stop(struct look *look);
bool look_runs(const struct look *look);
/* The notices of the last answer; NULL: none came. */
const Attune__Local__Notice *const *look_notices(const struct look *look);
/* What the policy says to the last answer. */
void look_decide(const struct look *look, const struct settings *settings,
                 const struct policy_shown *shown, struct look_memory *memory,
                 struct policy *out);
/* Whether the reply was one of its own. */
bool look_take(struct look *look, const Attune__Local__Reply *reply);

#endif
