/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The disk below the sealing VFS: whole writes, whole reads, one sticky error. */
#include "daemon/store/vfs_file.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int
vfs_file_fail(struct vfs *vfs, int error, int rc)
{
    if (vfs->error == 0) {
        vfs->error = error;
    }
    return rc;
}

static int
fail_errno(struct vfs *vfs, int number, int rc)
{
    int error = error_from_errno(number);
    return vfs_file_fail(vfs, error, error == E_DISK_FULL ? SQLITE_FULL : rc);
}

const uint8_t *
vfs_file_nonce(struct vfs *vfs)
{
    if (vfs->nonces_left == 0) {
        seal_nonces(vfs->nonces, VFS_RUN_UNITS);
        vfs->nonces_left = VFS_RUN_UNITS;
    }
    vfs->nonces_left--;
    return vfs->nonces + vfs->nonces_left * SEAL_NONCE_BYTES;
}

static bool
fault_now(struct vfs *vfs)
{
    if (vfs->fault_errno == 0) {
        return false;
    }
    if (vfs->fault_after > 0) {
        vfs->fault_after--;
        return false;
    }
    return true;
}

static int
pwrite_all(int fd, const uint8_t *data, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t done = pwrite(fd, data, size, (off_t)offset);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done == 0 ? ENOSPC : errno;
        }
        data += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

int
vfs_file_write(struct vfs_file *file, const uint8_t *data, size_t size, uint64_t offset)
{
    struct vfs *vfs = file->vfs;
    int number = 0;
    if (fault_now(vfs)) {
        number = pwrite_all(file->fd, data, size / 2, offset);
        number = number == 0 ? vfs->fault_errno : number;
    } else {
        number = pwrite_all(file->fd, data, size, offset);
    }
    if (number != 0) {
        /* A unit cut short at the end would look like damage after a crash. */
        if (offset + size > file->bytes &&
            ftruncate(file->fd, (off_t)file->bytes) != 0) {
            vfs->shut = true;
        }
        return fail_errno(vfs, number, SQLITE_IOERR_WRITE);
    }
    if (offset + size > file->bytes) {
        file->bytes = offset + size;
    }
    return SQLITE_OK;
}

int
vfs_file_cut(struct vfs_file *file, uint64_t bytes)
{
    int number = fault_now(file->vfs) ? file->vfs->fault_errno : 0;
    if (number == 0 && ftruncate(file->fd, (off_t)bytes) != 0) {
        number = errno;
    }
    if (number != 0) {
        return fail_errno(file->vfs, number, SQLITE_IOERR_TRUNCATE);
    }
    file->bytes = bytes;
    return SQLITE_OK;
}

int
vfs_file_folder_sync(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = NULL;
    if (slash == NULL) {
        folder = strdup(".");
    } else if (slash == path) {
        folder = strdup("/");
    } else {
        folder = strndup(path, (size_t)(slash - path));
    }
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

int
vfs_file_sync(struct vfs_file *file)
{
    struct vfs *vfs = file->vfs;
    int number = fault_now(vfs) ? vfs->fault_errno : 0;
    if (number == 0 && fdatasync(file->fd) != 0) {
        number = errno;
    }
    if (number != 0) {
        /* The kernel may have dropped the dirty pages: asking again would say 0. */
        vfs->shut = true;
        return fail_errno(vfs, number, SQLITE_IOERR_FSYNC);
    }
    if (file->folder_sync) {
        int error = vfs_file_folder_sync(file->path);
        if (error != 0) {
            vfs->shut = true;
            return vfs_file_fail(vfs, error, SQLITE_IOERR_DIR_FSYNC);
        }
        file->folder_sync = false;
    }
    return SQLITE_OK;
}

int
vfs_file_pread(int fd, uint8_t *out, size_t size, uint64_t offset)
{
    while (size > 0) {
        ssize_t done = pread(fd, out, size, (off_t)offset);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return done == 0 ? E_IO : error_from_errno(errno);
        }
        out += done;
        offset += (uint64_t)done;
        size -= (size_t)done;
    }
    return 0;
}

int
vfs_file_read(struct vfs_file *file, uint8_t *out, size_t size, uint64_t offset)
{
    int error = vfs_file_pread(file->fd, out, size, offset);
    if (error != 0) {
        return vfs_file_fail(file->vfs, error, SQLITE_IOERR_READ);
    }
    return SQLITE_OK;
}

bool
vfs_file_in_run(const struct vfs_file *file, uint64_t index)
{
    return index >= file->run.first && index - file->run.first < file->run.count;
}
