/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The anchor: golden bytes, every bit, versions, atomic replacement, identity. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common/error.h"
#include "daemon/store/anchor.h"

#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const uint8_t key[32] = {1, 2, 3};
static const uint8_t file_id[16] = {9, 8, 7};
static const uint8_t nonce[24] = {4, 5, 6};

static struct anchor
example(void)
{
    struct anchor anchor = {
        .inode = 0x1122334455667788U,
        .btime_s = -2,
        .btime_ns = 999999999,
        .clean = 1,
        .heads_count = 2,
    };
    memset(anchor.machine_id, 0xAA, sizeof anchor.machine_id);
    memset(anchor.boot_id, 0xBB, sizeof anchor.boot_id);
    for (size_t i = 0; i < anchor.heads_count; i++) {
        memset(anchor.heads[i].log, (int)(i + 1), sizeof anchor.heads[i].log);
        memset(anchor.heads[i].hash, (int)(i + 16), sizeof anchor.heads[i].hash);
        anchor.heads[i].seq = 1000 + i;
    }
    return anchor;
}

static void
path_make(char *folder, char path[static 64])
{
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, 64, "%s/anchor", folder);
}

static void
path_remove(const char *folder, const char *path)
{
    (void)unlink(path);
    assert_int_equal(rmdir(folder), 0);
}

static void
assert_same(const struct anchor *a, const struct anchor *b)
{
    uint8_t bytes_a[ANCHOR_BYTES];
    uint8_t bytes_b[ANCHOR_BYTES];
    assert_int_equal(anchor_encode(key, file_id, nonce, a, bytes_a), 0);
    assert_int_equal(anchor_encode(key, file_id, nonce, b, bytes_b), 0);
    assert_memory_equal(bytes_a, bytes_b, sizeof bytes_a);
}

/* Format version 1 never changes: these are its bytes, as a hash and a beginning. */
static void
test_golden(void **state)
{
    static const char golden_start[] =
        "617474616e63680104050600000000000000000000000000"
        "0000000000000000";
    static const char golden_hash[] =
        "b139effe1dcae1cfb4780f53eb15a9dae03c6c6bea331854c008434b35c05636";
    uint8_t file[ANCHOR_BYTES];
    uint8_t hash[32];
    char hex[65];
    struct anchor anchor = example();
    (void)state;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), 0);
    bytes_hex(file, 32, hex);
    assert_string_equal(hex, golden_start);
    (void)crypto_generichash(hash, sizeof hash, file, sizeof file, NULL, 0);
    bytes_hex(hash, sizeof hash, hex);
    assert_string_equal(hex, golden_hash);
}

static void
test_round_trip(void **state)
{
    uint8_t file[ANCHOR_BYTES];
    struct anchor anchor = example();
    struct anchor out = {0};
    (void)state;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), 0);
    assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out), 0);
    assert_same(&out, &anchor);

    anchor.heads_count = ANCHOR_HEADS_MAX;
    anchor.heads[ANCHOR_HEADS_MAX - 1].seq = UINT64_MAX;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), 0);
    assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out), 0);
    assert_same(&out, &anchor);

    anchor.heads_count = 0;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), 0);
    assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out), 0);
    assert_int_equal(out.heads_count, 0);

    anchor.heads_count = ANCHOR_HEADS_MAX + 1;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), E_LIMIT);
}

static void
test_each_bit(void **state)
{
    uint8_t file[ANCHOR_BYTES];
    struct anchor anchor = example();
    struct anchor out;
    struct anchor untouched;
    (void)state;
    memset(&out, 0x5A, sizeof out);
    untouched = out;
    assert_int_equal(anchor_encode(key, file_id, nonce, &anchor, file), 0);
    for (size_t bit = 0; bit < sizeof file * 8; bit++) {
        file[bit / 8] ^= (uint8_t)(1U << bit % 8);
        assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out),
                         E_ANCHOR);
        file[bit / 8] ^= (uint8_t)(1U << bit % 8);
    }
    for (size_t size = 0; size < sizeof file; size += size < 64 ? 1 : 61) {
        assert_int_equal(anchor_decode(span_of(file, size), key, file_id, &out),
                         E_ANCHOR);
    }
    uint8_t other[32] = {0};
    assert_int_equal(anchor_decode(span_of(file, sizeof file), other, file_id, &out),
                     E_ANCHOR);
    assert_int_equal(anchor_decode(span_of(file, sizeof file), key, other, &out),
                     E_ANCHOR);
    assert_memory_equal(&out, &untouched, sizeof out);
}

/* What a later version would write: same four parts, another text and length. */
static void
test_newer_version(void **state)
{
    enum { TEXT_BYTES = 20000 };
    static uint8_t file[8 + 24 + TEXT_BYTES + 16];
    uint8_t bound[24];
    struct anchor out = {0};
    (void)state;
    for (int version = 0; version < 4; version++) {
        memset(file, 0, sizeof file);
        memcpy(file, "attanch", 7);
        file[7] = (uint8_t)version;
        memcpy(file + 8, nonce, 24);
        memcpy(bound, file, 8);
        memcpy(bound + 8, file_id, 16);
        assert_int_equal(crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
                             file + 32, file + 32 + TEXT_BYTES, NULL, file + 32,
                             TEXT_BYTES, bound, sizeof bound, NULL, nonce, key),
                         0);
        assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out),
                         version > ANCHOR_VERSION ? E_VERSION_NEW : E_ANCHOR);
        file[100] ^= 1;
        assert_int_equal(anchor_decode(span_of(file, sizeof file), key, file_id, &out),
                         E_ANCHOR);
    }
}

