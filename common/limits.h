/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Every limit, with its reason. Nothing in attune is unbounded; a limit that must fit
 * another is asserted here.
 */
#ifndef ATTUNE_COMMON_LIMITS_H
#define ATTUNE_COMMON_LIMITS_H

#include <assert.h>

/* Sizes that are part of the formats (PROTOCOL.md), not choices. */
#define ID_BYTES 16u       /* entry, log, couple, incarnation */
#define HASH_BYTES 32u     /* BLAKE2b-256 */
#define KEY_BYTES 32u      /* X25519, Ed25519 public, symmetric */
#define SIGNATURE_BYTES 64u
#define SELF_TAG_BYTES 16u /* a MAC only its maker verifies */
#define SALT_BYTES 16u
#define REQUEST_BYTES 8u

/* Text. 64 KiB is a long letter; a line is what fits a notice. */
#define LINE_BYTES_MAX 280u
#define TEXT_BYTES_MAX (64u * 1024u)
#define NAME_BYTES_MAX 64u
#define PASSPHRASE_BYTES_MAX 1024u
#define FIELD_NAME_BYTES_MAX 24u
#define KIND_NAME_BYTES_MAX 24u
#define FIELDS_MAX 16u /* of one entry: the largest kind has five */
#define PURGES_MAX 256u

/* Ops. */
#define HEADER_BYTES_MAX (16u * 1024u) /* a purge of PURGES_MAX hashes is the longest */
#define PAYLOAD_BYTES_MAX (512u * 1024u) /* seven long texts; must fit one batch */
#define LAMPORT_LEAD_MAX (1u << 20) /* a claim further ahead than this is a lie */

/* Batches. A frame is what libzmq carries as one message. */
#define BATCH_BYTES_MAX (1024u * 1024u)
#define BATCH_OPS_MAX 1024u
#define BATCH_WINDOW 4u /* unacknowledged batches in flight: 4 MiB bounds both sides */
#define FRAME_BYTES_MAX (BATCH_BYTES_MAX + 64u * 1024u)
#define PAIR_FRAME_BYTES 512u
#define HEADS_MAX 512u /* both persons' logs in one batch head */

/* Quotas per partner (DESIGN: refused with a code, nothing deleted). */
#define LOGS_PER_PERSON_MAX 256u
#define DAY_BYTES_MAX (256u * 1024u * 1024u)
#define TOTAL_BYTES_MAX (1024u * 1024u * 1024u)

/* Local API. A request is one entry of the longest kind and its frame. */
#define REQUEST_BYTES_MAX (PAYLOAD_BYTES_MAX + 4096u)
#define REPLY_BYTES_MAX (32u * 1024u * 1024u)
#define CLIENTS_MAX 32u
#define CLIENT_OUT_BYTES_MAX (REPLY_BYTES_MAX + 4096u)
#define QUERY_LIMIT_MAX 1000u

/* Pairing. */
#define PAIR_CODE_S 600u            /* ten minutes */
#define PAIR_INVITE_S (24u * 3600u) /* a day, for couples far apart */
#define PAIR_BURNT_PER_HOUR 5u      /* 5 guesses an hour at 41 bits */
#define PAIR_JOIN_S 30u
#define ADDRESSES_MAX 6u
#define PAIR_ADDRESS_BYTES_MAX 64u /* as told in pairing frames */

/* Times. */
#define HOLD_S_DEFAULT 10u
#define HOLD_S_MAX (24u * 3600u)
#define OPS_OF_ENTRY_MAX 16384u /* gathered for one entry; more would be ignored */
#define ACTS_OF_ENTRY_MAX 2048u /* written about one entry: some years of "we did" */
#define NOTICES_LISTED_MAX 32u          /* listed at once, and told of in one request */
#define REMINDERS_MAX 512u       /* of each person's entries, soonest first */
#define REMINDERS_SEEN_MAX 4096u /* of the partner's looked at for these */
#define QUIET_S_MAX (7u * 24u * 3600u) /* a week without notices; longer is turning them off */
#define GIVE_S_MAX (10u * 366u * 24u * 3600u) /* a gift for a far day */
#define FADE_S (30u * 24u * 3600u)         /* a mended thread's text goes after it ... */
#define FADE_LONGER_S (365u * 24u * 3600u) /* ... or this, while both allow it */
#define EPOCH_LIFE_S 600u            /* a new key at the earliest after this */
#define EPOCH_KEEP_S (24u * 3600u)   /* a superseded key is deleted after this */
#define RESEND_FIRST_MS 1000u
#define RESEND_LAST_MS 60000u
#define ANCHOR_OPS_MAX 64u
#define ANCHOR_IDLE_MS 5000u

static_assert(HEADER_BYTES_MAX >= PURGES_MAX * (HASH_BYTES + 2u) + 512u,
              "the largest purge must fit a header");
static_assert(HEADER_BYTES_MAX + PAYLOAD_BYTES_MAX + 65536u < BATCH_BYTES_MAX,
              "the largest op must fit a batch beside its head");
static_assert(ACTS_OF_ENTRY_MAX * 4u < OPS_OF_ENTRY_MAX,
              "two persons' acts and what each notes of them are all gathered");
static_assert(FRAME_BYTES_MAX > BATCH_BYTES_MAX, "a batch must fit a frame");

#endif
