/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Proc: what the kernel says of a process: time, switches, memory; and of the loopback.
 *
 * Processes without a dump (attuned is one) tell memory to root alone: 0 then.
 */
#ifndef ATTUNE_TESTS_BENCH_PROC_H
#define ATTUNE_TESTS_BENCH_PROC_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { PROC_FAMILY_MAX = 8 };

/* A process and all it started, theirs too. */
struct proc_family {
    pid_t ids[PROC_FAMILY_MAX];
    unsigned count;
};

void
proc_family(pid_t first, struct proc_family *out);
bool
proc_named(pid_t pid, const char *name);

/* Sums over every thread of the family. */
double
proc_cpu_ms(const struct proc_family *family);
double
proc_ticks(const struct proc_family *family); /* the same as others see it: in 10 ms */
double
proc_switches(const struct proc_family *family); /* voluntary */
double
proc_pss_mib(const struct proc_family *family);
/* The largest resident size since the last reset, but for the tiny spawner. */
double
proc_peak_mib(const struct proc_family *family);
void
proc_peak_reset(const struct proc_family *family);

/* Payload bytes both ways of every TCP connection accepted on either port. */
double
proc_wire_bytes(uint16_t port, uint16_t other_port);

#endif
