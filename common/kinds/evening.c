/* SPDX-License-Identifier: GPL-3.0-or-later */
/* evening -- the day in four lines: best, hard, feeling, what I'd like from you. */
#include "common/kind.h"

extern const struct kind kind_evening;
const struct kind kind_evening = {
    .name = "evening",
    .habit = HABIT_TALK,
    .help = "The day in four lines, each may stay empty",
    .example = "\n--best \"the walk\" --feeling \"calm\" --energy 3",
    .notice = "There is a word about the day.",
    .today = "a word about the day",
    .said = "looks back on the day",
    .longer = true,
    .shareable = true,
    .hold_s = HOLD_S_DEFAULT,
    .mood = "feeling",
    .fields = {
        {"best", FIELD_LINE, .prompt = "Best today", .help = "what was good",
         .bytes_max = 4096, .asked = true},
        {"hard", FIELD_LINE, .prompt = "Hard today", .help = "what was hard",
         .bytes_max = 4096, .asked = true},
        {"feeling", FIELD_LINE, .prompt = "I feel", .help = "a word or a line",
         .bytes_max = 1500, .asked = true},
        {"from-you", FIELD_LINE, .prompt = "From you I'd like",
         .help = "a hug, an hour, nothing at all", .bytes_max = 4096, .asked = true},
        {"energy", FIELD_NUMBER, .help = "1 (empty) to 5 (full)", .min = 1, .max = 5},
    },
};
