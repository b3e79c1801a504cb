/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a status bar reads, and when something waits. */
#include "clients/cli/bar.h"

#include "clients/cli/commands.h"
#include "clients/lib/attune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
assert_says(const char *name, bool waiting, bool follow, const char *expected)
{
    struct buf line;
    buf_init(&line, 0);
    const struct bar *bar = bar_find(name);
    assert_non_null(bar);
    bar_say(bar, waiting, follow, &line);
    assert_int_equal(buf_done(&line), 0);
    assert_string_equal(buf_text(&line), expected);
    buf_free(&line);
}

static void
each_bar_reads_its_own(void **state)
{
    (void)state;
    static const char full[] =
        "{\"text\":\"♡ attune\",\"alt\":\"waiting\",\"class\":\"waiting\","
        "\"tooltip\":\"Something waits for you.\"}\n";
    static const char none[] =
        "{\"text\":\"\",\"alt\":\"none\",\"class\":\"none\",\"tooltip\":\"\"}\n";
    assert_says(NULL, true, false, "♡ attune\n");
    assert_says("plain", true, true, "♡ attune\n");
    assert_says("plain", false, false, "");
    assert_says("plain", false, true, "\n");
    assert_says("waybar", true, false, full);
    assert_says("waybar", true, true, full);
    assert_says("waybar", false, false, none);
    assert_says("waybar", false, true, none);
    assert_says("i3blocks", true, false, "♡ attune\n♡\n");
    assert_says("i3blocks", true, true, "♡ attune\n");
    assert_says("i3blocks", false, false, "");
    assert_says("i3blocks", false, true, "\n");
    assert_says("tmux", true, false, "♡ attune\n");
    assert_says("tmux", false, false, "");
    assert_says("tmux", false, true, "\n");
    assert_null(bar_find("polybar"));
    assert_null(bar_find(""));
}

/* What --for offers are the bars there are. */
static void
offers_are_bars(void **state)
{
    (void)state;
    char offers[80];
    char *rest = offers;
    size_t size = strlen(commands_flag(FLAG_BAR)->offers);
    assert_true(size < sizeof offers);
    memcpy(offers, commands_flag(FLAG_BAR)->offers, size + 1);
    for (char *name; (name = strsep(&rest, " ")) != NULL;) {
        assert_non_null(bar_find(name));
    }
}

#define WAITS(why) {why, 0, false}
#define LATER(why, until) {why, until, false}
#define DONE(why) {why, 0, true}

static void
what_waits(void **state)
{
    (void)state;
    static const struct {
        struct {
            const char *why;
            int64_t later;
            bool done;
        } notices[3];
        int64_t silent_until;
        bool waits;
        int64_t until_s;
    } rows[] = {
        {{{0}}, 0, false, 0},
        {{WAITS("new")}, 0, true, 0},
        {{WAITS("news")}, 0, true, 0},
        {{WAITS("due")}, 0, true, 0},
        {{WAITS("question"), WAITS("talk")}, 0, false, 0},
        {{WAITS("question"), WAITS("talk"), WAITS("due")}, 0, true, 0},
        {{WAITS("one of a newer attuned")}, 0, false, 0},
        {{WAITS("new")}, 1001, false, 1001},
        {{{0}}, 1001, false, 1001},
        {{WAITS("new")}, 1000, true, 0},
        {{WAITS("new")}, 999, true, 0},
        /* done with, though it still waits */
        {{DONE("new")}, 0, false, 0},
        {{DONE("new"), WAITS("news")}, 0, true, 0},
        /* put off */
        {{LATER("new", 1001)}, 0, false, 1001},
        {{LATER("new", 1000)}, 0, true, 0},
        {{LATER("new", 1200), LATER("due", 1100), LATER("news", 1300)}, 0, false, 1100},
        {{WAITS("due"), LATER("new", 1200)}, 0, true, 1200},
        {{LATER("new", 1200), WAITS("due")}, 0, true, 1200},
        {{{"new", 1100, true}, LATER("due", 1200)}, 0, false, 1200},
        {{LATER("question", 1100), LATER("talk", 1200)}, 0, false, 0},
        {{LATER("new", 1100)}, 1200, false, 1200},
        {{LATER("new", 1200)}, 1100, false, 1100}, /* and then of the rest */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Attune__Local__Reply reply;
        Attune__Local__Notice notices[3];
        Attune__Local__Notice *list[3];
        int64_t until_s = -1;
        attune__local__reply__init(&reply);
        reply.now = 1000;
        reply.silent_until = rows[i].silent_until;
        reply.notices = list;
        for (size_t n = 0; n < 3 && rows[i].notices[n].why != NULL; n++) {
            attune__local__notice__init(&notices[n]);
            notices[n].why = attune_text(rows[i].notices[n].why);
            notices[n].later = rows[i].notices[n].later;
            notices[n].done = rows[i].notices[n].done;
            list[n] = &notices[n];
            reply.n_notices++;
        }
        assert_int_equal(bar_waits(&reply, &until_s), rows[i].waits);
        assert_int_equal(until_s, rows[i].until_s);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_bar_reads_its_own),
        cmocka_unit_test(offers_are_bars),
        cmocka_unit_test(what_waits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
