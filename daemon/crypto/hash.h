/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * H(tag, ...): the one hash of attune, BLAKE2b-256 with a purpose built in.
 *
 * The model: the tag (1 to 16 ASCII bytes, "attune.op") is BLAKE2b's personalisation,
 * so hashes of different purposes never meet; each input is preceded by its length
 * (u64, little-endian), so ("ab", "c") and ("a", "bc") differ.
 * Invariants: a tag has one meaning for ever; nothing is hashed without a tag.
 * Ownership: struct hash lives where the caller puts it; hash_final wipes it.
 * To add a purpose: choose a new tag where it is used; write it down in
 * proto/PROTOCOL.md.
 * BLAKE2: RFC 7693; personalisation: the BLAKE2 paper, section 2.8.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_HASH_H
#define ATTUNE_DAEMON_CRYPTO_HASH_H

#include "common/bytes.h"
#include "common/limits.h"

#include <stdalign.h>

enum {
    HASH_TAG_BYTES_MAX = 16,
};

struct hash {
    alignas(64) uint8_t state[384]; /* libsodium's, checked in hash.c */
};

/* `tag`: NUL-terminated, 1 to HASH_TAG_BYTES_MAX bytes (asserted). */
void
hash_init(struct hash *hash, const char *tag);
void
hash_keyed_init(struct hash *hash, const char *tag,
                const uint8_t key[static KEY_BYTES]);
void
hash_put(struct hash *hash, struct span input); /* length, then the bytes */
void
hash_put_u64(struct hash *hash, uint64_t value); /* one input of 8 bytes */
void
hash_final(struct hash *hash, uint8_t out[static HASH_BYTES]);

/* The same in one call: `count` inputs in order. */
void
hash_spans(uint8_t out[static HASH_BYTES], const char *tag, const struct span *spans,
           size_t count);

/* Compares secrets of `size` bytes without telling by time where they differ. */
bool
hash_equal(const void *a, const void *b, size_t size);

#endif
