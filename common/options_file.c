/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The file of options: see options.h. Written beside, synced, renamed, folder synced; a
 * crash leaves the old file or the new one.
 */
#include "common/error.h"
#include "common/options.h"
#include "common/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define READ_BYTES 4096

/* Appends a whole file; a missing one is empty. */
static int
file_read(const char *path, struct buf *out)
{
    int rc = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT ? 0 : error_from_errno(errno);
    }
    for (;;) {
        uint8_t *place = buf_reserve(out, READ_BYTES);
        if (place == NULL) {
            rc = buf_done(out) == E_LIMIT ? E_OPTION : buf_done(out);
            break;
        }
        ssize_t got = read(fd, place, READ_BYTES);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            rc = got < 0 ? error_from_errno(errno) : 0;
            break;
        }
        buf_advance(out, (size_t)got);
    }
    close(fd);
    return rc;
}

static int
write_all(int fd, struct span bytes)
{
    while (bytes.size > 0) {
        ssize_t put = write(fd, bytes.data, bytes.size);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            return error_from_errno(errno);
        }
        bytes = span_slice(bytes, (size_t)put, bytes.size);
    }
    return fsync(fd) != 0 ? error_from_errno(errno) : 0;
}

/* Splits off the folder of `path` and makes it. */
static int
folder_make(const char *path, char folder[static PATH_MAX])
{
    size_t size = strlen(path);
    const char *slash = strrchr(path, '/');
    if (slash == NULL || size >= PATH_MAX) {
        return E_HOME;
    }
    size_t folder_size = slash == path ? 1 : (size_t)(slash - path);
    memcpy(folder, path, folder_size);
    folder[folder_size] = '\0';
    return paths_make_dir(folder);
}

static int
folder_sync(const char *folder)
{
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        return error_from_errno(errno);
    }
    int rc = fsync(fd) != 0 ? error_from_errno(errno) : 0;
    close(fd);
    return rc;
}

/* Replaces the file at `path` (no link) by `bytes`. */
static int
file_replace(const char *path, struct span bytes)
{
    char folder[PATH_MAX];
    char beside[PATH_MAX];
    int rc = folder_make(path, folder);
    if (rc != 0) {
        return rc;
    }
    int size = snprintf(beside, sizeof beside, "%s.XXXXXX", path);
    if (size < 0 || (size_t)size >= sizeof beside) {
        return E_HOME;
    }
    int fd = mkostemp(beside, O_CLOEXEC); /* mode 0600 */
    if (fd < 0) {
        return error_from_errno(errno);
    }
    rc = write_all(fd, bytes);
    if (close(fd) != 0 && rc == 0) {
        rc = error_from_errno(errno);
    }
    if (rc == 0 && rename(beside, path) != 0) {
        rc = error_from_errno(errno);
    }
    if (rc != 0) {
        unlink(beside);
        return rc;
    }
    return folder_sync(folder);
}

int
options_load(const char *path, struct options *out, size_t *bad_line)
{
    struct buf file;
    buf_init(&file, OPTIONS_FILE_BYTES_MAX + READ_BYTES);
    int rc = file_read(path, &file);
    if (rc == 0 && file.size > OPTIONS_FILE_BYTES_MAX) {
        rc = E_OPTION;
    }
    if (rc != 0) {
        *bad_line = 0;
    } else {
        rc = options_parse(buf_span(&file), out, bad_line);
    }
    buf_free(&file);
    return rc;
}

int
options_set(const char *path, const char *name, const char *value)
{
    struct buf file;
    struct buf edited;
    char real[PATH_MAX];
    buf_init(&file, OPTIONS_FILE_BYTES_MAX + READ_BYTES);
    buf_init(&edited, 0);
    if (realpath(path, real) != NULL) {
        path = real; /* a linked file stays linked */
    }
    int rc = file_read(path, &file);
    if (rc != 0) {
        goto out;
    }
    rc = options_edit(buf_span(&file), name, value, &edited);
    if (rc == 0 && edited.size > OPTIONS_FILE_BYTES_MAX) {
        rc = E_OPTION;
    }
    if (rc != 0) {
        goto out;
    }
    rc = file_replace(path, buf_span(&edited));
out:
    buf_free(&file);
    buf_free(&edited);
    return rc;
}
