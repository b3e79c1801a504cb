/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Couple: the work W1 to W6 of two people with real daemons and links on loopback.
 *
 * The model: Ana writes, Ben receives. THE RULE (daemon/run.h) is what is relied on:
 * a reply and a notice leave after the commit, so the moment Ana's reply is read is
 * "durable here", the moment Ben's notice is read and `show` knows the entry is "durable
 * there"; both include one hop over a Unix socket.
 * First sync: Ben's daemon is stopped, Ana writes everything, Ben's starts and unlocks.
 * Listable: `show` knows the last op. Searchable: Ben's daemon has come to rest after
 * that, and the rare word is found.
 */
#include "daemon/crypto/slots.h"
#include "daemon/home.h"
#include "tests/bench/floor_db.h"
#include "tests/bench/person.h"

#include "common/error.h"

#include <stdio.h>
#include <string.h>

enum {
    SYNC_WAIT_MS = 120000,
    PAUSE_MS = 2, /* between single entries: each is to find everybody at rest */
    LISTED = 20,
    DERIVATIONS = 3,
};

/* The library's own initialisers cast const away. */
static Attune__Local__Query
new_query(void)
{
    Attune__Local__Query query;
    attune__local__query__init(&query);
    return query;
}

static bool
knows(struct person *person, const struct workload_entry *entry, bool partner)
{
    int error = 0;
    Attune__Local__Request request;
    Attune__Local__Query query = new_query();
    query.id = attune_bytes(span_of(entry->id, ID_BYTES));
    query.partner = partner;
    attune_request(&request, "show");
    attune_with_query(&request, &query);
    (void)person_call(person, &request, &error);
    bench_must(error == 0 || error == E_NO_ENTRY, "show");
    return error == 0;
}

/* Until an entry of the partner is there; the moment its notice was read. */
static double
wait_for_entry(struct person *person, const struct workload_entry *entry, double *first)
{
    double news = measure_now_us();
    while (!knows(person, entry, true)) {
        bench_must(person_watch(person, SYNC_WAIT_MS), "the entry arrives");
        news = measure_now_us();
        if (first != NULL && *first <= 0) {
            *first = news;
        }
    }
    return news;
}

static struct workload
workload_of(const struct bench *bench, uint64_t step, uint32_t size)
{
    return (struct workload){bench->workload.seed + step, size};
}

/* ---- W1, W2 ---- */

/* In turn with a plain row: whatever else the machine does, it does to both. */
static void
run_alone(struct bench *bench, struct person *ana)
{
    char path[256];
    struct workload workload = workload_of(bench, 10, (uint32_t)bench->repeats);
    struct workload_entry entry;
    struct series series = {0}, rows = {0};
    struct proc_family family = person_family(ana);
    (void)snprintf(path, sizeof path, "%s/floor", bench->folder);
    struct floor_db *db = floor_db_new(path, false);
    double cpu = proc_cpu_ms(&family);
    for (uint32_t i = 0; i < workload.size; i++) {
        workload_make(&workload, i, &entry);
        series_add(&rows, floor_db_time(db, i, span_of(entry.text, entry.text_bytes)));
        measure_pause_ms(PAUSE_MS);
        double start = measure_now_us();
        person_write(ana, &entry, true);
        series_add(&series, measure_now_us() - start);
        measure_pause_ms(PAUSE_MS);
    }
    cpu = proc_cpu_ms(&family) - cpu;
    floor_db_free(db);
    report_series(&bench->report, "floor.row", &rows, "in turn with the next");
    report_series(&bench->report, "w1.alone", &series, NULL);
    report_value(&bench->report, "w1.cpu", cpu * 1e3 / workload.size, NULL);
}

static void
run_together(struct bench *bench, struct person *ana, struct person *ben)
{
    struct workload workload = workload_of(bench, 11, (uint32_t)bench->repeats);
    struct workload_entry entry;
    struct series own = {0}, commit = {0}, request = {0};
    for (uint32_t i = 0; i < workload.size; i++) {
        workload_make(&workload, i, &entry);
        double start = measure_now_us();
        person_write(ana, &entry, false);
        double here = measure_now_us();
        double there = wait_for_entry(ben, &entry, NULL);
        if (i > 0) { /* the first one waits for the links to meet */
            series_add(&own, here - start);
            series_add(&commit, there - here);
            series_add(&request, there - start);
        }
        measure_pause_ms(PAUSE_MS);
    }
    report_series(&bench->report, "w1.daemon", &own, NULL);
    report_series(&bench->report, "w2.commit", &commit, "seen by watch, then show");
    report_series(&bench->report, "w2.request", &request, NULL);
}

