# SPDX-License-Identifier: GPL-3.0-or-later
"""Telling and listening as stories: a little at a time, and saying back what was heard.

One story a habit, told by Ana and Ben with real daemons on the test clock (clocks.py).
"""
from clocks import Clocked
from couple import main, wait_for


class Vulnerability(Clocked):
    """Risk a little: what matters, one small step at a time."""

    def test_ladder(self):
        ana, ben = self.begin()
        # Only me; then its topic; then the words: each a later step of her own.
        for kind, words in (("tell", "I lost the ring on zzSunday"), ("feel", "hollow as a drum"),
                            ("write", "I nearly turned round at the zzdoor")):
            before = self.looks(ben)
            one = ana.json(kind, words, "--mine")["id"]
            self.same(before, self.looks(ben))
            self.assertEqual(ben.run("show", one, "--json", status=None).code, "E_NO_ENTRY")
            self.refused(ana.run("share", one, "--json", status=None), "E_CONFIRM", 2)
            ana.json("share", one, "--topic=something about me", "--yes", "--hold", "0")
            self.couple.wait_equal()
            seen = self.sees(ben, one, state="topic")
            self.assertEqual(seen["fields"], {"topic": "something about me"})
            self.nowhere(ben, *words.split()[-1:])
            self.assertIn("wants to tell you about: something about me",
                          ben.run("show", one).text)
            self.assertIn("its topic only", ana.run("visible").text)
            with self.subTest("there is nothing to say back yet"):
                self.assertNotIn("attune hear", ben.run("show", one).text)
                got = ben.run("hear", one, "what?", "--yes", "--hold", "1h", "--json",
                              status=None)
                self.refused(got, "E_STATE", 1)
            ana.json("share", one, "--yes", "--hold", "0")
            self.both_see(one, "open")
            self.assertEqual(self.sees(ben, one)["fields"]["text"], words)
            self.refused(ana.run("share", one, "--yes", "--json", status=None), "E_ALREADY", 1)
            self.refused(ben.run("share", one, "--yes", "--json", status=None),
                         "E_NOT_YOURS", 1)
            ana.json("retract", one)
            self.both_see(one, "retracted")
            for home in self.couple:
                self.nowhere(home, words.split()[-1])

        # A topic is held like everything else, and undo reaches it until it leaves.
        early = ana.json("tell", "a word too soon", "--topic=marmalade", "--yes")["id"]
        with self.subTest("a topic held is a topic held"):
            self.assertEqual(self.sees(ana, early)["state"], "held")
            self.assertEqual(ana.json("undo")["id"], early)
            self.jump(seconds=30)
            ana.thanks("something before it")
            self.couple.wait_equal()
            self.nowhere(ben, "marmalade", early)

        # The topic at once, and the next step stopped within its hold.
        job = ana.say("tell", "they may close us in zzautumn", "--topic=work", "--hold", "0")
        self.couple.wait_equal()
        self.assertEqual(self.sees(ben, job, state="topic")["fields"], {"topic": "work"})
        ana.json("share", job, "--yes")
        undone = ana.run("undo")
        with self.subTest("undone, the topic is still shared"):
            self.assertNotIn("yours alone", undone.text)
        self.jump(seconds=30)
        ana.thanks("something after it")
        self.couple.wait_equal()
        self.assertEqual(self.sees(ana, job)["state"], "topic")
        self.nowhere(ben, "zzautumn")
        # How to take it before the words; who may hear of it, else ours only.
        told = ana.say("tell", "I was scared", "--how", "just listen", "--may-tell", "Mia",
                       "--hold", "0")
        plain = ana.say("tell", "I am not any more", "--hold", "0")
        self.couple.wait_equal()
        shown = ben.run("show", told).text
        self.assertLess(shown.index("just listen"), shown.index("I was scared"))
        self.assertIn("May be told: Mia", shown)
        self.assertNotIn("Ours only", shown)
        self.assertIn("Ours only", ben.run("show", plain).text)
        self.assertEqual(self.sees(ben, told)["fields"],
                         {"text": "I was scared", "how": "just listen", "may-tell": "Mia"})
        self.mistakes(ana, [(["tell", "x", "--mine", "--topic=y"], "E_USAGE", 2),
                            (["share", "zzzz", "--yes"], "E_NO_ENTRY", 5),
                            (["tell", "--yes"], "E_EMPTY", 2)])
        self.refused(ana.run("tell", "nobody confirms it", "--json", status=None),
                     "E_CONFIRM", 2)
        self.assertTrue(self.drafted(ana, "nobody confirms it"))


