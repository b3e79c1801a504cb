/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The instance and its sqlite3_vfs: which files there are, and who may open them. */
#include "daemon/store/vfs_file.h"

#include "common/error.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static_assert((int)VFS_PAGE_BYTES == (int)SEAL_PAGE_BYTES, "page");
static_assert((int)VFS_RESERVE_BYTES == (int)SEAL_EXTRA_BYTES, "reserve");

/* A second process, or a second open in this one, gets SQLITE_BUSY. */
static int
lock_whole(struct vfs *vfs, int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        return SQLITE_OK;
    }
    if (errno == EAGAIN || errno == EACCES) {
        return SQLITE_BUSY;
    }
    return vfs_file_fail(vfs, E_IO, SQLITE_CANTOPEN);
}

static bool
wal_beside(const char *path)
{
    struct stat info;
    char *wal_path = NULL;
    if (asprintf(&wal_path, "%s-wal", path) < 0) {
        return true; /* unknown: the careful answer */
    }
    bool there = stat(wal_path, &info) == 0 && info.st_size > 0;
    free(wal_path);
    return there;
}

/*
 * What the length of the file must be like; sets file->bytes. SQLite deletes the WAL it
 * finds beside an empty main file, so that pair is refused even when creating.
 */
static int
length_check(struct vfs_file *file, bool wal, bool create)
{
    struct vfs *vfs = file->vfs;
    struct stat stat;
    if (fstat(file->fd, &stat) != 0) {
        return vfs_file_fail(vfs, error_from_errno(errno), SQLITE_CANTOPEN);
    }
    if (!S_ISREG(stat.st_mode)) {
        return vfs_file_fail(vfs, E_JOURNAL, SQLITE_CANTOPEN);
    }
    file->bytes = (uint64_t)stat.st_size;
    if (wal && seal_torn_bytes(file->bytes) != 0) {
        return vfs_file_fail(vfs, E_TAIL, SQLITE_CANTOPEN);
    }
    bool lost = file->bytes == 0 && (!create || wal_beside(file->path));
    if (!wal && (lost || file->bytes % SEAL_PAGE_BYTES != 0)) {
        return vfs_file_fail(vfs, E_JOURNAL, SQLITE_CANTOPEN);
    }
    return SQLITE_OK;
}

static int
file_open(struct vfs_file *file, bool wal, bool create)
{
    struct vfs *vfs = file->vfs;
    size_t unit_bytes = wal ? SEAL_CELL_BYTES : SEAL_PAGE_BYTES;
    int mode = O_RDWR | O_CLOEXEC | O_NOFOLLOW;
    file->fd = open(file->path, mode);
    if (file->fd < 0 && errno == ENOENT && (wal || create)) {
        file->fd = open(file->path, mode | O_CREAT | O_EXCL, 0600);
        file->folder_sync = true;
    }
    if (file->fd < 0) {
        return vfs_file_fail(vfs, error_from_errno(errno), SQLITE_CANTOPEN);
    }
    int rc = wal ? SQLITE_OK : lock_whole(vfs, file->fd);
    if (rc == SQLITE_OK) {
        rc = length_check(file, wal, create);
    }
    if (rc == SQLITE_OK) {
        file->run.units = calloc(VFS_RUN_UNITS, unit_bytes);
        if (file->run.units == NULL) {
            rc = vfs_file_fail(vfs, E_MEMORY, SQLITE_NOMEM);
        }
    }
    if (rc != SQLITE_OK) {
        (void)close(file->fd);
    }
    return rc;
}

static int
vfs_open(sqlite3_vfs *base, const char *name, sqlite3_file *out, int flags,
         int *flags_out)
{
    struct vfs *vfs = base->pAppData;
    struct vfs_file *file = (struct vfs_file *)out;
    bool wal = (flags & SQLITE_OPEN_WAL) != 0;
    bool main = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    *file = (struct vfs_file){.vfs = vfs, .path = name, .fd = -1}; /* no methods yet */
    if (name == NULL || wal == main || (flags & SQLITE_OPEN_READWRITE) == 0 ||
        (main && vfs->main_open) || (wal && (vfs->wal_open || !vfs->main_open))) {
        return SQLITE_CANTOPEN;
    }
    if (main) {
        vfs->shut = false;
        vfs->pages_known = 0;
    }
    int rc = file_open(file, wal, (flags & SQLITE_OPEN_CREATE) != 0);
    if (rc != SQLITE_OK) {
        return rc;
    }
    file->base.pMethods = wal ? &vfs_wal_methods : &vfs_main_methods;
    if (wal) {
        vfs->wal_open = true;
    } else {
        vfs->main_open = true;
    }
    if (flags_out != NULL) {
        *flags_out = flags;
    }
    return SQLITE_OK;
}

