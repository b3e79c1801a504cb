/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/run.h"

#include "common/error.h"

/* Actions of one event in their order, but for a re-key: it replaces the core. */
static void
hand_out(const struct run_out *out, const struct actions *actions)
{
    const struct action *rekey = NULL;
    out->wake(out->context, actions->wake_mono_ms, actions->wake_s);
    for (size_t i = 0; i < actions->count; i++) {
        const struct action *action = &actions->items[i];
        switch (action->type) {
        case ACTION_SEND:
            out->send(out->context, action->path, buf_span(&action->bytes));
            break;
        case ACTION_REPLY:
            out->reply(out->context, action->client, buf_span(&action->bytes));
            break;
        case ACTION_NOTICE:
            out->notice(out->context, action->topic);
            break;
        case ACTION_LINK:
            out->link(out->context);
            break;
        case ACTION_REKEY:
            rekey = action;
            break;
        }
    }
    if (rekey != NULL) {
        struct reader number = reader_of(buf_span(&rekey->bytes));
        out->rekey(out->context, rekey->client, reader_u32(&number));
    }
}

/* Back to what the store holds. */
static void
take_back(struct run *run, const struct event *event)
{
    store_rollback(run->store);
    if (core_dirty(run->core)) {
        run->error = core_reload(run->core);
        run->out.wake(run->out.context, event->mono_ms + 1, 0); /* it has things to say */
    }
}

static int
carry_out(struct run *run, const struct event *event, struct actions *actions)
{
    if (run->error != 0) {
        return run->error;
    }
    int rc = store_begin(run->store);
    if (rc != 0) {
        return rc;
    }
    rc = core_step(run->core, event, actions);
    rc = rc != 0 ? rc : actions->error;
    rc = rc != 0 ? rc : store_commit(run->store);
    if (rc != 0) {
        take_back(run, event);
    }
    return rc;
}

int
run_event(struct run *run, const struct event *event)
{
    /* The callbacks may replace or end the run. */
    const struct run_out out = run->out;
    struct actions actions;
    actions_init(&actions);
    int rc = carry_out(run, event, &actions);
    if (rc == 0) {
        hand_out(&out, &actions);
    } else if (event->type == CORE_REQUEST) {
        out.fail(out.context, event->client, event->request->number, rc);
    }
    actions_clear(&actions);
    return rc;
}
