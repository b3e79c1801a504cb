/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder of a home and the talk with it; see demo_home.h. */
#include "clients/cli/demo_home.h"

#include "clients/cli/demo_process.h"
#include "clients/lib/async.h"
#include "clients/lib/attune.h"
#include "clients/lib/clock.h"
#include "common/error.h"
#include "common/options.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum {
    PORT_MIN = 15000,
    PORT_COUNT = 15000,
    PORT_TRIES = 200,
    FIRST_NAME_BYTES = 16,
};

/* Where each kind of file goes, below the home. */
static const struct {
    const char *variable;
    const char *folder;
} places[] = {
    {"HOME", ""},
    {"XDG_CONFIG_HOME", "/config"},
    {"XDG_DATA_HOME", "/data"},
    {"XDG_STATE_HOME", "/state"},
    {"XDG_RUNTIME_DIR", "/run"},
};
#define PLACES_COUNT (sizeof places / sizeof places[0])

/* -- the folder -- */

static int
join(char out[static PATHS_BYTES_MAX], const char *a, const char *b, const char *c)
{
    int size = snprintf(out, PATHS_BYTES_MAX, "%s%s%s", a, b, c);
    return size > 0 && (size_t)size < PATHS_BYTES_MAX ? 0 : E_HOME;
}

int
demo_home_environment(const struct demo_home *home)
{
    char path[PATHS_BYTES_MAX];
    for (size_t i = 0; i < PLACES_COUNT; i++) {
        int rc = join(path, home->dir, places[i].folder, "");
        if (rc != 0) {
            return rc;
        }
        if (setenv(places[i].variable, path, 1) != 0) {
            return E_MEMORY;
        }
    }
    return 0;
}

static int
make_folders(struct demo_home *home)
{
    char path[PATHS_BYTES_MAX];
    if (mkdir(home->dir, 0700) != 0) {
        return errno == EEXIST ? E_EXISTS : error_from_errno(errno);
    }
    for (size_t i = 1; i < PLACES_COUNT; i++) {
        int rc = join(path, home->dir, places[i].folder, "");
        if (rc == 0 && mkdir(path, 0700) != 0) {
            rc = error_from_errno(errno);
        }
        if (rc != 0) {
            return rc;
        }
    }
    return 0;
}

static bool
is_free(unsigned port)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool free =
        fd >= 0 && bind(fd, (const struct sockaddr *)&address, sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return free;
}

/* Below the ports the kernel hands out: whoever dials one of those while nobody listens
 * there may by chance meet itself. */
static int
find_port(struct demo_home *home)
{
    for (int tries = 0; tries < PORT_TRIES; tries++) {
        uint16_t random = 0;
        if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random) {
            return E_IO;
        }
        unsigned port = PORT_MIN + random % PORT_COUNT;
        if (is_free(port)) {
            (void)snprintf(home->address, sizeof home->address, "tcp://127.0.0.1:%u",
                           port);
            return 0;
        }
    }
    return E_LINK;
}

int
demo_home_make(struct demo_home *home, const char *root, const char *name, int signals)
{
    uint8_t random[ID_BYTES];
    *home = (struct demo_home){.name = name, .signals = signals, .clock = -1};
    int rc = join(home->dir, root, "/", name);
    rc = rc == 0 ? make_folders(home) : rc;
    rc = rc == 0 ? demo_home_environment(home) : rc;
    rc = rc == 0 ? paths_find(&home->paths) : rc;
    rc = rc == 0 ? find_port(home) : rc;
    if (rc == 0) {
        rc = options_set(home->paths.config, "link.listen", home->address);
    }
    if (rc == 0) { /* the clock leaps over days: it would close each time */
        rc = options_set(home->paths.config, "closed.after", "0");
    }
    if (rc == 0 && getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
        rc = E_IO;
    }
    if (rc == 0) {
        id_text(random, home->passphrase);
    }
    bytes_wipe(random, sizeof random);
    return rc;
}

static int
write_file(const struct demo_home *home, const char *name, struct span bytes)
{
    char path[PATHS_BYTES_MAX];
    int rc = join(path, home->dir, "/", name);
    if (rc != 0) {
        return rc;
    }
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return error_from_errno(errno);
    }
    if (write(fd, bytes.data, bytes.size) != (ssize_t)bytes.size) {
        rc = error_from_errno(errno);
    }
    return close(fd) != 0 && rc == 0 ? error_from_errno(errno) : rc;
}

/* In single quotes, for a shell. */
static void
put_quoted(struct buf *out, const char *text)
{
    buf_put_u8(out, '\'');
    for (; *text != '\0'; text++) {
        if (*text == '\'') {
            buf_put_text(out, "'\\'");
        }
        buf_put_u8(out, (uint8_t)*text);
    }
    buf_put_u8(out, '\'');
}

