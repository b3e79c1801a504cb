/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The store alone, in this process: what a load, an index, a row and a question cost
 * before anything of core, daemon and client is added.
 */
#include "tests/bench/floors.h"

#include "daemon/store/store.h"
#include "daemon/store/vfs.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { BATCH = 1000, HEADER_BYTES = 96, LISTED = 20 };

static void
put_payload(struct buf *out, const struct workload_entry *entry)
{
    size_t text = entry->text_bytes;
    size_t inner = 6 + 3 + text;
    buf_clear(out);
    buf_put(out,
            "\x0a\x10"
            "0123456789abcdef\x12",
            19);
    buf_put_u8(out, (uint8_t)((inner & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(inner >> 7));
    buf_put(out, "\x0a\x04text\x12", 7);
    buf_put_u8(out, (uint8_t)((text & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(text >> 7));
    buf_put(out, entry->text, text);
}

/* As the core writes an op: look whether the entry is new, put it, put the op. */
static void
put_entry(struct store *store, uint32_t number, const struct workload_entry *from,
          struct span payload)
{
    static const uint8_t header[HEADER_BYTES];
    static const uint8_t tag[SELF_TAG_BYTES];
    struct entry_row found;
    struct entry_row entry = {.state = S_OPEN,
                              .time = 1700000000 + (int64_t)number * 60,
                              .lamport = number + 1,
                              .theirs = from->theirs,
                              .text_log = 1,
                              .text_seq = number + 1};
    struct op_row op = {.log = 1,
                        .seq = number + 1,
                        .creates = true,
                        .header = span_of(header, sizeof header),
                        .payload = payload,
                        .self_tag = span_of(tag, sizeof tag)};
    memcpy(entry.id, from->id, ID_BYTES);
    (void)snprintf(entry.kind, sizeof entry.kind, "%s", from->kind->name);
    bench_must(store_entry_find(store, entry.id, entry.theirs, &found) != 0,
               "new entry");
    bench_check(store_entry_put(store, &entry), "store_entry_put");
    op.entry = entry.no;
    memcpy(op.hash, entry.id, ID_BYTES);
    bench_check(store_op_put(store, &op), "store_op_put");
}

static void
load(struct bench *bench, struct store *store)
{
    struct buf payload = {0};
    struct workload_entry entry;
    double took = 0;
    for (uint32_t i = 0; i < bench->workload.size; i++) {
        workload_make(&bench->workload, i, &entry);
        put_payload(&payload, &entry);
        double start = measure_now_us();
        if (i % BATCH == 0) {
            bench_check(store_begin(store), "store_begin");
        }
        put_entry(store, i, &entry, buf_span(&payload));
        if (i % BATCH == BATCH - 1 || i == bench->workload.size - 1) {
            bench_check(store_commit(store), "store_commit");
        }
        took += measure_now_us() - start;
    }
    buf_free(&payload);
    report_value(&bench->report, "store.load", took / 1e3, NULL);
}

static void
index_all(struct bench *bench, struct store *store)
{
    bool more = true;
    double longest = 0;
    double begin = measure_now_us();
    while (more) {
        double start = measure_now_us();
        bench_check(store_idle(store, &more), "store_idle");
        double took = measure_now_us() - start;
        longest = took > longest ? took : longest;
    }
    report_value(&bench->report, "store.index", (measure_now_us() - begin) / 1e3, NULL);
    report_value(&bench->report, "store.idle_max", longest / 1e3, NULL);
}

static void
run_rows(struct bench *bench, struct store *store)
{
    struct workload more = {bench->workload.seed + 1, bench->workload.size};
    struct buf payload = {0};
    struct workload_entry entry;
    struct series series = {0};
    for (uint32_t i = 0; i < bench->repeats; i++) {
        workload_make(&more, i, &entry);
        put_payload(&payload, &entry);
        double start = measure_now_us();
        bench_check(store_begin(store), "store_begin");
        put_entry(store, bench->workload.size + i, &entry, buf_span(&payload));
        bench_check(store_commit(store), "store_commit");
        series_add(&series, measure_now_us() - start);
    }
    buf_free(&payload);
    report_series(&bench->report, "store.row", &series, NULL);
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
    bench_check(store_op_get(listing->store, entry->text_log, entry->text_seq,
                             listing->arena, &op),
                "store_op_get");
    return --listing->left == 0;
}

static void
run_list(struct bench *bench, struct store *store)
{
    struct series series = {0};
    struct entry_filter all = {0};
    struct listing listing = {store, arena_new(1 << 20), LISTED};
    bench_must(listing.arena != NULL, "memory");
    for (size_t i = 0; i < bench->repeats; i++) {
        double start = measure_now_us();
        listing.left = LISTED;
        bench_must(store_entry_list(store, &all, list_one, &listing) == 1, "list");
        series_add(&series, measure_now_us() - start);
        arena_reset(listing.arena);
    }
    arena_free(listing.arena);
    report_series(&bench->report, "store.list", &series, NULL);
}

static int
count_found(void *context, const struct entry_row *entry, struct span snippet)
{
    (void)entry;
    (void)snippet;
    ++*(uint32_t *)context;
    return 0;
}

static void
run_find(struct bench *bench, struct store *store, const char *id, const char *word)
{
    struct series series = {0};
    uint32_t count = 0;
    uint32_t all = workload_count(&bench->workload, word);
    for (size_t i = 0; i < bench->repeats; i++) {
        double start = measure_now_us();
        count = 0;
        bench_check(store_find(store, span_text(word), LISTED, count_found, &count),
                    "store_find");
        series_add(&series, measure_now_us() - start);
    }
    bench_must(count >= (all < LISTED ? all : LISTED), "every match found");
    report_series(&bench->report, id, &series, NULL);
}

void
inside_run(struct bench *bench)
{
    char path[256], wal[264];
    struct vfs_keys keys = {{1}, {2}, {3}};
    struct store *store = NULL;
    (void)snprintf(path, sizeof path, "%s/journal", bench->folder);
    (void)snprintf(wal, sizeof wal, "%s-wal", path);
    struct store_config config = {.path = path, .keys = &keys, .create = true};
    struct log_row log = {.id = {1}};
    bench_check(store_open(&config, &store), "store_open");
    bench_check(store_begin(store), "store_begin");
    bench_check(store_log_put(store, &log), "store_log_put");
    bench_check(store_commit(store), "store_commit");
    load(bench, store);
    index_all(bench, store);
    run_list(bench, store);
    run_find(bench, store, "store.rare", WORKLOAD_RARE);
    run_find(bench, store, "store.common", WORKLOAD_COMMON);
    run_rows(bench, store);
    store_close(store);
    config.create = false;
    double start = measure_now_us();
    bench_check(store_open(&config, &store), "store_open");
    report_value(&bench->report, "store.open", measure_now_us() - start, NULL);
    store_close(store);
    (void)unlink(path);
    (void)unlink(wal);
}
