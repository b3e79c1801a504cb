/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * One op: header and payload, bytes to structure and back.
 *
 * A header is written once, by its author, and from then on only read: what is hashed is
 * what was received. Decoding takes fields and types it does not know.
 */
#include "common/error.h"
#include "common/pb.h"
#include "common/scan.h"
#include "common/text.h"
#include "daemon/core/inside.h"

#include <string.h>

static const struct scan_rules header_rules = {.fields_max = PURGES_MAX + 64,
                                               .unknown_fields = true};
static const struct scan_rules payload_rules = {.fields_max = 4 * FIELDS_MAX + 16,
                                                .unknown_fields = true};

int
op_encode(const struct op *op, struct buf *out)
{
    Attune__Journal__OpHeader header;
    ProtobufCBinaryData purges[PURGES_MAX];
    uint8_t request[REQUEST_BYTES];
    if (op->purges_count > PURGES_MAX) {
        return E_LIMIT;
    }
    attune__journal__op_header__init(&header);
    header.lamport = op->lamport;
    header.time = op->time;
    header.zone = op->zone;
    header.type = (Attune__Journal__OpType)op->type;
    header.theirs = op->theirs;
    header.reach = op->mine ? ATTUNE__JOURNAL__REACH__MINE : ATTUNE__JOURNAL__REACH__OURS;
    header.kind = pb_text(op->kind);
    header.act = pb_text(op->act);
    if (op->has_entry) {
        header.entry = pb_bytes(op->entry, ID_BYTES);
    }
    if (op->has_parent) {
        header.parent = pb_bytes(op->parent, ID_BYTES);
        header.parent_theirs = op->parent_theirs;
    }
    for (size_t i = 0; i < op->purges_count; i++) {
        purges[i] = pb_bytes(op->purges[i], HASH_BYTES);
    }
    header.n_purges = op->purges_count;
    header.purges = purges;
    if (op->has_payload) {
        header.payload_hash = pb_bytes(op->payload_hash, HASH_BYTES);
    }
    if (op->request != 0) {
        bytes_set_u64(request, op->request);
        header.request = pb_bytes(request, sizeof request);
    }
    header.until = (uint64_t)op->until_s;
    if (op->has_seal) {
        header.seal = pb_bytes(op->seal, HASH_BYTES);
    }
    if (op->has_accepts) {
        header.accepts = pb_bytes(op->accepts, HASH_BYTES);
    }
    if (op->type == ATTUNE__JOURNAL__OP_TYPE__OPEN) {
        header.incarnation = pb_bytes(op->incarnation, ID_BYTES);
        header.device = pb_bytes(op->device, KEY_BYTES);
        if (op->has_previous) {
            header.previous_log = pb_bytes(op->previous_log, ID_BYTES);
            header.previous_seq = op->previous_seq;
            header.previous_head = pb_bytes(op->previous_head, HASH_BYTES);
        }
    }
    size_t size = attune__journal__op_header__get_packed_size(&header);
    if (size > HEADER_BYTES_MAX) {
        return E_LIMIT;
    }
    uint8_t *data = buf_reserve(out, size);
    if (data == NULL) {
        return out->error;
    }
    attune__journal__op_header__pack(&header, data);
    buf_advance(out, size);
    return 0;
}

/* Copies a field that must have exactly `size` bytes or be absent. */
static bool
fixed(const ProtobufCBinaryData *field, void *out, size_t size, bool *present)
{
    *present = field->len == size;
    if (field->len == size) {
        memcpy(out, field->data, size);
    }
    return field->len == size || field->len == 0;
}

static bool
short_name(const char *in, char *out)
{
    size_t size = strlen(in);
    if (size > KIND_NAME_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        bool fine = (in[i] >= 'a' && in[i] <= 'z') || (in[i] >= '0' && in[i] <= '9') ||
                    in[i] == '-';
        if (!fine) {
            return false;
        }
    }
    memcpy(out, in, size + 1);
    return true;
}

static bool
purges_copy(const Attune__Journal__OpHeader *header, struct arena *arena, struct op *op)
{
    if (header->n_purges == 0) {
        return true;
    }
    if (header->n_purges > PURGES_MAX) {
        return false;
    }
    uint8_t(*purges)[HASH_BYTES] = arena_alloc(arena, header->n_purges * HASH_BYTES);
    if (purges == NULL) {
        return false;
    }
    for (size_t i = 0; i < header->n_purges; i++) {
        if (header->purges[i].len != HASH_BYTES) {
            return false;
        }
        memcpy(purges[i], header->purges[i].data, HASH_BYTES);
    }
    op->purges = (const uint8_t(*)[HASH_BYTES])purges;
    op->purges_count = header->n_purges;
    return true;
}

