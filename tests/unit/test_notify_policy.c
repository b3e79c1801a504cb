/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the desktop is told, and when: one row a situation. It is Tuesday, 4 May 2027, 21:04
 * in Berlin. Times are minutes from then; letters are notices. The screen of a row is what
 * was there before; what is expected is the decision, what it is of, in order, and when to
 * look again.
 */
#include "clients/notify/policy.h"
#include "tests/unit/notify_list.h"

#include <time.h>

enum { NOTICES_MAX = 4 };

struct row {
    char key;
    const char *why;
    const char *kind;
    int32_t time_min; /* before now */
    int64_t told_s, later_s;
    bool done, bare; /* bare: of no entry */
};

struct situation {
    const char *name;
    /* Otherwise: a journal, unlocked, open, not silent, budget 6, level none. */
    bool gone, locked, closed, screen_locked, lock_told, through, lost, bare;
    int64_t silent_s;
    uint32_t told_today, budget; /* budget 0: 6 */
    enum option_notice content;
    struct row rows[NOTICES_MAX];
    const char *screen; /* letters, "!" that attune is locked, NULL nothing */
    enum option_notice screen_level;
    /* expected */
    enum policy_what what;
    const char *items;
    enum option_notice level;
    bool alert, counted, says_locked;
    int64_t next_s;
};

#define NEW(key) {key, "new", "thanks", .time_min = 1}
#define TOLD(key) {key, "new", "thanks", .time_min = 1, .told_s = AT(-1)}
#define GOOD(key) {key, "new", "good", .time_min = 1}
#define NEWS(key) {key, "news", "need", .time_min = 1}
#define DUE(key) {key, "due", "promise", .time_min = 1}
#define PAUSE(key) {key, "due", "pause", .time_min = 1}
#define QUESTION(key) {key, "question", "", .time_min = 1, .bare = true}
#define TALK(key) {key, "talk", "", .time_min = 1, .bare = true}
/* The next local morning, 08:00. */
#define MORNING_S (NOW_S + (2 * 60 + 56 + 8 * 60) * INT64_C(60))

