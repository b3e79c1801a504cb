/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as recovery words, as a code and as an id: refused, or one canonical form.
 */
#include "common/error.h"
#include "common/id.h"
#include "common/words.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static void
try_recovery(struct span text)
{
    uint8_t r[32];
    uint8_t again[32];
    uint8_t checksum = 0;
    uint8_t checksum_again = 0;
    size_t bad = 0;
    const char *words[WORDS_RECOVERY_COUNT];
    if (words_recovery_decode(text, r, &checksum, &bad) != 0) {
        require(bad <= text.size);
        return;
    }
    struct buf out = {0};
    words_recovery_encode(r, checksum, words);
    for (size_t i = 0; i < WORDS_RECOVERY_COUNT; i++) {
        buf_printf(&out, "%s ", words[i]);
    }
    require(words_recovery_decode(buf_span(&out), again, &checksum_again, &bad) == 0);
    require(memcmp(r, again, sizeof r) == 0 && checksum == checksum_again);
    buf_free(&out);
}

static void
try_id(struct span text)
{
    struct id_range range;
    char written[ID_CHARS + 1];
    if (id_parse_prefix(text, &range) == 0) {
        struct id_range again;
        id_text(range.lo, written);
        require(memcmp(range.lo, range.hi, ID_BYTES) <= 0);
        require(id_parse_prefix(span_of(written, text.size), &again) == 0);
        require(memcmp(&range, &again, sizeof range) == 0);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span text = span_of(data, size);
    struct buf code = {0};
    struct buf again = {0};
    size_t bad = 0;
    const char *suggestion = NULL;
    try_recovery(text);
    try_id(text);
    if (words_code_normalise(text, &code, &bad, &suggestion) == 0) {
        require(words_code_normalise(buf_span(&code), &again, &bad, &suggestion) == 0);
        require(span_equal(buf_span(&code), buf_span(&again)));
    } else {
        require(code.size == 0 && bad <= size);
    }
    if (size < 12) { /* it is slow, and only the first letters count */
        (void)words_nearest(WORDS_2048, text);
    }
    buf_free(&code);
    buf_free(&again);
    return 0;
}
