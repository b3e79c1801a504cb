/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/store/heap.h"

#include "common/bytes.h"

#include <malloc.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { ROUND_BYTES = 8, GIVE_BACK_FACTOR = 4 };

static void *
take(int size)
{
    return malloc((size_t)size);
}

static void
give(void *block)
{
    bytes_wipe(block, malloc_usable_size(block));
    free(block);
}

static int
size_of(void *block)
{
    return (int)malloc_usable_size(block);
}

/* Never libc's own: what that leaves behind it doesn't wipe. */
static void *
resize(void *block, int size)
{
    size_t had = malloc_usable_size(block);
    size_t wanted = (size_t)size;
    if (wanted <= had && had / GIVE_BACK_FACTOR <= wanted) {
        return block;
    }
    void *moved = malloc(wanted);
    if (moved != NULL) {
        memcpy(moved, block, had < wanted ? had : wanted);
        give(block);
    }
    return moved;
}

static int
round_up(int size)
{
    return (size + ROUND_BYTES - 1) / ROUND_BYTES * ROUND_BYTES;
}

static int
begin(void *context)
{
    (void)context;
    return SQLITE_OK;
}

static void
end(void *context)
{
    (void)context;
}

void
heap_use(void)
{
    static const struct sqlite3_mem_methods methods = {
        .xMalloc = take,
        .xFree = give,
        .xRealloc = resize,
        .xSize = size_of,
        .xRoundup = round_up,
        .xInit = begin,
        .xShutdown = end,
    };
    (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &methods);
}
