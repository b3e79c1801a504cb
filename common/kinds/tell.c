/* SPDX-License-Identifier: GPL-3.0-or-later */
/* tell -- a disclosure: a little at a time, or its topic first. */
#include "common/kind.h"

extern const struct kind kind_tell;
const struct kind kind_tell = {
    .name = "tell",
    .habit = HABIT_VULNERABLE,
    .help = "Tell them something that matters; --topic shares only the topic",
    .example = "\"I felt left out on Sunday\" --how \"just listen\"\n\"it is about my job\" --topic work",
    .notice = "There is something to hear.",
    .today = "something to hear",
    .said = "tells you",
    .longer = true,
    .shareable = true,
    .replies = "comfort question ack",
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .prompt = "To %s", .help = "as little or as much as you like",
         .required = true, .asked = true},
    },
};
