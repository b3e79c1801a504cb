/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The spawner: starts, reaps, derives, and dies with whoever started it. */
#include "common/error.h"
#include "daemon/spawner.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DEADLINE_MS = 20000 };

static pid_t *deriving; /* shared: who derives */

/* Stands for Argon2id; `ops` chooses how it ends. */
static int
derive(struct span passphrase, const uint8_t salt[SALT_BYTES], uint32_t ops,
       uint32_t mem_kib, uint8_t out[KEY_BYTES])
{
    if (ops == 1) {
        return E_MEMORY;
    }
    if (ops == 2) {
        kill(getpid(), SIGKILL); /* as the kernel does when memory runs out */
    }
    if (ops == 3) {
        _exit(0); /* ends without a word */
    }
    if (ops == 4) {
        *deriving = getpid();
        for (;;) {
            pause(); /* never ends by itself */
        }
    }
    memset(out, (int)mem_kib, KEY_BYTES);
    out[0] = salt[0];
    out[1] = passphrase.data[passphrase.size - 1];
    out[2] = (uint8_t)(passphrase.size >> 8);
    return 0;
}

static void
next_event(struct spawner *spawner, struct spawner_event *event)
{
    for (;;) {
        assert_int_equal(spawner_event(spawner, event), 0);
        if (event->type != SPAWNER_NOTHING) {
            return;
        }
        struct pollfd wait = {.fd = spawner->fd, .events = POLLIN};
        assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
    }
}

static void
start(struct spawner *spawner, const char *link_path)
{
    assert_int_equal(spawner_start(link_path, derive, spawner), 0);
}

static void
derives(void **state)
{
    (void)state;
    static const struct {
        uint32_t ops;
        int error;
    } rows[] = {{0, 0}, {1, E_MEMORY}, {0, 0}, {2, E_MEMORY}, {3, E_INTERNAL}, {0, 0}};
    struct spawner spawner;
    uint8_t salt[SALT_BYTES] = {42};
    uint8_t passphrase[PASSPHRASE_BYTES_MAX + 1];
    memset(passphrase, 'p', sizeof passphrase);
    start(&spawner, "/nowhere");
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct spawner_event event;
        assert_int_equal(spawner_derive(&spawner, i, span_of(passphrase, 1024), salt,
                                        rows[i].ops, 9),
                         0);
        next_event(&spawner, &event);
        assert_int_equal(event.type, SPAWNER_DERIVED);
        assert_int_equal(event.id, i);
        assert_int_equal(event.error, rows[i].error);
        const uint8_t begins[] = {42, 'p', 4, 9};
        const uint8_t nothing[sizeof begins] = {0};
        assert_memory_equal(event.key, event.error == 0 ? begins : nothing,
                            sizeof begins);
    }
    assert_int_equal(spawner_derive(&spawner, 1, span_of(passphrase, 1025), salt, 0, 9),
                     E_LIMIT);
    spawner_stop(&spawner);
}

