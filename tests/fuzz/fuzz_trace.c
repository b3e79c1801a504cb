/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes as what an attune-notify before this one wrote down: nothing is believed of it
 * that a notice could not be.
 */
#include "clients/notify/trace.h"
#include "tests/fuzz/fuzz.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct trace trace;
    int fd = memfd_create("trace", MFD_CLOEXEC);
    require(fd >= 0);
    require(size == 0 || write(fd, data, size) == (ssize_t)size);
    trace_init(&trace, fd);
    const struct display_place *place = trace_place(&trace);
    if (place != NULL) {
        require(place->id != 0);
        require(memchr(place->server, '\0', sizeof place->server) != NULL);
        require(trace.shown.count <= POLICY_ITEMS_MAX);
        require(trace.shown.level <= NOTICE_TEXT);
        require(trace.shown.on && !trace.shown.lost);
    }
    close(fd);
    return 0;
}
