/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Person: somebody with real programs: four folders, attuned, two connections to it.
 *
 * The model: person_start runs attuned, person_open asks it the passphrase away; calls go over
 * one connection, a parked watch over another. Every daemon started here ends with the
 * bench, however that ends.
 * Ownership: a reply is valid until the next call of that person.
 */
#ifndef ATTUNE_TESTS_BENCH_PERSON_H
#define ATTUNE_TESTS_BENCH_PERSON_H

#include "clients/lib/async.h"
#include "clients/lib/attune.h"
#include "tests/bench/floors.h"
#include "tests/bench/proc.h"

enum { PERSON_ENVIRONMENT_MAX = 8, PERSON_TEXT_BYTES = 320 };

struct person {
    const struct bench *bench;
    const char *name;
    char environment[PERSON_ENVIRONMENT_MAX][PERSON_TEXT_BYTES];
    char *pointers[PERSON_ENVIRONMENT_MAX + 1];
    struct paths paths;
    uint16_t port;
    pid_t daemon; /* 0: none runs */
    struct attune *calls;
    struct async *watch;
    uint64_t serial; /* of the topics seen */
};

/* Makes the folders and settles where the link listens; starts nothing that stays. */
void
person_init(struct person *person, const struct bench *bench, const char *name);
void
person_start(struct person *person); /* until it listens, and connected to it */
void
person_create(struct person *person); /* the journal, as init --demo */
void
person_open(struct person *person); /* unlock */
void
person_stop(
    struct person *person); /* SIGTERM, until it has ended; fine when none runs */

/* One request that must be answered without error; *error NULL: exits on any. */
const Attune__Local__Reply *
person_call(struct person *person, Attune__Local__Request *request, int *error);

/* A create, answered: durable here. `mine`: it stays. */
void
person_write(struct person *person, struct workload_entry *entry, bool mine);
void
person_pair(struct person *ana, struct person *ben); /* Ana invites */

/* The daemon, its spawner and its link. */
struct proc_family
person_family(const struct person *person);
/* Waits until they do nothing more; returns when they last did. */
double
person_rest(const struct person *person);

/* Waits for news of topic "entries"; false after wait_ms without. */
bool
person_watch(struct person *person, int wait_ms);
void
person_unwatch(struct person *person);

/* Runs `attune WORDS...` (NULL-terminated) to its end; microseconds. */
double
person_command(struct person *person, const char *const *words);

#endif
