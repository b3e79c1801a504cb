# SPDX-License-Identifier: GPL-3.0-or-later
"""A word nobody else uses is in no file, argv, environment or log: not even in pieces.

Looked for in UTF-8, UTF-16 (both ways), base64 (all three phases), hex and reversed case.
"""
import base64
import os
import subprocess
import tempfile
import threading

from couple import Case, ids_of_children, main, wait_for

WORD = "Quetzalkraut"
NAME = "Xyzzabel"
SEARCH = "Wombatzither"
SECRET = "Passwortpelikan and more"
REPLACED = "Retractedibex"
FEW_BYTES = 8 << 20


def forms(word):
    """The byte strings that would give a word away."""
    raw = word.encode()
    found = {raw, raw.lower(), raw.upper(), raw.hex().encode(), raw.hex().upper().encode(),
             word.encode("utf-16-le"), word.encode("utf-16-be"),
             word.lower().encode("utf-16-le"), word.lower().encode("utf-16-be")}
    for lead in range(3):
        for text in (raw, raw.lower()):
            coded = base64.b64encode(b"\0" * lead + text)
            found.add(coded[4 if lead else 0:len(coded) - 4])
    return found


def is_ours(path):
    """False for what another test has removed since it was listed."""
    try:
        return os.stat(path, follow_symlinks=False).st_uid == os.geteuid()
    except FileNotFoundError:
        return False


class Marker(Case):
    def setUp(self):
        super().setUp()
        self.wanted = {}
        for word in (WORD, NAME, SEARCH, SECRET.split()[0], REPLACED):
            for form in forms(word):
                self.wanted[form] = word
        self.before = set(self.outside())
        self.found = []
        self.ours = {os.getpid(), os.getppid()}

    @staticmethod
    def outside():
        """Files in the system's shared places; what changes there is ours to look at."""
        for top in {tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"}:
            try:
                names = os.listdir(top)
            except OSError:
                continue
            for name in names:
                yield os.path.join(top, name)

    def look(self, data, where):
        for form, word in self.wanted.items():
            if form in data:
                self.found.append(f"{word} in {where}")

    def look_at_file(self, path):
        try:
            if os.path.islink(path) or not os.path.isfile(path):
                return
            with open(path, "rb") as file:
                self.look(file.read(FEW_BYTES), path)
        except OSError:
            pass
        self.look(os.path.basename(path).encode(errors="surrogateescape"), path)

    def files(self):
        tops = [self.base] + [path for path in set(self.outside()) - self.before
                              if is_ours(path)]
        for top in tops:
            if os.path.isfile(top):
                self.look_at_file(top)
            for folder, folders, names in os.walk(top):
                for name in names:
                    self.look_at_file(os.path.join(folder, name))
                for name in folders:
                    self.look(name.encode(errors="surrogateescape"), folder)

    def processes(self):
        """attuned and whatever it started; commands blank their argv themselves."""
        for home in self.homes:
            pid = home.serving()
            for one in ids_of_children(pid) if pid else []:
                if one in self.ours:
                    continue
                for what in ("cmdline", "environ", "comm"):
                    try:
                        with open(f"/proc/{one}/{what}", "rb") as file:
                            self.look(file.read(), f"{what} of {one}")
                    except OSError:
                        pass

    def scan(self, moment):
        self.files()
        self.processes()
        self.assertEqual(self.found, [], moment)

    def test_nowhere(self):
        ana, ben = self.home("ana"), self.home("ben")
        for home in (ana, ben):
            home.passphrase = SECRET
            home.start(unlock=False)
            home.run("config", "set", "link.listen", home.at)
            home.words = home.json("init", "--demo", "--name", NAME,
                                   fds={"passphrase-fd": SECRET})["recovery_words"]
        code = ana.json("pair", "--code")["code"]
        ben.run("pair", code, "--at", ana.at, "--json")
        wait_for(lambda: ana.status()["paired"], "paired")
        self.scan("paired")
        # During load, and the scan goes on meanwhile.
        done = threading.Event()

        def write():
            for number in range(25):
                ana.say("write", stdin=f"{WORD} {number} " + "and more " * 50)
                ana.say("thanks", "--hold", "0", f"for the {WORD} {number}")
                ben.run("find", SEARCH, "--json")
                ana.run("find", WORD, "--json")
            done.set()
        writer = threading.Thread(target=write)
        writer.start()
        while not done.is_set() and writer.is_alive():
            self.scan("during load")
        writer.join()
        self.assertTrue(done.is_set())
        taken = ana.thanks(f"{REPLACED} {REPLACED}")
        wait_for(lambda: ben.has(f"{REPLACED} {REPLACED}"), "it came")
        ana.run("find", REPLACED, "--json")
        self.scan("after load")
        for home in (ana, ben):
            home.kill9()
        self.scan("after SIGKILL")
        for home in (ana, ben):
            home.start()
        ana.run("retract", taken, "--json")
        wait_for(lambda: ben.json("show", taken)["state"] == "retracted", "retracted")
        self.assertEqual(ben.json("find", REPLACED)["entries"], [])
        self.assertEqual(ana.json("find", REPLACED)["entries"], [])
        self.scan("after retract")
        ana.run("thanks", "--ours", "--yes", WORD * 200, "--json", status=2)  # a draft
        ana.run("lock")
        self.scan("locked")
        ben.stop()
        self.scan("stopped")

    def test_argv_is_blanked(self):
        """A command's own line is gone from the process list as soon as it is read."""
        ana = self.home("ana")
        waiting = subprocess.Popen([os.path.join(ana.bin, "attune"), "init", "--name",
                                    WORD, "--passphrase-fd", "0", "--json"],
                                   env=ana.env(), stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            def blank():
                with open(f"/proc/{waiting.pid}/cmdline", "rb") as file:
                    line = file.read()
                return line and WORD.encode() not in line
            wait_for(blank, "the argv is blank")
        finally:
            waiting.communicate(b"a passphrase\n")

    def test_the_scan_itself(self):
        """It does find what is there."""
        for number, form in enumerate(sorted(forms(WORD))):
            path = os.path.join(self.base, f"planted.{number}")
            with open(path, "wb") as file:
                file.write(b"some bytes " + form + b" and more")
            self.found.clear()
            self.files()
            self.assertTrue(self.found, form)
            os.unlink(path)
        self.found.clear()
        self.files()
        self.assertEqual(self.found, [])


if __name__ == "__main__":
    main()
