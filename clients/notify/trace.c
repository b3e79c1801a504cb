/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/trace.h"

#include "common/bytes.h"

#include <string.h>
#include <unistd.h>

enum { VERSION = 1 };

static void
put(struct buf *out, const struct display_place *place,
    const struct policy_shown *shown)
{
    size_t size = strlen(place->server);
    uint8_t count = 0;
    for (size_t i = 0; i < shown->count; i++) {
        count = (uint8_t)(count + !shown->fresh[i]);
    }
    buf_put_u8(out, VERSION);
    buf_put_u8(out, shown->locked);
    buf_put_u8(out, (uint8_t)shown->level);
    buf_put_u32(out, place->id);
    buf_put_u16(out, (uint16_t)size);
    buf_put(out, place->server, size);
    buf_put_u8(out, count);
    for (size_t i = 0; i < shown->count; i++) {
        if (!shown->fresh[i]) {
            buf_put(out, shown->keys[i], ID_BYTES);
        }
    }
}

/* Whether it is a record as we write them. */
static bool
take(struct span data, struct display_place *place, struct policy_shown *shown)
{
    struct reader reader = reader_of(data);
    *place = (struct display_place){.id = 0};
    *shown = (struct policy_shown){.on = true};
    if (reader_u8(&reader) != VERSION) {
        return false;
    }
    shown->locked = reader_u8(&reader) != 0;
    uint8_t level = reader_u8(&reader);
    place->id = reader_u32(&reader);
    size_t size = reader_u16(&reader);
    if (level > NOTICE_TEXT || place->id == 0 || size >= sizeof place->server) {
        return false;
    }
    shown->level = (enum option_notice)level;
    reader_copy(&reader, place->server, size);
    shown->count = reader_u8(&reader);
    if (shown->count > POLICY_ITEMS_MAX) {
        return false;
    }
    for (size_t i = 0; i < shown->count; i++) {
        reader_copy(&reader, shown->keys[i], ID_BYTES);
    }
    return reader_done(&reader);
}

void
trace_init(struct trace *trace, int fd)
{
    *trace = (struct trace){.fd = fd};
    if (fd < 0) {
        return;
    }
    ssize_t got = pread(fd, trace->written, sizeof trace->written, 0);
    if (got > 0) {
        trace->written_bytes = (size_t)got;
        trace->left = take((struct span){trace->written, trace->written_bytes},
                           &trace->place, &trace->shown);
    }
}

const struct display_place *
trace_place(const struct trace *trace)
{
    return trace->left ? &trace->place : NULL;
}

bool
trace_found(struct trace *trace, const struct display *display)
{
    struct display_place place;
    bool found = trace->left && display_place(display, &place) &&
                 place.id == trace->place.id &&
                 strcmp(place.server, trace->place.server) == 0;
    trace->left = false;
    return found;
}

void
trace_keep(struct trace *trace, const struct display *display,
           const struct policy_shown *shown)
{
    struct display_place place;
    struct buf now;
    if (trace->fd < 0 || trace->left) {
        return;
    }
    buf_init(&now, TRACE_BYTES_MAX);
    if (shown->on && display_place(display, &place)) {
        put(&now, &place, shown);
    }
    const struct span before = {trace->written, trace->written_bytes};
    if (buf_done(&now) == 0 && !span_equal(buf_span(&now), before)) {
        trace->written_bytes = now.size;
        /* A disk that is full, a record cut short: then the next one finds none. */
        (void)!ftruncate(trace->fd, 0);
        if (now.size > 0) {
            memcpy(trace->written, now.data, now.size);
            (void)!pwrite(trace->fd, now.data, now.size, 0);
        }
    }
    buf_free(&now);
}
