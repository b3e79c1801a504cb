/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/scan.h"

#include "common/arena.h"

#include <string.h>

static bool
varint(struct reader *reader, uint64_t *out)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = reader_u8(reader);
        if (reader->failed) {
            return false;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

static bool
wire_type_fits(const ProtobufCFieldDescriptor *field, unsigned wire)
{
    switch (field->type) {
    case PROTOBUF_C_TYPE_MESSAGE:
    case PROTOBUF_C_TYPE_BYTES:
    case PROTOBUF_C_TYPE_STRING:
        return wire == 2;
    case PROTOBUF_C_TYPE_FIXED64:
    case PROTOBUF_C_TYPE_SFIXED64:
    case PROTOBUF_C_TYPE_DOUBLE:
        return wire == 1;
    case PROTOBUF_C_TYPE_FIXED32:
    case PROTOBUF_C_TYPE_SFIXED32:
    case PROTOBUF_C_TYPE_FLOAT:
        return wire == 5;
    case PROTOBUF_C_TYPE_INT32:
    case PROTOBUF_C_TYPE_SINT32:
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_INT64:
    case PROTOBUF_C_TYPE_SINT64:
    case PROTOBUF_C_TYPE_UINT64:
    case PROTOBUF_C_TYPE_BOOL:
    case PROTOBUF_C_TYPE_ENUM:
    default:
        return wire == 0; /* we use no packed fields */
    }
}

static bool
scan(struct span bytes, const ProtobufCMessageDescriptor *descriptor, unsigned depth,
     size_t *fields_left, bool unknown_fields)
{
    struct reader reader = reader_of(bytes);
    while (reader.rest.size > 0) {
        uint64_t tag;
        if (*fields_left == 0 || !varint(&reader, &tag) || tag >> 3 == 0 ||
            tag >> 3 > UINT32_MAX >> 3) {
            return false;
        }
        --*fields_left;
        unsigned wire = (unsigned)(tag & 7);
        uint64_t value = 0;
        struct span body = SPAN_EMPTY;
        if (wire == 0) {
            if (!varint(&reader, &value)) {
                return false;
            }
        } else if (wire == 1 || wire == 5) {
            reader_bytes(&reader, wire == 1 ? 8 : 4);
        } else if (wire == 2) {
            if (!varint(&reader, &value) || value > reader.rest.size) {
                return false;
            }
            body = reader_bytes(&reader, (size_t)value);
        } else {
            return false; /* groups are not ours */
        }
        if (reader.failed) {
            return false;
        }
        const ProtobufCFieldDescriptor *field =
            protobuf_c_message_descriptor_get_field(descriptor, (unsigned)(tag >> 3));
        if (field == NULL) {
            if (!unknown_fields) {
                return false;
            }
            continue;
        }
        if (!wire_type_fits(field, wire)) {
            return false;
        }
        if (field->type == PROTOBUF_C_TYPE_STRING && body.size > 0 &&
            memchr(body.data, 0, body.size) != NULL) {
            return false; /* would be cut there, unseen */
        }
        if (field->type == PROTOBUF_C_TYPE_MESSAGE &&
            (depth + 1 >= SCAN_DEPTH_MAX ||
             !scan(body, field->descriptor, depth + 1, fields_left, unknown_fields))) {
            return false;
        }
    }
    return true;
}

bool
scan_message(struct span bytes, const ProtobufCMessageDescriptor *descriptor,
             const struct scan_rules *rules)
{
    size_t fields_left = rules->fields_max;
    return scan(bytes, descriptor, 0, &fields_left, rules->unknown_fields);
}

void *
scan_unpack(struct span bytes, const ProtobufCMessageDescriptor *descriptor,
            const struct scan_rules *rules, struct arena *arena)
{
    if (!scan_message(bytes, descriptor, rules)) {
        return NULL;
    }
    return protobuf_c_message_unpack(descriptor, arena_allocator(arena), bytes.size,
                                     bytes.data);
}
