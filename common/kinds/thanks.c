/* SPDX-License-Identifier: GPL-3.0-or-later */
/* thanks -- what you did and what it showed me, in one line. */
#include "common/kind.h"

extern const struct kind kind_thanks;
const struct kind kind_thanks = {
    .name = "thanks",
    .habit = HABIT_APPRECIATION,
    .help = "Thank in one line",
    .example = "\"for the soup; it showed me you notice\"\n\"for being there\" --for 7qa\n\"for this year\" --give 2027-01-01",
    .notice = "There is something kind for you.",
    .today = "something kind",
    .said = "thanks you",
    .shareable = true,
    .drawn = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_LINE, .prompt = "To %s", .help = "what they did, what it showed you",
         .bytes_max = 1500, .required = true, .asked = true},
    },
};
