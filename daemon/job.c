/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/job.h"

#include "common/error.h"
#include "common/text.h"
#include "daemon/crypto/hash.h"
#include "daemon/home.h"
#include "daemon/random.h"

#include <string.h>

static struct span
span_bytes(ProtobufCBinaryData bytes)
{
    return span_of(bytes.data, bytes.len);
}

/* ---- derivations ---- */

static int
derive(struct job *job, struct span passphrase, const struct slots_pass *pass,
       job_step_fn *next)
{
    job->step = next;
    return spawner_derive(job->spawner, ++job->derive_id, passphrase, pass->salt, pass->ops,
                          pass->mem_kib);
}

static struct span
passphrase_of(const struct job *job)
{
    return span_of(job->vault->secrets->job.passphrase,
                   job->vault->secrets->job.passphrase_bytes);
}

static struct span
new_passphrase_of(const struct job *job)
{
    return span_of(job->vault->secrets->job.new_passphrase,
                   job->vault->secrets->job.new_passphrase_bytes);
}

static int
keep(struct span text, uint8_t *out, size_t *out_bytes)
{
    if (text.size > PASSPHRASE_BYTES_MAX) {
        return E_LIMIT;
    }
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    *out_bytes = text.size;
    return 0;
}

/* Measures one derivation, so that the real one costs about a second here. */
static int
measure(struct job *job, job_step_fn *next)
{
    job->pass = (struct slots_pass){.ops = SLOTS_OPS_MIN, .mem_kib = SLOTS_MEM_KIB_USUAL};
    job->began_ms = clock_mono_ms(job->clock);
    return derive(job, span_text("calibrate"), &job->pass, next);
}

/* A derivation under a fresh salt, of the new passphrase (init: the only one). */
static int
derive_new(struct job *job, job_step_fn *next)
{
    random_fill(NULL, job->pass.salt, sizeof job->pass.salt);
    return derive(job, new_passphrase_of(job), &job->pass, next);
}

/* ---- a new journal: init, and recover without one ---- */

static int
create_made(struct job *job, const uint8_t key[static KEY_BYTES])
{
    struct clock_time now;
    clock_now(job->clock, &now);
    int rc = vault_create(job->vault, job->vault->secrets->job.root,
                          span_of(job->name, job->name_bytes), key, &job->pass, job->demo,
                          &now);
    job->step = NULL;
    job->opened = rc == 0;
    return rc;
}

static int
create_measured(struct job *job, const uint8_t key[static KEY_BYTES])
{
    (void)key;
    job->pass.ops = slots_passes(clock_mono_ms(job->clock) - job->began_ms);
    return derive_new(job, create_made);
}

static int
create(struct job *job, const Attune__Local__Secret *secret)
{
    struct span name = span_bytes(secret->name);
    if (name.size == 0 || new_passphrase_of(job).size == 0) {
        return E_EMPTY;
    }
    if (name.size > NAME_BYTES_MAX) {
        return E_LIMIT;
    }
    if (text_check(name) != 0 || memchr(name.data, 0, name.size) != NULL) {
        return E_UTF8;
    }
    memcpy(job->name, name.data, name.size);
    job->name_bytes = name.size;
    job->demo = secret->demo;
    if (job->demo) { /* for demonstrations and tests, which nobody attacks */
        job->pass =
            (struct slots_pass){.ops = SLOTS_OPS_MIN, .mem_kib = SLOTS_MEM_KIB_MIN};
        return derive_new(job, create_made);
    }
    return measure(job, create_measured);
}

static void
checksum_of(const uint8_t root[static KEY_BYTES], uint8_t *out)
{
    uint8_t digest[HASH_BYTES];
    struct span span = span_of(root, KEY_BYTES);
    hash_spans(digest, "attune.words", &span, 1);
    *out = digest[0];
}

static int
start_init(struct job *job, const Attune__Local__Secret *secret)
{
    struct vault_secrets *secrets = job->vault->secrets;
    uint8_t checksum = 0;
    if (job->vault->state != HOME_NONE) {
        return E_EXISTS;
    }
    int rc = keep(span_bytes(secret->passphrase), secrets->job.new_passphrase,
                  &secrets->job.new_passphrase_bytes);
    if (rc != 0) {
        return rc;
    }
    random_fill(NULL, secrets->job.root, KEY_BYTES);
    checksum_of(secrets->job.root, &checksum);
    words_recovery_encode(secrets->job.root, checksum, job->words);
    job->has_words = true;
    return create(job, secret);
}

