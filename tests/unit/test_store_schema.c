/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Journals of an older version, opened by this one. */
#include "tests/lib/store_home.h"

static int64_t
put_of(struct store_home *home, const char *kind, enum state state, bool live)
{
    struct entry_row row = store_home_entry(home->seq + 1, 100 + (int64_t)home->seq);
    row.state = state;
    row.live = live;
    row.text_log = 1;
    row.text_seq = home->seq + 1;
    (void)snprintf(row.kind, sizeof row.kind, "%s", kind);
    must(store_begin(home->store));
    must(store_entry_put(home->store, &row));
    store_home_op(home, row.no, true, "words of then");
    must(store_commit(home->store));
    return row.no;
}

static int
note_live(void *context, const struct entry_row *entry)
{
    char *text = context;
    size_t used = strlen(text);
    assert_true(entry->live);
    (void)snprintf(text + used, 64 - used, "%s%d", used == 0 ? "" : " ", (int)entry->no);
    return 0;
}

static void
assert_live(struct store_home *home, const char *want)
{
    struct entry_filter filter = {.live_only = true};
    char text[64] = "";
    must(store_entry_list(home->store, &filter, note_live, text));
    assert_string_equal(text, want);
}

/* What the tables were at version 1: no index of what is live, and nothing marked so. */
static void
make_version_1(struct store_home *home)
{
    must(sql_exec(home->store, "DROP INDEX entry_live"));
    must(sql_exec(home->store, "UPDATE entry SET flags=flags&~256"));
    must(sql_exec(home->store, "PRAGMA user_version=1"));
}

static int64_t
version_of(struct store_home *home)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(home->store->db, "PRAGMA user_version", -1,
                                        &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t version = sqlite3_column_int64(statement, 0);
    assert_int_equal(sqlite3_finalize(statement), SQLITE_OK);
    return version;
}

static void
fill_version_1(struct store_home *home)
{
    static const enum state states[] = {S_OPEN,     S_CHANGED,   S_DONE,
                                        S_RELEASED, S_RETRACTED, S_HELD};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++) {
        (void)put_of(home, "promise", states[i], false); /* 1 and 2 can still be moved */
    }
    (void)put_of(home, "thanks", S_OPEN, false);
    (void)put_of(home, "write", S_OPEN, false);
    (void)put_of(home, "promise", S_OPEN, false);
    store_home_idle(home);
    make_version_1(home);
}

static void
test_migration(void **state)
{
    struct store_home *home = *state;
    fill_version_1(home);
    assert_int_equal(version_of(home), 1);
    for (int opened = 1; opened <= 2; opened++) { /* the second time there is nothing to do */
        store_close(home->store);
        store_home_open(home);
        assert_int_equal(version_of(home), STORE_SCHEMA);
        assert_live(home, "9 2 1");
        assert_int_equal(store_home_check(home), 0);
        assert_int_equal(store_home_find(home, "words", 20).count, 9);
    }
    /* And it goes on as any other. */
    (void)put_of(home, "promise", S_OPEN, true);
    struct entry_row row;
    must(store_entry_get(home->store, 2, &row));
    row.state = S_DONE;
    row.live = false;
    must(store_begin(home->store));
    must(store_entry_put(home->store, &row));
    must(store_commit(home->store));
    assert_live(home, "10 9 1");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_migration, store_home_on_file, store_home_teardown),
    };
    return cmocka_run_group_tests_name("store_schema", tests, NULL, NULL);
}