static bool
is_wal(const char *name)
{
    size_t size = strlen(name);
    return size > 4 && memcmp(name + size - 4, "-wal", 4) == 0;
}

/* SQLite deletes the WAL at a clean close; it has nothing else to delete here. */
static int
vfs_delete(sqlite3_vfs *base, const char *name, int folder_sync)
{
    struct vfs *vfs = base->pAppData;
    if (!is_wal(name) || vfs->shut) {
        return SQLITE_IOERR_DELETE;
    }
    if (unlink(name) != 0) {
        if (errno == ENOENT) {
            return SQLITE_IOERR_DELETE_NOENT;
        }
        return vfs_file_fail(vfs, error_from_errno(errno), SQLITE_IOERR_DELETE);
    }
    if (folder_sync != 0 && vfs_file_folder_sync(name) != 0) {
        return vfs_file_fail(vfs, E_IO, SQLITE_IOERR_DIR_FSYNC);
    }
    return SQLITE_OK;
}

/* A rollback journal is never there, whatever somebody put in its place. */
static int
vfs_access(sqlite3_vfs *base, const char *name, int flags, int *out)
{
    struct stat info;
    (void)base;
    (void)flags;
    *out = is_wal(name) && stat(name, &info) == 0 && info.st_size > 0;
    return SQLITE_OK;
}

static int
vfs_full_path(sqlite3_vfs *base, const char *name, int size, char *out)
{
    struct vfs *vfs = base->pAppData;
    return vfs->system->xFullPathname(vfs->system, name, size, out);
}

static void *
vfs_dl_open(sqlite3_vfs *base, const char *name)
{
    (void)base;
    (void)name;
    return NULL; /* no extensions */
}

static void
vfs_dl_error(sqlite3_vfs *base, int size, char *out)
{
    (void)base;
    (void)snprintf(out, (size_t)size, "no extensions");
}

static int
vfs_randomness(sqlite3_vfs *base, int size, char *out)
{
    struct vfs *vfs = base->pAppData;
    return vfs->system->xRandomness(vfs->system, size, out);
}

static int
vfs_sleep(sqlite3_vfs *base, int wait_us)
{
    struct vfs *vfs = base->pAppData;
    return vfs->system->xSleep(vfs->system, wait_us);
}

static int
vfs_time(sqlite3_vfs *base, double *out)
{
    struct vfs *vfs = base->pAppData;
    return vfs->system->xCurrentTime(vfs->system, out);
}

static int
vfs_last_error(sqlite3_vfs *base, int size, char *out)
{
    (void)base;
    (void)size;
    (void)out;
    return 0;
}

int
vfs_new(const struct vfs_keys *keys, struct vfs **out)
{
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (system == NULL || seal_init() != 0) {
        return E_INTERNAL;
    }
    struct vfs *vfs = calloc(1, sizeof *vfs);
    if (vfs == NULL) {
        return E_MEMORY;
    }
    vfs->system = system;
    vfs->keys = *keys;
    /* Two that live at once have two addresses. */
    (void)snprintf(vfs->name, sizeof vfs->name, "attune-%p", (void *)vfs);
    vfs->base = (sqlite3_vfs){
        .iVersion = 1,
        .szOsFile = (int)sizeof(struct vfs_file),
        .mxPathname = system->mxPathname,
        .zName = vfs->name,
        .pAppData = vfs,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_path,
        .xDlOpen = vfs_dl_open,
        .xDlError = vfs_dl_error,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_time,
        .xGetLastError = vfs_last_error,
    };
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        vfs_free(vfs);
        return E_MEMORY;
    }
    *out = vfs;
    return 0;
}

void
vfs_free(struct vfs *vfs)
{
    if (vfs == NULL) {
        return;
    }
    assert(!vfs->main_open && !vfs->wal_open);
    (void)sqlite3_vfs_unregister(&vfs->base);
    bytes_wipe(vfs, sizeof *vfs);
    free(vfs);
}

const char *
vfs_name(const struct vfs *vfs)
{
    return vfs->name;
}

int
vfs_error(const struct vfs *vfs)
{
    return vfs->error;
}

void
vfs_error_clear(struct vfs *vfs)
{
    vfs->error = 0;
}

void
vfs_fault_set(struct vfs *vfs, int after_writes, int error_errno)
{
    vfs->fault_after = after_writes;
    vfs->fault_errno = error_errno;
}
