# SPDX-License-Identifier: GPL-3.0-or-later
"""The question of the day as a story: the same for both, sealed until both are in; and what
is not asked of one.

Told by Ana and Ben with real daemons on the test clock (clocks.py).
"""
from clocks import Clocked, levels
from couple import main
from terminal import Terminal

LIMIT_DAYS = 200  # a question about money comes well before


class Asked(Clocked):
    """What a day asks."""

    @staticmethod
    def asked(home):
        return home.json("question")["questions"]

    def text(self, home):
        """Today's question."""
        first = self.asked(home)[0]
        self.assertEqual(first["day"], self.day())
        return first["text"]

    def answer(self, home, text, *args):
        return home.say("answer", *args, text, "--hold", "0")


class Talk(Asked):
    """Talk often: one question a day."""

    def test_same_without_exchange(self):
        ana, ben = self.begin()
        # A month: the same for both, none comes again, on one of the days each is alone.
        texts = []
        for day in range(32):
            if day == 7:
                self.away(ben)
            if day == 9:
                self.wake(ben)
            texts.append(self.text(ana))
            if day not in (7, 8):
                self.assertEqual(texts[-1], self.text(ben), f"day {day}")
            if day == 8:  # the one laptop shut, then the other
                self.away(ana)
                self.wake(ben)
                self.assertEqual(texts[-1], self.text(ben))
                self.away(ben)
                self.wake(ana)
            self.tomorrow()
        self.assertEqual(len(set(texts)), 32)
        self.assertIn("today's question", ana.run().text)
        self.assertNotIn(texts[-1], ana.run().text, "today has no words of anything")
        for home in self.couple:
            self.assertEqual(home.log(), [], "asking leaves nothing")

        # A deck of their own counts from the next day, and for both alike.
        today = self.text(ana)
        deck = ana.say("deck", "--hold", "0", stdin="1 home What creaks here at night?\n"
                       "2 us,past Which of our walks was the wettest?\n")
        self.couple.wait_equal()
        self.assertIn("What creaks", ben.run("show", deck).text)
        self.assertEqual([self.text(home) for home in self.couple], [today] * 2)
        for _ in range(3):
            self.tomorrow()
            self.assertEqual(self.text(ana), self.text(ben))

        # Deeper, lighter: noted, and never a level, not even to who chose it.
        before = self.looks(ben)
        for wish in ("--deeper", "--lighter", "--deeper"):
            said = ana.run("question", wish)
            self.assertEqual(levels(said.text), [], said.text)
            self.assertEqual(sorted(ana.json("question", wish)), ["format"])
        self.couple.wait_equal()
        self.same(before, self.looks(ben))
        for home in self.couple:
            for look, got in self.looks(home).items():
                self.assertEqual(levels(str(got)), [], look)
            self.assertEqual([entry["kind"] for entry in home.log()], ["deck"])
            self.assertEqual(sorted(home.json("allow")["allow"]), ["answered", "longer"])

    def test_three_days(self):
        ana, ben = self.begin()
        monday = self.text(ana)
        ana.run("skip")
        self.assertNotIn("today's question", ana.run().text)
        self.assertEqual(self.asked(ben)[0]["answered"], False, "a skip leaves no trace")
        self.tomorrow()
        tuesday = self.text(ana)
        self.assertEqual([one["text"] for one in self.asked(ana)], [tuesday])
        self.assertEqual([one["text"] for one in self.asked(ben)], [tuesday, monday])
        # Written in time, Ben's laptop shut; then Ana's, while he writes.
        self.away(ben)
        hers = self.answer(ana, "rain on the tent")
        self.assertEqual(self.sees(ana, hers)["state"], "sealed")
        self.away(ana)
        self.tomorrow()
        self.wake(ben)
        wednesday = self.text(ben)
        self.assertEqual([one["text"] for one in self.asked(ben)],
                         [wednesday, tuesday, monday])
        self.answer(ben, "something for wednesday")  # the newest first
        # With a line it is today's, or none; an older one is shown with its day first.
        self.refused(ben.run("answer", "too quick", "--yes", "--json", status=None),
                     "E_ALREADY", 1)
        tty = Terminal(ben, 80, "answer", "--hold", "0")
        tty.expect("From yesterday:")
        tty.expect("▸ ")
        tty.type("wet dog, and we laughed\n")
        self.assertEqual(tty.end(), 0, tty.seen)
        his = ben.log()[0]["id"]
        self.assertEqual([one["text"] for one in self.asked(ben)], [wednesday, monday])
        # Three days later nobody is asked any more; both laptops meet, and both open.
        self.jump(days=5)
        self.assertEqual([one["day"] for one in self.asked(ben)],
                         [self.day(), self.day(-1), self.day(-2)])
        self.wake(ana)
        self.assertNotIn(tuesday, str(self.asked(ana)))
        self.both_see(hers, "open")
        self.both_see(his, "open")
        self.assertEqual(self.sees(ben, hers)["fields"]["text"], "rain on the tent")
        self.assertEqual(self.sees(ana, his)["fields"],
                         {"text": "wet dog, and we laughed", "question": tuesday})
        self.nowhere(ana, "something for wednesday")

    def test_question_of_ones_own(self):
        ana, ben = self.begin()
        # Asked of both, sealed like the others.
        asked = ana.say("question", "--new", "Where shall we be in May?", "--hold", "0")
        self.couple.wait_equal()
        self.assertEqual(self.today(ben)[0], ("new", asked))
        self.assertIn("asks you both", ben.run("show", asked).text)
        self.assertIn(("turn", asked), self.today(ana), "she answers too")
        hers = self.answer(ana, "by the sea", asked)
        self.couple.wait_equal()
        self.nowhere(ben, "by the sea", hers)
        self.assertEqual(self.shows(ben, asked)["thread"], [])
        his = self.answer(ben, "at your mother's", asked)
        for ident in (hers, his):
            self.both_see(ident, "open")
        for home in self.couple:
            shown = home.run("show", asked).text
            self.assertIn("by the sea", shown)
            self.assertIn("at your mother's", shown)
            self.assertNotIn(asked, str(self.today(home)), "both are in: nobody's turn")
        # A guess: learnt together, and no points for it.
        self.tomorrow()
        guessed = ana.json("question", "--guess", "you say: the attic", "--yes", "--hold", "0",
                           stdin="the cellar")["id"]
        self.couple.wait_equal()
        self.nowhere(ben, "attic", "cellar")
        self.answer(ben, "the stairs")
        self.both_see(guessed, "open")
        for home in self.couple:
            fields = self.sees(home, guessed)["fields"]
            self.assertEqual((fields["text"], fields["guess"]),
                             ("the cellar", "you say: the attic"))
            self.assertIn("I guess yours is: you say: the attic",
                          home.run("show", guessed).text)
        self.mistakes(ana, [
            (["question", "a question without --new"], "E_USAGE", 2),
            (["question", "--new", "--guess", "x"], "E_USAGE", 2),
            (["question", "--new", "x" * 281, "--yes"], "E_LIMIT", 2),
            (["answer", "there is nothing left today", "--yes"], "E_ALREADY", 1),
            (["skip"], "E_NO_ENTRY", 5),
            (["answer", asked, "twice", "--yes"], "E_ALREADY", 1),
            (["skip", "one", "two"], "E_USAGE", 2), (["skip", "nonsense"], "E_KIND", 2),
            (["limits", "money"], "E_USAGE", 2), (["limits", "+nonsense"], "E_USAGE", 2),
            (["deck", "--yes"], "E_EMPTY", 2)])
        with self.subTest("an answer nobody confirmed is a draft"):
            self.tomorrow()
            self.refused(ana.run("answer", "--json", status=None, stdin="typed at length"),
                         "E_CONFIRM", 2)
            self.assertTrue(self.drafted(ana, "typed at length"))


