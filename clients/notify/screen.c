/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/screen.h"

#include <string.h>

void
screen_forget(struct screen *screen)
{
    *screen = (struct screen){0};
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
    *screen = (struct screen){.shown = {.on = true,
                                        .level = level,
                                        .count = policy->count}};
    for (size_t i = 0; i < policy->count; i++) {
        const Attune__Local__Notice *notice = notices[policy->items[i]];
        struct actions_target *target = &screen->targets[i];
        memcpy(screen->shown.keys[i], notice->key.data, ID_BYTES);
        *target = (struct actions_target){.why = policy_why(notice),
                                          .has_id = notice->id.len == ID_BYTES,
                                          .partner = notice->partner,
                                          .unique = notice->unique};
        if (target->has_id) {
            memcpy(target->id, notice->id.data, ID_BYTES);
        }
    }
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
