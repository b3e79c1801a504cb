/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "clients/cli/editor.h"

#include "clients/cli/input.h"
#include "common/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define LEFTOVERS_MAX 1000 /* files an editor may leave; a bound on the loop */

static const int held_signals[] = {SIGINT, SIGQUIT, SIGHUP, SIGTERM};
#define HELD_COUNT (sizeof held_signals / sizeof held_signals[0])

struct desk {
    char dir[PATH_MAX];
    char file[PATH_MAX];
    int dir_fd;
};

/* Makes our folder below `base` if that is in memory. 0 or E_RUNTIME_DIR. */
static int
desk_open_at(struct desk *desk, const char *base)
{
    struct statfs about;
    if (statfs(base, &about) != 0 ||
        (about.f_type != TMPFS_MAGIC && about.f_type != RAMFS_MAGIC)) {
        return E_RUNTIME_DIR;
    }
    if ((size_t)snprintf(desk->dir, sizeof desk->dir, "%s/attune-XXXXXX", base) >=
            sizeof desk->dir ||
        mkdtemp(desk->dir) == NULL) {
        return E_RUNTIME_DIR;
    }
    desk->dir_fd = open(desk->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    /* What was made is asked again: a mount may lie over the base. */
    if (desk->dir_fd < 0 || fstatfs(desk->dir_fd, &about) != 0 ||
        (about.f_type != TMPFS_MAGIC && about.f_type != RAMFS_MAGIC) ||
        (size_t)snprintf(desk->file, sizeof desk->file, "%s/entry.txt", desk->dir) >=
            sizeof desk->file) {
        if (desk->dir_fd >= 0) {
            (void)close(desk->dir_fd);
        }
        (void)rmdir(desk->dir);
        return E_RUNTIME_DIR;
    }
    return 0;
}

static int
write_all(int fd, struct span text)
{
    size_t at = 0;
    while (at < text.size) {
        ssize_t wrote = write(fd, text.data + at, text.size - at);
        if (wrote < 0 && errno == EINTR) {
            continue;
        }
        if (wrote <= 0) {
            return error_from_errno(errno);
        }
        at += (size_t)wrote;
    }
    return 0;
}

static void
wipe_file(int dir_fd, const char *name)
{
    static const uint8_t zeros[4096];
    int fd = openat(dir_fd, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    struct stat about;
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode)) {
        for (off_t at = 0; at < about.st_size; at += (off_t)sizeof zeros) {
            off_t left = about.st_size - at;
            size_t size = left < (off_t)sizeof zeros ? (size_t)left : sizeof zeros;
            (void)!pwrite(fd, zeros, size, at);
        }
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    (void)unlinkat(dir_fd, name, 0);
}

static void
desk_close(struct desk *desk)
{
    DIR *dir = fdopendir(desk->dir_fd); /* takes the descriptor over */
    if (dir != NULL) {
        struct dirent *entry;
        for (int i = 0; i < LEFTOVERS_MAX && (entry = readdir(dir)) != NULL; i++) {
            if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
                wipe_file(desk->dir_fd, entry->d_name);
            }
        }
        (void)closedir(dir);
    } else {
        (void)close(desk->dir_fd);
    }
    if (rmdir(desk->dir) != 0) {
        input_show("attune: the editor left something behind in ");
        input_show(desk->dir);
        input_show("\n");
    }
}

static const char *
command_of(const char *option)
{
    const char *const candidates[] = {option, getenv("VISUAL"), getenv("EDITOR")};
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0]; i++) {
        if (candidates[i] != NULL && candidates[i][0] != '\0') {
            return candidates[i];
        }
    }
    return access("/usr/bin/nano", X_OK) == 0 ? "nano" : "vi";
}

/* The shell splits the command as the person wrote it; the file's name stays one word. */
static void
exec_editor(const char *command, const struct desk *desk)
{
    char line[PATH_MAX];
    for (size_t i = 0; i < HELD_COUNT; i++) {
        (void)signal(held_signals[i], SIG_DFL);
    }
    /* Its temporary files belong on the same desk. */
    (void)setenv("TMPDIR", desk->dir, 1);
    if ((size_t)snprintf(line, sizeof line, "%s \"$1\"", command) < sizeof line) {
        (void)execl("/bin/sh", "sh", "-c", line, "sh", desk->file, (char *)NULL);
    }
    _exit(127);
}

static int
run_command(const char *command, const struct desk *desk)
{
    struct sigaction before[HELD_COUNT];
    struct sigaction ignore = {0};
    ignore.sa_handler = SIG_IGN;
    /* Whatever ends the editor, we stay to clean the desk. */
    for (size_t i = 0; i < HELD_COUNT; i++) {
        (void)sigaction(held_signals[i], &ignore, &before[i]);
    }
    int status = -1;
    pid_t child = fork();
    if (child == 0) {
        exec_editor(command, desk);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    for (size_t i = 0; i < HELD_COUNT; i++) {
        (void)sigaction(held_signals[i], &before[i], NULL);
    }
    if (child < 0) {
        return E_MEMORY;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : E_REFUSED;
}

static int
put_text(const struct desk *desk, struct span text)
{
    int fd =
        open(desk->file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_from_errno(errno);
    }
    int rc = write_all(fd, text);
    if (rc == 0 && text.size > 0 && text.data[text.size - 1] != '\n') {
        rc = write_all(fd, span_text("\n"));
    }
    return close(fd) == 0 ? rc : E_IO;
}

static int
get_text(const struct desk *desk, size_t bytes_max, struct buf *out)
{
    /* By name again: many editors write a new file and rename it. */
    int fd = open(desk->file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return errno == ENOENT ? 0 : error_from_errno(errno);
    }
    int rc = input_all(fd, bytes_max, out);
    (void)close(fd);
    return rc;
}

int
editor_run(const char *runtime_dir, const char *option, struct span text,
           size_t bytes_max, struct buf *out)
{
    struct desk desk = {.dir_fd = -1};
    int rc = desk_open_at(&desk, runtime_dir);
    if (rc != 0) {
        rc = desk_open_at(&desk, "/dev/shm");
    }
    if (rc != 0) {
        return rc;
    }
    rc = put_text(&desk, text);
    if (rc == 0) {
        rc = run_command(command_of(option), &desk);
    }
    if (rc == 0) {
        rc = get_text(&desk, bytes_max, out);
    }
    desk_close(&desk);
    return rc;
}
