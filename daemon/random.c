/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

void
random_fill(void *context, void *out, size_t size)
{
    uint8_t *at = out;
    (void)context;
    while (size > 0) {
        ssize_t got = getrandom(at, size, 0);
        if (got < 0 && errno != EINTR) {
            abort(); /* keys without randomness are worse than no attune */
        }
        if (got > 0) {
            at += got;
            size -= (size_t)got;
        }
    }
}

uint32_t
random_below(uint32_t bound)
{
    uint32_t value = 0;
    assert(bound > 0);
    random_fill(NULL, &value, sizeof value);
    return value % bound; /* the bias is nothing for delays */
}
