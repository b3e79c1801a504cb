/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/person.h"

#include "common/error.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PERSONS_MAX = 4,
    WORDS_MAX = 10,
    READY_FD = 3,
    REST_STEP_MS = 5,
    REST_MS = 250,     /* as long without work: at rest */
    REST_CPU_US = 300, /* a step with less than this is without work */
};

static const char passphrase[] = "one quiet harbour at dusk";

/* The library's own initialisers cast const away. */
static Attune__Local__Secret
new_secret(void)
{
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    return secret;
}

static Attune__Local__Watch
new_watch(void)
{
    Attune__Local__Watch watch;
    attune__local__watch__init(&watch);
    return watch;
}

static Attune__Local__Pair
new_pair(void)
{
    Attune__Local__Pair pair;
    attune__local__pair__init(&pair);
    return pair;
}

/* What ends with the bench. */
static struct person *persons[PERSONS_MAX];

static void
end_all(void)
{
    for (size_t i = 0; i < PERSONS_MAX; i++) {
        if (persons[i] != NULL) {
            person_stop(persons[i]);
        }
    }
}

static void
remember(struct person *person)
{
    size_t i = 0;
    while (i < PERSONS_MAX && persons[i] != NULL && persons[i] != person) {
        i++;
    }
    bench_must(i < PERSONS_MAX, "persons");
    if (i == 0 && persons[0] == NULL) {
        (void)atexit(end_all);
    }
    persons[i] = person;
}

static uint16_t
free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bench_must(fd >= 0 && bind(fd, (const struct sockaddr *)&address, size) == 0 &&
                   getsockname(fd, (struct sockaddr *)&address, &size) == 0,
               "a free port");
    (void)close(fd);
    return ntohs(address.sin_port);
}

static void
set_environment(struct person *person)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                        "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "HOME"};
    enum { NAMES = sizeof names / sizeof names[0] };
    const char *folder = person->bench->folder;
    for (size_t i = 0; i < NAMES; i++) {
        (void)snprintf(person->environment[i], PERSON_TEXT_BYTES, "%s=%s/%s/%zu",
                       names[i], folder, person->name, i);
        person->pointers[i] = person->environment[i];
        bench_check(paths_make_dir(strchr(person->environment[i], '=') + 1), "folder");
        bench_must(setenv(names[i], strchr(person->environment[i], '=') + 1, 1) == 0,
                   "environment");
    }
    (void)snprintf(person->environment[NAMES], PERSON_TEXT_BYTES, "LC_ALL=C.UTF-8");
    person->pointers[NAMES] = person->environment[NAMES];
    bench_check(paths_find(&person->paths), "paths");
}

void
person_init(struct person *person, const struct bench *bench, const char *name)
{
    char listen[64];
    *person = (struct person){.bench = bench, .name = name, .port = free_port()};
    set_environment(person);
    remember(person);
    person_start(person);
    (void)snprintf(listen, sizeof listen, "tcp://127.0.0.1:%u", person->port);
    (void)person_command(
        person, (const char *const[]){"config", "set", "link.listen", listen, NULL});
}

static _Noreturn void
become_daemon(const struct person *person, int ready)
{
    char path[PERSON_TEXT_BYTES];
    char name[] = "attuned", foreground[] = "--foreground", option[] = "--ready-fd",
         number[] = "3";
    char *argv[] = {name, foreground, option, number, NULL};
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(path, sizeof path, "%s/attuned", person->bench->programs);
    if (dup2(ready, READY_FD) == READY_FD && close_range(READY_FD + 1, ~0u, 0) == 0) {
        (void)execve(path, argv, person->pointers);
    }
    _exit(127);
}

static int
connect_to(const struct person *person)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t size = strlen(person->paths.socket);
    bench_must(size < sizeof address.sun_path, "a short path of the socket");
    memcpy(address.sun_path, person->paths.socket, size);
    bench_must(fd >= 0 &&
                   connect(fd, (const struct sockaddr *)&address, sizeof address) == 0,
               "connect");
    return fd;
}

void
person_start(struct person *person)
{
    int ends[2];
    char byte = 0;
    bench_must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    /* The descriptor the daemon gets is to stay open across its exec. */
    int ready = fcntl(ends[1], F_DUPFD, READY_FD + 1);
    (void)close(ends[1]);
    person->daemon = fork();
    bench_must(person->daemon >= 0 && ready >= 0, "fork");
    if (person->daemon == 0) {
        become_daemon(person, ready);
    }
    (void)close(ready);
    bench_must(read(ends[0], &byte, 1) == 1, "attuned starts");
    (void)close(ends[0]);
    bench_check(attune_open_fd(connect_to(person), &person->calls), "connection");
}

