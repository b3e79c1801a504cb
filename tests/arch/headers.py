# SPDX-License-Identifier: GPL-3.0-or-later
"""Each header compiles alone, with each compiler, and guards itself against a second
inclusion."""
import concurrent.futures
import re
import subprocess

import tree


def flags():
    names = ["libprotobuf-c", "libsodium", "sqlite3", "libzmq", "libsystemd", "libseccomp",
             "libutf8proc"]
    out = subprocess.run(["pkg-config", "--cflags", *names], check=True, text=True,
                         capture_output=True).stdout
    return out.split()


def compile_alone(job):
    compiler, path, build, extra = job
    source = f'#include "{path}"\n#include "{path}"\n'
    done = subprocess.run(
        [compiler, "-std=c17", "-D_GNU_SOURCE", "-fsyntax-only", "-Wall", "-Wextra",
         "-Wstrict-prototypes", "-Wno-unused-function", "-Wno-unused-const-variable", "-Werror",
         "-I.", "-isystem", build, *extra,
         "-x", "c", "-"], input=source, text=True, capture_output=True)
    return None if done.returncode == 0 else f"{path} alone with {compiler}:\n{done.stderr}"


def main():
    options = tree.arguments("build", "cc")
    extra = flags()
    paths = tree.files(".h", folders=("common", "daemon", "clients"))
    for path in paths:
        guard = "ATTUNE_" + re.sub(r"[^A-Z0-9]", "_", path.upper())
        text = tree.read(path)
        # The sources of the core and the store share one inside header each.
        if not re.search(r"^#ifndef (ATTUNE_\w+)\n#define \1$", text, re.M):
            tree.fault(f"{path} has no guard such as {guard}")
    compilers = sorted(set(options.cc))
    jobs = [(cc, path, options.build, extra) for cc in compilers for path in paths]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for fault in pool.map(compile_alone, jobs):
            if fault:
                tree.fault(fault)
    tree.finish(f"{len(paths)} headers with {', '.join(compilers)}")


main()
