/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hear -- the listening loop: say back, until it is that. */
#include "common/kind.h"

extern const struct kind kind_hear;
const struct kind kind_hear = {
    .name = "hear",
    .habit = HABIT_LISTEN,
    .help = "Say back what you heard; whoever's turn it is",
    .example = "7qa \"You felt alone on Sunday.\"\n7qa",
    .notice = "Somebody listened.",
    .today = "what was heard",
    .news = "a word on what was heard",
    .said = "heard",
    .reply = true,
    .to_partner = true,
    .shareable = true,
    .for_two = true,
    .calm = true,
    .rounds = 3,
    .waits = STATE_BIT(S_OPEN) | STATE_BIT(S_ALMOST) | STATE_BIT(S_HEARD),
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_LINE, .prompt = "What I heard", .help = "their words in yours",
         .bytes_max = 1120, .chars_max = 280,
         .required = true, .asked = true},
    },
    .said_fields = {
        {"missing", FIELD_LINE, .prompt = "What is missing", .help = "the part that is missing",
         .bytes_max = 1120, .chars_max = 280},
        {"back", FIELD_LINE, .prompt = "What I heard", .help = "their words in yours, again",
         .bytes_max = 1120, .chars_max = 280},
        {"agree", FIELD_LINE, .prompt = "What I can agree with or do",
         .help = "Sundays are ours, or nothing: heard, without agreeing",
         .bytes_max = 1120, .chars_max = 280},
    },
    .acts = {
        {"yes",    STATE_BIT(S_OPEN), S_HEARD, WHO_PARTNER, .key = 'y', .inner = true,
         .said = "says yes, that is it", .help = "Yes; to what was heard: that is it"},
        {"almost", STATE_BIT(S_OPEN), S_ALMOST, WHO_PARTNER, .asks = "missing", .key = 'a',
         .inner = true, .closes = true, .last = S_HEARD,
         .said = "says almost", .help = "Almost: something is missing"},
        {"no",     STATE_BIT(S_OPEN), S_ALMOST, WHO_PARTNER, .asks = "missing", .optional = true,
         .key = 'n', .inner = true, .closes = true, .last = S_HEARD,
         .said = "says it is not yet that", .help = "No, that is not it"},
        {"again",  STATE_BIT(S_ALMOST), S_OPEN, WHO_AUTHOR, .asks = "back", .key = 's',
         .inner = true, .round = true,
         .said = "says it back once more", .help = "Say it back once more"},
        {"agree",  STATE_BIT(S_HEARD), S_DONE, WHO_AUTHOR, .asks = "agree", .optional = true,
         .key = 'g', .inner = true,
         .said = "heard it", .help = "What I can agree with or do; or just: heard"},
    },
};
