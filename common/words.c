/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words: see words.h. Both lists are sorted, so a word is found by halving; the first
 * four letters decide. Typed words are copied into a small wiped array, since recovery
 * words are a secret; the search's branches are not constant-time, as the person sits
 * at this very machine.
 */
#include "common/words.h"

#include "common/error.h"

#include <assert.h>
#include <string.h>

#define PREFIX_LETTERS 4
#define SLIPS_MAX 2

static const char *const words_2048[] = {
#include "common/words_2048.inc"
};

static const char *const words_1296[] = {
#include "common/words_1296.inc"
};

static_assert(sizeof words_2048 / sizeof *words_2048 == 2048, "11 bits a word");
static_assert(sizeof words_1296 / sizeof *words_1296 == WORDS_CODE_LIST_COUNT,
              "the list of codes");
static_assert(WORDS_RECOVERY_COUNT * 11 == 256 + 8,
              "R and its checksum fill the words");

static const struct {
    const char *const *words;
    size_t count;
} lists[] = {
    [WORDS_2048] = {words_2048, sizeof words_2048 / sizeof *words_2048},
    [WORDS_1296] = {words_1296, sizeof words_1296 / sizeof *words_1296},
};

/* One typed word in lower case; longer than any word of the lists: size is too
 * large. */
struct typed {
    char letters[WORDS_LETTERS_MAX + 2];
    size_t size;
};

size_t
words_count(enum words_list list)
{
    return lists[list].count;
}

const char *
words_get(enum words_list list, size_t index)
{
    return index < lists[list].count ? lists[list].words[index] : NULL;
}

static bool
is_letter(uint8_t byte)
{
    /* Any byte above ASCII belongs to a (wrong) word, never to what separates words. */
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte >= 0x80;
}

static void
typed_put(struct typed *typed, uint8_t byte)
{
    if (typed->size < sizeof typed->letters - 1) {
        bool upper = byte >= 'A' && byte <= 'Z';
        typed->letters[typed->size++] = (char)(upper ? byte - 'A' + 'a' : byte);
        typed->letters[typed->size] = '\0';
    }
}

/* Takes the next word off `rest`; false at the end. Digits and signs separate. */
static bool
typed_next(struct span *rest, struct typed *typed)
{
    *typed = (struct typed){.size = 0};
    size_t i = 0;
    while (i < rest->size && !is_letter(rest->data[i])) {
        i++;
    }
    while (i < rest->size && is_letter(rest->data[i])) {
        typed_put(typed, rest->data[i++]);
    }
    *rest = span_slice(*rest, i, rest->size);
    return typed->size > 0;
}

static int
typed_find(enum words_list list, const struct typed *typed, size_t *out)
{
    size_t low = 0;
    size_t high = lists[list].count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(lists[list].words[middle], typed->letters) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == lists[list].count) {
        return E_WORDS;
    }
    const char *word = lists[list].words[low];
    bool whole = strcmp(word, typed->letters) == 0;
    bool beginning = typed->size >= PREFIX_LETTERS &&
                     strncmp(word, typed->letters, typed->size) == 0;
    if (!whole && !beginning) {
        return E_WORDS;
    }
    *out = low;
    return 0;
}

int
words_find(enum words_list list, struct span word, size_t *out)
{
    struct typed typed;
    int rc = E_WORDS;
    struct span rest = word;
    if (typed_next(&rest, &typed) && typed.size == word.size) {
        rc = typed_find(list, &typed, out);
    }
    bytes_wipe(&typed, sizeof typed);
    return rc;
}

static size_t
smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: inserted, dropped, changed and swapped neighbours cost
 * one. */
static size_t
slips_between(const char *a, const char *b)
{
    size_t rows[3][WORDS_LETTERS_MAX + 2];
    size_t a_size = strlen(a);
    size_t b_size = strlen(b);
    assert(b_size <= WORDS_LETTERS_MAX);
    for (size_t j = 0; j <= b_size; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t change = above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = smallest(change, smallest(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                row[j] = smallest(row[j], above2[j - 2] + 1);
            }
        }
    }
    return rows[a_size % 3][b_size];
}

