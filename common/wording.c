/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Wording: see wording.h; the rules are rows of wording.def.
 *
 * The model: next_word takes words off the text; a ring keeps the few around the place
 * being looked at, so that a long letter needs no memory of its own and leaves no copy
 * behind. `starts` tells which phrases may begin with a word; match fits one of them;
 * excepted asks the UNLESS of the row.
 * Phrases are compared with the text itself and not with its text_fold: folding moves
 * offsets and drops accents, and "béat" must not become a word that is meant.
 * To add a rule: a row in wording.def.
 */
#include "common/wording.h"

#include "common/limits.h"
#include "common/text.h"

#include <assert.h>
#include <string.h>

#define WORDING_WORDS_MAX 10 /* of one phrase; unit.test_wording counts them */
#define RING 32
#define STARTS_MAX 1000 /* first words of all phrases; an apology uses them all */
#define STARTS_HEADS 512
#define HASH_FIRST 2166136261u
#define HASH_PRIME 16777619u
#define NO_MATCH SIZE_MAX

static_assert(RING >= 3 * WORDING_WORDS_MAX + 2,
              "an exception reaches a phrase's length beyond both ends of a find");

/* What stands before a word. */
enum gap {
    GAP_BLANK, /* white space, quotes, the stars of *you* */
    GAP_PAUSE, /* a comma or a dash */
    GAP_STOP,  /* anything else: the end of a sentence, an emoji, a bracket */
};

struct word {
    struct span bytes;
    uint32_t hash; /* in lower case, without apostrophes */
    enum gap before;
};

struct rule {
    const char *name;
    bool apology;
    const char *says;
    const char *const *phrases; /* up to NULL */
    const char *const *unless;  /* up to NULL */
};

/* A word that a phrase may begin with. */
struct start {
    const struct rule *rule;
    const char *phrase;
    uint32_t hash;
    bool exception;
    uint64_t seconds; /* a bit for each word that may follow; a sieve, no more */
    size_t next;      /* in its chain, in the order of the table; 0 ends it */
};

/* Made anew for each text: some microseconds, and no state to share. */
struct starts {
    struct start rows[STARTS_MAX]; /* the first is the end of every chain */
    size_t count;
    size_t heads[STARTS_HEADS];
};

struct look {
    struct span text;
    size_t at;    /* bytes taken */
    size_t known; /* words taken; the last RING of them are kept */
    bool ended;
    struct word ring[RING]; /* by index modulo RING */
    struct starts starts;
};

#define PHRASES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define UNLESS(...) ((const char *const[]){__VA_ARGS__, NULL})
static const struct rule rules[] = {
#define HINT(name, apology, says, phrases, unless)                                     \
    {name, apology, says, phrases, unless},
#include "common/wording.def"
#undef HINT
};

#define RULES_COUNT (sizeof rules / sizeof *rules)

/* Code points above ASCII that belong to no word; all others do, in any script. */
static const struct {
    uint32_t first;
    uint32_t last;
} outside[] = {
    {0x80, 0xa9},     {0xab, 0xac},     {0xae, 0xb4},       {0xb6, 0xb9},
    {0xbb, 0xbf},     {0xd7, 0xd7},     {0xf7, 0xf7},       {0x1680, 0x1680},
    {0x2000, 0x200b}, {0x200e, 0x206f}, {0x20a0, 0x20cf},   {0x2190, 0x2bff},
    {0x2e00, 0x2e7f}, {0x3000, 0x3004}, {0x3008, 0x3020},   {0xfe00, 0xfe1f},
    {0xfe30, 0xfe6f}, {0xff01, 0xff0f}, {0xff1a, 0xff20},   {0xff3b, 0xff40},
    {0xff5b, 0xff65}, {0xfff9, 0xffff}, {0x1f000, 0x1faff}, {0xe0000, 0xe01ef},
};

