/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/handlers.h"

#include "common/error.h"
#include "daemon/daemon.h"
#include "daemon/inspect.h"

#include <string.h>

#define BODY(name) ATTUNE__LOCAL__REQUEST__BODY_##name

/* protobuf-c's text and bytes are not const; nobody writes through these. */
static char *
plain(const char *text)
{
    union {
        const char *in;
        char *out;
    } both = {.in = text};
    return both.out;
}

static ProtobufCBinaryData
bytes_of(const char *text)
{
    union {
        const char *in;
        uint8_t *out;
    } both = {.in = text};
    return (ProtobufCBinaryData){strlen(text), both.out};
}

/* ---- status ---- */

static int
put_alerts(const struct daemon *daemon, struct arena *arena, Attune__Local__Status *status)
{
    const struct vault *vault = &daemon->vault;
    int errors[VAULT_ALERTS_MAX + 3];
    size_t count = 0;
    for (size_t i = 0; i < vault->alerts_count; i++) {
        errors[count++] = vault->alerts[i];
    }
    if (daemon->link.error != 0) {
        errors[count++] = daemon->link.error;
    }
    if (daemon->option_error != 0) {
        errors[count++] = daemon->option_error;
    }
    if (vault->run.store != NULL && store_error(vault->run.store) != 0) {
        errors[count++] = store_error(vault->run.store);
    }
    size_t had = status->n_alerts;
    Attune__Local__Finding **all = arena_alloc(arena, (had + count) * sizeof *all + 1);
    if (all == NULL) {
        return E_MEMORY;
    }
    for (size_t i = 0; i < had; i++) {
        all[i] = status->alerts[i];
    }
    for (size_t i = 0; i < count; i++) {
        Attune__Local__Finding *finding = arena_alloc(arena, sizeof *finding);
        if (finding == NULL) {
            return E_MEMORY;
        }
        attune__local__finding__init(finding);
        finding->code = plain(error_name(errors[i]));
        finding->detail = bytes_of(error_text(errors[i]));
        all[had + i] = finding;
    }
    status->alerts = all;
    status->n_alerts = had + count;
    return 0;
}

static int
make_status(struct daemon *daemon, Attune__Local__Status *status)
{
    struct vault *vault = &daemon->vault;
    struct clock_time now;
    int rc = 0;
    vault_look(vault);
    clock_now(&daemon->clock, &now);
    struct event event = {
        .type = CORE_TICK,
        .now_s = now.wall_s,
        .mono_ms = now.mono_ms,
        .zone_min = now.zone_min,
    };
    status->schema = STORE_SCHEMA;
    if (vault->run.core != NULL) {
        rc = core_status(vault->run.core, &event, daemon->arena, status);
    }
    status->exists = vault->state != HOME_NONE;
    status->locked = vault->state == HOME_LOCKED;
    status->closed = vault->state == HOME_CLOSED;
    status->link_on = linkctl_on(&daemon->link);
    status->screen_locked = daemon->screen_locked;
    status->demo = vault->demo;
    status->now = vault->demo ? now.wall_s : 0; /* the clock of a tour is not a client's */
    return rc != 0 ? rc : put_alerts(daemon, daemon->arena, status);
}

static void
answer_status(struct daemon *daemon, uint64_t client, uint32_t number)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    Attune__Local__Status status;
    attune__local__status__init(&status);
    int rc = make_status(daemon, &status);
    reply.number = number;
    reply.status = &status;
    if (rc != 0) {
        server_error(daemon->server, client, number, rc);
    } else {
        server_answer(daemon->server, client, &reply);
    }
    arena_reset(daemon->arena);
}

static void
run_status(void *context, uint64_t client, const Attune__Local__Request *request)
{
    answer_status(context, client, request->number);
}

/* ---- the vault ---- */

