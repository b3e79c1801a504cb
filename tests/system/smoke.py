# SPDX-License-Identifier: GPL-3.0-or-later
"""attuned alone, spoken to in its own frames: init, write, lock, restart, what stands in
the socket's place, who may not start, and requests that make no sense.

The model: a Daemon is a process in a home of its own; ask() is one frame out, one in. The
messages are packed by hand from proto/local.proto, so a mistake shared by attune's two
halves is seen here. Standard library only.
"""
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

BIN = os.path.abspath(os.environ.get("ATTUNE_BIN_DIR", "build/dev/bin"))
DEADLINE_S = 60.0
PASSPHRASE = b"one quiet harbour at dusk"

# Request bodies and fields, by proto/local.proto.
SECRET, CREATE, QUERY, WATCH = 10, 11, 13, 16


def varint(value):
    out = b""
    while value > 0x7f:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value) if value else b""


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def take_varint(raw, at):
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7f) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def parse(raw):
    """Field number -> list of values (int or bytes)."""
    out = {}
    at = 0
    while at < len(raw):
        tag, at = take_varint(raw, at)
        if tag & 7 == 0:
            value, at = take_varint(raw, at)
        else:
            size, at = take_varint(raw, at)
            value = raw[at:at + size]
            at += size
        out.setdefault(tag >> 3, []).append(value)
    return out


class Reply:
    def __init__(self, raw):
        fields = parse(raw)
        self.number = fields.get(1, [0])[0]
        self.error = fields.get(2, [b""])[0].decode()
        self.id = fields.get(3, [b""])[0]
        self.entries = [parse(entry) for entry in fields.get(4, [])]
        self.status = parse(fields[5][0]) if 5 in fields else None
        self.words = [word.decode() for word in fields.get(6, [])]
        self.findings = fields.get(9, [])
        self.topics = [topic.decode() for topic in fields.get(11, [])]
        self.serial = fields.get(12, [0])[0]


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(path)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, name, body=b"", request=1):
        raw = number(1, 1) + number(2, request) + data(3, name.encode()) + body
        self.socket.sendall(struct.pack("<I", len(raw)) + raw)

    def receive(self):
        return Reply(self.exactly(struct.unpack("<I", self.exactly(4))[0]))

    def exactly(self, size):
        out = b""
        while len(out) < size:
            part = self.socket.recv(size - len(out))
            if not part:
                raise EOFError
            out += part
        return out

    def ask(self, name, body=b"", request=1):
        self.send(name, body, request)
        reply = self.receive()
        assert reply.number == request, reply.number
        return reply


def secret(**fields):
    order = {"passphrase": 1, "new_passphrase": 2, "words": 3, "name": 4}
    body = b"".join(data(order[name], value) for name, value in fields.items()
                    if name != "demo")
    return data(SECRET, body + number(5, int(fields.get("demo", False))))


def entry(ident, text):
    field = data(1, b"text") + data(2, text)
    return data(CREATE, data(1, ident) + data(2, b"write") + number(4, 1) + data(7, field))


