/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * epoll; the nearest monotonic timer is its timeout, the nearest wall timer a timerfd,
 * which is always armed because it also reports sets of the clock and resumes.
 */
#include "daemon/loop.h"

#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

enum { READY_MAX = 32 };

/* Arms the timerfd when no timer does: a wall time no machine reaches. */
static const int64_t never_s = INT64_C(1) << 40;

struct loop {
    const struct clock *clock;
    int epoll;
    struct loop_watch wall;
    struct loop_watch signals;
    loop_signal_fn *signal;
    void *signal_context;
    int64_t armed_s;        /* machine's wall clock; 0: not armed */
    int64_t armed_offset_ms; /* the clock's offset it was armed under */
    struct loop_timer *timers[LOOP_TIMERS_MAX];
    size_t timers_count;
    bool jumped; /* the clock was set, and `clock_set` doesn't know yet */
    loop_timer_fn *clock_set;
    void *clock_set_context;
    struct epoll_event ready[READY_MAX];
    int ready_count;
    bool stopped;
};

static void
close_fd(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
        *fd = -1;
    }
}

static void
on_wall(void *context, uint32_t events)
{
    struct loop *loop = context;
    uint64_t expirations = 0;
    (void)events;
    /* ECANCELED: the clock was set, or the machine slept. */
    if (read(loop->wall.fd, &expirations, sizeof expirations) < 0 && errno == ECANCELED) {
        loop->jumped = true;
    }
    loop->armed_s = 0;
}

static void
on_signals(void *context, uint32_t events)
{
    struct loop *loop = context;
    struct signalfd_siginfo info;
    (void)events;
    while (read(loop->signals.fd, &info, sizeof info) == (ssize_t)sizeof info) {
        loop->signal(loop->signal_context, (int)info.ssi_signo);
    }
}

int
loop_new(const struct clock *clock, struct loop **out)
{
    int rc = E_IO;
    struct loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) {
        return E_MEMORY;
    }
    loop->clock = clock;
    loop->armed_offset_ms = clock->wall_offset_ms;
    loop->signals.fd = -1;
    loop->wall = (struct loop_watch){
        .fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC),
        .fn = on_wall,
        .context = loop,
    };
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0 || loop->wall.fd < 0) {
        goto out;
    }
    rc = loop_watch(loop, &loop->wall, EPOLLIN);
    if (rc != 0) {
        goto out;
    }
    *out = loop;
    loop = NULL; /* transferred */
out:
    loop_free(loop);
    return rc;
}

void
loop_free(struct loop *loop)
{
    if (loop == NULL) {
        return;
    }
    close_fd(&loop->signals.fd);
    close_fd(&loop->wall.fd);
    close_fd(&loop->epoll);
    free(loop);
}

int
loop_signals(struct loop *loop, loop_signal_fn *fn, void *context)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return E_IO;
    }
    int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) {
        return E_IO;
    }
    loop->signal = fn;
    loop->signal_context = context;
    loop->signals = (struct loop_watch){.fd = fd, .fn = on_signals, .context = loop};
    return loop_watch(loop, &loop->signals, EPOLLIN);
}

int
loop_watch(struct loop *loop, struct loop_watch *watch, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = watch};
    if (watch->added && watch->events == events) {
        return 0;
    }
    if (epoll_ctl(loop->epoll, watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, watch->fd,
                  &event) != 0) {
        return errno == ENOMEM || errno == ENOSPC ? E_MEMORY : E_IO;
    }
    watch->added = true;
    watch->events = events;
    return 0;
}

void
loop_unwatch(struct loop *loop, struct loop_watch *watch)
{
    if (!watch->added) {
        return;
    }
    (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL);
    watch->added = false;
    watch->events = 0;
    for (int i = 0; i < loop->ready_count; i++) {
        if (loop->ready[i].data.ptr == watch) {
            loop->ready[i].data.ptr = NULL; /* its owner may be gone before its turn */
        }
    }
}

void
loop_set(struct loop *loop, struct loop_timer *timer, uint64_t mono_ms, int64_t wall_s)
{
    if (!timer->added) {
        assert(loop->timers_count < LOOP_TIMERS_MAX);
        loop->timers[loop->timers_count++] = timer;
        timer->added = true;
    }
    timer->mono_ms = mono_ms;
    timer->wall_s = wall_s;
}

void
loop_drop(struct loop *loop, struct loop_timer *timer)
{
    for (size_t i = 0; timer->added && i < loop->timers_count; i++) {
        if (loop->timers[i] == timer) {
            loop->timers[i] = loop->timers[--loop->timers_count];
            timer->added = false;
        }
    }
}

