/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every message of the three wires as a hostile peer writes it. The first byte chooses the
 * message, the second the rules. What the scan lets through must unpack within the arena's
 * budget, and must be within the rules again when it is packed.
 */
#include "common/arena.h"
#include "common/scan.h"
#include "proto/journal.pb-c.h"
#include "proto/local.pb-c.h"
#include "proto/peer.pb-c.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>

enum { BUDGET_BYTES = 1024 * 1024, FIELDS = 256 };

static const ProtobufCMessageDescriptor *const messages[] = {
    &attune__peer__hello__descriptor,        &attune__peer__announce__descriptor,
    &attune__peer__batch_head__descriptor,   &attune__peer__batch_body__descriptor,
    &attune__peer__identity__descriptor,     &attune__journal__op_header__descriptor,
    &attune__journal__payload__descriptor,   &attune__local__request__descriptor,
    &attune__local__reply__descriptor,
};

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    const ProtobufCMessageDescriptor *descriptor =
        messages[data[0] % (sizeof messages / sizeof messages[0])];
    struct scan_rules rules = {.fields_max = FIELDS, .unknown_fields = data[1] % 2 == 1};
    struct span bytes = span_of(data + 2, size - 2);
    struct arena *arena = arena_new(BUDGET_BYTES);
    if (arena == NULL) {
        return 0;
    }
    bool fine = scan_message(bytes, descriptor, &rules);
    const ProtobufCMessage *message = scan_unpack(bytes, descriptor, &rules, arena);
    if (message != NULL) {
        struct buf again = {0};
        size_t packed = protobuf_c_message_get_packed_size(message);
        uint8_t *at = buf_reserve(&again, packed);
        if (!fine || message->descriptor != descriptor || packed > BUDGET_BYTES) {
            abort();
        }
        if (at != NULL) {
            buf_advance(&again, protobuf_c_message_pack(message, at));
            if (again.size != packed ||
                !scan_message(buf_span(&again), descriptor, &rules)) {
                abort();
            }
        }
        buf_free(&again);
    }
    arena_free(arena);
    return 0;
}
