/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/caption.h"

#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/kind.h"
#include "common/text.h"

#include <string.h>

enum {
    LINES_MAX = 3, /* sentences of one notice; of the rest only that there is more */
    ACTS_MAX = DISPLAY_ACTIONS_MAX - 3, /* buttons beside those every notice has */
    NAME_CHARS_MAX = NAME_BYTES_MAX,
};

static const char *
none_sentence(bool from_partner)
{
    return from_partner ? "There is something kind for you."
                        : "There is something for you today.";
}

static bool
is_from_partner(const struct policy *policy,
                const Attune__Local__Notice *const *notices)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (policy_from_partner(policy_why(notices[policy->items[i]]))) {
            return true;
        }
    }
    return false;
}

/* The table has it as part of a sentence: "your promise for today". */
static void
put_due(struct buf *out, const char *today)
{
    bool small = today[0] >= 'a' && today[0] <= 'z';
    buf_put_u8(out, (uint8_t)(small ? today[0] - 'a' + 'A' : today[0]));
    buf_put_text(out, today + 1);
    buf_put_text(out, ".");
}

/* The content-free sentence of one thing. */
static void
put_sentence(struct buf *out, const Attune__Local__Notice *notice)
{
    const struct kind *kind = kind_find(notice->kind);
    enum policy_why why = policy_why(notice);
    if (why == WHY_QUESTION) {
        buf_put_text(out, "Today's question waits.");
    } else if (why == WHY_TALK) {
        buf_put_text(out, "This week's talk.");
    } else if (why == WHY_DUE && kind != NULL && kind->due.today != NULL) {
        put_due(out, kind->due.today);
    } else if (why == WHY_DUE) {
        buf_put_text(out, "There is something for you today.");
    } else if (why == WHY_NEWS && kind != NULL && kind->news != NULL) {
        buf_put_text(out, "There is ");
        buf_put_text(out, kind->news);
        buf_put_text(out, ".");
    } else {
        buf_put_text(out, kind != NULL ? kind->notice : "There is something new.");
    }
}

static bool
has_line(struct span text, struct span line)
{
    while (text.size > 0) {
        if (span_equal(span_cut(&text, '\n'), line)) {
            return true;
        }
    }
    return false;
}

/* Each sentence once, and how many of them there are doesn't show. */
static void
put_sentences(struct buf *out, const struct policy *policy,
              const Attune__Local__Notice *const *notices)
{
    size_t lines = 0;
    bool more = false;
    for (size_t i = 0; i < policy->count; i++) {
        struct buf line = {0};
        put_sentence(&line, notices[policy->items[i]]);
        if (has_line(buf_span(out), buf_span(&line))) {
            /* said */
        } else if (lines == LINES_MAX) {
            more = true;
        } else {
            buf_put_text(out, lines > 0 ? "\n" : "");
            buf_put_span(out, buf_span(&line));
            lines++;
        }
        out->error = out->error != 0 ? out->error : line.error;
        buf_free(&line);
    }
    buf_put_text(out, more ? "\nAnd more." : "");
}

/* One line of anybody's text, harmless and short. */
static void
put_line(struct buf *out, struct span text, size_t chars_max)
{
    struct buf clean = {0};
    text_sanitize(&clean, text, TEXT_LINE);
    if (text_width(buf_span(&clean)) > 0) { /* else nobody would see it */
        text_shorten(out, text_trim(buf_span(&clean)), chars_max);
    }
    out->error = out->error != 0 ? out->error : clean.error;
    buf_free(&clean);
}

static bool
is_same(ProtobufCBinaryData a, ProtobufCBinaryData b)
{
    return a.len > 0 && span_equal(attune_span(a), attune_span(b));
}

/* The first text of the entry that a person typed; nothing when there is none, or when
 * this is not the entry that was asked for. */
static void
put_text(struct buf *out, const Attune__Local__Notice *notice,
         const Attune__Local__Entry *preview)
{
    const struct kind *kind = kind_find(notice->kind);
    if (kind == NULL || preview == NULL || strcmp(preview->kind, kind->name) != 0 ||
        !is_same(preview->id, notice->id) || preview->partner != notice->partner ||
        preview->gone || preview->faded) {
        return;
    }
    for (size_t i = 0; i < kind_fields_count(kind) && out->size == 0; i++) {
        const Attune__Local__Field *field =
            attune_field(preview->fields, preview->n_fields, kind->fields[i].name);
        if (field != NULL && kind_field_is_text(&kind->fields[i])) {
            put_line(out, attune_span(field->text), CAPTION_CHARS_MAX);
        }
    }
}

