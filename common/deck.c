/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "common/deck.h"

#include "common/text.h"

static bool
is_tags(struct span text)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        if (!((c >= 'a' && c <= 'z') || c == ',' || c == '-')) {
            return false;
        }
    }
    return text.size > 0;
}

/* `2 home,past What did it smell of?`; anything else is a question as it stands. */
static void
parse(struct span line, struct deck_line *out)
{
    *out = (struct deck_line){.depth = 1, .text = line};
    struct span rest = line;
    struct span depth = span_cut(&rest, ' ');
    struct span tags = span_cut(&rest, ' ');
    bool plain = depth.size != 1 || depth.data[0] < '1' ||
                 depth.data[0] > '0' + DECK_DEPTH_MAX || !is_tags(tags);
    rest = text_trim(rest);
    if (!plain && rest.size > 0) {
        *out = (struct deck_line){
            .depth = (unsigned)(depth.data[0] - '0'), .tags = tags, .text = rest};
    }
}

bool
deck_next(struct span *rest, struct deck_line *out)
{
    while (rest->size > 0) {
        struct span line = text_trim(span_cut(rest, '\n'));
        if (line.size > 0 && line.data[0] != '#') {
            parse(line, out);
            return true;
        }
    }
    return false;
}

bool
deck_tagged(struct span tags, struct span words)
{
    while (words.size > 0) {
        struct span word = span_cut(&words, ' ');
        struct span rest = tags;
        while (word.size > 0 && rest.size > 0) {
            if (span_equal(span_cut(&rest, ','), word)) {
                return true;
            }
        }
    }
    return false;
}

bool
deck_knows_tag(struct span tag)
{
    struct span rest = span_text(deck_text);
    struct deck_line line;
    while (deck_next(&rest, &line)) {
        if (deck_tagged(line.tags, tag)) {
            return true;
        }
    }
    return false;
}

/* The first tag of the alphabet after this one; false when there is none. */
static bool
tag_after(struct span tag, struct span *out)
{
    struct span rest = span_text(deck_text);
    struct deck_line line;
    bool found = false;
    while (deck_next(&rest, &line)) {
        while (line.tags.size > 0) {
            struct span one = span_cut(&line.tags, ',');
            if (span_compare(one, tag) > 0 && (!found || span_compare(one, *out) < 0)) {
                *out = one;
                found = true;
            }
        }
    }
    return found;
}

void
deck_put_tags(struct buf *out)
{
    struct span tag = SPAN_EMPTY;
    for (bool more = false; tag_after(tag, &tag); more = true) {
        buf_put_text(out, more ? ", " : "");
        buf_put_span(out, tag);
    }
}
