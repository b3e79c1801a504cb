/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The fuzzers' main where libFuzzer is not: every file of a seed corpus as it is, then
 * mutations of them, so that each build runs each fuzzer a little.
 *
 * Usage: fuzz_NAME CORPUS [RUNS [SECONDS]]. The mutations depend on nothing but their
 * number, so a run that fails is repeated by the same command; its number is printed
 * before the process ends. An empty or missing corpus is an error: a fuzzer without seeds
 * rarely passes the first check of what it attacks.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

enum { INPUT_BYTES_MAX = 64 * 1024, SEEDS_MAX = 256, PATH_BYTES_MAX = 4096 };

struct seed {
    uint8_t *data;
    size_t size;
};

static struct seed seeds[SEEDS_MAX];
static size_t seeds_count;

/* splitmix64: every run has its own stream. */
static uint64_t
next_random(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static size_t
below(uint64_t *state, size_t bound)
{
    return bound == 0 ? 0 : (size_t)(next_random(state) % bound);
}

static bool
read_seed(const char *folder, const char *name)
{
    char path[PATH_BYTES_MAX];
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (file == NULL || data == NULL || seeds_count == SEEDS_MAX) {
        if (file != NULL) {
            fclose(file);
        }
        free(data);
        return false;
    }
    size_t size = fread(data, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    seeds[seeds_count++] = (struct seed){data, size};
    return true;
}

static int
by_content(const void *left, const void *right)
{
    const struct seed *a = left;
    const struct seed *b = right;
    int order = memcmp(a->data, b->data, a->size < b->size ? a->size : b->size);
    return order != 0 ? order : (a->size > b->size) - (a->size < b->size);
}

static bool
read_corpus(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *item;
    bool fine = dir != NULL;
    while (fine && (item = readdir(dir)) != NULL) {
        fine = item->d_name[0] == '.' || read_seed(folder, item->d_name);
    }
    if (dir != NULL) {
        closedir(dir);
    }
    /* A folder has no order of its own; runs are to be repeatable. */
    qsort(seeds, seeds_count, sizeof seeds[0], by_content);
    return fine && seeds_count > 0;
}

/* One small change; returns the new size. */
static size_t
mutate(uint64_t *state, uint8_t *data, size_t size)
{
    static const uint8_t odd[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe, 0x0a, 0x20};
    size_t at = below(state, size);
    size_t some = 1 + below(state, 16);
    switch (next_random(state) % 7) {
    case 0: /* a bit */
        if (size > 0) {
            data[at] ^= (uint8_t)(1u << below(state, 8));
        }
        return size;
    case 1: /* a byte */
        if (size > 0) {
            data[at] = odd[below(state, sizeof odd)];
        }
        return size;
    case 2: /* shorter at the end */
        return at;
    case 3: /* a piece less */
        some = some > size - at ? size - at : some;
        memmove(data + at, data + at + some, size - at - some);
        return size - some;
    case 4: /* a piece more */
        if (size + some > INPUT_BYTES_MAX) {
            return size;
        }
        memmove(data + at + some, data + at, size - at);
        for (size_t i = 0; i < some; i++) {
            data[at + i] = (uint8_t)next_random(state);
        }
        return size + some;
    case 5: { /* a piece of itself, elsewhere */
        size_t to = below(state, size);
        size_t room = size - (at > to ? at : to);
        memmove(data + to, data + at, some > room ? room : some);
        return size;
    }
    default: { /* the tail of another seed */
        const struct seed *other = &seeds[below(state, seeds_count)];
        size_t from = below(state, other->size);
        size_t tail = other->size - from;
        tail = tail > INPUT_BYTES_MAX - at ? INPUT_BYTES_MAX - at : tail;
        memcpy(data + at, other->data + from, tail);
        return at + tail;
    }
    }
}

/* The input lies at the end of its own allocation, so that a read beyond it is seen. */
static void
run(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size == 0 ? 1 : size);
    if (copy == NULL) {
        abort();
    }
    memcpy(copy, data, size);
    if (LLVMFuzzerTestOneInput(copy, size) != 0) {
        abort();
    }
    free(copy);
}

static uint64_t running; /* for the message of a run that fails */

/* Of the sanitizers' runtime, where there is one: they end a process without a signal. */
void
__sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void
tell_run(void)
{
    char text[64];
    int size = snprintf(text, sizeof text, "replay: died in run %" PRIu64 "\n", running);
    ssize_t ignored = write(STDERR_FILENO, text, (size_t)size);
    (void)ignored;
}

static void
on_abort(int number)
{
    (void)number; /* abort goes on when this returns */
    tell_run();
}

static double
now_s(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t
number(const char *text)
{
    char *end = NULL;
    errno = 0;
    uint64_t value = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0') {
        (void)fprintf(stderr, "replay: %s is no number\n", text);
        exit(2);
    }
    return value;
}

int
main(int argc, char **argv)
{
    uint64_t runs_max = argc > 2 ? number(argv[2]) : 0;
    double end_s = now_s() + (argc > 3 ? (double)number(argv[3]) : 1e9);
    uint8_t *data = malloc(INPUT_BYTES_MAX);
    if (argc < 2 || argc > 4 || data == NULL || !read_corpus(argv[1])) {
        (void)fprintf(stderr, "usage: %s CORPUS [RUNS [SECONDS]]\n", argv[0]);
        free(data);
        return 2;
    }
    (void)signal(SIGABRT, on_abort);
    if (__sanitizer_set_death_callback != NULL) {
        __sanitizer_set_death_callback(tell_run);
    }
    run(data, 0);
    for (size_t i = 0; i < seeds_count; i++) {
        run(seeds[i].data, seeds[i].size);
    }
    while (running < runs_max && (running % 16 != 0 || now_s() < end_s)) {
        uint64_t state = ++running;
        const struct seed *seed = &seeds[below(&state, seeds_count)];
        size_t size = seed->size;
        memcpy(data, seed->data, size);
        for (size_t changes = 1 + below(&state, 6); changes > 0; changes--) {
            size = mutate(&state, data, size);
        }
        run(data, size);
    }
    (void)printf("%zu seeds, %" PRIu64 " mutations\n", seeds_count, running);
    for (size_t i = 0; i < seeds_count; i++) {
        free(seeds[i].data);
    }
    free(data);
    return 0;
}
