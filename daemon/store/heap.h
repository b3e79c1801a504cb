/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Heap: SQLite's memory, wiped when it is freed.
 *
 * The model: libc's allocator below, as SQLite has it by itself; but pages, cells, keys of
 * rows and words of the index pass through here, and a locked daemon must hold none of
 * them. So each block is wiped before it goes back, also when it grows elsewhere.
 */
#ifndef ATTUNE_DAEMON_STORE_HEAP_H
#define ATTUNE_DAEMON_STORE_HEAP_H

/* For the whole process and once; later than SQLite's first use it does nothing. */
void heap_use(void);

#endif
