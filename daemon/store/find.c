/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Finding text: every word of the query, newest entry first, each match marked.
 *
 * Model. A query is a list of phrases (a word in a script with spaces is a phrase of one
 * token). Entries not yet in the index are read and matched here. For the others the index
 * gives numbers in falling order, which is nearly but not quite the order of time; so two
 * searches run side by side: along the time index, asking of each entry whether it is a
 * match (soon done when matches are many), and to the end of the matches (soon done when
 * they are few). Whichever ends first gives the answer, exact and newest first.
 * Invariant: what is handed out was matched against the text it is handed out with.
 */
#include "daemon/store/inside.h"

#include "common/error.h"

#include <stdlib.h>
#include <string.h>

enum {
    QUERY_BYTES_MAX = 1024,
    PHRASES_MAX = 32,
    SNIPPET_BYTES_MAX = 480, /* a text up to this is shown whole */
    SNIPPET_BEFORE = 120,    /* of a longer one, so much before the first match */
};

struct phrase {
    size_t first, count; /* tokens */
};

struct query {
    struct token_list tokens;
    struct phrase phrases[PHRASES_MAX];
    size_t count;
    struct buf match; /* the same for FTS5 */
};

struct find {
    struct store *store;
    struct query query;
    struct token_list tokens; /* of the text at hand */
    struct buf text;
    struct buf snippet;
    struct buf tail; /* int64_t: matches not in the index, rising */
    struct buf hits; /* int64_t: matches from the index so far, falling */
    bool hits_done;
    int64_t hits_last;
    uint32_t left; /* how many more may be handed out */
    int (*each)(void *context, const struct entry_row *entry, struct span snippet);
    void *context;
};

/* Bytes of white space or control at `at`, 0 for none. */
static size_t
space_at(struct span text, size_t at)
{
    static const uint8_t wide[] = {0xe3, 0x80, 0x80};
    static const uint8_t hard[] = {0xc2, 0xa0};
    if (text.data[at] <= ' ') {
        return 1;
    }
    if (span_equal(span_slice(text, at, sizeof wide), span_of(wide, sizeof wide))) {
        return sizeof wide;
    }
    return span_equal(span_slice(text, at, sizeof hard), span_of(hard, sizeof hard))
               ? sizeof hard
               : 0;
}

/* One word: its tokens, and the word in quotes for FTS5, whose operators so mean nothing. */
static int
query_word(struct query *query, struct span word)
{
    size_t first = tokens_count(&query->tokens);
    int rc = tokens_read(&query->tokens, word);
    size_t count = tokens_count(&query->tokens) - first;
    if (rc != 0 || count == 0) {
        return rc;
    }
    if (query->count == PHRASES_MAX) {
        return E_LIMIT;
    }
    query->phrases[query->count++] = (struct phrase){first, count};
    buf_put_text(&query->match, " \"");
    for (size_t i = 0; i < word.size; i++) {
        buf_put(&query->match, "\"", word.data[i] == '"' ? 1 : 0);
        buf_put_u8(&query->match, word.data[i]);
    }
    buf_put_text(&query->match, "\"");
    return buf_done(&query->match);
}

static int
query_read(struct query *query, struct span text)
{
    int rc = text.size > QUERY_BYTES_MAX ? E_LIMIT : 0;
    for (size_t at = 0; at < text.size && rc == 0;) {
        size_t space = space_at(text, at);
        if (space > 0) {
            at += space;
            continue;
        }
        size_t begin = at;
        while (at < text.size && space_at(text, at) == 0) {
            at++;
        }
        rc = query_word(query, span_slice(text, begin, at - begin));
    }
    return rc;
}

static bool
phrase_at(const struct find *find, const struct phrase *phrase, size_t at)
{
    if (phrase->count > tokens_count(&find->tokens) - at) {
        return false;
    }
    for (size_t i = 0; i < phrase->count; i++) {
        if (!span_equal(tokens_folded(&find->query.tokens, phrase->first + i),
                        tokens_folded(&find->tokens, at + i))) {
            return false;
        }
    }
    return true;
}

/* Reads the text of a payload into find->text and its tokens; whether all phrases occur. */
static int
match(struct find *find, struct span payload, bool *out)
{
    buf_clear(&find->text);
    tokens_clear(&find->tokens);
    index_payload_text(&find->text, payload);
    int rc = buf_done(&find->text);
    rc = rc != 0 ? rc : tokens_read(&find->tokens, buf_span(&find->text));
    if (rc != 0) {
        return rc;
    }
    size_t count = tokens_count(&find->tokens);
    bool all = true;
    for (size_t i = 0; i < find->query.count && all; i++) {
        size_t at = 0;
        while (at < count && !phrase_at(find, &find->query.phrases[i], at)) {
            at++;
        }
        all = at < count;
    }
    *out = all;
    return 0;
}

