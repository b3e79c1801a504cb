/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Kinds are data: every row is complete and consistent, and printed out it is what
 * tests/golden/kinds/NAME.txt says, so that a change of a kind is seen by a reviewer.
 *
 * ATTUNE_GOLDEN_WRITE=1 in the environment writes the golden files instead.
 */
#include "common/bytes.h"
#include "common/kind.h"
#include "common/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const field_types[] = {"none", "line", "text", "number", "time",
                                          "choice"};
static const char *const reminds[] = {"nobody", "author", "both"};

static void
put_states(struct buf *out, uint32_t mask)
{
    const char *between = "";
    for (unsigned state = 0; state < STATES_COUNT; state++) {
        if ((mask & STATE_BIT(state)) != 0) {
            buf_printf(out, "%s%s", between, state_name((enum state)state));
            between = "|";
        }
    }
}

static void
put_field(struct buf *out, const struct kind_field *field)
{
    buf_printf(out, "field %s: %s", field->name, field_types[field->type]);
    if (field->type == FIELD_LINE || field->type == FIELD_TEXT) {
        buf_printf(out, ", at most %u bytes", kind_field_bytes_max(field));
    }
    if (field->type == FIELD_NUMBER) {
        buf_printf(out, ", %lld to %lld", (long long)field->min, (long long)field->max);
    }
    if (field->choices != NULL) {
        buf_printf(out, ", of: %s", field->choices);
    }
    buf_printf(out, "%s%s", field->required ? ", required" : "",
               field->asked ? ", asked" : "");
    if (field->prompt != NULL) {
        buf_printf(out, ", prompt: %s", field->prompt);
    }
    buf_printf(out, "\n    %s\n", field->help);
}

static void
put_act(struct buf *out, const struct kind_act *act)
{
    buf_printf(out, "act %s: ", act->name);
    put_states(out, act->from);
    buf_printf(out, " -> %s, by %s%s%s%s%s\n", state_name(act->to),
               act->who == WHO_AUTHOR    ? "author"
               : act->who == WHO_PARTNER ? "partner"
                                         : "either",
               act->asks != NULL ? ", asks for " : "", act->asks != NULL ? act->asks : "",
               act->proposes ? ", proposes" : "", act->adopts ? ", adopts" : "");
    buf_printf(out, "    %s\n    said: %s\n", act->help, act->said);
}

static void
put_kind(struct buf *out, const struct kind *kind)
{
    buf_printf(out, "%s, habit %d: %s\n", kind->name, (int)kind->habit, kind->help);
    buf_printf(out, "example: attune %s %s\n", kind->name, kind->example);
    buf_printf(out, "notice: %s\ntoday: %s\nsaid: %s\n", kind->notice, kind->today,
               kind->said);
    buf_printf(out, "reach: %s%s%s%s, hold %u s\n", kind->mine ? "mine" : "ours",
               kind->shareable ? ", shareable" : "", kind->longer ? ", longer" : "",
               kind->reply ? ", reply" : "", kind->hold_s);
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        put_field(out, &kind->fields[i]);
    }
    for (size_t i = 0; i < kind_acts_count(kind); i++) {
        put_act(out, &kind->acts[i]);
    }
    if (kind->due.field != NULL) {
        buf_printf(out, "due: %s reminds %s while ", kind->due.field,
                   reminds[kind->due.remind]);
        put_states(out, kind->due.states);
        buf_put_text(out, "\n");
    }
}

static void
as_golden(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        struct buf printed = {0};
        char path[4096];
        char golden[16384] = "";
        put_kind(&printed, kind_at(i));
        assert_int_equal(buf_done(&printed), 0);
        (void)snprintf(path, sizeof path, "%s/%s.txt", ATTUNE_GOLDEN_KINDS,
                       kind_at(i)->name);
        bool write = getenv("ATTUNE_GOLDEN_WRITE") != NULL;
        FILE *file = fopen(path, write ? "w" : "r");
        if (file == NULL) {
            fail_msg("kind %s has no golden file", kind_at(i)->name);
        }
        if (write) {
            (void)fputs(buf_text(&printed), file);
        } else {
            golden[fread(golden, 1, sizeof golden - 1, file)] = '\0';
            assert_string_equal(buf_text(&printed), golden);
        }
        assert_int_equal(fclose(file), 0);
        buf_free(&printed);
    }
}

