# SPDX-License-Identifier: GPL-3.0-or-later
"""The notifier's display without the notifier: against notification servers that can
little, hang, lie, die and come back, and against dunst as it is."""
import json
import os
import select
import shutil
import signal
import tempfile
import unittest

import couple
import desktop
from couple import wait_for

TESTS = os.path.join(os.path.dirname(couple.BIN), "tests")
DRIVE = os.path.join(TESTS, "notify_drive")
STAND = os.path.join(TESTS, "notify_stand")

WORDS = ("attune", "Something from Ben.", "a", "open=Open", "later=Later")
NO_BUS = "There is no session bus"
NO_SERVER = "has no notification server"
SILENT = "does not answer"
WRONG = "gives no proper answer"
REFUSES = "refuses"
PSS_KIB_MAX = 4096


class Stand(desktop.Program):
    """The stand-in for a server; see notify_stand.c."""

    def calls(self, member="Notify"):
        told = [json.loads(line) for line in self.lines()]
        return [one for one in told if one.get("call") == member]

    def wait_calls(self, count, member="Notify"):
        """The calls so far. They are answered already when the next command is done."""
        self.wait(lambda: len(self.calls(member)) >= count, f"{count} calls of {member}")
        calls = self.calls(member)
        if len(calls) != count:
            raise AssertionError(f"{len(calls)} calls of {member}, not {count}: {calls}")
        return calls

    def do(self, line):
        done = json.dumps({"done": line.split()[0]}, separators=(",", ":"))
        before = self.lines().count(done)
        self.tell(line)
        self.wait(lambda: self.lines().count(done) > before, line)


class Drive(desktop.Program):
    """The display; see notify_drive.c."""

    def do(self, *parts):
        """Gives a command and waits until it is done: nothing may hold it up."""
        did = f"did {parts[0]}"
        before = self.lines().count(did)
        self.tell("\t".join(parts))
        self.wait(lambda: self.lines().count(did) > before, f"{parts} is done")

    def show(self, *words):
        self.do("show", *(words or WORDS))

    @property
    def told(self):
        """What it called back, but for what was shown."""
        return [line for line in self.lines()
                if not line.startswith(("did ", "place ")) and line != "shown"]

    def wait_shown(self, times):
        """How often it has called back that what it was given is on the screen."""
        self.wait(lambda: self.lines().count("shown") >= times, f"shown {times} times")
        if self.lines().count("shown") != times:
            raise AssertionError(f"shown, not {times} times: {self.lines()}")

    def wait_told(self, *lines):
        self.wait(lambda: len(self.told) >= len(lines), f"{lines}")
        if self.told != list(lines):
            raise AssertionError(f"{self.told}, not {list(lines)}")

    def wait_said(self, text, times=1):
        """Whether it complains so often, and of nothing else meanwhile."""
        self.wait(lambda: self.errors().count(text) >= times, text)
        if self.errors().count(text) != times:
            raise AssertionError(f"not {times} times: {self.errors()}")


def switches(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as status:
        return sum(int(line.split()[1]) for line in status if "ctxt_switches" in line)


def pss_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as smaps:
        return next(int(line.split()[1]) for line in smaps if line.startswith("Pss:"))


class Case(unittest.TestCase):
    """A bus, or a desktop, and programs that are ended with the test."""

    maxDiff = None

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="at-")
        self.programs = []
        self.desk = self.make()
        self.addCleanup(self.tidy)

    def make(self):
        return desktop.Bus(self.base)

    def tidy(self):
        try:
            for program in reversed(self.programs):
                program.stop()
        finally:
            self.desk.stop()
            shutil.rmtree(self.base, ignore_errors=True)

    def begin(self, kind, name, *argv, **more):
        made = kind(self.base, f"{name}{len(self.programs)}", argv, self.desk.all_env(), **more)
        self.programs.append(made)
        return made

    def stand(self, can="actions,body", mode="fine"):
        made = self.begin(Stand, "stand", STAND, can, mode)
        made.wait(made.lines, "it serves")
        return made

    def drive(self, *argv, **more):
        return self.begin(Drive, "drive", DRIVE, *argv, **more)


