# SPDX-License-Identifier: GPL-3.0-or-later
"""Forbidden fields: tests/golden/fields.txt names every field of the three wires, every
JSON key and every state, each with the reason why it is there. One that is not listed
fails, one listed and gone fails, and one that is called like something attune refuses to
know fails unless its row says 'but: ' first. The list is the place where a reviewer stops
and asks whether a person wants this known."""
import re

import tree

LIST = "tests/golden/fields.txt"

# Whoever was here, where, on what, how often: attune doesn't say.
REFUSED = set("""
    seen lastseen online offline presence present typing typed idle active activity read
    reads opened viewed receipt receipts delivered location place latitude longitude lat
    lon gps geo zone timezone tz battery charge hostname machine model os platform score
    scores streak streaks rank level badge badges points count counts total totals average
    mean percent ratio best longest since ago
""".split())


def proto_fields():
    for name in ("journal", "local", "peer"):
        path = f"proto/{name}.proto"
        text = tree.code(tree.read(path))
        stack = []
        for number, line in tree.lines(text):
            opened = re.match(r"\s*(message|enum|oneof)\s+(\w+)\s*\{", line)
            field = re.match(r"\s*(?:repeated\s+|optional\s+)?[\w.]+\s+(\w+)\s*=\s*\d+\s*;", line)
            value = re.match(r"\s*([A-Z_]+)\s*=\s*\d+\s*;", line)
            if opened:
                stack.append(opened.group(2) if opened.group(1) != "oneof" else None)
            elif field or value:
                owner = ".".join(part for part in stack if part)
                yield f"{name} {owner}.{(field or value).group(1)}"
            elif re.match(r"\s*\}", line):
                stack.pop()
            elif re.search(r"=\s*\d+\s*;", line):
                tree.fault(f"{path}:{number} is not understood")


def json_keys():
    """First literal of the calls that name a member; and what print_* is given as key."""
    call = re.compile(r"\b(?:json_(?:begin_object|begin_array|text|string|int|bool|null)"
                      r"|put_\w+)\(\s*&?json\s*,\s*([^,;]*?)\s*[,)]", re.S)
    value = re.compile(r"\bprint_(?:value|pairs)\([^,;]*,\s*([^,;]*?)\s*,", re.S)
    for path in tree.files(".c", folders=("clients",)):
        text = tree.code(tree.read(path), strings=True)
        for expression in call.findall(text) + value.findall(text):
            found = re.findall(r'"([^"]+)"', expression)
            if not found and expression not in ("NULL", "key", "field->name", "pairs[i].name", "fields[i]",
                                                "const char *key", "entry", "name") \
                    and "->" not in expression and "*" not in expression:
                tree.fault(f"{path}: which key is {expression}?")
            for key in found:
                yield f"json {key}"
    for path in tree.files(".c", folders=("common",)):
        if path.startswith("common/kind"):  # kind.c has those every shared entry may have
            for key in re.findall(r'\{"([a-z_-]+)",\s*FIELD_', tree.read(path)):
                yield f"json fields.{key}"


def states():
    for name in re.findall(r'X\(S_\w+, "([a-z]+)"\)', tree.read("common/kind.h")):
        yield f"state {name}"


def main():
    tree.arguments()
    rows = tree.table(LIST)
    there = set(proto_fields()) | set(json_keys()) | set(states())
    for name in sorted(there - set(rows)):
        tree.fault(f"{name} is not in {LIST}: why does it have to be known?")
    for name in sorted(set(rows) - there):
        tree.fault(f"{name} is in {LIST} and nowhere else")
    for name, reason in rows.items():
        words = set(re.split(r"[ ._-]", name.lower()))
        refused = sorted(words & REFUSED)
        if refused and not reason.startswith("but: "):
            tree.fault(f"{name}: attune refuses to tell '{refused[0]}'")
        if re.match(r"peer .*\b(zone|tz|seen|device_name|battery)\b", name):
            tree.fault(f"{name} must not be on the partner's wire, whatever the reason")
        if len(reason) < 8:
            tree.fault(f"{name}: '{reason}' is no reason")
    tree.finish(f"{len(there)} fields, keys and states")


main()
