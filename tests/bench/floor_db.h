/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plain SQLite journal every durable row is compared with: WAL, synchronous FULL, a
 * row with its text, up to three tags and an index on time; optionally FTS5.
 */
#ifndef ATTUNE_TESTS_BENCH_FLOOR_DB_H
#define ATTUNE_TESTS_BENCH_FLOOR_DB_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct floor_db;

/* Makes it anew at `path`. Exits on failure, as everything here. */
struct floor_db *
floor_db_new(const char *path, bool text_index);
void
floor_db_free(struct floor_db *db); /* removes the file */
void
floor_db_begin(struct floor_db *db);
void
floor_db_put(struct floor_db *db, int64_t time, struct span text);
void
floor_db_commit(struct floor_db *db);
/* One row, durable; microseconds. */
double
floor_db_time(struct floor_db *db, int64_t time, struct span text);

#endif
