/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answered -- a consent: that I answered may be seen before both are in. */
#include "common/kind.h"

extern const struct kind kind_answered;
const struct kind kind_answered = {
    .name = "answered",
    .habit = HABIT_SAFETY,
    .help = "They may see that I answered, before both are in",
    .example = "yes",
    .notice = "A permission has news.",
    .today = "a permission",
    .said = "lets you see an answer is in",
    .shareable = true,
    .hidden = true,
    .consent = CONSENT_ANSWERED,
    .fields = {
        {"text", FIELD_LINE, .help = "nothing"},
    },
    .acts = {
        {"allow", STATE_BIT(S_OPEN), S_DONE, WHO_AUTHOR, .inner = true, .by_itself = true,
         .said = "allows it", .help = "Allow it"},
        {"deny",  STATE_BIT(S_DONE), S_OPEN, WHO_AUTHOR, .inner = true, .by_itself = true,
         .said = "no longer allows it", .help = "No longer allow it"},
    },
};
