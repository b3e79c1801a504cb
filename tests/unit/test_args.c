/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The grammar attune VERB [ID] [line] [--field value], good and bad. */
#include "clients/cli/args.h"

#include "common/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define WORDS_MAX 600

static struct args args;
static struct args_problem problem;

/* Parses the words up to NULL. */
static int
parse(const char *first, ...)
{
    const char *argv[WORDS_MAX] = {"attune"};
    int argc = 1;
    va_list list;
    va_start(list, first);
    for (const char *word = first; word != NULL; word = va_arg(list, const char *)) {
        argv[argc++] = word;
    }
    va_end(list);
    memset(&args, 0, sizeof args);
    memset(&problem, 0, sizeof problem);
    return args_parse(argc, argv, &args, &problem);
}

static void
assert_line(const char *expected)
{
    struct buf line;
    buf_init(&line, 0);
    args_line(&args, &line);
    assert_string_equal(buf_text(&line), expected);
    buf_free(&line);
}

static void
bare_is_today(void **state)
{
    (void)state;
    assert_int_equal(parse(NULL), 0);
    assert_null(args.command.name);
    assert_int_equal(parse("--json", NULL), 0);
    assert_null(args.command.name);
    assert_true(args_has(&args, FLAG_JSON));
}

static void
a_kind_takes_a_line_and_its_fields(void **state)
{
    (void)state;
    assert_int_equal(parse("promise", "book the table", "--due", "friday", NULL), 0);
    assert_string_equal(args.command.name, "promise");
    assert_null(args.id);
    assert_line("book the table");
    assert_string_equal(args_field(&args, "due"), "friday");
    assert_int_equal(parse("feel", "tired,", "but", "--energy=2", "fine", NULL), 0);
    assert_line("tired, but fine");
    assert_string_equal(args_field(&args, "energy"), "2");
    assert_null(args_field(&args, "due"));
}

static void
flags_in_any_place(void **state)
{
    (void)state;
    assert_int_equal(
        parse("thanks", "--yes", "--hold", "0", "for the soup", "--json", NULL), 0);
    assert_true(args_has(&args, FLAG_YES));
    assert_true(args_has(&args, FLAG_JSON));
    assert_false(args_has(&args, FLAG_MINE));
    assert_string_equal(args.flags[FLAG_HOLD], "0");
    assert_line("for the soup");
    assert_int_equal(parse("log", "-n", "20", NULL), 0);
    assert_string_equal(args.flags[FLAG_COUNT], "20");
    assert_int_equal(parse("log", "-n20", NULL), 0);
    assert_string_equal(args.flags[FLAG_COUNT], "20");
    assert_int_equal(parse("write", "-e", NULL), 0);
    assert_true(args_has(&args, FLAG_EDITOR));
}

static void
two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_int_equal(parse("thanks", "--yes", "--", "--json", "is a word", NULL), 0);
    assert_false(args_has(&args, FLAG_JSON));
    assert_line("--json is a word");
    assert_int_equal(parse("thanks", "-", NULL), 0);
    assert_line("-");
    assert_int_equal(parse("write", "--", "--", NULL), 0);
    assert_line("--");
}

static void
an_id_goes_first(void **state)
{
    (void)state;
    assert_int_equal(parse("change", "4k7", "--due", "sat", NULL), 0);
    assert_string_equal(args.id, "4k7");
    assert_string_equal(args_field(&args, "due"), "sat");
    assert_int_equal(parse("done", NULL), 0);
    assert_null(args.id);
    assert_int_equal(parse("done", "@last", NULL), 0);
    assert_string_equal(args.id, "@last");
    assert_int_equal(parse("reply", "7qa", "tell me more", "--as", "question", NULL),
                     0);
    assert_string_equal(args.id, "7qa");
    assert_line("tell me more");
    assert_int_equal(parse("reply", "tell me more", NULL), 0);
    assert_null(args.id);
    assert_line("tell me more");
    assert_int_equal(parse("reply", "--", "7qa", "that", NULL), 0);
    assert_string_equal(args.id, "7qa");
    assert_line("that");
}