class Answers(Case):
    """What a server gets, and what comes back."""

    def setUp(self):
        super().setUp()
        self.desk.start()

    def both(self, can="actions,body", mode="fine", show=WORDS):
        stand, drive = self.stand(can, mode), self.drive()
        drive.wait_told("ready")
        drive.show(*show)
        stand.wait_calls(1)
        return stand, drive

    def test_everything_is_said(self):
        stand, drive = self.both("actions,body,body-markup,persistence")
        call = stand.calls()[0]
        self.assertEqual(call["hints"], {
            "urgency": 1, "category": "x-attune.notice", "desktop-entry": "attune-notify",
            "suppress-sound": False, "x-gnome-privacy-scope": "user"})
        self.assertEqual((call["app"], call["icon"], call["replaces"], call["timeout"]),
                         ("attune", "", 0, -1))
        self.assertEqual((call["summary"], call["body"]), WORDS[:2])
        self.assertEqual(call["actions"],
                         ["default", "Open", "open", "Open", "later", "Later"])
        drive.show("attune", "Something waits.", "fp", "later=Later")
        call = stand.wait_calls(2)[1]
        self.assertEqual(call["hints"]["x-gnome-privacy-scope"], "system")
        self.assertEqual((call["hints"]["urgency"], call["hints"]["suppress-sound"]),
                         (0, True))
        self.assertEqual((call["replaces"], call["timeout"]), (1, 0))
        self.assertEqual(call["actions"], ["later", "Later"])
        self.assertEqual(drive.errors(), "")

    def test_a_server_that_can_nothing(self):
        stand, drive = self.both("")
        drive.show("attune", "", "f")
        calls = stand.wait_calls(2)
        self.assertEqual((calls[0]["summary"], calls[0]["body"], calls[0]["actions"]),
                         ("attune: Something from Ben.", "", []))
        self.assertEqual((calls[1]["summary"], calls[1]["timeout"]), ("attune", -1))

    def test_markup(self):
        text = "<b>&\"x\"</b> it's\\nso"
        stand, drive = self.both("body,body-markup", show=("<i>", text, "a"))
        call = stand.calls()[0]
        self.assertEqual(call["summary"], "<i>")
        self.assertEqual(call["body"],
                         "&lt;b&gt;&amp;\"x\"&lt;/b&gt; it's\nso")
        # Another server takes over, and reads no markup.
        other = self.stand("body")
        drive.wait_told("ready", "ended LOST", "ready")
        drive.show("<i>", text, "a")
        call = other.wait_calls(1)[0]
        self.assertEqual(call["body"], text.replace("\\n", "\n"))
        self.assertEqual(call["replaces"], 0)

    def test_actions(self):
        stand, drive = self.both()
        stand.do("action later")
        stand.do("token a-token")
        stand.do("action default")
        stand.do("action open")
        stand.do("stray later")
        stand.do("action unknown")
        stand.do("close 2")
        drive.wait_told("ready", "action later ", "action open a-token", "action open ",
                        "ended DISMISSED")
        stand.do("action later")  # of what is no longer there
        drive.show()
        stand.wait_calls(2)
        stand.do("action open")
        drive.wait_told("ready", "action later ", "action open a-token", "action open ",
                        "ended DISMISSED", "action open ")

    def test_ends(self):
        stand, drive = self.both()
        told = ["ready"]
        for count, (reason, how) in enumerate(((1, "EXPIRED"), (2, "DISMISSED"),
                                               (3, "DISMISSED"), (4, "EXPIRED")), 1):
            stand.do(f"close {reason}")
            told.append("ended " + how)
            drive.wait_told(*told)
            drive.show()
            self.assertEqual(stand.wait_calls(count + 1)[-1]["replaces"], 0)
        drive.do("close")
        self.assertEqual(stand.wait_calls(1, "CloseNotification")[0]["id"], 5)
        drive.do("close")
        drive.show()
        stand.wait_calls(6)
        stand.do("action open")
        drive.wait_told(*told, "action open ")
        stand.wait_calls(1, "CloseNotification")

    def test_forged_signals_are_ignored(self):
        stand, drive = self.both()
        for line in ("forge later", "forge-close", "forge-owner", "forge open"):
            stand.do(line)
        stand.do("action later")
        drive.wait_told("ready", "action later ")
        drive.show()
        self.assertEqual(stand.wait_calls(2)[1]["replaces"], 1)
        stand.wait_calls(1, "GetCapabilities")

    def test_notices_replace_and_never_stack(self):
        stand, drive = self.both(mode="held")
        drive.show("attune", "two", "a")
        drive.show("attune", "three", "a", "later=Later")
        stand.do("answer")
        calls = stand.wait_calls(2)
        self.assertEqual((calls[1]["body"], calls[1]["replaces"]), ("three", 1))
        stand.do("action later")  # meant what "three" replaces, which had that, too
        self.assertNotIn("shown", drive.lines())  # what got through is replaced already
        stand.do("mode fine")
        stand.do("answer")
        stand.do("action later")
        drive.wait_told("ready", "action later ")
        drive.wait_shown(1)

    def test_dismissed_while_its_words_change(self):
        stand, drive = self.both()
        stand.do("mode held")
        drive.show("attune", "two", "a", "later=Later")
        stand.wait_calls(2)
        stand.do("close 2")  # the first; what is under way is put up all the same
        stand.do("answer")
        stand.do("action later")
        drive.wait_told("ready", "action later ")

    def test_closed_while_under_way(self):
        stand, drive = self.both(mode="held")
        drive.do("close")
        stand.do("answer")
        self.assertEqual(stand.wait_calls(1, "CloseNotification")[0]["id"], 1)
        self.assertNotIn("shown", drive.lines())
        drive.show()
        stand.wait_calls(2)
        drive.do("close")
        drive.show("attune", "after all", "a")
        stand.do("answer")
        calls = stand.wait_calls(3)
        self.assertEqual((calls[2]["body"], calls[2]["replaces"]), ("after all", 2))
        stand.wait_calls(1, "CloseNotification")
        self.assertEqual(drive.told, ["ready"])

    def place(self, drive):
        drive.do("place")
        return [line for line in drive.lines() if line.startswith("place ")][-1].split(" ", 1)[1]

    def test_what_another_left(self):
        """It is replaced or closed, and its end is heard of; but only with its server."""
        stand, drive = self.both()
        drive.wait_shown(1)
        left = self.place(drive).rsplit(" ", 1)
        self.assertEqual(left[1], "1")
        drive.stop(signal.SIGKILL)
        drive = self.drive("--before", *left)
        drive.wait_told("ready")
        self.assertEqual(self.place(drive).rsplit(" ", 1), left)
        stand.do("action later")  # of words that are not ours
        drive.show("attune", "again", "-", "later=Later")
        self.assertEqual(stand.wait_calls(2)[1]["replaces"], 1)
        drive.wait_shown(1)
        stand.do("action later")
        drive.wait_told("ready", "action later ")
        drive.stop(signal.SIGKILL)
        drive = self.drive("--before", *left)
        drive.wait_told("ready")
        drive.do("close")
        self.assertEqual(stand.wait_calls(1, "CloseNotification")[0]["id"], 1)
        drive.stop(signal.SIGKILL)
        drive = self.drive("--before", *left)
        drive.wait_told("ready")
        stand.do("quit")
        self.stand()
        drive.wait(lambda: drive.told.count("ready") == 2, "another serves")
        self.assertEqual(self.place(drive), "-")
        drive.stop(signal.SIGKILL)
        drive = self.drive("--before", *left)
        drive.wait_told("ready")
        self.assertEqual(self.place(drive), "-")

    def test_idle(self):
        stand, drive = self.both()
        stand.do("action open")
        drive.wait_told("ready", "action open ")
        before = switches(drive.pid)
        # Not a wait for something to happen: that nothing does is what is looked at.
        readable, _, _ = select.select([drive.process.stdin], [], [], 3.0)
        self.assertEqual(readable, [])
        self.assertLessEqual(switches(drive.pid) - before, 1)
        if not couple.sanitized():
            self.assertLessEqual(pss_kib(drive.pid), PSS_KIB_MAX)