/* Letters, digits and marks: what a word is made of. */
static bool
is_letter(uint32_t c)
{
    if (c < 0x80) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               (c >= '0' && c <= '9');
    }
    for (size_t i = 0; i < sizeof outside / sizeof *outside; i++) {
        if (c <= outside[i].last) {
            return c < outside[i].first;
        }
    }
    return true;
}

static bool
is_apostrophe(uint32_t c)
{
    return c == '\'' || c == 0x2018 || c == 0x2019 || c == 0x2bc;
}

/* What joins two letters to one word; at a word's edge it belongs to none. */
static bool
is_joint(uint32_t c)
{
    return is_apostrophe(c) || c == '-' || c == 0x2010 || c == 0x2011;
}

static enum gap
gap_of(uint32_t c)
{
    if ((c >= 0x09 && c <= 0x0d) || c == ' ' || c == '*' || c == '_' || c == '"' ||
        c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) ||
        (c >= 0x201c && c <= 0x201e) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
        c == 0x205f || c == 0x3000 || is_apostrophe(c)) {
        return GAP_BLANK;
    }
    return c == ',' || c == '-' || (c >= 0x2010 && c <= 0x2015) ? GAP_PAUSE : GAP_STOP;
}

/* FNV-1a: quick and good enough for a sieve; is_word has the last word. */
static uint32_t
hash_byte(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * HASH_PRIME;
}

static uint8_t
lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

/* Takes the next word off the text; false at its end. */
static bool
next_word(struct look *look, struct word *word)
{
    size_t size = look->text.size;
    size_t at = look->at;
    uint32_t c = 0;
    enum gap before = at == 0 ? GAP_STOP : GAP_BLANK;
    while (at < size) {
        size_t step = text_next(span_slice(look->text, at, size), &c);
        if (is_letter(c)) {
            break;
        }
        enum gap gap = gap_of(c);
        before = gap > before ? gap : before;
        at += step;
    }
    size_t begin = at;
    size_t end = at;
    uint32_t hash = HASH_FIRST;
    bool joined = false; /* a joint was the last; only a letter makes it ours */
    while (at < size) {
        size_t step = text_next(span_slice(look->text, at, size), &c);
        bool letter = is_letter(c);
        if (!letter && (joined || !is_joint(c))) {
            break;
        }
        for (size_t i = 0; i < step && !is_apostrophe(c); i++) {
            hash = hash_byte(hash, lower(look->text.data[at + i]));
        }
        at += step;
        end = letter ? at : end;
        joined = !letter;
    }
    look->at = end;
    *word = (struct word){span_slice(look->text, begin, end - begin), hash, before};
    return end > begin;
}

/* The word at an index, or NULL beyond the last. */
static const struct word *
word_at(struct look *look, size_t index)
{
    while (index >= look->known && !look->ended) {
        struct word word;
        look->ended = !next_word(look, &word);
        if (!look->ended) {
            look->ring[look->known++ % RING] = word;
        }
    }
    assert(index + RING > look->known);
    return index < look->known ? &look->ring[index % RING] : NULL;
}

/* One word of a phrase: alternatives and what may be around them. */
struct element {
    struct span words; /* "so/such", or "*" */
    bool optional;
    bool pause;       /* a comma may follow */
    const char *rest; /* the phrase behind it */
};

static struct element
element_of(const char *phrase)
{
    size_t size = strcspn(phrase, " ?,$");
    const char *rest = phrase + size;
    struct element element = {.words = span_of(phrase, size)};
    element.optional = *rest == '?';
    rest += element.optional ? 1 : 0;
    element.pause = *rest == ',';
    rest += element.pause ? 1 : 0;
    element.rest = rest + (*rest == ' ' ? 1 : 0);
    return element;
}

/* The first of "so/such"; `words` is then what stands behind it. */
static struct span
next_alternative(struct span *words)
{
    const uint8_t *slash = memchr(words->data, '/', words->size);
    size_t size = slash != NULL ? (size_t)(slash - words->data) : words->size;
    struct span first = span_slice(*words, 0, size);
    *words = span_slice(*words, size + 1, words->size);
    return first;
}

