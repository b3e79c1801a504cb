/* SPDX-License-Identifier: GPL-3.0-or-later */
/* feel -- a mood in a word or a line; mine unless shared. */
#include "common/kind.h"

extern const struct kind kind_feel;
const struct kind kind_feel = {
    .name = "feel",
    .habit = HABIT_NOTICE,
    .help = "Note how you are; yours alone by default",
    .example = "\"tired, but fine\" --energy 2",
    .notice = "There is a word on how things are.",
    .today = "a word on how it is going",
    .said = "feels",
    .mine = true,
    .shareable = true,
    .hold_s = HOLD_S_DEFAULT,
    .mood = "text",
    .fields = {
        {"text", FIELD_LINE, .prompt = "I feel", .help = "a word or a line",
         .bytes_max = 1500, .required = true, .asked = true},
        {"energy", FIELD_NUMBER, .help = "1 (empty) to 5 (full)", .min = 1, .max = 5},
        {"number", FIELD_NUMBER, .help = "0 to 10, a scale of your own", .min = 0, .max = 10},
    },
};
