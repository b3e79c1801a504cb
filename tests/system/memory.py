# SPDX-License-Identifier: GPL-3.0-or-later
"""A locked attuned has nothing left to tell: no key, no passphrase, no word is anywhere in
its memory, though all were there while it was open.

The model: a couple writes, shows, lists, finds and receives; then every readable mapping of
attuned and of its spawner is searched for the keys (keys_of derives them from the files),
for the passphrase and for words nobody else uses, as they are written and as the index has
them. The search is shown to find them first: while open, the keys and words are there.
Needs to read another process's memory, so root; and a build without sanitizers, which keep
what was freed.
"""
import os
import shutil
import subprocess
import sys

from couple import BIN, Case, Couple, ids_of_children, main, name_of, note, sanitized, wait_for
from login import Bus, LoginHome

KEYS_OF = os.path.join(os.path.dirname(BIN), "tests", "keys_of")
PASSPHRASES = {"ana": "Honigmelonenbaum am Wegesrand", "ben": "Brombeerhecke bei Nacht 27"}
# Each written once, in one way into the program.
WORDS = {"written": "Quetzalkrautgarten", "topic": "Uferschnepfenweg",
         "received": "Xylophonkonzertabend", "answered": "Zwetschgendatschi",
         "sought": "Wombatzitherspiel", "draft": "Dudelsackpfeifenbau",
         "retracted": "Federballtornado"}
BLOCK = 1 << 20
PIECE = 8


def mappings(pid):
    """(first, last, name) of what can be read."""
    with open(f"/proc/{pid}/maps", encoding="utf-8", errors="replace") as maps:
        for line in maps:
            part = line.split(maxsplit=5)
            if part[1][0] == "r" and part[-1].strip() not in ("[vvar]", "[vsyscall]"):
                first, last = (int(number, 16) for number in part[0].split("-"))
                yield first, last, part[5].strip() if len(part) > 5 else "anonymous"


def search(pid, needles):
    """[(name, where)] of the needles in a process's memory."""
    found = []
    longest = max(len(needle) for needle in needles)
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for first, last, where in mappings(pid):
            tail, at = b"", first
            while at < last:
                try:
                    memory.seek(at)
                    block = memory.read(min(BLOCK, last - at))
                except OSError:
                    break
                if not block:
                    break
                data = tail + block
                for needle, name in needles.items():
                    spot = data.find(needle)
                    if spot >= 0:
                        place = at - len(tail) + spot
                        found.append((name, f"{where}+{place - first:#x}", place,
                                      data[max(0, spot - 24):spot + len(needle) + 24]))
                at += len(block)
                tail = data[-longest:]
    return found


def pieces(text, name):
    """Its two ends: what is left of a freed block may lack one."""
    raw = text.encode()
    return {raw[:PIECE]: name, raw[-PIECE:]: name}


