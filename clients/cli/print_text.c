/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text for people: short lines, indented by two, nothing loud.
 */
#include "clients/cli/render.h"

#include "clients/lib/attune.h"
#include "common/error.h"
#include "common/text.h"

#include <stdio.h>
#include <string.h>

enum { NUMBERED_WIDTH_MIN = 2 };

static void
text_entries(struct printer *printer, const Attune__Local__Reply *reply)
{
    if (reply->n_entries == 0) {
        render_say(printer, &printer->out, "Nothing here.");
    }
    render_list(printer, &printer->out, reply->entries, reply->n_entries, RENDER_ROWS);
}

static void
text_found(struct printer *printer, const Attune__Local__Reply *reply)
{
    if (reply->n_entries == 0) {
        render_say(printer, &printer->out, "Nothing found.");
    }
    render_list(printer, &printer->out, reply->entries, reply->n_entries,
                RENDER_ROWS_FOUND);
}

static void
text_drafts(struct printer *printer, const Attune__Local__Reply *reply)
{
    if (reply->n_entries == 0) {
        render_say(printer, &printer->out, "No drafts.");
    }
    render_list(printer, &printer->out, reply->entries, reply->n_entries, RENDER_ROWS);
}

/* The entry that the first one's thread began with, as far as it is here. */
static size_t
find_root(const Attune__Local__Reply *reply)
{
    size_t root = 0;
    for (size_t steps = 0; steps < reply->n_entries; steps++) { /* a ring ends too */
        struct span parent = attune_span(reply->entries[root]->parent);
        size_t above = 0;
        while (above < reply->n_entries &&
               (parent.size != ID_BYTES ||
                !span_equal(attune_span(reply->entries[above]->id), parent))) {
            above++;
        }
        if (above == reply->n_entries) {
            break;
        }
        root = above;
    }
    return root;
}

static void
text_show(struct printer *printer, const Attune__Local__Reply *reply)
{
    if (reply->n_entries == 0) {
        render_say(printer, &printer->out, "Nothing here.");
        return;
    }
    /* What began the thread, the entry itself, then the rest in their order. */
    size_t root = find_root(reply);
    render_entry(printer, &printer->out, reply->entries[root], true);
    for (size_t i = 0; i < reply->n_entries; i++) {
        if (i != root) {
            buf_put_u8(&printer->out, '\n');
            render_entry(printer, &printer->out, reply->entries[i], true);
        }
    }
    struct buf acts;
    buf_init(&acts, 0);
    render_acts(printer, &acts, reply->entries, reply->n_entries);
    if (reply->n_entries > 1 && acts.size > 0) {
        buf_put_u8(&printer->out, '\n');
    }
    buf_put_span(&printer->out, buf_span(&acts));
    buf_free(&acts);
}

static void
text_visible(struct printer *printer, const Attune__Local__Reply *reply, bool paired)
{
    render_visible(printer, &printer->out, reply, paired);
}

static void
text_today(struct printer *printer, const Attune__Local__Reply *reply)
{
    render_today(printer, &printer->out, reply);
}

static void
text_questions(struct printer *printer, const Attune__Local__Reply *reply)
{
    render_questions(printer, &printer->out, reply);
}

static void
put_pairing(struct printer *printer, const Attune__Local__Status *status)
{
    struct buf name;
    buf_init(&name, 0);
    text_sanitize(&name, attune_span(status->partner_name), TEXT_LINE);
    if (name.size == 0) {
        render_name(printer, &name, true);
    }
    if (!status->paired) {
        render_say(printer, &printer->out, "%s",
                   status->pairing ? "Not paired; a code or invite is open."
                                   : "Not paired. (attune pair)");
    } else {
        render_say(printer, &printer->out, "Paired with %s%s", buf_text(&name),
                   status->verified ? "."
                                    : "; the six words are not compared yet. "
                                      "(attune verify)");
    }
    if (status->held_back) {
        render_say(
            printer, &printer->out,
            "This journal came back older than it was. %s has to accept it there. "
            "(attune verify --accept)",
            buf_text(&name));
    }
    buf_free(&name);
}

