/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What happens to homes: they begin, die, come back, are restored and copied.
 *
 * In memory a home's disk is a store that outlives its core. On file it is a folder; a
 * crash copies the folder as it is at that instant and goes on from the copy, so that no
 * orderly close ever touches it.
 */
#include "tests/sim/world.h"

#include "common/error.h"
#include "daemon/store/vfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern core_random_fn *const world_random;
extern const struct run_out world_out;

static const char *const files[] = {"journal", "journal-wal"};

static struct vfs_keys
file_keys(const struct home *home)
{
    struct vfs_keys keys;
    memset(&keys, 1 + home->index / 2, sizeof keys);
    return keys;
}

static bool
copy_file(const char *from, const char *to)
{
    char bytes[4096];
    FILE *in = fopen(from, "rb");
    FILE *out = in == NULL ? NULL : fopen(to, "wb");
    size_t size = 0;
    bool fine = in == NULL || out != NULL; /* no WAL is fine */
    while (fine && out != NULL && (size = fread(bytes, 1, sizeof bytes, in)) > 0) {
        fine = fwrite(bytes, 1, size, out) == size;
    }
    if (in != NULL) {
        (void)fclose(in);
    }
    return (out == NULL || fclose(out) == 0) && fine;
}

static void
remove_folder(const char *folder)
{
    char path[128];
    for (size_t i = 0; folder[0] != '\0' && i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]);
        (void)unlink(path);
    }
    if (folder[0] != '\0') {
        (void)rmdir(folder);
    }
}

/* A folder of its own with what `from` holds now (NULL: empty). */
static bool
make_folder(char out[static 64], const char *from)
{
    char a[128], b[128];
    (void)snprintf(out, 64, "/tmp/attune-sim-XXXXXX");
    if (mkdtemp(out) == NULL) {
        out[0] = '\0';
        return false;
    }
    for (size_t i = 0; from != NULL && i < sizeof files / sizeof files[0]; i++) {
        (void)snprintf(a, sizeof a, "%s/%s", from, files[i]);
        (void)snprintf(b, sizeof b, "%s/%s", out, files[i]);
        if (!copy_file(a, b)) {
            return false;
        }
    }
    return true;
}

static int
open_store(struct home *home, bool create)
{
    char path[128];
    struct vfs_keys keys = file_keys(home);
    struct store_config config = {.create = create};
    if (home->world->on_file) {
        (void)snprintf(path, sizeof path, "%s/journal", home->folder);
        config.path = path;
        config.keys = &keys;
    }
    return store_open(&config, &home->store);
}

int
home_create(struct home *home, const char *name)
{
    uint8_t root[KEY_BYTES];
    struct world *world = home->world;
    world_random(world, root, sizeof root);
    if (world->on_file && !make_folder(home->folder, NULL)) {
        return E_IO;
    }
    int rc = open_store(home, true);
    if (rc == 0) {
        rc = store_begin(home->store);
    }
    if (rc == 0) {
        rc = core_create(home->store, world_random, world, root, span_text(name),
                         home_wall_s(home), 60);
    }
    if (rc == 0) {
        rc = store_commit(home->store);
    }
    home->exists = rc == 0;
    if (rc == 0) {
        home_start(home);
    }
    return rc;
}

void
home_start(struct home *home)
{
    struct world *world = home->world;
    struct core_config config = {.store = home->store,
                                 .random = world_random,
                                 .random_context = world,
                                 .new_incarnation = home->new_incarnation};
    static const char *const addresses[HOMES][1] = {{"tcp://ana.local:7400"},
                                                    {"tcp://ana2.local:7400"},
                                                    {"tcp://ben.local:7400"},
                                                    {"tcp://ben2.local:7400"}};
    int rc = core_new(&config, &home->core);
    if (rc != 0) {
        world_fail(world, "%s can't start: %s", home_name(home), error_name(rc));
        return;
    }
    home->run = (struct run){.store = home->store, .core = home->core, .out = world_out};
    home->run.out.context = home;
    struct event start = {.type = CORE_START, .zone_min = 60};
    world_trace(world, false, "%s starts%s", home_name(home),
                home->new_incarnation ? " anew" : "");
    if (home_event(home, &start) != 0) {
        home_crash(home); /* comes back, as what it was to be */
        return;
    }
    home->new_incarnation = false;
    struct event told = {.type = CORE_ADDRESSES,
                         .addresses = addresses[home->index],
                         .addresses_count = 1};
    (void)home_event(home, &told);
    const struct core_wishes wishes = {
        .quiet = {22 * 60, 7 * 60}, .question_min = 9 * 60, .talk_min = (4 * 24 + 12) * 60};
    struct event wished = {.type = CORE_WISHES, .wishes = &wishes};
    (void)home_event(home, &wished);
}

