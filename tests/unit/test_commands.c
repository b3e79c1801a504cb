/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tables of verbs seen as one: names, places, forms, examples. */
#include "clients/cli/args.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct args args;
static struct args_problem problem;

static void
assert_form(const char *verb, const char *expected)
{
    struct command command;
    struct buf form;
    buf_init(&form, 0);
    assert_true(commands_find(verb, &command));
    commands_form(&command, &form);
    assert_string_equal(buf_text(&form), expected);
    buf_free(&form);
}

static void
forms(void **state)
{
    (void)state;
    assert_form("thanks", "[line]");
    assert_form("need", "WHAT [line]");
    assert_form("pause", "[TIME]");
    assert_form("promise", "[line] --due DATE");
    assert_form("answer", "[ID] [line]");
    assert_form("almost", "[ID] [line]");
    assert_form("later", "[ID] --at DATE");
    assert_form("share", "[ID]");
}

static enum group
group_of(const char *verb)
{
    struct command command;
    assert_true(commands_find(verb, &command));
    return command.group;
}

/* As the page people know shows them. */
static void
verbs_stand_in_their_groups(void **state)
{
    (void)state;
    static const struct {
        enum group group;
        const char *verbs;
    } rows[] = {
        {GROUP_EVERY_DAY, "thanks evening question answer skip need hi feel"},
        {GROUP_TALK, "tell hear deck reply"},
        {GROUP_HARD, "pause back repair repaired talked sorry story"},
        {GROUP_OURS, "promise ritual draw"},
        {GROUP_MINE, "write limits"},
        {GROUP_US, "allow"},
        {GROUP_ACTS, "accept change done with-you share undo"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char line[80];
        char *rest = line;
        memcpy(line, rows[i].verbs, strlen(rows[i].verbs) + 1);
        for (char *verb; (verb = strsep(&rest, " ")) != NULL;) {
            if (group_of(verb) != rows[i].group) {
                fail_msg("%s stands below %s", verb,
                         commands_group_title(group_of(verb)));
            }
        }
    }
}

/* What attune keeps or does by itself is no verb; what belongs to another verb is one, but
 * not on the help page. */
static void
some_are_no_verbs(void **state)
{
    (void)state;
    struct command command;
    assert_false(commands_find("depth", &command));
    assert_false(commands_find("answered", &command));
    assert_false(commands_find("reveal", &command));
    assert_false(commands_find("deny", &command));
    assert_true(commands_find("almost", &command));
    assert_true(command.inner);
    assert_true(commands_find("yes", &command));
    assert_true(command.inner);
    assert_true(commands_find("accept", &command));
    assert_false(command.inner);
    assert_true(commands_find("undo", &command));
    assert_false(command.inner);
}

/* The values --as offers are the answers of the kinds that have rounds, and all of them. */
static void
answers_of_rounds(void **state)
{
    (void)state;
    char offers[80] = " ";
    size_t count = 0;
    strncat(offers, commands_flag(FLAG_AS)->offers, sizeof offers - 3);
    strncat(offers, " ", 2);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        const struct kind_act *act;
        for (size_t a = 0; kind->rounds > 0 && (act = kind_act_at(kind, a)) != NULL;
             a++) {
            char word[40];
            (void)snprintf(word, sizeof word, " %s ", act->name);
            assert_non_null(strstr(offers, word));
            assert_int_not_equal(act->key, 0);
            count++;
        }
    }
    for (const char *at = commands_flag(FLAG_AS)->offers; *at != '\0'; at++) {
        count -= *at == ' ';
    }
    assert_int_equal(count, 1);
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
                if ((command.flags & FLAG_BIT(flag)) != 0) {
                    assert_string_not_equal(field->name, commands_flag(flag)->name);
                }
            }
            assert_int_not_equal(field->type, FIELD_INNER);
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
        cmocka_unit_test(forms),
        cmocka_unit_test(verbs_stand_in_their_groups),
        cmocka_unit_test(some_are_no_verbs),
        cmocka_unit_test(answers_of_rounds),
        cmocka_unit_test(the_tables_are_unambiguous),
        cmocka_unit_test(examples_parse),
        cmocka_unit_test(distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
