# SPDX-License-Identifier: GPL-3.0-or-later
"""What the person's session does to the journal: a locked screen closes it, sleep and the end
of the session lock it, and nobody but logind, about nobody but this person, has a say.

The model: a bus of this test's own, on it login_stand as org.freedesktop.login1, and one
home. Bus is both; said() waits for a line of the stand. attuned has read all that was said
when it answers a ping; it asks back who a session belongs to, hence two of them.
"""
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading

import smoke
from couple import Case, Home, ids_of_children, main, name_of, note, running, wait_for

SCREEN_LOCKED = 19  # of Status
STAND = os.path.join(os.path.dirname(os.path.abspath(
    os.environ.get("ATTUNE_BIN_DIR", "build/dev/bin"))), "tests", "login_stand")
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path={0}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/>
<allow eavesdrop="true"/><allow own="*"/></policy></busconfig>
"""


class Bus:
    """A message bus with a stand-in for logind."""

    def __init__(self, base):
        self.base = base
        self.path = os.path.join(base, "bus.sock")
        self.address = "unix:path=" + self.path
        self.config = os.path.join(base, "bus.conf")
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(BUS.format(self.path))
        self.daemon = self.stand = None

    def start(self, stand=True):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.daemon = subprocess.Popen(
            ["dbus-daemon", "--config-file=" + self.config, "--nofork", "--print-address"],
            stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.daemon.stdout.readline()
        if stand:
            self.start_stand()
        return self

    def start_stand(self):
        self.lines = []
        self.stand = subprocess.Popen([STAND, self.address], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self._read, args=(self.stand, self.lines))
        self.reader.start()
        self.said("ok")

    @staticmethod
    def _read(stand, lines):
        for line in stand.stdout:
            lines.append(line.decode().strip())

    def said(self, *wanted):
        """Waits for one of these lines; what came before it is forgotten."""
        def there():
            for number, line in enumerate(self.lines):
                if line in wanted:
                    del self.lines[:number + 1]
                    return line
            return None
        return wait_for(there, f"login_stand says {wanted}: {self.lines}", step_s=0.005)

    def do(self, *commands):
        for command in commands:
            self.stand.stdin.write(command.encode() + b"\n")
            self.stand.stdin.flush()
            if command not in ("sleep", "wake"):
                self.said("ok")

    def heard(self):
        """attuned has read, asked back and read again."""
        self.do("ping", "ping", "ping")

    def stop_stand(self):
        if self.stand:
            self.stand.stdin.close()
            self.stand.wait()
            self.reader.join()
            self.stand.stdout.close()
            self.stand = None

    def stop(self):
        """The bus dies, without a word to anybody."""
        if self.daemon:
            self.daemon.send_signal(signal.SIGKILL)
            self.daemon.wait()
            self.daemon.stdout.close()
            self.daemon = None
        self.stop_stand()


class LoginHome(Home):
    """A home whose attuned finds this bus as the system's."""

    bus = None

    def env(self, **more):
        return super().env(DBUS_SYSTEM_BUS_ADDRESS=self.bus.address, **more)


