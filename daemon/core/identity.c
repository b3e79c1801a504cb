/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The identity block, and what becomes of it.
 *
 * Model. A block is PAIR_BLOCK_BYTES: u16 size, a packed Identity, zeros, 32 random bytes.
 * Its hash is CPace's associated data, so both are committed before either is shown; it
 * travels sealed under a key only the two share. Nothing in it is signed but the device
 * certificate (by the person) and the first epoch (by the device).
 */
#include "common/address.h"
#include "common/error.h"
#include "common/pb.h"
#include "common/scan.h"
#include "common/text.h"
#include "daemon/core/inside.h"

#include <stdio.h>
#include <string.h>

static const struct scan_rules identity_rules = {.fields_max = 32, .unknown_fields = false};
static const uint8_t zeros[HASH_BYTES];

static void
block_hash(const uint8_t block[static PAIR_BLOCK_BYTES], uint8_t out[static HASH_BYTES])
{
    struct span span = span_of(block, PAIR_BLOCK_BYTES);
    hash_spans(out, "attune.identity", &span, 1);
}

int
identity_block(struct core *core)
{
    struct pair *pair = &core->pair;
    const struct identity *id = &core->identity;
    struct epoch first = {.number = 1};
    uint8_t signature[SIGNATURE_BYTES];
    ProtobufCBinaryData addresses[ADDRESSES_MAX];
    Attune__Peer__Identity identity = ATTUNE__PEER__IDENTITY__INIT;
    Attune__Peer__Epoch epoch = ATTUNE__PEER__EPOCH__INIT;
    core_fill(core, pair->epoch_seed, KEY_BYTES);
    keys_x25519_from_seed(pair->epoch_seed, &first.key);
    epoch_sign(core, zeros, zeros, &first, SPAN_EMPTY, signature);
    epoch.epoch = first.number;
    epoch.public_key = pb_bytes(first.key.pk, KEY_BYTES);
    epoch.signature = pb_bytes(signature, sizeof signature);
    identity.person = pb_bytes(id->person, KEY_BYTES);
    identity.device = pb_bytes(id->device.pk, KEY_BYTES);
    identity.noise = pb_bytes(id->noise.pk, KEY_BYTES);
    identity.curve = pb_bytes(id->curve.pk, KEY_BYTES);
    identity.certificate = pb_bytes(id->certificate, SIGNATURE_BYTES);
    identity.incarnation = pb_bytes(id->incarnation, ID_BYTES);
    identity.epoch = &epoch;
    identity.name = pb_bytes(id->name, strlen(id->name));
    for (size_t i = 0; i < core->own_addresses_count; i++) {
        addresses[i] = pb_bytes(core->own_addresses[i], strlen(core->own_addresses[i]));
    }
    identity.n_addresses = core->own_addresses_count;
    identity.addresses = addresses;
    size_t size = attune__peer__identity__get_packed_size(&identity);
    if (size > PAIR_BLOCK_BYTES - 2 - HASH_BYTES) {
        return E_LIMIT;
    }
    memset(pair->our_block, 0, sizeof pair->our_block);
    pair->our_block[0] = (uint8_t)size;
    pair->our_block[1] = (uint8_t)(size >> 8);
    attune__peer__identity__pack(&identity, pair->our_block + 2);
    core_fill(core, pair->our_block + PAIR_BLOCK_BYTES - HASH_BYTES, HASH_BYTES);
    block_hash(pair->our_block, pair->our_ad);
    bytes_wipe(&first, sizeof first);
    return 0;
}

static bool
exact(const ProtobufCBinaryData *field, void *out, size_t size)
{
    if (field->len != size) {
        return false;
    }
    memcpy(out, field->data, size);
    return true;
}

static bool
read_epoch(const Attune__Peer__Identity *identity)
{
    const Attune__Peer__Epoch *epoch = identity->epoch;
    return epoch != NULL && epoch->epoch == 1 && epoch->public_key.len == KEY_BYTES &&
           epoch->signature.len == SIGNATURE_BYTES &&
           epoch_verify(identity->device.data, zeros, zeros, 1, epoch->public_key.data,
                        SPAN_EMPTY, epoch->signature.data) == 0;
}

