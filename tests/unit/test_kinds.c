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

static const char *const field_types[] = {
    [FIELD_NONE] = "none",         [FIELD_LINE] = "line",   [FIELD_TEXT] = "text",
    [FIELD_NUMBER] = "number",     [FIELD_TIME] = "time",   [FIELD_CHOICE] = "choice",
    [FIELD_DURATION] = "duration", [FIELD_CLOCK] = "clock", [FIELD_EVERY] = "every",
    [FIELD_INNER] = "inner",
};
static const char *const reminds[] = {"nobody", "author", "both"};

#define EACH(array) (sizeof(array) / sizeof(array)[0])

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

/* ", NAME" when it is so; ", NAME VALUE" when there is one: what is default is silent. */
static void
put_flag(struct buf *out, bool flag, const char *name)
{
    if (flag) {
        buf_printf(out, ", %s", name);
    }
}

static void
put_member(struct buf *out, const char *name, const char *value)
{
    if (value != NULL) {
        buf_printf(out, "%s: %s\n", name, value);
    }
}

/* Lines of a text, one a row. */
static void
put_lines(struct buf *out, const char *name, const char *text, char between)
{
    const char ends[] = {between, '\0'};
    while (text != NULL) {
        size_t size = strcspn(text, ends);
        buf_printf(out, "%s%s%.*s\n", name, size > 0 ? " " : "", (int)size, text);
        text = text[size] == '\0' ? NULL : text + size + 1;
    }
}

static bool
has_range(const struct kind_field *field)
{
    return field->type == FIELD_NUMBER || field->type == FIELD_DURATION;
}

static void
put_field(struct buf *out, const struct kind_field *field, const char *word)
{
    buf_printf(out, "%s %s: %s", word, field->name, field_types[field->type]);
    if (field->type == FIELD_LINE || field->type == FIELD_TEXT) {
        buf_printf(out, ", at most %u bytes", kind_field_bytes_max(field));
    }
    if (has_range(field)) {
        buf_printf(out, ", %lld to %lld", (long long)field->min, (long long)field->max);
    }
    if (field->fallback != 0) {
        buf_printf(out, ", else %lld", (long long)field->fallback);
    }
    if (field->choices != NULL) {
        buf_printf(out, ", of: %s", field->choices);
    }
    put_flag(out, field->required, "required");
    put_flag(out, field->asked, "asked");
    if (field->prompt != NULL) {
        buf_printf(out, ", prompt: %s", field->prompt);
    }
    buf_printf(out, "\n    %s\n", field->help);
    const char *at = field->says == NULL ? "" : field->choices;
    for (size_t i = 0; *at != '\0'; i++) {
        size_t size = strcspn(at, " ");
        buf_printf(out, "    %.*s says: %s\n", (int)size, at, field->says[i]);
        at += size + (at[size] == ' ' ? 1 : 0);
    }
}

static void
put_act(struct buf *out, const struct kind_act *act)
{
    buf_printf(out, "act %s: ", act->name);
    put_states(out, act->from);
    buf_printf(out, " -> %s, by %s", state_name(act->to),
               act->who == WHO_AUTHOR    ? "author"
               : act->who == WHO_PARTNER ? "partner"
                                         : "either");
    if (act->asks != NULL) {
        buf_printf(out, ", %s %s", act->optional ? "may carry" : "asks for", act->asks);
    }
    const struct {
        bool flag;
        const char *name;
    } flags[] = {{act->proposes, "proposes"},   {act->adopts, "adopts"},
                 {act->sets, "sets"},           {act->both, "needs both"},
                 {act->root, "of a root only"}, {act->inner, "inner"},
                 {act->by_itself, "by itself"}, {act->round, "opens a round"}};
    for (size_t i = 0; i < EACH(flags); i++) {
        put_flag(out, flags[i].flag, flags[i].name);
    }
    if (act->closes) {
        buf_printf(out, ", in the last round -> %s", state_name(act->last));
    }
    if (act->key != 0) {
        buf_printf(out, ", key %c", act->key);
    }
    if (act->button != NULL) {
        buf_printf(out, ", button %s", act->button);
    }
    if (act->leads != NULL) {
        buf_printf(out, ", leads to %s", act->leads);
    }
    if (act->with_root != NULL) {
        buf_printf(out, ", with root %s", act->with_root);
    }
    buf_printf(out, "\n    %s\n    said: %s\n", act->help, act->said);
}

/* What several kinds do alike. */
static void
put_mask(struct buf *out, const char *name, uint32_t states)
{
    if (states != 0) {
        buf_printf(out, "%s: ", name);
        put_states(out, states);
        buf_put_text(out, "\n");
    }
}

