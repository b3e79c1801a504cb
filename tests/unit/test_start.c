/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Starting attuned, played by a shell script in PATH: it says it is ready, it says why
 * it is not, it says nothing, it is not there. What it inherits is what start.h
 * promises.
 */
#include "clients/lib/start.h"
#include "common/error.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

struct place {
    char folder[64];
    char script[128];
    char seen[128]; /* what the script writes down */
};

static int
setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    char path[512];
    if (place == NULL) {
        return -1;
    }
    (void)snprintf(place->folder, sizeof place->folder, "/tmp/attune-test-XXXXXX");
    if (mkdtemp(place->folder) == NULL) {
        free(place);
        return -1;
    }
    (void)snprintf(place->script, sizeof place->script, "%s/attuned", place->folder);
    (void)snprintf(place->seen, sizeof place->seen, "%s/seen", place->folder);
    (void)snprintf(path, sizeof path, "%s:/usr/bin:/bin", place->folder);
    setenv("PATH", path, 1);
    setenv("SEEN", place->seen, 1);
    *state = place;
    return 0;
}

static int
teardown(void **state)
{
    struct place *place = *state;
    (void)unlink(place->script);
    (void)unlink(place->seen);
    int rc = rmdir(place->folder);
    free(place);
    return rc;
}

static void
write_script(const struct place *place, const char *body)
{
    int fd = open(place->script, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0700);
    assert_true(fd >= 0);
    assert_true(dprintf(fd, "#!/bin/sh\n%s\n", body) > 0);
    assert_int_equal(close(fd), 0);
}

static void
test_ready(void **state)
{
    const struct place *place = *state;
    char seen[512] = {0};
    /* A passphrase someone passed to the client on a descriptor. */
    int secret = open("/dev/zero", O_RDONLY);
    assert_true(secret >= 0 && secret < 10);
    assert_int_equal(dup2(secret, 9), 9);
    write_script(place, "ends=$(readlink /proc/$$/fd/0 /proc/$$/fd/1)\n"
                        "{ echo \"$*\"; echo \"$ends\"; pwd\n"
                        "open=0; for fd in 4 5 6 7 8 9; do\n" /* no pipe: it has two */
                        "[ -e /proc/$$/fd/$fd ] && open=$((open + 1)); done\n"
                        "echo $open; } > \"$SEEN\"\n"
                        "printf x >&3");
    assert_int_equal(start_daemon(), 0);
    int fd = open(place->seen, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_true(read(fd, seen, sizeof seen - 1) > 0);
    assert_string_equal(seen,
                        "--background --ready-fd 3\n/dev/null\n/dev/null\n/\n0\n");
    close(fd);
    close(9);
    close(secret);
}

static void
test_says_why_not(void **state)
{
    const struct place *place = *state;
    char body[1024];
    (void)snprintf(body, sizeof body, "echo 'attuned: %s' >&2; exit 6",
                   error_text(E_RUNTIME_DIR));
    write_script(place, body);
    assert_int_equal(start_daemon(), E_RUNTIME_DIR);
    write_script(place, "echo 'Another attuned serves this home already.' >&2; exit 6");
    assert_int_equal(start_daemon(), E_RUNNING);
    write_script(place, "exit 0");
    assert_int_equal(start_daemon(), E_DAEMON);
    /* More than it may say is cut, and nobody waits. */
    write_script(place, "head -c 100000 /dev/zero >&2; exit 1");
    assert_int_equal(start_daemon(), E_DAEMON);
}

static void
test_not_there(void **state)
{
    (void)state;
    setenv("PATH", "/nonexistent", 1);
    assert_int_equal(start_daemon(), E_DAEMON);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ready, setup, teardown),
        cmocka_unit_test_setup_teardown(test_says_why_not, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_there, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
