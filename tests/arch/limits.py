# SPDX-License-Identifier: GPL-3.0-or-later
"""Every limit of common/limits.h is used by the program, carries an unsigned number or is
made of other limits, and is documented where it is part of a wire. Long numbers elsewhere
are noted: they may be limits without a name."""
import re

import tree

HEADER = "common/limits.h"
DEFINE = re.compile(r"^#define ([A-Z][A-Z0-9_]*) (.+?)(?:/\*.*)?$", re.M)
# Inside a definition a number has a name already.
NAMED = re.compile(r"^\s*#define\b|^\s*(static )?const\b|^\s*(enum\b.*)?[A-Z][A-Z0-9_]* = |"
                   r"^enum \{|^\s*\{[A-Z]|static_assert|(?<!\w)0[0-7]{3}\b")


def main():
    tree.arguments()
    known = tree.table("tests/arch/known.txt")
    defined = DEFINE.findall(tree.read(HEADER))
    paths = tree.files(".c", ".h", ".def", folders=("common", "daemon", "clients"))
    plain = {path: tree.code(tree.read(path)) for path in paths}
    header = re.sub(r"static_assert\([^;]*;", "", plain[HEADER], flags=re.S)
    everything = "\n".join(text for path, text in plain.items() if path != HEADER)
    for name, value in defined:
        word = re.compile(rf"\b{name}\b")
        inside = len(word.findall(header)) > 1
        if not word.search(everything) and not inside:
            row = f"limit {name}"
            say = tree.note if row in known else tree.fault
            say(f"{HEADER}: nothing uses {name}" + (f" ({known[row]})" if row in known else ""))
        elif f"limit {name}" in known:
            tree.note(f"tests/arch/known.txt: limit {name} is fine now; remove the row")
        if not re.search(r"\d+u\b|[A-Z]{3}", value):
            tree.fault(f"{HEADER}: {name} should be unsigned")
    for path, text in plain.items():
        if path == HEADER or not path.endswith(".c") or "/kinds/" in path:
            continue
        for number, line in tree.lines(text):
            if NAMED.search(line):
                continue
            for value in re.findall(r"(?<![\w.])([1-9][0-9]{3,})(?:[uUlL]*)\b", line):
                if value != "1000" and value != "1024":
                    tree.note(f"{path}:{number}: what is {value}?")
    tree.finish(f"{len(defined)} limits")


main()