static const struct situation situations[] = {
    /* -- there is a journal, or not -- */
    {.name = "nothing at all"},
    {"no journal, and nothing on the screen", .gone = true, .rows = {NEW('a')}},
    {"no journal any more: off the screen", .gone = true, .screen = "a",
     .what = POLICY_CLEAR},
    {"no journal: not even that it is locked", .gone = true, .locked = true},

    /* -- locked -- */
    {"locked is told", .locked = true, .what = POLICY_SHOW, .says_locked = true,
     .alert = true},
    {"locked is told once", .locked = true, .lock_told = true},
    {"locked, and it stands there", .locked = true, .screen = "!"},
    {"locked, it stands there and was told", .locked = true, .lock_told = true,
     .screen = "!"},
    {"locked: in place of what was there", .locked = true, .screen = "ab",
     .screen_level = NOTICE_TEXT, .what = POLICY_SHOW, .says_locked = true, .alert = true},
    {"locked and told: what was there goes", .locked = true, .lock_told = true,
     .screen = "a", .what = POLICY_CLEAR},
    {"locked: the list is not looked at", .locked = true, .lock_told = true,
     .rows = {NEW('a')}},
    {"locked says nothing of a level", .locked = true, .content = NOTICE_TEXT,
     .what = POLICY_SHOW, .says_locked = true, .alert = true},
    {"locked in quiet hours waits for their end", .locked = true, .silent_s = AT(60),
     .next_s = AT(60)},
    {"locked after quiet hours", .locked = true, .silent_s = AT(0), .what = POLICY_SHOW,
     .says_locked = true, .alert = true},
    {"locked in quiet hours: what was there goes", .locked = true, .silent_s = AT(60),
     .screen = "a", .what = POLICY_CLEAR, .next_s = AT(60)},
    {"unlocked: that it is locked goes", .screen = "!", .what = POLICY_CLEAR},
    {"unlocked: what waits takes its place", .screen = "!", .rows = {NEW('a')},
     .what = POLICY_SHOW, .items = "a", .alert = true, .counted = true},
    {"unlocked: what it covered comes back, without a sound", .screen = "!a",
     .rows = {TOLD('a')}, .what = POLICY_SHOW, .items = "a"},
    {"unlocked: what it covered and is gone doesn't", .screen = "!a", .what = POLICY_CLEAR},
    {"lost with its server: again, without a sound", .lost = true, .screen = "a",
     .rows = {TOLD('a')}, .what = POLICY_SHOW, .items = "a"},
    {"lost with its server, and gone since", .lost = true, .screen = "a",
     .what = POLICY_CLEAR},
    {"that it is locked was lost: again, without a sound", .lost = true, .locked = true,
     .lock_told = true, .screen = "!", .what = POLICY_SHOW, .says_locked = true},
    {"unlocked: what was told before stays untold", .screen = "!", .rows = {TOLD('a')},
     .what = POLICY_CLEAR},

    /* -- what waits -- */
    {"one thing", .rows = {NEW('a')}, .what = POLICY_SHOW, .items = "a", .alert = true,
     .counted = true},
    {"one thing, told already", .rows = {TOLD('a')}},
    {"one thing, done with", .rows = {{'a', "new", "thanks", .done = true}}},
    {"put off until later", .rows = {{'a', "new", "thanks", .told_s = AT(-60),
                                      .later_s = AT(1)}}, .next_s = AT(1)},
    {"put off until now", .rows = {{'a', "new", "thanks", .later_s = AT(0)}},
     .what = POLICY_SHOW, .items = "a", .alert = true, .counted = true},
    {"told since it was put off, by a clock that was set back meanwhile",
     .rows = {{'a', "new", "thanks", .told_s = AT(-60), .later_s = AT(0)}}},
    {"put off, and told since", .rows = {{'a', "new", "thanks", .told_s = AT(-5),
                                          .later_s = AT(-5)}}},
    {"put off before it was ever told", .rows = {{'a', "new", "thanks", .later_s = AT(9)}},
     .next_s = AT(9)},
    {"put off and done with: nobody asks again",
     .rows = {{'a', "new", "thanks", .told_s = AT(-60), .later_s = AT(9), .done = true}}},
    {"the first of what was put off", .rows = {{'a', "new", "thanks", .later_s = AT(30)},
                                               {'b', "new", "thanks", .later_s = AT(20)}},
     .next_s = AT(20)},
    {"two things are one notice, the earliest first",
     .rows = {{'a', "new", "thanks", .time_min = 1}, {'b', "new", "hi", .time_min = 2}},
     .what = POLICY_SHOW, .items = "ba", .alert = true, .counted = true},
    {"a second thing joins the first", .rows = {TOLD('a'), {'b', "new", "hi", .time_min = 0}},
     .screen = "a", .what = POLICY_SHOW, .items = "ab", .alert = true, .counted = true},
    {"a second thing does not bring back what was told and is gone from the screen",
     .rows = {TOLD('a'), NEW('b')}, .what = POLICY_SHOW, .items = "b", .alert = true,
     .counted = true},
    {"on the screen, but attuned has not heard of it: told without a sound",
     .rows = {NEW('a')}, .screen = "a", .what = POLICY_SHOW, .items = "a", .counted = true},
    {"on the screen, and attuned knows", .rows = {TOLD('a')}, .screen = "a", .items = "a"},

    /* -- silence -- */
    {"silent", .silent_s = AT(60), .rows = {NEW('a')}, .next_s = AT(60)},
    {"silent until now", .silent_s = AT(0), .rows = {NEW('a')}, .what = POLICY_SHOW,
     .items = "a", .alert = true, .counted = true},
    {"silent, and nothing is held", .silent_s = AT(60), .rows = {TOLD('a')}},
    {"silent: what was put off comes first", .silent_s = AT(60),
     .rows = {NEW('a'), {'b', "new", "thanks", .later_s = AT(30)}}, .next_s = AT(30)},
    {"silent: what is on the screen stays", .silent_s = AT(60),
     .rows = {TOLD('a'), NEW('b')}, .screen = "a", .items = "a", .next_s = AT(60)},
    {"silent: good news are held too", .silent_s = AT(60), .rows = {GOOD('a')},
     .next_s = AT(60)},
    {"silent: good news are let through", .silent_s = AT(60), .through = true,
     .rows = {GOOD('a')}, .what = POLICY_SHOW, .items = "a", .alert = true,
     .counted = true},
    {"silent: good news alone, the rest is held", .silent_s = AT(60), .through = true,
     .rows = {NEW('a'), GOOD('b')}, .what = POLICY_SHOW, .items = "b", .alert = true,
     .counted = true, .next_s = AT(60)},
    {"silent: news of good news are no good news", .silent_s = AT(60), .through = true,
     .rows = {{'a', "news", "good", .time_min = 0}}, .next_s = AT(60)},
    {"silent: a pause that is due is held too", .silent_s = AT(60), .rows = {PAUSE('a')},
     .next_s = AT(60)},
    {"silent: a pause that is due is let through", .silent_s = AT(60), .through = true,
     .rows = {PAUSE('a')}, .what = POLICY_SHOW, .items = "a", .alert = true},
    {"silent: a pause that begins is held", .silent_s = AT(60), .through = true,
     .rows = {{'a', "new", "pause", .time_min = 0}}, .next_s = AT(60)},
    {"silent: a promise that is due is held", .silent_s = AT(60), .through = true,
     .rows = {DUE('a')}, .next_s = AT(60)},
    {"silent: a kind nobody knows is held", .silent_s = AT(60), .through = true,
     .rows = {{'a', "new", "dance", .time_min = 0}}, .next_s = AT(60)},
    {"afterwards all of it is one notice", .rows = {NEW('a'), GOOD('b'), QUESTION('c')},
     .what = POLICY_SHOW, .items = "abc", .alert = true, .counted = true},

    /* -- a day has so many -- */
    {"the last of the day", .told_today = 5, .rows = {NEW('a')}, .what = POLICY_SHOW,
     .items = "a", .alert = true, .counted = true},
    {"one more than the day has", .told_today = 6, .rows = {NEW('a')},
     .next_s = MORNING_S},
    {"a reminder doesn't count", .rows = {DUE('a')}, .what = POLICY_SHOW, .items = "a",
     .alert = true},
    {"a reminder is never held", .told_today = 6, .rows = {DUE('a')}, .what = POLICY_SHOW,
     .items = "a", .alert = true},
    {"a reminder comes alone when the day is full", .told_today = 6,
     .rows = {NEW('a'), DUE('b')}, .what = POLICY_SHOW, .items = "b", .alert = true,
     .next_s = MORNING_S},
    {"a reminder with something new counts", .rows = {NEW('a'), DUE('b')},
     .what = POLICY_SHOW, .items = "ab", .alert = true, .counted = true},
    {"a reminder beside what counted before", .rows = {TOLD('a'), DUE('b')},
     .screen = "a", .what = POLICY_SHOW, .items = "ab", .alert = true},
    {"the day's question and the talk don't count, nor are they held", .told_today = 6,
     .rows = {QUESTION('a'), TALK('b')}, .what = POLICY_SHOW, .items = "ab", .alert = true},
    {"they come alone when the day is full", .told_today = 6,
     .rows = {NEW('a'), QUESTION('b')}, .what = POLICY_SHOW, .items = "b", .alert = true,
     .next_s = MORNING_S},
    {"why nobody knows counts", .told_today = 6, .rows = {{'a', "moon", "", .time_min = 0}},
     .next_s = MORNING_S},
    {"a full day leaves the screen alone", .told_today = 6, .rows = {TOLD('a'), NEW('b')},
     .screen = "a", .items = "a", .next_s = MORNING_S},
    {"a full day and quiet hours: the earlier end", .told_today = 6, .silent_s = AT(60),
     .rows = {NEW('a')}, .next_s = AT(60)},
    {"good news through quiet hours on a full day", .told_today = 6, .silent_s = AT(60),
     .through = true, .rows = {GOOD('a')}, .next_s = MORNING_S},
    {"a small budget", .budget = 1, .told_today = 1, .rows = {NEW('a')},
     .next_s = MORNING_S},

    /* -- what the display has not got to the screen yet -- */
    {"under way: not twice", .rows = {NEW('a')}, .screen = "A", .items = "a",
     .counted = true},
    {"under way beside what is there: not twice", .rows = {TOLD('a'), DUE('b')},
     .screen = "aB", .items = "ab"},
    {"under way, and one more: it was not heard yet", .rows = {NEW('a'), NEW('b')},
     .screen = "A", .what = POLICY_SHOW, .items = "ab", .alert = true, .counted = true},
    {"under way, and done with: taken back", .screen = "A", .what = POLICY_CLEAR},
    {"under way as quiet hours begin: taken back", .silent_s = AT(60),
     .rows = {NEW('a')}, .screen = "A", .what = POLICY_CLEAR, .next_s = AT(60)},
    {"under way as quiet hours begin, beside what is there: that alone, without a sound",
     .silent_s = AT(60), .rows = {TOLD('a'), NEW('b')}, .screen = "aB",
     .what = POLICY_SHOW, .items = "a", .next_s = AT(60)},
    {"under way, and let through quiet hours", .silent_s = AT(60), .through = true,
     .rows = {GOOD('a')}, .screen = "A", .items = "a", .counted = true},
    {"under way on a day that is full by now: taken back", .told_today = 6,
     .rows = {NEW('a')}, .screen = "A", .what = POLICY_CLEAR, .next_s = MORNING_S},
    {"under way, and one of two is gone: anew, whatever it says", .rows = {NEW('b')},
     .screen = "AB", .what = POLICY_SHOW, .items = "b", .alert = true, .counted = true},
    {"under way as the screen locks: other words, to be heard still",
     .content = NOTICE_KIND, .screen_locked = true, .rows = {NEW('a')}, .screen = "A",
     .screen_level = NOTICE_KIND, .what = POLICY_SHOW, .items = "a", .alert = true,
     .counted = true},
    {"locked as it was under way: afterwards it is to be heard", .rows = {NEW('a')},
     .screen = "!A", .what = POLICY_SHOW, .items = "a", .alert = true, .counted = true},
    {"locked as it was under way, unlocked in quiet hours", .silent_s = AT(60),
     .rows = {NEW('a')}, .screen = "!A", .what = POLICY_CLEAR, .next_s = AT(60)},
    {"that it is locked is under way as quiet hours begin: taken back", .locked = true,
     .silent_s = AT(60), .screen = "!", .what = POLICY_CLEAR, .next_s = AT(60)},
    {"that it is locked was seen before quiet hours began", .locked = true,
     .lock_told = true, .silent_s = AT(60), .screen = "!"},

    /* -- how much it says -- */
    {"level kind", .content = NOTICE_KIND, .rows = {NEW('a')}, .what = POLICY_SHOW,
     .items = "a", .level = NOTICE_KIND, .alert = true, .counted = true},
    {"level text, of one thing", .content = NOTICE_TEXT, .rows = {NEW('a')},
     .what = POLICY_SHOW, .items = "a", .level = NOTICE_TEXT, .alert = true,
     .counted = true},
    {"level text of two is their kinds", .content = NOTICE_TEXT,
     .rows = {NEW('a'), NEW('b')}, .what = POLICY_SHOW, .items = "ab",
     .level = NOTICE_KIND, .alert = true, .counted = true},
    {"level text while closed", .content = NOTICE_TEXT, .closed = true,
     .rows = {NEW('a')}, .what = POLICY_SHOW, .items = "a", .level = NOTICE_KIND,
     .alert = true, .counted = true},
    {"level text of what is no entry", .content = NOTICE_TEXT, .rows = {QUESTION('a')},
     .what = POLICY_SHOW, .items = "a", .level = NOTICE_KIND, .alert = true},
    {"never more than that there is something on a lock screen", .content = NOTICE_TEXT,
     .screen_locked = true, .rows = {NEW('a')}, .what = POLICY_SHOW, .items = "a",
     .alert = true, .counted = true},
    {"the screen locks: the words go", .content = NOTICE_KIND, .screen_locked = true,
     .rows = {TOLD('a')}, .screen = "a", .screen_level = NOTICE_KIND,
     .what = POLICY_SHOW, .items = "a"},
    {"the screen locks: nothing to hide but the buttons", .content = NOTICE_KIND,
     .screen_locked = true, .rows = {TOLD('a')}, .screen = "a", .what = POLICY_SHOW,
     .items = "a"},
    {"the screen is locked, and the buttons are gone", .screen_locked = true, .bare = true,
     .rows = {TOLD('a')}, .screen = "a", .items = "a"},
    {"the screen is unlocked: the buttons come back", .bare = true, .rows = {TOLD('a')},
     .screen = "a", .what = POLICY_SHOW, .items = "a"},
    {"the screen is unlocked in quiet hours: the same, without a sound", .bare = true,
     .silent_s = AT(60), .rows = {TOLD('a')}, .screen = "a", .what = POLICY_SHOW,
     .items = "a"},
    {"attune is locked, and so is the screen: nobody unlocks it there", .locked = true,
     .lock_told = true, .screen_locked = true, .screen = "!", .what = POLICY_SHOW,
     .says_locked = true},
    {"both are locked, and the button is gone", .locked = true, .lock_told = true,
     .screen_locked = true, .bare = true, .screen = "!"},
    {"attune is locked, the screen no more: the button comes back", .locked = true,
     .lock_told = true, .bare = true, .screen = "!", .what = POLICY_SHOW,
     .says_locked = true},
    {"attune is locked, which was under way as the screen locked", .locked = true,
     .screen_locked = true, .screen = "!", .what = POLICY_SHOW, .says_locked = true,
     .alert = true},
    {"attune closes: the text goes", .content = NOTICE_TEXT, .closed = true,
     .rows = {TOLD('a')}, .screen = "a", .screen_level = NOTICE_TEXT,
     .what = POLICY_SHOW, .items = "a", .level = NOTICE_KIND},
    {"attune opens: the screen stays as it is", .content = NOTICE_TEXT,
     .rows = {TOLD('a')}, .screen = "a", .screen_level = NOTICE_KIND, .items = "a",
     .level = NOTICE_TEXT},
    {"the option says less now", .rows = {TOLD('a')}, .screen = "a",
     .screen_level = NOTICE_KIND, .what = POLICY_SHOW, .items = "a"},

    /* -- what is gone -- */
    {"read elsewhere", .screen = "a", .what = POLICY_CLEAR},
    {"done with elsewhere", .screen = "a",
     .rows = {{'a', "new", "thanks", .told_s = AT(-1), .done = true}},
     .what = POLICY_CLEAR},
    {"put off", .screen = "a",
     .rows = {{'a', "new", "thanks", .told_s = AT(-1), .later_s = AT(60)}},
     .what = POLICY_CLEAR, .next_s = AT(60)},
    {"one of two is gone: the rest, without a sound", .content = NOTICE_KIND,
     .rows = {TOLD('b')}, .screen = "ab", .screen_level = NOTICE_KIND,
     .what = POLICY_SHOW, .items = "b", .level = NOTICE_KIND},
    {"one of two is gone and it would say the same", .rows = {TOLD('b')}, .screen = "ab",
     .items = "b"},
    {"the partner's is gone, a reminder is left: other words",
     .rows = {{'a', "new", "thanks", .told_s = AT(-1), .done = true},
              {'b', "due", "promise", .told_s = AT(-1)}},
     .screen = "ab", .what = POLICY_SHOW, .items = "b"},
    {"one of two reminders is gone: the same words",
     .rows = {{'a', "due", "promise", .told_s = AT(-1), .done = true},
              {'b', "due", "promise", .told_s = AT(-1)}},
     .screen = "ab", .items = "b"},
    {"something is gone, who knows of whom: said anew",
     .rows = {{'b', "due", "promise", .told_s = AT(-1)}}, .screen = "ab",
     .what = POLICY_SHOW, .items = "b"},
    {"one is gone as another comes", .rows = {NEW('b')}, .screen = "a",
     .what = POLICY_SHOW, .items = "b", .alert = true, .counted = true},
    {"news are of the partner too", .rows = {NEWS('a')}, .what = POLICY_SHOW,
     .items = "a", .alert = true, .counted = true},
    {"why nobody knows is told all the same", .rows = {{'a', "moon", "", .time_min = 0}},
     .what = POLICY_SHOW, .items = "a", .alert = true, .counted = true},
};

