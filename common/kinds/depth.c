/* SPDX-License-Identifier: GPL-3.0-or-later */
/* depth -- a consent: how deep the questions of the day may go; never shown to anybody. */
#include "common/kind.h"

extern const struct kind kind_depth;
const struct kind kind_depth = {
    .name = "depth",
    .habit = HABIT_SAFETY,
    .help = "How deep questions may go; never shown",
    .example = "yes",
    .notice = "A permission has news.",
    .today = "a permission",
    .said = "chose how deep questions may go",
    .shareable = true,
    .hidden = true,
    .consent = CONSENT_DEPTH,
    .fields = {
        {"text", FIELD_LINE, .help = "nothing"},
    },
    .acts = {
        {"level-one", STATE_BIT(S_OPEN), S_OPEN, WHO_AUTHOR, .by_itself = true,
         .said = "chose", .help = "A depth of questions"},
        {"level-two", STATE_BIT(S_OPEN), S_OPEN, WHO_AUTHOR, .by_itself = true,
         .said = "chose", .help = "A depth of questions"},
        {"level-three", STATE_BIT(S_OPEN), S_OPEN, WHO_AUTHOR, .by_itself = true,
         .said = "chose", .help = "A depth of questions"},
        {"level-four", STATE_BIT(S_OPEN), S_OPEN, WHO_AUTHOR, .by_itself = true,
         .said = "chose", .help = "A depth of questions"},
        {"level-five", STATE_BIT(S_OPEN), S_OPEN, WHO_AUTHOR, .by_itself = true,
         .said = "chose", .help = "A depth of questions"},
    },
};