static void
close_connections(struct person *person)
{
    attune_close(person->calls);
    person->calls = NULL;
    person_unwatch(person);
}

void
person_stop(struct person *person)
{
    close_connections(person);
    if (person->daemon > 0) {
        (void)kill(person->daemon, SIGTERM);
        while (waitpid(person->daemon, NULL, 0) < 0 && errno == EINTR) {
        }
        person->daemon = 0;
    }
}

const Attune__Local__Reply *
person_call(struct person *person, Attune__Local__Request *request, int *error)
{
    const Attune__Local__Reply *reply = NULL;
    int rc = attune_run(person->calls, request, &reply);
    if (error == NULL) {
        bench_check(rc, request->name);
    } else {
        *error = rc;
    }
    return reply;
}

static void
send_secret(struct person *person, const char *name)
{
    Attune__Local__Request request;
    Attune__Local__Secret secret = new_secret();
    secret.passphrase = attune_bytes(span_text(passphrase));
    secret.name = attune_bytes(span_text(person->name));
    secret.demo = true;
    attune_request(&request, name);
    attune_with_secret(&request, &secret);
    (void)person_call(person, &request, NULL);
}

void
person_create(struct person *person)
{
    send_secret(person, "init");
}

void
person_open(struct person *person)
{
    send_secret(person, "unlock");
}

void
person_write(struct person *person, struct workload_entry *entry, bool mine)
{
    Attune__Local__Request request;
    Attune__Local__Entry *body = workload_request(entry);
    body->mine = mine;
    attune_request(&request, "create");
    attune_with_entry(&request, body);
    (void)person_call(person, &request, NULL);
}

void
person_pair(struct person *ana, struct person *ben)
{
    char invite[512], at[64];
    Attune__Local__Request request;
    Attune__Local__Pair body = new_pair();
    attune_request(&request, "pair-invite");
    const Attune__Local__Reply *reply = person_call(ana, &request, NULL);
    (void)snprintf(invite, sizeof invite, "%.*s", (int)reply->text.len,
                   (const char *)reply->text.data);
    (void)snprintf(at, sizeof at, "tcp://127.0.0.1:%u", ana->port);
    body.code = attune_bytes(span_text(invite));
    body.at = attune_bytes(span_text(at));
    attune_request(&request, "pair-join");
    attune_with_pair(&request, &body);
    (void)person_call(ben, &request, NULL);
}

struct proc_family
person_family(const struct person *person)
{
    struct proc_family family;
    proc_family(person->daemon, &family);
    return family;
}

double
person_rest(const struct person *person)
{
    struct proc_family family = person_family(person);
    double last = measure_now_us();
    double cpu = proc_cpu_ms(&family);
    while (measure_now_us() - last < REST_MS * 1000) {
        measure_pause_ms(REST_STEP_MS);
        double now = proc_cpu_ms(&family);
        if ((now - cpu) * 1000 > REST_CPU_US) {
            last = measure_now_us();
        }
        cpu = now;
    }
    return last;
}

static void
send_watch(struct person *person)
{
    Attune__Local__Request request;
    Attune__Local__Watch watch = new_watch();
    char topic[] = "entries";
    char *topics[] = {topic};
    watch.n_topics = 1;
    watch.topics = topics;
    watch.after = person->serial;
    attune_request(&request, "watch");
    attune_with_watch(&request, &watch);
    bench_check(async_send(person->watch, &request, NULL), "watch");
    bench_check(async_flush(person->watch), "watch");
}

bool
person_watch(struct person *person, int wait_ms)
{
    const Attune__Local__Reply *reply = NULL;
    if (person->watch == NULL) {
        bench_check(async_new(connect_to(person), &person->watch), "connection");
        send_watch(person);
    }
    for (;;) {
        bench_check(async_next(person->watch, &reply), "watch");
        if (reply != NULL) {
            person->serial = reply->serial;
            send_watch(person);
            return true;
        }
        struct pollfd wait = {async_fd(person->watch), POLLIN, 0};
        if (poll(&wait, 1, wait_ms) == 0) {
            return false;
        }
        bench_check(async_feed(person->watch), "watch");
    }
}

void
person_unwatch(struct person *person)
{
    async_free(person->watch);
    person->watch = NULL;
    person->serial = 0;
}

double
person_command(struct person *person, const char *const *words)
{
    char path[PERSON_TEXT_BYTES];
    char *argv[WORDS_MAX + 2] = {attune_text("attune")};
    (void)snprintf(path, sizeof path, "%s/attune", person->bench->programs);
    for (size_t i = 0; i < WORDS_MAX && words[i] != NULL; i++) {
        argv[i + 1] = attune_text(words[i]);
    }
    return floors_spawn(path, argv, person->pointers);
}
