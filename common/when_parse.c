/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Reading days and times: see when.h.
 *
 * The model: text becomes at most TOKENS_MAX lower-case tokens; each rule looks at the
 * tokens from a place on and says how many it took (0: not mine). A day rule and a
 * clock rule may each match once. To add a way to write a day: a rule and a row in
 * `rules`.
 */
#include "common/error.h"
#include "common/when.h"
#include "common/when_civil.h"

#include <string.h>

#define TOKENS_MAX 8
#define TOKEN_BYTES_MAX 12              /* with NUL; "wednesday" and "2027-05-01" fit */
#define NOW_S_MAX INT64_C(253402300799) /* the end of 9999 */
#define DAY_END_S (23 * WHEN_HOUR_S + 59 * WHEN_MINUTE_S)

struct parse {
    char tokens[TOKENS_MAX + 2][TOKEN_BYTES_MAX]; /* "" at the end and after it */
    size_t count;
    int64_t now_s;
    int64_t today;
    bool has_day, has_clock, has_span;
    int64_t day;
    unsigned clock_s;
    int64_t span_s; /* from now on */
};

static bool
same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The rules. Each takes tokens from `at` on and returns how many, 0 for none. */

/* `name` is the beginning of three letters or more, or the whole, of `word`. */
static bool
names(const char *name, const char *word)
{
    size_t size = strlen(name);
    if (size < 3 || size > strlen(word)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (name[i] != when_lowered(word[i])) {
            return false;
        }
    }
    return true;
}

static size_t
rule_day_word(struct parse *p, size_t at)
{
    static const struct {
        const char *name;
        int distance;
    } words[] = {{"today", 0}, {"tonight", 0}, {"tomorrow", 1}, {"yesterday", -1}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (same(p->tokens[at], words[i].name)) {
            p->day = p->today + words[i].distance;
            return 1;
        }
    }
    if (same(p->tokens[at], "next") && same(p->tokens[at + 1], "week")) {
        p->day = p->today + 7;
        return 2;
    }
    return 0;
}

static size_t
rule_weekday(struct parse *p, size_t at)
{
    for (unsigned weekday = 0; weekday < 7; weekday++) {
        if (names(p->tokens[at], when_weekday_name(weekday))) {
            p->day = p->today + 1 + (weekday + 6 - when_weekday_of(p->today)) % 7;
            return 1;
        }
    }
    return 0;
}

static size_t
rule_iso_date(struct parse *p, size_t at)
{
    int64_t day;
    const char *text = p->tokens[at];
    if (!when_read_date(&text, &day) || *text != '\0') {
        return 0;
    }
    p->day = day;
    return 1;
}

/* 1 to 31, as "1", "1st", "2nd", "3rd", "4th"; 0 for anything else. */
static unsigned
day_of_month(const char *text)
{
    int64_t number;
    if (when_read_number(&text, 2, &number) == 0 || number > 31) {
        return 0;
    }
    bool ends = *text == '\0' || same(text, "st") || same(text, "nd") ||
                same(text, "rd") || same(text, "th");
    return ends ? (unsigned)number : 0;
}

static unsigned
month_of(const char *text)
{
    for (unsigned month = 1; month <= 12; month++) {
        if (names(text, when_month_name(month))) {
            return month;
        }
    }
    return 0;
}

static size_t
rule_month_day(struct parse *p, size_t at)
{
    unsigned day = day_of_month(p->tokens[at]);
    unsigned month = month_of(p->tokens[at + 1]);
    if (day == 0 || month == 0) {
        month = month_of(p->tokens[at]);
        day = day_of_month(p->tokens[at + 1]);
    }
    if (day == 0 || month == 0) {
        return 0;
    }
    const char *text = p->tokens[at + 2];
    int64_t year;
    if (when_read_number(&text, 4, &year) == 4 && *text == '\0') {
        p->day = when_day_of(year, month, day);
        return when_date_valid(year, month, day) ? 3 : 0;
    }
    year = when_date_of(p->today).year;
    /* 29 February may be eight years away. */
    for (int64_t later = year; later <= year + 8; later++) {
        if (when_date_valid(later, month, day) &&
            when_day_of(later, month, day) >= p->today) {
            p->day = when_day_of(later, month, day);
            return 2;
        }
    }
    return 0;
}

static size_t
rule_clock(struct parse *p, size_t at)
{
    const char *text = p->tokens[at];
    int64_t hour;
    int64_t minute = 0;
    if (same(text, "noon")) {
        p->clock_s = 12 * WHEN_HOUR_S;
        return 1;
    }
    if (when_read_number(&text, 2, &hour) == 0) {
        return 0;
    }
    bool minutes = when_read_sign(&text, ':');
    if (minutes && when_read_number(&text, 2, &minute) != 2) {
        return 0;
    }
    size_t taken = 1;
    if (*text == '\0' && p->tokens[at + 1][0] != '\0') {
        const char *half = p->tokens[at + 1];
        if (same(half, "am") || same(half, "pm")) {
            text = half;
            taken = 2;
        }
    }
    if (same(text, "am") || same(text, "pm")) {
        if (hour < 1 || hour > 12) {
            return 0;
        }
        hour = hour % 12 + (text[0] == 'p' ? 12 : 0);
    } else if (!minutes || *text != '\0') {
        return 0;
    }
    if (hour > 23 || minute > 59) {
        return 0;
    }
    p->clock_s = (unsigned)(hour * WHEN_HOUR_S + minute * WHEN_MINUTE_S);
    return taken;
}