int
op_decode(struct span bytes, struct arena *arena, struct op *out)
{
    struct op op = {0};
    bool here;
    uint8_t request[REQUEST_BYTES];
    if (bytes.size > HEADER_BYTES_MAX) {
        return E_OP_SHAPE;
    }
    Attune__Journal__OpHeader *header =
        scan_unpack(bytes, &attune__journal__op_header__descriptor, &header_rules, arena);
    if (header == NULL) {
        return E_OP_SHAPE;
    }
    op.lamport = header->lamport;
    op.time = header->time;
    op.zone = header->zone;
    op.type = (int)header->type;
    op.theirs = header->theirs;
    op.mine = header->reach == ATTUNE__JOURNAL__REACH__MINE;
    op.parent_theirs = header->parent_theirs;
    op.until_s = (int64_t)(header->until & INT64_MAX);
    op.previous_seq = header->previous_seq;
    if (!short_name(header->kind, op.kind) || !short_name(header->act, op.act) ||
        !fixed(&header->entry, op.entry, ID_BYTES, &op.has_entry) ||
        !fixed(&header->parent, op.parent, ID_BYTES, &op.has_parent) ||
        !fixed(&header->payload_hash, op.payload_hash, HASH_BYTES, &op.has_payload) ||
        !fixed(&header->request, request, REQUEST_BYTES, &here) ||
        !fixed(&header->seal, op.seal, HASH_BYTES, &op.has_seal) ||
        !fixed(&header->accepts, op.accepts, HASH_BYTES, &op.has_accepts) ||
        op.lamport == 0 || op.lamport > INT64_MAX || op.time > INT64_MAX / 128 ||
        !purges_copy(header, arena, &op)) {
        return E_OP_SHAPE;
    }
    op.request = here ? bytes_get_u64(request) : 0;
    bool incarnation, device, head;
    if (!fixed(&header->incarnation, op.incarnation, ID_BYTES, &incarnation) ||
        !fixed(&header->device, op.device, KEY_BYTES, &device) ||
        !fixed(&header->previous_log, op.previous_log, ID_BYTES, &op.has_previous) ||
        !fixed(&header->previous_head, op.previous_head, HASH_BYTES, &head) ||
        head != op.has_previous) {
        return E_OP_SHAPE;
    }
    switch (op.type) {
    case ATTUNE__JOURNAL__OP_TYPE__OPEN:
        here = incarnation && device;
        break;
    case ATTUNE__JOURNAL__OP_TYPE__ENTRY:
        here = op.has_entry && !op.theirs && op.kind[0] != '\0';
        break;
    case ATTUNE__JOURNAL__OP_TYPE__ACT:
        here = op.has_entry && op.act[0] != '\0';
        break;
    case ATTUNE__JOURNAL__OP_TYPE__PURGE: /* of `mine`: what fades may be theirs */
        here = op.has_entry && (!op.theirs || op.act[0] != '\0');
        break;
    case ATTUNE__JOURNAL__OP_TYPE__EDIT:
        here = op.has_entry && !op.theirs;
        break;
    default:
        here = true; /* a newer version's; kept */
        break;
    }
    if (!here) {
        return E_OP_SHAPE;
    }
    *out = op;
    return 0;
}

uint64_t
op_lamport(struct span header)
{
    /* Field 1 comes first in what we write; a foreign order only costs a decode. */
    if (header.size < 2 || header.data[0] != 0x08) {
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 1; i < header.size && i <= 10; i++) {
        value |= (uint64_t)(header.data[i] & 0x7f) << (7 * (i - 1));
        if ((header.data[i] & 0x80) == 0) {
            return value;
        }
    }
    return 0;
}

int
payload_encode(const Attune__Local__Field *const *fields, size_t count,
               const uint8_t salt[static SALT_BYTES], struct buf *out)
{
    Attune__Journal__Payload payload = ATTUNE__JOURNAL__PAYLOAD__INIT;
    Attune__Journal__Field items[FIELDS_MAX];
    Attune__Journal__Field *pointers[FIELDS_MAX];
    if (count > FIELDS_MAX) {
        return E_LIMIT;
    }
    payload.salt = pb_bytes(salt, SALT_BYTES);
    for (size_t i = 0; i < count; i++) {
        attune__journal__field__init(&items[i]);
        items[i].name = fields[i]->name;
        items[i].text = fields[i]->text;
        items[i].number = fields[i]->number;
        pointers[i] = &items[i];
    }
    payload.n_fields = count;
    payload.fields = pointers;
    size_t size = attune__journal__payload__get_packed_size(&payload);
    if (size > PAYLOAD_BYTES_MAX) {
        return E_LIMIT;
    }
    uint8_t *data = buf_reserve(out, size);
    if (data == NULL) {
        return out->error;
    }
    attune__journal__payload__pack(&payload, data);
    buf_advance(out, size);
    return 0;
}

int
payload_decode(struct span bytes, struct arena *arena, Attune__Journal__Payload **out)
{
    if (bytes.size > PAYLOAD_BYTES_MAX) {
        return E_OP_SHAPE;
    }
    Attune__Journal__Payload *payload =
        scan_unpack(bytes, &attune__journal__payload__descriptor, &payload_rules, arena);
    if (payload == NULL || payload->n_fields > FIELDS_MAX) {
        return E_OP_SHAPE;
    }
    for (size_t i = 0; i < payload->n_fields; i++) {
        Attune__Journal__Field *field = payload->fields[i];
        if (strlen(field->name) > FIELD_NAME_BYTES_MAX ||
            text_check(span_text(field->name)) != 0 ||
            text_check(span_of(field->text.data, field->text.len)) != 0) {
            return E_OP_SHAPE;
        }
    }
    *out = payload;
    return 0;
}

int64_t
payload_number(const Attune__Journal__Payload *payload, const char *name, int64_t fallback)
{
    for (size_t i = 0; i < payload->n_fields; i++) {
        if (strcmp(payload->fields[i]->name, name) == 0) {
            return payload->fields[i]->number;
        }
    }
    return fallback;
}
