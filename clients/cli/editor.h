/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Editor: the person's own editor on a private file that lives in memory only.
 *
 * The model: a folder of our own, 0700, on a tmpfs (checked with statfs, not believed):
 * below the runtime folder, else below /dev/shm. The text goes in, the editor runs, the
 * text comes out; then every file in the folder, the editor's own swap and backup copies
 * too, is overwritten and removed. No tmpfs, no editor. A memory file may still reach a
 * swap partition, and an editor may keep a history elsewhere: help safety says so.
 * Owner: `out` is the caller's.
 */
#ifndef ATTUNE_CLI_EDITOR_H
#define ATTUNE_CLI_EDITOR_H

#include "common/bytes.h"

/*
 * editor_run
 *   runtime_dir  tried first
 *   option       the option "editor"; "" means VISUAL, EDITOR, nano, vi
 *   text         what stands there at the beginning
 *   out          what stood there at the end, appended
 * 0; E_RUNTIME_DIR (no folder in memory), E_REFUSED (the editor ended with an error),
 * E_LIMIT (longer than bytes_max), E_IO, E_MEMORY.
 */
int editor_run(const char *runtime_dir, const char *option, struct span text,
               size_t bytes_max, struct buf *out) __attribute__((warn_unused_result));

#endif