class Memory(Case):
    def setUp(self):
        super().setUp()
        self.bus = Bus(self.base)
        self.addCleanup(self.bus.stop)

    def begin(self):
        homes = []
        for name in ("ana", "ben"):
            home = LoginHome(self.base, name)
            home.bus = self.bus
            home.passphrase = PASSPHRASES[name]
            self.homes.append(home)
            homes.append(home)
        self.ana, self.ben = homes
        self.bus.start()
        self.couple = Couple(*homes).pair()

    def needles(self, home):
        """bytes -> what they are."""
        copy = os.path.join(self.base, home.name + ".copy")
        home.run("lock")  # so that nothing is written meanwhile
        shutil.copytree(home.data(), copy)
        home.unlock()
        told = subprocess.run([KEYS_OF, copy], check=True, capture_output=True,
                              input=f"{home.passphrase}\n{' '.join(home.words)}\n".encode())
        found = dict(pieces(home.passphrase, "passphrase"))
        for line in told.stdout.decode().splitlines():
            name, key = line.split()
            for half in (0, 16):
                found[bytes.fromhex(key)[half:half + 16]] = name
        for name, word in WORDS.items():
            found.update(pieces(word.lower(), name + ", as a token"))
            found.update(pieces(word, name))
        return found

    def live(self):
        """All that a person does with words, each on its own way in or out."""
        ana, ben = self.couple
        written = ana.thanks(f"For the {WORDS['written']} of yesterday")
        ben.thanks(f"And mine for the {WORDS['received']}")
        self.couple.wait_has(ana, f"And mine for the {WORDS['received']}")
        ana.say("write", stdin=f"Only for me: {WORDS['topic']} and more\n" * 30)
        for home in self.couple:
            home.run("show", written, "--json")
            home.run("log", "--json")
            home.run("find", WORDS["written"].lower(), "--json")
            home.run("find", WORDS["sought"], "--json")
        ana.run("thanks", "--ours", "--yes", WORDS["draft"] * 100, "--json", status=None)
        gone = ana.thanks(f"Taken back: {WORDS['retracted']}")
        self.couple.wait_has(ben, f"Taken back: {WORDS['retracted']}")
        ana.run("retract", gone, "--json")
        ben.run("reply", written, "--yes", f"I liked it: {WORDS['answered']}", "--json",
                status=None)
        self.couple.wait_equal()
        for home in self.couple:
            home.run("log", "--json")
            home.run("status", "--json")

    @staticmethod
    def processes(home):
        return {name_of(pid) + f" {pid}": pid for pid in ids_of_children(home.pid())}

    def found(self, home, needles):
        """{what: where} in all that runs for this home."""
        every = {}
        for process, pid in self.processes(home).items():
            for name, where, place, around in search(pid, needles):
                every.setdefault(name, []).append(f"{process} {where} {around!r}")
        return every

    def nothing_left(self, home, needles, moment):
        self.assertIsNone(home.link_pid(), "the link is gone")
        self.assertEqual(len(self.processes(home)), 2, "attuned and its spawner")
        left = self.found(home, needles)
        lines = "\n".join(f"{name}: {place}" for name, places in left.items()
                          for place in places)
        self.assertFalse(left, f"{home.name}, {moment}:\n{lines}")

    def test_locked(self):
        self.begin()
        needles = {home: self.needles(home) for home in self.couple}
        self.live()
        for home in self.couple:
            there = self.found(home, needles[home])
            note(f"{home.name}, open: {', '.join(sorted(there))}")
            for name in ("master", "page", "wal", "self", "noise", "curve", "psk"):
                self.assertIn(name, there, "the search finds what is there")
            self.assertTrue(set(WORDS) & set(there), "and words")
            home.run("lock")
            self.nothing_left(home, needles[home], "locked")
        # The same once more: closed first, then asleep.
        for home in self.couple:
            home.unlock()
        self.live()
        self.bus.do("lock")
        for home in self.couple:
            wait_for(lambda one=home: one.status()["closed"], "closed")
        self.bus.do("sleep")
        for home in self.couple:
            wait_for(lambda one=home: one.status()["locked"], "locked")
            self.nothing_left(home, needles[home], "asleep")

    def test_wrong_passphrase(self):
        """What was tried is forgotten too, also when nothing opened."""
        self.begin()
        ana = self.ana
        needles = self.needles(ana)
        tried = "Ein falsches Losungswort 4711"
        needles.update(pieces(tried, "tried"))
        ana.run("lock")
        ana.run("unlock", "--json", fds={"passphrase-fd": tried}, status=None)
        self.nothing_left(ana, needles, "after a wrong passphrase")
        ana.unlock()
        ana.run("passwd", "--json", fds={"passphrase-fd": ana.passphrase,
                                         "new-passphrase-fd": tried}, status=None)
        ana.run("lock")
        self.nothing_left(ana, needles, "after passwd")


def readable():
    try:
        with open("/proc/self/mem", "rb", buffering=0):
            return os.geteuid() == 0
    except OSError:
        return False


if __name__ == "__main__":
    if sanitized() or not readable():
        note("sanitizers keep what was freed; and only root reads another's memory")
        sys.exit(77)
    main()
