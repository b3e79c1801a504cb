/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The request table: what a client may ask, and what must hold before anybody looks.
 *
 * The model: a row is a name, who answers, the state it needs, the body it carries and its
 * largest size. table_admit is called once, before any handler, so a handler may rely on
 * its row. The rows themselves are in handlers.c.
 * To add a request: a row in handlers.c, and one in core/requests.c if the core answers.
 */
#ifndef ATTUNE_DAEMON_RPC_TABLE_H
#define ATTUNE_DAEMON_RPC_TABLE_H

#include "common/limits.h"
#include "proto/local.pb-c.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum home_state {
    HOME_NONE,   /* no journal */
    HOME_LOCKED, /* no keys in memory, no link */
    HOME_CLOSED, /* keys in memory, writing works, reading asks for the passphrase */
    HOME_OPEN,
};

enum table_needs {
    NEEDS_NONE,
    NEEDS_UNLOCKED, /* closed or open */
    NEEDS_OPEN,
};

enum {
    TABLE_SMALL_BYTES = 8192, /* a request without an entry in it */
};

/* Answers through the server, now or later, exactly once. Everything is borrowed. */
typedef void table_fn(void *context, uint64_t client,
                      const Attune__Local__Request *request);

struct table_row {
    const char *name;
    table_fn *run; /* NULL: the core answers */
    enum table_needs needs;
    Attune__Local__Request__BodyCase body; /* the only one allowed, or none */
    bool body_required;
    size_t bytes_max; /* of the packed request */
    bool secret;      /* its bytes are wiped once handled; never traced */
    bool use;         /* a person is at work: attune stays open */
};

struct table {
    const struct table_row *rows;
    size_t count;
};

/*
 * table_admit: the row of a request that may run now.
 *   bytes   size of the packed request
 * 0; E_USAGE (no such request, or another body), E_VERSION_NEW, E_PROTOCOL (format),
 * E_LIMIT, E_NO_HOME, E_LOCKED, E_CLOSED.
 */
int table_admit(const struct table *table, const Attune__Local__Request *request,
                size_t bytes, enum home_state state, const struct table_row **out)
    __attribute__((warn_unused_result));

#endif