static const char *
typed_nearest(enum words_list list, const struct typed *typed)
{
    const char *nearest = NULL;
    size_t slips_least = SLIPS_MAX + 1;
    for (size_t i = 0; i < lists[list].count; i++) {
        size_t size = strlen(lists[list].words[i]);
        if (size > typed->size + SLIPS_MAX || typed->size > size + SLIPS_MAX) {
            continue; /* each letter too many is a slip */
        }
        size_t slips = slips_between(typed->letters, lists[list].words[i]);
        if (slips < slips_least) {
            slips_least = slips;
            nearest = lists[list].words[i];
        }
    }
    return nearest;
}

const char *
words_nearest(enum words_list list, struct span word)
{
    struct typed typed;
    struct span rest = word;
    const char *nearest = NULL;
    if (typed_next(&rest, &typed)) {
        nearest = typed_nearest(list, &typed);
    }
    bytes_wipe(&typed, sizeof typed);
    return nearest;
}

/* The 11 bits at `bit`, highest first; the data reaches at least that far. */
static size_t
bits_get(const uint8_t *data, size_t bit)
{
    size_t value = 0;
    for (size_t i = bit; i < bit + 11; i++) {
        value = value << 1 | (size_t)(data[i / 8] >> (7 - i % 8) & 1);
    }
    return value;
}

static void
bits_put(uint8_t *data, size_t bit, size_t value)
{
    for (size_t i = 0; i < 11; i++) {
        uint8_t mask = (uint8_t)(0x80 >> ((bit + i) % 8));
        if ((value >> (10 - i) & 1) != 0) {
            data[(bit + i) / 8] |= mask;
        }
    }
}

void
words_recovery_encode(const uint8_t r[static 32], uint8_t checksum,
                      const char *out[static WORDS_RECOVERY_COUNT])
{
    uint8_t all[33];
    memcpy(all, r, 32);
    all[32] = checksum;
    for (size_t i = 0; i < WORDS_RECOVERY_COUNT; i++) {
        out[i] = words_2048[bits_get(all, 11 * i)];
    }
    bytes_wipe(all, sizeof all);
}

int
words_recovery_decode(struct span text, uint8_t r[static 32], uint8_t *checksum,
                      size_t *bad_index)
{
    uint8_t all[33] = {0};
    struct typed typed;
    size_t count = 0;
    int rc = 0;
    while (typed_next(&text, &typed)) {
        size_t index;
        rc = typed_find(WORDS_2048, &typed, &index);
        if (rc != 0) {
            *bad_index = count;
            goto out;
        }
        if (count < WORDS_RECOVERY_COUNT) {
            bits_put(all, 11 * count, index);
        }
        bytes_wipe(&index, sizeof index);
        count++;
    }
    if (count != WORDS_RECOVERY_COUNT) {
        *bad_index = count;
        rc = E_WORDS;
        goto out;
    }
    memcpy(r, all, 32);
    *checksum = all[32];
out:
    bytes_wipe(all, sizeof all);
    bytes_wipe(&typed, sizeof typed);
    return rc;
}

void
words_check_encode(const uint8_t digest[static 32],
                   const char *out[static WORDS_CHECK_COUNT])
{
    for (size_t i = 0; i < WORDS_CHECK_COUNT; i++) {
        out[i] = words_2048[bits_get(digest, 11 * i)];
    }
}

void
words_code_encode(struct buf *out, const uint16_t index[static WORDS_CODE_COUNT])
{
    for (size_t i = 0; i < WORDS_CODE_COUNT; i++) {
        assert(index[i] < WORDS_CODE_LIST_COUNT);
        buf_put_text(out, i == 0 ? "" : "-");
        buf_put_text(out, words_1296[index[i]]);
    }
}

int
words_code_normalise(struct span text, struct buf *out, size_t *bad_index,
                     const char **suggestion)
{
    uint16_t code[WORDS_CODE_COUNT];
    struct typed typed;
    size_t count = 0;
    int rc = 0;
    while (typed_next(&text, &typed)) {
        size_t index;
        if (typed_find(WORDS_1296, &typed, &index) != 0) {
            *bad_index = count;
            *suggestion = typed_nearest(WORDS_1296, &typed);
            rc = E_USAGE;
            goto out;
        }
        if (count < WORDS_CODE_COUNT) {
            code[count] = (uint16_t)index;
        }
        count++;
    }
    if (count != WORDS_CODE_COUNT) {
        *bad_index = count;
        *suggestion = NULL;
        rc = E_USAGE;
        goto out;
    }
    words_code_encode(out, code);
    rc = buf_done(out);
out:
    bytes_wipe(code, sizeof code);
    bytes_wipe(&typed, sizeof typed);
    return rc;
}
