/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Handlers: the rows of the request table, and what attuned itself answers: the vault,
 * status, check, watch. All else is a row without a function: the core's.
 * To add a request: a row, and a function unless the core answers.
 */
#ifndef ATTUNE_DAEMON_RPC_HANDLERS_H
#define ATTUNE_DAEMON_RPC_HANDLERS_H

#include "daemon/job.h"
#include "daemon/rpc/table.h"

/* The context of its functions is a struct daemon. */
struct table handlers_table(void);

/* The `done` of daemon.job. */
void handlers_job_done(void *context, const struct job *job, int error);

#endif