static void
put_alerts(struct printer *printer, const Attune__Local__Status *status)
{
    if (status->behind) {
        render_say(printer, &printer->out, "%s %s", error_text(E_BEHIND),
                   error_hint(E_BEHIND));
    }
    if (status->copy) {
        render_say(printer, &printer->out,
                   "Another copy of this journal is in use. Use one of them only.");
    }
    for (size_t i = 0; i < status->n_alerts; i++) {
        int error = error_from_name(status->alerts[i]->code);
        render_say(printer, &printer->out, "%s %s", error_text(error),
                   error_hint(error));
    }
}

static void
text_status(struct printer *printer, const Attune__Local__Status *status)
{
    if (!status->exists) {
        render_say(printer, &printer->out, "%s %s", error_text(E_NO_HOME),
                   error_hint(E_NO_HOME));
        return;
    }
    if (status->locked) {
        render_say(printer, &printer->out,
                   "Locked: nothing is read, sent or reminded. (attune unlock)");
        put_alerts(printer, status);
        return; /* whether paired, and with whom, is sealed too */
    }
    if (status->closed) {
        render_say(printer, &printer->out,
                   "Closed: writing and sync go on, reading asks for the passphrase. "
                   "(attune unlock)");
    } else {
        render_say(printer, &printer->out, "Open.");
    }
    put_pairing(printer, status);
    if (status->paired) {
        render_say(printer, &printer->out, "The link is %s.",
                   status->link_on ? "on" : "off");
    }
    if (status->waiting_since[0] != '\0') {
        render_say(printer, &printer->out,
                   "Something of yours waits to arrive since %s.",
                   status->waiting_since);
    }
    if (status->last_exchange[0] != '\0') {
        render_say(printer, &printer->out, "Last exchange: %s.", status->last_exchange);
    }
    put_alerts(printer, status);
    if (status->demo) {
        render_say(printer, &printer->out, "A home of the demo.");
    }
}

static void
text_findings(struct printer *printer, const Attune__Local__Reply *reply)
{
    if (reply->error[0] == '\0' && reply->n_findings == 0) {
        render_say(printer, &printer->out,
                   "Whole: every page, every chain, and what they add up to.");
    }
    for (size_t i = 0; i < reply->n_findings; i++) {
        struct buf line;
        buf_init(&line, 0);
        text_sanitize(&line, span_text(reply->findings[i]->code), TEXT_LINE);
        buf_put_text(&line, "  ");
        text_sanitize(&line, attune_span(reply->findings[i]->detail), TEXT_LINE);
        render_text(printer, &printer->out, RENDER_INDENT, buf_span(&line));
        buf_free(&line);
    }
}

/* "Kept, only yours.  k3f": the id last, where the eye finds it to type. */
static void
put_result(struct printer *printer, const Attune__Local__Reply *reply, const char *said)
{
    char id[ID_CHARS + 1];
    if (reply->id.len != ID_BYTES) {
        render_say(printer, &printer->out, "%s", said);
        return;
    }
    render_id(reply->id, reply->unique, id);
    render_say(printer, &printer->out, "%s  %s", said, id);
}

static bool
put_held(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct buf line;
    if (strcmp(reply->state, state_name(S_HELD)) != 0 && reply->hold_s == 0) {
        return false; /* of a topic its text may be held, of an entry an act's words */
    }
    buf_init(&line, 0);
    buf_put_text(&line, "Leaves ");
    render_hold(printer, &line, reply->hold_s);
    buf_put_text(&line, " (attune undo).");
    put_result(printer, reply, buf_text(&line));
    buf_free(&line);
    return true;
}

/* "Back at 22:05. Ben sees that time, nothing more." */
static void
put_back(struct printer *printer, int64_t back_s)
{
    struct buf line;
    buf_init(&line, 0);
    render_time(printer, &line, "Back at", printer->now_s + back_s);
    buf_put_text(&line, ". ");
    render_subject(printer, &line, true);
    buf_put_text(&line, " sees that time, nothing more.");
    render_text(printer, &printer->out, RENDER_INDENT, buf_span(&line));
    buf_free(&line);
}

