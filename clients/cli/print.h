/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Print: what commands say, described once; text for people and JSON for scripts are
 * two forms of it (print_text.c, print_json.c).
 *
 * The model: print_X renders into the printer's buffers, print_flush writes them:
 * results to standard output (through the pager where it is long), the human line of an
 * error to standard error. JSON is one line an object with "format":1. Text is wrapped
 * by display width to `columns`; whoever wrote it, it is made harmless (text_sanitize)
 * before it leaves, and other people's text stands behind a gutter "│ " that it can't
 * leave.
 * Invariants: nothing here reads the clock, the environment or a descriptor, except
 * print_flush. Errors of the buffers are sticky and come out of print_flush.
 * Ownership: the printer owns its buffers (wiped by print_done); names are borrowed.
 * To add an output: a member in struct print_form, its two functions, one call in
 * print.c, one golden file in tests/golden/print/.
 */
#ifndef ATTUNE_CLIENTS_CLI_PRINT_H
#define ATTUNE_CLIENTS_CLI_PRINT_H

#include "clients/cli/term.h"
#include "common/bytes.h"
#include "proto/local.pb-c.h"

struct kind;
struct print_form;
extern const struct print_form print_text; /* print_text.c */
extern const struct print_form print_json; /* print_json.c */

struct printer {
    const struct print_form *form;
    struct buf out;     /* for standard output */
    struct buf err;     /* for standard error */
    size_t columns;     /* to wrap `out` at; at least TERM_COLUMNS_MIN */
    size_t err_columns; /* to wrap `err` at; 0: one line */
    bool colour;
    bool page; /* out may go through the pager; set by lists and show */
    int64_t now_s;
    struct span me; /* first names, any bytes; empty: "You", "your partner" */
    struct span partner;
};

/* Borrows nothing of `term`. Names are empty until print_names. */
void
print_init(struct printer *printer, bool json, const struct term *term, int64_t now_s);
void
print_done(struct printer *printer); /* wipes */
/* Borrows the names from a reply's status; copy it or keep the reply while printing. */
void
print_names(struct printer *printer, struct span me, struct span partner);

/* Writes what was printed and forgets it. `pager`: the option "pager" or NULL. 0 or
 * E_*. */
int
print_flush(struct printer *printer, const struct term *term, const char *pager)
    __attribute__((warn_unused_result));

/* -- replies; each takes the reply of the request named -- */

/* list. {"format":1,"entries":[…]}; text: one clipped line an entry. */
void
print_entries(struct printer *printer, const Attune__Local__Reply *reply);
/* find. The same; text shows the snippet with its matches in «». */
void
print_found(struct printer *printer, const Attune__Local__Reply *reply);
/* drafts. */
void
print_drafts(struct printer *printer, const Attune__Local__Reply *reply);
/* show. entries[0], its events and acts, and its thread. */
void
print_show(struct printer *printer, const Attune__Local__Reply *reply);
/* visible. `paired` from status; false says that nobody can see anything yet. */
void
print_visible(struct printer *printer, const Attune__Local__Reply *reply, bool paired);
/* today. At most PRINT_TODAY_LINES lines; nothing of what anybody wrote. */
#define PRINT_TODAY_LINES 7
void
print_today(struct printer *printer, const Attune__Local__Reply *reply);
/* question. {"format":1,"questions":[{"day","text","answered","alone"},…]}; text: the
 * newest first, behind the gutter (a deck may be the partner's); those of days before
 * with their day. */
void
print_questions(struct printer *printer, const Attune__Local__Reply *reply);
void
print_status(struct printer *printer, const Attune__Local__Status *status);
/* check. "ok" is whether reply->error is empty and there is no finding. */
void
print_findings(struct printer *printer, const Attune__Local__Reply *reply);
/*
 * create. {"format":1,"id":"…"}; text: "Leaves in 10 s (attune undo).  7qa" and the
 * like, then what the kind says to who wrote it (kind.after) when it leaves.
 *   mine    the entry was asked to be mine ("Kept, only yours.  k3f")
 *   paired  tells why it was kept mine all the same: its thread is
 *   kind    of the entry, or NULL
 *   back_s  of a kind that pauses: for how long, from now; 0: none
 */
