/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/retry.h"

#include <limits.h>
#include <stdio.h>
#include <time.h>

enum { FIRST_MS = 1000, LAST_MS = 300000 };

#define HURRIED_US                                                                     \
    (10 * RETRY_SECOND_US) /* between two tries, whatever there is to show */

static const char *const texts[] = {
    [RETRY_NO_BUS] = "There is no session bus; it is looked for again.",
    [RETRY_NO_SERVER] =
        "The desktop has no notification server; what there is to show waits for one.",
    [RETRY_SILENT] =
        "The desktop's notification server does not answer; it is asked again.",
    [RETRY_WRONG] =
        "The desktop's notification server gives no proper answer; it is asked again.",
    [RETRY_REFUSED] = "The desktop's notification server refuses; it is asked again.",
    [RETRY_UNFIT] = "A notice could not be put into a message and is left out.",
};

static uint64_t
now_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * RETRY_SECOND_US + (uint64_t)time.tv_nsec / 1000;
}

void
retry_init(struct retry *retry)
{
    *retry = (struct retry){0};
    backoff_init(&retry->backoff, FIRST_MS, LAST_MS);
}

void
retry_say(struct retry *retry, enum retry_why why)
{
    if ((retry->said & 1u << why) == 0) {
        retry->said |= 1u << why;
        fprintf(stderr, "attune-notify: %s\n", texts[why]);
    }
}

void
retry_later(struct retry *retry, enum retry_why why)
{
    retry_say(retry, why);
    retry->tried_us = now_us();
    retry->due_us = retry->tried_us + backoff_next(&retry->backoff) * UINT64_C(1000);
}

void
retry_in(struct retry *retry, uint64_t us)
{
    retry->due_us = now_us() + us;
}

void
retry_well(struct retry *retry)
{
    retry->said = 0;
    backoff_reset(&retry->backoff);
    retry->due_us = 0;
}

void
retry_hurry(struct retry *retry)
{
    uint64_t soon_us = retry->tried_us + HURRIED_US;
    if (retry->due_us > soon_us) {
        retry->due_us = soon_us;
    }
}

bool
retry_came(struct retry *retry)
{
    bool came = retry->due_us != 0 && now_us() >= retry->due_us;
    if (came) {
        retry->due_us = 0;
    }
    return came;
}

void
retry_lower(int *wait_ms, uint64_t at_us)
{
    uint64_t now = now_us();
    uint64_t left_ms = at_us <= now ? 0 : (at_us - now + 999) / 1000;
    int ms = left_ms > INT_MAX ? INT_MAX : (int)left_ms;
    if (*wait_ms < 0 || ms < *wait_ms) {
        *wait_ms = ms;
    }
}
