# SPDX-License-Identifier: GPL-3.0-or-later
"""attune demo: its transcript, its time, and that nothing of it stays.

The model: each run has a terminal of its own size, a temporary folder and a home folder
of its own, and this process is the reaper of whatever it would leave behind.
Values that vary (numbers, the digest) are masked on both sides before comparing with
tests/golden/demo/COLUMNS.txt. To write these anew: ATTUNE_GOLDEN_WRITE=1, then read them.
Every kind a couple can share has its row in clients/cli/demo_story.c, or a reason here.
"""
import ctypes
import fcntl
import json
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time
import unittest

from couple import BIN, SLOW, main, sanitized, wait_for

SOURCE = os.environ.get("ATTUNE_SOURCE_DIR",
                        os.path.join(os.path.dirname(__file__), "../.."))
GOLDEN = os.path.join(SOURCE, "tests/golden/demo")
STORY = os.path.join(SOURCE, "clients/cli/demo_story.c")
KINDS = os.path.join(SOURCE, "common/kinds")
NOT_TOLD = {"deck"} # questions of one's own, many at once: nothing to see on one evening
LINES_MAX = {80: 47, 40: 90}
SECONDS_MAX = 10.0
GIVE_UP_S = 60.0
PR_SET_CHILD_SUBREAPER = 36


def mask(text):
    text = re.sub(r"[0-9a-f]{4}…[0-9a-f]{2}\b", "HHHH…HH", text)
    return re.sub(r"\d+", "N", text)


def children():
    """Of this process, those that were left to it included; a zombie is reaped."""
    with open("/proc/thread-self/children", encoding="ascii") as file:
        found = [int(word) for word in file.read().split()]
    left = []
    for pid in found:
        try:
            if os.waitpid(pid, os.WNOHANG)[0] == 0:
                left.append(pid)
        except ChildProcessError:
            pass
    return left


