/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/clock.h"

#include "common/bytes.h"
#include "common/error.h"
#include "common/when.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

void
clock_init(struct clock *clock)
{
    *clock = (struct clock){.fd = -1};
}

int
clock_open(struct clock *clock, int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
        fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) {
        return E_CLOCK;
    }
    clock->fd = fd;
    return 0;
}

void
clock_done(struct clock *clock)
{
    if (clock->fd >= 0) {
        close(clock->fd);
        clock->fd = -1;
    }
}

static int64_t
read_ms(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint64_t
clock_mono_ms(const struct clock *clock)
{
    /* One more, since 0 stands for "never" in timers. */
    return (uint64_t)read_ms(CLOCK_BOOTTIME) + clock->mono_offset_ms + 1;
}

int64_t
clock_wall_ms(const struct clock *clock)
{
    return read_ms(CLOCK_REALTIME) + clock->wall_offset_ms;
}

void
clock_now(const struct clock *clock, struct clock_time *out)
{
    out->wall_s = clock_wall_ms(clock) / 1000;
    out->mono_ms = clock_mono_ms(clock);
    out->zone_min = when_zone_min(out->wall_s);
}

/* A name as in the zone database; nothing that leads out of its folder. */
static int
take_zone(struct span name)
{
    char text[CLOCK_ZONE_BYTES_MAX + 1] = "";
    if (name.size == 0 || name.size > CLOCK_ZONE_BYTES_MAX || name.data[0] == '/') {
        return E_CLOCK;
    }
    for (size_t i = 0; i < name.size; i++) {
        int byte = name.data[i];
        if (!((byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z') ||
              (byte >= '0' && byte <= '9') || (byte != 0 && strchr("/_+-", byte) != NULL))) {
            return E_CLOCK;
        }
        text[i] = (char)byte;
    }
    return setenv("TZ", text, 1) != 0 ? E_CLOCK : 0; /* when_zone_min looks there */
}

static int
take_line(struct clock *clock, bool *moved)
{
    int64_t wall_s = 0;
    struct span line = span_of(clock->line, clock->line_bytes);
    struct span word = span_text("zone ");
    clock->line_bytes = 0;
    if (span_equal(span_slice(line, 0, word.size), word)) {
        *moved = true;
        return take_zone(span_slice(line, word.size, line.size));
    }
    int rc = when_parse_rfc3339(line, &wall_s);
    if (rc != 0) {
        return E_CLOCK;
    }
    int64_t step_ms = wall_s * 1000 - clock_wall_ms(clock);
    clock->wall_offset_ms += step_ms;
    if (step_ms > 0) {
        clock->mono_offset_ms += (uint64_t)step_ms;
    }
    *moved = true;
    return 0;
}

int
clock_feed(struct clock *clock, bool *moved)
{
    *moved = false;
    for (;;) {
        char byte = 0;
        ssize_t size = read(clock->fd, &byte, 1);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0 && errno == EAGAIN) {
            return 0;
        }
        if (size <= 0) {
            return E_CLOCK;
        }
        if (byte == '\n') {
            int rc = take_line(clock, moved);
            if (rc != 0) {
                return rc;
            }
        } else if (clock->line_bytes == CLOCK_LINE_BYTES_MAX) {
            return E_CLOCK;
        } else {
            clock->line[clock->line_bytes++] = byte;
        }
    }
}
