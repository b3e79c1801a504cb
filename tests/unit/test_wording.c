/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Wording: what is found, what is left alone, and the table itself. To teach it
 * something, add the sentence to `spoken` or `silent` first. */
#include "common/error.h"
#include "common/limits.h"
#include "common/text.h"
#include "common/wording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PHRASE_WORDS_MAX 10 /* as in wording.c, which looks so far around */

#define PHRASES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define UNLESS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const struct row {
    const char *name;
    bool apology;
    const char *says;
    const char *const *phrases;
    const char *const *unless;
} rows[] = {
#define HINT(name, apology, says, phrases, unless)                                     \
    {name, apology, says, phrases, unless},
#include "common/wording.def"
#undef HINT
};

#define ROWS_COUNT (sizeof rows / sizeof *rows)

/* What must be found, by the first hint. */
static const struct {
    const char *rule;
    const char *found;
    const char *text;
} spoken[] = {
    {"always", "You always", "You always leave the dishes for me."},
    {"always", "you always", "and then, you always interrupt me"},
    {"always", "You never", "You never listen."},
    {"always", "YOU NEVER", "YOU NEVER CALL ME BACK"},
    {"always", "you\n  never", "I waited, and you\n  never came."},
    {"always", "you *always", "Do as you like, you *always* do."},
    {"always", "you\xc2\xa0never", "Well, you\xc2\xa0never ask me."},
    {"always", "every single time", "It is like that every single time."},
    {"always", "every time you", "I get nervous every time you come late"},
    {"always", "You're always", "You're always late."},
    {"always", "you\xe2\x80\x99re always", "Once more you\xe2\x80\x99re always tired."},
    {"always", "youre never", "youre never home"},
    {"always", "You are never", "You are never on my side."},
    {"always", "Why do you always", "Why do you always shout?"},
    {"always", "you always", "you always make me feel small"},
    {"always", "you never", "you never make time for me"},
    {"always", "you always", "\xf0\x9f\x98\xa1 you always do that"},
    {"contempt", "You are pathetic", "You are pathetic."},
    {"contempt", "you're so ridiculous", "Honestly you're so ridiculous."},
    {"contempt", "You are such an idiot", "You are such an idiot!"},
    {"contempt", "you\xe2\x80\x99re useless",
     "Sometimes I think you\xe2\x80\x99re useless"},
    {"contempt", "Grow up", "I mean it. Grow up!"},
    {"contempt", "you need to grow up", "I think you need to grow up."},
    {"contempt", "What is wrong with you", "What is wrong with you?"},
    {"contempt", "what's wrong with you", "Seriously, what's wrong with you"},
    {"contempt", "You people", "You people and your rules"},
    {"contempt", "You're acting like a child", "You're acting like a child."},
    {"contempt", "Shame on you", "Shame on you."},
    {"sarcasm", "Oh, great", "Oh, great, the car again."},
    {"sarcasm", "oh great", "oh great, you forgot the keys"},
    {"sarcasm", "thanks a lot for nothing", "Well thanks a lot for nothing."},
    {"sarcasm", "Thanks for nothing", "Thanks for nothing!"},
    {"sarcasm", "Oh, good for you", "Oh, good for you."},
    {"sarcasm", "Nice job, as usual", "Nice job, as usual."},
    {"sarcasm", "Yeah, right", "Yeah, right."},
    {"sarcasm", "yeah right", "yeah right"},
    {"sarcasm", "Whatever you say", "Fine. Whatever you say."},
    {"sarcasm", "Sure you did", "Sure you did."},
    {"sarcasm", "Obviously you don't", "Obviously you don't remember."},
    {"sarcasm", "you obviously forgot", "And you obviously forgot."},
    {"sarcasm", "As if you cared", "As if you cared"},
    {"mind-reading", "You just want", "You just want to win."},
    {"mind-reading", "you don't even care", "I cook and you don't even care."},
    {"mind-reading", "you dont even care", "you dont even care"},
    {"mind-reading", "You didn\xe2\x80\x99t even notice",
     "You didn\xe2\x80\x99t even notice."},
    {"mind-reading", "you only want", "I think you only want to win"},
    {"mind-reading", "You never really cared", "You never really cared."},
    {"mind-reading", "you did that on purpose", "And you did that on purpose."},
    {"mind-reading", "You think I'm an idiot", "You think I'm an idiot."},
    {"mind-reading", "you wanted to hurt me",
     "It felt as though you wanted to hurt me."},
    {"should", "You should have", "You should have called."},
    {"should", "You should have", "You should have been more careful."},
    {"should", "you should've", "Really, you should've known."},
    {"should", "You shouldn't have", "You shouldn't have told my mother."},
    {"should", "You ought to", "You ought to know that by now."},
    {"should", "you were supposed to", "And you were supposed to pick me up."},
    {"should", "You should know better", "You should know better!"},
};

