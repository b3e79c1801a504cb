/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A whole couple in one process, with a virtual clock.
 *
 * Model. Two people, each with up to two copies of a home. A home is what lasts (a store)
 * and what doesn't (a core, its paths). Everything that happens is an event in one queue
 * ordered by time; every choice is drawn from one generator, so a seed is a whole life and
 * the hash of its trace tells whether it was lived the same way twice.
 * Invariants. The real core, the real crypto, the real run.c. Nothing here sleeps, reads a
 * clock or draws randomness of its own.
 * To add a fault: an event in world.c, its odds in chance.c. To add a rule that must
 * always hold: judge.c.
 */
#ifndef ATTUNE_TESTS_SIM_WORLD_H
#define ATTUNE_TESTS_SIM_WORLD_H

#include "daemon/core/core.h"
#include "daemon/run.h"

#include <stdbool.h>
#include <stdint.h>

enum { HOMES = 4, WIRES = 4, WORLD_WORDS_MAX = 8192 };
enum { ANA = 0, BEN = 2 }; /* the homes they begin with; one more is a copy of it */

enum crash {
    CRASH_NONE,
    CRASH_BEFORE_COMMIT,
    CRASH_AFTER_COMMIT,
    CRASH_AMONG_ACTIONS,
    CRASH_FULL_DISK, /* no crash: the commit fails and the event must leave nothing */
};

/* The answer to a request, as the client would see it. */
struct answer {
    uint64_t client;
    bool came;
    char error[32]; /* "" when it was done */
    char state[16];
    uint8_t id[ID_BYTES];
    char text[512];
    bool mine;
    bool has_round; /* of today's question, not answered yet */
    uint8_t round[ID_BYTES];
};

/* What the desktop of a home has told its person, the newest; lost with the disk. */
enum { DESK_TOLD_MAX = 64, DESK_UNTOLD_MAX = 32 };

struct desk {
    uint8_t told[DESK_TOLD_MAX][ID_BYTES];
    size_t told_count;
    uint8_t untold[DESK_UNTOLD_MAX][ID_BYTES]; /* as the last answer had them */
    size_t untold_count;
};

struct home {
    struct world *world;
    int index;
    bool exists;
    struct store *store;
    struct core *core; /* NULL: not running */
    struct run run;
    int64_t wall_offset_s;
    uint64_t wake_token; /* of the tick that counts */
    uint64_t wake_mono_ms;
    int64_t wake_wall_s;
    bool new_incarnation; /* at the next start */
    struct core_link link;
    struct answer answer; /* to the request being made */
    struct answer join;   /* to the one that waits */
    enum crash crash;     /* with the next event */
    unsigned crash_actions; /* how many leave before it */
    unsigned actions;     /* of this event so far */
    bool crashing;
    struct desk desk;
    int changes; /* rows changed before this event */
    char folder[64]; /* on file: where; "" in memory */
    int folder_age;
    uint64_t retries;
};

/* Between a home of ana and one of ben. */
struct wire {
    int ana, ben;
    bool up;
    bool cut; /* a partition */
    uint32_t path; /* the same number on both sides */
};

/* What somebody wrote and was told is saved. */
struct word {
    int home; /* where it was written */
    uint8_t id[ID_BYTES];
    char text[48]; /* occurs in it, and in nothing else */
    bool retracted; /* asked to, so its text may go */
    bool undone;
    uint8_t holders; /* homes that have held it since, as bits */
};

struct backup {
    bool used;
    struct store *store;
    char folder[64];
    int home;
};

enum { BACKUPS = 4 };

struct faults {
    unsigned loss;      /* of 1,000 frames */
    unsigned twice;     /* of 1,000 frames */
    unsigned delay_ms;  /* at most */
};

struct world {
    uint64_t seed;
    bool on_file;
    bool tell; /* print the trace */
    uint64_t dice;      /* state of the generator of choices */
    uint64_t core_dice; /* of what the cores draw */
    uint64_t now_ms;
    uint64_t hash; /* of the trace */
    struct happening *queue;
    size_t queue_count, queue_capacity;
    uint64_t queue_serial;
    struct home homes[HOMES];
    struct wire wires[WIRES];
    struct backup backups[BACKUPS];
    uint32_t paths;
    uint64_t clients;
    struct faults faults;
    struct word *words;
    size_t words_count;
    uint64_t written; /* numbers the texts */
    uint64_t frames, frame_bytes;
    uint64_t events;
    struct buf story; /* what people see, for stories.c */
    struct buf sizes; /* clear part and size of every frame, when `watch` */
    bool watch;
    bool snapshot; /* a machine's snapshot ran: forks may happen */
    bool left;     /* somebody left: ends of a pairing may differ */
    bool hostile;  /* ben lies */
    unsigned restores, copies, crashes;
    char failure[4096]; /* "" while all is well */
};

