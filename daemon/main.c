/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attuned: keeps and syncs one person's journal. This file is only the way up and down.
 *
 * The order matters: the spawner is forked before there is any key or descriptor, the lock
 * is taken before the socket is touched, the sandbox closes before a client is heard.
 * Standard error gets one fixed line when a start fails, and nothing else, ever.
 */
#include "common/error.h"
#include "common/when.h"
#include "daemon/daemon.h"
#include "daemon/home.h"
#include "daemon/rpc/listen.h"
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

enum {
    MALLOC_LARGE_BYTES = 256 * 1024, /* from here on a block is given back when freed */
};

struct settings {
    int ready_fd; /* -1: nobody waits */
    int clock_fd; /* -1: the machine's clock */
};

static const char help[] =
    "attuned keeps and syncs the journal of attune.\n"
    "Nobody needs to start it: the first attune command does.\n"
    "\n"
    "  --foreground     stay in the foreground\n"
    "  --background     as a client starts it\n"
    "  --ready-fd N     write one byte to descriptor N when listening\n"
    "  --clock-fd N     take the time from RFC 3339 lines, and the zone from lines such as\n"
    "                   \"zone Europe/Berlin\" (homes of init --demo only)\n"
    "  --help, --version\n";

static int
parse_fd(const char *text, int *out)
{
    char *end = NULL;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || *text == '\0' || *end != '\0' || value < 3 || value > INT_MAX ||
        fcntl((int)value, F_GETFD) < 0) {
        return E_USAGE;
    }
    *out = (int)value;
    return 0;
}

/* 0, E_USAGE, or 1: said what was asked for. By hand: getopt's `struct option` and ours of
 * common/options.h can't meet in one file, and this is all there is. */
static int
parse(int argc, char **argv, struct settings *out)
{
    for (int i = 1; i < argc; i++) {
        const char *word = argv[i];
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        int rc = 0;
        if (strcmp(word, "--foreground") == 0 || strcmp(word, "--background") == 0) {
            continue; /* a client has detached us already; both mean to stay here */
        } else if (strcmp(word, "--ready-fd") == 0) {
            rc = parse_fd(value, &out->ready_fd);
            i++;
        } else if (strcmp(word, "--clock-fd") == 0) {
            rc = parse_fd(value, &out->clock_fd);
            i++;
        } else if (strcmp(word, "--help") == 0) {
            fputs(help, stdout);
            return 1;
        } else if (strcmp(word, "--version") == 0) {
            puts("attuned " ATTUNE_VERSION);
            return 1;
        } else {
            rc = E_USAGE;
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static int
fail(int error)
{
    fprintf(stderr, "attuned: %s %s\n", error_text(error), error_hint(error));
    return error_exit(error);
}

/* ---- the link's place ---- */

/* attuned-link in a folder relative to this program's; false when there is none. */
static bool
link_near(const char *relative, char *out, size_t size_max)
{
    ssize_t size = readlink("/proc/self/exe", out, size_max - 1);
    if (size <= 0) {
        return false;
    }
    out[size] = '\0';
    char *slash = strrchr(out, '/');
    size_t used = slash == NULL ? 0 : (size_t)(slash + 1 - out);
    int more = snprintf(out + used, size_max - used, "%s", relative);
    return used > 0 && more > 0 && (size_t)more < size_max - used && access(out, X_OK) == 0;
}

static void
find_link(char out[static PATHS_BYTES_MAX])
{
    if (!link_near("../libexec/attune/attuned-link", out, PATHS_BYTES_MAX) &&
        !link_near("attuned-link", out, PATHS_BYTES_MAX)) {
        snprintf(out, PATHS_BYTES_MAX, "%s", ATTUNE_LIBEXECDIR "/attune/attuned-link");
    }
}

/* ---- up and down ---- */

static void
calm_process(void)
{
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
#ifndef ATTUNE_SANITIZE /* its leak checker must look at its own process */
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
    umask(077);
    /* Small and steady: one arena, and what is large goes back to the system at once. */
    (void)mallopt(M_ARENA_MAX, 1);
    (void)mallopt(M_MMAP_THRESHOLD, MALLOC_LARGE_BYTES);
    (void)mallopt(M_TRIM_THRESHOLD, MALLOC_LARGE_BYTES);
}

/* The socket systemd listens on for us, or one of our own (*own). */
static int
take_listener(const struct paths *paths, int *out, bool *own)
{
    int given = sd_listen_fds(1);
    if (given == 1 && listen_valid(SD_LISTEN_FDS_START)) {
        int flags = fcntl(SD_LISTEN_FDS_START, F_GETFL);
        *out = SD_LISTEN_FDS_START;
        return flags >= 0 && fcntl(*out, F_SETFL, flags | O_NONBLOCK) == 0 &&
                       fcntl(*out, F_SETFD, FD_CLOEXEC) == 0
                   ? 0
                   : E_SOCKET;
    }
    if (given != 0) {
        return E_SOCKET;
    }
    int rc = listen_open(paths->socket, out);
    *own = rc == 0;
    return rc;
}

static void
tell_ready(int fd)
{
    if (fd >= 0) {
        ssize_t ignored = write(fd, "1", 1);
        (void)ignored; /* whoever waited has gone; others may come */
        close(fd);
    }
    (void)sd_notify(0, "READY=1");
}

static int
start_clock(struct daemon *daemon, const struct settings *settings)
{
    clock_init(&daemon->clock);
    if (settings->clock_fd < 0) {
        return 0;
    }
    bool moved = false;
    if (!home_demo(&daemon->paths)) {
        return E_CLOCK;
    }
    int rc = clock_open(&daemon->clock, settings->clock_fd);
    if (rc == 0 && clock_feed(&daemon->clock, &moved) != 0) {
        clock_done(&daemon->clock); /* all lines were there already */
    }
    return rc;
}

static int
serve(struct daemon *daemon, const struct settings *settings)
{
    int listener = -1;
    bool own = false;
    int rc = paths_find(&daemon->paths);
    rc = rc != 0 ? rc : paths_make(&daemon->paths);
    rc = rc != 0 ? rc : start_clock(daemon, settings);
    rc = rc != 0 ? rc : home_lock(&daemon->paths);
    rc = rc != 0 ? rc : take_listener(&daemon->paths, &listener, &own);
    rc = rc != 0 ? rc : sandbox_enter();
    rc = rc != 0 ? rc : daemon_init(daemon);
    rc = rc != 0 ? rc : daemon_listen(daemon, listener);
    if (rc == 0) {
        tell_ready(settings->ready_fd);
        rc = loop_run(daemon->loop);
        rc = rc != 0 ? rc : daemon->error;
        (void)sd_notify(0, "STOPPING=1");
    }
    if (own) {
        (void)unlink(daemon->paths.socket); /* we hold the lock: it is ours */
    }
    daemon_done(daemon);
    return rc;
}

int
main(int argc, char **argv)
{
    static struct daemon daemon; /* 30 KiB: not for the stack */
    static char link_path[PATHS_BYTES_MAX];
    struct settings settings = {.ready_fd = -1, .clock_fd = -1};
    int rc = parse(argc, argv, &settings);
    if (rc != 0) {
        return rc > 0 ? EXIT_DONE : fail(rc);
    }
    calm_process();
    find_link(link_path);
    rc = spawner_start(link_path, slots_pass_key, &daemon.spawner);
    if (rc == 0) {
        rc = serve(&daemon, &settings);
    }
    return rc == 0 ? EXIT_DONE : fail(rc);
}