/* The same, in an apology. */
static const struct {
    const char *rule;
    const char *found;
    const char *text;
} apologies[] = {
    {"but", "but", "I am sorry, but you started it."},
    {"but", "But", "I'm sorry for last night. But I was tired."},
    {"but", "BUT", "SORRY BUT THAT IS HOW I AM"},
    {"but", "but",
     "I am sorry\xe2\x80\x94"
     "but it was late."},
    {"if", "sorry if", "I'm sorry if that came across badly."},
    {"if", "If I hurt", "If I hurt you, that was not my plan."},
    {"if", "if you felt", "It was not nice if you felt alone."},
    {"if", "if you were offended", "I regret it if you were offended."},
    {"if", "if anything I", "Forgive me, if anything I said was wrong."},
    {"you-made-me", "You made me", "You made me shout."},
    {"you-made-me", "because you", "I left because you would not stop."},
    {"you-made-me", "you started it", "Anyway you started it."},
    {"always", "you never", "I am sorry you never listen."},
};

/* What must not be found, in whatever kind of text. */
static const char *const silent[] = {
    "",
    " \n\t ",
    "You always make me laugh.",
    "You always make me feel so loved.",
    "you never fail to surprise me",
    "You never cease to amaze me!",
    "You never know what tomorrow brings.",
    "I love that you always remember my coffee.",
    "I love how you never complain.",
    "I am so grateful that you're always there for me.",
    "You're always so kind to my mother.",
    "You always know what to say.",
    "You always were my favourite.",
    "I feel safe with you, you never rush me.",
    "You make me sick with worry.",
    "You people are the best.",
    "Shut up and kiss me.",
    "She said you never called.",
    "I wish you never had to leave.",
    "When I said you were useless I was wrong.",
    "You're always welcome here.",
    "Have you never seen the sea?",
    "Do you always get up this early?",
    "May you never lose your laugh.",
    "I smile every time you call me.",
    "My heart jumps every time you walk in.",
    "It makes me laugh every single time.",
    "Did you buy Always at the shop?",
    "We sailed on the Always, you and me.",
    "I saw you. Always nice to meet by chance!",
    "I always forget my keys, and I never find them.",
    "Thanks a lot!",
    "Thanks a lot for the soup.",
    "Oh, great idea!",
    "Oh great, thank you so much!",
    "Broccoli is good for you.",
    "Nice job on the kitchen!",
    "Great job!",
    "I'm sure you did your best.",
    "Make sure you did lock the door.",
    "Yeah, right after dinner.",
    "Whatever you say to me stays with me.",
    "I obviously forgot the milk.",
    "Where did you grow up?",
    "Our children grow up so fast.",
    "That was a ridiculous film.",
    "The old charger is useless.",
    "I don't think you are useless.",
    "What is wrong with your phone?",
    "I miss you people-watching with me.",
    "If you just want to rest, tell me.",
    "Maybe you just want to be left in peace tonight.",
    "Do you just want to watch something?",
    "I know you only want the best for us.",
    "You don't care what others think, and I admire it.",
    "You should have the last piece.",
    "You should have seen the sunset!",
    "Flowers? You shouldn't have!",
    "You should not have to do this alone.",
    "You ought to see the garden.",
    "I should have called you.",
    "Please press the button, and bring butter.",
    "The butler never did it.",
    "youalways younever everytimeyou",
    "you-always, he called his dog",
    "you \xf0\x9f\x99\x82 always \xf0\x9f\x99\x82",
    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7 "
    "\xe2\x9d\xa4\xef\xb8\x8f \xf0\x9f\x8e\x89",
    "b\xc3\xa9"
    "at, b\xc3\xbbt, \xc3\xac"
    "f",
    "bu\xcc\x81t but\xcc\x81 yo\xcc\x88u always",
    "Du h\xc3\xb6rst mir nie zu, aber ich liebe dich trotzdem immer.",
    "Du machst das jedes Mal, weil du nicht zuh\xc3\xb6rst!",
    "Tu ne m'\xc3\xa9"
    "coutes jamais, mais mon but est de comprendre.",
    "Le but, c'est toi. Sans but, on tourne en rond.",
    "\xd0\xa2\xd1\x8b \xd0\xb2\xd1\x81\xd0\xb5\xd0\xb3\xd0\xb4\xd0\xb0 "
    "\xd0\xbe\xd0\xbf\xd0\xb0\xd0\xb7\xd0\xb4\xd1\x8b\xd0\xb2\xd0\xb0\xd0\xb5\xd1\x88"
    "\xd1\x8c",
    "\xe3\x81\x82\xe3\x81\xaa\xe3\x81\x9f\xe3\x81\xaf\xe3\x81\x84\xe3\x81\xa4\xe3\x82"
    "\x82",
    "\xd8\xa3\xd9\x86\xd8\xaa \xd8\xaf\xd8\xa7\xd8\xa6\xd9\x85\xd8\xa7",
    "I am sorry, but thank you for staying.",
    "I had nothing but excuses.",
    "I was late. You asked for help but I ignored you.",
    "I was tired, but that is no excuse.",
    "It was hard, but you were right.",
    "Last but not least: I am sorry.",
    "Even if I was tired, it was wrong.",
    "Tell me if you feel like talking.",
    "Let me know if you want to come.",
    "I will call if I am late.",
    "You made me dinner and I forgot to come.",
    "You made me so happy.",
    "You waited because you trusted me.",
    "It was because of me, not because of you.",
    "You made me feel safe, and I broke that.",
    "It has been a long week since you left.",
};