/* Gone when it returns, whether it still derived, was done, or never was. */
static void
cancels(void **state)
{
    (void)state;
    struct spawner spawner;
    struct spawner_event event;
    const uint8_t salt[SALT_BYTES] = {0};
    deriving = mmap(NULL, sizeof *deriving, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(deriving != MAP_FAILED);
    start(&spawner, "/nowhere");
    assert_int_equal(spawner_cancel(&spawner), 0);
    for (uint32_t ops = 0; ops <= 4; ops += 4) {
        assert_int_equal(
            spawner_derive(&spawner, 1, span_text("passphrase"), salt, ops, 9), 0);
        struct pollfd wait = {.fd = spawner.fd, .events = POLLIN};
        for (int i = 0; ops == 4 && i < DEADLINE_MS && *(volatile pid_t *)deriving == 0;
             i++) {
            assert_int_equal(poll(&wait, 1, 1), 0);
        }
        assert_true(ops == 4 || poll(&wait, 1, DEADLINE_MS) == 1);
        assert_int_equal(spawner_cancel(&spawner), 0);
        assert_true(ops != 4 || (kill(*deriving, 0) != 0 && errno == ESRCH));
        assert_int_equal(spawner_event(&spawner, &event), 0);
        assert_int_equal(event.type, SPAWNER_NOTHING);
    }
    /* The next one is derived, and nothing is said of those. */
    assert_int_equal(spawner_derive(&spawner, 2, span_text("passphrase"), salt, 0, 9), 0);
    next_event(&spawner, &event);
    assert_int_equal(event.id, 2);
    assert_int_equal(event.error, 0);
    spawner_stop(&spawner);
    assert_int_equal(munmap(deriving, sizeof *deriving), 0);
}

static void
program_missing(void **state)
{
    (void)state;
    struct spawner spawner;
    int fd = -77;
    pid_t pid = -77;
    start(&spawner, "/nowhere/attuned-link");
    for (int i = 0; i < 2 * SPAWNER_LINKS_MAX; i++) {
        assert_int_equal(spawner_link(&spawner, &fd, &pid), E_LINK_START);
    }
    assert_int_equal(fd, -77);
    assert_int_equal(pid, -77);
    spawner_stop(&spawner);
}

/* cat stands for the link: it reads stdin, which is /dev/null, and ends with 0. */
static void
reports_ends(void **state)
{
    (void)state;
    struct spawner spawner;
    struct spawner_event event;
    int fd = -1;
    pid_t pid = -1;
    char byte;
    start(&spawner, "/bin/cat");
    assert_int_equal(spawner_link(&spawner, &fd, &pid), 0);
    next_event(&spawner, &event);
    assert_int_equal(event.type, SPAWNER_LINK_EXITED);
    assert_int_equal(event.pid, pid);
    assert_true(WIFEXITED(event.status) && WEXITSTATUS(event.status) == 0);
    assert_int_equal(read(fd, &byte, 1), 0); /* nobody else holds the other end */
    close(fd);
    /* Others' processes are not its to kill. */
    assert_int_equal(spawner_kill_link(&spawner, getpid()), 0);
    assert_int_equal(spawner_kill_link(&spawner, -1), 0);
    assert_int_equal(spawner_link(&spawner, &fd, &pid), 0);
    next_event(&spawner, &event);
    assert_int_equal(event.pid, pid);
    close(fd);
    spawner_stop(&spawner);
}

static void
spawner_lost(void **state)
{
    (void)state;
    struct spawner spawner;
    struct spawner_event event;
    int fd;
    pid_t pid;
    start(&spawner, "/bin/cat");
    kill(spawner.pid, SIGKILL);
    struct pollfd wait = {.fd = spawner.fd, .events = POLLIN};
    assert_int_equal(poll(&wait, 1, DEADLINE_MS), 1);
    assert_int_equal(spawner_event(&spawner, &event), E_IO);
    assert_int_equal(spawner_link(&spawner, &fd, &pid), E_IO);
    spawner_stop(&spawner);
    spawner_stop(&spawner);
    spawner_stop(NULL);
}

/* A process that starts a spawner and is killed: the spawner's life ends too. */
static void
dies_with_us(void **state)
{
    (void)state;
    int report[2];
    pid_t spawner_pid = 0;
    char byte;
    assert_int_equal(pipe(report), 0);
    /* Orphans come to us, so that waitpid tells when it died. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct spawner spawner;
        if (spawner_start("/bin/cat", derive, &spawner) != 0 ||
            write(report[1], &spawner.pid, sizeof spawner.pid) < 0) {
            _exit(1);
        }
        pause();
    }
    assert_int_equal(read(report[0], &spawner_pid, sizeof spawner_pid),
                     sizeof spawner_pid);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(waitpid(spawner_pid, NULL, 0), spawner_pid);
    close(report[1]);
    assert_int_equal(read(report[0], &byte, 1), 0); /* it kept no descriptor either */
    close(report[0]);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derives),      cmocka_unit_test(program_missing),
        cmocka_unit_test(reports_ends), cmocka_unit_test(spawner_lost),
        cmocka_unit_test(dies_with_us), cmocka_unit_test(cancels),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
