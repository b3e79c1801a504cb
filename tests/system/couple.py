# SPDX-License-Identifier: GPL-3.0-or-later
"""Two people, each with a home of their own, real daemons and real commands.

The model: a Home is four folders and an environment; everything is done through `attune`
as a script would. A Couple is two homes on loopback, paired. Nothing sleeps and hopes:
wait_for asks until it is true or the deadline has passed.
Invariants: only processes that a test started are ever signalled, by their number; at the
end none of them, and no socket that answers, is left; a report of a sanitizer fails the
test whoever wrote it.
Binaries: ATTUNE_BIN_DIR. Deadlines are stretched for sanitizer builds, or ATTUNE_SLOW.

To add a test: a file with unittest cases and `couple.main()`, one line in CMakeLists.txt.
"""
import json
import os
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import weakref

BIN = os.path.abspath(os.environ.get("ATTUNE_BIN_DIR", "build/dev/bin"))
DEADLINE_S = 20.0
PASSPHRASE = "one quiet harbour at dusk"
FOLDERS = {"XDG_CONFIG_HOME": "config", "XDG_DATA_HOME": "data",
           "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "run"}


def sanitized():
    with open(os.path.join(BIN, "attuned"), "rb") as program:
        return b"__asan_init" in program.read()


def slow():
    if "ATTUNE_SLOW" in os.environ:
        return float(os.environ["ATTUNE_SLOW"])
    return 3.0 if sanitized() else 1.0


SLOW = slow()


class Late(AssertionError):
    """A condition did not become true in time."""


def wait_for(condition, what, deadline_s=DEADLINE_S, step_s=0.02):
    """Asks `condition` until it is true; returns what it returned."""
    end = time.monotonic() + deadline_s * SLOW
    while True:
        got = condition()
        if got:
            return got
        if time.monotonic() > end:
            raise Late(f"not in time: {what}")
        time.sleep(step_s)


_ports = set()


def free_port():
    """A loopback port nobody has, below those the kernel gives out by itself."""
    while True:
        port = random.randrange(15000, 30000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in _ports:
            _ports.add(port)
            return port


def ids_of_children(pid):
    """pid and all it started, theirs too; what ends meanwhile is left out."""
    parents = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as stat:
                    text = stat.read()
                parents[int(name)] = int(text[text.rindex(b")") + 2:].split()[1])
            except (OSError, ValueError):
                continue
    found = [pid]
    for one in found:
        found.extend(child for child, parent in parents.items() if parent == one)
    return found


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", "rb") as stat:
            text = stat.read()
        return text[text.rindex(b")") + 2:].split()[0] != b"Z"
    except OSError:
        return False


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as comm:
            return comm.read().strip()
    except OSError:
        return ""


class Result:
    """What one command did."""

    def __init__(self, args, status, out, err):
        self.args, self.status, self.out, self.err = args, status, out, err

    @property
    def json(self):
        lines = self.out.decode().splitlines()
        if len(lines) != 1:
            raise AssertionError(f"not one JSON line: {self}")
        return json.loads(lines[0])

    @property
    def code(self):
        """The stable code of an error, "" when there is none."""
        return self.json.get("error", {}).get("code", "")

    @property
    def text(self):
        return self.out.decode()

    def __str__(self):
        return (f"attune {' '.join(map(str, self.args))} -> {self.status}\n"
                f"out: {self.out[:2000]!r}\nerr: {self.err[:2000]!r}")


class Home:
    """One person's attune: folders, environment, daemon."""

    def __init__(self, base, name, port=None, bin_dir=None):
        _alive.add(self)
        self.base = base
        self.name = name
        self.port = port or free_port()
        self.bin = bin_dir or BIN
        self.passphrase = PASSPHRASE
        self.words = None
        self.daemon = None
        self.family = set()
        self.errors = os.path.join(base, name + ".stderr")
        self.root = os.path.join(base, name)
        for folder in list(FOLDERS.values()) + ["home", "tmp"]:
            os.makedirs(os.path.join(self.root, folder), mode=0o700, exist_ok=True)

    def env(self, **more):
        keep = ("PATH", "LANG", "LC_ALL", "TZ", "ASAN_OPTIONS", "UBSAN_OPTIONS",
                "LSAN_OPTIONS")
        env = {key: os.environ[key] for key in keep if key in os.environ}
        env.setdefault("LC_ALL", "C.UTF-8")
        env.update({key: self.path(folder) for key, folder in FOLDERS.items()})
        env.update(HOME=self.path("home"), TMPDIR=self.path("tmp"), USER=self.name)
        # Whoever locks this machine's screen must not close the homes of a test.
        env["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=" + self.path("no-bus")
        env.update({key: str(value) for key, value in more.items()})
        return env

    def path(self, *parts):
        return os.path.join(self.root, *parts)

    def data(self, *parts):
        return self.path("data", "attune", *parts)

    @property
    def socket(self):
        return self.path("run", "attune", "api.sock")

    @property
    def at(self):
        return f"tcp://127.0.0.1:{self.port}"

    # -- commands

    def run(self, *args, stdin=b"", fds=None, status=0, env=None, timeout_s=60.0,
            preexec=None):
        """Runs one command; `fds` is {option: text}; `status` None takes any."""
        argv = [os.path.join(self.bin, "attune"), *map(str, args)]
        ends = []
        for option, text in (fds or {}).items():
            read, write = os.pipe()
            os.write(write, text.encode() if isinstance(text, str) else text)
            os.close(write)
            ends.append(read)
            argv += ["--" + option, str(read)]
        if isinstance(stdin, str):
            stdin = stdin.encode()
        try:
            done = subprocess.run(argv, input=stdin, env=env or self.env(),
                                  capture_output=True, pass_fds=ends,
                                  timeout=timeout_s * SLOW, preexec_fn=preexec,
                                  check=False)
        finally:
            for end in ends:
                os.close(end)
        self.adopt()
        result = Result(args, done.returncode, done.stdout, done.stderr)
        if b"Sanitizer" in done.stderr or b"runtime error:" in done.stderr:
            raise AssertionError(f"sanitizer: {done.stderr.decode(errors='replace')}")
        if status is not None and done.returncode != status:
            raise AssertionError(f"expected {status}: {result}\n{self.last_errors()}")
        return result

    def json(self, *args, **more):
        """The JSON one command prints."""
        return self.run(*args, "--json", **more).json

    def init(self, demo=True, listen=True):
        if listen:
            self.run("config", "set", "link.listen", self.at)
        args = ["init", "--name", self.name.capitalize()] + (["--demo"] if demo else [])
        self.words = self.json(*args, fds={"passphrase-fd": self.passphrase})[
            "recovery_words"]
        return self

    def unlock(self, **more):
        return self.run("unlock", "--json", fds={"passphrase-fd": self.passphrase},
                        **more)

    def say(self, kind, *args, **more):
        """Writes an entry and returns its id."""
        return self.json(kind, "--yes", *args, **more)["id"]

    def thanks(self, text, **more):
        return self.say("thanks", "--hold", "0", text, **more)

    def log(self, count=1000, *args):
        return self.json("log", "-n", count, *args)["entries"]

    def texts(self):
        return {entry["fields"].get("text") for entry in self.log()}

    def status(self):
        return self.json("status")

    def digest(self):
        return self.run("digest").text.strip()

    def has(self, text):
        return text in self.texts()

    def check(self):
        got = self.run("check", "--json", status=None)
        if got.status != 0 or not got.json["ok"]:
            raise AssertionError(f"check: {got}")

    # -- the daemon

    def serving(self):
        """The number of the process that listens, or None."""
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.socket)
                cred = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
                return struct.unpack("3i", cred)[0]
        except OSError:
            return None

    def adopt(self):
        """Remembers what runs now, so that it is ended with the test."""
        pid = self.serving()
        if pid and pid not in (os.getpid(), os.getppid()):
            self.family.update(ids_of_children(pid))
        return pid

    def start(self, *args, unlock=True, clock=None, preexec=None, env=None, wait=True,
              more_fds=()):
        """attuned in the foreground; listening, and open, when this returns."""
        argv = [os.path.join(self.bin, "attuned"), "--foreground", *args]
        fds = list(more_fds)
        if clock is not None:
            argv += ["--clock-fd", str(clock)]
            fds.append(clock)
        errors = open(self.errors, "ab")
        self.daemon = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=errors,
                                       stderr=errors, env=env or self.env(),
                                       pass_fds=fds, preexec_fn=preexec)
        errors.close()
        self.family.add(self.daemon.pid)
        if not wait:
            return self

        def listens():
            if self.daemon.poll() is not None:
                raise AssertionError(f"attuned ended with {self.daemon.returncode}: "
                                     f"{self.last_errors()}")
            return self.serving() == self.daemon.pid
        wait_for(listens, "attuned listens", step_s=0.005)
        if unlock:
            self.unlock()
        self.adopt()
        return self

    def pid(self):
        return self.adopt()

    def link_pid(self):
        """attuned-link of this home, or None."""
        pid = self.serving()
        for one in ids_of_children(pid) if pid else []:
            if name_of(one).startswith("attuned-link"):
                self.family.add(one)
                return one
        return None

    def signal(self, number):
        pid = self.adopt()
        if pid:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        return pid

    def gone(self):
        """Whether nothing of this home runs any more."""
        if self.daemon:
            self.daemon.poll()
        return not any(running(pid) for pid in self.family)

    def kill9(self):
        """No goodbye: the daemon only; what it started must end by itself."""
        self.signal(signal.SIGKILL)
        self._ended()

    def stop(self):
        """Ends attuned as a service manager would; its exit status must be 0."""
        daemon = self.daemon
        self.signal(signal.SIGTERM)
        self._ended()
        if daemon and daemon.returncode != 0:
            raise AssertionError(f"attuned ended with {daemon.returncode}: "
                                 f"{self.last_errors()}")

    def _ended(self):
        wait_for(self.gone, f"attuned of {self.name} and what it started have ended")
        if self.daemon:
            self.daemon.wait()
        self.daemon = None
        self.family.clear()

    def last_errors(self):
        try:
            with open(self.errors, "rb") as errors:
                return errors.read()[-6000:].decode(errors="replace")
        except OSError:
            return ""

    def close(self):
        """The end of a test: everything of this home ends, whatever state it is in."""
        self.adopt()
        pid = self.serving()
        if pid in self.family:
            os.kill(pid, signal.SIGCONT)
            os.kill(pid, signal.SIGTERM)
        try:
            wait_for(self.gone, "it ends by itself")
        except Late:
            for one in list(self.family):
                if running(one):
                    os.kill(one, signal.SIGKILL)
            wait_for(self.gone, "it ends when killed")
            raise
        finally:
            if self.daemon:
                self.daemon.wait()
            self.daemon = None
        errors = self.last_errors()
        if "Sanitizer" in errors or "runtime error:" in errors or "ssertion" in errors:
            raise AssertionError(f"attuned of {self.name}: {errors}")

    def copy(self, name):
        """Another machine with a copy of this home's files, at the same address."""
        other = Home(self.base, name, self.port)
        other.words = self.words
        for folder in ("config", "data", "state"):
            shutil.rmtree(other.path(folder))
            subprocess.run(["cp", "-a", self.path(folder), other.path(folder)],
                           check=True)
        return other

    def save(self, name):
        """cp -a of the data folder, while stopped."""
        shutil.rmtree(self.path(name), ignore_errors=True)
        subprocess.run(["cp", "-a", self.path("data"), self.path(name)], check=True)

    def put_back(self, name):
        shutil.rmtree(self.path("data"))
        subprocess.run(["cp", "-a", self.path(name), self.path("data")], check=True)


class Case(unittest.TestCase):
    """A story with homes that are ended and removed with it."""

    maxDiff = None

    def setUp(self):
        self.base = tempfile.mkdtemp(prefix="at-")
        self.homes = []
        self.addCleanup(self.tidy)

    def home(self, name, **more):
        made = Home(self.base, name, **more)
        self.homes.append(made)
        return made

    def copy(self, home, name):
        made = home.copy(name)
        self.homes.append(made)
        return made

    def couple(self, paired=True):
        pair = Couple(self.home("ana"), self.home("ben"))
        return pair.pair() if paired else pair

    def tidy(self):
        failed = None
        for home in self.homes:
            try:
                home.close()
            except AssertionError as error:
                failed = error
            if home.serving():
                failed = AssertionError(f"{home.name}: somebody still listens")
        shutil.rmtree(self.base, ignore_errors=True)
        if failed:
            raise failed

    def refused(self, result, code, status):
        """An error as scripts see it: JSON on standard output, a line on the other."""
        self.assertEqual((result.code, result.status), (code, status), str(result))
        error = result.json["error"]
        self.assertEqual(result.json["format"], 1)
        self.assertEqual(sorted(error), ["code", "hint", "message"])
        self.assertTrue(error["message"])
        self.assertIn(error["message"], result.err.decode(), str(result))
        return error


class Couple:
    """Ana and Ben."""

    def __init__(self, ana, ben):
        self.ana, self.ben = ana, ben

    def __iter__(self):
        return iter((self.ana, self.ben))

    def start(self):
        for home in self:
            home.start(unlock=False)
            home.init()
        return self

    def pair(self, how="code"):
        self.start()
        return self.join(how)

    def join(self, how="code"):
        if how == "code":
            code = self.ana.json("pair", "--code")["code"]
            self.ben.run("pair", code, "--at", self.ana.at, "--json")
        else:
            invite = self.ana.json("pair", "--invite")["invite"]
            self.ben.run("pair", invite, "--json")
        wait_for(lambda: self.ana.status()["paired"], "Ana is paired too")
        return self

    def equal(self):
        return self.ana.digest() == self.ben.digest()

    def wait_equal(self, deadline_s=DEADLINE_S):
        try:
            wait_for(self.equal, "both hold the same", deadline_s)
        except Late as late:
            told = [f"{home.name}: {home.status()} {home.last_errors()}" for home in self]
            raise Late(f"{late}\n" + "\n".join(told)) from None

    def wait_has(self, home, text, deadline_s=DEADLINE_S):
        wait_for(lambda: home.has(text), f"{home.name} has it", deadline_s)


def note(line):
    """A line of the story, in the log of the test."""
    print("  " + line, file=sys.stderr, flush=True)


def rounds(default):
    return int(os.environ.get("ATTUNE_ROUNDS", default))


def seed():
    """The seed of what is random here; printed, so that a run can be repeated."""
    number = int(os.environ.get("ATTUNE_SEED", random.randrange(1 << 32)))
    note(f"ATTUNE_SEED={number}")
    return random.Random(number)


_alive = weakref.WeakSet()


def _given_up(_number, _frame):
    """Stopped from outside, as by a time limit: nothing of ours runs on."""
    for home in _alive:
        home.adopt()
        for pid in home.family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    os._exit(128 + signal.SIGTERM)


def main():
    signal.signal(signal.SIGTERM, _given_up)
    unittest.main(verbosity=2)


ID = re.compile(r"^[0-9a-hjkmnp-tv-z]{26}$")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)$")
DAY = re.compile(r"^\d{4}-\d\d-\d\d$")
