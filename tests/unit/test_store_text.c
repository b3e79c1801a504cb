/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finding text: tokens, scripts, the index and its tail, purges, order. */
#include "tests/lib/store_home.h"

static int
finish(void **state)
{
    struct store_home *home = *state;
    assert_int_equal(store_home_check(home), 0);
    return store_home_teardown(state);
}

static void
assert_tokens(const char *text, const char *want)
{
    struct token_list list = {0};
    char got[512] = "";
    must(tokens_read(&list, span_text(text)));
    for (size_t i = 0; i < tokens_count(&list); i++) {
        struct span folded = tokens_folded(&list, i);
        size_t used = strlen(got);
        (void)snprintf(got + used, sizeof got - used, "%s%.*s", i == 0 ? "" : "|",
                       (int)folded.size, (const char *)folded.data);
    }
    assert_string_equal(got, want);
    tokens_free(&list);
}

static void
test_tokens(void **state)
{
    (void)state;
    assert_tokens("", "");
    assert_tokens("  ...!? ", "");
    assert_tokens("Thank YOU, really", "thank|you|really");
    assert_tokens("don't stop-now", "don|t|stop|now");
    assert_tokens("Café ÜBER straße", "cafe|uber|strasse");
    assert_tokens("cafe\xcc\x81s", "cafes"); /* e + combining acute */
    assert_tokens("公園を散歩した", "公|園|を|散|歩|し|た");
    assert_tokens("ｶﾞｽ", "ガ|ス"); /* half width, with its sound mark */
    assert_tokens("go公園now", "go|公|園|now");
    assert_tokens("Москва", "москва");
    assert_tokens("I \xe2\x9d\xa4\xef\xb8\x8f you", "i|\xe2\x9d\xa4|you");
    assert_tokens("👍🏽ok", "👍|ok");
    assert_tokens("２０２６", "2026");
    assert_tokens("a\xff""b\xc3", "a|b");
    assert_tokens("가나다 라", "가나다|라");
    char longest[300];
    memset(longest, 'a', sizeof longest);
    struct token_list list = {0};
    must(tokens_read(&list, span_of(longest, sizeof longest)));
    assert_int_equal(tokens_count(&list), 1);
    assert_int_equal(tokens_folded(&list, 0).size, TOKEN_BYTES_MAX);
    tokens_free(&list);
}

static void
assert_found(struct store_home *home, const char *query, const char *want)
{
    struct found found = store_home_find(home, query, 64);
    char text[512] = "";
    for (size_t i = 0; i < found.count; i++) {
        size_t used = strlen(text);
        (void)snprintf(text + used, sizeof text - used, "%s%d", i == 0 ? "" : " ",
                       (int)found.nos[i]);
    }
    assert_string_equal(text, want);
}

static void
assert_scripts(struct store_home *home)
{
    assert_found(home, "散歩", "2");
    assert_found(home, "歩散", "");
    assert_found(home, "公園を", "2");
    assert_found(home, "園 公", "2");
    assert_found(home, "cafe", "6 1");
    assert_found(home, "CAFÉ", "6 1");
    assert_found(home, "москва", "3");
    assert_found(home, "มากๆ", "4");
    assert_found(home, "รัก", "4");
    assert_found(home, "❤", "5");
    assert_found(home, "ガス", "7");
    assert_found(home, "soup cafe", "6");
    assert_found(home, "soup tea", "");
    assert_found(home, "don't", "6");
    assert_found(home, "t don", "6");
    assert_found(home, "caf", ""); /* whole words */
}

static void
test_scripts(void **state)
{
    struct store_home *home = *state;
    const char *texts[] = {"The café was closed", "公園を散歩した", "Привет, Москва!",
                           "รักมากๆ", "so much ❤️", "CAFE soup, don't ask", "ｶﾞｽ"};
    for (size_t i = 0; i < 7; i++) {
        (void)store_home_say(home, i + 1, (int64_t)i * 10, texts[i]);
    }
    assert_scripts(home); /* all of it is tail */
    store_home_idle(home);
    assert_int_equal(home->store->words_mark, 7);
    assert_scripts(home); /* all of it is indexed */
}