/* It is on its way, or there; then what its kind says to who wrote it. */
static void
put_shared(struct printer *printer, const Attune__Local__Reply *reply,
           const struct kind *kind, int64_t back_s)
{
    const char *after = kind == NULL ? NULL : kind->after;
    bool sealed = strcmp(reply->state, state_name(S_SEALED)) == 0;
    if (put_held(printer, reply)) {
        if (kind != NULL && kind->sealed == SEALED_HIDDEN) {
            render_say(printer, &printer->out,
                       "Then it is sealed until both have answered.");
        }
    } else if (sealed && kind != NULL && kind->sealed == SEALED_SHOWN &&
               after != NULL) {
        put_result(printer, reply, after); /* that is what it says */
        after = NULL;
    } else if (sealed) {
        put_result(printer, reply, "Sealed. Opens when both have answered.");
    } else if (strcmp(reply->state, state_name(S_TOPIC)) == 0) {
        put_result(printer, reply, "Only its topic is shared.");
    } else if (back_s > 0) {
        put_back(printer, back_s);
    } else {
        put_result(printer, reply, "Shared.");
    }
    if (after != NULL) {
        render_say(printer, &printer->out, "%s", after);
    }
}

static void
text_created(struct printer *printer, const Attune__Local__Reply *reply, bool mine,
             bool paired, const struct kind *kind, int64_t back_s)
{
    if (strcmp(reply->state, state_name(S_DRAFT)) == 0) {
        put_result(printer, reply, "Kept as a draft.");
    } else if (reply->mine && !mine && paired) {
        put_result(printer, reply,
                   "Kept, only yours: what it belongs to is yours alone.");
    } else if (reply->mine && !mine) {
        put_result(printer, reply, "Kept, only yours: nobody is paired yet.");
    } else if (mine) {
        put_result(printer, reply, "Kept, only yours.");
    } else {
        put_shared(printer, reply, kind, back_s);
    }
    if (strcmp(reply->hint, "share") == 0 && reply->id.len == ID_BYTES) {
        char id[ID_CHARS + 1];
        render_id(reply->id, reply->unique, id);
        render_say(printer, &printer->out,
                   "A few tired days. Would you like to share it? attune share %s", id);
    }
}

static void
text_acted(struct printer *printer, const Attune__Local__Reply *reply, const char *act)
{
    bool topic = strcmp(reply->state, state_name(S_TOPIC)) == 0;
    const char *undone = strcmp(reply->state, state_name(S_DRAFT)) == 0
                             ? "Undone; it waits among your drafts."
                         : topic       ? "Undone. Only its topic is shared."
                         : reply->mine ? "Undone. It is yours alone."
                                       : "Undone."; /* an act, or its words */
    bool purged = strcmp(reply->state, state_name(S_RETRACTED)) == 0;
    const char *const said[][2] = {
        {"share", topic ? "Only its topic is shared." : "Shared."},
        /* What was held had not left: taking it back is undoing it. */
        {"retract", purged ? "Taken back; its text goes on both sides." : undone},
        {"undo", undone},
        {PRINT_ACTED_DISCARD, "The draft is gone."},
    };
    const struct {
        enum state state;
        const char *said;
    } stands[] = {
        {S_AUTHOR, "Noted. It is mended when you both say so."},
        {S_PARTNER, "Noted. It is mended when you both say so."},
        {S_REPAIRED, "Mended, by you both."},
    };
    const char *line = "Noted.";
    for (size_t i = 0; i < sizeof stands / sizeof stands[0]; i++) {
        line = strcmp(reply->state, state_name(stands[i].state)) == 0 ? stands[i].said
                                                                      : line;
    }
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        line = strcmp(act, said[i][0]) == 0 ? said[i][1] : line;
    }
    if (!put_held(printer, reply)) {
        put_result(printer, reply, line);
    }
}

static void
text_topics(struct printer *printer, const Attune__Local__Reply *reply)
{
    for (size_t i = 0; i < reply->n_topics; i++) {
        text_sanitize(&printer->out, span_text(reply->topics[i]), TEXT_LINE);
        buf_put_u8(&printer->out, '\n');
    }
}

static void
text_quiet(struct printer *printer, const Attune__Local__Reply *reply)
{
    render_quiet(printer, &printer->out, reply->silent_until);
}

/* " 1 harbor    2 velvet": to be copied on paper, so the columns are aligned. */
static void
put_numbered(struct printer *printer, char *const *words, size_t count)
{
    struct render_row row;
    size_t width = 0;
    for (size_t i = 0; i < count; i++) {
        size_t word = text_width(span_text(words[i]));
        width = word > width ? word : width;
    }
    render_row_begin(&row, &printer->out, render_columns(printer), 2);
    for (size_t i = 0; i < count; i++) {
        struct buf word;
        buf_init(&word, 0);
        buf_printf(&word, "%*zu ", NUMBERED_WIDTH_MIN, i + 1);
        text_sanitize(&word, span_text(words[i]), TEXT_LINE);
        render_row_put(&row, buf_span(&word), NUMBERED_WIDTH_MIN + 1 + width);
        buf_free(&word);
    }
    render_row_end(&row);
}