class Listening(Clocked):
    """Listen: say back what you heard, before you answer."""

    def tell(self, text):
        told = self.ana.say("tell", text, "--hold", "0")
        self.couple.wait_equal()
        return told

    def hear(self, told, text):
        heard = self.ben.say("hear", told, text, "--hold", "0")
        self.both_see(heard, "open")
        return heard

    def test_hear(self):
        ana, ben = self.begin()
        told = self.tell("I felt left out on zzSunday")
        self.assertIn(f"attune hear {told[:3]}", ben.run("show", told).text)
        heard = self.hear(told, "You were alone.")
        self.assertEqual(self.today(ana)[0], ("new", heard))
        # Words of an act wait too; what is said by then is taken back.
        got = ana.run("almost", heard, "too soon", "--hold", "15m")
        self.assertIn("Leaves", got.text)
        self.assertIn("undo", ana.run("show", heard).text)
        self.refused(ana.run("almost", heard, "once more", "--json", status=None),
                     "E_ALREADY", 1)
        undone = ana.run("undo").text
        self.assertIn("Undone.", undone)
        self.assertNotIn("yours alone", undone)
        self.both_see(heard, "open")
        self.assertNotIn("too soon", ben.run("show", heard).text)
        # Almost, and what is missing; again; no; again; the third round is the last.
        self.assertEqual(ana.json("almost", "it was the music", "--hold", "0")["id"], heard)
        self.both_see(heard, "almost")
        self.assertEqual(self.today(ben)[0], ("news", heard))
        self.read()
        self.assertEqual(self.today(ben)[0], ("turn", heard))
        ben.json("hear", told, "Alone, and the music hurt.", "--hold", "0")  # whoever's turn it is
        self.both_see(heard, "open")
        ana.json("hear", told, "--as", "no")
        self.both_see(heard, "almost")
        ben.json("again", "Alone among us all.", "--hold", "0")
        self.both_see(heard, "open")
        ana.json("almost", "among us two", "--hold", "0")
        self.both_see(heard, "heard")  # no fourth
        self.refused(ben.run("again", heard, "once more", "--json", status=None),
                     "E_STATE", 1)
        self.refused(ana.run("yes", heard, "--json", status=None), "E_STATE", 1)
        ben.json("hear", told, "Sundays are ours", "--hold", "0")
        self.both_see(heard, "done")
        for home in self.couple:
            shown = home.run("show", told).text
            order = [shown.index(words) for words in (
                "left out", "You were alone.", "the music", "Alone, and the", "not yet that",
                "among us all", "among us two", "Sundays are ours")]
            self.assertEqual(order, sorted(order), shown)
            self.assertNotIn(heard, str(self.today(home)))
        with self.subTest("scripts read the rounds too"):
            self.assertIn("Sundays are ours", ana.run("show", told, "--json").text)

        # Yes at once; and acknowledged without agreeing is one step.
        told = self.tell("The kitchen, every evening")
        heard = self.hear(told, "You want help with it.")
        ana.json("hear", told, "--as", "yes")
        self.both_see(heard, "heard")
        self.assertEqual(ben.json("agree")["id"], heard)
        self.both_see(heard, "done")

        # During a pause it is not offered; after it, it is.
        told = self.tell("And the phone at table")
        ana.json("pause", "20m")
        self.couple.wait_equal()
        self.assertNotIn("attune hear", ben.run("show", told).text)
        self.refused(ben.run("hear", told, "The phone.", "--yes", "--json", status=None),
                     "E_STATE", 1)
        ben.json("back")
        self.couple.wait_equal()
        self.assertIn("attune hear", ben.run("show", told).text)

        # 280 characters in any script; one more is too long, and kept.
        heard = self.hear(told, "é" * 280)
        self.assertEqual(self.sees(ana, heard)["fields"]["text"], "é" * 280)
        other = self.tell("One more thing")
        self.mistakes(ben, [(["hear", other, "x" * 281, "--yes"], "E_LIMIT", 2),
                            (["hear", other, "--as", "nonsense"], "E_USAGE", 2),
                            (["hear", other, "--as", "yes"], "E_STATE", 1),
                            (["hear", "zzzz", "x", "--yes"], "E_NO_ENTRY", 5),
                            (["hear", other, "--yes"], "E_EMPTY", 2)])
        self.assertTrue(self.drafted(ben, "x" * 281))
        self.mistakes(ana, [(["hear", other, "oneself", "--yes"], "E_STATE", 1)])

    def test_reply(self):
        """Five kinds of answers; a thread reads as one, also when both answer at once."""
        ana, ben = self.begin()
        told = self.tell("I handed it in today")
        shown = ben.run("show", told).text
        for kind in ("comfort", "question", "ack"):  # those a tell offers first
            self.assertIn(f"attune reply {told[:3]} --as {kind}", shown)
        replies = []
        for kind in ("comment", "question", "ack", "comfort", "celebrate"):
            replies.append(ben.say("reply", told, f"an answer, {kind}", "--as", kind,
                                   "--hold", "0"))
        replies.append(ben.say("reply", told, "just an answer", "--hold", "0"))
        self.couple.wait_equal()
        thread = self.shows(ana, told)["thread"]
        self.assertEqual([entry["id"] for entry in thread], replies)
        self.assertEqual([entry["fields"].get("as") for entry in thread],
                         ["comment", "question", "ack", "comfort", "celebrate", None])
        # Each laptop alone, an answer on both; then they meet.
        self.away(ben)
        ana.say("reply", replies[1], "of course it was hers", "--hold", "0")
        self.away(ana)
        self.wake(ben)
        ben.say("reply", replies[1], "was it?", "--hold", "0")
        self.wake(ana)
        self.couple.wait_equal()
        orders = [[entry["id"] for entry in self.shows(home, told)["thread"]]
                  for home in self.couple]
        self.assertEqual([len(order) for order in orders], [8, 8])
        with self.subTest("a thread reads alike on both sides"):
            self.assertEqual(*orders)
        for home in self.couple:
            self.assertEqual(self.shows(home, replies[1])["thread"][0]["id"], told)
        self.mistakes(ana, [(["reply", told, "x", "--as", "kiss", "--yes"], "E_USAGE", 2),
                            (["reply", "zzzz", "x", "--yes"], "E_NO_ENTRY", 5)])
        self.refused(ana.run("reply", told, "unconfirmed", "--json", status=None),
                     "E_CONFIRM", 2)
        self.assertTrue(self.drafted(ana, "unconfirmed"))
        wait_for(self.couple.equal, "equal at the end")


if __name__ == "__main__":
    main()
