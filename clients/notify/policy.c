/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The model: each notice of the list waits or not (done, put off); of those that wait some
 * are on the screen, some are to be told, and of these some are held: by silence, by the
 * day's budget. What is on the screen and what is told now make the notice. The rules stand
 * in the order in which they are asked.
 * Invariant: the same input gives the same decision, in whatever order the list came.
 */
#include "clients/notify/policy.h"

#include "common/kind.h"
#include "common/when.h"
#include "common/when_civil.h"

#include <string.h>

/* What the budget held is told at a time of day that wakes nobody. */
enum { MORNING_S = 8 * WHEN_HOUR_S };

/* What the list says, gathered. */
struct gathered {
    size_t count; /* of the notice to be */
    size_t items[POLICY_ITEMS_MAX];
    bool held_silent, held_budget;
    int64_t later_s; /* the next that was put off comes back then; 0: none */
};

enum policy_why
policy_why(const Attune__Local__Notice *notice)
{
    static const char *const names[] = {
        [WHY_NEW] = "new",           [WHY_NEWS] = "news", [WHY_DUE] = "due",
        [WHY_QUESTION] = "question", [WHY_TALK] = "talk",
    };
    for (unsigned why = WHY_NEW; why <= WHY_TALK; why++) {
        if (strcmp(notice->why, names[why]) == 0) {
            return (enum policy_why)why;
        }
    }
    return WHY_OTHER;
}

bool
policy_from_partner(enum policy_why why)
{
    return why == WHY_NEW || why == WHY_NEWS;
}

bool
policy_untold(const Attune__Local__Notice *notice)
{
    return notice->told == 0;
}

static bool
has_key(const Attune__Local__Notice *notice)
{
    return notice->key.len == ID_BYTES;
}

static bool
waits(const struct policy_input *input, const Attune__Local__Notice *notice)
{
    return has_key(notice) && !notice->done && notice->later <= input->now_s;
}

static size_t
shown_count(const struct policy_shown *shown)
{
    if (!shown->on &&
        !shown->locked) { /* what is covered counts, whoever took the cover */
        return 0;
    }
    return shown->count < POLICY_ITEMS_MAX ? shown->count : POLICY_ITEMS_MAX;
}

bool
policy_under_way(const struct policy_shown *shown)
{
    for (size_t i = 0; i < shown_count(shown); i++) {
        if (shown->fresh[i]) {
            return true;
        }
    }
    return false;
}

/* Where a thing is. */
enum place {
    PLACE_NOWHERE,
    PLACE_UNDER_WAY, /* the display has it; nobody has seen it */
    PLACE_SCREEN,
};

static enum place
place_of(const struct policy_input *input, const Attune__Local__Notice *notice)
{
    size_t count = shown_count(&input->shown);
    for (size_t i = 0; has_key(notice) && i < count; i++) {
        if (memcmp(input->shown.keys[i], notice->key.data, ID_BYTES) == 0) {
            return input->shown.fresh[i] ? PLACE_UNDER_WAY : PLACE_SCREEN;
        }
    }
    return PLACE_NOWHERE;
}

static bool
is_silent(const struct policy_input *input)
{
    return input->silent_until > input->now_s;
}

/* Whether its person lets it through quiet hours; what they asked for just now is quiet. */
static bool
passes(const struct policy_input *input, const Attune__Local__Notice *notice)
{
    const struct kind *kind = kind_find(notice->kind);
    enum policy_why why = policy_why(notice);
    return input->through && input->quiet_until <= input->now_s && kind != NULL &&
           ((kind->through == THROUGH_NEW && why == WHY_NEW) ||
            (kind->through == THROUGH_DUE && why == WHY_DUE));
}

/* What comes at an hour the person set is none of the day's notices: a partner who has much
 * to say must not starve it. */
static bool
counts(const Attune__Local__Notice *notice)
{
    enum policy_why why = policy_why(notice);
    return why != WHY_DUE && why != WHY_QUESTION && why != WHY_TALK;
}

