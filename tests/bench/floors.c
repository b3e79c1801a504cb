/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/floors.h"

#include "tests/bench/floor_db.h"

#include <fcntl.h>
#include <sodium.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    APPEND_BYTES = 512,
    SMALL_BYTES = 300,
    CRYPTO_ROUNDS = 20,
    CRYPTO_CALLS = 2000,
    ROUND_TRIP_BYTES = 64
};

static void
run_append(struct bench *bench)
{
    char path[256];
    uint8_t block[APPEND_BYTES] = {1};
    struct series series = {0};
    (void)snprintf(path, sizeof path, "%s/append", bench->folder);
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY | O_APPEND | O_CLOEXEC, 0600);
    bench_must(fd >= 0, path);
    for (size_t i = 0; i < bench->repeats; i++) {
        double start = measure_now_us();
        bench_must(write(fd, block, sizeof block) == APPEND_BYTES, "write");
        bench_must(fdatasync(fd) == 0, "fdatasync");
        series_add(&series, measure_now_us() - start);
    }
    (void)close(fd);
    (void)unlink(path);
    report_series(&bench->report, "floor.append", &series, NULL);
}

static void
run_row(struct bench *bench)
{
    char path[256];
    struct workload_entry entry;
    struct series series = {0};
    (void)snprintf(path, sizeof path, "%s/floor", bench->folder);
    struct floor_db *db = floor_db_new(path, false);
    for (size_t i = 0; i < bench->repeats; i++) {
        workload_make(&bench->workload, (uint32_t)i, &entry);
        series_add(&series, floor_db_time(db, (int64_t)i,
                                          span_of(entry.text, entry.text_bytes)));
    }
    floor_db_free(db);
    report_series(&bench->report, "floor.row", &series, NULL);
}

double
floors_spawn(const char *path, char *const *argv, char *const *environment)
{
    pid_t pid = 0;
    int status = 0;
    posix_spawn_file_actions_t actions;
    (void)posix_spawn_file_actions_init(&actions);
    (void)posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    (void)posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double start = measure_now_us();
    bench_must(posix_spawn(&pid, path, &actions, NULL, argv, environment) == 0, path);
    bench_must(waitpid(pid, &status, 0) == pid, "waitpid");
    double took = measure_now_us() - start;
    (void)posix_spawn_file_actions_destroy(&actions);
    bench_must(WIFEXITED(status) && WEXITSTATUS(status) == 0, argv[1] ? argv[1] : path);
    return took;
}

double
floors_spawn_nothing(const struct bench *bench)
{
    char path[300];
    char *argv[] = {path, NULL};
    char *environment[] = {NULL};
    (void)snprintf(path, sizeof path, "%s/attune-bench-nothing", bench->programs);
    return floors_spawn(path, argv, environment);
}

static void
run_process(struct bench *bench)
{
    struct series series = {0};
    for (size_t i = 0; i < bench->spawns; i++) {
        series_add(&series, floors_spawn_nothing(bench));
    }
    report_series(&bench->report, "floor.process", &series, NULL);
}

static _Noreturn void
echo(int fd)
{
    uint8_t bytes[ROUND_TRIP_BYTES];
    ssize_t size = 0;
    while ((size = read(fd, bytes, sizeof bytes)) > 0 &&
           write(fd, bytes, (size_t)size) > 0) {
    }
    _exit(0);
}

static void
run_unix(struct bench *bench)
{
    int ends[2];
    uint8_t bytes[ROUND_TRIP_BYTES] = {1};
    struct series series = {0};
    bench_must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
               "socketpair");
    pid_t pid = fork();
    bench_must(pid >= 0, "fork");
    if (pid == 0) {
        (void)close(ends[0]);
        echo(ends[1]);
    }
    (void)close(ends[1]);
    for (size_t i = 0; i < bench->repeats; i++) {
        double start = measure_now_us();
        bench_must(write(ends[0], bytes, sizeof bytes) == ROUND_TRIP_BYTES, "write");
        bench_must(read(ends[0], bytes, sizeof bytes) == ROUND_TRIP_BYTES, "read");
        series_add(&series, measure_now_us() - start);
    }
    (void)close(ends[0]);
    (void)waitpid(pid, NULL, 0);
    report_series(&bench->report, "floor.unix", &series, NULL);
}

static void
seal_once(void)
{
    static uint8_t text[SMALL_BYTES];
    static uint8_t sealed[SMALL_BYTES + crypto_aead_xchacha20poly1305_ietf_ABYTES];
    static const uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
    static const uint8_t key[crypto_aead_xchacha20poly1305_ietf_KEYBYTES];
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(sealed, NULL, text, sizeof text,
                                                     NULL, 0, NULL, nonce, key);
    text[0] = sealed[0];
}

static void
hash_once(void)
{
    static uint8_t text[SMALL_BYTES];
    uint8_t hash[32];
    (void)crypto_generichash(hash, sizeof hash, text, sizeof text, NULL, 0);
    text[0] = hash[0];
}

static void
run_crypto(struct bench *bench, const char *id, void (*once)(void))
{
    struct series series = {0};
    for (size_t i = 0; i < CRYPTO_ROUNDS; i++) {
        double start = measure_now_us();
        for (size_t j = 0; j < CRYPTO_CALLS; j++) {
            once();
        }
        series_add(&series, (measure_now_us() - start) / CRYPTO_CALLS);
    }
    report_series(&bench->report, id, &series, NULL);
}

void
floors_run(struct bench *bench)
{
    bench_must(sodium_init() >= 0, "libsodium");
    run_append(bench);
    run_row(bench);
    run_process(bench);
    run_unix(bench);
    run_crypto(bench, "floor.aead", seal_once);
    run_crypto(bench, "floor.hash", hash_once);
}
