# SPDX-License-Identifier: GPL-3.0-or-later
"""Ben's desktop while Ana writes: the real notifier, the real daemons on the test clock, and
dunst on a screen nobody sees. What was on the screen is read back from dunst; what was
pressed there shows on Ana's side. Pictures of the levels are kept in the build folder."""
import json
import os
import signal
import stat

import couple
import login
from clocks import Clocked
from couple import wait_for
from desktop import Desktop, Program

KIND = "There is something kind for you."
SCREENS = os.environ.get("ATTUNE_SCREENS", "")


class Notified(Clocked):
    """self.desktop is Ben's; self.notifier is attune-notify in it."""

    start_at = "2027-03-01T10:00:00Z"
    env_more = {}  # of the notifier

    def setUp(self):
        super().setUp()
        self.desktop = Desktop(self.base)
        self.desktop.start()
        self.addCleanup(self.desktop.stop)
        self.notifier = None

    def begin_told(self, **options):
        """A couple, Ben's notifier with these options (content="kind"), and no nudges."""
        ana, ben = self.begin(self.start_at)
        for nudge in ("question", "talk"):
            ben.run("config", "set", "notice." + nudge, "off")
        for name, value in options.items():
            ben.run("config", "set", "notice." + name, value)
        self.notify()
        return ana, ben

    def notify(self, *args, home=None):
        home = home or self.ben
        self.notifier = Program(self.base, "attune-notify",
                                [os.path.join(home.bin, "attune-notify"), *args],
                                home.env(**self.desktop.env, **self.env_more))
        self.addCleanup(self.stop_notifier)
        self.notifier.wait(self.minds_signals, "it minds its signals")
        return self.notifier

    def minds_signals(self):
        with open(f"/proc/{self.notifier.pid}/status", encoding="ascii") as status:
            blocked = next(line.split()[1] for line in status if line.startswith("SigBlk"))
        return int(blocked, 16) & 1 << signal.SIGTERM - 1

    def stop_notifier(self):
        if self.notifier and self.notifier.running():
            self.assertEqual(self.notifier.stop(), 0, self.notifier.errors())

    def terminal(self, ben):
        """A terminal that writes down what it was to run, and its environment."""
        path = os.path.join(self.base, "terminal")
        said = os.path.join(self.base, "terminal.said")
        with open(path, "w", encoding="utf-8") as script:
            script.write(f"#!/bin/sh\nfor word; do printf '%s\\n' \"$word\"; done >{said}.new\n"
                         f"mv {said}.new {said}\n")
        os.chmod(path, stat.S_IRWXU)
        ben.run("config", "set", "notice.terminal", path + " -e")
        return said

    # -- the screen

    def on_screen(self, body=None, title=None):
        """One notice is there; it is taken off to be read, as a person who saw it would."""
        self.desktop.wait_displayed(1)
        self.desktop.dismiss()
        self.desktop.wait_displayed(0)
        notice = self.desktop.history()[0]
        if body is not None:
            self.assertEqual(notice["body"], body, notice)
        if title is not None:
            self.assertEqual(notice["summary"], title, notice)
        return notice

    def calm(self):
        """Nothing is there, after the notifier has looked once more."""
        self.settle()
        self.assertEqual(self.desktop.displayed(), 0, self.desktop.history())

    def settle(self):
        """All that was on its way has arrived, and the notifier has looked since and rests."""
        self.couple.wait_equal()
        before = self.switches()
        self.ben.run("write", "--yes", "settle")  # its attuned tells it of that, too
        wait_for(lambda: self.switches() > before, "the notifier wakes")
        seen = []

        def rests():
            seen.append(self.switches())
            return len(seen) > 8 and len(set(seen[-8:])) == 1
        wait_for(rests, "the notifier rests")

    def switches(self):
        """How often it has waited for something."""
        with open(f"/proc/{self.notifier.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status
                        if line.startswith("voluntary_ctxt_switches"))

    def screenshot(self, name):
        if SCREENS:
            os.makedirs(SCREENS, exist_ok=True)
            path = self.desktop.screenshot(os.path.join(SCREENS, name + ".png"))
            self.assertGreater(os.stat(path).st_size, 1000)