static bool
is_before(const Attune__Local__Notice *a, const Attune__Local__Notice *b)
{
    if (a->time != b->time) {
        return a->time < b->time;
    }
    return memcmp(a->key.data, b->key.data, ID_BYTES) < 0;
}

/*
 * What comes first where not all of it fits: what is to be told before what stands there
 * already, so that no crowd on the screen keeps anything from being told; and what the
 * person asked to be reminded of before the rest.
 */
static unsigned
rank(const Attune__Local__Notice *notice)
{
    return (policy_untold(notice) ? 0u : 2u) +
           (policy_why(notice) == WHY_DUE ? 0u : 1u);
}

static bool
is_first(const Attune__Local__Notice *a, const Attune__Local__Notice *b)
{
    return rank(a) != rank(b) ? rank(a) < rank(b) : is_before(a, b);
}

typedef bool
notice_order(const Attune__Local__Notice *a, const Attune__Local__Notice *b);

/* Puts one into a list that is in order; where that is full, the last one goes. */
static size_t
insert(const struct policy_input *input, notice_order *order, size_t index,
       size_t count, size_t items[static POLICY_ITEMS_MAX])
{
    size_t at = count;
    while (at > 0 && order(input->notices[index], input->notices[items[at - 1]])) {
        at--;
    }
    if (at == POLICY_ITEMS_MAX) {
        return count;
    }
    size_t last = count < POLICY_ITEMS_MAX ? count : POLICY_ITEMS_MAX - 1;
    memmove(&items[at + 1], &items[at], (last - at) * sizeof items[0]);
    items[at] = index;
    return last + 1;
}

static void
gather_item(const struct policy_input *input, size_t index, struct gathered *out)
{
    out->count = insert(input, is_first, index, out->count, out->items);
}

/* They were gathered by what they are; a notice has them by their time. */
static void
sort_items(const struct policy_input *input, struct gathered *out)
{
    size_t items[POLICY_ITEMS_MAX];
    for (size_t i = 0; i < out->count; i++) {
        (void)insert(input, is_before, out->items[i], i, items);
    }
    memcpy(out->items, items, out->count * sizeof items[0]);
}

static void
gather(const struct policy_input *input, struct gathered *out)
{
    *out = (struct gathered){0};
    for (size_t i = 0; i < input->count; i++) {
        const Attune__Local__Notice *notice = input->notices[i];
        if (has_key(notice) && !notice->done && notice->later > input->now_s &&
            (out->later_s == 0 || notice->later < out->later_s)) {
            out->later_s = notice->later;
        }
        if (!waits(input, notice)) {
            continue;
        }
        if (place_of(input, notice) == PLACE_SCREEN) {
            gather_item(input, i, out); /* whatever is held now: it stays */
        } else if (!policy_untold(notice)) {
            continue;
        } else if (is_silent(input) && !passes(input, notice)) {
            out->held_silent = true;
        } else if (counts(notice) && input->told_today >= input->budget) {
            out->held_budget = true;
        } else {
            gather_item(input, i, out);
        }
    }
    sort_items(input, out);
}

static enum option_notice
lower(enum option_notice a, enum option_notice b)
{
    return a < b ? a : b;
}

/* The highest level its words may have now. */
static enum option_notice
allowed_level(const struct policy_input *input, const struct gathered *gathered)
{
    if (input->screen_locked) {
        return NOTICE_NONE;
    }
    bool text = gathered->count == 1 && !input->closed &&
                input->notices[gathered->items[0]]->id.len == ID_BYTES;
    return lower(input->content, text ? NOTICE_TEXT : NOTICE_KIND);
}

/*
 * At NOTICE_NONE there are two sentences, and which one it is depends on whether something
 * is from the partner. Whether that changes with what is gone: of what is no longer in the
 * list nobody knows, so then it is said anew.
 */
static bool
same_words(const struct policy_input *input, const struct gathered *left)
{
    size_t found = 0;
    bool was = false;
    for (size_t i = 0; i < left->count; i++) {
        if (policy_from_partner(policy_why(input->notices[left->items[i]]))) {
            return true;
        }
    }
    for (size_t i = 0; i < input->count; i++) {
        if (place_of(input, input->notices[i]) != PLACE_NOWHERE) {
            found++;
            was |= policy_from_partner(policy_why(input->notices[i]));
        }
    }
    return !was && found >= shown_count(&input->shown);
}