/* The folder as it lies there becomes another one; the open one is closed and gone. */
static void
move_on(struct home *home, const char *from)
{
    char fresh[64];
    bool fine = make_folder(fresh, from);
    store_close(home->store);
    home->store = NULL;
    remove_folder(home->folder);
    memcpy(home->folder, fresh, sizeof fresh);
    int rc = fine ? open_store(home, false) : E_IO;
    if (rc != 0) {
        world_fail(home->world, "%s can't be opened again: %s", home_name(home),
                   error_name(rc));
    }
}

void
home_stop(struct home *home)
{
    if (home->core == NULL) {
        return;
    }
    wire_down(home);
    core_free(home->core);
    home->core = NULL;
    home->run = (struct run){0};
    home->wake_token++;
    home->wake_mono_ms = 0;
    home->wake_wall_s = 0;
    home->join = (struct answer){0};
}

void
home_crash(struct home *home)
{
    struct world *world = home->world;
    if (home->core == NULL) {
        return;
    }
    home_stop(home);
    world->crashes++;
    if (world->on_file) {
        move_on(home, home->folder);
    }
    uint64_t wait_ms = world_odds(world, 100) ? 3600000 : 5;
    world_queue(world, wait_ms + world_draw(world, 3000),
                (struct happening){.type = HAPPEN_START, .home = home->index});
}

void
backup_drop(struct backup *backup)
{
    store_close(backup->store);
    remove_folder(backup->folder);
    *backup = (struct backup){.used = false};
}

void
home_backup(struct home *home, size_t slot)
{
    struct world *world = home->world;
    struct backup *backup = &world->backups[slot];
    backup_drop(backup);
    *backup = (struct backup){.used = true, .home = home->index};
    int rc = 0;
    if (world->on_file) {
        rc = make_folder(backup->folder, home->folder) ? 0 : E_IO;
    } else {
        rc = store_clone(home->store, &backup->store);
    }
    if (rc != 0) {
        world_fail(world, "backup: %s", error_name(rc));
    }
    world_trace(world, true, "%s > backup", home_name(home));
}

static void
take_disk(struct home *home, const struct backup *backup)
{
    struct world *world = home->world;
    int rc = 0;
    if (world->on_file) {
        move_on(home, backup->folder);
        return;
    }
    store_close(home->store);
    home->store = NULL;
    rc = store_clone(backup->store, &home->store);
    if (rc != 0) {
        world_fail(world, "restore: %s", error_name(rc));
    }
}

void
home_restore(struct home *home, size_t slot, bool noticed)
{
    struct world *world = home->world;
    home_stop(home);
    take_disk(home, &world->backups[slot]);
    home->desk = (struct desk){0};
    world->restores++;
    world->snapshot = world->snapshot || !noticed;
    home->new_incarnation = noticed;
    world_trace(world, true, "%s > restored%s", home_name(home),
                noticed ? "" : ", unnoticed");
    judge_holders(world, home->index);
    world_queue(world, 10 + world_draw(world, 2000),
                (struct happening){.type = HAPPEN_START, .home = home->index});
}

void
home_copy(struct home *home, bool noticed)
{
    struct world *world = home->world;
    struct home *copy = &world->homes[home->index + 1];
    home_remove(copy);
    copy->desk = (struct desk){0};
    int rc = 0;
    if (world->on_file) {
        rc = make_folder(copy->folder, home->folder) ? open_store(copy, false) : E_IO;
    } else {
        rc = store_clone(home->store, &copy->store);
    }
    if (rc != 0) {
        world_fail(world, "copy: %s", error_name(rc));
        return;
    }
    copy->exists = true;
    copy->new_incarnation = noticed;
    copy->wall_offset_s = home->wall_offset_s;
    world->copies++;
    world->snapshot = world->snapshot || !noticed;
    world_trace(world, true, "%s > copied%s", home_name(home), noticed ? "" : ", unnoticed");
    judge_holders(world, copy->index);
    world_queue(world, 10 + world_draw(world, 2000),
                (struct happening){.type = HAPPEN_START, .home = copy->index});
}

void
home_remove(struct home *home)
{
    home_stop(home);
    store_close(home->store);
    home->store = NULL;
    home->exists = false;
    remove_folder(home->folder);
    home->folder[0] = '\0';
}