/* -- the list as messages -- */

static void
fill_list(const struct situation *situation, struct list *list)
{
    for (size_t i = 0; i < NOTICES_MAX && situation->rows[i].key != '\0'; i++) {
        const struct row *row = &situation->rows[i];
        Attune__Local__Notice *notice = list_add(list, row->key, row->why, row->kind);
        notice->time = AT(-row->time_min);
        notice->told = row->told_s;
        notice->later = row->later_s;
        notice->done = row->done;
        if (row->bare) {
            notice->id = (ProtobufCBinaryData){0, NULL};
        }
    }
}

static struct policy_input
input_of(const struct situation *situation, struct list *list)
{
    struct policy_input input = {
        .now_s = NOW_S,
        .exists = !situation->gone,
        .locked = situation->locked,
        .closed = situation->closed,
        .screen_locked = situation->screen_locked,
        .lock_told = situation->lock_told,
        .silent_until = situation->silent_s,
        .told_today = situation->told_today,
        .content = situation->content,
        .budget = situation->budget != 0 ? situation->budget : 6,
        .through = situation->through,
        .shown.level = situation->screen_level,
    };
    fill_list(situation, list);
    fill_screen(&input.shown, situation->screen);
    input.shown.lost = situation->lost;
    input.shown.bare = situation->bare;
    input.notices = list->pointers;
    input.count = list->count;
    return input;
}

