/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/desk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#define SERVICE "org.freedesktop.Notifications"
#define OBJECT "/org/freedesktop/Notifications"
#define ECHO "attune.bench.Echo"
#define ECHO_OBJECT "/attune/bench"

/* As floor.unix: 64 bytes there and back. */
#define ECHO_TEXT "sixty-four bytes there, sixty-four bytes back: what a bus needs."

enum {
    READY_FD = 3,
    TEXT_BYTES = 320,
    ENVIRONMENT_MAX = PERSON_ENVIRONMENT_MAX + 1,
    EXIT_NOT_FOUND = 127,
};

struct desk {
    const struct bench *bench;
    pid_t bus, echo, notifier; /* 0: none runs */
    char address[TEXT_BYTES];
    sd_bus *server;
    uint32_t last; /* the number given last; so many Notify came */
    double came;
};

static const char config[] =
    "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration "
    "1.0//EN\"\n"
    " \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
    "<busconfig>\n"
    "  <type>session</type>\n"
    "  <listen>%s</listen>\n"
    "  <auth>EXTERNAL</auth>\n"
    "  <policy context=\"default\">\n"
    "    <allow send_destination=\"*\" eavesdrop=\"true\"/>\n"
    "    <allow eavesdrop=\"true\"/>\n"
    "    <allow own=\"*\"/>\n"
    "  </policy>\n"
    "</busconfig>\n";

static struct desk *running; /* ends with the bench */

static void
must(int rc, const char *what)
{
    bench_must(rc >= 0, what);
}

/* ---- processes ---- */

static void
end(pid_t *pid)
{
    if (*pid > 0) {
        (void)kill(*pid, SIGTERM);
        while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR) {
        }
    }
    *pid = 0;
}

/* Not when a process the bench forked ends: that leaves by _exit. */
static void
end_running(void)
{
    if (running != NULL) {
        end(&running->notifier);
        end(&running->echo);
        end(&running->bus);
    }
}

static void
write_config(const struct desk *desk, const char *path)
{
    FILE *file = fopen(path, "we");
    bench_must(file != NULL && fprintf(file, config, desk->address) > 0 &&
                   fclose(file) == 0,
               path);
}

/* What it says stays in its folder: where it may not raise a limit it tells of that. */
static _Noreturn void
become_bus(const char *path, int ready, int log)
{
    char option[TEXT_BYTES + 32];
    char name[] = "dbus-daemon", stay[] = "--nofork", no_file[] = "--nopidfile",
         no_log[] = "--nosyslog", print[] = "--print-address=3", plain[] = "LC_ALL=C";
    char *argv[] = {name, stay, no_file, no_log, print, option, NULL};
    char *environment[] = {plain, NULL};
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)snprintf(option, sizeof option, "--config-file=%s", path);
    if (dup2(log, STDERR_FILENO) >= 0 && dup2(ready, READY_FD) == READY_FD &&
        close_range(READY_FD + 1, ~0u, 0) == 0) {
        (void)execvpe(name, argv, environment);
    }
    _exit(errno == ENOENT ? EXIT_NOT_FOUND : 1);
}

