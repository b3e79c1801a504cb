/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people do: write, act, look, pair; as clients of their own home.
 *
 * What they were told is saved is kept in world->words; the judge looks for it at the end.
 */
#include "tests/sim/world.h"

#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern core_random_fn *const world_random;

static ProtobufCBinaryData
binary(const void *data, size_t size)
{
    union {
        const void *in;
        uint8_t *out;
    } pointer = {.in = data};
    return (ProtobufCBinaryData){size, pointer.out};
}

static char *
plain(const char *text)
{
    union {
        const char *in;
        char *out;
    } pointer = {.in = text};
    return pointer.out;
}

/* ---- rows ---- */

static int
take_row(void *context, const struct entry_row *row)
{
    struct rows *rows = context;
    if (rows->count < sizeof rows->items / sizeof rows->items[0]) {
        rows->items[rows->count++] = *row;
    }
    return 0;
}

void
people_rows(struct home *home, struct rows *rows)
{
    rows->count = 0;
    if (home->store != NULL && store_entry_each(home->store, take_row, rows) != 0) {
        world_fail(home->world, "%s: entries can't be read", home_name(home));
    }
}

/* ---- writing ---- */

static void
remember(struct home *home, const uint8_t *id, const char *text)
{
    struct world *world = home->world;
    if (world->words_count == WORLD_WORDS_MAX) {
        return;
    }
    struct word *word = &world->words[world->words_count++];
    *word = (struct word){.home = home->index, .holders = (uint8_t)(1 << home->index)};
    memcpy(word->id, id, ID_BYTES);
    (void)snprintf(word->text, sizeof word->text, "%s", text);
}

/* Asks; a client that hears nothing asks again, with the same id. */
static void
ask_twice(struct home *home, Attune__Local__Request *request)
{
    home_ask(home, request);
    for (int i = 0; i < 200 && !home->answer.came && home->exists; i++) {
        world_run(home->world, 50);
        if (home->core != NULL) {
            home_ask(home, request);
        }
    }
}

void
people_write(struct home *home, const struct writing *writing)
{
    struct world *world = home->world;
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field text, due;
    attune__local__field__init(&text);
    attune__local__field__init(&due);
    Attune__Local__Field *fields[] = {&text, &due};
    uint8_t id[ID_BYTES];
    char made[48];
    struct buf words = {0};
    world_random(world, id, sizeof id);
    (void)snprintf(made, sizeof made, "%s", writing->text != NULL ? writing->text : "");
    if (writing->text == NULL) {
        (void)snprintf(made, sizeof made, "word%llu.", (unsigned long long)++world->written);
    }
    buf_put_text(&words, made);
    while (words.size < writing->pad) {
        buf_put_text(&words, " and on");
    }
    text.name = plain("text");
    text.text = binary(words.data, words.size);
    due.name = plain("due");
    due.number = writing->due;
    entry.id = binary(id, sizeof id);
    entry.kind = plain(writing->kind);
    entry.state = plain(writing->by_default ? "default" : "");
    entry.mine = writing->mine;
    entry.draft = writing->draft;
    entry.hold_s = writing->hold_s;
    entry.n_fields = strcmp(writing->kind, "promise") == 0 ? 2 : 1;
    entry.fields = fields;
    if (writing->parent != NULL) {
        entry.parent = binary(writing->parent->id, ID_BYTES);
        entry.parent_partner = writing->parent->theirs;
    }
    request.name = plain("create");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_CREATE;
    request.create = &entry;
    ask_twice(home, &request);
    const struct answer *answer = &home->answer;
    if (!answer->came) {
        world_trace(world, true, "%s > hears nothing", home_name(home));
    } else if (answer->error[0] != '\0') {
        world_trace(world, true, "%s > %s: %s", home_name(home), writing->kind,
                    answer->error);
    } else {
        world_trace(world, true, "%s > %s %s%s", home_name(home),
                    strcmp(answer->state, "held") == 0 ? "holds" : "saved", writing->kind,
                    answer->mine ? ", mine" : "");
        world_trace(world, false, "it is \"%s\", %02x%02x", made, id[0], id[1]);
        remember(home, id, made);
    }
    buf_free(&words);
}

