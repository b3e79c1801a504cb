/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The keys file as an attacker writes it: as it is, and with a right checksum, so that
 * the fields behind it are reached. What is accepted must be written again byte for
 * byte.
 */
#include "daemon/crypto/hash.h"
#include "daemon/crypto/slots.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
decode(struct span file)
{
    struct slots slots;
    struct buf again = {0};
    if (slots_decode(file, &slots) == 0) {
        if (slots_encode(&slots, &again) != 0 || !span_equal(buf_span(&again), file)) {
            abort();
        }
    }
    buf_free(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span input = span_of(data, size);
    struct buf file = {0};
    uint8_t digest[HASH_BYTES];
    decode(input);
    hash_spans(digest, "attune.keysfile", &input, 1);
    buf_put_span(&file, input);
    buf_put(&file, digest, sizeof(digest));
    if (buf_done(&file) == 0) {
        decode(buf_span(&file));
    }
    buf_free(&file);
    return 0;
}
