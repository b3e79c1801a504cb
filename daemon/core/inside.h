/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core's inside: the structures its files share. Nobody outside daemon/core includes
 * this.
 *
 *   state.c    what is kept in the store's small values; loading; identity
 *   op.c       one op: encode, decode, check
 *   journal.c  logs: append an op of ours, take one of theirs, incarnations, forks
 *   fork.c     our log went on in two places: what becomes of it
 *   entries.h  entries: how they fold, are written, acted on and asked for
 *   policy.h   what several kinds do alike: seal.c thread.c fade.c consent.c question.c
 *   requests.c the request table
 *   epoch.c    our epoch keys and the partner's
 *   sync.c     frames to their takers, timers, paths
 *   session.c  greetings: hello, announce, challenges
 *   receive.c  a sealed batch: its ops
 *   heads.c    a sealed batch: its heads
 *   send.c     what the partner lacks, in total order, into batches
 *   pair*.c    pairing: pair.h tells the parts
 *   identity.c pairing: the identity block, and what becomes of it
 *   invite.c   the text of an invite
 *   check.c    the scrub
 */
#ifndef ATTUNE_CORE_INSIDE_H
#define ATTUNE_CORE_INSIDE_H

#include "common/schedule.h"
#include "daemon/core/core.h"
#include "daemon/crypto/cpace.h"
#include "daemon/crypto/hash.h"
#include "daemon/crypto/keys.h"
#include "proto/journal.pb-c.h"
#include "proto/peer.pb-c.h"

/* ---- identity ---- */

struct identity {
    uint8_t k_self[KEY_BYTES];
    uint8_t person[KEY_BYTES]; /* PIK, public */
    struct keys_ed25519 device; /* DSK */
    struct keys_x25519 noise;   /* DNK */
    struct keys_x25519 curve;   /* CVK */
    uint8_t certificate[SIGNATURE_BYTES];
    uint8_t incarnation[ID_BYTES];
    char name[NAME_BYTES_MAX + 1];
};

/* ---- pairing ---- */

struct pairing {
    bool active;
    bool opened;   /* a batch of theirs was opened once: the pairing is proven */
    bool verified; /* the words were compared */
    bool known;    /* the same person came with a new device */
    int64_t number;
    uint8_t couple[ID_BYTES];
    uint8_t nonce[ID_BYTES];
    uint8_t psk[KEY_BYTES];
    uint8_t words[HASH_BYTES]; /* digest of the check words */
    uint8_t person[KEY_BYTES];
    uint8_t device[KEY_BYTES];
    uint8_t dnk[KEY_BYTES];
    uint8_t cvk[KEY_BYTES];
    char name[NAME_BYTES_MAX + 1];
    size_t addresses_count;
    char addresses[ADDRESSES_MAX][PAIR_ADDRESS_BYTES_MAX + 1];
};

/* ---- epochs ---- */

enum { EPOCHS_MAX = 200 }; /* 24 h of ten minutes each, and some */

struct epoch {
    uint32_t number;
    struct keys_x25519 key;
    int64_t made_s;
    int64_t superseded_s; /* 0: the newest */
    bool used;            /* a batch to it arrived */
};

struct epochs { /* of our current `ours` log */
    size_t count;
    struct epoch items[EPOCHS_MAX]; /* oldest first */
};

/* ---- sessions: what is known of one log of the partner that talks to us ---- */

enum { SESSIONS_MAX = 8 };

struct heard { /* a head the peer stated */
    uint8_t log[ID_BYTES];
    uint64_t seq;
    uint8_t hash[HASH_BYTES];
    bool conflict; /* we hold another op at that place */
    bool frozen;   /* they take no more of it */
};

enum { CHALLENGES_MAX = 32 }; /* a hello a path and a retry or two stay answerable */

struct challenge {
    uint64_t serial; /* from 1 */
    uint8_t bytes[ID_BYTES];
};

struct flight { /* one unacknowledged batch */
    int64_t log; /* log_row.no of its last run */
    uint64_t seq;
};

