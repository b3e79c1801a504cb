/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rekey.h"

#include "common/error.h"
#include "daemon/crypto/keys.h"
#include "daemon/home.h"
#include "daemon/random.h"

#include <string.h>
#include <sys/stat.h>

/* Adds a vault for a new MK, under the same passphrase and the same words. */
static int
add_vault(const struct vault *vault, const uint8_t mk[static KEY_BYTES],
          struct slots *slots, struct slots_vault **out)
{
    uint8_t file_id[ID_BYTES];
    uint8_t seed[KEY_BYTES];
    uint8_t nonce[2][SLOTS_NONCE_BYTES];
    const struct slots_vault *old = slots_find(slots, vault->file_id);
    if (old == NULL) {
        return E_INTERNAL;
    }
    const struct slots_recovery recovery = old->recovery;
    random_fill(NULL, file_id, sizeof file_id);
    random_fill(NULL, seed, sizeof seed);
    random_fill(NULL, nonce, sizeof nonce);
    int rc = slots_add(slots, file_id);
    struct slots_vault *made = rc == 0 ? slots_find(slots, file_id) : NULL;
    if (made != NULL) {
        rc = slots_set_pass_key(made, mk, vault->secrets->pass_key, &vault->pass, nonce[0]);
        rc = rc != 0 ? rc
                     : slots_set_recovery(made, mk, recovery.recipient_pk, seed, nonce[1]);
    }
    bytes_wipe(seed, sizeof seed);
    rc = rc == 0 && made == NULL ? E_INTERNAL : rc;
    if (rc == 0) {
        *out = made;
    }
    return rc;
}

static int
copy_journal(struct vault *vault, const struct slots_vault *slot,
             const uint8_t mk[static KEY_BYTES], const char *path)
{
    struct vfs_keys keys;
    keys_derive(KEYS_PAGE, mk, keys.page);
    keys_derive(KEYS_WAL, mk, keys.wal);
    memcpy(keys.file_id, slot->file_id, ID_BYTES);
    int rc = home_remove_journal(path);
    rc = rc != 0 ? rc : store_copy_to(vault->run.store, path, &keys);
    bytes_wipe(&keys, sizeof keys);
    return rc;
}

/* A WAL with something in it belongs to the old journal and must not meet the new one. */
static bool
wal_empty(const struct vault *vault)
{
    struct stat status;
    return stat(vault->paths->journal_wal, &status) != 0 || status.st_size == 0;
}

static int
swap(struct vault *vault, const struct slots_vault *slot,
     const uint8_t mk[static KEY_BYTES], const char *path)
{
    const struct slots_vault *found = slots_find(&vault->slots, vault->file_id);
    struct slots_vault old;
    uint8_t old_mk[KEY_BYTES];
    if (found == NULL) {
        return E_INTERNAL;
    }
    old = *found; /* vault_detach wipes where it stood */
    memcpy(old_mk, vault->secrets->mk, KEY_BYTES);
    vault_detach(vault, true);
    int rc = wal_empty(vault) ? home_rename(path, vault->paths->journal) : E_IO;
    int attached = rc == 0 ? vault_attach(vault, slot, mk, true)
                           : vault_attach(vault, &old, old_mk, false);
    bytes_wipe(old_mk, sizeof old_mk);
    return rc != 0 ? rc : attached;
}

/* The core asks no more. If this is cut off, the next start does it all again. */
static void
note_done(struct store *store)
{
    if (store_begin(store) == 0 &&
        (core_rekeyed(store) != 0 || store_commit(store) != 0)) {
        store_rollback(store);
    }
}

int
rekey_run(struct vault *vault)
{
    struct slots slots = vault->slots;
    struct slots_vault *slot = NULL;
    struct buf name = {0};
    uint8_t mk[KEY_BYTES];
    uint8_t old_id[ID_BYTES];
    random_fill(NULL, mk, sizeof mk);
    memcpy(old_id, vault->file_id, ID_BYTES);
    int rc = home_beside(vault->paths->journal, ".rekey", &name);
    if (rc != 0) {
        goto out;
    }
    const char *path = (const char *)name.data;
    rc = add_vault(vault, mk, &slots, &slot);
    rc = rc != 0 ? rc : copy_journal(vault, slot, mk, path);
    rc = rc != 0 ? rc : home_write_keys(vault->paths, &slots);
    rc = rc != 0 ? rc : swap(vault, slot, mk, path);
    if (rc != 0) {
        int ignored = home_remove_journal(path);
        (void)ignored;
        goto out;
    }
    vault->slots = slots;
    slots_remove(&slots, old_id);
    if (home_write_keys(vault->paths, &slots) == 0) {
        vault->slots = slots;
        note_done(vault->run.store);
    }
out:
    bytes_wipe(mk, sizeof mk);
    buf_free(&name);
    return rc;
}