static void
text_words(struct printer *printer, enum print_words which, char *const *words,
           size_t count)
{
    struct buf line;
    if (which == PRINT_WORDS_RECOVERY) {
        put_numbered(printer, words, count);
        return;
    }
    buf_init(&line, 0);
    for (size_t i = 0; i < count; i++) {
        buf_put_text(&line, i == 0 ? "" : " ");
        buf_put_text(&line, words[i]);
    }
    render_text(printer, &printer->out, "    ", buf_span(&line));
    buf_free(&line);
}

static void
text_value(struct printer *printer, const char *key, struct span value)
{
    (void)key;
    text_sanitize(&printer->out, value, TEXT_LINE);
    buf_put_u8(&printer->out, '\n');
}

static void
text_pairs(struct printer *printer, const char *key, const struct print_pair *pairs,
           size_t count)
{
    size_t width = 0;
    (void)key;
    for (size_t i = 0; i < count; i++) {
        size_t name = strlen(pairs[i].name);
        width = name > width ? name : width;
    }
    for (size_t i = 0; i < count; i++) {
        buf_printf(&printer->out, RENDER_INDENT "%-*s  ", (int)width, pairs[i].name);
        text_sanitize(&printer->out, pairs[i].value, TEXT_LINE);
        buf_put_u8(&printer->out, '\n');
    }
}

static void
text_say(struct printer *printer, struct span text, bool wrap)
{
    if (wrap) {
        render_text(printer, &printer->out, RENDER_INDENT, text);
        return;
    }
    buf_put_text(&printer->out, RENDER_INDENT);
    text_sanitize(&printer->out, text, TEXT_LINE);
    buf_put_u8(&printer->out, '\n');
}

static void
text_plain(struct printer *printer, const char *said)
{
    if (said != NULL) {
        text_say(printer, span_text(said), true);
    }
}

/* As the partner sees it: what is ours is theirs and the other way round. */
static void
text_preview(struct printer *printer, const Attune__Local__Entry *entry)
{
    struct printer theirs = *printer;
    Attune__Local__Entry seen = *entry;
    theirs.me = printer->partner;
    theirs.partner = printer->me;
    seen.partner = true;
    render_entry(&theirs, &printer->out, &seen, false);
}

void
print_candidates(struct printer *printer, const Attune__Local__Reply *reply)
{
    struct printer plain = *printer;
    plain.colour = false; /* that is decided for standard output */
    render_list(&plain, &printer->err, reply->entries, reply->n_entries, RENDER_ROWS);
}

static void
text_error(struct printer *printer, int error, const char *text, const char *hint,
           const Attune__Local__Reply *reply)
{
    struct buf line;
    buf_init(&line, 0);
    buf_put_text(&line, "attune: ");
    text_sanitize(&line, span_text(text), TEXT_LINE); /* may hold a name */
    if (*hint != '\0') {
        buf_put_u8(&line, ' ');
        text_sanitize(&line, span_text(hint), TEXT_LINE);
    }
    if (printer->err_columns == 0) {
        buf_put_span(&printer->err, buf_span(&line));
        buf_put_u8(&printer->err, '\n');
    } else {
        render_wrap(&printer->err, false, "", printer->err_columns, buf_span(&line));
    }
    buf_free(&line);
    if (reply != NULL && error == E_AMBIGUOUS) {
        print_candidates(printer, reply);
    }
}

const struct print_form print_text = {
    .entries = text_entries,
    .found = text_found,
    .drafts = text_drafts,
    .show = text_show,
    .visible = text_visible,
    .today = text_today,
    .questions = text_questions,
    .status = text_status,
    .findings = text_findings,
    .created = text_created,
    .acted = text_acted,
    .quiet = text_quiet,
    .topics = text_topics,
    .words = text_words,
    .value = text_value,
    .pairs = text_pairs,
    .plain = text_plain,
    .say = text_say,
    .preview = text_preview,
    .error = text_error,
};