struct session {
    bool used;
    uint8_t log[ID_BYTES]; /* theirs */
    uint8_t incarnation[ID_BYTES];
    uint32_t path;
    uint32_t epoch; /* 0: not known */
    uint8_t epoch_key[KEY_BYTES];
    uint8_t ss[KEY_BYTES]; /* DH(our DNK, epoch_key) */
    uint64_t last_serial; /* of the newest challenge of ours they carried */
    uint8_t their_challenge[ID_BYTES]; /* ours carry it */
    bool greeted;      /* they gave us one */
    uint64_t their_number, our_number;
    bool heads_known; /* heard since then */
    bool heads_owed;
    size_t heard_count;
    struct heard heard[HEADS_MAX];
    size_t sent_count; /* per log: up to where we have sent, beyond what they stated */
    struct { int64_t log; uint64_t seq; } sent[HEADS_MAX];
    size_t flights_count;
    struct flight flights[BATCH_WINDOW];
    uint64_t resend_ms;    /* monotonic; 0: nothing outstanding */
    uint32_t resend_wait_ms; /* doubles until they hold more than before; 0: the first */
    uint64_t held;           /* by them, in all, when they last said */
    bool evidence_sent;   /* of forks, theirs and ours */
    uint32_t announced;   /* our epoch they were told of in a batch */
    uint64_t used_at; /* for eviction */
};

struct path {
    uint32_t id;
    uint64_t hello_ms; /* monotonic, when to greet again; 0: greeted and answered */
    uint64_t greeted_ms;
    uint32_t wait_ms;
    uint8_t log[ID_BYTES]; /* whose announcement came this way last; zeros: nobody's */
};

/* ---- pairing in progress ---- */

enum pair_state {
    PAIR_NONE,
    PAIR_OFFERED, /* a code or an invite of ours is open */
    PAIR_JOINING,
};

enum { PAIR_BLOCK_BYTES = 1024, PAIR_PART_BYTES = 416, PAIR_PARTS = 3 };

struct pair {
    enum pair_state state;
    bool invite;
    struct buf secret; /* PRS: the code's words or the invite's 32 bytes */
    int64_t expires_s;
    size_t address_count; /* joining: to dial */
    char address[ADDRESSES_MAX][PAIR_ADDRESS_BYTES_MAX + 1];
    uint64_t made_ms; /* the offer, or the joining, began then; 0: before this start */
    uint64_t give_up_ms;
    uint64_t resend_ms;
    uint64_t linger_ms; /* all is said; the pairing socket closes then */
    bool burnt;
    bool unreachable; /* the link can't listen */
    /* the session */
    bool session;
    unsigned step; /* the last one we sent */
    uint32_t path; /* 0: every one that is up */
    uint8_t sid[ID_BYTES];
    struct cpace cpace;
    uint8_t our_ad[HASH_BYTES];
    uint8_t their_share[CPACE_SHARE_BYTES];
    uint8_t their_ad[HASH_BYTES];
    uint8_t our_block[PAIR_BLOCK_BYTES]; /* identity, padded; ends in 32 random bytes */
    uint8_t their_block[PAIR_BLOCK_BYTES];
    uint8_t isk[CPACE_ISK_BYTES];
    uint8_t psk[KEY_BYTES];
    bool confirmed;
    unsigned parts; /* bit mask of their block's parts received */
    uint8_t their_sealed[PAIR_PARTS * PAIR_PART_BYTES];
    bool block_open;
    bool finished;
    struct pairing result;
    uint8_t couple_nonce[ID_BYTES]; /* issuer: the one we told */
    bool result_known; /* they brought the nonce of an earlier pairing of ours */
    uint8_t fresh_nonce[ID_BYTES];
    uint8_t epoch_seed[KEY_BYTES]; /* first epoch of the log to come */
};

enum { PARKED_MAX = 16 };

struct parked {
    uint64_t client;
    uint32_t number;
    bool join; /* else: waits for our own offer */
};

/* ---- the core ---- */

struct core {
    struct store *store;
    core_random_fn *random;
    void *random_context;
    struct arena *arena;  /* of one step */
    struct arena *scratch; /* of one op; reset freely by who uses it */
    bool dirty;
    bool started;
    bool starting; /* the last step was the start, and may yet be taken back */
    bool new_incarnation;
    int64_t now_s;
    uint64_t mono_ms;
    int zone_min;
    core_zone_fn *zone_at; /* NULL: zone_min */
    void *zone_context;
    struct schedule_zone zone; /* either of them */
    struct actions *actions;

    struct identity identity;
    struct pairing pairing;
    struct epochs epochs;

    struct log_row *logs;
    size_t logs_count;
    size_t logs_capacity;
    int64_t mine_no, ours_no, keys_no; /* the current ones; 0: none */

    uint64_t ops_written;
    uint64_t day_bytes;
    int64_t day_bytes_day;
    int64_t exchange_day, shown_day, shown_exchange, shown_waiting; /* 0: none */
    bool copy_alert;
    int64_t next_wake_s; /* of an entry; 0: none */
    bool seals_due;      /* rounds may be ready to open */
    bool pause_known, paused; /* in this step: does a pause last */
    bool fades_due;      /* a consent changed: when mended threads fade */
    bool told;           /* something of the partner's can be seen since this was cleared */

