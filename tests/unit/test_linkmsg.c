/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The messages between attuned and its link: there and back, and nothing else. */
#include "common/error.h"
#include "common/linkmsg.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct linkmsg
sample_config(void)
{
    struct linkmsg message = {.type = LINKMSG_CONFIG};
    message.config.generation = 0x01020304;
    message.config.mode = LINKMSG_CURVE;
    memset(message.config.secret_key, 1, LINKMSG_KEY_BYTES);
    memset(message.config.public_key, 2, LINKMSG_KEY_BYTES);
    memset(message.config.partner_key, 3, LINKMSG_KEY_BYTES);
    message.config.listen = span_text("tcp://*:7400");
    message.config.dial_count = 2;
    message.config.dials[0] = span_text("tcp://ben.local:7400");
    message.config.dials[1] = span_text("tcp://[fe80::1%eth0]:7400");
    return message;
}

static enum linkmsg_from
from_of(enum linkmsg_type type)
{
    return (unsigned)type > LINKMSG_FROM_LINK ? LINKMSG_FROM_LINK : LINKMSG_FROM_DAEMON;
}

/* Encodes, checks that every shorter input waits or is refused, decodes. */
static void
round_trip(const struct linkmsg *message)
{
    enum linkmsg_from from = from_of(message->type);
    struct buf buf = {0};
    struct linkmsg out = {0};
    size_t used = 99;
    linkmsg_put(&buf, message);
    assert_int_equal(buf_done(&buf), 0);
    for (size_t i = 0; i < buf.size && i < 600; i++) {
        assert_int_equal(
            linkmsg_take(span_slice(buf_span(&buf), 0, i), from, &out, &used), 0);
        assert_int_equal(used, 0);
    }
    assert_int_equal(linkmsg_take(buf_span(&buf), from, &out, &used), 0);
    assert_int_equal(used, buf.size);
    assert_int_equal(out.type, message->type);
    assert_int_equal(out.path, message->path);
    assert_int_equal(out.generation, message->generation);
    assert_int_equal(out.error, message->error);
    assert_true(span_equal(out.frame, message->frame));
    assert_true(span_equal(out.address, message->address));
    assert_true(span_equal(out.reason, message->reason));
    /* The other direction refuses it, whole or begun. */
    enum linkmsg_from other =
        from == LINKMSG_FROM_LINK ? LINKMSG_FROM_DAEMON : LINKMSG_FROM_LINK;
    assert_int_equal(linkmsg_take(buf_span(&buf), other, &out, &used), E_PROTOCOL);
    assert_int_equal(linkmsg_take(span_slice(buf_span(&buf), 0, LINKMSG_HEAD_BYTES),
                                  other, &out, &used),
                     E_PROTOCOL);
    buf_free(&buf);
}

static void
there_and_back(void **state)
{
    (void)state;
    static uint8_t large[LINKMSG_FRAME_BYTES_MAX];
    struct linkmsg config = sample_config();
    const struct linkmsg messages[] = {
        config,
        {.type = LINKMSG_SEND, .path = 7, .frame = span_text("x")},
        {.type = LINKMSG_SEND,
         .path = UINT32_MAX,
         .frame = span_of(large, sizeof large)},
        {.type = LINKMSG_CLOSE_PATH, .path = 3},
        {.type = LINKMSG_READY,
         .generation = 9,
         .address = span_text("tcp://[::]:7400")},
        {.type = LINKMSG_READY, .generation = 9},
        {.type = LINKMSG_UP, .path = 5, .way = LINKMSG_OUTBOUND},
        {.type = LINKMSG_DOWN, .path = 5},
        {.type = LINKMSG_FRAME, .path = 1, .frame = span_of(large, sizeof large)},
        {.type = LINKMSG_FAILED,
         .generation = 1,
         .error = E_LINK,
         .reason = span_text("can't")},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        round_trip(&messages[i]);
    }
}

static void
config_fields(void **state)
{
    (void)state;
    struct linkmsg in = sample_config();
    struct linkmsg out = {0};
    struct buf buf = {0};
    size_t used = 0;
    linkmsg_put(&buf, &in);
    assert_int_equal(linkmsg_take(buf_span(&buf), LINKMSG_FROM_DAEMON, &out, &used), 0);
    assert_int_equal(out.config.generation, 0x01020304);
    assert_int_equal(out.config.mode, LINKMSG_CURVE);
    assert_memory_equal(out.config.secret_key, in.config.secret_key, LINKMSG_KEY_BYTES);
    assert_memory_equal(out.config.public_key, in.config.public_key, LINKMSG_KEY_BYTES);
    assert_memory_equal(out.config.partner_key, in.config.partner_key,
                        LINKMSG_KEY_BYTES);
    assert_true(span_equal(out.config.listen, in.config.listen));
    assert_int_equal(out.config.dial_count, 2);
    assert_true(span_equal(out.config.dials[1], in.config.dials[1]));
    buf_free(&buf);
}

