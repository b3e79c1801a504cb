/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What the desktop of a couple's homes may tell of, for the tests of the core's notices: a
 * clock to set, the list as words, and what became of it.
 */
#ifndef ATTUNE_TESTS_NOTICE_WORLD_H
#define ATTUNE_TESTS_NOTICE_WORLD_H

#include "tests/lib/couple_world.h"

enum { HOUR_S = 3600, MIDNIGHT_S = NOW_S - NOW_S % DAY_S };

/* Seconds from NOW_S to a clock of the day so many days later (UTC). */
static inline int64_t
clock_s(int days, int hour, int minute)
{
    return MIDNIGHT_S + (int64_t)days * DAY_S + hour * HOUR_S + minute * 60 - NOW_S;
}

static inline void
at(int days, int hour, int minute)
{
    world.later_s = clock_s(days, hour, minute);
    tick(ANA);
    tick(BEN);
    world_deliver(&world);
}

static inline Attune__Local__Reply *
notices(int who)
{
    Attune__Local__Reply *reply = ask_plain(who, "notices");
    assert_string_equal(reply->error, "");
    assert_true(reply->now == NOW_S + world.later_s);
    return reply;
}

/* The reasons of all notices in their order, with the kind: "due promise, new thanks". */
static inline void
expect(int who, const char *expected)
{
    struct buf said = {0};
    const Attune__Local__Reply *reply = notices(who);
    for (size_t i = 0; i < reply->n_notices; i++) {
        const Attune__Local__Notice *notice = reply->notices[i];
        assert_int_equal(notice->key.len, ID_BYTES);
        buf_printf(&said, "%s%s%s%s%s%s%s", i == 0 ? "" : ", ", notice->why,
                   notice->kind[0] == '\0' ? "" : " ", notice->kind,
                   notice->told != 0 ? " told" : "",
                   notice->later > reply->now ? " later" : "", notice->done ? " done" : "");
    }
    assert_string_equal(buf_text(&said), expected);
    buf_free(&said);
}

/* When the answer changes next by itself; the core is woken then at the latest. */
static inline int64_t
wakes(int who)
{
    const struct side *side = &world.sides[who];
    assert_true(side->wake_s != 0 && side->wake_s <= side->core->due_wake_s);
    return side->core->due_wake_s;
}

static const char *
try_tell(int who, ProtobufCBinaryData *keys, size_t count, const char *what)
{
    char name[] = "told";
    Attune__Local__Request request;
    Attune__Local__Told told;
    attune__local__request__init(&request);
    attune__local__told__init(&told);
    told.keys = keys;
    told.n_keys = count;
    told.what = arena_text(arena, span_text(what));
    told.budget = true;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_TOLD;
    request.told = &told;
    return ask(who, &request)->error;
}

/* Of the first notice there is. */
static inline void
tell(int who, const char *what)
{
    const Attune__Local__Reply *reply = notices(who);
    assert_true(reply->n_notices > 0);
    assert_string_equal(try_tell(who, &reply->notices[0]->key, 1, what), "");
}

static inline void
wish(int who, struct core_wishes wishes, const char *option)
{
    world_step(&world, who,
               (struct event){.type = CORE_WISHES, .wishes = &wishes, .option = option});
}

static const struct core_wishes no_wishes = {.question_min = -1, .talk_min = -1};

static inline void
show(int who, int author, uint8_t mark)
{
    char name[] = "show";
    uint8_t id[ID_BYTES];
    Attune__Local__Request request;
    Attune__Local__Query query;
    attune__local__request__init(&request);
    attune__local__query__init(&query);
    entry_id(mark, 0, id);
    query.id = pb_span(span_of(id, sizeof id));
    query.partner = author != who;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
    request.query = &query;
    assert_string_equal(ask(who, &request)->error, "");
}

static inline void
quiet(int who, int64_t lasts_s)
{
    char name[] = "quiet";
    Attune__Local__Request request;
    Attune__Local__Quiet body;
    attune__local__request__init(&request);
    attune__local__quiet__init(&body);
    body.set = true;
    body.lasts_s = lasts_s;
    request.name = name;
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUIET;
    request.quiet = &body;
    assert_string_equal(ask(who, &request)->error, "");
}

#endif
