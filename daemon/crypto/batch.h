/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sealed batch: the only envelope in which anything travels between the two.
 *
 * The model, all integers little-endian:
 *   clear header, BATCH_CLEAR_BYTES, which is also the Noise prologue as sent:
 *     u8 frame type 1, u8 version 1, couple[16], from log[16], to log[16],
 *     u32 epoch, u16 chunks, u32 first_bytes
 *   Noise Kpsk0 message: ephemeral[32], sealed first payload (first_bytes + 16 bytes):
 *     u32 head_bytes, head, u32 ops_bytes, zeros up to a multiple of 256
 *   `chunks` transport messages, each 65,535 bytes but the last:
 *     u8 flags (bit 0: last chunk), data; the data together are the ops, then zeros
 * Invariants: the whole is PADME(max(n, 1024)) bytes and at most BATCH_BYTES_MAX;
 * padding is zero; there is a last chunk and it alone carries the flag; one way to
 * write a size.
 * Ownership: head and ops are opaque here; opened ones are borrowed from `plain`.
 * To add a field: into the head (journal code owns it); the clear header is fixed.
 * PADME: Nikitin et al., "Reducing Metadata Leakage from Encrypted Files", 2019,
 * section 4.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_BATCH_H
#define ATTUNE_DAEMON_CRYPTO_BATCH_H

#include "common/bytes.h"
#include "common/limits.h"

enum {
    BATCH_FRAME_TYPE = 1,
    BATCH_VERSION = 1,
    BATCH_CLEAR_BYTES = 2 + 3 * (int)ID_BYTES + 4 + 2 + 4,
    BATCH_BYTES_MIN = 1024,
    BATCH_FIRST_STEP = 256,
    BATCH_FIRST_BYTES_MAX = 255 * BATCH_FIRST_STEP, /* one Noise message holds it */
    BATCH_HEAD_BYTES_MAX = BATCH_FIRST_BYTES_MAX - 8,
};

/* batch_seal reads the ids and the epoch and computes the other two. */
struct batch_header {
    uint8_t couple[ID_BYTES];
    uint8_t from_log[ID_BYTES];
    uint8_t to_log[ID_BYTES];
    uint32_t epoch; /* of the receiver's log: which EPK seals this */
    uint16_t chunks;
    uint32_t first_bytes;
};

/* Every pointer names 32 bytes, borrowed for the call. */
struct batch_sender_keys {
    const uint8_t *dnk_sk; /* our device's Noise key */
    const uint8_t *dnk_pk;
    const uint8_t *their_epk; /* the epoch key of header.to_log */
    const uint8_t *psk;
    const uint8_t *ephemeral_sk; /* fresh random bytes for this batch alone */
    const uint8_t *ss;           /* noise_shared(dnk_sk, their_epk), or NULL */
};

struct batch_receiver_keys {
    const uint8_t *epk_sk; /* our private epoch key that the header names */
    const uint8_t *epk_pk;
    const uint8_t *their_dnk_pk;
    const uint8_t *psk;
    const uint8_t *ss; /* noise_shared(epk_sk, their_dnk_pk), or NULL */
};

/* How many ops bytes fit beside a head of this size; 0 when the head is too long. */
size_t
batch_room(size_t head_bytes);

/* The whole frame's size for these contents; 0 when they don't fit. */
size_t
batch_frame_bytes(size_t head_bytes, size_t ops_bytes);

/*
 * batch_seal: append one sealed frame to `out`.
 *   head     at most BATCH_HEAD_BYTES_MAX bytes
 *   ops      at most batch_room(head.size) bytes, may be empty
 * 0, E_LIMIT, E_MEMORY, or E_BATCH_AUTH for a key that leads to an all-zero secret; on
 * failure the contents of `out` are untouched. Neither span may lie in `out`.
 */
int
batch_seal(const struct batch_header *header, struct span head, struct span ops,
           const struct batch_sender_keys *keys, struct buf *out)
    __attribute__((warn_unused_result));

/*
 * batch_peek: the clear header of a frame, every size in it checked against the
 * frame's. Nothing is authenticated yet: use it only to choose keys. 0 or
 * E_BATCH_SHAPE.
 */
int
batch_peek(struct span frame, struct batch_header *out)
    __attribute__((warn_unused_result));

/*
 * batch_open: authenticate and decrypt one frame.
 *   plain    cleared, then holds everything decrypted; must not hold `frame`
 *   head     borrowed from `plain`
 *   ops      borrowed from `plain`, one piece, maybe empty
 * 0, E_BATCH_AUTH, E_BATCH_SHAPE (malformed, or authentic but breaking a rule above),
 * E_MEMORY; on failure `plain` is empty and the spans are untouched.
 */
int
batch_open(struct span frame, const struct batch_receiver_keys *keys, struct buf *plain,
           struct span *head, struct span *ops) __attribute__((warn_unused_result));

#endif
