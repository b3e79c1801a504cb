/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/step.h"

#include "clients/cli/input.h"
#include "common/error.h"
#include "common/when.h"

#include <string.h>

static bool
is_far(const struct letter *letter)
{
    const struct kind *kind = letter->kind;
    size_t due = kind->far_s > 0 ? note_index(kind, kind->due.field) : FIELDS_MAX;
    return due < FIELDS_MAX && letter->note.set[due] &&
           letter->note.numbers[due] - letter->cli->now_s > (int64_t)kind->far_s;
}

/* Its day, until it is near enough. */
static int
ask_day(struct letter *step)
{
    struct cli *cli = step->cli;
    size_t due = note_index(step->kind, step->kind->due.field);
    int rc = note_ask(&step->note, cli, due);
    while (rc == E_EMPTY || (rc == 0 && is_far(step))) {
        struct buf far;
        buf_init(&far, 0);
        when_format_duration(&far, step->kind->far_s);
        print_say(&cli->printer, "A day within %s. Ctrl-D keeps the step as a draft.",
                  buf_text(&far));
        buf_free(&far);
        rc = note_ask(&step->note, cli, due);
    }
    return rc;
}

int
step_gather(struct letter *letter, struct letter *step, bool *given)
{
    struct cli *cli = letter->cli;
    struct buf line;
    *given = false;
    if (!is_far(letter) || !cli_talks(cli) || args_has(&cli->args, FLAG_YES)) {
        return 0;
    }
    int rc = letter_init(step, cli, letter->kind);
    if (rc != 0) {
        return rc;
    }
    buf_init(&line, 0);
    input_guard(true);
    rc = cli_ask(cli, "That is far off. A first step until then?", &line);
    rc = rc == E_EMPTY ? E_STOPPED : rc;
    bool half = rc == E_STOPPED && line.size > 0; /* kept, as the rest is */
    if (rc == 0 || half) {
        rc = note_put(&step->note, cli, 0, buf_span(&line));
        step->note.typed[0] = step->note.set[0];
        *given = rc == 0;
        rc = half ? E_STOPPED : rc == E_EMPTY ? 0 : rc;
    }
    buf_free(&line);
    if (rc == 0 && *given && ask_day(step) != 0) {
        note_unset(&step->note, note_index(step->kind, step->kind->due.field));
    }
    return rc;
}

int
step_finish(const struct letter *letter, struct letter *step, int rc)
{
    size_t due = note_index(step->kind, step->kind->due.field);
    memcpy(step->parent.id, letter->id, ID_BYTES);
    step->parent.partner = false;
    step->has_parent = rc == 0;
    step->mine = letter->mine;
    step->by_default = letter->by_default;
    if (rc == 0 && step->note.set[due]) {
        return letter_save(step);
    }
    return letter_keep(step, rc == 0 ? E_STOPPED : rc);
}
