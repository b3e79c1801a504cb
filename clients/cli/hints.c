/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/hints.h"

#include "common/text.h"
#include "common/wording.h"

static void
say(struct cli *cli, const struct wording_hint *hint)
{
    struct buf line;
    buf_init(&line, 0);
    buf_put_text(&line, "“");
    text_sanitize(&line, hint->found, TEXT_LINE);
    buf_printf(&line, "”: %s", hint->says);
    if (buf_done(&line) == 0) {
        print_say(&cli->printer, "%s", buf_text(&line));
    }
    buf_free(&line);
}

void
hints_say(struct cli *cli, const struct kind *kind, Attune__Local__Field *const *fields,
          size_t count)
{
    size_t left = WORDING_HINTS_MAX;
    if (!cli_talks(cli) || !cli->term.out ||
        cli_options(cli)->wording_hints != WORDING_ON) {
        return;
    }
    for (size_t i = 0; i < count && left > 0; i++) {
        const struct kind_field *field = kind_field(kind, fields[i]->name);
        struct wording_hint hints[WORDING_HINTS_MAX];
        if (field == NULL || !kind_field_is_text(field)) {
            continue;
        }
        size_t found = wording_look(attune_span(fields[i]->text), kind->apology, hints);
        for (size_t h = 0; h < found && left > 0; h++, left--) {
            say(cli, &hints[h]);
        }
    }
}
