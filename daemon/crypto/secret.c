/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/crypto/secret.h"

#include "common/error.h"

#include <sodium.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ALIGN_BYTES = 16 };

static uint8_t *region;
static size_t region_bytes;
static size_t used_bytes;

int
secret_init(size_t bytes)
{
    if (region != NULL) {
        return E_ALREADY;
    }
    if (sodium_init() < 0) {
        return E_INTERNAL;
    }
    /* Whole pages make the region begin at a page, which madvise needs. */
    size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes == 0 || bytes > SIZE_MAX / 2) {
        return E_MEMORY;
    }
    size_t size = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    uint8_t *data = sodium_malloc(size);
    if (data == NULL) {
        return E_MEMORY;
    }
    /* sodium_malloc goes on unlocked when the limit is reached, so lock it again and
     * look. This also leaves the pages out of core dumps. */
    if (sodium_mlock(data, size) != 0) {
        sodium_free(data);
        return E_MLOCK;
    }
    /* A child has no use for keys. Kernels before 4.14 don't know this; they lose only
     * the second fence, because attune's children exec at once. */
    (void)madvise(data, size, MADV_WIPEONFORK);
    sodium_memzero(data, size);
    region = data;
    region_bytes = size;
    used_bytes = 0;
    return 0;
}

void *
secret_alloc(size_t bytes)
{
    if (region == NULL || bytes > region_bytes - used_bytes) {
        return NULL;
    }
    size_t padded = (bytes + ALIGN_BYTES - 1) / ALIGN_BYTES * ALIGN_BYTES;
    void *piece = region + used_bytes;
    /* region_bytes is a multiple of ALIGN_BYTES, so padding never runs past it. */
    used_bytes += padded;
    return piece;
}

void
secret_wipe_all(void)
{
    if (region != NULL) {
        sodium_memzero(region, region_bytes);
        used_bytes = 0;
    }
}

void
secret_done(void)
{
    if (region == NULL) {
        return;
    }
    secret_wipe_all();
    (void)sodium_munlock(region, region_bytes);
    sodium_free(region);
    region = NULL;
    region_bytes = 0;
}