def describe(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:
        return stat.read()[:60]


class Demo(unittest.TestCase):
    def setUp(self):
        libc = ctypes.CDLL(None, use_errno=True)
        self.assertEqual(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), 0)
        # Not below TMPDIR: a socket's address has only so much room.
        self.dir = tempfile.mkdtemp(prefix="atd.", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.dir)
        self.places = [os.path.join(self.dir, name) for name in ("tmp", "home")]
        for place in self.places:
            os.mkdir(place, 0o700)

    def environment(self, **more):
        keep = {key: value for key, value in os.environ.items()
                if key in ("PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        return {**keep, "TMPDIR": self.places[0], "HOME": self.places[1],
                "TERM": "xterm", "LANG": "C.UTF-8", **more}

    def nothing_left(self):
        try:
            self.assertEqual([describe(pid) for pid in children()], [], "processes were left")
        finally:
            for pid in children():
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        for place in self.places:
            self.assertEqual(os.listdir(place), [], "files were left")

    def at_terminal(self, columns, *args, stop_after=None):
        """(status, what the terminal showed); stop_after: bytes that bring Ctrl-C."""
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
        run = subprocess.Popen(
            [os.path.join(BIN, "attune"), "demo", *args], stdin=slave, stdout=slave,
            stderr=slave, env=self.environment(COLUMNS=str(columns)),
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        os.close(slave)
        seen = b""
        end = time.monotonic() + GIVE_UP_S * SLOW
        try:
            while time.monotonic() < end:
                if not select.select([master], [], [], 0.2)[0]:
                    continue
                try:
                    part = os.read(master, 65536)
                except OSError: # nobody holds the other end
                    break
                if not part:
                    break
                seen += part
                if stop_after is not None and stop_after in seen:
                    os.write(master, b"\x03")
                    stop_after = None
            status = run.wait(timeout=GIVE_UP_S)
        finally:
            if run.poll() is None:
                run.kill()
                run.wait()
            os.close(master)
        return status, seen.decode("utf-8").replace("\r\n", "\n").replace("^C", "")

    def plain(self, *args, **more):
        return subprocess.run([os.path.join(BIN, "attune"), "demo", *args],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              env=self.environment(**more), timeout=GIVE_UP_S * SLOW)

    def transcript(self, columns):
        began = time.monotonic()
        status, text = self.at_terminal(columns)
        took = time.monotonic() - began
        self.assertEqual(status, 0, text)
        path = os.path.join(GOLDEN, f"{columns}.txt")
        if os.environ.get("ATTUNE_GOLDEN_WRITE"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open(path, encoding="utf-8") as file:
            golden = file.read()
        self.assertEqual(mask(text), mask(golden))
        lines = text.splitlines()
        self.assertLessEqual(len(lines), LINES_MAX[columns])
        for line in lines:
            self.assertLessEqual(len(line), columns, line)
        if not sanitized():
            self.assertLessEqual(took, SECONDS_MAX)
        self.nothing_left()

    def test_transcript_at_80_columns(self):
        self.transcript(80)

    def test_transcript_at_40_columns(self):
        self.transcript(40)

    def test_every_kind_that_is_shared_is_in_the_story(self):
        with open(STORY, encoding="utf-8") as file:
            told = set(re.findall(r"(?:ANA|BEN), \"([\w-]+)\"", file.read()))
        with open(os.path.join(KINDS, "kinds.def"), encoding="utf-8") as file:
            kinds = re.findall(r"^KIND\((\w+)\)", file.read(), re.M)
        shared = set()
        for kind in kinds:
            with open(os.path.join(KINDS, kind + ".c"), encoding="utf-8") as file:
                row = file.read()
            if ".shareable = true" in row and ".hidden = true" not in row:
                shared.add(kind)
        self.assertGreater(len(shared), 10)
        self.assertEqual(shared - told, NOT_TOLD)

    def test_json(self):
        run = self.plain("--json")
        self.assertEqual((run.returncode, run.stderr), (0, ""))
        got = json.loads(run.stdout)
        self.assertEqual((got["format"], got["ok"], got["kept"]), (1, True, None))
        self.assertRegex(got["digest"], r"^[0-9a-f]{16,}$")
        self.assertGreater(got["entries"], 100)
        self.nothing_left()

    def test_ctrl_c_ends_everything(self):
        for moment in (b"loopback only", b"Thursday", b"month later"):
            with self.subTest(moment=moment):
                status, text = self.at_terminal(80, stop_after=moment)
                self.assertEqual(status, 1, text)
                self.assertIn("Stopped.", text)
                self.nothing_left()

    def test_without_attuned_it_says_so(self):
        alone = os.path.join(self.dir, "bin")
        os.mkdir(alone)
        shutil.copy(os.path.join(BIN, "attune"), alone)
        run = subprocess.run([os.path.join(alone, "attune"), "demo"],
                             capture_output=True, text=True, timeout=GIVE_UP_S,
                             env=self.environment(PATH=alone))
        self.assertEqual(run.returncode, 6, run.stderr)
        self.assertIn("starting ana's attuned", run.stderr)
        self.nothing_left()

    def test_keep_leaves_two_homes_that_can_be_visited(self):
        kept = os.path.join(self.dir, "kept")
        run = self.plain("--keep", kept)
        self.assertEqual(run.returncode, 0, run.stderr)
        self.assertEqual(sorted(os.listdir(kept)), ["ana", "ben"])
        self.nothing_left()
        digests = [self.visit(os.path.join(kept, name)) for name in ("ana", "ben")]
        self.assertEqual(digests[0], digests[1])
        again = self.plain("--keep", kept)
        self.assertEqual(again.returncode, 2, again.stderr)
        self.assertIn("there already", again.stderr)
        self.nothing_left()

    def visit(self, home):
        """The digest of a kept home, by the lines the demo gives."""
        script = ('. "$1/env"; cd /; '
                  '"$2" unlock --passphrase-fd 3 3<"$1/passphrase" >&2 && '
                  'exec "$2" digest')
        daemon = None
        try:
            # A daemon of ours, to be ended by its number.
            environment = self.environment(
                **{f"XDG_{name}_HOME": os.path.join(home, name.lower())
                   for name in ("CONFIG", "DATA", "STATE")},
                XDG_RUNTIME_DIR=os.path.join(home, "run"))
            read_end, write_end = os.pipe()
            daemon = subprocess.Popen(
                [os.path.join(BIN, "attuned"), "--foreground",
                 "--ready-fd", str(write_end)],
                env=environment, pass_fds=[write_end])
            os.close(write_end)
            self.assertEqual(os.read(read_end, 1), b"1")
            os.close(read_end)
            attune = os.path.join(BIN, "attune")
            run = subprocess.run(["/bin/sh", "-c", script, "sh", home, attune],
                                 env=self.environment(), capture_output=True, text=True,
                                 timeout=GIVE_UP_S)
            self.assertEqual(run.returncode, 0, run.stderr)
            return run.stdout.strip()
        finally:
            if daemon is not None:
                daemon.terminate()
                daemon.wait(timeout=GIVE_UP_S)
                # What it had started ends by itself, a moment later.
                wait_for(lambda: children() == [], "the end of what attuned started")


if __name__ == "__main__":
    main()
