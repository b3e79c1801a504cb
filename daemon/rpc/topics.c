/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/topics.h"

#include "common/error.h"

#include <string.h>

static const char *const names[TOPICS_COUNT] = {"entries", "notices", "pairing", "vault",
                                                "link"};

void
topics_init(struct topics *topics, int64_t wall_ms)
{
    topics->serial = wall_ms > 0 ? (uint64_t)wall_ms * 1000 : 1;
    for (size_t i = 0; i < TOPICS_COUNT; i++) {
        topics->changed[i] = topics->serial;
    }
}

void
topics_change(struct topics *topics, const char *name)
{
    for (size_t i = 0; i < TOPICS_COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            topics->changed[i] = ++topics->serial;
        }
    }
}

int
topics_mask(char *const *wanted, size_t count, unsigned *out)
{
    unsigned mask = count == 0 ? TOPICS_ALL : 0;
    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < TOPICS_COUNT && strcmp(names[j], wanted[i]) != 0) {
            j++;
        }
        if (j == TOPICS_COUNT) {
            return E_USAGE;
        }
        mask |= 1u << j;
    }
    *out = mask;
    return 0;
}

unsigned
topics_news(const struct topics *topics, unsigned mask, uint64_t after)
{
    unsigned news = 0;
    for (size_t i = 0; i < TOPICS_COUNT; i++) {
        if (topics->changed[i] > after || after > topics->serial) {
            news |= 1u << i;
        }
    }
    return news & mask;
}

const char *
topics_name(size_t index)
{
    return names[index];
}
