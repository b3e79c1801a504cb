/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/print.h"

#include "clients/cli/pager.h"
#include "common/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

enum { SAY_BYTES = 2048 }; /* a paragraph of the program itself */

void
print_init(struct printer *printer, bool json, const struct term *term, int64_t now_s)
{
    *printer = (struct printer){
        .form = json ? &print_json : &print_text,
        .columns = term->columns < TERM_COLUMNS_MIN ? TERM_COLUMNS_MIN : term->columns,
        .err_columns = term->err ? term->columns : 0,
        .colour = term->colour && !json,
        .now_s = now_s,
    };
    buf_init(&printer->out, 0);
    buf_init(&printer->err, 0);
}

void
print_done(struct printer *printer)
{
    if (printer != NULL) {
        buf_free(&printer->out);
        buf_free(&printer->err);
    }
}

void
print_names(struct printer *printer, struct span me, struct span partner)
{
    printer->me = me;
    printer->partner = partner;
}

int
print_flush(struct printer *printer, const struct term *term, const char *pager)
{
    int out_error = buf_done(&printer->out);
    int err_error = buf_done(&printer->err);
    if (out_error == 0 && printer->out.size > 0) {
        out_error = printer->page ? pager_show(buf_span(&printer->out), term, pager)
                                  : pager_write(STDOUT_FILENO, buf_span(&printer->out));
    }
    if (err_error == 0 && printer->err.size > 0) {
        err_error = pager_write(STDERR_FILENO, buf_span(&printer->err));
    }
    buf_clear(&printer->out);
    buf_clear(&printer->err);
    printer->page = false;
    return out_error != 0 ? out_error : err_error;
}

void
print_entries(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->page = printer->form == &print_text;
    printer->form->entries(printer, reply);
}

void
print_found(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->page = printer->form == &print_text;
    printer->form->found(printer, reply);
}

void
print_drafts(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->page = printer->form == &print_text;
    printer->form->drafts(printer, reply);
}

void
print_show(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->page = printer->form == &print_text;
    printer->form->show(printer, reply);
}

void
print_visible(struct printer *printer, const Attune__Local__Reply *reply, bool paired)
{
    printer->page = printer->form == &print_text;
    printer->form->visible(printer, reply, paired);
}

void
print_today(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->form->today(printer, reply);
}

void
print_questions(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->form->questions(printer, reply);
}

void
print_status(struct printer *printer, const Attune__Local__Status *status)
{
    printer->form->status(printer, status);
}

void
print_findings(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->form->findings(printer, reply);
}

void
print_created(struct printer *printer, const Attune__Local__Reply *reply, bool mine,
              bool paired, const struct kind *kind, int64_t back_s)
{
    printer->form->created(printer, reply, mine, paired, kind, back_s);
}

void
print_acted(struct printer *printer, const Attune__Local__Reply *reply, const char *act)
{
    printer->form->acted(printer, reply, act);
}

void
print_topics(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->form->topics(printer, reply);
}

void
print_quiet(struct printer *printer, const Attune__Local__Reply *reply)
{
    printer->form->quiet(printer, reply);
}

void
print_words(struct printer *printer, enum print_words which, char *const *words,
            size_t count)
{
    printer->form->words(printer, which, words, count);
}

void
print_value(struct printer *printer, const char *key, struct span value)
{
    printer->form->value(printer, key, value);
}

void
print_pairs(struct printer *printer, const char *key, const struct print_pair *pairs,
            size_t count)
{
    printer->form->pairs(printer, key, pairs, count);
}

void
print_plain(struct printer *printer, const char *said)
{
    printer->form->plain(printer, said);
}

void
print_say(struct printer *printer, const char *format, ...)
{
    char text[SAY_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    printer->form->say(printer, span_text(text), true);
    bytes_wipe(text, sizeof text);
}

void
print_line(struct printer *printer, const char *format, ...)
{
    char text[SAY_BYTES];
    va_list list;
    va_start(list, format);
    vsnprintf(text, sizeof text, format, list);
    va_end(list);
    printer->form->say(printer, span_text(text), false);
    bytes_wipe(text, sizeof text);
}

void
print_preview(struct printer *printer, const Attune__Local__Entry *entry)
{
    printer->form->preview(printer, entry);
}

int
print_failure(struct printer *printer, int error, const char *text, const char *hint,
              const Attune__Local__Reply *reply)
{
    printer->form->error(printer, error, text == NULL ? error_text(error) : text,
                         hint == NULL ? error_hint(error) : hint, reply);
    return error_exit(error);
}
