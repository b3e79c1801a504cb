/* SPDX-License-Identifier: GPL-3.0-or-later */
/* need -- what would help now, and how to be of help. */
#include "common/kind.h"

/* For who could help, one line a choice; shown before the words. */
static const char *const how_to_help[] = {
    "Listening is the help. No advice unless asked for.",
    "Advice is welcome: what would you do?",
    "A hug, before any words.",
    "A hand with something. Ask which.",
    "Some space. It is not about you.",
    "To hear that you two are all right.",
    "Nothing to do. Just know it.",
};

extern const struct kind kind_need;
const struct kind kind_need = {
    .name = "need",
    .habit = HABIT_STRESS,
    .help = "What would help now: listen, advice, hug, help, space, …",
    .example = "hug\nlisten \"long day\" --until 22:00",
    .notice = "There is something you could be there for.",
    .today = "something to be there for",
    .news = "a word on what you asked for",
    .said = "asks for something",
    .after = "They see how to be of help before they see your words.",
    .shareable = true,
    .for_two = true,
    .hold_s = HOLD_S_DEFAULT,
    .fields = {
        {"what", FIELD_CHOICE, .prompt = "What would help",
         .help = "know: nothing, just know it",
         .choices = "listen advice hug help space reassurance know", .says = how_to_help,
         .required = true, .asked = true},
        {"text", FIELD_LINE, .help = "a word more, if you like", .bytes_max = 1500},
        {"until", FIELD_TIME, .prompt = "until", .help = "tonight 22:00, tomorrow"},
    },
    .acts = {
        {"with-you", STATE_BIT(S_OPEN), S_WITH, WHO_PARTNER, .key = 'w',
         .button = "With you", .said = "is with you", .help = "I'm with you"},
        {"done",     STATE_BIT(S_OPEN) | STATE_BIT(S_WITH), S_DONE, WHO_AUTHOR,
         .said = "feels better for it", .help = "It is done: kept, passed, or something we did"},
    },
    .due = {"until", REMIND_NOBODY, STATE_BIT(S_OPEN) | STATE_BIT(S_WITH)},
};
