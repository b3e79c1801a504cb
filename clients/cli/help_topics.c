/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What help says beside the verbs: safety, notices and exit statuses. Text only; it must be
 * readable before there is a journal, without a network, by somebody who is afraid.
 */
#include "clients/cli/help.h"
#include "clients/cli/layout.h"
#include "common/error.h"

static const char *const safety[] = {
    "What attune can protect, and what it can't, between the two of you and against "
    "others. "
    "Nothing here needs a journal or a network.",
    "\nIF YOU ARE AFRAID OF YOUR PARTNER",
    "attune is made for two people who are safe with each other. It can't make an "
    "unsafe "
    "relationship safe, and nothing in it asks you to stay, to answer or to explain. "
    "If you "
    "are afraid of how your partner will react, trust that, and talk to somebody "
    "outside: a "
    "friend, a doctor, a counselling service where you live. Better from a device your "
    "partner can't look at. If you are in danger now, call your local emergency "
    "number.",
    "\nSOMEBODY MAKES YOU",
    "Whoever can make you type the passphrase can read everything in the journal. "
    "There is no "
    "second, harmless passphrase, and a hidden one would protect nobody who can be "
    "pressed "
    "for it. What you must be able to deny having written, don't write here.",
    "\nYOUR PARTNER CAN REACH THIS LAPTOP",
    "Locked, or with the laptop shut down, the journal is unreadable without your "
    "passphrase. "
    "While it is open, whoever sits at the laptop reads it like you do. Closed (after "
    "a while "
    "without use) asks for the passphrase before reading, but the keys are still in "
    "memory: "
    "against somebody with skill only attune lock helps. Somebody with your login, or "
    "with the "
    "administrator's, can install a program that records keys and screen; attune can't "
    "see "
    "that. If you think that may be so, this laptop is not the place to write. That "
    "attune is "
    "installed can be seen; what is in it, can't. Its files show how big the journal "
    "is and "
    "when it changed.",
    "\nWHAT YOU SHARED",
    "Once it arrived, it is theirs. They can keep it, photograph the screen, or read "
    "it to "
    "somebody. attune retract takes the text off both laptops if the other side runs "
    "attune "
    "unchanged, but not out of a photograph, a backup or a memory. What is held (ten "
    "seconds, "
    "unless you chose otherwise) can still be stopped: attune undo. attune visible "
    "shows "
    "exactly what they can see.",
    "\nWHAT STAYS YOURS",
    "Private entries never leave: not their text, not that they exist, not how many, "
    "not "
    "when. You owe nobody a look at them. attune never tells your partner when you "
    "read, "
    "write or open something, whether you are here, or where. What you share carries "
    "the "
    "minute you shared it. Their laptop can't lock, unlock, wipe or read yours. But "
    "two "
    "laptops that talk must know each other's network address, and somebody with skill "
    "can "
    "learn from that roughly where yours is and that it is awake. While locked, and "
    "after "
    "leave, nothing answers.",
    "\nLEAVING",
    "attune leave is silent: no message goes, now or later, and you need not agree on "
    "it. "
    "They may notice in time that nothing comes any more. You keep your copy, they "
    "keep "
    "theirs; what they have can't be taken back. Your keys are made anew. If even that "
    "might "
    "be noticed too early: attune lock also stops everything that comes and goes, and "
    "decides "
    "nothing yet. Think of the rest first: shared accounts, phones, cars and clouds "
    "tell far "
    "more about you than attune knows.",
    "\nTHE SIX WORDS",
    "When you pair, compare the six words by voice or side by side. The same words "
    "mean that "
    "nobody sits in between. They don't tell whether somebody copied a journal before.",
    "\nNOBODY CAN RESET THIS",
    "Without the passphrase and without the 24 words the journal is gone; there is "
    "nobody to "
    "ask. Whoever has the 24 words has the journal: keep the paper where only you go. "
    "If "
    "somebody has seen them: attune leave, then a new journal.",
    "\nBACKUPS, OTHERS, THE MACHINE",
    "Backups of the whole laptop hold older copies of the journal, sealed like it, "
    "also of "
    "what was taken back since, and open with the passphrase of their day. Somebody "
    "who "
    "watches the network sees that two addresses exchange data, how much and when; not "
    "a word "
    "of it. Text on the screen stays in your terminal's history until you clear it. "
    "Your "
    "editor may keep a history of its own; at attune's prompt there is none. A text "
    "given on "
    "the command line stays in the shell's history. A laptop that swaps may leave "
    "traces of "
    "memory on its disk; encrypt the disk.",
    "\nPROOF",
    "Your partner knows that your words are yours. A leaked journal proves to no "
    "stranger who "
    "wrote what; both journals together may.",
};

