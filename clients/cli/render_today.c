/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Today: at most seven lines, no counts, nothing of what anybody wrote.
 *
 * The model: rows of (what, command), in this order: what is wrong, what is never
 * gathered, what is due, what is new, what has news, what waits for me. Today's question, a
 * reminder that turned itself off (said once) and, when there is room, the offer of a verb
 * come after them; what doesn't fit is "more".
 * The commands stand in one column where that fits, else each under its row.
 * To add a reason of attuned's: a row in `reasons`.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/options.h"
#include "common/text.h"
#include "common/when.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    COMMAND_COLUMN = 40, /* when the screen is wide enough */
    LINES_MAX = PRINT_TODAY_LINES - 1,
    ROWS_MAX =
        LINES_MAX + 3, /* one too many, the question, the nudge; or the offer's two */
    ROW_BYTES = 160,
    COMMAND_BYTES = 64,
};

struct rows {
    struct buf what[ROWS_MAX];
    char command[ROWS_MAX][COMMAND_BYTES];
    size_t count;
    size_t waiting; /* of them what may fall under "more" */
};

static const char *
day_part(int hour)
{
    if (hour >= 5 && hour < 12) {
        return "morning";
    }
    if (hour >= 12 && hour < 17) {
        return "afternoon";
    }
    return hour >= 17 && hour < 22 ? "evening" : "night";
}

static void
put_day(const struct printer *printer, struct buf *out)
{
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    struct tm local = {0};
    time_t now = (time_t)printer->now_s;
    if (localtime_r(&now, &local) != NULL) {
        buf_printf(out, RENDER_INDENT "%s %s\n", days[local.tm_wday % 7],
                   day_part(local.tm_hour));
    }
}

/* The next row's text, or NULL when there are more than could ever be shown. */
static struct buf *
open_row(struct rows *rows, const char *verb, const char *id)
{
    if (rows->count == ROWS_MAX) {
        return NULL;
    }
    char *command = rows->command[rows->count];
    struct buf text;
    buf_init(&text, COMMAND_BYTES - 1);
    buf_put_text(&text, "attune ");
    text_sanitize(&text, span_text(verb), TEXT_LINE);
    buf_printf(&text, "%s%s", *id == '\0' ? "" : " ", id);
    memcpy(command, buf_text(&text), buf_done(&text) == 0 ? text.size + 1 : 1);
    buf_free(&text);
    return &rows->what[rows->count++];
}

/* A waiting row: one beyond what is shown is enough to know that there is more. */
static struct buf *
open_waiting(struct rows *rows, const char *verb, const char *id)
{
    if (rows->waiting > LINES_MAX) {
        return NULL;
    }
    rows->waiting++;
    return open_row(rows, verb, id);
}

/* -- the reasons attuned gives -- */

/* The act one key would answer with, when this person can do it: what is due is best
 * done from here. NULL: read it first. */
static const char *
due_act(const struct kind *kind, const Attune__Local__Entry *entry)
{
    const struct kind_act *act;
    unsigned who = entry->partner ? WHO_PARTNER : WHO_AUTHOR;
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL; i++) {
        if (act->key != 0 && ((unsigned)act->who & who) != 0 &&
            render_in_states(entry, act->from)) {
            return act->name;
        }
    }
    return NULL;
}

static void
put_due(struct buf *what, const struct kind *kind)
{
    buf_put_text(what, kind->due.today != NULL ? kind->due.today : kind->today);
}

static void
put_news(struct buf *what, const struct kind *kind)
{
    buf_put_text(what, kind->news != NULL ? kind->news : kind->today);
    buf_put_text(what, kind->news != NULL ? "" : " has news");
}

static void
put_turn(struct buf *what, const struct kind *kind)
{
    buf_printf(what, "%s, your turn", kind->today);
}

/* In the order of the rows; NULL is the reason of an attuned that gave none. */
static const struct reason {
    const char *why;
    void (*put)(struct buf *what, const struct kind *kind); /* NULL: who it is from */
} reasons[] = {
    {"due", put_due},
    {"new", NULL},
    {"news", put_news},
    {"turn", put_turn},
};

enum { REASONS = sizeof reasons / sizeof reasons[0] };

/* What gives no reason, or one of a newer attuned, is new. */
static const struct reason *
reason_of(const Attune__Local__Entry *entry)
{
    for (size_t i = 0; i < REASONS; i++) {
        if (strcmp(entry->why, reasons[i].why) == 0) {
            return &reasons[i];
        }
    }
    return &reasons[1];
}

