/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attune-bench: how much work attune's work is, beside what the machine needs at least.
 *
 *     attune-bench [--quick] [--json] [--keep] [--size N] [--idle S] [--folder DIR] [PART...]
 *
 * Parts: floors, pipeline, store, couple, notify; without any, all. Everything is written
 * into a folder of its own under DIR (default /var/tmp, a real disk), removed at the end.
 * With --json the table is one JSON object on standard output instead. `notify` needs a
 * dbus-daemon; without, its rows say so.
 */
#include "tests/bench/floors.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SIZE = 100000,
    SIZE_QUICK = 1000,
    REPEATS = 1000,
    REPEATS_QUICK = 50,
    SPAWNS = 200,
    SPAWNS_QUICK = 10,
    STARTS = 8,
    STARTS_QUICK = 2,
    IDLE_S = 60,
    IDLE_S_QUICK = 1,
    SEED = 42
};

static char folder[200]; /* ours; "": not made yet */
static pid_t owner;
static bool keep; /* --keep: the homes stay, to be looked at */

static const struct part {
    const char *name;
    void (*run)(struct bench *bench);
} parts[] = {
    {"floors", floors_run},
    {"pipeline", pipeline_run},
    {"store", inside_run},
    {"couple", couple_run},
    {"notify", notify_run},
};

enum { PARTS_COUNT = sizeof parts / sizeof parts[0] };

struct wish {
    bool quick;
    bool json;
    const char *folder;
    const char *size;
    const char *idle;
    unsigned parts; /* bits; 0: all */
};

static void
read_part(const char *name, struct wish *out)
{
    for (unsigned i = 0; i < PARTS_COUNT; i++) {
        if (strcmp(parts[i].name, name) == 0) {
            out->parts |= 1u << i;
            return;
        }
    }
    (void)fprintf(
        stderr, "usage: attune-bench [--quick] [--json] [--keep] [--size N] [--idle S] "
                "[--folder DIR] [floors|pipeline|store|couple|notify ...]\n");
    exit(2);
}

static struct wish
read_arguments(int argc, char **argv)
{
    struct wish wish = {.folder = "/var/tmp"};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--quick") == 0) {
            wish.quick = true;
        } else if (strcmp(argv[i], "--json") == 0) {
            wish.json = true;
        } else if (strcmp(argv[i], "--keep") == 0) {
            keep = true;
        } else if (strcmp(argv[i], "--size") == 0) {
            wish.size = value;
            i++;
        } else if (strcmp(argv[i], "--idle") == 0) {
            wish.idle = value;
            i++;
        } else if (strcmp(argv[i], "--folder") == 0) {
            wish.folder = value;
            i++;
        } else {
            read_part(argv[i], &wish);
        }
    }
    return wish;
}

static uint32_t
number_or(const char *text, uint32_t usual)
{
    return text == NULL ? usual : (uint32_t)strtoul(text, NULL, 10);
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

/* However the bench ends; not when a process it forked does. */
static void
remove_folder(void)
{
    if (folder[0] != '\0' && getpid() == owner && !keep) {
        (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    }
}

static void
make_folder(const char *where)
{
    (void)snprintf(folder, sizeof folder, "%s/attune-bench-XXXXXX", where);
    bench_must(mkdtemp(folder) != NULL, where);
    owner = getpid();
    (void)atexit(remove_folder);
}

static void
find_programs(char *out, size_t size_max)
{
    ssize_t size = readlink("/proc/self/exe", out, size_max - 1);
    bench_must(size > 0, "/proc/self/exe");
    out[size] = '\0';
    *strrchr(out, '/') = '\0';
}

static void
print_json(const struct report *report)
{
    struct buf out = {0};
    report_json(report, &out);
    printf("%s\n", buf_text(&out));
    buf_free(&out);
}

/* A busy machine blurs everything but processor time: say how busy it is. */
static void
print_conditions(const struct bench *bench)
{
    double load = 0;
    (void)getloadavg(&load, 1);
    printf("%u entries, %zu repeats, load %.1f on %ld processors\n",
           bench->workload.size, bench->repeats, load, sysconf(_SC_NPROCESSORS_ONLN));
}

int
main(int argc, char **argv)
{
    static struct bench bench;
    char programs[256];
    const struct wish wish = read_arguments(argc, argv);
    make_folder(wish.folder);
    find_programs(programs, sizeof programs);
    bench.folder = folder;
    bench.programs = programs;
    bench.repeats = wish.quick ? REPEATS_QUICK : REPEATS;
    bench.spawns = wish.quick ? SPAWNS_QUICK : SPAWNS;
    bench.starts = wish.quick ? STARTS_QUICK : STARTS;
    bench.idle_s = number_or(wish.idle, wish.quick ? IDLE_S_QUICK : IDLE_S);
    bench.workload.seed = SEED;
    bench.workload.size = number_or(wish.size, wish.quick ? SIZE_QUICK : SIZE);
    bench_must(bench.workload.size >= 100, "--size of at least 100");
    bench.report.quiet = wish.json;
    if (!wish.json) {
        print_conditions(&bench);
        report_head();
    }
    for (unsigned i = 0; i < PARTS_COUNT; i++) {
        if (wish.parts == 0 || (wish.parts & (1u << i)) != 0) {
            parts[i].run(&bench);
        }
    }
    if (wish.json) {
        print_json(&bench.report);
    }
    return wish.parts != 0 || report_complete(&bench.report) ? 0 : 1;
}
