/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ids: see id.h. Text is read and written five bits at a time.
 */
#include "common/id.h"

#include "common/error.h"

#include <assert.h>
#include <string.h>

static const char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";

static_assert(sizeof digits == 32 + 1, "five bits a letter");
static_assert(ID_CHARS == (ID_BYTES * 8 + 4) / 5, "letters that hold all bits");

/* Five bits from letter `place` on; bits beyond the end are zero. */
static unsigned
letter_bits(const uint8_t id[static ID_BYTES], size_t place)
{
    unsigned value = 0;
    for (size_t bit = 5 * place; bit < 5 * place + 5; bit++) {
        unsigned byte = bit < 8 * ID_BYTES ? (unsigned)id[bit / 8] : 0u;
        value = value << 1 | (byte >> (7 - bit % 8) & 1u);
    }
    return value;
}

/* -1: no letter of an id. */
static int
letter_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        byte = (uint8_t)(byte - 'A' + 'a');
    }
    if (byte == 'i' || byte == 'l') {
        byte = '1';
    } else if (byte == 'o') {
        byte = '0';
    }
    const char *found = byte == '\0' ? NULL : strchr(digits, byte);
    return found == NULL ? -1 : (int)(found - digits);
}

void
id_text(const uint8_t id[static ID_BYTES], char out[static ID_CHARS + 1])
{
    for (size_t i = 0; i < ID_CHARS; i++) {
        out[i] = digits[letter_bits(id, i)];
    }
    out[ID_CHARS] = '\0';
}

int
id_parse_prefix(struct span text, struct id_range *out)
{
    struct id_range range;
    memset(range.lo, 0, sizeof range.lo);
    memset(range.hi, 0xff, sizeof range.hi);
    if (text.size == 0 || text.size > ID_CHARS) {
        return E_NO_ENTRY;
    }
    for (size_t i = 0; i < text.size; i++) {
        int value = letter_value(text.data[i]);
        if (value < 0) {
            return E_NO_ENTRY;
        }
        for (size_t j = 0; j < 5; j++) {
            size_t bit = 5 * i + j;
            bool one = ((unsigned)value >> (4 - j) & 1u) != 0;
            if (bit >= 8 * ID_BYTES) {
                if (one) {
                    return E_NO_ENTRY; /* a spare bit: id_text never writes that */
                }
                continue;
            }
            uint8_t mask = (uint8_t)(0x80 >> bit % 8);
            if (one) {
                range.lo[bit / 8] |= mask;
            } else {
                range.hi[bit / 8] &= (uint8_t)~mask;
            }
        }
    }
    *out = range;
    return 0;
}

int
id_parse(struct span text, uint8_t id[static ID_BYTES])
{
    struct id_range range;
    if (text.size != ID_CHARS) {
        return E_NO_ENTRY;
    }
    int rc = id_parse_prefix(text, &range);
    if (rc == 0) {
        memcpy(id, range.lo, ID_BYTES);
    }
    return rc;
}

size_t
id_common_chars(const uint8_t a[static ID_BYTES], const uint8_t b[static ID_BYTES])
{
    size_t count = 0;
    while (count < ID_CHARS && letter_bits(a, count) == letter_bits(b, count)) {
        count++;
    }
    return count;
}