static void
items_text(const struct policy *policy, const struct list *list, char *out)
{
    assert_true(policy->count <= POLICY_ITEMS_MAX);
    for (size_t i = 0; i < policy->count; i++) {
        assert_true(policy->items[i] < list->count);
        *out++ = (char)list->keys[policy->items[i]][0];
    }
    *out = '\0';
}

static void
judge(const struct situation *want, const struct policy *got, const struct list *list)
{
    char items[POLICY_ITEMS_MAX + 1];
    items_text(got, list, items);
    const char *expected = want->items != NULL ? want->items : "";
    if (got->what != want->what || strcmp(items, expected) != 0 ||
        got->level != want->level || got->alert != want->alert ||
        got->budget != want->counted || got->locked != want->says_locked ||
        got->next_s != want->next_s || got->bare != want->screen_locked) {
        fail_msg("%s: decided %d \"%s\" level %d%s%s%s, again in %lld min", want->name,
                 (int)got->what, items, (int)got->level, got->alert ? ", alert" : "",
                 got->budget ? ", counted" : "", got->locked ? ", locked" : "",
                 got->next_s == 0 ? 0LL : (long long)(got->next_s - NOW_S) / 60);
    }
}

static void
every_situation(void **state)
{
    (void)state;
    assert_true(sizeof situations / sizeof situations[0] >= 45);
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        struct list list = {0};
        struct policy got;
        struct policy_input input = input_of(&situations[i], &list);
        policy_decide(&input, &got);
        judge(&situations[i], &got, &list);
    }
}