static void
only_ids_are_id_shaped(void **state)
{
    (void)state;
    assert_true(args_id_shaped("7qa"));
    assert_true(args_id_shaped("0123456789abcdefghjkmnpqrs"));
    assert_true(args_id_shaped("7QA"));
    assert_false(args_id_shaped("7q"));
    assert_false(args_id_shaped("you"));
    assert_false(args_id_shaped("0123456789abcdefghjkmnpqrst"));
    assert_false(args_id_shaped("a-b-c"));
    assert_false(args_id_shaped(""));
    assert_false(args_id_shaped("@first"));
}

static void
a_near_miss_is_named(void **state)
{
    (void)state;
    assert_int_equal(parse("thank", NULL), E_USAGE);
    assert_string_equal(problem.hint, "Did you mean: attune thanks");
    assert_int_equal(parse("prmoise", NULL), E_USAGE);
    assert_string_equal(problem.hint, "Did you mean: attune promise");
    assert_int_equal(parse("prom", NULL), E_USAGE);
    assert_string_equal(problem.hint, "Did you mean: attune promise");
    assert_int_equal(parse("thanks", "--hodl", "3", NULL), E_USAGE);
    assert_string_equal(problem.hint, "Did you mean --hold?");
    assert_int_equal(parse("promise", "--du", "fri", NULL), E_USAGE);
    assert_string_equal(problem.hint, "Did you mean --due?");
    assert_int_equal(parse("for the soup", NULL), E_USAGE);
    assert_string_equal(problem.hint, "attune help");
    assert_null(strstr(problem.why, "soup")); /* what was typed is never repeated */
}

static void
what_is_refused(void **state)
{
    (void)state;
    assert_int_equal(parse("thanks", "--due", "friday", NULL),
                     E_USAGE); /* not its field */
    assert_int_equal(parse("thanks", "--hold", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "--yes=1", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "--yes", "--yes", NULL), E_USAGE);
    assert_int_equal(parse("promise", "--due", "a", "--due", "b", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "--mine", "--ours", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "-x", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "--", NULL), 0);
    assert_int_equal(parse("thanks", "--=3", NULL), E_USAGE);
    assert_int_equal(parse("status", "now", NULL), E_USAGE);
    assert_int_equal(parse("done", "not an id", NULL), E_USAGE);
    assert_int_equal(parse("done", "7qa", "4kz", NULL), E_USAGE);
    assert_int_equal(parse("", NULL), E_USAGE);
    assert_int_equal(parse("THANKS", NULL), E_USAGE); /* exact words only */
    assert_int_equal(parse("thanks", "--a-name-longer-than-any-field-may-be", NULL),
                     E_USAGE);
}

static void
help_is_found_where_people_look(void **state)
{
    (void)state;
    assert_int_equal(parse("--help", NULL), 0);
    assert_string_equal(args.command.name, "help");
    assert_int_equal(args.words_count, 0);
    assert_int_equal(parse("promise", "--due", "x", "--help", NULL), 0);
    assert_string_equal(args.command.name, "help");
    assert_string_equal(args.words[0], "promise");
    assert_int_equal(args.fields_count, 0);
    assert_int_equal(parse("--version", NULL), 0);
    assert_string_equal(args.command.name, "version");
}

static void
failure_leaves_the_output_alone(void **state)
{
    (void)state;
    struct args before;
    memset(&args, 0x5a, sizeof args);
    memcpy(&before, &args, sizeof before);
    const char *argv[] = {"attune", "thanks", "--nothing"};
    assert_int_equal(args_parse(3, argv, &args, &problem), E_USAGE);
    assert_memory_equal(&before, &args, sizeof before);
}

static void
too_many_words(void **state)
{
    (void)state;
    const char *argv[ARGS_WORDS_MAX + 3] = {"attune", "write"};
    for (size_t i = 2; i < ARGS_WORDS_MAX + 3; i++) {
        argv[i] = "word";
    }
    assert_int_equal(args_parse((int)ARGS_WORDS_MAX + 2, argv, &args, &problem), 0);
    assert_int_equal(args.words_count, ARGS_WORDS_MAX);
    assert_int_equal(args_parse((int)ARGS_WORDS_MAX + 3, argv, &args, &problem),
                     E_USAGE);
}

