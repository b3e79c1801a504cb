/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/vault.h"

#include "common/error.h"
#include "common/when.h"
#include "daemon/continuity.h"
#include "daemon/crypto/hash.h"
#include "daemon/crypto/keys.h"
#include "daemon/crypto/secret.h"
#include "daemon/home.h"
#include "daemon/random.h"

#include <string.h>

/* The anchor must be written, whatever the count says. */
#define OPS_NEVER UINT64_MAX

int
vault_init(struct vault *vault, const struct paths *paths, const struct run_out *out)
{
    *vault = (struct vault){.paths = paths, .run = {.out = *out}};
    static_assert(sizeof(struct vault_secrets) <= VAULT_ARENA_BYTES, "one piece");
    int rc = secret_init(VAULT_ARENA_BYTES);
    if (rc != 0) {
        return rc;
    }
    vault->secrets = secret_alloc(sizeof *vault->secrets);
    vault_look(vault);
    return 0;
}

void
vault_done(struct vault *vault)
{
    vault_lock(vault);
    secret_done();
    vault->secrets = NULL;
}

void
vault_look(struct vault *vault)
{
    if (vault->state == HOME_NONE || vault->state == HOME_LOCKED) {
        vault->state = home_exists(vault->paths) ? HOME_LOCKED : HOME_NONE;
    }
    vault->demo = home_demo(vault->paths);
}

void
vault_alert(struct vault *vault, int error)
{
    for (size_t i = 0; i < vault->alerts_count; i++) {
        if (vault->alerts[i] == error) {
            return;
        }
    }
    if (vault->alerts_count < VAULT_ALERTS_MAX) {
        vault->alerts[vault->alerts_count++] = error;
    }
}

/* ---- the anchor ---- */

static int
write_anchor(struct vault *vault)
{
    struct anchor anchor = {0};
    int rc = continuity_heads(vault->run.core, &anchor);
    return rc != 0 ? rc
                   : continuity_write(vault->paths, vault->secrets->anchor_key,
                                      vault->file_id, &anchor, false);
}

void
vault_anchor(struct vault *vault)
{
    uint64_t ops = core_ops_written(vault->run.core);
    if (ops == vault->ops_anchored) {
        return;
    }
    int rc = store_error(vault->run.store);
    rc = rc != 0 ? rc : write_anchor(vault);
    if (rc != 0) {
        vault_alert(vault, rc);
    } else {
        vault->ops_anchored = ops;
    }
}

/* ---- opening and closing the journal ---- */

static void
derive_keys(struct vault *vault, const struct slots_vault *slot,
            const uint8_t mk[static KEY_BYTES])
{
    struct vault_secrets *secrets = vault->secrets;
    memcpy(secrets->mk, mk, KEY_BYTES);
    keys_derive(KEYS_PAGE, mk, secrets->keys.page);
    keys_derive(KEYS_WAL, mk, secrets->keys.wal);
    keys_derive(KEYS_ANCHOR, mk, secrets->anchor_key);
    memcpy(secrets->keys.file_id, slot->file_id, ID_BYTES);
    memcpy(vault->file_id, slot->file_id, ID_BYTES);
}

static void
forget_keys(struct vault *vault)
{
    struct vault_secrets *secrets = vault->secrets;
    bytes_wipe(secrets->mk, sizeof secrets->mk);
    bytes_wipe(secrets->anchor_key, sizeof secrets->anchor_key);
    bytes_wipe(&secrets->keys, sizeof secrets->keys);
}

static int
open_store(struct vault *vault, int *broken)
{
    struct store_config config = {
        .path = vault->paths->journal,
        .keys = &vault->secrets->keys,
    };
    int rc = store_open(&config, &vault->run.store);
    if (rc != E_TAIL) {
        return rc;
    }
    /* Cutting the tail removes its trace; without an anchor it can't be forgotten. */
    rc = home_remove(vault->paths->anchor);
    config.accept_tail = true;
    rc = rc != 0 ? rc : store_open(&config, &vault->run.store);
    if (rc == 0) {
        *broken = E_TAIL;
    }
    return rc;
}

