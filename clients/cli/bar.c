/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/bar.h"

#include "clients/cli/cli.h"
#include "clients/cli/follow.h"
#include "clients/cli/pager.h"
#include "clients/cli/runs.h"
#include "common/error.h"

#include <string.h>
#include <unistd.h>

#define GLYPH "♡"

/* What each bar reads, in whole lines. A stream's are given where they differ: what runs once
 * says nothing by no line, a stream by an empty one. */
struct bar {
    const char *name;
    const char *waiting;
    const char *nothing;
    const char *waiting_follow; /* NULL: the same */
    const char *nothing_follow;
};

/* waybar reads JSON; i3blocks a long text and a short one, but of a stream the long one
 * alone; tmux takes a # for the begin of a format, and there is none. */
static const struct bar bars[] = {
    {"plain", GLYPH " attune\n", "", NULL, "\n"},
    {"waybar",
     "{\"text\":\"" GLYPH " attune\",\"alt\":\"waiting\",\"class\":\"waiting\","
     "\"tooltip\":\"Something waits for you.\"}\n",
     "{\"text\":\"\",\"alt\":\"none\",\"class\":\"none\",\"tooltip\":\"\"}\n", NULL,
     NULL},
    {"i3blocks", GLYPH " attune\n" GLYPH "\n", "", GLYPH " attune\n", "\n"},
    {"tmux", GLYPH " attune\n", "", NULL, "\n"},
};

const struct bar *
bar_find(const char *name)
{
    for (size_t i = 0; i < sizeof bars / sizeof bars[0]; i++) {
        if (name == NULL || strcmp(bars[i].name, name) == 0) {
            return &bars[i];
        }
    }
    return NULL;
}

void
bar_say(const struct bar *bar, bool waiting, bool follow, struct buf *out)
{
    const char *once = waiting ? bar->waiting : bar->nothing;
    const char *stream = waiting ? bar->waiting_follow : bar->nothing_follow;
    buf_put_text(out, follow && stream != NULL ? stream : once);
}

/* Whether somebody gave it, or asked to be reminded of it: no habit. */
static bool
is_given(const Attune__Local__Notice *notice)
{
    static const char *const whys[] = {"new", "news", "due"};
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++) {
        if (strcmp(notice->why, whys[i]) == 0) {
            return true;
        }
    }
    return false;
}

bool
bar_waits(const Attune__Local__Reply *reply, int64_t *until_s)
{
    bool silent = reply->silent_until > reply->now;
    bool waits = false;
    *until_s = silent ? reply->silent_until : 0;
    for (size_t i = 0; i < reply->n_notices && !silent; i++) {
        const Attune__Local__Notice *notice = reply->notices[i];
        if (!is_given(notice) || notice->done) {
            continue;
        }
        if (notice->later <= reply->now) {
            waits = true;
        } else if (*until_s == 0 || notice->later < *until_s) {
            *until_s = notice->later;
        }
    }
    return waits;
}

/* Asks on a connection of its own, so that no state of a watch is in the way. Whatever goes
 * wrong is nothing that waits. */
static bool
ask(struct cli *cli, int64_t *until_s)
{
    struct attune *attune = NULL;
    Attune__Local__Request request;
    const Attune__Local__Reply *reply = NULL;
    bool waits = false;
    *until_s = 0;
    if (attune_open(&cli->paths, ATTUNE_NO_START, &attune) != 0) {
        return false;
    }
    attune_request(&request, "notices");
    if (attune_run(attune, &request, &reply) == 0) {
        waits = bar_waits(reply, until_s);
    }
    attune_close(attune);
    return waits;
}

static int
say(const struct bar *bar, bool waiting, bool follow)
{
    struct buf line;
    buf_init(&line, 0);
    bar_say(bar, waiting, follow, &line);
    int rc = buf_done(&line);
    rc = rc == 0 ? pager_write(STDOUT_FILENO, buf_span(&line)) : rc;
    buf_free(&line);
    return rc;
}

/* The first state is always said, so that a bar shows nothing of an earlier run. */
static int
stay(struct cli *cli, const struct bar *bar)
{
    static const char *const topics[] = {"entries", "notices", "vault"};
    struct follow follow = {0};
    const Attune__Local__Reply *reply = NULL;
    enum follow_event event = FOLLOW_GONE;
    bool waiting = false;
    bool said = false;
    int64_t until_s = 0;
    int rc = follow_init(&follow, &cli->paths, topics, sizeof topics / sizeof topics[0],
                         ATTUNE_NO_START);
    while (rc == 0) {
        rc = follow_next(&follow, until_s, &event, &reply);
        if (rc != 0 || event == FOLLOW_OVER) {
            break;
        }
        until_s = 0;
        bool now = event != FOLLOW_GONE && ask(cli, &until_s);
        if (now != waiting || !said) {
            rc = say(bar, now, true);
        }
        waiting = now;
        said = true;
    }
    follow_done(&follow);
    return rc;
}

int
bar_run(struct cli *cli)
{
    const struct bar *bar = bar_find(cli->args.flags[FLAG_BAR]);
    int64_t until_s = 0;
    if (bar == NULL) {
        return cli_refuse(cli, E_USAGE, "--for takes one of: %s.",
                          commands_flag(FLAG_BAR)->offers);
    }
    return args_has(&cli->args, FLAG_FOLLOW) ? stay(cli, bar)
                                             : say(bar, ask(cli, &until_s), false);
}