/* The order of the list decides nothing; nor does asking twice. */
static void
order_is_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        struct list list = {0};
        const Attune__Local__Notice *back[NOTICES_MAX];
        struct policy first, second;
        char a[POLICY_ITEMS_MAX + 1], b[POLICY_ITEMS_MAX + 1];
        struct policy_input input = input_of(&situations[i], &list);
        policy_decide(&input, &first);
        items_text(&first, &list, a);
        for (size_t n = 0; n < list.count; n++) {
            back[n] = list.pointers[list.count - 1 - n];
        }
        input.notices = back;
        policy_decide(&input, &second);
        for (size_t n = 0; n < second.count; n++) {
            second.items[n] = list.count - 1 - second.items[n];
        }
        items_text(&second, &list, b);
        assert_string_equal(a, b);
        assert_int_equal(first.what, second.what);
        assert_int_equal(first.level, second.level);
        assert_int_equal(first.alert, second.alert);
        assert_int_equal(first.budget, second.budget);
        assert_int_equal(first.next_s, second.next_s);
    }
}

/* What was shown is no more shown again: the story of a notice comes to rest. */
static void
comes_to_rest(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        struct list list = {0};
        struct policy got, again;
        struct policy_input input = input_of(&situations[i], &list);
        policy_decide(&input, &got);
        if (got.what == POLICY_CLEAR) {
            input.shown = (struct policy_shown){0};
        } else if (got.what == POLICY_SHOW) {
            input.shown = (struct policy_shown){
                .on = true, .locked = got.locked, .bare = got.bare, .level = got.level,
                .count = got.count};
            for (size_t n = 0; n < got.count; n++) {
                list.notices[got.items[n]].told = NOW_S;
                memcpy(input.shown.keys[n], list.keys[got.items[n]], ID_BYTES);
            }
            input.lock_told |= got.locked;
        }
        policy_decide(&input, &again);
        if (again.what != POLICY_KEEP) {
            fail_msg("%s: and then %d", situations[i].name, (int)again.what);
        }
    }
}

