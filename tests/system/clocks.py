# SPDX-License-Identifier: GPL-3.0-or-later
"""Ana and Ben on one test clock: a week passes in the time of a jump.

The model: two homes of `init --demo`, each attuned with a pipe of its own for --clock-fd;
jump() writes the same line into both and returns when both have read it, so that whatever
is asked next is asked at the new time. away() and home_again() are a laptop that is shut
for days: it comes back with the time that is then. Reading never closes here (closed.after
is 0): what passes is days, and the passphrase is another test's.
Invariants: nothing here depends on what day it really is; all are in UTC.
"""
import datetime
import fcntl
import os
import re
import struct
import termios

import smoke
from couple import Case, Couple, wait_for

os.environ["TZ"] = "UTC"
MONDAY = "2027-03-01T18:00:00Z"

# What a person can look at; {id} is an entry.
LOOKS = (["log", "-n", "1000"], ["log", "answer"], ["log", "--from", "me"], ["visible"],
         ["drafts"], [], ["question"], ["find", "the"], ["allow"], ["limits"], ["agenda"],
         ["status"], ["check"])


with open(os.path.join(os.environ.get("ATTUNE_SOURCE_DIR", "."), "common/deck.txt"),
          encoding="utf-8") as deck:
    DECK = "\n".join(line for line in deck if line[:1].isdigit())


def at(text):
    """2027-03-01T18:00:00Z as a time."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def minutes(count):
    return datetime.timedelta(minutes=count)


class Clocked(Case):
    """A story with a clock: self.ana, self.ben, self.couple."""

    def setUp(self):
        super().setUp()
        self.now = at(MONDAY)
        self.clocks = {}
        self.addCleanup(self.close_clocks)

    def begin(self, start=MONDAY, paired=True):
        self.now = at(start)
        self.ana, self.ben = self.home("ana"), self.home("ben")
        self.couple = Couple(self.ana, self.ben)
        for home in self.couple:
            home.run("config", "set", "closed.after", "0")
            home.start(unlock=False)
            home.init()
            home.stop()
            self.wake(home)
        if paired:
            self.couple.join()
        return self.couple

    # -- the clock

    def wake(self, home):
        """attuned again, at the time it is now."""
        read, write = os.pipe()
        os.write(write, (stamp(self.now) + "\n").encode())
        self.clocks[home.name] = (read, write)
        home.start(clock=read)

    def away(self, home):
        """A laptop that is shut."""
        home.stop()
        for end in self.clocks.pop(home.name):
            os.close(end)

    def close_clocks(self):
        for ends in self.clocks.values():
            for end in ends:
                os.close(end)

    @staticmethod
    def unread(end):
        return struct.unpack("i", fcntl.ioctl(end, termios.FIONREAD, b"\0" * 4))[0]

    def jump(self, to=None, **delta):
        """To a time, or by days=, hours=, minutes=, seconds=; for all that are awake."""
        self.now = at(to) if to else self.now + datetime.timedelta(**delta)
        for _, write in self.clocks.values():
            os.write(write, (stamp(self.now) + "\n").encode())
        for name, (read, _) in self.clocks.items():
            wait_for(lambda end=read: self.unread(end) == 0, f"{name} has the time")

    def travel(self, home, zone):
        """This laptop is in another time zone from now on; commands stay in UTC."""
        read, write = self.clocks[home.name]
        os.write(write, f"zone {zone}\n".encode())
        wait_for(lambda: self.unread(read) == 0, f"{home.name} has the zone")

    def tomorrow(self, clock="18:00:00"):
        day = (self.now + datetime.timedelta(days=1)).strftime("%Y-%m-%d")
        self.jump(f"{day}T{clock}Z")

    def day(self, days=0):
        return (self.now + datetime.timedelta(days=days)).strftime("%Y-%m-%d")

    # -- what is seen

    def sees(self, home, ident, **expected):
        """The entry as `log --json` has it, once it is as expected; no look is noted."""
        def there():
            for entry in home.log():
                if entry["id"] == ident:
                    return entry if all(entry.get(key) == value
                                        for key, value in expected.items()) else None
            return None
        try:
            return wait_for(there, f"{home.name} sees {expected} of {ident}")
        except AssertionError as late:
            got = home.run("show", ident, "--json", status=None)
            raise AssertionError(f"{late}: {got}") from None

    @staticmethod
    def shows(home, ident):
        """The entry, its due time and its thread, as `show --json` has it."""
        return home.json("show", ident)

    def both_see(self, ident, state):
        """Both hold the same, and it is in this state for both."""
        self.couple.wait_equal()
        return [self.sees(home, ident, state=state) for home in self.couple]

    @staticmethod
    def today(home):
        """(why, id) of what waits, in order."""
        return [(entry.get("why"), entry["id"]) for entry in home.json()["entries"]]

    def read(self, *homes):
        """Looks at everything that is new, as a person does."""
        for home in homes or self.couple:
            for why, ident in self.today(home):
                if why in ("new", "news"):
                    home.run("show", ident)

    @staticmethod
    def looks(home, *idents):
        """All a person can look at, complete: with and without --json."""
        seen = {}
        for args in LOOKS + tuple(["show", ident] for ident in idents):
            for form in ([], ["--json"]):
                got = home.run(*args, *form, status=None)
                seen[" ".join(args + form)] = (got.status, got.text, got.err.decode())
        return seen

    def same(self, before, after):
        """The looks, or (looks, more …), are equal; says which is not."""
        looks = [seen if isinstance(seen, dict) else seen[0] for seen in (before, after)]
        self.assertEqual({look: got for look, got in looks[0].items()
                          if looks[1].get(look) != got},
                         {look: got for look, got in looks[1].items()
                          if looks[0].get(look) != got})
        self.assertEqual(before, after)

    def nowhere(self, home, *words):
        """None of the words in anything this person can look at. Of a question they can be
        shown any may be today's, so a word that one of them has would say nothing."""
        for word in words:
            self.assertFalse(word in DECK, "choose another word than " + word)
        idents = [entry["id"] for entry in home.log()]
        seen = self.looks(home, *idents)
        for word in words:
            seen["find " + word] = home.run("find", word, "--json", status=None).text
        for look, got in seen.items():
            for word in words:
                self.assertNotIn(word, str(got), f"{home.name}: {look}")

    @staticmethod
    def notices(home):
        """A number that rises with every notice of this home's attuned."""
        with smoke.Client(home.socket) as client:
            return client.ask("watch", smoke.data(smoke.WATCH, b"")).serial

    def mistakes(self, home, rows):
        """Each (arguments, code, exit[, stdin]): refused, and nothing was changed."""
        for args, code, status, *stdin in rows:
            before = [one.digest() for one in self.couple]
            held = home.log()
            got = home.run(*args, "--json", status=None, stdin="".join(stdin))
            self.refused(got, code, status)
            self.assertEqual(before, [one.digest() for one in self.couple], str(got))
            self.assertEqual(held, home.log(), str(got))

    @staticmethod
    def drafted(home, text):
        """Whether it was kept as a draft."""
        return any(text in str(entry["fields"].values())
                   for entry in home.json("drafts")["entries"])


def levels(text):
    """Words by which a depth would be told."""
    return re.findall(r"\b(?:level|depth|ceiling)\b|[1-5]/5", text)
