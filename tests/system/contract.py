# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts rely on: every line of the contract, with real daemons."""
import os
import subprocess
import time

from couple import BIN, DAY, ID, TIME, Case, main, running, wait_for

ENTRY = {"id", "kind", "author", "reach", "state", "created", "fields"}
STATUS = ["closed", "format", "last_exchange", "link", "locked", "paired", "schema",
          "waiting_since"]


class Contract(Case):
    def entry(self, entry):
        """The shape of one entry."""
        self.assertLessEqual(set(entry), ENTRY | {"parent", "events"})
        self.assertLessEqual(ENTRY, set(entry))
        self.assertRegex(entry["id"], ID)
        self.assertIn(entry["author"], ("me", "partner"))
        self.assertIn(entry["reach"], ("mine", "ours"))
        self.assertRegex(entry["created"], TIME)
        self.assertIsInstance(entry["fields"], dict)
        return entry

    def entries(self, answer):
        self.assertEqual(sorted(answer), ["entries", "format"])
        self.assertEqual(answer["format"], 1)
        return [self.entry(entry) for entry in answer["entries"]]


class OnePerson(Contract):
    """Somebody who is alone with attune, for now."""

    def setUp(self):
        super().setUp()
        self.ana = self.home("ana")

    def test_first_day(self):
        ana = self.ana
        # Before anything: no journal, and the first command starts the daemon.
        self.refused(ana.run("log", "--json", status=1), "E_NO_HOME", 1)
        answer = ana.json("init", "--name", "Ana", "--demo",
                          fds={"passphrase-fd": ana.passphrase})
        self.assertEqual(sorted(answer), ["format", "recovery_words"])
        self.assertEqual(answer["format"], 1)
        self.assertEqual(len(answer["recovery_words"]), 24)
        self.assertTrue(all(word.isalpha() for word in answer["recovery_words"]))
        self.refused(ana.run("init", "--name", "Ana", "--json", status=1,
                             fds={"passphrase-fd": "x"}), "E_EXISTS", 1)

        status = ana.json("status")
        self.assertEqual(sorted(status), STATUS)
        self.assertEqual(
            {key: status[key] for key in ("format", "locked", "closed", "paired",
                                          "waiting_since", "last_exchange")},
            {"format": 1, "locked": False, "closed": False, "paired": False,
             "waiting_since": None, "last_exchange": None})
        self.assertIn(status["link"], ("on", "off"))
        self.assertIsInstance(status["schema"], int)

        # Text from standard input, from the line, with its own field.
        written = ana.json("write", "--yes", stdin="Quiet.\nSecond line.\n")
        self.assertEqual(sorted(written), ["format", "id"])
        self.assertRegex(written["id"], ID)
        felt = ana.json("feel", "--yes", "tired", "--energy", "2")["id"]
        thanked = ana.say("thanks", "--hold", "0", "for the soup")

        entries = self.entries(ana.json("log", "-n", "20"))
        self.assertEqual([entry["id"] for entry in entries], [thanked, felt, written["id"]])
        self.assertEqual([entry["kind"] for entry in entries], ["thanks", "feel", "write"])
        self.assertEqual({entry["reach"] for entry in entries}, {"mine"})
        self.assertEqual(entries[1]["fields"], {"text": "tired", "energy": 2})
        self.assertEqual(entries[2]["fields"]["text"].rstrip("\n"),
                         "Quiet.\nSecond line.")
        self.assertEqual(len(ana.json("log", "-n", "2")["entries"]), 2)

        found = self.entries(ana.json("find", "quiet"))
        self.assertEqual([entry["id"] for entry in found], [written["id"]])
        self.assertEqual(ana.json("find", "nowhere")["entries"], [])

        shown = ana.json("show", felt)
        self.assertEqual(set(shown), ENTRY | {"format", "thread", "events"})
        self.assertEqual([event["act"] for event in shown["events"]], ["written"])
        self.assertEqual(shown["thread"], [])
        prefix = next(felt[:n] for n in range(3, 27)
                      if not any(e["id"].startswith(felt[:n]) for e in entries
                                 if e["id"] != felt))
        self.assertEqual(ana.json("show", prefix)["id"], felt)
        self.assertEqual(ana.json("show", "@last")["id"], thanked)

        answer = ana.json("check")
        self.assertEqual(answer, {"format": 1, "ok": True, "findings": []})
        self.assertEqual(ana.json("digest"), {"format": 1, "digest": ana.digest()})
        self.assertRegex(ana.digest(), r"^[0-9a-f]{16,64}$")

    def test_exit_codes(self):
        ana = self.ana
        ana.init()
        mine = ana.say("write", stdin="alone")
        self.refused(ana.run("done", mine, "--json", status=None), "E_STATE", 1)
        self.refused(ana.run("nonsense", "--json", status=None), "E_USAGE", 2)
        self.refused(ana.run("promise", "x", "--yes", "--due", "someday", "--json",
                             status=None), "E_TIME", 2)
        self.refused(ana.run("promise", "x", "--yes", "--json", status=None),
                     "E_USAGE", 2)
        self.refused(ana.run("config", "set", "nonsense", "1", "--json", status=None),
                     "E_OPTION", 2)
        self.refused(ana.run("config", "set", "color", "pink", "--json", status=None),
                     "E_OPTION", 2)
        self.refused(ana.run("thanks", "--ours", "--yes", "x", "--json", status=None),
                     "E_NOT_PAIRED", 4)
        self.assertIn("x", [entry["fields"].get("text")
                            for entry in ana.json("drafts")["entries"]])
        self.refused(ana.run("verify", "--json", status=None), "E_NOT_PAIRED", 4)
        self.refused(ana.run("leave", "--yes", "--json", status=None), "E_NOT_PAIRED", 4)
        self.refused(ana.run("show", "0" * 26, "--json", status=None), "E_NO_ENTRY", 5)
        self.refused(ana.run("retract", "0" * 26, "--json", status=None),
                     "E_NO_ENTRY", 5)

        ana.json("lock")
        self.assertTrue(ana.json("status")["locked"])
        for verb in (["log"], ["find", "alone"], ["digest"], ["check"], ["visible"],
                     ["show", mine], ["write", "--yes", "x"], ["pair", "--code"]):
            self.refused(ana.run(*verb, "--json", status=None), "E_LOCKED", 3)
        self.refused(ana.run("unlock", "--json", status=None,
                             fds={"passphrase-fd": "not this"}), "E_PASSPHRASE", 1)
        ana.unlock()
        self.assertFalse(ana.json("status")["locked"])
        self.assertEqual(ana.json("show", mine)["fields"]["text"], "alone")

        # Without a terminal nothing leaves that was not confirmed; with nobody there,
        # nothing leaves anyway.
        self.assertEqual(ana.run("--help", status=None).status in (0, 2), True)
        for verb in ("version", "help"):
            ana.run(verb)
        self.assertIn("safe", ana.run("help", "safety").text.lower())

    def test_not_reachable_is_6(self):
        """attuned alone is missing, so nobody can start it."""
        alone = os.path.join(self.base, "alone")
        os.mkdir(alone)
        os.symlink(os.path.join(BIN, "attune"), os.path.join(alone, "attune"))
        copied = os.path.join(self.base, "bin")
        os.mkdir(copied)
        subprocess.run(["cp", os.path.join(BIN, "attune"), copied], check=True)
        self.ana.bin = copied
        got = self.ana.run("status", "--json", status=None, env=self.ana.env(PATH=alone))
        self.refused(got, "E_DAEMON", 6)

    def test_passphrase_changes(self):
        ana = self.ana
        ana.init()
        kept = ana.say("write", stdin="kept")
        self.refused(ana.run("passwd", "--json", status=None, fds={
            "passphrase-fd": "wrong", "new-passphrase-fd": "other"}), "E_PASSPHRASE", 1)
        ana.run("passwd", "--json",
                fds={"passphrase-fd": ana.passphrase, "new-passphrase-fd": "the next"})
        ana.run("lock")
        self.refused(ana.run("unlock", "--json", status=None,
                             fds={"passphrase-fd": ana.passphrase}), "E_PASSPHRASE", 1)
        ana.passphrase = "the next"
        ana.unlock()
        self.assertEqual(ana.json("show", kept)["fields"]["text"], "kept")
        # And after a restart.
        ana.stop()
        ana.start()
        self.assertTrue(ana.has("kept"))

    def test_closed(self):
        """After a while without a client reading asks, writing goes on."""
        ana = self.ana
        ana.start(unlock=False)
        ana.init()
        ana.run("config", "set", "closed.after", "1s")
        ana.say("write", stdin="before")
        wait_for(lambda: ana.json("status")["closed"], "closed by itself")
        self.refused(ana.run("log", "--json", status=None), "E_CLOSED", 3)
        self.refused(ana.run("find", "x", "--json", status=None), "E_CLOSED", 3)
        status = ana.json("status")
        self.assertEqual((status["locked"], status["closed"]), (False, True))
        ana.run("config", "set", "closed.after", "15m")
        ana.say("write", stdin="while closed")
        ana.unlock()
        self.assertEqual(ana.texts(), {"before", "while closed"})

    def test_config(self):
        ana = self.ana
        ana.run("config", "set", "link.listen", "tcp://127.0.0.1:7401")
        self.assertEqual(ana.run("config", "get", "link.listen").text.strip(),
                         "tcp://127.0.0.1:7401")
        self.assertEqual(ana.json("config", "get", "link.listen"),
                         {"format": 1, "value": "tcp://127.0.0.1:7401"})
        options = ana.json("config", "list")
        self.assertEqual(options["options"]["link.listen"], "tcp://127.0.0.1:7401")
        self.assertTrue(os.path.exists(ana.path("config", "attune", "config")))
        self.assertIsNone(ana.serving(), "config needs no daemon")

    def test_folders(self):
        """Everything lies in the four folders named attune, and nobody else may look."""
        ana = self.ana
        ana.init()
        ana.say("write", stdin="somewhere")
        for folder in ("data", "run"):
            mode = os.stat(ana.path(folder, "attune")).st_mode & 0o777
            self.assertEqual(mode, 0o700, folder)
        self.assertEqual(os.stat(ana.socket).st_mode & 0o777, 0o600)
        for name in os.listdir(ana.data()):
            self.assertEqual(os.stat(ana.data(name)).st_mode & 0o077, 0, name)
        self.assertEqual(os.listdir(ana.path("home")), [])
        self.assertEqual(sorted(os.listdir(ana.path("data"))), ["attune"])

    def test_first_command_starts_the_daemon(self):
        ana = self.ana
        self.assertIsNone(ana.serving())
        ana.init()
        pid = ana.serving()
        self.assertTrue(pid)
        ana.say("write", stdin="one")
        self.assertEqual(ana.serving(), pid, "the same daemon answers")
        ana.kill9()
        ana.run("status", "--json")
        self.assertNotEqual(ana.serving(), pid)
        ana.unlock()
        self.assertTrue(ana.has("one"))


