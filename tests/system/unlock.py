# SPDX-License-Identifier: GPL-3.0-or-later
"""Unlocking without typing at attune: by a pinentry, and by unlock-command. The passphrase
is seen in no argument and no environment of any process, and what fails falls back.

The model: a fake pinentry stands first in PATH. It writes down what it hears, and answers
GETPIN by the next line of a script; so it can be as wrong as no real one is."""
import os
import shutil
import sys
import threading

from couple import Case, Home, ids_of_children, main, wait_for
from terminal import Terminal

PASSPHRASE = "a 100% quiet h\u00f6use + gården"

FAKE = """#!{python}
import os, signal, sys
here = {here!r}
if os.path.exists(os.path.join(here, "stubborn")):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
def say(text):
    sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
    sys.stdout.buffer.flush()
def heard(text):
    with open(os.path.join(here, "heard"), "a") as file:
        file.write(text + "\\n")
heard("argv " + " ".join(sys.argv[1:]))
with open(os.path.join(here, "script")) as file:
    script = [eval(line) for line in file]
say(script.pop(0))
for line in sys.stdin:
    heard(line.rstrip("\\n"))
    if line.startswith("GETPIN"):
        answer = script.pop(0) if script else "ERR 99 none left\\n"
        say(answer)
        if not answer.endswith("\\n"):
            sys.exit(0)
    elif line.startswith("BYE"):
        break
    elif line.startswith("OPTION"):
        say("ERR 83886254 Unknown option <Pinentry>\\n")
    else:
        say("OK\\n")
if os.path.exists(os.path.join(here, "stubborn")):
    heard("pid " + str(os.getpid()))
    signal.alarm({stays_s})
    signal.pause()
"""
STAYS_S = 100
HELLO = "OK Pleased to meet you\n"
CANCEL = "ERR 83886179 Operation cancelled <Pinentry>\n"


def pin(text):
    """What a pinentry answers, in two parts."""
    raw = "".join(f"%{ord(char):02X}" if char in "%\r\n" else char for char in text)
    half = len(raw) // 2
    while half > 0 and "%" in raw[half - 2:half]:
        half -= 1
    return f"S PASSWORD_FROM_NOWHERE\n# a comment\nD {raw[:half]}\nD {raw[half:]}\nOK\n"


class Unlocks(Case):
    def setUp(self):
        super().setUp()
        self.ana = self.home("ana")
        self.ana.passphrase = PASSPHRASE
        self.ana.init()
        self.ana.run("lock")
        self.fakes = self.ana.path("fakes")
        os.mkdir(self.fakes)

    def first_in_path(self, home=None):
        """The folder of the fakes stands before everything else."""
        home = home or self.ana
        path = self.fakes + ":" + os.environ.get("PATH", "/usr/bin:/bin")
        home.env = lambda **more: Home.env(home, **{"PATH": path, **more})

    def script(self, *answers, hello=HELLO):
        """A fake pinentry that says so."""
        path = os.path.join(self.fakes, "pinentry")
        with open(path, "w", encoding="utf-8") as file:
            file.write(FAKE.format(python=sys.executable, here=self.fakes,
                                   stays_s=STAYS_S))
        os.chmod(path, 0o700)
        with open(os.path.join(self.fakes, "script"), "w", encoding="utf-8") as file:
            file.writelines(repr(answer) + "\n" for answer in (hello, *answers))
        try:
            os.unlink(os.path.join(self.fakes, "heard"))
        except FileNotFoundError:
            pass
        self.first_in_path()

    def heard(self):
        with open(os.path.join(self.fakes, "heard"), encoding="utf-8") as file:
            return file.read().splitlines()

    def command(self, text, mode=0o700):
        """An unlock-command: a shell script."""
        path = os.path.join(self.fakes, "say")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, mode)
        self.ana.run("config", "set", "unlock-command", path)
        return path


