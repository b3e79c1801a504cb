# SPDX-License-Identifier: GPL-3.0-or-later
"""Private entries: the partner's side and the wire are the same with 0 and with 200."""
import socket
import struct
import threading

from couple import Case, Couple, free_port, main, note, wait_for

PRIVATE = 200
SMALL = 400  # handshakes and heartbeats are below, sealed batches (1 KiB) above
GREETING = 64


class Relay:
    """Passes TCP on and notes the size of every ZMTP frame, each way."""

    def __init__(self, target):
        self.target = target
        self.port = free_port()
        self.sizes = {"in": [], "out": []}
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.ends = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                if self.listener.fileno() < 0:
                    return
                client.close()
                continue
            self.ends += [client, server]
            for way, source, sink in (("in", client, server), ("out", server, client)):
                threading.Thread(target=self.carry, args=[way, source, sink],
                                 daemon=True).start()

    def carry(self, way, source, sink):
        kept, greeted = b"", False
        while True:
            try:
                got = source.recv(1 << 16)
                if got:
                    sink.sendall(got)
            except OSError:
                got = b""
            if not got:
                for end in (source, sink):
                    try:
                        end.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
                return
            kept += got
            if not greeted and len(kept) >= GREETING:
                kept, greeted = kept[GREETING:], True
            while greeted:
                size = self.frame(kept)
                if size is None or len(kept) < size:
                    break
                with self.lock:
                    self.sizes[way].append(size)
                kept = kept[size:]

    @staticmethod
    def frame(kept):
        """Size of the first ZMTP frame with its head, or None."""
        if len(kept) < 2:
            return None
        if kept[0] & 2:
            return 9 + struct.unpack(">Q", kept[1:9])[0] if len(kept) >= 9 else None
        return 2 + kept[1]

    def taken(self):
        """The large frames since the last time, each way."""
        with self.lock:
            sizes, self.sizes = self.sizes, {"in": [], "out": []}
        return {way: [size for size in list_ if size >= SMALL]
                for way, list_ in sizes.items()}

    def close(self):
        self.listener.close()
        for end in self.ends:
            end.close()


class Private(Case):
    def relayed(self, label):
        """A couple whose only way to each other passes the relay."""
        couple = Couple(self.home("ana" + label), self.home("ben" + label))
        couple.start()
        ana, ben = couple
        relay = Relay(ana.port)
        self.addCleanup(relay.close)
        dead = f"tcp://127.0.0.1:{free_port()}"
        ben.run("config", "set", "link.addresses", dead)
        ana.run("config", "set", "link.addresses", f"tcp://127.0.0.1:{relay.port}")
        code = ana.json("pair", "--code")["code"]
        ben.run("pair", code, "--at", f"tcp://127.0.0.1:{relay.port}", "--json")
        wait_for(lambda: ana.status()["paired"], "paired")
        ana.thanks("hello")
        ben.thanks("hello back")
        couple.wait_has(ben, "hello")
        couple.wait_has(ana, "hello back")
        couple.wait_equal()
        self.quiet(relay)
        return couple, relay

    def quiet(self, relay):
        """Until nothing large passes for a while; returns all that passed."""
        total = {"in": [], "out": []}

        def still():
            for _ in range(15):
                got = relay.taken()
                for way in total:
                    total[way] += got[way]
                if got["in"] or got["out"]:
                    return False
                pause.wait(0.1)
            return True
        pause = threading.Event()
        wait_for(still, "the wire is quiet", 60)
        return total

    def share(self, couple, relay, number):
        """One shared entry of a fixed length, and what it costs on the wire."""
        couple.ana.thanks(f"shared entry number {number:04}")
        couple.wait_has(couple.ben, f"shared entry number {number:04}")
        couple.wait_equal()
        return self.quiet(relay)

    def test_nothing_passes(self):
        """Two hundred private entries and searches in them: not one frame."""
        couple, relay = self.relayed("a")
        ana, ben = couple
        seen = ben.digest(), ben.json("visible"), ben.log(), ben.status()
        for number in range(PRIVATE):
            ana.say("write" if number % 2 else "feel", "--mine", f"private {number}")
        ana.json("find", "private")
        self.assertEqual(self.quiet(relay), {"in": [], "out": []})
        self.assertEqual(seen, (ben.digest(), ben.json("visible"), ben.log(),
                                ben.status()))
        self.assertEqual(ana.digest(), ben.digest())
        both_visible = [entry["fields"]["text"] for entry in ana.json("visible")["entries"]]
        self.assertEqual(both_visible, ["hello"])

        # And the shared session costs what it costs with none of them.
        with_many = [self.share(couple, relay, number) for number in range(3)]
        other, plain = self.relayed("b")
        with_none = [self.share(other, plain, number) for number in range(3)]
        note(f"frames with {PRIVATE}: {with_many[0]}")
        self.assertEqual(with_many, with_none)
        self.assertTrue(with_many[0]["in"] and with_many[0]["out"])

        # Restarted, the greeting tells nothing either.
        costs = []
        for one, wire in ((couple, relay), (other, plain)):
            one.ana.kill9()
            one.ana.start()
            one.ana.thanks("once more")
            one.wait_has(one.ben, "once more")
            one.wait_equal()
            costs.append({way: set(sizes) for way, sizes in self.quiet(wire).items()})
        self.assertEqual(costs[0], costs[1])


if __name__ == "__main__":
    main()
