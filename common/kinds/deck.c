/* SPDX-License-Identifier: GPL-3.0-or-later */
/* deck -- questions of one's own, for the days after. */
#include "common/kind.h"

extern const struct kind kind_deck;
const struct kind kind_deck = {
    .name = "deck",
    .habit = HABIT_TALK,
    .help = "Share questions of your own; they join the deck tomorrow",
    .example = "< our-questions.txt",
    .notice = "There are new questions in the deck.",
    .today = "new questions in the deck",
    .said = "adds questions to the deck",
    .longer = true,
    .shareable = true,
    .for_two = true,
    .hold_s = HOLD_S_DEFAULT,
    .deals = true,
    .fields = {
        {"text", FIELD_TEXT, .help = "lines like: 2 home,past What did Sunday smell of?",
         .required = true, .asked = true},
    },
};
