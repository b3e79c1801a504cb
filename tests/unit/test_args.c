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

/* The text an act asks for can stand in the command, as a reply's can. */
static void
acts_of_text_take_a_line(void **state)
{
    (void)state;
    assert_int_equal(parse("almost", "4kz", "the money part", NULL), 0);
    assert_string_equal(args.id, "4kz");
    assert_line("the money part");
    assert_int_equal(parse("again", "you felt left out", NULL), 0);
    assert_null(args.id);
    assert_line("you felt left out");
    assert_int_equal(parse("later", "--at", "20:00", NULL), 0);
    assert_string_equal(args_field(&args, "at"), "20:00");
    assert_int_equal(parse("change", "4kz", "--rest", "3w", NULL), 0);
    assert_string_equal(args_field(&args, "rest"), "3w");
    assert_int_equal(parse("change", "4kz", "three weeks", NULL), E_USAGE);
    assert_int_equal(parse("accept", "4kz", "gladly so", NULL), E_USAGE);
}

/* A value that may be left out takes no word that could be the line. */
static void
a_topic_is_attached(void **state)
{
    (void)state;
    assert_int_equal(parse("tell", "--topic", "it is about my job", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "");
    assert_line("it is about my job");
    assert_int_equal(parse("tell", "--topic=work", "it is about my job", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_int_equal(parse("share", "7qa", "--topic", NULL), 0);
    assert_int_equal(parse("share", "7qa", "--topic=", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "");
    assert_int_equal(parse("share", "7qa", "--topic", "--topic=work", NULL), E_USAGE);
}

static void
a_topic_may_be_a_word(void **state)
{
    (void)state;
    /* The line stands elsewhere, before or after it. */
    assert_int_equal(parse("tell", "it is about my job", "--topic", "work", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_line("it is about my job");
    assert_int_equal(parse("tell", "--topic", "work", "--yes", "it is my job", NULL),
                     0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_line("it is my job");
    assert_int_equal(parse("tell", "--topic", "work", "--", "-5 degrees", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_line("-5 degrees");
    assert_int_equal(parse("share", "7qa", "--topic", "work", "--yes", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_string_equal(args.id, "7qa");
    assert_int_equal(parse("share", "--topic", "work", "7qa", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "work");
    assert_string_equal(args.id, "7qa");
    /* Nothing else could be the line, or the id. */
    assert_int_equal(parse("tell", "--topic", "my job", "--yes", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "");
    assert_line("my job");
    assert_int_equal(parse("share", "--topic", "7qa", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "");
    assert_string_equal(args.id, "7qa");
    /* What begins with - is an option as ever. */
    assert_int_equal(parse("tell", "my job", "--topic", "--yes", NULL), 0);
    assert_string_equal(args.flags[FLAG_TOPIC], "");
    assert_true(args_has(&args, FLAG_YES));
    assert_int_equal(parse("tell", "--topic", "a", "b", "--topic", "c", NULL), E_USAGE);
}

/* What means nothing for one alone is never only mine. */
static void
some_are_for_two(void **state)
{
    (void)state;
    static const char *const verbs[] = {"pause",    "hi",   "repair",
                                        "ritual",   "hear", "answer",
                                        "question", "deck", "need"};
    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        assert_int_equal(parse(verbs[i], "--mine", NULL), E_USAGE);
        assert_non_null(strstr(problem.why, "for both of you"));
        assert_int_equal(parse(verbs[i], "--ours", NULL), 0);
    }
    assert_int_equal(parse("thanks", "--mine", "x", NULL), 0);
}

static void
a_sign_begins_a_word(void **state)
{
    (void)state;
    assert_int_equal(parse("limits", "+money", "-work", "--json", NULL), 0);
    assert_int_equal(args.words_count, 2);
    assert_string_equal(args.words[1], "-work");
    assert_true(args_has(&args, FLAG_JSON));
    assert_int_equal(parse("allow", "-work", NULL), E_USAGE);
}

/* Those that stay, and those for the machine. */
static void
verbs_for_a_desktop(void **state)
{
    (void)state;
    assert_int_equal(parse("bar", "--for", "waybar", "--follow", NULL), 0);
    assert_string_equal(args.flags[FLAG_BAR], "waybar");
    assert_true(args_has(&args, FLAG_FOLLOW));
    assert_false(args_has(&args, FLAG_FOR)); /* the same word, of other verbs */
    assert_int_equal(parse("thanks", "for it", "--for", "7qa", NULL), 0);
    assert_string_equal(args.flags[FLAG_FOR], "7qa");
    assert_int_equal(parse("bar", "--for", NULL), E_USAGE);
    assert_int_equal(parse("bar", "waybar", NULL), E_USAGE);
    assert_int_equal(parse("bar", "--json", NULL), E_USAGE);
    assert_int_equal(parse("watch", NULL), 0);
    assert_int_equal(args.words_count, 0);
    assert_int_equal(parse("watch", "entries", "vault", "--json", NULL), 0);
    assert_int_equal(args.words_count, 2);
    assert_int_equal(parse("watch", "--follow", NULL), E_USAGE);
    assert_int_equal(parse("quiet", "40", "minutes", "--json", NULL), 0);
    assert_line("40 minutes");
    assert_int_equal(parse("quiet", "off", NULL), 0);
}

/* One name, a flag of one verb and a field of another. */
static void
each_verb_has_its_own_options(void **state)
{
    (void)state;
    assert_int_equal(parse("question", "--guess", "oranges", NULL), 0);
    assert_true(args_has(&args, FLAG_GUESS));
    assert_line("oranges");
    assert_int_equal(parse("answer", "--guess", "oranges", "Floor wax.", NULL), 0);
    assert_false(args_has(&args, FLAG_GUESS));
    assert_string_equal(args_field(&args, "guess"), "oranges");
    assert_int_equal(parse("hear", "7qa", "--as", "almost", "the money", NULL), 0);
    assert_string_equal(args.flags[FLAG_AS], "almost");
    assert_int_equal(parse("reply", "7qa", "--as", "question", NULL), 0);
    assert_string_equal(args_field(&args, "as"), "question");
    assert_int_equal(parse("thanks", "--for", "7qa", "for being there", NULL), 0);
    assert_string_equal(args.flags[FLAG_FOR], "7qa");
    assert_int_equal(parse("change", "7qa", "--lasts", "1h", NULL), 0);
    assert_string_equal(args_field(&args, "lasts"), "1h");
}

/* What every shared entry may say, and what only some kinds can. */
static void
options_follow_from_the_kind(void **state)
{
    (void)state;
    assert_int_equal(parse("thanks", "--how", "hug", "--may-tell", "Mia", "x", NULL),
                     0);
    assert_string_equal(args_field(&args, "how"), "hug");
    assert_string_equal(args_field(&args, "may-tell"), "Mia");
    assert_int_equal(parse("thanks", "--give", "2030-01-01", "x", NULL), 0);
    assert_int_equal(parse("hi", "--give", "2030-01-01", NULL), E_USAGE);
    assert_int_equal(parse("story", "--give", "2030-01-01", NULL), E_USAGE);
    assert_int_equal(parse("thanks", "--topic", "x", NULL), E_USAGE);
    assert_int_equal(parse("sorry", "--topic", "x", NULL), E_USAGE);
    assert_int_equal(parse("evening", "--best", "the walk", NULL), 0);
    assert_int_equal(parse("thanks", "--text", "x", NULL),
                     E_USAGE); /* that is the line */
    assert_int_equal(parse("answer", "--question", "x", NULL),
                     E_USAGE);                             /* attune's own */
    assert_int_equal(parse("pause", "-e", NULL), E_USAGE); /* nothing to edit */
    assert_int_equal(parse("tell", "--question", NULL), E_USAGE);
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
        cmocka_unit_test(acts_of_text_take_a_line),
        cmocka_unit_test(a_topic_is_attached),
        cmocka_unit_test(a_topic_may_be_a_word),
        cmocka_unit_test(some_are_for_two),
        cmocka_unit_test(a_sign_begins_a_word),
        cmocka_unit_test(verbs_for_a_desktop),
        cmocka_unit_test(each_verb_has_its_own_options),
        cmocka_unit_test(options_follow_from_the_kind),
        cmocka_unit_test(a_near_miss_is_named),
        cmocka_unit_test(what_is_refused),
        cmocka_unit_test(help_is_found_where_people_look),
        cmocka_unit_test(failure_leaves_the_output_alone),
        cmocka_unit_test(too_many_words),
        cmocka_unit_test(taken_arguments_are_blank),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
