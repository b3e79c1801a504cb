/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/link/sandbox.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Measured: 16 MiB of addresses at rest, 33 MiB (23 resident) with the queue of one
 * connection full of 1 MiB frames. What lies far above is a flood of multipart parts or
 * of connections: libzmq hangs up or aborts. */
#define ADDRESS_SPACE_BYTES_MAX (256u * 1024u * 1024u)
#define DESCRIPTORS_MAX 256u

/* ---- limits ---- */

static bool
limit(__rlimit_resource_t resource, rlim_t value)
{
    return setrlimit(resource, &(struct rlimit){value, value}) == 0;
}

static bool
enter_limits(void)
{
#ifndef ATTUNE_SANITIZE /* its shadow takes terabytes of addresses */
    if (!limit(RLIMIT_AS, ADDRESS_SPACE_BYTES_MAX)) {
        return false;
    }
#endif
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, DESCRIPTORS_MAX) &&
           prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* ---- the session's sockets out of sight ---- */

static bool
write_line(const char *path, const char *line)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool done = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);
    if (fd >= 0) {
        close(fd);
    }
    return done;
}

/*
 * Name resolution needs Unix sockets (nss-resolve, avahi) and seccomp can't see whose.
 * So the folders in which the session keeps its sockets are covered by empty ones. Many
 * systems forbid user namespaces; then this is left out.
 */
static void
enter_namespace(void)
{
    static const char *const covered[] = {"/run/user", "/tmp", "/home", "/root"};
    char users[64];
    char groups[64];
    snprintf(users, sizeof users, "%u %u 1\n", geteuid(), geteuid());
    snprintf(groups, sizeof groups, "%u %u 1\n", getegid(), getegid());
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC) != 0) {
        return;
    }
    if (!write_line("/proc/self/setgroups", "deny") ||
        !write_line("/proc/self/uid_map", users) ||
        !write_line("/proc/self/gid_map", groups) ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0) {
        return;
    }
    for (size_t i = 0; i < sizeof covered / sizeof covered[0]; i++) {
        (void)mount("none", covered[i], "tmpfs",
                    MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4k,mode=0");
    }
}

/* ---- Landlock, by number: Debian 12's headers know its second version only ---- */

enum {
    LANDLOCK_CREATE = 444,
    LANDLOCK_ADD = 445,
    LANDLOCK_RESTRICT = 446,
    LANDLOCK_VERSION_FLAG = 1,
    LANDLOCK_PATH_BENEATH = 1,
    LANDLOCK_READ_FILE = 1 << 2,
    LANDLOCK_READ_DIR = 1 << 3,
};

struct landlock_rules {
    uint64_t files;   /* version 1 */
    uint64_t network; /* version 4: not used, ports come with CONFIG */
    uint64_t scopes;  /* version 6 */
};

struct landlock_path {
    uint64_t allowed;
    int32_t fd;
} __attribute__((packed));

/* Only what the resolver reads. A folder where a file would do, since files like
 * resolv.conf are replaced and a rule stays with the old one. */
static const char *const readable[] = {
    "/etc",
    "/usr/lib",
    "/lib",
    "/lib64",
    "/usr/lib64",
    "/run/systemd/resolve",
    "/run/NetworkManager",
    "/run/resolvconf",
    "/run/nscd",
    "/dev/urandom",
};

static struct landlock_rules
landlock_rules_of(long version)
{
    static const unsigned bits[] = {0,  13, 14,
                                    15, 15, 16}; /* rights known by version */
    size_t known = version > 5 ? 5 : (size_t)version;
    return (struct landlock_rules){
        .files = (UINT64_C(1) << bits[known]) - 1,
        .scopes = version >= 6 ? 3 : 0, /* abstract sockets, signals */
    };
}

