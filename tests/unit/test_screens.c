/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions and their screens: whose counts, in whatever order it is learnt. */
#include "daemon/screens.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void
test_lock_and_hint(void **state)
{
    struct screen screens[SCREENS_MAX] = {0};
    (void)state;
    struct screen *one = screens_add(screens, "/one");
    struct screen *two = screens_add(screens, "/two");
    assert_false(screens_know(one, true, false));
    assert_false(screens_know(two, true, false));
    assert_false(screens_locked(screens));
    assert_true(screens_hear(one, false, true)); /* Lock */
    assert_true(screens_hear(one, true, true));  /* LockedHint */
    assert_true(screens_locked(screens));
    assert_false(screens_hear(one, false, false)); /* Unlock is a wish; the locker stays */
    assert_true(screens_locked(screens));
    assert_false(screens_hear(one, true, false));
    assert_false(screens_locked(screens));
    /* The hint's end ends what Lock began. */
    assert_true(screens_hear(one, false, true));
    assert_false(screens_hear(one, true, false));
    assert_false(screens_locked(screens));
    assert_true(screens_hear(two, false, true));
    assert_false(screens_hear(one, false, false));
    assert_true(screens_locked(screens));
    assert_true(screens_hear(two, false, true)); /* each lock is news */
}

static void
test_whose(void **state)
{
    struct screen screens[SCREENS_MAX] = {0};
    (void)state;
    struct screen *theirs = screens_add(screens, "/theirs");
    assert_false(screens_hear(theirs, false, true));
    assert_false(screens_locked(screens));
    assert_false(screens_know(theirs, false, true));
    assert_false(screens_hear(theirs, true, true));
    assert_false(screens_locked(screens));
    /* A lock that came and went before it was known to be ours was one. */
    struct screen *ours = screens_add(screens, "/ours");
    assert_false(screens_hear(ours, false, true));
    assert_false(screens_hear(ours, false, false));
    assert_true(screens_know(ours, true, false));
    assert_false(screens_locked(screens));
    struct screen *late = screens_add(screens, "/late");
    assert_true(screens_know(late, true, true)); /* locked before we looked */
    assert_true(screens_locked(screens));
}

static void
test_room(void **state)
{
    struct screen screens[SCREENS_MAX] = {0};
    char path[SCREENS_PATH_BYTES + 1];
    (void)state;
    assert_null(screens_find(screens, ""));
    assert_null(screens_add(screens, ""));
    memset(path, 'p', sizeof path);
    path[SCREENS_PATH_BYTES] = '\0';
    assert_null(screens_add(screens, path));
    path[SCREENS_PATH_BYTES - 1] = '\0';
    assert_non_null(screens_add(screens, path));
    for (int i = 1; i < SCREENS_MAX; i++) {
        snprintf(path, sizeof path, "/%d", i);
        assert_non_null(screens_add(screens, path));
        assert_ptr_equal(screens_find(screens, path), &screens[i]);
    }
    assert_null(screens_add(screens, "/more")); /* nobody knows yet whose they are */
    (void)screens_know(&screens[3], true, false);
    assert_null(screens_add(screens, "/more"));
    (void)screens_know(&screens[5], false, false);
    assert_ptr_equal(screens_add(screens, "/more"), &screens[5]);
    assert_false(screens[5].known);
    assert_null(screens_find(screens, "/5"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lock_and_hint),
        cmocka_unit_test(test_whose),
        cmocka_unit_test(test_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
