/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The core: everything attune decides, as one function.
 *
 * Model. core_step takes one event and answers with actions. It reads no clock (time is in
 * the event), draws no randomness (a function given at birth), opens no socket and no
 * file; it reads and writes the store inside the transaction its one caller, run.c, has
 * begun. THE RULE: one event is one transaction, actions leave only after its commit.
 * Invariants. What an action needs after a crash is derived again from the store at
 * CORE_START. On an error nothing of the event stays: the caller rolls back and calls
 * core_reload if core_dirty says the store had been written to.
 * Ownership. Actions own their bytes until actions_clear. Everything in an event is
 * borrowed for the call.
 * To add a request: a row in requests.c. To add a frame: sync.c's or pair.c's table.
 */
#ifndef ATTUNE_CORE_CORE_H
#define ATTUNE_CORE_CORE_H

#include "common/arena.h"
#include "common/bytes.h"
#include "common/limits.h"
#include "common/options.h"
#include "daemon/store/store.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

struct core;

/* Fills `size` random bytes. */
typedef void core_random_fn(void *context, void *out, size_t size);

/* Minutes east of UTC at an instant, by the rules of the zone this person is in. */
typedef int core_zone_fn(void *context, int64_t t_s);

struct core_config {
    struct store *store;
    core_random_fn *random;
    void *random_context;
    core_zone_fn *zone; /* NULL: that of the event, always */
    void *zone_context;
    bool new_incarnation; /* continuity with the anchor isn't proven: start a new one */
};

/* The person's root R, only while the words are at hand. Makes the identity and the first
 * logs in an empty store, inside a transaction of the caller. */
int core_create(struct store *store, core_random_fn *random, void *random_context,
                const uint8_t root[static KEY_BYTES], struct span name, int64_t now_s,
                int zone_min) __attribute__((warn_unused_result));

int core_new(const struct core_config *config, struct core **out)
    __attribute__((warn_unused_result));
void core_free(struct core *core); /* wipes; NULL is fine */

/* ---- events ---- */

enum event_type {
    CORE_START,     /* first of all; also after unlock */
    CORE_REQUEST,   /* from a client */
    CORE_FRAME,     /* from a peer, on a path */
    CORE_PATH_UP,   /* a way to the partner opened */
    CORE_PATH_DOWN,
    CORE_TICK,      /* a time asked for by `wake_*` came, or any other time */
    CORE_CLIENT_GONE,
    CORE_LINK_FAILED, /* the link can't listen: E_LINK */
    CORE_ADDRESSES, /* this machine's addresses or the listen address changed */
    CORE_WISHES,    /* what the person's options say about notices; after each start, too */
};

struct core_wishes {
    struct option_hours quiet;
    int32_t question_min; /* of the local day; -1: no reminder of today's question */
    int32_t talk_min;     /* of the week, from Monday; -1: none of the week's talk */
};

struct event {
    enum event_type type;
    int64_t now_s;    /* wall clock, seconds since 1970 */
    uint64_t mono_ms; /* monotonic, for timeouts between machines */
    int zone_min;     /* local zone now, minutes east of UTC */
    /* CORE_REQUEST, CORE_CLIENT_GONE */
    uint64_t client;
    const Attune__Local__Request *request;
    /* CORE_FRAME, CORE_PATH_* */
    uint32_t path;
    struct span frame;
    /* CORE_ADDRESSES: "tcp://host:port" each, best first */
    const char *const *addresses;
    size_t addresses_count;
    /* CORE_WISHES */
    const struct core_wishes *wishes;
    const char *option; /* the one just set; NULL: none in particular */
};

/* ---- actions ---- */

enum action_type {
    ACTION_SEND,   /* bytes to a path */
    ACTION_REPLY,  /* bytes are a packed Reply for `client` */
    ACTION_NOTICE, /* a topic changed: "entries", "notices", "pairing" */
    ACTION_LINK,   /* the link's task changed: core_link tells it */
    ACTION_REKEY,  /* write the journal anew under a new key, then reply to `client` */
};

struct action {
    enum action_type type;
    uint32_t path;
    uint64_t client;
    const char *topic;
    struct buf bytes;
};

struct actions {
    struct action *items;
    size_t count;
    size_t capacity;
    int error; /* sticky E_MEMORY */
    uint64_t wake_mono_ms; /* 0: none */
    int64_t wake_s;        /* wall clock; 0: none */
};

void actions_init(struct actions *actions);
void actions_clear(struct actions *actions); /* wipes; keeps nothing */

int core_step(struct core *core, const struct event *event, struct actions *actions)
    __attribute__((warn_unused_result));
/* Whether this step wrote to the store, or failed: then core_reload after the roll-back. */
bool core_dirty(const struct core *core);
/* Reads everything again from the store, after a roll-back. The next step (let it come
 * soon) says what the lost one left unsaid. */
int core_reload(struct core *core) __attribute__((warn_unused_result));

/* ---- what the daemon asks the core ---- */

enum core_link_mode { CORE_LINK_OFF, CORE_LINK_CURVE, CORE_LINK_PAIR_LISTEN, CORE_LINK_PAIR_JOIN };

struct core_link {
    enum core_link_mode mode;
    uint8_t curve_secret[KEY_BYTES];
    uint8_t curve_public[KEY_BYTES];
    uint8_t partner_public[KEY_BYTES];
    const char *addresses[8]; /* to dial; borrowed until the next step */
    size_t addresses_count;
};
void core_link(const struct core *core, struct core_link *out);

/* The journal has its new key: within a transaction of the caller. */
int core_rekeyed(struct store *store) __attribute__((warn_unused_result));

/* Heads of every log, for the anchor. Returns how many there are; fills at most `max`. */
struct core_head {
    uint8_t log[ID_BYTES];
    uint64_t seq;
    uint8_t hash[HASH_BYTES];
};
size_t core_heads(const struct core *core, struct core_head *out, size_t max);
/* Ops appended or received since birth; the anchor is written every ANCHOR_OPS_MAX. */
uint64_t core_ops_written(const struct core *core);

/* Fills the parts of a status that come from the journal (all but locked, closed, link). */
int core_status(struct core *core, const struct event *now, struct arena *arena,
                Attune__Local__Status *out) __attribute__((warn_unused_result));

/* Walks every chain, folds every entry again and compares. Findings without content. */
int core_check(struct core *core, void (*finding)(void *context, int error, const char *detail),
               void *context) __attribute__((warn_unused_result));

#endif
