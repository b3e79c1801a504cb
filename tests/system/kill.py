# SPDX-License-Identifier: GPL-3.0-or-later
"""SIGKILL at random instants, on both sides: what was acknowledged is there afterwards.

ATTUNE_ROUNDS kills (100 when not said), ATTUNE_SEED to repeat the choice of instants.
"""
import os
import signal
import threading
import time

from couple import (SLOW, Case, main, note, rounds, running, seed, wait_for)

TOGETHER = 20  # rounds between two looks at the whole
WRITTEN_MAX = 900  # a log shows a thousand at once


class Writer(threading.Thread):
    """Writes until told to stop; remembers what attune said is saved."""

    def __init__(self, home, label, left):
        super().__init__()
        self.home, self.label, self.left = home, label, left
        self.saved = []
        self.ended = threading.Event()

    def run(self):
        number = 0
        while not self.ended.is_set() and number < self.left:
            number += 1
            text = f"{self.label}.{number}"
            got = self.home.run("thanks", "--yes", "--hold", "0", text, "--json",
                                status=None)
            if got.status == 0:
                self.saved.append((got.json["id"], text))
            else:
                return


class Kill(Case):
    def setUp(self):
        super().setUp()
        self.random = seed()
        self.saved = {"ana": {}, "ben": {}}

    def writing(self, home, number):
        """Killed while entries are written."""
        left = max(1, WRITTEN_MAX // 2 - len(self.saved[home.name]))
        writer = Writer(home, f"{home.name}.{number}", min(left, 8))
        writer.start()
        time.sleep(self.random.uniform(0, 0.12) * SLOW)
        writer.ended.set()
        pid = home.signal(signal.SIGKILL)
        writer.join()
        self.saved[home.name].update(writer.saved)
        if pid:
            wait_for(lambda: not running(pid), "killed")

    def starting(self, home, _):
        """Killed while it starts, or opens, or greets."""
        home.signal(signal.SIGKILL)
        wait_for(home.gone, "killed")
        home.family.clear()
        home.start(unlock=False, wait=False)
        opening = threading.Thread(target=self.try_unlock, args=[home])
        if self.random.random() < 0.7:
            wait_for(home.serving, "it listens", step_s=0.001)
            opening.start()
        time.sleep(self.random.uniform(0, 0.2) * SLOW)
        os.kill(home.daemon.pid, signal.SIGKILL)
        home.daemon.wait()
        if opening.ident:
            opening.join()

    @staticmethod
    def try_unlock(home):
        home.unlock(status=None)

    def link(self, home, number):
        """The link alone is killed; attuned lives and starts another."""
        before = home.pid()
        link = home.link_pid()
        if not link:
            return
        os.kill(link, signal.SIGKILL)
        writer = Writer(home, f"{home.name}.{number}", 2)
        writer.run()
        self.saved[home.name].update(writer.saved)
        self.assertEqual(home.pid(), before, "attuned lives")
        self.assertTrue(writer.saved)
        wait_for(home.link_pid, "another link")

    def compare(self, both):
        both.wait_equal()
        everything = {**self.saved["ana"], **self.saved["ben"]}
        for home in both:
            held = {entry["id"]: entry["fields"].get("text") for entry in home.log()}
            lost = {id_ for id_, text in everything.items() if held.get(id_) != text}
            self.assertFalse(lost, f"{home.name} lost what was acknowledged")
            home.check()
        self.assertEqual({e["id"] for e in both.ana.log()},
                         {e["id"] for e in both.ben.log()})

    def test_any_instant(self):
        both = self.couple()
        count = rounds(100)
        for number in range(count):
            how = self.random.choice([self.writing] * 4 + [self.starting, self.link])
            homes = self.random.choice([[both.ana], [both.ben], list(both)])
            for home in homes:
                how(home, number)
            for home in homes:
                home.daemon = None
                home.unlock()
            if number % TOGETHER == TOGETHER - 1:
                self.compare(both)
                note(f"{number + 1} rounds, {len(self.saved['ana'])} and "
                     f"{len(self.saved['ben'])} entries")
        self.compare(both)
        self.assertTrue(self.saved["ana"] and self.saved["ben"])


class Link(Case):
    """The process that may crash, does."""

    def test_link_dies_again_and_again(self):
        both = self.couple()
        ana, ben = both
        before = ana.pid()
        for number in range(3):
            link = wait_for(ana.link_pid, "a link")
            os.kill(link, signal.SIGABRT)
            wait_for(lambda gone=link: not running(gone), "it has crashed")
            ana.thanks(f"crash {number}")
            both.wait_has(ben, f"crash {number}")
        self.assertEqual(ana.pid(), before)
        ben.thanks("and back")
        both.wait_has(ana, "and back")
        both.wait_equal()


if __name__ == "__main__":
    main()
