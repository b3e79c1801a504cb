/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arena of long-lived keys: bounds, wiping, real locking, nothing for children. */
#include "daemon/crypto/secret.h"

#include "common/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sodium.h>

static void
test_alloc_until_full(void **state)
{
    (void)state;
    assert_null(secret_alloc(1));
    assert_int_equal(secret_init(4096), 0);
    assert_int_equal(secret_init(4096), E_ALREADY);
    uint8_t *a = secret_alloc(33);
    uint8_t *b = secret_alloc(32);
    assert_non_null(a);
    assert_non_null(b);
    assert_int_equal((uintptr_t)a % 16, 0);
    assert_int_equal((uintptr_t)b % 16, 0);
    assert_true(b >= a + 33);
    assert_true(sodium_is_zero(a, 33));
    assert_null(secret_alloc(4096));
    assert_null(secret_alloc(SIZE_MAX));
    assert_non_null(secret_alloc(4096 - 48 - 32));
    assert_null(secret_alloc(1));
    secret_done();
    secret_done();
    assert_null(secret_alloc(1));
}

static void
test_wipe_all(void **state)
{
    (void)state;
    assert_int_equal(secret_init(100), 0);
    uint8_t *a = secret_alloc(64);
    assert_non_null(a);
    memset(a, 0xaa, 64);
    secret_wipe_all();
    assert_true(sodium_is_zero(a, 64));
    assert_ptr_equal(secret_alloc(64), a);
    secret_done();
    secret_wipe_all();
}

static void
test_sizes_refused(void **state)
{
    (void)state;
    assert_int_equal(secret_init(0), E_MEMORY);
    assert_int_equal(secret_init(SIZE_MAX), E_MEMORY);
    assert_null(secret_alloc(1));
}

/* Runs `job` in a child and returns its exit status. */
static int
in_child(int (*job)(void *), void *context)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(job(context));
    }
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
sees_zeros(void *context)
{
    return sodium_is_zero(context, 64) == 1 ? 0 : 1;
}

static void
test_child_sees_nothing(void **state)
{
    (void)state;
    assert_int_equal(secret_init(4096), 0);
    uint8_t *a = secret_alloc(64);
    assert_non_null(a);
    memset(a, 0xaa, 64);
    assert_int_equal(in_child(sees_zeros, a), 0);
    assert_int_equal(a[63], 0xaa);
    secret_done();
}

#ifndef ATTUNE_SANITIZE
/* "lo" among VmFlags: locked; "dd": not dumped; "wf": wiped on fork. Kernel proc(5). */
static void
test_kernel_agrees(void **state)
{
    (void)state;
    char line[512];
    bool inside = false;
    bool checked = false;
    assert_int_equal(secret_init(4096), 0);
    uintptr_t address = (uintptr_t)secret_alloc(64);
    FILE *maps = fopen("/proc/self/smaps", "re");
    assert_non_null(maps);
    while (!checked && fgets(line, sizeof(line), maps) != NULL) {
        unsigned long begin;
        unsigned long end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2) {
            inside = address >= begin && address < end;
        } else if (inside && strncmp(line, "VmFlags:", 8) == 0) {
            assert_non_null(strstr(line, " lo"));
            assert_non_null(strstr(line, " dd"));
            assert_non_null(strstr(line, " wf"));
            checked = true;
        }
    }
    assert_int_equal(fclose(maps), 0);
    /* Some kernels have no VmFlags; then there is nothing to compare. */
    (void)checked;
    secret_done();
}

static int
init_without_locking(void *context)
{
    (void)context;
    struct rlimit none = {0, 0};
    if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 ||
        (getuid() == 0 && setuid(65534) != 0)) {
        return 2;
    }
    int rc = secret_init(4096);
    return rc == E_MLOCK && secret_alloc(1) == NULL ? 0 : 1;
}

static void
test_unlocked_is_refused(void **state)
{
    (void)state;
    assert_int_equal(in_child(init_without_locking, NULL), 0);
}
#endif

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_alloc_until_full),
        cmocka_unit_test(test_wipe_all),
        cmocka_unit_test(test_sizes_refused),
        cmocka_unit_test(test_child_sees_nothing),
#ifndef ATTUNE_SANITIZE
        /* AddressSanitizer makes mlock do nothing, successfully. */
        cmocka_unit_test(test_kernel_agrees),
        cmocka_unit_test(test_unlocked_is_refused),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
