/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Demo homes: a person of the tour, with a folder and a connection to a real attuned,
 * which demo_process.h starts and ends.
 *
 * The model: each person has XDG folders below one of their own and lives by
 * environment alone. Requests can be sent ahead and their replies fetched later, so
 * that two homes work at once and one can be killed with requests under way.
 * Invariants: nothing waits without an end, and a signal ends every wait. One thread.
 * Ownership: a home owns its connection; replies are valid until the next one from the
 * same home.
 */
#ifndef ATTUNE_CLI_DEMO_HOME_H
#define ATTUNE_CLI_DEMO_HOME_H

#include "common/id.h"
#include "common/paths.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define DEMO_ADDRESS_BYTES 32u
#define DEMO_WAIT_MS 30000 /* for one reply or one state; also under a sanitizer */

struct async;

struct demo_home {
    const char *name; /* "ana": the folder, and who speaks in the transcript */
    struct paths paths;
    char dir[PATHS_BYTES_MAX];
    char passphrase[ID_CHARS + 1];
    char address[DEMO_ADDRESS_BYTES]; /* tcp://127.0.0.1:PORT, where its link listens */
    int signals;                      /* see demo_process_signals; borrowed */
    pid_t pid;                        /* of attuned; 0: none runs */
    int clock; /* attuned reads its time here; -1: the machine's */
    struct async *async;
};

/*
 * demo_home_make: folders below root/name, a passphrase, options, a free port.
 *   name     borrowed
 *   signals  borrowed
 * 0, E_EXISTS (a folder of that name is there), E_RUNTIME_DIR (the path is too long for
 * a socket), or a disk error.
 */
int
demo_home_make(struct demo_home *home, const char *root, const char *name, int signals)
    __attribute__((warn_unused_result));

/* Its folders as variables of this process, for whoever is started next. 0, E_HOME,
 * E_MEMORY. */
int
demo_home_environment(const struct demo_home *home) __attribute__((warn_unused_result));

/* One try to connect to its attuned. 0, E_DAEMON when nobody listens yet,
 * E_RUNTIME_DIR, E_IO, E_MEMORY. */
int
demo_home_connect(struct demo_home *home) __attribute__((warn_unused_result));
void
demo_home_disconnect(struct demo_home *home);
/* Sends one request; *number is for demo_home_reply. 0 or as async_send. */
int
demo_home_send(struct demo_home *home, Attune__Local__Request *request,
               uint32_t *number) __attribute__((warn_unused_result));
/* Its reply within DEMO_WAIT_MS. 0, the reply's own error, E_DAEMON, E_PROTOCOL,
 * E_STOPPED, E_MEMORY; *reply only with 0. */
int
demo_home_reply(struct demo_home *home, uint32_t number,
                const Attune__Local__Reply **reply) __attribute__((warn_unused_result));
/* Both. */
int
demo_home_call(struct demo_home *home, Attune__Local__Request *request,
               const Attune__Local__Reply **reply) __attribute__((warn_unused_result));

/* Sends a request that takes its passphrase: init (of a demo home, with a first name) or
 * unlock. As demo_home_send. */
int
demo_home_send_secret(struct demo_home *home, const char *name, uint32_t *number)
    __attribute__((warn_unused_result));

/* Writes what a person needs to visit a home that is kept: its environment as a shell
 * file, its passphrase. 0 or a disk error. */
int
demo_home_keep(const struct demo_home *home) __attribute__((warn_unused_result));

#endif
