# SPDX-License-Identifier: GPL-3.0-or-later
"""Daily habits as stories: the evening, a small hello and a mood, thanks, what would help.

One story a habit, told by Ana and Ben with real daemons on the test clock (clocks.py).
"""
from clocks import Clocked
from couple import main, wait_for
from terminal import Terminal


class Talk(Clocked):
    """Talk often: the day in four lines, each may stay empty."""

    def test_evening(self):
        ana, ben = self.begin()
        # Two of four lines: the others are not there at all.
        kept = ana.say("evening", "--best", "the walk", "--feeling", "calm", "--energy", "3",
                       "--hold", "0", "--how", "just read it")
        self.couple.wait_equal()
        self.assertIn(("new", kept), self.today(ben))
        seen = self.sees(ben, kept, state="open")
        self.assertEqual(seen["fields"], {"best": "the walk", "feeling": "calm", "energy": 3,
                                          "how": "just read it"})
        shown = ben.run("show", kept).text
        self.assertIn("Ana looks back on the day", shown)
        self.assertLess(shown.index("just read it"), shown.index("the walk"), "how, first")
        self.assertNotIn("Hard today", shown)
        self.assertNotIn(("new", kept), self.today(ben), "read")
        
        # A follow-up question in its thread; both read it as one.
        asked = ben.say("reply", kept, "who did you meet?", "--as", "question",
                        "--hold", "0")
        self.couple.wait_equal()
        told = ana.say("reply", asked, "the old neighbour", "--hold", "0")
        self.couple.wait_equal()
        for home in self.couple:
            text = home.run("show", kept).text
            order = [text.index(word) for word in ("the walk", "who did", "the old neigh")]
            self.assertEqual(order, sorted(order))
            thread = home.json("show", kept)["thread"]
            self.assertEqual([entry["id"] for entry in thread], [asked, told])
            self.assertEqual(thread[0]["fields"]["as"], "question")

        # All left out says nothing, so nothing is written.
        self.mistakes(ana, [(["evening", "--yes"], "E_EMPTY", 2)])
        quiet = Terminal(ana, 80, "evening")
        for prompt in ("Best today", "Hard today", "I feel", "From you I'd like"):
            quiet.expect(prompt + " ▸ ")
            quiet.type("\n")
        self.assertEqual(quiet.end(), 2)
        self.assertEqual(ana.json("drafts")["entries"], [])

        # Half finished it is a draft, and nobody else sees one.
        before = self.looks(ben)
        half = Terminal(ana, 80, "evening")
        half.expect("Best today ▸ ")
        half.type("a zzletter from home\n")
        half.expect("Hard today ▸ ")
        half.type("\x04")
        self.assertEqual(half.end(), 1)
        self.assertIn("draft", half.seen)
        draft, = ana.json("drafts")["entries"]
        self.assertEqual((draft["state"], draft["reach"], draft["fields"]),
                         ("draft", "mine", {"best": "a zzletter from home"}))
        self.same(before, self.looks(ben))

        # At the preview one key keeps it to oneself.
        alone = Terminal(ana, 80, "evening", "--hard", "the meeting")
        for prompt in ("Best today", "I feel", "From you I'd like"):
            alone.expect(prompt + " ▸ ")
            alone.type("\n")
        alone.expect("exactly what Ben will see")
        alone.expect("m keeps it mine ▸ ")
        alone.type("m\n")
        self.assertEqual(alone.end(), 0, alone.seen)
        mine, = ana.json("log", "evening", "--mine")["entries"]
        self.assertEqual((mine["reach"], mine["fields"]), ("mine", {"hard": "the meeting"}))
        self.nowhere(ben, "zzletter")


