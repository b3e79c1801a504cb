/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The floor of every command: a process with a dynamic libc that does nothing. */

int
main(void)
{
    return 0;
}
