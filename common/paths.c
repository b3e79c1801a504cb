/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Paths: see paths.h. Folders are rows: variable, default below HOME, member.
 */
#include "common/paths.h"

#include "common/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FOLDER "attune"
#define OTHERS_WRITE (S_IWGRP | S_IWOTH)
#define OTHERS_ANY (S_IRWXG | S_IRWXO)

static const struct {
    const char *variable;
    const char *below_home;
    size_t offset;
} folders[] = {
    {"XDG_CONFIG_HOME", ".config", offsetof(struct paths, config_dir)},
    {"XDG_DATA_HOME", ".local/share", offsetof(struct paths, data_dir)},
    {"XDG_STATE_HOME", ".local/state", offsetof(struct paths, state_dir)},
};

static const struct {
    size_t folder;
    const char *name;
    size_t offset;
} files[] = {
    {offsetof(struct paths, config_dir), "config", offsetof(struct paths, config)},
    {offsetof(struct paths, data_dir), "keys", offsetof(struct paths, keys)},
    {offsetof(struct paths, data_dir), "journal", offsetof(struct paths, journal)},
    {offsetof(struct paths, data_dir), "journal-wal",
     offsetof(struct paths, journal_wal)},
    {offsetof(struct paths, data_dir), "anchor", offsetof(struct paths, anchor)},
    {offsetof(struct paths, data_dir), "demo", offsetof(struct paths, demo)},
    {offsetof(struct paths, runtime_dir), "api.sock", offsetof(struct paths, socket)},
    {offsetof(struct paths, runtime_dir), "lock", offsetof(struct paths, lock)},
    {offsetof(struct paths, runtime_dir), "notify.lock",
     offsetof(struct paths, notify_lock)},
};

static char *
member(struct paths *paths, size_t offset)
{
    return (char *)paths + offset;
}

/* An absolute value of the environment, or NULL. */
static const char *
absolute(const char *variable)
{
    const char *value = getenv(variable);
    return value != NULL && value[0] == '/' ? value : NULL;
}

/* Joins into PATHS_BYTES_MAX bytes; false when it doesn't fit. */
static bool
join(char *out, const char *first, const char *second, const char *third)
{
    const char *const parts[] = {first, second, third};
    size_t used = 0;
    for (size_t i = 0; i < 3 && parts[i] != NULL; i++) {
        size_t size = strlen(parts[i]);
        if (used + size + 2 > PATHS_BYTES_MAX) {
            return false;
        }
        if (i > 0) {
            out[used++] = '/';
        }
        memcpy(out + used, parts[i], size);
        used += size;
    }
    out[used] = '\0';
    return true;
}

/* Whether `path` is a folder, not a link, that belongs to us. */
static bool
is_ours(const char *path)
{
    struct stat status;
    return lstat(path, &status) == 0 && S_ISDIR(status.st_mode) &&
           status.st_uid == geteuid();
}

static int
find_runtime(struct paths *paths)
{
    char standard[64];
    const char *given = absolute("XDG_RUNTIME_DIR");
    snprintf(standard, sizeof standard, "/run/user/%lu", (unsigned long)geteuid());
    if (given == NULL && is_ours(standard)) {
        given = standard;
    }
    if (given == NULL) {
        snprintf(paths->runtime_dir, sizeof paths->runtime_dir, "/tmp/" FOLDER "-%lu",
                 (unsigned long)geteuid());
        return 0;
    }
    return join(paths->runtime_dir, given, FOLDER, NULL) ? 0 : E_RUNTIME_DIR;
}

int
paths_find(struct paths *out)
{
    int rc = E_MEMORY;
    struct paths *paths = calloc(1, sizeof *paths); /* 12 KiB: not for the stack */
    if (paths == NULL) {
        goto out;
    }
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        char *place = member(paths, folders[i].offset);
        const char *given = absolute(folders[i].variable);
        const char *home = absolute("HOME");
        bool fits = given != NULL ? join(place, given, FOLDER, NULL)
                                  : home != NULL && join(place, home,
                                                         folders[i].below_home, FOLDER);
        if (!fits) {
            rc = E_HOME;
            goto out;
        }
    }
    rc = find_runtime(paths);
    if (rc != 0) {
        goto out;
    }
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        if (!join(member(paths, files[i].offset), member(paths, files[i].folder),
                  files[i].name, NULL)) {
            rc = E_HOME;
            goto out;
        }
    }
    if (strlen(paths->socket) >= PATHS_SOCKET_BYTES_MAX) {
        rc = E_RUNTIME_DIR;
        goto out;
    }
    *out = *paths;
out:
    free(paths);
    return rc;
}

int
paths_make_dir(const char *path)
{
    char copy[PATHS_BYTES_MAX];
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof copy) {
        return E_HOME;
    }
    memcpy(copy, path, size + 1);
    for (size_t i = 1; i <= size; i++) {
        if (copy[i] != '/' && copy[i] != '\0') {
            continue;
        }
        char kept = copy[i];
        copy[i] = '\0';
        struct stat status;
        int failure = mkdir(copy, 0700) == 0 ? 0 : errno;
        /* A read-only parent that is there already is no failure. */
        if (failure != 0 && (stat(copy, &status) != 0 || !S_ISDIR(status.st_mode))) {
            return failure == EEXIST || failure == ENOTDIR ? E_READ_ONLY
                                                           : error_from_errno(failure);
        }
        copy[i] = kept;
    }
    return 0;
}

int
paths_make_runtime(const struct paths *paths)
{
    int rc = E_RUNTIME_DIR;
    struct stat status;
    int fd = -1;
    char parent[PATHS_BYTES_MAX];
    snprintf(parent, sizeof parent, "%s", paths->runtime_dir);
    char *slash = strrchr(parent, '/');
    if (slash != NULL && slash != parent) {
        *slash = '\0';
        if (paths_make_dir(parent) != 0) {
            goto out;
        }
    }
    if (mkdir(paths->runtime_dir, 0700) != 0 && errno != EEXIST && errno != EROFS) {
        goto out;
    }
    fd = open(paths->runtime_dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_uid != geteuid() ||
        (status.st_mode & OTHERS_WRITE) != 0) {
        goto out;
    }
    if ((status.st_mode & (OTHERS_ANY | S_IRWXU)) != S_IRWXU && fchmod(fd, 0700) != 0) {
        goto out;
    }
    rc = 0;
out:
    if (fd >= 0) {
        close(fd);
    }
    return rc;
}

/* Makes a folder that attune must be able to write. */
static int
make_writable(const char *path)
{
    int rc = paths_make_dir(path);
    if (rc == 0 && access(path, R_OK | W_OK | X_OK) != 0) {
        rc = E_READ_ONLY;
    }
    return rc;
}

int
paths_make(const struct paths *paths)
{
    int rc = make_writable(paths->data_dir);
    if (rc == 0) {
        rc = make_writable(paths->state_dir);
    }
    if (rc == 0) {
        rc = paths_make_runtime(paths);
    }
    if (rc == 0 && paths_make_dir(paths->config_dir) != 0) {
        /* Read-only settings are a choice some people make; options_set will tell. */
        rc = 0;
    }
    return rc;
}
