/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The anchor: a small sealed file beside the journal that says how far the journal was.
 *
 * The model: {log heads, file identity, boot, clean or not}, written atomically at
 * checkpoint, clean close and every few ops. A journal behind its anchor was rolled
 * back; a journal whose identity differs was copied or restored. Either way the store
 * starts a new incarnation. The device number is no part of the identity: it changes
 * by itself.
 *
 * On disk, always ANCHOR_BYTES long, so that its length tells nothing:
 *   8   "attanch", format version     (clear; also associated data, with the file id)
 *   24  nonce
 *   n   sealed text: inode u64, btime_s i64, btime_ns u32, machine id 16, boot id 16,
 *       clean u8, heads count u32, heads {log 16, seq u64, hash 32}, zeros
 *   16  tag
 * Integers are little-endian. A version never moves these four parts, so a newer anchor
 * still authenticates and can be told from a damaged one.
 *
 * Owner: the caller owns every struct; nothing here is allocated for longer than a
 * call.
 * To add a field: raise the version, append to the text, read old versions too.
 */
#ifndef ATTUNE_DAEMON_STORE_ANCHOR_H
#define ATTUNE_DAEMON_STORE_ANCHOR_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ANCHOR_VERSION = 1,
    ANCHOR_HEADS_MAX = 256,
    ANCHOR_BYTES = 16384, /* room for all heads: 8 + 24 + 73 + 256 * 56 + 16 = 14,457 */
    ANCHOR_TEXT_BYTES = ANCHOR_BYTES - 8 - 24 - 16,
    ANCHOR_FILE_BYTES_MAX = 65536, /* the largest a newer version may have */
};

struct anchor_head {
    uint8_t log[16];
    uint64_t seq;
    uint8_t hash[32];
};

struct anchor {
    uint64_t inode;
    int64_t btime_s; /* birth of the journal file; 0 where the file system has none */
    uint32_t btime_ns;
    uint8_t machine_id[16]; /* a hash of /etc/machine-id; zeros without one */
    uint8_t boot_id[16];    /* zeros when unknown */
    uint8_t clean;          /* 1: written by a clean close, else 0 */
    size_t heads_count;     /* at most ANCHOR_HEADS_MAX */
    struct anchor_head heads[ANCHOR_HEADS_MAX];
};

/*
 * anchor_write: replaces the file at `path` durably: temporary file beside it
 * (path + ".new"), fsync, rename, fsync of the folder. After a failure the old anchor
 * stands. 0, or E_DISK_FULL, E_READ_ONLY, E_IO, E_MEMORY; E_LIMIT for too many heads.
 */
int anchor_write(const char *path, const uint8_t key[static 32],
                 const uint8_t file_id[static 16], const struct anchor *anchor)
    __attribute__((warn_unused_result));

/*
 * anchor_read: 0, or E_ANCHOR (damaged, missing, another key or journal), E_VERSION_NEW
 * (authentic, but from a newer attune), E_READ_ONLY (not ours to read), E_IO, E_MEMORY;
 * then `out` is untouched.
 */
int anchor_read(const char *path, const uint8_t key[static 32],
                const uint8_t file_id[static 16], struct anchor *out)
    __attribute__((warn_unused_result));

/*
 * anchor_identity: fills inode, birth time, machine id and boot id of `out` for the
 * journal at that path; the rest is left alone. 0, or E_IO, E_READ_ONLY.
 */
int anchor_identity(const char *journal_path, struct anchor *out)
    __attribute__((warn_unused_result));

/* Same journal file, same machine: inode, birth time, machine id. Not the boot. */
bool anchor_same_file(const struct anchor *a, const struct anchor *b);

/* The sealed file as bytes. A nonce is used once. 0 or E_LIMIT, E_INTERNAL. */
int anchor_encode(const uint8_t key[static 32], const uint8_t file_id[static 16],
                  const uint8_t nonce[static 24], const struct anchor *anchor,
                  uint8_t out[static ANCHOR_BYTES]) __attribute__((warn_unused_result));

/* The reverse: 0 or E_ANCHOR, E_VERSION_NEW, E_MEMORY, E_INTERNAL. */
int anchor_decode(struct span file, const uint8_t key[static 32],
                  const uint8_t file_id[static 16], struct anchor *out)
    __attribute__((warn_unused_result));

/* Reads the text inside the seal: 0 or E_ANCHOR. Pure; for decoding and fuzzing. */
int anchor_parse(struct span text, struct anchor *out)
    __attribute__((warn_unused_result));

#endif
