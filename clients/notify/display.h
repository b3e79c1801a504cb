/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Display: where a notice is shown. There are two: the notification server of the desktop
 * (display_bus*.c, the only files of the clients that speak D-Bus) and lines of JSON on
 * standard output (display_lines.c).
 *
 * The model: at most one notice of ours is on the screen. display_show puts it there, in
 * place of the one before; whatever a person does with it comes back through the callbacks,
 * always from inside display_process. Nothing here blocks: a server that hangs, dies or
 * was never there costs nobody anything, is said once on standard error, and gets the
 * notice that is to be seen when it is back.
 * Invariants: text given here is harmless already (caption.h); what a server with markup
 * would take for markup is escaped here. A callback is made only for what the owner of the
 * notification service says, and only for a notice we were given a number for.
 * Ownership: notices and their texts are borrowed for the call; the display keeps copies.
 * To add a display: a struct that begins with struct display, and its four functions.
 */
#ifndef ATTUNE_NOTIFY_DISPLAY_H
#define ATTUNE_NOTIFY_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DISPLAY_ACTIONS_MAX = 6, DISPLAY_SERVER_BYTES = 320 };

struct display_action {
    const char *key;   /* what comes back: "open", "later", an act's name */
    const char *label; /* for people */
};

struct display_notice {
    const char *title;
    const char *body;
    bool alert; /* false: the one on the screen only changes its words */
    bool fixed; /* stays until it is dealt with, where the server can do that */
    bool plain; /* carries nothing but that there is something: may be seen when locked */
    const struct display_action *actions;
    size_t actions_count;
};

enum display_end {
    DISPLAY_EXPIRED,   /* by itself */
    DISPLAY_DISMISSED, /* by the person */
    DISPLAY_LOST,      /* the server went away with it; lines: nobody reads any more */
};

/* Where a notice of ours stands, for the next who shows any. */
struct display_place {
    char server[DISPLAY_SERVER_BYTES]; /* this one, of all there ever were; opaque */
    uint32_t id;                       /* never 0 */
};

struct display_calls {
    void *context;
    /* An action of the notice on the screen. Some servers take it away then (and
     * DISPLAY_DISMISSED follows), some leave it there: whoever is done with it closes it.
     * `token`: for the window to come (XDG_ACTIVATION_TOKEN), or "". */
    void (*action)(void *context, const char *key, const char *token);
    /* The notice given last is on the screen: the server gave it a number; lines: it was
     * written. Once for each that gets there, and never for one that was replaced or closed
     * before. */
    void (*shown)(void *context);
    /* It is no longer there, and not by display_close or a display_show. */
    void (*ended)(void *context, enum display_end how);
    /* A server came up, or another one, the first one too: what it should show is asked
     * for again. A notice that was never seen is sent after this, unless display_show
     * gave another. */
    void (*ready)(void *context);
};

struct display {
    const struct display_kind {
        void (*show)(struct display *display, const struct display_notice *notice);
        void (*close)(struct display *display);
        /* What to poll for; -1: no descriptor. *wait_ms is lowered, -1 is for ever. */
        int (*poll)(struct display *display, short *events, int *wait_ms);
        /* Whether the screen has a notice of ours that could be taken over, and where. */
        bool (*place)(const struct display *display, struct display_place *out);
        /* After poll said so, or its time came. */
        void (*process)(struct display *display);
        void (*free)(struct display *display);
    } *kind;
    struct display_calls calls;
};

/* The session bus. Never fails for want of a bus or a server: it keeps trying, with
 * back-off. `before`: what another of us left on the screen, or NULL; if that server still
 * serves, it is ours now, to be replaced or closed, and display_place says so when `ready`
 * comes. 0 or E_MEMORY. */
int display_bus_new(const struct display_calls *calls, const struct display_place *before,
                    struct display **out) __attribute__((warn_unused_result));
/* One JSON object a line on standard output, flushed; no actions come back. When nobody
 * reads any more that is ended(DISPLAY_LOST), shown or not: the program should end. It
 * ignores SIGPIPE. */
int display_lines_new(const struct display_calls *calls, struct display **out)
    __attribute__((warn_unused_result));

/* A notice that is under way or waits for a server is replaced and never seen. */
static inline void
display_show(struct display *display, const struct display_notice *notice)
{
    display->kind->show(display, notice);
}

/* Takes the notice off the screen; nothing when there is none. */
static inline void
display_close(struct display *display)
{
    display->kind->close(display);
}

static inline bool
display_place(const struct display *display, struct display_place *out)
{
    return display->kind->place(display, out);
}

static inline int
display_poll(struct display *display, short *events, int *wait_ms)
{
    return display->kind->poll(display, events, wait_ms);
}

static inline void
display_process(struct display *display)
{
    display->kind->process(display);
}

/* The notice stays on the screen: it outlives us. Not from a callback. NULL is fine. */
static inline void
display_free(struct display *display)
{
    if (display != NULL) {
        display->kind->free(display);
    }
}

#endif