static bool
is_name(const char *text, size_t bytes_max)
{
    size_t size = text == NULL ? 0 : strlen(text);
    return size > 0 && size <= bytes_max &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz-") == size;
}

static bool
is_line(const char *text)
{
    return text != NULL && text[0] != '\0' && strpbrk(text, "\n\t") == NULL &&
           text_width(span_text(text)) <= 72;
}

static void
complete(void **state)
{
    (void)state;
    assert_true(kind_count() > 0);
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        assert_ptr_equal(kind_find(kind->name), kind);
        assert_true(is_name(kind->name, KIND_NAME_BYTES_MAX));
        assert_true(is_line(kind->help) && is_line(kind->notice) && is_line(kind->today));
        assert_true(is_line(kind->said) && is_line(kind->example));
        assert_true(kind->hold_s <= HOLD_S_MAX);
        assert_true(kind->mine || kind->shareable);
        /* The first field is the text; every kind has one. */
        assert_true(kind_fields_count(kind) > 0);
        assert_true(kind->fields[0].type == FIELD_LINE ||
                    kind->fields[0].type == FIELD_TEXT);
    }
    assert_null(kind_find("no-such-kind"));
}

static void
fields_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        size_t count = kind_fields_count(kind);
        size_t bytes = 0;
        assert_true(count < FIELDS_MAX);
        for (size_t f = 0; f < count; f++) {
            const struct kind_field *field = &kind->fields[f];
            assert_true(is_name(field->name, FIELD_NAME_BYTES_MAX));
            assert_true(is_line(field->help));
            assert_ptr_equal(kind_field(kind, field->name), field); /* once only */
            assert_true(!field->asked || f == 0 || field->prompt != NULL);
            assert_int_equal(field->type == FIELD_CHOICE, field->choices != NULL);
            assert_int_equal(field->type == FIELD_NUMBER, field->min < field->max);
            bytes += FIELD_NAME_BYTES_MAX + 64 + kind_field_bytes_max(field);
        }
        assert_true(bytes <= PAYLOAD_BYTES_MAX);
    }
}

/* Every state an act leads to is known, every one it starts from can be reached. */
static void
acts_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        size_t count = kind_acts_count(kind);
        uint32_t reached = STATE_BIT(S_OPEN);
        for (size_t a = 0; a < count; a++) {
            reached |= STATE_BIT(kind->acts[a].to);
        }
        for (size_t a = 0; a < count; a++) {
            const struct kind_act *act = &kind->acts[a];
            assert_true(is_name(act->name, KIND_NAME_BYTES_MAX));
            assert_true(is_line(act->help) && is_line(act->said));
            assert_ptr_equal(kind_act(kind, act->name), act);
            assert_null(kind_find(act->name)); /* a verb is one or the other */
            assert_true(act->from != 0 && (act->from & ~reached) == 0);
            assert_true(act->to > S_NONE && act->to < STATES_COUNT);
            assert_true(act->who >= WHO_AUTHOR && act->who <= WHO_EITHER);
            assert_true(act->asks == NULL || kind_field(kind, act->asks) != NULL);
            assert_true(!act->proposes || act->asks != NULL);
        }
        if (kind->due.field != NULL) {
            assert_int_equal(kind_field(kind, kind->due.field)->type, FIELD_TIME);
            assert_true(kind->due.states != 0 && (kind->due.states & ~reached) == 0);
        }
    }
}

/* A desktop shows the notice to whoever stands behind the screen: it names nobody, and
 * never reproaches (no "still", no "not yet"). */
static void
notices_say_little(void **state)
{
    static const char *const refused[] = {"%", "you haven", "you have not", "not yet",
                                          "still", "waiting", "missed", "late", "forgot"};
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        for (size_t r = 0; r < sizeof refused / sizeof refused[0]; r++) {
            assert_null(strstr(kind_at(i)->notice, refused[r]));
            assert_null(strstr(kind_at(i)->today, refused[r]));
        }
    }
}

static void
act_names_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < act_names_count(); i++) {
        assert_non_null(act_help(act_name_at(i)));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(act_name_at(i), act_name_at(j));
        }
    }
    assert_null(act_name_at(act_names_count()));
    assert_null(act_help("no-such-act"));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_golden),          cmocka_unit_test(complete),
        cmocka_unit_test(fields_fit),         cmocka_unit_test(acts_fit),
        cmocka_unit_test(notices_say_little), cmocka_unit_test(act_names_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
