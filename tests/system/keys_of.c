/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Prints the keys of a home by its passphrase, for tests that look for them elsewhere:
 *
 *     keys_of FOLDER
 *
 * with the passphrase on one line of standard input, the recovery words on the next. FOLDER
 * is a copy of the data folder: attuned may go on with the original. One line each: name,
 * hex.
 */
#include "common/error.h"
#include "common/words.h"
#include "daemon/core/inside.h"
#include "daemon/crypto/keys.h"
#include "daemon/crypto/secret.h"
#include "daemon/crypto/slots.h"
#include "daemon/random.h"
#include "daemon/store/store.h"
#include "daemon/store/vfs.h"

#include <stdio.h>
#include <string.h>

enum { FILE_BYTES = 64 * 1024, LINE_BYTES = 4096 };

static struct span
read_line(char *line, size_t size_max)
{
    if (fgets(line, (int)size_max, stdin) == NULL) {
        return SPAN_EMPTY;
    }
    return span_of(line, strcspn(line, "\n"));
}

static int
read_slots(const char *folder, struct slots *out)
{
    static uint8_t bytes[FILE_BYTES];
    char path[LINE_BYTES];
    snprintf(path, sizeof path, "%s/keys", folder);
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(bytes, 1, sizeof bytes, file);
    if (file != NULL) {
        fclose(file);
    }
    return slots_decode(span_of(bytes, size), out);
}

static void
print(const char *name, const uint8_t key[static KEY_BYTES])
{
    char hex[2 * KEY_BYTES + 1];
    bytes_hex(key, KEY_BYTES, hex);
    printf("%s %s\n", name, hex);
}

/* What the core has in its own memory, beyond what follows from the master key. */
static int
print_core(const char *folder, const uint8_t mk[static KEY_BYTES],
           const struct slots_vault *slot)
{
    struct vfs_keys keys;
    struct store *store = NULL;
    struct core *core = NULL;
    char path[LINE_BYTES];
    snprintf(path, sizeof path, "%s/journal", folder);
    keys_derive(KEYS_PAGE, mk, keys.page);
    keys_derive(KEYS_WAL, mk, keys.wal);
    memcpy(keys.file_id, slot->file_id, sizeof keys.file_id);
    const struct store_config store_config = {.path = path, .keys = &keys};
    int rc = store_open(&store_config, &store);
    const struct core_config core_config = {.store = store, .random = random_fill};
    rc = rc != 0 ? rc : core_new(&core_config, &core);
    if (rc == 0) {
        print("device", core->identity.device.sk);
        print("noise", core->identity.noise.sk);
        print("curve", core->identity.curve.sk);
        print("psk", core->pairing.psk);
    }
    core_free(core);
    store_close(store);
    return rc;
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        enum keys_purpose purpose;
        bool of_root;
    } derived[] = {
        {"page", KEYS_PAGE, false},     {"wal", KEYS_WAL, false},
        {"anchor", KEYS_ANCHOR, false}, {"export", KEYS_EXPORT, false},
        {"self", KEYS_SELF, true},      {"person", KEYS_PIK, true},
    };
    static char lines[2][LINE_BYTES];
    static struct slots slots;
    uint8_t key[KEY_BYTES];
    uint8_t mk[KEY_BYTES];
    uint8_t root[KEY_BYTES];
    uint8_t checksum = 0;
    size_t bad = 0;
    struct span passphrase = read_line(lines[0], sizeof lines[0]);
    int rc = words_recovery_decode(read_line(lines[1], sizeof lines[1]), root,
                                   &checksum, &bad);
    rc = rc != 0 ? rc : secret_init(4096);
    rc = rc != 0 ? rc : read_slots(argc == 2 ? argv[1] : "", &slots);
    const struct slots_pass *pass = &slots.vaults[0].pass;
    rc = rc != 0
             ? rc
             : slots_pass_key(passphrase, pass->salt, pass->ops, pass->mem_kib, key);
    rc = rc != 0 ? rc : slots_open_pass_key(&slots.vaults[0], key, mk);
    if (rc != 0) {
        fprintf(stderr, "keys_of: %s\n", error_name(rc));
        return 1;
    }
    print("pass", key);
    print("master", mk);
    print("root", root);
    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++) {
        keys_derive(derived[i].purpose, derived[i].of_root ? root : mk, key);
        print(derived[i].name, key);
    }
    rc = print_core(argv[1], mk, &slots.vaults[0]);
    if (rc != 0) {
        fprintf(stderr, "keys_of: %s\n", error_name(rc));
    }
    return rc == 0 ? 0 : 1;
}