static void
never_encoded(void **state)
{
    (void)state;
    static uint8_t large[LINKMSG_FRAME_BYTES_MAX + 1];
    struct linkmsg many = sample_config();
    many.config.dial_count = LINKMSG_DIALS_MAX + 1;
    struct linkmsg inproc = sample_config();
    inproc.config.listen = span_text("inproc://zeromq.zap.01");
    const struct linkmsg messages[] = {
        many,
        inproc,
        {.type = LINKMSG_SEND, .path = 1},
        {.type = LINKMSG_SEND, .path = 1, .frame = span_of(large, sizeof large)},
        {.type = LINKMSG_FAILED, .error = 0, .reason = span_text("fine")},
        {.type = LINKMSG_FAILED, .error = E_LINK, .reason = span_text("a\nb")},
        {.type = (enum linkmsg_type)99},
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct buf buf = {0};
        linkmsg_put(&buf, &messages[i]);
        assert_int_equal(buf_done(&buf), E_LIMIT);
        assert_int_equal(buf.size, 0);
        buf_free(&buf);
    }
}

static void
refused(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t size;
        enum linkmsg_from from;
    } rows[] = {
        {"\0\0\0\0\3", 5, LINKMSG_FROM_DAEMON},            /* no type */
        {"\xff\xff\xff\xff\3", 5, LINKMSG_FROM_DAEMON},    /* endless */
        {"\5\0\0\0\4\0\0\0\0", 9, LINKMSG_FROM_DAEMON},    /* unknown type */
        {"\4\0\0\0\3\0\0\0", 8, LINKMSG_FROM_DAEMON},      /* cut field */
        {"\6\0\0\0\3\1\0\0\0\0", 10, LINKMSG_FROM_DAEMON}, /* bytes left over */
        {"\5\0\0\0\2\1\0\0\0", 9, LINKMSG_FROM_DAEMON},    /* empty frame */
        {"\6\0\0\0\x12\1\0\0\0\2", 10, LINKMSG_FROM_LINK}, /* unknown way */
        {"\6\0\0\0\x11\1\0\0\0\5", 10, LINKMSG_FROM_LINK}, /* text past the end */
        {"\x0a\0\0\0\x15\1\0\0\0\1\0\0\0\0", 14, LINKMSG_FROM_LINK}, /* error > 0 */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct linkmsg out = {.path = 77};
        size_t used = 1;
        assert_int_equal(linkmsg_take(span_of(rows[i].bytes, rows[i].size),
                                      rows[i].from, &out, &used),
                         E_PROTOCOL);
        assert_int_equal(out.path, 77);
        assert_int_equal(used, 0);
    }
}

static void
addresses(void **state)
{
    (void)state;
    static const char *const good[] = {
        "tcp://*:7400",         "tcp://*:*",         "tcp://127.0.0.1:1",
        "tcp://ben.local:7400", "tcp://[::1]:65535", "tcp://eth0:7400",
    };
    static const char *const bad[] = {
        "",
        "tcp://",
        "tcp://:7400",
        "tcp://a",
        "tcp://a:",
        "tcp://a:0",
        "tcp://a:65536",
        "tcp://a:07",
        "tcp://a:x",
        "ipc:///tmp/x",
        "tcp://a:1;b:2",
        "tcp://a@b:1",
        "tcp://a b:1",
        "tcp://a/b:1",
        "TCP://a:1",
        "tcp://\xc3\xa9:1",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_true(linkmsg_address_valid(span_text(good[i])));
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(linkmsg_address_valid(span_text(bad[i])));
    }
    char longest[400];
    memset(longest, 'a', sizeof longest);
    memcpy(longest, "tcp://", 6);
    memcpy(longest + 253, ":1", 3);
    assert_true(linkmsg_address_valid(span_text(longest)));
    longest[253] = 'a';
    memcpy(longest + 254, ":1", 3);
    assert_false(linkmsg_address_valid(span_text(longest)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_and_back), cmocka_unit_test(config_fields),
        cmocka_unit_test(never_encoded),  cmocka_unit_test(refused),
        cmocka_unit_test(addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
