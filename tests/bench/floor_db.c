/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/floor_db.h"

#include "tests/bench/measure.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct floor_db {
    char path[256];
    sqlite3 *db;
    sqlite3_stmt *begin, *commit, *row, *tag, *words;
    uint32_t count;
};

static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    bench_must(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, sql);
    return statement;
}

static void
remove_files(const char *path)
{
    char name[300];
    static const char *const endings[] = {"", "-wal", "-shm"};
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        (void)snprintf(name, sizeof name, "%s%s", path, endings[i]);
        (void)unlink(name);
    }
}

struct floor_db *
floor_db_new(const char *path, bool text_index)
{
    struct floor_db *db = calloc(1, sizeof *db);
    bench_must(db != NULL, "memory");
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    remove_files(path);
    bench_must(sqlite3_open(path, &db->db) == SQLITE_OK, path);
    int rc = sqlite3_exec(
        db->db,
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
        "CREATE TABLE row(id INTEGER PRIMARY KEY, author INT, kind TEXT, time INT, "
        "text);"
        "CREATE INDEX row_time ON row(time);"
        "CREATE TABLE tag(tag INT, row INT, PRIMARY KEY(tag, row)) WITHOUT ROWID;"
        "CREATE VIRTUAL TABLE words USING fts5(text, content='');",
        NULL, NULL, NULL);
    bench_must(rc == SQLITE_OK, "SQLite");
    db->begin = prepare(db->db, "BEGIN IMMEDIATE");
    db->commit = prepare(db->db, "COMMIT");
    db->row = prepare(db->db, "INSERT INTO row VALUES(?, ?, 'thanks', ?, ?)");
    db->tag = prepare(db->db, "INSERT INTO tag VALUES(?, ?)");
    db->words = text_index
                    ? prepare(db->db, "INSERT INTO words(rowid, text) VALUES(?, ?)")
                    : NULL;
    return db;
}

void
floor_db_free(struct floor_db *db)
{
    (void)sqlite3_finalize(db->begin);
    (void)sqlite3_finalize(db->commit);
    (void)sqlite3_finalize(db->row);
    (void)sqlite3_finalize(db->tag);
    (void)sqlite3_finalize(db->words);
    (void)sqlite3_close(db->db);
    remove_files(db->path);
    free(db);
}

static void
step(sqlite3_stmt *statement)
{
    bench_must(sqlite3_step(statement) == SQLITE_DONE, "SQLite step");
    (void)sqlite3_reset(statement);
}

void
floor_db_begin(struct floor_db *db)
{
    step(db->begin);
}

void
floor_db_put(struct floor_db *db, int64_t time, struct span text)
{
    int64_t id = ++db->count;
    (void)sqlite3_bind_int64(db->row, 1, id);
    (void)sqlite3_bind_int64(db->row, 2, id & 1);
    (void)sqlite3_bind_int64(db->row, 3, time);
    (void)sqlite3_bind_text(db->row, 4, (const char *)text.data, (int)text.size,
                            SQLITE_STATIC);
    step(db->row);
    for (int64_t i = 0; i < id % 4; i++) {
        (void)sqlite3_bind_int64(db->tag, 1, (id * 7 + i * 13) % 40);
        (void)sqlite3_bind_int64(db->tag, 2, id);
        step(db->tag);
    }
    if (db->words != NULL) {
        (void)sqlite3_bind_int64(db->words, 1, id);
        (void)sqlite3_bind_text(db->words, 2, (const char *)text.data, (int)text.size,
                                SQLITE_STATIC);
        step(db->words);
    }
}

void
floor_db_commit(struct floor_db *db)
{
    step(db->commit);
}

double
floor_db_time(struct floor_db *db, int64_t time, struct span text)
{
    double start = measure_now_us();
    floor_db_begin(db);
    floor_db_put(db, time, text);
    floor_db_commit(db);
    return measure_now_us() - start;
}
