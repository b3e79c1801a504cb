/* SPDX-License-Identifier: GPL-3.0-or-later */
/* promise -- small and dated; may be renegotiated before it is due. */
#include "common/kind.h"

extern const struct kind kind_promise;
const struct kind kind_promise = {
    .name = "promise",
    .habit = HABIT_TRUST,
    .help = "Promise one small thing, with a day",
    .example = "\"book the table\" --due friday",
    .notice = "A promise has news.",
    .today = "a promise",
    .news = "news of a promise",
    .said = "promises",
    .shareable = true,
    .hold_s = HOLD_S_DEFAULT,
    .far_s = 14 * 24 * 3600,
    .waits = STATE_BIT(S_CHANGED),
    .fields = {
        {"text", FIELD_LINE, .prompt = "I will", .help = "one small thing",
         .required = true, .asked = true},
        {"due", FIELD_TIME, .prompt = "by", .help = "friday, tomorrow 18:30, 2027-05-01",
         .required = true, .asked = true},
    },
    .acts = {
        {"done",    STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED), S_DONE, WHO_AUTHOR,
         .said = "kept it", .help = "It is done: kept, passed, or something we did"},
        {"change",  STATE_BIT(S_OPEN), S_CHANGED, WHO_AUTHOR, .asks = "due", .proposes = true,
         .said = "asks for another day", .help = "Ask for another day, a longer pause, a rest"},
        {"accept",  STATE_BIT(S_CHANGED), S_OPEN, WHO_PARTNER, .adopts = true,
         .said = "agreed", .key = 'a', .help = "Agree to what is asked"},
        {"decline", STATE_BIT(S_CHANGED), S_OPEN, WHO_PARTNER,
         .said = "would rather keep it as it was", .key = 'n', .help = "Leave it as it was"},
        {"release", STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED), S_RELEASED, WHO_PARTNER,
         .said = "lets it go, gladly", .help = "Let a promise or a ritual go"},
    },
    .due = {"due", REMIND_AUTHOR, STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED),
            "a promise of yours"},
};
