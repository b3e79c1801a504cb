/* SPDX-License-Identifier: GPL-3.0-or-later */
/* good -- good news, to be celebrated or heard more of; never gathered into a summary. */
#include "common/kind.h"

extern const struct kind kind_good;
const struct kind kind_good = {
    .name = "good",
    .habit = HABIT_NOTICE,
    .help = "Share good news",
    .example = "\"I got it!\"",
    .notice = "There is good news.",
    .today = "good news",
    .said = "has good news",
    .shareable = true,
    .apart = true,
    .through = THROUGH_NEW,
    .replies = "celebrate question",
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_LINE, .prompt = "To %s", .help = "what went well",
         .bytes_max = 1500, .required = true, .asked = true},
    },
};
