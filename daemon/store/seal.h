/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Seal: how one page, one WAL frame and the WAL header look on disk.
 *
 * The model: a sealed unit is its text encrypted in place, then nonce, then tag
 * (XChaCha20-Poly1305-IETF). Associated data = file id, type, number; so a unit proves
 * which file it belongs to, what it is and where it lies. The type byte carries the
 * format version in its high half.
 *
 *   main file   page n (from 1) at (n - 1) * 4096: 4056 bytes of text, 40 of extra;
 *               SQLite's 40 reserved bytes are where the extra lies
 *   WAL         header cell (32 + 40) at 0, then cell i at 72 + i * 4160: SQLite's
 *               frame header and page sealed as one, because the frame header holds a
 *               checksum of the plain page. The salts of the header are inside the
 *               sealed text.
 *
 * Invariants: a nonce is random and used once; no byte SQLite wrote is on disk in
 * clear.
 * To add a sealed file class: one seal_type, never a reused one.
 */
#ifndef ATTUNE_DAEMON_STORE_SEAL_H
#define ATTUNE_DAEMON_STORE_SEAL_H

#include "common/bytes.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SEAL_KEY_BYTES = 32,
    SEAL_FILE_ID_BYTES = 16,
    SEAL_NONCE_BYTES = 24,
    SEAL_TAG_BYTES = 16,
    SEAL_EXTRA_BYTES = 40, /* nonce and tag; SQLite's reserved bytes of a page */
    SEAL_PAGE_BYTES = 4096,
    SEAL_PAGE_TEXT_BYTES = 4056,
    SEAL_HEADER_TEXT_BYTES = 32, /* SQLite's WAL header */
    SEAL_HEADER_BYTES = 72,
    SEAL_FRAME_HEAD_BYTES = 24, /* SQLite's frame header */
    SEAL_FRAME_TEXT_BYTES = 4120,
    SEAL_CELL_BYTES = 4160,
};

enum seal_type {
    SEAL_MAIN = 0x11,
    SEAL_FRAME = 0x12,
    SEAL_WAL_HEADER = 0x13,
};

/* What a unit is bound to. Borrows both pointers for the call. */
struct seal_place {
    const uint8_t *key;     /* SEAL_KEY_BYTES */
    const uint8_t *file_id; /* SEAL_FILE_ID_BYTES */
    enum seal_type type;
    uint64_t number; /* page number from 1, or cell index from 0 */
};

/* Makes the library ready; call before anything else here. 0 or E_INTERNAL. */
int seal_init(void) __attribute__((warn_unused_result));

/* `count` fresh random nonces, one after the other. */
void seal_nonces(uint8_t *out, size_t count);

/*
 * seal_shut: seals `text`; `sealed` has text.size + SEAL_EXTRA_BYTES bytes and may
 * begin at text.data (in place). Cannot fail.
 */
void seal_shut(const struct seal_place *place,
               const uint8_t nonce[static SEAL_NONCE_BYTES], struct span text,
               uint8_t *sealed);

/*
 * seal_open: authenticates and opens; `text` has sealed.size - SEAL_EXTRA_BYTES bytes
 * and may be sealed.data. 0, or E_JOURNAL (a page) or E_TAIL (anything of the WAL);
 * `text` is then all zeros, never something unauthenticated.
 */
int seal_open(const struct seal_place *place, struct span sealed, uint8_t *text)
    __attribute__((warn_unused_result));

/* Where cell i of the WAL begins on disk. */
uint64_t seal_cell_offset(uint64_t cell);
/* Whole frame cells in a WAL of that many bytes on disk. */
uint64_t seal_cells_count(uint64_t file_bytes);
/* Bytes after the last whole cell: not 0 means that the WAL ends inside a cell. */
uint64_t seal_torn_bytes(uint64_t file_bytes);

#endif