/* ---- unlock ---- */

static int
unlock_derived(struct job *job, const uint8_t key[static KEY_BYTES])
{
    struct vault *vault = job->vault;
    job->step = NULL;
    if (vault->state != HOME_LOCKED) {
        return vault_reopen(vault, key);
    }
    int rc = vault_open(vault, &job->slots, key, &job->pass);
    job->opened = rc == 0;
    return rc;
}

static int
start_unlock(struct job *job, const Attune__Local__Secret *secret)
{
    struct vault_secrets *secrets = job->vault->secrets;
    int rc = keep(span_bytes(secret->passphrase), secrets->job.passphrase,
                  &secrets->job.passphrase_bytes);
    if (rc == E_LIMIT) {
        rc = E_PASSPHRASE; /* none of that length was ever set */
    }
    if (rc == 0 && job->vault->state == HOME_LOCKED) {
        rc = home_read_keys(job->vault->paths, &job->slots);
        job->pass = job->slots.vaults[0].pass; /* all vaults share it: rekey.c */
    } else {
        job->pass = job->vault->pass;
    }
    return rc != 0 ? rc : derive(job, passphrase_of(job), &job->pass, unlock_derived);
}

/* ---- passwd ---- */

/* Wraps every vault anew; the old way in is `open`, which gives the vault's MK. */
static int
rewrap(struct job *job, const uint8_t new_key[static KEY_BYTES],
       int (*open)(const struct job *job, const struct slots_vault *slot, uint8_t *mk))
{
    struct vault *vault = job->vault;
    uint8_t mk[KEY_BYTES];
    uint8_t nonce[SLOTS_NONCE_BYTES];
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < job->slots.count; i++) {
        random_fill(NULL, nonce, sizeof nonce);
        rc = open(job, &job->slots.vaults[i], mk);
        rc = rc != 0 ? rc
                     : slots_set_pass_key(&job->slots.vaults[i], mk, new_key, &job->pass,
                                          nonce);
    }
    bytes_wipe(mk, sizeof mk);
    rc = rc != 0 ? rc : home_write_keys(vault->paths, &job->slots);
    if (rc == 0 && (vault->state == HOME_OPEN || vault->state == HOME_CLOSED)) {
        vault->slots = job->slots;
        vault->pass = job->pass;
        memcpy(vault->secrets->pass_key, new_key, KEY_BYTES);
    }
    return rc;
}

static int
open_by_key(const struct job *job, const struct slots_vault *slot, uint8_t *mk)
{
    return slots_open_pass_key(slot, job->vault->secrets->job.old_key, mk);
}

static int
passwd_new(struct job *job, const uint8_t key[static KEY_BYTES])
{
    job->step = NULL;
    return rewrap(job, key, open_by_key);
}

static int
passwd_old(struct job *job, const uint8_t key[static KEY_BYTES])
{
    uint8_t mk[KEY_BYTES];
    int rc = slots_open_pass_key(&job->slots.vaults[0], key, mk);
    bytes_wipe(mk, sizeof mk);
    memcpy(job->vault->secrets->job.old_key, key, KEY_BYTES);
    return rc != 0 ? rc : derive_new(job, passwd_new);
}

static int
start_passwd(struct job *job, const Attune__Local__Secret *secret)
{
    struct vault_secrets *secrets = job->vault->secrets;
    int rc = home_read_keys(job->vault->paths, &job->slots);
    rc = rc != 0 ? rc
                 : keep(span_bytes(secret->new_passphrase), secrets->job.new_passphrase,
                        &secrets->job.new_passphrase_bytes);
    if (rc == 0 && secret->new_passphrase.len == 0) {
        rc = E_EMPTY;
    }
    if (rc == 0 && keep(span_bytes(secret->passphrase), secrets->job.passphrase,
                        &secrets->job.passphrase_bytes) != 0) {
        rc = E_PASSPHRASE;
    }
    job->pass = job->slots.vaults[0].pass;
    return rc != 0 ? rc : derive(job, passphrase_of(job), &job->pass, passwd_old);
}

