/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * protobuf-c's structs point to bytes they may write. When we only pack them, what they
 * point to may be constant; these two say so in one place.
 */
#ifndef ATTUNE_COMMON_PB_H
#define ATTUNE_COMMON_PB_H

#include "common/bytes.h"

#include <protobuf-c/protobuf-c.h>

static inline ProtobufCBinaryData
pb_bytes(const void *data, size_t size)
{
    union {
        const void *in;
        uint8_t *out;
    } pointer = {.in = data};
    return (ProtobufCBinaryData){size, pointer.out};
}

static inline ProtobufCBinaryData
pb_span(struct span span)
{
    return pb_bytes(span.data, span.size);
}

static inline char *
pb_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } pointer = {.in = text};
    return pointer.out;
}

#endif
