/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ids: 16 random bytes as 26 letters, of which people type the first few.
 *
 * The model: Crockford's base 32 in lower case, highest bits first, so a beginning of
 * the text is a beginning of the bytes and a typed prefix is one range of the
 * database. The last letter carries three bits; its two spare bits are zero.
 */
#ifndef ATTUNE_COMMON_ID_H
#define ATTUNE_COMMON_ID_H

#include "common/bytes.h"
#include "common/limits.h"

#define ID_CHARS 26

struct id_range { /* both inclusive */
    uint8_t lo[ID_BYTES];
    uint8_t hi[ID_BYTES];
};

/* 26 letters and NUL. */
void id_text(const uint8_t id[static ID_BYTES], char out[static ID_CHARS + 1]);

/* Exactly 26 letters, any case, i and l for 1, o for 0. 0 or E_NO_ENTRY. */
int id_parse(struct span text, uint8_t id[static ID_BYTES])
    __attribute__((warn_unused_result));

/* 1 to 26 letters to the ids that begin so. 0 or E_NO_ENTRY. */
int id_parse_prefix(struct span text, struct id_range *out)
    __attribute__((warn_unused_result));

/* How many letters two ids have in common at the start, 0 to 26. */
size_t id_common_chars(const uint8_t a[static ID_BYTES],
                       const uint8_t b[static ID_BYTES]);

#endif
