# SPDX-License-Identifier: GPL-3.0-or-later
"""Old copies of a home come back: as a backup, on a second machine, from the 24 words."""
from couple import PASSPHRASE, Case, main, wait_for


class Restore(Case):
    def held_back(self, both):
        """Ben's attune says that Ana's came back older."""
        wait_for(lambda: "older" in both.ben.run("status").text,
                 "the partner is told that this journal is older")

    def after(self, both, texts):
        """Accepted: nothing is lost, there is no fork, and both go on."""
        ana, ben = both
        both.wait_equal()
        for home in both:
            self.assertLessEqual(texts, home.texts())
            self.assertEqual(len(home.log()), len(home.texts()), "nothing twice")
        ana.thanks("on we go")
        ben.thanks("so do I")
        both.wait_has(ben, "on we go")
        both.wait_has(ana, "so do I")
        both.wait_equal()
        for home in both:
            home.check()
            self.assertNotIn("copy of this journal", home.run("status").text)

    def grow(self, both):
        """Shared things before and after the moment of the copy."""
        ana, ben = both
        ana.thanks("old one")
        ben.thanks("old two")
        both.wait_equal()
        ana.stop()
        ana.save("backup")
        ana.start()
        ana.thanks("new one")
        ana.say("write", stdin="only here, and lost with the disk")
        ben.thanks("new two")
        both.wait_equal()
        ana.stop()

    def test_old_backup(self):
        both = self.couple()
        ana, ben = both
        self.grow(both)
        ana.put_back("backup")
        ana.start()
        self.assertEqual(ana.texts(), {"old one", "old two"})
        self.held_back(both)
        # Nothing is given back yet, neither old nor new; writing works meanwhile.
        ben.thanks("while waiting")
        ana.thanks("from the restored one")
        ana.say("write", stdin="mine, restored")
        for _ in range(3):
            ana.run("status")
        self.assertEqual(ana.texts(), {"old one", "old two", "from the restored one",
                                       "mine, restored"})
        # Not after a restart of either side.
        ben.stop()
        ben.start()
        self.held_back(both)
        ana.kill9()
        ana.start()
        self.assertNotIn("new one", ana.texts())
        self.assertNotIn("while waiting", ana.texts())
        ben.json("verify", "--accept")
        shared = {"old one", "old two", "new one", "new two", "while waiting",
                  "from the restored one"}
        both.wait_equal()
        self.assertEqual(ben.texts(), shared)
        self.assertEqual(ana.texts(), shared | {"mine, restored"})
        self.after(both, shared)

    def test_backup_of_the_newest(self):
        """A copy that lacks nothing is another file all the same."""
        both = self.couple()
        ana, ben = both
        ana.thanks("one")
        both.wait_has(ben, "one")
        both.wait_equal()
        ana.stop()
        ana.save("backup")
        ana.put_back("backup")
        ana.start()
        ana.thanks("two")
        # Whether Ben is asked or not: after his yes both are equal.
        if ben.run("status").text.find("older") >= 0:
            ben.json("verify", "--accept")
        wait_for(lambda: "older" in ben.run("status").text or ben.has("two"),
                 "it is told or it arrives")
        ben.json("verify", "--accept")
        self.after(both, {"one", "two"})

    def test_second_machine(self):
        """A copied home wakes up elsewhere, and later the first one does, too."""
        both = self.couple()
        ana, ben = both
        ana.thanks("one")
        both.wait_has(ben, "one")
        ana.stop()
        other = self.copy(ana, "anb")
        ana.start()
        ana.thanks("two, on the first")
        ben.thanks("three")
        both.wait_equal()
        ana.stop()
        other.start()
        both.ana = other
        self.held_back(both)
        self.assertEqual(other.texts(), {"one"})
        other.thanks("four, on the second")
        ben.json("verify", "--accept")
        both.wait_equal()
        everything = {"one", "two, on the first", "three", "four, on the second"}
        self.assertEqual(other.texts(), everything)
        self.assertEqual(ben.texts(), everything)
        # The first wakes up again: two machines from one copy. Nothing is lost.
        other.stop()
        both.ana = ana
        ana.start()
        ana.thanks("five, on the first")
        wait_for(lambda: "copy of this journal" in ana.run("status").text or
                 "older" in ben.run("status").text or ben.has("five, on the first"),
                 "somebody notices, or nothing is wrong")
        ben.json("verify", "--accept")
        both.wait_has(ben, "five, on the first")
        both.wait_equal()
        self.assertEqual(ben.texts(), everything | {"five, on the first"})
        self.assertEqual(ana.texts(), everything | {"five, on the first"})
        for home in both:
            home.check()


class Words(Case):
    def recover(self, home, passphrase, *args, **more):
        return home.run("recover", *args, "--json", **more, fds={
            "words-fd": " ".join(home.words), "new-passphrase-fd": passphrase})

    def test_forgotten_passphrase(self):
        ana = self.home("ana")
        ana.init()
        ana.say("write", stdin="kept")
        ana.run("lock")
        wrong = list(ana.words)
        wrong[3], wrong[4] = wrong[4], wrong[3]
        self.assertIn(ana.run("recover", "--json", status=None, fds={
            "words-fd": " ".join(wrong), "new-passphrase-fd": "x"}).code, ("E_WORDS",))
        self.recover(ana, "a new one")
        self.refused(ana.run("passwd", "--json", status=None, fds={
            "passphrase-fd": PASSPHRASE, "new-passphrase-fd": "y"}), "E_PASSPHRASE", 1)
        ana.passphrase = "a new one"
        self.assertTrue(ana.has("kept"))
        ana.run("lock")
        ana.unlock()
        self.assertTrue(ana.has("kept"))
        ana.stop()
        ana.start()
        self.assertTrue(ana.has("kept"))
        # Somebody else's words open nothing.
        ben = self.home("ben")
        ben.init()
        self.refused(ana.run("recover", "--json", status=None, fds={
            "words-fd": " ".join(ben.words), "new-passphrase-fd": "z"}), "E_WORDS", 1)
        self.assertTrue(ana.has("kept"))

    def test_new_disk(self):
        """The laptop is gone; the words and the partner are not."""
        both = self.couple()
        ana, ben = both
        ana.thanks("one")
        ben.thanks("two")
        ana.say("promise", "--hold", "0", "a new disk", "--due", "friday")
        both.wait_equal()
        ana.say("write", stdin="gone with the disk")
        digest = ben.digest()
        ana.stop()

        new = self.home("anna", port=ana.port)
        new.words = ana.words
        new.run("config", "set", "link.listen", new.at)
        self.recover(new, PASSPHRASE, "--name", "Ana")
        self.assertEqual(new.log(), [])
        self.assertFalse(new.status()["paired"])
        both.ana = new
        ben.run("leave", "--yes", "--json")
        code = ben.json("pair", "--code")["code"]
        new.run("pair", code, "--at", ben.at)
        wait_for(lambda: ben.status()["paired"], "paired again")
        self.assertEqual(new.texts(), set(), "nothing before Ben says yes")
        ben.json("verify", "--accept")
        both.wait_has(new, "one")
        both.wait_equal()
        self.assertEqual(new.texts(), {"one", "two", "a new disk"})
        self.assertEqual({e["author"] for e in new.log() if e["fields"]["text"] == "one"},
                         {"me"})
        self.assertTrue(digest)
        new.thanks("thank you for keeping it")
        ben.thanks("gladly")
        both.wait_has(ben, "thank you for keeping it")
        both.wait_has(new, "gladly")
        new.json("done")
        both.wait_equal()
        for home in both:
            home.check()


if __name__ == "__main__":
    main()
