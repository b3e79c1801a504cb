/* SPDX-License-Identifier: GPL-3.0-or-later */
/* story -- each side's view, sealed until both are in; no verdict. */
#include "common/kind.h"

extern const struct kind kind_story;
const struct kind kind_story = {
    .name = "story",
    .habit = HABIT_SAFETY,
    .help = "How it was for me; opens when both sides are in",
    .example = "\n\"I had waited all day for that evening …\"",
    .notice = "There is a story with two sides.",
    .today = "a story with two sides",
    .news = "two stories, open now",
    .said = "tells their side",
    .after = "Sealed. It opens when both sides are in; there is no verdict.",
    .longer = true,
    .shareable = true,
    .joins = true,
    .mends = true,
    .fades = true,
    .sealed = SEALED_SHOWN,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .prompt = "How it was for me", .help = "what you saw and felt",
         .required = true, .asked = true},
    },
};
