# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs that stay: watch, for scripts, and bar, for a status bar. They hear what changes,
outlive attuned, and end when they are asked to or when nobody reads what they say. And what
else a desktop asks for by hand: quiet, an option that is set.

The model: Stays is one such command. Told is an attuned that says what the test wants."""
import json
import os
import select
import signal
import socket
import struct
import subprocess
import threading
import time

from couple import DEADLINE_S, SLOW, TIME, Case, main, wait_for
from smoke import data, number, parse

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

    def wait_asleep(self, looks, step_s=0.75):
        """It has not been woken between so many looks at it."""
        seen = []

        def asleep():
            seen.append(self.switches())
            return len(seen) >= looks and len(set(seen[-looks:])) == 1
        wait_for(asleep, "nothing wakes it", step_s=step_s)

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


class Told:
    """Stands in attuned's place; its notices are a list of reasons."""

    def __init__(self, path, serial=1):
        self.serial = serial
        self.whys, self.silent_until, self.now, self.error = [], 0, 1000, ""
        self.asked = []  # the names of all requests, in order
        self.last = {}  # the last request, by its fields
        self.watches = []  # (client, number, body) of those that wait
        self.lock = threading.Lock()
        self.clients = []
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path + "-new")
        self.listener.listen()
        os.rename(path + "-new", path)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        seen = b""
        while True:
            try:
                got = client.recv(65536)
            except OSError:
                return
            if not got:
                return
            seen += got
            while len(seen) >= 4 and len(seen) >= 4 + struct.unpack("<I", seen[:4])[0]:
                size = struct.unpack("<I", seen[:4])[0]
                raw, seen = seen[4:4 + size], seen[4 + size:]
                with self.lock:
                    self.take(client, parse(raw))

    def take(self, client, request):
        name, asked = request[3][0].decode(), request[2][0]
        self.asked.append(name)
        self.last = request
        if name == "watch":
            watch = parse(request.get(16, [b""])[0])
            if watch.get(2, [0])[0] < self.serial:
                self.news(client, asked, watch)
            else:
                self.watches.append((client, asked, watch))
        elif name == "notices" and not self.error:
            self.send(client, number(1, asked) + b"".join(
                data(21, self.notice(why)) for why in self.whys) + number(23, self.silent_until) +
                number(24, self.now))
        elif name == "status":
            self.send(client, number(1, asked) + data(5, b""))
        elif name == "reload":
            self.send(client, number(1, asked))
        elif name == "quiet":
            quiet = parse(request[18][0])
            if quiet.get(1):
                lasts = quiet.get(2, [0])[0]
                self.silent_until = int(time.time()) + lasts if lasts else 0
            self.send(client, number(1, asked) + number(23, self.silent_until))
        else:
            self.send(client, number(1, asked) + data(2, (self.error or "E_USAGE").encode()))

    @staticmethod
    def notice(why):
        """Its reason; "REASON until TIME" is put off, "REASON done" done with."""
        why, _, rest = why.partition(" ")
        later = int(rest.removeprefix("until ")) if rest.startswith("until ") else 0
        return (data(1, bytes(16)) + data(2, why.encode()) + number(9, later) +
                number(10, rest == "done"))

    def news(self, client, asked, watch):
        self.send(client, number(1, asked) + b"".join(
            data(11, topic) for topic in watch.get(1, [])) + number(12, self.serial))

    def send(self, client, raw):
        try:
            client.sendall(struct.pack("<I", len(raw)) + raw)
        except OSError:
            pass

    def change(self, *whys, silent_until=0, error=""):
        """From now on these wait, and whoever watches hears that something changed."""
        with self.lock:
            self.whys, self.silent_until, self.error = whys, silent_until, error
            self.serial += 1
            for watch in self.watches:
                self.news(*watch)
            self.watches.clear()

    def until(self):
        """When the one watch that waits is to be answered at the latest; None: none."""
        with self.lock:
            return [watch.get(3, [0])[0] for _, _, watch in self.watches][-1:]

    def time_comes(self, now):
        """The time a watch named has come."""
        with self.lock:
            self.now = now
            for client, asked, _ in self.watches:
                self.send(client, number(1, asked) + number(12, self.serial))
            self.watches.clear()

    def close(self):
        if self.listener.fileno() < 0:
            return
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for client in self.clients:
            try:
                client.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            client.close()


