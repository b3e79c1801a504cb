/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Topics: what `watch` tells: that something changed, and nothing about what.
 *
 * The model: one serial number rises with each change; a topic remembers the serial of its
 * last one. Serials begin at the wall clock in microseconds, so those of an earlier daemon
 * are always smaller and a client that watched it hears of everything once. Pure.
 * To add a topic: a row in topics.c, and its name in proto/local.proto.
 */
#ifndef ATTUNE_DAEMON_RPC_TOPICS_H
#define ATTUNE_DAEMON_RPC_TOPICS_H

#include <stddef.h>
#include <stdint.h>

enum { TOPICS_COUNT = 5, TOPICS_ALL = (1 << TOPICS_COUNT) - 1 };

struct topics {
    uint64_t serial;
    uint64_t changed[TOPICS_COUNT];
};

void topics_init(struct topics *topics, int64_t wall_ms);
/* A name that is no topic is ignored. */
void topics_change(struct topics *topics, const char *name);
/* The set of the names as bits; no names: all. 0 or E_USAGE for a name that is none. */
int topics_mask(char *const *names, size_t count, unsigned *out)
    __attribute__((warn_unused_result));
/* Those of `mask` that changed after the serial. One this daemon never gave: all. */
unsigned topics_news(const struct topics *topics, unsigned mask, uint64_t after);
const char *topics_name(size_t index);

#endif
