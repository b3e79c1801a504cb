/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a notice says at each level, which buttons it has, and what becomes of text that was
 * written to do harm. What is expected is written as TITLE | BODY | BUTTONS.
 */
#include "clients/lib/attune.h"
#include "clients/notify/caption.h"
#include "common/kind.h"
#include "common/text.h"
#include "tests/unit/notify_list.h"

static struct policy
policy_of(const struct list *list, enum option_notice level)
{
    struct policy policy = {.what = POLICY_SHOW, .level = level, .count = list->count};
    for (size_t i = 0; i < list->count; i++) {
        policy.items[i] = i;
    }
    return policy;
}

static void
says_of(const struct policy *policy, const struct list *list,
        const Attune__Local__Entry *preview, const char *partner, const char *want,
        enum option_notice want_level)
{
    struct caption caption;
    struct buf out = {0};
    enum option_notice level = NOTICE_TEXT;
    assert_int_equal(caption_make(policy, list->pointers, preview, span_text(partner),
                                  &caption, &level),
                     0);
    buf_printf(&out, "%s | %s |", buf_text(&caption.title), buf_text(&caption.body));
    for (size_t i = 0; i < caption.actions_count; i++) {
        buf_printf(&out, " %s:%s", caption.actions[i].key, caption.actions[i].label);
    }
    assert_string_equal(buf_text(&out), want);
    assert_int_equal(level, want_level);
    buf_free(&out);
    caption_done(&caption);
}

#define LATER " later:In an hour tomorrow:Tomorrow"

/* -- none -- */

static void
at_none_two_sentences(void **state)
{
    static const char *const whys[] = {"new",      "news", "due",
                                       "question", "talk", "moon"};
    (void)state;
    for (size_t i = 0; i < sizeof whys / sizeof whys[0]; i++) {
        struct list list = {0};
        list_add(&list, 'a', whys[i], "promise");
        struct policy policy = policy_of(&list, NOTICE_NONE);
        says_of(&policy, &list, NULL, "Ben",
                i < 2 ? "attune | There is something kind for you. | open:Open" LATER
                      : "attune | There is something for you today. | open:Open" LATER,
                NOTICE_NONE);
    }
}

/* What is hard to receive is told in the words of what is easy. */
static void
at_none_every_kind_alike(void **state)
{
    (void)state;
    for (size_t k = 0; k < kind_count(); k++) {
        struct list list = {0};
        char *offered[] = {attune_text("with-you"), attune_text("back")};
        Attune__Local__Notice *notice = list_add(&list, 'a', "new", kind_at(k)->name);
        notice->acts = offered;
        notice->n_acts = 2;
        struct policy policy = policy_of(&list, NOTICE_NONE);
        says_of(&policy, &list, NULL, "Ben",
                "attune | There is something kind for you. | open:Open" LATER,
                NOTICE_NONE);
    }
}

static void
at_none_many_are_one(void **state)
{
    struct list list = {0};
    (void)state;
    list_add(&list, 'a', "due", "promise");
    list_add(&list, 'b', "question", "");
    struct policy policy = policy_of(&list, NOTICE_NONE);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something for you today. | open:Open" LATER,
            NOTICE_NONE);
    list_add(&list, 'c', "new", "pause");
    policy = policy_of(&list, NOTICE_NONE);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something kind for you. | open:Open" LATER, NOTICE_NONE);
}

static void
locked(void **state)
{
    struct list list = {0};
    (void)state;
    struct policy policy = {.what = POLICY_SHOW, .locked = true, .level = NOTICE_NONE};
    says_of(&policy, &list, NULL, "", "attune | attune is locked | unlock:Unlock",
            NOTICE_NONE);
}

/* Who passes by a locked screen presses nothing. */
static void
on_a_locked_screen_no_buttons(void **state)
{
    struct list list = {0};
    (void)state;
    list_add(&list, 'a', "new", "need");
    struct policy policy = policy_of(&list, NOTICE_NONE);
    policy.bare = true;
    says_of(&policy, &list, NULL, "Ben", "attune | There is something kind for you. |",
            NOTICE_NONE);
    policy.locked = true;
    says_of(&policy, &list, NULL, "", "attune | attune is locked |", NOTICE_NONE);
}