class Trouble(Case):
    """Servers and buses that hang, lie, are not there, go and come back."""

    def both(self, mode):
        self.desk.start()
        stand, drive = self.stand(mode=mode), self.drive()
        drive.wait_told("ready")
        drive.show()
        stand.wait_calls(1)
        return stand, drive

    def test_a_call_that_is_never_answered(self):
        stand, drive = self.both("mute")
        drive.wait_said(SILENT)
        drive.do("nothing")
        self.assertNotIn("shown", drive.lines())
        stand.do("mode fine")
        self.assertEqual(stand.wait_calls(2)[1]["replaces"], 0)
        drive.wait_shown(1)
        stand.do("action later")
        drive.wait_told("ready", "action later ")
        drive.wait_said(SILENT)

    def test_a_server_that_answers_nothing(self):
        self.desk.start()
        stand, drive = self.stand(mode="deaf"), self.drive()
        drive.show()
        drive.wait_said(SILENT)
        stand.do("mode fine")
        drive.wait_told("ready")
        stand.wait_calls(1)

    def test_a_server_that_sleeps(self):
        """When it wakes it finds one notice, and one question whether it is awake."""
        self.desk.start()
        stand, drive = self.stand(), self.drive()
        drive.wait_told("ready")
        os.kill(stand.pid, signal.SIGSTOP)
        drive.show()
        drive.show("attune", "newer", "a")
        drive.wait_said(SILENT)
        os.kill(stand.pid, signal.SIGCONT)
        calls = stand.wait_calls(2)
        self.assertEqual((calls[1]["body"], calls[1]["replaces"]), ("newer", 1))
        drive.wait_said(SILENT)

    def test_wrong_answers(self):
        for mode, text in (("wrong", WRONG), ("refuse", REFUSES)):
            with self.subTest(mode):
                stand, drive = self.both(mode)
                stand.wait_calls(2)
                drive.wait_said(text)
                self.assertNotIn("shown", drive.lines())
                stand.do("mode fine")
                stand.wait_calls(3)
                drive.wait_shown(1)
                stand.do("action later")
                drive.wait_told("ready", "action later ")
                stand.do("mode " + mode)  # and that is news again
                drive.show()
                drive.wait_said(text, 2)
                drive.stop()
                stand.stop()
                self.desk.stop()

    def test_wrong_capabilities(self):
        self.desk.start()
        stand, drive = self.stand(mode="odd"), self.drive()
        stand.wait_calls(2, "GetCapabilities")
        drive.wait_said(WRONG)
        drive.show()
        stand.do("mode fine")
        drive.wait_told("ready")
        stand.wait_calls(1)

    def test_a_server_that_dies_and_comes_back(self):
        stand, drive = self.both("fine")
        stand.do("quit")
        drive.wait_told("ready", "ended LOST")
        self.assertEqual(drive.errors(), "")
        drive.show("attune", "one", "a")
        drive.wait_said(NO_SERVER)
        drive.show("attune", "two", "a")
        stand = self.stand(mode="held")
        self.assertEqual(stand.wait_calls(1)[0]["body"], "two")
        stand.stop(signal.SIGKILL)
        drive.wait_shown(1)  # the first of all, and none of these two
        stand = self.stand()
        self.assertEqual(stand.wait_calls(1)[0]["body"], "two")
        drive.wait_shown(2)
        drive.wait_told("ready", "ended LOST", "ready", "ready")
        drive.wait_said(NO_SERVER)

    def test_a_server_is_started_for_a_notice(self):
        out = os.path.join(self.base, "started")
        script = os.path.join(self.base, "start")
        with open(script, "w", encoding="utf-8") as file:
            file.write(f"#!/bin/sh\nexec '{STAND}' body >'{out}'\n")
        os.chmod(script, 0o700)
        self.desk.activate(desktop.SERVICE, script)
        self.desk.start()
        drive = self.drive()
        drive.do("close")
        self.assertFalse(os.path.exists(out))
        drive.show()
        drive.wait_told("ready")

        def shown():
            with open(out, encoding="utf-8") as file:
                return '"call":"Notify"' in file.read()
        wait_for(shown, "it was started and shows")
        self.assertEqual(drive.errors(), "")

    def test_no_bus_at_first_and_then_none_again(self):
        drive = self.drive()
        drive.show()
        drive.wait_said(NO_BUS)
        self.desk.start()
        stand = self.stand()
        stand.wait_calls(1)
        stand.do("action later")
        drive.wait_told("ready", "action later ")
        drive.wait_said(NO_BUS)
        self.desk.stop()
        drive.wait_told("ready", "action later ", "ended LOST")
        drive.wait_said(NO_BUS, 2)
        drive.show("attune", "later", "a")
        self.desk.start()
        self.assertEqual(self.stand().wait_calls(1)[0]["body"], "later")

    def test_a_bus_that_hangs(self):
        self.desk.start()
        os.kill(self.desk.daemon.pid, signal.SIGSTOP)
        try:
            drive = self.drive()
            drive.show()
            drive.do("close")
            drive.show()
        finally:
            os.kill(self.desk.daemon.pid, signal.SIGCONT)
        self.stand().wait_calls(1)


