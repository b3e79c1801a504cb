/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bytes: borrowed ones are a `struct span`, owned ones a `struct buf`.
 *
 * A span never owns. A buf owns, grows by malloc, copy, wipe, free (never realloc), and
 * wipes on release, so a secret in one can't be forgotten. Writers keep a sticky error:
 * put all fields, then ask buf_done once.
 */
#ifndef ATTUNE_COMMON_BYTES_H
#define ATTUNE_COMMON_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct span {
    const uint8_t *data;
    size_t size; /* bytes */
};

struct buf {
    uint8_t *data;
    size_t size;     /* bytes written */
    size_t capacity; /* bytes allocated */
    int error;       /* 0 or E_MEMORY or E_LIMIT, sticky */
    size_t size_max; /* 0: no bound */
};

#define SPAN_EMPTY ((struct span){NULL, 0})

struct span span_of(const void *data, size_t size);
struct span span_text(const char *text); /* without the final NUL; NULL is empty */
struct span span_slice(struct span span, size_t offset, size_t size); /* clipped to the span */
bool span_equal(struct span a, struct span b); /* not constant-time: never for secrets */
int span_compare(struct span a, struct span b); /* memcmp order, shorter first */
/* The piece of *rest before `at`, or all of it; *rest goes on behind `at`. Pieces may be
 * empty. */
struct span span_cut(struct span *rest, char at);

/* Overwrites memory in a way the compiler can't drop. */
void bytes_wipe(void *data, size_t size);

/* A buf in place: {0} is a valid empty one. size_max bounds it (0: none). */
void buf_init(struct buf *buf, size_t size_max);
void buf_free(struct buf *buf); /* wipes; NULL and {0} are fine; leaves {0} */
void buf_clear(struct buf *buf); /* wipes the contents and the error, keeps the memory */

/* Makes room for `more` bytes and returns where they go, or NULL with the sticky error set. */
uint8_t *buf_reserve(struct buf *buf, size_t more);
void buf_advance(struct buf *buf, size_t written); /* after buf_reserve */

void buf_put(struct buf *buf, const void *data, size_t size);
void buf_put_span(struct buf *buf, struct span span);
void buf_put_text(struct buf *buf, const char *text); /* without NUL */
void buf_put_u8(struct buf *buf, uint8_t value);
void buf_put_u16(struct buf *buf, uint16_t value); /* all integers little-endian */
void buf_put_u32(struct buf *buf, uint32_t value);
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_consume(struct buf *buf, size_t size); /* drops bytes from the front */

struct span buf_span(const struct buf *buf);
/* The contents as NUL-terminated text (the NUL isn't counted); "" when that failed. */
const char *buf_text(struct buf *buf);
int buf_done(const struct buf *buf) __attribute__((warn_unused_result)); /* the sticky error */

/* A reader over a span with a sticky failure: reads past the end give zeros. */
struct reader {
    struct span rest;
    bool failed;
};

struct reader reader_of(struct span span);
uint8_t reader_u8(struct reader *reader);
uint16_t reader_u16(struct reader *reader);
uint32_t reader_u32(struct reader *reader);
uint64_t reader_u64(struct reader *reader);
struct span reader_bytes(struct reader *reader, size_t size);
void reader_copy(struct reader *reader, void *out, size_t size); /* zeros on failure */
bool reader_done(const struct reader *reader); /* all read, nothing failed */

uint32_t bytes_get_u32(const uint8_t data[static 4]);
uint64_t bytes_get_u64(const uint8_t data[static 8]);
void bytes_set_u32(uint8_t data[static 4], uint32_t value);
void bytes_set_u64(uint8_t data[static 8], uint64_t value);

/* Lower-case hex with NUL: out has 2 * size + 1 bytes. */
void bytes_hex(const uint8_t *data, size_t size, char *out);
/* The other way: exactly 2 * size lower-case digits, or false with `out` untouched. */
bool bytes_unhex(struct span text, uint8_t *out, size_t size);

#endif
