/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wording: hints about a person's own text, before it is shared.
 *
 * The model: a text is a row of words with blanks, pauses or stops between them. A rule
 * is a row of wording.def: phrases that often land harder than meant, what makes them
 * harmless, and one gentle line about the sentence. A hint never blocks, is never kept,
 * and is only for who wrote the text: nothing may call this with a partner's.
 * Invariant: what is found lies in the text; finds don't overlap and stand in the order
 * of the text. English only: a hint about a language it doesn't know would be noise.
 */
#ifndef ATTUNE_COMMON_WORDING_H
#define ATTUNE_COMMON_WORDING_H

#include "common/bytes.h"

#define WORDING_HINTS_MAX 3    /* more would read as a mark, not as a hint */
#define WORDING_COLUMNS_MAX 76 /* what a hint says fits one line, indented */

struct wording_hint {
    const char *rule;  /* a stable short name, such as "always" */
    struct span found; /* borrowed from the text: the words that are meant */
    const char *says;  /* one line, at most WORDING_COLUMNS_MAX columns */
};

/*
 * wording_look: the first hints that fit the text, each rule once.
 *   text     any bytes; what text_check refuses or is over TEXT_BYTES_MAX gets none
 *   apology  whether the text is an apology; some rules are only for one
 *   out      hints in the order of the text; what lies beyond their count is untouched
 * Returns their count. Allocates nothing (some 60 KiB of stack); a letter of 64 KiB
 * takes a millisecond or two.
 */
size_t
wording_look(struct span text, bool apology,
             struct wording_hint out[static WORDING_HINTS_MAX]);

#endif