class Levels(Notified):
    """How much a notice says."""

    def test_none(self):
        ana, ben = self.begin_told()
        ana.thanks("for the soup; it showed me you notice")
        self.desktop.wait_displayed(1)
        self.screenshot("none")
        notice = self.on_screen(KIND, "attune")
        self.assertEqual(notice["appname"], "attune")
        self.calm()  # told once
        ana.say("repair", "--hold", "0", "can we start over?")
        self.on_screen(KIND, "attune")  # nobody who glances can tell soft from hard
        self.assertEqual(self.notifier.errors(), "")

    def test_kind(self):
        ana, ben = self.begin_told(content="kind")
        first = ana.thanks("for the soup")
        self.on_screen("There is something kind for you.", "attune")
        ben.json("show", first)
        ana.say("repair", "--hold", "0", "can we start over?")
        self.on_screen("There is a step toward you.")

    def test_text(self):
        ana, ben = self.begin_told(content="text")
        ana.thanks("you fixed the lamp <b>unasked</b> & \"quietly\"")
        self.desktop.wait_displayed(1)
        self.screenshot("text")
        notice = self.on_screen(title="Ana thanks you")
        shown = notice["body"].replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"')
        self.assertIn("you fixed the lamp <b>unasked</b>", shown.replace("&amp;", "&"))

    def test_hostile(self):
        """64 KiB of bidi overrides, markup and controls: one harmless, short line."""
        ana, ben = self.begin_told(content="text")
        nasty = "\u202e<b>gold</b>\u2066\x1b]0;x\x07 a\u0300\u0300\u0300\u0300\u0300\u0300\u0300 "
        ana.say("tell", "--hold", "0", stdin=nasty * 1400)
        self.desktop.wait_displayed(1)
        self.screenshot("hostile")
        notice = self.on_screen()
        self.assertIn("Ana tells you", notice["summary"])
        self.assertTrue(notice["body"].rstrip().endswith("…"), notice["body"][-40:])
        self.assertLess(len(notice["body"]), 1200)
        for bad in "\u202e\u2066\x1b\x07":
            self.assertNotIn(bad, notice["body"])
        self.assertNotIn("\n", notice["body"].strip())

    def test_closed(self):
        """While closed a notice has no text, whatever was asked for; reading still asks."""
        ana, ben = self.begin_told(content="text")
        ben.run("config", "set", "closed.after", "1m")
        self.jump(minutes=2)
        wait_for(lambda: ben.status()["closed"], "it closes")
        ana.thanks("for the soup")
        self.on_screen("There is something kind for you.", "attune")
        self.assertEqual(ben.run("log", "--json", status=None).status, 3)