class Noticing(Clocked):
    """Notice: a small hello, and a word on how you are."""

    def test_hi(self):
        ana, ben = self.begin()
        answers = (("with-you", [], "with"), ("fine", [], "done"), ("yes", [], "with"),
                   ("later", ["--at", "20:00"], "later"))
        for act, more, state in answers:
            asked = ana.say("hi", "is something up?")  # leaves at once: no hold
            self.couple.wait_equal()
            self.assertEqual(self.today(ben)[0], ("new", asked))
            self.assertEqual(ben.json(act, *more)["id"], asked, "the only one that fits")
            self.both_see(asked, state)
            self.assertEqual(self.today(ana)[0], ("news", asked))
            self.read()
        # "Later" has a time, both are reminded then, and it can be answered then.
        self.assertIn("at 20:00", ben.run("show", asked).text)
        with self.subTest("scripts see the time too"):
            self.assertIn(self.day() + "T20:00", str(self.shows(ben, asked)))
        self.assertNotIn(asked, str(self.today(ana)))
        self.jump(hours=2, minutes=1)
        for home in self.couple:
            self.assertIn(("due", asked), self.today(home))
        ben.json("fine")
        self.both_see(asked, "done")
        for home in self.couple:
            self.assertNotIn(("due", asked), self.today(home))
        # An answer costs nothing and nothing adds up; a hello without a word is one too.
        bare = ana.say("hi")
        self.couple.wait_equal()
        self.assertEqual(self.sees(ben, bare, state="open")["fields"], {})
        self.mistakes(ana, [(["later", bare, "--at", "someday"], "E_TIME", 2),
                            (["fine", bare], "E_STATE", 1)])
        self.mistakes(ben, [(["later", bare], "E_USAGE", 2),
                            (["later", bare, "--at", "someday"], "E_TIME", 2),
                            (["yes", asked], "E_STATE", 1)])

    def low(self, *args):
        """A tired day; whether the hint was given."""
        got = self.ana.run("feel", "greyish-zz", "--energy", "2", *args).text
        return "share it?" in got

    def test_feel(self):
        ana, ben = self.begin()
        ana.thanks("so that the two have spoken")
        self.couple.wait_equal()
        before = self.looks(ben), ben.digest()
        first = ana.json("feel", "tiredzz, but fine", "--energy", "4", "--number", "7")["id"]
        self.assertEqual(self.sees(ana, first)["reach"], "mine", "mine by default")
        self.assertFalse(self.low(), "several a day; one day is not four")
        # Four days on end: once, and on her machine only.
        given = []
        for _ in range(12):
            self.tomorrow()
            given.append(self.low())
        self.assertEqual(given.index(True), 2, "the fourth day")
        self.assertEqual([day for day, hint in enumerate(given) if hint], [2, 9],
                         "once a week at most")
        self.assertNotIn("share", str(ana.run("feel", "greyish-zz", "--energy", "1", "--json").json))
        after = self.looks(ben), ben.digest()
        self.assertEqual(before[1], after[1])
        for look, got in before[0].items():  # but for what tells the day it is
            if look.endswith(" --json") and not look.startswith(("question", "status")):
                self.assertEqual(got, after[0][look], look)
        self.nowhere(ben, "greyish-zz", "tiredzz")

        # A day in between, and they are not on end.
        self.jump(days=9)
        given = []
        for _ in range(3):
            given.append(self.low())
            self.tomorrow()
        self.tomorrow()
        given.append(self.low())
        self.assertEqual(given, [False] * 4)
        # The evening's feeling counts as one.
        self.jump(days=9)
        for _ in range(3):
            self.assertFalse(self.low())
            self.tomorrow()
        got = ana.run("evening", "--feeling", "flat", "--energy", "1", "--mine").text
        self.assertIn("share it?", got)

        # Who doesn't want the hint has none.
        self.jump(days=9)
        ana.run("config", "set", "hint.share", "no")
        for _ in range(5):
            self.assertFalse(self.low())
            self.tomorrow()
        ana.run("config", "set", "hint.share", "yes")

        # Shared when she chooses to, and only that one.
        self.couple.wait_equal()
        mood = ana.json("feel", "lighter", "--energy", "3", "--ours", "--yes",
                        "--hold", "0")["id"]
        self.couple.wait_equal()
        self.assertEqual(self.sees(ben, mood)["fields"], {"text": "lighter", "energy": 3})
        self.nowhere(ben, "greyish-zz", "flat")
        self.mistakes(ana, [(["feel", "x", "--energy", "6"], "E_USAGE", 2),
                            (["feel", "x", "--number", "11"], "E_USAGE", 2)])