/* The next stretch of text from token *at on that is part of a match; false without one. */
static bool
next_mark(const struct find *find, size_t *at, size_t *start, size_t *end)
{
    size_t count = tokens_count(&find->tokens);
    bool open = false;
    for (; *at < count; ++*at) {
        size_t longest = 0;
        for (size_t i = 0; i < find->query.count; i++) {
            const struct phrase *phrase = &find->query.phrases[i];
            if (phrase->count > longest && phrase_at(find, phrase, *at)) {
                longest = phrase->count;
            }
        }
        const struct token_kept *here = tokens_at(&find->tokens, *at);
        if (open && here->start > *end) {
            return true;
        }
        if (longest > 0) {
            size_t reach = tokens_at(&find->tokens, *at + longest - 1)->end;
            *start = open ? *start : here->start;
            *end = open && *end > reach ? *end : reach;
            open = true;
        }
    }
    return open;
}

/* Text without the two marks themselves, whoever wrote them into it. */
static void
put_clean(struct buf *out, struct span text)
{
    uint8_t *room = buf_reserve(out, text.size);
    if (room == NULL) {
        return; /* the buf remembers why */
    }
    for (size_t i = 0; i < text.size; i++) {
        uint8_t c = text.data[i];
        room[i] = c == 2 || c == 3 ? ' ' : c;
    }
    buf_advance(out, text.size);
}