static void
put_policies(struct buf *out, const struct kind *kind)
{
    const struct {
        bool flag;
        const char *name;
    } flags[] = {{kind->shareable, "shareable"},
                 {kind->longer, "longer"},
                 {kind->reply, "reply"},
                 {kind->to_partner, "to the partner's only"},
                 {kind->for_two, "for two"},
                 {kind->apart, "apart"},
                 {kind->hidden, "hidden"},
                 {kind->round_asked, "answers a round"},
                 {kind->asks, "asks both"},
                 {kind->deals, "deals questions"},
                 {kind->consent, "a consent"},
                 {kind->joins, "joins"},
                 {kind->mends, "mends"},
                 {kind->fades, "fades"},
                 {kind->recurring, "recurring"},
                 {kind->calm, "not in a pause"},
                 {kind->pauses, "pauses"},
                 {kind->apology, "an apology"},
                 {kind->drawn, "can be drawn"},
                 {kind->sealed == SEALED_SHOWN, "sealed"},
                 {kind->sealed == SEALED_HIDDEN, "sealed, unseen"},
                 {kind->through == THROUGH_NEW, "through quiet hours when new"},
                 {kind->through == THROUGH_DUE, "through quiet hours when due"}};
    buf_printf(out, "reach: %s", kind->mine ? "mine" : "ours");
    for (size_t i = 0; i < EACH(flags); i++) {
        put_flag(out, flags[i].flag, flags[i].name);
    }
    buf_printf(out, ", hold %u s\n", kind->hold_s);
    if (kind->rounds != 0) {
        buf_printf(out, "rounds: at most %u\n", kind->rounds);
    }
    if (kind->begins != S_NONE) {
        buf_printf(out, "begins: %s\n", state_name(kind->begins));
    }
    if (kind->far_s != 0) {
        buf_printf(out, "far: due after more than %u s\n", kind->far_s);
    }
    put_mask(out, "waits for a word", kind->waits);
    put_mask(out, "for the week's talk", kind->agenda);
    put_member(out, "with root", kind->with_root);
    put_member(out, "mood", kind->mood);
}

static void
put_kind(struct buf *out, const struct kind *kind)
{
    const struct kind_act *act;
    char verb[64];
    buf_printf(out, "%s, habit %d: %s\n", kind->name, (int)kind->habit, kind->help);
    (void)snprintf(verb, sizeof verb, "example: attune %s", kind->name);
    put_lines(out, verb, kind->example, '\n');
    put_member(out, "notice", kind->notice);
    put_member(out, "today", kind->today);
    put_member(out, "news", kind->news);
    put_member(out, "said", kind->said);
    put_member(out, "after", kind->after);
    put_member(out, "replies", kind->replies);
    put_lines(out, "opens with:", kind->open_lines, '|');
    put_policies(out, kind);
    for (size_t i = 0; i < kind_fields_count(kind); i++) {
        put_field(out, &kind->fields[i], "field");
    }
    for (size_t i = 0; i < EACH(kind->said_fields); i++) {
        if (kind->said_fields[i].type != FIELD_NONE) {
            put_field(out, &kind->said_fields[i], "carried");
        }
    }
    for (size_t i = 0; (act = kind_act_at(kind, i)) != NULL; i++) {
        put_act(out, act);
    }
    if (kind->due.field != NULL) {
        buf_printf(out, "due: %s reminds %s while ", kind->due.field,
                   reminds[kind->due.remind]);
        put_states(out, kind->due.states);
        buf_put_text(out, "\n");
        put_member(out, "due today", kind->due.today);
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
           text_width(span_text(text)) <= 76;
}

/* One a row of help; an empty one is the verb alone. */
static bool
are_examples(const char *text)
{
    struct span rest = span_text(text);
    for (size_t at = 0; text != NULL && at <= rest.size;) {
        size_t size = strcspn(text + at, "\n");
        if (text_width(span_slice(rest, at, size)) > 64) {
            return false;
        }
        at += size + 1;
    }
    return text != NULL;
}

static bool
is_choice(const char *choices, const char *word, size_t size)
{
    for (const char *at = choices; *at != '\0';) {
        size_t here = strcspn(at, " ");
        if (here == size && strncmp(at, word, size) == 0) {
            return true;
        }
        at += here + (at[here] == ' ' ? 1 : 0);
    }
    return false;
}

/* A choice of an answer is one that some answer can be. */
static bool
is_reply_choice(const char *word, size_t size)
{
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        for (size_t f = 1; kind->reply && f < kind_fields_count(kind); f++) {
            if (kind->fields[f].type == FIELD_CHOICE &&
                is_choice(kind->fields[f].choices, word, size)) {
                return true;
            }
        }
    }
    return false;
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
        assert_true(is_line(kind->help) && is_line(kind->notice) &&
                    is_line(kind->today));
        assert_true(is_line(kind->said) && are_examples(kind->example));
        assert_true(kind->after == NULL || is_line(kind->after));
        assert_true(kind->hold_s <= HOLD_S_MAX);
        assert_true(kind->mine || kind->shareable);
        /* The first field is the line; every kind has one. */
        assert_true(kind_fields_count(kind) > 0);
        enum field_type first = kind->fields[0].type;
        assert_true(first == FIELD_LINE || first == FIELD_TEXT ||
                    first == FIELD_CHOICE || first == FIELD_DURATION);
        for (const char *at = kind->replies; at != NULL && *at != '\0';) {
            size_t size = strcspn(at, " ");
            assert_true(is_reply_choice(at, size));
            at += size + (at[size] == ' ' ? 1 : 0);
        }
    }
    assert_null(kind_find("no-such-kind"));
}

