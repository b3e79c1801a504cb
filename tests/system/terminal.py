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

from clocks import Clocked
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


class Keys(Clocked):
    """How it should feel: the keys besides the text itself, the command line included."""

    def keys(self, home, line, *steps):
        """Types the line, then at each prompt its text, which is not counted, and keys.
        Returns (prompts, keys, the terminal)."""
        tty = Terminal(home, 80, *line.split()[1:])
        counted = len(line + "\n")
        for prompt, text, keys in steps:
            tty.expect(prompt)
            tty.type(text + keys)
            counted += len(keys)
        self.assertEqual(tty.end(), 0, tty.seen)
        return tty.seen.count("▸"), counted, tty

    def test_keys(self):
        ana, ben = self.begin()
        ana.thanks("the two have spoken")
        self.couple.wait_equal()
        self.assertEqual(self.keys(ana, "attune thanks",
                                   ("To Ben ▸ ", "the soup; you notice", "\n"))[:2], (1, 15))
        prompts, keys, tty = self.keys(
            ana, "attune evening", ("Best today ▸ ", "the walk", "\n"),
            ("Hard today ▸ ", "the meeting", "\n"), ("I feel ▸ ", "calm", "\n"),
            ("From you I'd like ▸ ", "an hour", "\n"), ("Enter sends", "", "\n"))
        self.assertEqual((prompts, keys), (4 + 1, 20), "four prompts and a preview")
        shown = tty.seen[tty.seen.index("exactly what Ben will see"):]
        for text in ("the walk", "the meeting", "calm", "an hour"):
            self.assertIn(text, shown)
        question = ana.json("question")["questions"][0]["text"]
        prompts, keys, tty = self.keys(ana, "attune answer", ("▸ ", "floor wax", "\n"))
        self.assertEqual((prompts, keys), (1, 15))
        seen = " ".join(ESCAPE.sub("", tty.seen).replace("│", " ").split())
        self.assertIn(question, seen, "it prints the question first")
        self.assertEqual(self.keys(ana, "attune need hug")[:2], (0, 16))
        self.assertEqual(self.keys(ana, "attune pause")[:2], (0, 13))
        self.assertIn("18:30", ana.run("show", "@last").text, "bare: half an hour")

    def one_key(self, home, args, key, *after):
        """Shown, one key, no Enter; then what the act asks for."""
        tty = Terminal(home, 80, *args)
        tty.expect("Enter leaves it")
        tty.type(key)
        for prompt, text in after:
            tty.expect(prompt)
            tty.type(text)
        self.assertEqual(tty.end(), 0, tty.seen)
        return tty

    def test_one_key(self):
        ana, ben = self.begin()
        need = ana.say("need", "hug", "--hold", "0")
        self.couple.wait_equal()
        left = Terminal(ben, 80, "show", need)
        left.expect("w with you · Enter leaves it")
        left.type("\n")
        self.assertEqual(left.end(), 0)
        self.assertEqual(self.sees(ben, need)["state"], "open", "Enter leaves it")
        self.one_key(ben, ["show", need], "w")
        self.both_see(need, "with")
        plain = Terminal(ben, 80, "show", need)
        self.assertEqual(plain.end(), 0)
        self.assertNotIn("Enter leaves it", plain.seen, "nothing is asked twice")

        hello = ana.say("hi", "is something up?")
        self.couple.wait_equal()
        self.one_key(ben, ["show", hello], "l", ("Later, at ▸ ", "20:00\n"))
        self.both_see(hello, "later")
        other = ana.say("hi")
        self.couple.wait_equal()
        # Yes leads to what would help; leaving that leaves the yes.
        self.one_key(ben, ["show", other], "y", ("What would help ▸ ", "listen\n"))
        self.both_see(other, "with")
        self.jump(seconds=11)
        wait_for(lambda: [entry["fields"]["what"] for entry in ana.json("log", "need")[
            "entries"] if entry["author"] == "partner"] == ["listen"], "Ben's need is here")

        told = ana.say("tell", "I felt left out", "--hold", "0")
        self.couple.wait_equal()
        heard = Terminal(ben, 80, "hear", told)
        heard.expect("I felt left out")
        heard.expect("What I heard ▸ ")
        heard.type("you were alone\n")
        self.assertEqual(heard.end(), 0)
        self.jump(seconds=11)
        self.couple.wait_has(ana, "you were alone")
        self.one_key(ana, ["hear"], "a", ("What is missing ▸ ", "the music\n"))
        self.jump(seconds=11)
        wait_for(lambda: "the music" in ben.run("show", told).text, "what is missing")
        again = Terminal(ben, 80, "hear")
        again.expect("the music")
        again.expect("What I heard ▸ ")
        again.type("alone, and the music hurt\n")
        self.assertEqual(again.end(), 0)
        self.jump(seconds=11)
        wait_for(lambda: "the music hurt" in ana.run("show", told).text, "said again")
        self.one_key(ana, ["hear"], "y")
        self.couple.wait_equal()
        end = Terminal(ben, 80, "hear")
        end.expect("What I can agree with or do ▸ ")
        end.type("\n")  # heard, without agreeing
        self.assertEqual(end.end(), 0)
        self.both_see(ben.json("log", "hear")["entries"][0]["id"], "done")
        # Ctrl-C takes the line with it, as in a shell: nothing is sent or kept.
        lost = Terminal(ben, 80, "answer")
        lost.expect("▸ ")
        lost.type("half an answer")
        lost.expect("half an answer")
        lost.type("\x03")
        self.assertEqual(lost.end(), -signal.SIGINT)
        self.assertEqual(ben.json("drafts")["entries"], [])
        self.assertFalse(ben.has("half an answer"))

    def test_today(self):
        """Everything waits: seven lines at most, no counts, nothing of what was written."""
        ana, ben = self.begin("2027-03-07T08:00:00Z")  # a Sunday
        walk = ana.say("ritual", "secret walk", "--every", "sun", "--at", "16:00",
                       "--hold", "0")
        self.couple.wait_equal()
        ben.json("accept", walk)
        ben.say("promise", "secret swim", "--due", "today 20:00", "--hold", "0")
        for kind, args in (("need", ["hug", "secret need"]), ("tell", ["secret tell"]),
                           ("repair", ["secret repair"]), ("story", ["secret story"]),
                           ("hi", ["secret hi"]), ("thanks", ["secret thanks"]),
                           ("question", ["--new", "secret question?"]),
                           ("promise", ["secret promise", "--due", "tomorrow"]),
                           ("evening", ["--best", "secret best"])):
            ana.say(kind, *args, "--hold", "0")
        ana.say("pause", "20m")
        self.couple.wait_equal()
        self.jump(hours=9)
        for columns in (80, 40):
            for home in self.couple:
                tty = Terminal(home, columns)
                self.assertEqual(tty.end(), 0)
                lines = [ESCAPE.sub("", line) for line in tty.lines() if line.strip()]
                self.assertLessEqual(len(lines), 7, tty.seen)
                self.assertTrue(all(width(line) <= columns for line in lines), tty.seen)
                self.assertNotIn("secret", tty.seen)
                self.assertNotRegex(tty.seen, r"\(\d+\)|\d+ (new|more|unread|waiting)")
            self.assertIn("more", tty.seen)
            self.assertIn("today's question", tty.seen)
            self.assertRegex(tty.seen, "a promise of yours|a ritual of yours|a pause to")


