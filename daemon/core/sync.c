/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Frames to their takers, paths, and the clocks of sync.
 *
 * Model. A path is a way to the partner the link told of. On a new one we greet. What was
 * sent and not acknowledged is not sent again from memory: after a wait we greet anew, and
 * the heads that come back say what is missing. Waits double up to a minute.
 */
#include "common/error.h"
#include "daemon/core/inside.h"

#include <string.h>

int
sync_frame(struct core *core, uint32_t path, struct span frame)
{
    if (frame.size < 2 || frame.size > FRAME_BYTES_MAX) {
        return 0;
    }
    if (frame.data[0] == FRAME_PAIR) {
        return pair_frame(core, path, frame);
    }
    if (!core->pairing.active || core->pair.state != PAIR_NONE || core->ours_no == 0) {
        return 0;
    }
    struct span body = span_slice(frame, 2, frame.size);
    switch (frame.data[0]) {
    case FRAME_BATCH:
        return receive_batch(core, path, frame);
    case FRAME_HELLO:
        return frame.data[1] == FRAME_VERSION ? session_take_hello(core, path, body) : 0;
    case FRAME_ANNOUNCE:
        return frame.data[1] == FRAME_VERSION ? session_take_announce(core, path, body) : 0;
    default:
        return 0;
    }
}

static struct path *
find_path(struct core *core, uint32_t id)
{
    for (size_t i = 0; i < core->paths_count; i++) {
        if (core->paths[i].id == id) {
            return &core->paths[i];
        }
    }
    return NULL;
}

int
sync_path_up(struct core *core, uint32_t id)
{
    struct path *path = find_path(core, id);
    if (path == NULL) {
        if (core->paths_count == sizeof core->paths / sizeof core->paths[0]) {
            return 0;
        }
        path = &core->paths[core->paths_count++];
    }
    *path = (struct path){.id = id, .wait_ms = RESEND_FIRST_MS};
    if (core->pair.state != PAIR_NONE) {
        return pair_path_up(core, id);
    }
    if (core->pairing.active) {
        session_hello(core, NULL, id);
        path->greeted_ms = core->mono_ms;
        path->hello_ms = core->mono_ms + path->wait_ms;
    }
    return 0;
}

void
sync_path_down(struct core *core, uint32_t id)
{
    struct path *path = find_path(core, id);
    if (path != NULL) {
        *path = core->paths[--core->paths_count];
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &core->sessions[i];
        if (session->used && session->path == id) {
            session->greeted = session->heads_known = false;
            session->resend_ms = 0;
            session->resend_wait_ms = 0;
            session->flights_count = session->sent_count = 0;
            if (core->paths_count > 0 && core->pairing.active) {
                session_hello(core, NULL, core->paths[0].id);
            }
        }
    }
}

void
sync_forget(struct core *core)
{
    bytes_wipe(core->sessions, sizeof core->sessions);
    for (size_t i = 0; i < core->paths_count; i++) {
        core->paths[i].wait_ms = RESEND_FIRST_MS;
        core->paths[i].hello_ms = core->mono_ms + 1; /* greet again */
    }
}

/* The sessions of a path whose other end is another log now: they go on elsewhere. */
static void
move_sessions(struct core *core, const struct path *path)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &core->sessions[i];
        if (!session->used || session->path != path->id ||
            memcmp(session->log, path->log, ID_BYTES) == 0) {
            continue;
        }
        for (size_t j = 0; j < core->paths_count; j++) {
            if (memcmp(core->paths[j].log, session->log, ID_BYTES) == 0) {
                session->path = core->paths[j].id;
                session_hello(core, session, session->path);
                break;
            }
        }
    }
}

void
sync_path_log(struct core *core, uint32_t id, const uint8_t log[static ID_BYTES])
{
    struct path *path = find_path(core, id);
    if (path != NULL && memcmp(path->log, log, ID_BYTES) != 0) {
        memcpy(path->log, log, ID_BYTES);
        move_sessions(core, path);
    }
}