class Home:
    def __init__(self):
        self.root = tempfile.mkdtemp(prefix="attune-smoke-")
        self.environment = {"PATH": os.environ["PATH"], "HOME": self.root,
                            "DBUS_SYSTEM_BUS_ADDRESS": "unix:path=" + self.root + "/no-bus"}
        for name in os.environ:
            if name.endswith("_OPTIONS"): # of the sanitizers
                self.environment[name] = os.environ[name]
        for name in ("CONFIG_HOME", "DATA_HOME", "STATE_HOME", "RUNTIME_DIR"):
            path = os.path.join(self.root, name.lower())
            os.mkdir(path, 0o700)
            self.environment["XDG_" + name] = path
        self.runtime = os.path.join(self.root, "runtime_dir", "attune")
        self.data = os.path.join(self.root, "data_home", "attune")
        self.socket = os.path.join(self.runtime, "api.sock")
        self.daemon = None

    def start(self, *options):
        """Starts attuned and waits for its word, or for its end. True: it listens."""
        ready, told = os.pipe()
        self.daemon = subprocess.Popen(
            [os.path.join(BIN, "attuned"), "--foreground", "--ready-fd", str(told), *options],
            env=self.environment, pass_fds=[told, *(int(n) for n in options if n.isdigit())],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        os.close(told)
        byte = os.read(ready, 1)
        os.close(ready)
        return byte == b"1"

    def end(self, how=signal.SIGTERM):
        """Ends it; its exit status and what it said."""
        if self.daemon.poll() is None:
            self.daemon.send_signal(how)
        said = self.daemon.communicate(timeout=DEADLINE_S)[1].decode()
        status = self.daemon.returncode
        self.daemon = None
        return status, said

    def client(self):
        return Client(self.socket)

    def remove(self):
        if self.daemon is not None:
            self.end(signal.SIGKILL)
        shutil.rmtree(self.root)


class Smoke(unittest.TestCase):
    def setUp(self):
        self.home = Home()
        self.addCleanup(self.home.remove)

    def init(self):
        self.assertTrue(self.home.start())
        with self.home.client() as client:
            reply = client.ask("init", secret(passphrase=PASSPHRASE, name=b"Ana", demo=True))
            self.assertEqual((reply.error, len(reply.words)), ("", 24))
        return reply.words

    def unlock(self, client, passphrase=PASSPHRASE):
        return client.ask("unlock", secret(passphrase=passphrase)).error

    def texts(self, client):
        reply = client.ask("list", data(QUERY, number(4, 100)))
        self.assertEqual(reply.error, "")
        return [parse(row[7][0])[2][0] for row in reply.entries]

    def test_life(self):
        self.init()
        with self.home.client() as client:
            self.assertEqual(client.ask("init", secret(passphrase=b"x", name=b"y")).error,
                             "E_EXISTS")
            self.assertEqual(client.ask("create", entry(b"a" * 16, b"one")).error, "")
            self.assertEqual(client.ask("create", entry(b"a" * 16, b"one")).error, "")
            self.assertEqual(self.texts(client), [b"one"])
            self.assertEqual(client.ask("check").findings, [])
            self.assertEqual(client.ask("lock").error, "")
            self.assertEqual(client.ask("list", data(QUERY, b"")).error, "E_LOCKED")
            self.assertEqual(self.unlock(client, b"wrong"), "E_PASSPHRASE")
            self.assertEqual(self.unlock(client), "")
            self.assertEqual(client.ask("create", entry(b"b" * 16, b"two")).error, "")
        self.assertEqual(self.home.end(), (0, ""))
        self.assertFalse(os.path.exists(self.home.socket))
        self.assertTrue(self.home.start())
        with self.home.client() as client:
            self.assertEqual(client.ask("list", data(QUERY, b"")).error, "E_LOCKED")
            self.assertEqual(self.unlock(client), "")
            self.assertEqual(sorted(self.texts(client)), [b"one", b"two"])
            status = client.ask("status").status
            self.assertNotIn(17, status) # a clean end leaves no alert
            self.assertEqual(client.ask("create", entry(b"c" * 16, b"three")).error, "")
        self.home.end(signal.SIGKILL) # what was answered is on the disk
        self.assertTrue(self.home.start())
        with self.home.client() as client:
            self.assertEqual(self.unlock(client), "")
            self.assertEqual(sorted(self.texts(client)), [b"one", b"three", b"two"])

    def test_passwd_and_recover(self):
        words = self.init()
        with self.home.client() as client:
            wrong = secret(passphrase=b"wrong", new_passphrase=b"next")
            self.assertEqual(client.ask("passwd", wrong).error, "E_PASSPHRASE")
            right = secret(passphrase=PASSPHRASE, new_passphrase=b"next")
            self.assertEqual(client.ask("passwd", right).error, "")
            client.ask("lock")
            self.assertEqual(self.unlock(client), "E_PASSPHRASE")
            self.assertEqual(self.unlock(client, b"next"), "")
            self.assertEqual(client.ask("create", entry(b"a" * 16, b"kept")).error, "")
            client.ask("lock")
            swapped = [words[1], words[0], *words[2:]]
            for given, error in ((swapped, "E_WORDS"), (words, "")):
                body = secret(words=" ".join(given).encode(), new_passphrase=b"third")
                self.assertEqual(client.ask("recover", body).error, error)
            self.assertEqual(self.texts(client), [b"kept"])
        self.home.end()
        shutil.rmtree(self.home.data)
        self.assertTrue(self.home.start())
        with self.home.client() as client: # a new disk, the same person
            body = secret(words=" ".join(words).encode(), new_passphrase=PASSPHRASE,
                          name=b"Ana", demo=True)
            self.assertEqual(client.ask("recover", body).error, "")
            self.assertEqual(self.texts(client), [])

    def test_damage(self):
        self.init()
        with self.home.client() as client:
            client.ask("create", entry(b"a" * 16, b"one"))
        self.home.end()

        def opened_after(name, damage):
            path = os.path.join(self.home.data, name)
            with open(path, "rb") as file:
                whole = file.read()
            damage(path, whole)
            self.assertTrue(self.home.start())
            with self.home.client() as client:
                error = self.unlock(client)
                alerts = []
                if not error:
                    status = client.ask("status").status
                    alerts = [parse(raw)[1][0].decode() for raw in status.get(17, [])]
            self.home.end()
            if error: # put back, or the next would be told apart from nothing
                with open(path, "wb") as file:
                    file.write(whole)
            return error, alerts

        def flip(path, whole):
            with open(path, "wb") as file:
                middle = len(whole) // 2
                file.write(whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:])

        def remove(path, _):
            os.remove(path)

        self.assertEqual(opened_after("keys", flip), ("E_KEYS_FILE", []))
        self.assertEqual(opened_after("keys", remove), ("E_KEYS_FILE", []))
        self.assertEqual(opened_after("journal", remove), ("E_JOURNAL", []))
        error, alerts = opened_after("anchor", flip)
        self.assertEqual((error, "E_ANCHOR" in alerts), ("", True))
        error, alerts = opened_after("anchor", remove)
        self.assertEqual((error, "E_ANCHOR" in alerts), ("", True))

        def copy(path, whole):
            os.rename(path, path + ".old")
            with open(path, "wb") as file:
                file.write(whole)

        error, alerts = opened_after("journal", copy)
        self.assertEqual((error, "E_MOVED" in alerts), ("", True))

        def shorten(path, whole):
            with open(path, "wb") as file:
                file.write(whole[:len(whole) // 2])

        self.assertEqual(opened_after("journal", shorten)[0], "E_JOURNAL")

    def test_place_of_the_socket(self):
        self.init()
        second = Home.__new__(Home)
        second.__dict__.update(self.home.__dict__)
        self.assertFalse(second.start())
        status, said = second.end()
        self.assertEqual(status, 6)
        self.assertIn("Another attuned", said)
        with self.home.client() as client:
            self.assertEqual(client.ask("status").error, "")
        self.home.end(signal.SIGKILL)
        self.assertTrue(os.path.exists(self.home.socket))
        self.assertTrue(self.home.start()) # a stale socket is replaced
        self.home.end()
        with open(self.home.socket, "w", encoding="ascii") as file:
            file.write("mine")
        self.assertFalse(self.home.start())
        status, said = self.home.end()
        self.assertEqual(status, 6)
        self.assertIn("taken by something else", said)
        with open(self.home.socket, encoding="ascii") as file:
            self.assertEqual(file.read(), "mine")

    def test_clock(self):
        self.assertTrue(self.home.start())
        self.home.end()
        end, lines = os.pipe()
        self.assertFalse(self.home.start("--clock-fd", str(end)))
        self.assertEqual(self.home.end()[0], 1) # no demo home: E_CLOCK
        self.init()
        self.home.end()
        os.write(lines, b"2030-05-01T12:00:00Z\n")
        self.assertTrue(self.home.start("--clock-fd", str(end)))
        os.close(end)
        with self.home.client() as client:
            self.unlock(client)
            client.ask("create", entry(b"a" * 16, b"one"))
            created = client.ask("list", data(QUERY, b"")).entries[0][6][0]
            self.assertLess(abs(created - 1903867200), 60)
            # An hour passes at once; nobody asked anything meanwhile, so it is closed.
            os.write(lines, b"2030-05-01T13:00:00Z\n")
            end_s = time.monotonic() + DEADLINE_S
            while client.ask("list", data(QUERY, b"")).error != "E_CLOSED":
                self.assertLess(time.monotonic(), end_s)
            self.assertEqual(client.ask("create", entry(b"b" * 16, b"two")).error, "")
            self.assertEqual(self.unlock(client, b"wrong"), "E_PASSPHRASE")
            self.assertEqual(self.unlock(client), "")
            self.assertEqual(len(self.texts(client)), 2)
        os.close(lines)

    def test_nonsense(self):
        self.init()
        for raw in (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\4\0\0\0\xff\xff\xff\xff"):
            with self.home.client() as client:
                client.socket.sendall(raw)
                self.assertIn(client.receive().error, ("E_PROTOCOL", "E_LIMIT"))
                self.assertRaises(EOFError, client.receive)
        with self.home.client() as client:
            self.assertEqual(client.ask("no-such").error, "E_USAGE")
            self.assertEqual(client.ask("create").error, "E_USAGE")
            self.assertEqual(client.ask("list", secret(passphrase=b"x")).error, "E_USAGE")
            self.assertEqual(client.ask("unlock", secret(passphrase=b"x" * 2000)).error,
                             "E_PASSPHRASE")
            self.assertEqual(client.ask("init", secret(passphrase=b"x" * 9000)).error,
                             "E_LIMIT")
            with self.home.client() as watcher:
                first = watcher.ask("watch", data(WATCH, b""))
                watcher.send("watch", data(WATCH, data(1, b"vault") +
                                           number(2, first.serial)), 2)
                client.ask("lock")
                self.assertEqual(watcher.receive().topics, ["vault"])

    def test_children(self):
        """Unpaired there is nothing to talk to, so nothing that talks to the network."""
        self.init()
        children = "/proc/%d/task/%d/children" % (self.home.daemon.pid, self.home.daemon.pid)
        with open(children, encoding="ascii") as file:
            self.assertEqual(len(file.read().split()), 1) # the spawner


if __name__ == "__main__":
    unittest.main(argv=sys.argv, verbosity=0)
