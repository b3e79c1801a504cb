/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ritual -- something of yours that comes again; exists when both accept. */
#include "common/kind.h"

extern const struct kind kind_ritual;
const struct kind kind_ritual = {
    .name = "ritual",
    .habit = HABIT_TIME,
    .help = "Something that is yours, again and again",
    .example = "\"walk\" --every sun --at 16:00\n\"tea\" --every daily",
    .notice = "A ritual has news.",
    .today = "a ritual",
    .news = "news of a ritual",
    .said = "suggests a ritual",
    .shareable = true,
    .for_two = true,
    .recurring = true,
    .begins = S_SUGGESTED,
    .waits = STATE_BIT(S_SUGGESTED),
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"text", FIELD_LINE, .prompt = "Our", .help = "what you do", .required = true,
         .asked = true},
        {"every", FIELD_EVERY, .prompt = "every", .help = "sun, daily, weekdays, 2w",
         .required = true, .asked = true},
        {"at", FIELD_CLOCK, .prompt = "at", .help = "20:00, your local time",
         .fallback = 20 * 60},
    },
    .said_fields = {
        {"rest", FIELD_DURATION, .prompt = "resting for", .help = "3w, a time without it",
         .min = 24 * 3600, .max = 366 * 24 * 3600},
    },
    .acts = {
        {"accept",  STATE_BIT(S_SUGGESTED), S_OPEN, WHO_PARTNER, .key = 'a',
         .said = "agreed", .help = "Agree to what is asked"},
        {"decline", STATE_BIT(S_SUGGESTED), S_DECLINED, WHO_PARTNER, .key = 'n',
         .said = "would rather not", .help = "Leave it as it was"},
        {"done",    STATE_BIT(S_OPEN), S_OPEN, WHO_EITHER,
         .said = "did it with you", .help = "It is done: kept, passed, or something we did"},
        {"change",  STATE_BIT(S_OPEN), S_OPEN, WHO_EITHER, .asks = "rest", .sets = true,
         .said = "lets it rest", .help = "Ask for another day, a longer pause, a rest"},
        {"release", STATE_BIT(S_SUGGESTED) | STATE_BIT(S_OPEN), S_RELEASED, WHO_EITHER,
         .said = "lets it go", .help = "Let a promise or a ritual go"},
    },
    .due = {"every", REMIND_BOTH, STATE_BIT(S_OPEN), "a ritual of yours"},
};