/* Whether there is something to tell; and, should the notice be shown: alert, budget. */
static bool
has_news(const struct policy_input *input, const struct gathered *gathered,
         struct policy *out)
{
    bool news = false;
    for (size_t i = 0; i < gathered->count; i++) {
        const Attune__Local__Notice *notice = input->notices[gathered->items[i]];
        enum place place = place_of(input, notice);
        bool untold = policy_untold(notice);
        out->alert |= untold && place != PLACE_SCREEN;
        out->budget |= untold && counts(notice);
        /* Shown, but attuned has not heard of it: say so, without a sound. */
        news |= place == PLACE_NOWHERE || (untold && place == PLACE_SCREEN);
    }
    return news;
}

/* Whether what is there, or under way, is no longer as it should be. */
static bool
is_wrong(const struct policy_input *input, const struct gathered *gathered,
         enum option_notice level)
{
    const struct policy_shown *shown = &input->shown;
    bool none = level == NOTICE_NONE && shown->level == NOTICE_NONE;
    bool gone = gathered->count < shown_count(shown);
    return shown->locked || shown->lost || shown->bare != input->screen_locked ||
           shown->level > level ||
           (gone && (policy_under_way(shown) || !none || !same_words(input, gathered)));
}

static int64_t
earlier(int64_t a, int64_t b)
{
    return a == 0 || (b != 0 && b < a) ? b : a;
}

static int64_t
next_look(const struct policy_input *input, const struct gathered *gathered)
{
    int64_t next_s = gathered->later_s;
    if (gathered->held_silent) {
        next_s = earlier(next_s, input->silent_until);
    }
    if (gathered->held_budget) {
        int64_t tomorrow = when_local_day(input->now_s) + 1;
        next_s = earlier(next_s, when_instant(tomorrow, MORNING_S));
    }
    return next_s;
}

static void
decide_open(const struct policy_input *input, struct policy *out)
{
    struct gathered gathered;
    gather(input, &gathered);
    out->next_s = next_look(input, &gathered);
    out->upto = gathered.held_silent || gathered.held_budget ? 0 : input->upto;
    if (gathered.count == 0) {
        out->what = input->shown.on ? POLICY_CLEAR : POLICY_KEEP;
        return;
    }
    enum option_notice level = allowed_level(input, &gathered);
    bool news = has_news(input, &gathered, out);
    if (news || is_wrong(input, &gathered, level)) {
        out->what = POLICY_SHOW;
    } else {
        out->alert = false;
    }
    out->level = level;
    out->count = gathered.count;
    memcpy(out->items, gathered.items, sizeof out->items);
}

/* Locked: that it is so, once, and nothing else. */
static void
decide_locked(const struct policy_input *input, struct policy *out)
{
    const struct policy_shown *shown = &input->shown;
    bool held = !input->lock_told && is_silent(input);
    if (shown->on && shown->locked && !held) {
        out->locked = shown->lost || shown->bare != input->screen_locked;
        out->alert = out->locked && !shown->lost && !input->lock_told;
        out->what = out->locked ? POLICY_SHOW : POLICY_KEEP;
        return;
    }
    if (!input->lock_told && !held) {
        out->what = POLICY_SHOW;
        out->locked = true;
        out->alert = true;
        return;
    }
    out->what = shown->on ? POLICY_CLEAR : POLICY_KEEP;
    out->next_s = held ? input->silent_until : 0;
}

void
policy_decide(const struct policy_input *input, struct policy *out)
{
    *out = (struct policy){
        .what = POLICY_KEEP, .level = NOTICE_NONE, .bare = input->screen_locked};
    if (!input->exists) {
        out->what = input->shown.on ? POLICY_CLEAR : POLICY_KEEP;
    } else if (input->locked) {
        decide_locked(input, out);
    } else {
        decide_open(input, out);
    }
}
