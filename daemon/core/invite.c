/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of an invite: "attune1:" and base 32 (Crockford, lower case) of
 *   secret[32], u64 expiry (seconds since 1970), u8 addresses, each u8 size and text,
 *   check[4], the first bytes of H("attune.invite", all before).
 * Whoever holds the text before it is used can pair: it travels by a trusted way.
 */
#include "common/address.h"
#include "common/error.h"
#include "daemon/core/inside.h"

#include <string.h>

static const char prefix[] = "attune1:";
static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

enum { INVITE_BYTES_MAX = 32 + 8 + 1 + ADDRESSES_MAX * (1 + PAIR_ADDRESS_BYTES_MAX) + 4 };

static void
base32_put(struct buf *out, struct span bytes)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        bits = bits << 8 | bytes.data[i];
        count += 8;
        while (count >= 5) {
            count -= 5;
            buf_put_u8(out, (uint8_t)letters[bits >> count & 31]);
        }
    }
    if (count > 0) {
        buf_put_u8(out, (uint8_t)letters[bits << (5 - count) & 31]);
    }
}

static int
base32_get(struct span text, struct buf *out)
{
    uint32_t bits = 0;
    unsigned count = 0;
    for (size_t i = 0; i < text.size; i++) {
        int c = text.data[i] >= 'A' && text.data[i] <= 'Z' ? text.data[i] + 32
                                                           : text.data[i];
        const char *letter = c == 0 ? NULL : strchr(letters, c);
        if (letter == NULL) {
            return E_USAGE;
        }
        bits = bits << 5 | (uint32_t)(letter - letters);
        count += 5;
        if (count >= 8) {
            count -= 8;
            buf_put_u8(out, (uint8_t)(bits >> count));
        }
    }
    return buf_done(out);
}

static void
check_bytes(struct span bytes, uint8_t out[static HASH_BYTES])
{
    hash_spans(out, "attune.invite", &bytes, 1);
}

int
invite_encode(struct core *core, struct span secret, int64_t expires_s, struct buf *text)
{
    struct buf bytes = {0};
    uint8_t check[HASH_BYTES];
    buf_put_span(&bytes, secret);
    buf_put_u64(&bytes, (uint64_t)expires_s);
    buf_put_u8(&bytes, (uint8_t)core->own_addresses_count);
    for (size_t i = 0; i < core->own_addresses_count; i++) {
        buf_put_u8(&bytes, (uint8_t)strlen(core->own_addresses[i]));
        buf_put_text(&bytes, core->own_addresses[i]);
    }
    check_bytes(buf_span(&bytes), check);
    buf_put(&bytes, check, 4);
    buf_put_text(text, prefix);
    base32_put(text, buf_span(&bytes));
    int rc = buf_done(&bytes);
    buf_free(&bytes);
    return rc != 0 ? rc : buf_done(text);
}

int
invite_decode(struct span text, struct pair *pair)
{
    size_t prefix_bytes = sizeof prefix - 1;
    struct buf bytes = {.size_max = INVITE_BYTES_MAX};
    uint8_t check[HASH_BYTES], secret[KEY_BYTES];
    char addresses[ADDRESSES_MAX][PAIR_ADDRESS_BYTES_MAX + 1] = {{0}};
    int rc = text.size < prefix_bytes || memcmp(text.data, prefix, prefix_bytes) != 0
                 ? E_USAGE
                 : base32_get(span_slice(text, prefix_bytes, text.size), &bytes);
    if (rc != 0 || bytes.size < 32 + 8 + 1 + 4) {
        rc = E_USAGE;
        goto out;
    }
    struct span body = span_slice(buf_span(&bytes), 0, bytes.size - 4);
    check_bytes(body, check);
    struct reader reader = reader_of(body);
    reader_copy(&reader, secret, sizeof secret);
    int64_t expires_s = (int64_t)reader_u64(&reader);
    size_t count = reader_u8(&reader);
    rc = memcmp(check, bytes.data + body.size, 4) == 0 && count <= ADDRESSES_MAX ? 0 : E_USAGE;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        struct span address = reader_bytes(&reader, reader_u8(&reader));
        if (address.size > PAIR_ADDRESS_BYTES_MAX || address_check(address, false) != 0) {
            rc = E_USAGE;
        } else {
            memcpy(addresses[i], address.data, address.size);
        }
    }
    if (rc == 0 && reader_done(&reader)) {
        buf_clear(&pair->secret);
        buf_put(&pair->secret, secret, sizeof secret);
        pair->invite = true;
        pair->expires_s = expires_s;
        pair->address_count = count;
        memcpy(pair->address, addresses, sizeof addresses);
        rc = buf_done(&pair->secret);
    } else {
        rc = E_USAGE;
    }
out:
    bytes_wipe(secret, sizeof secret);
    buf_free(&bytes);
    return rc;
}