void
sync_greet_again(struct core *core, uint32_t id)
{
    struct path *path = find_path(core, id);
    if (path == NULL || path->hello_ms != 0) {
        return;
    }
    memset(path->log, 0, ID_BYTES);
    path->hello_ms = path->greeted_ms + path->wait_ms;
}

/* Do we know what the one at the other end holds, and can we seal to it? A copy of them is
 * another one. */
static bool
answered(const struct core *core, const struct path *path)
{
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        const struct session *session = &core->sessions[i];
        if (session->used && session->heads_known && session->greeted &&
            session->epoch != 0 && memcmp(session->log, path->log, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static uint32_t
doubled(uint32_t wait_ms)
{
    return wait_ms >= RESEND_LAST_MS / 2 ? RESEND_LAST_MS : wait_ms * 2;
}

bool
sync_in_touch(const struct core *core)
{
    for (size_t i = 0; i < core->paths_count; i++) {
        if (core->pairing.active && answered(core, &core->paths[i])) {
            return true;
        }
    }
    return false;
}

int
sync_tick(struct core *core)
{
    if (!core->pairing.active || core->pair.state != PAIR_NONE) {
        return 0;
    }
    for (size_t i = 0; i < core->paths_count; i++) {
        struct path *path = &core->paths[i];
        if (path->hello_ms == 0) {
            continue;
        }
        if (answered(core, path)) {
            path->hello_ms = 0;
            path->wait_ms = RESEND_FIRST_MS;
        } else if (path->hello_ms <= core->mono_ms) {
            session_hello(core, NULL, path->id);
            path->greeted_ms = core->mono_ms;
            path->wait_ms = doubled(path->wait_ms);
            path->hello_ms = core->mono_ms + path->wait_ms;
        }
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &core->sessions[i];
        if (!session->used || session->resend_ms == 0 ||
            session->resend_ms > core->mono_ms) {
            continue;
        }
        uint32_t wait_ms = doubled(session->resend_wait_ms);
        session->announced = 0;
        session_hello(core, session, session->path);
        session->resend_wait_ms = wait_ms;
        session->resend_ms = core->mono_ms + wait_ms;
    }
    return 0;
}

int
sync_flush(struct core *core)
{
    if (!core->pairing.active || core->pair.state != PAIR_NONE) {
        return 0;
    }
    for (size_t i = 0; i < SESSIONS_MAX; i++) {
        struct session *session = &core->sessions[i];
        int rc = session->used ? send_batches(core, session) : 0;
        if (rc != 0) {
            return rc;
        }
        if (session->used && session->resend_ms != 0) {
            wake_mono(core, session->resend_ms);
        }
    }
    for (size_t i = 0; i < core->paths_count; i++) {
        if (core->paths[i].hello_ms != 0) {
            wake_mono(core, core->paths[i].hello_ms);
        }
    }
    return 0;
}

bool
sync_behind(const struct core *core)
{
    for (size_t i = 0; i < core->logs_count; i++) {
        if (journal_shared(core, &core->logs[i]) &&
            core->logs[i].state == LOG_PENDING) {
            return true;
        }
    }
    return false;
}

int
sync_accept(struct core *core)
{
    int rc = 0;
    core->pairing.verified = true;
    core->pairing.known = false;
    rc = state_save_pairing(core);
    for (size_t i = 0; rc == 0 && i < core->logs_count; i++) {
        struct log_row *log = &core->logs[i];
        if (journal_shared(core, log) && log->state == LOG_PENDING) {
            log->state = LOG_LIVE;
            memcpy(core->accepted, log->id, ID_BYTES);
            core->dirty = true;
            rc = store_log_put(core->store, log);
        }
    }
    sync_forget(core);
    action_notice(core, "pairing");
    return rc;
}
