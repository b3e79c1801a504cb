/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Arena: memory that is handed out, never given back piece by piece, and wiped as one.
 *
 * The model: protobuf messages unpack into an arena through its ProtobufCAllocator; what
 * a message can allocate is bounded by the arena's size, and nothing of it survives
 * arena_reset. Memory is zero when handed out. Pointers are valid until reset or free.
 */
#ifndef ATTUNE_COMMON_ARENA_H
#define ATTUNE_COMMON_ARENA_H

#include "common/bytes.h"

#include <protobuf-c/protobuf-c.h>

struct arena;

/* bytes_max: all that may be handed out between two resets. NULL when out of memory. */
struct arena *arena_new(size_t bytes_max);
void arena_free(struct arena *arena); /* wipes; NULL is fine */
void arena_reset(struct arena *arena); /* wipes what was used; keeps one block */

/* `size` zeroed bytes aligned for any object, or NULL when the budget or memory is out. */
void *arena_alloc(struct arena *arena, size_t size);
/* A NUL-terminated copy of the bytes, or NULL. */
char *arena_text(struct arena *arena, struct span text);
/* A copy of the bytes; on failure {NULL, 0}. */
struct span arena_copy(struct arena *arena, struct span bytes);
/* For protobuf-c unpacking; its free does nothing. */
ProtobufCAllocator *arena_allocator(struct arena *arena);

#endif
