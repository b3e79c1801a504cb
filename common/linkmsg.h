/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The messages on the socketpair between attuned and attuned-link.
 *
 * The model: u32 length (little-endian, of what follows), u8 type, fields. attuned says
 * what shall be open (CONFIG) and what shall go out (SEND, CLOSE_PATH); the link answers
 * with what is open (READY, FAILED), the ways to the partner (UP, DOWN) and what came in
 * on them (FRAME). A *path* is one way to the partner: an inbound connection, or an
 * outbound one to one address; its number is never used twice by one link process.
 *
 * Invariants: decoding is strict, so there is one encoding for each message; a type that
 * goes the other way is refused; spans of a decoded message borrow from the input.
 *
 * What the two may rely on:
 *   - A CONFIG ends every path of the one before, without DOWN. READY comes once for each
 *     CONFIG and before the first UP of its generation: at READY forget all older paths.
 *   - FAILED tells what is missing, by its error: E_LINK: it doesn't listen, the rest
 *     runs; E_OPTION: one dial address can't be used, the rest runs; E_INTERNAL: libzmq
 *     refused a setting, nothing is open, and no READY follows.
 *   - A frame that can't leave at once is dropped. Whoever needs it sends it again.
 *
 * To add a message: one constant, one case in each of the two functions, a test.
 */
#ifndef ATTUNE_COMMON_LINKMSG_H
#define ATTUNE_COMMON_LINKMSG_H

#include "common/bytes.h"

enum {
    LINKMSG_KEY_BYTES = 32,
    LINKMSG_ADDRESS_BYTES_MAX = 255,
    LINKMSG_REASON_BYTES_MAX = 80,
    LINKMSG_DIALS_MAX = 8,
    LINKMSG_FRAME_BYTES_MAX = 1024 * 1024 + 64 * 1024, /* a batch and its envelope */
    LINKMSG_PAIR_FRAME_BYTES_MAX = 512,
    LINKMSG_HEAD_BYTES = 4 + 1,
    LINKMSG_BYTES_MAX = LINKMSG_HEAD_BYTES + 4 + LINKMSG_FRAME_BYTES_MAX,
};

enum linkmsg_type {
    /* from attuned */
    LINKMSG_CONFIG = 1,
    LINKMSG_SEND = 2,
    LINKMSG_CLOSE_PATH = 3,
    /* from the link */
    LINKMSG_READY = 17,
    LINKMSG_UP = 18,
    LINKMSG_DOWN = 19,
    LINKMSG_FRAME = 20,
    LINKMSG_FAILED = 21,
};

enum linkmsg_from {
    LINKMSG_FROM_DAEMON = 0,
    LINKMSG_FROM_LINK = 16, /* types above this come from the link */
};

enum linkmsg_mode {
    LINKMSG_OFF = 0,
    LINKMSG_CURVE = 1, /* listen and dial; only the partner's key gets in */
    LINKMSG_PAIR_LISTEN =
        2, /* no CURVE, frames of at most 512 bytes; dials are ignored */
    LINKMSG_PAIR_JOIN = 3, /* the same, dialling; listen is ignored */
};

enum linkmsg_way {
    LINKMSG_INBOUND = 0,
    LINKMSG_OUTBOUND = 1,
};

struct linkmsg_config {
    uint32_t generation;
    enum linkmsg_mode mode;
    uint8_t
        secret_key[LINKMSG_KEY_BYTES]; /* our CURVE pair; zeros when there is none */
    uint8_t public_key[LINKMSG_KEY_BYTES];
    uint8_t partner_key[LINKMSG_KEY_BYTES]; /* the only one that is let in */
    struct span listen; /* "tcp://HOST:PORT"; empty: do not listen */
    size_t dial_count;
    struct span dials[LINKMSG_DIALS_MAX]; /* "tcp://host:port" */
};

struct linkmsg {
    enum linkmsg_type type;
    uint32_t path;                /* SEND, CLOSE_PATH, UP, DOWN, FRAME */
    uint32_t generation;          /* READY, FAILED */
    enum linkmsg_way way;         /* UP */
    struct span frame;            /* SEND, FRAME: 1 to LINKMSG_FRAME_BYTES_MAX bytes */
    struct span address;          /* READY: what was bound; empty: nothing listens */
    int32_t error;                /* FAILED: a negative E_* */
    struct span reason;           /* FAILED: a fixed text without any address */
    struct linkmsg_config config; /* CONFIG; holds a secret: wipe it */
};

/*
 * Appends one message. A message that breaks a bound sets the sticky error E_LIMIT.
 */
void
linkmsg_put(struct buf *out, const struct linkmsg *message);

/*
 * linkmsg_take: decodes the first message of `input`.
 *   from     who wrote it; types of the other direction are refused
 *   out      spans borrow from `input`; untouched unless *used > 0
 *   used     bytes of the message, or 0 when more input is needed
 * 0 or E_PROTOCOL, after which the stream can't be read any further.
 */
int
linkmsg_take(struct span input, enum linkmsg_from from, struct linkmsg *out,
             size_t *used) __attribute__((warn_unused_result));

/*
 * True for an address both sides accept: "tcp://", a host of visible ASCII without '/',
 * '@', ';', ':' and a port 1 to 65535 or, to listen on any free one, '*'.
 */
bool
linkmsg_address_valid(struct span address);

#endif