/* Whether a word of the text is this one of a phrase, whatever its case and
 * apostrophes. */
static bool
is_word(struct span wanted, struct span word)
{
    size_t at = 0;
    for (size_t i = 0; i < wanted.size; i++) {
        if (wanted.data[i] == '\'') { /* may be curly, may be missing */
            uint32_t c = 0;
            size_t step = 0;
            if (at < word.size) {
                step = text_next(span_slice(word, at, word.size), &c);
            }
            at += is_apostrophe(c) ? step : 0;
            continue;
        }
        if (at == word.size || wanted.data[i] != lower(word.data[at])) {
            return false;
        }
        at++;
    }
    return at == word.size;
}

static bool
fits(const struct element *element, struct span word)
{
    struct span rest = element->words;
    if (*rest.data == '*') {
        return true;
    }
    while (rest.size > 0) {
        if (is_word(next_alternative(&rest), word)) {
            return true;
        }
    }
    return false;
}

static uint32_t
hash_letters(struct span word)
{
    uint32_t hash = HASH_FIRST;
    for (size_t i = 0; i < word.size; i++) {
        hash = word.data[i] == '\'' ? hash : hash_byte(hash, word.data[i]);
    }
    return hash;
}

/* The bits of all words a phrase may go on with; every bit when it may end there. */
static uint64_t
seconds_of(const char *phrase)
{
    uint64_t seconds = 0;
    while (*phrase != '\0' && *phrase != '$' && *phrase != '*') {
        struct element element = element_of(phrase);
        while (element.words.size > 0) {
            uint32_t hash = hash_letters(next_alternative(&element.words));
            seconds |= UINT64_C(1) << (hash % 64);
        }
        if (!element.optional) {
            return seconds;
        }
        phrase = element.rest;
    }
    return UINT64_MAX;
}

static void
add_starts(struct starts *starts, const struct rule *rule, const char *phrase,
           bool exception)
{
    struct element first = element_of(phrase + (*phrase == '^' ? 1 : 0));
    uint64_t seconds = seconds_of(first.rest);
    while (first.words.size > 0) {
        uint32_t hash = hash_letters(next_alternative(&first.words));
        assert(starts->count < STARTS_MAX);
        size_t *head = &starts->heads[hash % STARTS_HEADS];
        starts->rows[starts->count] =
            (struct start){rule, phrase, hash, exception, seconds, *head};
        *head = starts->count++;
    }
}

/* From the last row to the first, since each goes to the front of its chain. */
static void
fill_starts(struct starts *starts, bool apology)
{
    starts->count = 1;
    for (size_t i = RULES_COUNT; i-- > 0;) {
        const struct rule *rule = &rules[i];
        if (rule->apology && !apology) {
            continue;
        }
        for (size_t j = 0; rule->unless[j] != NULL; j++) {
            add_starts(starts, rule, rule->unless[j], true);
        }
        for (size_t j = 0; rule->phrases[j] != NULL; j++) {
            add_starts(starts, rule, rule->phrases[j], false);
        }
    }
}

/*
 * The index behind the last word when the phrase fits at word `index`, or NO_MATCH.
 * `allowed` is the widest gap before that word. A phrase is a constant of a few words,
 * so the recursion over what may be missing is short.
 */
