/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Ask: the requests of the notifier, each queued on the connection; *number finds its reply
 * (may be NULL).
 * All: 0, E_LIMIT (the other side takes nothing), E_MEMORY.
 */
#ifndef ATTUNE_NOTIFY_ASK_H
#define ATTUNE_NOTIFY_ASK_H

#include "clients/lib/async.h"
#include "common/limits.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stdint.h>

/* Without a body. */
int ask_plain(struct async *async, const char *name, uint32_t *number)
    __attribute__((warn_unused_result));
/* For what a notice may be about; until_s 0: for ever. */
int ask_watch(struct async *async, uint64_t after, int64_t until_s, uint32_t *number)
    __attribute__((warn_unused_result));
/* The entry of a notice with its fields; attuned marks nothing as read for it. */
int ask_preview(struct async *async, const Attune__Local__Notice *notice,
                uint32_t *number) __attribute__((warn_unused_result));
/* `what`: "shown", "later", "tomorrow", "done"; the keys are borrowed for the call. `upto`:
 * it was for all that came till then; 0: for these alone. */
int ask_told(struct async *async, ProtobufCBinaryData *keys, size_t count,
             const char *what, bool budget, int64_t upto, uint32_t *number)
    __attribute__((warn_unused_result));
int ask_act(struct async *async, uint8_t id[static ID_BYTES], bool partner, char *act,
            uint8_t request_id[static REQUEST_BYTES], uint32_t *number)
    __attribute__((warn_unused_result));

#endif