class Appreciation(Clocked):
    """Say thanks: for small things, and for what they showed you."""

    def test_thanks(self):
        ana, ben = self.begin()
        # In one line; a word too soon is stopped within the hold.
        typo = ana.json("thanks", "for the quite coffee", "--yes")["id"]
        held = self.sees(ana, typo)
        self.assertEqual((held["reach"], held["state"]), ("ours", "held"))
        self.assertEqual(ana.json("undo")["id"], typo)
        self.assertEqual(self.sees(ana, typo)["reach"], "mine")
        coffee = ana.json("thanks", "for the quiet coffee", "--yes")["id"]
        self.jump(seconds=11)
        self.couple.wait_has(ben, "for the quiet coffee")
        self.assertEqual(self.sees(ana, coffee)["state"], "open")
        self.assertEqual(self.today(ben)[0], ("new", coffee))
        self.assertIn("something kind from Ana", ben.run().text)
        self.assertNotIn("coffee", ben.run().text, "no words before it is read")
        # What has left is not undone: that names retract, and changes nothing.
        before = ana.log(), ana.digest()
        error = self.refused(ana.run("undo", "--json", status=None), "E_LEFT", 1)
        self.assertIn("retract", error["hint"])
        self.assertEqual(before, (ana.log(), ana.digest()))
        self.nowhere(ben, "quite coffee")

        # Kept for a day: nothing of it is there before.
        seen = self.looks(ben)
        year = ana.json("thanks", "for this year", "--give", "2027-03-05", "--yes")["id"]
        self.assertEqual(self.sees(ana, year)["state"], "held")
        self.assertIn("Friday", ana.run("log").text)
        self.jump("2027-03-04T23:58:00Z")
        self.assertEqual(self.sees(ana, year)["state"], "held")
        self.assertFalse(ben.has("for this year"))
        self.assertEqual(seen["log -n 1000 --json"], self.looks(ben)["log -n 1000 --json"])
        self.assertEqual(ben.run("show", year, "--json", status=None).code, "E_NO_ENTRY")
        self.jump("2027-03-05T00:00:05Z")
        self.couple.wait_has(ben, "for this year")
        self.assertTrue(self.sees(ben, year)["created"].startswith("2027-03-05"))

        # For support received: it joins that thread.
        need = ben.say("need", "listen", "a long day", "--hold", "0")
        self.couple.wait_equal()
        ana.json("with-you", need)
        self.couple.wait_equal()
        there = ben.say("thanks", "for being there", "--for", need, "--hold", "0")
        self.couple.wait_equal()
        for home in self.couple:
            self.assertEqual([entry["id"] for entry in home.json("show", need)["thread"]],
                             [there])
            self.assertIn("for being there", home.run("show", need).text)

        # A rainy day: one of those received, never one's own; nobody is told.
        digests = [home.digest() for home in self.couple]
        mine = self.looks(ana)
        drawn = {ben.json("draw")["id"] for _ in range(2)}
        self.assertEqual(drawn, {coffee, year}, "another one while there is another")
        self.assertEqual(ana.json("draw")["id"], there)
        self.assertIn("for being there", ana.run("draw").text)
        self.assertEqual(digests, [home.digest() for home in self.couple])
        self.same(mine, self.looks(ana))

        # Celebrated, and taken back: gone on both sides.
        reply = ben.say("reply", coffee, "another one tomorrow", "--as", "celebrate",
                        "--hold", "0")
        self.couple.wait_equal()
        self.assertEqual(self.sees(ana, reply)["fields"]["as"], "celebrate")
        ana.json("retract", coffee)
        self.both_see(coffee, "retracted")
        for home in self.couple:
            self.nowhere(home, "quiet coffee")
            self.assertIn("(taken back)", home.run("show", coffee).text)

        self.mistakes(ana, [
            (["thanks", "x", "--give", "2020-01-01", "--yes"], "E_TIME", 2),
            (["thanks", "x", "--give", "someday", "--yes"], "E_TIME", 2),
            (["thanks", "x", "--for", "zzzz", "--yes"], "E_NO_ENTRY", 5),
            (["thanks", "x", "--mine", "--give", "2027-05-01"], "E_TIME", 2),
            (["thanks", "--yes"], "E_EMPTY", 2)])
        self.mistakes(self.ana, [(["draw", "x"], "E_USAGE", 2)])
        self.refused(ana.run("thanks", "nobody confirms this", "--json", status=None),
                     "E_CONFIRM", 2)
        self.assertTrue(self.drafted(ana, "nobody confirms this"))
        self.refused(ana.run("thanks", "--give", "someday", "--json", status=None,
                             stdin="from a pipe"), "E_TIME", 2)
        self.assertTrue(self.drafted(ana, "from a pipe"))

    def test_good(self):
        """Good news: the reply offered is celebrate or tell me more."""
        ana, ben = self.begin()
        news = ana.say("good", "I got it!", "--hold", "0")
        self.couple.wait_equal()
        shown = ben.run("show", news).text
        self.assertLess(shown.index("--as celebrate"), shown.index("--as question"))
        # Never gathered: with many things waiting it is still a row of its own.
        for number in range(9):
            ana.say("thanks", f"number {number}", "--hold", "0")
        other = ana.say("good", "and the flat too", "--hold", "0")
        self.couple.wait_equal()
        self.assertIn(other[:3], ben.run().text)
        self.assertIn("more", ben.run().text)


