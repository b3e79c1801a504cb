/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Options: what a person may set. A row in options.def is the struct's field, the
 * parser, the help, the completion.
 *
 * The model: a file of `key = value` lines; `#` begins a comment line; a value may
 * stand in double quotes, in which \" and \\ are escapes. The last line of a key wins.
 * Keys that are not known are a newer attune's: kept, not judged. Setting rewrites one
 * line and leaves every other byte alone. An empty or missing file is all defaults.
 * To add an option: one row in options.def (and for a CHOICE its enum below).
 */
#ifndef ATTUNE_COMMON_OPTIONS_H
#define ATTUNE_COMMON_OPTIONS_H

#include "common/bytes.h"

#define OPTIONS_VALUE_BYTES_MAX 1024 /* of one value, with NUL */
#define OPTIONS_FILE_BYTES_MAX 65536

enum option_type {
    OPTION_TEXT,      /* one line of UTF-8 */
    OPTION_ADDRESS,   /* tcp://host:port; host may be the star of all */
    OPTION_ADDRESSES, /* comma list of tcp://host:port; may be empty */
    OPTION_DURATION,  /* int64_t seconds */
    OPTION_BOOL,      /* yes or no */
    OPTION_COUNT,     /* uint32_t */
    OPTION_CHOICE,    /* unsigned: the index in `choices` */
    OPTION_CLOCK,     /* int32_t minute of the local day, 0..1439; -1: off */
    OPTION_HOURS,     /* struct option_hours */
    OPTION_WEEKLY,    /* int32_t minute of the week, from Monday; -1: off */
};

/* Every day from one local clock to another, past midnight when the second is earlier;
 * both are minutes of the day, and equal: off. */
struct option_hours {
    int32_t from_min;
    int32_t until_min;
};

/* In the order of `choices` in options.def (a test compares). */
enum option_notice {
    NOTICE_NONE, /* that there is something */
    NOTICE_KIND, /* the kind's own sentence, without content */
    NOTICE_TEXT, /* and the first line of it, while attune is open */
};
enum option_color {
    COLOR_AUTO,
    COLOR_ALWAYS,
    COLOR_NEVER,
};
enum option_wording {
    WORDING_OFF, /* no hints about one's own words */
    WORDING_ON,
};

#define OPTION_FIELD_TEXT(field) char field[OPTIONS_VALUE_BYTES_MAX]
#define OPTION_FIELD_ADDRESS(field) char field[OPTIONS_VALUE_BYTES_MAX]
#define OPTION_FIELD_ADDRESSES(field) char field[OPTIONS_VALUE_BYTES_MAX]
#define OPTION_FIELD_DURATION(field) int64_t field
#define OPTION_FIELD_BOOL(field) bool field
#define OPTION_FIELD_COUNT(field) uint32_t field
#define OPTION_FIELD_CHOICE(field) unsigned field
#define OPTION_FIELD_CLOCK(field) int32_t field
#define OPTION_FIELD_HOURS(field) struct option_hours field
#define OPTION_FIELD_WEEKLY(field) int32_t field

/* Its fields are those of the rows: link_listen, closed_after_s, notice_content, ... */
struct options {
#define OPTION(name, type, field, fallback, choices, help) OPTION_FIELD_##type(field);
#include "common/options.def"
#undef OPTION
};

struct option {
    const char *name;
    enum option_type type;
    const char *fallback; /* the default, as text */
    const char *choices;  /* "a|b|c" for OPTION_CHOICE, else NULL */
    const char *help;     /* one sentence */
    size_t offset;        /* in struct options */
};

size_t options_count(void);
const struct option *options_row(size_t index);      /* NULL beyond the last */
const struct option *options_find(const char *name); /* NULL: no such option */

void options_defaults(struct options *out);

/* Pure: a file's bytes over the defaults. 0 or E_OPTION; then *bad_line (from 1) names
 * the line and `out` is untouched. */
int options_parse(struct span file, struct options *out, size_t *bad_line)
    __attribute__((warn_unused_result));

/* The same from a file; a missing one gives the defaults. 0, E_OPTION (a file over
 * OPTIONS_FILE_BYTES_MAX too, line 0), or as error_from_errno (line 0). */
int options_load(const char *path, struct options *out, size_t *bad_line)
    __attribute__((warn_unused_result));

/* Appends the value of one option as text that options_edit takes back. 0 or
 * E_OPTION. */
int options_get(const struct options *options, const char *name, struct buf *out)
    __attribute__((warn_unused_result));

/* Pure: appends `file` with one option set (value NULL: back to the default, its lines
 * removed). 0, E_OPTION (unknown, or the value doesn't fit), or the buf's error; on
 * E_OPTION nothing is appended. */
int options_edit(struct span file, const char *name, const char *value, struct buf *out)
    __attribute__((warn_unused_result));

/* The same on disk: written beside, synced, renamed; a linked file stays linked. Makes
 * the folder. 0, E_OPTION, or as error_from_errno; on failure the old file stands. */
int options_set(const char *path, const char *name, const char *value)
    __attribute__((warn_unused_result));

#endif