/* False when there is no such program; it tells its address once it listens. */
static bool
start_bus(struct desk *desk)
{
    int ends[2], status = 0;
    char path[TEXT_BYTES], log_path[TEXT_BYTES], told;
    (void)snprintf(path, sizeof path, "%s/bus.conf", desk->bench->folder);
    (void)snprintf(log_path, sizeof log_path, "%s/bus.log", desk->bench->folder);
    write_config(desk, path);
    int log = open(log_path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    bench_must(log >= 0, log_path);
    bench_must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    int ready = fcntl(ends[1], F_DUPFD, READY_FD + 1); /* stays open across its exec */
    (void)close(ends[1]);
    desk->bus = fork();
    bench_must(desk->bus >= 0 && ready >= 0, "fork");
    if (desk->bus == 0) {
        become_bus(path, ready, log);
    }
    (void)close(log);
    (void)close(ready);
    bool listens = read(ends[0], &told, 1) == 1;
    (void)close(ends[0]);
    if (!listens) {
        bench_must(waitpid(desk->bus, &status, 0) == desk->bus, "waitpid");
        desk->bus = 0;
        bench_must(WIFEXITED(status) && WEXITSTATUS(status) == EXIT_NOT_FOUND,
                   "dbus-daemon starts");
    }
    return listens;
}

pid_t
desk_notify(struct desk *desk, const struct person *person)
{
    char path[TEXT_BYTES], address[TEXT_BYTES + 32], name[] = "attune-notify";
    char *argv[] = {name, NULL}, *environment[ENVIRONMENT_MAX + 1] = {address};
    (void)snprintf(path, sizeof path, "%s/%s", desk->bench->programs, name);
    (void)snprintf(address, sizeof address, "DBUS_SESSION_BUS_ADDRESS=%s",
                   desk->address);
    memcpy(environment + 1, person->pointers, sizeof person->pointers);
    end(&desk->notifier);
    desk->notifier = fork();
    bench_must(desk->notifier >= 0, "fork");
    if (desk->notifier == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (close_range(STDERR_FILENO + 1, ~0u, 0) == 0) {
            (void)execve(path, argv, environment);
        }
        _exit(EXIT_NOT_FOUND);
    }
    return desk->notifier;
}

/* ---- the bus ---- */

static sd_bus *
connect_to(const struct desk *desk)
{
    sd_bus *bus = NULL;
    must(sd_bus_new(&bus), "a connection to the bus");
    must(sd_bus_set_address(bus, desk->address), "its address");
    must(sd_bus_set_bus_client(bus, 1), "its client");
    must(sd_bus_start(bus), "the bus");
    return bus;
}

/* For ever: the bus is gone first, or a signal comes. */
static void
work(sd_bus *bus)
{
    int rc = 0;
    while (rc >= 0) {
        rc = sd_bus_process(bus, NULL);
        if (rc == 0) {
            rc = sd_bus_wait(bus, UINT64_MAX);
        }
    }
}

static int
on_echo(sd_bus_message *call, void *context, sd_bus_error *unused)
{
    const char *text = NULL;
    (void)context;
    (void)unused;
    if (sd_bus_message_is_method_call(call, ECHO, "Echo") <= 0) {
        return 0;
    }
    must(sd_bus_message_read(call, "s", &text), "Echo");
    return sd_bus_reply_method_return(call, "s", text);
}

static _Noreturn void
become_echo(const struct desk *desk, int ready)
{
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    sd_bus *bus = connect_to(desk);
    if (sd_bus_add_object(bus, NULL, ECHO_OBJECT, on_echo, NULL) >= 0 &&
        sd_bus_request_name(bus, ECHO, 0) >= 0 && write(ready, "", 1) == 1) {
        work(bus);
    }
    _exit(1);
}

static void
start_echo(struct desk *desk)
{
    int ends[2];
    char byte;
    bench_must(pipe2(ends, O_CLOEXEC) == 0, "pipe");
    desk->echo = fork();
    bench_must(desk->echo >= 0, "fork");
    if (desk->echo == 0) {
        become_echo(desk, ends[1]);
    }
    (void)close(ends[1]);
    bench_must(read(ends[0], &byte, 1) == 1, "an echo on the bus");
    (void)close(ends[0]);
}

double
desk_trip(struct desk *desk)
{
    sd_bus_message *reply = NULL;
    double start = measure_now_us();
    must(sd_bus_call_method(desk->server, ECHO, ECHO_OBJECT, ECHO, "Echo", NULL, &reply,
                            "s", ECHO_TEXT),
         "Echo");
    double took = measure_now_us() - start;
    sd_bus_message_unref(reply);
    return took;
}

/* ---- the server ---- */

static int
on_notify(struct desk *desk, sd_bus_message *call)
{
    desk->came = measure_now_us();
    desk->last++;
    must(sd_bus_reply_method_return(call, "u", desk->last), "an answer to Notify");
    /* 1: its time is over. Nothing of ours is on the screen when the next one comes. */
    must(sd_bus_emit_signal(desk->server, OBJECT, SERVICE, "NotificationClosed", "uu",
                            desk->last, 1),
         "NotificationClosed");
    return 1;
}

static int
on_call(sd_bus_message *call, void *context, sd_bus_error *unused)
{
    (void)unused;
    if (sd_bus_message_is_method_call(call, SERVICE, "Notify") > 0) {
        return on_notify(context, call);
    }
    if (sd_bus_message_is_method_call(call, SERVICE, "GetCapabilities") > 0) {
        return sd_bus_reply_method_return(call, "as", 2, "body", "actions");
    }
    if (sd_bus_message_is_method_call(call, SERVICE, "CloseNotification") > 0) {
        return sd_bus_reply_method_return(call, "");
    }
    return 0;
}

/* Until a Notify came that was not there before, or the time is over: false. */
static bool
serve(struct desk *desk, double until_us, uint32_t before)
{
    while (desk->last == before) {
        int rc = sd_bus_process(desk->server, NULL);
        must(rc, "the server's bus");
        double left_us = until_us - measure_now_us();
        if (rc == 0 && left_us <= 0) {
            return false;
        }
        if (rc == 0) {
            must(sd_bus_wait(desk->server, (uint64_t)left_us), "the server's bus");
        }
    }
    return true;
}

double
desk_wait(struct desk *desk, unsigned wait_ms)
{
    bench_must(serve(desk, measure_now_us() + wait_ms * 1e3, desk->last),
               "a notice arrives");
    return desk->came;
}

void
desk_serve(struct desk *desk, unsigned for_ms)
{
    double until_us = measure_now_us() + for_ms * 1e3;
    while (serve(desk, until_us, desk->last)) {
    }
}

/* ---- the whole ---- */

struct desk *
desk_new(const struct bench *bench)
{
    struct desk *desk = calloc(1, sizeof *desk);
    bench_must(desk != NULL && running == NULL, "a desk");
    desk->bench = bench;
    (void)snprintf(desk->address, sizeof desk->address, "unix:path=%s/bus",
                   bench->folder);
    running = desk;
    (void)atexit(end_running);
    if (!start_bus(desk)) {
        desk_free(desk);
        return NULL;
    }
    start_echo(desk);
    desk->server = connect_to(desk);
    must(sd_bus_add_object(desk->server, NULL, OBJECT, on_call, desk), "an object");
    must(sd_bus_request_name(desk->server, SERVICE, 0), "its name");
    return desk;
}

void
desk_free(struct desk *desk)
{
    if (desk != NULL) {
        running = NULL;
        end(&desk->notifier);
        end(&desk->echo);
        sd_bus_flush_close_unref(desk->server);
        end(&desk->bus);
        free(desk);
    }
}