class Staying(Case):
    def setUp(self):
        super().setUp()
        self.ana = self.home("ana")

    def stay(self, *args, **more):
        stays = Stays(self.ana, *args, **more)
        self.addCleanup(stays.close)
        return stays

    def told(self, **more):
        told = Told(self.ana.socket, **more)
        self.addCleanup(told.close)
        return told


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


FULL, EMPTY = "\u2661 attune", ""
WAYBAR = {"waiting": {"text": FULL, "alt": "waiting", "class": "waiting",
                      "tooltip": "Something waits for you."},
          "none": {"text": "", "alt": "none", "class": "none", "tooltip": ""}}


class Bar(Staying):
    def test_nothing(self):
        """No attuned, no journal, locked, open: nothing, and no attuned started for it."""
        ana = self.ana
        for bar in ([], ["--for", "plain"], ["--for", "tmux"], ["--for", "i3blocks"]):
            self.assertEqual(ana.run("bar", *bar).text, "")
        self.assertEqual(json.loads(ana.run("bar", "--for", "waybar").text), WAYBAR["none"])
        self.assertIsNone(ana.serving())
        ana.start(unlock=False)
        self.assertEqual(ana.run("bar").text, "")
        ana.init()
        self.assertEqual(ana.run("bar").text, "")
        ana.run("lock")
        self.assertEqual(ana.run("bar").text, "")
        got = ana.run("bar", "--for", "xmobar", status=2)
        self.assertIn("waybar", got.err.decode())

    def test_once(self):
        told = self.told()
        told.change("question", "talk")
        self.assertEqual(self.ana.run("bar").text, "")
        told.change("question", "new")
        self.assertEqual(self.ana.run("bar").text, FULL + "\n")
        self.assertEqual(self.ana.run("bar", "--for", "i3blocks").text, FULL + "\n\u2661\n")
        self.assertEqual(json.loads(self.ana.run("bar", "--for", "waybar").text),
                         WAYBAR["waiting"])
        told.change("new done", f"due until {told.now + 60}")
        self.assertEqual(self.ana.run("bar").text, "", "put off, or done with")
        told.change("new", silent_until=told.now + 60)
        self.assertEqual(self.ana.run("bar").text, "")
        told.change("new", error="E_LOCKED")
        self.assertEqual(self.ana.run("bar").text, "")
        self.assertEqual(set(told.asked), {"notices"}, "it asks for nothing else")

    def test_follow(self):
        bar = self.stay("bar", "--follow")
        waybar = self.stay("bar", "--for", "waybar", "--follow")
        both = ((bar, lambda line: line),
                (waybar, lambda line: FULL if json.loads(line) == WAYBAR["waiting"] else
                 EMPTY if json.loads(line) == WAYBAR["none"] else line))

        def say(expected):
            for stays, read in both:
                self.assertEqual(read(stays.line()), expected)
        say(EMPTY)
        told = self.told()
        told.change("due")
        say(FULL)
        told.change("due", "new")  # no change: nothing is said
        wait_for(lambda: len(told.watches) == 2, "both have looked")
        told.change()
        say(EMPTY)
        told.change("news")
        say(FULL)
        # Quiet: empty until then, and it looks again at that moment.
        wait_for(lambda: len(told.watches) == 2, "both have looked")
        told.change("news", silent_until=2000)
        say(EMPTY)
        wait_for(lambda: len(told.watches) == 2, "both wait")
        self.assertEqual(told.until(), [2000])
        told.time_comes(2000)
        say(FULL)
        wait_for(lambda: len(told.watches) == 2, "both wait")
        self.assertEqual(told.until(), [0])
        # Put off: the same.
        told.change("question", "news until 2100", "due until 2200")
        say(EMPTY)
        wait_for(lambda: len(told.watches) == 2, "both wait")
        self.assertEqual(told.until(), [2100])
        told.time_comes(2100)
        say(FULL)
        # Locked, open again, gone, and another one.
        told.change("news", error="E_LOCKED")
        say(EMPTY)
        told.change("news")
        say(FULL)
        told.close()
        say(EMPTY)
        other = self.told(serial=1000)
        other.change("new")
        say(FULL)
        self.assertEqual(bar.end(signal.SIGTERM), 0)
        waybar.process.stdout.close()
        self.assertEqual(waybar.end(), 0, "the bar is gone")
        self.assertLessEqual(set(told.asked + other.asked), {"watch", "notices"})


