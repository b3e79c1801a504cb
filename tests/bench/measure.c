/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/measure.h"

#include "common/error.h"
#include "common/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct target {
    const char *id;
    const char *what;
    const char *unit;
    const char *floor;
    double ratio_max;
    double p50_max;
    double p99_max;
    const char *text;
};

static const struct target targets[] = {
#define ROW(id, what, unit, floor, ratio, p50, p99, text)                              \
    {id, what, unit, floor, ratio, p50, p99, text},
#include "tests/bench/targets.def"
#undef ROW
};

enum { TARGETS_COUNT = sizeof targets / sizeof targets[0] };

double
measure_now_us(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

void
measure_pause_ms(unsigned wait_ms)
{
    (void)nanosleep(&(struct timespec){.tv_sec = wait_ms / 1000,
                                       .tv_nsec = (long)(wait_ms % 1000) * 1000000},
                    NULL);
}

void
bench_must(bool fine, const char *what)
{
    if (!fine) {
        (void)fprintf(stderr, "attune-bench: failed: %s\n", what);
        exit(1);
    }
}

void
bench_check(int error, const char *what)
{
    if (error != 0) {
        (void)fprintf(stderr, "attune-bench: %s: %s\n", what, error_name(error));
        exit(1);
    }
}

void
series_add(struct series *series, double value)
{
    if (series->count == series->capacity) {
        size_t capacity = series->capacity == 0 ? 1024 : series->capacity * 2;
        double *values = malloc(capacity * sizeof *values);
        bench_must(values != NULL, "memory");
        if (series->count > 0) {
            memcpy(values, series->values, series->count * sizeof *values);
        }
        free(series->values);
        series->values = values;
        series->capacity = capacity;
    }
    series->values[series->count++] = value;
}

static int
by_value(const void *a, const void *b)
{
    double left = *(const double *)a;
    double right = *(const double *)b;
    return left < right ? -1 : left > right;
}

double
series_at(struct series *series, double share)
{
    if (series->count == 0) {
        return 0;
    }
    qsort(series->values, series->count, sizeof *series->values, by_value);
    size_t at = (size_t)ceil((double)series->count * share);
    return series->values[at > 0 ? at - 1 : 0];
}

void
series_free(struct series *series)
{
    free(series->values);
    *series = (struct series){0};
}

/* The medians of the named rows together; 0 when one is missing. */
static double
floor_of(const struct report *report, const char *names)
{
    char one[32];
    double sum = 0;
    while (*names != '\0') {
        size_t size = strcspn(names, "+");
        (void)snprintf(one, sizeof one, "%.*s", (int)size, names);
        double value = report_get(report, one);
        if (value <= 0) {
            return 0;
        }
        sum += value;
        names += size + (names[size] == '+');
    }
    return sum;
}

static double
ratio_of(const struct report_row *row)
{
    return row->floor > 0 ? row->p50 / row->floor : 0;
}

static bool
is_met(const struct report_row *row)
{
    const struct target *target = row->target;
    return (target->ratio_max <= 0 || row->floor <= 0 ||
            ratio_of(row) <= target->ratio_max) &&
           (target->p50_max <= 0 || row->p50 <= target->p50_max) &&
           (target->p99_max <= 0 || row->p99 <= target->p99_max);
}

void
report_head(void)
{
    printf("%-46s %10s %10s %4s %9s %6s  %s\n", "", "p50", "p99", "", "floor", "ratio",
           "target");
}

static void
print_row(const struct report_row *row)
{
    char p99[24] = "", floor[24] = "", ratio[24] = "";
    if (row->count == 0) {
        printf("%-46s %10s  %s\n", row->target->what, "-", row->note);
        return;
    }
    if (row->count > 1) {
        (void)snprintf(p99, sizeof p99, "%.2f", row->p99);
    }
    if (row->floor > 0) {
        (void)snprintf(floor, sizeof floor, "%.1f", row->floor);
        (void)snprintf(ratio, sizeof ratio, "%.2f", ratio_of(row));
    }
    const char *met = row->target->text[0] == '\0' ? ""
                      : is_met(row)                ? "met"
                                                   : "NOT MET";
    printf("%-46s %10.2f %10s %-4s %9s %6s  %s%s%s%s%s\n", row->target->what, row->p50,
           p99, row->target->unit, floor, ratio, row->target->text,
           met[0] == '\0' ? "" : ": ", met, row->note[0] == '\0' ? "" : "  ",
           row->note);
    (void)fflush(stdout);
}

static void
add(struct report *report, const char *id, const struct report_row *values,
    const char *note)
{
    size_t i = 0;
    while (i < TARGETS_COUNT && strcmp(targets[i].id, id) != 0) {
        i++;
    }
    bench_must(i < TARGETS_COUNT && report->count < REPORT_ROWS_MAX, id);
    struct report_row *row = &report->rows[report->count];
    *row = *values;
    row->target = &targets[i];
    row->floor = floor_of(report, targets[i].floor);
    (void)snprintf(row->note, sizeof row->note, "%s", note == NULL ? "" : note);
    report->count++;
    if (!report->quiet) {
        print_row(row);
    }
}

void
report_series(struct report *report, const char *id, struct series *series,
              const char *note)
{
    struct report_row row = {.count = series->count,
                             .p50 = series_at(series, 0.5),
                             .p99 = series_at(series, 0.99)};
    add(report, id, &row, note);
    series_free(series);
}

void
report_value(struct report *report, const char *id, double value, const char *note)
{
    struct report_row row = {.count = 1, .p50 = value, .p99 = value};
    add(report, id, &row, note);
}

void
report_absent(struct report *report, const char *id, const char *why)
{
    add(report, id, &(struct report_row){.count = 0}, why);
}

double
report_get(const struct report *report, const char *id)
{
    for (size_t i = report->count; i > 0; i--) {
        if (strcmp(report->rows[i - 1].target->id, id) == 0) {
            return report->rows[i - 1].p50;
        }
    }
    return 0;
}

bool
report_complete(const struct report *report)
{
    for (size_t i = 0; i < TARGETS_COUNT; i++) {
        size_t j = 0;
        while (j < report->count && report->rows[j].target != &targets[i]) {
            j++;
        }
        if (j == report->count) {
            (void)fprintf(stderr, "attune-bench: no result: %s\n", targets[i].id);
            return false;
        }
    }
    return true;
}

/* JSON of ours has whole numbers only: hundredths are enough here. */
static void
put_hundredths(struct json *json, const char *key, double value)
{
    json_int(json, key, (int64_t)llround(value * 100));
}

static void
put_row(struct json *json, const struct report_row *row)
{
    json_begin_object(json, NULL);
    json_string(json, "id", row->target->id);
    json_string(json, "what", row->target->what);
    json_string(json, "unit", row->target->unit);
    json_int(json, "count", (int64_t)row->count);
    if (row->count > 0) {
        put_hundredths(json, "p50_x100", row->p50);
        put_hundredths(json, "p99_x100", row->p99);
    }
    if (row->floor > 0) {
        json_string(json, "floor", row->target->floor);
        put_hundredths(json, "floor_x100", row->floor);
        put_hundredths(json, "ratio_x100", ratio_of(row));
    }
    if (row->target->text[0] != '\0' && row->count > 0) {
        json_string(json, "target", row->target->text);
        json_bool(json, "met", is_met(row));
    }
    if (row->note[0] != '\0') {
        json_string(json, "note", row->note);
    }
    json_end_object(json);
}

void
report_json(const struct report *report, struct buf *out)
{
    struct json json;
    json_init(&json, out);
    json_begin_object(&json, NULL);
    json_int(&json, "format", 1);
    json_begin_array(&json, "rows");
    for (size_t i = 0; i < report->count; i++) {
        put_row(&json, &report->rows[i]);
    }
    json_end_array(&json);
    json_end_object(&json);
    bench_check(json_done(&json), "JSON");
}