class Half(Clocked):
    """Half a line, a wrong number, a draft taken up again: nothing leaves by accident."""

    def texts(self, home, verb="drafts"):
        return [entry["fields"].get("text") for entry in home.json(verb)["entries"]]

    def show(self, home, *args, status=0):
        tty = Terminal(home, 80, *args)
        self.assertEqual(tty.end(), status, tty.seen)
        return " ".join(ESCAPE.sub("", tty.seen).split())

    def test_half_a_line(self):
        ana, ben = self.begin()
        # Ctrl-D in the middle of a line is no Enter; in a pipe it is how a line ends.
        tty = Terminal(ana, 80, "thanks")
        tty.expect("To Ben ▸ ")
        tty.type("half a tha\x04\x04")
        self.assertEqual(tty.end(), 1, tty.seen)
        self.assertIn("half a tha", self.texts(ana))
        self.assertNotIn("half a tha", self.texts(ana, "log"))
        ana.run("thanks", "--yes", "--hold", "0", stdin=b"without a newline")
        self.couple.wait_has(ben, "without a newline")

        # The verb again: the draft is there, is shown before it leaves, and then is gone.
        tty = Terminal(ana, 80, "thanks")
        tty.expect(r"A draft of today \d\d:\d\d is there")
        tty.expect(r"\[Y/n\] ▸ ")
        tty.type("n\n")
        tty.expect("To Ben ▸ ")
        tty.type("a new one\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.assertIn("half a tha", self.texts(ana), "it stays")
        tty = Terminal(ana, 80, "thanks", "--hold", "0")
        tty.expect(r"\[Y/n\] ▸ ")
        tty.type("\n")
        tty.expect("half a tha")
        tty.expect("Enter sends")
        tty.type("\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.couple.wait_has(ben, "half a tha")
        self.assertEqual(self.texts(ana), [])
        self.assertEqual(self.keys_of(ana, "thanks"), "To Ben ▸")

        # A draft is thrown away without a question: nobody has seen it.
        ana.run("thanks", "never mind", status=2)
        draft = ana.json("drafts")["entries"][0]["id"]
        self.assertIn("The draft is gone", self.show(ana, "retract", draft))
        self.assertEqual(self.texts(ana), [])

        # Of another day it is in nobody's way.
        ana.run("thanks", "for yesterday", status=2)
        self.assertIn("Y/n", self.keys_of(ana, "thanks"))
        self.jump(days=1, minutes=1)
        ana.unlock()
        self.assertEqual(self.keys_of(ana, "thanks"), "To Ben ▸")
        self.assertEqual(self.texts(ana), ["for yesterday"])

    def keys_of(self, home, verb):
        """The first prompt of a verb."""
        tty = Terminal(home, 80, verb)
        prompt = tty.expect(r"(\S[^\n]*▸) ").group(1)
        tty.type("\x03")
        tty.end()
        return prompt

    def test_numbers(self):
        ana, ben = self.begin()
        tty = Terminal(ana, 80, "repair", "--hold", "0")
        tty.expect("5  I was scared")
        tty.expect("To Ben ▸ ")
        tty.type("7\n")
        tty.expect("1 to 5, or words of your own")
        tty.expect("To Ben ▸ ")
        tty.type("2\n")
        tty.expect("“Can we start over")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.couple.wait_has(ben, "Can we start over?")
        self.assertFalse(ana.has("7"))

    def test_topic(self):
        ana, ben = self.begin()
        shown = self.show(ana, "tell", "it is about my job", "--topic", "work", "--yes",
                          "--hold", "0")
        self.assertIn("Only its topic is shared", shown)
        told = ana.log()[0]
        self.assertEqual(told["fields"], {"text": "it is about my job", "topic": "work"})
        self.assertEqual(self.sees(ben, told["id"], state="topic")["fields"],
                         {"topic": "work"})

    def test_nothing_to_hear(self):
        """Before anybody types, it is said that and why there is nothing to say back."""
        ana, ben = self.begin()
        told = ana.say("tell", "I felt left out", "--hold", "0")
        kind = ana.say("thanks", "for the soup", "--hold", "0")
        topic = ana.say("tell", "at work", "--topic", "work", "--hold", "0")
        self.couple.wait_equal()
        for home, ident, why in ((ana, told, "That is yours; Ben says back."),
                                 (ben, topic, "Only its topic is told"),
                                 (ben, kind, "attune reply answers this")):
            shown = self.show(home, "hear", ident, status=1)
            self.assertIn(why, shown)
            self.assertNotIn("▸", shown)
        # What is typed meanwhile is kept.
        tty = Terminal(ben, 80, "hear", told)
        tty.expect("What I heard ▸ ")
        ana.say("pause", "20m")
        self.couple.wait_equal()
        tty.type("you were alone\n")
        self.assertEqual(tty.end(), 1, tty.seen)
        self.assertIn("kept as a draft", " ".join(tty.seen.split()))
        self.assertEqual(self.texts(ben), ["you were alone"])
        for args in (["hear"], ["hear", told]):
            shown = self.show(ben, *args, status=1)
            self.assertIn("Not during a pause.", shown)
            self.assertNotIn("▸", shown)

    def test_older_question(self):
        """Without an id it is today's; an older one is shown with its day first."""
        ana, ben = self.begin()
        ana.thanks("we have met")
        self.couple.wait_equal()
        monday = ana.json("question")["questions"][0]["text"]
        self.jump(hours=24)
        ana.say("answer", "to today's", "--hold", "0")
        got = ana.run("answer", "a second thought", "--yes", status=1)
        self.assertIn("One of the days before is still open", got.err.decode())
        self.assertIn("a second thought", self.texts(ana))
        # A question of ours that waits comes before it.
        ours = ben.say("question", "--new", "Where shall we be in May?", "--hold", "0")
        self.couple.wait_equal()
        tty = Terminal(ana, 80, "answer", "--hold", "0")
        tty.expect("Where shall we be in May")
        tty.expect("▸ ")
        tty.type("by the lake\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.assertEqual(ana.log()[0]["parent"], ours)
        tty = Terminal(ana, 80, "answer", "--hold", "0")
        tty.expect("From yesterday:")
        tty.expect("▸ ")
        tty.type("rain on the tent\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        self.assertIn(monday, " ".join(
            ESCAPE.sub("", tty.seen).replace("│", " ").split()))
        self.assertIn("Nothing is asked just now", self.show(ana, "answer", status=5))
        self.assertNotIn("no such entry", self.show(ana, "answer", status=5))

    def test_deck(self):
        ana, _ = self.begin()
        got = ana.run("deck", "--yes", stdin=b"# a list\n\n", status=2)
        self.assertIn("There is no question in it", got.err.decode())
        self.assertTrue(self.texts(ana), "it is kept")
        got = ana.run("deck", "--yes", stdin=b"2 home What is that?\nAnd this?\n")
        self.assertIn("2 questions; lines without a depth count as the lightest.",
                      " ".join(got.text.split()))


if __name__ == "__main__":
    main()