/* `at` moved back to the beginning of a character. */
static size_t
boundary(struct span text, size_t at)
{
    while (at > 0 && at < text.size && (text.data[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

static int
make_snippet(struct find *find)
{
    struct span text = buf_span(&find->text);
    struct buf *out = &find->snippet;
    size_t from = 0;
    size_t to = text.size;
    size_t token = 0;
    size_t start = 0;
    size_t end = 0;
    bool any = next_mark(find, &token, &start, &end);
    if (any && text.size > SNIPPET_BYTES_MAX) {
        from = start > SNIPPET_BEFORE ? boundary(text, start - SNIPPET_BEFORE) : 0;
        to = from + SNIPPET_BYTES_MAX;
        to = to < text.size ? boundary(text, to) : text.size;
    }
    buf_clear(out);
    buf_put_text(out, from > 0 ? "…" : "");
    size_t at = from;
    while (any && start < to) {
        size_t stop = end < to ? end : to;
        put_clean(out, span_slice(text, at, start - at));
        buf_put_u8(out, 2);
        put_clean(out, span_slice(text, start, stop - start));
        buf_put_u8(out, 3);
        at = stop;
        any = next_mark(find, &token, &start, &end);
    }
    put_clean(out, span_slice(text, at, to - at));
    buf_put_text(out, to < text.size ? "…" : "");
    return buf_done(out);
}

/* Hands out an entry if its text matches indeed. */
static int
hand_out(struct find *find, int64_t no)
{
    struct entry_row entry;
    sqlite3_stmt *statement = NULL;
    bool matches = false;
    int rc = store_entry_get(find->store, no, &entry);
    if (rc == E_NO_ENTRY) {
        return 0;
    }
    rc = rc != 0 ? rc : sql_take(find->store, SQL_OP_GET, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, ops_pos(entry.text_log, entry.text_seq));
    rc = sql_step(find->store, statement);
    if (rc == 1) {
        rc = match(find, sql_span(statement, 5), &matches);
    }
    sql_give(find->store, SQL_OP_GET, statement);
    if (rc != 0 || !matches) {
        return rc;
    }
    rc = make_snippet(find);
    if (rc == 0) {
        find->left--;
        rc = find->each(find->context, &entry, buf_span(&find->snippet));
    }
    return rc;
}

/* ---- the two searches ---- */

static const int64_t *
numbers(const struct buf *buf)
{
    const void *data = buf->data; /* malloc aligned it */
    return data;
}

static size_t
numbers_count(const struct buf *buf)
{
    return buf->size / sizeof(int64_t);
}

static bool
has_number(const struct buf *buf, int64_t no, bool falling)
{
    size_t low = 0;
    size_t high = numbers_count(buf);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t found = numbers(buf)[middle];
        if (found == no) {
            return true;
        }
        if ((found < no) != falling) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* Matches among the entries the index doesn't have, from one statement. */
static int
read_tail(struct find *find, enum sql id, int64_t after)
{
    sqlite3_stmt *statement = NULL;
    int rc = sql_take(find->store, id, &statement);
    if (rc != 0) {
        return rc;
    }
    (void)sqlite3_bind_int64(statement, 1, after);
    while ((rc = sql_step(find->store, statement)) == 1) {
        bool matches = false;
        int64_t no = sqlite3_column_int64(statement, 0);
        struct span payload = sql_span(statement, 1);
        rc = payload.size == 0 ? 0 : match(find, payload, &matches);
        if (matches) {
            buf_put(&find->tail, &no, sizeof no);
            rc = rc != 0 ? rc : buf_done(&find->tail);
        }
        if (rc != 0) {
            break;
        }
    }
    sql_give(find->store, id, statement);
    return rc;
}

static int
pull_hit(struct find *find, sqlite3_stmt *hits)
{
    int rc = sql_step(find->store, hits);
    if (rc != 1) {
        find->hits_done = true;
        return rc;
    }
    find->hits_last = sqlite3_column_int64(hits, 0);
    buf_put(&find->hits, &find->hits_last, sizeof find->hits_last);
    return buf_done(&find->hits);
}

struct place {
    int64_t time;
    int64_t no;
};

/* Later places first. */
static int
place_compare(const void *left, const void *right)
{
    const struct place *a = left;
    const struct place *b = right;
    if (a->time != b->time) {
        return a->time > b->time ? -1 : 1;
    }
    return a->no > b->no ? -1 : a->no < b->no;
}

/* All matches are known: hands out those beyond `seen`, in order. */
static int
hand_out_rest(struct find *find, struct place seen)
{
    size_t tail = numbers_count(&find->tail);
    size_t all = tail + numbers_count(&find->hits);
    size_t count = 0;
    struct place *places = calloc(all + 1, sizeof *places);
    int rc = places == NULL ? E_MEMORY : 0;
    for (size_t i = 0; i < all && rc == 0; i++) {
        struct entry_marks marks;
        int64_t no = i < tail ? numbers(&find->tail)[i] : numbers(&find->hits)[i - tail];
        rc = entries_marks(find->store, no, &marks);
        struct place place = {rc == 0 ? marks.time : 0, no};
        if (rc == 0 && place_compare(&seen, &place) < 0) {
            places[count++] = place;
        }
        rc = rc == E_NO_ENTRY ? 0 : rc;
    }
    if (rc == 0) {
        qsort(places, count, sizeof *places, place_compare);
    }
    for (size_t i = 0; i < count && rc == 0 && find->left > 0; i++) {
        rc = hand_out(find, places[i].no);
    }
    free(places);
    return rc;
}

/* Runs both searches; *seen is how far the one along time came, *ended whether it did. */
static int
side_by_side(struct find *find, sqlite3_stmt *hits, sqlite3_stmt *walk,
             struct place *seen, bool *ended)
{
    int rc = 0;
    while (rc == 0 && find->left > 0) {
        rc = find->hits_done ? 0 : pull_hit(find, hits);
        if (rc != 0 || find->hits_done) {
            break;
        }
        rc = sql_step(find->store, walk);
        if (rc != 1) {
            *ended = true;
            break;
        }
        seen->no = sqlite3_column_int64(walk, 0);
        seen->time = sqlite3_column_int64(walk, 1);
        rc = 0;
        while (rc == 0 && !find->hits_done && find->hits_last > seen->no) {
            rc = pull_hit(find, hits);
        }
        if (rc == 0 && (has_number(&find->hits, seen->no, true) ||
                        has_number(&find->tail, seen->no, false))) {
            rc = hand_out(find, seen->no);
        }
    }
    return rc;
}

static int
search(struct find *find)
{
    struct store *store = find->store;
    struct place seen = {INT64_MAX, INT64_MAX};
    bool ended = false;
    sqlite3_stmt *hits = NULL;
    sqlite3_stmt *walk = NULL;
    int rc = sql_take(store, SQL_WORDS_FIND, &hits);
    rc = rc != 0 ? rc : sql_take(store, SQL_ENTRY_WALK, &walk);
    if (rc == 0) {
        (void)sqlite3_bind_text64(hits, 1, (const char *)find->query.match.data,
                                  find->query.match.size, SQLITE_STATIC, SQLITE_UTF8);
        rc = side_by_side(find, hits, walk, &seen, &ended);
    }
    sql_give(store, SQL_ENTRY_WALK, walk);
    sql_give(store, SQL_WORDS_FIND, hits);
    return rc != 0 || ended || find->left == 0 ? rc : hand_out_rest(find, seen);
}

int
store_find(struct store *store, struct span query, uint32_t limit,
           int (*each)(void *context, const struct entry_row *entry, struct span snippet),
           void *context)
{
    struct find find = {
        .store = store, .left = limit, .each = each, .context = context};
    int rc = query_read(&find.query, query);
    if (rc == 0 && find.query.count > 0 && limit > 0) {
        rc = index_marks(store);
        if (rc == 0 && store->stale) {
            rc = read_tail(&find, SQL_STALE_EACH, 0);
        }
        rc = rc != 0 ? rc : read_tail(&find, SQL_TAIL_EACH, store->words_mark);
        rc = rc != 0 ? rc : search(&find);
    }
    tokens_free(&find.query.tokens);
    tokens_free(&find.tokens);
    buf_free(&find.query.match);
    buf_free(&find.text);
    buf_free(&find.snippet);
    buf_free(&find.tail);
    buf_free(&find.hits);
    return rc;
}