/* What one policy needs of another. */
static void
policies_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        assert_true(!kind->fades || kind->mends);
        assert_true(!kind->joins || kind->mends);
        assert_true(!kind->to_partner || kind->reply);
        assert_true(!kind->consent || kind->hidden);
        assert_true(!kind->hidden || kind->hold_s == 0);
        assert_true(!kind->pauses || (kind->due.field != NULL && kind->hold_s == 0));
        assert_true(!kind->recurring || kind->due.field != NULL);
        assert_true(kind->sealed == SEALED_NOT || kind->begins == S_NONE);
        assert_true(kind->far_s == 0 || kind->due.field != NULL);
        assert_true(kind->through != THROUGH_DUE || kind->due.today != NULL);
        assert_true(kind->mood == NULL || kind_field(kind, kind->mood) != NULL);
        if (kind->with_root !=
            NULL) { /* an act of what is mended, appended by attune */
            bool found = false;
            for (size_t k = 0; k < kind_count(); k++) {
                const struct kind_act *act = kind_act(kind_at(k), kind->with_root);
                found |= act != NULL && act->by_itself && kind_at(k)->mends;
            }
            assert_true(kind->joins && found);
        }
    }
}

static void
field_fits(const struct kind *kind, const struct kind_field *field)
{
    assert_true(is_name(field->name, FIELD_NAME_BYTES_MAX));
    assert_true(is_line(field->help));
    assert_ptr_equal(kind_field(kind, field->name), field); /* once only */
    assert_int_equal(field->type == FIELD_CHOICE, field->choices != NULL);
    assert_int_equal(has_range(field), field->min < field->max);
    assert_true(field->says == NULL || field->choices != NULL);
    if (field->fallback != 0) {
        assert_true(field->type == FIELD_CLOCK || field->type == FIELD_DURATION);
        assert_true(field->type == FIELD_CLOCK ||
                    (field->fallback >= field->min && field->fallback <= field->max));
    }
    if (field->type == FIELD_INNER) {
        assert_true(!field->required && !field->asked);
    }
    for (size_t i = 0; kind_common_field(i) != NULL; i++) {
        assert_string_not_equal(field->name, kind_common_field(i)->name);
    }
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
            field_fits(kind, field);
            assert_true(!field->asked || f == 0 || field->prompt != NULL);
            bytes += FIELD_NAME_BYTES_MAX + 64 + kind_field_bytes_max(field);
        }
        for (size_t f = 0; kind_common_field(f) != NULL; f++) {
            bytes +=
                FIELD_NAME_BYTES_MAX + 64 + kind_field_bytes_max(kind_common_field(f));
        }
        assert_true(bytes <= PAYLOAD_BYTES_MAX);
        for (size_t f = 0; f < EACH(kind->said_fields); f++) {
            if (kind->said_fields[f].type != FIELD_NONE) {
                field_fits(kind, &kind->said_fields[f]);
                assert_non_null(
                    kind->said_fields[f].prompt); /* its label in a thread */
            }
        }
    }
}

