/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/store/anchor.h"

#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER_BYTES = 8,
    NONCE_BYTES = 24,
    TAG_BYTES = 16,
    HEAD_BYTES = 16 + 8 + 32,
    FIXED_BYTES = 8 + 8 + 4 + 16 + 16 + 1 + 4,
    MACHINE_TEXT_BYTES = 32,
    BOOT_TEXT_BYTES = 36,
    BOUND_BYTES = HEADER_BYTES + 16,
};

static_assert(FIXED_BYTES + ANCHOR_HEADS_MAX * HEAD_BYTES <= ANCHOR_TEXT_BYTES,
              "heads");
static_assert(NONCE_BYTES == crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, "nonce");
static_assert(TAG_BYTES == crypto_aead_xchacha20poly1305_ietf_ABYTES, "tag");

static const uint8_t magic[HEADER_BYTES - 1] = {'a', 't', 't', 'a', 'n', 'c', 'h'};

static void
bound_encode(const uint8_t *header, const uint8_t *file_id,
             uint8_t out[static BOUND_BYTES])
{
    memcpy(out, header, HEADER_BYTES);
    memcpy(out + HEADER_BYTES, file_id, 16);
}

static int
text_encode(const struct anchor *anchor, struct buf *text)
{
    buf_put_u64(text, anchor->inode);
    buf_put_u64(text, (uint64_t)anchor->btime_s);
    buf_put_u32(text, anchor->btime_ns);
    buf_put(text, anchor->machine_id, sizeof anchor->machine_id);
    buf_put(text, anchor->boot_id, sizeof anchor->boot_id);
    buf_put_u8(text, anchor->clean != 0);
    buf_put_u32(text, (uint32_t)anchor->heads_count);
    for (size_t i = 0; i < anchor->heads_count; i++) {
        buf_put(text, anchor->heads[i].log, sizeof anchor->heads[i].log);
        buf_put_u64(text, anchor->heads[i].seq);
        buf_put(text, anchor->heads[i].hash, sizeof anchor->heads[i].hash);
    }
    return buf_done(text);
}

int
anchor_encode(const uint8_t key[static 32], const uint8_t file_id[static 16],
              const uint8_t nonce[static 24], const struct anchor *anchor,
              uint8_t out[static ANCHOR_BYTES])
{
    uint8_t bound[BOUND_BYTES];
    struct buf text;
    if (anchor->heads_count > ANCHOR_HEADS_MAX) {
        return E_LIMIT;
    }
    buf_init(&text, ANCHOR_TEXT_BYTES);
    int rc = text_encode(anchor, &text);
    if (rc == 0 && sodium_init() < 0) {
        rc = E_INTERNAL;
    }
    if (rc != 0) {
        goto out;
    }
    uint8_t *sealed = out + HEADER_BYTES + NONCE_BYTES;
    memset(out, 0, ANCHOR_BYTES);
    memcpy(out, magic, sizeof magic);
    out[sizeof magic] = ANCHOR_VERSION;
    memcpy(out + HEADER_BYTES, nonce, NONCE_BYTES);
    memcpy(sealed, text.data, text.size);
    bound_encode(out, file_id, bound);
    rc = crypto_aead_xchacha20poly1305_ietf_encrypt_detached(
        sealed, sealed + ANCHOR_TEXT_BYTES, NULL, sealed, ANCHOR_TEXT_BYTES, bound,
        sizeof bound, NULL, nonce, key);
    assert(rc == 0);
out:
    buf_free(&text);
    return rc;
}

