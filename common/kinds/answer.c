/* SPDX-License-Identifier: GPL-3.0-or-later */
/* answer -- to a question; sealed until both are in. */
#include "common/kind.h"

extern const struct kind kind_answer;
const struct kind kind_answer = {
    .name = "answer",
    .habit = HABIT_VULNERABLE,
    .help = "Answer today's question; sealed until both are in",
    .example = "\n\"Floor wax and oranges.\"\n4k2 \"In the garden.\"",
    .notice = "Something opened.",
    .today = "an open answer",
    .news = "two answers, open now",
    .said = "answers",
    .shareable = true,
    .for_two = true,
    .round_asked = true,
    .sealed = SEALED_HIDDEN,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .help = "as long as you like", .required = true,
         .asked = true},
        {"guess", FIELD_LINE, .prompt = "I guess yours is", .bytes_max = 1500,
         .help = "what you think they answer; both learn it together"},
        {"question", FIELD_INNER, .help = "what is answered"},
    },
};
