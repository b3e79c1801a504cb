# SPDX-License-Identifier: GPL-3.0-or-later
"""At a real terminal: prompts, what is asked, what is hidden, and no line too wide."""
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata

from couple import DEADLINE_S, SLOW, Case, Late, main, wait_for

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]")


def width(line):
    """Columns a terminal gives a line."""
    total = 0
    for char in ESCAPE.sub("", line):
        if unicodedata.combining(char) or char in "\u200b\u200d":
            continue
        total += 2 if unicodedata.east_asian_width(char) in "WF" else 1
    return total


class Terminal:
    """One command in a pseudo-terminal of so many columns."""

    def __init__(self, home, columns, *args):
        self.args = args
        self.seen = ""
        self.mark = 0
        self.columns = columns
        self.status = None
        self.typed = 0
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                size = struct.pack("4H", 60, columns, 0, 0)
                fcntl.ioctl(0, termios.TIOCSWINSZ, size)
                env = home.env(TERM="xterm", ATTUNE_PAGER="")
                os.execve(os.path.join(home.bin, "attune"), ["attune", *args], env)
            finally:
                os._exit(127)

    def read(self, wait_s):
        ready, _, _ = select.select([self.fd], [], [], wait_s)
        if not ready:
            return True
        try:
            got = os.read(self.fd, 65536)
        except OSError:
            return False
        self.seen += got.decode(errors="replace")
        return bool(got)

    def expect(self, pattern):
        """Waits for text after what was expected before; returns the match."""
        end = time.monotonic() + DEADLINE_S * SLOW
        while True:
            found = re.search(pattern, ESCAPE.sub("", self.seen)[self.mark:], re.S)
            if found:
                self.mark += found.end()
                return found
            if not self.read(0.05) or time.monotonic() > end:
                raise Late(f"no {pattern!r} in:\n{self.seen}")

    def type(self, text):
        self.typed += len(text)
        os.write(self.fd, text.encode())

    def end(self):
        """Its exit status, once it has ended."""
        limit = time.monotonic() + DEADLINE_S * SLOW
        while self.read(0.05):
            if time.monotonic() > limit:
                os.kill(self.pid, signal.SIGKILL)
                break
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.status = os.waitstatus_to_exitcode(status)
        return self.status

    def lines(self):
        return self.seen.replace("\r", "").split("\n")


