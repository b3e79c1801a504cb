/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sorry -- what it did to you, my part, what I'll do. */
#include "common/kind.h"

extern const struct kind kind_sorry;
const struct kind kind_sorry = {
    .name = "sorry",
    .habit = HABIT_REPAIR,
    .help = "What it did to you, my part, what I'll do",
    .example = "\n\"you waited\" --part \"I was late\" --will \"call next time\"",
    .notice = "There is something kind for you.",
    .today = "something said in earnest",
    .said = "is sorry",
    .longer = true,
    .shareable = true,
    .joins = true,
    .mends = true,
    .fades = true,
    .apology = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .prompt = "What it did to you", .help = "how it was for you",
         .bytes_max = 16384, .required = true, .asked = true},
        {"part", FIELD_TEXT, .prompt = "My part", .help = "what I did, without if or but",
         .bytes_max = 16384, .required = true, .asked = true},
        {"will", FIELD_TEXT, .prompt = "What I'll do", .help = "one thing I will do",
         .bytes_max = 16384, .required = true, .asked = true},
    },
};