static void
none_of_what_stands_there(void **state)
{
    struct caption caption;
    (void)state;
    for (int bare = 0; bare <= 1; bare++) {
        assert_int_equal(caption_none(bare == 1, bare == 1, &caption), 0);
        assert_string_equal(buf_text(&caption.title), "attune");
        assert_string_equal(buf_text(&caption.body),
                            bare ? "There is something kind for you."
                                 : "There is something for you today.");
        assert_int_equal(caption.actions_count, bare ? 0 : 3);
        caption_done(&caption);
    }
}

/* -- kind -- */

static void
at_kind_a_sentence(void **state)
{
    static const struct {
        const char *why, *kind, *body;
    } rows[] = {
        {"new", "good", "There is good news."},
        {"new", "dance", "There is something new."},
        {"new", "", "There is something new."},
        {"news", "hi", "There is an answer to your hello."},
        {"news", "good", "There is good news."}, /* has no words for its news */
        {"news", "dance", "There is something new."},
        {"due", "pause", "A pause to come back from."},
        {"due", "thanks", "There is something for you today."}, /* is never due */
        {"due", "dance", "There is something for you today."},
        {"question", "", "Today's question waits."},
        {"talk", "", "This week's talk."},
        {"moon", "", "There is something new."},
        {"moon", "good", "There is good news."},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct list list = {0};
        char want[256];
        list_add(&list, 'a', rows[i].why, rows[i].kind);
        struct policy policy = policy_of(&list, NOTICE_KIND);
        (void)snprintf(want, sizeof want, "attune | %s | open:Open" LATER,
                       rows[i].body);
        says_of(&policy, &list, NULL, "Ben", want, NOTICE_KIND);
    }
}

static void
at_kind_each_once(void **state)
{
    struct list list = {0};
    (void)state;
    list_add(&list, 'a', "new", "thanks");
    list_add(&list, 'b', "new", "thanks");
    list_add(&list, 'c', "new", "sorry"); /* the same sentence, on purpose */
    struct policy policy = policy_of(&list, NOTICE_KIND);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something kind for you. | open:Open" LATER, NOTICE_KIND);
    list_add(&list, 'd', "question", "");
    list_add(&list, 'e', "talk", "");
    policy = policy_of(&list, NOTICE_KIND);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something kind for you.\nToday's question waits.\n"
            "This week's talk. | open:Open" LATER,
            NOTICE_KIND);
    list_add(&list, 'f', "talk", "");
    list_add(&list, 'g', "new", "hi");
    list_add(&list, 'h', "new", "need");
    policy = policy_of(&list, NOTICE_KIND);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something kind for you.\nToday's question waits.\n"
            "This week's talk.\nAnd more. | open:Open" LATER,
            NOTICE_KIND);
}

static void
buttons_of_one_thing(void **state)
{
    struct list list = {0};
    char *offered[] = {attune_text("fine"), attune_text("with-you"),
                       attune_text("later"), attune_text("back"),
                       attune_text("with-you")};
    (void)state;
    Attune__Local__Notice *notice = list_add(&list, 'a', "new", "hi");
    notice->acts = offered;
    notice->n_acts = 5;
    struct policy policy = policy_of(&list, NOTICE_KIND);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is a small hello. | open:Open with-you:With you" LATER,
            NOTICE_KIND);
    notice->kind = attune_text("pause"); /* its table, not the name of an act, decides */
    says_of(&policy, &list, NULL, "Ben",
            "attune | A pause, with a time to come back. | open:Open back:Back" LATER,
            NOTICE_KIND);
    notice->kind = attune_text("dance");
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is something new. | open:Open" LATER, NOTICE_KIND);
    notice->kind = attune_text("hi");
    notice->n_acts = 1;
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is a small hello. | open:Open" LATER, NOTICE_KIND);
    notice->n_acts = 2;
    list_add(&list, 'b', "talk", "");
    policy = policy_of(&list, NOTICE_KIND);
    says_of(&policy, &list, NULL, "Ben",
            "attune | There is a small hello.\nThis week's talk. | open:Open" LATER,
            NOTICE_KIND);
}

/* -- text -- */

/* A thing of the partner's, and its entry. */
struct shown {
    struct list list;
    Attune__Local__Notice *notice;
    Attune__Local__Entry entry;
    Attune__Local__Field field;
    Attune__Local__Field *fields[1];
};

