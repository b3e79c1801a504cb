/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Fuzzes the decoder of the socketpair: whatever it accepts must encode to the very same
 * bytes, and it never reads past its input.
 */
#include "common/error.h"
#include "common/linkmsg.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

static void
check(struct span input, enum linkmsg_from from)
{
    struct linkmsg message;
    size_t used = 0;
    while (linkmsg_take(input, from, &message, &used) == 0 && used > 0) {
        struct buf again = {0};
        linkmsg_put(&again, &message);
        if (buf_done(&again) != 0 ||
            !span_equal(buf_span(&again), span_slice(input, 0, used))) {
            abort();
        }
        buf_free(&again);
        input = span_slice(input, used, input.size - used);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(span_of(data, size), LINKMSG_FROM_DAEMON);
    check(span_of(data, size), LINKMSG_FROM_LINK);
    return 0;
}
