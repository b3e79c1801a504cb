/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Floors: what the machine itself needs for the least that our work is made of.
 *
 * The model: each function measures and adds its rows. Anything attune does is printed
 * beside these, measured in the same run on the same disk.
 * To add a floor: a row in targets.def, a function here, a call in main.c.
 */
#ifndef ATTUNE_TESTS_BENCH_FLOORS_H
#define ATTUNE_TESTS_BENCH_FLOORS_H

#include "tests/bench/measure.h"
#include "tests/bench/workload.h"

struct bench {
    const char *folder;   /* for everything that is written; ours, removed at the end */
    const char *programs; /* where attune, attuned, attune-notify ... are */
    size_t repeats;       /* of what takes a fraction of a millisecond */
    size_t spawns;        /* of what takes a process */
    size_t starts;        /* of what takes an Argon2id */
    unsigned idle_s;
    struct workload workload;
    struct report report;
};

/* Append, row, process, Unix round trip, cipher, hash. */
void
floors_run(struct bench *bench);
/* The composite pipeline, single and in bulk. */
void
pipeline_run(struct bench *bench);
/* The store alone: load, index, questions. */
void
inside_run(struct bench *bench);
/* A couple of real daemons: W1 to W6. */
void
couple_run(struct bench *bench);
/* The notifier on a desktop of its own: W7, W8. */
void
notify_run(struct bench *bench);

/* Runs a program to its end with no output; microseconds. It must exit 0. */
double
floors_spawn(const char *path, char *const *argv, char *const *environment);
double
floors_spawn_nothing(const struct bench *bench);

#endif