static void
taken_arguments_are_blank(void **state)
{
    (void)state;
    char name[] = "attune";
    char verb[] = "thanks";
    char text[] = "for the soup";
    char empty[] = "";
    char *argv[] = {name, verb, text, empty, NULL};
    struct buf block;
    const char *const *words = NULL;
    buf_init(&block, 0);
    assert_int_equal(args_take(4, argv, &block, &words), 0);
    assert_string_equal(words[0], "attune");
    assert_string_equal(words[1], "thanks");
    assert_string_equal(words[2], "for the soup");
    assert_string_equal(words[3], "");
    assert_null(words[4]);
    assert_string_equal(name, "attune");
    for (size_t i = 0; i < sizeof text; i++) {
        assert_int_equal(text[i], 0);
    }
    for (size_t i = 0; i < sizeof verb; i++) {
        assert_int_equal(verb[i], 0);
    }
    buf_free(&block);
}

/* Two verbs of one name, or a field named like a flag, could never both be meant. */
static void
the_tables_are_unambiguous(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        struct command found;
        assert_non_null(command.run);
        assert_non_null(command.help);
        assert_true(commands_find(command.name, &found));
        for (size_t j = i + 1; j < commands_count(); j++) {
            assert_string_not_equal(command.name, commands_at(j).name);
        }
        const struct kind_field *field;
        for (size_t f = 0; (field = commands_field(&command, f)) != NULL; f++) {
            assert_true(strlen(field->name) <= FIELD_NAME_BYTES_MAX);
            for (unsigned flag = 0; flag < FLAGS_COUNT; flag++) {
                assert_string_not_equal(field->name, commands_flag(flag)->name);
            }
        }
    }
}

/* Every example of the tables is one the parser takes. */
static void
examples_parse(void **state)
{
    (void)state;
    for (size_t i = 0; i < commands_count(); i++) {
        struct command command = commands_at(i);
        const char *at = command.examples != NULL ? command.examples : "";
        while (*at != '\0') {
            char line[200] = {0};
            size_t size = strcspn(at, "\n");
            assert_true(size < sizeof line);
            memcpy(line, at, size);
            const char *argv[20] = {"attune"};
            int argc = 1;
            char *rest = line;
            for (char *word; (word = strsep(&rest, " ")) != NULL;) {
                argv[argc++] = word; /* quotes stay; the parser doesn't mind them */
            }
            if (args_parse(argc, argv, &args, &problem) != 0) {
                fail_msg("attune %s: %s", line, problem.why);
            }
            at += size + (at[size] == '\n' ? 1 : 0);
        }
    }
}

static void
distances(void **state)
{
    (void)state;
    assert_int_equal(commands_distance("thanks", "thanks"), 0);
    assert_int_equal(commands_distance("thank", "thanks"), 1);
    assert_int_equal(commands_distance("thansk", "thanks"), 1); /* a swap is one slip */
    assert_int_equal(commands_distance("", "find"), 4);
    assert_int_equal(commands_distance("a very long line that is no verb", "find"), 9);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bare_is_today),
        cmocka_unit_test(a_kind_takes_a_line_and_its_fields),
        cmocka_unit_test(flags_in_any_place),
        cmocka_unit_test(two_dashes_end_the_options),
        cmocka_unit_test(an_id_goes_first),
        cmocka_unit_test(only_ids_are_id_shaped),
        cmocka_unit_test(a_near_miss_is_named),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(help_is_found_where_people_look),
        cmocka_unit_test(failure_leaves_the_output_alone),
        cmocka_unit_test(too_many_words),
        cmocka_unit_test(taken_arguments_are_blank),
        cmocka_unit_test(the_tables_are_unambiguous),
        cmocka_unit_test(examples_parse),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