    struct core_wishes wishes;
    bool due_changed;     /* what falls due next has to be looked up anew */
    int64_t due_wake_s;   /* then it does; 0: nothing does */
    int64_t due_seen_s;   /* of the step before: a clock set back changes what is next */
    int due_zone_min;

    struct session sessions[SESSIONS_MAX];
    struct challenge challenges[CHALLENGES_MAX]; /* we gave; the newest at serial % MAX */
    uint64_t challenge_serial;
    uint64_t acknowledged;       /* of our current log */
    struct path paths[64];
    size_t paths_count;
    uint64_t steps; /* counts frames, for eviction of sessions */

    struct pair pair;
    bool pair_lost;   /* an event that failed took what was in progress with it ... */
    bool pair_joined; /* ... but the pairing we joined stands */
    struct parked parked[PARKED_MAX];
    size_t parked_count;

    uint8_t accepted[ID_BYTES]; /* a log that fell behind and was accepted as it is */
    size_t own_addresses_count;
    char own_addresses[ADDRESSES_MAX][PAIR_ADDRESS_BYTES_MAX + 1];
};

/* ---- op.c ---- */

/* A header as C sees it; spans are borrowed from where it was decoded. */
struct op {
    uint64_t lamport;
    uint64_t time;
    int32_t zone;
    int type; /* Attune__Journal__OpType, or a number not known */
    bool theirs;
    bool mine; /* reach */
    bool parent_theirs;
    bool has_entry;
    bool has_parent;
    uint8_t entry[ID_BYTES];
    uint8_t parent[ID_BYTES];
    char kind[KIND_NAME_BYTES_MAX + 1];
    char act[KIND_NAME_BYTES_MAX + 1];
    size_t purges_count;
    const uint8_t (*purges)[HASH_BYTES];
    bool has_payload;
    uint8_t payload_hash[HASH_BYTES];
    uint64_t request; /* 0: none */
    int64_t until_s;
    uint8_t incarnation[ID_BYTES];
    uint8_t device[KEY_BYTES];
    bool has_previous;
    uint8_t previous_log[ID_BYTES];
    uint64_t previous_seq;
    uint8_t previous_head[HASH_BYTES];
    bool has_seal;
    uint8_t seal[HASH_BYTES]; /* ENTRY: commits to an answer that stays home */
    bool has_accepts;
    uint8_t accepts[HASH_BYTES]; /* ACT reveal: the partner's seal it was sent for */
};

/* Appends the header's bytes. */
int op_encode(const struct op *op, struct buf *out) __attribute__((warn_unused_result));
/* E_OP_SHAPE; purges live in `arena`. Unknown fields and types are fine. */
int op_decode(struct span header, struct arena *arena, struct op *out)
    __attribute__((warn_unused_result));
/* Only the lamport, from the first field of the bytes; 0 when it isn't there. */
uint64_t op_lamport(struct span header);

int payload_encode(const Attune__Local__Field *const *fields, size_t count,
                   const uint8_t salt[static SALT_BYTES], struct buf *out)
    __attribute__((warn_unused_result));
/* Checks every text for UTF-8, not for its length: a draft may be too long, and what comes
 * from a peer is measured by check_op. The message lives in `arena`. E_OP_SHAPE, E_MEMORY. */
int payload_decode(struct span payload, struct arena *arena,
                   Attune__Journal__Payload **out) __attribute__((warn_unused_result));
/* A number field, or `fallback`. */
int64_t payload_number(const Attune__Journal__Payload *payload, const char *name,
                       int64_t fallback);

/* ---- state.c ---- */

int state_load(struct core *core) __attribute__((warn_unused_result));
int state_save_identity(struct core *core) __attribute__((warn_unused_result));
int state_save_pairing(struct core *core) __attribute__((warn_unused_result));
int state_save_epochs(struct core *core) __attribute__((warn_unused_result));
int state_save_days(struct core *core) __attribute__((warn_unused_result));
/* Writes a small value; marks the step dirty. */
int state_set(struct core *core, const char *name, struct span value)
    __attribute__((warn_unused_result));
void core_fill(struct core *core, void *out, size_t size); /* random */
int64_t core_local_day(const struct core *core, int64_t t_s);
/* Rolls what is computed once per local day. */
int state_day(struct core *core) __attribute__((warn_unused_result));

/* ---- journal.c ---- */