static size_t
match(struct look *look, const char *phrase, size_t index, enum gap allowed)
{
    if (*phrase == '\0') {
        return index;
    }
    const struct word *word = word_at(look, index);
    if (*phrase == '$') {
        return word == NULL || word->before == GAP_STOP ? index : NO_MATCH;
    }
    if (strcmp(phrase, "*") == 0) {
        return word != NULL && word->before <= allowed ? index : NO_MATCH;
    }
    if (*phrase == '^') {
        bool begins = word != NULL && word->before == GAP_STOP;
        return begins ? match(look, phrase + 1, index, allowed) : NO_MATCH;
    }
    struct element element = element_of(phrase);
    size_t end = NO_MATCH;
    if (word != NULL && word->before <= allowed && fits(&element, word->bytes)) {
        end =
            match(look, element.rest, index + 1, element.pause ? GAP_PAUSE : GAP_BLANK);
    }
    if (end == NO_MATCH && element.optional) {
        end = match(look, element.rest, index, allowed);
    }
    return end;
}

/* The rows of one chain that may fit at a word. */
struct walk {
    size_t at; /* in the rows */
    uint32_t hash;
    uint64_t second; /* the bit of the word behind it */
};

static struct walk
walk_at(struct look *look, size_t index)
{
    const struct word *next = word_at(look, index + 1);
    uint64_t second = next != NULL ? UINT64_C(1) << (next->hash % 64) : UINT64_MAX;
    uint32_t hash = word_at(look, index)->hash;
    return (struct walk){look->starts.heads[hash % STARTS_HEADS], hash, second};
}

static const struct start *
walk_next(const struct starts *starts, struct walk *walk)
{
    while (walk->at != 0) {
        const struct start *start = &starts->rows[walk->at];
        walk->at = start->next;
        if (start->hash == walk->hash && (start->seconds & walk->second) != 0) {
            return start;
        }
    }
    return NULL;
}

/* Whether an exception overlaps the find [begin, end) and reaches beyond it. */
static bool
excepted(struct look *look, const struct rule *rule, size_t begin, size_t end)
{
    size_t index = begin > WORDING_WORDS_MAX ? begin - WORDING_WORDS_MAX : 0;
    for (; index < end; index++) {
        struct walk walk = walk_at(look, index);
        const struct start *start;
        while ((start = walk_next(&look->starts, &walk)) != NULL) {
            if (start->rule != rule || !start->exception) {
                continue;
            }
            size_t reach = match(look, start->phrase, index, GAP_STOP);
            if (reach != NO_MATCH && reach > begin && (index < begin || reach > end)) {
                return true;
            }
        }
    }
    return false;
}

/* The first rule not told yet that fits at the word `index`, or NULL; *end is behind
 * what it found. */
static const struct rule *
find(struct look *look, size_t index, const bool told[static RULES_COUNT], size_t *end)
{
    struct walk walk = walk_at(look, index);
    const struct start *start;
    while ((start = walk_next(&look->starts, &walk)) != NULL) {
        if (start->exception || told[start->rule - rules]) {
            continue;
        }
        *end = match(look, start->phrase, index, GAP_STOP);
        if (*end != NO_MATCH && !excepted(look, start->rule, index, *end)) {
            return start->rule;
        }
    }
    return NULL;
}

size_t
wording_look(struct span text, bool apology,
             struct wording_hint out[static WORDING_HINTS_MAX])
{
    struct look look = {.text = text};
    bool told[RULES_COUNT] = {false};
    size_t count = 0;
    if (text.size > TEXT_BYTES_MAX || text_check(text) != 0) {
        return 0;
    }
    fill_starts(&look.starts, apology);
    const struct word *word;
    for (size_t index = 0;
         count < WORDING_HINTS_MAX && (word = word_at(&look, index)) != NULL; index++) {
        const uint8_t *begin = word->bytes.data; /* the ring moves on */
        size_t end = index;
        const struct rule *rule = find(&look, index, told, &end);
        if (rule != NULL) {
            struct span last = word_at(&look, end - 1)->bytes;
            size_t size = (size_t)(last.data + last.size - begin);
            out[count++] =
                (struct wording_hint){rule->name, span_of(begin, size), rule->says};
            told[rule - rules] = true;
            index = end - 1; /* finds don't overlap */
        }
    }
    bytes_wipe(look.ring, sizeof look.ring); /* hashes tell of words */
    return count;
}
