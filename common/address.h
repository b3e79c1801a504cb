/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Address: where a link listens or a partner is met: tcp://HOST:PORT.
 *
 * HOST is a name, an IPv4 address, an IPv6 address in brackets (with a zone, if any),
 * or `*` where listening. Nothing is resolved here.
 */
#ifndef ATTUNE_COMMON_ADDRESS_H
#define ATTUNE_COMMON_ADDRESS_H

#include "common/bytes.h"

#define ADDRESS_PORT 7400
#define ADDRESS_BYTES_MAX 272 /* "tcp://", 253 of a name, ":65535", NUL */

/* Whole form only. `any`: `*` is allowed as HOST. 0 or E_OPTION. */
int address_check(struct span text, bool any) __attribute__((warn_unused_result));

/* Appends the whole form of what a person types: "ben.local", "10.0.0.2:7401", "[::1]",
 * "tcp://…"; without a port ADDRESS_PORT. 0 or E_OPTION with nothing appended. */
int address_normalise(struct span text, struct buf *out)
    __attribute__((warn_unused_result));

#endif