/* ---- acting ---- */

static void
note_retraction(struct home *home, const struct entry_row *row, const char *act)
{
    struct world *world = home->world;
    for (size_t i = 0; i < world->words_count; i++) {
        struct word *word = &world->words[i];
        if (memcmp(word->id, row->id, ID_BYTES) == 0) {
            word->retracted = word->retracted || strcmp(act, "retract") == 0;
            word->undone = word->undone || strcmp(act, "undo") == 0;
        }
    }
}

void
people_act(struct home *home, const struct entry_row *row, const char *act, int64_t due,
           uint32_t hold_s)
{
    struct world *world = home->world;
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Act body;
    attune__local__act__init(&body);
    Attune__Local__Field field;
    attune__local__field__init(&field);
    Attune__Local__Field *fields[] = {&field};
    uint8_t number[REQUEST_BYTES];
    world_random(world, number, sizeof number);
    field.name = plain("due");
    field.number = due;
    body.act = plain(act);
    body.hold_s = hold_s;
    body.request = binary(number, sizeof number);
    body.fields = fields;
    body.n_fields = due != 0;
    if (row != NULL) {
        body.id = binary(row->id, ID_BYTES);
        body.partner = row->theirs;
        note_retraction(home, row, act);
    }
    request.name = plain("act");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_ACT;
    request.act = &body;
    ask_twice(home, &request);
    const struct answer *answer = &home->answer;
    if (row != NULL) {
        world_trace(world, false, "on %02x%02x", row->id[0], row->id[1]);
    }
    world_trace(world, true, "%s > %s: %s", home_name(home), act,
                !answer->came                ? "hears nothing"
                : answer->error[0] != '\0' ? answer->error
                                           : answer->state);
}

/* ---- looking ---- */

static void
ask_query(struct home *home, const char *name, const Attune__Local__Query *query)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Query copy = *query;
    request.name = plain(name);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
    request.query = &copy;
    home_ask(home, &request);
}

void
people_ask(struct home *home, const char *name)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    request.name = plain(name);
    home_ask(home, &request);
}

static void
look(struct home *home, const struct entry_row *row)
{
    static const char *const names[] = {"visible", "drafts", "today", "digest", "verify"};
    Attune__Local__Query query;
    attune__local__query__init(&query);
    switch (world_draw(home->world, 5)) {
    case 0:
    case 1:
        if (row != NULL) {
            query.id = binary(row->id, ID_BYTES);
            query.partner = row->theirs;
            ask_query(home, "show", &query);
        }
        break;
    case 2:
        query.limit = (uint32_t)world_draw(home->world, 50);
        ask_query(home, "list", &query);
        break;
    case 3:
        query.text = binary("word1", 5);
        ask_query(home, "find", &query);
        break;
    default:
        people_ask(home, names[world_draw(home->world, 5)]);
        break;
    }
    if (home->answer.came && home->answer.error[0] != '\0') {
        world_trace(home->world, false, "%s looks: %s", home_name(home),
                    home->answer.error);
    }
}

/* ---- pairing ---- */

static void
ask_pair(struct home *home, const char *name, const char *code, const char *at)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    pair.code = binary(code, strlen(code));
    pair.at = binary(at, strlen(at));
    request.name = plain(name);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    request.pair = &pair;
    home_ask(home, &request);
}