static void
act_fits(const struct kind *kind, const struct kind_act *act, uint32_t reached)
{
    assert_true(is_name(act->name, KIND_NAME_BYTES_MAX));
    assert_true(is_line(act->help) && is_line(act->said));
    assert_ptr_equal(kind_act(kind, act->name), act);
    assert_null(kind_find(act->name)); /* a verb is one or the other */
    assert_true(act->from != 0 && (act->from & ~reached) == 0);
    assert_true(act->to > S_NONE && act->to < STATES_COUNT);
    assert_true(act->who >= WHO_AUTHOR && act->who <= WHO_EITHER);
    assert_true(act->asks == NULL || kind_field(kind, act->asks) != NULL);
    assert_true((!act->proposes && !act->sets && !act->optional) || act->asks != NULL);
    assert_true(!act->both || act->who == WHO_EITHER);
    assert_true(!(act->round || act->closes) || kind->rounds > 0);
    assert_true(act->leads == NULL || kind_find(act->leads) != NULL ||
                act_exists(act->leads));
    assert_true(act->key == 0 || (act->key >= 'a' && act->key <= 'z'));
    /* A click asks for nothing, and is answered as a key is; its name is none of the buttons
     * every notice has. */
    assert_true(act->button == NULL || (is_line(act->button) && act->key != 0 &&
                                        act->asks == NULL && !act->by_itself));
    assert_true(act->button == NULL || !is_choice("open later tomorrow done unlock default",
                                                  act->name, strlen(act->name)));
    /* One key, one act, wherever both can be done. */
    const struct kind_act *other;
    for (size_t i = 0; (other = kind_act_at(kind, i)) != NULL; i++) {
        assert_true(other == act || act->key == 0 || act->key != other->key);
    }
}

/* Every state an act leads to is known, every one it starts from can be reached. */
static void
acts_fit(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind *kind = kind_at(i);
        const struct kind_act *act;
        uint32_t reached = STATE_BIT(kind_begins(kind));
        for (size_t a = 0; (act = kind_act_at(kind, a)) != NULL; a++) {
            reached |= STATE_BIT(act->to) | (act->closes ? STATE_BIT(act->last) : 0);
            if (act->both) { /* on its way there: one of the two said so */
                reached |= STATE_BIT(S_AUTHOR) | STATE_BIT(S_PARTNER);
            }
        }
        for (size_t a = 0; (act = kind_act_at(kind, a)) != NULL; a++) {
            /* What a policy brings is one row for all its kinds. */
            bool own = act >= kind->acts && act < kind->acts + KIND_ACTS_MAX;
            act_fits(kind, act, own ? reached : UINT32_MAX);
        }
        if (kind->due.field != NULL) {
            enum field_type type = kind_field(kind, kind->due.field)->type;
            assert_true(type == FIELD_TIME || type == FIELD_DURATION ||
                        type == FIELD_EVERY);
            assert_int_equal(type == FIELD_EVERY, kind->recurring);
            assert_true(kind->due.states != 0 && (kind->due.states & ~reached) == 0);
            assert_int_equal(kind->due.remind != REMIND_NOBODY,
                             kind->due.today != NULL);
        }
    }
}

/* Who looks for the kind of a policy takes the first, and expects one. */
static void
one_asks_one_answers(void **state)
{
    size_t asks = 0;
    size_t answers = 0;
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        asks += kind_at(i)->asks;
        answers += kind_at(i)->round_asked;
    }
    assert_int_equal(asks, 1);
    assert_int_equal(answers, 1);
    assert_true(kind_that_asks()->asks && kind_that_answers()->round_asked);
}

/* Acts have the same names for every kind, so one sentence must fit them all; what is
 * reached from another verb is explained there. */
static void
acts_mean_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        const struct kind_act *act;
        for (size_t a = 0; (act = kind_act_at(kind_at(i), a)) != NULL; a++) {
            if (!act->inner && !act->by_itself) {
                assert_string_equal(act->help, act_help(act->name));
            }
        }
    }
}

/* A desktop shows the notice to whoever stands behind the screen: it names nobody, and
 * never reproaches (no "still", no "not yet"). */
static void
notices_say_little(void **state)
{
    static const char *const refused[] = {"%",       "you haven", "you have not",
                                          "not yet", "still",     "waiting",
                                          "missed",  "late",      "forgot"};
    (void)state;
    for (size_t i = 0; i < kind_count(); i++) {
        for (size_t r = 0; r < sizeof refused / sizeof refused[0]; r++) {
            assert_null(strstr(kind_at(i)->notice, refused[r]));
            assert_null(strstr(kind_at(i)->today, refused[r]));
            assert_true(kind_at(i)->news == NULL ||
                        strstr(kind_at(i)->news, refused[r]) == NULL);
            assert_true(kind_at(i)->due.today == NULL ||
                        strstr(kind_at(i)->due.today, refused[r]) == NULL);
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
        cmocka_unit_test(policies_fit),       cmocka_unit_test(acts_mean_the_same),
        cmocka_unit_test(notices_say_little), cmocka_unit_test(act_names_once),
        cmocka_unit_test(one_asks_one_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
