/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Layout: the program's own text in columns, for help and questions of width.
 *
 * Everything appends to a buf whose error is sticky; no line is wider than `columns`
 * unless one word is.
 */
#ifndef ATTUNE_CLI_LAYOUT_H
#define ATTUNE_CLI_LAYOUT_H

#include "common/bytes.h"

/* Paragraphs of `text`, wrapped; each line after `indent` spaces. */
void layout_text(struct buf *out, size_t columns, size_t indent, const char *text);

/* `left` after `indent` spaces, `right` wrapped from column `at`; on the next line when
 * left is too long or the columns are few. */
void layout_pair(struct buf *out, size_t columns, size_t indent, size_t at,
                 const char *left, const char *right);

#endif
