/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The text of an invite, as it arrives, and with a right check, so that the fields behind
 * it are reached. What is refused changes nothing; what is accepted is within its limits
 * and reads the same when written again.
 */
#include "daemon/core/inside.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char letters[] = "0123456789abcdefghjkmnpqrstvwxyz";

static void
written_again(const struct pair *pair, struct core *core)
{
    struct pair again = {0};
    struct buf text = {0};
    core->own_addresses_count = pair->address_count;
    memcpy(core->own_addresses, pair->address, sizeof core->own_addresses);
    require(invite_encode(core, buf_span(&pair->secret), pair->expires_s, &text) == 0);
    require(invite_decode(buf_span(&text), &again) == 0);
    require(span_equal(buf_span(&again.secret), buf_span(&pair->secret)));
    require(again.expires_s == pair->expires_s &&
            again.address_count == pair->address_count &&
            memcmp(again.address, pair->address, sizeof again.address) == 0);
    buf_free(&again.secret);
    buf_free(&text);
}

static void
decode(struct span text)
{
    static struct core core; /* only its addresses are used */
    struct pair pair = {0};
    if (invite_decode(text, &pair) == 0) {
        require(pair.invite && pair.secret.size == KEY_BYTES);
        require(pair.address_count <= ADDRESSES_MAX);
        for (size_t i = 0; i < pair.address_count; i++) {
            require(strlen(pair.address[i]) <= PAIR_ADDRESS_BYTES_MAX);
        }
        written_again(&pair, &core);
    } else {
        require(!pair.invite && pair.secret.size == 0 && pair.address_count == 0);
    }
    buf_free(&pair.secret);
}

/* The input as the bytes of an invite whose check is right. */
static void
checked(struct span input)
{
    struct buf text = {0};
    uint8_t check[HASH_BYTES];
    struct buf bytes = {0};
    uint32_t bits = 0;
    unsigned count = 0;
    hash_spans(check, "attune.invite", &input, 1);
    buf_put_span(&bytes, input);
    buf_put(&bytes, check, 4);
    buf_put_text(&text, "attune1:");
    for (size_t i = 0; i < bytes.size; i++) {
        bits = bits << 8 | bytes.data[i];
        for (count += 8; count >= 5; count -= 5) {
            buf_put_u8(&text, (uint8_t)letters[bits >> (count - 5) & 31]);
        }
    }
    if (count > 0) {
        buf_put_u8(&text, (uint8_t)letters[bits << (5 - count) & 31]);
    }
    if (buf_done(&text) == 0 && buf_done(&bytes) == 0) {
        decode(buf_span(&text));
    }
    buf_free(&bytes);
    buf_free(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    decode(span_of(data, size));
    checked(span_of(data, size));
    return 0;
}
