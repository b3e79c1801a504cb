/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's zone: news of its file, and no other, however it is replaced. */
#include "common/when.h"
#include "daemon/zone.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 10, PATH_BYTES = 128 };
enum { FAILED = 1, CANT = 77 }; /* exit statuses of a child */

struct world {
    struct clock clock;
    struct loop *loop;
    struct zone zone;
    char folder[PATH_BYTES];
    int calls;
};

static void
count(void *context)
{
    struct world *world = context;
    world->calls++;
}

static const char *
in(const struct world *world, const char *name)
{
    static char paths[2][2 * PATH_BYTES];
    static unsigned turn;
    char *path = paths[turn++ % 2];
    snprintf(path, sizeof paths[0], "%s/%s", world->folder, name);
    return path;
}

static void
touch(const struct world *world, const char *name)
{
    int fd = open(in(world, name), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    close(fd);
}

/* The kernel tells at once what was done before the turn. */
static int
calls(struct world *world)
{
    world->calls = 0;
    assert_int_equal(loop_turn(world->loop, WAIT_MS), 0);
    return world->calls;
}

static void
test_names(void **state)
{
    struct world world = {0};
    (void)state;
    clock_init(&world.clock);
    snprintf(world.folder, sizeof world.folder, "/tmp/attune-zone-XXXXXX");
    assert_non_null(mkdtemp(world.folder));
    assert_int_equal(loop_new(&world.clock, &world.loop), 0);
    zone_init(&world.zone, world.loop, world.folder, count, &world);
    if (world.zone.watch.fd < 0) { /* no inotify here */
        rmdir(world.folder);
        loop_free(world.loop);
        skip();
    }
    assert_int_equal(calls(&world), 0);
    touch(&world, "localtime2");
    touch(&world, "local");
    assert_int_equal(calls(&world), 0);
    touch(&world, "localtime");
    assert_int_equal(calls(&world), 1);
    assert_int_equal(symlink("/usr/share/zoneinfo/UTC", in(&world, "localtime.new")),
                     0);
    assert_int_equal(calls(&world), 0);
    /* As timedatectl does it, amid others. */
    touch(&world, "local");
    assert_int_equal(rename(in(&world, "localtime.new"), in(&world, "localtime")), 0);
    touch(&world, "local");
    assert_int_equal(calls(&world), 1);
    assert_int_equal(unlink(in(&world, "localtime")), 0);
    assert_int_equal(calls(&world), 1);
    zone_done(&world.zone);
    zone_done(&world.zone); /* twice is fine */
    touch(&world, "localtime");
    assert_int_equal(calls(&world), 0);
    unlink(in(&world, "localtime"));
    unlink(in(&world, "localtime2"));
    unlink(in(&world, "local"));
    assert_int_equal(rmdir(world.folder), 0);
    loop_free(world.loop);
}

/* Nothing to watch is nothing to say. */
static void
test_nowhere(void **state)
{
    struct world world = {0};
    (void)state;
    clock_init(&world.clock);
    zone_done(&world.zone);
    assert_int_equal(loop_new(&world.clock, &world.loop), 0);
    zone_init(&world.zone, world.loop, "/nowhere/at/all", count, &world);
    assert_int_equal(world.zone.watch.fd, -1);
    assert_int_equal(calls(&world), 0);
    zone_done(&world.zone);
    loop_free(world.loop);
}

static void
point_to(const char *file)
{
    if (symlink(file, "/etc/localtime.new") != 0 ||
        rename("/etc/localtime.new", "/etc/localtime") != 0) {
        _exit(FAILED);
    }
}

/* In a child with an /etc of its own. */
static void
move_machine(void)
{
    struct world world = {0};
    const int64_t winter_s = 1800000000; /* 2027-01-15T08:00:00Z */
    if (unshare(CLONE_NEWNS) != 0 ||
        mount("none", "/", "none", MS_REC | MS_PRIVATE, "") != 0 ||
        mount("none", "/etc", "tmpfs", 0, "") != 0 ||
        access("/usr/share/zoneinfo/Asia/Kolkata", R_OK) != 0) {
        _exit(CANT);
    }
    unsetenv("TZ");
    clock_init(&world.clock);
    point_to("/usr/share/zoneinfo/Asia/Kolkata");
    if (loop_new(&world.clock, &world.loop) != 0) {
        _exit(FAILED);
    }
    zone_init(&world.zone, world.loop, ZONE_FOLDER, count, &world);
    bool before = when_zone_min(winter_s) == 330;
    point_to("/usr/share/zoneinfo/America/New_York");
    bool after = when_zone_min(winter_s) == -300;
    bool told = world.zone.watch.fd < 0 || /* no inotify here */
                (loop_turn(world.loop, WAIT_MS) == 0 && world.calls == 1);
    zone_done(&world.zone);
    loop_free(world.loop);
    _exit(before && after && told ? 0 : FAILED);
}

/* The machine moves while we run, and no TZ is set: clock and watch both see it. */
static void
test_machine(void **state)
{
    int status = 0;
    (void)state;
    pid_t child = fork();
    if (child == 0) {
        move_machine();
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == CANT) {
        skip(); /* not root, or no zone database */
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nowhere),
        cmocka_unit_test(test_machine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
