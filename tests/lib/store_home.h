/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A store to test with, in memory or in a folder of its own, and rows to put into it.
 * Every helper that changes something runs in a transaction of its own.
 */
#ifndef ATTUNE_TESTS_STORE_HOME_H
#define ATTUNE_TESTS_STORE_HOME_H

#include "common/error.h"
#include "daemon/store/inside.h"
#include "daemon/store/vfs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct store_home {
    bool on_file;
    char folder[64];
    char path[96];
    char wal[96];
    struct vfs_keys keys;
    struct store *store;
    uint64_t seq; /* of the newest op in log 1 */
};

#define must(call) assert_int_equal((call), 0)

static inline struct store_config
store_home_config(struct store_home *home)
{
    return (struct store_config){
        .path = home->on_file ? home->path : NULL,
        .keys = &home->keys,
    };
}

static inline void
store_home_open(struct store_home *home)
{
    struct store_config config = store_home_config(home);
    must(store_open(&config, &home->store));
}

static inline struct log_row
store_home_log(uint8_t mark)
{
    struct log_row log = {.class = LOG_OURS, .state = LOG_LIVE, .theirs = true};
    memset(log.id, mark, sizeof log.id);
    return log;
}

static inline void
store_home_begin(struct store_home *home, bool on_file)
{
    *home = (struct store_home){.on_file = on_file};
    memset(&home->keys, 7, sizeof home->keys);
    struct store_config config = store_home_config(home);
    if (on_file) {
        (void)snprintf(home->folder, sizeof home->folder, "/tmp/attune-store-XXXXXX");
        assert_non_null(mkdtemp(home->folder));
        (void)snprintf(home->path, sizeof home->path, "%s/journal", home->folder);
        (void)snprintf(home->wal, sizeof home->wal, "%s/journal-wal", home->folder);
        config.path = home->path;
        config.create = true;
    }
    must(store_open(&config, &home->store));
    struct log_row log = store_home_log(1);
    must(store_begin(home->store));
    must(store_log_put(home->store, &log));
    must(store_commit(home->store));
    assert_int_equal(log.no, 1);
}

static inline void
store_home_end(struct store_home *home)
{
    static const char *const names[] = {"journal", "journal-wal", "journal.new", "copy",
                                        "copy-wal", "copy.new"};
    store_close(home->store);
    if (home->on_file) {
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            char path[128];
            (void)snprintf(path, sizeof path, "%s/%s", home->folder, names[i]);
            (void)unlink(path);
        }
        assert_int_equal(rmdir(home->folder), 0);
    }
}

/* A payload as the core writes it: salt, then one field with this text. */
static inline void
store_home_payload(struct buf *out, const char *text)
{
    size_t size = strlen(text);
    assert_true(size < 16000);
    buf_put(out, "\x0a\x10""0123456789abcdef", 18);
    size_t inner = 6 + 3 + size;
    buf_put_u8(out, 0x12);
    buf_put_u8(out, (uint8_t)((inner & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(inner >> 7));
    buf_put(out, "\x0a\x04text\x12", 7);
    buf_put_u8(out, (uint8_t)((size & 0x7f) | 0x80));
    buf_put_u8(out, (uint8_t)(size >> 7));
    buf_put_text(out, text);
    must(buf_done(out));
}

static inline struct entry_row
store_home_entry(uint64_t number, int64_t time)
{
    struct entry_row entry = {.state = S_OPEN, .time = time, .kind = "thanks"};
    uint64_t mixed = number * UINT64_C(0x9e3779b97f4a7c15);
    for (size_t i = 0; i < 8; i++) {
        entry.id[i] = (uint8_t)(mixed >> (56 - 8 * i));
        entry.id[8 + i] = (uint8_t)(number >> (8 * i));
    }
    return entry;
}

/* The next op of log 1, for an entry (0: none), inside the caller's transaction. */
static inline void
store_home_op(struct store_home *home, int64_t entry, bool creates, const char *text)
{
    struct buf payload = {0};
    if (text != NULL) {
        store_home_payload(&payload, text);
    }
    struct op_row op = {.log = 1,
                        .seq = ++home->seq,
                        .entry = entry,
                        .creates = creates,
                        .header = span_text("header"),
                        .payload = buf_span(&payload),
                        .self_tag = span_text("0123456789abcdef")};
    memset(op.hash, (int)(home->seq & 0xff), sizeof op.hash);
    must(store_op_put(home->store, &op));
    buf_free(&payload);
}

/* An entry with its text, inside the caller's transaction. */
static inline int64_t
store_home_add(struct store_home *home, uint64_t number, int64_t time, const char *text)
{
    struct entry_row entry = store_home_entry(number, time);
    entry.text_log = 1;
    entry.text_seq = home->seq + 1;
    must(store_entry_put(home->store, &entry));
    store_home_op(home, entry.no, true, text);
    return entry.no;
}

static inline int64_t
store_home_say(struct store_home *home, uint64_t number, int64_t time, const char *text)
{
    must(store_begin(home->store));
    int64_t no = store_home_add(home, number, time, text);
    must(store_commit(home->store));
    return no;
}

static inline void
store_home_idle(struct store_home *home)
{
    bool more = true;
    for (int i = 0; more; i++) {
        assert_true(i < 100000);
        must(store_idle(home->store, &more));
    }
}

struct found {
    int64_t nos[64];
    size_t count;
    size_t stop_after; /* 0: never */
    char snippet[1024]; /* the first */
};

static inline int
store_home_found(void *context, const struct entry_row *entry, struct span snippet)
{
    struct found *found = context;
    assert_true(found->count < 64);
    if (found->count == 0) {
        assert_true(snippet.size < sizeof found->snippet);
        memcpy(found->snippet, snippet.data, snippet.size);
        found->snippet[snippet.size] = '\0';
    }
    found->nos[found->count++] = entry->no;
    return found->stop_after != 0 && found->count >= found->stop_after ? 77 : 0;
}

static inline struct found
store_home_find(struct store_home *home, const char *query, uint32_t limit)
{
    struct found found = {0};
    must(store_find(home->store, span_text(query), limit, store_home_found, &found));
    return found;
}

static inline void
store_home_finding(void *context, int error, const char *detail)
{
    size_t *count = context;
    ++*count;
    print_message("check: %s %s\n", error_name(error), detail);
}

/* Findings, after the head of log 1 was set to what the helpers wrote. */
static inline size_t
store_home_check(struct store_home *home)
{
    size_t count = 0;
    struct log_row log = store_home_log(1);
    log.no = 1;
    log.seq = home->seq;
    must(store_begin(home->store));
    must(store_log_put(home->store, &log));
    must(store_commit(home->store));
    must(store_check(home->store, store_home_finding, &count));
    return count;
}

/* Setups and a teardown for cmocka. */
static inline int
store_home_setup(void **state, bool on_file)
{
    struct store_home *home = calloc(1, sizeof *home);
    assert_non_null(home);
    store_home_begin(home, on_file);
    *state = home;
    return 0;
}

static inline int
store_home_in_memory(void **state)
{
    return store_home_setup(state, false);
}

static inline int
store_home_on_file(void **state)
{
    return store_home_setup(state, true);
}

static inline int
store_home_teardown(void **state)
{
    struct store_home *home = *state;
    assert_int_equal(store_error(home->store), 0);
    store_home_end(home);
    free(home);
    return 0;
}

#endif