class People(Case):
    def setUp(self):
        super().setUp()
        self.wide = []

    def fits(self, terminal):
        """No line is wider; but a command to be copied stays in one piece."""
        self.wide += [(terminal.args, line) for line in terminal.lines()
                      if width(line) > terminal.columns and
                      not re.match(r"\s*(or --at|attune \w)", line)]

    def begin(self, home, columns):
        """attune init, as a person does it."""
        tty = Terminal(home, columns, "init")
        tty.expect("First name ▸ ")
        tty.type(home.name.capitalize() + "\n")
        tty.expect("Passphrase, twice ▸ ")
        tty.type("short\n")
        tty.expect("Once more ▸ ")
        tty.type("different\n")
        tty.expect("differ")
        tty.expect("Passphrase, twice ▸ ")
        tty.type("a quiet harbour\n")
        tty.expect("Once more ▸ ")
        tty.type("a quiet harbour\n")
        shown = tty.expect(r"On paper:(.*?)Words (\d+) and (\d+) ▸ ")
        words = dict(re.findall(r"(\d+) ([a-z]+)", shown.group(1)))
        self.assertEqual(len(words), 24, tty.seen)
        tty.type("wrong words\n")
        tty.expect("Not those")
        tty.expect("▸ ")
        tty.type(f"{words[shown.group(2)]} {words[shown.group(3)]}\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.assertNotIn("quiet harbour", tty.seen, "a passphrase is never shown")
        self.assertNotIn("different\r", tty.seen)
        self.fits(tty)
        home.passphrase = "a quiet harbour"
        home.words = [words[str(number)] for number in range(1, 25)]
        return home

    def day(self, columns):
        ana, ben = self.home("ana"), self.home("ben")
        for home in (ana, ben):
            home.run("config", "set", "link.listen", home.at)
            first = Terminal(home, columns)
            self.assertEqual(first.end(), 0)
            self.assertIn("attune init", first.seen)
            self.fits(first)
            self.assertIsNone(home.serving(), "a look starts nothing")
            self.begin(home, columns)

        # The line on Ana's screen is the one to type on Ben's.
        hers = Terminal(ana, columns, "pair")
        line = hers.expect(r"attune pair ([a-z-]+)\s+--at (\S+)")
        hers.expect("Waiting")
        his = Terminal(ben, columns, "pair", line.group(1), "--at", line.group(2))
        his.expect("Paired with Ana")
        words = his.expect(r"show\s+((?:[a-z]+\s+){6})").group(1).split()
        his.expect(r"The same\? \[y/N\] ")
        hers.expect("Paired with Ben")
        same = hers.expect(r"show\s+((?:[a-z]+\s+){6})").group(1).split()
        hers.expect(r"The same\? \[y/N\] ")
        self.assertEqual(words, same)
        for tty in (his, hers):
            tty.type("y\n")
            tty.expect("Confirmed")
            self.assertEqual(tty.end(), 0)
            self.fits(tty)
        self.assertEqual(ana.json("verify")["words"], words)

        # One prompt, and it leaves by itself after its hold.
        thanks = Terminal(ana, columns, "thanks", "--hold", "0")
        thanks.expect("To Ben ▸ ")
        thanks.type("you fixed the lamp unasked\n")
        self.assertEqual(thanks.end(), 0)
        self.assertEqual(thanks.seen.count("▸"), 1, "one prompt")
        self.fits(thanks)
        wait_for(lambda: ben.has("you fixed the lamp unasked"), "it came")

        # A longer one is shown once, exactly as it will be seen.
        letter = Terminal(ana, columns, "write", "--ours", "--hold", "0",
                          "A longer text, " * 20)
        letter.expect("exactly what Ben will see")
        letter.expect("Enter sends")
        letter.type("\n")
        self.assertEqual(letter.end(), 0)
        self.fits(letter)
        wait_for(lambda: len(ben.log()) == 2, "it came")

        for args in ([], ["log"], ["status"], ["visible"], ["show", "@last"],
                     ["find", "lamp"], ["help"], ["help", "promise"], ["help", "safety"],
                     ["verify", "--accept"], ["config", "list"], ["drafts"], ["check"],
                     ["help", "pair"], ["nonsense"], ["show", "zzzz"]):
            for home in (ana, ben):
                tty = Terminal(home, columns, *args)
                status = tty.end()
                self.assertEqual(status != 0, args in (["nonsense"], ["show", "zzzz"]) or
                                 status != 0 and args == ["show", "@last"], tty.seen)
                if args != ["config", "list"]:
                    self.fits(tty)

        # Locked: reading asks for the passphrase, and a wrong one is asked again.
        ana.run("lock")
        tty = Terminal(ana, columns, "log")
        tty.expect("Passphrase ▸ ")
        tty.type("wrong\n")
        tty.expect("does not open")
        tty.expect("Passphrase ▸ ")
        tty.type("a quiet harbour\n")
        tty.expect("lamp")
        self.assertEqual(tty.end(), 0)
        self.fits(tty)

        # Ctrl-C at a prompt: nothing sent, and the echo is back.
        tty = Terminal(ana, columns, "thanks")
        tty.expect("To Ben ▸ ")
        tty.type("never mind\x03")
        self.assertNotEqual(tty.end(), 0)
        self.assertFalse(ana.has("never mind"))
        ana.run("lock")
        tty = Terminal(ana, columns, "unlock")
        tty.expect("Passphrase ▸ ")
        tty.type("\x03")
        self.assertNotEqual(tty.end(), 0)
        self.assertTrue(ana.status()["locked"])
        self.assertEqual(self.wide, [])

    def test_80_columns(self):
        self.day(80)

    def test_40_columns(self):
        self.day(40)


if __name__ == "__main__":
    main()
