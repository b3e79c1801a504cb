/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Workload: the entries everything is measured with, from a seed.
 *
 * The model: entry n of a size is always the same one. Its text is 40 to 1,500 bytes of
 * UTF-8 (log-normal, mean 298, median 242), words of a vocabulary of 8,000 in which rare
 * ones are rarer, some with letters beyond ASCII; WORKLOAD_RARE is in 6 of 100,000 and
 * WORKLOAD_COMMON in 10,015, spread evenly, so many in proportion at other sizes. Kinds
 * come from the kind table, those whose entries are a text and leave at once; a reply
 * answers the entry before it.
 * Ownership: bytes are borrowed from the struct.
 */
#ifndef ATTUNE_TESTS_BENCH_WORKLOAD_H
#define ATTUNE_TESTS_BENCH_WORKLOAD_H

#include "common/kind.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>

#define WORKLOAD_RARE "seldomword"
#define WORKLOAD_COMMON "commonword"

enum { WORKLOAD_TEXT_BYTES_MAX = 1500 };

struct workload {
    uint64_t seed;
    uint32_t size; /* entries */
};

struct workload_entry {
    uint8_t id[ID_BYTES];
    uint8_t parent[ID_BYTES];
    const struct kind *kind;
    bool theirs; /* by the second author */
    char text[WORKLOAD_TEXT_BYTES_MAX + 1];
    size_t text_bytes;
    /* what workload_request fills */
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    Attune__Local__Entry message;
};

/* Entry `number`, from 0. */
void
workload_make(const struct workload *workload, uint32_t number,
              struct workload_entry *out);
/* How many of all entries hold the word. */
uint32_t
workload_count(const struct workload *workload, const char *word);

/* The body of a create of it, reach `ours`, hold 0; in `entry`. */
Attune__Local__Entry *
workload_request(struct workload_entry *entry);

#endif
