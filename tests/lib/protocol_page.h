/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * PROTOCOL.md as a test sees it: named parts whose text the code decides.
 *
 * The model: an example is a fence, "```hex NAME" or "```values NAME"; a generated
 * table stands between "<!-- generated: NAME -->" and "<!-- end -->". page_expect
 * compares the part with what the code makes of it. With ATTUNE_PROTOCOL_WRITE=1 in the
 * environment the parts are written into the file; then look at the difference.
 */
#ifndef ATTUNE_TESTS_PROTOCOL_PAGE_H
#define ATTUNE_TESTS_PROTOCOL_PAGE_H

#include "common/bytes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct page {
    const char *path;
    struct buf text; /* NUL-terminated */
};

static inline void
page_file(const char *path, struct buf *out)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    uint8_t chunk[4096];
    for (size_t size; (size = fread(chunk, 1, sizeof chunk, file)) > 0;) {
        buf_put(out, chunk, size);
    }
    assert_int_equal(fclose(file), 0);
    assert_int_equal(buf_done(out), 0);
}

static inline void
page_read(struct page *page, const char *path)
{
    *page = (struct page){.path = path};
    page_file(path, &page->text);
    assert_non_null(buf_text(&page->text));
}

static inline void
page_put_hex(struct buf *out, struct span bytes)
{
    char hex[65];
    for (size_t at = 0; at < bytes.size; at += 32) {
        struct span line = span_slice(bytes, at, 32);
        bytes_hex(line.data, line.size, hex);
        buf_printf(out, "%s\n", hex);
    }
}

static inline void
page_put_value(struct buf *out, const char *name, const void *data, size_t size)
{
    char hex[2 * 1024 + 1];
    assert_true(size <= 1024);
    bytes_hex(data, size, hex);
    buf_printf(out, "%s: ", name);
    buf_put_text(out, hex);
    buf_put_text(out, "\n");
}

/* The part between the line `open` and the line `close`. */
static inline void
page_find(struct page *page, const char *open, const char *close, size_t *start,
          size_t *end)
{
    const char *text = buf_text(&page->text);
    const char *from = strstr(text, open);
    if (from == NULL) {
        fail_msg("PROTOCOL.md has no part %s", open);
        return;
    }
    from += strlen(open);
    const char *to = strstr(from - 1, close);
    assert_non_null(to);
    *start = (size_t)(from - text);
    *end = (size_t)(to - text) + 1;
}

static inline void
page_replace(struct page *page, size_t start, size_t end, const struct buf *body)
{
    struct buf fresh = {0};
    struct span old = buf_span(&page->text);
    buf_put_span(&fresh, span_slice(old, 0, start));
    buf_put_span(&fresh, buf_span(body));
    buf_put_span(&fresh, span_slice(old, end, old.size));
    FILE *file = fopen(page->path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(fresh.data, 1, fresh.size, file), fresh.size);
    assert_int_equal(fclose(file), 0);
    buf_free(&page->text);
    page->text = fresh;
}

static inline void
page_expect(struct page *page, const char *open, const char *close,
            const struct buf *body)
{
    size_t start = 0, end = 0;
    assert_int_equal(buf_done(body), 0);
    page_find(page, open, close, &start, &end);
    struct span found = span_slice(buf_span(&page->text), start, end - start);
    if (span_equal(found, buf_span(body))) {
        return;
    }
    if (getenv("ATTUNE_PROTOCOL_WRITE") != NULL) {
        page_replace(page, start, end, body);
        return;
    }
    fail_msg("PROTOCOL.md is not what the code says; this is:%s%.*s", open,
             (int)body->size, (const char *)body->data);
}

/* A fence of this kind and name. Empties `body`. */
static inline void
page_expect_fence(struct page *page, const char *kind, const char *name,
                  struct buf *body)
{
    char open[64];
    (void)snprintf(open, sizeof open, "\n```%s %s\n", kind, name);
    page_expect(page, open, "\n```\n", body);
    buf_free(body);
}

static inline void
page_expect_hex(struct page *page, const char *name, struct span bytes)
{
    struct buf body = {0};
    page_put_hex(&body, bytes);
    page_expect_fence(page, "hex", name, &body);
}

static inline void
page_expect_table(struct page *page, const char *name, struct buf *body)
{
    char open[64];
    (void)snprintf(open, sizeof open, "\n<!-- generated: %s -->\n", name);
    page_expect(page, open, "\n<!-- end -->\n", body);
    buf_free(body);
}

static inline bool
page_has(struct page *page, const char *text)
{
    return strstr(buf_text(&page->text), text) != NULL;
}

#endif
