# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may include what.

proto <- common <- daemon/core <- daemon/run <- daemon/{rpc,main}
common <- clients/lib <- clients/{cli,notify}

Each row is a pattern of paths (the first that matches counts) and what those files may
include of ours, as prefixes. A header called inside.h belongs to its folder alone. Tests
are free."""
import re

import tree

OURS = [
    (r"common/", ["common/", "proto/"]),
    (r"daemon/crypto/", ["common/", "daemon/crypto/"]),
    (r"daemon/store/", ["common/", "proto/", "daemon/crypto/", "daemon/store/"]),
    (r"daemon/core/", ["common/", "proto/", "daemon/core/", "daemon/crypto/",
                       "daemon/store/store.h"]),
    (r"daemon/link/", ["common/", "daemon/link/"]),
    # What starts and confines processes knows neither journal nor keys.
    (r"daemon/(spawner\w*|sandbox)\.[ch]$", ["common/", "daemon/spawner", "daemon/sandbox.h"]),
    (r"daemon/run\.[ch]$", ["common/", "proto/", "daemon/core/core.h",
                            "daemon/store/store.h", "daemon/run.h"]),
    (r"daemon/rpc/", ["common/", "proto/", "daemon/core/core.h", "daemon/rpc/",
                      r"daemon/[a-z_]+\.h"]),
    (r"daemon/[a-z_]+\.[ch]$", ["common/", "proto/", "daemon/core/core.h", "daemon/crypto/",
                                "daemon/store/", "daemon/rpc/", r"daemon/[a-z_]+\.h"]),
    (r"clients/lib/", ["common/", "proto/", "clients/lib/"]),
    (r"clients/cli/", ["common/", "proto/", "clients/lib/", "clients/cli/"]),
    (r"clients/notify/", ["common/", "proto/", "clients/lib/", "clients/notify/"]),
]

# A library's header, and the files that may name it.
THEIRS = [
    (r"zmq\.h", r"daemon/link/"),
    (r"sqlite3\.h", r"daemon/store/"),
    (r"sodium(\.h|/)", r"daemon/crypto/|daemon/store/(vfs|seal|anchor)\w*\.[ch]|daemon/main\.c"),
    (r"utf8proc\.h", r"common/text\w*\.c|daemon/store/tokens\.c"),
    (r"seccomp\.h|linux/(seccomp|landlock)\.h", r"daemon/(link/)?sandbox\.c|daemon/spawner\w*\.c"),
    (r"dbus/|systemd/sd-bus\.h", r"daemon/logind\.c|clients/notify/display_bus\w*\.[ch]"),
    (r"systemd/", r"daemon/|clients/notify/"),
    (r"protobuf-c/", r"common/|daemon/core/|daemon/rpc/|clients/lib/"),
]

# The core reads no clock and no file: it can't even see the functions.
IMPURE = (r"time\.h|unistd\.h|fcntl\.h|poll\.h|pthread\.h|signal\.h|dirent\.h|locale\.h|sys/.*|netinet/.*"
          r"|arpa/.*|netdb\.h|errno\.h")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.M)


def allowed(path, name):
    for pattern, prefixes in OURS:
        if re.match(pattern, path):
            return any(re.match(prefix, name) for prefix in prefixes)
    return False


def check(path):
    for quote, name in INCLUDE.findall(tree.code(tree.read(path), strings=True)):
        if quote == '"':
            folder = name.rpartition("/")[0]
            if not allowed(path, name):
                tree.fault(f"{path} may not include {name}")
            elif name.endswith("/inside.h") and not path.startswith(folder + "/"):
                tree.fault(f"{path} includes the inside of {folder}")
            continue
        for pattern, who in THEIRS:
            if re.match(pattern, name):
                if not re.match(who, path):
                    tree.fault(f"{path} may not include <{name}>")
                break
        if path.startswith("daemon/core/") and re.fullmatch(IMPURE, name):
            tree.fault(f"{path}: the core is pure and includes no <{name}>")
        if name.endswith(".c"):
            tree.fault(f"{path} includes a .c file")


def main():
    tree.arguments()
    paths = tree.files(".c", ".h", folders=("common", "daemon", "clients"))
    for path in paths:
        check(path)
    tree.finish(f"{len(paths)} files")


main()