enum { WORLD_EPOCH_S = 1800000000 }; /* where the clocks begin: 2027-01-15 08:00 UTC */

/* ---- desk.c ---- */

void desk_look(struct home *home);
void desk_hear(struct home *home, const Attune__Local__Reply *reply);

/* ---- world.c ---- */

int world_init(struct world *world, uint64_t seed, bool on_file)
    __attribute__((warn_unused_result));
void world_done(struct world *world);
void world_fail(struct world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* A line of the trace; `seen`: people see it too (stories compare it). */
void world_trace(struct world *world, bool seen, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint64_t world_draw(struct world *world, uint64_t below);
bool world_odds(struct world *world, unsigned of_thousand);
const char *home_name(const struct home *home); /* "ana", "ana'" */
int64_t home_wall_s(const struct home *home);
/* One event for a home that runs; what is due later is queued. */
int home_event(struct home *home, struct event *event);
/* Asks as a client; home->answer says what came of it. */
void home_ask(struct home *home, Attune__Local__Request *request);
/* The next event; false when the queue is empty or its first lies after `until_ms`. */
bool world_step(struct world *world, uint64_t until_ms);
void world_run(struct world *world, uint64_t for_ms);
void home_wake(struct home *home); /* queues the tick its core asked for */

/* ---- homes.c: what happens to homes ---- */

int home_create(struct home *home, const char *name) __attribute__((warn_unused_result));
void home_start(struct home *home);
void home_stop(struct home *home);  /* the core goes, as by a crash */
void home_crash(struct home *home); /* and comes back after a while */
void backup_drop(struct backup *backup);
void home_backup(struct home *home, size_t slot);
/* The home becomes what it was then. `noticed`: the anchor sees it. */
void home_restore(struct home *home, size_t slot, bool noticed);
/* A second machine goes on from the same disk. */
void home_copy(struct home *home, bool noticed);
void home_remove(struct home *home);

/* ---- wire.c: the network ---- */

void wire_frame(struct home *home, uint32_t path, struct span frame);
void wire_link(struct home *home);  /* its link's task may have changed */
void wire_down(struct home *home);  /* all of a home's */
void wire_dial(struct world *world, size_t wire);
void wire_cut(struct world *world, size_t wire, bool cut);
void wire_arrive(struct world *world, size_t wire, int to, uint32_t path,
                 struct span frame);

/* ---- queue.c ---- */

enum happening_type {
    HAPPEN_FRAME,
    HAPPEN_TICK,
    HAPPEN_START,
    HAPPEN_DIAL,
    HAPPEN_PATH_UP,
    HAPPEN_PATH_DOWN,
};

struct happening {
    uint64_t at_ms;
    uint64_t serial; /* of equal times the earlier queued comes first */
    enum happening_type type;
    int home;
    size_t wire;
    uint32_t path;
    uint64_t token;
    struct buf frame;
};

void world_queue(struct world *world, uint64_t after_ms, struct happening happening);
struct happening world_first(struct world *world); /* takes it out; there is one */

/* ---- people.c: what people do ---- */

struct writing {
    const char *kind;
    const char *text; /* NULL: made up */
    bool mine, by_default, draft, topic;
    uint32_t hold_s;
    int64_t due; /* promise */
    const struct entry_row *parent;
    size_t pad; /* makes the text this long */
};
/* Writes, and keeps what was acknowledged in world->words. */
void people_write(struct home *home, const struct writing *writing);
void people_act(struct home *home, const struct entry_row *row, const char *act,
                int64_t due, uint32_t hold_s);
/* ana offers, ben joins; both are asked again until it is done or given up. */
void people_pair(struct home *offers, struct home *joins, bool invite);
void people_ask(struct home *home, const char *name); /* a request without a body */
void people_accept(struct home *home);                /* verify --accept */
bool people_behind(struct home *home); /* something waits for verify --accept */
/* A request with a name and a value: allow, limits, skip. */
void people_set(struct home *home, const char *name, const char *what, const char *value);
void people_look(struct home *home, const struct entry_row *row); /* any question */
struct rows {
    struct entry_row items[512];
    size_t count;
};
void people_rows(struct home *home, struct rows *rows);
int people_take_row(void *context, const struct entry_row *row); /* context: struct rows */

/* ---- habits.c ---- */

void people_chance(struct home *home); /* anything a person might do */

/* ---- chance.c: a seed's life ---- */

void chance_live(struct world *world, unsigned steps);
/* Heals everything, waits until nothing moves. */
void chance_settle(struct world *world);

/* ---- judge.c ---- */

void judge_holders(struct world *world, int home); /* who has which word now */
void judge_world(struct world *world);             /* all that must hold after settling */
void judge_again(struct world *world);             /* crash, start: nothing may change */

/* ---- hostile.c ---- */

void hostile_speak(struct home *liar, struct home *victim);

#endif
