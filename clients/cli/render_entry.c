/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An entry as a person reads it, from its kind's row alone.
 *
 * The model: behind the gutter a heading, how to take it, what it answers, its fields in
 * the order of the row, who may hear of it; outside, what became of it and where it stands.
 * How to be of help stands before the words: it is read first.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/text.h"
#include "common/when.h"

#include <string.h>

struct view {
    const struct printer *printer;
    struct buf *out;
    const Attune__Local__Entry *entry;
    const struct kind *kind; /* NULL: of a newer attune */
    bool when;               /* with its date and what followed; false: a preview */
};

bool
render_has_state(const Attune__Local__Entry *entry, enum state state)
{
    return strcmp(entry->state, state_name(state)) == 0;
}

const char *
render_gone(const Attune__Local__Entry *entry)
{
    if (entry->faded) {
        return "(faded; you mended this)";
    }
    return render_has_state(entry, S_RETRACTED) ? "(taken back)" : "(not here)";
}

bool
render_in_states(const Attune__Local__Entry *entry, uint32_t states)
{
    for (unsigned state = 0; state < STATES_COUNT; state++) {
        if ((states & STATE_BIT(state)) != 0 &&
            render_has_state(entry, (enum state)state)) {
            return true;
        }
    }
    return false;
}

static const Attune__Local__Field *
find(const struct view *view, const char *name)
{
    return attune_field(view->entry->fields, view->entry->n_fields, name);
}

/* Only its topic is here, or is to leave. */
static bool
topic_only(const struct view *view)
{
    return view->entry->partner &&
           (view->entry->topic || render_has_state(view->entry, S_TOPIC));
}

static void
put_gutter(const struct view *view, struct buf *line)
{
    render_text(view->printer, view->out, RENDER_GUTTER, buf_span(line));
    if (buf_done(line) != 0 && view->out->error == 0) {
        view->out->error = buf_done(line);
    }
    buf_free(line);
}

/* "LABEL: text" behind the gutter, when the entry has that field. */
static void
put_common(const struct view *view, const char *name, const char *label)
{
    const Attune__Local__Field *field = find(view, name);
    struct buf line;
    if (field == NULL || field->text.len == 0) {
        return;
    }
    buf_init(&line, 0);
    buf_printf(&line, "%s: ", label);
    text_sanitize(&line, attune_span(field->text), TEXT_BLOCK);
    put_gutter(view, &line);
}

/* -- the heading -- */

/* Who asked reads which choice it was; the other reads below what it says to them. */
static void
put_choice(const struct view *view, struct buf *line)
{
    const Attune__Local__Field *field = find(view, view->kind->fields[0].name);
    if (!view->entry->partner && view->kind->fields[0].type == FIELD_CHOICE &&
        field != NULL) {
        buf_put_text(line, ": ");
        text_sanitize(line, attune_span(field->text), TEXT_LINE);
    }
}

static void
put_heading(const struct view *view)
{
    const Attune__Local__Entry *entry = view->entry;
    const Attune__Local__Field *topic = find(view, RENDER_TOPIC);
    struct buf line;
    buf_init(&line, 0);
    render_subject(view->printer, &line, entry->partner);
    if (topic_only(view)) {
        buf_put_text(&line, topic != NULL && topic->text.len > 0
                                ? " wants to tell you about: "
                                : " wants to tell you something");
        text_sanitize(&line, topic != NULL ? attune_span(topic->text) : SPAN_EMPTY,
                      TEXT_LINE);
    } else if (view->kind != NULL && (entry->partner || view->printer->me.size > 0)) {
        buf_put_u8(&line, ' ');
        render_said(view->printer, &line, view->kind->said, entry->partner);
        put_choice(view, &line);
    } else {
        buf_put_text(&line, ": ");
        text_sanitize(&line, span_text(entry->kind), TEXT_LINE);
    }
    if (view->kind == NULL || entry->unknown) {
        buf_put_text(&line, " (of a newer attune)");
    }
    if (view->when) {
        buf_put_text(&line, " · ");
        when_format(&line, entry->created, view->printer->now_s);
    }
    put_gutter(view, &line);
}

