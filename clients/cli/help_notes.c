/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a verb's help says beyond its row: files of other programs to be written, commands
 * to be copied. For the page of the verb and for the manual.
 *
 * To add a note: a row in `notes`. A line that begins with a space is kept as it is; others
 * are wrapped.
 */
#include "clients/cli/help.h"

#include <string.h>

static const char *const bar[] = {
    "waybar, in its config; style it by #custom-attune.waiting:",
    "    \"custom/attune\": {",
    "        \"exec\": \"attune bar --for waybar --follow\",",
    "        \"return-type\": \"json\"",
    "    }",
    "i3blocks:",
    "    [attune]",
    "    command=attune bar --for i3blocks --follow",
    "    interval=persist",
    "tmux, which asks again every status-interval:",
    "    set -g status-right '#(attune bar --for tmux)'",
    "Any other: without --follow there is no line when nothing waits; with it there is a "
    "line at the start and at each change, an empty one for nothing. Locked, or without "
    "attuned, nothing waits; the bar starts no attuned, finds one when it comes, and "
    "is no use of attune that would keep it open. In quiet hours it is empty.",
    NULL,
};

static const struct {
    const char *verb;
    const char *const *lines;
} notes[] = {
    {"bar", bar},
};

const char *const *
help_notes(const char *verb)
{
    for (size_t i = 0; i < sizeof notes / sizeof notes[0]; i++) {
        if (strcmp(notes[i].verb, verb) == 0) {
            return notes[i].lines;
        }
    }
    return NULL;
}
