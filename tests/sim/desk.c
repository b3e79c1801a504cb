/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A desktop at each home: it asks what it may tell of, tells it, and says so. What was told
 * once must never be there to be told again, whatever crashes and however the clock jumps;
 * and nothing reminds anybody of what the other should do.
 */
#include "common/pb.h"
#include "tests/sim/world.h"

#include <string.h>

static bool
was_told(const struct desk *desk, const uint8_t *key)
{
    for (size_t i = 0; i < desk->told_count; i++) {
        if (memcmp(desk->told[i], key, ID_BYTES) == 0) {
            return true;
        }
    }
    return false;
}

static void
judge_one(struct home *home, const Attune__Local__Reply *reply, size_t index)
{
    const Attune__Local__Notice *notice = reply->notices[index];
    const struct kind *kind = kind_find(notice->kind);
    if (notice->key.len != ID_BYTES) {
        world_fail(home->world, "%s: a notice without a key", home_name(home));
        return;
    }
    if (notice->told == 0 && was_told(&home->desk, notice->key.data)) {
        world_fail(home->world, "%s: %s %s would be told twice", home_name(home),
                   notice->why, notice->kind);
    }
    if (strcmp(notice->why, "due") == 0 && kind != NULL && notice->partner &&
        kind->due.remind == REMIND_AUTHOR) {
        world_fail(home->world, "%s is reminded of the other's %s", home_name(home),
                   notice->kind);
    }
    for (size_t i = 0; i < index; i++) {
        if (memcmp(reply->notices[i]->key.data, notice->key.data, ID_BYTES) == 0) {
            world_fail(home->world, "%s: one notice twice", home_name(home));
        }
    }
}

void
desk_hear(struct home *home, const Attune__Local__Reply *reply)
{
    struct desk *desk = &home->desk;
    desk->untold_count = 0;
    for (size_t i = 0; i < reply->n_notices; i++) {
        const Attune__Local__Notice *notice = reply->notices[i];
        judge_one(home, reply, i);
        if (notice->told == 0 && desk->untold_count < DESK_UNTOLD_MAX &&
            notice->key.len == ID_BYTES) {
            memcpy(desk->untold[desk->untold_count++], notice->key.data, ID_BYTES);
        }
    }
}

static void
keep_told(struct desk *desk, const struct desk *seen)
{
    for (size_t i = 0; i < seen->untold_count; i++) {
        if (desk->told_count == DESK_TOLD_MAX) {
            memmove(desk->told[0], desk->told[1], sizeof desk->told - sizeof desk->told[0]);
            desk->told_count--;
        }
        memcpy(desk->told[desk->told_count++], seen->untold[i], ID_BYTES);
    }
}

void
desk_look(struct home *home)
{
    static const char *const whats[] = {"shown", "shown", "shown", "later", "tomorrow",
                                        "done"};
    struct world *world = home->world;
    people_ask(home, "notices");
    struct desk seen = home->desk;
    if (!home->answer.came || home->answer.error[0] != '\0' || seen.untold_count == 0 ||
        home->core == NULL) {
        return;
    }
    const char *what = whats[world_draw(world, sizeof whats / sizeof whats[0])];
    ProtobufCBinaryData keys[DESK_UNTOLD_MAX];
    Attune__Local__Request request;
    Attune__Local__Told told;
    attune__local__request__init(&request);
    attune__local__told__init(&told);
    for (size_t i = 0; i < seen.untold_count; i++) {
        keys[i] = pb_bytes(seen.untold[i], ID_BYTES);
    }
    told.keys = keys;
    told.n_keys = seen.untold_count;
    told.what = pb_text(what);
    told.budget = true;
    request.name = pb_text("told");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_TOLD;
    request.told = &told;
    home_ask(home, &request);
    world_trace(world, false, "%s tells: %s", home_name(home), what);
    if (home->answer.came && home->answer.error[0] == '\0' && strcmp(what, "shown") == 0) {
        keep_told(&home->desk, &seen);
    }
}
