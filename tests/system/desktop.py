# SPDX-License-Identifier: GPL-3.0-or-later
"""A desktop for tests: a screen nobody sees, a session bus of its own, and dunst.

The model: a Bus is a dbus-daemon at a path that is known before it runs; it starts only
what `activate` put into its folder, never what this machine has installed. A Desktop is a
Bus with Xvfb and dunst. `env` is what a program needs to find them; give it to a Home with
`home.env(**desktop.env)`.
Invariants: each program is one that was started here, and is ended by its number; what it
says goes into a file of the test's folder.

    desktop = Desktop(base).start()
    desktop.displayed()             how many notices are on the screen
    desktop.history()               those that were: summary, body, category, urgency ...
    desktop.press("later")          as a person who picks that action; None: the notice itself
    desktop.dismiss()               as a person who has seen it
    desktop.screenshot(path)        a PNG
    desktop.stop()
"""
import json
import os
import signal
import subprocess

import couple

SERVICE = "org.freedesktop.Notifications"

BUS_CONFIG = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>{address}</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{services}</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# Nothing ends by itself but what says so; the menu is answered by the test.
DUNST_CONFIG = """[global]
    width = 420
    height = 300
    origin = top-left
    offset = 20x20
    font = DejaVu Sans 12
    markup = full
    format = "<b>%s</b>\\n%b"
    word_wrap = yes
    history_length = 100
    dmenu = {menu}
[urgency_low]
    timeout = 0
[urgency_normal]
    timeout = 0
[urgency_critical]
    timeout = 0
"""

MENU = """#!/bin/sh
# Picks the line of the action whose key is in the file.
grep -F ",$(cat '{choice}')]" | head -n 1
"""