static const char *const notices[] = {
    "What the desktop tells you, how little, and how to make it less. attune-notify does "
    "it; attune itself never needs it.",
    "\nWHAT A NOTICE SAYS",
    "One notice is on the screen at a time, for all that waits. By default it says "
    "\"There is something kind for you.\" of whatever came from your partner, and \"There is "
    "something for you today.\" of what is due, so that nobody who looks over your shoulder "
    "learns more.",
    "  attune config set notice.content kind",
    "says what kind of thing it is, never a word of it;",
    "  attune config set notice.content text",
    "shows its first line too, while attune is open and it waits alone. A locked screen "
    "never shows more than the default, and no buttons.",
    "\nWHAT IT TELLS OF",
    "What came from your partner, once. Reminders of your own promises (in the morning of "
    "their day, or an hour before), of a pause that is over, and of what you do together, "
    "at its hour by the clock where you are. Today's question and the week's talk, at "
    "the hours of notice.question and notice.talk; each turns itself off when three in a "
    "row were left alone. Never of what your partner did not do.",
    "\nWHEN IT SAYS NOTHING",
    "After attune quiet 2h, and in the hours of notice.quiet (22:00-08:00, say): what came "
    "meanwhile is one notice afterwards. notice.through lets good news and a pause that is "
    "over through. There are at most six notices a day of what your partner sent "
    "(notice.budget); reminders, the question and the talk don't count. What fell into a night, a suspend or a journey is told once, if it is "
    "still of use.",
    "\nITS BUTTONS",
    "Open shows it in a terminal (notice.terminal chooses which); In an hour and Tomorrow "
    "put it off. Where the notice says what kind of thing it is: With you, for somebody who "
    "asks for you, and Back, from a pause. When attune is locked one notice says so, with "
    "Unlock, which asks through your unlock-command, a pinentry, or else in the terminal.",
    "\nHOW IT STARTS",
    "With the session, on most desktops by itself. As a unit of systemd, which starts it "
    "again should it fail, once:",
    "  systemctl --user enable --now attune-notify",
    "attune-notify --stdout tells a script instead, a line of JSON each; only one of the two "
    "runs at a time. attune bar has a word for a status bar.",
};

static void
show_text(struct buf *out, size_t columns, const char *const *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        layout_text(out, columns > 76 ? 76 : columns, 0, lines[i]);
    }
}

static void
show_safety(struct buf *out, size_t columns)
{
    show_text(out, columns, safety, sizeof safety / sizeof safety[0]);
}

static void
show_notices(struct buf *out, size_t columns)
{
    show_text(out, columns, notices, sizeof notices / sizeof notices[0]);
}

static const char *const exits[] = {
    [EXIT_DONE] = "done",
    [EXIT_REFUSED] = "refused in this state",
    [EXIT_USAGE] = "not how the verb is written; a text is kept as a draft",
    [EXIT_LOCKED] = "locked or closed: attune unlock",
    [EXIT_UNPAIRED] = "nobody is paired",
    [EXIT_NO_ENTRY] = "no such entry",
    [EXIT_DAEMON] = "attuned could not be reached",
    [EXIT_DAMAGED] = "damaged or rolled back",
    [EXIT_RESOURCE] = "disk or memory",
    [EXIT_VERSION] = "made by an attune too new or too old",
};

const char help_topics_stopped[] = "stopped with Ctrl-C before a line was finished";

const char *
help_topics_exit(size_t status)
{
    return status < sizeof exits / sizeof exits[0] ? exits[status] : NULL;
}

static void
show_exits(struct buf *out, size_t columns)
{
    layout_text(out, columns, 0, "What a script sees when attune ends:");
    for (size_t i = 0; help_topics_exit(i) != NULL; i++) {
        const char number[] = {(char)('0' + i), '\0'};
        layout_pair(out, columns, 2, 7, number, help_topics_exit(i));
    }
    layout_pair(out, columns, 2, 7, "130", help_topics_stopped);
    layout_text(out, columns, 0,
                "With --json an error is {\"format\":1,\"error\":{\"code\":\"E_…\","
                "\"message\":\"…\",\"hint\":\"…\"}} on standard output.");
}

static const struct help_topic topics[] = {
    {"habits", "Eleven habits of close couples, and their verbs", help_habits},
    {"safety", "What attune can protect, and what it can't", show_safety},
    {"notices", "What the desktop tells, and how to make it less", show_notices},
    {"exits", "Exit statuses, for scripts", show_exits},
};

size_t
help_topics_count(void)
{
    return sizeof topics / sizeof topics[0];
}

const struct help_topic *
help_topics_at(size_t index)
{
    return &topics[index];
}