/* "20m", "2 hours", "1h30m", "3 days": hours count from now, days are calendar days. */
static size_t
rule_span(struct parse *p, size_t at)
{
    char joined[2 * TOKEN_BYTES_MAX + 1];
    for (size_t taken = 1; taken <= 2; taken++) {
        size_t first = strlen(p->tokens[at]);
        size_t second = taken == 2 ? strlen(p->tokens[at + 1]) : 0;
        memcpy(joined, p->tokens[at], first);
        memcpy(joined + first, p->tokens[at + 1], second);
        joined[first + second] = '\0';
        int64_t smallest_s;
        int64_t span_s;
        if (!when_read_duration(joined, &span_s, &smallest_s)) {
            continue;
        }
        if (smallest_s >= WHEN_DAY_S) {
            p->day = p->today + span_s / WHEN_DAY_S;
            p->has_day = true;
        } else {
            p->span_s = span_s;
            p->has_span = true;
        }
        return taken;
    }
    return 0;
}

static size_t
rule_now(struct parse *p, size_t at)
{
    if (!same(p->tokens[at], "now")) {
        return 0;
    }
    p->span_s = 0;
    return 1;
}

enum gives {
    GIVES_DAY,
    GIVES_CLOCK,
    GIVES_SPAN,
    GIVES_EITHER, /* the rule itself says whether a day or a span */
};

static const struct {
    size_t (*read)(struct parse *p, size_t at);
    enum gives gives;
} rules[] = {
    {rule_day_word, GIVES_DAY},  {rule_weekday, GIVES_DAY}, {rule_iso_date, GIVES_DAY},
    {rule_month_day, GIVES_DAY}, {rule_clock, GIVES_CLOCK}, {rule_now, GIVES_SPAN},
    {rule_span, GIVES_EITHER},
};

/* Splits at blanks and commas; false when there is too much of it. */
static bool
tokenize(struct parse *p, const char *text)
{
    while (*text != '\0') {
        size_t blanks = strspn(text, " \t\n,");
        text += blanks;
        size_t size = strcspn(text, " \t\n,");
        if (size == 0) {
            break;
        }
        if (size >= TOKEN_BYTES_MAX || p->count == TOKENS_MAX) {
            return false;
        }
        for (size_t i = 0; i < size; i++) {
            p->tokens[p->count][i] = when_lowered(text[i]);
        }
        text += size;
        p->count++;
    }
    return p->count > 0;
}

/* Applies the first rule that matches at `at`; how many tokens it took. */
static size_t
apply_rules(struct parse *p, size_t at)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
        struct parse before = *p;
        p->has_day = p->has_clock = p->has_span = false;
        size_t taken = rules[i].read(p, at);
        if (taken == 0) {
            *p = before;
            continue;
        }
        bool day = p->has_day || rules[i].gives == GIVES_DAY;
        bool clock = rules[i].gives == GIVES_CLOCK;
        bool span = p->has_span || rules[i].gives == GIVES_SPAN;
        if ((day && before.has_day) || (clock && before.has_clock) ||
            (span && before.has_span)) {
            return 0; /* said twice */
        }
        p->has_day = day || before.has_day;
        p->has_clock = clock || before.has_clock;
        p->has_span = span || before.has_span;
        return taken;
    }
    return 0;
}

static int
resolve(const struct parse *p, int64_t *out_s, bool *has_clock)
{
    if (p->has_span) {
        if (p->has_day || p->has_clock) {
            return E_TIME;
        }
        *out_s = p->now_s + p->span_s;
        *has_clock = true;
    } else if (p->has_clock && !p->has_day) {
        int64_t at_s = when_instant(p->today, p->clock_s);
        *out_s = at_s > p->now_s ? at_s : when_instant(p->today + 1, p->clock_s);
        *has_clock = true;
    } else if (p->has_day) {
        *out_s = when_instant(p->day, p->has_clock ? p->clock_s : DAY_END_S);
        *has_clock = p->has_clock;
    } else {
        return E_TIME;
    }
    return 0;
}

int
when_parse(const char *text, int64_t now_s, int64_t *out_s, bool *has_clock)
{
    struct parse parse = {.now_s = now_s, .today = when_local_day(now_s)};
    int64_t instant_s;
    if (now_s < 0 || now_s > NOW_S_MAX) {
        return E_TIME;
    }
    if (when_parse_rfc3339(span_text(text), &instant_s) == 0) {
        *out_s = instant_s;
        *has_clock = true;
        return 0;
    }
    if (!tokenize(&parse, text)) {
        return E_TIME;
    }
    size_t at = 0;
    while (at < parse.count) {
        const char *token = parse.tokens[at];
        bool small = same(token, "in") || same(token, "on") || same(token, "at") ||
                     same(token, "by");
        size_t taken = small && at + 1 < parse.count ? 1 : apply_rules(&parse, at);
        if (taken == 0) {
            return E_TIME;
        }
        at += taken;
    }
    return resolve(&parse, out_s, has_clock);
}
