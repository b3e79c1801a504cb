/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The check: what must hold between the tables, as rows.
 *
 * Model. Each row is a question whose answer must be 0. The first answers come from
 * SQLite itself, which reads every page in use and so has the VFS verify it. To add an
 * invariant: a row in `questions`.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

#include <string.h>

static const struct {
    int error;
    const char *detail;
    const char *text;
} questions[] = {
    {E_CHAIN, "ops of a log are not dense up to its head",
     "SELECT count(*) FROM log WHERE seq<>(SELECT count(*) FROM op WHERE"
     " pos BETWEEN (log.no<<40)+1 AND (log.no<<40)+1099511627775)"
     " OR seq<>(SELECT ifnull(max(pos),0)&1099511627775 FROM op WHERE"
     " pos BETWEEN (log.no<<40)+1 AND (log.no<<40)+1099511627775)"},
    {E_CHAIN, "an op belongs to no log",
     "SELECT count(*) FROM op WHERE (pos>>40) NOT IN (SELECT no FROM log)"},
    {E_CHECK_FOLD, "an op belongs to no entry",
     "SELECT count(*) FROM op WHERE entry IS NOT NULL"
     " AND entry NOT IN (SELECT no FROM entry)"},
    {E_CHECK_FOLD, "an op can't be found from its entry",
     "SELECT count(*) FROM op JOIN entry ON entry.no=op.entry"
     " WHERE NOT op.flags&8 AND entry.first<>op.pos"},
    {E_CHECK_FOLD, "the text of an entry is no op of it",
     "SELECT count(*) FROM entry WHERE text<>0"
     " AND entry.no IS NOT (SELECT op.entry FROM op WHERE pos=entry.text)"},
    {E_CHECK_FOLD, "two entries have one id",
     "SELECT count(*) FROM (SELECT 1 FROM entry INDEXED BY entry_key"
     " GROUP BY key,id,flags&1 HAVING count(*)>1)"},
    {E_CHECK_FOLD, "a payload is there and gone at once",
     "SELECT count(*) FROM op WHERE flags&2 AND payload IS NOT NULL"},
    {E_CHECK_FOLD, "the text index is ahead of the entries",
     "SELECT count(*) FROM mark WHERE no=1"
     " AND value>(SELECT ifnull(max(no),0) FROM entry)"},
};

static void
found(void (*finding)(void *context, int error, const char *detail), void *context,
      int result, int error, const char *detail)
{
    bool memory = (result & 0xff) == SQLITE_NOMEM;
    finding(context, memory ? E_MEMORY : error, detail);
}

static void
ask(struct store *store, size_t index,
    void (*finding)(void *context, int error, const char *detail), void *context)
{
    sqlite3_stmt *statement = NULL;
    int result =
        sqlite3_prepare_v2(store->db, questions[index].text, -1, &statement, NULL);
    result = result == SQLITE_OK ? sqlite3_step(statement) : result;
    if (result != SQLITE_ROW) {
        found(finding, context, result, E_CHECK_PAGE, "a question could not be answered");
    } else if (sqlite3_column_int64(statement, 0) != 0) {
        finding(context, questions[index].error, questions[index].detail);
    }
    (void)sqlite3_finalize(statement);
}

/* SQLite's own findings name pages, tables and row numbers, never what is in them. */
static void
check_pages(struct store *store,
            void (*finding)(void *context, int error, const char *detail), void *context)
{
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(20)", -1,
                                    &statement, NULL);
    while (result == SQLITE_OK || result == SQLITE_ROW) {
        result = sqlite3_step(statement);
        if (result == SQLITE_ROW) {
            const char *text = (const char *)sqlite3_column_text(statement, 0);
            if (text != NULL && strcmp(text, "ok") != 0) {
                finding(context, E_CHECK_PAGE, text);
            }
        } else if (result == SQLITE_DONE) {
            break;
        }
    }
    if (result != SQLITE_DONE) {
        found(finding, context, result, E_CHECK_PAGE, "a page could not be read");
    }
    (void)sqlite3_finalize(statement);
}

/* Not through sql_error: a damaged text index is built anew, it stops nothing. */
static int
check_words(struct store *store,
            void (*finding)(void *context, int error, const char *detail), void *context)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(store, SQL_WORDS_CHECK, &statement);
    if (rc != 0) {
        return rc;
    }
    int result = sqlite3_step(statement);
    if (result != SQLITE_DONE) {
        found(finding, context, result, E_CHECK_FOLD, "the text index is damaged");
    }
    sql_give(store, SQL_WORDS_CHECK, statement);
    return 0;
}

int
store_check(struct store *store,
            void (*finding)(void *context, int error, const char *detail), void *context)
{
    if (store->transaction) {
        return E_INTERNAL;
    }
    check_pages(store, finding, context);
    for (size_t i = 0; i < sizeof questions / sizeof questions[0]; i++) {
        ask(store, i, finding, context);
    }
    return check_words(store, finding, context);
}
