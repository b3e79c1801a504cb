/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Measure: series of times, and the table they end in.
 *
 * The model: a series collects microseconds; its median and 99th percentile become a row
 * of the report. A row is named as in targets.def, which says what to beat and which
 * floor, a row measured before it in the same run, it is divided by.
 * Invariants: the bench holds no opinion beyond "met" or "not met"; a row without a target
 * is a floor or an explanation. Programs for one person at a terminal: it exits on any
 * failure of its own (bench_must).
 * To add a measurement: a row in targets.def, one report_series or report_value.
 */
#ifndef ATTUNE_TESTS_BENCH_MEASURE_H
#define ATTUNE_TESTS_BENCH_MEASURE_H

#include "common/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

double
measure_now_us(void); /* monotonic, comparable between processes */

void
measure_pause_ms(unsigned wait_ms);

/* Ends the bench, saying where, unless `fine`. */
void
bench_must(bool fine, const char *what);
/* The same for a function that gave 0 or E_*. */
void
bench_check(int error, const char *what);

struct series {
    double *values;
    size_t count;
    size_t capacity;
};

void
series_add(struct series *series, double value);
/* The value below which `share` of them lie; sorts. 0 when empty. */
double
series_at(struct series *series, double share);
void
series_free(struct series *series);

enum { REPORT_ROWS_MAX = 96, REPORT_NOTE_BYTES = 96 };

struct target;

struct report_row {
    const struct target *target;
    size_t count; /* of single measurements; 1: a value; 0: none, the note says why */
    double p50;
    double p99;
    double floor; /* 0: none */
    char note[REPORT_NOTE_BYTES];
};

struct report {
    struct report_row rows[REPORT_ROWS_MAX];
    size_t count;
    bool quiet; /* rows are not printed as they come */
};

/* Adds a row and frees the series. The note may be NULL. */
void
report_series(struct report *report, const char *id, struct series *series,
              const char *note);
void
report_value(struct report *report, const char *id, double value, const char *note);
/* A row that can't be measured on this machine: the report is complete without it. */
void
report_absent(struct report *report, const char *id, const char *why);
/* Median of a row that was measured; 0 when it wasn't. */
double
report_get(const struct report *report, const char *id);
/* Whether every required row of targets.def is there. */
bool
report_complete(const struct report *report);

void
report_head(void);
void
report_json(const struct report *report, struct buf *out);

#endif
