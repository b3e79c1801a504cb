/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Paths: the defaults, the environment, a runtime folder that is private. */
#include "common/error.h"
#include "common/paths.h"

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

#define LONG_COUNT 200

struct world {
    char root[64];
    struct paths paths;
};

static void
set(const char *name, const char *root, const char *rest)
{
    char value[512];
    if (rest == NULL) {
        assert_int_equal(unsetenv(name), 0);
        return;
    }
    snprintf(value, sizeof value, "%s%s", root, rest);
    assert_int_equal(setenv(name, value, 1), 0);
}

static int
setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    assert_non_null(world);
    snprintf(world->root, sizeof world->root, "/tmp/attune-test-XXXXXX");
    assert_non_null(mkdtemp(world->root));
    set("HOME", world->root, "/home");
    set("XDG_CONFIG_HOME", "", NULL);
    set("XDG_DATA_HOME", "", NULL);
    set("XDG_STATE_HOME", "", NULL);
    set("XDG_RUNTIME_DIR", world->root, "/run");
    *state = world;
    return 0;
}

static int
teardown(void **state)
{
    static const char *const made[] = {
        "/run/attune",
        "/run",
        "/file",
        "/home/.config/attune",
        "/home/.config",
        "/home/.local/share/attune",
        "/home/.local/share",
        "/home/.local/state/attune",
        "/home/.local/state",
        "/home/.local",
        "/home",
        "/elsewhere",
        "",
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s%s", world->root, made[i]);
        if (rmdir(path) != 0) {
            unlink(path);
        }
    }
    int rc = access(world->root, F_OK) == 0 ? -1 : 0; /* nothing else was made */
    free(world);
    return rc;
}

static void
expect_path(const struct world *world, const char *path, const char *rest)
{
    size_t size = strlen(world->root);
    assert_memory_equal(path, world->root, size);
    assert_string_equal(path + size, rest);
}

static mode_t
mode_of(const char *path)
{
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 07777;
}

static void
defaults_are_the_specifications(void **state)
{
    struct world *world = *state;
    struct paths *paths = &world->paths;
    assert_int_equal(paths_find(paths), 0);
    expect_path(world, paths->config, "/home/.config/attune/config");
    expect_path(world, paths->keys, "/home/.local/share/attune/keys");
    expect_path(world, paths->journal, "/home/.local/share/attune/journal");
    expect_path(world, paths->journal_wal, "/home/.local/share/attune/journal-wal");
    expect_path(world, paths->anchor, "/home/.local/share/attune/anchor");
    expect_path(world, paths->demo, "/home/.local/share/attune/demo");
    expect_path(world, paths->state_dir, "/home/.local/state/attune");
    expect_path(world, paths->socket, "/run/attune/api.sock");
    expect_path(world, paths->lock, "/run/attune/lock");
    assert_int_equal(access(paths->data_dir, F_OK), -1); /* finding made nothing */
}

static void
environment_decides(void **state)
{
    struct world *world = *state;
    struct paths *paths = &world->paths;
    set("XDG_DATA_HOME", world->root, "/d");
    set("XDG_CONFIG_HOME", "relative", "/c"); /* ignored */
    assert_int_equal(paths_find(paths), 0);
    expect_path(world, paths->journal, "/d/attune/journal");
    expect_path(world, paths->config, "/home/.config/attune/config");
    set("HOME", "", NULL);
    memset(paths, 7, sizeof *paths);
    assert_int_equal(paths_find(paths), E_HOME);
    assert_int_equal(paths->data_dir[0], 7); /* untouched */
    set("XDG_CONFIG_HOME", world->root, "/c");
    set("XDG_STATE_HOME", world->root, "/s");
    assert_int_equal(paths_find(paths), 0); /* no HOME needed */
    set("XDG_RUNTIME_DIR", "", NULL);
    assert_int_equal(paths_find(paths), 0);
    assert_int_equal(paths->runtime_dir[0], '/');
}

