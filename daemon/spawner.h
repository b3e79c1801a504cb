/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Spawner: a tiny process, forked before any key exists, that starts the others.
 *
 * The model: attuned asks over a socketpair of packets; the spawner starts attuned-link
 * and hands over the end of its socketpair, reaps it and says when it died. It also runs
 * the key derivation in a child of its own, so that its 256 MiB and more never count
 * among attuned's, and being refused them can be told from a wrong passphrase.
 * It exists because attuned's own sandbox forbids fork, execve and the network, all of
 * which a restarted link would inherit.
 *
 * Invariants: the spawner and all it started die with attuned; passphrases and keys are
 * wiped wherever they pass; it kills and reports only children of its own.
 *
 * To add a request: one enum row, one function in its table (spawner_serve.c).
 */
#ifndef ATTUNE_DAEMON_SPAWNER_H
#define ATTUNE_DAEMON_SPAWNER_H

#include "common/bytes.h"
#include "common/limits.h"

#include <sys/types.h>

enum { SPAWNER_QUEUE_MAX = 16, SPAWNER_LINKS_MAX = 4 };

/* Argon2id: 0; E_MEMORY when memory is refused; any other E_*. */
typedef int
spawner_derive_fn(struct span passphrase, const uint8_t salt[SALT_BYTES], uint32_t ops,
                  uint32_t mem_kib, uint8_t out[KEY_BYTES]);

enum spawner_event_type {
    SPAWNER_NOTHING,
    SPAWNER_LINK_EXITED, /* pid, status */
    SPAWNER_DERIVED,     /* id, error; key when error is 0: wipe it */
};

struct spawner_event {
    enum spawner_event_type type;
    pid_t pid;
    int status; /* as of waitpid */
    uint32_t id;
    int error;
    uint8_t key[KEY_BYTES];
};

struct spawner {
    int fd; /* readable: call spawner_event */
    pid_t pid;
    /* What came in while an answer was waited for. */
    struct spawner_event queue[SPAWNER_QUEUE_MAX];
    size_t queued;
};

/*
 * spawner_start: forks the spawner. Call it first in main: one thread, no keys, no
 * descriptors but those of stdio. (It dies with the thread that called this.)
 *   link_path   absolute path of attuned-link; kept in the spawner
 *   derive      called in a child of the spawner
 * 0, E_IO or E_MEMORY.
 */
int
spawner_start(const char *link_path, spawner_derive_fn *derive, struct spawner *out)
    __attribute__((warn_unused_result));

/* Ends the spawner with all it started, and waits for it; NULL and {0} are fine. */
void
spawner_stop(struct spawner *spawner);

/*
 * spawner_link: starts attuned-link; waits for that (milliseconds).
 *   fd_out    attuned's end, non-blocking, close-on-exec; the caller closes it
 *   pid_out   for spawner_kill_link and SPAWNER_LINK_EXITED
 * 0; E_LINK_START: it can't be executed; E_BUSY: SPAWNER_LINKS_MAX run already; E_IO: the
 * spawner is gone, restart attuned; E_MEMORY.
 */
int
spawner_link(struct spawner *spawner, int *fd_out, pid_t *pid_out)
    __attribute__((warn_unused_result));

/* Kills a link; SPAWNER_LINK_EXITED follows. A pid that isn't running is ignored. */
int
spawner_kill_link(struct spawner *spawner, pid_t pid)
    __attribute__((warn_unused_result));

/*
 * spawner_derive: SPAWNER_DERIVED with this id follows, in about a second. Its error is
 * what `derive` returned, E_MEMORY when the kernel killed it for memory, E_BUSY while
 * another one runs.
 *   passphrase   at most PASSPHRASE_BYTES_MAX bytes; the caller wipes its own
 * 0, E_LIMIT, or E_IO: the spawner is gone.
 */
int
spawner_derive(struct spawner *spawner, uint32_t id, struct span passphrase,
               const uint8_t salt[static SALT_BYTES], uint32_t ops, uint32_t mem_kib)
    __attribute__((warn_unused_result));

/*
 * spawner_cancel: ends the derivation at work. When this returns, its process with the
 * passphrase is gone and nothing more will be said of it; waits for that (milliseconds).
 * 0, also when there is none; E_IO: the spawner is gone, and all it started with it, or
 * it is stuck: end attuned.
 */
int
spawner_cancel(struct spawner *spawner) __attribute__((warn_unused_result));

/*
 * The next event, SPAWNER_NOTHING when there is none; never blocks. Call until nothing
 * is left. 0, or E_IO when the spawner is gone.
 */
int
spawner_event(struct spawner *spawner, struct spawner_event *out)
    __attribute__((warn_unused_result));

#endif
