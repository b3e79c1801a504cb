/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * attuned-link: the expendable process that talks to the network.
 *
 * Started by attuned's spawner with a socketpair as descriptor 3, no arguments and a
 * clean environment. It ends when attuned closes its end, and says at most one line,
 * which names no address.
 */
#include "common/error.h"
#include "daemon/link/link.h"
#include "daemon/link/sandbox.h"
#include "daemon/link/sockets.h"

#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    DAEMON_FD = 3,
    /* Nine threads of libzmq's, each resolving a name at most. */
    THREAD_STACK_BYTES = 512 * 1024,
};

static int
fail(const char *line)
{
    ssize_t written = write(STDERR_FILENO, line, strlen(line));
    (void)written; /* nobody is left to tell */
    return EXIT_RESOURCE;
}

static void
small_threads(void)
{
#ifndef ATTUNE_SANITIZE /* its frames are larger */
    pthread_attr_t attributes;
    if (pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
        pthread_setattr_default_np(&attributes);
        pthread_attr_destroy(&attributes);
    }
#endif
    mallopt(M_ARENA_MAX,
            1); /* an arena a thread would reserve 64 MiB of addresses each */
}

static int
serve(void)
{
    int type = 0;
    socklen_t type_bytes = sizeof type;
    if (getsockopt(DAEMON_FD, SOL_SOCKET, SO_TYPE, &type, &type_bytes) != 0 ||
        type != SOCK_STREAM) {
        return fail("attuned-link is started by attuned.\n");
    }
    small_threads();
    if (sandbox_enter() != 0) {
        return fail("attuned-link: the sandbox could not be set up.\n");
    }
    void *context = sockets_context();
    if (context == NULL || sandbox_close() != 0) {
        return fail("attuned-link: libzmq could not be started.\n");
    }
    if (link_run(DAEMON_FD, context) != 0) {
        return fail("attuned-link: stopped by an error.\n");
    }
    return EXIT_DONE;
}

int
main(void)
{
    /* Without exit handlers: libzmq's threads run on, and there is nothing to flush. */
    _exit(serve());
}