class Login(Case):
    def setUp(self):
        super().setUp()
        self.bus = Bus(self.base)
        self.addCleanup(self.bus.stop)

    def begin(self, bus=True, demo=True):
        """A home that is open, and connected."""
        if bus:
            self.bus.start()
        self.ana = LoginHome(self.base, "ana")
        self.ana.bus = self.bus
        self.homes.append(self.ana)
        self.ana.start(unlock=False)
        if bus:
            self.bus.said("held")
        self.ana.init(demo=demo)
        return self.ana

    def told(self):
        """(open, closed or locked; whether the screen is), as status has it."""
        with smoke.Client(self.ana.socket) as client:
            status = client.ask("status").status
        state = "locked" if 1 in status else "closed" if 2 in status else "open"
        return state, SCREEN_LOCKED in status

    def is_now(self, state, screen=False):
        """As status tells and as reading finds."""
        self.assertEqual(self.told(), (state, screen))
        got = self.ana.run("log", "--json", status=None)
        self.assertEqual(got.status, 0 if state == "open" else 3, str(got))

    def becomes(self, state, screen=False):
        wait_for(lambda: self.told() == (state, screen), f"{state}, screen {screen}")
        self.is_now(state, screen)

    def test_screen(self):
        ana = self.begin()
        self.is_now("open")
        self.bus.do("lock")
        self.becomes("closed", screen=True)
        ana.thanks("written while it is closed")
        self.bus.do("unlock")
        self.becomes("closed")  # the screen's key is not the journal's
        ana.unlock()
        self.is_now("open")
        self.bus.do("hint yes")
        self.becomes("closed", screen=True)
        self.bus.do("hint no")
        self.becomes("closed")
        # A locker that only follows Lock never tells of its end: the passphrase does.
        ana.unlock()
        self.bus.do("lock")
        self.becomes("closed", screen=True)
        ana.unlock()
        self.is_now("open")
        # Opened from elsewhere under a locked screen: each further lock closes again.
        self.bus.do("hint yes")
        self.becomes("closed", screen=True)
        ana.unlock()
        self.is_now("open", screen=True)
        self.bus.do("lock")
        self.becomes("closed", screen=True)
        self.bus.do("unlock", "hint no")
        self.becomes("closed")
        ana.run("lock")
        self.bus.do("lock")
        self.becomes("locked", screen=True)

    def test_lock_of_nobody_knows_whom(self):
        """A session that is gone before it could be asked whose it is may have been ours."""
        ana = self.begin()
        for command in ("lock-gone", "lock-removed"):
            self.bus.do(command)
            self.bus.heard()
            self.becomes("closed")
            ana.unlock()
            self.is_now("open")

    def test_locked_before(self):
        """A screen that was locked when attuned came is known as such."""
        self.bus.start()
        self.bus.do("hint yes")
        self.begin_on_running()
        self.becomes("open", screen=True)

    def begin_on_running(self):
        self.ana = LoginHome(self.base, "ana")
        self.ana.bus = self.bus
        self.homes.append(self.ana)
        self.ana.start(unlock=False)
        self.bus.said("held")
        self.bus.heard()
        self.ana.init()

    def test_nobody_else(self):
        self.begin()
        self.bus.do("other-lock")
        self.bus.heard()
        self.is_now("open")
        self.bus.do("state closing", "remove-other")
        self.bus.heard()
        self.is_now("open")
        self.bus.do("forge")
        self.bus.heard()
        self.is_now("open")
        self.assertNotIn("released", self.bus.lines)
        self.bus.do("lock")  # and the true one is still heard
        self.becomes("closed", screen=True)

    def test_sleep(self):
        ana = self.begin()
        ana.thanks("before the night")
        self.bus.do("sleep")
        self.bus.said("released")
        self.is_now("locked")  # no wait: it was, before it let go
        self.assertIsNone(ana.link_pid())
        self.bus.do("wake")
        self.bus.said("held")
        self.bus.heard()
        self.is_now("locked")
        ana.unlock()
        self.is_now("open")
        self.assertTrue(ana.has("before the night"))
        self.bus.do("sleep")
        self.bus.said("released")
        self.is_now("locked")

    @contextlib.contextmanager
    def deriving(self, command, fds):
        """A command whose passphrase a process derives a key from, which is held there.
        A home of the demo derives too fast for that."""
        ana, ends = self.ana, []
        argv = [os.path.join(ana.bin, "attune"), command, "--json"]
        for option, text in fds.items():
            pipe, end = os.pipe()
            os.write(end, text.encode())
            os.close(end)
            ends.append(pipe)
            argv += ["--" + option, str(pipe)]
        asking = subprocess.Popen(argv, env=ana.env(), pass_fds=ends,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE)
        for end in ends:
            os.close(end)

        def deriver():
            # attuned, its spawner, and that one's children.
            found = [pid for pid in ids_of_children(ana.pid())[2:]
                     if name_of(pid) == "attuned"]
            self.assertIsNone(asking.poll(), "it was quicker than the test")
            return found[0] if found else None
        pid = wait_for(deriver, "a key is being derived", step_s=0.002)
        os.kill(pid, signal.SIGSTOP)
        ana.family.add(pid)
        try:
            yield asking, pid
        finally:
            if running(pid):
                os.kill(pid, signal.SIGCONT)
            asking.wait()
            for pipe in (asking.stdout, asking.stderr):
                pipe.close()

    def unlocking(self):
        return self.deriving("unlock", {"passphrase-fd": self.ana.passphrase})

    def test_sleep_ends_what_derives(self):
        """An unlock or a new passphrase that sleep overtakes: before the machine may sleep
        the process that has it is gone, and nothing came of it."""
        ana = self.begin(demo=False)
        new = {"passphrase-fd": ana.passphrase, "new-passphrase-fd": "another one"}
        for closed, command in ((False, self.unlocking),
                                (False, lambda: self.deriving("passwd", new)),
                                (True, self.unlocking)):
            if closed:
                ana.unlock()
                self.bus.do("hint yes")
                self.becomes("closed", screen=True)
                self.bus.do("hint no")
                self.becomes("closed")
            else:
                ana.run("lock")
            with command() as (asking, pid):
                self.bus.do("sleep")
                self.bus.said("released")
                self.assertFalse(running(pid), "it is gone before the inhibitor is")
                self.assertFalse(os.path.exists(f"/proc/{pid}"), "and reaped")
                asking.wait()
                self.assertEqual(asking.returncode, 3)
                self.assertIn(b"E_LOCKED", asking.stdout.read())
            self.is_now("locked")
            self.bus.do("wake")
            self.bus.said("held")
            self.bus.heard()
            self.is_now("locked")
        ana.unlock()  # by the passphrase of before
        self.is_now("open")

    def test_screen_locks_what_derives(self):
        """A screen that locks after the passphrase was given, and before it opened: the
        journal begins closed. A passphrase given after that opens, as from elsewhere."""
        ana = self.begin(demo=False)
        again = {"words-fd": " ".join(ana.words), "new-passphrase-fd": ana.passphrase}
        for command, fds, status in (
                ("unlock", {"passphrase-fd": ana.passphrase}, 3), ("recover", again, 0)):
            for closed in (False, True):
                if not closed:
                    ana.run("lock")
                with self.deriving(command, fds) as (asking, pid):
                    self.bus.do("lock")
                    self.bus.heard()
                    os.kill(pid, signal.SIGCONT)
                    asking.wait()
                    self.assertEqual(asking.returncode, status)
                    if status:
                        self.assertIn(b"E_CLOSED", asking.stdout.read())
                self.is_now("closed", screen=True)
                ana.thanks("written while it is closed")
                # Unlocked meanwhile all the same: that opens nothing.
                self.bus.do("unlock")
                self.becomes("closed")
        with self.unlocking() as (asking, pid):
            self.bus.do("lock", "unlock")
            self.bus.heard()
            os.kill(pid, signal.SIGCONT)
            asking.wait()
        self.is_now("closed")
        self.bus.do("hint yes")
        self.becomes("closed", screen=True)
        ana.unlock()
        self.is_now("open", screen=True)
        # Another passphrase opens nothing, and closes what was open like any lock.
        with self.deriving("passwd", {"passphrase-fd": ana.passphrase,
                                      "new-passphrase-fd": "another"}) as (asking, pid):
            self.bus.do("lock")
            self.becomes("closed", screen=True)
            os.kill(pid, signal.SIGCONT)
            asking.wait()
            self.assertEqual(asking.returncode, 0)
        self.is_now("closed", screen=True)

    def test_nothing_opens_before_sleep(self):
        """Between the announcement of a sleep and the sleep no passphrase is taken."""
        ana = self.begin()
        secret = {"passphrase-fd": ana.passphrase}

        def refused():
            for command, fds in (("unlock", secret),
                                 ("passwd", {**secret, "new-passphrase-fd": "another"}),
                                 ("recover", {"words-fd": " ".join(ana.words),
                                              "new-passphrase-fd": "another"})):
                got = ana.run(command, "--json", fds=fds, status=None)
                self.assertIn("moment", self.refused(got, "E_BUSY", 1)["hint"])
            self.is_now("locked")
        self.bus.do("sleep")
        self.bus.said("released")
        refused()
        self.bus.do("wake")
        self.bus.said("held")
        ana.unlock()
        self.is_now("open")
        # Who goes without telling that it woke is not waited for: logind, then the bus.
        self.bus.do("sleep")
        self.bus.said("released")
        refused()
        self.bus.stop_stand()
        wait_for(lambda: ana.unlock(status=None).status == 0, "it opens without logind")
        self.bus.start_stand()
        self.bus.said("held")
        self.bus.do("sleep")
        self.bus.said("released")
        refused()
        self.bus.stop()
        wait_for(lambda: ana.unlock(status=None).status == 0, "it opens without a bus")

    def test_logout(self):
        ana = self.begin()
        self.bus.do("remove-session")
        self.bus.heard()
        self.is_now("open")  # the user is still active: there was another session
        for state in ("closing", "lingering", "offline", "gone"):
            # The session comes anew with its next signal.
            self.bus.do("state active", "unlock")
            self.bus.heard()
            ana.unlock()
            self.is_now("open")
            self.bus.do("state " + state, "remove-session")
            self.becomes("locked")

    def test_without(self):
        """No bus, a bus without logind, a logind that comes later."""
        ana = self.begin(bus=False)
        self.is_now("open")
        ana.thanks("no bus at all")
        self.bus.start(stand=False)
        ana.run("lock")
        ana.unlock()  # looks for the bus again
        self.is_now("open")
        self.bus.start_stand()
        self.bus.said("held")
        self.bus.do("lock")
        self.becomes("closed", screen=True)

    def test_bus_dies(self):
        ana = self.begin()
        self.bus.do("lock")
        self.becomes("closed", screen=True)
        self.bus.stop()
        ana.unlock()
        ana.thanks("while there is no bus")
        self.bus.start()
        self.bus.said("held")  # by itself, after a pause
        self.bus.heard()
        self.is_now("open")
        self.bus.do("sleep")
        self.bus.said("released")
        self.is_now("locked")
        # logind alone is started anew, as at an upgrade.
        self.bus.stop_stand()
        self.bus.start_stand()
        self.bus.said("held")
        ana.unlock()
        self.bus.do("lock")
        self.becomes("closed", screen=True)

    def test_quiet(self):
        """While nothing happens nothing wakes attuned: its count stands still."""
        pid = self.begin().pid()  # asking again would wake it
        self.bus.heard()
        seen = []

        def still():
            with open(f"/proc/{pid}/status", encoding="ascii") as status:
                seen.append([line for line in status if "ctxt_switches" in line])
            return len(seen) > 5 and all(one == seen[-1] for one in seen[-5:])
        wait_for(still, f"attuned sleeps: {seen[-5:]}", step_s=0.7)


if __name__ == "__main__":
    if shutil.which("dbus-daemon") is None:
        note("there is no dbus-daemon")
        sys.exit(77)
    main()
