/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Anchor files: as they lie on the disk (which never authenticate), and the text inside
 * the seal, which is parsed only after that and must still be bounded. What parses must
 * come back the same when written again.
 */
#include "daemon/store/anchor.h"
#include "tests/fuzz/fuzz.h"

#include <assert.h>
#include <string.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t key[32] = {1};
    static const uint8_t file_id[16] = {2};
    static const uint8_t nonce[24] = {3};
    static uint8_t file[ANCHOR_BYTES];
    static uint8_t file_again[ANCHOR_BYTES];
    static struct anchor first;
    static struct anchor again;
    int rc = anchor_decode(span_of(data, size), key, file_id, &first);
    assert(rc < 0);
    if (anchor_parse(span_of(data, size), &first) != 0) {
        return 0;
    }
    assert(first.heads_count <= ANCHOR_HEADS_MAX && first.clean <= 1);
    rc = anchor_encode(key, file_id, nonce, &first, file);
    assert(rc == 0);
    rc = anchor_decode(span_of(file, sizeof file), key, file_id, &again);
    assert(rc == 0);
    rc = anchor_encode(key, file_id, nonce, &again, file_again);
    assert(rc == 0);
    assert(memcmp(file, file_again, sizeof file) == 0);
    (void)rc;
    return 0;
}
