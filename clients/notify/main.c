/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attune-notify: tells the desktop that there is something.
 *
 * The model: a display, a notifier, turns until SIGTERM. It starts with the session, before
 * attuned or after, and needs neither attuned nor a notification server to be there.
 */
#include "clients/notify/notifier.h"
#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char help[] =
    "attune-notify: tells the desktop that there is something, as the options say.\n"
    "\n"
    "  attune-notify             notices of the desktop\n"
    "  attune-notify --stdout    the same as lines of JSON\n"
    "  attune-notify --version\n"
    "\n"
    "It is started with the session. One runs at a time, of either kind: what one has "
    "told\n"
    "the other would not. attune config list shows what can be set.\n";

/* A partner's words may pass through here; none of it goes into a core dump. */
static void
harden(void)
{
#ifndef ATTUNE_SANITIZE /* the leak checker needs to trace its own process */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

static int
open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* One a session: a desktop may start it from its autostart folder and as a unit, and two
 * would tell everything twice, or, as soon as one of them has told, only on one of two
 * screens. Held until the process ends. */
static int
only_one(const struct paths *paths, int *out)
{
    int rc = paths_make_runtime(paths);
    if (rc != 0) {
        return rc;
    }
    int fd = open(paths->notify_lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return E_RUNTIME_DIR;
    }
    rc = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0
         : errno == EWOULDBLOCK            ? E_RUNNING
                                           : E_RUNTIME_DIR;
    if (rc != 0) {
        close(fd);
        return rc;
    }
    *out = fd;
    return 0;
}

static int
run(bool lines)
{
    struct paths paths;
    struct notifier *notifier = NULL;
    struct display *display = NULL;
    int signals = -1, lock = -1;
    int rc = paths_find(&paths);
    if (rc != 0) {
        goto out;
    }
    rc = only_one(&paths, &lock);
    if (rc != 0) {
        goto out;
    }
    rc = E_IO;
    signals = open_signals();
    if (signals < 0) {
        goto out;
    }
    rc = notifier_new(&paths, signals, lock, &notifier);
    if (rc != 0) {
        goto out;
    }
    const struct display_calls calls = notifier_calls(notifier);
    rc = lines ? display_lines_new(&calls, &display)
               : display_bus_new(&calls, notifier_before(notifier), &display);
    if (rc != 0) {
        goto out;
    }
    notifier_display(notifier, display, lines);
    while (rc == 0) {
        rc = notifier_turn(notifier, -1);
    }
out:
    display_free(display);
    notifier_free(notifier);
    if (signals >= 0) {
        close(signals);
    }
    return rc == E_STOPPED ? 0 : rc;
}

int
main(int argc, char **argv)
{
    bool lines = argc == 2 && strcmp(argv[1], "--stdout") == 0;
    if (argc == 2 && strcmp(argv[1], "--help") == 0) {
        return fputs(help, stdout) < 0 ? EXIT_RESOURCE : EXIT_DONE;
    }
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        return puts("attune-notify " ATTUNE_VERSION) < 0 ? EXIT_RESOURCE : EXIT_DONE;
    }
    if (argc > 1 && !lines) {
        (void)fputs("attune-notify: There is no such option: attune-notify --help\n",
                    stderr);
        return EXIT_USAGE;
    }
    harden();
    int error = run(lines);
    if (error == E_RUNNING && !lines) {
        return EXIT_DONE; /* as its starter wished: one is there */
    }
    if (error == E_RUNNING) {
        (void)fputs(
            "attune-notify: Another attune-notify runs already; only one tells.\n",
            stderr);
        return error_exit(error);
    }
    if (error != 0) {
        (void)fprintf(stderr, "attune-notify: %s %s\n", error_text(error),
                      error_hint(error));
    }
    return error_exit(error);
}
