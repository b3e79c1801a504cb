/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hi -- a tiny reach-out, or "is something up?"; answering costs nothing. */
#include "common/kind.h"

extern const struct kind kind_hi;
const struct kind kind_hi = {
    .name = "hi",
    .habit = HABIT_NOTICE,
    .help = "Reach out in a word, or ask whether something is up",
    .example = "\n\"is something up?\"",
    .notice = "There is a small hello.",
    .today = "a small hello",
    .news = "an answer to your hello",
    .said = "says hi",
    .shareable = true,
    .for_two = true,
    .fields = {
        {"text", FIELD_LINE, .help = "a word, or nothing at all"},
    },
    .said_fields = {
        {"at", FIELD_TIME, .prompt = "Later, at", .help = "20:00, tomorrow 9:00"},
    },
    .acts = {
        {"with-you", STATE_BIT(S_OPEN) | STATE_BIT(S_LATER), S_WITH, WHO_PARTNER, .key = 'w',
         .button = "With you", .said = "waves back", .help = "I'm with you"},
        {"fine",     STATE_BIT(S_OPEN) | STATE_BIT(S_LATER), S_DONE, WHO_PARTNER, .key = 'f',
         .inner = true, .said = "is fine", .help = "I'm fine; to a hi"},
        {"later",    STATE_BIT(S_OPEN), S_LATER, WHO_PARTNER, .asks = "at", .sets = true,
         .key = 'l', .inner = true, .said = "says later", .help = "Not now; later, at a time"},
        {"yes",      STATE_BIT(S_OPEN) | STATE_BIT(S_LATER), S_WITH, WHO_PARTNER, .key = 'y',
         .inner = true, .leads = "need", .said = "says something is up",
         .help = "Something is up; attune need says what"},
    },
    .due = {"at", REMIND_BOTH, STATE_BIT(S_LATER), "a talk you meant to have"},
};