class Deeds(Notified):
    """What a person does with a notice."""

    def test_elsewhere(self):
        ana, ben = self.begin_told()
        first = ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        ben.json("show", first)
        self.desktop.wait_displayed(0)

    def test_later(self):
        ana, ben = self.begin_told()
        ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.desktop.press("later")
        self.desktop.wait_displayed(0)
        self.jump(minutes=59)
        self.calm()
        self.jump(minutes=2)
        self.desktop.wait_displayed(1)
        self.desktop.press("tomorrow")
        self.desktop.wait_displayed(0)
        self.jump("2027-03-02T07:59:00Z")
        self.calm()
        self.jump("2027-03-02T08:00:00Z")
        self.on_screen(KIND)

    def test_with_you(self):
        ana, ben = self.begin_told(content="kind")
        need = ana.json("need", "hug", "--hold", "0", "--yes")["id"]
        self.desktop.wait_displayed(1)
        self.desktop.press("with-you")
        self.sees(ana, need, state="with")
        self.desktop.wait_displayed(0)
        # A word that no longer means anything changes nothing.
        hello = ana.json("hi", "--yes")["id"]
        self.desktop.wait_displayed(1)
        ben.json("with-you", hello)
        self.sees(ana, hello, state="with")

    def test_back(self):
        ana, ben = self.begin_told(content="kind")
        pause = ana.json("pause", "40m", "--yes")["id"]
        self.on_screen("A pause, with a time to come back.")
        ben.json("show", pause)
        self.jump(minutes=40)
        self.desktop.wait_displayed(1)
        self.desktop.press("back")
        self.both_see(pause, "back")
        self.desktop.wait_displayed(0)

    def test_open(self):
        ana, ben = self.begin_told()
        said = self.terminal(ben)
        first = ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.desktop.press("open")
        wait_for(lambda: os.path.exists(said), "the terminal was started")
        with open(said, encoding="utf-8") as words:
            words = words.read().split("\n")
        self.assertEqual(words[0], "-e")
        self.assertIn("show", words)
        self.assertTrue(first.startswith(words[words.index("show") + 1]), words)
        self.assertNotIn("map", " ".join(words))
        self.assertNotIn("Ana", " ".join(words))
        self.desktop.wait_displayed(0)
        self.calm()


    def test_open_nowhere(self):
        """Without a terminal it stays, and is still there to be opened."""
        ana, ben = self.begin_told()
        ben.run("config", "set", "notice.terminal", "/nowhere/at-all")
        ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.desktop.press("open")
        self.notifier.wait(lambda: "notice.terminal" in self.notifier.errors(), "it says so")
        self.settle()
        self.desktop.wait_displayed(1)
        said = self.terminal(ben)
        self.desktop.press("open")
        wait_for(lambda: os.path.exists(said), "the terminal was started")
        self.desktop.wait_displayed(0)
        self.calm()
        self.assertEqual(self.notifier.errors().count("\n"), 1)


class Screen(Notified):
    """The screen locks, the laptop sleeps."""

    def setUp(self):
        super().setUp()
        folder = os.path.join(self.base, "login")
        os.mkdir(folder)
        self.login = login.Bus(folder)
        self.login.start()
        self.addCleanup(self.login.stop)

    def home(self, name):
        made = login.LoginHome(self.base, name) if name == "ben" else None
        if made is None:
            return super().home(name)
        made.bus = self.login
        self.homes.append(made)
        return made

    def test_locked_screen(self):
        """What is on the screen says less at once, and what comes says no more."""
        ana, ben = self.begin_told(content="text")
        ana.say("repair", "--hold", "0", "can we start over?")
        self.on_screen("can we start over?", "Ana would like to mend it")
        ana.say("hi", "is something up?")
        self.desktop.wait_displayed(1)
        self.login.do("lock")
        wait_for(lambda: ben.status()["closed"], "it closes")
        self.settle()
        self.on_screen(KIND, "attune")
        ana.say("need", "hug", "--hold", "0")
        self.on_screen(KIND, "attune")
        self.login.do("unlock")
        ben.unlock()
        ana.say("hi", "all right?")
        self.on_screen("all right?", "Ana says hi")

    def test_sleep(self):
        ana, ben = self.begin_told(content="kind")
        self.login.do("sleep")
        self.on_screen("attune is locked", "attune")
        self.assertTrue(ben.status()["locked"])


