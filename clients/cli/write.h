/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Write: what happens to a letter once it is gathered; for every verb that writes one.
 */
#ifndef ATTUNE_CLI_WRITE_H
#define ATTUNE_CLI_WRITE_H

#include "clients/cli/letter.h"

/*
 * write_finish: asks where it has to, saves, and says so; or keeps what there is.
 *   rc  what gathering said: on an error the letter becomes a draft where it holds
 *       anything that exists nowhere else
 * 0 or E_*. A signal that stopped the letter before anything was typed ends the program.
 */
int write_finish(struct letter *letter, int rc) __attribute__((warn_unused_result));

/* Offers to write an entry of that kind now, at a terminal; Enter alone leaves it. */
int write_offer(struct cli *cli, const struct kind *kind)
    __attribute__((warn_unused_result));

#endif