class Lines(Case):
    """--stdout: what is told on standard error is the drive's own."""

    def open(self):
        read, write = os.pipe()
        drive = self.drive("--lines", stdout=write)
        os.close(write)
        drive.out_path = drive.err_path
        return os.fdopen(read, encoding="utf-8"), drive

    def test_lines(self):
        out, drive = self.open()
        drive.show("attune", "a \"b\"\\nc", "a", "open=Open", "later=Later")
        drive.do("close")
        drive.do("close")
        drive.wait_shown(1)
        drive.show("x", "", "-")
        drive.do("quit")
        drive.process.wait()
        with out:
            self.assertEqual([json.loads(line) for line in out], [
                {"format": 1, "event": "show", "title": "attune", "body": "a \"b\"\nc",
                 "alert": True, "actions": ["open", "later"]},
                {"format": 1, "event": "close"},
                {"format": 1, "event": "show", "title": "x", "body": "", "alert": False,
                 "actions": []}])

    def test_nobody_reads(self):
        out, drive = self.open()
        drive.show()
        out.close()
        self.assertEqual(drive.process.wait(couple.DEADLINE_S * couple.SLOW), 0)
        self.assertEqual(drive.told, ["ended LOST"])

    def test_somebody_slow(self):
        out, drive = self.open()
        body = "x" * 7000  # longer than what a pipe takes at once when it is ready
        first = "y" * 2000  # takes one page of a pipe, the others two: one is left over
        drive.show("attune", first, "a")
        for _ in range(12):
            drive.show("attune", body, "a")
        before = drive.lines().count("shown")
        with out:
            self.assertEqual(json.loads(out.readline())["body"], first)
            for _ in range(12):
                self.assertEqual(json.loads(out.readline())["body"], body)
            drive.wait_shown(before + 1)  # the last; those on their way were replaced
            drive.do("close")
            self.assertEqual(json.loads(out.readline())["event"], "close")

    def test_somebody_asleep(self):
        out, drive = self.open()
        with out:
            try:
                for _ in range(60):
                    drive.tell("\t".join(("show", "attune", "x" * 4000, "a")))
            except BrokenPipeError:
                pass  # it has ended before it heard all
            self.assertEqual(drive.process.wait(couple.DEADLINE_S * couple.SLOW), 0)
            self.assertEqual(drive.told, ["ended LOST"])


