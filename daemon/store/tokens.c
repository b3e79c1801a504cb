/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tokens: see tokens.h.
 *
 * Model. Each character has a class; a token begins at a WORD, a SINGLE or a SIGN and
 * takes what its class may take behind it. To treat another script as one without spaces:
 * a row in `singles`.
 */
#include "daemon/store/tokens.h"

#include "common/error.h"
#include "common/text.h"

#include <string.h>
#include <utf8proc.h>

enum class {
    CLASS_BREAK,
    CLASS_WORD,
    CLASS_SINGLE, /* a token of its own: scripts without spaces */
    CLASS_SIGN,   /* a token of its own: emoji and other symbols */
    CLASS_MARK,   /* belongs to the character before it */
    CLASS_JOIN,   /* invisible: joiners, presentation; ends nothing, means nothing */
};

struct range {
    uint32_t first, last;
};

static const struct range singles[] = {
    {0x0e00, 0x0eff},   /* Thai, Lao */
    {0x0f00, 0x109f},   /* Tibetan, Myanmar */
    {0x1780, 0x17ff},   /* Khmer */
    {0x2e80, 0x2fdf},   /* radicals */
    {0x3005, 0x3007},   /* iteration mark, zero */
    {0x3021, 0x312f},   /* Hangzhou numerals, Hiragana, Katakana, Bopomofo */
    {0x31a0, 0x31ff},   /* their extensions */
    {0x3400, 0x4dbf},   /* Han */
    {0x4e00, 0x9fff},
    {0xa9e0, 0xa9ff},   /* Myanmar */
    {0xaa60, 0xaa7f},
    {0xf900, 0xfaff},   /* Han, compatibility */
    {0xff66, 0xff9d},   /* Katakana, half width */
    {0x1aff0, 0x1b16f}, /* Kana */
    {0x20000, 0x3ffff}, /* Han */
};

struct scan {
    struct span text;
    int (*each)(void *context, const struct token *token);
    void *context;
    struct buf fold;
};

/* One code point; what is not UTF-8 is a NUL of one byte, which separates. */
static size_t
next(struct span text, size_t at, uint32_t *out)
{
    size_t rest = text.size - at;
    utf8proc_int32_t found = -1;
    if (text.data[at] < 0x80) {
        *out = text.data[at];
        return 1;
    }
    utf8proc_ssize_t size =
        utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(rest < 4 ? rest : 4), &found);
    *out = size <= 0 || found < 0 ? 0 : (uint32_t)found;
    return size <= 0 ? 1 : (size_t)size;
}

static bool
is_single(uint32_t c)
{
    if (c < singles[0].first) {
        return false;
    }
    for (size_t i = 0; i < sizeof singles / sizeof singles[0]; i++) {
        if (c <= singles[i].last) {
            return c >= singles[i].first;
        }
    }
    return false;
}

