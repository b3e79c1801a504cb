/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/bytes.h"

#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct span
span_of(const void *data, size_t size)
{
    return (struct span){data, size};
}

struct span
span_text(const char *text)
{
    return (struct span){(const uint8_t *)text, text == NULL ? 0 : strlen(text)};
}

struct span
span_slice(struct span span, size_t offset, size_t size)
{
    if (offset > span.size) {
        offset = span.size;
    }
    if (size > span.size - offset) {
        size = span.size - offset;
    }
    return (struct span){span.data == NULL ? NULL : span.data + offset, size};
}

bool
span_equal(struct span a, struct span b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int
span_compare(struct span a, struct span b)
{
    size_t shorter = a.size < b.size ? a.size : b.size;
    int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);
    if (order != 0) {
        return order;
    }
    return a.size < b.size ? -1 : a.size > b.size;
}

struct span
span_cut(struct span *rest, char at)
{
    size_t size = 0;
    while (size < rest->size && rest->data[size] != (uint8_t)at) {
        size++;
    }
    struct span piece = span_slice(*rest, 0, size);
    *rest = span_slice(*rest, size < rest->size ? size + 1 : size, rest->size);
    return piece;
}

void
bytes_wipe(void *data, size_t size)
{
    if (size > 0) {
        explicit_bzero(data, size);
    }
}

void
buf_init(struct buf *buf, size_t size_max)
{
    *buf = (struct buf){.size_max = size_max};
}

void
buf_free(struct buf *buf)
{
    if (buf == NULL) {
        return;
    }
    if (buf->data != NULL) {
        bytes_wipe(buf->data, buf->capacity);
        free(buf->data);
    }
    *buf = (struct buf){.size_max = buf->size_max};
}

void
buf_clear(struct buf *buf)
{
    bytes_wipe(buf->data, buf->size);
    buf->size = 0;
    buf->error = 0;
}

uint8_t *
buf_reserve(struct buf *buf, size_t more)
{
    if (buf->error != 0) {
        return NULL;
    }
    size_t bound = buf->size_max == 0 ? SIZE_MAX / 4 : buf->size_max;
    if (more > bound || buf->size > bound - more) {
        buf->error = E_LIMIT;
        return NULL;
    }
    size_t needed = buf->size + more;
    if (needed > buf->capacity || buf->data == NULL) {
        size_t capacity = buf->capacity < 64 ? 64 : buf->capacity;
        while (capacity < needed) {
            capacity *= 2;
        }
        uint8_t *data = malloc(capacity);
        if (data == NULL) {
            buf->error = E_MEMORY;
            return NULL;
        }
        if (buf->data != NULL) {
            memcpy(data, buf->data, buf->size);
            bytes_wipe(buf->data, buf->capacity);
            free(buf->data);
        }
        buf->data = data;
        buf->capacity = capacity;
    }
    return buf->data + buf->size;
}

void
buf_advance(struct buf *buf, size_t written)
{
    if (buf->error == 0 && written <= buf->capacity - buf->size) {
        buf->size += written;
    }
}

void
buf_put(struct buf *buf, const void *data, size_t size)
{
    if (size == 0) {
        return;
    }
    uint8_t *out = buf_reserve(buf, size);
    if (out != NULL) {
        memcpy(out, data, size);
        buf->size += size;
    }
}

void
buf_put_span(struct buf *buf, struct span span)
{
    buf_put(buf, span.data, span.size);
}

void
buf_put_text(struct buf *buf, const char *text)
{
    buf_put_span(buf, span_text(text));
}

void
buf_put_u8(struct buf *buf, uint8_t value)
{
    buf_put(buf, &value, 1);
}

void
buf_put_u16(struct buf *buf, uint16_t value)
{
    uint8_t data[2] = {(uint8_t)value, (uint8_t)(value >> 8)};
    buf_put(buf, data, sizeof data);
}

void
buf_put_u32(struct buf *buf, uint32_t value)
{
    uint8_t data[4];
    bytes_set_u32(data, value);
    buf_put(buf, data, sizeof data);
}

