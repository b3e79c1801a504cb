# SPDX-License-Identifier: GPL-3.0-or-later
"""What bad input gets: a clear error with its own code, nothing lost, the process alive."""
import hashlib
import os
import random
import resource
import shutil
import socket
import struct
import subprocess
import time
import unittest

from couple import BIN, SLOW, Case, main, wait_for

ROOT = os.geteuid() == 0


def damage(path, places=8):
    """Flips a few bytes all over a file."""
    with open(path, "r+b") as file:
        data = bytearray(file.read())
        for place in range(places):
            data[len(data) * (2 * place + 1) // (2 * places)] ^= 0x5a
        file.seek(0)
        file.write(data)


def cut(path, share=0.5):
    os.truncate(path, int(os.path.getsize(path) * share))


class Files(Case):
    """Damage on the disk, told apart by its code."""

    def setUp(self):
        super().setUp()
        self.ana = self.home("ana")
        self.ana.start(unlock=False)
        self.ana.init()
        for number in range(20):
            self.ana.say("write", stdin=f"entry {number} " + "x" * 400)

    def open_again(self):
        self.ana.start(unlock=False)
        return self.ana.unlock(status=None)

    def mended(self):
        """The files as they were open as before: nothing had been written to them."""
        ana = self.ana
        ana.stop()
        ana.put_back("good")
        self.assertIn(self.open_again().status, (0,))
        self.assertEqual(len(ana.log()), 20)
        ana.check()

    def saved(self):
        self.ana.stop()
        self.ana.save("good")

    def test_journal(self):
        self.saved()
        for spoil in (damage, cut, lambda path: os.truncate(path, 0)):
            spoil(self.ana.data("journal"))
            self.refused(self.open_again(), "E_JOURNAL", 7)
            self.assertTrue(self.ana.json("status")["locked"])
            self.mended()
            self.ana.stop()
        os.unlink(self.ana.data("journal"))
        got = self.open_again()
        self.assertEqual((got.status, got.code), (7, "E_JOURNAL"), str(got))
        self.mended()

    def test_one_flipped_byte_is_found(self):
        """Wherever it is, `check` or the opening says so."""
        self.saved()
        size = os.path.getsize(self.ana.data("journal"))
        draw = random.Random(5)
        for _ in range(6):
            place = draw.randrange(size)
            with open(self.ana.data("journal"), "r+b") as file:
                file.seek(place)
                byte = file.read(1)
                file.seek(place)
                file.write(bytes([byte[0] ^ 1]))
            got = self.open_again()
            if got.status == 0:
                got = self.ana.run("check", "--json", status=7)
                self.assertFalse(got.json["ok"])
                self.assertTrue(got.json["findings"])
                self.assertEqual(sorted(got.json["findings"][0]), ["code", "detail"])
            else:
                self.assertEqual(got.status, 7, str(got))
            self.ana.stop()
            self.ana.put_back("good")
        self.open_again()
        self.ana.check()

    def test_keys(self):
        self.saved()
        for spoil in (damage, cut, os.unlink):
            spoil(self.ana.data("keys"))
            self.refused(self.open_again(), "E_KEYS_FILE", 7)
            self.refused(self.ana.run("init", "--name", "A", "--json", status=None,
                                      fds={"passphrase-fd": "x"}), "E_EXISTS", 1)
            self.mended()
            self.ana.stop()

    def test_keys_of_another(self):
        self.saved()
        other = self.home("ben")
        other.init()
        shutil.copy(other.data("keys"), self.ana.data("keys"))
        self.refused(self.open_again(), "E_JOURNAL_KEY", 7)
        self.mended()

    def test_anchor(self):
        """Damaged or gone, the journal opens as a restored one, and says so."""
        self.saved()
        for spoil in (damage, cut, os.unlink):
            spoil(self.ana.data("anchor"))
            self.assertEqual(self.open_again().status, 0)
            self.assertIn("anchor", self.ana.run("status").text)
            self.assertEqual(len(self.ana.log()), 20)
            self.ana.check()
            self.ana.stop()
            self.ana.put_back("good")

    def test_wal(self):
        """A damaged WAL is never silently a shorter one."""
        ana = self.ana
        ana.stop()
        ana.start()
        for number in range(5):
            ana.say("write", stdin=f"in the wal {number}")
        ana.kill9()
        self.assertGreater(os.path.getsize(ana.data("journal-wal")), 0)
        ana.save("good")
        for spoil in (damage, lambda path: cut(path, 0.7), lambda path: cut(path, 0.3),
                      os.unlink):
            spoil(ana.data("journal-wal"))
            got = self.open_again()
            if got.status == 0:
                held = len(ana.log())
                told = ana.run("status").text
                self.assertTrue(held == 25 or "missing" in told or "moved" in told or
                                "restored" in told, told)
                ana.check()
            else:
                self.assertIn((got.status, got.code), ((7, "E_JOURNAL"), (7, "E_TAIL")))
            ana.stop()
            ana.put_back("good")
        self.assertEqual(self.open_again().status, 0)
        self.assertEqual(len(ana.log()), 25)

    def test_newer_format(self):
        """A file of a later attune is left alone."""
        self.saved()
        with open(self.ana.data("keys"), "rb") as file:
            body = bytearray(file.read()[:-32])
        place = body.index(b"attunekeys") + len(b"attunekeys")
        self.assertEqual(bytes(body[place:place + 2]), b"\1\0")
        body[place] = 2
        seal = hashlib.blake2b(digest_size=32, person=b"attune.keysfile".ljust(16, b"\0"))
        seal.update(struct.pack("<Q", len(body)) + body)
        with open(self.ana.data("keys"), "wb") as file:
            file.write(bytes(body) + seal.digest())
        self.refused(self.open_again(), "E_VERSION_NEW", 9)
        self.mended()

    def test_rolled_back_journal(self):
        """The journal of yesterday with the anchor of today."""
        ana = self.ana
        self.saved()
        ana.start()
        for number in range(70):
            ana.say("write", stdin=f"later {number}")
        ana.stop()
        shutil.copy(os.path.join(ana.path("good"), "attune", "journal"),
                    ana.data("journal"))
        got = self.open_again()
        if got.status == 0:
            self.assertRegex(ana.run("status").text, "missing|moved|restored|older")
            ana.check()
        else:
            self.assertEqual(got.code, "E_TAIL")


class Passphrase(Case):
    def test_wrong_is_slow_and_refused(self):
        ana = self.home("ana")
        ana.init(demo=False)
        ana.say("write", stdin="kept")
        ana.run("lock")
        began = time.monotonic()
        self.refused(ana.run("unlock", "--json", status=None,
                             fds={"passphrase-fd": "wrong"}), "E_PASSPHRASE", 1)
        self.assertGreater(time.monotonic() - began, 0.2, "guessing is slow by design")
        for wrong in ("", "\n"):
            self.assertEqual(ana.run("unlock", "--json", status=None,
                                     fds={"passphrase-fd": wrong}).status, 2)
        ana.run("unlock", "--json", status=2, fds={"passphrase-fd": "x" * 5000})
        self.assertTrue(ana.json("status")["locked"])
        ana.unlock()
        self.assertTrue(ana.has("kept"))

    def test_memory_refused(self):
        """Argon2id gets no memory: the passphrase was not judged."""
        ana = self.home("ana")
        ana.start(unlock=False)
        ana.init(demo=False)
        ana.stop()
        if SLOW > 2:
            self.skipTest("a sanitizer needs all address space itself")

        def little():
            resource.setrlimit(resource.RLIMIT_AS, (160 << 20, 160 << 20))
        ana.start(unlock=False, preexec=little)
        before = ana.pid()
        self.refused(ana.unlock(status=None), "E_MEMORY", 8)
        self.assertEqual(ana.pid(), before)
        ana.stop()
        ana.start()


class Disk(Case):
    def small(self, home, megabytes):
        """A disk of its own for the data of a home."""
        place = home.path("data")
        done = subprocess.run(["mount", "-t", "tmpfs", "-o",
                               f"size={megabytes}m,mode=0700", "tmpfs", place],
                              capture_output=True, check=False)
        if done.returncode != 0:
            self.skipTest("may not mount")
        self.addCleanup(subprocess.run, ["umount", place], check=False)

    @staticmethod
    def fill(path):
        """Takes every byte that is left."""
        file = os.open(path, os.O_WRONLY | os.O_CREAT)
        try:
            while os.write(file, b"x" * 4096):
                pass
        except OSError:
            pass
        os.close(file)

    @unittest.skipUnless(ROOT, "needs root")
    def test_full(self):
        ana = self.home("ana")
        # The mount goes after the daemon: clean-ups run last in, first out.
        self.addCleanup(ana.close)
        self.small(ana, 3)
        self.addCleanup(ana.close)
        ana.start(unlock=False)
        ana.init()
        ana.say("write", stdin="before")
        before = ana.pid()
        filler = ana.path("data", "filler")
        self.fill(filler)
        saved, refused = [], 0
        for number in range(60):
            got = ana.run("write", "--yes", "--json", stdin=f"nr {number} " + "y" * 3000,
                          status=None)
            if got.status == 0:
                saved.append(got.json["id"])
            else:
                self.refused(got, "E_DISK_FULL", 8)
                refused += 1
        self.assertGreater(refused, 0, "the disk did fill up")
        self.assertEqual(ana.pid(), before)
        self.assertTrue(ana.has("before"))
        os.unlink(filler)
        got = ana.run("write", "--yes", "--json", stdin="there is room again", status=None)
        if got.status != 0:
            ana.kill9()
            ana.start()
            ana.say("write", stdin="there is room again")
        held = {entry["id"] for entry in ana.log()}
        self.assertLessEqual(set(saved), held, "nothing acknowledged was lost")
        ana.check()

    @unittest.skipUnless(ROOT, "needs root")
    def test_full_at_init(self):
        ana = self.home("ana")
        self.small(ana, 1)
        self.addCleanup(ana.close)
        filler = ana.path("data", "filler")
        self.fill(filler)
        self.refused(ana.run("init", "--name", "Ana", "--demo", "--json", status=None,
                             fds={"passphrase-fd": "x"}), "E_DISK_FULL", 8)
        os.unlink(filler)
        ana.init()
        ana.check()

    @unittest.skipUnless(ROOT, "needs root")
    def test_read_only(self):
        ana = self.home("ana")
        ana.init()
        ana.say("write", stdin="before")
        ana.stop()
        self.small(ana, 8)
        self.addCleanup(ana.close)
        subprocess.run(["mount", "-o", "remount,ro", ana.path("data")], check=True)
        got = ana.run("init", "--name", "Ana", "--json", status=None,
                      fds={"passphrase-fd": "x"})
        self.refused(got, "E_READ_ONLY", 8)


class Socket(Case):
    def test_second_daemon(self):
        ana = self.home("ana")
        ana.start(unlock=False)
        ana.init()
        again = subprocess.run([os.path.join(BIN, "attuned"), "--foreground"],
                               env=ana.env(), capture_output=True, timeout=60, check=False)
        self.assertEqual(again.returncode, 6, again.stderr)
        self.assertIn(b"Another attuned", again.stderr)
        # Also one with another runtime folder, but the same data.
        env = ana.env(XDG_RUNTIME_DIR=ana.path("tmp"))
        again = subprocess.run([os.path.join(BIN, "attuned"), "--foreground"], env=env,
                               capture_output=True, timeout=60, check=False)
        self.assertEqual(again.returncode, 6, again.stderr)
        ana.say("write", stdin="the first still serves")

    def test_stale_socket(self):
        ana = self.home("ana")
        ana.init()
        ana.kill9()
        self.assertTrue(os.path.exists(ana.socket), "left by the killed one")
        ana.unlock()

    def test_regular_file_in_its_place(self):
        ana = self.home("ana")
        os.makedirs(ana.path("run", "attune"), mode=0o700)
        with open(ana.socket, "w", encoding="utf-8") as file:
            file.write("somebody's own")
        self.refused(ana.run("status", "--json", status=None), "E_SOCKET", 6)
        started = subprocess.run([os.path.join(BIN, "attuned"), "--foreground"],
                                 env=ana.env(), capture_output=True, timeout=60,
                                 check=False)
        self.assertEqual(started.returncode, 6, started.stderr)
        with open(ana.socket, encoding="utf-8") as file:
            self.assertEqual(file.read(), "somebody's own")

    def test_runtime_folder_open_to_others(self):
        ana = self.home("ana")
        os.makedirs(ana.path("run", "attune"))
        os.chmod(ana.path("run", "attune"), 0o777)
        self.refused(ana.run("status", "--json", status=None), "E_RUNTIME_DIR", 6)

    @unittest.skipUnless(ROOT, "needs root")
    def test_another_user(self):
        """Even with the way to the socket open, another uid is not heard."""
        ana = self.home("ana")
        ana.init()
        for folder in (self.base, ana.root, ana.path("run"), ana.path("run", "attune")):
            os.chmod(folder, 0o755)
        os.chmod(ana.socket, 0o666)

        def become():
            os.setgid(65534)
            os.setuid(65534)
        got = ana.run("status", "--json", status=None, preexec=become)
        self.assertIn((got.status, got.code), ((6, "E_PEER_UID"), (6, "E_RUNTIME_DIR")))
        asked = subprocess.run(
            ["python3", "-B", "-c",
             "import socket,sys\n"
             "s=socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1])\n"
             "try:\n"
             " s.sendall(bytes([12,0,0,0,8,1,16,1,26,6])+b'digest')\n"
             "except OSError: pass\n"
             "try: print(s.recv(4096))\n"
             "except OSError as e: print(e)\n", ana.socket],
            preexec_fn=become, capture_output=True, timeout=60, check=False)
        self.assertNotIn(ana.digest().encode(), asked.stdout)
        self.assertTrue(b"E_PEER_UID" in asked.stdout or b"b''" in asked.stdout or
                        b"reset" in asked.stdout, asked)

    def test_garbage(self):
        """Truncated frames, lengths without end, random bytes, and many at once."""
        ana = self.home("ana")
        ana.start(unlock=False)
        ana.init()
        before = ana.pid()
        draw = random.Random(11)
        status = bytes([8, 1, 16, 1, 26, 6]) + b"status"
        frames = [b"", b"\0", b"\0\0\0\0", struct.pack("<I", 5) + b"ab",
                  struct.pack("<I", 0xffffffff) + b"x" * 1000,
                  struct.pack("<I", 0x7fffffff), struct.pack("<I", 3) + b"\xff\xff\xff",
                  struct.pack("<I", len(status)) + status[:-3],
                  struct.pack("<I", len(status) + 40) + status +
                  b"\x52\x26" * 20,
                  struct.pack("<I", 400000) + b"\x52\x00" * 200000,
                  struct.pack("<I", 40000) + b"\x0b" * 40000]
        frames += [draw.randbytes(draw.randrange(1, 3000)) for _ in range(60)]
        for size in (1, 10, 200, 4000):
            frames += [struct.pack("<I", size) + draw.randbytes(size) for _ in range(20)]
        for place in range(len(status)):
            for bit in range(8):
                bad = bytearray(status)
                bad[place] ^= 1 << bit
                frames.append(struct.pack("<I", len(bad)) + bytes(bad))
        for frame in frames:
            with socket.socket(socket.AF_UNIX) as client:
                client.settimeout(5 * SLOW)
                client.connect(ana.socket)
                try:
                    client.sendall(frame)
                    client.shutdown(socket.SHUT_WR)
                    while client.recv(65536):
                        pass
                except ConnectionError:
                    pass
        crowd = []
        for _ in range(60):
            one = socket.socket(socket.AF_UNIX)
            one.settimeout(5 * SLOW)
            one.connect(ana.socket)
            crowd.append(one)
        for one in crowd:
            one.close()
        self.assertEqual(ana.pid(), before)
        wait_for(lambda: ana.run("status", "--json", status=None).status == 0, "it answers")
        ana.say("write", stdin="still here")
        ana.check()

    def test_client_that_never_reads(self):
        ana = self.home("ana")
        ana.start(unlock=False)
        ana.init()
        before = ana.pid()
        status = bytes([8, 1, 16, 1, 26, 6]) + b"status"
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(ana.socket)
            client.setblocking(False)
            try:
                for _ in range(100000):
                    client.sendall(struct.pack("<I", len(status)) + status)
            except BlockingIOError:
                pass
            ana.say("write", stdin="meanwhile")
        self.assertEqual(ana.pid(), before)


class Texts(Case):
    def test_limits_and_encoding(self):
        ana = self.home("ana")
        ana.init()
        long_text = "ö" * 5000
        got = ana.run("thanks", "--yes", long_text, "--json", status=None)
        self.refused(got, "E_LIMIT", 2)
        drafts = [entry["fields"].get("text") for entry in ana.json("drafts")["entries"]]
        self.assertEqual(drafts, [long_text], "the text is kept")
        got = ana.run("write", "--yes", "--json", stdin="z" * 70000, status=None)
        self.refused(got, "E_LIMIT", 2)
        drafts = ana.json("drafts")["entries"]
        self.assertEqual([len(entry["fields"]["text"]) for entry in drafts], [70000, 5000])
        for draft in drafts:  # it can't leave as it is
            self.refused(ana.run("share", draft["id"], "--yes", "--json", status=None),
                         "E_NOT_PAIRED", 4)
        ana.check()
        for bad in (b"\xff\xfe", b"abc\xc3", b"\xed\xa0\x80", b"\xc0\xaf", b"a\0b"):
            got = ana.run("write", "--yes", "--json", stdin=bad, status=None)
            self.assertEqual(got.status, 2, str(got))
            self.assertEqual(got.code, "E_UTF8", str(got))
        got = ana.run("write", "--yes", "--json", stdin="", status=None)
        self.refused(got, "E_EMPTY", 2)
        for bad in ("9", "0", "three", "-1", "2.5", "99999999999999999999"):
            got = ana.run("feel", "--yes", "x", "--energy", bad, "--json", status=None)
            self.assertEqual(got.status, 2, str(got))
        self.assertEqual(ana.log(), [])
        weird = "a\u202eb \u200b 👩‍👩‍👧 e\u0301 \U000e0041 tab\there"
        id_ = ana.say("write", stdin=weird)
        self.assertEqual(ana.json("show", id_)["fields"]["text"], weird)
        self.assertNotIn("\u202e", ana.run("show", id_).text)


class Codes(Case):
    def wrong(self, code, draw):
        words = code.split("-")
        other = draw.sample(words, 4)
        while other == words:
            other = draw.sample(words, 4)
        return "-".join(other)

    def test_wrong_burns_and_five_are_many(self):
        both = self.couple(paired=False).start()
        ana, ben = both
        draw = random.Random(3)
        for number in range(5):
            code = ana.json("pair", "--code")["code"]
            got = ben.run("pair", self.wrong(code, draw), "--at", ana.at, "--json",
                          status=None)
            self.refused(got, "E_PAIR_CODE", 1)
            if number == 0:  # the right one is burnt with it
                got = ben.run("pair", code, "--at", ana.at, "--json", status=None)
                self.assertEqual(got.status, 1)
                self.assertIn(got.code, ("E_PAIR_CODE", "E_PAIR_TIMEOUT"))
        self.refused(ana.run("pair", "--code", "--json", status=None), "E_PAIR_MANY", 1)
        ana.kill9()
        ana.start()
        self.refused(ana.run("pair", "--code", "--json", status=None), "E_PAIR_MANY", 1)
        # The other one still may.
        code = ben.json("pair", "--code")["code"]
        ana.run("pair", code, "--at", ben.at, "--json")
        self.assertTrue(ana.status()["paired"])

    def test_used_typed_wrong_and_own(self):
        both = self.couple(paired=False).start()
        ana, ben = both
        code = ana.json("pair", "--code")["code"]
        self.assertIn(ben.run("pair", "nonsense-words-are-refused", "--at", ana.at,
                              "--json", status=None).status, (1, 2))
        self.assertEqual(ben.run("pair", code, "--json", status=None).status, 2)
        self.refused(ana.run("pair", code, "--at", ana.at, "--json", status=None),
                     "E_PAIR_SELF", 1)
        code = ana.json("pair", "--code")["code"]
        ben.run("pair", code, "--at", ana.at, "--json")
        cleo = self.home("cleo")
        cleo.init()
        began = time.monotonic()
        got = cleo.run("pair", code, "--at", ana.at, "--json", status=1)
        self.assertIn(got.code, ("E_PAIR_CODE", "E_PAIR_TIMEOUT"))
        self.assertLess(time.monotonic() - began, 35 + 5 * SLOW)
        self.assertIn(cleo.run("pair", "attune1:nonsense", "--json",
                               status=None).status, (1, 2))
        ana.thanks("for two")
        both.wait_has(ben, "for two")

    def test_expired_and_clock_jumps(self):
        """The clock is given: ten minutes pass in no time; backwards loses nothing."""
        ana, ben = self.home("ana"), self.home("ben")
        read, write = os.pipe()
        self.addCleanup(os.close, write)
        self.addCleanup(os.close, read)
        for home in (ana, ben):
            home.init()
        plain = self.home("cleo")
        plain.init(demo=False)
        plain.stop()
        refused = subprocess.run([os.path.join(BIN, "attuned"), "--foreground",
                                  "--clock-fd", str(read)], env=plain.env(),
                                 pass_fds=[read], capture_output=True, timeout=60,
                                 check=False)
        self.assertEqual(refused.returncode, 1, refused.stderr)

        ana.stop()
        os.write(write, b"2026-03-01T09:00:00Z\n")
        ana.start(clock=read)
        first = ana.say("write", stdin="in march")
        self.assertTrue(ana.json("show", first)["created"].startswith("2026-03-01"))
        code = ana.json("pair", "--code")["code"]
        os.write(write, b"2026-03-01T09:11:00Z\n")
        later = ana.say("write", stdin="eleven minutes on")
        ana.unlock()
        wait_for(lambda: ana.json("show", ana.say("write", stdin="tick"))["created"] >=
                 "2026-03-01T09:11", "the clock has moved")
        got = ben.run("pair", code, "--at", ana.at, "--json", status=1)
        self.assertIn(got.code, ("E_PAIR_EXPIRED", "E_PAIR_TIMEOUT", "E_PAIR_CODE"))
        code = ana.json("pair", "--code")["code"]
        ben.run("pair", code, "--at", ana.at, "--json")
        ana.thanks("ahead or behind")
        wait_for(lambda: ben.has("ahead or behind"), "it came")
        for jump in (b"2036-01-01T00:00:00Z\n", b"1999-01-01T00:00:00Z\n",
                     b"2026-03-02T10:00:00Z\n", b"no time at all\n"):
            os.write(write, jump)
            text = jump.decode().strip()
            ana.thanks(text)
            wait_for(lambda now=text: ben.has(now), f"after {text}")
            ben.thanks("re " + text)
            ana.unlock()  # so much time passed that it had closed
            wait_for(lambda now=text: ana.has("re " + now), f"back after {text}")
        wait_for(lambda: ana.digest() == ben.digest(), "equal")
        for home in (ana, ben):
            home.check()
        self.assertTrue(later)


if __name__ == "__main__":
    main()
