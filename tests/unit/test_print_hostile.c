/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a partner's text, a name or an odd reply can do to a terminal or a script:
 * nothing.
 */
#include "tests/unit/print_world.h"

#include "common/kind.h"
#include "common/limits.h"

#include <stdlib.h>
#include <time.h>

static const char *const hostile[] = {
    "\033[2J\033[H\033]0;title\007\033]52;c;ZXZpbA==\007clear",
    "\xe2\x80\xae"
    "txet desrever\xe2\x80\xac \xe2\x81\xa6isolate\xe2\x81\xa9",
    "line\n  │ Ana thanks you · today 21:04\n  attune share 3c8\nBen agreed",
    "back\rover\x08\x08\x08 \x7f \xc2\x9b"
    "31m csi",
    "\xff\xfe\xc0\xaf\xed\xa0\x80 not utf-8 \xf4\x90\x80\x80",
    "\xcc\x81\xcc\x81\xcc\x81 marks first "
    "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81"
    "\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
    "\xe2\x80\xa8separator\xe2\x80\xa9paragraph\x0bvt\x0c"
    "ff\xc2\x85nel",
    "\002not a match\003 \002",
    "\xf3\xa0\x81\xa1tags\xf3\xa0\x81\xbf \xef\xbb\xbf \xe2\x80\x8b zero",
    "",
    "\n\n\n",
    "\t\t\ttabs",
};

/* An entry of the partner with hostile text in each place text can be. */
static struct made *
add_hostile(struct world *world, struct span text)
{
    struct made *made = add(world, "promise", true, "");
    made->fields[0].text = attune_bytes(text);
    made->entry.snippet = attune_bytes(text);
    return made;
}

static void
print_hostile(struct span text, bool json, size_t columns, unsigned which,
              struct buf *out)
{
    const struct term term = {.columns = columns};
    struct world *world = malloc(sizeof *world);
    struct printer printer;
    assert_non_null(world);
    world_init(world);
    print_init(&printer, json, &term, NOW_S);
    print_names(&printer, span_text("Ana"), which < 4 ? span_text("Ben") : text);
    struct made *made = add_hostile(world, text);
    if (which == 0) {
        print_entries(&printer, &world->reply);
    } else if (which == 1) {
        print_found(&printer, &world->reply);
    } else if (which == 2 || which == 4) {
        print_show(&printer, &world->reply);
    } else if (which == 3 || which == 5) {
        made->entry.n_fields = 0;
        print_today(&printer, &world->reply);
    } else {
        print_visible(&printer, &world->reply, true);
    }
    assert_int_equal(buf_done(&printer.out), 0);
    assert_int_equal(printer.err.size, 0);
    buf_put_span(out, buf_span(&printer.out));
    print_done(&printer);
    free(world);
}

/* Text: lines fit and nothing leaves its gutter. JSON: one line of plain characters. */
static void
check_hostile(struct span text)
{
    static const size_t widths[] = {20, 33, 40, 80, 200};
    for (unsigned which = 0; which < 7; which++) {
        struct buf got;
        struct span rest, line = SPAN_EMPTY;
        for (size_t w = 0; w < sizeof widths / sizeof widths[0]; w++) {
            buf_init(&got, 0);
            print_hostile(text, false, widths[w], which, &got);
            assert_harmless(buf_span(&got));
            rest = buf_span(&got);
            size_t lines = 0, outside = 0;
            while (next_line(&rest, &line)) {
                lines++;
                outside += !starts_with(line, "  │");
                assert_true(text_width(line) <= widths[w]);
            }
            if (which <= 1) {
                assert_int_equal(lines, 1);
            } else if (which == 2) {
                assert_int_equal(outside, 1); /* "attune reply 3c8" */
                assert_true(starts_with(line, "  attune reply"));
            } else if (which == 3 || which == 5) {
                assert_true(lines <= PRINT_TODAY_LINES);
            }
            buf_free(&got);
        }
        buf_init(&got, 0);
        print_hostile(text, true, 80, which, &got);
        assert_harmless(buf_span(&got));
        rest = buf_span(&got);
        assert_true(next_line(&rest, &line));
        assert_int_equal(rest.size, 0);
        assert_true(starts_with(line, "{\"format\":1,"));
        assert_int_equal(line.data[line.size - 1], '}');
        buf_free(&got);
    }
}

static void
test_hostile_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        check_hostile(span_text(hostile[i]));
    }
}

/* Each field of the kind and what any shared entry may have, all of it hostile. */
static void
fill_kind(struct made *made, const struct kind *kind, const char *text)
{
    static const char *const common[] = {"how", "may-tell", "topic"};
    const struct kind_act *act;
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        add_text(made, kind->fields[i].name, text);
        made->fields[i].number = i % 2 == 0 ? INT64_MIN : INT64_MAX;
    }
    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++) {
        add_text(made, common[i], text);
    }
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL && i < EVENTS; i++) {
        Attune__Local__Event *event = add_event(made, act->name, i % 2 == 0, NOW_S);
        if (act->asks != NULL) {
            carries(made, event, act->asks, text, 0);
            made->event_fields[event - made->events].number = INT64_MAX;
        }
    }
}

