/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Epoch keys: what the partner seals batches to, renewed so that old batches stay closed.
 *
 * Model. Our current `ours` log has a row of X25519 keys, numbered from 1. The newest is
 * announced, signed by the device key. It is renewed once a batch to it has arrived and it
 * is ten minutes old; a superseded key is deleted a day later. The newest never expires.
 */
#include "common/error.h"
#include "daemon/core/inside.h"

#include <string.h>

const struct epoch *
epoch_newest(const struct core *core)
{
    return core->epochs.count == 0 ? NULL : &core->epochs.items[core->epochs.count - 1];
}

struct epoch *
epoch_find(struct core *core, uint32_t number)
{
    for (size_t i = 0; i < core->epochs.count; i++) {
        if (core->epochs.items[i].number == number) {
            return &core->epochs.items[i];
        }
    }
    return NULL;
}

static void
drop_oldest(struct epochs *epochs)
{
    epochs->count--;
    memmove(&epochs->items[0], &epochs->items[1], epochs->count * sizeof epochs->items[0]);
    bytes_wipe(&epochs->items[epochs->count], sizeof epochs->items[0]);
}

int
epoch_make(struct core *core, const uint8_t *seed)
{
    struct epochs *epochs = &core->epochs;
    uint8_t fresh[KEY_BYTES];
    uint32_t number = 1;
    if (epochs->count > 0) {
        struct epoch *newest = &epochs->items[epochs->count - 1];
        number = newest->number + 1;
        newest->superseded_s = core->now_s > 0 ? core->now_s : 1;
    }
    if (epochs->count == EPOCHS_MAX) {
        drop_oldest(epochs);
    }
    if (seed == NULL) {
        core_fill(core, fresh, sizeof fresh);
        seed = fresh;
    }
    struct epoch *epoch = &epochs->items[epochs->count++];
    *epoch = (struct epoch){.number = number, .made_s = core->now_s};
    keys_x25519_from_seed(seed, &epoch->key);
    bytes_wipe(fresh, sizeof fresh);
    return state_save_epochs(core);
}

int
epoch_keep(struct core *core)
{
    struct epochs *epochs = &core->epochs;
    size_t before = epochs->count;
    if (!core->pairing.active || epochs->count == 0) {
        return 0;
    }
    while (epochs->count > 1 &&
           epochs->items[0].superseded_s + (int64_t)EPOCH_KEEP_S <= core->now_s) {
        drop_oldest(epochs);
    }
    int rc = epochs->count != before ? state_save_epochs(core) : 0;
    const struct epoch *newest = epoch_newest(core);
    if (rc == 0 && newest->used && newest->made_s + (int64_t)EPOCH_LIFE_S <= core->now_s) {
        rc = epoch_make(core, NULL);
    }
    if (epochs->count > 1) {
        wake_wall(core, epochs->items[0].superseded_s + (int64_t)EPOCH_KEEP_S);
    }
    return rc;
}

void
epoch_sign(const struct core *core, const uint8_t couple[static ID_BYTES],
           const uint8_t log[static ID_BYTES], const struct epoch *epoch,
           struct span challenge, uint8_t signature[static SIGNATURE_BYTES])
{
    uint8_t number[4];
    bytes_set_u32(number, epoch->number);
    const struct span spans[] = {span_of(couple, ID_BYTES), span_of(log, ID_BYTES),
                                 span_of(number, sizeof number),
                                 span_of(epoch->key.pk, KEY_BYTES), challenge};
    keys_sign(core->identity.device.sk, "attune.epoch", spans, 5, signature);
}

int
epoch_verify(const uint8_t device[static KEY_BYTES], const uint8_t couple[static ID_BYTES],
             const uint8_t log[static ID_BYTES], uint32_t epoch_number,
             const uint8_t key[static KEY_BYTES], struct span challenge,
             const uint8_t signature[static SIGNATURE_BYTES])
{
    uint8_t number[4];
    bytes_set_u32(number, epoch_number);
    const struct span spans[] = {span_of(couple, ID_BYTES), span_of(log, ID_BYTES),
                                 span_of(number, sizeof number), span_of(key, KEY_BYTES),
                                 challenge};
    return keys_verify(device, "attune.epoch", spans, 5, signature);
}
