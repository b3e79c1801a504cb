/* SPDX-License-Identifier: GPL-3.0-or-later */
/* attuned's sandbox: what must fail fails, what attuned needs works. Each in a child. */
#include "common/error.h"
#include "daemon/sandbox.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sodium.h>
#include <sqlite3.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#if __has_include(<valgrind/valgrind.h>)
#include <valgrind/valgrind.h>
#else
#define RUNNING_ON_VALGRIND 0
#endif

static void *
nothing(void *context)
{
    return context;
}

static int
no_network(void)
{
    static const int families[] = {AF_INET, AF_INET6, AF_PACKET, AF_VSOCK,
                                   AF_BLUETOOTH};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        if (socket(families[i], SOCK_STREAM, 0) >= 0 || errno != EPERM) {
            return 1 + (int)i;
        }
    }
    /* The kernel looks at 32 bits, so must the filter. */
    if (syscall(SYS_socket, (1L << 32) | AF_INET, (long)SOCK_STREAM, 0L) >= 0) {
        return 20;
    }
    return socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC) >= 0 ? 21 : 0;
}

static int
no_programs(void)
{
    char name[] = "true";
    char *const arguments[] = {name, NULL};
    execve("/bin/true", arguments, arguments + 1);
    return errno == EPERM ? 0 : 1;
}

static int
no_processes(void)
{
#ifndef ATTUNE_SANITIZE
    pid_t pid = fork();
    if (pid == 0) {
        _exit(0);
    }
    return pid < 0 && errno == EPERM ? 0 : 1;
#else
    return 0;
#endif
}

static int
no_escape(void)
{
    return (syscall(SYS_io_uring_setup, 1L, NULL) < 0 && errno == EPERM) &&
                   (syscall(SYS_unshare, 0x10000000L) < 0 && errno == EPERM)
               ? 0
               : 1;
}

static int
no_dump(void)
{
    struct rlimit core = {1, 1};
    getrlimit(RLIMIT_CORE, &core);
#ifndef ATTUNE_SANITIZE
    if (prctl(PR_GET_DUMPABLE) != 0) {
        return 1;
    }
#endif
    return core.rlim_max == 0 && prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
}

static int
threads_work(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) == 0 &&
                   pthread_join(thread, NULL) == 0
               ? 0
               : 1;
}

static int
sockets_work(void)
{
    int ends[2];
    return socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0 &&
                   socket(AF_UNIX, SOCK_SEQPACKET, 0) >= 0 &&
                   socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE) >= 0
               ? 0
               : 1;
}

static int
store_works(void)
{
    char path[] = "/tmp/attune-sandbox-XXXXXX";
    int fd = mkstemp(path);
    sqlite3 *base = NULL;
    int rc = fd >= 0 && close(fd) == 0 && sqlite3_open(path, &base) == SQLITE_OK &&
                     sqlite3_exec(base,
                                  "pragma journal_mode=wal; create table t(x);"
                                  "insert into t values(1); pragma wal_checkpoint;",
                                  NULL, NULL, NULL) == SQLITE_OK
                 ? 0
                 : 1;
    sqlite3_close(base);
    unlink(path);
    return rc;
}

static int
sodium_works(void)
{
    uint8_t random[8];
    void *secret = sodium_init() >= 0 ? sodium_malloc(64) : NULL;
    randombytes_buf(random, sizeof random);
    int rc = secret != NULL && sodium_mlock(random, sizeof random) == 0 ? 0 : 1;
    sodium_free(secret);
    return rc;
}

static int
hostile_call(void)
{
    syscall(SYS_process_vm_readv, 0L, NULL, 0L, NULL, 0L, 0L);
    return 1;
}

static int
run(int (*body)(void))
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        _exit(sandbox_enter() != 0 ? 99 : body());
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void
refuses(void **state)
{
    (void)state;
    if (RUNNING_ON_VALGRIND) { /* has no filters */
        skip();
    }
    assert_int_equal(run(no_network), 0);
    assert_int_equal(run(no_programs), 0);
    assert_int_equal(run(no_processes), 0);
    assert_int_equal(run(no_escape), 0);
    assert_int_equal(run(no_dump), 0);
}

static void
kills(void **state)
{
    (void)state;
    if (RUNNING_ON_VALGRIND) { /* has no filters */
        skip();
    }
    int status = run(hostile_call);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS);
}

static void
allows(void **state)
{
    (void)state;
    assert_int_equal(run(threads_work), 0);
    assert_int_equal(run(sockets_work), 0);
    assert_int_equal(run(store_works), 0);
    assert_int_equal(run(sodium_works), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses),
        cmocka_unit_test(kills),
        cmocka_unit_test(allows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