class Asleep(Staying):
    """Without attuned nothing is tried again and again, and nothing is missed."""

    # Six seconds without a wakeup: longer than what once polled waited at most.
    LOOKS = 9

    def at_once(self, begin, *stays):
        """What has to be said, is, well before whoever tries each second would."""
        began = time.monotonic()
        begin()
        for one, line in stays:
            self.assertEqual(one.line(), line)
        self.assertLess(time.monotonic() - began, 0.9 * SLOW)

    def test_never_was(self):
        """Neither a socket nor its folder."""
        folder = os.path.dirname(self.ana.socket)
        self.assertFalse(os.path.exists(folder))
        bar = self.stay("bar", "--follow")
        self.assertEqual(bar.line(), EMPTY)
        bar.wait_asleep(self.LOOKS)
        self.assertFalse(os.path.exists(folder), "and it makes none")
        told = []

        def begin():
            told.append(self.told())
            told[0].change("new")
        self.at_once(begin, (bar, FULL))

    def test_stopped(self):
        ana = self.ana
        ana.start(unlock=False)
        ana.init()
        bar, watch = self.stay("bar", "--follow"), self.stay("watch", "vault")
        self.assertEqual(bar.line(), EMPTY)
        wait_for(lambda: bar.waits() and watch.waits(), "both wait")
        ana.stop()
        for one in (bar, watch):
            one.wait_asleep(self.LOOKS)
        self.at_once(lambda: ana.start(unlock=False), (watch, "vault"))
        # Killed, its socket is left behind; the next one makes its own.
        ana.kill9()
        self.at_once(lambda: ana.start(unlock=False), (watch, "vault"))
        ana.unlock()
        self.assertEqual(watch.line(), "vault")
        self.assertTrue(bar.quiet())
        self.assertEqual(bar.end(signal.SIGTERM), 0)
        self.assertEqual(watch.end(signal.SIGTERM), 0)


class Once(Staying):
    def test_quiet(self):
        told, ana = self.told(), self.ana
        self.assertIn("as usual", ana.run("quiet").text)
        self.assertIsNone(told.last.get(18, [None])[0] or None, "it only asks")
        self.assertEqual(ana.json("quiet"), {"format": 1, "silent_until": None})
        for words, seconds in ((["2h"], 7200), (["40", "minutes"], 2400), (["7d"], 604800)):
            self.assertRegex(ana.run("quiet", *words).text, r"No notices until \S.*\.")
            self.assertEqual(parse(told.last[18][0]), {1: [1], 2: [seconds]})
        self.assertRegex(ana.json("quiet")["silent_until"], TIME)
        self.assertIn("as usual", ana.run("quiet", "off").text)
        self.assertEqual(parse(told.last[18][0]), {1: [1]})
        for words in (["8d"], ["604801s"], ["soon"], ["2"], ["off", "2h"], ["-1h"]):
            told.last = {}
            got = ana.run("quiet", "--json", "--", *words, status=None)
            self.assertIn("7 days", self.refused(got, "E_TIME", 2)["hint"])
            self.assertEqual(told.last, {}, "nothing was asked")

    def test_option_is_named(self):
        """attuned hears which option was set, and not to what."""
        told = self.told()
        self.ana.run("config", "set", "notice.question", "20:30")
        self.assertEqual(told.asked, ["reload"])
        self.assertEqual(parse(told.last[15][0]), {1: [b"notice.question"]})


if __name__ == "__main__":
    main()