int
anchor_parse(struct span text, struct anchor *out)
{
    struct anchor anchor = {0};
    struct reader reader = reader_of(text);
    anchor.inode = reader_u64(&reader);
    anchor.btime_s = (int64_t)reader_u64(&reader);
    anchor.btime_ns = reader_u32(&reader);
    reader_copy(&reader, anchor.machine_id, sizeof anchor.machine_id);
    reader_copy(&reader, anchor.boot_id, sizeof anchor.boot_id);
    anchor.clean = reader_u8(&reader);
    anchor.heads_count = reader_u32(&reader);
    if (reader.failed || anchor.clean > 1 || anchor.heads_count > ANCHOR_HEADS_MAX) {
        return E_ANCHOR;
    }
    for (size_t i = 0; i < anchor.heads_count; i++) {
        reader_copy(&reader, anchor.heads[i].log, sizeof anchor.heads[i].log);
        anchor.heads[i].seq = reader_u64(&reader);
        reader_copy(&reader, anchor.heads[i].hash, sizeof anchor.heads[i].hash);
    }
    if (reader.failed) {
        return E_ANCHOR;
    }
    for (size_t i = 0; i < reader.rest.size; i++) {
        if (reader.rest.data[i] != 0) {
            return E_ANCHOR;
        }
    }
    *out = anchor;
    return 0;
}

int
anchor_decode(struct span file, const uint8_t key[static 32],
              const uint8_t file_id[static 16], struct anchor *out)
{
    uint8_t bound[BOUND_BYTES];
    if (file.size < HEADER_BYTES + NONCE_BYTES + TAG_BYTES ||
        file.size > ANCHOR_FILE_BYTES_MAX ||
        memcmp(file.data, magic, sizeof magic) != 0) {
        return E_ANCHOR;
    }
    if (sodium_init() < 0) {
        return E_INTERNAL;
    }
    size_t text_bytes = file.size - HEADER_BYTES - NONCE_BYTES - TAG_BYTES;
    const uint8_t *nonce = file.data + HEADER_BYTES;
    const uint8_t *sealed = nonce + NONCE_BYTES;
    uint8_t *text = malloc(text_bytes + 1);
    if (text == NULL) {
        return E_MEMORY;
    }
    int rc = E_ANCHOR;
    bound_encode(file.data, file_id, bound);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt_detached(
            text, NULL, sealed, text_bytes, sealed + text_bytes, bound, sizeof bound,
            nonce, key) != 0) {
        goto out;
    }
    /* Only now may the version be believed: a flipped bit of it didn't authenticate. */
    uint8_t version = file.data[sizeof magic];
    if (version > ANCHOR_VERSION) {
        rc = E_VERSION_NEW;
    } else if (version == ANCHOR_VERSION && file.size == ANCHOR_BYTES) {
        rc = anchor_parse(span_of(text, text_bytes), out);
    }
out:
    bytes_wipe(text, text_bytes);
    free(text);
    return rc;
}

static int
write_all(int fd, const uint8_t *data, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, data, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done == 0 ? E_DISK_FULL : error_from_errno(errno);
        }
        data += done;
        size -= (size_t)done;
    }
    return 0;
}

static int
folder_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    char *folder = slash == NULL ? strdup(".") : strndup(path, size);
    if (folder == NULL) {
        return E_MEMORY;
    }
    int rc = 0;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0) {
        rc = error_from_errno(errno);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    free(folder);
    return rc;
}

/* A whole new file at `path`, durable but for its name. */
static int
file_make(const char *path, const uint8_t *data, size_t size)
{
    /* One left by a crash is never continued, and a link in its place not followed. */
    if (unlink(path) != 0 && errno != ENOENT) {
        return error_from_errno(errno);
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_from_errno(errno);
    }
    int rc = write_all(fd, data, size);
    if (rc == 0 && fsync(fd) != 0) {
        rc = error_from_errno(errno);
    }
    if (close(fd) != 0 && rc == 0) {
        rc = error_from_errno(errno);
    }
    return rc;
}

int
anchor_write(const char *path, const uint8_t key[static 32],
             const uint8_t file_id[static 16], const struct anchor *anchor)
{
    uint8_t nonce[NONCE_BYTES];
    uint8_t file[ANCHOR_BYTES];
    char *fresh = NULL;
    if (sodium_init() < 0) {
        return E_INTERNAL;
    }
    randombytes_buf(nonce, sizeof nonce);
    int rc = anchor_encode(key, file_id, nonce, anchor, file);
    if (rc != 0) {
        return rc;
    }
    if (asprintf(&fresh, "%s.new", path) < 0) {
        return E_MEMORY;
    }
    rc = file_make(fresh, file, sizeof file);
    if (rc == 0 && rename(fresh, path) != 0) {
        rc = error_from_errno(errno);
    }
    if (rc != 0) {
        (void)unlink(fresh);
    } else {
        rc = folder_sync(path);
    }
    free(fresh);
    return rc;
}