static bool
enter_landlock(void)
{
    long version = syscall(LANDLOCK_CREATE, NULL, 0, LANDLOCK_VERSION_FLAG);
    if (version < 1) {
        return true; /* this kernel has none */
    }
    struct landlock_rules rules = landlock_rules_of(version);
    size_t size = version >= 6   ? sizeof rules
                  : version >= 4 ? offsetof(struct landlock_rules, scopes)
                                 : offsetof(struct landlock_rules, network);
    int set = (int)syscall(LANDLOCK_CREATE, &rules, size, 0);
    if (set < 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof readable / sizeof readable[0]; i++) {
        struct landlock_path path = {LANDLOCK_READ_FILE | LANDLOCK_READ_DIR, -1};
        path.fd = open(readable[i], O_PATH | O_CLOEXEC);
        if (path.fd >= 0 && strncmp(readable[i], "/dev/", 5) == 0) {
            path.allowed = LANDLOCK_READ_FILE; /* the kernel insists for a file */
        }
        if (path.fd >= 0) {
            (void)syscall(LANDLOCK_ADD, set, LANDLOCK_PATH_BENEATH, &path, 0);
            close(path.fd);
        }
    }
    bool done = syscall(LANDLOCK_RESTRICT, set, 0) == 0;
    close(set);
    return done;
}

/* ---- seccomp ---- */

static const int allowed[] = {
    /* the socketpair, libzmq, the resolver */
    SCMP_SYS(read),
    SCMP_SYS(write),
    SCMP_SYS(readv),
    SCMP_SYS(writev),
    SCMP_SYS(close),
    SCMP_SYS(pread64),
    SCMP_SYS(lseek),
    SCMP_SYS(fcntl),
    SCMP_SYS(recvfrom),
    SCMP_SYS(recvmsg),
    SCMP_SYS(recvmmsg),
    SCMP_SYS(sendto),
    SCMP_SYS(sendmsg),
    SCMP_SYS(sendmmsg),
    SCMP_SYS(connect),
    SCMP_SYS(bind),
    SCMP_SYS(listen),
    SCMP_SYS(accept),
    SCMP_SYS(accept4),
    SCMP_SYS(getsockname),
    SCMP_SYS(getpeername),
    SCMP_SYS(getsockopt),
    SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),
    SCMP_SYS(poll),
    SCMP_SYS(ppoll),
    SCMP_SYS(select),
    SCMP_SYS(pselect6),
    SCMP_SYS(epoll_create1),
    SCMP_SYS(epoll_ctl),
    SCMP_SYS(epoll_wait),
    SCMP_SYS(epoll_pwait),
    SCMP_SYS(eventfd2),
    /* files of the resolver; Landlock says which */
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(statx),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getdents64),
    /* memory; PROT_EXEC too, since the resolver loads its modules */
    SCMP_SYS(mmap),
    SCMP_SYS(mprotect),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(brk),
    SCMP_SYS(mlock),
    SCMP_SYS(munlock), /* libsodium's keys, in libzmq */
    /* threads; posix_assert in libzmq wants the scheduler's answers */
    SCMP_SYS(futex),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),
    SCMP_SYS(sched_yield),
    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_getparam),
    SCMP_SYS(sched_getscheduler),
    SCMP_SYS(sched_setscheduler),
    SCMP_SYS(sched_get_priority_max),
    SCMP_SYS(sched_get_priority_min),
    SCMP_SYS(gettid),
    SCMP_SYS(set_tid_address),
    /* signals, of which abort sends itself one */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sigaltstack),
    SCMP_SYS(restart_syscall),
    /* facts, time, randomness, the end */
    SCMP_SYS(getpid),
    SCMP_SYS(getppid),
    SCMP_SYS(getuid),
    SCMP_SYS(geteuid),
    SCMP_SYS(getgid),
    SCMP_SYS(getegid),
    SCMP_SYS(uname),
    SCMP_SYS(sysinfo),
    SCMP_SYS(getrlimit),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(clock_getres),
    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(nanosleep),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getrandom),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* Nothing of ours calls these: whoever does has taken the process over. */
static const int hostile[] = {
    SCMP_SYS(execve),
    SCMP_SYS(execveat),
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(ptrace),
    SCMP_SYS(process_vm_readv),
    SCMP_SYS(process_vm_writev),
    SCMP_SYS(bpf),
    SCMP_SYS(mount),
    SCMP_SYS(umount2),
    SCMP_SYS(unshare),
    SCMP_SYS(setns),
    SCMP_SYS(keyctl),
    SCMP_SYS(io_uring_setup),
    SCMP_SYS(userfaultfd),
    SCMP_SYS(perf_event_open),
    SCMP_SYS(init_module),
    SCMP_SYS(finit_module),
    SCMP_SYS(kexec_load),
    SCMP_SYS(memfd_create),
    SCMP_SYS(pidfd_getfd),
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
rule(scmp_filter_ctx filter, int call, unsigned count, const struct scmp_arg_cmp *tests)
{
    return seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, call, count, tests) == 0;
}

