/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/screen.h"

#include "clients/lib/clock.h"
#include "clients/notify/caption.h"

#include <errno.h>
#include <poll.h>
#include <string.h>

enum { LEAVE_MS = 1000 };

void
screen_forget(struct screen *screen)
{
    *screen = (struct screen){0};
}

static bool
has(const struct policy_shown *shown, const uint8_t key[static ID_BYTES])
{
    for (size_t i = 0; i < shown->count; i++) {
        if (memcmp(shown->keys[i], key, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

void
screen_restore(struct screen *screen, const struct policy_shown *before)
{
    struct policy_shown *shown = &screen->shown;
    for (size_t i = 0; i < before->count && shown->count < POLICY_ITEMS_MAX; i++) {
        if (!has(shown, before->keys[i])) {
            memcpy(shown->keys[shown->count++], before->keys[i], ID_BYTES);
        }
    }
    if (before->locked && !shown->on) {
        shown->on = shown->locked = shown->lost = true;
    } else if (!shown->locked) { /* else it comes after that */
        shown->on = shown->lost = true;
    }
}

/* Whether somebody could see it. */
static bool
is_seen(const struct policy_shown *shown, const uint8_t key[static ID_BYTES])
{
    for (size_t i = 0; i < shown->count; i++) {
        if (memcmp(shown->keys[i], key, ID_BYTES) == 0) {
            return !shown->fresh[i];
        }
    }
    return false;
}

void
screen_remember(struct screen *screen, const struct policy *policy,
                const Attune__Local__Notice *const *notices, enum option_notice level)
{
    if (policy->locked) { /* what it covers comes back after it */
        screen->shown.on = screen->shown.locked = true;
        screen->shown.lost = false;
        screen->shown.bare = policy->bare;
        screen->shown.level = NOTICE_NONE;
        return;
    }
    const struct policy_shown before = screen->shown;
    *screen = (struct screen){
        .shown = {.on = true,
                  .bare = policy->bare,
                  .level = level,
                  .count = policy->count},
        .budget = policy->budget,
        .upto = policy->upto,
    };
    for (size_t i = 0; i < policy->count; i++) {
        const Attune__Local__Notice *notice = notices[policy->items[i]];
        struct actions_target *target = &screen->targets[i];
        memcpy(screen->shown.keys[i], notice->key.data, ID_BYTES);
        screen->untold[i] = policy_untold(notice);
        screen->shown.fresh[i] =
            screen->untold[i] && !is_seen(&before, notice->key.data);
        *target = (struct actions_target){.why = policy_why(notice),
                                          .has_id = notice->id.len == ID_BYTES,
                                          .partner = notice->partner,
                                          .unique = notice->unique};
        if (target->has_id) {
            memcpy(target->id, notice->id.data, ID_BYTES);
        }
    }
}

size_t
screen_arrived(struct screen *screen, ProtobufCBinaryData keys[static POLICY_ITEMS_MAX])
{
    size_t count = 0;
    screen->under_way = false;
    for (size_t i = 0; i < screen->shown.count; i++) {
        if (screen->untold[i]) {
            keys[count++] = (ProtobufCBinaryData){ID_BYTES, screen->shown.keys[i]};
        }
        screen->untold[i] = screen->shown.fresh[i] = false;
    }
    return count;
}

const struct actions_target *
screen_one(const struct screen *screen)
{
    return screen->shown.count == 1 ? &screen->targets[0] : NULL;
}

static bool
is_given(enum policy_why why)
{
    return why == WHY_NEW || why == WHY_NEWS || why == WHY_DUE;
}

void
screen_given(const struct screen *screen, struct policy_shown *out)
{
    *out = (struct policy_shown){0};
    for (size_t i = 0; i < screen->shown.count; i++) {
        if (is_given(screen->targets[i].why)) {
            memcpy(out->keys[out->count++], screen->shown.keys[i], ID_BYTES);
        }
    }
}

/* Whether it should stand until somebody deals with it: it has something given. A habit and
 * a lock don't insist. */
static bool
insists(const struct screen *screen)
{
    for (size_t i = 0; !screen->shown.locked && i < screen->shown.count; i++) {
        if (is_given(screen->targets[i].why)) {
            return true;
        }
    }
    return false;
}

static bool
is_from_partner(const struct screen *screen)
{
    for (size_t i = 0; i < screen->shown.count; i++) {
        if (policy_from_partner(screen->targets[i].why)) {
            return true;
        }
    }
    return false;
}

/* Gives the display what the screen is to be, in these words, and lets go of them. */
static void
give(struct screen *screen, struct display *display, struct caption *caption,
     bool alert)
{
    struct display_notice notice = {
        .title = buf_text(&caption->title),
        .body = buf_text(&caption->body),
        .alert = alert,
        .fixed = insists(screen),
        .plain = screen->shown.level == NOTICE_NONE,
        .actions = caption->actions,
        .actions_count = caption->actions_count,
    };
    screen->under_way = true;
    display_show(display, &notice);
    caption_done(caption);
}

void
screen_show(struct screen *screen, struct display *display, const struct policy *policy,
            const Attune__Local__Notice *const *notices,
            const Attune__Local__Entry *preview, struct span partner)
{
    struct caption caption;
    enum option_notice level = NOTICE_NONE;
    if (caption_make(policy, notices, preview, partner, &caption, &level) == 0) {
        screen_remember(screen, policy, notices, level);
        give(screen, display, &caption, policy->alert);
    }
}

void
screen_lower(struct screen *screen, struct display *display)
{
    struct caption caption;
    if (!screen->shown.on || screen->shown.lost || screen->shown.level == NOTICE_NONE) {
        return;
    }
    if (caption_none(is_from_partner(screen), screen->shown.bare, &caption) != 0) {
        display_close(display); /* no memory for words: none, then */
        screen_forget(screen);
        return;
    }
    screen->shown.level = NOTICE_NONE;
    give(screen, display, &caption, policy_under_way(&screen->shown));
}

void
screen_leave(struct screen *screen, struct display *display)
{
    if (!screen->shown.on || screen->shown.lost || screen->shown.level == NOTICE_NONE) {
        return;
    }
    screen_lower(screen, display);
    int64_t end_ms = clock_ms() + LEAVE_MS;
    for (int64_t left_ms = LEAVE_MS; screen->under_way && left_ms > 0;
         left_ms = end_ms - clock_ms()) {
        int wait_ms = -1;
        struct pollfd one = {.fd = -1};
        one.fd = display_poll(display, &one.events, &wait_ms);
        bool due = wait_ms >= 0 && wait_ms < left_ms;
        if (poll(&one, 1, due ? wait_ms : (int)left_ms) < 0 && errno != EINTR) {
            return;
        }
        if (due || one.revents != 0) {
            display_process(display);
        }
    }
}