static void
test_hostile_queries(void **state)
{
    struct store_home *home = *state;
    const char *queries[] = {
        "",     " ",        "\"",       "\"\"\"", "a\"b",       "NEAR(a b)", "a OR",   "*",
        "text:", "text : a", "-a",       "^a",     "(a",         "a AND",     "{a b}:c", "'",
        "a*",   "';--",     "\\",       "NOT",    "\xff\xfe",   "\xe5\x85",  "a + b",  "\x01",
    };
    (void)store_home_say(home, 1, 10, "a b or near text");
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
            (void)store_home_find(home, queries[i], 10);
        }
        assert_found(home, "a OR b", "1"); /* three words, no operator */
        assert_found(home, "NEAR text", "1");
        assert_found(home, "a NOT", "");
        store_home_idle(home);
    }
    struct found found = {0};
    must(store_find(home->store, span_of("b\0a", 3), 5, store_home_found, &found));
    assert_int_equal(found.count, 1);
    char huge[2000];
    memset(huge, 'a', sizeof huge);
    assert_int_equal(store_find(home->store, span_of(huge, sizeof huge), 5,
                                store_home_found, &found),
                     E_LIMIT);
    for (size_t i = 0; i < sizeof huge; i += 2) {
        huge[i] = ' ';
    }
    assert_int_equal(
        store_find(home->store, span_of(huge, 200), 5, store_home_found, &found), E_LIMIT);
}

static void
test_snippets(void **state)
{
    struct store_home *home = *state;
    struct found found;
    (void)store_home_say(home, 1, 10, "The soup, the SOUP\x02!");
    found = store_home_find(home, "soup", 5);
    assert_string_equal(found.snippet, "The \x02soup\x03, the \x02SOUP\x03 !");
    (void)store_home_say(home, 2, 20, "公園を散歩した");
    found = store_home_find(home, "散歩", 5);
    assert_string_equal(found.snippet, "公園を\x02散歩\x03した");
    found = store_home_find(home, "公園 園を", 5);
    assert_string_equal(found.snippet, "\x02公園を\x03散歩した");
    char text[3000];
    memset(text, 'x', sizeof text);
    for (size_t i = 0; i < sizeof text; i += 10) {
        text[i] = ' ';
    }
    memcpy(text + 1500, " needle ", 8);
    text[sizeof text - 1] = '\0';
    (void)store_home_say(home, 3, 30, text);
    found = store_home_find(home, "needle", 5);
    assert_non_null(strstr(found.snippet, "\x02needle\x03"));
    assert_true(strlen(found.snippet) < 500);
    assert_memory_equal(found.snippet, "…", 3);
}

/* Newest first by time, whatever the order of arrival, for few and for many matches. */
static void
test_order_and_limits(void **state)
{
    struct store_home *home = *state;
    must(store_begin(home->store));
    for (uint64_t i = 1; i <= 600; i++) {
        /* times go up and down: 7 is prime to 600 */
        char text[64];
        (void)snprintf(text, sizeof text, "%s %s word%d", i % 2 == 0 ? "even" : "odd",
                       i % 150 == 0 ? "rare" : "", (int)i);
        (void)store_home_add(home, i, (int64_t)(i * 7 % 600), text);
    }
    must(store_commit(home->store));
    for (int round = 0; round < 3; round++) {
        const char *queries[] = {"even", "odd", "rare", "word77"};
        const uint32_t counts[] = {20, 20, 4, 1};
        for (size_t q = 0; q < 4; q++) {
            struct found found = store_home_find(home, queries[q], 20);
            assert_int_equal(found.count, counts[q]);
            for (size_t i = 1; i < found.count; i++) {
                assert_true(found.nos[i - 1] * 7 % 600 > found.nos[i] * 7 % 600);
            }
            if (q == 0) {
                assert_int_equal(found.nos[0] * 7 % 600, 598);
            }
        }
        struct found stopped = {.stop_after = 3};
        assert_int_equal(store_find(home->store, span_text("even"), 20, store_home_found,
                                    &stopped),
                         77);
        assert_int_equal(stopped.count, 3);
        assert_int_equal(store_home_find(home, "even", 0).count, 0);
        bool more = false;
        must(store_idle(home->store, &more)); /* then: partly indexed, partly tail */
        assert_true(more || round > 0);
    }
}