/* For the core, which asks no clock and no zone itself. */
static int
zone_min(void *context, int64_t t_s)
{
    (void)context;
    return when_zone_min(t_s);
}

static int
open_core(struct vault *vault, int broken)
{
    struct core_config config = {
        .store = vault->run.store,
        .random = random_fill,
        .zone = zone_min,
        .new_incarnation = broken != 0,
    };
    int rc = core_new(&config, &vault->run.core);
    if (rc != 0) {
        return rc;
    }
    vault->ops_anchored = OPS_NEVER;
    if (broken != 0) {
        vault_alert(vault, broken);
    } else if (write_anchor(vault) == 0) {
        vault->ops_anchored = core_ops_written(vault->run.core);
    }
    /* A broken one gets its anchor once the new incarnation stands. A full disk is no
     * reason not to read. */
    return 0;
}

int
vault_attach(struct vault *vault, const struct slots_vault *slot,
             const uint8_t mk[static KEY_BYTES], bool fresh)
{
    int broken = 0;
    derive_keys(vault, slot, mk);
    int rc = open_store(vault, &broken);
    if (rc == 0 && broken == 0 && !fresh) {
        rc = continuity_check(vault->paths, vault->secrets->anchor_key, vault->file_id,
                              vault->run.store, &broken);
    }
    vault->run.error = 0;
    rc = rc != 0 ? rc : open_core(vault, broken);
    if (rc != 0) {
        vault_detach(vault, false);
    }
    return rc;
}

void
vault_detach(struct vault *vault, bool clean)
{
    struct run *run = &vault->run;
    struct anchor anchor = {0};
    clean = clean && run->core != NULL && run->error == 0 &&
            store_error(run->store) == 0 && continuity_heads(run->core, &anchor) == 0;
    core_free(run->core);
    run->core = NULL;
    store_close(run->store);
    run->store = NULL;
    if (clean && vault->ops_anchored != OPS_NEVER) {
        /* When this fails the old anchor stands, and says "unclean". */
        int rc = continuity_write(vault->paths, vault->secrets->anchor_key, vault->file_id,
                                  &anchor, true);
        (void)rc;
    }
    forget_keys(vault);
}

/* ---- from locked to open ---- */

static void
set_open(struct vault *vault, const uint8_t *pass_key, const struct slots_pass *pass)
{
    memcpy(vault->secrets->pass_key, pass_key, KEY_BYTES);
    vault->pass = *pass;
    vault->state = HOME_OPEN;
}

/* A re-key that a crash cut short left a second vault, or its new journal. */
static void
tidy(struct vault *vault)
{
    struct slots slots = vault->slots;
    for (size_t i = slots.count; i > 0; i--) {
        if (memcmp(slots.vaults[i - 1].file_id, vault->file_id, ID_BYTES) != 0) {
            slots_remove(&slots, slots.vaults[i - 1].file_id);
        }
    }
    if (slots.count == 1 && vault->slots.count > 1 &&
        home_write_keys(vault->paths, &slots) == 0) {
        vault->slots = slots;
    }
}

int
vault_open(struct vault *vault, const struct slots *slots,
           const uint8_t pass_key[static KEY_BYTES], const struct slots_pass *pass)
{
    uint8_t mk[KEY_BYTES];
    int rc = E_PASSPHRASE;
    vault->alerts_count = 0;
    for (size_t i = 0; i < slots->count; i++) {
        int opened = slots_open_pass_key(&slots->vaults[i], pass_key, mk);
        if (opened != 0) {
            rc = rc == E_PASSPHRASE ? opened : rc;
            continue;
        }
        rc = vault_attach(vault, &slots->vaults[i], mk, false);
        if (rc != E_JOURNAL_KEY) {
            break;
        }
    }
    bytes_wipe(mk, sizeof mk);
    if (rc == 0) {
        vault->slots = *slots;
        set_open(vault, pass_key, pass);
        tidy(vault);
    }
    return rc;
}

int
vault_reopen(struct vault *vault, const uint8_t pass_key[static KEY_BYTES])
{
    if (!hash_equal(pass_key, vault->secrets->pass_key, KEY_BYTES)) {
        return E_PASSPHRASE;
    }
    vault->state = HOME_OPEN;
    return 0;
}

