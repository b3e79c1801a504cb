/* SPDX-License-Identifier: GPL-3.0-or-later */
/* repair -- begin to mend; ends when both say so. */
#include "common/kind.h"

extern const struct kind kind_repair;
const struct kind kind_repair = {
    .name = "repair",
    .habit = HABIT_REPAIR,
    .help = "Begin to mend something between you",
    .example = "\n\"can we start over?\"",
    .notice = "There is a step toward you.",
    .today = "a step toward you",
    .news = "a word on mending it",
    .said = "would like to mend it",
    .after = "It is mended when you both say so: attune repaired. Then its words fade.",
    .open_lines = "I'm still upset, and I'd like us to mend it.|Can we start over?|"
                  "I miss us. Let's talk when you can.|That came out wrong.|"
                  "I was scared, and it looked like anger.",
    .shareable = true,
    .for_two = true,
    .mends = true,
    .agenda = STATE_BIT(S_OPEN) | STATE_BIT(S_PAUSED) | STATE_BIT(S_TALKED) |
              STATE_BIT(S_AUTHOR) | STATE_BIT(S_PARTNER),
    .fades = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_TEXT, .prompt = "To %s", .help = "a line to begin with",
         .required = true, .asked = true},
    },
    .acts = {
        {"paused",  STATE_BIT(S_OPEN) | STATE_BIT(S_TALKED) | STATE_BIT(S_AUTHOR) |
                    STATE_BIT(S_PARTNER), S_PAUSED, WHO_EITHER, .by_itself = true,
         .said = "takes a pause", .help = "A pause in it"},
        {"resumed", STATE_BIT(S_PAUSED), S_OPEN, WHO_EITHER, .by_itself = true,
         .said = "goes on", .help = "Back from a pause in it"},
        {"talked",  STATE_BIT(S_OPEN) | STATE_BIT(S_PAUSED), S_TALKED, WHO_EITHER,
         .said = "talked with you", .help = "We talked about it"},
    },
};
