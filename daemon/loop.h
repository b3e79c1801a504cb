/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loop: waits for descriptors, timers and signals, and calls back. One thread.
 *
 * The model: a watch is a descriptor with a function, a timer a time with a function; both
 * are members of their owner, which adds and removes them. A timer is due by either of its
 * two times and is off before its function runs. Wall time follows every set of the clock,
 * and both kinds follow a suspend; who must look again then, though nothing was due, asks
 * loop_clock_set.
 * Invariants: nothing wakes the process while nothing is due. A function may add, remove
 * or free any watch or timer, its own too. Signals arrive between callbacks.
 * Ownership: watches and timers are the callers' and must outlive their being added.
 */
#ifndef ATTUNE_DAEMON_LOOP_H
#define ATTUNE_DAEMON_LOOP_H

#include "daemon/clock.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { LOOP_TIMERS_MAX = 24 };

typedef void loop_watch_fn(void *context, uint32_t events); /* EPOLLIN, EPOLLOUT, ... */
typedef void loop_timer_fn(void *context);
typedef void loop_signal_fn(void *context, int number);

struct loop;

struct loop_watch {
    int fd;
    loop_watch_fn *fn;
    void *context;
    uint32_t events; /* what is watched now */
    bool added;
};

struct loop_timer {
    loop_timer_fn *fn;
    void *context;
    uint64_t mono_ms; /* 0: off */
    int64_t wall_s;   /* 0: off */
    bool added;
};

/* 0, E_MEMORY or E_IO. `clock` is borrowed. */
int loop_new(const struct clock *clock, struct loop **out)
    __attribute__((warn_unused_result));
void loop_free(struct loop *loop); /* NULL is fine */

/* Blocks SIGTERM, SIGINT and SIGHUP and calls back for them; ignores SIGPIPE. 0 or E_IO. */
int loop_signals(struct loop *loop, loop_signal_fn *fn, void *context)
    __attribute__((warn_unused_result));

/* Starts to watch, or changes what is watched for; 0 events still reports hang-ups.
 * 0, E_MEMORY, E_IO. */
int loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
    __attribute__((warn_unused_result));
/* Before the descriptor is closed. A watch that was not added is fine. */
void loop_unwatch(struct loop *loop, struct loop_watch *watch);

/* Sets the time, or times, of a timer; 0: that one off. At most LOOP_TIMERS_MAX timers. */
void loop_set(struct loop *loop, struct loop_timer *timer, uint64_t mono_ms,
              int64_t wall_s);
/* Takes the timer out for good, before its owner goes. */
void loop_drop(struct loop *loop, struct loop_timer *timer);

/* Calls back after the wall clock was set or the machine slept, before timers that are due
 * then. One function; NULL: none. */
void loop_clock_set(struct loop *loop, loop_timer_fn *fn, void *context);

/* Until loop_stop. 0 or E_IO. */
int loop_run(struct loop *loop) __attribute__((warn_unused_result));
void loop_stop(struct loop *loop);

/* One turn, waiting at most wait_ms (-1: as long as nothing is due). For tests. */
int loop_turn(struct loop *loop, int wait_ms) __attribute__((warn_unused_result));

#endif
