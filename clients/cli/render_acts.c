/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The commands below an entry: what its reader can do now.
 *
 * The model: answers first (those its kind offers, then any), then the acts attuned lists.
 * Of the other entries of a thread only what one key could answer is offered, so that a
 * pause can be ended where it is read about.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/text.h"

#include <string.h>

enum { COMMANDS_GAP = 3 };

/* `attune VERB ID --option value`; `option` may be NULL. */
static void
put_command(struct render_row *row, const char *verb, const Attune__Local__Entry *entry,
            const char *option, struct span value)
{
    struct buf line;
    char id[ID_CHARS + 1];
    buf_init(&line, 0);
    render_id(entry->id, entry->unique, id);
    buf_put_text(&line, "attune ");
    text_sanitize(&line, span_text(verb), TEXT_LINE);
    buf_printf(&line, " %s", id);
    if (option != NULL) {
        buf_printf(&line, " --%s ", option);
        buf_put_span(&line, value);
    }
    render_row_put(row, buf_span(&line), 0);
    buf_free(&line);
}

/* An answer is an entry of its own, so the daemon need not list it as an act. */
static bool
can_answer(const Attune__Local__Entry *entry)
{
    static const enum state closed[] = {S_DRAFT, S_HELD, S_RETRACTED, S_SEALED};
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++) {
        if (render_has_state(entry, closed[i])) {
            return false;
        }
    }
    return !entry->mine && !entry->gone;
}

/* The option by which an answer says what kind of answer it is, or NULL. */
static const char *
choice_option(const struct kind *kind)
{
    for (size_t i = 1; i < kind_fields_count(kind); i++) {
        if (kind->fields[i].type == FIELD_CHOICE) {
            return kind->fields[i].name;
        }
    }
    return NULL;
}

/* Those the kind offers: `attune reply ID --as comfort`. */
static void
put_replies(struct render_row *row, const Attune__Local__Entry *entry,
            const struct kind *kind, const struct kind *answer)
{
    const char *option = choice_option(answer);
    const char *at = kind == NULL || kind->replies == NULL ? "" : kind->replies;
    while (option != NULL && entry->partner && *at != '\0') {
        size_t size = strcspn(at, " ");
        put_command(row, answer->name, entry, option, span_of(at, size));
        at += size + (at[size] == ' ' ? 1 : 0);
    }
}

/* A question to both is answered by a kind of its own, once. */
static bool
wants_answer(Attune__Local__Entry *const *entries, size_t count)
{
    const struct kind *kind = kind_find(entries[0]->kind);
    for (size_t i = 1; i < count; i++) {
        const struct kind *other = kind_find(entries[i]->kind);
        if (other != NULL && other->round_asked && !entries[i]->partner) {
            return false;
        }
    }
    return kind != NULL && kind->asks;
}

static void
put_answers(struct render_row *row, Attune__Local__Entry *const *entries, size_t count)
{
    const Attune__Local__Entry *entry = entries[0];
    const struct kind *kind = kind_find(entry->kind);
    bool asked = wants_answer(entries, count);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *answer = kind_at(i);
        if (answer->round_asked && asked) {
            put_command(row, answer->name, entry, NULL, SPAN_EMPTY);
        }
        if (!answer->reply ||
            (answer->to_partner && !attune_offers(entry, answer->name))) {
            continue;
        }
        put_replies(row, entry, kind, answer);
        put_command(row, answer->name, entry, NULL, SPAN_EMPTY);
    }
}

/* Of a kind with rounds one verb does whatever is next: its own. */
static void
put_acts(struct render_row *row, const Attune__Local__Entry *entry, bool keyed)
{
    const struct kind *kind = kind_find(entry->kind);
    bool rounds = false;
    for (size_t i = 0; i < entry->n_acts; i++) {
        const struct kind_act *act =
            kind == NULL ? NULL : kind_act(kind, entry->acts[i]);
        if (kind_find(entry->acts[i]) != NULL ||
            (keyed && (act == NULL || act->key == 0))) {
            continue;
        }
        if (act != NULL && act->inner && kind->rounds > 0) {
            if (!rounds) {
                put_command(row, kind->name, entry, NULL, SPAN_EMPTY);
            }
            rounds = true;
            continue;
        }
        bool asks = act != NULL && act->asks != NULL && !act->optional;
        put_command(row, entry->acts[i], entry, asks ? act->asks : NULL,
                    span_text("…"));
    }
}

void
render_acts(const struct printer *printer, struct buf *out,
            Attune__Local__Entry *const *entries, size_t count)
{
    struct render_row row;
    render_row_begin(&row, out, render_columns(printer), COMMANDS_GAP);
    if (can_answer(entries[0])) {
        put_answers(&row, entries, count);
    }
    put_acts(&row, entries[0], false);
    for (size_t i = 1; i < count; i++) {
        put_acts(&row, entries[i], true);
    }
    render_row_end(&row);
}
