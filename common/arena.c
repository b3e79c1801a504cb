/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/arena.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BLOCK_BYTES = 16 * 1024 };

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t data[];
};

struct arena {
    struct block *blocks; /* newest first */
    size_t bytes_max;
    size_t bytes_used;
    ProtobufCAllocator allocator;
};

static void *
allocator_alloc(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void
allocator_free(void *arena, void *pointer)
{
    (void)arena;
    (void)pointer;
}

struct arena *
arena_new(size_t bytes_max)
{
    struct arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL) {
        return NULL;
    }
    arena->bytes_max = bytes_max;
    arena->allocator =
        (ProtobufCAllocator){allocator_alloc, allocator_free, arena};
    return arena;
}

static void
block_free(struct block *block)
{
    bytes_wipe(block->data, block->used);
    free(block);
}

void
arena_free(struct arena *arena)
{
    if (arena == NULL) {
        return;
    }
    while (arena->blocks != NULL) {
        struct block *next = arena->blocks->next;
        block_free(arena->blocks);
        arena->blocks = next;
    }
    free(arena);
}

void
arena_reset(struct arena *arena)
{
    struct block *keep = NULL;
    while (arena->blocks != NULL) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        if (keep == NULL && block->size == ARENA_BLOCK_BYTES) {
            bytes_wipe(block->data, block->used);
            block->used = 0;
            block->next = NULL;
            keep = block;
        } else {
            block_free(block);
        }
    }
    arena->blocks = keep;
    arena->bytes_used = 0;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    if (size > arena->bytes_max) {
        return NULL;
    }
    size = (size + align - 1) / align * align;
    size = size == 0 ? align : size;
    if (size > arena->bytes_max - arena->bytes_used) {
        return NULL;
    }
    struct block *block = arena->blocks;
    if (block == NULL || block->size - block->used < size) {
        size_t room = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
        block = malloc(sizeof *block + room);
        if (block == NULL) {
            return NULL;
        }
        block->used = 0;
        block->size = room;
        block->next = arena->blocks;
        arena->blocks = block;
    }
    void *out = block->data + block->used;
    memset(out, 0, size);
    block->used += size;
    arena->bytes_used += size;
    return out;
}

char *
arena_text(struct arena *arena, struct span text)
{
    char *out = arena_alloc(arena, text.size + 1);
    if (out != NULL && text.size > 0) {
        memcpy(out, text.data, text.size);
    }
    return out;
}

struct span
arena_copy(struct arena *arena, struct span bytes)
{
    uint8_t *out = arena_alloc(arena, bytes.size);
    if (out == NULL) {
        return SPAN_EMPTY;
    }
    if (bytes.size > 0) {
        memcpy(out, bytes.data, bytes.size);
    }
    return span_of(out, bytes.size);
}

ProtobufCAllocator *
arena_allocator(struct arena *arena)
{
    return &arena->allocator;
}