struct log_row *journal_log(struct core *core, int64_t no); /* NULL when unknown */
struct log_row *journal_log_find(struct core *core, const uint8_t id[static ID_BYTES]);
/* Is the log part of the pairing we have? */
bool journal_shared(const struct core *core, const struct log_row *log);
/* Was the entry shared with somebody we are no longer paired with? */
bool journal_past(struct core *core, const struct entry_row *row);
int journal_set_state(struct core *core, struct log_row *log, enum log_state state)
    __attribute__((warn_unused_result));
uint64_t journal_shared_count(const struct core *core);
/* Registers a log; the pointer is valid until the next one. */
int journal_add_log(struct core *core, const struct log_row *row, struct log_row **out)
    __attribute__((warn_unused_result));
/*
 * Appends an op of ours; sets lamport, time and hash, then folds its entry. `payload` may
 * be empty. The log must be one we write.
 */
int journal_append(struct core *core, int64_t log_no, struct op *op, struct span payload)
    __attribute__((warn_unused_result));
/* Takes one op that came from the partner, at log.seq + 1. */
int journal_take(struct core *core, struct log_row *log, const Attune__Journal__Op *message)
    __attribute__((warn_unused_result));
/* Opens new logs for a new incarnation (and `ours` for a pairing that has none yet). */
int journal_incarnate(struct core *core) __attribute__((warn_unused_result));
int journal_open_ours(struct core *core) __attribute__((warn_unused_result));
/* Hash at a position of a log: the head from memory, others from the store; zeros at 0. */
int journal_hash(struct core *core, const struct log_row *log, uint64_t seq,
                 uint8_t hash[static HASH_BYTES]) __attribute__((warn_unused_result));
/* Up to where the partner has acknowledged our current log. */
int journal_acknowledged(struct core *core, uint64_t *seq)
    __attribute__((warn_unused_result));
int journal_set_acknowledged(struct core *core, uint64_t seq)
    __attribute__((warn_unused_result));
/* Writes a note into the keys log. */
int journal_note(struct core *core, const char *what, struct span payload)
    __attribute__((warn_unused_result));

/* ---- fork.c ---- */

/*
 * A fork of our current log is proved: the partner holds (seq, hash) of ours and we don't.
 * What it has not acknowledged goes on in a new incarnation that names its branch, which
 * then comes back to us.
 */
int fork_reissue(struct core *core, uint64_t seq, const uint8_t hash[static HASH_BYTES])
    __attribute__((warn_unused_result));

/* ---- requests.c ---- */

int requests_run(struct core *core, const struct event *event)
    __attribute__((warn_unused_result));
/* What the person did wrong, in contrast to what the disk or we did. 0 is none. */
bool requests_refusal(int error);
/* Adds a row; there is room in reply->options. */
int reply_option(struct core *core, Attune__Local__Reply *reply, const char *name,
                 struct span value) __attribute__((warn_unused_result));
void reply_send(struct core *core, uint64_t client, uint32_t number,
                const Attune__Local__Reply *reply);
void reply_error(struct core *core, uint64_t client, uint32_t number, int error);

/* ---- actions ---- */

struct action *action_add(struct core *core, enum action_type type);
void action_notice(struct core *core, const char *topic);
void wake_mono(struct core *core, uint64_t at_ms);
void wake_wall(struct core *core, int64_t at_s);

/* ---- epoch.c ---- */

const struct epoch *epoch_newest(const struct core *core);
struct epoch *epoch_find(struct core *core, uint32_t number);
int epoch_make(struct core *core, const uint8_t *seed) __attribute__((warn_unused_result));
int epoch_keep(struct core *core) __attribute__((warn_unused_result)); /* renew, expire */
void epoch_sign(const struct core *core, const uint8_t couple[static ID_BYTES],
                const uint8_t log[static ID_BYTES], const struct epoch *epoch,
                struct span challenge, uint8_t signature[static SIGNATURE_BYTES]);
int epoch_verify(const uint8_t device[static KEY_BYTES], const uint8_t couple[static ID_BYTES],
                 const uint8_t log[static ID_BYTES], uint32_t number,
                 const uint8_t key[static KEY_BYTES], struct span challenge,
                 const uint8_t signature[static SIGNATURE_BYTES])
    __attribute__((warn_unused_result));

/* ---- sync.c, send.c ---- */

int sync_frame(struct core *core, uint32_t path, struct span frame)
    __attribute__((warn_unused_result));
