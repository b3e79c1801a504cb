/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deck: questions for the days, as lines of plain text.
 *
 * Model. A line is `DEPTH TAG[,TAG...] QUESTION`; deck.txt tells the format and is the deck
 * every attune brings (made part of the program when it is built). A couple's own decks
 * have the same format; a line without depth and tags is a question of depth 1.
 * A question is known by its text alone, so the order of lines doesn't matter.
 */
#ifndef ATTUNE_COMMON_DECK_H
#define ATTUNE_COMMON_DECK_H

#include "common/bytes.h"

#include <stdbool.h>

enum { DECK_DEPTH_MAX = 5, DECK_QUESTIONS_MAX = 4096, DECK_TAG_BYTES_MAX = 24 };

struct deck_line {
    unsigned depth;     /* 1..DECK_DEPTH_MAX */
    struct span tags;   /* "home,food", or empty */
    struct span text;   /* not empty */
};

/* The deck attune brings. */
extern const char deck_text[];

/* Takes the next question off the front of `rest`, past comments and empty lines; false at
 * the end. The spans are borrowed from it. */
bool deck_next(struct span *rest, struct deck_line *out);
/* Whether one of `tags` (commas between) is one of `words` (spaces between). */
bool deck_tagged(struct span tags, struct span words);
/* Whether some question of the deck attune brings has this tag. */
bool deck_knows_tag(struct span tag);
/* Appends the tags of the deck attune brings, each once, in the order of the alphabet,
 * ", " between. */
void deck_put_tags(struct buf *out);

#endif
