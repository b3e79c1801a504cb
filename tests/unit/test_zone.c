/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The machine's zone: news of its file, and no other, however it is replaced. */
#include "daemon/zone.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <unistd.h>

enum { TURNS_MAX = 500, WAIT_MS = 10, PATH_BYTES = 128 };

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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_nowhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
