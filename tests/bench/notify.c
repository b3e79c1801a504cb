/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Notify: what the notifier adds: W7, from one's commit to the notice on the other's
 * desktop, and W8, what it takes while nothing happens.
 *
 * The model: a couple of its own, Ina writes, Jon has a desk. As in couple.c a reply leaves
 * after the commit, so the moment Ina's is read is "durable here"; the end is the moment
 * the notification server has read the Notify: both commits, the wire, Jon's watch, the
 * notifier's look and a hop over the bus are in it. Nothing holds a notice back: the hold
 * is 0, the day's budget is large, no hours are quiet. Jon reads nothing, so after a few
 * the list the notifier looks at has its full length: the unfavourable case. Before each
 * a plain row and a call over the bus, the least it is made of, are measured: whatever
 * else the machine does, it does to all.
 */
#include "tests/bench/desk.h"
#include "tests/bench/floor_db.h"

#include <stdio.h>
#include <string.h>

enum {
    NOTICES = 200,
    NOTICES_FEW = 20, /* with few repeats of what is quick */
    REPEATS_MANY = 200,
    NOTICE_WAIT_MS = 30000,
    PAUSE_MS = 20, /* that it was shown is noted by Jon's daemon, with a commit */
};

static void
report_all_absent(struct report *report, const char *why)
{
    static const char *const ids[] = {"floor.dbus",    "w7.commit", "w7.request",
                                      "w7.in_notices", "w8.ticks",  "w8.cpu",
                                      "w8.switches",   "w8.pss"};
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        report_absent(report, ids[i], why);
    }
}

static void
set_options(struct person *jon)
{
    static const char *const options[][2] = {{"notice.budget", "100000"},
                                             {"notice.question", "off"},
                                             {"notice.talk", "off"}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        (void)person_command(jon, (const char *const[]){"config", "set", options[i][0],
                                                        options[i][1], NULL});
    }
}

/* Entry `number`: always a thanks of the same words. */
static void
make_thanks(const struct bench *bench, uint32_t number, struct workload_entry *out)
{
    struct workload workload = {bench->workload.seed + 12, NOTICES + 1};
    workload_make(&workload, number, out);
    out->kind = kind_find("thanks");
    bench_must(out->kind != NULL, "thanks");
    out->text_bytes = (size_t)snprintf(out->text, sizeof out->text,
                                       "for the soup; it showed me that you notice");
}

static void
run_notices(struct bench *bench, struct desk *desk, struct person *ina)
{
    char path[256];
    struct workload_entry entry;
    struct series rows = {0}, trips = {0}, commit = {0}, request = {0};
    uint32_t count = bench->repeats >= REPEATS_MANY ? NOTICES : NOTICES_FEW;
    (void)snprintf(path, sizeof path, "%s/floor", bench->folder);
    struct floor_db *db = floor_db_new(path, false);
    for (uint32_t i = 0; i <= count; i++) {
        make_thanks(bench, i, &entry);
        series_add(&rows, floor_db_time(db, i, span_of(entry.text, entry.text_bytes)));
        series_add(&trips, desk_trip(desk));
        desk_serve(desk, PAUSE_MS);
        double start = measure_now_us();
        person_write(ina, &entry, false);
        double here = measure_now_us();
        double there = desk_wait(desk, NOTICE_WAIT_MS);
        if (i > 0) { /* the first one waits for the links to meet, and the notifier */
            series_add(&commit, there - here);
            series_add(&request, there - start);
        }
        desk_serve(desk, PAUSE_MS);
    }
    floor_db_free(db);
    report_series(&bench->report, "floor.row", &rows, "in turn with the next");
    report_series(&bench->report, "floor.dbus", &trips, "in turn with the next");
    report_series(&bench->report, "w7.commit", &commit, NULL);
    report_series(&bench->report, "w7.request", &request, NULL);
}

/* The larger of the two questions the notifier asks each time. */
static void
run_list(struct bench *bench, struct person *jon)
{
    struct series series = {0};
    size_t listed = 0;
    char note[64];
    for (size_t i = 0; i < bench->repeats; i++) {
        Attune__Local__Request request;
        attune_request(&request, "notices");
        double start = measure_now_us();
        listed = person_call(jon, &request, NULL)->n_notices;
        series_add(&series, measure_now_us() - start);
    }
    (void)snprintf(note, sizeof note, "%zu listed", listed);
    report_series(&bench->report, "w7.in_notices", &series, note);
}

static void
run_idle(struct bench *bench, pid_t notifier)
{
    char note[64];
    struct proc_family family;
    proc_family(notifier, &family);
    double ticks = proc_ticks(&family);
    double cpu = proc_cpu_ms(&family);
    double switches = proc_switches(&family);
    double pss = proc_pss_mib(&family);
    bench_must(switches > 0, "what the notifier did"); /* else 0 means nothing below */
    measure_pause_ms(bench->idle_s * 1000);
    (void)snprintf(note, sizeof note, "in %u s", bench->idle_s);
    bench_must(proc_named(notifier, "attune-notify"), "the notifier is there");
    report_value(&bench->report, "w8.ticks", proc_ticks(&family) - ticks, note);
    report_value(&bench->report, "w8.cpu", proc_cpu_ms(&family) - cpu, note);
    report_value(&bench->report, "w8.switches", proc_switches(&family) - switches,
                 note);
    if (pss > 0) {
        report_value(&bench->report, "w8.pss", pss, NULL);
    } else {
        report_absent(&bench->report, "w8.pss", "it is told to root alone");
    }
}

void
notify_run(struct bench *bench)
{
    static struct person ina, jon;
    struct desk *desk = desk_new(bench);
    if (desk == NULL) {
        report_all_absent(&bench->report, "no dbus-daemon");
        return;
    }
    person_init(&ina, bench, "Ina");
    person_init(&jon, bench, "Jon");
    person_create(&ina);
    person_create(&jon);
    person_pair(&ina, &jon);
    set_options(&jon);
    pid_t notifier = desk_notify(desk, &jon);
    run_notices(bench, desk, &ina);
    run_list(bench, &jon);
    (void)person_rest(&ina);
    (void)person_rest(&jon);
    run_idle(bench, notifier);
    desk_free(desk);
    person_stop(&jon);
    person_stop(&ina);
}
