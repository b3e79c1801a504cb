/* SPDX-License-Identifier: GPL-3.0-or-later */
/* pause -- a break in a hard moment, with a return. */
#include "common/kind.h"

extern const struct kind kind_pause;
const struct kind kind_pause = {
    .name = "pause",
    .habit = HABIT_REPAIR,
    .help = "A break with a return; half an hour unless you say",
    .example = "\n40m",
    .notice = "A pause, with a time to come back.",
    .today = "a pause",
    .news = "news of a pause",
    .said = "takes a pause",
    .after = "Water, a walk, music. Not the argument.",
    .shareable = true,
    .for_two = true,
    .joins = true,
    .mends = true,
    .fades = true,
    .pauses = true,
    .through = THROUGH_DUE,
    .with_root = "paused",
    .agenda = STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED),
    .fields = {
        {"lasts", FIELD_DURATION, .prompt = "back at", .help = "20m to 24h",
         .min = 20 * 60, .max = 24 * 3600, .fallback = 30 * 60, .required = true},
    },
    .acts = {
        {"back",   STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED) | STATE_BIT(S_AUTHOR) |
                   STATE_BIT(S_PARTNER), S_BACK, WHO_EITHER, .with_root = "resumed", .key = 'b',
         .button = "Back", .said = "is back", .help = "Back from a pause"},
        {"change", STATE_BIT(S_OPEN), S_CHANGED, WHO_EITHER, .asks = "lasts", .sets = true,
         .said = "needs a little longer", .help = "Ask for another day, a longer pause, a rest"},
    },
    .due = {"lasts", REMIND_BOTH, STATE_BIT(S_OPEN) | STATE_BIT(S_CHANGED),
            "a pause to come back from"},
};