class Pinentry(Unlocks):
    def test_opens(self):
        self.script(pin(PASSPHRASE))
        got = self.ana.run("unlock", "--pinentry")
        self.assertIn("Open", got.text)
        self.assertFalse(self.ana.status()["locked"])
        self.assertEqual(self.heard(), [
            "argv ", "SETTITLE attune", "SETDESC Passphrase of attune",
            "SETPROMPT Passphrase:", "GETPIN"])
        # Open already: nobody is asked.
        self.script(pin(PASSPHRASE))
        self.ana.run("unlock", "--pinentry")
        self.assertFalse(os.path.exists(os.path.join(self.fakes, "heard")))

    def test_three_tries(self):
        self.script(pin("wrong"), pin(""), pin(PASSPHRASE), pin("never asked"))
        self.assertEqual(self.ana.json("unlock", "--pinentry"), {"format": 1})
        heard = self.heard()
        self.assertEqual(heard.count("GETPIN"), 3)
        self.assertEqual(heard.count("SETERROR That does not open it."), 2)
        self.ana.run("lock")
        self.script(*[pin("wrong")] * 5)
        self.refused(self.ana.run("unlock", "--pinentry", "--json", status=None),
                     "E_PASSPHRASE", 1)
        self.assertEqual(self.heard().count("GETPIN"), 3)

    def test_cancelled(self):
        for answer in (CANCEL, "ERR 99\n", "ERR 83886142 Timeout <Pinentry>\n",
                       "ERR 83886278 fully cancelled\n"):
            self.script(answer, pin(PASSPHRASE))
            self.refused(self.ana.run("unlock", "--pinentry", "--json", status=None),
                         "E_STOPPED", 1)
            self.assertEqual(self.heard().count("GETPIN"), 1, "it isn't asked again")
        self.assertTrue(self.ana.status()["locked"])

    def test_does_not_end(self):
        """One that goes on after its input ended and SIGTERM came is not waited for."""
        with open(os.path.join(self.fakes, "stubborn"), "w", encoding="utf-8"):
            pass
        self.script(pin(PASSPHRASE))
        self.ana.run("unlock", "--pinentry", timeout_s=STAYS_S / 5)
        self.assertFalse(self.ana.status()["locked"])
        said = [line for line in self.heard() if line.startswith("pid ")]
        self.assertEqual(len(said), 1, "it was there until it was killed")
        self.assertFalse(os.path.exists("/proc/" + said[0].split()[1]))

    def test_nonsense(self):
        """As wrong as no real one is: it ends, in time, and says what to do."""
        for answers, hello in (
                ([], ""), ([], "Hello.\n"), ([], "D secret\nOK\n"), ([], CANCEL),
                ([], "OK\nOK\nERR 1 x\n"), ([], "OK " + "x" * 5000 + "\n"),
                ([], "# again\n" * 1000), ([""], HELLO), (["D half"], HELLO),
                (["INQUIRE QUALITY x\n"], HELLO), (["D %2\nOK\n"], HELLO),
                (["D %zz\nOK\n"], HELLO), (["\nOK\n"], HELLO),
                (["ERR 83886249 No terminal\n"], HELLO), (["S x\n" * 1000], HELLO),
                (["D " + "x" * 5000 + "\nOK\n"], HELLO)):
            self.script(*answers, hello=hello)
            got = self.ana.run("unlock", "--pinentry", "--json", status=None)
            self.assertIn("pinentry", self.refused(got, "E_LOCKED", 3)["hint"])
        self.script(*[f"{'D ' + 'x' * 900 + chr(10)}" * 2 + "OK\n"] * 2)
        self.refused(self.ana.run("unlock", "--pinentry", "--json", status=None),
                     "E_LIMIT", 2)
        self.assertTrue(self.ana.status()["locked"])

    def test_none_there(self):
        empty = self.ana.path("empty")
        os.mkdir(empty)
        got = self.ana.run("unlock", "--pinentry", "--json", status=None,
                           env=self.ana.env(PATH=empty))
        self.assertIn("installed", self.refused(got, "E_LOCKED", 3)["hint"])
        self.refused(self.ana.run("unlock", "--pinentry", "--json", status=None,
                                  fds={"passphrase-fd": PASSPHRASE}), "E_USAGE", 2)

    def test_a_real_one(self):
        """pinentry-curses, in a terminal of its own."""
        real = shutil.which("pinentry-curses")
        if real is None:
            self.skipTest("there is no pinentry-curses")
        os.symlink(real, os.path.join(self.fakes, "pinentry"))
        self.first_in_path()
        tty = Terminal(self.ana, 80, "unlock", "--pinentry")
        tty.expect("Passphrase of attune")
        tty.expect("Passphrase:")
        tty.type("wrong\r")
        tty.expect("does not open")
        tty.type(PASSPHRASE + "\r")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.assertNotIn("quiet", tty.seen, "it is never shown")
        self.assertFalse(self.ana.status()["locked"])
        self.ana.run("lock")
        tty = Terminal(self.ana, 80, "unlock", "--pinentry")
        tty.expect("Passphrase:")
        tty.type("\t\t\r")  # to <Cancel>
        self.assertEqual(tty.end(), 1, tty.seen)
        self.assertTrue(self.ana.status()["locked"])