/* ---- recover ---- */

static int
open_by_words(const struct job *job, const struct slots_vault *slot, uint8_t *mk)
{
    return slots_open_recovery(slot, job->vault->secrets->job.root, mk);
}

static int
recover_new(struct job *job, const uint8_t key[static KEY_BYTES])
{
    struct vault *vault = job->vault;
    job->step = NULL;
    int rc = rewrap(job, key, open_by_words);
    if (rc == 0 && vault->state == HOME_LOCKED) {
        rc = vault_open(vault, &job->slots, key, &job->pass);
        job->opened = rc == 0;
    } else if (rc == 0) {
        vault->state = HOME_OPEN;
    }
    return rc;
}

static int
start_recover(struct job *job, const Attune__Local__Secret *secret)
{
    struct vault *vault = job->vault;
    uint8_t mk[KEY_BYTES];
    uint8_t given = 0;
    uint8_t expected = 0;
    size_t bad = 0;
    int rc = words_recovery_decode(span_bytes(secret->words), vault->secrets->job.root,
                                   &given, &bad);
    checksum_of(vault->secrets->job.root, &expected);
    if (rc == 0 && given != expected) {
        rc = E_WORDS;
    }
    rc = rc != 0 ? rc
                 : keep(span_bytes(secret->new_passphrase),
                        vault->secrets->job.new_passphrase,
                        &vault->secrets->job.new_passphrase_bytes);
    if (rc == 0 && secret->new_passphrase.len == 0) {
        rc = E_EMPTY;
    }
    if (rc != 0 || vault->state == HOME_NONE) {
        return rc != 0 ? rc : create(job, secret);
    }
    rc = home_read_keys(vault->paths, &job->slots);
    rc = rc != 0 ? rc : slots_open_recovery(&job->slots.vaults[0], vault->secrets->job.root, mk);
    bytes_wipe(mk, sizeof mk);
    job->pass = job->slots.vaults[0].pass;
    return rc != 0 ? rc : derive_new(job, recover_new);
}

/* ---- the life of a job ---- */

static int (*const starts[])(struct job *job, const Attune__Local__Secret *secret) = {
    [JOB_INIT] = start_init,
    [JOB_UNLOCK] = start_unlock,
    [JOB_PASSWD] = start_passwd,
    [JOB_RECOVER] = start_recover,
};

static void
clear(struct job *job)
{
    bytes_wipe(&job->vault->secrets->job, sizeof job->vault->secrets->job);
    *job = (struct job){
        .vault = job->vault,
        .spawner = job->spawner,
        .clock = job->clock,
        .done = job->done,
        .context = job->context,
        .derive_id = job->derive_id,
    };
}

static void
finish(struct job *job, int error)
{
    bytes_wipe(&job->vault->secrets->job, sizeof job->vault->secrets->job);
    job->step = NULL;
    job->done(job->context, job, error);
    clear(job);
}

int
job_start(struct job *job, enum job_type type, uint64_t client, uint32_t number,
          const Attune__Local__Secret *secret)
{
    if (job->type != JOB_NONE) {
        return E_BUSY;
    }
    vault_look(job->vault);
    job->type = type;
    job->client = client;
    job->number = number;
    int rc = starts[type](job, secret);
    if (rc != 0) {
        clear(job);
    }
    return rc;
}

void
job_derived(struct job *job, const struct spawner_event *event)
{
    if (job->step == NULL || event->id != job->derive_id) {
        return; /* of one that was cancelled */
    }
    job_step_fn *step = job->step;
    int rc = event->error != 0 ? event->error : step(job, event->key);
    if (rc != 0 || job->step == NULL) {
        finish(job, rc);
    }
}

void
job_close(struct job *job)
{
    job->closes = job->type != JOB_NONE;
}

int
job_cancel(struct job *job, int error)
{
    if (job->step == NULL) {
        return 0; /* none, or one that is just being finished */
    }
    int rc = spawner_cancel(job->spawner);
    finish(job, error);
    return rc;
}
