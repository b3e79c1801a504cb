/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "daemon/rpc/listen.h"

#include "common/bytes.h"
#include "common/error.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 64 };

/* Makes way for our socket, or says why not. */
static int
clear_name(const struct sockaddr_un *name)
{
    struct stat status;
    if (lstat(name->sun_path, &status) != 0) {
        return errno == ENOENT ? 0 : E_IO;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return E_SOCKET;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return E_IO;
    }
    int rc = 0;
    if (connect(fd, (const struct sockaddr *)name, sizeof *name) == 0 ||
        errno == EAGAIN) {
        rc = E_RUNNING;
    } else if (errno != ECONNREFUSED) {
        rc = E_SOCKET; /* another kind of socket, or not ours to touch */
    }
    close(fd);
    if (rc == 0 && unlink(name->sun_path) != 0) {
        rc = E_SOCKET;
    }
    return rc;
}

int
listen_open(const char *path, int *out)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size >= sizeof name.sun_path) {
        return E_RUNTIME_DIR;
    }
    memcpy(name.sun_path, path, size + 1);
    int rc = clear_name(&name);
    if (rc != 0) {
        return rc;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return E_IO;
    }
    mode_t before = umask(0177); /* so that the socket never was 0666 for a moment */
    int bound = bind(fd, (const struct sockaddr *)&name, sizeof name);
    umask(before);
    if (bound != 0 || listen(fd, BACKLOG) != 0) {
        rc = bound != 0 && errno == EADDRINUSE ? E_SOCKET : E_IO;
        close(fd);
        return rc;
    }
    *out = fd;
    return 0;
}

bool
listen_valid(int fd)
{
    int type = 0;
    int listening = 0;
    struct sockaddr_un name = {0};
    socklen_t type_bytes = sizeof type;
    socklen_t listening_bytes = sizeof listening;
    socklen_t name_bytes = sizeof name;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_bytes) == 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &listening_bytes) == 0 &&
           getsockname(fd, (struct sockaddr *)&name, &name_bytes) == 0 &&
           type == SOCK_STREAM && listening != 0 && name.sun_family == AF_UNIX;
}

static int
refuse(int fd, int error)
{
    struct buf frame = {0};
    struct span name = span_text(error_name(error));
    buf_put_u32(&frame, (uint32_t)name.size + 2);
    buf_put_u8(&frame, 2 << 3 | 2); /* Reply.error, of a length */
    buf_put_u8(&frame, (uint8_t)name.size);
    buf_put_span(&frame, name);
    if (buf_done(&frame) == 0) {
        ssize_t ignored = send(fd, frame.data, frame.size, MSG_DONTWAIT | MSG_NOSIGNAL);
        (void)ignored;
    }
    buf_free(&frame);
    close(fd);
    return error;
}

int
listen_accept(int listener, bool room, int *out)
{
    struct ucred peer = {0};
    socklen_t size = sizeof peer;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return E_IO;
    }
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        size != sizeof peer || peer.uid != geteuid()) {
        return refuse(fd, E_PEER_UID);
    }
    if (!room) {
        return refuse(fd, E_BUSY);
    }
    *out = fd;
    return 0;
}
