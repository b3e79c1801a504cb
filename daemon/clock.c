/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/clock.h"

#include "common/bytes.h"
#include "common/error.h"
#include "common/when.h"

#include <errno.h>
#include <fcntl.h>
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
    int64_t wall_ms = clock_wall_ms(clock);
    struct tm local = {0};
    out->wall_s = wall_ms / 1000;
    out->mono_ms = clock_mono_ms(clock);
    time_t seconds = (time_t)out->wall_s;
    out->zone_min = localtime_r(&seconds, &local) == NULL
                        ? 0
                        : (int)(local.tm_gmtoff / WHEN_MINUTE_S);
}

static int
take_line(struct clock *clock, bool *moved)
{
    int64_t wall_s = 0;
    int rc = when_parse_rfc3339(span_of(clock->line, clock->line_bytes), &wall_s);
    clock->line_bytes = 0;
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