static bool
read_addresses(const Attune__Peer__Identity *identity, struct pairing *result)
{
    if (identity->n_addresses > ADDRESSES_MAX) {
        return false;
    }
    for (size_t i = 0; i < identity->n_addresses; i++) {
        struct span address =
            span_of(identity->addresses[i].data, identity->addresses[i].len);
        if (address.size > PAIR_ADDRESS_BYTES_MAX || address_check(address, false) != 0) {
            return false;
        }
        memcpy(result->addresses[result->addresses_count++], address.data, address.size);
    }
    return true;
}

int
identity_read(struct core *core)
{
    struct pair *pair = &core->pair;
    struct pairing *result = &pair->result;
    uint8_t ad[HASH_BYTES];
    block_hash(pair->their_block, ad);
    size_t size = (size_t)(pair->their_block[0] | pair->their_block[1] << 8);
    if (memcmp(ad, pair->their_ad, HASH_BYTES) != 0 ||
        size > PAIR_BLOCK_BYTES - 2 - HASH_BYTES) {
        return E_PROTOCOL;
    }
    Attune__Peer__Identity *identity =
        scan_unpack(span_of(pair->their_block + 2, size), &attune__peer__identity__descriptor,
                    &identity_rules, core->arena);
    *result = (struct pairing){.active = true};
    if (identity == NULL || !exact(&identity->person, result->person, KEY_BYTES) ||
        !exact(&identity->device, result->device, KEY_BYTES) ||
        !exact(&identity->noise, result->dnk, KEY_BYTES) ||
        !exact(&identity->curve, result->cvk, KEY_BYTES) ||
        identity->certificate.len != SIGNATURE_BYTES || identity->name.len == 0 ||
        identity->name.len > NAME_BYTES_MAX ||
        text_check(span_of(identity->name.data, identity->name.len)) != 0 ||
        !read_addresses(identity, result)) {
        return E_PROTOCOL;
    }
    struct buf name = {0};
    text_sanitize(&name, span_of(identity->name.data, identity->name.len), TEXT_LINE);
    memcpy(result->name, name.data, name.size > NAME_BYTES_MAX ? NAME_BYTES_MAX : name.size);
    buf_free(&name);
    struct span device = span_of(result->device, KEY_BYTES);
    if (keys_verify(result->person, "attune.device", &device, 1,
                    identity->certificate.data) != 0 ||
        !read_epoch(identity)) {
        return E_PROTOCOL;
    }
    return memcmp(result->person, core->identity.person, KEY_BYTES) == 0 ? E_PAIR_SELF : 0;
}

/* ---- persons and couples known from before ---- */

static void
value_name(char out[static 80], const char *prefix, const uint8_t *id, size_t size)
{
    char hex[2 * KEY_BYTES + 1];
    bytes_hex(id, size, hex);
    snprintf(out, 80, "%s/%s", prefix, hex);
}

int
identity_known(struct core *core, const uint8_t person[static KEY_BYTES],
               uint8_t nonce[static ID_BYTES], uint8_t device[static KEY_BYTES])
{
    char name[80];
    struct buf value = {0};
    value_name(name, "person", person, KEY_BYTES);
    int rc = store_value_get(core->store, name, &value);
    if (rc == 0 && value.size == ID_BYTES + KEY_BYTES) {
        memcpy(nonce, value.data, ID_BYTES);
        memcpy(device, value.data + ID_BYTES, KEY_BYTES);
    } else if (rc == 0) {
        rc = E_JOURNAL;
    }
    buf_free(&value);
    return rc;
}

/* The value that says with whom a pairing is. */
static void
partner_name(char out[static 80], int64_t number)
{
    uint8_t bytes[8];
    bytes_set_u64(bytes, (uint64_t)number);
    value_name(out, "partner", bytes, sizeof bytes);
}

static int
remember(struct core *core, const struct pairing *pairing)
{
    char name[80];
    uint8_t value[ID_BYTES + KEY_BYTES];
    value_name(name, "person", pairing->person, KEY_BYTES);
    memcpy(value, pairing->nonce, ID_BYTES);
    memcpy(value + ID_BYTES, pairing->device, KEY_BYTES);
    int rc = state_set(core, name, span_of(value, sizeof value));
    partner_name(name, pairing->number);
    return rc != 0 ? rc : state_set(core, name, span_of(pairing->person, KEY_BYTES));
}