/* Only an apology makes these worth a word. */
static const char *const ordinary[] = {
    "I like tea, but today coffee.",
    "Sorry if I woke you!",
    "If you felt the earthquake, call me.",
    "I came because you asked for a song.",
    "You made me jump!",
};

static void
check_spoken(const char *text, bool apology, const char *rule, const char *found)
{
    struct wording_hint hints[WORDING_HINTS_MAX];
    size_t count = wording_look(span_text(text), apology, hints);
    if (count == 0) {
        fail_msg("no hint: %s", text);
    }
    if (strcmp(hints[0].rule, rule) != 0 ||
        !span_equal(hints[0].found, span_text(found))) {
        fail_msg("%s: found \"%.*s\" (%s)", text, (int)hints[0].found.size,
                 (const char *)hints[0].found.data, hints[0].rule);
    }
    assert_non_null(hints[0].says);
}

static void
check_silent(const char *text, bool apology)
{
    struct wording_hint hints[WORDING_HINTS_MAX];
    if (wording_look(span_text(text), apology, hints) != 0) {
        fail_msg("%s: found \"%.*s\" (%s)", text, (int)hints[0].found.size,
                 (const char *)hints[0].found.data, hints[0].rule);
    }
}

static void
hard_words_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof spoken / sizeof *spoken; i++) {
        check_spoken(spoken[i].text, false, spoken[i].rule, spoken[i].found);
    }
    for (size_t i = 0; i < sizeof apologies / sizeof *apologies; i++) {
        check_spoken(apologies[i].text, true, apologies[i].rule, apologies[i].found);
    }
}