static void
too_long_is_refused(void **state)
{
    struct world *world = *state;
    char path[2 * PATHS_BYTES_MAX];
    memset(path, 'x', sizeof path);
    path[0] = '/';
    path[LONG_COUNT] = '\0';
    assert_int_equal(setenv("XDG_RUNTIME_DIR", path, 1), 0);
    assert_int_equal(paths_find(&world->paths), E_RUNTIME_DIR);
    set("XDG_RUNTIME_DIR", world->root, "/run");
    path[LONG_COUNT] = 'x';
    path[PATHS_BYTES_MAX - 8] = '\0';
    assert_int_equal(setenv("XDG_DATA_HOME", path, 1), 0);
    assert_int_equal(paths_find(&world->paths), E_HOME);
    path[PATHS_BYTES_MAX - 8] = 'x';
    path[sizeof path - 1] = '\0';
    assert_int_equal(setenv("XDG_DATA_HOME", path, 1), 0);
    assert_int_equal(paths_find(&world->paths), E_HOME);
}

static void
makes_private_folders(void **state)
{
    struct world *world = *state;
    struct paths *paths = &world->paths;
    mode_t mask = umask(0);
    assert_int_equal(paths_find(paths), 0);
    assert_int_equal(paths_make(paths), 0);
    assert_int_equal(paths_make(paths), 0);
    umask(mask);
    assert_int_equal(mode_of(paths->data_dir), 0700);
    assert_int_equal(mode_of(paths->state_dir), 0700);
    assert_int_equal(mode_of(paths->config_dir), 0700);
    assert_int_equal(mode_of(paths->runtime_dir), 0700);
}

static void
runtime_folder_is_ours_alone(void **state)
{
    struct world *world = *state;
    struct paths *paths = &world->paths;
    char other[512];
    snprintf(other, sizeof other, "%s/elsewhere", world->root);
    assert_int_equal(paths_find(paths), 0);
    assert_int_equal(paths_make_runtime(paths), 0);

    assert_int_equal(chmod(paths->runtime_dir, 0755), 0);
    assert_int_equal(paths_make_runtime(paths), 0); /* tightened */
    assert_int_equal(mode_of(paths->runtime_dir), 0700);

    assert_int_equal(chmod(paths->runtime_dir, 0770), 0);
    assert_int_equal(paths_make_runtime(paths), E_RUNTIME_DIR);
    assert_int_equal(mode_of(paths->runtime_dir), 0770); /* left alone */

    assert_int_equal(rmdir(paths->runtime_dir), 0);
    assert_int_equal(mkdir(other, 0700), 0);
    assert_int_equal(symlink(other, paths->runtime_dir), 0);
    assert_int_equal(paths_make_runtime(paths), E_RUNTIME_DIR);
    if (geteuid() == 0) {
        assert_int_equal(unlink(paths->runtime_dir), 0);
        assert_int_equal(mkdir(paths->runtime_dir, 0700), 0);
        assert_int_equal(chown(paths->runtime_dir, 12345, 12345), 0);
        assert_int_equal(paths_make_runtime(paths), E_RUNTIME_DIR);
    }
}

static void
a_file_in_the_way_is_refused(void **state)
{
    struct world *world = *state;
    char path[512];
    snprintf(path, sizeof path, "%s/file", world->root);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    set("XDG_DATA_HOME", world->root, "/file");
    assert_int_equal(paths_find(&world->paths), 0);
    assert_int_equal(paths_make(&world->paths), E_READ_ONLY);
    set("XDG_DATA_HOME", "", NULL);
    set("XDG_RUNTIME_DIR", world->root, "/file");
    assert_int_equal(paths_find(&world->paths), 0);
    assert_int_equal(paths_make_runtime(&world->paths), E_RUNTIME_DIR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(defaults_are_the_specifications, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(environment_decides, setup, teardown),
        cmocka_unit_test_setup_teardown(too_long_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(makes_private_folders, setup, teardown),
        cmocka_unit_test_setup_teardown(runtime_folder_is_ours_alone, setup, teardown),
        cmocka_unit_test_setup_teardown(a_file_in_the_way_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
