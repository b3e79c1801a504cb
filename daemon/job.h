/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Job: what takes a passphrase or the words: init, unlock, passwd, recover.
 *
 * The model: one job at a time. Argon2id runs in a child of the spawner, about a second
 * each; a job is the list of what to do with one derived key after the other. Everything
 * else of attuned goes on meanwhile.
 * Invariants: passphrases and R live in the vault's locked arena from the first moment to
 * the last; nothing on the disk changes before all keys are there.
 * To add a job: a start function, its steps.
 */
#ifndef ATTUNE_DAEMON_JOB_H
#define ATTUNE_DAEMON_JOB_H

#include "common/words.h"
#include "daemon/spawner.h"
#include "daemon/vault.h"
#include "proto/local.pb-c.h"

enum job_type { JOB_NONE, JOB_INIT, JOB_UNLOCK, JOB_PASSWD, JOB_RECOVER };

struct job;

typedef int job_step_fn(struct job *job, const uint8_t key[static KEY_BYTES]);

struct job {
    struct vault *vault;
    struct spawner *spawner;
    const struct clock *clock;
    /* The job ended; it is cleared after this returned. */
    void (*done)(void *context, const struct job *job, int error);
    void *context;
    uint32_t derive_id;

    enum job_type type;
    uint64_t client;
    uint32_t number;
    job_step_fn *step; /* takes the key that is being derived; NULL: it was the last */
    bool demo;
    bool opened; /* the journal is open now and was locked before */
    bool closes; /* the screen was locked since it began: what it opens begins closed */
    uint64_t began_ms;
    size_t name_bytes;
    uint8_t name[NAME_BYTES_MAX];
    struct slots slots;
    struct slots_pass pass;
    bool has_words;
    const char *words[WORDS_RECOVERY_COUNT]; /* JOB_INIT, constants */
};

/* Refused with an error when one runs (E_BUSY), or for what can be told at once. */
int job_start(struct job *job, enum job_type type, uint64_t client, uint32_t number,
              const Attune__Local__Secret *secret) __attribute__((warn_unused_result));
/* A SPAWNER_DERIVED. */
void job_derived(struct job *job, const struct spawner_event *event);
/* The screen was locked: whoever gave the passphrase before may have gone. */
void job_close(struct job *job);
/* Ends it with this error, for locking and ending: afterwards no process has what it was
 * given. 0, or E_IO as of spawner_cancel. */
int job_cancel(struct job *job, int error) __attribute__((warn_unused_result));

#endif
