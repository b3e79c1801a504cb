/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Recur: see recur.h.
 *
 * The model: text becomes at most WORDS_MAX lower-case words; each take_* function looks
 * at the next word that is not a small one and moves past what it took. A text is
 * understood when all words were taken. The calendar is that of when_civil.h, where
 * weekdays count from Sunday; here they count from Monday, as ISO weeks do.
 *
 * To add a set of days with a name of its own: a row in `sets`. To add another way to
 * write a rhythm: a branch in parse_words.
 */
#include "common/recur.h"

#include "common/error.h"
#include "common/limits.h"
#include "common/when_civil.h"

#include <assert.h>
#include <string.h>

#define WEEK_DAYS 7
#define DAYS_ALL 0x7f
#define DAYS_WORK 0x1f
#define MONTH_DAY_MAX 31
#define WORDS_MAX 24      /* every day of the week, with an "and" before each, fits */
#define WORD_BYTES_MAX 12 /* with NUL; "wednesdays" fits */

struct words {
    char text[WORDS_MAX + 1][WORD_BYTES_MAX]; /* "" after the last */
    size_t count;
    size_t at;
};

/* Days of every week that have a name. The first name is canonical. */
static const struct {
    uint8_t days;
    const char *name, *other;
    const char *said;
} sets[] = {
    {DAYS_ALL, "daily", "day", "every day"},
    {DAYS_WORK, "weekdays", "weekday", "on weekdays"},
};

enum { SETS_COUNT = sizeof sets / sizeof *sets };

/* Splits at blanks and commas; false when there is too much of it, or nothing. */
static bool
split(struct words *words, struct span text)
{
    size_t size = 0; /* of the word that is open */
    if (text.size > LINE_BYTES_MAX) {
        return false;
    }
    for (size_t i = 0; i < text.size; i++) {
        char c = when_lowered((char)text.data[i]);
        if (c == ' ' || c == '\t' || c == '\n' || c == ',') {
            words->count += size > 0 ? 1 : 0;
            size = 0;
            continue;
        }
        if (c == '\0' || size == WORD_BYTES_MAX - 1 || words->count == WORDS_MAX) {
            return false;
        }
        words->text[words->count][size++] = c;
    }
    words->count += size > 0 ? 1 : 0;
    return words->count > 0;
}

