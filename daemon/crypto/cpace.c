/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-512 is fed piece by piece: no string with the password in it is ever built. */
#include "daemon/crypto/cpace.h"

#include "common/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

static_assert((int)CPACE_SHARE_BYTES == (int)crypto_core_ristretto255_BYTES, "group");
static_assert((int)CPACE_RANDOM_BYTES ==
                  (int)crypto_core_ristretto255_NONREDUCEDSCALARBYTES,
              "scalar");
static_assert((int)CPACE_ISK_BYTES == (int)crypto_hash_sha512_BYTES, "hash");

enum {
    HASH_BLOCK_BYTES = 128, /* s_in_bytes of SHA-512 */
    LENGTH_BYTES_MAX = 10,
};

static const char dsi[] = "CPaceRistretto255";
static const char dsi_isk[] = "CPaceRistretto255_ISK";
static const char dsi_mac[] = "CPaceMac";

/* prepend_len: LEB128. Appendix A of the draft. */
static size_t
length_write(size_t length, uint8_t out[static LENGTH_BYTES_MAX])
{
    size_t count = 0;
    do {
        uint8_t low = (uint8_t)(length & 0x7f);
        length >>= 7;
        out[count++] = length == 0 ? low : (uint8_t)(low | 0x80);
    } while (length != 0);
    return count;
}

static void
put(crypto_hash_sha512_state *state, struct span bytes)
{
    if (bytes.size > 0) {
        (void)crypto_hash_sha512_update(state, bytes.data, bytes.size);
    }
}

static void
put_lv(crypto_hash_sha512_state *state, struct span bytes)
{
    uint8_t length[LENGTH_BYTES_MAX];
    put(state, span_of(length, length_write(bytes.size, length)));
    put(state, bytes);
}

/* generator_string, then the map to the group: sections 7.1 and 7.3 of the draft. */
static void
generator(struct span prs, struct span ci, struct span sid,
          uint8_t out[static crypto_core_ristretto255_BYTES])
{
    static const uint8_t zeros[HASH_BLOCK_BYTES];
    crypto_hash_sha512_state state;
    uint8_t digest[crypto_hash_sha512_BYTES];
    uint8_t length[LENGTH_BYTES_MAX];
    size_t taken = 1 + strlen(dsi) + length_write(prs.size, length) + prs.size + 1;
    size_t pad = taken < HASH_BLOCK_BYTES ? HASH_BLOCK_BYTES - taken : 0;
    (void)crypto_hash_sha512_init(&state);
    put_lv(&state, span_text(dsi));
    put_lv(&state, prs);
    put_lv(&state, span_of(zeros, pad));
    put_lv(&state, ci);
    put_lv(&state, sid);
    (void)crypto_hash_sha512_final(&state, digest);
    (void)crypto_core_ristretto255_from_hash(out, digest);
    sodium_memzero(&state, sizeof(state));
    sodium_memzero(digest, sizeof(digest));
}

int
cpace_start(struct cpace *cpace, enum cpace_role role, struct span prs, struct span ci,
            struct span sid, const uint8_t random[static CPACE_RANDOM_BYTES])
{
    uint8_t point[crypto_core_ristretto255_BYTES];
    struct cpace made = {.role = role};
    int rc = E_INTERNAL;
    generator(prs, ci, sid, point);
    crypto_core_ristretto255_scalar_reduce(made.scalar, random);
    /* Fails for the neutral result, that is for a scalar of zero. */
    if (crypto_scalarmult_ristretto255(made.share, made.scalar, point) == 0) {
        *cpace = made;
        rc = 0;
    }
    sodium_memzero(point, sizeof(point));
    cpace_done(&made);
    return rc;
}

static void
transcript_write(struct buf *out, struct span share, struct span ad)
{
    uint8_t length[LENGTH_BYTES_MAX];
    buf_put(out, length, length_write(share.size, length));
    buf_put_span(out, share);
    buf_put(out, length, length_write(ad.size, length));
    buf_put_span(out, ad);
}

int
cpace_finish(const struct cpace *cpace, struct span sid, struct span our_ad,
             const uint8_t their_share[static CPACE_SHARE_BYTES], struct span their_ad,
             uint8_t isk[static CPACE_ISK_BYTES], struct buf *transcript)
{
    crypto_hash_sha512_state state;
    uint8_t k[crypto_scalarmult_ristretto255_BYTES];
    bool first = cpace->role == CPACE_INITIATOR;
    struct span ours = span_of(cpace->share, CPACE_SHARE_BYTES);
    struct span theirs = span_of(their_share, CPACE_SHARE_BYTES);
    struct buf ir = {0};
    int rc = E_PROTOCOL;
    /* scalar_mult_vfy: fails for an invalid encoding and for the neutral result. */
    if (crypto_scalarmult_ristretto255(k, cpace->scalar, their_share) != 0) {
        goto out;
    }
    transcript_write(&ir, first ? ours : theirs, first ? our_ad : their_ad);
    transcript_write(&ir, first ? theirs : ours, first ? their_ad : our_ad);
    rc = buf_done(&ir);
    if (rc != 0) {
        goto out;
    }
    if (transcript != NULL) {
        uint8_t *at = buf_reserve(transcript, ir.size);
        if (at == NULL) {
            rc = buf_done(transcript);
            goto out;
        }
        memcpy(at, ir.data, ir.size);
        buf_advance(transcript, ir.size);
    }
    (void)crypto_hash_sha512_init(&state);
    put_lv(&state, span_text(dsi_isk));
    put_lv(&state, sid);
    put_lv(&state, span_of(k, sizeof(k)));
    put(&state, buf_span(&ir));
    (void)crypto_hash_sha512_final(&state, isk);
    sodium_memzero(&state, sizeof(state));
out:
    buf_free(&ir);
    sodium_memzero(k, sizeof(k));
    return rc;
}

void
cpace_tag(const uint8_t isk[static CPACE_ISK_BYTES], struct span sid,
          const uint8_t share[static CPACE_SHARE_BYTES], struct span ad,
          uint8_t tag[static CPACE_TAG_BYTES])
{
    crypto_hash_sha512_state hash;
    crypto_auth_hmacsha512_state mac;
    uint8_t key[crypto_hash_sha512_BYTES];
    uint8_t length[LENGTH_BYTES_MAX];
    (void)crypto_hash_sha512_init(&hash);
    put(&hash, span_text(dsi_mac));
    put(&hash, sid);
    put(&hash, span_of(isk, CPACE_ISK_BYTES));
    (void)crypto_hash_sha512_final(&hash, key);
    (void)crypto_auth_hmacsha512_init(&mac, key, sizeof(key));
    (void)crypto_auth_hmacsha512_update(&mac, length,
                                        length_write(CPACE_SHARE_BYTES, length));
    (void)crypto_auth_hmacsha512_update(&mac, share, CPACE_SHARE_BYTES);
    (void)crypto_auth_hmacsha512_update(&mac, length, length_write(ad.size, length));
    if (ad.size > 0) {
        (void)crypto_auth_hmacsha512_update(&mac, ad.data, ad.size);
    }
    (void)crypto_auth_hmacsha512_final(&mac, tag);
    sodium_memzero(&hash, sizeof(hash));
    sodium_memzero(&mac, sizeof(mac));
    sodium_memzero(key, sizeof(key));
}

void
cpace_done(struct cpace *cpace)
{
    if (cpace != NULL) {
        sodium_memzero(cpace, sizeof(*cpace));
    }
}
