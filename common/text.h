/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text at the edges: what may come in, what may go out, how wide it is, how it is
 * found.
 *
 * The model: text is checked strictly once, where it enters (text_check), kept as it
 * is, and made harmless where it leaves (text_sanitize), whoever wrote it. Everything
 * that reads text here takes any bytes at all; a byte that is not UTF-8 counts as
 * U+FFFD. Invariant: what text_sanitize wrote, it writes again unchanged.
 */
#ifndef ATTUNE_COMMON_TEXT_H
#define ATTUNE_COMMON_TEXT_H

#include "common/bytes.h"

/* At most so many marks, joiners and other zero-wide characters stay on one base. */
#define TEXT_MARKS_MAX 8

/* A tab may take so many columns at worst; widths count the worst. */
#define TEXT_TAB_COLUMNS 8

enum text_mode {
    TEXT_LINE,  /* newline and tab become a space */
    TEXT_BLOCK, /* newline and tab stay */
};

/* 0, or E_UTF8 for bytes that are not UTF-8 (RFC 3629: no overlong forms, no
 * surrogates, nothing above U+10FFFF) or that hold NUL. */
int text_check(struct span text) __attribute__((warn_unused_result));

/* The first code point of non-empty text and its size in bytes; a byte that is not
 * UTF-8 is U+FFFD of size 1. */
size_t text_next(struct span text, uint32_t *codepoint);

/*
 * text_sanitize: appends `text` to `out` as valid UTF-8 that can't move a cursor,
 * reorder or imitate. CR LF, CR, VT, FF, NEL, U+2028 and U+2029 become a newline;
 * every other control character, noncharacter and invalid byte becomes U+FFFD; bidi
 * marks, overrides, embeddings and isolates, tags and other invisible format
 * characters are dropped; joiners stay. Marks beyond TEXT_MARKS_MAX on a base are
 * dropped; a mark without a base gets a dotted circle, so that it can't land on what
 * the program printed before it. Errors are sticky in `out`.
 */
void text_sanitize(struct buf *out, struct span text, enum text_mode mode);

/* Whether a code point must not be printed as it is; newline and tab are harmless
 * here. */
bool text_hazard(uint32_t codepoint);

/* Terminal columns: per grapheme cluster 0, 1 or 2 (wide East Asian, emoji
 * sequences). */
size_t text_width(struct span text);

/* Appends as much of one line as fits, cut between clusters, "…" in the last column
 * when something was cut. The output's width is at most `columns`; 0 appends
 * nothing. */
void text_clip(struct buf *out, struct span text, size_t columns);

/* text_shorten: the same by characters (code points), for what is drawn by others: at most
 * `chars_max`, the ellipsis among them. One cluster that is longer alone is cut inside. */
void text_shorten(struct buf *out, struct span text, size_t chars_max);

/* One line of wrapped text, a slice of the input; not 0 stops the wrapping. */
typedef int
text_line_fn(void *context, struct span line);

/*
 * text_wrap: breaks at newlines, then at spaces or between wide clusters, then anywhere
 * between clusters, so that no line is wider than `columns` (a cluster wider than that
 * stands alone). The spaces at a soft break belong to no line. Empty lines are given;
 * empty text gives none, a final newline opens no line.
 * 0, or what `line` returned.
 */
int text_wrap(struct span text, size_t columns, text_line_fn *line, void *context);

/*
 * text_fold: appends the form under which text is found: NFKC, case folded, default
 * ignorable characters dropped, diacritics dropped from Latin and Greek letters
 * ("Café" is "cafe"; が stays unlike か, й unlike и). Fold both sides, then compare
 * bytes. Errors are sticky in `out`.
 */
void text_fold(struct buf *out, struct span text);

/* Without Unicode white space at both ends; a slice of `text`. */
struct span text_trim(struct span text);

#endif
