/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/linkmsg.h"

#include "common/error.h"
#include "common/limits.h"

#include <assert.h>

static_assert(LINKMSG_FRAME_BYTES_MAX == FRAME_BYTES_MAX &&
                  LINKMSG_PAIR_FRAME_BYTES_MAX == PAIR_FRAME_BYTES &&
                  LINKMSG_KEY_BYTES == KEY_BYTES && LINKMSG_DIALS_MAX >= ADDRESSES_MAX,
              "the bounds here are those of limits.h");
static_assert(LINKMSG_BYTES_MAX >=
                  LINKMSG_HEAD_BYTES + 4 + 1 + 3 * LINKMSG_KEY_BYTES + 1 +
                      (1 + LINKMSG_DIALS_MAX) * (1 + LINKMSG_ADDRESS_BYTES_MAX),
              "the largest CONFIG fits the bound of all messages");

static bool
port_valid(struct span port)
{
    if (port.size == 1 && port.data[0] == '*') {
        return true;
    }
    if (port.size == 0 || port.size > 5 || port.data[0] == '0') {
        return false;
    }
    uint32_t number = 0;
    for (size_t i = 0; i < port.size; i++) {
        if (port.data[i] < '0' || port.data[i] > '9') {
            return false;
        }
        number = number * 10 + (uint32_t)(port.data[i] - '0');
    }
    return number <= 65535;
}

bool
linkmsg_address_valid(struct span address)
{
    static const char scheme[] = "tcp://";
    const size_t start = sizeof scheme - 1;
    if (address.size > LINKMSG_ADDRESS_BYTES_MAX ||
        !span_equal(span_slice(address, 0, start), span_text(scheme))) {
        return false;
    }
    size_t colon = 0;
    for (size_t i = start; i < address.size; i++) {
        uint8_t byte = address.data[i];
        /* '@' and ';' would give libzmq a second, source address; '/' a path. */
        if (byte <= ' ' || byte >= 0x7f || byte == '/' || byte == '@' || byte == ';') {
            return false;
        }
        if (byte == ':') {
            colon = i;
        }
    }
    return colon > start &&
           port_valid(span_slice(address, colon + 1, address.size - colon - 1));
}

static bool
reason_valid(struct span reason)
{
    for (size_t i = 0; i < reason.size; i++) {
        if (reason.data[i] < ' ' || reason.data[i] >= 0x7f) {
            return false;
        }
    }
    return reason.size <= LINKMSG_REASON_BYTES_MAX;
}

static bool
frame_valid(struct span frame)
{
    return frame.size > 0 && frame.size <= LINKMSG_FRAME_BYTES_MAX;
}

static bool
config_valid(const struct linkmsg_config *config)
{
    if (config->dial_count > LINKMSG_DIALS_MAX ||
        (config->listen.size > 0 && !linkmsg_address_valid(config->listen))) {
        return false;
    }
    for (size_t i = 0; i < config->dial_count; i++) {
        if (!linkmsg_address_valid(config->dials[i])) {
            return false;
        }
    }
    return (unsigned)config->mode <= LINKMSG_PAIR_JOIN;
}

static bool
message_valid(const struct linkmsg *message)
{
    switch (message->type) {
    case LINKMSG_CONFIG:
        return config_valid(&message->config);
    case LINKMSG_SEND:
    case LINKMSG_FRAME:
        return frame_valid(message->frame);
    case LINKMSG_READY:
        return message->address.size == 0 || linkmsg_address_valid(message->address);
    case LINKMSG_FAILED:
        return message->error < 0 && reason_valid(message->reason);
    case LINKMSG_UP:
        return (unsigned)message->way <= LINKMSG_OUTBOUND;
    case LINKMSG_CLOSE_PATH:
    case LINKMSG_DOWN:
        return true;
    }
    return false;
}

/* Only after message_valid: a length that one byte can't hold never gets here. */
static void
put_text(struct buf *out, struct span text)
{
    buf_put_u8(out, (uint8_t)text.size);
    buf_put_span(out, text);
}

static void
put_config(struct buf *out, const struct linkmsg_config *config)
{
    buf_put_u32(out, config->generation);
    buf_put_u8(out, (uint8_t)config->mode);
    buf_put(out, config->secret_key, LINKMSG_KEY_BYTES);
    buf_put(out, config->public_key, LINKMSG_KEY_BYTES);
    buf_put(out, config->partner_key, LINKMSG_KEY_BYTES);
    put_text(out, config->listen);
    buf_put_u8(out, (uint8_t)config->dial_count);
    for (size_t i = 0; i < config->dial_count; i++) {
        put_text(out, config->dials[i]);
    }
}