int sync_path_up(struct core *core, uint32_t path) __attribute__((warn_unused_result));
void sync_path_down(struct core *core, uint32_t path);
/* The log at the other end of a path made itself known. */
void sync_path_log(struct core *core, uint32_t path, const uint8_t log[static ID_BYTES]);
/* What came on a path was not for us as we are now: greet anew, but not in a frenzy. */
void sync_greet_again(struct core *core, uint32_t path);
int sync_tick(struct core *core) __attribute__((warn_unused_result));
/* Sends what can be sent to every session; called once at the end of each step. */
int sync_flush(struct core *core) __attribute__((warn_unused_result));
void sync_forget(struct core *core); /* drops all sessions */
int sync_accept(struct core *core) __attribute__((warn_unused_result)); /* verify --accept */
bool sync_in_touch(const struct core *core); /* greeted, on a way that is up */
bool sync_behind(const struct core *core); /* a log of theirs waits for our yes */

/* ---- session.c: greetings ---- */

enum frame_type { FRAME_BATCH = 1, FRAME_PAIR = 2, FRAME_HELLO = 3, FRAME_ANNOUNCE = 4 };
enum { FRAME_VERSION = 1 };

/* The session of a log of the partner, made when new; the oldest gives way. */
struct session *session_of(struct core *core, const uint8_t log[static ID_BYTES]);
const struct heard *session_heard(const struct session *session,
                                  const uint8_t log[static ID_BYTES]);
/* Greets on a path; `session` (may be NULL) is to start over. */
void session_hello(struct core *core, struct session *session, uint32_t path);
int session_take_hello(struct core *core, uint32_t path, struct span body)
    __attribute__((warn_unused_result));
int session_take_announce(struct core *core, uint32_t path, struct span body)
    __attribute__((warn_unused_result));
/* Did the peer seal this after our newest challenge, and after all we have heard? */
bool session_fresh(const struct core *core, struct session *session,
                   const Attune__Peer__BatchHead *head);
/* Is it the log of the partner's device and this incarnation? */
bool session_log_fits(const struct core *core, const uint8_t log[static ID_BYTES],
                      struct span incarnation);
void session_set_epoch(struct core *core, struct session *session, uint32_t number,
                       const uint8_t key[static KEY_BYTES]);

/* ---- send.c ---- */

int send_batches(struct core *core, struct session *session)
    __attribute__((warn_unused_result));

/* ---- receive.c ---- */

/* Opens a sealed batch and takes what is in it. Refusals are 0: nothing is said to a liar. */
int receive_batch(struct core *core, uint32_t path, struct span frame)
    __attribute__((warn_unused_result));

/* ---- identity.c: the block both sides commit to before they show it ---- */

/* Fills pair.our_block, our_ad, epoch_seed. */
int identity_block(struct core *core) __attribute__((warn_unused_result));
/* Checks pair.their_block and fills pair.result but for couple, nonce, psk and words. */
int identity_read(struct core *core) __attribute__((warn_unused_result));
/* The pairing is agreed: pair.result becomes ours. `nonce` makes the couple id. */
int identity_adopt(struct core *core, const uint8_t nonce[static ID_BYTES])
    __attribute__((warn_unused_result));
/* What we know of this person from an earlier pairing; E_NO_ENTRY. */
int identity_known(struct core *core, const uint8_t person[static KEY_BYTES],
                   uint8_t nonce[static ID_BYTES], uint8_t device[static KEY_BYTES])
    __attribute__((warn_unused_result));
/* With whom a pairing is or was, by the number its logs bear; E_NO_ENTRY. */
int identity_partner(struct core *core, int64_t number, uint8_t person[static KEY_BYTES])
    __attribute__((warn_unused_result));

/* ---- invite.c ---- */

int invite_encode(struct core *core, struct span secret, int64_t expires_s,
                  struct buf *text) __attribute__((warn_unused_result));
int invite_decode(struct span text, struct pair *pair) __attribute__((warn_unused_result));

/* ---- pair.c ---- */

int pair_request(struct core *core, const struct event *event, const char *name)
    __attribute__((warn_unused_result));
int pair_frame(struct core *core, uint32_t path, struct span frame)
    __attribute__((warn_unused_result));
int pair_path_up(struct core *core, uint32_t path) __attribute__((warn_unused_result));
int pair_tick(struct core *core) __attribute__((warn_unused_result));
int pair_restore(struct core *core) __attribute__((warn_unused_result)); /* at start */
/* After a roll-back: back to the offer in the store; a joining ends. */
int pair_reload(struct core *core) __attribute__((warn_unused_result));
void pair_resume(struct core *core); /* tells those who wait what became of that */
void pair_close(struct core *core); /* wipes what is in progress */
/* Whoever waits on our own offer is told that nobody can reach it. */
void pair_link_failed(struct core *core);
void parked_drop(struct core *core, uint64_t client);

/* ---- check.c: core_check ---- */

#endif