class Silence(Notified):
    """When nothing is told."""

    def test_quiet(self):
        ana, ben = self.begin_told(content="kind")
        ben.run("quiet", "2h")
        ana.thanks("for the map")
        ana.say("hi", "is something up?")
        self.calm()
        self.jump(hours=2, seconds=1)
        notice = self.on_screen()  # one, afterwards
        self.assertEqual(sorted(notice["body"].split("\n")),
                         ["There is a small hello.", "There is something kind for you."])
        self.calm()
        ben.run("quiet", "1h")
        ana.thanks("for the lift")
        self.calm()
        ben.run("quiet", "off")
        self.on_screen("There is something kind for you.")

    def test_hours(self):
        ana, ben = self.begin_told(content="kind", quiet="22:00-08:00")
        self.jump("2027-03-01T22:30:00Z")
        ana.say("good", "--hold", "0", "I got it!")
        self.calm()
        ben.run("config", "set", "notice.through", "yes")
        self.on_screen("There is good news.")
        ana.thanks("for the map")
        self.calm()
        self.jump("2027-03-02T08:00:00Z")
        self.on_screen("There is something kind for you.")

    def test_quiet_is_quiet(self):
        """What passes quiet hours doesn't pass a silence that was asked for."""
        ana, ben = self.begin_told(content="kind", through="yes")
        ben.run("quiet", "2h")
        ana.say("good", "--hold", "0", "I got it!")
        self.calm()
        ben.run("quiet", "off")
        self.on_screen("There is good news.")

    def test_many(self):
        """After a journey: one notice for all, and reading tells of nothing anew."""
        ana, ben = self.begin_told()
        self.away(ben)
        first = [ana.thanks(f"for day {day}") for day in range(50)]
        self.wake(ben)
        self.couple.wait_equal()
        self.on_screen(KIND)
        for ident in first[20:45]:
            ben.json("show", ident)
        self.calm()
        ana.thanks("for coming home")
        self.on_screen(KIND)

    def test_taken_back(self):
        """Words that were taken back leave the screen, too."""
        ana, ben = self.begin_told(content="text")
        words = ana.thanks("for nothing at all")
        self.desktop.wait_displayed(1)
        ana.run("retract", words, "--yes")
        self.desktop.wait_displayed(0)

    def test_budget(self):
        ana, ben = self.begin_told(content="kind", budget="2")
        ben.run("promise", "call mum", "--due", "2027-03-01 20:00", "--yes", "--hold", "0")
        for text in ("one", "two", "three"):
            ana.thanks(text)
            if text == "three":
                self.calm()
            else:
                self.on_screen("There is something kind for you.")
        self.jump("2027-03-01T19:00:00Z")
        self.on_screen("A promise of yours.")  # what the person set doesn't count
        self.jump("2027-03-02T07:59:00Z")
        self.assertEqual(self.desktop.displayed(), 0)
        self.jump("2027-03-02T08:00:00Z")
        self.on_screen("There is something kind for you.")


class Reminders(Notified):
    """The daemon owns time."""

    def test_promise(self):
        ana, ben = self.begin_told(content="kind")
        self.promise = ben.json("promise", "book the table", "--due", "2027-03-03", "--yes",
                                "--hold", "0")["id"]
        hers = ana.json("promise", "water the fern", "--due", "2027-03-03", "--yes",
                        "--hold", "0")["id"]
        self.on_screen("A promise has news.")
        ben.json("show", hers)
        self.jump("2027-03-03T08:59:00Z")
        self.calm()
        self.jump("2027-03-03T09:00:00Z")
        self.on_screen("A promise of yours.")
        ben.json("done", self.promise)
        self.jump("2027-03-04T09:00:00Z")
        self.calm()  # hers went by, and nothing tells him

    def test_ritual_shut_and_travel(self):
        ana, ben = self.begin_told(content="kind")
        walk = ana.json("ritual", "walk", "--every", "daily", "--at", "20:00", "--yes",
                        "--hold", "0")["id"]
        self.on_screen("A ritual has news.")
        ben.json("accept", walk)
        self.jump("2027-03-01T20:00:00Z")
        self.on_screen("A ritual of yours.")
        self.away(ben)  # shut for three evenings
        self.jump("2027-03-04T21:00:00Z")
        self.wake(ben)
        self.on_screen("A ritual of yours.")  # once
        self.calm()
        self.jump("2027-03-05T16:00:00Z")
        self.travel(ben, "Asia/Tokyo")  # it is one in the night there
        self.calm()
        self.jump("2027-03-06T11:00:00Z")  # eight in the evening
        self.on_screen("A ritual of yours.")
        self.jump("2027-03-06T16:00:00Z")
        self.jump("2027-03-06T10:30:00Z")  # set back by hours: not again
        self.jump("2027-03-06T11:30:00Z")
        self.calm()

    def test_question(self):
        ana, ben = self.begin_told(content="kind")
        ben.run("config", "set", "notice.question", "19:00")
        for day in range(1, 4):
            self.jump(f"2027-03-0{day}T19:00:00Z")
            self.on_screen("Today's question waits.")
        self.jump("2027-03-04T19:00:00Z")
        self.calm()
        today = ben.run().text
        self.assertIn("turned itself off", today)
        self.assertNotIn("turned itself off", ben.run().text)
        ben.run("config", "set", "notice.question", "19:00")
        self.jump("2027-03-05T19:00:00Z")
        self.on_screen("Today's question waits.")


