/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * State: what the core keeps in the store's small values, and reading it all at start.
 *
 * Each value is a fixed row of bytes that begins with its version. Nothing here grows with
 * the history.
 * To add a member: at the end of its value, with a new version that reads the old one.
 */
#include "common/error.h"
#include "common/when.h"
#include "daemon/core/inside.h"

#include <stdlib.h>
#include <string.h>

enum { VALUE_VERSION = 1 };

void
core_fill(struct core *core, void *out, size_t size)
{
    core->random(core->random_context, out, size);
}

int64_t
core_local_day(const struct core *core, int64_t t_s)
{
    return schedule_day(&core->zone, t_s);
}

int
state_set(struct core *core, const char *name, struct span value)
{
    core->dirty = true;
    return store_value_set(core->store, name, value);
}

static int
save(struct core *core, const char *name, struct buf *value)
{
    int rc = buf_done(value);
    if (rc == 0) {
        rc = state_set(core, name, buf_span(value));
    }
    buf_free(value);
    return rc;
}

static void
put_text(struct buf *out, const char *text)
{
    buf_put_u8(out, (uint8_t)strlen(text));
    buf_put_text(out, text);
}

static void
get_text(struct reader *reader, char *out, size_t size_max)
{
    size_t size = reader_u8(reader);
    struct span text = reader_bytes(reader, size);
    if (text.size > size_max) {
        reader->failed = true;
        text.size = 0;
    }
    if (text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    out[text.size] = '\0';
}

int
state_save_identity(struct core *core)
{
    const struct identity *id = &core->identity;
    struct buf value = {0};
    buf_put_u8(&value, VALUE_VERSION);
    buf_put(&value, id->k_self, KEY_BYTES);
    buf_put(&value, id->person, KEY_BYTES);
    buf_put(&value, id->device.sk, sizeof id->device.sk);
    buf_put(&value, id->device.pk, KEY_BYTES);
    buf_put(&value, id->noise.sk, KEY_BYTES);
    buf_put(&value, id->noise.pk, KEY_BYTES);
    buf_put(&value, id->curve.sk, KEY_BYTES);
    buf_put(&value, id->curve.pk, KEY_BYTES);
    buf_put(&value, id->certificate, SIGNATURE_BYTES);
    buf_put(&value, id->incarnation, ID_BYTES);
    put_text(&value, id->name);
    return save(core, "identity", &value);
}

static int
load_identity(struct core *core, struct span value)
{
    struct identity *id = &core->identity;
    struct reader reader = reader_of(value);
    if (reader_u8(&reader) != VALUE_VERSION) {
        return E_VERSION_NEW;
    }
    reader_copy(&reader, id->k_self, KEY_BYTES);
    reader_copy(&reader, id->person, KEY_BYTES);
    reader_copy(&reader, id->device.sk, sizeof id->device.sk);
    reader_copy(&reader, id->device.pk, KEY_BYTES);
    reader_copy(&reader, id->noise.sk, KEY_BYTES);
    reader_copy(&reader, id->noise.pk, KEY_BYTES);
    reader_copy(&reader, id->curve.sk, KEY_BYTES);
    reader_copy(&reader, id->curve.pk, KEY_BYTES);
    reader_copy(&reader, id->certificate, SIGNATURE_BYTES);
    reader_copy(&reader, id->incarnation, ID_BYTES);
    get_text(&reader, id->name, NAME_BYTES_MAX);
    return reader_done(&reader) ? 0 : E_JOURNAL;
}

int
state_save_pairing(struct core *core)
{
    const struct pairing *pairing = &core->pairing;
    struct buf value = {0};
    if (!pairing->active) {
        return state_set(core, "pairing", SPAN_EMPTY);
    }
    buf_put_u8(&value, VALUE_VERSION);
    buf_put_u8(&value, pairing->opened);
    buf_put_u8(&value, pairing->verified);
    buf_put_u8(&value, pairing->known);
    buf_put_u64(&value, (uint64_t)pairing->number);
    buf_put(&value, pairing->couple, ID_BYTES);
    buf_put(&value, pairing->nonce, ID_BYTES);
    buf_put(&value, pairing->psk, KEY_BYTES);
    buf_put(&value, pairing->words, HASH_BYTES);
    buf_put(&value, pairing->person, KEY_BYTES);
    buf_put(&value, pairing->device, KEY_BYTES);
    buf_put(&value, pairing->dnk, KEY_BYTES);
    buf_put(&value, pairing->cvk, KEY_BYTES);
    put_text(&value, pairing->name);
    buf_put_u8(&value, (uint8_t)pairing->addresses_count);
    for (size_t i = 0; i < pairing->addresses_count; i++) {
        put_text(&value, pairing->addresses[i]);
    }
    return save(core, "pairing", &value);
}

static int
load_pairing(struct core *core, struct span value)
{
    struct pairing *pairing = &core->pairing;
    struct reader reader = reader_of(value);
    if (reader_u8(&reader) != VALUE_VERSION) {
        return E_VERSION_NEW;
    }
    pairing->opened = reader_u8(&reader) != 0;
    pairing->verified = reader_u8(&reader) != 0;
    pairing->known = reader_u8(&reader) != 0;
    pairing->number = (int64_t)reader_u64(&reader);
    reader_copy(&reader, pairing->couple, ID_BYTES);
    reader_copy(&reader, pairing->nonce, ID_BYTES);
    reader_copy(&reader, pairing->psk, KEY_BYTES);
    reader_copy(&reader, pairing->words, HASH_BYTES);
    reader_copy(&reader, pairing->person, KEY_BYTES);
    reader_copy(&reader, pairing->device, KEY_BYTES);
    reader_copy(&reader, pairing->dnk, KEY_BYTES);
    reader_copy(&reader, pairing->cvk, KEY_BYTES);
    get_text(&reader, pairing->name, NAME_BYTES_MAX);
    pairing->addresses_count = reader_u8(&reader);
    if (pairing->addresses_count > ADDRESSES_MAX) {
        return E_JOURNAL;
    }
    for (size_t i = 0; i < pairing->addresses_count; i++) {
        get_text(&reader, pairing->addresses[i], PAIR_ADDRESS_BYTES_MAX);
    }
    pairing->active = reader_done(&reader);
    return pairing->active ? 0 : E_JOURNAL;
}

int
state_save_epochs(struct core *core)
{
    struct buf value = {0};
    if (core->epochs.count == 0) {
        return state_set(core, "epochs", SPAN_EMPTY);
    }
    buf_put_u8(&value, VALUE_VERSION);
    buf_put_u16(&value, (uint16_t)core->epochs.count);
    for (size_t i = 0; i < core->epochs.count; i++) {
        const struct epoch *epoch = &core->epochs.items[i];
        buf_put_u32(&value, epoch->number);
        buf_put(&value, epoch->key.sk, KEY_BYTES);
        buf_put(&value, epoch->key.pk, KEY_BYTES);
        buf_put_u64(&value, (uint64_t)epoch->made_s);
        buf_put_u64(&value, (uint64_t)epoch->superseded_s);
        buf_put_u8(&value, epoch->used);
    }
    return save(core, "epochs", &value);
}

static int
load_epochs(struct core *core, struct span value)
{
    struct reader reader = reader_of(value);
    if (reader_u8(&reader) != VALUE_VERSION) {
        return E_VERSION_NEW;
    }
    size_t count = reader_u16(&reader);
    if (count > EPOCHS_MAX) {
        return E_JOURNAL;
    }
    for (size_t i = 0; i < count; i++) {
        struct epoch *epoch = &core->epochs.items[i];
        epoch->number = reader_u32(&reader);
        reader_copy(&reader, epoch->key.sk, KEY_BYTES);
        reader_copy(&reader, epoch->key.pk, KEY_BYTES);
        epoch->made_s = (int64_t)reader_u64(&reader);
        epoch->superseded_s = (int64_t)reader_u64(&reader);
        epoch->used = reader_u8(&reader) != 0;
    }
    core->epochs.count = count;
    return reader_done(&reader) ? 0 : E_JOURNAL;
}

int
state_save_days(struct core *core)
{
    struct buf value = {0};
    buf_put_u8(&value, VALUE_VERSION);
    buf_put_u64(&value, (uint64_t)core->exchange_day);
    buf_put_u64(&value, (uint64_t)core->shown_day);
    buf_put_u64(&value, (uint64_t)core->shown_exchange);
    buf_put_u64(&value, (uint64_t)core->shown_waiting);
    buf_put_u8(&value, core->copy_alert);
    return save(core, "days", &value);
}

static int
load_days(struct core *core, struct span value)
{
    struct reader reader = reader_of(value);
    if (reader_u8(&reader) != VALUE_VERSION) {
        return E_VERSION_NEW;
    }
    core->exchange_day = (int64_t)reader_u64(&reader);
    core->shown_day = (int64_t)reader_u64(&reader);
    core->shown_exchange = (int64_t)reader_u64(&reader);
    core->shown_waiting = (int64_t)reader_u64(&reader);
    core->copy_alert = reader_u8(&reader) != 0;
    return reader_done(&reader) ? 0 : E_JOURNAL;
}

/* The local day of our oldest op the partner has not acknowledged, or 0. */
static int
waiting_day(struct core *core, int64_t *out)
{
    struct buf acked = {0};
    int64_t day = 0;
    int rc = 0;
    struct log_row *ours = journal_log(core, core->ours_no);
    if (ours == NULL || !core->pairing.active) {
        goto out;
    }
    uint64_t seq = 0;
    rc = store_value_get(core->store, "acknowledged", &acked);
    if (rc == 0 && acked.size == ID_BYTES + 8 &&
        memcmp(acked.data, ours->id, ID_BYTES) == 0) {
        seq = bytes_get_u64(acked.data + ID_BYTES);
    } else if (rc != 0 && rc != E_NO_ENTRY) {
        goto out;
    }
    rc = 0;
    if (seq < ours->seq && ours->seq > 1) {
        struct op_row row;
        struct op op;
        rc = store_op_get(core->store, ours->no, seq < 1 ? 2 : seq + 1, core->arena, &row);
        if (rc == 0) {
            rc = op_decode(row.header, core->arena, &op);
        }
        if (rc == 0) {
            day = core_local_day(core, (int64_t)op.time * 60);
        }
    }
out:
    buf_free(&acked);
    if (rc == 0) {
        *out = day;
    }
    return rc;
}

int
state_day(struct core *core)
{
    int64_t today = core_local_day(core, core->now_s);
    if (today == core->shown_day) {
        return 0;
    }
    int64_t waiting;
    int rc = waiting_day(core, &waiting);
    if (rc != 0) {
        return rc;
    }
    /* A day on which the two laptops were in touch counts, whether anything was said or
     * not: what was said then, and is not to be known of yet, must not show by it. */
    if (sync_in_touch(core) && core->exchange_day < today - 1) {
        core->exchange_day = today - 1;
    }
    core->shown_day = today;
    core->shown_exchange = core->exchange_day < today ? core->exchange_day : 0;
    core->shown_waiting = waiting != 0 && waiting < today ? waiting : 0;
    return state_save_days(core);
}

static int
load_log(void *context, const struct log_row *row)
{
    struct core *core = context;
    struct log_row *added;
    if (core->logs_count == core->logs_capacity) {
        size_t capacity = core->logs_capacity == 0 ? 16 : core->logs_capacity * 2;
        struct log_row *logs = calloc(capacity, sizeof *logs);
        if (logs == NULL) {
            return E_MEMORY;
        }
        if (core->logs_count > 0) {
            memcpy(logs, core->logs, core->logs_count * sizeof *logs);
        }
        free(core->logs);
        core->logs = logs;
        core->logs_capacity = capacity;
    }
    added = &core->logs[core->logs_count++];
    *added = *row;
    if (row->theirs || row->state != LOG_LIVE ||
        memcmp(row->incarnation, core->identity.incarnation, ID_BYTES) != 0 ||
        memcmp(row->device, core->identity.device.pk, KEY_BYTES) != 0) {
        return 0;
    }
    if (row->class == LOG_MINE) {
        core->mine_no = row->no;
    } else if (row->class == LOG_KEYS) {
        core->keys_no = row->no;
    } else if (core->pairing.active && row->pairing == core->pairing.number) {
        core->ours_no = row->no;
    }
    return 0;
}

int
journal_add_log(struct core *core, const struct log_row *row, struct log_row **out)
{
    struct log_row copy = *row;
    core->dirty = true;
    int rc = store_log_put(core->store, &copy);
    if (rc == 0) {
        rc = load_log(core, &copy);
    }
    if (rc == 0 && out != NULL) {
        *out = &core->logs[core->logs_count - 1];
    }
    return rc;
}

static int
load_value(struct core *core, const char *name,
           int (*load)(struct core *core, struct span value), bool needed)
{
    struct buf value = {0};
    int rc = store_value_get(core->store, name, &value);
    if (rc == 0) {
        rc = load(core, buf_span(&value));
    } else if (rc == E_NO_ENTRY) {
        rc = needed ? E_JOURNAL : 0;
    }
    buf_free(&value);
    return rc;
}

int
state_load(struct core *core)
{
    bytes_wipe(&core->identity, sizeof core->identity);
    bytes_wipe(&core->pairing, sizeof core->pairing);
    bytes_wipe(&core->epochs, sizeof core->epochs);
    core->logs_count = 0;
    core->seals_due = true;
    core->due_changed = true;
    core->mine_no = core->ours_no = core->keys_no = 0;
    int rc = load_value(core, "identity", load_identity, true);
    if (rc == 0) {
        rc = load_value(core, "pairing", load_pairing, false);
    }
    if (rc == 0) {
        rc = load_value(core, "epochs", load_epochs, false);
    }
    if (rc == 0) {
        rc = load_value(core, "days", load_days, false);
    }
    if (rc == 0) {
        rc = store_log_each(core->store, load_log, core);
    }
    if (rc == 0) {
        rc = store_entry_next_wake(core->store, &core->next_wake_s);
    }
    return rc;
}