static void
kind_words_are_left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++) {
        check_silent(silent[i], false);
        check_silent(silent[i], true);
    }
    for (size_t i = 0; i < sizeof ordinary / sizeof *ordinary; i++) {
        check_silent(ordinary[i], false);
    }
}

static void
hints_are_few_and_in_order(void **state)
{
    (void)state;
    const char *text = "You never ask. You should have asked, you never do! "
                       "You just want to win. Yeah, right. Grow up.";
    struct wording_hint hints[WORDING_HINTS_MAX + 1];
    hints[WORDING_HINTS_MAX].rule = "untouched";
    assert_int_equal(wording_look(span_text(text), true, hints), WORDING_HINTS_MAX);
    assert_string_equal(hints[0].rule, "always");
    assert_string_equal(hints[1].rule, "should");
    assert_string_equal(hints[2].rule, "mind-reading");
    assert_string_equal(hints[3].rule, "untouched");
    for (size_t i = 0; i < WORDING_HINTS_MAX; i++) {
        const uint8_t *end = (const uint8_t *)text + strlen(text);
        assert_true(hints[i].found.data >= (const uint8_t *)text);
        assert_true(hints[i].found.data + hints[i].found.size <= end);
        assert_true(i == 0 || hints[i].found.data >=
                                  hints[i - 1].found.data + hints[i - 1].found.size);
    }
    hints[1].rule = "untouched";
    assert_int_equal(wording_look(span_text("You never, you never!"), false, hints), 1);
    assert_string_equal(hints[1].rule, "untouched");
}

static void
long_text_is_read_to_its_end(void **state)
{
    (void)state;
    struct buf text = {0};
    struct wording_hint hints[WORDING_HINTS_MAX];
    const char *end = "you never listen";
    while (text.size + 64 < TEXT_BYTES_MAX) {
        buf_put_text(&text, "Plums, you always make me laugh. ");
    }
    assert_int_equal(wording_look(buf_span(&text), true, hints), 0);
    while (text.size + strlen(end) < TEXT_BYTES_MAX) {
        buf_put_u8(&text, ' ');
    }
    buf_put_text(&text, end);
    assert_int_equal(text.size, TEXT_BYTES_MAX);
    assert_int_equal(wording_look(buf_span(&text), false, hints), 1);
    assert_string_equal(hints[0].rule, "always");
    assert_ptr_equal(hints[0].found.data, text.data + text.size - strlen(end));
    buf_put_u8(&text, '.'); /* longer than anything that can be shared */
    assert_int_equal(wording_look(buf_span(&text), false, hints), 0);
    buf_clear(&text);
    while (text.size < TEXT_BYTES_MAX) {
        buf_put_u8(&text, 'y'); /* one word */
    }
    assert_int_equal(wording_look(buf_span(&text), true, hints), 0);
    buf_free(&text);
}

static void
other_bytes_give_nothing(void **state)
{
    (void)state;
    struct wording_hint hints[WORDING_HINTS_MAX];
    static const char nul[] = "you never\0listen";
    assert_int_equal(wording_look(SPAN_EMPTY, true, hints), 0);
    assert_int_equal(wording_look(span_of(nul, sizeof nul - 1), true, hints), 0);
    check_silent("you never \xff", false);
    check_silent("\xc3 you never", false);
    check_silent("you\xc0\xa0never", false);
    check_silent("you never \xed\xa0\x80", false);
    /* any byte in the middle, and cut anywhere */
    const char *text = "Oh, great, you\xe2\x80\x99re always late. Sorry, but because "
                       "you \xf0\x9f\x98\xa1";
    uint8_t copy[128];
    size_t size = strlen(text);
    for (size_t i = 0; i < size; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(copy, text, size);
            copy[i] = (uint8_t)byte;
            size_t count = wording_look(span_of(copy, size), true, hints);
            assert_in_range(count, 0, WORDING_HINTS_MAX);
            assert_true(count == 0 || text_check(span_of(copy, size)) == 0);
        }
        assert_in_range(wording_look(span_of(text, i), true, hints), 0,
                        WORDING_HINTS_MAX);
    }
}

