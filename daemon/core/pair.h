/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Pairing, shared by its files. Nobody else includes this.
 *
 *   pair.c         requests, the clock, which side a frame is for
 *   pair_offer.c   the open offer in the store, and who waits for what
 *   pair_wire.c    frames, and what is sealed in them
 *   pair_issuer.c  the side that showed a code
 *   pair_joiner.c  the side that typed it
 */
#ifndef ATTUNE_CORE_PAIR_H
#define ATTUNE_CORE_PAIR_H

#include "daemon/core/inside.h"

enum step {
    STEP_NONE,
    STEP_START,
    STEP_REPLY,
    STEP_CONFIRM_J,
    STEP_CONFIRM_I,
    STEP_BLOCK_J,
    STEP_BLOCK_I,
    STEP_COUPLE,
    STEP_DONE_J,
    STEP_DONE_I,
    STEP_REFUSED,
    STEPS,
};

enum {
    RESEND_MS = 500,
    LINGER_MS = 1000,    /* the last answer leaves before its socket closes */
    DONE_WAIT_MS = 3000, /* the joiner asks for the last answer so long */
    SEALED_BYTES = PAIR_BLOCK_BYTES + KEYS_SEAL_BYTES,
    NONCE_SEALED_BYTES = ID_BYTES + 1 + KEYS_SEAL_BYTES,
};

extern const char pair_channel[]; /* CPace's channel identifier */

/* Frames out. Each is PAIR_FRAME_BYTES, padded with zeros. */
void
pair_send_share(struct core *core, uint32_t path, enum step step);
int
pair_send_confirm(struct core *core, uint32_t path, enum step step)
    __attribute__((warn_unused_result));
void
pair_send_block(struct core *core, uint32_t path, enum step step);
void
pair_send_nonce(struct core *core, uint32_t path, enum step step, bool known,
                const uint8_t nonce[static ID_BYTES]);
void
pair_send_empty(struct core *core, uint32_t path, enum step step);
/* Opens what the other side sealed in that step. 0 or E_PROTOCOL. */
int
pair_unseal(const struct pair *pair, bool joiner, enum step step, struct span sealed,
            uint8_t *out) __attribute__((warn_unused_result));
/* One part of the other's block; *whole when it opened and was read. */
int
pair_take_part(struct core *core, bool from_joiner, enum step step, uint8_t index,
               struct reader *body, bool *whole) __attribute__((warn_unused_result));
/* Our nonce for this person: known from before, or the fresh one of this session. */
int
pair_choose_nonce(struct core *core, uint8_t nonce[static ID_BYTES], bool *known)
    __attribute__((warn_unused_result));
/* Tells one who waited that we are paired. */
int
pair_reply(struct core *core, const struct parked *parked)
    __attribute__((warn_unused_result));
/* Answers all who wait for a joining (or for our offer): paired, or the error. */
void
parked_settle(struct core *core, bool join, int error);
int
parked_add(struct core *core, const struct event *event, bool join)
    __attribute__((warn_unused_result));
/* Keeps the offer in the store, or removes it when it is over. */
int
pair_save_offer(struct core *core) __attribute__((warn_unused_result));
int
pair_close_offer(struct core *core) __attribute__((warn_unused_result));
/* How many codes were burnt within the hour; `add`: one more. */
int
pair_burnt(struct core *core, bool add, size_t *count)
    __attribute__((warn_unused_result));
/* The two sides of the table of states and messages. */
int
pair_issuer_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
                  struct reader *body, const uint8_t *sid)
    __attribute__((warn_unused_result));
int
pair_joiner_frame(struct core *core, uint32_t path, enum step step, uint8_t index,
                  struct reader *body) __attribute__((warn_unused_result));
/* The joiner: makes its session; says its last word again; gives up; is done. */
int
pair_join_begin(struct core *core) __attribute__((warn_unused_result));
int
pair_join_say(struct core *core, uint32_t path) __attribute__((warn_unused_result));
int
pair_join_fail(struct core *core, int error) __attribute__((warn_unused_result));
int
pair_join_finish(struct core *core) __attribute__((warn_unused_result));

#endif