/* Who says it, for what the partner wrote; else what it is about. */
static void
put_heading(struct buf *out, const Attune__Local__Notice *notice, struct span partner)
{
    const struct kind *kind = kind_find(notice->kind);
    if (notice->partner && kind != NULL && policy_why(notice) == WHY_NEW) {
        put_line(out, partner, NAME_CHARS_MAX);
    }
    if (out->size > 0) {
        buf_put_text(out, " ");
        buf_put_text(out, kind->said);
    } else {
        put_sentence(out, notice);
    }
}

static void
add_action(struct caption *caption, const char *key, const char *label)
{
    caption->actions[caption->actions_count++] = (struct display_action){key, label};
}

/* What one click does with it: the table says of which acts that is true. */
static void
add_acts(struct caption *caption, const Attune__Local__Notice *notice)
{
    const struct kind *kind = kind_find(notice->kind);
    const struct kind_act *act;
    for (size_t i = 0; kind != NULL && (act = kind_act_at(kind, i)) != NULL; i++) {
        bool possible = false;
        for (size_t n = 0; act->button != NULL && n < notice->n_acts; n++) {
            possible |= strcmp(notice->acts[n], act->name) == 0;
        }
        if (possible && caption->actions_count < ACTS_MAX + 1) {
            add_action(caption, act->name, act->button);
        }
    }
}

/* `one`: what it is of, or NULL: nothing that a button may tell of. */
static void
add_actions(struct caption *caption, const Attune__Local__Notice *one)
{
    add_action(caption, "open", "Open");
    if (one != NULL) {
        add_acts(caption, one);
    }
    add_action(caption, "later", "In an hour");
    add_action(caption, "tomorrow", "Tomorrow");
}

/* Hands it over when all of it could be put together. */
static int
finish(struct caption *caption, struct caption *out)
{
    int error = caption->title.error != 0 ? caption->title.error : caption->body.error;
    if (error != 0) {
        caption_done(caption);
        return E_MEMORY;
    }
    *out = *caption;
    return 0;
}

int
caption_make(const struct policy *policy, const Attune__Local__Notice *const *notices,
             const Attune__Local__Entry *preview, struct span partner,
             struct caption *out, enum option_notice *level)
{
    struct caption caption = {0};
    enum option_notice reached = policy->locked ? NOTICE_NONE : policy->level;
    if (reached == NOTICE_TEXT && policy->count == 1) {
        const Attune__Local__Notice *notice = notices[policy->items[0]];
        put_text(&caption.body, notice, preview);
        if (caption.body.size > 0) {
            put_heading(&caption.title, notice, partner);
        }
    }
    if (caption.body.size == 0) {
        reached = reached == NOTICE_NONE ? NOTICE_NONE : NOTICE_KIND;
        buf_put_text(&caption.title, "attune");
        if (policy->locked) {
            buf_put_text(&caption.body, "attune is locked");
        } else if (reached == NOTICE_NONE) {
            buf_put_text(&caption.body,
                         none_sentence(is_from_partner(policy, notices)));
        } else {
            put_sentences(&caption.body, policy, notices);
        }
    }
    if (policy->bare) {
        /* no buttons */
    } else if (policy->locked) {
        add_action(&caption, "unlock", "Unlock");
    } else {
        bool one = policy->count == 1 && reached != NOTICE_NONE;
        add_actions(&caption, one ? notices[policy->items[0]] : NULL);
    }
    int error = finish(&caption, out);
    if (error == 0) {
        *level = reached;
    }
    return error;
}

int
caption_none(bool from_partner, bool bare, struct caption *out)
{
    struct caption caption = {0};
    buf_put_text(&caption.title, "attune");
    buf_put_text(&caption.body, none_sentence(from_partner));
    if (!bare) {
        add_actions(&caption, NULL);
    }
    return finish(&caption, out);
}

void
caption_done(struct caption *caption)
{
    if (caption != NULL) {
        buf_free(&caption->title);
        buf_free(&caption->body);
        caption->actions_count = 0;
    }
}
