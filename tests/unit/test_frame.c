/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames of the local API: whole, in pieces, too long, and not what they should be.
 */
#include "clients/lib/attune.h"
#include "clients/lib/frame.h"
#include "common/error.h"
#include "common/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* One framed reply with that text. */
static void
put_reply(struct buf *out, uint32_t number, const char *text)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    reply.number = number;
    reply.text = attune_bytes(span_text(text));
    size_t size = attune__local__reply__get_packed_size(&reply);
    buf_put_u32(out, (uint32_t)size);
    uint8_t *data = buf_reserve(out, size);
    assert_non_null(data);
    attune__local__reply__pack(&reply, data);
    buf_advance(out, size);
}

static void
test_put_is_length_and_message(void **state)
{
    (void)state;
    static const uint8_t want[] = {0x0c, 0, 0,   0,   0x08, 1,   0x10, 7,
                                   0x1a, 6, 's', 't', 'a',  't', 'u',  's'};
    Attune__Local__Request request;
    struct buf out;
    buf_init(&out, 0);
    attune_request(&request, "status");
    request.format = 1;
    request.number = 7;
    assert_int_equal(frame_put(&out, &request), 0);
    assert_int_equal(out.size, sizeof want);
    assert_memory_equal(out.data, want, sizeof want);
    buf_free(&out);
}

static void
test_put_refuses_what_is_too_long(void **state)
{
    (void)state;
    Attune__Local__Request request;
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    struct buf out;
    uint8_t *text = calloc(1, REQUEST_BYTES_MAX);
    assert_non_null(text);
    buf_init(&out, 0);
    attune_request(&request, "create");
    attune_with_entry(&request, &entry);
    entry.snippet = attune_bytes(span_of(text, REQUEST_BYTES_MAX));
    assert_int_equal(frame_put(&out, &request), E_LIMIT);
    assert_int_equal(out.size, 0);
    entry.snippet.len = REQUEST_BYTES_MAX - 64;
    assert_int_equal(frame_put(&out, &request), 0);
    buf_free(&out);
    free(text);
}

static void
test_take_in_pieces(void **state)
{
    (void)state;
    struct buf whole, in;
    struct arena *arena = arena_new(1 << 16);
    Attune__Local__Reply *reply = NULL;
    bool complete = true;
    assert_non_null(arena);
    buf_init(&whole, 0);
    buf_init(&in, 0);
    put_reply(&whole, 1, "first");
    put_reply(&whole, 2, "second");
    unsigned seen = 0;
    for (size_t i = 0; i < whole.size; i++) {
        assert_true(frame_wants(&in) > 0);
        buf_put_u8(&in, whole.data[i]);
        assert_int_equal(frame_take(&in, arena, &reply, &complete), 0);
        if (complete) {
            seen++;
            assert_int_equal(reply->number, seen);
            assert_int_equal(in.size, 0);
        }
    }
    assert_int_equal(seen, 2);
    assert_true(span_equal(attune_span(reply->text), span_text("second")));
    arena_free(arena);
    buf_free(&whole);
    buf_free(&in);
}

static void
test_take_two_at_once(void **state)
{
    (void)state;
    struct buf in;
    struct arena *arena = arena_new(1 << 16);
    Attune__Local__Reply *reply = NULL;
    bool complete = false;
    assert_non_null(arena);
    buf_init(&in, 0);
    put_reply(&in, 1, "first");
    put_reply(&in, 2, "second");
    assert_int_equal(frame_wants(&in), 0);
    assert_int_equal(frame_take(&in, arena, &reply, &complete), 0);
    assert_true(complete);
    assert_int_equal(reply->number, 1);
    assert_int_equal(frame_take(&in, arena, &reply, &complete), 0);
    assert_true(complete);
    assert_int_equal(reply->number, 2);
    assert_int_equal(in.size, 0);
    arena_free(arena);
    buf_free(&in);
}

static void
take_refuses(const void *bytes, size_t size, size_t budget, int want)
{
    struct buf in;
    struct arena *arena = arena_new(budget);
    Attune__Local__Reply *reply = NULL;
    bool complete = false;
    assert_non_null(arena);
    buf_init(&in, 0);
    buf_put(&in, bytes, size);
    assert_int_equal(frame_take(&in, arena, &reply, &complete), want);
    assert_null(reply);
    assert_false(complete);
    assert_int_equal(in.size, size);
    arena_free(arena);
    buf_free(&in);
}

static void
test_take_refuses(void **state)
{
    (void)state;
    static const uint8_t long_one[] = {1, 0, 0, 2}; /* REPLY_BYTES_MAX + 1 */
    static const uint8_t longest[] = {0xff, 0xff, 0xff, 0xff};
    static const uint8_t nonsense[] = {2, 0,    0,
                                       0, 0x12, 0x7f}; /* a string past the end */
    take_refuses(long_one, sizeof long_one, 1 << 16, E_PROTOCOL);
    take_refuses(longest, sizeof longest, 1 << 16, E_PROTOCOL);
    take_refuses(nonsense, sizeof nonsense, 1 << 16, E_PROTOCOL);

    struct buf big;
    char text[2048];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    buf_init(&big, 0);
    put_reply(&big, 1, text);
    take_refuses(big.data, big.size, 1024, E_MEMORY);
    buf_free(&big);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_put_is_length_and_message),
        cmocka_unit_test(test_put_refuses_what_is_too_long),
        cmocka_unit_test(test_take_in_pieces),
        cmocka_unit_test(test_take_two_at_once),
        cmocka_unit_test(test_take_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