class Stress(Clocked):
    """Carry stress together: say what would help, and be there for it."""

    def test_need(self):
        ana, ben = self.begin()
        need = ana.say("need", "hug", "no words yet", "--until", "22:00", "--how", "slowly",
                       "--hold", "0")
        self.couple.wait_equal()
        self.assertEqual(self.today(ben)[0], ("new", need))
        self.assertIn("something to be there for", ben.run().text)
        self.assertNotIn("hug", ben.run().text)
        # How to be of help comes before the words.
        shown = ben.run("show", need).text
        order = [shown.index(text) for text in ("asks for something", "slowly",
                                                "A hug, before any words.", "no words yet",
                                                "until 22:00")]
        self.assertEqual(order, sorted(order), shown)
        seen = self.sees(ben, need)
        self.assertEqual(seen["fields"], {"what": "hug", "text": "no words yet",
                                          "how": "slowly",
                                          "until": f"{self.day()}T22:00:00+00:00"})
        # Reading it is no receipt.
        self.assertEqual(ana.digest(), ben.digest())
        self.assertEqual(self.sees(ana, need)["state"], "open")
        # One word, and it needs no id; then it is over when she says so.
        self.assertEqual(ben.json("with-you")["id"], need)
        self.both_see(need, "with")
        self.assertEqual(self.today(ana)[0], ("news", need))
        self.assertIn("Ben is with you", ana.run("show", need).text)
        self.assertIn("together", ana.run("log").text)
        ana.json("done", need)
        self.both_see(need, "done")

        # Each of the seven says how to help; the words may stay away.
        helps = {}
        for what in ("listen", "advice", "hug", "help", "space", "reassurance", "know"):
            one = ana.say("need", what, "--hold", "0")
            self.couple.wait_equal()
            helps[what] = ben.run("show", one).text.split("\n")[1]
            ana.json("done", one)
        self.assertEqual(len(set(helps.values())), 7)
        self.assertIn("not about you", helps["space"])

        # The end passes: it no longer asks for anything, and nobody failed.
        evening = ana.say("need", "listen", "--until", "21:00", "--hold", "0")
        self.couple.wait_equal()
        self.assertIn(evening, str(self.today(ben)))
        self.jump(hours=4)
        for home in self.couple:
            self.assertNotIn(("due", evening), self.today(home))
            self.assertEqual(self.sees(home, evening)["state"], "open")
        self.read()
        # One laptop shut meanwhile; two act at once, and both come out alike.
        far = ana.say("need", "know", "--hold", "0")
        self.couple.wait_equal()
        self.away(ana)
        ben.json("with-you", far)
        self.wake(ana)
        self.both_see(far, "with")
        shut = ana.say("need", "help", "the boxes", "--hold", "0")
        self.couple.wait_equal()
        self.away(ben)
        ana.json("done", shut)
        self.away(ana)
        self.wake(ben)
        ben.json("with-you", shut)
        self.wake(ana)
        self.both_see(shut, "done")
        for home in self.couple:
            text = home.run("show", shut).text
            self.assertIn("Ben is with", text)
            self.assertIn("Ana feels better", text)

        self.mistakes(ana, [(["need", "cake", "--yes"], "E_USAGE", 2),
                            (["need", "--yes"], "E_EMPTY", 2),
                            (["need", "hug", "--until", "yesterday", "--yes"], "E_TIME", 2),
                            (["with-you", far], "E_STATE", 1)])
        self.refused(ana.run("need", "listen", "words want a yes", "--json", status=None),
                     "E_CONFIRM", 2)
        self.assertTrue(self.drafted(ana, "words want a yes"))
        wait_for(lambda: ana.digest() == ben.digest(), "equal at the end")
        for home in self.couple:
            home.check()


if __name__ == "__main__":
    main()
