# SPDX-License-Identifier: GPL-3.0-or-later
"""Kinds are data: a kind is one file in common/kinds, one line in kinds.def and one golden
file; nothing outside common/kinds asks which kind it has before it. That each row is
complete is checked by unit.test_kinds, which also compares it with the golden file."""
import os
import re

import tree

FOLDER = "common/kinds/"
# The same word for something else.
OTHER = {
    ("clients/cli/render_today.c", "evening"),  # a part of the day
    ("clients/cli/print_json.c", "answered"),   # a JSON key
    ("clients/notify/policy.c", "question"),    # why something is told
}


def main():
    tree.arguments()
    listed = re.findall(r"^KIND\((\w+)\)", tree.read(FOLDER + "kinds.def"), re.M)
    written = [os.path.basename(path)[:-2] for path in tree.files(".c", folders=("common",))
               if path.startswith(FOLDER)]
    golden = [os.path.basename(path)[:-4] for path in tree.files(".txt", folders=("tests",))
              if path.startswith("tests/golden/kinds/")]
    for name in sorted(set(listed) ^ set(written)):
        tree.fault(f"kind {name} needs {FOLDER}{name}.c and a line in kinds.def")
    for name in sorted(set(listed) ^ set(golden)):
        tree.fault(f"kind {name} and tests/golden/kinds/{name}.txt go together")
    literal = re.compile(r'"(' + "|".join(listed) + r')"')
    symbol = re.compile(r"\bkind_(" + "|".join(listed) + r")\b")
    paths = [path for path in tree.files(".c", ".h", ".def",
                                         folders=("common", "daemon", "clients"))
             if not path.startswith(FOLDER)
             # The tour is a script: it writes one entry of each kind, by name.
             and not path.startswith("clients/cli/demo")]
    for path in paths:
        for number, line in tree.lines(tree.code(tree.read(path), strings=True)):
            for name in literal.findall(line) + symbol.findall(line):
                if (path, name) in OTHER:
                    continue
                tree.fault(f"{path}:{number} names the kind {name}; let the table say it")
    tree.finish(f"{len(listed)} kinds, {len(paths)} files")


main()