int
demo_home_keep(const struct demo_home *home)
{
    struct buf text;
    char path[PATHS_BYTES_MAX];
    buf_init(&text, 0);
    /* HOME stays the visitor's own: the editor and the pager have their files there. */
    for (size_t i = 1; i < PLACES_COUNT; i++) {
        int rc = join(path, home->dir, places[i].folder, "");
        if (rc != 0) {
            buf_free(&text);
            return rc;
        }
        buf_printf(&text, "export %s=", places[i].variable);
        put_quoted(&text, path);
        buf_put_u8(&text, '\n');
    }
    int rc = buf_done(&text);
    rc = rc == 0 ? write_file(home, "env", buf_span(&text)) : rc;
    buf_clear(&text);
    buf_printf(&text, "%s\n", home->passphrase);
    rc = rc == 0 ? buf_done(&text) : rc;
    rc = rc == 0 ? write_file(home, "passphrase", buf_span(&text)) : rc;
    buf_free(&text);
    return rc;
}

/* -- the talk -- */

int
demo_home_connect(struct demo_home *home)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size = strlen(home->paths.socket);
    if (size >= sizeof address.sun_path) {
        return E_RUNTIME_DIR;
    }
    memcpy(address.sun_path, home->paths.socket, size + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return E_IO;
    }
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        return E_DAEMON;
    }
    return async_new(fd, &home->async);
}

void
demo_home_disconnect(struct demo_home *home)
{
    async_free(home->async);
    home->async = NULL;
}

int
demo_home_send(struct demo_home *home, Attune__Local__Request *request,
               uint32_t *number)
{
    if (home->async == NULL) {
        return E_DAEMON;
    }
    int rc = async_send(home->async, request, number);
    return rc == 0 ? async_flush(home->async) : rc;
}

/* Waits until something can be read, or written if there is something to write. */
static int
wait_ready(struct demo_home *home, int64_t deadline_ms)
{
    int64_t left_ms = deadline_ms - clock_ms();
    struct pollfd waits[] = {
        {async_fd(home->async), async_poll_events(home->async), 0},
        {home->signals, POLLIN, 0},
    };
    if (left_ms <= 0) {
        return E_DAEMON;
    }
    if (poll(waits, 2, (int)left_ms) < 0) {
        return errno == EINTR ? 0 : E_IO;
    }
    if (waits[1].revents != 0) {
        return E_STOPPED;
    }
    if ((waits[0].revents & POLLOUT) != 0) {
        int rc = async_flush(home->async);
        if (rc != 0) {
            return rc;
        }
    }
    return (waits[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0
               ? async_feed(home->async)
               : 0;
}

int
demo_home_reply(struct demo_home *home, uint32_t number,
                const Attune__Local__Reply **reply)
{
    int64_t deadline_ms = clock_ms() + DEMO_WAIT_MS;
    int fed = 0;
    if (home->async == NULL) {
        return E_DAEMON;
    }
    for (;;) {
        const Attune__Local__Reply *got = NULL;
        int rc = async_next(home->async, &got);
        if (rc != 0) {
            return rc;
        }
        if (got != NULL && got->number == number) {
            if (got->error[0] != '\0') {
                return error_from_name(got->error);
            }
            *reply = got;
            return 0;
        }
        if (got == NULL) {
            if (fed != 0) {
                return fed; /* gone, and nothing it said before is left */
            }
            fed = wait_ready(home, deadline_ms);
            if (fed == E_STOPPED) {
                return fed;
            }
        }
    }
}

int
demo_home_call(struct demo_home *home, Attune__Local__Request *request,
               const Attune__Local__Reply **reply)
{
    uint32_t number = 0;
    int rc = demo_home_send(home, request, &number);
    return rc == 0 ? demo_home_reply(home, number, reply) : rc;
}

int
demo_home_send_secret(struct demo_home *home, const char *name, uint32_t *number)
{
    char first_name[FIRST_NAME_BYTES];
    Attune__Local__Request request;
    Attune__Local__Secret secret;
    attune__local__secret__init(&secret);
    secret.passphrase = attune_bytes(span_text(home->passphrase));
    if (strcmp(name, "init") == 0) {
        (void)snprintf(first_name, sizeof first_name, "%s", home->name);
        first_name[0] = (char)toupper((unsigned char)first_name[0]);
        secret.name = attune_bytes(span_text(first_name));
        secret.demo = true;
    }
    attune_request(&request, name);
    attune_with_secret(&request, &secret);
    return demo_home_send(home, &request, number);
}
