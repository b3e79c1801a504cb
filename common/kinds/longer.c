/* SPDX-License-Identifier: GPL-3.0-or-later */
/* longer -- a consent: what was mended may stay a year; counts when both allow it. */
#include "common/kind.h"

extern const struct kind kind_longer;
const struct kind kind_longer = {
    .name = "longer",
    .habit = HABIT_SAFETY,
    .help = "Mended threads may stay a year; counts when both allow it",
    .example = "yes",
    .notice = "A permission has news.",
    .today = "a permission",
    .said = "lets mended threads stay longer",
    .shareable = true,
    .hidden = true,
    .consent = CONSENT_LONGER,
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