/* Outside the gutter nothing of it begins a line, whatever the kind and its state. */
static void
check_kind(const struct kind *kind, enum state state, const char *text, bool json)
{
    const struct term term = {.columns = 40};
    struct world *world = malloc(sizeof *world);
    struct printer printer;
    assert_non_null(world);
    world_init(world);
    print_init(&printer, json, &term, NOW_S);
    print_names(&printer, span_text("Ana"), span_text("Ben"));
    struct made *made = add(world, kind->name, true, NULL);
    fill_kind(made, kind, text);
    set_state(made, state_name(state));
    made->entry.due = NOW_S;
    made->entry.why = attune_text(text);
    made->entry.snippet = attune_bytes(span_text(text));
    (void)add_question(world, text, text);
    world->reply.offer = attune_text(text);
    print_show(&printer, &world->reply);
    print_preview(&printer, &made->entry);
    print_found(&printer, &world->reply);
    print_questions(&printer, &world->reply);
    print_today(&printer, &world->reply);
    print_visible(&printer, &world->reply, true);
    assert_int_equal(buf_done(&printer.out), 0);
    assert_harmless(buf_span(&printer.out));
    struct span rest = buf_span(&printer.out), line = SPAN_EMPTY;
    while (next_line(&rest, &line)) {
        assert_true(json || text_width(line) <= 40);
        assert_false(starts_with(line, "  attune share 3c8"));
        assert_false(starts_with(line, "Ben agreed"));
    }
    print_done(&printer);
    free(world);
}

static void
test_every_kind(void **state)
{
    (void)state;
    for (size_t k = 0; k < kind_count(); k++) {
        for (unsigned s = 0; s < STATES_COUNT; s++) {
            for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
                check_kind(kind_at(k), (enum state)s, hostile[i], false);
                check_kind(kind_at(k), (enum state)s, hostile[i], true);
            }
        }
    }
}

static void
test_longest_line(void **state)
{
    (void)state;
    static const char *const units[] = {"x",         "\033",         "日",
                                        "e\xcc\x81", "\xe2\x80\xae", "\n"};
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        struct buf text;
        buf_init(&text, 0);
        while (text.size + strlen(units[u]) <= TEXT_BYTES_MAX) {
            buf_put_text(&text, units[u]);
        }
        struct buf got;
        buf_init(&got, 0);
        for (unsigned which = 0; which < 3; which++) {
            buf_clear(&got);
            print_hostile(buf_span(&text), false, 40, which, &got);
            assert_harmless(buf_span(&got));
            struct span rest = buf_span(&got), line = SPAN_EMPTY;
            while (next_line(&rest, &line)) {
                assert_true(text_width(line) <= 40);
            }
            buf_clear(&got);
            print_hostile(buf_span(&text), true, 40, which, &got);
            assert_harmless(buf_span(&got));
        }
        buf_free(&got);
        buf_free(&text);
    }
}

/* A daemon of another version: kinds, states, acts and ids this one can't make sense
 * of. */
static void
test_odd_replies(void **state)
{
    (void)state;
    for (unsigned json = 0; json < 2; json++) {
        const struct term term = {.columns = 30};
        struct world *world = malloc(sizeof *world);
        struct printer printer;
        assert_non_null(world);
        world_init(world);
        print_init(&printer, json != 0, &term, NOW_S);
        struct made *made = add(world, "\033[31mkind", true, NULL);
        set_state(made, "\033[31mstate");
        made->entry.id = attune_bytes(span_text("short"));
        made->entry.parent = made->entry.id;
        made->entry.unique = 99;
        made->entry.created = INT64_MAX;
        made->acts[0] = attune_text("\033[31mact");
        made->entry.n_acts = 1;
        add_event(made, "\033[31mevent", false, INT64_MIN);
        world->reply.topics = made->acts;
        world->reply.n_topics = 1;
        world->status.exists = true;
        world->status.waiting_since = attune_text("\033[31m");
        world->status.partner_name = attune_bytes(span_text("\033[31m"));
        print_entries(&printer, &world->reply);
        print_found(&printer, &world->reply);
        print_show(&printer, &world->reply);
        print_visible(&printer, &world->reply, true);
        print_today(&printer, &world->reply);
        print_created(&printer, &world->reply, false, false, NULL, 0);
        print_topics(&printer, &world->reply);
        print_status(&printer, &world->status);
        assert_int_equal(buf_done(&printer.out), 0);
        assert_harmless(buf_span(&printer.out));
        print_done(&printer);
        free(world);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_text),
        cmocka_unit_test(test_every_kind),
        cmocka_unit_test(test_longest_line),
        cmocka_unit_test(test_odd_replies),
    };
    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
