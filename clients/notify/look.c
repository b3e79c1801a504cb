/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/notify/look.h"

#include "clients/lib/attune.h"
#include "clients/notify/ask.h"
#include "common/error.h"

#include <string.h>
#include <time.h>

/* Of notices alone: some hundred bytes each, and there are not many. */
enum { LIST_BYTES_MAX = 1024 * 1024 };

int
look_init(struct look *look)
{
    *look = (struct look){0};
    buf_init(&look->packed, LIST_BYTES_MAX);
    look->arena = arena_new((size_t)LIST_BYTES_MAX * 4); /* unpacked takes more */
    return look->arena != NULL ? 0 : E_MEMORY;
}

void
look_done(struct look *look)
{
    buf_free(&look->partner);
    buf_free(&look->packed);
    arena_free(look->arena);
    look->arena = NULL;
    look->list = NULL;
}

int
look_begin(struct look *look, struct async *async)
{
    buf_clear(&look->partner);
    arena_reset(look->arena);
    look->list = NULL;
    look->status_error = 0;
    look->notices_error = 0;
    look->exists = look->locked = look->closed = look->screen_locked = false;
    int error = ask_plain(async, "status", &look->status_number);
    if (error == 0) {
        error = ask_plain(async, "notices", &look->notices_number);
    }
    if (error != 0) {
        look_stop(look);
    }
    return error;
}

void
look_stop(struct look *look)
{
    look->status_number = 0;
    look->notices_number = 0;
}

bool
look_runs(const struct look *look)
{
    return look->status_number != 0 || look->notices_number != 0;
}

static int
error_of(const Attune__Local__Reply *reply)
{
    return reply->error[0] == '\0' ? 0 : error_from_name(reply->error);
}

static void
take_status(struct look *look, const Attune__Local__Reply *reply)
{
    const Attune__Local__Status *status = reply->status;
    look->status_error = error_of(reply);
    if (look->status_error == 0 && status == NULL) {
        look->status_error = E_PROTOCOL;
    }
    if (look->status_error != 0) {
        return;
    }
    look->exists = status->exists;
    look->locked = status->locked;
    look->closed = status->closed;
    look->screen_locked = status->screen_locked;
    buf_put_span(&look->partner, attune_span(status->partner_name));
}

static int
keep_list(struct look *look, const Attune__Local__Reply *reply)
{
    buf_clear(&look->packed);
    size_t size = attune__local__reply__get_packed_size(reply);
    uint8_t *data = buf_reserve(&look->packed, size);
    if (data == NULL) {
        return buf_done(&look->packed);
    }
    attune__local__reply__pack(reply, data);
    buf_advance(&look->packed, size);
    look->list = attune__local__reply__unpack(arena_allocator(look->arena), size,
                                              look->packed.data);
    buf_clear(&look->packed);
    return look->list != NULL ? 0 : E_MEMORY;
}

bool
look_take(struct look *look, const Attune__Local__Reply *reply)
{
    if (reply->number == 0) {
        return false;
    }
    if (reply->number == look->status_number) {
        look->status_number = 0;
        take_status(look, reply);
        return true;
    }
    if (reply->number == look->notices_number) {
        look->notices_number = 0;
        look->notices_error = error_of(reply);
        if (look->notices_error == 0) {
            look->notices_error = keep_list(look, reply);
        }
        return true;
    }
    return false;
}

const Attune__Local__Notice *const *
look_notices(const struct look *look)
{
    return look->list != NULL
               ? (const Attune__Local__Notice *const *)look->list->notices
               : NULL;
}

/* What attuned knows. */
static void
take_known(const struct look *look, struct policy_input *input)
{
    input->exists = look->exists;
    input->locked = look->locked || look->notices_error == E_LOCKED;
    input->closed = look->closed;
    input->screen_locked = look->screen_locked;
    if (!input->locked && look->list != NULL) {
        input->notices = look_notices(look);
        input->count = look->list->n_notices;
        input->now_s = look->list->now != 0 ? look->list->now : input->now_s;
        input->told_today = look->list->told_today;
        input->silent_until = look->list->silent_until;
        input->quiet_until = look->list->quiet_until;
        input->upto = look->list->upto;
    }
}

void
look_decide(const struct look *look, const struct settings *settings,
            const struct policy_shown *shown, struct look_memory *memory,
            struct policy *out)
{
    const struct options *options = &settings->options;
    struct policy_input input = {
        .now_s = (int64_t)time(NULL),
        .silent_until = memory->silent_until,
        .content = (enum option_notice)options->notice_content,
        .budget = options->notice_budget,
        .through = options->notice_through,
        .shown = *shown,
    };
    take_known(look, &input);
    memory->silent_until = input.silent_until;
    if (!input.locked && look->list != NULL) {
        memory->lock_told = false;
    }
    /* Locked, attuned can't tell; but quiet hours, and what was asked for, still hold. */
    int64_t quiet_s = settings_quiet_until(settings, input.now_s);
    if (input.locked && quiet_s > input.silent_until) {
        input.silent_until = quiet_s;
    }
    input.lock_told = memory->lock_told;
    policy_decide(&input, out);
}