/* The shape of a phrase, as wording.def describes it; counts its words. */
static void
check_phrase(const char *phrase)
{
    size_t words = 0;
    const char *at = phrase + (*phrase == '^' ? 1 : 0);
    do {
        size_t size = strcspn(at, " ?,$");
        bool star = size == 1 && *at == '*';
        bool plain = size > 0 && strspn(at, "abcdefghijklmnopqrstuvwxyz'/") == size &&
                     *at != '/' && at[size - 1] != '/';
        if ((!star && !plain) || (words == 0 && (star || at[size] == '?'))) {
            fail_msg("not a phrase: %s", phrase);
        }
        words++;
        at += size;
        at += *at == '?' ? 1 : 0;
        at += *at == ',' ? 1 : 0;
        at += *at == '$' ? 1 : 0;
        if (*at != '\0' && (*at != ' ' || at[-1] == '$')) {
            fail_msg("not a phrase: %s", phrase);
        }
        at += *at == ' ' ? 1 : 0;
    } while (*at != '\0');
    if (words > PHRASE_WORDS_MAX) {
        fail_msg("too long: %s", phrase);
    }
}

/* A text the phrase must find: the first of each alternatives. */
static void
example_of(struct buf *out, const char *phrase)
{
    const char *at = phrase + (*phrase == '^' ? 1 : 0);
    while (*at != '\0' && *at != '$') {
        size_t whole = strcspn(at, " ?,$");
        size_t first = strcspn(at, "/ ?,$");
        if (at[whole] != '?') {
            buf_put(out, *at == '*' ? "xyz" : at, *at == '*' ? 3 : first);
            buf_put_u8(out, ' ');
        }
        at += whole;
        at += strspn(at, "?, ");
    }
}

static void
table_is_well_formed(void **state)
{
    (void)state;
    struct buf text = {0};
    struct wording_hint hints[WORDING_HINTS_MAX];
    for (size_t i = 0; i < ROWS_COUNT; i++) {
        const struct row *row = &rows[i];
        assert_true(row->name[0] != '\0');
        assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz-"),
                         strlen(row->name));
        for (size_t j = 0; j < i; j++) {
            assert_string_not_equal(row->name, rows[j].name);
            assert_string_not_equal(row->says, rows[j].says);
        }
        assert_int_equal(text_check(span_text(row->says)), 0);
        assert_in_range(text_width(span_text(row->says)), 20, WORDING_COLUMNS_MAX);
        for (size_t j = 0; row->unless[j] != NULL; j++) {
            check_phrase(row->unless[j]);
        }
        for (size_t j = 0; row->phrases[j] != NULL; j++) {
            check_phrase(row->phrases[j]);
            buf_clear(&text);
            example_of(&text, row->phrases[j]);
            if (wording_look(buf_span(&text), row->apology, hints) == 0) {
                fail_msg("%s: never found: %s", row->name, row->phrases[j]);
            }
            /* an upper row may speak at the same words, a lower one never */
            size_t by = 0;
            while (strcmp(rows[by].name, hints[0].rule) != 0) {
                by++;
            }
            if (by > i) {
                fail_msg("%s is found as %s", row->phrases[j], hints[0].rule);
            }
            if (!row->apology) {
                continue;
            }
            size_t count = wording_look(buf_span(&text), false, hints);
            for (size_t k = 0; k < count; k++) {
                assert_string_not_equal(hints[k].rule, row->name);
            }
        }
    }
    buf_free(&text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hard_words_are_found),
        cmocka_unit_test(kind_words_are_left_alone),
        cmocka_unit_test(hints_are_few_and_in_order),
        cmocka_unit_test(long_text_is_read_to_its_end),
        cmocka_unit_test(other_bytes_give_nothing),
        cmocka_unit_test(table_is_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
