/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JSON out: shape, escapes, and misuse that must not pass for output. */
#include "common/error.h"
#include "common/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
writes_nested_values(void **state)
{
    (void)state;
    struct buf out = {0};
    struct json json;
    json_init(&json, &out);
    json_begin_object(&json, NULL);
    json_int(&json, "format", 1);
    json_begin_array(&json, "entries");
    json_string(&json, NULL, "a");
    json_begin_object(&json, NULL);
    json_bool(&json, "held", false);
    json_null(&json, "parent");
    json_end_object(&json);
    json_begin_array(&json, NULL);
    json_end_array(&json);
    json_end_array(&json);
    json_string(&json, "name", NULL);
    json_int(&json, "least", INT64_MIN);
    json_end_object(&json);
    assert_int_equal(json_done(&json), 0);
    assert_string_equal(
        buf_text(&out),
        "{\"format\":1,\"entries\":[\"a\",{\"held\":false,\"parent\":null},[]],"
        "\"name\":null,\"least\":-9223372036854775808}");
    buf_free(&out);
}

static void
escapes_what_must_not_stand(void **state)
{
    (void)state;
    static const char text[] = "\"\\\n\t\r\x01\x7f\xc2\x9b\xe2\x80\xae\xe2\x80\xa8"
                               "\xf3\xa0\x81\x81\xc3\xa9\xff\0";
    struct buf out = {0};
    struct json json;
    json_init(&json, &out);
    json_text(&json, NULL, span_of(text, sizeof text - 1));
    assert_int_equal(json_done(&json), 0);
    assert_string_equal(buf_text(&out),
                        "\"\\\"\\\\\\n\\t\\u000d\\u0001\\u007f\\u009b\\u202e\\u2028"
                        "\\udb40\\udc41\xc3\xa9\xef\xbf\xbd\\u0000\"");
    buf_free(&out);
}

static int
misuse(int which)
{
    struct buf out = {0};
    struct json json;
    json_init(&json, &out);
    switch (which) {
    case 0: /* nothing at all */
        break;
    case 1:
        json_begin_object(&json, NULL);
        break;
    case 2:
        json_begin_object(&json, NULL);
        json_int(&json, NULL, 1);
        json_end_object(&json);
        break;
    case 3:
        json_begin_array(&json, NULL);
        json_int(&json, "key", 1);
        json_end_array(&json);
        break;
    case 4:
        json_int(&json, NULL, 1);
        json_int(&json, NULL, 2);
        break;
    case 5:
        json_begin_array(&json, NULL);
        json_end_object(&json);
        break;
    case 6:
        for (int i = 0; i <= JSON_DEPTH_MAX; i++) {
            json_begin_array(&json, NULL);
        }
        for (int i = 0; i <= JSON_DEPTH_MAX; i++) {
            json_end_array(&json);
        }
        break;
    default:
        json_end_array(&json);
        break;
    }
    int rc = json_done(&json);
    buf_free(&out);
    return rc;
}

static void
misuse_is_an_error(void **state)
{
    (void)state;
    for (int which = 0; which <= 7; which++) {
        assert_int_equal(misuse(which), E_INTERNAL);
    }
}

static void
limit_of_the_buf_shows(void **state)
{
    (void)state;
    struct buf out;
    struct json json;
    buf_init(&out, 8);
    json_init(&json, &out);
    json_string(&json, NULL, "longer than eight");
    assert_int_equal(json_done(&json), E_LIMIT);
    buf_free(&out);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_nested_values),
        cmocka_unit_test(escapes_what_must_not_stand),
        cmocka_unit_test(misuse_is_an_error),
        cmocka_unit_test(limit_of_the_buf_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
