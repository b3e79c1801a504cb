/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens: what counts as a word when text is searched; the tokenizer of the text index.
 *
 * Model. A word is a run of letters, digits and marks, folded by text_fold. In scripts
 * written without spaces each character is a token, so a phrase of them matches inside a
 * run; a symbol (emoji) is a token too, whatever its skin and presentation. The index, the
 * tail and the highlighter all read text through tokens_each, so they agree.
 * Invariants. Any bytes are taken; what is not UTF-8 separates. A token has 1 to
 * TOKEN_BYTES_MAX bytes; a longer word is known by its beginning.
 */
#ifndef ATTUNE_STORE_TOKENS_H
#define ATTUNE_STORE_TOKENS_H

#include "common/bytes.h"

#include <sqlite3.h>

enum { TOKEN_BYTES_MAX = 96 };

struct token {
    struct span folded; /* borrowed until the callback returns */
    size_t start, end;  /* bytes of the text it stands for */
};

/* Non-zero from `each` stops and is returned; E_MEMORY when folding runs out of it. */
int tokens_each(struct span text, int (*each)(void *context, const struct token *token),
                void *context) __attribute__((warn_unused_result));

/* Tokens kept: {0} is an empty list. */
struct token_kept {
    uint32_t start, end; /* in the text */
    uint32_t at, size;   /* in `folded` */
};
struct token_list {
    struct buf folded;
    struct buf rows; /* of struct token_kept */
};
void tokens_free(struct token_list *list);
/* Appends the tokens of `text` (at most 4 GiB). 0 or E_MEMORY. */
int tokens_read(struct token_list *list, struct span text)
    __attribute__((warn_unused_result));
void tokens_clear(struct token_list *list);
size_t tokens_count(const struct token_list *list);
const struct token_kept *tokens_at(const struct token_list *list, size_t index);
struct span tokens_folded(const struct token_list *list, size_t index);

/* Registers the tokenizer "attune" with FTS5 on a connection. An SQLite result. */
int tokens_register(sqlite3 *db) __attribute__((warn_unused_result));

#endif