static void
run_command(struct bench *bench, struct person *person, const char *id,
            const char *const *words)
{
    struct series series = {0}, nothing = {0};
    for (size_t i = 0; i < bench->spawns; i++) {
        series_add(&nothing, floors_spawn_nothing(bench));
        measure_pause_ms(PAUSE_MS);
        series_add(&series, person_command(person, words));
        measure_pause_ms(PAUSE_MS);
    }
    report_series(&bench->report, "floor.process", &nothing, "in turn with the next");
    report_series(&bench->report, id, &series, NULL);
}

static void
run_thanks(struct bench *bench, struct person *ana)
{
    run_command(bench, ana, "w1.process",
                (const char *const[]){"thanks", "--yes", "--hold", "0",
                                      "for the soup; it showed me that you notice",
                                      NULL});
}

/* ---- W3 ---- */

static void
preload(struct bench *bench, struct person *ana, struct workload_entry *last)
{
    struct series series = {0};
    struct proc_family family = person_family(ana);
    double cpu = proc_cpu_ms(&family);
    for (uint32_t i = 0; i < bench->workload.size; i++) {
        workload_make(&bench->workload, i, last);
        double start = measure_now_us();
        person_write(ana, last, false);
        series_add(&series, measure_now_us() - start);
    }
    cpu = proc_cpu_ms(&family) - cpu;
    report_series(&bench->report, "w3.preload", &series, "partner away");
    report_value(&bench->report, "w3.preload_cpu", cpu * 1e3 / bench->workload.size,
                 "with what was indexed meanwhile");
}

struct sync {
    double begin, first, listable, searchable;
    double cpu_from, cpu_to, wire;
};

static void
report_sync(struct bench *bench, const struct sync *sync,
            const struct proc_family *from, const struct proc_family *to)
{
    struct report *report = &bench->report;
    report_value(report, "w3.listable", (sync->listable - sync->begin) / 1e3, NULL);
    report_value(report, "w3.stream", (sync->listable - sync->first) / 1e3, NULL);
    report_value(report, "w3.searchable", (sync->searchable - sync->begin) / 1e3, NULL);
    report_value(report, "w3.peak_from", proc_peak_mib(from), NULL);
    report_value(report, "w3.peak_to", proc_peak_mib(to), NULL);
    report_value(report, "w3.wire", sync->wire / 1e6, "TCP payload");
    report_value(report, "w3.cpu_from", proc_cpu_ms(from) - sync->cpu_from, NULL);
    report_value(report, "w3.cpu_to", proc_cpu_ms(to) - sync->cpu_to, NULL);
}

static void
run_sync(struct bench *bench, struct person *ana, struct person *ben)
{
    struct workload_entry last;
    struct sync sync = {0};
    person_stop(ben);
    preload(bench, ana, &last);
    (void)person_rest(ana);
    person_start(ben);
    struct proc_family from = person_family(ana), to = person_family(ben);
    proc_peak_reset(&from);
    proc_peak_reset(&to);
    sync.cpu_from = proc_cpu_ms(&from);
    sync.cpu_to = proc_cpu_ms(&to);
    person_open(ben);
    sync.begin = measure_now_us();
    sync.listable = wait_for_entry(ben, &last, &sync.first);
    sync.searchable = person_rest(ben);
    sync.wire = proc_wire_bytes(ana->port, ben->port);
    from = person_family(ana); /* with the link that was not there before */
    to = person_family(ben);
    report_sync(bench, &sync, &from, &to);
}

/* ---- W4 ---- */