/* -- the fields -- */

/* A duration that makes the entry due is told as the time it ends: "back at 22:05". */
static bool
is_return(const struct kind *kind, const struct kind_field *row)
{
    return kind != NULL && row != NULL && row->type == FIELD_DURATION &&
           row->prompt != NULL && kind->due.field != NULL &&
           strcmp(kind->due.field, row->name) == 0;
}

/* Times may be a partner's: any int64_t. */
static int64_t
end_of(int64_t begin_s, int64_t length_s)
{
    return begin_s > INT64_MAX - length_s ? begin_s : begin_s + length_s;
}

static void
put_return(const struct view *view, const Attune__Local__Field *field,
           const struct kind_field *row)
{
    const Attune__Local__Entry *entry = view->entry;
    int64_t begin_s = entry->created != 0 ? entry->created : view->printer->now_s;
    int64_t length_s = field->number < row->min   ? row->min
                       : field->number > row->max ? row->max
                                                  : field->number;
    struct buf line;
    if (view->when && !render_in_states(entry, view->kind->due.states)) {
        return; /* it is over; the events tell */
    }
    buf_init(&line, 0);
    render_time(view->printer, &line, row->prompt,
                entry->due != 0 ? entry->due : end_of(begin_s, length_s));
    put_gutter(view, &line);
}

/* What a choice says in a line of its own: how to be of help, how an answer is meant. One
 * of a newer attune is shown as it is. */
static void
put_says(const struct view *view, const struct kind_field *row,
         const Attune__Local__Field *field)
{
    const char *at = row->says == NULL || row->choices == NULL ? "" : row->choices;
    for (size_t i = 0; *at != '\0'; i++) {
        size_t size = strcspn(at, " ");
        if (span_equal(span_of(at, size), attune_span(field->text))) {
            render_text(view->printer, view->out, RENDER_GUTTER,
                        span_text(row->says[i]));
            return;
        }
        at += size + (at[size] == ' ' ? 1 : 0);
    }
    render_text(view->printer, view->out, RENDER_GUTTER, attune_span(field->text));
}

/* The first field: the text itself, or what the heading says already. */
static void
put_first(const struct view *view, const Attune__Local__Field *field)
{
    const struct kind_field *row = view->kind == NULL ? NULL : &view->kind->fields[0];
    struct buf line;
    if (row != NULL && row->type == FIELD_CHOICE) {
        if (view->entry->partner) { /* who asked knows how to help */
            put_says(view, row, field);
        }
        return;
    }
    if (is_return(view->kind, row)) {
        put_return(view, field, row);
        return;
    }
    buf_init(&line, 0);
    if (row != NULL && kind_is_form(view->kind)) { /* each text needs its label */
        render_field(view->printer, &line, field, row);
    } else {
        text_sanitize(&line, attune_span(field->text), TEXT_BLOCK);
    }
    put_gutter(view, &line);
}

static void
put_other(const struct view *view, size_t index)
{
    const struct kind_field *row = &view->kind->fields[index];
    const struct kind_field *next = row + 1;
    const Attune__Local__Field *field = find(view, row->name);
    const Attune__Local__Field *clock =
        next->type == FIELD_CLOCK ? find(view, next->name) : NULL;
    struct buf line;
    if (field == NULL || row->type == FIELD_INNER ||
        (row->type == FIELD_CLOCK && row[-1].type == FIELD_EVERY)) {
        return; /* an inner one stood before the text, a clock beside its days */
    }
    if (row->says != NULL) {
        put_says(view, row, field);
        return;
    }
    buf_init(&line, 0);
    render_field(view->printer, &line, field, row);
    if (row->type == FIELD_EVERY && clock != NULL) {
        buf_put_u8(&line, ' ');
        render_field(view->printer, &line, clock, next);
    }
    put_gutter(view, &line);
}

