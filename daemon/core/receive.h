/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One batch on its way in, shared by receive.c (its ops) and heads.c (its heads). */
#ifndef ATTUNE_CORE_RECEIVE_H
#define ATTUNE_CORE_RECEIVE_H

#include "daemon/core/inside.h"
#include "daemon/crypto/batch.h"

struct incoming {
    struct core *core;
    struct session *session;
    struct batch_header header;
    const Attune__Peer__BatchHead *head;
    const Attune__Peer__BatchBody *body;
    const Attune__Peer__Head *frozen; /* they take no more of our current log */
    bool took;          /* something new was in it */
    bool progress;      /* something of it was new to us: worth an answer */
    bool tail_returned; /* ops of our current log came back that we had lost */
};

/* Takes what the peer says it holds, once the batch was found fresh. */
int heads_take(struct incoming *in) __attribute__((warn_unused_result));

#endif
