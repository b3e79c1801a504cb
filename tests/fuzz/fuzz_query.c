/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any text as a search: no error of SQL or of FTS5 gets out, the index and its tail answer
 * alike, and what is marked in a snippet is closed again. The same bytes are then a
 * payload, and the text of an entry that is indexed, found and purged.
 */
#include "common/error.h"
#include "daemon/store/inside.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>

enum { ENTRIES = 8, TEXT_BYTES = 64 };

static void
put_field(struct buf *out, struct span text)
{
    buf_put_u8(out, 0x12);
    buf_put_u8(out, (uint8_t)(text.size + 2));
    buf_put_u8(out, 0x12);
    buf_put_u8(out, (uint8_t)text.size);
    buf_put_span(out, text);
}

static void
add(struct store *store, uint64_t number, struct span payload)
{
    struct entry_row entry = {.state = S_OPEN,
                              .kind = "feel",
                              .text_log = 1,
                              .time = (int64_t)(number * 7 % 5),
                              .text_seq = number};
    entry.id[0] = (uint8_t)number;
    require(store_entry_put(store, &entry) == 0);
    struct op_row op = {.log = 1,
                        .seq = number,
                        .entry = entry.no,
                        .creates = true,
                        .header = span_text("h"),
                        .payload = payload};
    require(store_op_put(store, &op) == 0);
}

/* Two stores with the same entries: one to index, one all tail. */
static struct store *
make_store(bool index)
{
    static const char *const texts[ENTRIES] = {"a b or near text",
                                               "the caf\xc3\xa9",
                                               "\xe5\x85\xac\xe5\x9c\x92",
                                               "don't \"quote\" *",
                                               "\xe2\x9d\xa4\xef\xb8\x8f 1 2 3",
                                               "AND OR NOT NEAR",
                                               "",
                                               "\xff\x02\x03"};
    const struct store_config config = {0};
    struct store *store = NULL;
    struct buf payload = {0};
    struct log_row log = {0};
    bool more = index;
    require(store_open(&config, &store) == 0);
    require(store_begin(store) == 0);
    require(store_log_put(store, &log) == 0);
    for (uint64_t i = 0; i < ENTRIES; i++) {
        buf_clear(&payload);
        put_field(&payload, span_text(texts[i]));
        add(store, i + 1, buf_span(&payload));
    }
    require(store_commit(store) == 0);
    while (more) {
        require(store_idle(store, &more) == 0);
    }
    buf_free(&payload);
    return store;
}

static int
note(void *context, const struct entry_row *entry, struct span snippet)
{
    struct buf *seen = context;
    bool open = false;
    bool any = false;
    for (size_t i = 0; i < snippet.size; i++) {
        require(snippet.data[i] != 2 || !open);
        require(snippet.data[i] != 3 || open);
        open = snippet.data[i] == 2 || (open && snippet.data[i] != 3);
        any = any || snippet.data[i] == 2;
    }
    require(!open && any);
    buf_put_u8(seen, (uint8_t)entry->no);
    return 0;
}

static int
find(struct store *store, struct span query, struct buf *seen)
{
    buf_clear(seen);
    int rc = store_find(store, query, 100, note, seen);
    require(rc == 0 || rc == E_LIMIT);
    require(rc == 0 || seen->size == 0);
    return rc;
}

/* The input as the text of one more entry: indexed, found by itself, purged. */
static void
as_text(struct store *store, struct span text, struct buf *seen, struct buf *payload)
{
    bool more = true;
    buf_clear(payload);
    put_field(payload, text);
    require(store_begin(store) == 0);
    add(store, ENTRIES + 1, buf_span(payload));
    (void)find(store, text, seen); /* in the tail, seen before the commit */
    bool there = seen->size > 0 && memchr(seen->data, ENTRIES + 1, seen->size) != NULL;
    store_rollback(store);
    struct store *copy = NULL;
    require(store_clone(store, &copy) == 0);
    require(store_begin(copy) == 0);
    add(copy, ENTRIES + 1, buf_span(payload));
    require(store_commit(copy) == 0);
    while (more) {
        require(store_idle(copy, &more) == 0);
    }
    (void)find(copy, text, seen);
    require(there ==
            (seen->size > 0 && memchr(seen->data, ENTRIES + 1, seen->size) != NULL));
    require(store_begin(copy) == 0);
    require(store_op_purge(copy, 1, ENTRIES + 1, true) == 0);
    require(store_commit(copy) == 0);
    (void)find(copy, text, seen);
    require(seen->size == 0 || memchr(seen->data, ENTRIES + 1, seen->size) == NULL);
    store_close(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct store *indexed;
    static struct store *tail;
    struct span input = span_of(data, size);
    struct buf one = {0};
    struct buf other = {0};
    if (indexed == NULL) {
        indexed = make_store(true);
        tail = make_store(false);
    }
    require(find(indexed, input, &one) == find(tail, input, &other));
    require(span_equal(buf_span(&one), buf_span(&other)));
    require(store_error(indexed) == 0 && store_error(tail) == 0);
    buf_clear(&one);
    index_payload_text(&one, input);
    require(one.size <= size);
    /* A clone for each input is slow: one in eight is enough. */
    if (size > 0 && data[0] % 8 == 0) {
        as_text(indexed, span_slice(input, 1, TEXT_BYTES), &one, &other);
    }
    buf_free(&one);
    buf_free(&other);
    return 0;
}
