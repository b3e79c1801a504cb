/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Limits: topics that are not asked of this person.
 *
 * A list of tags, kept as a small value of this home; it never leaves it. What is under a
 * limit looks to the partner like a question that was skipped (question.c).
 */
#include "common/deck.h"
#include "common/error.h"
#include "daemon/core/policy.h"

int
limits_read(struct core *core, struct buf *out)
{
    int rc = store_value_get(core->store, "limits", out);
    return rc == E_NO_ENTRY ? 0 : rc;
}

/* Appends the words of `text` that are not `but`. */
static void
put_words(struct buf *out, struct span text, struct span but)
{
    while (text.size > 0) {
        struct span word = span_cut(&text, ' ');
        if (word.size > 0 && !span_equal(word, but)) {
            buf_put_text(out, out->size > 0 ? " " : "");
            buf_put_span(out, word);
        }
    }
}

/* "+money", "-work": one change to the list. */
static int
change_limit(struct buf *limits, struct span word)
{
    struct buf changed = {0};
    struct span tag = span_slice(word, 1, word.size);
    if (word.size < 2 || (word.data[0] != '+' && word.data[0] != '-') ||
        tag.size > DECK_TAG_BYTES_MAX || !deck_knows_tag(tag)) {
        return E_USAGE;
    }
    put_words(&changed, buf_span(limits), tag);
    if (word.data[0] == '+') {
        put_words(&changed, tag, SPAN_EMPTY);
    }
    int rc = buf_done(&changed);
    if (rc == 0) {
        buf_free(limits);
        *limits = changed;
        changed = (struct buf){0}; /* transferred */
    }
    buf_free(&changed);
    return rc;
}

int
limits_request(struct core *core, const Attune__Local__Option *option,
               Attune__Local__Reply *reply)
{
    struct buf limits = {0};
    struct span rest = option == NULL ? SPAN_EMPTY
                                      : span_of(option->value.data, option->value.len);
    bool changes = rest.size > 0;
    int rc = limits_read(core, &limits);
    while (rc == 0 && rest.size > 0) {
        struct span word = span_cut(&rest, ' ');
        rc = word.size == 0 ? 0 : change_limit(&limits, word);
    }
    if (rc == 0 && changes) {
        rc = state_set(core, "limits", buf_span(&limits));
    }
    if (rc == 0) {
        reply->options = arena_alloc(core->arena, sizeof *reply->options);
        rc = reply->options == NULL ? E_MEMORY
                                    : reply_option(core, reply, "limits", buf_span(&limits));
    }
    buf_free(&limits);
    return rc;
}
