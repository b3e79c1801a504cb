/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Display as lines of JSON on standard output, for those who script.
 *
 * The model: each show and each close is a line in a buf; what the descriptor takes
 * without waiting leaves it at once, the rest when poll says so. A pipe that is ready
 * takes PIPE_BUF bytes, so no more than that is written at a time and the descriptor,
 * which others may share, stays as it was given to us.
 * Invariants: a line is whole or the last one. Nobody to read it, or nobody who does, is
 * one thing: ended(DISPLAY_LOST), once, and silence from then on; the program has no more
 * to do. SIGPIPE is ignored by the program.
 */
#include "clients/notify/display.h"
#include "common/bytes.h"
#include "common/error.h"
#include "common/json.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

enum { LINES_BYTES_MAX = 64 * 1024 }; /* of one who is slow: some dozen notices */

struct lines {
    struct display display;
    struct buf out;
    bool shown;
    bool fresh; /* ... and the callback that it is so is still to come */
    bool gone;  /* nobody reads */
    bool told;  /* ... and that was said */
};

static short
ready_for(int fd, short events)
{
    struct pollfd one = {.fd = fd, .events = events};
    return poll(&one, 1, 0) > 0 ? one.revents : 0;
}

static void
flush(struct lines *lines)
{
    lines->gone |= buf_done(&lines->out) != 0;
    while (!lines->gone && lines->out.size > 0) {
        short ready = ready_for(STDOUT_FILENO, POLLOUT);
        if ((ready & (POLLERR | POLLHUP | POLLNVAL)) != 0) {
            lines->gone = true;
        } else if ((ready & POLLOUT) == 0) {
            return;
        } else {
            size_t size = lines->out.size < PIPE_BUF ? lines->out.size : PIPE_BUF;
            ssize_t wrote = write(STDOUT_FILENO, lines->out.data, size);
            if (wrote > 0) {
                buf_consume(&lines->out, (size_t)wrote);
            } else if (wrote < 0 && errno != EINTR && errno != EAGAIN) {
                lines->gone = true;
            }
        }
    }
}

static void
line_begin(struct lines *lines, struct json *json, const char *event)
{
    json_init(json, &lines->out);
    json_begin_object(json, NULL);
    json_int(json, "format", 1);
    json_string(json, "event", event);
}

static void
line_end(struct lines *lines, struct json *json)
{
    json_end_object(json);
    lines->gone |= json_done(json) != 0;
    buf_put_u8(&lines->out, '\n');
    flush(lines);
}

static void
lines_show(struct display *display, const struct display_notice *notice)
{
    struct lines *lines = (struct lines *)display;
    struct json line;
    struct json *json = &line;
    if (lines->gone) {
        return;
    }
    line_begin(lines, json, "show");
    json_string(json, "title", notice->title);
    json_string(json, "body", notice->body);
    json_bool(json, "alert", notice->alert);
    json_begin_array(json, "actions");
    for (size_t i = 0; i < notice->actions_count; i++) {
        json_string(json, NULL, notice->actions[i].key);
    }
    json_end_array(json);
    line_end(lines, json);
    lines->shown = lines->fresh = true;
}

static void
lines_close(struct display *display)
{
    struct lines *lines = (struct lines *)display;
    struct json json;
    if (lines->gone || !lines->shown) {
        return;
    }
    line_begin(lines, &json, "close");
    line_end(lines, &json);
    lines->shown = lines->fresh = false;
}

static bool
lines_place(const struct display *display, struct display_place *out)
{
    (void)display;
    (void)out;
    return false; /* a line is written */
}

static int
lines_poll(struct display *display, short *events, int *wait_ms)
{
    struct lines *lines = (struct lines *)display;
    *events = 0; /* a reader that goes is reported without being asked for */
    if (lines->gone) {
        if (!lines->told) {
            *wait_ms = 0;
        }
        return -1;
    }
    if (lines->out.size > 0) {
        *events = POLLOUT;
    } else if (lines->fresh) {
        *wait_ms = 0;
    }
    return STDOUT_FILENO;
}

static void
lines_process(struct display *display)
{
    struct lines *lines = (struct lines *)display;
    flush(lines);
    lines->gone |= (ready_for(STDOUT_FILENO, 0) & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    if (lines->gone && !lines->told) {
        lines->told = true;
        buf_free(&lines->out);
        display->calls.ended(display->calls.context, DISPLAY_LOST);
    } else if (!lines->gone && lines->fresh && lines->out.size == 0) {
        lines->fresh = false;
        display->calls.shown(display->calls.context);
    }
}

static void
lines_free(struct display *display)
{
    struct lines *lines = (struct lines *)display;
    buf_free(&lines->out);
    free(lines);
}

int
display_lines_new(const struct display_calls *calls, struct display **out)
{
    static const struct display_kind kind = {
        .show = lines_show,
        .close = lines_close,
        .place = lines_place,
        .poll = lines_poll,
        .process = lines_process,
        .free = lines_free,
    };
    struct lines *lines = calloc(1, sizeof *lines);
    if (lines == NULL) {
        return E_MEMORY;
    }
    lines->display.kind = &kind;
    lines->display.calls = *calls;
    buf_init(&lines->out, LINES_BYTES_MAX);
    *out = &lines->display;
    return 0;
}
