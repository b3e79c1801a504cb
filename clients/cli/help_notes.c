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
    "Any other: without --follow there is no line when nothing waits; with it there is "
    "a "
    "line at the start and at each change, an empty one for nothing. Locked, or "
    "without "
    "attuned, nothing waits; the bar starts no attuned, finds one when it comes, and "
    "is no use of attune that would keep it open. In quiet hours it is empty.",
    NULL,
};

/* Each tells what it protects against, and what it doesn't. */
static const char *const unlock[] = {
    "With the option unlock-command you are not asked: the first line that the command "
    "prints is tried. When that fails you are asked, here or with --pinentry. The line "
    "comes through a pipe; it is in no argument, no environment and no log. But "
    "whoever "
    "can run that command as you can open the journal.",
    "A keyring (GNOME Keyring, KWallet, KeePassXC). It is open while you are logged "
    "in, "
    "for every program you run; a stolen laptop is as safe as your login password:",
    "    secret-tool store --label=attune service attune",
    "    attune config set unlock-command \\",
    "        \"secret-tool lookup service attune\"",
    "pass. It asks for the passphrase of your key, by a pinentry, and not again while "
    "gpg-agent keeps it; until then every program you run can ask too. Whoever has "
    "your "
    "key and its passphrase has the journal:",
    "    pass insert attune",
    "    attune config set unlock-command \"pass show attune\"",
    "systemd-creds. The file opens on this machine alone, so a copied disk or backup "
    "tells nothing, if the key is in the TPM (--with-key=tpm2). On this machine nobody "
    "is "
    "asked anything: whoever starts it and gets at your account opens the journal. You "
    "need the right to use the TPM (group tss), or systemd 256 and --user:",
    "    systemd-ask-password -n | systemd-creds encrypt \\",
    "        --name=attune - ~/.config/attune/pass.cred",
    "    attune config set unlock-command \\",
    "        \"systemd-creds decrypt --name=attune ~/.config/attune/pass.cred -\"",
    "The 24 words don't depend on any of this. To be asked again: attune config set "
    "unlock-command \"\"",
    NULL,
};

/* What a reminder does that nobody heeds. */
static const char *const quiet[] = {
    "The hours of every night are the option notice.quiet. The reminders of today's "
    "question and of the talk turn themselves off when three in a row were left alone; "
    "setting one turns it on again.",
    NULL,
};

static const char *const watch[] = {
    "entries: something was written, arrived or moved. notices: something fell due, or "
    "silence began or ended. pairing, vault, link: what attune status says of them. Never "
    "what it was.",
    "It stays until it is stopped, and goes on when attuned was away: what changed "
    "meanwhile is said once. With --json each line has \"format\":1; a later format has "
    "another number.",
    NULL,
};

static const struct {
    const char *verb;
    const char *const *lines;
} notes[] = {
    {"unlock", unlock},
    {"quiet", quiet},
    {"bar", bar},
    {"watch", watch},
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
