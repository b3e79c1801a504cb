/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The schema: tables, version, and how a connection is set up.
 *
 * Model. schema_make fills an empty file; schema_accept looks at an existing one.
 * STORE_SCHEMA is SQLite's user_version; a change of tables raises it and adds a row to
 * `migrations` in schema.c. The numbers of enum state and log_class are in the rows.
 * Owner: store.c calls these while it opens.
 */
#ifndef ATTUNE_STORE_SCHEMA_H
#define ATTUNE_STORE_SCHEMA_H

#include "daemon/store/inside.h"

/* Limits, switches and the tokenizer; before anything reads. */
int schema_connect(struct store *store) __attribute__((warn_unused_result));
/* Page size, reserve and tables, in an empty file or memory. */
int schema_make(struct store *store) __attribute__((warn_unused_result));
/* Before a file that isn't in WAL mode yet is written: our VFS takes no rollback
 * journal, not even for the step to WAL. (OFF would be refused in defensive mode.) */
int schema_alone(struct store *store) __attribute__((warn_unused_result));
/* From the first read on: WAL, exclusive, full syncs. Files only. */
int schema_pragmas(struct store *store) __attribute__((warn_unused_result));
/* 0, E_VERSION_NEW, E_VERSION_OLD, E_JOURNAL; migrates what it can. */
int schema_accept(struct store *store) __attribute__((warn_unused_result));

#endif