static bool
is_due(const struct loop_timer *timer, uint64_t mono_ms, int64_t wall_ms)
{
    return (timer->mono_ms != 0 && timer->mono_ms <= mono_ms) ||
           (timer->wall_s != 0 && timer->wall_s <= wall_ms / 1000);
}

/* Each timer at most once a turn: one that sets itself to now must not starve the rest. */
static void
run_due(struct loop *loop)
{
    struct loop_timer *due[LOOP_TIMERS_MAX];
    size_t count = 0;
    uint64_t mono_ms = clock_mono_ms(loop->clock);
    int64_t wall_ms = clock_wall_ms(loop->clock);
    for (size_t i = 0; i < loop->timers_count; i++) {
        if (is_due(loop->timers[i], mono_ms, wall_ms)) {
            due[count++] = loop->timers[i];
        }
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < loop->timers_count; j++) { /* still there, and still due? */
            if (loop->timers[j] == due[i] && is_due(due[i], mono_ms, wall_ms)) {
                due[i]->mono_ms = 0;
                due[i]->wall_s = 0;
                due[i]->fn(due[i]->context);
                break;
            }
        }
    }
}

/* Milliseconds until the nearest monotonic timer; -1: none. */
static int
timeout_ms(const struct loop *loop)
{
    uint64_t nearest = UINT64_MAX;
    for (size_t i = 0; i < loop->timers_count; i++) {
        if (loop->timers[i]->mono_ms != 0 && loop->timers[i]->mono_ms < nearest) {
            nearest = loop->timers[i]->mono_ms;
        }
    }
    if (nearest == UINT64_MAX) {
        return -1;
    }
    uint64_t now = clock_mono_ms(loop->clock);
    uint64_t left = nearest > now ? nearest - now : 0;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

static void
arm_wall(struct loop *loop)
{
    int64_t nearest = never_s;
    for (size_t i = 0; i < loop->timers_count; i++) {
        if (loop->timers[i]->wall_s != 0 && loop->timers[i]->wall_s < nearest) {
            nearest = loop->timers[i]->wall_s;
        }
    }
    int64_t offset_ms = loop->clock->wall_offset_ms;
    if (loop->armed_offset_ms != offset_ms) {
        loop->jumped = true; /* ours was set, which the machine can't tell */
    }
    if (loop->armed_s == nearest && loop->armed_offset_ms == offset_ms) {
        return;
    }
    /* The machine's time at which ours is the one asked for; 0 would disarm. */
    int64_t machine_ms = nearest * 1000 - offset_ms;
    machine_ms = machine_ms < 1 ? 1 : machine_ms;
    struct itimerspec when = {
        .it_value = {.tv_sec = (time_t)(machine_ms / 1000),
                     .tv_nsec = (long)(machine_ms % 1000) * 1000000},
    };
    int result = timerfd_settime(loop->wall.fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
                                 &when, NULL);
    bool told = result != 0 && errno == ECANCELED; /* armed too, and the clock was set */
    if (result == 0 || told) {
        loop->armed_s = nearest;
        loop->armed_offset_ms = offset_ms;
    }
    loop->jumped = loop->jumped || told;
}

int
loop_turn(struct loop *loop, int wait_ms)
{
    arm_wall(loop);
    int due_ms = timeout_ms(loop);
    if (wait_ms < 0 || (due_ms >= 0 && due_ms < wait_ms)) {
        wait_ms = due_ms;
    }
    if (loop->jumped) {
        wait_ms = 0;
    }
    int count = epoll_wait(loop->epoll, loop->ready, READY_MAX, wait_ms);
    if (count < 0 && errno != EINTR) {
        return E_IO;
    }
    loop->ready_count = count < 0 ? 0 : count;
    for (int i = 0; i < loop->ready_count; i++) {
        struct loop_watch *watch = loop->ready[i].data.ptr;
        if (watch != NULL) {
            watch->fn(watch->context, loop->ready[i].events);
        }
    }
    loop->ready_count = 0;
    if (loop->jumped) {
        loop->jumped = false;
        if (loop->clock_set != NULL) {
            loop->clock_set(loop->clock_set_context);
        }
    }
    run_due(loop);
    return 0;
}

void
loop_clock_set(struct loop *loop, loop_timer_fn *fn, void *context)
{
    loop->clock_set = fn;
    loop->clock_set_context = context;
}

int
loop_run(struct loop *loop)
{
    int rc = 0;
    while (rc == 0 && !loop->stopped) {
        rc = loop_turn(loop, -1);
    }
    return rc;
}

void
loop_stop(struct loop *loop)
{
    loop->stopped = true;
}