void
people_pair(struct home *offers, struct home *joins, bool invite)
{
    struct world *world = offers->world;
    char code[512];
    people_ask(offers, invite ? "pair-invite" : "pair-code");
    if (!offers->answer.came || offers->answer.error[0] != '\0') {
        world_trace(world, true, "%s > no code: %s", home_name(offers),
                    offers->answer.error);
        return;
    }
    memcpy(code, offers->answer.text, sizeof code);
    world_trace(world, true, "%s > offers a pairing", home_name(offers));
    if (joins->core == NULL) {
        return;
    }
    world_trace(world, true, "%s > joins", home_name(joins));
    ask_pair(joins, "pair-join", code, invite ? "" : "tcp://there.local:7400");
    if (joins->answer.came) {
        world_trace(world, true, "%s > %s", home_name(joins), joins->answer.error);
    } else {
        joins->join = joins->answer;
    }
}

void
people_accept(struct home *home)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    pair.accept = true;
    request.name = plain("verify");
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_PAIR;
    request.pair = &pair;
    home_ask(home, &request);
    world_trace(home->world, true, "%s > verify --accept", home_name(home));
}

bool
people_behind(struct home *home)
{
    struct event now = {.now_s = home_wall_s(home)};
    struct arena *arena = arena_new(64 * 1024);
    Attune__Local__Status status;
    attune__local__status__init(&status);
    bool behind = false;
    if (arena != NULL && home->core != NULL) {
        if (core_status(home->core, &now, arena, &status) != 0) {
            world_fail(home->world, "%s has no status", home_name(home));
        }
        behind = status.behind;
    }
    arena_free(arena);
    return behind;
}

/* ---- anything ---- */

static void
write_something(struct home *home, const struct entry_row *row)
{
    static const char *const kinds[] = {"write", "thanks", "feel", "promise", "reply"};
    static const uint32_t holds[] = {0, 0, 0, 10, 600};
    struct world *world = home->world;
    struct writing writing = {.kind = kinds[world_draw(world, 5)]};
    writing.mine = world_odds(world, 250);
    writing.by_default = world_odds(world, 200);
    writing.draft = world_odds(world, 40);
    writing.hold_s = holds[world_draw(world, 5)];
    writing.due = home_wall_s(home) + 60 + (int64_t)world_draw(world, 100000);
    if (world_odds(world, 15)) {
        writing.pad = 1400;
    }
    if (strcmp(writing.kind, "write") == 0 && world_odds(world, 30)) {
        writing.pad = 60000;
    }
    if (strcmp(writing.kind, "reply") == 0 || world_odds(world, 50)) {
        writing.parent = row;
        if (row == NULL) {
            writing.kind = "thanks";
        }
    }
    people_write(home, &writing);
}

static void
act_somehow(struct home *home, const struct entry_row *row)
{
    static const char *const acts[] = {"done",    "change", "accept",  "decline", "release",
                                       "retract", "share",  "retract", "undo",    "dance"};
    struct world *world = home->world;
    const char *act = acts[world_draw(world, 10)];
    bool bare = strcmp(act, "undo") == 0 && world_odds(world, 500);
    int64_t due = strcmp(act, "change") == 0
                      ? home_wall_s(home) + (int64_t)world_draw(world, 100000)
                      : 0;
    if (bare) { /* whichever entry it takes, its share is taken back at most */
        people_act(home, NULL, act, 0, 0);
        return;
    }
    people_act(home, row, act, due, world_odds(world, 300) ? 10 : 0);
}

void
people_chance(struct home *home)
{
    struct world *world = home->world;
    struct rows *rows = calloc(1, sizeof *rows);
    const struct entry_row *row = NULL;
    if (rows == NULL || home->core == NULL) {
        free(rows);
        return;
    }
    people_rows(home, rows);
    if (rows->count > 0) {
        row = &rows->items[world_draw(world, rows->count)];
    }
    uint64_t what = world_draw(world, 100);
    if (what < 50 || row == NULL) {
        write_something(home, row);
    } else if (what < 80) {
        act_somehow(home, row);
    } else {
        look(home, row);
    }
    free(rows);
}
