/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fields as people type them: each type of field, good and bad, and first lines. */
#include "clients/cli/note.h"

#include "common/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NOW_S INT64_C(1775044800) /* Wednesday, 1 April 2026, noon UTC */

static struct cli cli;
static struct note note;

static int
begin(void **state)
{
    (void)state;
    (void)setenv("TZ", "UTC", 1);
    cli = (struct cli){.now_s = NOW_S, .status_known = true};
    return 0;
}

static void
about(const char *kind)
{
    note_done(&note);
    note_init(&note, kind_find(kind));
    assert_non_null(note.kind);
}

static int
put(const char *field, const char *value)
{
    cli.hint[0] = '\0';
    return note_put(&note, &cli, note_index(note.kind, field), span_text(value));
}

static void
assert_text(const char *field, const char *expected)
{
    size_t index = note_index(note.kind, field);
    assert_true(note.set[index]);
    assert_string_equal(buf_text(&note.texts[index]), expected);
}

static void
durations(void **state)
{
    (void)state;
    about("pause");
    assert_int_equal(put("lasts", "40m"), 0);
    assert_int_equal(note.numbers[0], 40 * 60);
    assert_int_equal(put("lasts", "19m"), E_TIME);
    assert_string_equal(cli.hint, "It takes a time from 20m to 1d.");
    assert_int_equal(put("lasts", "25h"), E_TIME);
    assert_int_equal(put("lasts", "soon"), E_TIME);
    assert_int_equal(note.numbers[0], 40 * 60); /* as it was */
    about("ritual");
    assert_int_equal(put("rest", "3w"), 0);
    assert_int_equal(note.numbers[note_index(note.kind, "rest")], 21 * 24 * 3600);
}

static void
days_and_clocks(void **state)
{
    (void)state;
    about("ritual");
    assert_int_equal(put("every", "Sundays"), 0);
    assert_text("every", "weekly sun");
    assert_int_equal(put("every", "2w"), 0);
    assert_text("every", "weeks 2 wed"); /* from the day it is */
    assert_int_equal(put("every", "when we like"), E_TIME);
    assert_int_equal(put("at", "8pm"), 0);
    assert_int_equal(note.numbers[note_index(note.kind, "at")], 20 * 60);
    assert_int_equal(put("at", "evening"), E_TIME);
    about("promise");
    assert_int_equal(put("due", "tomorrow 18:30"), 0);
    assert_int_equal(note.numbers[note_index(note.kind, "due")],
                     NOW_S + 24 * 3600 + 6 * 3600 + 30 * 60);
    assert_int_equal(put("due", "t"), E_TIME); /* one letter is for the prompt */
}

/* The first word is the choice; the rest is the text. */
static void
first_lines(void **state)
{
    (void)state;
    about("need");
    assert_int_equal(note_put_line(&note, &cli, span_text("hug"), false), 0);
    assert_text("what", "hug");
    assert_false(note.set[note_index(note.kind, "text")]);
    assert_int_equal(note_put_line(&note, &cli, span_text(" listen  long day "), false),
                     0);
    assert_text("what", "listen");
    assert_text("text", "long day");
    about("need");
    assert_int_equal(note_put_line(&note, &cli, span_text("hugs please"), false),
                     E_USAGE);
    assert_false(note_any_set(&note));
    assert_int_equal(note_put_line(&note, &cli, span_text("hugs please"), true),
                     E_USAGE);
    assert_text("text", "hugs please"); /* for a draft */
    about("thanks");
    assert_int_equal(note_put_line(&note, &cli, span_text("for the soup"), false), 0);
    assert_text("text", "for the soup");
    assert_int_equal(note_put_line(&note, &cli, span_text(" "), false), E_EMPTY);
}

/* A note counts through a kind's own fields, its acts' and those of every shared entry. */
static void
fields_of_all_sorts(void **state)
{
    (void)state;
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    for (size_t i = 0; i < kind_count(); i++) {
        size_t count = 0;
        while (note_field(kind_at(i), count) != NULL) {
            count++;
        }
        assert_true(count <= FIELDS_MAX);
        assert_int_equal(note_index(kind_at(i), "no-such-field"), FIELDS_MAX);
    }
    about("hear");
    assert_int_equal(put("missing", "the money\npart"), 0);
    assert_int_equal(put("how", "just listen"), 0);
    assert_int_equal(put("topic", "work"), 0);
    assert_int_equal(note_fields(&note, fields, pointers), 3);
    assert_string_equal(pointers[0]->name, "missing");
    assert_memory_equal(pointers[0]->text.data, "the money part", 14);
    assert_string_equal(pointers[1]->name, "how");
    assert_string_equal(pointers[2]->name, "topic");
    assert_false(note_any_typed(&note));
    note_unset(&note, note_index(note.kind, "how"));
    assert_int_equal(note_fields(&note, fields, pointers), 2);
    note_done(&note);
}

/* What attuned kept of a draft comes back as it was, and counts as typed. */
static void
a_draft_comes_back(void **state)
{
    (void)state;
    Attune__Local__Field kept[4];
    Attune__Local__Field *given[] = {&kept[0], &kept[1], &kept[2], &kept[3]};
    Attune__Local__Field fields[FIELDS_MAX];
    Attune__Local__Field *pointers[FIELDS_MAX];
    attune_field_text(&kept[0], "text", span_text("book the table"));
    attune_field_number(&kept[1], "due", 1800000000);
    attune_field_text(&kept[2], "of-a-newer-attune", span_text("x"));
    attune_field_text(&kept[3], "how", span_text(""));
    about("promise");
    assert_int_equal(note_take(&note, given, 4), 0);
    assert_int_equal(note_fields(&note, fields, pointers), 2);
    assert_string_equal(pointers[0]->name, "text");
    assert_memory_equal(pointers[0]->text.data, "book the table", 14);
    assert_string_equal(pointers[1]->name, "due");
    assert_int_equal(pointers[1]->number, 1800000000);
    assert_true(note_any_typed(&note));
    note_done(&note);
}

/* A day that was refused when sending is named, unless something was said already. */
static void
a_refused_day_is_named(void **state)
{
    (void)state;
    about("promise");
    cli.hint[0] = '\0';
    assert_int_equal(note_time_refused(&note, &cli, E_TIME), E_TIME);
    assert_string_equal(cli.hint, "");
    note.set[note_index(note.kind, "due")] = true;
    assert_int_equal(note_time_refused(&note, &cli, E_STATE), E_STATE);
    assert_string_equal(cli.hint, "");
    assert_int_equal(note_time_refused(&note, &cli, E_TIME), E_TIME);
    assert_non_null(strstr(cli.hint, "--due takes a day or time still to come"));
    cli.hint[1] = '\0';
    assert_int_equal(note_time_refused(&note, &cli, E_TIME), E_TIME);
    assert_int_equal(strlen(cli.hint), 1);
    cli.hint[0] = '\0';
    note_done(&note);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(durations, begin),
        cmocka_unit_test_setup(days_and_clocks, begin),
        cmocka_unit_test_setup(first_lines, begin),
        cmocka_unit_test_setup(fields_of_all_sorts, begin),
        cmocka_unit_test_setup(a_draft_comes_back, begin),
        cmocka_unit_test_setup(a_refused_day_is_named, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
