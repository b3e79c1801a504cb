/* SPDX-License-Identifier: GPL-3.0-or-later */
/* reply -- an answer in a thread. */
#include "common/kind.h"

/* How an answer is meant, one line a choice. */
static const char *const meant_as[] = {
    "A thought of mine.", "I'd like to know more.", "I hear you.", "I'm here.", "Celebrating you!",
};

extern const struct kind kind_reply;
const struct kind kind_reply = {
    .name = "reply",
    .habit = HABIT_LISTEN,
    .help = "Answer an entry, in its thread",
    .example = "7qa \"tell me more\" --as question",
    .notice = "There is an answer for you.",
    .today = "an answer",
    .said = "answers",
    .reply = true,
    .shareable = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .prompt = "To %s", .help = "your answer",
         .required = true, .asked = true},
        {"as", FIELD_CHOICE, .help = "what kind of answer it is",
         .choices = "comment question ack comfort celebrate", .says = meant_as},
    },
};