/* "something to be there for" wants a comma before "from". */
static bool
hangs(const char *phrase)
{
    static const char *const ends[] = {" for",  " to",    " of",
                                       " with", " about", " from"};
    size_t size = strlen(phrase);
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        size_t end = strlen(ends[i]);
        if (size > end && strcmp(phrase + size - end, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static void
add_entry(const struct printer *printer, struct rows *rows,
          const Attune__Local__Entry *entry)
{
    const struct kind *kind = kind_find(entry->kind);
    const struct reason *reason = reason_of(entry);
    const char *verb = "show";
    char id[ID_CHARS + 1];
    render_id(entry->id, entry->unique, id);
    if (kind != NULL && reason->put == put_due && due_act(kind, entry) != NULL) {
        verb = due_act(kind, entry);
    } else if (kind != NULL && reason->put == put_turn && kind->rounds > 0) {
        verb = kind->name; /* the loop as one verb, whoever's turn it is */
    }
    struct buf *what = open_waiting(rows, verb, id);
    if (what == NULL) {
        return;
    }
    if (kind != NULL && reason->put != NULL) {
        reason->put(what, kind);
        return;
    }
    const char *today = kind == NULL ? "something new" : kind->today;
    buf_put_text(what, today);
    if (entry->partner) {
        buf_put_text(what, hangs(today) ? ", from " : " from ");
        render_name(printer, what, true);
    }
}

/* What is never gathered comes first, so that it never falls under "more". */
static void
add_entries(const struct printer *printer, struct rows *rows,
            const Attune__Local__Reply *reply)
{
    for (size_t pass = 0; pass <= REASONS; pass++) {
        for (size_t i = 0; i < reply->n_entries; i++) {
            const Attune__Local__Entry *entry = reply->entries[i];
            const struct kind *kind = kind_find(entry->kind);
            bool apart = kind != NULL && kind->apart;
            if (pass == 0 ? apart : !apart && reason_of(entry) == &reasons[pass - 1]) {
                add_entry(printer, rows, entry);
            }
        }
    }
}

static void
add_status(const struct printer *printer, struct rows *rows,
           const Attune__Local__Status *status)
{
    struct buf *what = NULL;
    if (status->behind) {
        what = open_waiting(rows, "verify", "");
        if (what != NULL) {
            buf_put_text(what, "an older journal came back from ");
            render_name(printer, what, true);
        }
    }
    if (status->copy || status->held_back || status->n_alerts > 0) {
        what = open_waiting(rows, "status", "");
        if (what != NULL) {
            buf_put_text(what, "something about this journal");
        }
    }
}

/* The rows that never wait under "more": the question; then the offer. Their count. */
static size_t
add_question(struct rows *rows, const Attune__Local__Reply *reply)
{
    struct buf *what = NULL;
    if (reply->n_questions > 0 && !reply->questions[0]->answered &&
        !reply->questions[0]->skipped) {
        what = open_row(rows, kind_that_answers()->name, "");
    }
    if (what != NULL) {
        buf_put_text(what, "today's question");
    }
    return what != NULL;
}

/* A reminder that turned itself off, with the command that turns it on again where the
 * screen is wide enough for it in one piece; else with the page that has it. */
static size_t
add_nudge(const struct printer *printer, struct rows *rows, const char *nudge)
{
    char name[COMMAND_BYTES];
    char verb[COMMAND_BYTES];
    (void)snprintf(name, sizeof name, "notice.%s", nudge);
    const struct option *option = *nudge != '\0' ? options_find(name) : NULL;
    if (option == NULL) {
        return 0;
    }
    const char *quote = strchr(option->fallback, ' ') != NULL ? "\"" : "";
    int wrote = snprintf(verb, sizeof verb, "config set %s %s%s%s", name, quote,
                         option->fallback, quote);
    size_t width = COMMAND_COLUMN + strlen("attune ") + (size_t)(wrote > 0 ? wrote : 0);
    struct buf *what =
        open_row(rows, width <= printer->columns ? verb : "help quiet", "");
    if (what != NULL) {
        buf_printf(what, "%s reminder turned itself off", nudge);
    }
    return what != NULL;
}

static size_t
add_offer(struct rows *rows, const char *verb)
{
    struct buf *what = NULL;
    if (*verb == '\0') {
        return 0;
    }
    what = open_row(rows, "help", verb);
    if (what != NULL) {
        buf_put_text(what, "new to you: ");
        text_sanitize(what, span_text(verb), TEXT_LINE);
    }
    what = what == NULL ? NULL : open_row(rows, "skip", verb);
    if (what != NULL) {
        buf_put_text(what, "  or leave it");
    }
    return what != NULL ? 2 : 0;
}

static void
put_what(struct buf *out, const struct buf *what, size_t columns, size_t *width)
{
    struct buf text;
    buf_init(&text, 0);
    text_clip(&text, buf_span(what), columns);
    *width = text_width(buf_span(&text));
    buf_put_span(out, buf_span(&text));
    buf_free(&text);
}

/* Where the commands begin, or 0 when they don't fit beside. */
static size_t
command_column(const struct printer *printer, const struct rows *rows)
{
    const size_t indent = sizeof RENDER_INDENT - 1;
    size_t what = 0, command = strlen("attune log");
    for (size_t i = 0; i < rows->count; i++) {
        size_t width = text_width(buf_span(&rows->what[i]));
        what = width > what ? width : what;
        width = strlen(rows->command[i]);
        command = width > command ? width : command;
    }
    size_t column = indent + what + 2;
    if (column < COMMAND_COLUMN && COMMAND_COLUMN + command <= printer->columns) {
        column = COMMAND_COLUMN;
    }
    return column + command <= printer->columns ? column : 0;
}

static void
put_row(const struct printer *printer, struct buf *out, const struct buf *what,
        const char *command, size_t column)
{
    const size_t indent = sizeof RENDER_INDENT - 1;
    size_t width = 0;
    render_spaces(out, indent);
    put_what(out, what, printer->columns - indent, &width);
    if (column > 0) {
        render_spaces(out, column - indent - width);
    } else {
        buf_put_u8(out, '\n');
        bool fits = 2 * indent + strlen(command) <= printer->columns;
        render_spaces(out, fits ? 2 * indent : indent);
    }
    render_dim(out, printer->colour, span_text(command));
    buf_put_u8(out, '\n');
}

/* The first rows that fit, then those that never wait (`fixed`: the question, the nudge),
 * then the offer. */
static void
put_rows(const struct printer *printer, struct buf *out, const struct rows *rows,
         size_t fixed, size_t offer)
{
    size_t column = command_column(printer, rows);
    size_t room = column > 0 ? LINES_MAX : LINES_MAX / 2;
    size_t shown = rows->waiting;
    bool more = rows->waiting + fixed > room;
    if (more) {
        shown = (LINES_MAX - 1) / (LINES_MAX / room) - fixed;
    }
    for (size_t i = 0; i < rows->count; i++) {
        if (i < shown || (i >= rows->waiting && i < rows->waiting + fixed)) {
            put_row(printer, out, &rows->what[i], rows->command[i], column);
        }
    }
    for (size_t i = rows->count - offer;
         i < rows->count && shown + fixed + offer <= room && !more; i++) {
        put_row(printer, out, &rows->what[i], rows->command[i], column);
    }
    if (more) {
        buf_put_text(out, RENDER_INDENT "more");
        render_spaces(out, column > 0 ? column - strlen(RENDER_INDENT "more") : 2);
        render_dim(out, printer->colour, span_text("attune log"));
        buf_put_u8(out, '\n');
    }
}

void
render_today(const struct printer *printer, struct buf *out,
             const Attune__Local__Reply *reply)
{
    struct rows rows = {.count = 0};
    for (size_t i = 0; i < ROWS_MAX; i++) {
        buf_init(&rows.what[i], ROW_BYTES * 4);
    }
    put_day(printer, out);
    if (reply->status != NULL) {
        add_status(printer, &rows, reply->status);
    }
    add_entries(printer, &rows, reply);
    size_t fixed = add_question(&rows, reply);
    if (rows.count == 0) {
        render_say(printer, out, "Nothing waits for you.");
    }
    fixed += add_nudge(printer, &rows, reply->nudge);
    size_t offer = rows.count < LINES_MAX ? add_offer(&rows, reply->offer) : 0;
    put_rows(printer, out, &rows, fixed, offer);
    for (size_t i = 0; i < ROWS_MAX; i++) {
        buf_free(&rows.what[i]);
    }
}

/* -- the question of the day -- */

/* A day before today with its name; under the person's limits for them alone. */
static void
put_question(const struct printer *printer, struct buf *out,
             const Attune__Local__Question *question)
{
    struct buf line;
    int64_t day = 0;
    int64_t today = when_local_day(printer->now_s);
    bool before = when_parse_day(span_text(question->day), &day) == 0 && day < today;
    buf_init(&line, 0);
    if (before) {
        when_format_day(&line, when_day_start(day), printer->now_s);
        render_say(printer, out, "From %s%s", buf_text(&line),
                   question->alone ? ", only for you:" : ":");
    } else if (question->alone) {
        render_say(printer, out, "Only for you today:");
    }
    buf_clear(&line);
    text_sanitize(&line, attune_span(question->text), TEXT_LINE);
    render_text(printer, out, RENDER_GUTTER, buf_span(&line));
    if (question->answered) {
        render_say(printer, out, "You answered it.");
    } else if (question->skipped) {
        render_say(printer, out, "Left for today.");
    }
    buf_free(&line);
}

void
render_questions(const struct printer *printer, struct buf *out,
                 const Attune__Local__Reply *reply)
{
    if (reply->n_questions == 0) {
        render_say(printer, out, "No question today.");
    }
    for (size_t i = 0; i < reply->n_questions; i++) {
        if (i > 0) {
            buf_put_u8(out, '\n');
        }
        put_question(printer, out, reply->questions[i]);
    }
}
