/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Vault: the journal of a home with its keys, from locked to open and back.
 *
 * The model: nothing (HOME_NONE), locked (files, no keys in memory), closed (keys and
 * core, reading waits for the passphrase), open. Passphrases never come here: what does is
 * the key Argon2id made of one elsewhere. After opening, the caller feeds CORE_START.
 * Invariants: keys live in the locked arena and are wiped at once when locking. The anchor
 * says "unclean" on the disk before the first write. The vault whose keys open the journal
 * is the true one, whatever else the keys file holds.
 * Ownership: the vault owns store and core; paths and run_out are the caller's.
 */
#ifndef ATTUNE_DAEMON_VAULT_H
#define ATTUNE_DAEMON_VAULT_H

#include "common/paths.h"
#include "daemon/clock.h"
#include "daemon/crypto/slots.h"
#include "daemon/rpc/table.h"
#include "daemon/run.h"
#include "daemon/store/vfs.h"

enum { VAULT_ALERTS_MAX = 8, VAULT_ARENA_BYTES = 16 * 1024 };

/* In the locked arena; zeros while locked, but for a request at work. */
struct vault_secrets {
    uint8_t mk[KEY_BYTES];
    uint8_t pass_key[KEY_BYTES]; /* Argon2id's; wraps the next MK when re-keying */
    uint8_t anchor_key[KEY_BYTES];
    struct vfs_keys keys;
    struct { /* of the job at work (job.h) */
        uint8_t root[KEY_BYTES];
        uint8_t old_key[KEY_BYTES];
        uint8_t passphrase[PASSPHRASE_BYTES_MAX];
        size_t passphrase_bytes;
        uint8_t new_passphrase[PASSPHRASE_BYTES_MAX];
        size_t new_passphrase_bytes;
    } job;
};

struct vault {
    const struct paths *paths;
    enum home_state state;
    bool demo;
    struct vault_secrets *secrets;
    struct slots slots;      /* the keys file, while unlocked */
    struct slots_pass pass;  /* salt and parameters of pass_key */
    uint8_t file_id[ID_BYTES];
    struct run run;
    uint64_t ops_anchored;
    int alerts[VAULT_ALERTS_MAX];
    size_t alerts_count;
};

/* Makes the locked arena. 0, E_MLOCK, E_MEMORY. */
int vault_init(struct vault *vault, const struct paths *paths, const struct run_out *out)
    __attribute__((warn_unused_result));
void vault_done(struct vault *vault); /* locks first */

/* Looks at the disk again whether there is a journal; only while locked. */
void vault_look(struct vault *vault);

/*
 * vault_create: a new journal of the person `root`, open afterwards.
 *   pass_key, pass   from the passphrase; pass->salt, ops and mem_kib count
 * 0, E_EXISTS, E_EMPTY or E_LIMIT (name), or a disk error; then nothing is left behind.
 */
int vault_create(struct vault *vault, const uint8_t root[static KEY_BYTES],
                 struct span name, const uint8_t pass_key[static KEY_BYTES],
                 const struct slots_pass *pass, bool demo, const struct clock_time *now)
    __attribute__((warn_unused_result));

/*
 * vault_open: from locked to open.
 *   slots   as home_read_keys gave them
 *   pass    salt and parameters pass_key was made with
 * 0, E_PASSPHRASE, E_JOURNAL, E_JOURNAL_KEY, E_VERSION_*, or a disk error.
 */
int vault_open(struct vault *vault, const struct slots *slots,
               const uint8_t pass_key[static KEY_BYTES], const struct slots_pass *pass)
    __attribute__((warn_unused_result));

/* From closed to open, when the key is right. 0 or E_PASSPHRASE. */
int vault_reopen(struct vault *vault, const uint8_t pass_key[static KEY_BYTES])
    __attribute__((warn_unused_result));

/* Closes the journal, writes the anchor, wipes every key. Fine when locked. */
void vault_lock(struct vault *vault);

/* Writes the anchor if ops were written since. Errors become an alert. */
void vault_anchor(struct vault *vault);

/*
 * For rekey.c. vault_attach opens the journal with the MK of one vault of the keys file
 * (E_JOURNAL_KEY when it isn't that vault's); `fresh`: just made by us, so it needs no
 * anchor to be believed. vault_detach closes it; with `clean` the anchor says so.
 */
int vault_attach(struct vault *vault, const struct slots_vault *slot,
                 const uint8_t mk[static KEY_BYTES], bool fresh)
    __attribute__((warn_unused_result));
void vault_detach(struct vault *vault, bool clean);

/* Notes what a person should know; each once. */
void vault_alert(struct vault *vault, int error);

#endif
