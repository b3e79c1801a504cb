/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/home.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { KEYS_FILE_BYTES_MAX = 16 * 1024 };

static int
lock_fd(int fd)
{
    if (fd < 0) {
        return error_from_errno(errno);
    }
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int rc = errno == EWOULDBLOCK ? E_RUNNING : E_IO;
        close(fd);
        return rc;
    }
    return 0; /* never closed: that would give the lock back */
}

int
home_lock(const struct paths *paths)
{
    int rc = lock_fd(
        open(paths->lock, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
    return rc != 0 ? rc
                   : lock_fd(open(paths->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

static bool
is_there(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0;
}

bool
home_exists(const struct paths *paths)
{
    struct buf made = {0};
    bool half = home_beside(paths->journal, HOME_INIT_SUFFIX, &made) == 0 &&
                is_there((const char *)made.data);
    buf_free(&made);
    return is_there(paths->journal) || (is_there(paths->keys) && !half);
}

int
home_beside(const char *path, const char *suffix, struct buf *out)
{
    buf_put_text(out, path);
    buf_put_text(out, suffix);
    (void)buf_text(out); /* sets the NUL */
    return buf_done(out);
}

int
home_remove(const char *path)
{
    return unlink(path) == 0 || errno == ENOENT ? 0 : error_from_errno(errno);
}

int
home_remove_journal(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", ".new", ".new-wal"};
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < sizeof suffixes / sizeof suffixes[0]; i++) {
        struct buf name = {0};
        rc = home_beside(path, suffixes[i], &name);
        rc = rc != 0 ? rc : home_remove((const char *)name.data);
        buf_free(&name);
    }
    return rc;
}

bool
home_demo(const struct paths *paths)
{
    return is_there(paths->demo);
}

int
home_mark_demo(const struct paths *paths)
{
    return home_write(paths->demo, span_text("Made by attune init --demo.\n"));
}

static int
read_file(const char *path, struct buf *out)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    int rc = 0;
    if (fd < 0) {
        return errno == ENOENT ? E_KEYS_FILE : error_from_errno(errno);
    }
    for (;;) {
        uint8_t *at = buf_reserve(out, 4096);
        if (at == NULL) {
            rc = out->error == E_LIMIT ? E_KEYS_FILE : out->error;
            break;
        }
        ssize_t size = read(fd, at, 4096);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size < 0) {
            rc = error_from_errno(errno);
        }
        if (size <= 0) {
            break;
        }
        buf_advance(out, (size_t)size);
    }
    close(fd);
    return rc;
}

int
home_read_keys(const struct paths *paths, struct slots *out)
{
    struct buf file = {.size_max = KEYS_FILE_BYTES_MAX};
    if (!home_exists(paths)) {
        return E_NO_HOME;
    }
    int rc = read_file(paths->keys, &file);
    if (rc == 0) {
        rc = slots_decode(buf_span(&file), out);
    }
    if (rc == 0 && !is_there(paths->journal)) {
        rc = E_JOURNAL;
    }
    buf_free(&file);
    return rc;
}

int
home_write_keys(const struct paths *paths, const struct slots *slots)
{
    struct buf file = {0};
    int rc = slots_encode(slots, &file);
    if (rc == 0) {
        rc = home_write(paths->keys, buf_span(&file));
    }
    buf_free(&file);
    return rc;
}

static int
write_all(int fd, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t size = write(fd, bytes.data, bytes.size);
        if (size < 0 && errno == EINTR) {
            continue;
        }
        if (size <= 0) {
            return size == 0 ? E_DISK_FULL : error_from_errno(errno);
        }
        bytes = span_slice(bytes, (size_t)size, bytes.size);
    }
    return fsync(fd) == 0 ? 0 : error_from_errno(errno);
}

static int
sync_folder_of(const char *path)
{
    char folder[PATHS_BYTES_MAX];
    const char *slash = strrchr(path, '/');
    size_t size = slash == NULL ? 0 : (size_t)(slash - path) + 1;
    if (size == 0 || size >= sizeof folder) {
        return E_HOME;
    }
    memcpy(folder, path, size);
    folder[size] = '\0';
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int rc = fd < 0 || fsync(fd) != 0 ? error_from_errno(errno) : 0;
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

int
home_rename(const char *from, const char *to)
{
    return rename(from, to) == 0 ? sync_folder_of(to) : error_from_errno(errno);
}

int
home_write(const char *path, struct span bytes)
{
    struct buf name = {0};
    const char *fresh = NULL;
    int fd = -1;
    int rc = home_beside(path, ".new", &name);
    if (rc != 0) {
        goto out;
    }
    fresh = (const char *)name.data;
    /* One left by a crash is never continued, and a link in its place not followed. */
    rc = home_remove(fresh);
    if (rc != 0) {
        goto out;
    }
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    rc = fd < 0 ? error_from_errno(errno) : write_all(fd, bytes);
    if (rc == 0) {
        rc = home_rename(fresh, path);
    }
    if (rc != 0 && fd >= 0) {
        (void)unlink(fresh);
    }
out:
    if (fd >= 0) {
        close(fd);
    }
    buf_free(&name);
    return rc;
}
