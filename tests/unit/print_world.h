/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Replies built by hand, for the tests of what is printed; and what every output must
 * be.
 */
#ifndef ATTUNE_TESTS_UNIT_PRINT_WORLD_H
#define ATTUNE_TESTS_UNIT_PRINT_WORLD_H

#include "clients/cli/print.h"

#include "clients/lib/attune.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Tuesday 2027-05-04 21:04 in the zone of main(). */
#define NOW_S INT64_C(1809457440)
#define MINUTE_S INT64_C(60)
#define DAY_S INT64_C(86400)

enum { FIELDS = 10, EVENTS = 6, ENTRIES = 24, ACTS = 6, QUESTIONS = 3 };

/* An entry with all it points to; built in place, so it must not move afterwards. */
struct made {
    Attune__Local__Entry entry;
    Attune__Local__Field fields[FIELDS];
    Attune__Local__Field *field_list[FIELDS];
    Attune__Local__Event events[EVENTS];
    Attune__Local__Event *event_list[EVENTS];
    Attune__Local__Field event_fields[EVENTS]; /* one an event */
    Attune__Local__Field *event_field_list[EVENTS];
    char *acts[ACTS];
    uint8_t id[16];
};

struct world {
    Attune__Local__Reply reply;
    Attune__Local__Status status;
    struct made made[ENTRIES];
    Attune__Local__Entry *list[ENTRIES];
    size_t count;
    Attune__Local__Question questions[QUESTIONS];
    Attune__Local__Question *question_list[QUESTIONS];
};

static inline void
world_init(struct world *world)
{
    memset(world, 0, sizeof *world);
    attune__local__reply__init(&world->reply);
    attune__local__status__init(&world->status);
    world->reply.entries = world->list;
    world->reply.questions = world->question_list;
}

static inline struct made *
add(struct world *world, const char *kind, bool partner, const char *text)
{
    size_t n = world->count++;
    assert_true(n < ENTRIES);
    struct made *made = &world->made[n];
    attune__local__entry__init(&made->entry);
    for (size_t i = 0; i < sizeof made->id; i++) {
        made->id[i] = (uint8_t)(0x3c + 37 * n + 11 * i);
    }
    made->entry.id = attune_bytes(span_of(made->id, sizeof made->id));
    made->entry.kind = attune_text(kind);
    made->entry.partner = partner;
    made->entry.state = attune_text("open");
    made->entry.created = NOW_S - (int64_t)n * 7 * 3600;
    made->entry.unique = 2;
    made->entry.fields = made->field_list;
    made->entry.events = made->event_list;
    made->entry.acts = made->acts;
    if (text != NULL) {
        attune_field_text(&made->fields[0], "text", span_text(text));
        made->field_list[0] = &made->fields[0];
        made->entry.n_fields = 1;
    }
    world->list[n] = &made->entry;
    world->reply.n_entries = world->count;
    return made;
}

static inline void
add_number(struct made *made, const char *name, int64_t number)
{
    size_t n = made->entry.n_fields++;
    attune_field_number(&made->fields[n], name, number);
    made->field_list[n] = &made->fields[n];
}

static inline void
add_text(struct made *made, const char *name, const char *text)
{
    size_t n = made->entry.n_fields++;
    attune_field_text(&made->fields[n], name, span_text(text));
    made->field_list[n] = &made->fields[n];
}

static inline Attune__Local__Event *
add_event(struct made *made, const char *act, bool partner, int64_t time_s)
{
    size_t n = made->entry.n_events++;
    attune__local__event__init(&made->events[n]);
    made->events[n].act = attune_text(act);
    made->events[n].partner = partner;
    made->events[n].time = time_s;
    made->event_list[n] = &made->events[n];
    return &made->events[n];
}

/* What the event carried. */
static inline void
carries(struct made *made, Attune__Local__Event *event, const char *name,
        const char *text, int64_t number)
{
    size_t n = (size_t)(event - made->events);
    if (text != NULL) {
        attune_field_text(&made->event_fields[n], name, span_text(text));
    } else {
        attune_field_number(&made->event_fields[n], name, number);
    }
    made->event_field_list[n] = &made->event_fields[n];
    event->fields = &made->event_field_list[n];
    event->n_fields = 1;
}

static inline void
can(struct made *made, const char *act)
{
    assert_true(made->entry.n_acts < ACTS);
    made->acts[made->entry.n_acts++] = attune_text(act);
}

static inline Attune__Local__Question *
add_question(struct world *world, const char *day, const char *text)
{
    size_t n = world->reply.n_questions++;
    assert_true(n < QUESTIONS);
    attune__local__question__init(&world->questions[n]);
    world->questions[n].day = attune_text(day);
    world->questions[n].text = attune_bytes(span_text(text));
    world->question_list[n] = &world->questions[n];
    return &world->questions[n];
}

static inline void
set_state(struct made *made, const char *state)
{
    made->entry.state = attune_text(state);
}

/* A bit of everything. */
static inline void
fill_log(struct world *world)
{
    struct made *made = add(world, "thanks", true,
                            "you fixed the lamp unasked; it showed me you notice");
    made =
        add(world, "write", false, "First evening.\nThe house is quiet and I like it.");
    made->entry.mine = true;
    made = add(world, "promise", false, "book the table");
    add_number(made, "due", NOW_S + 3 * DAY_S);
    set_state(made, "done");
    made = add(world, "feel", false, "tired, but fine");
    made->entry.mine = true;
    add_number(made, "energy", 2);
    made = add(world, "thanks", false, "for the soup");
    set_state(made, "held");
    made->entry.hold_s = 8;
    made = add(world, "promise", true, "call the landlord about the window");
    add_number(made, "due", NOW_S + 40 * DAY_S);
    set_state(made, "changed");
    made = add(world, "thanks", true, NULL);
    set_state(made, "retracted");
    made->entry.gone = true;
    made->entry.unique = 5;
    made = add(world, "haiku", true, "old pond / frog leaps in");
    made->entry.unknown = true;
    made->entry.created = NOW_S - 400 * DAY_S;
    made = add(
        world, "reply", true,
        "日本語のとても長い文章はここで切られるはずです、たぶん。そうでしょう？ええ。");
    made->entry.parent = world->made[1].entry.id;
}

/* -- what holds for every output -- */

/* No control, no reordering; newlines are the program's own. */
static inline void
assert_harmless(struct span text)
{
    assert_int_equal(text_check(text), 0);
    while (text.size > 0) {
        uint32_t codepoint = 0;
        size_t size = text_next(text, &codepoint);
        assert_false(text_hazard(codepoint));
        text = span_slice(text, size, text.size);
    }
}

/* Each line in turn, without its newline. */
static inline bool
next_line(struct span *rest, struct span *line)
{
    if (rest->size == 0) {
        return false;
    }
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    assert_non_null(end); /* all output ends with a newline */
    size_t size = (size_t)(end - rest->data);
    *line = span_slice(*rest, 0, size);
    *rest = span_slice(*rest, size + 1, rest->size);
    return true;
}

static inline bool
starts_with(struct span text, const char *start)
{
    struct span head = span_text(start);
    return span_equal(span_slice(text, 0, head.size), head);
}

#endif
