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
    command = re.search(r"^command='(.+)'$", tree.read(".ci/run"), re.M)
    if command is None:
        tree.fault(".ci/run: there is no command='...'")
    elif os.path.exists("README.md") and command.group(1) not in tree.read("README.md"):
        tree.fault(f"README.md doesn't give the test command: {command.group(1)}")
    elif not os.path.exists("README.md"):
        tree.note("there is no README.md yet")
    tree.finish(f"{len(documents)} documents")


main()
