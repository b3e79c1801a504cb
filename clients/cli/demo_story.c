/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The week, row by row; see demo_story.h. Aligned by hand. */
#include "clients/cli/demo_story.h"

/* clang-format off */
/* Hours of the week. */
#define AT(day, hour, minute) (((day)*24 + (hour)) * INT64_C(3600) + (minute)*60)
#define MON(hour, minute) AT(0, hour, minute)
#define TUE(hour, minute) AT(1, hour, minute)
#define WED(hour, minute) AT(2, hour, minute)
#define THU(hour, minute) AT(3, hour, minute)
#define FRI(hour, minute) AT(4, hour, minute)
#define SAT(hour, minute) AT(5, hour, minute)
#define SUN(hour, minute) AT(6, hour, minute)
#define MONTH_LATER AT(5 + 31, 12, 0) /* 31 days after the Saturday on which it was mended */

#define DAY(name) {.told = name}
#define TOLD(words) .told = words
#define SILENT .told = ""
#define LINE(field, words) {field, words, 0}
#define NUMBER(field, number) {field, NULL, number}
#define TEXT(words) .fields = {LINE("text", words)}

static const struct demo_step rows[] = {
DAY("Monday"),
    /* An entry leaves after ten seconds; until then undo reaches it. */
    {MON( 7, 40), ANA, "thanks",   "typo",    NULL,   SILENT, TEXT("for the quite coffee"),
        .held = true},
    {MON( 7, 40), ANA, "undo",     "typo",    NULL,
        TOLD("a typo; still held, so ben never sees it")},
    {MON( 7, 41), ANA, "thanks",   "coffee",  "open", TEXT("for the quiet coffee")},
    {MON(21, 50), BEN, "evening",  "monday",  "open",
        TOLD("best \"your soup\", hard \"the budget\""),
        .fields = {LINE("best", "your soup"), LINE("hard", "the budget"),
                   LINE("feeling", "flat"), LINE("from-you", "half an hour without a screen")}},
    {MON(22, 30), ANA, "write",    "journal", NULL,
        TOLD("\"The house sleeps. I like this hour.\" (hers alone)"),
        TEXT("The house sleeps. I like this hour.")},

DAY("Tuesday"),
    {TUE(12, 30), ANA, "feel",     "thin",    NULL,   TOLD("\"worn thin\" (hers alone)"),
        .fields = {LINE("text", "worn thin"), NUMBER("energy", 2)}},
    {TUE(12, 40), BEN, "hi",       "hello",   "open", TEXT("is something up?")},
    {TUE(12, 44), ANA, "yes",      "hello",   "with",
        TOLD("something is, and he may see how she feels")},
    {TUE(12, 45), ANA, "share",    "thin",    "open", SILENT},
    {TUE(12, 46), ANA, "need",     "hug",     "open", TOLD("a hug, \"no words yet\""),
        .fields = {LINE("what", "hug"), LINE("text", "no words yet")}},
    {TUE(17, 30), BEN, "with-you", "hug",     "with", TOLD("he came home early")},
    {TUE(20,  0), BEN, "ritual",   "walk",    "suggested", SILENT,
        .fields = {LINE("text", "a walk by the river"), LINE("every", "weekly sun"),
                   NUMBER("at", 16 * 60)}},
    {TUE(20,  5), ANA, "accept",   "walk",    "open",
        TOLD("their ritual: \"a walk by the river\", Sundays")},

DAY("Wednesday"),
    /* The question is made from their pairing's secret, so it is another one in each run. */
    {WED(19, 30), ANA, "answer",   "answer",  NULL,
        TOLD("today's question; sealed: ben's side has no word of it"),
        TEXT("I needed the whole tram ride to find this.")},
    {WED(20, 10), BEN, "answer",   "answer-too", "open",
        TOLD("the same question; both are in, so both open"),
        TEXT("Ask me again in ten years, please."), .opens = "answer"},
    {WED(20, 15), BEN, "promise",  "train",   "open",
        TOLD("\"book the train to the sea\" by Friday"),
        .fields = {LINE("text", "book the train to the sea"), NUMBER("due", FRI(18, 0))},
        .due_s = FRI(18, 0)},
    {WED(22, 10), BEN, "tell",     "job",     "topic", TOLD("the topic alone: \"my job\""),
        .fields = {LINE("text", "They may close our office in the autumn."),
                   LINE("topic", "my job"), LINE("how", "just listen")}},

DAY("Thursday"),
    {THU(20,  0), BEN, "share",    "job",     "open",
        TOLD("\"They may close our office in the autumn.\"")},
    {THU(20,  4), ANA, "hear",     "heard",   "open", TEXT("You fear for the people there."),
        .under = "job"},
    {THU(20,  6), BEN, "almost",   "heard",   "almost",
        .fields = {LINE("missing", "And for who I am without that work.")}},
    {THU(20,  9), ANA, "again",    "heard",   "open",
        .fields = {LINE("back", "You don't know who you'd be then.")}},
    {THU(20, 10), BEN, "yes",      "heard",   "heard", TOLD("that is it")},
    {THU(20, 14), ANA, "agree",    "heard",   "done",
        .fields = {LINE("agree", "We look at the numbers together.")}},
    {THU(20, 30), BEN, "change",   "train",   "changed", SILENT,
        .fields = {NUMBER("due", SAT(18, 0))}},
    {THU(20, 31), ANA, "accept",   "train",   "open", TOLD("the train may wait until Saturday"),
        .due_s = SAT(18, 0)},
    {THU(21, 30), ANA, "good",     "ran",     "open", TEXT("I ran ten kilometres!")},
    {THU(21, 33), BEN, "reply",    "ten",     "open",
        TOLD("celebrates: \"Ten! I'm running you a bath.\""),
        .fields = {LINE("text", "Ten! I'm running you a bath."), LINE("as", "celebrate")},
        .under = "ran"},

DAY("Friday"),
    {FRI(22, 10), ANA, "repair",   "repair",  "open",
        TEXT("I'm still upset, and I'd like us to mend it.")},
    {FRI(22, 15), BEN, "pause",    "pause",   "open", TOLD("forty minutes, back at 22:55"),
        .fields = {NUMBER("lasts", 40 * 60)}, .due_s = FRI(22, 55)},
    {FRI(22, 56), BEN, "due",      "pause",   "open", SILENT},
    {FRI(22, 57), BEN, "back",     "pause",   "back", TOLD("on time; both were reminded")},
    {FRI(23, 20), ANA, "talked",   "repair",  "talked", SILENT},

DAY("Saturday"),
    /* Both join what is being mended by themselves. */
    {SAT( 9, 30), ANA, "story",    "hers",    "sealed", SILENT,
        TEXT("I had laid the table by six and counted the hours.")},
    {SAT( 9, 50), BEN, "story",    "his",     "open",
        TOLD("each side of it, sealed until both were in"),
        TEXT("It was late to call, so I was ashamed, so I didn't call."), .opens = "hers",
        .both = true},
    {SAT(10,  0), BEN, "sorry",    "sorry",   "open",
        .fields = {LINE("text", "You sat there with dinner and no word."),
                   LINE("part", "I hid behind work."),
                   LINE("will", "I call at six, even when it is awkward.")}},
    {SAT(10, 20), ANA, "repaired", "repair",  "author", SILENT},
    {SAT(10, 21), BEN, "repaired", "repair",  "repaired", TOLD("mended, as both say so"),
        .both = true},
    {SAT(11, 30), BEN, "done",     "train",   "done",
        TOLD("two seats to the sea, by the window")},
    {SAT(11, 40), ANA, "question", "asked",   "open", TEXT("Where to, with one free day?")},
    {SAT(11, 50), ANA, "answer",   "island",  NULL,   SILENT,
        TEXT("The island, by the slow boat."), .under = "asked"},
    {SAT(12,  5), BEN, "answer",   "boat",    "open",
        TOLD("\"The island, by the slow boat.\" \"Same boat. I bring lunch.\""),
        TEXT("Same boat. I bring lunch."), .under = "asked", .opens = "island", .both = true},

DAY("Sunday"),
    {SUN(15, 30), ANA, "due",      "walk",    "open", SILENT},
    {SUN(17, 30), ANA, "done",     "walk",    "open",
        TOLD("the walk by the river; it rained, they went")},
    {SUN(21,  0), BEN, "draw",     "coffee",  "open",
        TOLD("one of her thanks: \"for the quiet coffee\"")},
    {SUN(21, 30), BEN, "killed",   "thanks",  "open", SILENT},

DAY("A month later"),
    {MONTH_LATER, ANA, "faded",    "repair",  "repaired",
        TOLD("the words of what they mended; one dated line stays"),
        .both = true},
};
/* clang-format on */

const struct demo_step *
demo_story_at(size_t index)
{
    return index < sizeof rows / sizeof rows[0] ? &rows[index] : NULL;
}