static bool
is_small(const char *word)
{
    static const char *const small[] = {"every", "each", "on", "and", "the", "of"};
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        if (strcmp(word, small[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* The next word that is not a small one, "" at the end. */
static const char *
next_word(struct words *words)
{
    while (words->at < words->count && is_small(words->text[words->at])) {
        words->at++;
    }
    return words->text[words->at];
}

static bool
take(struct words *words, const char *name)
{
    bool same = strcmp(next_word(words), name) == 0;
    words->at += same ? 1 : 0;
    return same;
}

/* A number from 1 to `max`, of two digits at most; 0 when there is none, and then
 * nothing is taken. *text moves past it. */
static uint8_t
read_count(const char **text, int64_t max)
{
    const char *at = *text;
    int64_t number;
    if (when_read_number(&at, 2, &number) == 0 || number < 1 || number > max) {
        return 0;
    }
    *text = at;
    return (uint8_t)number;
}

/* "15th", and where a bare number can't be anything else, "15". 0 for none. */
static uint8_t
take_month_day(struct words *words, bool bare)
{
    const char *word = next_word(words);
    uint8_t number = read_count(&word, MONTH_DAY_MAX);
    bool ordinal = strcmp(word, "st") == 0 || strcmp(word, "nd") == 0 ||
                   strcmp(word, "rd") == 0 || strcmp(word, "th") == 0;
    if (number == 0 || !(ordinal || (bare && *word == '\0'))) {
        return 0;
    }
    words->at++;
    return number;
}

/* "w", "week" or "weeks", being what follows a number. */
static bool
is_weeks(const char *word)
{
    return strcmp(word, "w") == 0 || strcmp(word, "week") == 0 ||
           strcmp(word, "weeks") == 0;
}

/* "week", "weekly", "2w", "2 weeks", "weeks 2": how many. For none of these 0, and then
 * nothing is taken. */
static uint8_t
take_weeks(struct words *words)
{
    size_t start = words->at;
    if (take(words, "weekly") || take(words, "week")) {
        return 1;
    }
    bool unit_first = take(words, "weeks");
    const char *word = next_word(words);
    uint8_t weeks = read_count(&word, RECUR_WEEKS_MAX);
    bool unit = false;
    if (weeks != 0) {
        words->at++;
        bool bare = *word == '\0';
        unit = unit_first ? bare : is_weeks(bare ? next_word(words) : word);
        words->at += !unit_first && bare ? 1 : 0;
    }
    if (!unit) {
        words->at = start;
        return 0;
    }
    return weeks;
}

/* The beginning of three letters or more of a weekday's name, the whole, or its plural. */
static bool
names_weekday(const char *word, const char *name)
{
    size_t size = strlen(word);
    size_t whole = strlen(name);
    if (size < 3 || size > whole + 1 || (size == whole + 1 && word[whole] != 's')) {
        return false;
    }
    for (size_t i = 0; i < size && i < whole; i++) {
        if (word[i] != when_lowered(name[i])) {
            return false;
        }
    }
    return true;
}

static const char *
weekday_name(unsigned weekday)
{
    return when_weekday_name(weekday + 1);
}

static unsigned
weekday_of(int64_t day)
{
    return (when_weekday_of(day) + 6) % WEEK_DAYS;
}

/* All weekdays that follow; 0 when there is none. One said twice stays, and so is not
 * understood. */
static uint8_t
take_days(struct words *words)
{
    unsigned days = 0;
    for (;;) {
        const char *word = next_word(words);
        unsigned weekday = 0;
        while (weekday < WEEK_DAYS && !names_weekday(word, weekday_name(weekday))) {
            weekday++;
        }
        if (weekday == WEEK_DAYS || (days & 1u << weekday) != 0) {
            return (uint8_t)days;
        }
        days |= 1u << weekday;
        words->at++;
    }
}

static bool
parse_words(struct words *words, int64_t begins_day, struct recur *out)
{
    for (size_t i = 0; i < SETS_COUNT; i++) {
        if (take(words, sets[i].name) || take(words, sets[i].other)) {
            *out = (struct recur){RECUR_WEEKLY, .days = sets[i].days, .weeks = 1};
            return true;
        }
    }
    if (take(words, "monthly") || take(words, "month")) {
        uint8_t day = take_month_day(words, true);
        if (day == 0) {
            day = (uint8_t)when_date_of(begins_day).day;
        }
        *out = (struct recur){RECUR_MONTHLY, .month_day = day};
        return true;
    }
    uint8_t month_day = take_month_day(words, false);
    if (month_day != 0) {
        (void)(take(words, "monthly") || take(words, "month"));
        *out = (struct recur){RECUR_MONTHLY, .month_day = month_day};
        return true;
    }
    uint8_t weeks = take_weeks(words);
    uint8_t days = take_days(words);
    if (weeks == 0 && days == 0) {
        return false;
    }
    if (days == 0) {
        days = (uint8_t)(1u << weekday_of(begins_day));
    }
    weeks = weeks == 0 ? 1 : weeks;
    *out = (struct recur){RECUR_WEEKLY, .days = days, .weeks = weeks};
    return true;
}

int
recur_parse(struct span text, int64_t begins_day, struct recur *out)
{
    struct words words = {0};
    struct recur recur;
    if (begins_day < RECUR_DAY_MIN || begins_day > RECUR_DAY_MAX ||
        !split(&words, text) || is_small(words.text[words.count - 1]) ||
        !parse_words(&words, begins_day, &recur) || words.at != words.count) {
        return E_TIME;
    }
    *out = recur;
    return 0;
}

static void
check(const struct recur *recur)
{
    if (recur->type == RECUR_WEEKLY) {
        assert(recur->days != 0 && recur->days <= DAYS_ALL && recur->weeks >= 1 &&
               recur->weeks <= RECUR_WEEKS_MAX);
    } else {
        assert(recur->type == RECUR_MONTHLY && recur->month_day >= 1 &&
               recur->month_day <= MONTH_DAY_MAX);
    }
}

/* The row of `sets` that this is, or SETS_COUNT. */
static size_t
set_of(const struct recur *recur)
{
    size_t i = 0;
    while (i < SETS_COUNT && (recur->weeks != 1 || recur->days != sets[i].days)) {
        i++;
    }
    return i;
}

/* Each weekday, `ending` after it, commas between them and "and" before the last. */
static void
put_days(struct buf *out, uint8_t days, const char *ending)
{
    const char *between = "";
    for (unsigned weekday = 0; weekday < WEEK_DAYS; weekday++) {
        if ((days & 1u << weekday) != 0) {
            buf_printf(out, "%s%s%s", between, weekday_name(weekday), ending);
            days &= (uint8_t) ~(1u << weekday);
            between = (days & (days - 1u)) == 0 ? " and " : ", ";
        }
    }
}

void
recur_put(struct buf *out, const struct recur *recur)
{
    check(recur);
    if (recur->type == RECUR_MONTHLY) {
        buf_printf(out, "monthly %u", recur->month_day);
        return;
    }
    size_t set = set_of(recur);
    if (set < SETS_COUNT) {
        buf_put_text(out, sets[set].name);
        return;
    }
    if (recur->weeks == 1) {
        buf_put_text(out, "weekly");
    } else {
        buf_printf(out, "weeks %u", recur->weeks);
    }
    char before = ' ';
    for (unsigned weekday = 0; weekday < WEEK_DAYS; weekday++) {
        if ((recur->days & 1u << weekday) != 0) {
            const char *name = weekday_name(weekday);
            buf_printf(out, "%c%c%.2s", before, when_lowered(name[0]), name + 1);
            before = ',';
        }
    }
}

static const char *
ordinal_ending(unsigned number)
{
    static const char *const endings[] = {"th", "st", "nd", "rd"};
    bool teen = number / 10 == 1;
    return teen || number % 10 > 3 ? endings[0] : endings[number % 10];
}

void
recur_say(struct buf *out, const struct recur *recur)
{
    check(recur);
    if (recur->type == RECUR_MONTHLY) {
        buf_printf(out, "on the %u%s of each month", recur->month_day,
                   ordinal_ending(recur->month_day));
        return;
    }
    size_t set = set_of(recur);
    bool one = (recur->days & (recur->days - 1u)) == 0;
    if (set < SETS_COUNT) {
        buf_put_text(out, sets[set].said);
    } else if (recur->weeks > 1) {
        buf_printf(out, "every %u weeks on ", recur->weeks);
        put_days(out, recur->days, "");
    } else if (one) {
        buf_put_text(out, "every ");
        put_days(out, recur->days, "");
    } else {
        put_days(out, recur->days, "s");
    }
}

static int64_t
clamped(int64_t day)
{
    if (day < RECUR_DAY_MIN) {
        return RECUR_DAY_MIN;
    }
    return day > RECUR_DAY_MAX ? RECUR_DAY_MAX : day;
}

static int64_t
monday_of(int64_t day)
{
    return day - (int64_t)weekday_of(day);
}

/* The first day on or after `day`, of this week alone, that is one of `days`; or the
 * Monday after it. */
static int64_t
day_in_week(uint8_t days, int64_t day)
{
    int64_t end = monday_of(day) + WEEK_DAYS;
    while (day < end && (days & 1u << weekday_of(day)) == 0) {
        day++;
    }
    return day;
}

static int64_t
next_weekly(const struct recur *recur, int64_t begins_day, int64_t from_day)
{
    int64_t monday = monday_of(from_day);
    int64_t past = (monday - monday_of(begins_day)) / WEEK_DAYS % recur->weeks;
    if (past < 0) { /* the week it began in is still to come */
        past += recur->weeks;
    }
    if (past == 0) {
        int64_t day = day_in_week(recur->days, from_day);
        if (day < monday + WEEK_DAYS) {
            return day;
        }
    }
    return day_in_week(recur->days, monday + (recur->weeks - past) * WEEK_DAYS);
}

static int64_t
next_monthly(const struct recur *recur, int64_t from_day)
{
    struct when_date date = when_date_of(from_day);
    for (;;) {
        int64_t year = date.month == 12 ? date.year + 1 : date.year;
        unsigned month = date.month % 12 + 1;
        int64_t last = when_day_of(year, month, 1) - 1;
        int64_t day = when_day_of(date.year, date.month, 1) + recur->month_day - 1;
        day = day > last ? last : day;
        if (day >= from_day) { /* at the latest in the second round */
            return day;
        }
        date = (struct when_date){year, month, 1};
    }
}

int64_t
recur_next_day(const struct recur *recur, int64_t begins_day, int64_t from_day)
{
    check(recur);
    if (from_day > RECUR_DAY_MAX) {
        return RECUR_NEVER;
    }
    from_day = clamped(from_day);
    int64_t day = recur->type == RECUR_MONTHLY
                      ? next_monthly(recur, from_day)
                      : next_weekly(recur, clamped(begins_day), from_day);
    return day > RECUR_DAY_MAX ? RECUR_NEVER : day;
}

/* The end of a clock: *hour is made one of 24. False when it doesn't fit the hour. */
static bool
read_half(const char *half, bool has_minutes, int64_t *hour)
{
    bool pm = strcmp(half, "pm") == 0;
    if (!pm && strcmp(half, "am") != 0) {
        return *half == '\0' && has_minutes && *hour < 24; /* "8" may be anything */
    }
    if (*hour < 1 || *hour > 12) {
        return false;
    }
    *hour = *hour % 12 + (pm ? 12 : 0);
    return true;
}

int
recur_clock_parse(struct span text, uint32_t *minute_of_day)
{
    struct words words = {0};
    int64_t hour;
    int64_t minute = 0;
    if (!split(&words, text) || words.count > 2) {
        return E_TIME;
    }
    if (words.count == 1 && strcmp(words.text[0], "noon") == 0) {
        *minute_of_day = 12 * 60;
        return 0;
    }
    if (words.count == 1 && strcmp(words.text[0], "midnight") == 0) {
        *minute_of_day = 0;
        return 0;
    }
    const char *at = words.text[0];
    if (when_read_number(&at, 2, &hour) == 0) {
        return E_TIME;
    }
    bool has_minutes = when_read_sign(&at, ':') || when_read_sign(&at, '.');
    if (has_minutes && (when_read_number(&at, 2, &minute) != 2 || minute > 59)) {
        return E_TIME;
    }
    if (words.count == 2) {
        if (*at != '\0') {
            return E_TIME;
        }
        at = words.text[1];
    }
    if (!read_half(at, has_minutes, &hour)) {
        return E_TIME;
    }
    *minute_of_day = (uint32_t)(hour * 60 + minute);
    return 0;
}