/* True of a call whose argument has `value` in the bits of `mask`. */
static struct scmp_arg_cmp
masked(unsigned argument, uint32_t mask, uint32_t value)
{
    return (struct scmp_arg_cmp){argument, SCMP_CMP_MASKED_EQ, mask, value};
}

/* The kernel looks at the low half of these arguments only; so must the filter. */
static struct scmp_arg_cmp
equals(unsigned argument, uint32_t value)
{
    return masked(argument, UINT32_MAX, value);
}

static bool
rules_sockets(scmp_filter_ctx filter)
{
    const uint32_t kind = 0xf; /* without SOCK_CLOEXEC and SOCK_NONBLOCK */
    static const int families[] = {AF_INET, AF_INET6, AF_UNIX};
    static const int kinds[] = {SOCK_STREAM, SOCK_DGRAM};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        for (size_t j = 0; j < sizeof kinds / sizeof kinds[0]; j++) {
            struct scmp_arg_cmp tests[] = {
                equals(0, (uint32_t)families[i]),
                masked(1, kind, (uint32_t)kinds[j]),
            };
            if (!rule(filter, SCMP_SYS(socket), 2, tests)) {
                return false;
            }
        }
    }
    /* getaddrinfo asks the kernel for our addresses, to sort the partner's by. */
    struct scmp_arg_cmp netlink[] = {
        equals(0, AF_NETLINK), equals(2, 0), /* NETLINK_ROUTE */
    };
    return rule(filter, SCMP_SYS(socket), 2, netlink);
}

static bool
rules_arguments(scmp_filter_ctx filter)
{
    const uint32_t writing = O_WRONLY | O_RDWR | O_CREAT | O_TRUNC | O_APPEND;
    const uint32_t threads = CLONE_THREAD | CLONE_VM;
    struct scmp_arg_cmp read_only[] = {masked(2, writing, 0)};
    struct scmp_arg_cmp read_only_old[] = {masked(1, writing, 0)};
    struct scmp_arg_cmp thread[] = {masked(0, threads, threads)};
    struct scmp_arg_cmp pending[] = {equals(1, FIONREAD)};
    struct scmp_arg_cmp name[] = {equals(0, PR_SET_NAME)};
    struct scmp_arg_cmp own[] = {equals(0, 0)};
    struct scmp_arg_cmp self[] = {equals(0, (uint32_t)getpid())};
    return rule(filter, SCMP_SYS(openat), 1, read_only) &&
           rule(filter, SCMP_SYS(open), 1, read_only_old) &&
           /* clone3 hides its flags behind a pointer; without it libc takes clone. */
           rule(filter, SCMP_SYS(clone), 1, thread) &&
           rule(filter, SCMP_SYS(ioctl), 1, pending) &&
           rule(filter, SCMP_SYS(prctl), 1, name) &&
           rule(filter, SCMP_SYS(prlimit64), 1, own) &&
           rule(filter, SCMP_SYS(tgkill), 1, self);
}

static bool
enter_seccomp(void)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    bool done = filter != NULL &&
                rules_each(filter, SCMP_ACT_ALLOW, allowed,
                           sizeof allowed / sizeof allowed[0]) &&
                rules_each(filter, SCMP_ACT_KILL_PROCESS, hostile,
                           sizeof hostile / sizeof hostile[0]) &&
                rules_sockets(filter) && rules_arguments(filter) &&
                seccomp_load(filter) == 0;
    seccomp_release(filter);
    return done;
}

int
sandbox_enter(void)
{
    if (!enter_limits()) {
        return E_SANDBOX;
    }
    /* First, since it writes to /proc/self, which stops to be ours when not dumpable,
     * and since the kernel forgets the death signal with it. */
    enter_namespace();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0 || !enter_landlock() ||
        !enter_seccomp()) {
        return E_SANDBOX;
    }
    return 0;
}

int
sandbox_close(void)
{
    return limit(RLIMIT_NPROC, 0) ? 0 : E_SANDBOX;
}
