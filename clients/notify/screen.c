/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/screen.h"

#include <string.h>

void
screen_forget(struct screen *screen)
{
    *screen = (struct screen){0};
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
        screen->shown.level = NOTICE_NONE;
        return;
    }
    const struct policy_shown before = screen->shown;
    *screen = (struct screen){
        .shown = {.on = true, .level = level, .count = policy->count},
        .budget = policy->budget,
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

bool
screen_insists(const struct policy *policy, const Attune__Local__Notice *const *notices)
{
    for (size_t i = 0; i < policy->count; i++) {
        if (is_given(policy_why(notices[policy->items[i]]))) {
            return true;
        }
    }
    return false;
}
