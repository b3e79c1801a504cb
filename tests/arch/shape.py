# SPDX-License-Identifier: GPL-3.0-or-later
"""How a file looks: its licence line, its length, its functions' length, the functions of
the C library we don't use, types, labels. known.txt lists what is over a length for now,
each with a reason; a row that is no longer needed is noted."""
import re

import tree

LINES_AIM, LINES_MAX = 500, 600
FUNCTION_AIM, FUNCTION_MAX = 70, 100
WIDTH_MAX = 100  # the formatter's 88 and what is aligned by hand

BANNED = {
    "strcpy": "memcpy or buf_put", "strcat": "buf_put_text", "sprintf": "snprintf",
    "vsprintf": "vsnprintf", "strtok": "a span and a reader", "strtok_r": "a span and a reader",
    "atoi": "a parser with a bound", "atol": "a parser with a bound",
    "atoll": "a parser with a bound", "atof": "a parser with a bound", "gets": "fgets",
    "alloca": "a bound", "realloc": "struct buf: it wipes", "mktemp": "mkostemp",
    "tmpnam": "mkostemp", "system": "posix_spawn", "popen": "posix_spawn",
}
BANNED_CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED) + r")\s*\(")
SLEEP = re.compile(r"(?<![\w.>])(sleep|usleep)\s*\(")
SPDX = "SPDX-License-Identifier: GPL-3.0-or-later"
# Read by people or compared byte for byte: no room for a licence line of its own.
WITHOUT_LICENCE = re.compile(r"tests/golden/|tests/fuzz/corpus/|\.md$")

# Made from a list under another licence; the notice is in the file.
OTHER_LICENCE = {"common/words_1296.inc": "MIT", "common/words_2048.inc": "MIT"}


def functions(text):
    """(name, lines) of each function, braces at the margin."""
    start = None
    rows = text.split("\n")
    for i, row in enumerate(rows):
        if row == "{":
            start = i
        elif row == "}" and start is not None:
            head = start
            while head > 0 and rows[head - 1].strip() and rows[head - 1] != "}":
                head -= 1
            name = re.search(r"^(\w+)\(", "\n".join(rows[head:start]), re.M)
            yield name.group(1) if name else f"line {start}", i - head + 1
            start = None


def lengths(path, text, known):
    count = text.count("\n")
    used = set()
    if count > LINES_MAX and path not in known:
        tree.fault(f"{path} has {count} lines (at most {LINES_MAX}, aim {LINES_AIM})")
    elif count > LINES_AIM:
        tree.note(f"{path} has {count} lines (aim {LINES_AIM})")
        used.add(path)
    for name, size in functions(text):
        if size > FUNCTION_MAX and f"{path} {name}" not in known:
            tree.fault(f"{path}: {name} has {size} lines (at most {FUNCTION_MAX})")
        elif size > FUNCTION_AIM:
            tree.note(f"{path}: {name} has {size} lines (aim {FUNCTION_AIM})")
            used.add(f"{path} {name}")
    return used


def words(path, text, known):
    used = set()
    plain = tree.code(text)
    for number, line in tree.lines(plain):
        for name in BANNED_CALL.findall(line):
            if f"{path} {name}" in known:
                used.add(f"{path} {name}")
                continue
            tree.fault(f"{path}:{number}: {name} is not used here: {BANNED[name]}")
        for name in SLEEP.findall(line):
            tree.fault(f"{path}:{number}: {name}: wait for a condition with a deadline")
        for label in re.findall(r"\bgoto\s+(\w+)", line):
            if label != "out":
                tree.fault(f"{path}:{number}: the only label is out, not {label}")
        for name in re.findall(r"\b(?:struct|enum|union)\s+(\w+_t)\s*\{", line):
            tree.fault(f"{path}:{number}: {name}: names in _t belong to POSIX")
    for match in re.finditer(r"^typedef\b([^;]*);", plain, re.M):
        if not re.search(r"\w+\s*\(", match.group(1)) or "struct {" in match.group(1):
            number = plain[:match.start()].count("\n") + 1
            tree.fault(f"{path}:{number}: typedef is for function types only")
    return used


def main():
    tree.arguments()
    known = tree.table("tests/arch/known.txt")
    paths = tree.files(".c", ".h", ".def", ".inc", ".proto", ".py", ".sh", ".txt", ".in",
                       ".md", ".service", ".socket")
    used = set()
    for path in paths:
        text = tree.read(path)
        line = SPDX.replace("GPL-3.0-or-later", OTHER_LICENCE.get(path, "GPL-3.0-or-later"))
        if not WITHOUT_LICENCE.search(path) and line not in "".join(text.splitlines()[:2]):
            tree.fault(f"{path} has no licence line")
        if path.endswith((".c", ".h")):
            used |= lengths(path, text, known)
            used |= words(path, text, known)
            for number, line in tree.lines(text):
                if len(line) > WIDTH_MAX:
                    tree.note(f"{path}:{number} has {len(line)} columns")
                if "\t" in line or line != line.rstrip():
                    tree.fault(f"{path}:{number}: tab or space at the end")
    for path in ("CMakeLists.txt", ".ci/run", ".ci/deps"):
        if SPDX not in tree.read(path)[:200]:
            tree.fault(f"{path} has no licence line")
    for row in sorted(row for row in set(known) - used if not row.startswith("limit ")):
        tree.note(f"tests/arch/known.txt: {row} is fine now; remove the row")
    tree.finish(f"{len(paths)} files")


main()
