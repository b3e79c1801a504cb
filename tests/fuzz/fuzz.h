/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every fuzzer has: its entry point, and a check that no build leaves out. */
#ifndef ATTUNE_TESTS_FUZZ_H
#define ATTUNE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool truth)
{
    if (!truth) {
        abort();
    }
}

#endif
