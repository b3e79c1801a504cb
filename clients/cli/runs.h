/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The functions that verbs run. Only the command table and main know them all; each
 * returns 0 or E_*, having printed its result but not its error.
 */
#ifndef ATTUNE_CLI_RUNS_H
#define ATTUNE_CLI_RUNS_H

struct cli;

int write_run(struct cli *cli) __attribute__((warn_unused_result)); /* most kinds */
int acts_run(struct cli *cli) __attribute__((warn_unused_result));  /* every act */
int hear_run(struct cli *cli) __attribute__((warn_unused_result)); /* kinds of rounds */

int daily_question(struct cli *cli) __attribute__((warn_unused_result));
int daily_answer(struct cli *cli) __attribute__((warn_unused_result));
int daily_skip(struct cli *cli) __attribute__((warn_unused_result));
int daily_draw(struct cli *cli) __attribute__((warn_unused_result));
int daily_limits(struct cli *cli) __attribute__((warn_unused_result));
int daily_allow(struct cli *cli) __attribute__((warn_unused_result));

int read_today(struct cli *cli) __attribute__((warn_unused_result)); /* bare attune */
int read_log(struct cli *cli) __attribute__((warn_unused_result));
int read_show(struct cli *cli) __attribute__((warn_unused_result));
int read_find(struct cli *cli) __attribute__((warn_unused_result));
int read_agenda(struct cli *cli) __attribute__((warn_unused_result));
int read_drafts(struct cli *cli) __attribute__((warn_unused_result));
int read_visible(struct cli *cli) __attribute__((warn_unused_result));

int pairing_pair(struct cli *cli) __attribute__((warn_unused_result));
int pairing_verify(struct cli *cli) __attribute__((warn_unused_result));
int pairing_leave(struct cli *cli) __attribute__((warn_unused_result));

int vault_init(struct cli *cli) __attribute__((warn_unused_result));
int vault_unlock(struct cli *cli) __attribute__((warn_unused_result));
int vault_lock(struct cli *cli) __attribute__((warn_unused_result));
int vault_passwd(struct cli *cli) __attribute__((warn_unused_result));
int vault_recover(struct cli *cli) __attribute__((warn_unused_result));
int vault_check(struct cli *cli) __attribute__((warn_unused_result));
int vault_status(struct cli *cli) __attribute__((warn_unused_result));
int vault_digest(struct cli *cli) __attribute__((warn_unused_result));

int quiet_run(struct cli *cli) __attribute__((warn_unused_result));
int bar_run(struct cli *cli) __attribute__((warn_unused_result));
int watch_run(struct cli *cli) __attribute__((warn_unused_result));

int config_run(struct cli *cli) __attribute__((warn_unused_result));
int demo_run(struct cli *cli) __attribute__((warn_unused_result));
int help_run(struct cli *cli) __attribute__((warn_unused_result));
int help_version(struct cli *cli) __attribute__((warn_unused_result));
int complete_run(struct cli *cli) __attribute__((warn_unused_result));
int man_run(struct cli *cli) __attribute__((warn_unused_result));

#endif
