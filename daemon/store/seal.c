/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/store/seal.h"

#include "common/error.h"

#include <assert.h>
#include <sodium.h>
#include <string.h>

enum { PLACE_BYTES = SEAL_FILE_ID_BYTES + 1 + 8 };

static_assert(SEAL_NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
              "nonce");
static_assert(SEAL_TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");
static_assert(SEAL_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");
static_assert(SEAL_NONCE_BYTES + SEAL_TAG_BYTES == SEAL_EXTRA_BYTES, "extra");
static_assert(SEAL_PAGE_TEXT_BYTES + SEAL_EXTRA_BYTES == SEAL_PAGE_BYTES, "page");
static_assert(SEAL_FRAME_HEAD_BYTES + SEAL_PAGE_BYTES == SEAL_FRAME_TEXT_BYTES,
              "frame");
static_assert(SEAL_FRAME_TEXT_BYTES + SEAL_EXTRA_BYTES == SEAL_CELL_BYTES, "cell");
static_assert(SEAL_HEADER_TEXT_BYTES + SEAL_EXTRA_BYTES == SEAL_HEADER_BYTES, "header");

int
seal_init(void)
{
    return sodium_init() < 0 ? E_INTERNAL : 0;
}

void
seal_nonces(uint8_t *out, size_t count)
{
    randombytes_buf(out, count * SEAL_NONCE_BYTES);
}

static void
place_encode(const struct seal_place *place, uint8_t out[static PLACE_BYTES])
{
    memcpy(out, place->file_id, SEAL_FILE_ID_BYTES);
    out[SEAL_FILE_ID_BYTES] = (uint8_t)place->type;
    bytes_set_u64(out + SEAL_FILE_ID_BYTES + 1, place->number);
}

void
seal_shut(const struct seal_place *place, const uint8_t nonce[static SEAL_NONCE_BYTES],
          struct span text, uint8_t *sealed)
{
    uint8_t bound[PLACE_BYTES];
    uint8_t *extra = sealed + text.size;
    place_encode(place, bound);
    /* The AEAD of libsodium can only fail on lengths no unit of ours has. */
    int rc = crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        sealed, extra + SEAL_NONCE_BYTES, NULL, text.data, text.size, bound,
        sizeof bound, NULL, nonce, place->key);
    assert(rc == 0);
    (void)rc;
    memcpy(extra, nonce, SEAL_NONCE_BYTES);
}

int
seal_open(const struct seal_place *place, struct span sealed, uint8_t *text)
{
    uint8_t bound[PLACE_BYTES];
    assert(sealed.size >= SEAL_EXTRA_BYTES);
    size_t text_bytes = sealed.size - SEAL_EXTRA_BYTES;
    const uint8_t *extra = sealed.data + text_bytes;
    place_encode(place, bound);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
            text, NULL, sealed.data, text_bytes, extra + SEAL_NONCE_BYTES, bound,
            sizeof bound, extra, place->key) == 0) {
        return 0;
    }
    memset(text, 0, text_bytes);
    return place->type == SEAL_MAIN ? E_JOURNAL : E_TAIL;
}

uint64_t
seal_cell_offset(uint64_t cell)
{
    return SEAL_HEADER_BYTES + cell * SEAL_CELL_BYTES;
}

uint64_t
seal_cells_count(uint64_t file_bytes)
{
    if (file_bytes < SEAL_HEADER_BYTES) {
        return 0;
    }
    return (file_bytes - SEAL_HEADER_BYTES) / SEAL_CELL_BYTES;
}

uint64_t
seal_torn_bytes(uint64_t file_bytes)
{
    if (file_bytes < SEAL_HEADER_BYTES) {
        return file_bytes;
    }
    return (file_bytes - SEAL_HEADER_BYTES) % SEAL_CELL_BYTES;
}