static void
run_question(struct bench *bench, struct person *person, const char *id,
             const char *word)
{
    struct series series = {0};
    uint32_t wanted = word == NULL ? LISTED : workload_count(&bench->workload, word);
    for (size_t i = 0; i < bench->repeats; i++) {
        Attune__Local__Request request;
        Attune__Local__Query query = new_query();
        query.limit = LISTED;
        query.text = attune_bytes(span_text(word));
        attune_request(&request, word == NULL ? "list" : "find");
        attune_with_query(&request, &query);
        double start = measure_now_us();
        const Attune__Local__Reply *reply = person_call(person, &request, NULL);
        series_add(&series, measure_now_us() - start);
        bench_must(reply->n_entries >= (wanted < LISTED ? wanted : LISTED), id);
    }
    report_series(&bench->report, id, &series, NULL);
}

static void
run_questions(struct bench *bench, struct person *ben)
{
    run_command(bench, ben, "w4.latest",
                (const char *const[]){"log", "-n", "20", NULL});
    run_command(bench, ben, "w4.rare",
                (const char *const[]){"find", WORKLOAD_RARE, NULL});
    run_command(bench, ben, "w4.common",
                (const char *const[]){"find", "-n", "20", WORKLOAD_COMMON, NULL});
    run_question(bench, ben, "w4.in_latest", NULL);
    run_question(bench, ben, "w4.in_rare", WORKLOAD_RARE);
    run_question(bench, ben, "w4.in_common", WORKLOAD_COMMON);
}

/* ---- W5, W6 ---- */

static void
run_idle(struct bench *bench, struct person *ben)
{
    char note[64];
    (void)person_rest(ben);
    struct proc_family family = person_family(ben);
    double cpu = proc_cpu_ms(&family);
    double switches = proc_switches(&family);
    measure_pause_ms(bench->idle_s * 1000);
    (void)snprintf(note, sizeof note, "in %u s", bench->idle_s);
    report_value(&bench->report, "w5.cpu", proc_cpu_ms(&family) - cpu, note);
    report_value(&bench->report, "w5.switches", proc_switches(&family) - switches,
                 note);
    report_value(&bench->report, "w5.pss", proc_pss_mib(&family), NULL);
}

/* Argon2id with the parameters of this home. */
static double
time_derivation(struct bench *bench, const struct person *person)
{
    struct slots slots;
    uint8_t key[KEY_BYTES];
    struct series series = {0};
    bench_check(home_read_keys(&person->paths, &slots), "keys");
    const struct slots_pass *pass = &slots.vaults[0].pass;
    for (size_t i = 0; i < DERIVATIONS; i++) {
        double start = measure_now_us();
        bench_check(
            slots_pass_key(span_text("any"), pass->salt, pass->ops, pass->mem_kib, key),
            "Argon2id");
        series_add(&series, (measure_now_us() - start) / 1e3);
    }
    double median = series_at(&series, 0.5);
    if (report_get(&bench->report, "floor.kdf") <= 0) {
        report_series(&bench->report, "floor.kdf", &series, NULL);
    }
    series_free(&series);
    return median;
}

static void
run_start(struct bench *bench, struct person *ben, const char *id)
{
    struct series series = {0};
    for (size_t i = 0; i < bench->starts; i++) {
        Attune__Local__Request request;
        Attune__Local__Query query = new_query();
        person_stop(ben);
        double derivation_ms = time_derivation(bench, ben);
        query.limit = LISTED;
        attune_request(&request, "list");
        attune_with_query(&request, &query);
        double start = measure_now_us();
        person_start(ben);
        person_open(ben);
        (void)person_call(ben, &request, NULL);
        series_add(&series, (measure_now_us() - start) / 1e3 - derivation_ms);
    }
    report_series(&bench->report, id, &series, "one Argon2id taken off");
}

void
couple_run(struct bench *bench)
{
    static struct person ana, ben;
    person_init(&ana, bench, "Ana");
    person_init(&ben, bench, "Ben");
    person_create(&ana);
    person_create(&ben);
    run_alone(bench, &ana);
    person_pair(&ana, &ben);
    run_together(bench, &ana, &ben);
    run_thanks(bench, &ana);
    (void)person_rest(&ben);
    run_command(bench, &ben, "w4.latest_few",
                (const char *const[]){"log", "-n", "20", NULL});
    run_start(bench, &ben, "w6.start_few");
    run_sync(bench, &ana, &ben);
    run_questions(bench, &ben);
    run_idle(bench, &ben);
    run_start(bench, &ben, "w6.start");
    person_stop(&ben);
    person_stop(&ana);
}
