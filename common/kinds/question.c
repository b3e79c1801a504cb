/* SPDX-License-Identifier: GPL-3.0-or-later */
/* question -- a question to both, answered sealed. */
#include "common/kind.h"

extern const struct kind kind_question;
const struct kind kind_question = {
    .name = "question",
    .habit = HABIT_TALK,
    .help = "Today's question; --new asks one of your own, --guess guesses theirs",
    .example = "\n--new \"Where shall we be in May?\"\n--guess\n--deeper",
    .notice = "There is a question for the two of you.",
    .today = "a question for you both",
    .said = "asks you both",
    .shareable = true,
    .for_two = true,
    .hold_s = HOLD_S_DEFAULT,
    .asks = true,
    .deals = true,
    .fields = {
        {"text", FIELD_LINE, .prompt = "Ask us both", .help = "one question",
         .required = true, .asked = true},
    },
};
