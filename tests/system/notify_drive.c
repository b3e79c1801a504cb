/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Drive: a display of the notifier alone, told on standard input what to do.
 *
 *     notify_drive [--lines | --before SERVER ID]
 *
 * Commands, a line each, parts apart by tabs: `show TITLE BODY FLAGS KEY=LABEL...` (FLAGS
 * of a: alert, f: fixed, p: plain, -: none; `\n` in a part is a new line), `close`,
 * `place` (told as `place SERVER ID`, or `place -`), `settle` (done when the display waits for nothing but news), `quit` (it ends as the
 * notifier ends). Callbacks are told a line each on standard output:
 * `action KEY TOKEN`, `shown`, `ended HOW`, `ready`, and `did COMMAND` after each command; with
 * --lines on standard error.
 */
#include "clients/notify/display.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_BYTES = 8192, PARTS_MAX = 4 + DISPLAY_ACTIONS_MAX };

struct drive {
    FILE *told;
    bool over;
    bool lines;
    bool settling;
};

static void
on_action(void *context, const char *key, const char *token)
{
    struct drive *drive = context;
    fprintf(drive->told, "action %s %s\n", key, token);
}

static void
on_shown(void *context)
{
    struct drive *drive = context;
    fprintf(drive->told, "shown\n");
}

static void
on_ended(void *context, enum display_end how)
{
    static const char *const names[] = {"EXPIRED", "DISMISSED", "LOST"};
    struct drive *drive = context;
    fprintf(drive->told, "ended %s\n", names[how]);
    drive->over |= drive->lines;
}

static void
on_ready(void *context)
{
    struct drive *drive = context;
    fprintf(drive->told, "ready\n");
}

static void
break_lines(char *text)
{
    char *at;
    while ((at = strstr(text, "\\n")) != NULL) {
        *at = '\n';
        memmove(at + 1, at + 2, strlen(at + 2) + 1);
    }
}

static void
show(struct display *display, char *parts[], size_t count)
{
    struct display_action actions[DISPLAY_ACTIONS_MAX];
    struct display_notice notice = {.title = parts[1], .body = parts[2]};
    notice.alert = strchr(parts[3], 'a') != NULL;
    notice.fixed = strchr(parts[3], 'f') != NULL;
    notice.plain = strchr(parts[3], 'p') != NULL;
    for (size_t i = 4; i < count; i++) {
        char *label = strchr(parts[i], '=');
        if (label != NULL) {
            *label++ = '\0';
            actions[notice.actions_count].key = parts[i];
            actions[notice.actions_count++].label = label;
        }
    }
    notice.actions = actions;
    display_show(display, &notice);
}

static void
tell_place(struct drive *drive, struct display *display)
{
    struct display_place place;
    if (display_place(display, &place)) {
        fprintf(drive->told, "place %s %u\n", place.server, place.id);
    } else {
        fprintf(drive->told, "place -\n");
    }
}

static void
command(struct drive *drive, struct display *display, char *line)
{
    char *parts[PARTS_MAX];
    size_t count = 0;
    for (char *rest = line; rest != NULL && count < PARTS_MAX;) {
        parts[count] = strsep(&rest, "\t");
        break_lines(parts[count++]);
    }
    if (strcmp(parts[0], "show") == 0 && count >= 4) {
        show(display, parts, count);
    } else if (strcmp(parts[0], "close") == 0) {
        display_close(display);
    } else if (strcmp(parts[0], "place") == 0) {
        tell_place(drive, display);
    } else if (strcmp(parts[0], "quit") == 0) {
        drive->over = true;
    } else if (strcmp(parts[0], "settle") == 0) {
        drive->settling = true;
        return;
    }
    fprintf(drive->told, "did %s\n", parts[0]);
}

/* Reads what is there and does each whole line. */
static void
hear(struct drive *drive, struct display *display)
{
    static char line[LINE_BYTES];
    static size_t size;
    ssize_t got = read(STDIN_FILENO, line + size, sizeof line - 1 - size);
    if (got <= 0) {
        drive->over = true;
        return;
    }
    size += (size_t)got;
    char *end;
    while (!drive->over && (end = memchr(line, '\n', size)) != NULL) {
        *end = '\0';
        command(drive, display, line);
        size -= (size_t)(end + 1 - line);
        memmove(line, end + 1, size);
    }
}

int
main(int argc, char *argv[])
{
    struct drive drive = {.told = stdout};
    drive.lines = argc > 1 && strcmp(argv[1], "--lines") == 0;
    struct display_calls calls = {&drive, on_action, on_shown, on_ended, on_ready};
    struct display *display;
    struct display_place place, *before = NULL;
    if (argc == 4 && strcmp(argv[1], "--before") == 0) {
        place.id = (uint32_t)strtoul(argv[3], NULL, 10);
        snprintf(place.server, sizeof place.server, "%s", argv[2]);
        before = &place;
    }
    signal(SIGPIPE, SIG_IGN);
    if (drive.lines) {
        drive.told = stderr;
    }
    setvbuf(drive.told, NULL, _IOLBF, 0);
    if ((drive.lines ? display_lines_new(&calls, &display)
                     : display_bus_new(&calls, before, &display)) != 0) {
        return 1;
    }
    while (!drive.over) {
        int wait_ms = -1;
        short events = 0;
        struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}};
        fds[1].fd = display_poll(display, &events, &wait_ms);
        fds[1].events = events;
        if (drive.settling && wait_ms < 0 && events == POLLIN) {
            drive.settling = false;
            fprintf(drive.told, "did settle\n");
        }
        if (poll(fds, 2, wait_ms) < 0 && errno != EINTR) {
            break;
        }
        if (fds[0].revents != 0) {
            hear(&drive, display);
        }
        display_process(display);
    }
    display_free(display);
    return 0;
}