class TwoPeople(Contract):
    """Ana and Ben on one machine, told apart by their environment alone."""

    def test_pair_and_share(self):
        both = self.couple(paired=False).start()
        ana, ben = both
        before = ana.say("write", stdin="before there was anybody")
        answer = ana.json("pair", "--code")
        self.assertEqual(sorted(answer), ["code", "format"])
        self.assertRegex(answer["code"], r"^[a-z]+(-[a-z]+){3}$")
        ben.run("pair", answer["code"], "--at", ana.at)
        wait_for(lambda: ana.status()["paired"], "paired")
        self.assertTrue(ben.status()["paired"])
        words = ana.json("verify")
        self.assertEqual(sorted(words), ["format", "words"])
        self.assertEqual(len(words["words"]), 6)
        self.assertEqual(words, ben.json("verify"))
        for home in both:
            self.assertEqual(home.json("verify", "--accept")["words"], words["words"])
        self.assertEqual(ana.json("visible")["entries"], [], "pairing shares nothing")

        given = ana.thanks("for the soup")
        both.wait_has(ben, "for the soup")
        both.wait_equal()
        got = self.entry(ben.log()[0])
        self.assertEqual((got["id"], got["author"], got["reach"], got["kind"]),
                         (given, "partner", "ours", "thanks"))
        visible = self.entries(ana.json("visible"))
        self.assertEqual([entry["id"] for entry in visible], [given])
        self.assertNotIn(before, [entry["id"] for entry in ben.log()])

        reply = ben.say("reply", given, "--hold", "0", "with pleasure", "--as", "ack")
        both.wait_has(ana, "with pleasure")
        shown = ana.json("show", given)
        self.assertEqual([entry["id"] for entry in shown["thread"]], [reply])
        self.assertEqual(self.entry(shown["thread"][0])["parent"], given)
        self.assertEqual([e["id"] for e in ben.log(20, "--from", "me")], [reply])

        # Share what was mine; take it back.
        ana.run("share", before, "--yes", "--json")
        wait_for(lambda: before in [e["id"] for e in ben.log()] or
                 ana.json("show", before)["state"] == "held", "it is on its way")
        if ana.json("show", before)["state"] == "held":
            both.wait_has(ben, "before there was anybody")
        ana.run("retract", given, "--json")
        wait_for(lambda: ben.json("show", given)["state"] == "retracted", "retracted")
        self.assertNotIn("text", ben.json("show", given)["fields"])
        self.assertNotIn("text", ana.json("show", given)["fields"])
        self.refused(ben.run("retract", before, "--json", status=None), "E_NOT_YOURS", 1)
        both.wait_equal()
        for home in both:
            home.check()
            for key in ("waiting_since", "last_exchange"):
                day = home.status()[key]
                self.assertTrue(day is None or DAY.match(day))
                self.assertNotEqual(day, time.strftime("%Y-%m-%d"), "completed days only")

        # Leaving is silent and one-sided.
        ben.json("leave", "--yes")
        self.assertFalse(ben.status()["paired"])
        self.assertTrue(ana.status()["paired"])
        self.assertTrue(ben.has("before there was anybody"))
        ben.check()
        ana.thanks("nobody hears this")
        ben.stop()
        ben.start()
        self.assertTrue(ben.has("before there was anybody"))

    def test_invite(self):
        both = self.couple(paired=False).start()
        ana, ben = both
        answer = ana.json("pair", "--invite")
        self.assertEqual(sorted(answer), ["format", "invite"])
        self.assertTrue(answer["invite"].startswith("attune1:"))
        words = ben.json("pair", answer["invite"])
        self.assertEqual(len(words["words"]), 6)
        wait_for(lambda: ana.status()["paired"], "paired")
        self.assertEqual(ana.json("verify")["words"], words["words"])
        ben.thanks("came by invite")
        both.wait_has(ana, "came by invite")
        both.wait_equal()
        self.refused(ben.run("pair", "--code", "--json", status=None), "E_PAIRED", 1)

    def test_promise_from_both_sides(self):
        """Acts of either side, one of them while the other daemon is off."""
        both = self.couple()
        ana, ben = both
        given = ana.say("promise", "--hold", "0", "book the table", "--due", "friday")
        both.wait_has(ben, "book the table")
        self.assertEqual(ben.json("show", given)["state"], "open")
        self.assertRegex(str(ben.json("show", given)["fields"]["due"]), r"^\d{4}-")
        self.refused(ben.run("done", given, "--json", status=None), "E_NOT_YOURS", 1)
        self.refused(ben.run("accept", given, "--json", status=None), "E_STATE", 1)
        self.refused(ana.run("change", given, "--json", status=None), "E_USAGE", 2)

        ben.stop()
        ana.run("change", given, "--due", "saturday", "--json")
        self.assertEqual(ana.json("show", given)["state"], "changed")
        was = ana.json("show", given)["fields"]["due"]
        ana.stop()
        ben.start()
        self.assertEqual(ben.json("show", given)["state"], "open")
        ana.start()
        wait_for(lambda: ben.json("show", given)["state"] == "changed", "the change came")
        accepted = ben.json("accept", given)
        self.assertEqual(accepted["id"], given)
        wait_for(lambda: ana.json("show", given)["state"] == "open", "accepted")
        self.assertNotEqual(ana.json("show", given)["fields"]["due"], was)
        both.wait_equal()
        self.assertEqual(ana.json("show", given)["fields"],
                         ben.json("show", given)["fields"])

        # Without an ID, as exactly one entry can take the act.
        self.assertEqual(ana.json("done")["id"], given)
        wait_for(lambda: ben.json("show", given)["state"] == "done", "done")
        self.refused(ana.run("done", given, "--json", status=None), "E_STATE", 1)

        # At once from both sides, apart: one of them crossed, and both agree which.
        other = ana.say("promise", "--hold", "0", "water the fern", "--due", "friday")
        both.wait_has(ben, "water the fern")
        ana.stop()
        ben.json("release", other)
        ben.stop()
        ana.start()
        ana.json("done", other)
        ben.start()
        both.wait_equal()
        self.assertEqual(ana.json("show", other)["state"], ben.json("show", other)["state"])
        for home in both:
            home.check()

    def test_hold_and_undo(self):
        both = self.couple()
        ana, ben = both
        held = ana.say("thanks", "--hold", "10m", "not yet")
        shown = ana.json("show", held)
        self.assertEqual((shown["reach"], shown["state"]), ("ours", "held"))
        self.assertIn(held, [e["id"] for e in ana.json("visible")["entries"]])
        ana.run("undo", "--json")
        self.assertNotEqual(ana.json("show", held)["state"], "held")
        sent = ana.thanks("this one leaves")
        both.wait_has(ben, "this one leaves")
        self.assertFalse(ben.has("not yet"))
        # Too late to undo: it names retract.
        late = ana.run("undo", sent, "--json", status=None)
        self.assertEqual((late.status, late.code), (1, "E_LEFT"), str(late))
        self.assertIn("retract", late.json["error"]["hint"])
        # A short hold ends by itself.
        ana.say("thanks", "--hold", "1s", "after a breath")
        both.wait_has(ben, "after a breath")
        # A hold survives a crash.
        ana.say("thanks", "--hold", "2s", "held over a crash")
        ana.kill9()
        ana.start()
        both.wait_has(ben, "held over a crash")
        both.wait_equal()

    def test_confirm_without_terminal(self):
        both = self.couple()
        ana, ben = both
        self.refused(ana.run("thanks", "unasked", "--json", status=None), "E_CONFIRM", 2)
        self.assertIn("unasked", [e["fields"].get("text")
                                  for e in ana.json("drafts")["entries"]])
        mine = ana.say("thanks", "--mine", "only for me")
        ours = ana.say("write", "--ours", "--hold", "0", stdin="for us")
        both.wait_has(ben, "for us")
        self.assertEqual(ben.json("show", ours)["author"], "partner")
        self.refused(ben.run("show", mine, "--json", status=None), "E_NO_ENTRY", 5)
        self.assertEqual([e["id"] for e in ana.log(20, "--ours")], [ours])
        self.assertEqual([e["id"] for e in ana.log(20, "--mine")], [mine])

    def test_everything_ends_with_the_daemon(self):
        both = self.couple()
        ana = both.ana
        link = wait_for(ana.link_pid, "the link runs")
        family = set(ana.family)
        self.assertIn(link, family)
        ana.kill9()
        self.assertFalse([pid for pid in family if running(pid)])
        ana.start()
        link = wait_for(ana.link_pid, "the link runs")
        ana.run("lock")
        wait_for(lambda: not running(link), "the link is killed at lock")
        self.assertEqual(ana.status()["link"], "off")


if __name__ == "__main__":
    main()
