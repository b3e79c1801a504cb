# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs that stay: watch, for scripts. They hear what changes, outlive attuned, and end
when they are asked to or when nobody reads what they say."""
import json
import os
import select
import signal
import subprocess
import time

from couple import DEADLINE_S, SLOW, Case, main, wait_for

TOPICS = ["entries", "notices", "pairing", "vault", "link"]


class Stays:
    """One command that stays, and the lines it says."""

    def __init__(self, home, *args, env=None, output=None):
        self.seen = b""
        self.process = subprocess.Popen(
            [os.path.join(home.bin, "attune"), *args], env=env or home.env(),
            stdin=subprocess.DEVNULL, stdout=output or subprocess.PIPE,
            stderr=subprocess.PIPE)
        self.fd = None if output else self.process.stdout.fileno()

    def line(self):
        """The next line."""
        end = time.monotonic() + DEADLINE_S * SLOW
        while b"\n" not in self.seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                raise AssertionError(f"no line; so far {self.seen!r}")
            got = os.read(self.fd, 65536)
            if not got:
                raise AssertionError(f"it ended: {self.process.stderr.read()!r}")
            self.seen += got
        line, _, self.seen = self.seen.partition(b"\n")
        return line.decode()

    def lines_of(self, count):
        return [self.line() for _ in range(count)]

    def quiet(self):
        """Whether nothing more was said so far."""
        return not self.seen and not select.select([self.fd], [], [], 0)[0]

    def switches(self):
        """How often it gave the processor away by itself."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status
                        if line.startswith("voluntary_ctxt_switches"))

    def waits(self):
        """Whether it sleeps in poll: then it has heard what there was."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] == "S"

    def end(self, number=None):
        """Its exit status, after a signal or by itself."""
        if number is not None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout=DEADLINE_S * SLOW)
        finally:
            self.close()

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe and not pipe.closed:
                pipe.close()


class Staying(Case):
    def setUp(self):
        super().setUp()
        self.ana = self.home("ana")

    def stay(self, *args, **more):
        stays = Stays(self.ana, *args, **more)
        self.addCleanup(stays.close)
        return stays


class Watch(Staying):
    def begun(self, *args, **more):
        """A watch that has heard the first answer: what comes now is a change."""
        stays = self.stay("watch", *args, **more)
        wait_for(lambda: self.ana.serving() and stays.waits(), "it waits")
        return stays

    def heard(self, stays, change, topic):
        """It may have come a moment before the watch did: then once more."""
        deadline = time.monotonic() + DEADLINE_S * SLOW
        while time.monotonic() < deadline:
            change()
            if select.select([stays.fd], [], [], 0.5)[0]:
                self.assertEqual(stays.line(), topic)
                return
        self.fail(f"not heard: {topic}")

    def test_topics(self):
        ana = self.ana
        # It starts attuned, and needs no journal.
        watch = self.stay("watch", "vault")
        wait_for(ana.serving, "it started attuned")
        ana.init()
        self.assertEqual(watch.line(), "vault")
        entries = self.stay("watch", "entries", "--json")
        self.heard(entries, lambda: ana.say("write", stdin="secret words"),
                   '{"format":1,"topic":"entries"}')
        self.assertNotIn(b"secret", entries.seen)
        for locks in (lambda: ana.run("lock"), ana.unlock):
            locks()
            self.assertEqual(watch.line(), "vault")
        self.assertEqual(watch.end(signal.SIGTERM), 0)
        self.assertEqual(entries.end(signal.SIGINT), 0)

    def test_unknown(self):
        got = self.ana.run("watch", "entries", "weather", "--json", status=None)
        self.refused(got, "E_USAGE", 2)
        for topic in TOPICS:
            self.assertIn(topic, got.json["error"]["message"])
        self.assertIsNone(self.ana.serving(), "nothing was started for that")

    def test_restart(self):
        ana = self.ana
        ana.init()
        every = self.begun("--json")
        some = self.begun("vault", "entries", "vault")
        self.heard(some, lambda: ana.say("write", stdin="one"), "entries")
        ana.kill9()
        before = every.switches()
        held = time.monotonic()
        wait_for(lambda: time.monotonic() - held > 1.5, "a while without attuned")
        self.assertLess(every.switches() - before, 12, "it tries, but not hard")
        self.assertIsNone(ana.serving(), "it starts nothing")
        while not some.quiet():
            some.line()
        ana.start(unlock=False)
        self.assertEqual(sorted(some.lines_of(2)), ["entries", "vault"])
        said = [json.loads(every.line()) for _ in TOPICS]
        while len({row["topic"] for row in said}) < len(TOPICS):
            said.append(json.loads(every.line()))
        self.assertEqual({row["topic"] for row in said}, set(TOPICS))
        self.assertEqual({row["format"] for row in said}, {1})
        ana.unlock()
        self.assertEqual(some.line(), "vault")

    def test_nobody_reads(self):
        """The reader goes away: it ends by itself, though nothing changes any more."""
        self.ana.init()
        watch = self.begun()
        watch.process.stdout.close()
        self.assertEqual(watch.end(), 0)
        gone = self.begun()
        self.ana.stop()
        gone.process.stdout.close()
        self.assertEqual(gone.end(), 0)


if __name__ == "__main__":
    main()