void
vault_lock(struct vault *vault)
{
    if (vault->state != HOME_OPEN && vault->state != HOME_CLOSED) {
        return;
    }
    vault_detach(vault, true);
    secret_wipe_all();
    vault->secrets = secret_alloc(sizeof *vault->secrets);
    vault->slots = (struct slots){0};
    vault->alerts_count = 0;
    vault->state = HOME_LOCKED;
}

/* ---- from nothing to open ---- */

static int
make_slots(struct slots *slots, const uint8_t mk[static KEY_BYTES],
           const uint8_t root[static KEY_BYTES], const uint8_t *pass_key,
           const struct slots_pass *pass)
{
    uint8_t file_id[ID_BYTES];
    uint8_t recipient[KEY_BYTES];
    uint8_t seed[KEY_BYTES];
    uint8_t nonce[2][SLOTS_NONCE_BYTES];
    random_fill(NULL, file_id, sizeof file_id);
    random_fill(NULL, seed, sizeof seed);
    random_fill(NULL, nonce, sizeof nonce);
    slots_recipient(root, recipient);
    int rc = slots_add(slots, file_id);
    if (rc == 0) {
        rc = slots_set_pass_key(&slots->vaults[0], mk, pass_key, pass, nonce[0]);
    }
    if (rc == 0) {
        rc = slots_set_recovery(&slots->vaults[0], mk, recipient, seed, nonce[1]);
    }
    bytes_wipe(seed, sizeof seed);
    return rc;
}

static int
create_core(struct store *store, const uint8_t *root, struct span name,
            const struct clock_time *now)
{
    int rc = store_begin(store);
    if (rc != 0) {
        return rc;
    }
    rc = core_create(store, random_fill, NULL, root, name, now->wall_s, now->zone_min);
    if (rc != 0) {
        store_rollback(store);
        return rc;
    }
    return store_commit(store);
}

/* The journal under a name of its own, until its keys are written. */
static int
make_journal(struct vault *vault, const char *path, const uint8_t *root, struct span name,
             const struct clock_time *now)
{
    struct store *store = NULL;
    struct store_config config = {
        .path = path, .keys = &vault->secrets->keys, .create = true};
    int rc = home_remove_journal(path);
    rc = rc != 0 ? rc : store_open(&config, &store);
    rc = rc != 0 ? rc : create_core(store, root, name, now);
    store_close(store);
    return rc;
}

int
vault_create(struct vault *vault, const uint8_t root[static KEY_BYTES], struct span name,
             const uint8_t pass_key[static KEY_BYTES], const struct slots_pass *pass,
             bool demo, const struct clock_time *now)
{
    struct slots slots = {0};
    struct buf made = {0};
    uint8_t mk[KEY_BYTES];
    if (home_exists(vault->paths)) {
        return E_EXISTS;
    }
    random_fill(NULL, mk, sizeof mk);
    int rc = make_slots(&slots, mk, root, pass_key, pass);
    rc = rc != 0 ? rc : home_beside(vault->paths->journal, HOME_INIT_SUFFIX, &made);
    if (rc != 0) {
        goto out;
    }
    const char *path = (const char *)made.data;
    derive_keys(vault, &slots.vaults[0], mk);
    rc = make_journal(vault, path, root, name, now);
    rc = rc != 0 ? rc : demo ? home_mark_demo(vault->paths) : 0;
    rc = rc != 0 ? rc : home_write_keys(vault->paths, &slots);
    rc = rc != 0 ? rc : home_rename(path, vault->paths->journal);
    if (rc != 0) {
        int ignored = home_remove(vault->paths->keys); /* of a journal that never was */
        ignored = home_remove_journal(path);
        (void)ignored;
        forget_keys(vault);
        goto out;
    }
    vault->alerts_count = 0;
    vault->demo = demo;
    rc = vault_attach(vault, &slots.vaults[0], mk, true);
    if (rc == 0) {
        vault->slots = slots;
        set_open(vault, pass_key, pass);
    }
out:
    bytes_wipe(mk, sizeof mk);
    buf_free(&made);
    vault_look(vault);
    return rc;
}