static void
shown_init(struct shown *shown, const char *why, const char *kind, const char *field,
           struct span text)
{
    memset(shown, 0, sizeof *shown);
    shown->notice = list_add(&shown->list, 'a', why, kind);
    shown->notice->partner = true;
    attune__local__entry__init(&shown->entry);
    shown->entry.id = shown->notice->id;
    shown->entry.kind = shown->notice->kind;
    shown->entry.partner = true;
    attune_field_text(&shown->field, field, text);
    shown->fields[0] = &shown->field;
    shown->entry.fields = shown->fields;
    shown->entry.n_fields = 1;
}

static void
text_says(const struct shown *shown, const char *partner, const char *want,
          enum option_notice level)
{
    struct policy policy = policy_of(&shown->list, NOTICE_TEXT);
    says_of(&policy, &shown->list, &shown->entry, partner, want, level);
}

static void
at_text_who_and_what(void **state)
{
    struct shown shown;
    (void)state;
    shown_init(&shown, "new", "thanks", "text", span_text(" for the soup\n"));
    text_says(&shown, "Ben", "Ben thanks you | for the soup | open:Open" LATER,
              NOTICE_TEXT);
    text_says(&shown, "",
              "There is something kind for you. | for the soup | open:Open" LATER,
              NOTICE_TEXT);
    /* One's own, due now. */
    shown_init(&shown, "due", "promise", "what", span_text("call the plumber"));
    shown.notice->partner = shown.entry.partner = false;
    const struct kind_field *first = &kind_find("promise")->fields[0];
    shown.field.name = attune_text(first->name);
    text_says(&shown, "Ben",
              "A promise of yours. | call the plumber | open:Open" LATER,
              NOTICE_TEXT);
}

static void
falls_to_kind(const struct shown *shown)
{
    text_says(shown, "Ben",
              "attune | There is something kind for you. | open:Open" LATER,
              NOTICE_KIND);
}

static void
at_text_without_text(void **state)
{
    struct shown shown;
    uint8_t other[ID_BYTES] = {'z'};
    (void)state;
    shown_init(&shown, "new", "thanks", "text", span_text("x"));
    struct policy policy = policy_of(&shown.list, NOTICE_TEXT);
    says_of(&policy, &shown.list, NULL, "Ben",
            "attune | There is something kind for you. | open:Open" LATER, NOTICE_KIND);
    shown.entry.n_fields = 0; /* sealed, closed, withheld */
    falls_to_kind(&shown);
    shown.entry.n_fields = 1;
    shown.entry.gone = true;
    falls_to_kind(&shown);
    shown.entry.gone = false;
    shown.entry.faded = true;
    falls_to_kind(&shown);
    shown.entry.faded = false;
    shown.field.text.len = 0;
    falls_to_kind(&shown);
    shown.field.text = attune_bytes(span_text(" \n\t "));
    falls_to_kind(&shown);
    shown.field.text = attune_bytes(span_text("\xe2\x80\x8b\xe2\x80\x8d"));
    falls_to_kind(&shown); /* only what has no width */
    shown.field.text = attune_bytes(span_text("x"));
    shown.field.name = attune_text("topic"); /* nothing of the kind's own */
    falls_to_kind(&shown);
    shown.field.name = attune_text("text");
    shown.entry.id = (ProtobufCBinaryData){sizeof other, other};
    falls_to_kind(&shown);
    shown.entry.id = shown.notice->id;
    shown.entry.kind = attune_text("hi");
    falls_to_kind(&shown);
    shown.entry.kind = shown.notice->kind;
    shown.entry.partner = false;
    falls_to_kind(&shown);
}

/* A choice alone is no text: it is told at level kind. */
static void
at_text_choices_are_not_text(void **state)
{
    struct shown shown;
    (void)state;
    shown_init(&shown, "new", "need", "what", span_text("hug"));
    text_says(&shown, "Ben",
              "attune | There is something you could be there for. | open:Open" LATER,
              NOTICE_KIND);
}

/* -- text that was written to do harm -- */

static void
assert_harmless(struct span text, size_t chars_max)
{
    size_t chars = 0;
    assert_int_equal(text_check(text), 0);
    while (text.size > 0) {
        uint32_t c;
        text = span_slice(text, text_next(text, &c), text.size);
        assert_false(text_hazard(c));
        assert_true(c != '\n' && c != '\t');
        chars++;
    }
    assert_true(chars <= chars_max);
}

