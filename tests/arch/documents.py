# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documents say that a machine can check: the README's test command is what
continuous integration runs; presets and tests the documents name exist; the top level has
nothing that isn't agreed."""
import json
import os
import re

import tree

TOP = {"daemon", "proto", "clients", "common", "tests", "CMakeLists.txt", "README.md",
       "CMakePresets.json", "LICENSE", "CONTRIBUTING.md", "SECURITY.md", "CHANGES.md", "build"}
DOTS = {".ci", ".clang-format", ".clang-tidy", ".editorconfig", ".git", ".gitattributes",
        ".github", ".gitignore"}


# Where a test of each label is made: a file, or a line of a CMakeLists.txt.
TESTS = {"unit": ("tests/unit/{}.c", None), "arch": ("tests/arch/{}.py", None),
         "system": ("tests/system/CMakeLists.txt", "attune_system_test({} "),
         "sim": ("tests/sim/CMakeLists.txt", "NAME sim.{} ")}


def exists(label, test):
    path, line = TESTS[label]
    path = path.format(test)
    return os.path.exists(path) and (line is None or line.format(test) in tree.read(path))


def main():
    tree.arguments()
    for name in sorted(set(os.listdir(".")) - TOP - DOTS):
        tree.fault(f"the top level has {name}")
    presets = {row["name"] for row in json.loads(tree.read("CMakePresets.json"))["workflowPresets"]}
    documents = [name for name in sorted(os.listdir(".")) if name.endswith(".md")]
    for name in documents:
        for preset in re.findall(r"--workflow --preset[= ](\w+)", tree.read(name)):
            if preset not in presets:
                tree.fault(f"{name}: there is no workflow {preset}")
        for label, test in re.findall(r"`(unit|arch|system|sim)\.(\w+)`", tree.read(name)):
            if not exists(label, test):
                tree.fault(f"{name}: there is no test {label}.{test}")
    command = re.search(r"^command='(.+)'$", tree.read(".ci/run"), re.M)
    if command is None:
        tree.fault(".ci/run: there is no command='...'")
    elif command.group(1) not in tree.read("README.md"):
        tree.fault(f"README.md doesn't give the test command: {command.group(1)}")
    tree.finish(f"{len(documents)} documents")


main()
