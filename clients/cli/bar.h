/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Bar: one glyph and word in a status bar when something waits, nothing otherwise.
 *
 * The model: whether something waits is one bit, made from attuned's notices; how a bar
 * wants it is a row in bar.c. A reminder of the question or of the talk is not something
 * that waits, nor what was put off or done with; and while nothing may be told, nothing does.
 * Invariants: no content, no kind, no number; no error either, for a bar is seen by whoever
 * passes by: locked, no journal and no attuned look like nothing. It starts no attuned.
 * To add a bar: a row of `bars` in bar.c, its name among the offers of --for in flags.def.
 */
#ifndef ATTUNE_CLI_BAR_H
#define ATTUNE_CLI_BAR_H

#include "common/bytes.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>

struct bar;

/* The bar of that name, NULL: plain. NULL when there is none of that name. */
const struct bar *
bar_find(const char *name);

/* Appends what the bar reads; `follow`: as a line of a stream. */
void
bar_say(const struct bar *bar, bool waiting, bool follow, struct buf *out);

/* Whether something waits, by the reply of `notices`. *until_s: silence, or what was put off
 * first, ends then, so look again; 0: neither. */
bool
bar_waits(const Attune__Local__Reply *reply, int64_t *until_s);

#endif
