/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Clock: the one place where attuned reads time.
 *
 * The model: the machine's wall clock and its clock that goes on through suspend, each
 * plus an offset that is zero but for demo homes. There, RFC 3339 lines on a descriptor
 * set the wall clock; a step forward advances the other clock by as much, so that a pause
 * of an hour passes for every timeout at once. Between lines time runs as usual. A line
 * "zone NAME" moves this process to another time zone. The zone is the machine's, and is
 * looked at each time: who travels, or waits for summer, starts nothing anew.
 * Ownership: the descriptor is the clock's once clock_open took it.
 */
#ifndef ATTUNE_DAEMON_CLOCK_H
#define ATTUNE_DAEMON_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { CLOCK_LINE_BYTES_MAX = 64, CLOCK_ZONE_BYTES_MAX = 48 };

struct clock {
    int fd; /* -1: the machine's own time */
    int64_t wall_offset_ms;
    uint64_t mono_offset_ms;
    char line[CLOCK_LINE_BYTES_MAX];
    unsigned line_bytes;
};

struct clock_time {
    int64_t wall_s;   /* seconds since 1970 */
    uint64_t mono_ms; /* never goes back; counts suspend; never 0 */
    int zone_min;     /* local zone, minutes east of UTC */
};

void clock_init(struct clock *clock);

/* Takes its time from lines on `fd`, made non-blocking. 0 or E_CLOCK. */
int clock_open(struct clock *clock, int fd) __attribute__((warn_unused_result));
void clock_done(struct clock *clock);

/* Reads the lines that wait. *moved: a step was taken, or the zone is another. 0, or E_CLOCK
 * at the end of the lines or after one that is none: time then simply runs on. */
int clock_feed(struct clock *clock, bool *moved) __attribute__((warn_unused_result));

void clock_now(const struct clock *clock, struct clock_time *out);
uint64_t clock_mono_ms(const struct clock *clock);
int64_t clock_wall_ms(const struct clock *clock);

#endif