/* Authentic, but not something anchor_encode writes. */
static void
test_odd_text(void **state)
{
    uint8_t text[ANCHOR_TEXT_BYTES] = {0};
    struct anchor out = {0};
    (void)state;
    assert_int_equal(anchor_parse(span_of(text, sizeof text), &out), 0);
    text[52] = 2; /* clean is 0 or 1 */
    assert_int_equal(anchor_parse(span_of(text, sizeof text), &out), E_ANCHOR);
    text[52] = 0;
    bytes_set_u32(text + 53, ANCHOR_HEADS_MAX + 1);
    assert_int_equal(anchor_parse(span_of(text, sizeof text), &out), E_ANCHOR);
    bytes_set_u32(text + 53, 2);
    assert_int_equal(anchor_parse(span_of(text, 57 + 2 * 56), &out), 0);
    assert_int_equal(anchor_parse(span_of(text, 57 + 2 * 56 - 1), &out), E_ANCHOR);
    text[57 + 2 * 56] = 1; /* padding is zero */
    assert_int_equal(anchor_parse(span_of(text, sizeof text), &out), E_ANCHOR);
    assert_int_equal(anchor_parse(SPAN_EMPTY, &out), E_ANCHOR);
}

static void
test_write_and_read(void **state)
{
    char folder[] = "/tmp/attune-anchor-XXXXXX";
    char path[64];
    char fresh[80];
    struct anchor anchor = example();
    struct anchor out = {0};
    struct stat info;
    (void)state;
    path_make(folder, path);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    assert_int_equal(anchor_read(path, key, file_id, &out), E_ANCHOR); /* missing */
    assert_int_equal(anchor_write(path, key, file_id, &anchor), 0);
    assert_int_equal(anchor_read(path, key, file_id, &out), 0);
    assert_same(&out, &anchor);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_size, ANCHOR_BYTES);
    assert_int_equal(info.st_mode & 0777, 0600);

    /* A temporary file left by a crash is replaced, never taken for the anchor. */
    int fd = open(fresh, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "half", 4), 4);
    (void)close(fd);
    assert_int_equal(anchor_read(path, key, file_id, &out), 0);
    anchor.heads_count = 1;
    memset(&anchor.heads[1], 0, sizeof anchor.heads[1]);
    assert_int_equal(anchor_write(path, key, file_id, &anchor), 0);
    assert_int_equal(anchor_read(path, key, file_id, &out), 0);
    assert_same(&out, &anchor);
    assert_int_equal(access(fresh, F_OK), -1);

    /* A write that fails leaves the old one. */
    assert_int_equal(mkdir(fresh, 0700), 0);
    anchor.inode++;
    assert_int_not_equal(anchor_write(path, key, file_id, &anchor), 0);
    assert_int_equal(rmdir(fresh), 0);
    assert_int_equal(anchor_read(path, key, file_id, &out), 0);
    assert_int_equal(out.inode + 1, anchor.inode);
    anchor.heads_count = ANCHOR_HEADS_MAX + 1;
    assert_int_equal(anchor_write(path, key, file_id, &anchor), E_LIMIT);
    path_remove(folder, path);
}

static void
test_identity(void **state)
{
    char folder[] = "/tmp/attune-anchor-XXXXXX";
    char path[64];
    char other[80];
    struct anchor a = {.heads_count = 7};
    struct anchor b = {0};
    (void)state;
    path_make(folder, path);
    (void)snprintf(other, sizeof other, "%s.copy", path);
    assert_int_equal(anchor_identity(path, &a), E_IO); /* not there */
    assert_int_equal(a.inode, 0);
    for (int i = 0; i < 2; i++) {
        int fd = open(i == 0 ? path : other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        (void)close(fd);
    }
    assert_int_equal(anchor_identity(path, &a), 0);
    assert_int_equal(anchor_identity(path, &b), 0);
    assert_int_equal(a.heads_count, 7);
    assert_int_not_equal(a.inode, 0);
    assert_true(anchor_same_file(&a, &b));
    assert_memory_equal(a.boot_id, b.boot_id, sizeof a.boot_id);
    assert_int_equal(anchor_identity(other, &b), 0);
    assert_false(anchor_same_file(&a, &b));

    b = a;
    b.boot_id[0] ^= 1;
    assert_true(anchor_same_file(&a, &b));
    b.machine_id[15] ^= 1;
    assert_false(anchor_same_file(&a, &b));
    b = a;
    b.btime_ns ^= 1;
    assert_false(anchor_same_file(&a, &b));
    b = a;
    b.btime_s ^= 1;
    assert_false(anchor_same_file(&a, &b));

    /* Renaming keeps the identity, replacing by a copy doesn't. */
    assert_int_equal(rename(path, other), 0);
    assert_int_equal(anchor_identity(other, &b), 0);
    assert_true(anchor_same_file(&a, &b));
    (void)unlink(other);
    path_remove(folder, path);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),   cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_each_bit), cmocka_unit_test(test_newer_version),
        cmocka_unit_test(test_odd_text), cmocka_unit_test(test_write_and_read),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
