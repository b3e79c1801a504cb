/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Backoff: how long to wait before trying again what failed: each time twice as long.
 *
 * The model: a wait that doubles from the first up to the last. The clock, and what is
 * tried, are the caller's. attuned-link's restarts have their own (linkctl.c), with jitter.
 */
#ifndef ATTUNE_COMMON_BACKOFF_H
#define ATTUNE_COMMON_BACKOFF_H

#include <stdbool.h>
#include <stdint.h>

struct backoff {
    uint32_t first_ms;
    uint32_t last_ms;
    uint32_t wait_ms; /* the next one */
};

/* 0 < first_ms <= last_ms. */
void
backoff_init(struct backoff *backoff, uint32_t first_ms, uint32_t last_ms);
/* How long to wait now. */
uint32_t
backoff_next(struct backoff *backoff);
/* Whether it waits no longer from now on. */
bool
backoff_full(const struct backoff *backoff);
/* All is well: the next failure is a first one. */
void
backoff_reset(struct backoff *backoff);

#endif