class Command(Unlocks):
    def secret(self):
        path = self.ana.path("secret")
        with open(path, "w", encoding="utf-8") as file:
            file.write(PASSPHRASE + "\nsecond line\n")
        return path

    def test_opens(self):
        """Without a terminal, and with one that is asked nothing."""
        self.command(f"cat {self.secret()}")
        self.ana.run("unlock")
        self.assertFalse(self.ana.status()["locked"])
        self.ana.run("lock")
        tty = Terminal(self.ana, 80, "log")
        self.assertEqual(tty.end(), 0)
        self.assertNotIn("▸", tty.seen)
        # Before a window too.
        self.ana.run("lock")
        self.script(pin("not asked"))
        self.ana.run("unlock", "--pinentry")
        self.assertFalse(os.path.exists(os.path.join(self.fakes, "heard")))

    def test_falls_back(self):
        for text in ("exit 1", "true", "echo wrong", f"cat {self.secret()}; exit 3",
                     "head -c 3000 /dev/zero | tr '\\0' x", "kill -9 $$"):
            self.command(text)
            self.assertIn("unlock-command", self.refused(
                self.ana.run("unlock", "--json", status=None), "E_LOCKED", 3)["hint"])
        self.script(pin(PASSPHRASE))
        self.ana.run("unlock", "--pinentry")
        self.assertEqual(self.heard().count("GETPIN"), 1)
        self.ana.run("lock")
        tty = Terminal(self.ana, 80, "unlock")
        tty.expect("Passphrase ▸ ")
        tty.type(PASSPHRASE + "\n")
        self.assertEqual(tty.end(), 0)
        self.assertFalse(self.ana.status()["locked"])

    def seen_of(self, pid):
        """Arguments and environment of a process, as far as they may be looked at."""
        seen = b""
        for name in ("cmdline", "environ"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    seen += file.read()
            except (PermissionError, FileNotFoundError, ProcessLookupError):
                pass
        return seen

    def test_nobody_sees_it(self):
        """While the command runs and after it printed; by a pinentry as well."""
        gate, ran = self.ana.path("gate"), self.ana.path("ran")
        os.mkfifo(gate)
        self.command(f"cat {self.secret()}; touch {ran}; read -r line <{gate}")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            self.ana.run("unlock", "--json")))
        thread.start()
        try:
            wait_for(lambda: os.path.exists(ran), "it printed the passphrase")
            pids = [pid for pid in ids_of_children(os.getpid()) if pid != os.getpid()]
            pids += ids_of_children(self.ana.serving())
            self.assertGreaterEqual(len(pids), 3, "attune, the command and attuned run")
            self.assertTrue(any(b"say" in self.seen_of(pid) for pid in pids))
            for pid in pids:
                self.assertNotIn(b"quiet", self.seen_of(pid))
        finally:
            with open(gate, "w", encoding="ascii") as file:
                file.write("\n")
            thread.join()
        self.assertEqual(answers[0].json, {"format": 1})
        for pid in ids_of_children(self.ana.serving()):
            self.assertNotIn(b"quiet", self.seen_of(pid))


if __name__ == "__main__":
    main()
