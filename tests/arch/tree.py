# SPDX-License-Identifier: GPL-3.0-or-later
"""The source tree as the architecture tests see it: which files there are, what is code
in them, and how an offence is reported. A rule calls `fault`; `finish` prints all of them
and decides the exit status. A `note` is printed and fails nothing."""
import argparse
import os
import re
import sys

FOLDERS = ("common", "daemon", "clients", "proto", "tests")
faults = []
notes = []


def arguments(*names):
    parser = argparse.ArgumentParser()
    parser.add_argument("--source", required=True)
    for name in names:
        parser.add_argument("--" + name, action="append" if name == "cc" else None,
                            required=True)
    options = parser.parse_args()
    os.chdir(options.source)
    return options


def files(*endings, folders=FOLDERS):
    """Paths from the top, sorted, of the files that end so."""
    found = []
    for folder in folders:
        for base, inner, names in os.walk(folder):
            inner[:] = [name for name in inner if not name.startswith((".", "__"))]
            found += [os.path.join(base, name) for name in names
                      if name.endswith(tuple(endings)) and not name.startswith(".")]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


_pieces = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', re.S)


def code(text, strings=False):
    """The text without comments (and, unless `strings`, with empty literals); lines stay."""
    def blank(match):
        piece = match.group(0)
        if piece[0] == "/":
            return re.sub(r"[^\n]", " ", piece)
        return piece if strings else piece[0] * 2
    return _pieces.sub(blank, text)


def lines(text):
    return enumerate(text.split("\n"), 1)


def table(path):
    """Rows of a list file: 'subject: reason'; '#' starts a comment line."""
    rows = {}
    for number, line in lines(read(path)):
        if not line.strip() or line.startswith("#"):
            continue
        subject, colon, reason = line.partition(": ")
        if not colon or not reason.strip():
            fault(f"{path}:{number}: needs 'subject: reason'")
        elif subject in rows:
            fault(f"{path}:{number}: {subject} is listed twice")
        else:
            rows[subject] = reason.strip()
    return rows


def fault(text):
    faults.append(text)


def note(text):
    notes.append(text)


def finish(checked):
    for text in notes:
        print("note:", text)
    for text in faults:
        print("FAULT:", text)
    print(f"{checked}; {len(faults)} faults, {len(notes)} notes")
    sys.exit(1 if faults or not checked[0].isdigit() or checked.startswith("0 ") else 0)