static void
check_hostile(struct span text, struct span name)
{
    struct shown shown;
    struct caption caption;
    enum option_notice level = NOTICE_NONE;
    shown_init(&shown, "new", "thanks", "text", text);
    struct policy policy = policy_of(&shown.list, NOTICE_TEXT);
    assert_int_equal(caption_make(&policy, shown.list.pointers, &shown.entry, name,
                                  &caption, &level),
                     0);
    assert_harmless(buf_span(&caption.body), CAPTION_CHARS_MAX);
    assert_harmless(buf_span(&caption.title),
                    NAME_BYTES_MAX + sizeof " thanks you" - 1);
    caption_done(&caption);
}

static void
hostile_text(void **state)
{
    static const char *const units[] = {
        "x",
        "\033[2J",
        "\xe2\x80\xae", /* right to left override */
        "a\xe2\x80\xae",
        "\xe2\x81\xa6", /* isolate */
        "\xe2\x80\x8b", /* zero width space */
        "\xe2\x80\x8d", /* joiner */
        "e\xcc\x81",
        "\xcc\x81",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d", /* a family without end */
        "\xf0\x9f\x87\xa9",             /* half a flag */
        "\xe1\x84\x80",                 /* Hangul that never ends */
        "\xe6\x97\xa5",
        "\xff",
        "\n",
        "\r\n<b>",
        "\xe2\x80\xa8",
        "\xf3\xa0\x81\xa1", /* tags */
        "&lt;",
    };
    (void)state;
    for (size_t u = 0; u < sizeof units / sizeof units[0]; u++) {
        struct buf text = {0};
        while (text.size + strlen(units[u]) <= TEXT_BYTES_MAX) {
            buf_put_text(&text, units[u]);
        }
        check_hostile(buf_span(&text), span_text("Ben"));
        check_hostile(span_text("x"), buf_span(&text));
        buf_put(&text, "\0after", 6);
        check_hostile(buf_span(&text), buf_span(&text));
        buf_free(&text);
    }
}

/* Where it is shown and how, the display knows; here it is text, letter by letter. */
static void
markup_is_text(void **state)
{
    struct shown shown;
    (void)state;
    shown_init(&shown, "new", "thanks", "text",
               span_text("<b>bold</b> &amp; <a href=\"x\">y</a>"));
    text_says(
        &shown, "B<i>n",
        "B<i>n thanks you | <b>bold</b> &amp; <a href=\"x\">y</a> | open:Open" LATER,
        NOTICE_TEXT);
}

static void
long_text_is_cut(void **state)
{
    struct shown shown;
    struct caption caption;
    enum option_notice level = NOTICE_NONE;
    char text[CAPTION_CHARS_MAX + 2];
    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t size = CAPTION_CHARS_MAX; size <= CAPTION_CHARS_MAX + 1; size++) {
        shown_init(&shown, "new", "thanks", "text", span_of(text, size));
        struct policy policy = policy_of(&shown.list, NOTICE_TEXT);
        assert_int_equal(caption_make(&policy, shown.list.pointers, &shown.entry,
                                      span_text("Ben"), &caption, &level),
                         0);
        bool cut = size > CAPTION_CHARS_MAX;
        assert_int_equal(caption.body.size,
                         cut ? CAPTION_CHARS_MAX - 1 + 3 : CAPTION_CHARS_MAX);
        assert_int_equal(strstr(buf_text(&caption.body), "x…") != NULL, cut);
        caption_done(&caption);
    }
}

static void
a_nul_is_seen(void **state)
{
    struct shown shown;
    (void)state;
    shown_init(&shown, "new", "thanks", "text", span_of("a\0b", 3));
    text_says(&shown, "Ben",
              "Ben thanks you | a\xef\xbf\xbd"
              "b | open:Open" LATER,
              NOTICE_TEXT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_none_two_sentences),
        cmocka_unit_test(at_none_every_kind_alike),
        cmocka_unit_test(at_none_many_are_one),
        cmocka_unit_test(locked),
        cmocka_unit_test(on_a_locked_screen_no_buttons),
        cmocka_unit_test(none_of_what_stands_there),
        cmocka_unit_test(at_kind_a_sentence),
        cmocka_unit_test(at_kind_each_once),
        cmocka_unit_test(buttons_of_one_thing),
        cmocka_unit_test(at_text_who_and_what),
        cmocka_unit_test(at_text_without_text),
        cmocka_unit_test(at_text_choices_are_not_text),
        cmocka_unit_test(hostile_text),
        cmocka_unit_test(markup_is_text),
        cmocka_unit_test(long_text_is_cut),
        cmocka_unit_test(a_nul_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
