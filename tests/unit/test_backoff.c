/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The wait before the next try: doubles, ends, begins anew. */
#include "common/backoff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
test_doubles(void **state)
{
    static const struct {
        uint32_t first_ms, last_ms;
        uint32_t waits_ms[6];
    } rows[] = {
        {1000, 60000, {1000, 2000, 4000, 8000, 16000, 32000}},
        {1, 5, {1, 2, 4, 5, 5, 5}},
        {1, 4, {1, 2, 4, 4, 4, 4}},
        {3, 3, {3, 3, 3, 3, 3, 3}},
        {UINT32_MAX / 2 + 1,
         UINT32_MAX,
         {UINT32_MAX / 2 + 1, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX,
          UINT32_MAX}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct backoff backoff;
        backoff_init(&backoff, rows[i].first_ms, rows[i].last_ms);
        for (int again = 0; again < 2; again++) {
            for (size_t w = 0; w < 6; w++) {
                assert_int_equal(backoff_full(&backoff),
                                 rows[i].waits_ms[w] == rows[i].last_ms);
                assert_int_equal(backoff_next(&backoff), rows[i].waits_ms[w]);
            }
            backoff_reset(&backoff);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_doubles)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
