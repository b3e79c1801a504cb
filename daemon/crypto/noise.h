/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Noise K and Kpsk0, one-way: 25519, ChaChaPoly, BLAKE2b. Noise rev 34, section 7.4.
 *
 * The model: one handshake message carries a payload and proves both static keys (and
 * the psk); afterwards the same struct encrypts (initiator) or decrypts (responder)
 * transport messages in order. Everything is pure: the ephemeral key is given by the
 * caller, who draws 32 fresh random bytes for each handshake and never uses them again.
 * Invariants: an all-zero Diffie-Hellman result is refused; after a failure the struct
 * is wiped and useless; K without psk exists for the published vectors only.
 * Ownership: struct noise lives where the caller puts it; noise_done wipes it. All keys
 * are borrowed for the length of the call.
 * To add a pattern: not here; one pattern is the point.
 */
#ifndef ATTUNE_DAEMON_CRYPTO_NOISE_H
#define ATTUNE_DAEMON_CRYPTO_NOISE_H

#include "common/bytes.h"
#include "common/limits.h"

enum {
    NOISE_HASH_BYTES = 64,
    NOISE_TAG_BYTES = 16,
    NOISE_HELLO_BYTES =
        (int)KEY_BYTES + NOISE_TAG_BYTES, /* handshake beyond its payload */
    NOISE_MESSAGE_BYTES_MAX = 65535,
};

struct noise {
    uint8_t chaining_key[NOISE_HASH_BYTES];
    uint8_t hash[NOISE_HASH_BYTES]; /* after the handshake: the handshake hash */
    uint8_t key[KEY_BYTES];
    uint64_t nonce;
};

/* Every pointer names 32 bytes. psk is NULL exactly for the pattern K. */
struct noise_initiator {
    const uint8_t *static_sk;
    const uint8_t *static_pk;
    const uint8_t *ephemeral_sk;
    const uint8_t *responder_pk;
    const uint8_t *psk;
    const uint8_t *ss; /* DH(static_sk, responder_pk) if known already, or NULL */
};

struct noise_responder {
    const uint8_t *static_sk;
    const uint8_t *static_pk;
    const uint8_t *initiator_pk;
    const uint8_t *psk;
    const uint8_t *ss; /* DH(static_sk, initiator_pk) if known already, or NULL */
};

/* X25519 for `ss`: 0, or E_BATCH_AUTH when the result would be all zero. RFC 7748. */
int
noise_shared(const uint8_t sk[static KEY_BYTES], const uint8_t pk[static KEY_BYTES],
             uint8_t out[static KEY_BYTES]) __attribute__((warn_unused_result));

/*
 * noise_kpsk0_write: the handshake message.
 *   payload  may lie at out + KEY_BYTES (then it is encrypted in place); must
 *            otherwise not overlap `out`
 *   out      payload.size + NOISE_HELLO_BYTES bytes
 * 0, or E_BATCH_AUTH for a responder key that leads to an all-zero secret.
 */
int
noise_kpsk0_write(struct noise *noise, const struct noise_initiator *keys,
                  struct span prologue, struct span payload, uint8_t *out)
    __attribute__((warn_unused_result));

/*
 * noise_kpsk0_read: the mirror; message.size - NOISE_HELLO_BYTES bytes at `out`.
 * 0, or E_BATCH_AUTH (too short, wrong key, changed, all-zero secret); on failure
 * nothing of the payload is at `out`.
 */
int
noise_kpsk0_read(struct noise *noise, const struct noise_responder *keys,
                 struct span prologue, struct span message, uint8_t *out)
    __attribute__((warn_unused_result));

/* The same without psk (pattern K). */
int
noise_k_write(struct noise *noise, const struct noise_initiator *keys,
              struct span prologue, struct span payload, uint8_t *out)
    __attribute__((warn_unused_result));
int
noise_k_read(struct noise *noise, const struct noise_responder *keys,
             struct span prologue, struct span message, uint8_t *out)
    __attribute__((warn_unused_result));

/*
 * Transport messages, in order. noise_encrypt writes plain.size + NOISE_TAG_BYTES bytes
 * (at most NOISE_MESSAGE_BYTES_MAX, asserted); noise_decrypt message.size -
 * NOISE_TAG_BYTES and fails with E_BATCH_AUTH. In place (`out` == data) is fine.
 */
void
noise_encrypt(struct noise *noise, struct span plain, uint8_t *out);
int
noise_decrypt(struct noise *noise, struct span message, uint8_t *out)
    __attribute__((warn_unused_result));

void
noise_done(struct noise *noise); /* wipes; NULL is fine */

#endif
