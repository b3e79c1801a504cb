/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Words: bytes that people can write on paper and read aloud.
 *
 * The model: two lists, sorted, every word unique in its first four letters.
 * words_2048.inc (11 bits a word) carries recovery and check words, words_1296.inc the
 * pairing code. Bits are taken big-endian: the first word is the highest 11 bits.
 * Reading takes any case, any separators, "7." or "7)" before a word, and unique
 * beginnings of four letters or more. Returned words are constants of the program.
 * Recovery words are a secret: whoever holds them wipes them; nothing here keeps a
 * copy.
 */
#ifndef ATTUNE_COMMON_WORDS_H
#define ATTUNE_COMMON_WORDS_H

#include "common/bytes.h"

#define WORDS_RECOVERY_COUNT 24 /* 256 bits and 8 of checksum are 24 * 11 */
#define WORDS_CHECK_COUNT 6     /* 66 bits */
#define WORDS_CODE_COUNT 4      /* of 1,296 words: 41 bits */
#define WORDS_CODE_LIST_COUNT 1296
#define WORDS_LETTERS_MAX 8

enum words_list {
    WORDS_2048, /* recovery and check words */
    WORDS_1296, /* pairing codes */
};

size_t words_count(enum words_list list);
const char *words_get(enum words_list list, size_t index); /* NULL beyond the list */

/* The nearest word within two slips of the pen (insert, drop, change, swap), or NULL. */
const char *words_nearest(enum words_list list, struct span word);

/* The checksum byte is the caller's: the first byte of a hash of r. */
void words_recovery_encode(const uint8_t r[static 32], uint8_t checksum,
                           const char *out[static WORDS_RECOVERY_COUNT]);

/*
 * words_recovery_decode: the 24 words in `text` to r and the checksum byte they carry,
 * which the caller compares.
 * 0, or E_WORDS: *bad_index is then the place (from 0) of the first word that is in no
 * list, or the count of words found when that isn't 24 and all are known; r and
 * *checksum are untouched.
 */
int words_recovery_decode(struct span text, uint8_t r[static 32], uint8_t *checksum,
                          size_t *bad_index) __attribute__((warn_unused_result));

/* The index of one word (any case, unique beginning of >= 4 letters), or E_WORDS. */
int words_find(enum words_list list, struct span word, size_t *out)
    __attribute__((warn_unused_result));

/* Six words of the first 66 bits. */
void words_check_encode(const uint8_t digest[static 32],
                        const char *out[static WORDS_CHECK_COUNT]);

/* Appends "a-b-c-d"; each index < WORDS_CODE_LIST_COUNT. */
void words_code_encode(struct buf *out, const uint16_t index[static WORDS_CODE_COUNT]);

/*
 * words_code_normalise: appends the canonical "a-b-c-d" of a typed code.
 * 0, or E_USAGE with nothing appended: *bad_index as for words_recovery_decode and
 * *suggestion the nearest word, or NULL.
 */
int words_code_normalise(struct span text, struct buf *out, size_t *bad_index,
                         const char **suggestion) __attribute__((warn_unused_result));

#endif