class Vulnerability(Asked):
    """Risk a little: an answer is sealed until both are in."""

    def test_sealed(self):
        ana, ben = self.begin()
        ana.thanks("the two have spoken")
        self.couple.wait_equal()
        self.read()
        question = self.text(ben)
        hers = None
        for attempt in range(2):
            # Before both are in, nothing: not a line of anything differs, no notice came.
            probe = hers or "0" * 26
            before = self.looks(ben, probe), self.notices(ben)
            digest = ben.digest()
            hers = self.answer(ana, f"zzfloor wax {attempt}")
            self.couple.wait_equal()
            self.assertNotEqual(digest, ben.digest(), "it did arrive")
            after = self.looks(ben, probe), self.notices(ben)
            self.same(before, after)
            for args in (["show", hers], ["show", hers[:4]],
                         ["reply", hers, "x", "--yes"], ["hear", hers, "x", "--yes"],
                         ["thanks", "x", "--for", hers, "--yes"], ["retract", hers],
                         ["answer", hers, "x", "--yes"]):
                self.refused(ben.run(*args, "--json", status=None), "E_NO_ENTRY", 5)
            self.nowhere(ben, hers, "zzfloor wax")
            self.same(before[0], self.looks(ben, probe))
            # She sees that it is sealed, and what he will see.
            mine = self.sees(ana, hers)
            self.assertEqual((mine["state"], mine["fields"]["question"]), ("sealed", question))
            self.assertIn("when both are in", ana.run("visible").text)
            if attempt == 0:  # taken back, unseen; and again nothing is told
                before = self.looks(ben), self.notices(ben)
                ana.json("retract", hers)
                self.couple.wait_equal()
                with self.subTest("what was never known is taken back in silence"):
                    self.same(before, (self.looks(ben), self.notices(ben)))
                    self.nowhere(ben, hers)
        # Allowed, that it is in may be seen; never a word of it. Her choice, both ways.
        ana.run("allow", "answered", "yes")
        self.couple.wait_equal()
        seen = self.sees(ben, hers)
        self.assertEqual((seen["state"], seen["fields"]), ("sealed", {}))
        self.assertIn("Sealed until both are in", ben.run("show", hers).text)
        self.nowhere(ben, "zzfloor wax")
        ana.run("allow", "answered", "no")
        self.couple.wait_equal()
        self.assertNotIn(hers, str(ben.log()))
        # Both in: both open, and the question stands above.
        his = self.answer(ben, "rain")
        for ident in (hers, his):
            self.both_see(ident, "open")
        self.assertIn(("new", hers), self.today(ben))
        self.assertIn(("new", his), self.today(ana))
        for home in self.couple:
            shown = home.run("show", his).text
            self.assertLess(shown.index(question[:30]), shown.index("rain"))
            self.assertIn("zzfloor wax 1", shown)
        # Taken back afterwards: the text goes on both sides, the other stays.
        ana.json("retract", hers)
        self.both_see(hers, "retracted")
        self.nowhere(ben, "zzfloor wax")
        self.assertEqual(self.sees(ana, his)["fields"]["text"], "rain")
        with self.subTest("who has seen the other's is not asked again"):
            self.assertNotIn("today's question", ana.run().text)
            self.refused(ana.run("answer", "something better", "--yes", "--hold", "0",
                                 "--json", status=None), "E_NO_ENTRY", 5)

    def test_limits(self):
        ana, ben = self.begin()
        ana.thanks("the two have spoken")
        self.couple.wait_equal()
        self.read()
        before = self.looks(ben), ben.digest(), self.notices(ben)
        self.assertEqual(ana.json("limits", "+money")["limits"], "money")
        self.same(before, (self.looks(ben), ben.digest(), self.notices(ben)))
        told = []
        for way in ("answer", "skip"):
            for _ in range(LIMIT_DAYS):
                if self.asked(ana)[0]["alone"]:
                    break
                self.tomorrow()
            # A question of her own for her; his is the one she isn't asked.
            hers, his = self.text(ana), self.text(ben)
            self.assertNotEqual(hers, his)
            self.assertFalse(self.asked(ben)[0]["alone"])
            self.assertIn("Only for you", ana.run("question").text)
            self.read()
            before = self.looks(ben), ben.digest(), self.notices(ben)
            if way == "answer":
                kept = ana.json("answer", "about work, for nobody", "--yes", "--ours")["id"]
                mine = self.sees(ana, kept)
                self.assertEqual((mine["kind"], mine["reach"]), ("write", "mine"))
                self.assertIn(hers, mine["fields"]["text"])
            else:
                ana.run("skip")
            self.assertNotIn("today's question", ana.run().text)
            self.same(before, (self.looks(ben), ben.digest(), self.notices(ben)))
            self.assertEqual(ana.digest(), ben.digest())
            # What he answers stays sealed, one way or the other.
            sealed = self.answer(ben, f"his own thought, {way}")
            self.couple.wait_equal()
            self.nowhere(ana, "his own thought", sealed)
            told.append({look: got[0] for look, got in self.looks(ben).items()})
            self.assertEqual(self.sees(ben, sealed)["state"], "sealed")
            self.jump(days=4)
            self.assertEqual(self.sees(ben, sealed)["state"], "sealed")
            self.assertNotIn(sealed, str(self.today(ben)))
        self.assertEqual(*told)
        self.nowhere(ben, "for nobody", "Only for you")
        self.assertEqual(ana.json("limits", "-money")["limits"], "")
        self.assertEqual(self.text(ana), self.text(ben))


if __name__ == "__main__":
    main()