static void
test_edits_and_purges(void **state)
{
    struct store_home *home = *state;
    int64_t no = store_home_say(home, 1, 10, "alpha");
    (void)store_home_say(home, 2, 20, "alpha other");
    store_home_idle(home);
    /* an edit of an indexed entry */
    must(store_begin(home->store));
    struct entry_row entry;
    must(store_entry_get(home->store, no, &entry));
    entry.text_seq = home->seq + 1;
    must(store_entry_put(home->store, &entry));
    store_home_op(home, no, false, "beta");
    must(store_commit(home->store));
    for (int round = 0; round < 2; round++) {
        assert_found(home, "alpha", "2");
        assert_found(home, "beta", "1");
        store_home_idle(home);
    }
    /* a purge of what is indexed, then what a withheld text is */
    must(store_begin(home->store));
    must(store_op_purge(home->store, 1, entry.text_seq, false));
    must(store_op_purge(home->store, 1, 2, true));
    must(store_commit(home->store));
    for (int round = 0; round < 2; round++) {
        assert_found(home, "alpha", "");
        assert_found(home, "beta", "");
        store_home_idle(home);
    }
    struct buf payload = {0};
    store_home_payload(&payload, "gamma");
    must(store_begin(home->store));
    must(store_op_fill(home->store, 1, entry.text_seq, buf_span(&payload)));
    must(store_commit(home->store));
    buf_free(&payload);
    for (int round = 0; round < 2; round++) {
        assert_found(home, "gamma", "1");
        store_home_idle(home);
    }
    /* a rolled back purge changes nothing */
    must(store_begin(home->store));
    must(store_op_purge(home->store, 1, entry.text_seq, false));
    store_rollback(home->store);
    assert_false(home->store->scrub && home->store->marks_known);
    assert_found(home, "gamma", "1");
}

static void
test_refold(void **state)
{
    struct store_home *home = *state;
    (void)store_home_say(home, 1, 10, "alpha");
    (void)store_home_say(home, 2, 20, "beta");
    store_home_idle(home);
    must(store_begin(home->store));
    must(store_entry_clear(home->store));
    for (uint64_t i = 1; i <= 2; i++) {
        struct entry_row entry = store_home_entry(i, 10);
        entry.no = (int64_t)i;
        entry.text_log = 1;
        entry.text_seq = i;
        must(store_entry_put(home->store, &entry));
    }
    must(store_commit(home->store));
    for (int round = 0; round < 2; round++) {
        assert_found(home, "alpha", "1");
        assert_found(home, "beta", "2");
        store_home_idle(home);
    }
}

static void
test_bad_payloads(void **state)
{
    struct store_home *home = *state;
    const char *payloads[] = {"", "\x12", "\x12\x7f", "\x12\x02\x12\x7f", "\xff\xff\xff",
                              "\x0b", "\x12\x03\x12\x01z\x12\xff\xff\xff\xff\xff\xff",
                              "\x12\x00\x12\x05\x12\x01q\x18\x05", "\x09""12345678\x15""1"};
    struct buf out = {0};
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        index_payload_text(&out, span_text(payloads[i]));
    }
    index_payload_text(&out, span_of("\x12\x06\x0a\x01n\x12\x01y\x12\x03\x12\x01w", 13));
    assert_true(span_equal(buf_span(&out), span_text("zy\nw")));
    buf_free(&out);
    (void)home;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tokens),
        cmocka_unit_test_setup_teardown(test_scripts, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_hostile_queries, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_snippets, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_order_and_limits, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_edits_and_purges, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_refold, store_home_in_memory, finish),
        cmocka_unit_test_setup_teardown(test_bad_payloads, store_home_in_memory, finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
