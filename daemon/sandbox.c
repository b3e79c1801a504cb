/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/sandbox.h"

#include "common/error.h"

#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

/* Refused with EPERM: a library may try these and do without. */
static const int refused[] = {
    SCMP_SYS(execve),         SCMP_SYS(execveat),    SCMP_SYS(chroot),
    SCMP_SYS(keyctl),         SCMP_SYS(add_key),     SCMP_SYS(request_key),
    SCMP_SYS(io_uring_setup), /* its sockets pass by this filter */
    SCMP_SYS(userfaultfd),    SCMP_SYS(personality), SCMP_SYS(setns),
    SCMP_SYS(unshare),        SCMP_SYS(acct),        SCMP_SYS(quotactl),
#ifndef ATTUNE_SANITIZE
    SCMP_SYS(fork),           SCMP_SYS(vfork),
#endif
};

/* Nothing of ours calls these: whoever does has taken the process over. */
static const int hostile[] = {
#ifndef ATTUNE_SANITIZE
    SCMP_SYS(ptrace),
#endif
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(pidfd_getfd),
    SCMP_SYS(kcmp),
    SCMP_SYS(bpf),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(delete_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(kexec_file_load),
    SCMP_SYS(reboot),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(pivot_root),
    SCMP_SYS(swapon),
    SCMP_SYS(swapoff),
    SCMP_SYS(open_by_handle_at),
};

static bool
rules_each(scmp_filter_ctx filter, uint32_t action, const int *calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        /* libseccomp gives calls that this machine lacks a negative number. */
        if (calls[i] >= 0 && seccomp_rule_add(filter, action, calls[i], 0) != 0) {
            return false;
        }
    }
    return true;
}

static bool
rule(scmp_filter_ctx filter, int error, int call, unsigned count,
     const struct scmp_arg_cmp *tests)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)error), call, count,
                                  tests) == 0;
}

/*
 * Every family but AF_UNIX and AF_NETLINK, one by one: libseccomp compares an argument
 * once in a rule. The kernel looks at the low 32 bits; a number with a high bit set is
 * above them all.
 */
static bool
rules_sockets(scmp_filter_ctx filter)
{
    struct scmp_arg_cmp above[] = {{0, SCMP_CMP_GT, AF_NETLINK, 0}};
    struct scmp_arg_cmp not_routes[] = {{0, SCMP_CMP_EQ, AF_NETLINK, 0},
                                        {2, SCMP_CMP_NE, 0 /* NETLINK_ROUTE */, 0}};
    for (scmp_datum_t family = 0; family < AF_NETLINK; family++) {
        struct scmp_arg_cmp is[] = {{0, SCMP_CMP_EQ, family, 0}};
        if (family != AF_UNIX && !rule(filter, EPERM, SCMP_SYS(socket), 1, is)) {
            return false;
        }
    }
    return rule(filter, EPERM, SCMP_SYS(socket), 1, above) &&
           rule(filter, EPERM, SCMP_SYS(socket), 2, not_routes);
}

static bool
rules_processes(scmp_filter_ctx filter)
{
#ifndef ATTUNE_SANITIZE
    struct scmp_arg_cmp no_thread[] = {{0, SCMP_CMP_MASKED_EQ, CLONE_THREAD, 0}};
    /* clone3 hides its flags behind a pointer; without it libc takes clone. */
    return rule(filter, EPERM, SCMP_SYS(clone), 1, no_thread) &&
           rule(filter, ENOSYS, SCMP_SYS(clone3), 0, NULL);
#else
    (void)filter;
    return true;
#endif
}

static bool
enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    bool done = filter != NULL &&
                rules_each(filter, SCMP_ACT_ERRNO(EPERM), refused,
                           sizeof refused / sizeof refused[0]) &&
                rules_each(filter, SCMP_ACT_KILL_PROCESS, hostile,
                           sizeof hostile / sizeof hostile[0]) &&
                rules_sockets(filter) && rules_processes(filter) &&
                seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}

int
sandbox_enter(void)
{
    if (setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return E_SANDBOX;
    }
    /* Valgrind runs us inside itself and has no filters: whoever started us under it
     * sees everything anyway. */
    if (!enter_seccomp() && !RUNNING_ON_VALGRIND) {
        return E_SANDBOX;
    }
#ifndef ATTUNE_SANITIZE
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) {
        return E_SANDBOX;
    }
#endif
    return 0;
}