void
buf_put_u64(struct buf *buf, uint64_t value)
{
    uint8_t data[8];
    bytes_set_u64(data, value);
    buf_put(buf, data, sizeof data);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    if (size < 0) {
        buf->error = buf->error != 0 ? buf->error : E_INTERNAL;
        return;
    }
    uint8_t *out = buf_reserve(buf, (size_t)size + 1);
    if (out == NULL) {
        return;
    }
    va_start(list, format);
    vsnprintf((char *)out, (size_t)size + 1, format, list);
    va_end(list);
    buf->size += (size_t)size;
}

void
buf_consume(struct buf *buf, size_t size)
{
    if (size >= buf->size) {
        bytes_wipe(buf->data, buf->size);
        buf->size = 0;
        return;
    }
    memmove(buf->data, buf->data + size, buf->size - size);
    bytes_wipe(buf->data + buf->size - size, size);
    buf->size -= size;
}

struct span
buf_span(const struct buf *buf)
{
    return (struct span){buf->data, buf->size};
}

const char *
buf_text(struct buf *buf)
{
    uint8_t *end = buf_reserve(buf, 1);
    if (end == NULL) {
        return "";
    }
    *end = '\0';
    return (const char *)buf->data;
}

int
buf_done(const struct buf *buf)
{
    return buf->error;
}

struct reader
reader_of(struct span span)
{
    return (struct reader){span, false};
}

struct span
reader_bytes(struct reader *reader, size_t size)
{
    if (reader->failed || size > reader->rest.size) {
        reader->failed = true;
        return SPAN_EMPTY;
    }
    struct span out = {reader->rest.data, size};
    reader->rest = span_slice(reader->rest, size, reader->rest.size);
    return out;
}

void
reader_copy(struct reader *reader, void *out, size_t size)
{
    struct span bytes = reader_bytes(reader, size);
    if (reader->failed) {
        memset(out, 0, size);
    } else if (size > 0) {
        memcpy(out, bytes.data, size);
    }
}

uint8_t
reader_u8(struct reader *reader)
{
    uint8_t data[1];
    reader_copy(reader, data, sizeof data);
    return data[0];
}

uint16_t
reader_u16(struct reader *reader)
{
    uint8_t data[2];
    reader_copy(reader, data, sizeof data);
    return (uint16_t)(data[0] | data[1] << 8);
}

uint32_t
reader_u32(struct reader *reader)
{
    uint8_t data[4];
    reader_copy(reader, data, sizeof data);
    return bytes_get_u32(data);
}

uint64_t
reader_u64(struct reader *reader)
{
    uint8_t data[8];
    reader_copy(reader, data, sizeof data);
    return bytes_get_u64(data);
}

bool
reader_done(const struct reader *reader)
{
    return !reader->failed && reader->rest.size == 0;
}

uint32_t
bytes_get_u32(const uint8_t data[static 4])
{
    return (uint32_t)data[0] | (uint32_t)data[1] << 8 | (uint32_t)data[2] << 16 |
           (uint32_t)data[3] << 24;
}

uint64_t
bytes_get_u64(const uint8_t data[static 8])
{
    return (uint64_t)bytes_get_u32(data) | (uint64_t)bytes_get_u32(data + 4) << 32;
}

void
bytes_set_u32(uint8_t data[static 4], uint32_t value)
{
    for (size_t i = 0; i < 4; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
}

void
bytes_set_u64(uint8_t data[static 8], uint64_t value)
{
    for (size_t i = 0; i < 8; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
}

static int
hex_digit(uint8_t c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
bytes_unhex(struct span text, uint8_t *out, size_t size)
{
    if (text.size != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        if (hex_digit(text.data[i]) < 0) {
            return false;
        }
    }
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(hex_digit(text.data[2 * i]) << 4 |
                           hex_digit(text.data[2 * i + 1]));
    }
    return true;
}

void
bytes_hex(const uint8_t *data, size_t size, char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[data[i] >> 4];
        out[2 * i + 1] = digits[data[i] & 15];
    }
    out[2 * size] = '\0';
}
