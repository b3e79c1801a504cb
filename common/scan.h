/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Scan: a look at protobuf bytes before protobuf-c unpacks them.
 *
 * protobuf-c trusts a message to be reasonable: nesting exhausts its stack and empty
 * submessages its memory. The scan walks the bytes along the descriptor without
 * allocating, and refuses what is deeper, longer or stranger than we ever send.
 */
#ifndef ATTUNE_COMMON_SCAN_H
#define ATTUNE_COMMON_SCAN_H

#include "common/bytes.h"

#include <protobuf-c/protobuf-c.h>

#define SCAN_DEPTH_MAX 4u

struct scan_rules {
    size_t fields_max;  /* of the whole message, submessages included */
    bool unknown_fields; /* a number the descriptor does not have is fine */
};

/* True when the bytes are a message of this type within the rules. */
bool scan_message(struct span bytes, const ProtobufCMessageDescriptor *descriptor,
                  const struct scan_rules *rules);

/*
 * Scans, then unpacks into `arena`: NULL when refused or when the arena's budget is out.
 * The message lives in the arena; there is nothing to free.
 */
struct arena;
void *scan_unpack(struct span bytes, const ProtobufCMessageDescriptor *descriptor,
                  const struct scan_rules *rules, struct arena *arena);

#endif