static void
start_job(struct daemon *daemon, enum job_type type, uint64_t client,
          const Attune__Local__Request *request)
{
    /* What came between the sleep's announcement and the sleep would stay in memory. */
    int rc = daemon->sleeping
                 ? E_BUSY
                 : job_start(&daemon->job, type, client, request->number, request->secret);
    if (rc != 0) {
        server_error(daemon->server, client, request->number, rc);
    }
}

static void
run_init(void *context, uint64_t client, const Attune__Local__Request *request)
{
    start_job(context, JOB_INIT, client, request);
}

static void
run_unlock(void *context, uint64_t client, const Attune__Local__Request *request)
{
    start_job(context, JOB_UNLOCK, client, request);
}

static void
run_passwd(void *context, uint64_t client, const Attune__Local__Request *request)
{
    start_job(context, JOB_PASSWD, client, request);
}

static void
run_recover(void *context, uint64_t client, const Attune__Local__Request *request)
{
    start_job(context, JOB_RECOVER, client, request);
}

static void
answer_words(struct daemon *daemon, const struct job *job)
{
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    char *words[WORDS_RECOVERY_COUNT];
    for (size_t i = 0; i < WORDS_RECOVERY_COUNT; i++) {
        words[i] = plain(job->words[i]);
    }
    reply.number = job->number;
    reply.words = words;
    reply.n_words = WORDS_RECOVERY_COUNT;
    server_answer(daemon->server, job->client, &reply);
    bytes_wipe(words, sizeof words);
}

void
handlers_job_done(void *context, const struct job *job, int error)
{
    struct daemon *daemon = context;
    int rc = error;
    if (rc == 0 && job->opened) {
        rc = daemon_started(daemon, job->closes);
    } else if (rc == 0 && job->type != JOB_PASSWD) {
        daemon_reopened(daemon, job->closes);
    }
    if (rc == 0 && job->type == JOB_UNLOCK && job->closes) {
        rc = E_CLOSED; /* what it was for was not reached */
    }
    if (daemon->server == NULL) {
        return;
    }
    if (rc == 0 && job->has_words) {
        answer_words(daemon, job);
    } else if (rc == 0 && job->type == JOB_UNLOCK) {
        answer_status(daemon, job->client, job->number);
    } else {
        server_error(daemon->server, job->client, job->number, rc);
    }
}

static void
run_lock(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct daemon *daemon = context;
    if (daemon->vault.state == HOME_NONE && daemon->job.type == JOB_NONE) {
        server_error(daemon->server, client, request->number, E_NO_HOME);
        return;
    }
    daemon_lock(daemon);
    answer_status(daemon, client, request->number);
}

static void
run_reload(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct daemon *daemon = context;
    const Attune__Local__Option *option =
        request->body_case == BODY(OPTION) ? request->option : NULL;
    int rc = daemon_reload(daemon, option == NULL ? NULL : option->name);
    server_error(daemon->server, client, request->number, rc);
}

static void
run_check(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct daemon *daemon = context;
    Attune__Local__Reply reply;
    attune__local__reply__init(&reply);
    int rc = inspect_run(&daemon->vault, daemon->arena, &reply);
    reply.number = request->number;
    if (rc != 0) {
        server_error(daemon->server, client, request->number, rc);
    } else {
        server_answer(daemon->server, client, &reply);
    }
    arena_reset(daemon->arena);
}

static void
run_watch(void *context, uint64_t client, const Attune__Local__Request *request)
{
    struct daemon *daemon = context;
    const Attune__Local__Watch *watch =
        request->body_case == BODY(WATCH) ? request->watch : NULL;
    server_watch(daemon->server, client, request->number, watch);
}

/* ---- the table ---- */

