/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Render: the pieces the text form is put together from; pure.
 *
 * The model: everything goes to a buf, made harmless on its way. The program's own
 * lines are indented by two; what a person wrote stands behind the gutter "  │ ", where
 * no line of it can look like one of the program's. Lines fit `columns`; long texts
 * keep a width one likes to read.
 * Ownership: nothing here keeps anything.
 */
#ifndef ATTUNE_CLIENTS_CLI_RENDER_H
#define ATTUNE_CLIENTS_CLI_RENDER_H

#include "clients/cli/print.h"
#include "common/id.h"
#include "common/kind.h"

#define RENDER_INDENT "  "
#define RENDER_GUTTER "  │ "
#define RENDER_MEASURE 80 /* columns; longer lines lose the eye */
#define RENDER_ID_CHARS_MIN 3

/* -- render.c: layout -- */

/* What a line may take: the screen's width, but at most RENDER_MEASURE. */
size_t
render_columns(const struct printer *printer);
/* `text` must be harmless already; dim where there is colour. */
void
render_dim(struct buf *out, bool colour, struct span text);
void
render_spaces(struct buf *out, size_t count);

/* Harmless text wrapped so that each line with its prefix fits; ends with a newline.
 * Empty text is one line of the prefix alone. */
void
render_wrap(struct buf *out, bool colour, const char *prefix, size_t columns,
            struct span clean);
/* Any bytes: sanitized, then as render_wrap, at most RENDER_MEASURE wide. */
void
render_text(const struct printer *printer, struct buf *out, const char *prefix,
            struct span text);
/* The same from a format. */
void
render_say(const struct printer *printer, struct buf *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Pieces in a row, `gap` columns between them, none broken unless it alone is too wide.
 * */
struct render_row {
    struct buf *out;
    size_t columns;
    size_t gap;
    size_t used; /* columns of the open line */
    size_t owed; /* of them spaces that are written when something follows */
};
void
render_row_begin(struct render_row *row, struct buf *out, size_t columns, size_t gap);
void
render_row_put(struct render_row *row, struct span clean, size_t width_min);
void
render_row_end(struct render_row *row);

/* -- render_value.c: values and fields -- */

/* What people type: the shortest unique beginning, at least RENDER_ID_CHARS_MIN. */
void
render_id(ProtobufCBinaryData id, uint32_t unique, char out[static ID_CHARS + 1]);
/* Appends a first name, sanitized; "your partner" or "" when there is none. */
void
render_name(const struct printer *printer, struct buf *out, bool partner);
/* The same at the beginning of a sentence, where there is always something. */
void
render_subject(const struct printer *printer, struct buf *out, bool partner);
/* Appends "thanks you"; as its author reads it: "thanks Ben". */
void
render_said(const struct printer *printer, struct buf *out, const char *said,
            bool partner);
/* Appends how long something is held: "in 8 s", "in 15 min", "on Friday". */
void
render_hold(const struct printer *printer, struct buf *out, uint32_t hold_s);
/* "No notices until 23:10." (or "tomorrow 08:00"), or that they come; 0: they do. */
void
render_quiet(const struct printer *printer, struct buf *out, int64_t until_s);
/* Appends "by Friday", "until 22:00", "back at 09:00, tomorrow". */
void
render_time(const struct printer *printer, struct buf *out, const char *prompt,
            int64_t time_s);
/* Appends a field's value: a day, a number, text; sanitized. */
void
render_value(const struct printer *printer, struct buf *out,
             const Attune__Local__Field *field, const struct kind_field *row);
/* The same with its label. */
void
render_field(const struct printer *printer, struct buf *out,
             const Attune__Local__Field *field, const struct kind_field *row);

/* -- render_entry.c: an entry -- */

/* Fields any shared entry may have (kind_common_field). */
#define RENDER_HOW "how"
#define RENDER_MAY_TELL "may-tell"
#define RENDER_TOPIC "topic"

bool
render_has_state(const Attune__Local__Entry *entry, enum state state);
bool
render_in_states(const Attune__Local__Entry *entry, uint32_t states); /* STATE_BIT mask */
/* What stands where a text is gone: "(taken back)". */
const char *
render_gone(const Attune__Local__Entry *entry);
/* A whole entry: heading, text, fields, events. `when`: with its date. */
void
render_entry(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry, bool when);

/* -- render_acts.c -- */

/* The commands for what the reader can do with entries[0] and its thread; count > 0. */
void
render_acts(const struct printer *printer, struct buf *out,
            Attune__Local__Entry *const *entries, size_t count);

/* -- render_list.c: lists -- */

/* Appends what the state tells in a list, or nothing: "done", "leaves in 8 s". */
void
render_state(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry);
/* Appends the entry's text or what stands for it, as one line. */
void
render_line_text(struct buf *out, const Attune__Local__Entry *entry);
/* What a line of a list shows. */
enum render_rows {
    RENDER_ROWS,         /* the text */
    RENDER_ROWS_FOUND,   /* the snippet */
    RENDER_ROWS_VISIBLE, /* what the partner sees: of a seal or a topic, how little */
};
/* One clipped line each. */
void
render_list(const struct printer *printer, struct buf *out,
            Attune__Local__Entry *const *entries, size_t count, enum render_rows rows);

/* -- render_today.c -- */

void
render_today(const struct printer *printer, struct buf *out,
             const Attune__Local__Reply *reply);
/* The questions themselves. */
void
render_questions(const struct printer *printer, struct buf *out,
                 const Attune__Local__Reply *reply);

/* -- render_visible.c -- */

/* How little the partner sees of it, or NULL: "when both are in". */
const char *
render_extent(const Attune__Local__Entry *entry);
void
render_visible(const struct printer *printer, struct buf *out,
               const Attune__Local__Reply *reply, bool paired);

#endif
