/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What people do: write, act, look, pair; as clients of their own home.
 *
 * What they were told is saved is kept in world->words; the judge looks for it at the end.
 */
#include "common/pb.h"
#include "tests/sim/world.h"

#include "common/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern core_random_fn *const world_random;

/* ---- rows ---- */

int
people_take_row(void *context, const struct entry_row *row)
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
    if (home->store != NULL && store_entry_each(home->store, people_take_row, rows) != 0) {
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

/* One field as a person might fill it; `made` is the word to look for later. */
static void
fill_field(struct home *home, const struct kind_field *row, const struct writing *writing,
           struct span made, Attune__Local__Field *out)
{
    struct world *world = home->world;
    attune__local__field__init(out);
    out->name = pb_text(row->name);
    switch (row->type) {
    case FIELD_LINE:
    case FIELD_TEXT:
    case FIELD_INNER:
    case FIELD_NONE:
        out->text = pb_bytes(made.data, made.size);
        break;
    case FIELD_CHOICE:
        out->text = pb_bytes(row->choices, strcspn(row->choices, " "));
        break;
    case FIELD_EVERY:
        out->text = pb_bytes("daily", 5);
        break;
    case FIELD_TIME:
        out->number = writing->due != 0 ? writing->due : home_wall_s(home) + 4000;
        break;
    case FIELD_NUMBER:
    case FIELD_DURATION:
        out->number = row->min;
        break;
    case FIELD_CLOCK:
        out->number = (int64_t)world_draw(world, 1440);
        break;
    }
}

/* The line, what is required, and now and then one of the rest. */
static size_t
fill(struct home *home, const struct kind *kind, const struct writing *writing,
     struct span made, Attune__Local__Field items[static FIELDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        const struct kind_field *row = &kind->fields[i];
        bool text = row->type == FIELD_LINE || row->type == FIELD_TEXT;
        bool worded = text && made.size > 0 && count == 0;
        if (row->required || (i == 0 && text) || worded) {
            fill_field(home, row, writing, made, &items[count++]);
        }
    }
    return count;
}

void
people_write(struct home *home, const struct writing *writing)
{
    struct world *world = home->world;
    const struct kind *kind = kind_find(writing->kind);
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Entry entry;
    attune__local__entry__init(&entry);
    Attune__Local__Field items[FIELDS_MAX], *fields[FIELDS_MAX];
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
    entry.n_fields = fill(home, kind, writing, buf_span(&words), items);
    bool worded = false;
    for (size_t i = 0; i < entry.n_fields; i++) {
        fields[i] = &items[i];
        worded = worded || (items[i].text.len >= words.size && words.size > 0 &&
                            memcmp(items[i].text.data, words.data, words.size) == 0);
    }
    entry.id = pb_bytes(id, sizeof id);
    entry.kind = pb_text(writing->kind);
    entry.state = pb_text(writing->by_default ? "default" : "");
    entry.mine = writing->mine;
    entry.draft = writing->draft;
    entry.topic = writing->topic;
    entry.hold_s = writing->hold_s;
    entry.fields = fields;
    if (writing->parent != NULL) {
        entry.parent = pb_bytes(writing->parent->id, ID_BYTES);
        entry.parent_partner = writing->parent->theirs;
    }
    request.name = pb_text("create");
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
        if (worded) {
            remember(home, id, made);
        }
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

/* The field an act of this entry's kind asks for; NULL: none. */
static const struct kind_field *
asked(const struct entry_row *row, const char *name)
{
    const struct kind *kind = row == NULL ? NULL : kind_find(row->kind);
    const struct kind_act *act = kind == NULL ? NULL : kind_act(kind, name);
    return act == NULL || act->asks == NULL ? NULL : kind_field(kind, act->asks);
}

void
people_act(struct home *home, const struct entry_row *row, const char *act, int64_t due,
           uint32_t hold_s)
{
    struct world *world = home->world;
    struct writing writing = {.due = due};
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Act body;
    attune__local__act__init(&body);
    Attune__Local__Field field, *fields[] = {&field};
    uint8_t number[REQUEST_BYTES];
    const struct kind_field *asks = asked(row, act);
    world_random(world, number, sizeof number);
    body.topic = strcmp(act, "topic") == 0; /* the first step of sharing */
    body.act = pb_text(body.topic ? "share" : act);
    body.hold_s = hold_s;
    body.request = pb_bytes(number, sizeof number);
    body.fields = fields;
    if (asks != NULL) {
        fill_field(home, asks, &writing, span_text("and this"), &field);
        body.n_fields = 1;
    }
    if (row != NULL) {
        body.id = pb_bytes(row->id, ID_BYTES);
        body.partner = row->theirs;
        note_retraction(home, row, act);
    }
    request.name = pb_text("act");
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

void
people_set(struct home *home, const char *name, const char *what, const char *value)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Option option;
    attune__local__option__init(&option);
    option.name = pb_text(what);
    option.value = pb_bytes(value, strlen(value));
    request.name = pb_text(name);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_OPTION;
    request.option = &option;
    ask_twice(home, &request);
    world_trace(home->world, true, "%s > %s %s %s: %s", home_name(home), name, what, value,
                home->answer.error);
}

/* ---- looking ---- */

static void
ask_query(struct home *home, const char *name, const Attune__Local__Query *query)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    Attune__Local__Query copy = *query;
    request.name = pb_text(name);
    request.body_case = ATTUNE__LOCAL__REQUEST__BODY_QUERY;
    request.query = &copy;
    home_ask(home, &request);
}

void
people_ask(struct home *home, const char *name)
{
    Attune__Local__Request request;
    attune__local__request__init(&request);
    request.name = pb_text(name);
    home_ask(home, &request);
}

void
people_look(struct home *home, const struct entry_row *row)
{
    static const char *const names[] = {"visible", "drafts", "today", "digest", "verify",
                                        "questions", "draw"};
    Attune__Local__Query query;
    attune__local__query__init(&query);
    switch (world_draw(home->world, 5)) {
    case 0:
    case 1:
        if (row != NULL) {
            query.id = pb_bytes(row->id, ID_BYTES);
            query.partner = row->theirs;
            ask_query(home, "show", &query);
        }
        break;
    case 2:
        query.limit = (uint32_t)world_draw(home->world, 50);
        ask_query(home, "list", &query);
        break;
    case 3:
        query.text = pb_bytes("word1", 5);
        ask_query(home, "find", &query);
        break;
    default:
        people_ask(home, names[world_draw(home->world, 7)]);
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
    pair.code = pb_bytes(code, strlen(code));
    pair.at = pb_bytes(at, strlen(at));
    request.name = pb_text(name);
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
    request.name = pb_text("verify");
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
