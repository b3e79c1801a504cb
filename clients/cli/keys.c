/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/keys.h"

#include "clients/cli/acts.h"
#include "clients/cli/input.h"
#include "clients/cli/pager.h"
#include "common/error.h"

#include <string.h>

size_t
keys_of(const Attune__Local__Entry *entry, const struct kind_act *out[static KEYS_MAX])
{
    const struct kind *kind = kind_find(entry->kind);
    size_t count = 0;
    for (size_t i = 0; kind != NULL && i < entry->n_acts && count < KEYS_MAX; i++) {
        const struct kind_act *act = kind_act(kind, entry->acts[i]);
        if (act != NULL && act->key != 0) {
            out[count++] = act;
        }
    }
    return count;
}

/* "with-you" for people. */
static void
put_name(struct buf *out, const struct kind_act *act)
{
    for (const char *at = act->name; *at != '\0'; at++) {
        buf_put_u8(out, *at == '-' ? ' ' : (uint8_t)*at);
    }
}

int
keys_choose(struct cli *cli, const struct kind_act *const *rows, size_t count,
            const struct kind_act **out)
{
    struct buf line;
    uint8_t key = 0;
    buf_init(&line, 0);
    for (size_t i = 0; i < count; i++) {
        buf_printf(&line, "%c ", rows[i]->key);
        put_name(&line, rows[i]);
        buf_put_text(&line, " · ");
    }
    buf_put_text(&line, "Enter leaves it");
    int rc = buf_done(&line);
    if (rc == 0) {
        cli_tell(cli, buf_text(&line));
        rc = input_key("", &key);
    }
    const struct kind_act *chosen = NULL;
    for (size_t i = 0; rc == 0 && i < count; i++) {
        chosen = rows[i]->key == (char)key ? rows[i] : chosen;
    }
    buf_clear(&line);
    if (chosen != NULL) {
        put_name(&line, chosen); /* what the key meant; it wasn't seen itself */
    }
    buf_put_u8(&line, '\n');
    input_show(buf_text(&line));
    buf_free(&line);
    if (rc == 0 || rc == E_EMPTY) {
        *out = chosen;
        return 0;
    }
    return rc;
}

int
keys_after_show(struct cli *cli, const Attune__Local__Reply *reply)
{
    const struct kind_act *rows[KEYS_MAX];
    const struct kind_act *chosen = NULL;
    struct target target;
    bool whole = !pager_wanted(buf_span(&cli->printer.out), &cli->term);
    if (!cli_talks(cli) || !cli->term.out || !whole || reply->n_entries == 0) {
        return 0;
    }
    size_t count = keys_of(reply->entries[0], rows);
    int rc = count > 0 ? target_take(reply->entries[0], &target) : 0;
    if (rc == 0 && count > 0) {
        rc = keys_choose(cli, rows, count, &chosen);
    }
    return rc == 0 && chosen != NULL ? acts_do(cli, chosen, &target) : rc;
}