void
print_created(struct printer *printer, const Attune__Local__Reply *reply, bool mine,
              bool paired, const struct kind *kind, int64_t back_s);
/* act. The same keys; `act` is the verb that was run, or what retracting a draft is. */
#define PRINT_ACTED_DISCARD "discard"
void
print_acted(struct printer *printer, const Attune__Local__Reply *reply,
            const char *act);
/* watch. {"format":1,"topic":"entries"}, one line each; text: the topic alone. */
void
print_topics(struct printer *printer, const Attune__Local__Reply *reply);

/* quiet. {"format":1,"silent_until":"…" or null}; text: one sentence. */
void
print_quiet(struct printer *printer, const Attune__Local__Reply *reply);

/* -- other results -- */

enum print_words {
    PRINT_WORDS_RECOVERY, /* "recovery_words"; text: numbered, in columns */
    PRINT_WORDS_CHECK,    /* "words"; text: one indented line, wrapped */
};
void
print_words(struct printer *printer, enum print_words which, char *const *words,
            size_t count);

/* {"format":1,KEY:"value"}; text: the value alone on a line, not wrapped (code, invite,
 * digest, option value). */
void
print_value(struct printer *printer, const char *key, struct span value);

/* {"format":1,KEY:{NAME:"value",…}}; text: NAME padded, value. */
struct print_pair {
    const char *name;
    struct span value;
};
void
print_pairs(struct printer *printer, const char *key, const struct print_pair *pairs,
            size_t count);

/* {"format":1}; text: `said` as print_say, or nothing for NULL. For lock, leave and
 * others that have no result. */
void
print_plain(struct printer *printer, const char *said);

/* -- words of the program itself; nothing in JSON -- */

/* One paragraph, indented by two and wrapped. Made harmless like everything: may hold
 * names. */
void
print_say(struct printer *printer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* One line indented by two, not wrapped: something to copy, such as a command. */
void
print_line(struct printer *printer, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What the partner will see of this entry, as they would see it; for the preview. */
void
print_preview(struct printer *printer, const Attune__Local__Entry *entry);

/*
 * print_failure (cmocka has a print_error): text: "attune: TEXT HINT" to standard
 * error; JSON: also {"format":1,"error":{"code","message","hint"}} to standard output.
 *   text   instead of the error's own, or NULL
 *   hint   the same; "" for none
 *   reply  of the failed request or NULL; E_AMBIGUOUS lists its entries below
 * Its exit status.
 */
int
print_failure(struct printer *printer, int error, const char *text, const char *hint,
              const Attune__Local__Reply *reply);

/* The entries an E_AMBIGUOUS reply brought, on standard error, before they are lost; with
 * JSON too, whose error code says the rest. */
void
print_candidates(struct printer *printer, const Attune__Local__Reply *reply);

/* The two forms implement this; commands call the functions above. */
struct print_form {
    void (*entries)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*found)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*drafts)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*show)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*visible)(struct printer *printer, const Attune__Local__Reply *reply,
                    bool paired);
    void (*today)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*questions)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*status)(struct printer *printer, const Attune__Local__Status *status);
    void (*findings)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*created)(struct printer *printer, const Attune__Local__Reply *reply,
                    bool mine, bool paired, const struct kind *kind, int64_t back_s);
    void (*acted)(struct printer *printer, const Attune__Local__Reply *reply,
                  const char *act);
    void (*quiet)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*topics)(struct printer *printer, const Attune__Local__Reply *reply);
    void (*words)(struct printer *printer, enum print_words which, char *const *words,
                  size_t count);
    void (*value)(struct printer *printer, const char *key, struct span value);
    void (*pairs)(struct printer *printer, const char *key,
                  const struct print_pair *pairs, size_t count);
    void (*plain)(struct printer *printer, const char *said);
    void (*say)(struct printer *printer, struct span text, bool wrap);
    void (*preview)(struct printer *printer, const Attune__Local__Entry *entry);
    void (*error)(struct printer *printer, int error, const char *text,
                  const char *hint, const Attune__Local__Reply *reply);
};

#endif
