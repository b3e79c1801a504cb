/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * sim --seeds A..B [--store memory|file] [--steps N] [--jobs N] [--trace] [--file PATH]
 *
 * Lives every seed from A to B, judges it, and lives the first one twice: the same seed
 * must leave the same trace. --file adds the seeds of a list (seeds.txt).
 */
#include "tests/sim/world.h"

#include "common/error.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct plan {
    uint64_t first, last;
    bool on_file, tell, once;
    unsigned steps, jobs;
    const char *list;
};

static char current[64];

static void
name_seed(int signal_number)
{
    ssize_t ignored = write(2, current, strlen(current));
    (void)ignored;
    (void)signal(signal_number, SIG_DFL);
    (void)raise(signal_number);
}

static bool
live(const struct plan *plan, uint64_t seed, uint64_t *hash, uint64_t *events)
{
    struct world *world = calloc(1, sizeof *world);
    if (world == NULL || world_init(world, seed, plan->on_file) != 0) {
        fprintf(stderr, "seed %llu: no world\n", (unsigned long long)seed);
        return false;
    }
    world->tell = plan->tell;
    (void)snprintf(current, sizeof current, "in seed %llu\n", (unsigned long long)seed);
    chance_live(world, plan->steps);
    if (world->failure[0] == '\0') {
        chance_settle(world);
        judge_world(world);
    }
    if (world->failure[0] == '\0') {
        judge_again(world);
    }
    bool fine = world->failure[0] == '\0';
    if (!fine) {
        fprintf(stderr, "seed %llu: %s\n", (unsigned long long)seed, world->failure);
    }
    *hash = world->hash;
    *events += world->events;
    world_done(world);
    free(world);
    return fine;
}

static int
live_all(const struct plan *plan, unsigned job)
{
    uint64_t events = 0, hash, again;
    unsigned failures = 0;
    for (uint64_t seed = plan->first + job; seed <= plan->last; seed += plan->jobs) {
        failures += !live(plan, seed, &hash, &events);
        if (seed == plan->first && !plan->once) {
            (void)live(plan, seed, &again, &events);
            if (again != hash) {
                fprintf(stderr, "seed %llu: lived twice, not the same\n",
                        (unsigned long long)seed);
                failures++;
            }
        }
    }
    return failures == 0 ? 0 : 1;
}

static int
live_list(const struct plan *plan)
{
    char line[256];
    uint64_t events = 0, hash;
    unsigned failures = 0;
    FILE *list = plan->list == NULL ? NULL : fopen(plan->list, "r");
    if (list == NULL) {
        return plan->list == NULL ? 0 : 1;
    }
    while (fgets(line, sizeof line, list) != NULL) {
        char *end = line;
        uint64_t seed = strtoull(line, &end, 10);
        unsigned long steps = strtoul(end, &end, 10);
        if (line[0] < '0' || line[0] > '9') {
            continue;
        }
        struct plan one = *plan;
        one.steps = steps == 0 ? plan->steps : (unsigned)steps;
        failures += !live(&one, seed, &hash, &events);
    }
    (void)fclose(list);
    return failures == 0 ? 0 : 1;
}

static bool
parse(int count, char **arguments, struct plan *plan)
{
    for (int i = 1; i < count; i++) {
        const char *value = i + 1 < count ? arguments[i + 1] : "";
        char *end;
        if (strcmp(arguments[i], "--trace") == 0) {
            plan->tell = plan->once = true;
            continue;
        }
        i++;
        if (strcmp(arguments[i - 1], "--seeds") == 0) {
            plan->first = plan->last = strtoull(value, &end, 10);
            if (strncmp(end, "..", 2) == 0) {
                plan->last = strtoull(end + 2, &end, 10);
            }
        } else if (strcmp(arguments[i - 1], "--store") == 0) {
            plan->on_file = strcmp(value, "file") == 0;
        } else if (strcmp(arguments[i - 1], "--steps") == 0) {
            plan->steps = (unsigned)strtoul(value, &end, 10);
        } else if (strcmp(arguments[i - 1], "--jobs") == 0) {
            plan->jobs = (unsigned)strtoul(value, &end, 10);
        } else if (strcmp(arguments[i - 1], "--file") == 0) {
            plan->list = value;
        } else {
            return false;
        }
    }
    return plan->jobs > 0 && plan->jobs <= 64 && plan->last >= plan->first;
}

int
main(int count, char **arguments)
{
    struct plan plan = {.first = 1, .last = 1, .steps = 60, .jobs = 1};
    if (!parse(count, arguments, &plan)) {
        fprintf(stderr, "sim --seeds A..B [--store memory|file] [--steps N] [--jobs N] "
                        "[--trace] [--file LIST]\n");
        return 2;
    }
    (void)signal(SIGABRT, name_seed);
    (void)signal(SIGSEGV, name_seed);
    struct timespec began, ended;
    (void)clock_gettime(CLOCK_MONOTONIC, &began);
    int status = live_list(&plan);
    for (unsigned job = 1; job < plan.jobs; job++) {
        pid_t pid = fork();
        if (pid == 0) {
            return live_all(&plan, job);
        }
        status |= pid < 0;
    }
    status |= live_all(&plan, 0);
    for (unsigned job = 1; job < plan.jobs; job++) {
        int child = 1;
        status |= wait(&child) < 0 || child != 0;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &ended);
    double took_s = (double)(ended.tv_sec - began.tv_sec) +
                    (double)(ended.tv_nsec - began.tv_nsec) / 1e9;
    printf("%llu seeds of %u steps in %.1f s\n",
           (unsigned long long)(plan.last - plan.first + 1), plan.steps, took_s);
    return status;
}