static bool
is_known(const struct view *view, const Attune__Local__Field *field)
{
    static const char *const common[] = {RENDER_HOW, RENDER_MAY_TELL, RENDER_TOPIC};
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        if (strcmp(field->name, common[i]) == 0) {
            return true;
        }
    }
    return view->kind == NULL ? field == find(view, "text")
                              : kind_field(view->kind, field->name) != NULL;
}

/* What this version has no row for, as it is. */
static void
put_unknown(const struct view *view)
{
    const Attune__Local__Entry *entry = view->entry;
    for (size_t i = 0; i < entry->n_fields; i++) {
        struct buf line;
        if (!is_known(view, entry->fields[i])) {
            buf_init(&line, 0);
            render_field(view->printer, &line, entry->fields[i], NULL);
            put_gutter(view, &line);
        }
    }
}

/* Who may hear of it; where that matters most it is said even when nobody may. */
static void
put_reach(const struct view *view)
{
    const Attune__Local__Field *field = find(view, RENDER_MAY_TELL);
    bool shared =
        !view->when || (!view->entry->mine && !render_has_state(view->entry, S_HELD));
    put_common(view, RENDER_MAY_TELL, "May be told");
    if (field == NULL && shared && view->kind != NULL && view->kind->longer) {
        buf_put_text(view->out, RENDER_INDENT);
        render_dim(view->out, view->printer->colour, span_text("Ours only."));
        buf_put_u8(view->out, '\n');
    }
}

static void
put_body(const struct view *view)
{
    const struct kind *kind = view->kind;
    const char *first = kind == NULL ? "text" : kind->fields[0].name;
    const Attune__Local__Field *field = find(view, first);
    put_common(view, RENDER_HOW, "How to take this");
    put_common(view, RENDER_TOPIC, "About");
    for (size_t i = 0; kind != NULL && i < kind_fields_count(kind); i++) {
        if (kind->fields[i].type == FIELD_INNER) {
            const Attune__Local__Field *inner = find(view, kind->fields[i].name);
            if (inner != NULL) {
                render_text(view->printer, view->out, RENDER_GUTTER,
                            attune_span(inner->text));
            }
        }
    }
    if (field != NULL) {
        put_first(view, field);
    }
    for (size_t i = 1; kind != NULL && i < kind_fields_count(kind); i++) {
        put_other(view, i);
    }
    put_unknown(view);
    if (view->entry->n_fields > 0) {
        put_reach(view);
    }
}

/* -- what became of it -- */

static void
put_event_field(const struct view *view, const Attune__Local__Field *field)
{
    const struct kind_field *row =
        view->kind == NULL ? NULL : kind_field(view->kind, field->name);
    struct buf line;
    buf_init(&line, 0);
    if (is_return(view->kind, row)) {
        render_value(view->printer, &line, field, row);
        buf_put_text(&line, " longer");
    } else {
        render_field(view->printer, &line, field, row);
    }
    put_gutter(view, &line);
}

static void
put_event(const struct view *view, const Attune__Local__Event *event)
{
    const struct kind_act *act =
        view->kind == NULL ? NULL : kind_act(view->kind, event->act);
    struct buf line;
    buf_init(&line, 0);
    render_subject(view->printer, &line, event->partner);
    if (act != NULL && act->said != NULL) {
        buf_put_u8(&line, ' ');
        render_said(view->printer, &line, act->said, event->partner);
    } else if (strcmp(event->act, "retracted") == 0) {
        buf_put_text(&line, " took it back");
    } else {
        buf_put_text(&line, ": ");
        text_sanitize(&line, span_text(event->act), TEXT_LINE);
    }
    buf_put_text(&line, " · ");
    when_format(&line, event->time, view->printer->now_s);
    if (event->crossed) {
        buf_put_text(&line, event->partner ? " · crossed with yours"
                                           : " · crossed with theirs");
    }
    render_text(view->printer, view->out, RENDER_INDENT, buf_span(&line));
    buf_free(&line);
    for (size_t i = 0; i < event->n_fields; i++) {
        put_event_field(view, event->fields[i]);
    }
}

