/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frame: bytes and messages of the local API; pure.
 *
 * The model: u32 little-endian length, then one Request (out) or one Reply (in).
 * Nothing here reads or writes a descriptor. The daemon is trusted, its sizes are
 * bounded all the same: a Reply is at most REPLY_BYTES_MAX, and what it unpacks to is
 * the arena's bound.
 * Ownership: the buffers and the arena are the caller's; a reply lives in the arena.
 */
#ifndef ATTUNE_CLIENTS_LIB_FRAME_H
#define ATTUNE_CLIENTS_LIB_FRAME_H

#include "common/arena.h"
#include "common/bytes.h"
#include "proto/local.pb-c.h"

#define FRAME_HEAD_BYTES 4u

/* Appends one framed request. 0, E_LIMIT (over REQUEST_BYTES_MAX; nothing is appended),
 * or the buf's error. */
int
frame_put(struct buf *out, const Attune__Local__Request *request)
    __attribute__((warn_unused_result));

/*
 * frame_take: the next reply of `in`, whose bytes are consumed.
 *   out       lives in `arena` until arena_reset; set only when complete
 *   complete  false: more bytes are needed, `in` is untouched
 * 0, E_PROTOCOL (too long, or not a Reply), E_MEMORY (over the arena's budget).
 */
int
frame_take(struct buf *in, struct arena *arena, Attune__Local__Reply **out,
           bool *complete) __attribute__((warn_unused_result));

/* How many bytes `in` lacks until frame_take makes progress; 0: none. */
size_t
frame_wants(const struct buf *in);

#endif
