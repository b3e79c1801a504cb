# SPDX-License-Identifier: GPL-3.0-or-later
"""What objects ask for and offer. The core asks for nothing that reads a clock, draws
randomness or opens anything (an allow list); the cryptography draws none either, but for
secrets that never leave the machine; foo.c offers only foo_* (exports.txt lists the other
families, each with its reason)."""
import os
import re
import subprocess

import tree

# Compilers and sanitizers bring these.
RUNTIME = re.compile(r"_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|sanitizer|sancov|gcov|llvm)_"
                     r"|__start_|__stop_|_{2}(mem|str|snprintf|vsnprintf)\w*_chk$|__afl")

CORE_LIBC = set("""
    memcpy memmove memset memcmp memchr strlen strnlen strcmp strncmp strchr strrchr strspn
    strcspn snprintf vsnprintf malloc calloc free qsort bsearch abort __assert_fail
""".split())
# Of ours and of protobuf-c, by family; what reads the clock or a file there is not listed.
CORE_OURS = re.compile(
    r"(attune__(journal|local|peer)__|protobuf_c_|address_|arena_|buf_|deck_|recur_|schedule_|bytes_|span_|reader_"
    r"|error_|id_|kind_|kinds_|state_|act_|common_act|scan_|text_|words_|batch_|cpace_|hash_"
    r"|keys_|noise_|secret_equal|store_)\w*$|when_day_text$|when_civil\w*$")

CRYPTO_NOT = re.compile(r"(randombytes\w*|getrandom|getentropy|time|clock_gettime|gettimeofday|open"
                        r"|open64|read|write|socket|fopen\w*|printf|fprintf)$")
# Calibrating Argon2id takes the time; new slots draw their own salt and nonce.
CRYPTO_BUT = {"slots.c.o": {"clock_gettime", "randombytes_buf"}}


def nm(*arguments):
    out = subprocess.run(["nm", *arguments], check=True, text=True, capture_output=True).stdout
    member = ""
    for line in out.split("\n"):
        if line.endswith(":"):
            member = line[:-1]
        elif line:
            yield member, line.split()[-1], line.split()[-2]


def pure_core(archive):
    defined = {name for _, name, _ in nm("-g", "--defined-only", archive)}
    asked = 0
    for member, name, _ in nm("-u", archive):
        asked += 1
        if name not in defined and name not in CORE_LIBC and not RUNTIME.match(name) \
                and not CORE_OURS.match(name):
            tree.fault(f"core: {member} asks for {name}")
    return asked


def quiet_crypto(archive):
    for member, name, _ in nm("-u", archive):
        if CRYPTO_NOT.match(name) and name not in CRYPTO_BUT.get(member, ()):
            tree.fault(f"crypto: {member} asks for {name}")


def own_names(build):
    families = tree.table("tests/arch/exports.txt")
    used = set()
    count = 0
    for base, _, names in os.walk(build):
        match = re.search(r"(?:^|/)(common|daemon|clients)/CMakeFiles/[^/]+\.dir(/.*)?$",
                          os.path.relpath(base, build))
        if match is None or "/plain/" in base:
            continue
        for name in sorted(names):
            if not name.endswith(".c.o"):
                continue
            path = match.group(1) + (match.group(2) or "") + "/" + name[:-2]
            if not os.path.exists(path):
                continue # left over from a file that went
            count += 1
            stem = name[:-4]
            parts = stem.split("_")
            # text_block.c is a part of text.
            own = {"_".join(parts[:i + 1]) for i in range(len(parts))}
            for _, symbol, kind in nm("-g", "--defined-only", os.path.join(base, name)):
                if symbol == "main" or symbol.startswith("__") or kind in "VW":
                    continue
                if any(symbol == one or symbol.startswith(one + "_") for one in own):
                    continue
                rows = [row for row in families if re.match(row.split(" ")[0] + "$", path)
                        and re.match(row.split(" ")[1], symbol)]
                used.update(rows)
                if not rows:
                    tree.fault(f"{path} offers {symbol}")
    for row in sorted(set(families) - used):
        tree.note(f"tests/arch/exports.txt: '{row}' matches nothing")
    return count


def main():
    options = tree.arguments("build", "core", "crypto")
    asked = pure_core(options.core)
    quiet_crypto(options.crypto)
    count = own_names(options.build)
    if count < 20:
        tree.fault("too few objects were found in the build folder")
    tree.finish(f"{asked} symbols of the core, {count} objects")


main()
