/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Visible: what the partner can see, exactly: a sentence while it is short, else a
 * list.
 */
#include "clients/cli/render.h"

#include "common/text.h"

enum { SENTENCE_ENTRIES_MAX = 8 };

const char *
render_extent(const Attune__Local__Entry *entry)
{
    if (render_has_state(entry, S_SEALED)) {
        return "when both are in";
    }
    return render_has_state(entry, S_TOPIC) ? "its topic only" : NULL;
}

static void
put_extent(const struct printer *printer, struct buf *out,
           const Attune__Local__Entry *entry)
{
    if (render_extent(entry) != NULL) {
        buf_put_text(out, render_extent(entry));
    } else {
        render_state(printer, out, entry);
    }
}

static void
put_sentence(const struct printer *printer, struct buf *line,
             const Attune__Local__Reply *reply)
{
    for (size_t i = 0; i < reply->n_entries; i++) {
        const Attune__Local__Entry *entry = reply->entries[i];
        struct buf state;
        char id[ID_CHARS + 1];
        buf_init(&state, 0);
        render_id(entry->id, entry->unique, id);
        put_extent(printer, &state, entry);
        buf_put_text(line, i == 0 ? " " : ", ");
        text_sanitize(line, span_text(entry->kind), TEXT_LINE);
        buf_printf(line, " %s", id);
        if (state.size > 0) {
            buf_put_text(line, " (");
            buf_put_span(line, buf_span(&state));
            buf_put_text(line, ")");
        }
        buf_free(&state);
    }
    buf_put_text(line, ". Nothing else.");
}

void
render_visible(const struct printer *printer, struct buf *out,
               const Attune__Local__Reply *reply, bool paired)
{
    struct buf line;
    buf_init(&line, 0);
    if (!paired) {
        buf_put_text(&line, "Nobody is paired: nobody can see anything.");
    } else if (reply->n_entries == 0) {
        render_subject(printer, &line, true);
        buf_put_text(&line, " can see nothing of what you wrote.");
    } else {
        render_subject(printer, &line, true);
        buf_put_text(&line, " can see:");
    }
    bool list = paired && reply->n_entries > SENTENCE_ENTRIES_MAX;
    if (paired && reply->n_entries > 0 && !list) {
        put_sentence(printer, &line, reply);
    }
    render_text(printer, out, RENDER_INDENT, buf_span(&line));
    if (list) {
        render_list(printer, out, reply->entries, reply->n_entries,
                    RENDER_ROWS_VISIBLE);
        render_text(printer, out, RENDER_INDENT, span_text("Nothing else."));
    }
    buf_free(&line);
}