static bool
is_plain_word(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static enum class
class_of(uint32_t c)
{
    if (c < 0x80) {
        return is_plain_word((uint8_t)c) ? CLASS_WORD : CLASS_BREAK;
    }
    if ((c >= 0xfe00 && c <= 0xfe0f) || (c >= 0x1f3fb && c <= 0x1f3ff) || c == 0x20e3 ||
        (c >= 0xe0000 && c <= 0xe01ef)) {
        return CLASS_JOIN; /* presentation, skin, keycap, tags */
    }
    if (c == 0xff9e || c == 0xff9f) {
        return CLASS_MARK; /* half-width sound marks are letters to Unicode */
    }
    switch ((int)utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_CO:
        return is_single(c) ? CLASS_SINGLE : CLASS_WORD;
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NO:
        return CLASS_WORD;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return CLASS_MARK;
    case UTF8PROC_CATEGORY_CF:
        return CLASS_JOIN;
    case UTF8PROC_CATEGORY_SO:
        return CLASS_SIGN;
    default:
        return CLASS_BREAK;
    }
}

/* Cuts before a character, not inside one. */
static struct span
cut(struct span folded)
{
    size_t size = folded.size;
    if (size > TOKEN_BYTES_MAX) {
        size = TOKEN_BYTES_MAX;
        while (size > 1 && (folded.data[size] & 0xc0) == 0x80) {
            size--;
        }
    }
    return span_of(folded.data, size);
}

static int
emit(struct scan *scan, struct span folded, size_t start, size_t end)
{
    if (folded.size == 0) {
        return 0;
    }
    struct token token = {.folded = cut(folded), .start = start, .end = end};
    return scan->each(scan->context, &token);
}

/* A word of ASCII letters and digits alone, without memory. */
static int
emit_plain(struct scan *scan, size_t start, size_t end)
{
    uint8_t folded[TOKEN_BYTES_MAX];
    size_t size = end - start < sizeof folded ? end - start : sizeof folded;
    for (size_t i = 0; i < size; i++) {
        uint8_t c = scan->text.data[start + i];
        folded[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return emit(scan, span_of(folded, size), start, end);
}

/* text[start, base) folded: one token, or one for each character of a SINGLE. */
static int
emit_folded(struct scan *scan, size_t start, size_t base, size_t end, bool single)
{
    buf_clear(&scan->fold);
    /* A longer word folds to more than enough bytes all the same. */
    size_t size = base - start < 8 * TOKEN_BYTES_MAX ? base - start : 8 * TOKEN_BYTES_MAX;
    text_fold(&scan->fold, span_slice(scan->text, start, size));
    int rc = buf_done(&scan->fold);
    struct span folded = buf_span(&scan->fold);
    if (rc != 0 || !single) {
        return rc != 0 ? rc : emit(scan, folded, start, end);
    }
    for (size_t at = 0; at < folded.size && rc == 0;) {
        uint32_t c;
        size_t bytes = next(folded, at, &c);
        rc = emit(scan, span_slice(folded, at, bytes), start, end);
        at += bytes;
    }
    return rc;
}

/* Most of most texts, and several times faster than to ask for each class. */
static size_t
skip_plain(struct span text, size_t at)
{
    while (at < text.size && is_plain_word(text.data[at])) {
        at++;
    }
    return at;
}

/* The end of the token that begins at `at` with a character of class `first`. */
static size_t
token_end(struct span text, size_t at, enum class first, bool *plain)
{
    at = first == CLASS_WORD ? skip_plain(text, at) : at;
    while (at < text.size) {
        uint32_t c;
        size_t size = next(text, at, &c);
        enum class found = class_of(c);
        bool goes_on = found == CLASS_JOIN || (found == CLASS_MARK && first != CLASS_SIGN) ||
                       (found == CLASS_WORD && first == CLASS_WORD);
        if (!goes_on) {
            break;
        }
        *plain = *plain && size == 1;
        at += size;
    }
    return at;
}

int
tokens_each(struct span text, int (*each)(void *context, const struct token *token),
            void *context)
{
    struct scan scan = {.text = text, .each = each, .context = context};
    int rc = 0;
    for (size_t at = 0; at < text.size && rc == 0;) {
        uint32_t c;
        size_t size = next(text, at, &c);
        enum class first = class_of(c);
        if (first != CLASS_WORD && first != CLASS_SINGLE && first != CLASS_SIGN) {
            at += size;
            continue;
        }
        bool plain = size == 1;
        size_t end = token_end(text, at + size, first, &plain);
        if (plain) {
            rc = emit_plain(&scan, at, end);
        } else {
            size_t base = first == CLASS_SIGN ? at + size : end;
            rc = emit_folded(&scan, at, base, end, first == CLASS_SINGLE);
        }
        at = end;
    }
    buf_free(&scan.fold);
    return rc;
}

void
tokens_free(struct token_list *list)
{
    buf_free(&list->folded);
    buf_free(&list->rows);
}

void
tokens_clear(struct token_list *list)
{
    buf_clear(&list->folded);
    buf_clear(&list->rows);
}

static int
keep(void *context, const struct token *token)
{
    struct token_list *list = context;
    struct token_kept kept = {
        .start = (uint32_t)token->start,
        .end = (uint32_t)token->end,
        .at = (uint32_t)list->folded.size,
        .size = (uint32_t)token->folded.size,
    };
    buf_put_span(&list->folded, token->folded);
    buf_put(&list->rows, &kept, sizeof kept);
    int rc = buf_done(&list->folded);
    return rc != 0 ? rc : buf_done(&list->rows);
}

int
tokens_read(struct token_list *list, struct span text)
{
    return tokens_each(text, keep, list);
}

size_t
tokens_count(const struct token_list *list)
{
    return list->rows.size / sizeof(struct token_kept);
}

const struct token_kept *
tokens_at(const struct token_list *list, size_t index)
{
    /* malloc aligned the rows for any object. */
    const void *rows = list->rows.data;
    return (const struct token_kept *)rows + index;
}

struct span
tokens_folded(const struct token_list *list, size_t index)
{
    const struct token_kept *kept = tokens_at(list, index);
    return span_slice(buf_span(&list->folded), kept->at, kept->size);
}

/* ---- for FTS5 ---- */

struct fts_sink {
    int (*token)(void *, int, const char *, int, int, int);
    void *context;
};

static int
to_fts(void *context, const struct token *token)
{
    const struct fts_sink *sink = context;
    return sink->token(sink->context, 0, (const char *)token->folded.data,
                       (int)token->folded.size, (int)token->start, (int)token->end);
}

static int
fts_create(void *context, const char **arguments, int count, Fts5Tokenizer **out)
{
    static char stateless; /* FTS5 wants an object; there is nothing to keep in it */
    void *object = &stateless;
    (void)context;
    (void)arguments;
    (void)count;
    *out = object;
    return SQLITE_OK;
}

static void
fts_delete(Fts5Tokenizer *tokenizer)
{
    (void)tokenizer;
}

static int
fts_tokenize(Fts5Tokenizer *tokenizer, void *context, int flags, const char *text, int size,
             int (*token)(void *, int, const char *, int, int, int))
{
    (void)tokenizer;
    (void)flags;
    if (text == NULL || size <= 0) {
        return SQLITE_OK;
    }
    struct fts_sink sink = {.token = token, .context = context};
    int rc = tokens_each(span_of(text, (size_t)size), to_fts, &sink);
    return rc == E_MEMORY ? SQLITE_NOMEM : rc;
}

int
tokens_register(sqlite3 *db)
{
    fts5_api *api = NULL;
    sqlite3_stmt *statement = NULL;
    int result = sqlite3_prepare_v2(db, "SELECT fts5(?1)", -1, &statement, NULL);
    if (result == SQLITE_OK) {
        result = sqlite3_bind_pointer(statement, 1, &api, "fts5_api_ptr", NULL);
    }
    if (result == SQLITE_OK) {
        (void)sqlite3_step(statement);
    }
    (void)sqlite3_finalize(statement);
    if (result != SQLITE_OK || api == NULL) {
        return result != SQLITE_OK ? result : SQLITE_ERROR;
    }
    fts5_tokenizer ours = {fts_create, fts_delete, fts_tokenize};
    return api->xCreateTokenizer(api, "attune", NULL, &ours, NULL);
}
