# SPDX-License-Identifier: GPL-3.0-or-later
"""What is installed for the service manager and the desktop says what they understand:
every unit and desktop file that CMake made (ATTUNE_UNITS), looked at by their own tools,
whose every word is a fault. In the copies looked at, programs are those of the build."""
import os
import re
import shutil
import subprocess
import tempfile
import unittest

import couple

# What every unit with a program of ours has at least.
HARD = ("LimitCORE=0", "UMask=0077", "NoNewPrivileges=yes", "LockPersonality=yes",
        "RestrictRealtime=yes", "RestrictSUIDSGID=yes", "SystemCallArchitectures=native")


class Units(unittest.TestCase):
    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="at-")
        self.addCleanup(shutil.rmtree, self.base)
        self.made = []
        for path in os.environ["ATTUNE_UNITS"].split(":"):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            self.assertNotIn("@CMAKE", text, path)
            text = re.sub(r"^(Exec\w*=)/\S+/(attune[\w-]*)", rf"\1{couple.BIN}/\2", text,
                          flags=re.M)
            copy = os.path.join(self.base, os.path.basename(path))
            with open(copy, "w", encoding="utf-8") as file:
                file.write(text)
            self.made.append(copy)

    def clean(self, *argv):
        env = {"PATH": os.environ["PATH"], "HOME": self.base, "XDG_RUNTIME_DIR": self.base,
               "LC_ALL": "C.UTF-8"}
        done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def named(self, *endings):
        return [path for path in self.made if path.endswith(endings)]

    def test_units(self):
        units = self.named(".service", ".socket")
        self.assertGreaterEqual(len(units), 2)
        # The manual pages are installed elsewhere.
        self.clean("systemd-analyze", "--user", "--man=no", "--recursive-errors=yes",
                   "verify", *units)

    def test_a_fault_is_seen(self):
        with open(self.named("attuned.service")[0], "a", encoding="utf-8") as unit:
            unit.write("[Service]\nNoNewPrivilege=yes\n")
        with self.assertRaises(AssertionError):
            self.test_units()

    def test_hardened(self):
        for path in self.named(".service"):
            with open(path, encoding="utf-8") as unit:
                lines = unit.read().splitlines()
            for line in HARD:
                self.assertIn(line, lines, path)

    def test_desktop_files(self):
        for path in self.named(".desktop"):
            self.clean("desktop-file-validate", path)
            with open(path, encoding="utf-8") as file:  # no session goes without
                self.assertNotIn("\nX-GNOME-HiddenUnderSystemd", file.read(), path)
            with open(path, encoding="utf-8") as entry:
                program = re.search(r"^Exec=(\S+)$", entry.read(), re.M).group(1)
            self.assertTrue(os.access(program, os.X_OK), program)


if __name__ == "__main__":
    couple.main()