/* -- where it stands: what no event tells -- */

static void
put_sealed(const struct view *view)
{
    const struct kind *kind = view->kind;
    bool shown = kind != NULL && kind->sealed == SEALED_SHOWN;
    if (!view->entry->partner) {
        render_say(view->printer, view->out, "Sealed. Opens when %s.",
                   shown ? "both sides are in" : "both have answered");
    } else if (kind != NULL) {
        render_say(view->printer, view->out, "Sealed until both %s in. attune %s",
                   shown ? "sides are" : "are", kind->name);
    } else {
        render_say(view->printer, view->out, "Sealed until both are in.");
    }
}

static void
put_suggested(const struct view *view)
{
    struct buf name;
    buf_init(&name, 0);
    render_name(view->printer, &name, true);
    if (view->entry->partner) {
        render_say(view->printer, view->out, "It begins when you accept.");
    } else {
        render_say(view->printer, view->out, "It begins when %s accepts.",
                   buf_text(&name));
    }
    buf_free(&name);
}

static void
put_topic(const struct view *view)
{
    struct buf name;
    buf_init(&name, 0);
    render_subject(view->printer, &name, true);
    if (!view->entry->partner) {
        render_say(view->printer, view->out, "%s sees only the topic.",
                   buf_text(&name));
    }
    buf_free(&name);
}

static void
put_hold(const struct view *view)
{
    struct buf hold;
    buf_init(&hold, 0);
    render_hold(view->printer, &hold, view->entry->hold_s);
    render_say(view->printer, view->out, "Leaves %s (attune undo).", buf_text(&hold));
    buf_free(&hold);
}

static void
put_next(const struct view *view)
{
    const struct kind *kind = view->kind;
    struct buf next;
    if (kind == NULL || !kind->recurring || view->entry->due == 0 ||
        !render_in_states(view->entry, kind->due.states)) {
        return;
    }
    buf_init(&next, 0);
    when_format(&next, view->entry->due, view->printer->now_s);
    render_say(view->printer, view->out, "Next: %s.", buf_text(&next));
    buf_free(&next);
}

static void
put_standing(const struct view *view)
{
    const Attune__Local__Entry *entry = view->entry;
    if (render_has_state(entry, S_HELD)) {
        put_hold(view);
    } else if (render_has_state(entry, S_DRAFT)) {
        render_say(view->printer, view->out, "A draft, only yours.");
    } else if (render_has_state(entry, S_SEALED)) {
        put_sealed(view);
    } else if (render_has_state(entry, S_TOPIC)) {
        put_topic(view);
    } else if (!entry->partner && entry->mine) {
        render_say(view->printer, view->out, "Only yours.");
    } else if (render_has_state(entry, S_SUGGESTED)) {
        put_suggested(view);
    } else if (render_has_state(entry, S_AUTHOR) ||
               render_has_state(entry, S_PARTNER)) {
        render_say(view->printer, view->out, "It is mended when you both say so.");
    } else if (render_has_state(entry, S_REPAIRED) && !entry->faded) {
        render_say(view->printer, view->out, "Mended. Its words fade in time.");
    }
    if (entry->hold_s > 0 && !render_has_state(entry, S_HELD)) {
        put_hold(view); /* the words of an act, or what belongs to a topic */
    }
    put_next(view);
}

void
render_entry(const struct printer *printer, struct buf *out,
             const Attune__Local__Entry *entry, bool when)
{
    const struct view view = {printer, out, entry, kind_find(entry->kind), when};
    put_heading(&view);
    if (entry->gone) {
        render_text(printer, out, RENDER_GUTTER, span_text(render_gone(entry)));
    } else if (!topic_only(&view)) {
        put_body(&view);
    }
    if (!when) {
        return; /* a preview has no past */
    }
    for (size_t i = 0; i < entry->n_events; i++) {
        if (strcmp(entry->events[i]->act, "written") != 0) {
            put_event(&view, entry->events[i]);
        }
    }
    put_standing(&view);
}