static void
put_fields(struct buf *out, const struct linkmsg *message)
{
    switch (message->type) {
    case LINKMSG_CONFIG:
        put_config(out, &message->config);
        break;
    case LINKMSG_SEND:
    case LINKMSG_FRAME:
        buf_put_u32(out, message->path);
        buf_put_span(out, message->frame);
        break;
    case LINKMSG_CLOSE_PATH:
    case LINKMSG_DOWN:
        buf_put_u32(out, message->path);
        break;
    case LINKMSG_UP:
        buf_put_u32(out, message->path);
        buf_put_u8(out, (uint8_t)message->way);
        break;
    case LINKMSG_READY:
        buf_put_u32(out, message->generation);
        put_text(out, message->address);
        break;
    case LINKMSG_FAILED:
        buf_put_u32(out, message->generation);
        buf_put_u32(out, (uint32_t)message->error);
        put_text(out, message->reason);
        break;
    }
}

void
linkmsg_put(struct buf *out, const struct linkmsg *message)
{
    if (!message_valid(message)) {
        out->error = out->error != 0 ? out->error : E_LIMIT;
        return;
    }
    size_t start = out->size;
    buf_put_u32(out, 0);
    buf_put_u8(out, (uint8_t)message->type);
    put_fields(out, message);
    if (out->error == 0) {
        bytes_set_u32(out->data + start, (uint32_t)(out->size - start - 4));
    } else {
        out->size = start; /* never half a message */
    }
}

static struct span
read_text(struct reader *reader)
{
    return reader_bytes(reader, reader_u8(reader));
}

static void
read_config(struct reader *reader, struct linkmsg_config *config)
{
    config->generation = reader_u32(reader);
    config->mode = (enum linkmsg_mode)reader_u8(reader);
    reader_copy(reader, config->secret_key, LINKMSG_KEY_BYTES);
    reader_copy(reader, config->public_key, LINKMSG_KEY_BYTES);
    reader_copy(reader, config->partner_key, LINKMSG_KEY_BYTES);
    config->listen = read_text(reader);
    config->dial_count = reader_u8(reader);
    for (size_t i = 0; i < config->dial_count && i < LINKMSG_DIALS_MAX; i++) {
        config->dials[i] = read_text(reader);
    }
}

static void
read_fields(struct reader *reader, struct linkmsg *message)
{
    switch (message->type) {
    case LINKMSG_CONFIG:
        read_config(reader, &message->config);
        break;
    case LINKMSG_SEND:
    case LINKMSG_FRAME:
        message->path = reader_u32(reader);
        message->frame = reader_bytes(reader, reader->rest.size);
        break;
    case LINKMSG_CLOSE_PATH:
    case LINKMSG_DOWN:
        message->path = reader_u32(reader);
        break;
    case LINKMSG_UP:
        message->path = reader_u32(reader);
        message->way = (enum linkmsg_way)reader_u8(reader);
        break;
    case LINKMSG_READY:
        message->generation = reader_u32(reader);
        message->address = read_text(reader);
        break;
    case LINKMSG_FAILED:
        message->generation = reader_u32(reader);
        message->error = (int32_t)reader_u32(reader);
        message->reason = read_text(reader);
        break;
    }
}

int
linkmsg_take(struct span input, enum linkmsg_from from, struct linkmsg *out,
             size_t *used)
{
    struct linkmsg message = {0};
    int rc = 0;
    *used = 0;
    if (input.size < LINKMSG_HEAD_BYTES) {
        goto out;
    }
    struct reader head = reader_of(input);
    size_t length = reader_u32(&head);
    uint8_t type = reader_u8(&head);
    rc = E_PROTOCOL;
    /* The head is judged before its body is waited for. */
    if (length < 1 || length > LINKMSG_BYTES_MAX - 4 ||
        (type > LINKMSG_FROM_LINK) != (from == LINKMSG_FROM_LINK)) {
        goto out;
    }
    if (input.size - 4 < length) {
        rc = 0;
        goto out;
    }
    message.type = (enum linkmsg_type)type;
    struct reader body = reader_of(span_slice(input, LINKMSG_HEAD_BYTES, length - 1));
    read_fields(&body, &message);
    if (!reader_done(&body) || !message_valid(&message)) {
        goto out;
    }
    *out = message;
    *used = 4 + length;
    rc = 0;
out:
    bytes_wipe(&message.config, sizeof message.config);
    return rc;
}
