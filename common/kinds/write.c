/* SPDX-License-Identifier: GPL-3.0-or-later */
/* write -- the journal: whatever wants to be written, for nobody else. */
#include "common/kind.h"

extern const struct kind kind_write;
const struct kind kind_write = {
    .name = "write",
    .habit = HABIT_VULNERABLE,
    .help = "Write in your journal; yours alone",
    .example = "\"The house is quiet and I like it.\"",
    .notice = "There is something to read.",
    .today = "something to read",
    .said = "writes",
    .mine = true,
    .longer = true,
    .shareable = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .help = "as long as you like", .required = true,
         .asked = true},
    },
};
