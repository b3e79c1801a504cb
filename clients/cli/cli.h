/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Cli: what one run of `attune` holds, and what every verb needs: the connection, the
 * passphrase when reading asks for it, names, questions, output.
 *
 * The model: everything is made when first needed. `attune thanks --yes --hold 0 "…"`
 * reads no option and asks nothing: one connect, one request.
 * Invariants: prompts go to the terminal and never to JSON; results are flushed before
 * anybody is asked; a passphrase is wiped before the function that asked for it returns.
 * Owner: main owns the struct; replies belong to the connection until its next request.
 */
#ifndef ATTUNE_CLI_CLI_H
#define ATTUNE_CLI_CLI_H

#include "clients/cli/args.h"
#include "clients/cli/print.h"
#include "clients/cli/term.h"
#include "clients/lib/attune.h"
#include "common/options.h"
#include "common/paths.h"

#define CLI_HINT_BYTES 400u

struct cli {
    struct args args;
    struct paths paths;
    struct term term;
    struct printer printer;
    int64_t now_s; /* the system's; of a demo home, after cli_status, the one it plays */
    bool json;

    /* made when first needed */
    struct attune *attune;
    bool options_read;
    struct options options;
    bool status_known;
    bool exists, locked, closed, paired, verified, behind;
    struct buf me, partner; /* first names; empty when unknown */

    /* for main's error line */
    const Attune__Local__Reply *failed; /* reply of the failed request, or NULL */
    char hint[CLI_HINT_BYTES];          /* "": the error's own */
    bool hint_alone;                    /* it stands instead of the error's own sentence */
    bool printed;                       /* the result says it already */
};

/* 0, E_HOME, E_RUNTIME_DIR. `args` is taken over. */
int cli_init(struct cli *cli, const struct args *args) __attribute__((warn_unused_result));
void cli_done(struct cli *cli); /* wipes, closes */

/* The options of the configuration file, read once; a broken file gives the defaults and
 * one line on standard error. */
const struct options *cli_options(struct cli *cli);

/* Returns `error`, having set what main says after the error's own sentence. */
int cli_refuse(struct cli *cli, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The same; what is said stands alone, where the error's own sentence would say less. */
int cli_refuse_alone(struct cli *cli, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* -- the daemon -- */

/*
 * cli_call: one request. When reading or writing needs the passphrase and there is a
 * terminal, it is asked for, and the request is sent again.
 *   reply  as attune_run; NULL may be given when nobody looks
 * 0 or E_*.
 */
int cli_call(struct cli *cli, Attune__Local__Request *request,
             const Attune__Local__Reply **reply) __attribute__((warn_unused_result));

/* The same without ever asking for the passphrase. */
int cli_call_plain(struct cli *cli, Attune__Local__Request *request,
                   const Attune__Local__Reply **reply)
    __attribute__((warn_unused_result));

/* The same for a request whose body is a query. */
int cli_query(struct cli *cli, const char *name, Attune__Local__Query *query,
              const Attune__Local__Reply **reply) __attribute__((warn_unused_result));

/* Fills exists … partner and gives the printer the names; once. 0 or E_*. */
int cli_status(struct cli *cli) __attribute__((warn_unused_result));

/* The same where text follows: it names the two of you, and says what day it is in a demo
 * home. JSON says "me" and "partner" and needs neither. */
int cli_names(struct cli *cli) __attribute__((warn_unused_result));

/* Asks for the passphrase (unlock-command, then the terminal, or with --pinentry a window;
 * three tries) until the journal is open. 0, E_LOCKED without a way to ask, E_PASSPHRASE, or E_*. */
int cli_unlock(struct cli *cli) __attribute__((warn_unused_result));

/* The partner's first name, or "your partner"; harmless to print. Until cli_done. */
const char *cli_partner(struct cli *cli);

/* The error of a stable name ("E_TAIL"); E_INTERNAL when unknown. */
int cli_error(const char *name);

/* -- the person -- */

/* Whether there is somebody at a terminal to ask. */
bool cli_asks(const struct cli *cli);

/* Whether they also read what is printed here; with --json a program does. */
bool cli_talks(const struct cli *cli);

/* Writes what is printed so far. 0 or E_IO. */
int cli_flush(struct cli *cli) __attribute__((warn_unused_result));

/* A sentence between two prompts, at once and no wider than the terminal; people see it
 * with --json too. */
void cli_tell(struct cli *cli, const char *text);

/* One visible line after "  PROMPT ▸ ", without its newline; white space at both ends is
 * cut. 0; E_EMPTY at the end of input; E_STOPPED and others as input_line, with what was
 * typed of the line before. */
int cli_ask(struct cli *cli, const char *prompt, struct buf *out)
    __attribute__((warn_unused_result));

/* "  QUESTION [y/N] ": true for y or yes. */
bool cli_agrees(struct cli *cli, const char *question);

/* A number in min..max, or E_USAGE. */
int cli_number(const char *text, int64_t min, int64_t max, int64_t *out)
    __attribute__((warn_unused_result));

/* What --hold says; without it 0, or with `by_default` what the options say. 0, or E_TIME
 * with the hint set. */
int cli_hold(struct cli *cli, bool by_default, uint32_t *out_s)
    __attribute__((warn_unused_result));

/* The descriptor a flag names, or E_USAGE with the hint set. */
int cli_descriptor(struct cli *cli, enum flag flag, int *out)
    __attribute__((warn_unused_result));

#endif