class Dunst(Case):
    """A notification server people have."""

    def make(self):
        return desktop.Desktop(self.base)

    def setUp(self):
        super().setUp()
        self.desk.start()

    def test_a_notice(self):
        desk, drive = self.desk, self.drive()
        drive.wait_told("ready")
        empty = desk.screenshot(os.path.join(self.base, "empty.png"))
        drive.show("attune", "one", "a", "open=Open", "later=Later")
        desk.wait_displayed()
        with open(empty, "rb") as before, \
                open(desk.screenshot(os.path.join(self.base, "one.png")), "rb") as after:
            self.assertNotEqual(before.read(), after.read())
        drive.show("attune", "<b>&\"two\"</b> it's", "", "open=Open", "later=Later")
        drive.show("attune", "<b>&\"two\"</b> it's", "a", "open=Open", "later=Later")
        drive.do("settle")
        desk.press("later")
        drive.wait_told("ready", "action later ")
        desk.wait_displayed()
        drive.do("close")
        desk.wait_displayed(0)
        shown = desk.history()
        self.assertEqual(len(shown), 1, shown)
        self.assertEqual((shown[0]["appname"], shown[0]["summary"], shown[0]["category"],
                          shown[0]["default_action_name"]),
                         ("attune", "attune", "x-attune.notice", "default"))
        # Pango reads it; unescaped it says what was written.
        self.assertEqual(shown[0]["message"], "<b>attune</b>\n&lt;b&gt;&amp;\"two\""
                                              "&lt;/b&gt; it's")
        self.assertEqual(drive.errors(), "")

    def test_the_notice_itself_is_pressed(self):
        desk, drive = self.desk, self.drive()
        drive.show()
        desk.wait_displayed()
        drive.do("settle")
        desk.press()
        drive.wait_told("ready", "action open ")

    def test_closed_by_us_and_by_a_person(self):
        desk, drive = self.desk, self.drive()
        drive.show()
        desk.wait_displayed()
        drive.do("close")
        desk.wait_displayed(0)
        drive.show()
        desk.wait_displayed()
        drive.do("settle")
        desk.dismiss()
        drive.wait_told("ready", "ended DISMISSED")

    def test_dunst_goes_and_comes(self):
        desk, drive = self.desk, self.drive()
        drive.show()
        desk.wait_displayed()
        drive.do("settle")
        desk.stop_dunst(signal.SIGKILL)
        drive.wait_told("ready", "ended LOST")
        drive.show("attune", "again", "a")
        desk.start_dunst()
        desk.wait_displayed()
        drive.wait_told("ready", "ended LOST", "ready")


if __name__ == "__main__":
    couple.main()
