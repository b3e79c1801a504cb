/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/zone.h"

#include <stdalign.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <unistd.h>

enum { NEWS_BYTES = 4096 };

static const char name[] = "localtime";

/* Whether any of the events is about the name; the kernel made them, so they are whole. */
static bool
concerns(const char *news, size_t bytes)
{
    size_t at = 0;
    while (at + sizeof(struct inotify_event) <= bytes) {
        struct inotify_event event;
        memcpy(&event, news + at, sizeof event);
        at += sizeof event;
        if ((event.mask & IN_Q_OVERFLOW) != 0 ||
            (event.len >= sizeof name && event.len <= bytes - at &&
             memcmp(news + at, name, sizeof name) == 0)) {
            return true;
        }
        at += event.len;
    }
    return false;
}

static void
on_news(void *context, uint32_t events)
{
    struct zone *zone = context;
    alignas(struct inotify_event) char news[NEWS_BYTES];
    ssize_t size =
        read(zone->watch.fd, news, sizeof news); /* the rest, if any, calls again */
    if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
        zone_done(zone);
    }
    if (size > 0 && concerns(news, (size_t)size)) {
        zone->fn(zone->context);
    }
}

void
zone_init(struct zone *zone, struct loop *loop, const char *folder, loop_timer_fn *fn,
          void *context)
{
    *zone = (struct zone){.loop = loop, .fn = fn, .context = context};
    zone->watch = (struct loop_watch){
        .fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .fn = on_news, .context = zone};
    /* What is only read there wakes nobody. */
    if (zone->watch.fd >= 0 &&
        (inotify_add_watch(zone->watch.fd, folder,
                           IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM |
                               IN_CLOSE_WRITE | IN_ONLYDIR) < 0 ||
         loop_watch(loop, &zone->watch, EPOLLIN) != 0)) {
        zone_done(zone);
    }
}

void
zone_done(struct zone *zone)
{
    if (zone->loop == NULL || zone->watch.fd < 0) {
        return;
    }
    loop_unwatch(zone->loop, &zone->watch);
    close(zone->watch.fd);
    zone->watch.fd = -1;
}