/* clang-format off */
static const struct table_row rows[] = {
    /* name          run          needs           body           required  bytes_max            secret  use */
    {"status",       run_status,  NEEDS_NONE,     BODY(_NOT_SET), false,   TABLE_SMALL_BYTES,   false,  false},
    {"init",         run_init,    NEEDS_NONE,     BODY(SECRET),   true,    TABLE_SMALL_BYTES,   true,   true},
    {"unlock",       run_unlock,  NEEDS_NONE,     BODY(SECRET),   true,    TABLE_SMALL_BYTES,   true,   true},
    {"lock",         run_lock,    NEEDS_NONE,     BODY(_NOT_SET), false,   TABLE_SMALL_BYTES,   false,  false},
    {"passwd",       run_passwd,  NEEDS_NONE,     BODY(SECRET),   true,    TABLE_SMALL_BYTES,   true,   true},
    {"recover",      run_recover, NEEDS_NONE,     BODY(SECRET),   true,    TABLE_SMALL_BYTES,   true,   true},
    {"reload",       run_reload,  NEEDS_NONE,     BODY(OPTION),   false,   TABLE_SMALL_BYTES,   false,  false},
    {"watch",        run_watch,   NEEDS_NONE,     BODY(WATCH),    false,   TABLE_SMALL_BYTES,   false,  false},
    {"check",        run_check,   NEEDS_OPEN,     BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  true},
    {"create",       NULL,        NEEDS_UNLOCKED, BODY(CREATE),   true,    REQUEST_BYTES_MAX,   false,  true},
    {"act",          NULL,        NEEDS_UNLOCKED, BODY(ACT),      true,    REQUEST_BYTES_MAX,   false,  true},
    {"list",         NULL,        NEEDS_OPEN,     BODY(QUERY),    true,    TABLE_SMALL_BYTES,   false,  true},
    {"show",         NULL,        NEEDS_OPEN,     BODY(QUERY),    true,    TABLE_SMALL_BYTES,   false,  true},
    {"find",         NULL,        NEEDS_OPEN,     BODY(QUERY),    true,    TABLE_SMALL_BYTES,   false,  true},
    {"visible",      NULL,        NEEDS_OPEN,     BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  true},
    {"agenda",       NULL,        NEEDS_OPEN,     BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  true},
    {"drafts",       NULL,        NEEDS_OPEN,     BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  true},
    {"today",        NULL,        NEEDS_UNLOCKED, BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  false},
    {"preview",      NULL,         NEEDS_OPEN,     BODY(QUERY),    true,    TABLE_SMALL_BYTES,   false,  false},
    {"notices",      NULL,         NEEDS_UNLOCKED, BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  false},
    {"told",         NULL,         NEEDS_UNLOCKED, BODY(TOLD),     true,    TABLE_SMALL_BYTES,   false,  false},
    {"quiet",        NULL,         NEEDS_UNLOCKED, BODY(QUIET),    true,    TABLE_SMALL_BYTES,   false,  true},
    {"questions",    NULL,        NEEDS_UNLOCKED, BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  false},
    {"skip",         NULL,        NEEDS_UNLOCKED, BODY(OPTION),   false,   TABLE_SMALL_BYTES,   false,  true},
    {"draw",         NULL,        NEEDS_OPEN,     BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  true},
    {"limits",       NULL,        NEEDS_OPEN,     BODY(OPTION),   false,   TABLE_SMALL_BYTES,   false,  true},
    {"allow",        NULL,        NEEDS_UNLOCKED, BODY(OPTION),   false,   TABLE_SMALL_BYTES,   false,  true},
    {"digest",       NULL,        NEEDS_UNLOCKED, BODY(QUERY),    false,   TABLE_SMALL_BYTES,   false,  false},
    {"pair-code",    NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
    {"pair-invite",  NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
    {"pair-join",    NULL,        NEEDS_UNLOCKED, BODY(PAIR),     true,    TABLE_SMALL_BYTES,   true,   true},
    {"pair-wait",    NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
    {"pair-cancel",  NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
    {"verify",       NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
    {"leave",        NULL,        NEEDS_UNLOCKED, BODY(PAIR),     false,   TABLE_SMALL_BYTES,   false,  true},
};
/* clang-format on */

struct table
handlers_table(void)
{
    return (struct table){rows, sizeof rows / sizeof rows[0]};
}
