# SPDX-License-Identifier: GPL-3.0-or-later
"""Who isn't the partner gets nothing; and a partner gone mad can't hurt."""
import os
import random
import shutil
import signal
import socket
import subprocess
import time

from couple import BIN, SLOW, Case, main, note, wait_for

STRANGER = os.path.join(os.path.dirname(BIN), "tests", "stranger")
HERE = os.path.dirname(os.path.abspath(__file__))


def knock(at, key="random", wait_ms=2500, count=0, size=1):
    """What a stranger sees: admitted, refused, silence or closed."""
    done = subprocess.run([STRANGER, at, key, str(wait_ms), str(count), str(size)],
                          capture_output=True, timeout=60 * SLOW, check=True)
    return done.stdout.decode().strip()


class Stranger(Case):
    def watched(self, home):
        """A folder of programs whose link tells its public key."""
        made = os.path.join(self.base, home.name + ".bin")
        os.mkdir(made)
        for name in ("attune", "attuned"):
            shutil.copy(os.path.join(BIN, name), made)
        shutil.copy(os.path.join(HERE, "spy.py"), os.path.join(made, "attuned-link"))
        os.chmod(os.path.join(made, "attuned-link"), 0o700)
        with open(os.path.join(made, "real"), "w", encoding="utf-8") as real:
            real.write(os.path.join(BIN, "attuned-link"))
        home.bin = made
        return home

    def spoil(self, home, mode):
        with open(os.path.join(home.bin, "mode.new"), "w", encoding="utf-8") as file:
            file.write(mode)
        os.rename(os.path.join(home.bin, "mode.new"), os.path.join(home.bin, "mode"))

    def goes_on(self, both, text):
        both.ana.thanks(text)
        both.wait_has(both.ben, text)

    def test_refused(self):
        both = self.couple(paired=False)
        self.watched(both.ana)
        both.pair()
        ana, ben = both
        self.goes_on(both, "before")
        with open(os.path.join(ana.bin, "key"), encoding="utf-8") as file:
            key = file.read()
        self.assertEqual(len(key), 64)
        before = ana.pid()
        for name, which in (("no CURVE", "none"), ("a random key", "random"),
                            ("the right server key", key)):
            seen = knock(ana.at, which)
            note(f"{name}: {seen}")
            self.assertIn(seen, ("refused", "silence"), name)
            seen = knock(ana.at, which, count=50, size=100000)
            self.assertIn(seen, ("refused", "silence"), name)
        self.goes_on(both, "between")
        self.assertEqual(ana.log(1)[0]["fields"]["text"], "between")

        # Also while the link hangs: it lets nobody in, and when it wakes up neither.
        pids = [pid for pid in ana.family if "attuned-link" in self.exe(pid)]
        self.assertTrue(pids)
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertIn(knock(ana.at, key), ("refused", "silence", "closed"))
            self.assertIn(knock(ana.at, "random"), ("refused", "silence", "closed"))
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        self.assertEqual(ana.pid(), before, "attuned lives")
        self.goes_on(both, "after")
        both.wait_equal()

    @staticmethod
    def exe(pid):
        try:
            return os.readlink(f"/proc/{pid}/exe")
        except OSError:
            return ""

    def test_flood(self):
        """Half-open connections, noise, and messages by the thousand."""
        both = self.couple()
        ana, _ = both
        before = ana.pid()
        random.seed(7)
        crowd = []
        for number in range(300):
            one = socket.socket()
            one.settimeout(2)
            try:
                one.connect(("127.0.0.1", ana.port))
                if number % 3 == 0:
                    one.sendall(random.randbytes(random.randrange(1, 3000)))
                elif number % 3 == 1:  # a right greeting, and then nothing, or noise
                    one.sendall(b"\xff" + bytes(8) + b"\x7f\x03\x00" +
                                b"CURVE".ljust(20, b"\0") + bytes(32))
                    one.sendall(random.randbytes(200) if number % 2 else b"")
            except OSError:
                pass
            crowd.append(one)
        floods = [subprocess.Popen([STRANGER, ana.at, which, str(int(3000 * SLOW)), "200",
                                    "50000"], stdout=subprocess.DEVNULL)
                  for which in ("none", "random", "random")]
        try:
            self.goes_on(both, "in the middle of it")
        finally:
            for flood in floods:
                flood.wait()
            for one in crowd:
                one.close()
        self.assertEqual(ana.pid(), before)
        ana.run("status")
        self.goes_on(both, "afterwards")
        both.wait_equal()

    def test_pairing_port(self):
        """While a code is open anybody may speak; nonsense neither burns it nor hurts."""
        both = self.couple(paired=False).start()
        ana, ben = both
        before = ana.pid()
        code = ana.json("pair", "--code")["code"]
        wait_for(lambda: knock(ana.at, "none", 500) == "admitted", "the port is open")
        for size in (1, 2, 100, 512, 513, 100000):
            knock(ana.at, "none", 300, 20, size)
        knock(ana.at, "random", 500, 5, 100)
        self.assertEqual(ana.pid(), before)
        ben.run("pair", code, "--at", ana.at, "--json")
        wait_for(lambda: ana.status()["paired"], "paired")
        self.goes_on(both, "the code was still good")
        self.assertIn(knock(ana.at, "none", 1500), ("refused", "silence"))

    def test_partner_sends_anything(self):
        """The partner's frames arrive spoiled in every way; the words don't."""
        both = self.couple(paired=False)
        self.watched(both.ana)
        both.pair()
        ana, ben = both
        self.goes_on(both, "before")
        before = ana.pid()
        for mode in ("garbage", "flip", "cut"):
            self.spoil(ana, mode)
            for number in range(4):
                ben.thanks(f"{mode} {number}")
            end = time.monotonic() + 2 * SLOW
            while time.monotonic() < end:  # frames arrive meanwhile
                self.assertEqual(ana.pid(), before, "attuned lives")
                time.sleep(0.1)
        self.spoil(ana, "twice")
        ben.thanks("twice")
        both.wait_has(ana, "twice", 60)
        self.spoil(ana, "pass")
        both.wait_equal(60)
        self.assertEqual(len(ana.log()), len(ana.texts()))
        self.assertEqual(ana.pid(), before)
        for home in both:
            home.check()


if __name__ == "__main__":
    main()
