/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random: the kernel's, in the shape the core takes (core_random_fn). */
#ifndef ATTUNE_DAEMON_RANDOM_H
#define ATTUNE_DAEMON_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/* Fills `size` bytes; `context` is ignored. Never fails: without randomness it aborts. */
void random_fill(void *context, void *out, size_t size);
/* 0 to bound - 1, for jitter; bound > 0. */
uint32_t random_below(uint32_t bound);

#endif