class Lives(Notified):
    """What comes and goes around it."""

    def test_before_all(self):
        """It starts before attuned and before there is a journal."""
        ben = self.ben = self.home("ben")
        self.notify()
        ana, ben = self.begin_again(ben)
        ana.thanks("for waiting")
        self.on_screen(KIND)

    def begin_again(self, ben):
        made, self.home = self.home, lambda name: ben if name == "ben" else made(name)
        return self.begin(self.start_at)

    def test_restarts(self):
        ana, ben = self.begin_told()
        ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.away(ben)
        self.wake(ben)
        self.settle()
        self.assertEqual(self.desktop.displayed(), 1)  # not a second one
        self.desktop.stop_dunst(signal.SIGKILL)
        self.desktop.start_dunst()
        self.desktop.wait_displayed(1)  # the server came back: what is to be seen is seen
        self.desktop.dismiss()
        self.stop_notifier()
        self.notify()
        self.calm()  # told is told, through restarts of the notifier too
        ana.thanks("for the tea")
        self.on_screen(KIND)

    def test_killed(self):
        """What it left on the screen is taken over: one notice, whose buttons work."""
        ana, ben = self.begin_told(content="kind")
        ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.settle()
        self.notifier.stop(signal.SIGKILL)
        self.notify()
        self.settle()
        self.desktop.wait_displayed(1)
        self.desktop.press("later")
        self.desktop.wait_displayed(0)
        self.jump(hours=1, seconds=1)
        self.desktop.wait_displayed(1)
        self.settle()
        self.notifier.stop(signal.SIGKILL)
        for entry in ben.json("log")["entries"]:
            ben.json("show", entry["id"])  # nothing of it waits any more
        self.notify()
        self.desktop.wait_displayed(0)

    def test_ended(self):
        """Words do not outlive it: nobody would take them away when the screen locks."""
        ana, ben = self.begin_told(content="text")
        ana.thanks("for the map")
        self.desktop.wait_displayed(1)
        self.settle()
        self.stop_notifier()
        self.on_screen(KIND, "attune")

    def test_nobody_saw(self):
        """Without a server nothing is told, and none of the day's notices is spent: the
        next session has both."""
        ana, ben = self.begin_told(budget="1")
        self.desktop.stop_dunst()
        ana.thanks("for the map")
        self.settle()
        self.stop_notifier()
        self.desktop.start_dunst()
        self.notify()
        self.on_screen(KIND)
        self.calm()

    def test_one_a_session(self):
        """A second one ends at once and tells nothing."""
        ana, ben = self.begin_told()
        second = Program(self.base, "second", [os.path.join(ben.bin, "attune-notify")],
                         ben.env(**self.desktop.env))
        wait_for(lambda: not second.running(), "the second ends")
        self.assertEqual((second.stop(), second.errors()), (0, ""))
        lines = Program(self.base, "lines", [os.path.join(ben.bin, "attune-notify"),
                                                "--stdout"],
                        ben.env(**self.desktop.env))
        wait_for(lambda: not lines.running(), "one for a script ends, too")
        self.assertEqual((lines.stop(), lines.lines()), (6, []))
        self.assertIn("runs already", lines.errors())
        ana.thanks("for the map")
        self.on_screen(KIND)
        self.calm()

    def test_locked(self):
        ana, ben = self.begin_told()
        secret = os.path.join(self.base, "secret")
        with open(secret, "w", encoding="utf-8") as file:
            file.write(ben.passphrase + "\n")
        ben.run("config", "set", "unlock-command", f"cat {secret}")
        ben.run("lock")
        self.desktop.wait_displayed(1)
        self.screenshot("locked")
        self.desktop.press("unlock")
        wait_for(lambda: not ben.status()["locked"], "it is unlocked")
        self.desktop.wait_displayed(0)
        ben.run("lock")
        self.on_screen("attune is locked", "attune")
        ben.run("status")
        wait_for(lambda: self.desktop.displayed() == 0, "once")

    def test_locked_without_a_window(self):
        """No pinentry can ask: a terminal does. Who gives up is not asked again."""
        ana, ben = self.begin_told()
        said = self.terminal(ben)
        fakes = os.path.join(self.base, "fakes")
        os.mkdir(fakes)
        self.stop_notifier()
        self.env_more = {"PATH": fakes + ":" + os.environ.get("PATH", "/usr/bin:/bin")}
        self.notify()

        def pinentry(answer):
            path = os.path.join(fakes, "pinentry")
            with open(path + ".new", "w", encoding="utf-8") as script:
                script.write(f"#!/bin/sh\n{answer}\n")
            os.chmod(path + ".new", stat.S_IRWXU)
            os.rename(path + ".new", path)
        asked = os.path.join(self.base, "asked")
        pinentry("echo OK; while read -r line; do case $line in GETPIN) "
                 f": >{asked}; echo 'ERR 83886179 Operation cancelled';; *) echo OK;; esac; done")
        ben.run("lock")
        self.desktop.wait_displayed(1)
        self.desktop.press("unlock")
        wait_for(lambda: os.path.exists(asked), "a window asked")
        wait_for(lambda: not self.children(), "it is over")
        self.assertFalse(os.path.exists(said))
        ben.unlock()
        pinentry("exit 1")
        ben.run("config", "set", "unlock-command", "/nowhere/at-all")
        ben.run("lock")
        self.desktop.wait_displayed(1)
        self.desktop.press("unlock")
        wait_for(lambda: os.path.exists(said), "a terminal asks")
        with open(said, encoding="utf-8") as words:
            words = words.read().split("\n")
        self.assertEqual((words[0], words[-2]), ("-e", "unlock"), words)
        os.unlink(said)
        ben.unlock()
        ben.run("config", "set", "notice.terminal", "/nowhere/at-all")
        ben.run("lock")
        self.desktop.wait_displayed(1)
        self.desktop.press("unlock")
        self.notifier.wait(lambda: "notice.terminal" in self.notifier.errors(), "it says so")

    def children(self):
        path = f"/proc/{self.notifier.pid}/task/{self.notifier.pid}/children"
        with open(path, encoding="ascii") as children:
            return children.read().split()

    def test_stdout(self):
        ana, ben = self.begin_told()
        self.stop_notifier()
        lines = self.notify("--stdout")
        ana.thanks("for the map")
        lines.wait(lambda: any("show" in line for line in lines.lines()), "a line")
        first = json.loads(lines.lines()[-1])
        self.assertEqual((first["format"], first["event"], first["body"]), (1, "show", KIND))
        self.assertNotIn("map", "".join(lines.lines()))

    def test_bar(self):
        ana, ben = self.begin_told()
        self.assertEqual(ben.run("bar").text, "")
        follow = Program(self.base, "bar", [os.path.join(ben.bin, "attune"), "bar",
                                            "--for", "waybar", "--follow"], ben.env())
        self.addCleanup(follow.stop)
        follow.wait(lambda: len(follow.lines()) == 1, "it says that nothing waits")
        first = ana.thanks("for the map")
        follow.wait(lambda: len(follow.lines()) == 2, "something waits")
        self.assertEqual(ben.run("bar").text, "♡ attune\n")
        ben.run("quiet", "1h")
        follow.wait(lambda: len(follow.lines()) == 3, "quiet")
        self.assertEqual(ben.run("bar").text, "")
        self.jump(hours=1, seconds=1)
        follow.wait(lambda: len(follow.lines()) == 4, "again")
        ben.json("show", first)
        follow.wait(lambda: len(follow.lines()) == 5, "nothing waits")
        texts = [json.loads(line)["text"] for line in follow.lines()]
        self.assertEqual(texts, ["", "♡ attune", "", "♡ attune", ""])


if __name__ == "__main__":
    couple.main()