/* Between the decision and the screen there may be days: nothing is given twice meanwhile. */
static void
waits_for_the_screen(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof situations / sizeof situations[0]; i++) {
        struct list list = {0};
        struct policy got, again;
        struct policy_input input = input_of(&situations[i], &list);
        policy_decide(&input, &got);
        if (got.what != POLICY_SHOW) {
            continue;
        }
        const struct policy_shown before = input.shown;
        input.shown = (struct policy_shown){
            .on = true, .locked = got.locked, .bare = got.bare, .level = got.level,
                .count = got.count};
        for (size_t n = 0; n < got.count; n++) {
            uint8_t *key = list.keys[got.items[n]];
            memcpy(input.shown.keys[n], key, ID_BYTES);
            input.shown.fresh[n] = policy_untold(&list.notices[got.items[n]]);
            for (size_t b = 0; b < before.count; b++) { /* seen in other words */
                input.shown.fresh[n] &= memcmp(before.keys[b], key, ID_BYTES) != 0 ||
                                        before.fresh[b];
            }
            if (!input.shown.fresh[n]) {
                list.notices[got.items[n]].told = NOW_S;
            }
        }
        policy_decide(&input, &again);
        if (again.what != POLICY_KEEP || again.alert) {
            fail_msg("%s: and then %d", situations[i].name, (int)again.what);
        }
        assert_int_equal(again.count, got.count);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_situation),
        cmocka_unit_test(order_is_nothing),
        cmocka_unit_test(comes_to_rest),
        cmocka_unit_test(waits_for_the_screen),
    };
    setenv("TZ", BERLIN, 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