/* Up to `size` bytes of a file; negative errors. */
static int
file_read(const char *path, uint8_t *out, size_t size, size_t *read_bytes,
          bool *missing)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    *missing = fd < 0 && errno == ENOENT;
    if (fd < 0) {
        return error_from_errno(errno);
    }
    size_t have = 0;
    int rc = 0;
    while (have < size) {
        ssize_t done = read(fd, out + have, size - have);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done < 0) {
            rc = error_from_errno(errno);
        }
        if (done <= 0) {
            break;
        }
        have += (size_t)done;
    }
    (void)close(fd);
    if (rc == 0) {
        *read_bytes = have;
    }
    return rc;
}

int
anchor_read(const char *path, const uint8_t key[static 32],
            const uint8_t file_id[static 16], struct anchor *out)
{
    size_t size = 0;
    bool missing = false;
    uint8_t *file = malloc(ANCHOR_FILE_BYTES_MAX + 1);
    if (file == NULL) {
        return E_MEMORY;
    }
    int rc = file_read(path, file, ANCHOR_FILE_BYTES_MAX + 1, &size, &missing);
    if (missing) {
        rc = E_ANCHOR;
    } else if (rc == 0) {
        rc = anchor_decode(span_of(file, size), key, file_id, out);
    }
    free(file); /* sealed bytes only */
    return rc;
}

/* Hashed, as machine-id(5) asks of everybody who lets the id leave /etc. */
static void
machine_id(uint8_t out[static 16])
{
    static const uint8_t tag[crypto_generichash_blake2b_PERSONALBYTES] =
        "attune.machine";
    uint8_t text[MACHINE_TEXT_BYTES + 1];
    size_t size = 0;
    bool missing = false;
    memset(out, 0, 16);
    if (file_read("/etc/machine-id", text, sizeof text, &size, &missing) == 0 &&
        size >= MACHINE_TEXT_BYTES) {
        (void)crypto_generichash_blake2b_salt_personal(
            out, 16, text, MACHINE_TEXT_BYTES, NULL, 0, NULL, tag);
    }
}

static void
boot_id(uint8_t out[static 16])
{
    uint8_t text[BOOT_TEXT_BYTES];
    size_t size = 0;
    size_t bytes = 0;
    bool missing = false;
    memset(out, 0, 16);
    if (file_read("/proc/sys/kernel/random/boot_id", text, sizeof text, &size,
                  &missing) != 0 ||
        size != sizeof text) {
        return;
    }
    if (sodium_hex2bin(out, 16, (const char *)text, size, "-", &bytes, NULL) != 0 ||
        bytes != 16) {
        memset(out, 0, 16);
    }
}

int
anchor_identity(const char *journal_path, struct anchor *out)
{
    struct statx info;
    if (statx(AT_FDCWD, journal_path, AT_STATX_SYNC_AS_STAT, STATX_INO | STATX_BTIME,
              &info) != 0) {
        return error_from_errno(errno);
    }
    if (sodium_init() < 0) {
        return E_INTERNAL;
    }
    bool born = (info.stx_mask & STATX_BTIME) != 0;
    out->inode = info.stx_ino;
    out->btime_s = born ? info.stx_btime.tv_sec : 0;
    out->btime_ns = born ? info.stx_btime.tv_nsec : 0;
    machine_id(out->machine_id);
    boot_id(out->boot_id);
    return 0;
}

bool
anchor_same_file(const struct anchor *a, const struct anchor *b)
{
    return a->inode == b->inode && a->btime_s == b->btime_s &&
           a->btime_ns == b->btime_ns &&
           memcmp(a->machine_id, b->machine_id, sizeof a->machine_id) == 0;
}
