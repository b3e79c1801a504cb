/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Addresses: where this machine can be reached, to tell the partner.
 *
 * The model: what the option link.addresses says; else the host the link listens on; else,
 * for `*`, the addresses of the interfaces that are up, then the name other machines of
 * the network resolve (HOST.local). Best first. Nothing is resolved.
 */
#ifndef ATTUNE_DAEMON_ADDRESSES_H
#define ATTUNE_DAEMON_ADDRESSES_H

#include "common/limits.h"
#include "common/options.h"

struct addresses {
    size_t count;
    char text[ADDRESSES_MAX][PAIR_ADDRESS_BYTES_MAX + 1]; /* "tcp://host:port" */
};

/* `bound`: where the link really listens, or "" (its port may be chosen by the system). */
void addresses_find(const struct options *options, const char *bound,
                    struct addresses *out);

#endif