class Program:
    """One process, what it says in files, what it is told on its standard input."""

    def __init__(self, base, name, argv, env, pass_fds=(), stdout=None):
        self.name = name
        self.out_path = os.path.join(base, name + ".out")
        self.err_path = os.path.join(base, name + ".err")
        with open(self.out_path, "ab") as out, open(self.err_path, "ab") as err:
            self.process = subprocess.Popen(
                argv, env=env, stdin=subprocess.PIPE, stdout=stdout or out, stderr=err,
                pass_fds=pass_fds, start_new_session=True)
        self.pid = self.process.pid
        self.family = {self.pid}
        couple._alive.add(self)

    def adopt(self):
        """Nothing but itself is its own; see couple._given_up."""

    def tell(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def lines(self):
        with open(self.out_path, encoding="utf-8") as out:
            text = out.read()
        return text[:text.rfind("\n") + 1].splitlines()

    def errors(self):
        with open(self.err_path, encoding="utf-8", errors="replace") as err:
            return err.read()

    def running(self):
        return self.process.poll() is None

    def wait(self, condition, what):
        """Waits for a condition; a program that ended before it is true is told of."""
        def true():
            got = condition()
            if not got and not self.running():
                got = condition()
                if not got:
                    raise AssertionError(f"{self.name} ended: {what}\n{self.errors()}")
            return got
        try:
            return couple.wait_for(true, what)
        except couple.Late as late:
            raise couple.Late(f"{late}\n{self.lines()}\n{self.errors()}") from None

    def stop(self, number=signal.SIGTERM):
        """Ends it and returns its status."""
        if self.running():
            os.kill(self.pid, number)
        try:
            status = self.process.wait(20 * couple.SLOW)
        except subprocess.TimeoutExpired:
            os.kill(self.pid, signal.SIGKILL)
            self.process.wait()
            raise AssertionError(f"{self.name} doesn't end") from None
        finally:
            self.family.clear()
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass  # what it was told last it did not hear
        if "Sanitizer" in self.errors() or "runtime error:" in self.errors():
            raise AssertionError(self.errors())
        return status


class Bus:
    """A session bus at a path of its own."""

    def __init__(self, base):
        self.base = base
        self.path = os.path.join(base, "bus")
        self.address = "unix:path=" + self.path
        self.services = os.path.join(base, "services")
        self.config = os.path.join(base, "bus.conf")
        os.makedirs(self.services, exist_ok=True)
        with open(self.config, "w", encoding="utf-8") as config:
            config.write(BUS_CONFIG.format(address=self.address, services=self.services))
        self.daemon = None
        self.display = None

    @property
    def env(self):
        env = {"DBUS_SESSION_BUS_ADDRESS": self.address}
        if self.display:
            env["DISPLAY"] = self.display
        return env

    def all_env(self):
        """For programs that are no part of a Home."""
        keep = ("PATH", "LC_ALL", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")
        env = {key: os.environ[key] for key in keep if key in os.environ}
        env.setdefault("LC_ALL", "C.UTF-8")
        for name in ("HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "XDG_CACHE_HOME",
                     "XDG_DATA_HOME", "XDG_STATE_HOME"):
            env[name] = os.path.join(self.base, "desk-" + name.lower())
            os.makedirs(env[name], mode=0o700, exist_ok=True)
        env.update(self.env)
        return env

    def program(self, name, *argv, **more):
        return Program(self.base, name, argv, self.all_env(), **more)

    def run(self, *argv, check=True):
        done = subprocess.run(argv, env=self.all_env(), capture_output=True, text=True,
                              check=False, timeout=60 * couple.SLOW)
        if check and done.returncode != 0:
            raise AssertionError(f"{argv}: {done}")
        return done.stdout

    def activate(self, name, *argv):
        """Lets the bus start a program when somebody asks for a name."""
        with open(os.path.join(self.services, name + ".service"), "w",
                  encoding="utf-8") as service:
            service.write(f"[D-BUS Service]\nName={name}\nExec={' '.join(argv)}\n")

    def start_bus(self):
        self.stop_bus()
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.daemon = self.program("dbus-daemon", "dbus-daemon", "--nofork", "--nopidfile",
                                   "--nosyslog", "--config-file=" + self.config)
        self.daemon.wait(lambda: "b " in self.run(*self._owns(), check=False),
                         "the bus answers")
        return self

    @staticmethod
    def _owns(name=SERVICE):
        return ("busctl", "--user", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus",
                "org.freedesktop.DBus", "NameHasOwner", "s", name)

    def served(self, name=SERVICE):
        """Whether somebody owns the name."""
        return "true" in self.run(*self._owns(name), check=False)

    def stop_bus(self):
        if self.daemon:
            daemon, self.daemon = self.daemon, None
            daemon.stop()

    start, stop = start_bus, stop_bus


class Desktop(Bus):
    """A screen, a bus and dunst."""

    def __init__(self, base):
        super().__init__(base)
        self.screen = None
        self.dunst = None
        self.choice = os.path.join(base, "choice")
        menu = os.path.join(base, "menu")
        with open(menu, "w", encoding="utf-8") as script:
            script.write(MENU.format(choice=self.choice))
        os.chmod(menu, 0o700)
        self.dunstrc = os.path.join(base, "dunstrc")
        with open(self.dunstrc, "w", encoding="utf-8") as config:
            config.write(DUNST_CONFIG.format(menu=menu))

    def start(self):
        self.start_bus()
        self.start_screen()
        return self.start_dunst()

    def start_screen(self):
        read, write = os.pipe()
        try:
            self.screen = self.program("xvfb", "Xvfb", "-displayfd", str(write), "-nolisten",
                                       "tcp", "-screen", "0", "800x600x24", pass_fds=[write])
        finally:
            os.close(write)
        with os.fdopen(read) as number:  # at its end, or when Xvfb is
            self.display = ":" + number.readline().strip()
        if self.display == ":":
            raise AssertionError(f"Xvfb: {self.screen.errors()}")

    def start_dunst(self):
        self.dunst = self.program("dunst", "dunst", "-conf", self.dunstrc)
        self.dunst.wait(self.served, "dunst serves")
        return self

    def stop_dunst(self, number=signal.SIGTERM):
        if self.dunst:
            self.dunst.stop(number)
            self.dunst = None

    def stop(self):
        try:
            self.stop_dunst()
        finally:
            try:
                if self.screen:
                    self.screen.stop()
                    self.screen = None
            finally:
                self.stop_bus()

    def ctl(self, *args):
        return self.run("dunstctl", *args)

    def displayed(self):
        return int(self.ctl("count", "displayed"))

    def wait_displayed(self, count=1):
        couple.wait_for(lambda: self.displayed() == count, f"{count} on the screen")

    def history(self):
        """What was on the screen and is no longer, the newest first."""
        rows = json.loads(self.ctl("history"))["data"][0]
        return [{key: value["data"] for key, value in row.items()} for row in rows]

    def press(self, key=None):
        if key is None:
            self.ctl("action")
            return
        with open(self.choice, "w", encoding="utf-8") as choice:
            choice.write(key)
        self.ctl("context")

    def dismiss(self):
        self.ctl("close")

    def screenshot(self, path):
        self.run("import", "-window", "root", path)
        return path
