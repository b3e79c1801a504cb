/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clock: milliseconds of CLOCK_MONOTONIC, for what is soon over.
 */
#ifndef ATTUNE_CLIENTS_LIB_CLOCK_H
#define ATTUNE_CLIENTS_LIB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline int64_t
clock_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

#endif