int
identity_partner(struct core *core, int64_t number, uint8_t person[static KEY_BYTES])
{
    char name[80];
    struct buf value = {0};
    if (core->pairing.active && core->pairing.number == number) {
        memcpy(person, core->pairing.person, KEY_BYTES);
        return 0;
    }
    partner_name(name, number);
    int rc = store_value_get(core->store, name, &value);
    if (rc == 0 && value.size == KEY_BYTES) {
        memcpy(person, value.data, KEY_BYTES);
    } else if (rc == 0) {
        rc = E_JOURNAL;
    }
    buf_free(&value);
    return rc;
}

/* The number of a couple: the old one if it was ours before, else the next. */
static int
couple_number(struct core *core, const uint8_t couple[static ID_BYTES], int64_t *number)
{
    char name[80];
    uint8_t bytes[8];
    struct buf value = {0};
    value_name(name, "couple", couple, ID_BYTES);
    int rc = store_value_get(core->store, name, &value);
    if (rc == 0 && value.size == 8) {
        *number = (int64_t)bytes_get_u64(value.data);
    } else if (rc == E_NO_ENTRY) {
        *number = 1;
        for (size_t i = 0; i < core->logs_count; i++) {
            if (core->logs[i].pairing >= *number) {
                *number = core->logs[i].pairing + 1;
            }
        }
        bytes_set_u64(bytes, (uint64_t)*number);
        rc = state_set(core, name, span_of(bytes, sizeof bytes));
    }
    buf_free(&value);
    return rc;
}

static void
couple_id(const uint8_t *one, const uint8_t *other, const uint8_t *nonce,
          uint8_t out[static ID_BYTES])
{
    uint8_t hash[HASH_BYTES];
    bool first = memcmp(one, other, KEY_BYTES) < 0;
    const struct span spans[] = {span_of(first ? one : other, KEY_BYTES),
                                 span_of(first ? other : one, KEY_BYTES),
                                 span_of(nonce, ID_BYTES)};
    hash_spans(hash, "attune.couple", spans, 3);
    memcpy(out, hash, ID_BYTES);
}

int
identity_adopt(struct core *core, const uint8_t nonce[static ID_BYTES])
{
    struct pairing *result = &core->pair.result;
    uint8_t old_nonce[ID_BYTES], old_device[KEY_BYTES];
    memcpy(result->nonce, nonce, ID_BYTES);
    couple_id(core->identity.person, result->person, nonce, result->couple);
    int rc = identity_known(core, result->person, old_nonce, old_device);
    result->known = rc == 0 && memcmp(old_device, result->device, KEY_BYTES) != 0;
    rc = rc == E_NO_ENTRY ? 0 : rc;
    if (rc == 0) {
        rc = couple_number(core, result->couple, &result->number);
    }
    if (rc != 0) {
        return rc;
    }
    sync_forget(core);
    core->pairing = *result;
    core->ours_no = 0;
    for (size_t i = 0; i < core->logs_count; i++) {
        const struct log_row *log = &core->logs[i];
        if (journal_shared(core, log) && !log->theirs && log->state == LOG_LIVE &&
            memcmp(log->incarnation, core->identity.incarnation, ID_BYTES) == 0) {
            core->ours_no = log->no;
        }
    }
    core->exchange_day = core->shown_exchange = core->shown_waiting = 0;
    bytes_wipe(&core->epochs, sizeof core->epochs);
    rc = epoch_make(core, core->pair.epoch_seed);
    if (rc == 0) {
        rc = state_save_pairing(core);
    }
    if (rc == 0) {
        rc = remember(core, &core->pairing);
    }
    if (rc == 0) {
        rc = journal_note(core, "paired", span_of(core->pairing.person, KEY_BYTES));
    }
    if (rc == 0) {
        rc = journal_open_ours(core);
    }
    if (rc == 0) {
        rc = state_save_days(core);
    }
    return rc != 0 ? rc : journal_acknowledged(core, &core->acknowledged);
}
