/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the store costs, beside the floor of the same run: one durable row in plain SQLite.
 * Usage: bench_store FOLDER [entries]. Prints medians; holds no opinion.
 */
#include "common/error.h"
#include "daemon/store/store.h"
#include "daemon/store/vfs.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SINGLE = 500, REPEATS = 200, BATCH = 1000 };

static uint64_t seed = 42;

static uint32_t
draw(uint32_t below)
{
    seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(seed >> 33) % below;
}

static double
now_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* Processor time: what a busy machine does not blur. */
static double
cpu_ms(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static void
must(int rc)
{
    if (rc != 0) {
        (void)fprintf(stderr, "%s\n", error_name(rc));
        exit(1);
    }
}

static int
by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

static double
middle(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_value);
    return values[count / 2];
}

static long
rss_kib(const char *what)
{
    char line[128];
    long kib = 0;
    FILE *file = fopen("/proc/self/status", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        if (strncmp(line, what, strlen(what)) == 0) {
            kib = strtol(line + strlen(what), NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib;
}

/* Words of a vocabulary of 8,000, rare ones rarer; a rare and a common marker. */
static void
make_payload(struct buf *out, int64_t number)
{
    char text[2048];
    size_t size = 0;
    size_t want = 40 + draw(100) * draw(100) / 20 + draw(80);
    while (size < want) {
        uint32_t word = draw(90) * draw(90);
        size += (size_t)snprintf(text + size, 32, "w%c%c%u ", 'a' + (char)(word % 26),
                                 'a' + (char)(word / 26 % 26), word);
    }
    if (number % 16000 == 77) {
        size += (size_t)snprintf(text + size, 32, "seldomword ");
    }
    if (number % 10 == 3) {
        size += (size_t)snprintf(text + size, 32, "commonword ");
    }
    buf_clear(out);
    buf_put(out, "\x0a\x10""0123456789abcdef\x12", 19);
    size_t inner = 6 + 3 + size;
    buf_put_u8(out, (uint8_t)((inner & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(inner >> 7));
    buf_put(out, "\x0a\x04text\x12", 7);
    buf_put_u8(out, (uint8_t)((size & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(size >> 7));
    buf_put(out, text, size);
}

static void
add(struct store *store, int64_t number, struct span payload)
{
    static const uint8_t header[96];
    static const uint8_t tag[SELF_TAG_BYTES];
    struct entry_row found;
    struct entry_row entry = {.state = S_OPEN, .time = 1700000000 + number * 60,
                              .kind = "thanks", .lamport = (uint64_t)number,
                              .theirs = number % 2 == 0, .text_log = 1,
                              .text_seq = (uint64_t)number};
    for (size_t i = 0; i < ID_BYTES; i++) {
        entry.id[i] = (uint8_t)draw(256);
    }
    if (store_entry_find(store, entry.id, entry.theirs, &found) == 0) {
        must(E_EXISTS);
    }
    must(store_entry_put(store, &entry));
    struct op_row op = {.log = 1, .seq = (uint64_t)number, .entry = entry.no,
                        .creates = true, .header = span_of(header, sizeof header),
                        .payload = payload, .self_tag = span_of(tag, sizeof tag)};
    for (size_t i = 0; i < HASH_BYTES; i++) {
        op.hash[i] = (uint8_t)(number >> (i % 8));
    }
    must(store_op_put(store, &op));
}

static double
plain_floor(const char *folder)
{
    char path[256];
    double times[SINGLE];
    sqlite3 *db = NULL;
    sqlite3_stmt *insert = NULL;
    (void)snprintf(path, sizeof path, "%s/floor", folder);
    (void)sqlite3_open(path, &db);
    (void)sqlite3_exec(db,
                       "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL;"
                       "PRAGMA synchronous=FULL; CREATE TABLE t(a INTEGER PRIMARY KEY, b);",
                       NULL, NULL, NULL);
    (void)sqlite3_prepare_v2(db, "INSERT INTO t(b) VALUES(zeroblob(450))", -1, &insert,
                             NULL);
    for (size_t i = 0; i < SINGLE; i++) {
        double start = now_us();
        (void)sqlite3_step(insert);
        (void)sqlite3_reset(insert);
        times[i] = now_us() - start;
    }
    (void)sqlite3_finalize(insert);
    (void)sqlite3_close(db);
    (void)unlink(path);
    return middle(times, SINGLE);
}

struct listing {
    struct store *store;
    struct arena *arena;
    uint32_t left;
};

static int
list_one(void *context, const struct entry_row *entry)
{
    struct listing *listing = context;
    struct op_row op;
    must(store_op_get(listing->store, entry->text_log, entry->text_seq, listing->arena,
                      &op));
    return --listing->left == 0;
}

static double
time_list(struct store *store)
{
    double times[REPEATS];
    struct entry_filter all = {0};
    struct listing listing = {store, arena_new(1 << 20), 20};
    for (size_t i = 0; i < REPEATS; i++) {
        double start = now_us();
        listing.left = 20;
        (void)!store_entry_list(store, &all, list_one, &listing);
        times[i] = now_us() - start;
        arena_reset(listing.arena);
    }
    arena_free(listing.arena);
    return middle(times, REPEATS);
}

static int
count_found(void *context, const struct entry_row *entry, struct span snippet)
{
    (void)entry;
    (void)snippet;
    ++*(int *)context;
    return 0;
}

static void
time_find(struct store *store, const char *word, const char *when)
{
    double times[REPEATS];
    size_t repeats = strcmp(when, "tail") == 0 ? 3 : REPEATS;
    int count = 0;
    for (size_t i = 0; i < repeats; i++) {
        double start = now_us();
        count = 0;
        must(store_find(store, span_text(word), 20, count_found, &count));
        times[i] = now_us() - start;
    }
    printf("find %-12s %-8s %9.1f us (%d found)\n", word, when, middle(times, repeats),
           count);
}

static void
time_idle(struct store *store)
{
    bool more = true;
    size_t calls = 0;
    double longest = 0;
    double begin = now_us();
    double cpu = cpu_ms();
    while (more) {
        double start = now_us();
        must(store_idle(store, &more));
        double took = now_us() - start;
        longest = took > longest ? took : longest;
        calls++;
    }
    printf("idle                  %9.1f ms (cpu %.1f), %zu calls, longest %.1f ms\n",
           (now_us() - begin) / 1e3, cpu_ms() - cpu, calls, longest / 1e3);
}

static void
load(struct store *store, int64_t entries)
{
    struct buf payload = {0};
    long before = rss_kib("VmRSS:");
    double making = 0;
    double cpu = cpu_ms();
    double start = now_us();
    for (int64_t i = 0; i < entries; i++) {
        if (i % BATCH == 0) {
            must(store_begin(store));
        }
        double made = now_us();
        make_payload(&payload, i + 1);
        making += now_us() - made;
        add(store, i + 1, buf_span(&payload));
        if (i % BATCH == BATCH - 1 || i == entries - 1) {
            must(store_commit(store));
        }
    }
    double took = now_us() - start - making;
    printf("load %8lld           %8.1f ms (cpu %.1f), RSS +%ld KiB, peak %ld KiB\n",
           (long long)entries, took / 1e3, cpu_ms() - cpu - making / 1e3, rss_kib("VmRSS:") - before, rss_kib("VmHWM:"));
    buf_free(&payload);
}

static double
time_single(struct store *store, int64_t from)
{
    double times[SINGLE];
    struct buf payload = {0};
    for (int64_t i = 0; i < SINGLE; i++) {
        make_payload(&payload, from + i);
        double start = now_us();
        must(store_begin(store));
        add(store, from + i, buf_span(&payload));
        must(store_commit(store));
        times[i] = now_us() - start;
    }
    buf_free(&payload);
    return middle(times, SINGLE);
}

int
main(int argc, char **argv)
{
    char path[256];
    const char *folder = argc > 1 ? argv[1] : ".";
    int64_t entries = argc > 2 ? strtoll(argv[2], NULL, 10) : 100000;
    struct vfs_keys keys = {{1}, {2}, {3}};
    struct store *store = NULL;
    (void)snprintf(path, sizeof path, "%s/bench-journal", folder);
    struct store_config config = {.path = path, .keys = &keys, .create = true};
    must(store_open(&config, &store));
    struct log_row log = {.id = {1}};
    must(store_begin(store));
    must(store_log_put(store, &log));
    must(store_commit(store));

    printf("plain SQLite row      %9.1f us\n", plain_floor(folder));
    load(store, entries);
    time_find(store, "seldomword", "tail");
    time_find(store, "commonword", "tail");
    time_idle(store);
    printf("one op and its entry  %9.1f us\n", time_single(store, entries + 1));
    printf("plain SQLite row      %9.1f us\n", plain_floor(folder));
    time_idle(store);
    store_close(store);
    config.create = false;
    double start = now_us();
    must(store_open(&config, &store));
    printf("open                  %9.1f us\n", now_us() - start);
    printf("list 20               %9.1f us\n", time_list(store));
    time_find(store, "seldomword", "indexed");
    time_find(store, "commonword", "indexed");
    time_find(store, "wac52", "indexed");
    must(store_begin(store));
    must(store_op_purge(store, 1, 50, true));
    must(store_commit(store));
    printf("after a purge: ");
    time_idle(store);
    store_close(store);
    (void)unlink(path);
    return 0;
}
