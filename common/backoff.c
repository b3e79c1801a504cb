/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/backoff.h"

#include <assert.h>

void
backoff_init(struct backoff *backoff, uint32_t first_ms, uint32_t last_ms)
{
    assert(first_ms > 0 && first_ms <= last_ms);
    *backoff = (struct backoff){first_ms, last_ms, first_ms};
}

uint32_t
backoff_next(struct backoff *backoff)
{
    uint32_t wait_ms = backoff->wait_ms;
    backoff->wait_ms = wait_ms > backoff->last_ms / 2 ? backoff->last_ms : wait_ms * 2;
    return wait_ms;
}

bool
backoff_full(const struct backoff *backoff)
{
    return backoff->wait_ms == backoff->last_ms;
}

void
backoff_reset(struct backoff *backoff)
{
    backoff->wait_ms = backoff->first_ms;
}
